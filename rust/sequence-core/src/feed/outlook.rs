//! What the first frames of a recording let expect, in sentences: a file that cannot be used says so
//! before anything is played.

use std::collections::BTreeMap;

use super::{FeedInstrument, FeedStats, FeedVenue, Heard};
use crate::symbol::Symbol;
use crate::tape::EventKind;
use crate::venue::Terms;

/// Frames decoded to find out what a stream holds, and where the search for a first book ends.
pub(super) const LOOKED_AT: u64 = 2_000;
pub(super) const SEARCHED: u64 = 20_000;
/// Of a hundred frames, how many may be of no use before somebody is told.
const USELESS_PERCENT: u64 = 3;
/// Names shown of a list.
const SHOWN: usize = 5;

/// What the first messages say of each instrument, by its symbol.
#[derive(Debug, Default)]
pub(super) struct Said {
    terms: BTreeMap<String, Terms>,
    /// Instruments of which a whole book came, and whether it came live: a change followed.
    books: BTreeMap<String, bool>,
}

impl Said {
    pub(super) fn hear(&mut self, instrument: &FeedInstrument, heard: Heard<'_>) {
        let symbol = instrument.symbol.as_str();
        let events = match heard {
            Heard::Message(events) => events,
            Heard::Terms(said) => {
                self.terms.entry(symbol.to_owned()).or_insert(*said);
                return;
            }
        };
        let has = |kind| events.iter().any(|event| event.kind == kind);
        let is_whole = has(EventKind::SnapshotBegin);
        match self.books.get_mut(symbol) {
            Some(live) => *live |= !is_whole && has(EventKind::LevelSet),
            None if is_whole => {
                self.books.insert(symbol.to_owned(), false);
            }
            None => {}
        }
    }

    /// How many books came live.
    pub(super) fn live(&self) -> usize {
        self.books.values().filter(|live| **live).count()
    }
}

/// What the first frames showed.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// Instruments, in the order in which they first spoke.
    pub instruments: Vec<FeedInstrument>,
    /// What the venue's own data said first of the grid of an instrument, by its symbol.
    pub terms: BTreeMap<String, Terms>,
    /// Names of those that are no symbol here.
    pub unlisted: Vec<String>,
    /// Instruments of which a whole book came.
    pub books: usize,
    /// Those of them whose book came live.
    pub live: usize,
    /// Counters of the decoder.
    pub stats: FeedStats,
    venue: Option<FeedVenue>,
}

impl Outlook {
    /// What a source has shown: its instruments, what was said of them, what its decoder counted.
    pub(super) fn of(
        instruments: Vec<FeedInstrument>,
        said: Said,
        stats: FeedStats,
        venue: FeedVenue,
    ) -> Self {
        let is_listed =
            |row: &&FeedInstrument| Symbol::parse_at(row.venue.venue_id(), &row.symbol).is_err();
        let unlisted = instruments.iter().filter(is_listed);
        let unlisted = unlisted.map(|row| row.venue_symbol.clone()).collect();
        let (books, live) = (said.books.len(), said.live());
        let (terms, venue) = (said.terms, Some(venue));
        Self { instruments, terms, unlisted, books, live, stats, venue }
    }

    /// Why there would be no market at all; `None` when there is something to play.
    pub fn refusal(&self) -> Option<String> {
        let venue = self.venue.map_or("", FeedVenue::as_str);
        let frames = self.stats.frames;
        if self.instruments.is_empty() && self.stats.listed > 0 {
            return Some("it lists instruments and holds no market data".to_owned());
        }
        if self.instruments.is_empty() {
            return Some(format!("none of its first {frames} frames is market data of {venue}"));
        }
        let unlisted = self.unlisted.len();
        (unlisted == self.instruments.len()).then(|| {
            format!(
                "none of its {unlisted} instruments has a symbol here: {}{}",
                shown(&self.unlisted),
                self.outcomes()
            )
        })
    }

    /// Why outcome coins cannot be played.
    fn outcomes(&self) -> &'static str {
        let are_outcomes = self.unlisted.iter().all(|name| name.starts_with('#'));
        if self.venue == Some(FeedVenue::Hyperliquid) && are_outcomes && !self.unlisted.is_empty() {
            "; outcome coins of Hyperliquid have no name in the API and cannot be traded (`sequence \
             score` can score their queues)"
        } else {
            ""
        }
    }

    /// What whoever plays it should know.
    pub fn warnings(&self) -> Vec<String> {
        let mut found = Vec::new();
        let FeedStats { frames, .. } = self.stats;
        let useless = self.stats.rejected + self.stats.unknown;
        if self.stats.beyond_range > 0 {
            found.push(format!(
                "{} of its levels have a price or size beyond our numbers (9 decimals of a price, \
                 8 of a size, 9e10 at most): their books are not live",
                self.stats.beyond_range
            ));
        }
        if self.live == 0 {
            found.push(format!("no book comes live in its first {frames} frames{}", self.hint()));
        }
        if !self.unlisted.is_empty() {
            found.push(format!(
                "{} of its {} instruments have no symbol here and are left out: {}{}",
                self.unlisted.len(),
                self.instruments.len(),
                shown(&self.unlisted),
                self.outcomes()
            ));
        }
        if useless * 100 > frames * USELESS_PERCENT {
            found.push(format!(
                "{useless} of its first {frames} frames are of no use: {} unreadable, {} of a kind \
                 that is not known",
                self.stats.rejected, self.stats.unknown
            ));
        }
        if self.stats.gaps > 0 {
            found.push(format!(
                "books were given up {} times in its first {frames} frames (a gap, or a checksum \
                 that fails)",
                self.stats.gaps
            ));
        }
        found
    }

    fn hint(&self) -> &'static str {
        match self.venue {
            _ if self.books > 0 => ": no change follows a whole book",
            Some(FeedVenue::Binance) => {
                ": its diffs need an answer of GET depth, in the file or in one beside it"
            }
            _ if self.stats.prints > 0 => ": it holds trades",
            _ => "",
        }
    }
}

fn shown(names: &[String]) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let list: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    list.join(", ") + &rest
}
