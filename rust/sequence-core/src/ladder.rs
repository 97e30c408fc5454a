//! The levels of one side of a book: prices in order, each with a slot that is used again once it is
//! free.
//!
//! Most messages are about prices that were met before, and then their slot is known without a search;
//! only a price that comes or goes is looked for among the others.

use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::number::Price;

/// Places in which the slot of a price is remembered: a power of two.
const PLACES_LOG2: u32 = 10;

/// One side, best at the end.
#[derive(Debug, Clone)]
pub(crate) struct Ladder<V> {
    index: Vec<(i64, u32)>,
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
    met: Met,
}

#[derive(Debug, Clone)]
struct Slot<V> {
    /// Nothing while it is free.
    price: Option<Price>,
    value: V,
}

/// Where the slot of a price was found last. A slot knows its price, so a place that another price
/// took since is seen. It says nothing of the market: it is no part of its state, and a copy begins
/// without it.
#[derive(Debug)]
struct Met(Vec<u32>);

impl<V> Default for Ladder<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Ladder<V> {
    /// No levels.
    pub(crate) const fn new() -> Self {
        Self { index: Vec::new(), slots: Vec::new(), free: Vec::new(), met: Met(Vec::new()) }
    }

    /// Hashes prices and slots, of each of these what `of` says.
    pub(crate) fn hash_by<T: Hash>(&self, of: impl FnMut(&V) -> T, state: &mut impl Hasher) {
        let said: Vec<T> = self.slots.iter().map(|slot| &slot.value).map(of).collect();
        (&self.index, said, &self.free).hash(state);
    }

    /// Number of levels.
    pub(crate) const fn len(&self) -> usize {
        self.index.len()
    }

    /// Slots, used and free.
    #[cfg(test)]
    pub(crate) const fn room(&self) -> usize {
        self.slots.len()
    }

    /// Levels with their prices, worst first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (Price, &V)> {
        self.index.iter().filter_map(|entry| self.at(entry))
    }

    /// The best level.
    #[inline]
    pub(crate) fn best(&self) -> Option<(Price, &V)> {
        self.at(self.index.last()?)
    }

    /// The best price.
    #[inline]
    pub(crate) fn best_price(&self) -> Option<Price> {
        self.index.last().map(|(price, _)| Price(*price))
    }

    /// The worst price.
    pub(crate) fn worst(&self) -> Option<Price> {
        self.index.first().map(|(price, _)| Price(*price))
    }

    /// Every value, in no order.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.slots.iter_mut().map(|slot| &mut slot.value)
    }

    /// Whether fewer than `levels` are better than this price.
    #[inline]
    pub(crate) fn is_within(&self, side: BookSide, price: Price, levels: usize) -> bool {
        let last = self.index.len().checked_sub(levels).and_then(|at| self.index.get(at));
        last.is_none_or(|(last, _)| match side {
            BookSide::Bid => *last <= price.0,
            BookSide::Ask => *last >= price.0,
        })
    }

    /// A level.
    pub(crate) fn look(&self, side: BookSide, price: Price) -> Option<&V> {
        let slot = match self.met(price) {
            Some(slot) => slot,
            None => self.index.get(self.find(side, price).ok()?)?.1,
        };
        self.slots.get(slot as usize).map(|slot| &slot.value)
    }

    /// The same, to change.
    #[inline]
    pub(crate) fn get(&mut self, side: BookSide, price: Price) -> Option<&mut V> {
        let slot = match self.met(price) {
            Some(slot) => slot,
            None => self.search(side, price)?,
        };
        self.slots.get_mut(slot as usize).map(|slot| &mut slot.value)
    }

    fn search(&mut self, side: BookSide, price: Price) -> Option<u32> {
        let slot = self.index.get(self.find(side, price).ok()?)?.1;
        self.met.note(price, slot);
        Some(slot)
    }

    /// Takes a level away: what it was, to be left as the next level of that slot finds it.
    pub(crate) fn remove(&mut self, side: BookSide, price: Price) -> Option<&mut V> {
        let at = self.find(side, price).ok()?;
        let (_, slot) = self.index.remove(at);
        self.free.push(slot);
        let slot = self.slots.get_mut(slot as usize)?;
        slot.price = None;
        Some(&mut slot.value)
    }

    /// Forgets every level and every slot.
    pub(crate) fn clear(&mut self) {
        self.index.clear();
        self.slots.clear();
        self.free.clear();
    }

    #[inline]
    fn at(&self, (price, slot): &(i64, u32)) -> Option<(Price, &V)> {
        self.slots.get(*slot as usize).map(|slot| (Price(*price), &slot.value))
    }

    /// The slot of a price that was met lately.
    #[inline]
    fn met(&self, price: Price) -> Option<u32> {
        let at = self.met.slot(price)?;
        let slot = self.slots.get(at as usize)?;
        (slot.price == Some(price)).then_some(at)
    }

    /// A search without branches that depend on the answer; each side compares its own way.
    fn find(&self, side: BookSide, price: Price) -> Result<usize, usize> {
        let at = match side {
            BookSide::Bid => self.index.partition_point(|(at, _)| *at < price.0),
            BookSide::Ask => self.index.partition_point(|(at, _)| *at > price.0),
        };
        match self.index.get(at) {
            Some((found, _)) if *found == price.0 => Ok(at),
            _ => Err(at),
        }
    }
}

