//! Own orders of one level in the order in which they arrived.
//!
//! Mostly one or a few. Where there are tens of thousands, one that leaves must not move all the
//! others: they stand in parts, and from some size on an index says where each of them is.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::sim::resting::{Lane, Resting, own_fill};

/// Orders of a part; a level that holds fewer is one list without an index.
const PART: usize = 128;

/// Own orders, first come first.
#[derive(Debug, Clone, Default)]
pub struct Ranks {
    first: Vec<Resting>,
    /// The parts after it, none of them empty.
    more: Vec<Vec<Resting>>,
    /// Arrival rank by order; empty while all stand in the first part.
    came: BTreeMap<u64, u64>,
}

impl Ranks {
    /// How many.
    pub fn len(&self) -> usize {
        self.first.len() + self.more.iter().map(Vec::len).sum::<usize>()
    }

    /// True without any.
    pub const fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The first in the queue.
    pub fn first(&self) -> Option<&Resting> {
        self.first.first()
    }

    /// All of them, first come first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Resting> {
        self.first.iter().chain(self.more.iter().flatten())
    }

    /// The same for writing; what an order is called and when it came stays.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Resting> {
        self.first.iter_mut().chain(self.more.iter_mut().flatten())
    }

    /// Adds one at the back.
    pub(crate) fn push(&mut self, own: Resting) {
        let last = self.more.last_mut().unwrap_or(&mut self.first);
        if last.len() < PART {
            if !self.came.is_empty() {
                self.came.insert(own.order, own.seq);
            }
            return last.push(own);
        }
        if self.came.is_empty() {
            self.came = self.first.iter().map(|held| (held.order, held.seq)).collect();
        }
        self.came.insert(own.order, own.seq);
        self.more.push(vec![own]);
    }

    /// An order and its place, counted from the front.
    pub(crate) fn find(&self, order: u64) -> Option<(usize, &Resting)> {
        let (part, at) = self.place(order)?;
        Some((self.ahead_of(part) + at, self.parts().nth(part)?.get(at)?))
    }

    /// The same for writing.
    pub(crate) fn find_mut(&mut self, order: u64) -> Option<(usize, &mut Resting)> {
        let (part, at) = self.place(order)?;
        Some((self.ahead_of(part) + at, self.part_mut(part)?.get_mut(at)?))
    }

    /// Takes an order out; its place.
    pub(crate) fn remove(&mut self, order: u64) -> Option<usize> {
        let (part, at) = self.place(order)?;
        let before = self.ahead_of(part);
        let held = self.part_mut(part)?;
        held.remove(at);
        if held.is_empty() {
            self.drop_part(part);
        }
        self.came.remove(&order);
        self.forget_index();
        Some(before + at)
    }

    /// Keeps those that pass.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Resting) -> bool) {
        let came = &mut self.came;
        for part in std::iter::once(&mut self.first).chain(&mut self.more) {
            part.retain(|own| {
                let stays = keep(own);
                if !stays {
                    came.remove(&own.order);
                }
                stays
            });
        }
        self.more.retain(|part| !part.is_empty());
        if self.first.is_empty() {
            self.drop_part(0);
        }
        self.forget_index();
    }

    fn place(&self, order: u64) -> Option<(usize, usize)> {
        if self.more.is_empty() {
            return Some((0, self.first.iter().position(|own| own.order == order)?));
        }
        let rank = *self.came.get(&order)?;
        let is_before = |part: &Vec<Resting>| part.last().is_some_and(|own| own.seq < rank);
        let part =
            if is_before(&self.first) { 1 + self.more.partition_point(is_before) } else { 0 };
        let at = self.parts().nth(part)?.binary_search_by_key(&rank, |own| own.seq).ok()?;
        Some((part, at))
    }

    /// Orders of all parts before one.
    fn ahead_of(&self, part: usize) -> usize {
        self.parts().take(part).map(Vec::len).sum()
    }

    fn parts(&self) -> impl Iterator<Item = &Vec<Resting>> {
        std::iter::once(&self.first).chain(&self.more)
    }

    fn part_mut(&mut self, part: usize) -> Option<&mut Vec<Resting>> {
        match part.checked_sub(1) {
            None => Some(&mut self.first),
            Some(at) => self.more.get_mut(at),
        }
    }

    /// A part is empty: the one after it takes its place.
    fn drop_part(&mut self, part: usize) {
        if let Some(at) = part.checked_sub(1) {
            self.more.remove(at);
        } else if !self.more.is_empty() {
            self.first = self.more.remove(0);
        }
    }

    fn forget_index(&mut self) {
        if self.more.is_empty() {
            self.came.clear();
        }
    }
}

