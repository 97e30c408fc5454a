//! What every decoder keeps: its instruments, the health of each book, and counters.

use std::collections::BTreeMap;

use super::levels::{Reading, SideLevel};
use super::stamp::Stamp;
use super::{FeedBatch, FeedError, FeedInstrument, FeedStats, FeedVenue};
use crate::ids::InstrumentKind;
use crate::tape::{EventKind, FeedStatus};

/// Instruments one connection may name; a hostile sender cannot make us remember more.
const MAX_INSTRUMENTS: usize = 20_000;
/// More dropped levels than this within [`DROP_WINDOW_NS`] give the book up.
const MAX_DROPS: u32 = 3;
const DROP_WINDOW_NS: i64 = 1_000_000_000;

/// Whether the levels of one instrument can be believed.
#[derive(Debug, Clone, Default)]
struct Health {
    live: bool,
    /// A `Resync` was announced and not yet taken back.
    broken: bool,
    drops: u32,
    drops_since_ns: i64,
}

#[derive(Debug)]
pub(super) struct Session {
    venue: FeedVenue,
    instruments: Vec<FeedInstrument>,
    by_symbol: BTreeMap<String, u32>,
    health: Vec<Health>,
    pub(super) stats: FeedStats,
    /// Status of the venue as a whole, repeated when a book heals.
    pub(super) system: FeedStatus,
}

impl Session {
    pub(super) fn new(venue: FeedVenue) -> Self {
        Self {
            venue,
            instruments: Vec::new(),
            by_symbol: BTreeMap::new(),
            health: Vec::new(),
            stats: FeedStats::default(),
            system: FeedStatus::Open,
        }
    }

    pub(super) const fn venue(&self) -> FeedVenue {
        self.venue
    }

    pub(super) fn instruments(&self) -> &[FeedInstrument] {
        &self.instruments
    }

    /// The number of an instrument; `name` gives kind and canonical symbol of a new one.
    pub(super) fn instrument(
        &mut self,
        venue_symbol: &str,
        name: impl FnOnce(&str) -> (InstrumentKind, String),
    ) -> Result<u32, FeedError> {
        if let Some(known) = self.by_symbol.get(venue_symbol) {
            return Ok(*known);
        }
        if self.instruments.len() >= MAX_INSTRUMENTS {
            return Err(FeedError::TooManyInstruments);
        }
        if venue_symbol.is_empty() || venue_symbol.len() > 128 || !venue_symbol.is_ascii() {
            return Err(FeedError::Field("symbol"));
        }
        let number =
            u32::try_from(self.instruments.len()).ok().ok_or(FeedError::TooManyInstruments)?;
        let (kind, symbol) = name(venue_symbol);
        let venue_symbol = venue_symbol.to_owned();
        self.by_symbol.insert(venue_symbol.clone(), number);
        self.instruments.push(FeedInstrument { venue: self.venue, venue_symbol, symbol, kind });
        self.health.push(Health::default());
        Ok(number)
    }

    /// Levels of this instrument are passed on.
    pub(super) fn is_live(&self, instrument: u32) -> bool {
        self.health.get(instrument as usize).is_some_and(|health| health.live)
    }

    /// Gives a book up: one `Resync` per breakage, whatever follows it.
    pub(super) fn resync(&mut self, instrument: u32, stamp: Stamp, out: &mut FeedBatch) {
        let Some(health) = self.health.get_mut(instrument as usize) else { return };
        health.live = false;
        if !health.broken {
            health.broken = true;
            self.stats.gaps += 1;
            out.push(stamp.status(FeedStatus::Resync));
            out.close(instrument);
        }
    }

    /// Gives every live book up.
    pub(super) fn resync_all(&mut self, stamp: Stamp, out: &mut FeedBatch) {
        for (instrument, _) in (0u32..).zip(0..self.instruments.len()) {
            if self.is_live(instrument) {
                self.resync(instrument, stamp, out);
            }
        }
    }

    /// Passes a complete book on; after a breakage it is preceded by the status to go back to.
    pub(super) fn snapshot(
        &mut self,
        instrument: u32,
        levels: &[SideLevel],
        stamp: Stamp,
        out: &mut FeedBatch,
    ) {
        let Some(health) = self.health.get_mut(instrument as usize) else { return };
        if health.broken {
            out.push(stamp.status(self.system));
        }
        *health = Health { live: true, ..Health::default() };
        out.push(stamp.event(EventKind::SnapshotBegin));
        for level in levels.iter().filter(|level| level.quantity.0 > 0) {
            out.push(stamp.level(*level));
        }
        out.push(stamp.event(EventKind::SnapshotEnd));
        out.close(instrument);
    }

    /// Counts the levels a message lost. False when the book can no longer be believed; it has
    /// been given up then.
    pub(super) fn accept(
        &mut self,
        instrument: u32,
        reading: &Reading,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> bool {
        self.stats.dropped_levels += u64::from(reading.dropped);
        let Some(health) = self.health.get_mut(instrument as usize) else { return false };
        if stamp.local_ns.saturating_sub(health.drops_since_ns) > DROP_WINDOW_NS {
            health.drops = 0;
            health.drops_since_ns = stamp.local_ns;
        }
        health.drops = health.drops.saturating_add(reading.dropped);
        let believed = !reading.negative && health.drops <= MAX_DROPS;
        if !believed {
            self.resync(instrument, stamp, out);
        }
        believed
    }

    /// Announces a status of the whole venue to every instrument.
    pub(super) fn venue_status(&mut self, status: FeedStatus, stamp: Stamp, out: &mut FeedBatch) {
        if status == self.system {
            return;
        }
        self.system = status;
        for (instrument, health) in (0u32..).zip(&self.health) {
            if !health.broken {
                out.push(stamp.status(status));
                out.close(instrument);
            }
        }
    }

    /// The connection is alive: every instrument hears of it.
    pub(super) fn heartbeat_all(&self, stamp: Stamp, out: &mut FeedBatch) {
        for (instrument, _) in (0u32..).zip(&self.instruments) {
            out.heartbeat(instrument, stamp);
        }
    }

    /// Closes the books of a frame that could not be read and counts it.
    pub(super) fn rejected(&mut self, stamp: Stamp, lossy: bool, out: &mut FeedBatch) {
        out.abandon();
        self.stats.rejected += 1;
        if lossy {
            self.resync_all(stamp, out);
        }
    }
}

impl FeedBatch {
    /// Passes changed levels on; a message that changes nothing still shows the venue alive.
    pub(super) fn update(&mut self, instrument: u32, levels: &[SideLevel], stamp: Stamp) {
        for level in levels {
            self.push(stamp.level(*level));
        }
        if levels.is_empty() {
            self.push(stamp.event(EventKind::Heartbeat));
        }
        self.close(instrument);
    }

    /// One instrument is alive and nothing changed.
    pub(super) fn heartbeat(&mut self, instrument: u32, stamp: Stamp) {
        self.push(stamp.event(EventKind::Heartbeat));
        self.close(instrument);
    }
}
