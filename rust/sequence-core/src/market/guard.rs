//! The guard against absurd prices: what is a hundred times off the last good mid is not a price.

use crate::book::Book;
use crate::ids::BookSide;
use crate::number::{PRICE_ONE, Price};

/// A level this many times above or below the mid is dropped.
const MAX_FACTOR: i64 = 100;
/// Window in which drops are counted.
const BURST_NS: i64 = 1_000_000_000;

/// Remembers the last good mid and the times of recent drops.
#[derive(Debug, Clone, Copy, Hash)]
pub(super) struct Guard {
    unit_price: bool,
    low: i64,
    high: i64,
    recent: [i64; 3],
}

impl Guard {
    pub(super) const fn new(unit_price: bool) -> Self {
        let high = if unit_price { PRICE_ONE } else { i64::MAX };
        Self { unit_price, low: 0, high, recent: [i64::MIN; 3] }
    }

    /// True when no level can have this price.
    pub(super) const fn is_absurd(&self, price: Price) -> bool {
        price.0 <= self.low || price.0 >= self.high
    }

    /// Takes the mid of a good book as the new reference.
    ///
    /// The bounds of an event market are fixed: 0.001 is an ordinary level beside 0.50.
    pub(super) fn set_reference(&mut self, book: &Book) {
        if self.unit_price {
            return;
        }
        let (Some(bid), Some(ask)) = (book.best(BookSide::Bid), book.best(BookSide::Ask)) else {
            return;
        };
        let mid = bid.price.0.midpoint(ask.price.0);
        self.low = mid / MAX_FACTOR;
        self.high = mid.saturating_mul(MAX_FACTOR);
    }

    /// Notes a drop; true when it is more than the third within a second.
    pub(super) const fn is_burst(&mut self, now_ns: i64) -> bool {
        let [oldest, middle, newest] = self.recent;
        self.recent = [middle, newest, now_ns];
        oldest != i64::MIN && now_ns.saturating_sub(oldest) <= BURST_NS
    }

    /// Forgets earlier drops: a new snapshot starts with a clean record.
    pub(super) const fn forgive(&mut self) {
        self.recent = [i64::MIN; 3];
    }
}