impl PartialEq for Ranks {
    /// Of the orders; how they are cut into parts says nothing.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Ranks {}

impl Hash for Ranks {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        for own in self.iter() {
            own.hash(state);
        }
    }
}

/// Serves own orders one after the other from a print, by size ahead alone.
///
/// External size is consumed once for all of them; own fills in between move nobody. The amounts
/// are left in `taken` for [`Lane::Main`] and [`Lane::Careful`]. Returns the external size consumed.
pub(crate) fn serve(own: &mut Ranks, lane: Lane, budget: i64, quantum: i64) -> i64 {
    let (mut left, mut consumed) = (budget, 0_i64);
    for order in own.iter_mut() {
        let (ahead, remaining) = order.lane(lane);
        let (ahead, remaining) = (*ahead, *remaining);
        let passed = (ahead - consumed).max(0).min(left);
        consumed += passed;
        left -= passed;
        let reached = ahead <= consumed;
        let taken = if reached { own_fill(left, remaining, quantum) } else { 0 };
        match lane {
            Lane::Main | Lane::Careful | Lane::Sure => {
                order.remaining -= taken;
                order.taken = taken;
                order.budget = left;
            }
            Lane::Low => order.low.fill(taken),
            Lane::High => order.high.fill(taken),
        }
        left -= taken;
    }
    consumed += left;
    if matches!(lane, Lane::Low | Lane::High) {
        for order in own.iter_mut() {
            let (ahead, _) = order.lane(lane);
            *ahead = (*ahead - consumed).max(0);
        }
    }
    consumed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::BookSide;
    use crate::number::{Price, Quantity};
    use crate::sim::queue::{Join, resting};

    fn own(order: u64, seq: u64) -> Resting {
        let (side, price, quantity) = (BookSide::Bid, Price(1), Quantity(5));
        resting(Join { order, side, price, quantity, seq, now_ns: 0 })
    }

    proptest! {
        /// Whatever comes and leaves, the list answers as a plain one does.
        #[test]
        fn orders_keep_their_places(steps in prop::collection::vec((0_u64..3, 0_usize..600), 0..900)) {
            let (mut ranks, mut plain) = (Ranks::default(), Vec::<Resting>::new());
            for (seq, (step, at)) in (1_u64..).zip(steps) {
                if step < 2 || plain.is_empty() {
                    // Ids do not rise with arrival: an amended order comes again.
                    let order = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    ranks.push(own(order, seq));
                    plain.push(own(order, seq));
                    continue;
                }
                let at = at % plain.len();
                let order = plain[at].order;
                prop_assert_eq!(ranks.find(order).map(|(at, own)| (at, own.seq)), Some((at, plain[at].seq)));
                plain.remove(at);
                prop_assert_eq!(ranks.remove(order), Some(at));
                prop_assert_eq!(ranks.remove(order), None);
            }
            prop_assert!(ranks.iter().eq(&plain));
            prop_assert_eq!(ranks.len(), plain.len());
            ranks.retain(|own| own.seq % 3 != 0);
            plain.retain(|own| own.seq % 3 != 0);
            prop_assert!(ranks.iter().eq(&plain));
            prop_assert_eq!(ranks.first(), plain.first());
        }
    }
}
