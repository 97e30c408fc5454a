//! What stands behind a fill: times, delays, book, levels or queue, bounds (simulation, 8.1).

use super::Engine;
use crate::ids::{AccountId, BookSide, MarketId};
use crate::market::MarketStatus;
use crate::number::{Price, Quantity};
use crate::sim::latency::Transit;
use crate::sim::queue::QueueFill;

/// The book a fill cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookCite {
    /// Its version.
    pub version: u64,
    /// Venue stamp of its newest depth, ns; 0 = none.
    pub venue_ns: i64,
    /// Its age by receipt, ns.
    pub age_ns: i64,
    /// Its status, which allowed the fill.
    pub status: MarketStatus,
    /// Best bid; 0 = none.
    pub best_bid: Price,
    /// Best ask; 0 = none.
    pub best_ask: Price,
}

/// One level a taker met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelTaken {
    /// Recorded price, in the book.
    pub recorded: Price,
    /// Price after own impact, rounded against the account.
    pub effective: Price,
    /// Recorded size.
    pub displayed: Quantity,
    /// Prints that depth had not shown yet.
    pub printed: Quantity,
    /// What the account had already taken.
    pub consumed_before: Quantity,
    /// What this fill took.
    pub taken: Quantity,
}

/// Prices that bounded a taker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Limit or protection price, in the order's own outcome.
    pub bound: Price,
    /// The order had a limit of its own.
    pub limit: bool,
    /// Own impact on the book's prices when it arrived: price units, or log-odds Q32 on event
    /// markets.
    pub shift: i64,
}

/// How it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liquidity {
    /// Took displayed size.
    Taker(LevelTaken, Bounds),
    /// Was reached in the queue.
    Maker(QueueFill),
}

/// Everything known of a fill when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// How its order travelled.
    pub transit: Transit,
    /// When it was matched, local ns.
    pub matched_ns: i64,
    /// It arrived before the book could be used, and waited.
    pub entry_deferred: bool,
    /// The book.
    pub book: BookCite,
    /// How.
    pub liquidity: Liquidity,
    /// Share of decreases with the size of a known lot, ppm.
    pub match_rate_ppm: i64,
    /// Decreases that share rests on.
    pub decreases_seen: u64,
}

impl Engine {
    /// The book as it is now.
    pub(super) fn cite(&self, market: MarketId) -> BookCite {
        let (book, now) = (&self.markets[market].market, self.now_ns);
        let price = |side| book.best(side).map_or(Price(0), |level| level.price);
        BookCite {
            version: book.version,
            venue_ns: book.venue_stamp_ns(),
            age_ns: book.age_ns(now),
            status: book.status(now),
            best_bid: price(BookSide::Bid),
            best_ask: price(BookSide::Ask),
        }
    }

    /// Evidence of a fill in the queue.
    pub(super) fn maker_evidence(
        &self,
        market: MarketId,
        _account: AccountId,
        fill: &QueueFill,
    ) -> Box<Evidence> {
        let (order, at) = super::market::order_of(fill.order);
        let transit = self.orders[order].legs.get(at).map(|leg| leg.transit).unwrap_or_default();
        self.evidence(market, transit, Liquidity::Maker(*fill))
    }

    pub(super) fn evidence(
        &self,
        market: MarketId,
        transit: Transit,
        liquidity: Liquidity,
    ) -> Box<Evidence> {
        let rate = self.markets[market].tracker.match_rate();
        Box::new(Evidence {
            transit,
            matched_ns: self.now_ns,
            entry_deferred: self.now_ns > transit.match_ns
                && matches!(liquidity, Liquidity::Taker(..)),
            book: self.cite(market),
            liquidity,
            match_rate_ppm: rate.ppm(),
            decreases_seen: rate.seen(),
        })
    }
}
