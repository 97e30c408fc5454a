//! Folds a whole recording and reports what held: the check behind trusting a file.

use std::collections::BTreeMap;

use super::{FeedInstrument, FeedStats, FeedVenue, Heard, Replay, ReplayError};
use crate::book::{Book, Level};
use crate::ids::BookSide;
use crate::tape::{EventKind, FeedStatus, MarketEvent};

/// What one instrument of a recording showed.
#[derive(Debug, Clone)]
pub struct MarketReport {
    /// Which instrument.
    pub instrument: FeedInstrument,
    /// Messages, of any kind.
    pub messages: u64,
    /// Snapshots.
    pub snapshots: u64,
    /// Changed levels outside snapshots.
    pub updates: u64,
    /// Prints.
    pub prints: u64,
    /// Messages after which the best bid was at or above the best ask.
    pub crossed: u64,
    /// Messages that did not end with the flag that ends one. Always 0.
    pub unfinished: u64,
    /// Statuses announced, in order.
    pub statuses: Vec<u32>,
    /// The book at the end, cleared by a `Resync`.
    pub book: Book,
}

impl MarketReport {
    fn new(instrument: &FeedInstrument) -> Self {
        Self {
            instrument: instrument.clone(),
            messages: 0,
            snapshots: 0,
            updates: 0,
            prints: 0,
            crossed: 0,
            unfinished: 0,
            statuses: Vec::new(),
            book: Book::new(),
        }
    }

    /// Best level of a side at the end.
    pub fn best(&self, side: BookSide) -> Option<Level> {
        self.book.best(side)
    }

    fn fold(&mut self, events: &[MarketEvent]) {
        let mut in_snapshot = false;
        for event in events {
            match event.kind {
                EventKind::SnapshotBegin => {
                    in_snapshot = true;
                    self.snapshots += 1;
                    self.book.clear();
                }
                EventKind::SnapshotEnd => in_snapshot = false,
                EventKind::LevelSet => {
                    self.updates += u64::from(!in_snapshot);
                    if let Some(side) = event.side {
                        self.book.set(side, event.price, event.quantity);
                    }
                }
                EventKind::Print => self.prints += 1,
                EventKind::Status => {
                    self.statuses.push(event.count);
                    if FeedStatus::from_code(event.count).is_some_and(FeedStatus::loses) {
                        self.book.clear();
                    }
                }
                _ => {}
            }
        }
        self.messages += 1;
        self.crossed += u64::from(self.book.is_crossed());
        self.unfinished += u64::from(!events.last().is_some_and(MarketEvent::is_last));
    }
}

/// What a whole recording showed.
#[derive(Debug, Clone)]
pub struct RecordingReport {
    /// Whose frames.
    pub venue: FeedVenue,
    /// Due time of the first frame, ns since the Unix epoch.
    pub first_ns: i64,
    /// Due time of the last frame, ns since the Unix epoch.
    pub last_ns: i64,
    /// Counters of the decoder.
    pub stats: FeedStats,
    /// Messages passed on.
    pub messages: u64,
    /// Times at which a message was received before the one in front of it. Always 0.
    pub backwards: u64,
    /// Lines that hold nothing a recorder writes.
    pub unread: u64,
    /// Every instrument, by venue symbol.
    pub markets: Vec<MarketReport>,
}

/// Plays a recording in memory to its end and folds every book.
pub fn check_recording(
    data: Vec<u8>,
    venue: Option<FeedVenue>,
) -> Result<RecordingReport, ReplayError> {
    Ok(check_replay(Replay::new(data, venue)?))
}

/// The same of one that is read piece by piece, however many files it has.
pub fn check_replay(mut replay: Replay) -> RecordingReport {
    let mut markets: BTreeMap<String, MarketReport> = BTreeMap::new();
    let (mut messages, mut backwards, mut clock_ns) = (0, 0, i64::MIN);
    replay.advance(i64::MAX, &mut |instrument, heard| {
        let Heard::Message(events) = heard else { return };
        messages += 1;
        for event in events {
            backwards += u64::from(event.ts_local_ns < clock_ns);
            clock_ns = clock_ns.max(event.ts_local_ns);
        }
        if let Some(market) = markets.get_mut(&instrument.venue_symbol) {
            market.fold(events);
        } else {
            let mut market = MarketReport::new(instrument);
            market.fold(events);
            markets.insert(instrument.venue_symbol.clone(), market);
        }
    });
    RecordingReport {
        venue: replay.venue(),
        first_ns: replay.first_ns(),
        last_ns: replay.last_ns(),
        stats: *replay.stats(),
        messages,
        backwards,
        unread: replay.faults().unread,
        markets: markets.into_values().collect(),
    }
}
