//! How many orders stand at each level of a snapshot, kept until it is whole.
//!
//! A book of levels knows sizes only. Feeds that count orders count them in snapshots too, and the
//! queues that a snapshot begins want that number: it says how many lots a level is made of.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::number::Price;

/// Order counts of the snapshot under way; nothing on feeds that do not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SnapshotCounts(BTreeMap<(BookSide, Price), u32>);

impl Hash for SnapshotCounts {
    /// Of nothing where nothing is counted: most states have no snapshot under way.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|level| level.hash(state));
    }
}

impl SnapshotCounts {
    /// A snapshot begins.
    pub fn begin(&mut self) {
        self.0.clear();
    }

    /// One of its levels holds `count` orders (0 = not given).
    pub fn note(&mut self, side: BookSide, price: Price, count: u32) {
        if count > 0 {
            self.0.insert((side, price), count);
        }
    }

    /// The orders of a level, 0 where they were not given.
    pub fn at(&self, side: BookSide, price: Price) -> u32 {
        self.0.get(&(side, price)).copied().unwrap_or(0)
    }
}
