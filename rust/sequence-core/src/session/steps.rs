//! Price and size steps of a recorded market, learnt from every level it shows.
//!
//! A recording that does not name its steps is believed to be as fine as what it has shown so far:
//! the largest power of ten, at most 1, that divides every price, and the same of sizes. A level off
//! the steps in force proves them wrong, whoever named them (a caller excepted), and makes them
//! finer. They never become coarser, so what rests on the grid stays on it.

use crate::engine::Engine;
use crate::ids::{InstrumentKind, MarketId};
use crate::number::{PRICE_ONE, Price, QUANTITY_ONE, Quantity};
use crate::registry::MarketSpec;
use crate::tape::{EventKind, MarketEvent};
use crate::venue::{PriceGrid, Terms, TermsOrigin, common_step};

/// A market that a recording or a connection feeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct FedMarket {
    pub(super) id: MarketId,
    /// The first levels say what its steps are, where nobody does.
    pub(super) adopts: bool,
    tick: Multiples,
    lot: Multiples,
}

impl FedMarket {
    pub(super) const fn new(id: MarketId, adopts: bool) -> Self {
        Self { id, adopts, tick: Multiples::of(1), lot: Multiples::of(1) }
    }

    /// Learns the steps of the market from a message.
    pub(super) fn learn(&mut self, engine: &mut Engine, events: &[MarketEvent]) {
        if !self.fits(engine, events) {
            learn(engine, self.id, events, self.adopts);
        }
    }

    /// Whether a message teaches nothing: all its levels are on the steps in force.
    pub(super) fn fits(&mut self, engine: &Engine, events: &[MarketEvent]) -> bool {
        let spec = engine.registry().market(self.id);
        if self.adopts && is_unknown(spec) {
            return false;
        }
        if self.lot.step != spec.grid.lot.0 {
            self.lot = Multiples::of(spec.grid.lot.0);
        }
        let lot = self.lot;
        let PriceGrid::Tick(tick) = spec.grid.prices else {
            let prices = &spec.grid.prices;
            return levels(events)
                .all(|event| prices.contains(event.price) && lot.has(event.quantity.0));
        };
        if self.tick.step != tick.0 {
            self.tick = Multiples::of(tick.0);
        }
        let tick = self.tick;
        levels(events).all(|event| tick.has(event.price.0) && lot.has(event.quantity.0))
    }
}

/// Tells multiples of a step without a division: an odd number has an inverse among words, and what
/// is a multiple of it times that is the quotient, while everything else is more than any quotient.
#[derive(Debug, Clone, Copy)]
struct Multiples {
    step: i64,
    inverse: u64,
    twos: u32,
    most: u64,
}

impl Multiples {
    const fn of(step: i64) -> Self {
        let whole = if step > 1 { step.cast_unsigned() } else { 1 };
        let twos = whole.trailing_zeros();
        let odd = whole >> twos;
        // Each round doubles the low bits that are right; an odd number is its own inverse in three.
        let (mut inverse, mut round) = (odd, 0);
        while round < 5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
            round += 1;
        }
        Self { step, inverse, twos, most: u64::MAX / whole }
    }

    /// Whether a number above 0 is one.
    #[inline]
    const fn has(self, number: i64) -> bool {
        number.cast_unsigned().wrapping_mul(self.inverse).rotate_right(self.twos) <= self.most
    }
}

/// Compares the levels of a message with the steps in force. With `adopts`, the first levels of a
/// market whose steps nobody named are taken for its steps.
fn learn(engine: &mut Engine, id: MarketId, events: &[MarketEvent], adopts: bool) {
    let spec = engine.registry().market(id);
    if adopts && is_unknown(spec) && adopt(engine, id, events) {
        return;
    }
    let spec = engine.registry().market(id);
    let (prices, lot) = (&spec.grid.prices, spec.grid.lot);
    let (mut off_grid, mut off_lot) = (false, false);
    for event in levels(events) {
        off_grid |= !prices.contains(event.price);
        off_lot |= event.quantity.floor_to(lot) != event.quantity;
    }
    if off_grid || off_lot {
        refine(engine, id, events, off_grid);
    }
}

/// Makes the steps in force fine enough for levels that are off them.
#[cold]
fn refine(engine: &mut Engine, id: MarketId, events: &[MarketEvent], off_grid: bool) {
    let grid = engine.registry().market(id).grid;
    let prices = levels(events).fold(grid.prices, |prices, event| prices.covering(event.price));
    let lot = levels(events).fold(grid.lot.0, |lot, event| common_step(lot, event.quantity.0));
    engine.refine_steps(id, off_grid.then_some(prices), Some(Quantity(lot)));
}

/// Whether nobody has named the steps of a pair or perpetual. Event markets begin at a cent.
fn is_unknown(spec: &MarketSpec) -> bool {
    let nobody = TermsOrigin::Default;
    spec.kind != InstrumentKind::Prediction
        && (spec.grid.origins.grid == nobody || spec.grid.origins.lot == nobody)
}

/// Takes the steps of the first levels for what nobody named; false when there are none.
fn adopt(engine: &mut Engine, id: MarketId, events: &[MarketEvent]) -> bool {
    let tick = levels(events).fold(PRICE_ONE, |tick, event| common_step(tick, event.price.0));
    let lot = levels(events).fold(QUANTITY_ONE, |lot, event| common_step(lot, event.quantity.0));
    if levels(events).next().is_none() {
        return false;
    }
    let (grid, lot) = (Some(PriceGrid::Tick(Price(tick))), Some(Quantity(lot)));
    engine.set_terms(id, &Terms { grid, lot, ..Terms::of(TermsOrigin::Learnt) });
    true
}

fn levels(events: &[MarketEvent]) -> impl Iterator<Item = &MarketEvent> {
    let shown = |event: &&MarketEvent| event.price.0 > 0 && event.quantity.0 > 0;
    events.iter().filter(|event| event.kind == EventKind::LevelSet).filter(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn multiples_are_told_as_a_division_tells_them(
            step in prop_oneof![-2..70i64, 1..i64::MAX, (0..62u32).prop_map(|twos| 1 << twos)],
            times in 1..1_000_i64,
            beside in -2..=2_i64,
        ) {
            let near = step.saturating_mul(times).saturating_add(beside).max(1);
            let is_multiple = step <= 1 || near % step == 0;
            prop_assert_eq!(Multiples::of(step).has(near), is_multiple, "{} of {}", near, step);
        }
    }
}
