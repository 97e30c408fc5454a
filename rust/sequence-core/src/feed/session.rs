//! What every decoder keeps: its instruments, the health of each book, and counters.

use std::collections::BTreeMap;

use super::levels::{Reading, SideLevel};
use super::stamp::Stamp;
use super::standing::{Standing, stricter};
use super::terms::{InstrumentList, Listed};
use super::{FeedBatch, FeedError, FeedInstrument, FeedStats, FeedVenue};
use crate::ids::InstrumentKind;
use crate::tape::{EventKind, FeedStatus};
use crate::venue::{PriceGrid, Terms};

/// Instruments one connection may name, and lists may; a hostile sender cannot make us remember more.
const MAX_INSTRUMENTS: usize = 20_000;
/// More dropped levels than this within [`DROP_WINDOW_NS`] give the book up.
const MAX_DROPS: u32 = 3;
const DROP_WINDOW_NS: i64 = 1_000_000_000;
/// A list may have been on its way for so long, or have been kept by its venue.
const TOLD_HOLDS_NS: i64 = 600_000_000_000;

/// Whether the levels of one instrument can be believed.
#[derive(Debug, Clone, Default)]
struct Health {
    live: bool,
    /// A `Resync` was announced and not yet taken back.
    broken: bool,
    /// It was said that the book does not fit our numbers.
    unfit: bool,
    drops: u32,
    drops_since_ns: i64,
    /// A level of the last snapshot while nothing has followed it.
    opened: Option<SideLevel>,
    /// Whether the venue trades it, whatever its book is.
    standing: Standing,
    told: Told,
}

/// What the feed itself said of an instrument, and when.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    grid: Option<(PriceGrid, i64)>,
    status: Option<(FeedStatus, i64)>,
}

/// Which books a frame that could not be read may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost<'a> {
    /// None: it was no frame of a book, or the next one shows what was missed.
    Nothing,
    /// That of this symbol.
    Book(&'a str),
    /// Any.
    Every,
}

impl<'a> Lost<'a> {
    /// Judges by the texts `"key":"value"` of a frame, as far as it can be read: the kind of message
    /// stands under `kind`, what it is about under `name`.
    pub(super) fn of(frame: &'a [u8], kind: &str, harmless: &[&str], name: &str) -> Self {
        let Ok(text) = std::str::from_utf8(frame) else { return Self::Every };
        match member(text, kind) {
            Some(found) if harmless.contains(&found) => Self::Nothing,
            Some(_) => member(text, name).map_or(Self::Every, Self::Book),
            None => Self::Every,
        }
    }
}

