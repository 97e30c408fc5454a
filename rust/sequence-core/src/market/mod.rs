//! One venue's view of one instrument: its book, and whether that book can be trusted now.
//!
//! Every source speaks in [`MarketEvent`]s. The book changes with each event; the status is judged
//! at the end of a message, because a message can pass through states that never existed at the
//! venue. A status is lost at once and gained only at the end of a message. Ages are ages of
//! receipt: a venue whose clock is an hour off is as fresh as its messages.

mod apply;
mod guard;
pub mod nbbo;
mod since;
mod status;

pub use nbbo::{Nbbo, consolidated, consolidated_by_venue};
pub use status::{Change, Counters, MarketConfig, MarketStatus, Trade, Trades, TradingPhase};

use crate::book::{Book, Level};
use crate::ids::BookSide;
use crate::number::Price;
use guard::Guard;
use since::Since;

/// A book crossed for longer than this has lost a message.
const MAX_CROSSED_NS: i64 = 5_000_000_000;
/// Stands for "never" among receipt times.
const NEVER: i64 = i64::MIN;

/// Said of a book that has numbers we cannot hold.
pub const UNFIT: &str =
    "it has a price or size beyond our numbers: 9 decimals of a price, 8 of a size, 9e10 at most";

/// How far the feed has come since the subscription or the last gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sync {
    NoSnapshot,
    Loading,
    NeedsUpdate,
    Contiguous,
}

/// Why a book that had come live is not known any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Loss {
    /// It is known, or never was.
    None,
    /// A message of it.
    Gap,
    /// It has a price or size beyond our numbers.
    Unfit,
}

/// What is known of the message being read.
#[derive(Debug, Clone, Copy, Default, Hash)]
struct Message {
    /// Its sequence number was judged.
    judged: bool,
    /// It is old: its levels are not applied.
    old: bool,
    /// It bridges a snapshot and what follows.
    bridges: bool,
}

/// State of one instrument at one venue.
#[derive(Debug, Clone, Hash)]
pub struct Market {
    /// The levels. Kept after a gap, for marks, and never filled against then.
    pub book: Book,
    /// Goes up by one with every applied event; fills cite it.
    pub version: u64,
    config: MarketConfig,
    phase: TradingPhase,
    sync: Sync,
    loss: Loss,
    message: Message,
    seq: u64,
    stamp_ns: i64,
    crossed_since: Option<i64>,
    /// A silence longer than allowed happened, and no depth came since.
    silenced: bool,
    /// Somebody says that this book is old.
    held_stale: bool,
    message_ns: i64,
    update_ns: i64,
    print_ns: i64,
    /// First trade since the book's stamp or sequence last moved.
    unexplained_ns: i64,
    /// Best level ever cropped on (bid, ask): beyond it removals prove nothing.
    cropped: (Option<i64>, Option<i64>),
    guard: Guard,
    counters: Counters,
    trades: Trades,
    since: Since,
}

impl Market {
    /// A market that waits for its first snapshot.
    pub const fn new(config: MarketConfig) -> Self {
        Self {
            book: Book::new(),
            version: 0,
            config,
            phase: TradingPhase::Trading,
            sync: Sync::NoSnapshot,
            loss: Loss::None,
            message: Message { judged: false, old: false, bridges: false },
            seq: 0,
            stamp_ns: 0,
            crossed_since: None,
            silenced: false,
            held_stale: false,
            message_ns: NEVER,
            update_ns: NEVER,
            print_ns: NEVER,
            unexplained_ns: NEVER,
            cropped: (None, None),
            guard: Guard::new(config.unit_price),
            counters: Counters { gaps: 0, dropped: 0, ignored: 0, unknown_deletes: 0, cropped: 0 },
            trades: Trades::new(),
            since: Since::NEVER,
        }
    }

    /// Status at a time. Silence needs no event to be noticed.
    pub const fn status(&self, now_ns: i64) -> MarketStatus {
        match self.phase {
            TradingPhase::Halted => return MarketStatus::Halted,
            TradingPhase::Closed => return MarketStatus::Closed,
            TradingPhase::Pending => return MarketStatus::Pending,
            TradingPhase::Resolved => return MarketStatus::Resolved,
            TradingPhase::Trading | TradingPhase::PostOnly => {}
        }
        if !matches!(self.sync, Sync::Contiguous) {
            return match self.loss {
                Loss::None => MarketStatus::Syncing,
                Loss::Gap | Loss::Unfit => MarketStatus::Resync,
            };
        }
        if let Some(since) = self.crossed_since {
            return if now_ns.saturating_sub(since) > MAX_CROSSED_NS {
                MarketStatus::Resync
            } else {
                MarketStatus::Crossed
            };
        }
        if self.is_stale(now_ns) {
            MarketStatus::Stale
        } else if matches!(self.phase, TradingPhase::PostOnly) {
            MarketStatus::PostOnly
        } else {
            MarketStatus::Ok
        }
    }

