//! The guard against bad ticks: which prices no level can have, and which no trade is believed at.
//!
//! A level far from the touch is a level: books carry orders a thousand times off the mid, and a
//! venue's checksum covers them. What is guarded is what such a price would decide: a print a
//! hundred times off the last good mid fills nothing and marks nothing.

use crate::book::Book;
use crate::ids::BookSide;
use crate::number::{PRICE_ONE, Price};

/// A print this many times above or below the mid is not believed, and no mid is taken from a
/// touch this wide.
const MAX_FACTOR: i64 = 100;
/// Window in which bad ticks are counted.
const BURST_NS: i64 = 1_000_000_000;

/// Whether a touch is narrow enough to take a mid from.
pub(super) const fn is_near(bid: Price, ask: Price) -> bool {
    ask.0 < bid.0.saturating_mul(MAX_FACTOR)
}

/// Remembers the last good mid and the times of recent bad ticks.
#[derive(Debug, Clone, Copy, Hash)]
pub(super) struct Guard {
    unit_price: bool,
    low: i64,
    high: i64,
    recent: [i64; 3],
}

impl Guard {
    pub(super) const fn new(unit_price: bool) -> Self {
        Self { unit_price, low: 0, high: i64::MAX, recent: [i64::MIN; 3] }
    }

    /// True when no level and no trade can have this price.
    pub(super) const fn is_impossible(&self, price: Price) -> bool {
        price.0 <= 0 || (self.unit_price && price.0 >= PRICE_ONE)
    }

    /// True when a possible price is too far from the last good mid to be traded at.
    pub(super) const fn is_far(&self, price: Price) -> bool {
        price.0 <= self.low || price.0 >= self.high
    }

    /// Takes the mid of a good book as the new reference.
    ///
    /// Event markets have none: their range is fixed, and 0.001 is an ordinary price beside 0.50.
    pub(super) fn set_reference(&mut self, book: &Book) {
        if self.unit_price {
            return;
        }
        let best = (book.best_price(BookSide::Bid), book.best_price(BookSide::Ask));
        let (Some(bid), Some(ask)) = best else { return };
        if !is_near(bid, ask) {
            return;
        }
        let mid = bid.0.midpoint(ask.0);
        self.low = mid / MAX_FACTOR;
        self.high = mid.saturating_mul(MAX_FACTOR);
    }

    /// Notes a bad tick; true when it is more than the third within a second.
    pub(super) const fn is_burst(&mut self, now_ns: i64) -> bool {
        let [oldest, middle, newest] = self.recent;
        self.recent = [middle, newest, now_ns];
        oldest != i64::MIN && now_ns.saturating_sub(oldest) <= BURST_NS
    }

    /// Forgets what was before: a new snapshot may be of a market that moved any distance.
    pub(super) const fn forgive(&mut self) {
        *self = Self::new(self.unit_price);
    }
}