/// The first text under a key, wherever it stands.
pub(super) fn member<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{key}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(value, _)| value)
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
    /// What the venue's own data says of a symbol, whether or not it trades here.
    known: BTreeMap<String, Listed>,
    /// Terms of instruments that nobody heard yet.
    untold: Vec<(u32, Terms)>,
    /// Instruments of which nobody heard yet that they trade no longer, or again.
    unsaid: Vec<u32>,
    /// When the first instrument ends that has not ended yet.
    next_end_ns: i64,
    /// When what is being read was received.
    now_ns: i64,
    /// Lists say what is so now. One without a date may be of any time: its terms hold, not more.
    dated: bool,
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
            known: BTreeMap::new(),
            untold: Vec::new(),
            unsaid: Vec::new(),
            next_end_ns: i64::MAX,
            now_ns: 0,
            dated: true,
        }
    }

    pub(super) const fn venue(&self) -> FeedVenue {
        self.venue
    }

    pub(super) fn instruments(&self) -> &[FeedInstrument] {
        &self.instruments
    }

    /// The number of an instrument that was named before.
    pub(super) fn heard_of(&self, venue_symbol: &str) -> Option<u32> {
        self.by_symbol.get(venue_symbol).copied()
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
        let known = self.known.get(venue_symbol).copied();
        if let Some(row) = known.filter(|row| !row.terms.is_empty()) {
            self.untold.push((number, row.terms));
        }
        let (kind, symbol) = name(venue_symbol);
        let venue_symbol = venue_symbol.to_owned();
        self.by_symbol.insert(venue_symbol.clone(), number);
        self.instruments.push(FeedInstrument { venue: self.venue, venue_symbol, symbol, kind });
        self.health.push(Health::default());
        if let Some(row) = known {
            self.set_standing(number, row.standing);
        }
        Ok(number)
    }

    /// A frame of no kind that is known: a list of instruments, or of no use.
    pub(super) fn other(&mut self, frame: &[u8]) {
        match InstrumentList::read(self.venue, frame) {
            Ok(list) if !list.rows().is_empty() => self.take_list(&list),
            _ => self.stats.unknown += 1,
        }
    }

    /// The venue's own list of instruments.
    pub(super) fn take_list(&mut self, list: &InstrumentList) {
        for (name, row) in list.rows() {
            let row = self.as_told(name, *row);
            if self.dated {
                self.list(name, row);
            } else {
                self.list_terms(name, row.terms);
            }
        }
    }

    /// A row of a list with what the feed itself said while the list may have been on its way.
    fn as_told(&self, venue_symbol: &str, mut row: Listed) -> Listed {
        let health = self.heard_of(venue_symbol).and_then(|at| self.health.get(at as usize));
        let told = health.map(|health| health.told).unwrap_or_default();
        let holds = |since_ns: i64| self.now_ns.saturating_sub(since_ns) < TOLD_HOLDS_NS;
        if let Some((grid, _)) = told.grid.filter(|(_, since_ns)| holds(*since_ns)) {
            row.terms.grid = Some(grid);
        }
        if let Some((status, _)) = told.status.filter(|(_, since_ns)| holds(*since_ns)) {
            row.standing.status = Some(status);
        }
        row
    }

    /// A message of the feed itself says this of a symbol.
    pub(super) fn know(&mut self, venue_symbol: &str, terms: Terms) {
        let since_ns = self.now_ns;
        let at = self.heard_of(venue_symbol);
        if let (Some(grid), Some(at)) = (terms.grid, at)
            && let Some(health) = self.health.get_mut(at as usize)
        {
            health.told.grid = Some((grid, since_ns));
        }
        self.list_terms(venue_symbol, terms);
    }

    fn list_terms(&mut self, venue_symbol: &str, terms: Terms) {
        let before = self.known.get(venue_symbol);
        let standing = before.map(|row| row.standing).unwrap_or_default();
        self.list(venue_symbol, Listed { terms, standing });
    }

    fn list(&mut self, venue_symbol: &str, row: Listed) {
        let before = self.known.get(venue_symbol).copied();
        if (before.is_none() && self.known.len() >= MAX_INSTRUMENTS) || before == Some(row) {
            return;
        }
        self.known.insert(venue_symbol.to_owned(), row);
        let number = self.by_symbol.get(venue_symbol).copied();
        if before.map(|row| row.terms) != Some(row.terms) {
            self.stats.listed += 1;
            self.untold.extend(number.map(|number| (number, row.terms)));
        }
        if let Some(number) = number {
            self.set_standing(number, row.standing);
        }
    }

    /// Something received now will be read.
    pub(super) fn begin(&mut self, now_ns: i64) {
        self.stats.frames += 1;
        self.now_ns = now_ns;
    }

    /// Whether the lists that follow say what is so now.
    pub(super) fn set_dated(&mut self, dated: bool) {
        self.dated = dated;
    }

    fn set_standing(&mut self, instrument: u32, standing: Standing) {
        let Some(health) = self.health.get_mut(instrument as usize) else { return };
        let (before, now) = (health.standing.status, standing.status);
        health.standing = standing;
        self.next_end_ns = self.next_end_ns.min(standing.ends_ns.unwrap_or(i64::MAX));
        if before.unwrap_or(FeedStatus::Open) != now.unwrap_or(FeedStatus::Open) {
            self.unsaid.push(instrument);
        }
    }

    /// A message of the feed itself says whether an instrument trades, and tells it.
    pub(super) fn trades(
        &mut self,
        instrument: u32,
        status: FeedStatus,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) {
        if let Some(health) = self.health.get_mut(instrument as usize) {
            health.standing.status = Some(status);
            health.told.status = Some((status, stamp.local_ns));
        }
        out.push(stamp.status(self.status_of(instrument)));
        out.close(instrument);
    }

    /// What may be done in an instrument: the stricter of what holds for it and for its venue.
    fn status_of(&self, instrument: u32) -> FeedStatus {
        let own = self.health.get(instrument as usize).and_then(|health| health.standing.status);
        stricter(self.system, own.unwrap_or(FeedStatus::Open))
    }

    /// Tells of instruments that trade no longer, or again. A book that is lost tells it when it is
    /// back.
    pub(super) fn tell_standings(&mut self, stamp: Stamp, out: &mut FeedBatch) {
        if self.next_end_ns <= stamp.local_ns {
            self.end_until(stamp.local_ns);
        }
        for instrument in std::mem::take(&mut self.unsaid) {
            let is_broken = self.health.get(instrument as usize).is_none_or(|health| health.broken);
            if !is_broken {
                out.push(stamp.status(self.status_of(instrument)));
                out.close(instrument);
            }
        }
    }

    fn end_until(&mut self, now_ns: i64) {
        self.next_end_ns = i64::MAX;
        for (instrument, health) in (0u32..).zip(&mut self.health) {
            let standing = &mut health.standing;
            match standing.ends_ns {
                Some(end) if end > now_ns => self.next_end_ns = self.next_end_ns.min(end),
                // Whether it is over for good is the venue's word; it may as well have moved the end.
                Some(_)
                    if !matches!(
                        standing.status,
                        Some(FeedStatus::Halted | FeedStatus::Closed)
                    ) =>
                {
                    standing.status = Some(FeedStatus::Halted);
                    self.unsaid.push(instrument);
                }
                _ => {}
            }
        }
    }

    pub(super) fn take_terms(&mut self) -> Vec<(u32, Terms)> {
        std::mem::take(&mut self.untold)
    }

    /// Levels of this instrument are passed on.
    pub(super) fn is_live(&self, instrument: u32) -> bool {
        self.health.get(instrument as usize).is_some_and(|health| health.live)
    }

    /// Gives a book up: one `Resync` per breakage, whatever follows it.
    pub(super) fn resync(&mut self, instrument: u32, stamp: Stamp, out: &mut FeedBatch) {
        self.give_up(instrument, FeedStatus::Resync, stamp, out);
    }

    /// Gives a book up; that it does not fit our numbers is said even of one that was lost before.
    fn give_up(&mut self, instrument: u32, status: FeedStatus, stamp: Stamp, out: &mut FeedBatch) {
        let Some(health) = self.health.get_mut(instrument as usize) else { return };
        health.live = false;
        let is_news = !health.broken || (status == FeedStatus::Unfit && !health.unfit);
        self.stats.gaps += u64::from(!health.broken);
        health.broken = true;
        health.unfit |= status == FeedStatus::Unfit;
        if is_news {
            out.push(stamp.status(status));
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
        let status = self.status_of(instrument);
        let Some(health) = self.health.get_mut(instrument as usize) else { return };
        if health.broken {
            out.push(stamp.status(status));
        }
        let opened = levels.iter().find(|level| level.quantity.0 > 0).copied();
        let (standing, told) = (health.standing, health.told);
        *health = Health { live: true, opened, standing, told, ..Health::default() };
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
        self.stats.beyond_range += u64::from(reading.beyond);
        let Some(health) = self.health.get_mut(instrument as usize) else { return false };
        if stamp.local_ns.saturating_sub(health.drops_since_ns) > DROP_WINDOW_NS {
            health.drops = 0;
            health.drops_since_ns = stamp.local_ns;
        }
        health.drops = health.drops.saturating_add(reading.dropped);
        let believed = !reading.bad_size && reading.beyond == 0 && health.drops <= MAX_DROPS;
        if reading.beyond > 0 {
            self.give_up(instrument, FeedStatus::Unfit, stamp, out);
        } else if !believed {
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
                out.push(stamp.status(self.status_of(instrument)));
                out.close(instrument);
            }
        }
    }

    /// The connection is alive: every instrument hears of it, and nothing has changed. Right after a
    /// snapshot that is what joins it to the feed: one of its levels is told again.
    pub(super) fn heartbeat_all(&mut self, stamp: Stamp, out: &mut FeedBatch) {
        for (instrument, health) in (0u32..).zip(&mut self.health) {
            match health.opened.take().filter(|_| health.live) {
                Some(level) => out.update(instrument, &[level], stamp),
                None => out.heartbeat(instrument, stamp),
            }
        }
    }

    /// Passes changed levels on; a message that changes nothing still shows the book alive.
    pub(super) fn update(
        &mut self,
        instrument: u32,
        levels: &[SideLevel],
        stamp: Stamp,
        out: &mut FeedBatch,
    ) {
        let health = self.health.get_mut(instrument as usize);
        if let Some(health) = health.filter(|_| !levels.is_empty()) {
            health.opened = None;
        }
        out.update(instrument, levels, stamp);
    }

    /// Counts a frame that could not be read, and gives up the books it may have changed.
    pub(super) fn rejected(&mut self, lost: Lost<'_>, stamp: Stamp, out: &mut FeedBatch) {
        out.abandon();
        self.stats.rejected += 1;
        match lost {
            Lost::Nothing => {}
            Lost::Book(name) => match self.by_symbol.get(name).copied() {
                Some(instrument) if self.is_live(instrument) => {
                    self.resync(instrument, stamp, out);
                }
                Some(_) => {}
                None => self.resync_all(stamp, out),
            },
            Lost::Every => self.resync_all(stamp, out),
        }
    }
}

impl FeedBatch {
    fn update(&mut self, instrument: u32, levels: &[SideLevel], stamp: Stamp) {
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