impl<V: Default> Ladder<V> {
    /// A level, made where there is none.
    #[inline]
    pub(crate) fn get_or_insert(&mut self, side: BookSide, price: Price) -> Option<&mut V> {
        let slot = match self.met(price) {
            Some(slot) => slot,
            None => self.search_or_insert(side, price)?,
        };
        self.slots.get_mut(slot as usize).map(|slot| &mut slot.value)
    }

    fn search_or_insert(&mut self, side: BookSide, price: Price) -> Option<u32> {
        let Err(at) = self.find(side, price) else { return self.search(side, price) };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => u32::try_from(self.slots.len()).ok()?,
        };
        match self.slots.get_mut(slot as usize) {
            Some(free) => free.price = Some(price),
            None => self.slots.push(Slot { price: Some(price), value: V::default() }),
        }
        self.index.insert(at, (price.0, slot));
        self.met.note(price, slot);
        Some(slot)
    }

    /// Drops the worst levels beyond `limit`.
    pub(crate) fn crop(&mut self, limit: usize) {
        let excess = self.index.len().saturating_sub(limit);
        for (_, slot) in self.index.drain(..excess) {
            self.free.push(slot);
            if let Some(slot) = self.slots.get_mut(slot as usize) {
                *slot = Slot { price: None, value: V::default() };
            }
        }
    }
}

impl Clone for Met {
    fn clone(&self) -> Self {
        Self(Vec::new())
    }
}

impl Met {
    #[inline]
    fn slot(&self, price: Price) -> Option<u32> {
        self.0.get(place(price)).copied()
    }

    fn note(&mut self, price: Price, slot: u32) {
        if self.0.is_empty() {
            self.0.resize(1 << PLACES_LOG2, 0);
        }
        if let Some(place) = self.0.get_mut(place(price)) {
            *place = slot;
        }
    }
}

/// Neighbouring prices have places far from each other.
#[inline]
fn place(price: Price) -> usize {
    let spread = price.0.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(spread >> (u64::BITS - PLACES_LOG2)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Few prices, so that places and slots are used again; gaps of every size between them.
    fn any_price() -> impl Strategy<Value = i64> {
        prop_oneof![
            1..40i64,
            (1..40i64).prop_map(|nth| nth * 1_000_000_007),
            (1..9i64).prop_map(|nth| i64::MAX - nth * nth * nth),
        ]
    }

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds_through_crops_and_copies(
            is_bid: bool,
            steps in prop::collection::vec((0..12u8, any_price(), 1..9i64), 1..300),
        ) {
            let side = if is_bid { BookSide::Bid } else { BookSide::Ask };
            let (mut ladder, mut tree) = (Ladder::<i64>::new(), BTreeMap::new());
            // Worst first, as the ladder has them.
            let key = |price: i64| if is_bid { price } else { -price };
            for (what, price, size) in steps {
                match what {
                    0 => {
                        ladder.crop(usize::try_from(size).unwrap());
                        while tree.len() > usize::try_from(size).unwrap() {
                            tree.pop_first();
                        }
                    }
                    1 => ladder = ladder.clone(),
                    2 if size == 1 => {
                        ladder.clear();
                        tree.clear();
                    }
                    2..=5 => {
                        let was = ladder.remove(side, Price(price)).map(std::mem::take);
                        prop_assert_eq!(was, tree.remove(&key(price)));
                    }
                    6 => prop_assert_eq!(
                        ladder.get(side, Price(price)).copied(),
                        tree.get(&key(price)).copied()
                    ),
                    _ => {
                        let value = ladder.get_or_insert(side, Price(price)).unwrap();
                        prop_assert_eq!(*value, tree.get(&key(price)).copied().unwrap_or(0));
                        *value = size;
                        tree.insert(key(price), size);
                    }
                }
                let price = Price(price);
                prop_assert_eq!(ladder.look(side, price), tree.get(&key(price.0)));
                let all = || tree.iter().map(|(key, size)| (Price(key.abs()), size));
                prop_assert!(ladder.iter().eq(all()));
                prop_assert_eq!(ladder.best(), all().next_back());
                prop_assert_eq!(ladder.worst(), all().next().map(|(price, _)| price));
                prop_assert_eq!(ladder.len(), tree.len());
                let better = tree.range(key(price.0)..).filter(|(at, _)| **at != key(price.0));
                let better = better.count();
                for levels in 1..6 {
                    prop_assert_eq!(ladder.is_within(side, price, levels), better < levels);
                }
                prop_assert!(ladder.room() <= 88);
            }
        }
    }
}
