//! What a market says about itself: status, configuration, counters and the change of one event.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::reject::text_enum;

text_enum!(
    /// Whether a book can be used, and if not, why. Only [`MarketStatus::is_live`] allows a fill.
    MarketStatus {
        /// No snapshot yet, or a snapshot without an update since.
        Syncing = "SYNCING",
        /// Contiguous, not crossed, fresh.
        Ok = "OK",
        /// Silent for too long, or trades go on while the book stands still.
        Stale = "STALE",
        /// The sequence broke: nothing is known until a snapshot and an update.
        Resync = "RESYNC",
        /// Best bid at or above best ask.
        Crossed = "CROSSED",
        /// Halted by the venue.
        Halted = "HALTED",
        /// The venue takes post-only orders only.
        PostOnly = "POST_ONLY",
        /// Trading ended.
        Closed = "CLOSED",
        /// An event market whose result is awaited.
        Pending = "PENDING",
        /// An event market whose result is known.
        Resolved = "RESOLVED",
    }
);

impl MarketStatus {
    /// True when a fill may use the book.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Ok | Self::PostOnly)
    }

    /// True when the market no longer trades and resting orders end.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Pending | Self::Resolved)
    }
}

/// What the venue (or the lifecycle of an event market) allows, apart from the state of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum TradingPhase {
    /// Every order type.
    #[default]
    Trading,
    /// Post-only orders.
    PostOnly,
    /// Nothing for the moment.
    Halted,
    /// Nothing any more.
    Closed,
    /// Nothing any more; the result of the event is awaited.
    Pending,
    /// Nothing any more; the result of the event is known.
    Resolved,
}

impl TradingPhase {
    /// True when the venue's feed can no longer reopen the market.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Pending | Self::Resolved)
    }
}

/// Rules of one market's feed.
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one feed")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MarketConfig {
    /// Silence after which the book is stale; `None`: it never is.
    pub max_age_ns: Option<i64>,
    /// Live at the end of a snapshot already, without an update after it: hand-fed books and
    /// feeds that send whole books.
    pub live_on_snapshot: bool,
    /// Levels kept on each side. A few more stay in memory, so that a deep book is not moved at
    /// every insert.
    pub max_levels: usize,
    /// The removal of an unknown level or a negative size proves a lost message.
    pub strict: bool,
    /// Depth messages carry sequence numbers that go up by exactly one. Elsewhere a jump means
    /// nothing here, and the decoder announces gaps itself.
    pub contiguous: bool,
    /// Prices are those of a binary event, inside (0, 1).
    pub unit_price: bool,
}

impl MarketConfig {
    /// Levels kept on each side unless configured otherwise.
    pub const MAX_LEVELS: usize = 1_000;

    /// A live feed that goes stale after `max_age_ns`.
    pub const fn live(max_age_ns: i64) -> Self {
        Self {
            max_age_ns: Some(max_age_ns),
            live_on_snapshot: false,
            max_levels: Self::MAX_LEVELS,
            strict: false,
            contiguous: false,
            unit_price: false,
        }
    }

    /// A book fed by hand: live at once, never stale.
    pub const fn hand_fed() -> Self {
        Self { max_age_ns: None, live_on_snapshot: true, ..Self::live(0) }
    }
}

impl Default for MarketConfig {
    fn default() -> Self {
        Self::hand_fed()
    }
}

/// What went wrong so far. Every counter only goes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Counters {
    /// Times the sequence was lost, for whatever reason.
    pub gaps: u64,
    /// Levels of an impossible price or size, and prints at a price that is not believed.
    pub dropped: u64,
    /// Depth events not applied: old, repeated, or received while a snapshot was awaited.
    pub ignored: u64,
    /// Removals of levels that were not there.
    pub unknown_deletes: u64,
    /// Times that levels beyond the depth limit were left out.
    pub cropped: u64,
}

/// Trades that are kept of a market.
const MOST_TRADES: usize = 500;

/// The newest trades of a market, oldest first. The last one alone decides anything, so it alone is
/// part of a hash.
#[derive(Debug, Clone, Default)]
pub struct Trades(VecDeque<Trade>);

impl Trades {
    /// None yet.
    pub const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Adds the newest.
    pub fn add(&mut self, trade: Trade) {
        if self.0.len() >= MOST_TRADES {
            self.0.pop_front();
        }
        self.0.push_back(trade);
    }

    /// The last one.
    pub fn last(&self) -> Option<Trade> {
        self.0.back().copied()
    }

    /// All that are kept, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Trade> {
        self.0.iter().rev()
    }
}

impl Hash for Trades {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.last().hash(state);
    }
}

/// One trade of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trade {
    /// Price.
    pub price: Price,
    /// Size.
    pub quantity: Quantity,
    /// Side of the book that was hit, where it can be known.
    pub side: Option<BookSide>,
    /// Receipt time, ns.
    pub received_ns: i64,
}

/// What one event changed, for whoever fills orders against the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Nothing: ignored, dropped, or a heartbeat.
    None,
    /// A level has a new size.
    Level {
        /// Side of the book.
        side: BookSide,
        /// Price of the level.
        price: Price,
        /// Size before, 0 when it was not there.
        before: Quantity,
        /// Size now, 0 when it is gone.
        after: Quantity,
    },
    /// A trade on the book.
    Print {
        /// Side of the book that was hit: as told by the venue, else by price against the book
        /// as it was; `None` strictly inside the spread.
        side: Option<BookSide>,
        /// Price.
        price: Price,
        /// Size.
        quantity: Quantity,
        /// Bits of [`crate::tape::flag`].
        flags: u16,
    },
    /// A snapshot began; the book is empty.
    SnapshotBegun,
    /// A snapshot is complete.
    SnapshotEnded,
    /// The market's status moved for a reason other than its levels.
    Status(MarketStatus),
}
