//! One market event: the single shape in which every source speaks to the engine.
//!
//! Decoders, the demo market, hand-fed books and recordings all produce [`MarketEvent`]s. A venue
//! message becomes one or more events; the last carries [`flag::LAST`], and a book is only looked
//! at between messages. The fields and the 64-byte encoding are the recording schema.

mod columns;
mod play;
mod record;

pub use columns::{COLUMN_WIDTHS, join, records_of, select, split};
pub use play::{Tape, TapeFeed, TapeInstrument, TapeWriter, WrittenTape};
pub use record::{RECORD_BYTES, TapeError};

use crate::ids::BookSide;
use crate::number::{Price, Quantity};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// An order joined (order-by-order feeds only).
    Add = 1,
    /// An order got smaller (order-by-order feeds only).
    Reduce = 2,
    /// An order left (order-by-order feeds only).
    Delete = 3,
    /// A visible order traded (order-by-order feeds only).
    Execute = 4,
    /// A hidden order traded (order-by-order feeds only).
    HiddenExecute = 5,
    /// A price level now has this absolute size; 0 removes it.
    LevelSet = 6,
    /// A trade; `side` is the side of the book that was hit.
    Print = 7,
    /// A snapshot starts: the book is empty from here on.
    SnapshotBegin = 8,
    /// The snapshot is complete.
    SnapshotEnd = 9,
    /// The market's status changed; `count` holds a [`FeedStatus`].
    Status = 10,
    /// The venue is alive and nothing changed.
    Heartbeat = 11,
}

impl EventKind {
    /// The kind with this code.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Add,
            2 => Self::Reduce,
            3 => Self::Delete,
            4 => Self::Execute,
            5 => Self::HiddenExecute,
            6 => Self::LevelSet,
            7 => Self::Print,
            8 => Self::SnapshotBegin,
            9 => Self::SnapshotEnd,
            10 => Self::Status,
            11 => Self::Heartbeat,
            _ => return None,
        })
    }
}

/// Status a source can announce, carried in `count` of a [`EventKind::Status`] event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum FeedStatus {
    /// Trading.
    Open = 1,
    /// The sequence broke or a checksum failed: nothing is known until the next snapshot.
    Resync = 2,
    /// The venue halted trading.
    Halted = 3,
    /// Only post-only orders are taken.
    PostOnly = 4,
    /// The market closed; event markets await their resolution.
    Closed = 5,
    /// The connection is gone.
    Down = 6,
    /// The book has a price or size beyond our numbers: as `Resync`, until a snapshot that fits.
    Unfit = 7,
}

impl FeedStatus {
    /// The status with this code.
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::Open,
            2 => Self::Resync,
            3 => Self::Halted,
            4 => Self::PostOnly,
            5 => Self::Closed,
            6 => Self::Down,
            7 => Self::Unfit,
            _ => return None,
        })
    }

    /// True when nothing is known of the book until a snapshot.
    pub const fn loses(self) -> bool {
        matches!(self, Self::Resync | Self::Down | Self::Unfit)
    }
}

/// Bits of [`MarketEvent::flags`].
pub mod flag {
    /// The aggressor of a print is known from the venue.
    pub const AGGRESSOR_KNOWN: u16 = 1;
    /// The print happened outside the book.
    pub const OFF_BOOK: u16 = 2;
    /// Caused by an own order.
    pub const OWN: u16 = 4;
    /// Fetched later, after a gap.
    pub const BACKFILLED: u16 = 8;
    /// Last event of one venue message.
    pub const LAST: u16 = 16;
}

/// One event of one market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketEvent {
    /// Venue time in ns since the Unix epoch; 0 = none.
    pub ts_venue_ns: i64,
    /// Receipt time in ns since the Unix epoch; 0 = none.
    pub ts_local_ns: i64,
    /// Venue sequence number or running index.
    pub seq: u64,
    /// What happened.
    pub kind: EventKind,
    /// Side of the book; `None` where it does not apply or is unknown.
    pub side: Option<BookSide>,
    /// Bits of [`flag`].
    pub flags: u16,
    /// Orders at the level, 0 = unknown; a [`FeedStatus`] on status events.
    pub count: u32,
    /// Price, for events that have one.
    pub price: Price,
    /// Size, for events that have one.
    pub quantity: Quantity,
    /// Order id on order-by-order feeds, else 0.
    pub order_id: u64,
    /// Trade id where the venue has one, else 0.
    pub match_id: u64,
}

impl MarketEvent {
    /// An event of this kind with everything else empty.
    pub const fn new(kind: EventKind, ts_venue_ns: i64, ts_local_ns: i64) -> Self {
        Self {
            ts_venue_ns,
            ts_local_ns,
            seq: 0,
            kind,
            side: None,
            flags: 0,
            count: 0,
            price: Price(0),
            quantity: Quantity(0),
            order_id: 0,
            match_id: 0,
        }
    }

    /// A level with its new absolute size.
    pub const fn level(
        side: BookSide,
        price: Price,
        quantity: Quantity,
        ts_venue_ns: i64,
        ts_local_ns: i64,
    ) -> Self {
        let mut event = Self::new(EventKind::LevelSet, ts_venue_ns, ts_local_ns);
        event.side = Some(side);
        event.price = price;
        event.quantity = quantity;
        event
    }

    /// A status, as a message of its own.
    pub const fn status(status: FeedStatus, ts_venue_ns: i64, ts_local_ns: i64) -> Self {
        let mut event = Self::new(EventKind::Status, ts_venue_ns, ts_local_ns);
        event.count = status as u32;
        event.flags = flag::LAST;
        event
    }

    /// A trade; `hit` is the side of the book that was hit, `None` when the venue does not tell.
    pub const fn print(
        hit: Option<BookSide>,
        price: Price,
        quantity: Quantity,
        ts_venue_ns: i64,
        ts_local_ns: i64,
    ) -> Self {
        let mut event = Self::new(EventKind::Print, ts_venue_ns, ts_local_ns);
        event.side = hit;
        event.flags = if hit.is_some() { flag::AGGRESSOR_KNOWN } else { 0 };
        event.price = price;
        event.quantity = quantity;
        event
    }

    /// The same event as the last of its message.
    #[must_use]
    pub const fn last(mut self) -> Self {
        self.flags |= flag::LAST;
        self
    }

    /// True when this event ends a venue message.
    pub const fn is_last(&self) -> bool {
        self.flags & flag::LAST != 0
    }
}
