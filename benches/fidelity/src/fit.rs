//! Fits the learnt queue rule on the first part of each tape: which share of a cancelled size stood
//! ahead of an order, by the share of the level that stands ahead of it.
//!
//! The orders are those of [`crate::shadow`]: of no size, at the back of the best level, one a
//! second on each side. A cancel counts by its size over the size at entry, as the queue error
//! does, and every tape counts alike.

use sequence_core::ids::BookSide;

use crate::shadow::EVERY_NS;
use crate::tape::{Event, Kind, Tape};
use crate::truth::{Effect, TruthBook};

/// Nodes of the line, at `x = 0, 0.1, … 1`.
pub const NODES: usize = 11;
const LIFE_NS: i64 = 120_000_000_000;

/// An order of no size.
struct Watched {
    side: BookSide,
    px: i64,
    rank: u64,
    ahead: i64,
    entry: i64,
    until: i64,
}

/// Weighted normal equations of a piecewise linear function.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    diagonal: [f64; NODES],
    beside: [f64; NODES],
    right: [f64; NODES],
    weight: f64,
    /// Cancels that were seen by an order.
    pub seen: u64,
}

impl Sums {
    /// What the events up to `until` say.
    pub fn of(tape: &Tape, until: i64) -> Self {
        let (mut sums, mut truth) = (Self::default(), TruthBook::default());
        let mut watched: Vec<Watched> = Vec::new();
        let mut next = tape.events.first().map_or(until, |event| event.t) + EVERY_NS;
        for event in tape.events.iter().take_while(|event| event.t <= until) {
            while next < event.t {
                join(&truth, next, &mut watched);
                next += EVERY_NS;
            }
            watched.retain(|order| order.until > event.t);
            if let Some(effect) = truth.apply(event) {
                let total = truth.qty(effect.side, effect.px) + effect.qty;
                watched.retain_mut(|order| sums.follow(order, event, &effect, total));
            }
        }
        sums
    }

    /// Moves one order by an event; false when it is filled.
    fn follow(&mut self, order: &mut Watched, event: &Event, effect: &Effect, total: i64) -> bool {
        if event.kind == Kind::Add {
            let other = effect.side != order.side;
            return !(other && reaches(order, effect.px));
        }
        if effect.side != order.side {
            return true;
        }
        if effect.px != order.px {
            return event.kind != Kind::Execute || !reaches(order, effect.px);
        }
        let ahead = effect.rank < order.rank;
        if event.kind == Kind::Reduce {
            self.add(order, effect.qty, total, ahead);
        } else if !ahead {
            return false;
        }
        order.ahead -= if ahead { effect.qty } else { 0 };
        true
    }

    fn add(&mut self, order: &Watched, qty: i64, total: i64, ahead: bool) {
        if order.ahead >= total {
            // With nobody behind there is no share to learn: the cancel stood ahead.
            return;
        }
        let place = ratio(order.ahead, total) * ratio(i64::try_from(NODES - 1).unwrap_or(1), 1);
        let at = (0..NODES - 1).rev().find(|at| ratio_of(*at) <= place).unwrap_or(0);
        let (high, weight) = (place - ratio_of(at), ratio(qty, order.entry));
        let low = 1.0 - high;
        self.diagonal[at] += weight * low * low;
        self.diagonal[at + 1] += weight * high * high;
        self.beside[at] += weight * low * high;
        if ahead {
            self.right[at] += weight * low;
            self.right[at + 1] += weight * high;
        }
        self.weight += weight;
        self.seen += 1;
    }

    /// Sums over tapes that count alike.
    pub fn pool(tapes: &[Self]) -> Self {
        let mut pooled = Self::default();
        for sums in tapes.iter().filter(|sums| sums.weight > 0.0) {
            for at in 0..NODES {
                pooled.diagonal[at] += sums.diagonal[at] / sums.weight;
                pooled.beside[at] += sums.beside[at] / sums.weight;
                pooled.right[at] += sums.right[at] / sums.weight;
            }
            pooled.seen += sums.seen;
        }
        pooled
    }

    /// The values at the nodes: least squares with the first at 0, then made to rise.
    pub fn solve(&self) -> [f64; NODES] {
        let (mut diagonal, mut right) = (self.diagonal, self.right);
        for at in 2..NODES {
            let factor = self.beside[at - 1] / diagonal[at - 1].max(1e-12);
            diagonal[at] -= factor * self.beside[at - 1];
            right[at] -= factor * right[at - 1];
        }
        let mut phi = [0.0; NODES];
        for at in (1..NODES).rev() {
            let above = phi.get(at + 1).map_or(0.0, |above| self.beside[at] * above);
            phi[at] = (right[at] - above) / diagonal[at].max(1e-12);
        }
        rising(phi.map(|value: f64| value.clamp(0.0, 1.0)), &self.diagonal)
    }
}

/// Neighbours that fall are set to their weighted mean, until none does.
fn rising(values: [f64; NODES], weights: &[f64; NODES]) -> [f64; NODES] {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (value, weight) in values.into_iter().zip(weights) {
        pools.push((value, weight.max(1e-12), 1));
        while let [.., before, last] = pools[..]
            && before.0 > last.0
        {
            let weight = before.1 + last.1;
            let mean = (before.0 * before.1 + last.0 * last.1) / weight;
            pools.truncate(pools.len() - 2);
            pools.push((mean, weight, before.2 + last.2));
        }
    }
    let flat = pools.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count));
    let mut risen = values;
    risen.iter_mut().zip(flat).for_each(|(to, value)| *to = value);
    risen
}

fn join(truth: &TruthBook, t: i64, watched: &mut Vec<Watched>) {
    for side in [BookSide::Bid, BookSide::Ask] {
        if let Some(px) = truth.best(side) {
            let (entry, rank) = (truth.qty(side, px), truth.next_rank());
            watched.push(Watched { side, px, rank, ahead: entry, entry, until: t + LIFE_NS });
        }
    }
}

/// True when a trade or an opposite order at `px` fills the order whatever stands ahead.
fn reaches(order: &Watched, px: i64) -> bool {
    match order.side {
        BookSide::Bid => px <= order.px,
        BookSide::Ask => px >= order.px,
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of an order book")]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn ratio_of(at: usize) -> f64 {
    ratio(i64::try_from(at).unwrap_or(0), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(ahead: i64) -> Watched {
        Watched { side: BookSide::Bid, px: 100, rank: 5, ahead, entry: 100, until: i64::MAX }
    }

    #[test]
    fn cancels_spread_evenly_give_a_straight_line() {
        let mut sums = Sums::default();
        for ahead in 1..=100 {
            for order in 1..=100 {
                sums.add(&watched(ahead), 1, 100, order <= ahead);
            }
        }
        for (at, phi) in sums.solve().into_iter().enumerate() {
            assert!((phi - ratio_of(at) / 10.0).abs() < 0.01, "{at} {phi}");
        }
    }

    #[test]
    fn the_line_never_falls() {
        let mut values = [0.0, 0.2, 0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
        let risen = rising(values, &[1.0; NODES]);
        values[1] = 0.15;
        values[2] = 0.15;
        assert!(risen.iter().zip(values).all(|(a, b)| (a - b).abs() < 1e-12), "{risen:?}");
    }
}
