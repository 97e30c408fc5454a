//! What stands behind a fill: times, delays, book, levels or queue, bounds.

use std::sync::Arc;

use crate::ids::AssetId;
use crate::market::MarketStatus;
use crate::number::{Money, Price, Quantity};
use crate::sim::latency::Transit;
use crate::sim::queue::QueueFill;
use crate::sim::walk::LevelTaken;

/// The book a fill cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookCite {
    /// Its version.
    pub version: u64,
    /// Venue sequence number of its newest depth; 0 = none.
    pub venue_seq: u64,
    /// Venue stamp of its newest depth, ns; 0 = none.
    pub venue_ns: i64,
    /// Its age by receipt, ns.
    pub age_ns: i64,
    /// Its status, which allowed the fill.
    pub status: MarketStatus,
    /// Median time between the depth messages it is made of, ns; 0 = not known yet.
    pub interval_ns: i64,
    /// Best bid; 0 = none.
    pub best_bid: Price,
    /// Best ask; 0 = none.
    pub best_ask: Price,
}

impl BookCite {
    /// No book was looked at.
    const NONE: Self = Self {
        version: 0,
        venue_seq: 0,
        venue_ns: 0,
        age_ns: 0,
        status: MarketStatus::Pending,
        interval_ns: 0,
        best_bid: Price(0),
        best_ask: Price(0),
    };
}

/// Prices that bounded a taker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Limit of the order, in its own outcome; `None` for a market order.
    pub limit: Option<Price>,
    /// Worst price the walk may pay: limit or protection, in the order's own outcome.
    pub cap: Price,
    /// Best live opposite price when it was submitted, in its own outcome; 0 = none.
    pub reference: Price,
    /// What own impact added to the book's prices: price units, or log-odds Q32 on event markets.
    pub shift: i64,
}

/// Where the tape has what a maker was filled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct TapeCite {
    /// Version of the book right after the event: its place in the tape of the market.
    pub version: u64,
    /// Venue sequence number; 0 = none.
    pub venue_seq: u64,
    /// Trade id of a print; 0 = none.
    pub trade_id: u64,
    /// It was fetched later, after a gap.
    pub backfilled: bool,
    /// Which connection of the feed it came by, from 1; 0 = before the first snapshot.
    pub epoch: u64,
}

/// A trade that a real venue told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueTrade {
    /// The venue's name of it.
    pub id: Arc<str>,
    /// Quantity.
    pub quantity: Quantity,
    /// Fee that it took; negative: a rebate.
    pub fee: Money,
    /// Asset of the fee.
    pub fee_asset: AssetId,
    /// The order rested.
    pub is_maker: bool,
    /// When, by the venue's clock, ns.
    pub venue_ns: i64,
}

impl VenueTrade {
    /// What of its fee is taken in this asset.
    pub fn fee_in(&self, asset: AssetId) -> Money {
        if self.fee_asset == asset { self.fee } else { Money::ZERO }
    }
}

/// How it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liquidity {
    /// A real venue says so.
    Venue(Box<VenueTrade>),
    /// Took displayed size.
    Taker(LevelTaken, Bounds),
    /// Was reached in the queue.
    Maker(Box<QueueFill>, TapeCite),
}

/// Everything known of a fill when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// How its order travelled.
    pub transit: Transit,
    /// When it was matched, local ns.
    pub matched_ns: i64,
    /// It arrived before the book could be used, and waited.
    pub entry_deferred: bool,
    /// The book.
    pub book: BookCite,
    /// The feed sends one message per order event; otherwise depth is conflated.
    pub event_level: bool,
    /// How.
    pub liquidity: Liquidity,
    /// Share of decreases with the size of a known lot, ppm.
    pub match_rate_ppm: i64,
    /// Decreases that share rests on.
    pub decreases_seen: u64,
}

impl Evidence {
    /// What is known of a fill that a real venue told: its word, and nothing of our books.
    pub(in crate::engine) fn told(trade: VenueTrade, now_ns: i64) -> Self {
        Self {
            transit: Transit::default(),
            matched_ns: trade.venue_ns.min(now_ns),
            entry_deferred: false,
            book: BookCite::NONE,
            event_level: false,
            liquidity: Liquidity::Venue(Box::new(trade)),
            match_rate_ppm: 0,
            decreases_seen: 0,
        }
    }

    /// What the venue matched.
    pub const fn matched(&self) -> Quantity {
        match &self.liquidity {
            Liquidity::Taker(level, _) => level.taken,
            Liquidity::Maker(fill, _) => fill.quantity,
            Liquidity::Venue(trade) => trade.quantity,
        }
    }

    /// The real venue's trade, where it was one.
    pub const fn trade(&self) -> Option<&VenueTrade> {
        match &self.liquidity {
            Liquidity::Venue(trade) => Some(trade),
            Liquidity::Taker(..) | Liquidity::Maker(..) => None,
        }
    }
}
