//! The levels of one side: prices in order, each with a slot that is used again once it is free.

use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::number::Price;
use crate::sim::level::{BaseLevel, Reading};

/// Places in which the slot of a price is remembered: a power of two.
const PLACES_LOG2: u32 = 10;

/// One side, best at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Ladder {
    index: Vec<(i64, u32)>,
    slots: Vec<BaseLevel>,
    free: Vec<u32>,
    met: Met,
}

/// Where the slot of a price was found last: most messages are about prices that were met before.
/// A slot knows its price, so a place that another price took since is seen. It says nothing of
/// the market, and so is no part of its state.
#[derive(Debug, Clone, Default)]
struct Met(Vec<u32>);

impl Ladder {
    /// What is known of its levels at a time, whatever of it was read before.
    pub(super) fn hash_at(&self, now_ns: i64, rule: Reading, state: &mut impl Hasher) {
        let read: Vec<BaseLevel> =
            self.slots.iter().map(|level| level.as_read(now_ns, rule)).collect();
        (&self.index, read, &self.free).hash(state);
    }

    /// Number of levels.
    pub(super) const fn len(&self) -> usize {
        self.index.len()
    }

    /// Slots, used and free.
    #[cfg(test)]
    pub(super) const fn room(&self) -> usize {
        self.slots.len()
    }

    /// Levels with their prices, worst first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Price, &BaseLevel)> {
        let level = |(price, slot): &(i64, u32)| {
            self.slots.get(*slot as usize).map(|level| (Price(*price), level))
        };
        self.index.iter().filter_map(level)
    }

    /// Every level, in no order.
    pub(super) fn levels_mut(&mut self) -> impl Iterator<Item = &mut BaseLevel> {
        self.slots.iter_mut()
    }

    /// Whether fewer than `levels` are better than this price.
    pub(super) fn is_within(&self, side: BookSide, price: Price, levels: usize) -> bool {
        let last = self.index.len().checked_sub(levels).and_then(|at| self.index.get(at));
        last.is_none_or(|(last, _)| match side {
            BookSide::Bid => *last <= price.0,
            BookSide::Ask => *last >= price.0,
        })
    }

    /// A level.
    pub(super) fn look(&self, side: BookSide, price: Price) -> Option<&BaseLevel> {
        let (_, slot) = self.index.get(self.find(side, price).ok()?)?;
        self.slots.get(*slot as usize)
    }

    /// The same, to change.
    pub(super) fn get(&mut self, side: BookSide, price: Price) -> Option<&mut BaseLevel> {
        let slot = match self.met(price) {
            Some(slot) => slot,
            None => self.index.get(self.find(side, price).ok()?)?.1,
        };
        self.met.note(price, slot);
        self.slots.get_mut(slot as usize)
    }

    /// The same, made where there is none.
    pub(super) fn get_or_insert(&mut self, side: BookSide, price: Price) -> Option<&mut BaseLevel> {
        let slot = match self.met(price) {
            Some(slot) => slot,
            None => self.find_or_insert(side, price)?,
        };
        self.met.note(price, slot);
        self.slots.get_mut(slot as usize)
    }

    fn find_or_insert(&mut self, side: BookSide, price: Price) -> Option<u32> {
        let at = match self.find(side, price) {
            Ok(at) => return self.index.get(at).map(|(_, slot)| *slot),
            Err(at) => at,
        };
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => u32::try_from(self.slots.len()).ok()?,
        };
        if slot as usize == self.slots.len() {
            self.slots.push(BaseLevel::default());
        }
        self.slots.get_mut(slot as usize)?.price = Some(price);
        self.index.insert(at, (price.0, slot));
        Some(slot)
    }

    /// Takes a level away.
    pub(super) fn remove(&mut self, side: BookSide, price: Price) {
        let Ok(at) = self.find(side, price) else { return };
        let (_, slot) = self.index.remove(at);
        if let Some(level) = self.slots.get_mut(slot as usize) {
            level.clear();
        }
        self.free.push(slot);
    }

    /// The slot of a price that was met lately.
    fn met(&self, price: Price) -> Option<u32> {
        let slot = self.met.slot(price)?;
        let level = self.slots.get(slot as usize)?;
        (level.price == Some(price)).then_some(slot)
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

impl Met {
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
fn place(price: Price) -> usize {
    let spread = price.0.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(spread >> (u64::BITS - PLACES_LOG2)).unwrap_or(0)
}