    /// Why the book cannot be used, in words; `None` while it can.
    pub const fn reason(&self, now_ns: i64) -> Option<&'static str> {
        match self.status(now_ns) {
            MarketStatus::Ok | MarketStatus::PostOnly => None,
            MarketStatus::Resync if matches!(self.loss, Loss::Unfit) => Some(UNFIT),
            MarketStatus::Syncing if self.has_snapshot() => {
                Some("no update came since its snapshot")
            }
            MarketStatus::Syncing => Some("no snapshot came yet"),
            MarketStatus::Resync => Some("a message was lost: it waits for a snapshot"),
            MarketStatus::Stale => Some("nothing was heard of it for too long"),
            MarketStatus::Crossed => Some("its best bid is at or above its best ask"),
            MarketStatus::Halted => Some("halted by the venue"),
            MarketStatus::Closed => Some("trading ended"),
            MarketStatus::Pending => Some("trading ended: the result is awaited"),
            MarketStatus::Resolved => Some("trading ended: the result is known"),
        }
    }

    /// True once anything was heard of it, if only that it cannot be used.
    pub const fn was_heard(&self) -> bool {
        self.message_ns != NEVER
    }

    /// Treats the book as old whatever comes, or no longer: for tests of what a silent venue does.
    pub fn hold_stale(&mut self, held: bool, now_ns: i64) {
        self.held_stale = held;
        if self.was_heard() {
            self.note_status(now_ns);
        }
    }

    /// True when a fill may use the book at this time.
    pub const fn is_live(&self, now_ns: i64) -> bool {
        self.status(now_ns).is_live()
    }

    /// True once a snapshot is complete and nothing was lost since.
    pub const fn has_snapshot(&self) -> bool {
        matches!(self.sync, Sync::NeedsUpdate | Sync::Contiguous)
    }

    /// Best level of a side, live or not.
    pub fn best(&self, side: BookSide) -> Option<Level> {
        self.book.best(side)
    }

    /// Whether bid and ask are near enough for their middle to be a price. An event market's always
    /// are: its range is fixed.
    pub const fn has_middle(&self, bid: Price, ask: Price) -> bool {
        self.config.unit_price || guard::is_near(bid, ask)
    }

    /// The last trade.
    pub fn last_trade(&self) -> Option<Trade> {
        self.trades.last()
    }

    /// The newest trades.
    pub const fn trades(&self) -> &Trades {
        &self.trades
    }

    /// Receipt time of the last applied depth, ns.
    pub const fn last_update_ns(&self) -> Option<i64> {
        if self.update_ns == NEVER { None } else { Some(self.update_ns) }
    }

    /// Time since the last applied depth or trade, ns; `i64::MAX` when there was none.
    pub fn age_ns(&self, now_ns: i64) -> i64 {
        now_ns.saturating_sub(self.update_ns.max(self.print_ns)).max(0)
    }

    /// Time since the last message of any kind, heartbeats included, ns: what staleness judges.
    pub const fn silence_ns(&self, now_ns: i64) -> i64 {
        now_ns.saturating_sub(self.message_ns)
    }

    /// The venue's own stamp of the last applied depth, ns; 0 when it had none.
    pub const fn venue_stamp_ns(&self) -> i64 {
        self.stamp_ns
    }

    /// Sequence number of the last applied depth; 0 when it had none.
    pub const fn venue_seq(&self) -> u64 {
        self.seq
    }

    /// What went wrong so far.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The rules of this feed.
    pub const fn config(&self) -> &MarketConfig {
        &self.config
    }

    /// Allows or forbids staleness from now on.
    pub const fn set_max_age(&mut self, max_age_ns: Option<i64>) {
        self.config.max_age_ns = max_age_ns;
    }

    /// What the venue allows, apart from the feed.
    pub const fn phase(&self) -> TradingPhase {
        self.phase
    }

    /// Moves the market through its life; the feed alone cannot reopen one that is over.
    pub fn set_phase(&mut self, phase: TradingPhase, now_ns: i64) {
        self.phase = phase;
        self.note_status(now_ns);
    }

    /// The connection or the sequence is lost: nothing is live until a snapshot and an update.
    pub const fn lose(&mut self) {
        if !matches!(self.sync, Sync::NoSnapshot) {
            self.counters.gaps = self.counters.gaps.saturating_add(1);
        }
        self.sync = Sync::NoSnapshot;
        self.loss = Loss::Gap;
        self.crossed_since = None;
    }

    /// True for a book that was given up and waits for its next snapshot.
    pub const fn has_lost_its_book(&self) -> bool {
        matches!((self.sync, self.loss), (Sync::NoSnapshot, Loss::Gap | Loss::Unfit))
    }

    const fn is_stale(&self, now_ns: i64) -> bool {
        if self.held_stale {
            return true;
        }
        let Some(max_age) = self.config.max_age_ns else {
            return false;
        };
        // Trades go on for so long while the book stands still: it is not the book they happen on.
        let frozen = self.unexplained_ns != NEVER
            && self.print_ns.saturating_sub(self.unexplained_ns) > max_age;
        self.silenced || frozen || now_ns.saturating_sub(self.message_ns) > max_age
    }
}

#[cfg(test)]
mod tests;
