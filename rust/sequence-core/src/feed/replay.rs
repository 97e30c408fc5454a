//! Plays the files of one stream back: due times in, whole messages out.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fmt;
use std::sync::Arc;

use super::capture::Record;
use super::lines::LineError;
use super::outlook::{LOOKED_AT, Outlook, SEARCHED, Said};
use super::part::{Faults, Part, Reader};
use super::{Decoder, FeedBatch, FeedInstrument, FeedStats, FeedVenue};
use crate::input::Bytes;
use crate::tape::MarketEvent;
use crate::venue::Terms;

/// Why a recording cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayError {
    /// No known container, or no frame in it.
    UnknownContainer,
    /// The frames are of no venue we can decode.
    UnknownVenue,
    /// The frames are of another venue than the one named.
    OtherVenue {
        /// The venue named.
        named: FeedVenue,
        /// The venue whose frames they are.
        found: FeedVenue,
    },
    /// Frames of two venues in one file.
    MixedVenues(FeedVenue, FeedVenue),
    /// Times that count from no known moment, and no venue stamp to go by.
    Times,
    /// The file cannot be read.
    Read(LineError),
}

impl From<LineError> for ReplayError {
    fn from(error: LineError) -> Self {
        Self::Read(error)
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = || {
            let names: Vec<_> = FeedVenue::ALL.iter().map(|venue| venue.as_str()).collect();
            names.join(", ")
        };
        match self {
            Self::UnknownContainer => f.write_str(
                "not a recording in a known format: one frame a line, bare, behind a time, or in \
                 an object beside its recv_ns",
            ),
            Self::UnknownVenue => {
                write!(f, "frames of an unknown venue: name the venue if it is one of {}", known())
            }
            Self::OtherVenue { named, found } => {
                write!(f, "frames of {}, not of {}", found.as_str(), named.as_str())
            }
            Self::MixedVenues(one, other) => write!(
                f,
                "frames of {} and of {} in one file: a file is of one venue",
                one.as_str(),
                other.as_str()
            ),
            Self::Times => f.write_str(
                "its times are no times since 1970 in s, ms, us or ns, and no frame is stamped",
            ),
            Self::Read(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReplayError {}

/// What a recording tells of an instrument.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// The venue's own data says this of its steps and minimums.
    Terms(&'a Terms),
    /// One message; the last event says that it is.
    Message(&'a [MarketEvent]),
}

/// Where a file stands.
#[derive(Debug)]
enum Stand {
    /// Not opened: its first record is not due yet.
    Ahead,
    Open(Reader),
    Ended,
}

/// The next record of a file.
#[derive(Debug)]
enum Next {
    Frame(Vec<u8>),
    Rest { symbol: Option<String>, body: Vec<u8> },
    Connected,
}

/// A stream, its decoder, and how far it has been played.
///
/// Times are receipt times, in the order in which they were written. Files of one venue and
/// connection are one stream, merged by time. Due times never go backwards.
#[derive(Debug)]
pub struct Replay {
    parts: Vec<Part>,
    stands: Vec<Stand>,
    nexts: Vec<Option<Next>>,
    /// Due time and file of every next record.
    dues: BinaryHeap<Reverse<(i64, usize)>>,
    venue: FeedVenue,
    decoder: Box<dyn Decoder>,
    outlook: Arc<Outlook>,
    floor_ns: i64,
    batch: FeedBatch,
    had_frames: bool,
    failed: Option<LineError>,
}

impl Replay {
    /// A recording in memory; `venue` decides where the frames do not say.
    pub fn new(data: impl Into<Arc<[u8]>>, venue: Option<FeedVenue>) -> Result<Self, ReplayError> {
        Self::of(vec![Part::open(Arc::new(Bytes(data.into())), venue)?])
    }

    /// The files of one stream. See [`streams`].
    pub fn of(parts: Vec<Part>) -> Result<Self, ReplayError> {
        let mut replay = Self::at_start(parts, Arc::default())?;
        replay.outlook =
            Arc::new(Self::at_start(replay.parts.clone(), Arc::default())?.look_ahead());
        Ok(replay)
    }

    /// The same stream from its start; the files are not looked through again.
    pub fn rewound(&self) -> Result<Self, ReplayError> {
        Self::at_start(self.parts.clone(), Arc::clone(&self.outlook))
    }

    /// Decodes the first frames, and more while no book has come.
    fn look_ahead(mut self) -> Outlook {
        let mut said = Said::default();
        while let Some(due_ns) = self.next_due_ns() {
            let seen = self.stats().frames;
            if seen >= SEARCHED || (seen >= LOOKED_AT && said.live() > 0) {
                break;
            }
            self.advance_one(due_ns, &mut |instrument, heard| said.hear(instrument, heard));
        }
        Outlook::of(self.instruments().to_vec(), said, *self.stats(), self.venue())
    }

    fn at_start(parts: Vec<Part>, outlook: Arc<Outlook>) -> Result<Self, ReplayError> {
        let first = parts.first().ok_or(ReplayError::UnknownContainer)?;
        let futures = parts.iter().any(Part::is_futures);
        let timed = parts.iter().filter(|part| !part.is_timeless);
        let start_ns = timed.map(|part| part.first_ns).min().unwrap_or(0);
        let due = |part: &Part| if part.is_timeless { start_ns } else { part.first_ns };
        let dues = parts.iter().enumerate().map(|(at, part)| Reverse((due(part), at))).collect();
        Ok(Self {
            stands: parts.iter().map(|_| Stand::Ahead).collect(),
            nexts: parts.iter().map(|_| None).collect(),
            dues,
            venue: first.venue,
            decoder: first.venue.decoder_of(futures),
            outlook,
            floor_ns: 0,
            batch: FeedBatch::new(),
            had_frames: false,
            failed: None,
            parts,
        })
    }

    /// Its files.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whose frames these are.
    pub const fn venue(&self) -> FeedVenue {
        self.venue
    }

    /// What the first frames let expect.
    pub fn outlook(&self) -> &Outlook {
        &self.outlook
    }

    /// Instruments of the first frames, and every one met since.
    pub fn instruments(&self) -> &[FeedInstrument] {
        let met = self.decoder.instruments();
        if met.len() > self.outlook.instruments.len() { met } else { &self.outlook.instruments }
    }

    /// Due time of the first record, ns since the Unix epoch.
    pub fn first_ns(&self) -> i64 {
        let timed = self.parts.iter().filter(|part| !part.is_timeless);
        timed.map(|part| part.first_ns).min().unwrap_or(0)
    }

    /// Latest due time of a record, ns since the Unix epoch.
    pub fn last_ns(&self) -> i64 {
        self.parts.iter().map(|part| part.last_ns).max().unwrap_or(0)
    }

    /// Frames in the recording.
    pub fn frames(&self) -> u64 {
        self.parts.iter().map(|part| part.frames).sum()
    }

    /// How its files were written, all together.
    pub fn faults(&self) -> Faults {
        self.parts.iter().fold(Faults::default(), |sum, part| Faults {
            unread: sum.unread + part.faults.unread,
            backwards: sum.backwards + part.faults.backwards,
        })
    }

    /// Counters of the decoder.
    pub fn stats(&self) -> &FeedStats {
        self.decoder.stats()
    }

    /// Why a file could not be read to its end, where that happened.
    pub const fn failed(&self) -> Option<LineError> {
        self.failed
    }

    /// When the next frame is due; `None` at the end.
    pub fn next_due_ns(&self) -> Option<i64> {
        self.dues.peek().map(|Reverse((due, _))| (*due).max(self.floor_ns))
    }

    /// Plays every frame due at or before `now_ns`, message by message, in order.
    ///
    /// Frames that cannot be read are skipped; the decoder counts them and gives books up where
    /// it has to.
    pub fn advance(&mut self, now_ns: i64, each: &mut dyn FnMut(&FeedInstrument, Heard<'_>)) {
        while self.advance_one(now_ns, each) {}
    }

    /// Plays the next record if it is due at or before `now_ns`; false when it is not.
    pub fn advance_one(
        &mut self,
        now_ns: i64,
        each: &mut dyn FnMut(&FeedInstrument, Heard<'_>),
    ) -> bool {
        if self.next_due_ns().is_none_or(|due| due > now_ns) {
            return false;
        }
        self.step();
        let terms = self.decoder.take_terms();
        let instruments = self.decoder.instruments();
        for (number, said) in &terms {
            if let Some(instrument) = instruments.get(*number as usize) {
                each(instrument, Heard::Terms(said));
            }
        }
        for (number, events) in self.batch.messages() {
            if let Some(instrument) = instruments.get(number as usize) {
                each(instrument, Heard::Message(events));
            }
        }
        true
    }

    /// Decodes the next record, or opens the file that has it.
    fn step(&mut self) {
        self.batch.clear();
        let Some(Reverse((due_ns, at))) = self.dues.pop() else { return };
        self.floor_ns = self.floor_ns.max(due_ns);
        let next = self.nexts.get_mut(at).and_then(Option::take);
        if let Some(next) = next {
            let is_timeless = self.parts.get(at).is_some_and(|part| part.is_timeless);
            self.play(&next, is_timeless);
        }
        if let Err(error) = self.read_on(at) {
            // What the file would have told is not known: no book of it can be trusted.
            self.failed = Some(error);
            self.decoder.disconnected(self.floor_ns, &mut self.batch);
        }
    }

    fn play(&mut self, next: &Next, is_timeless: bool) {
        let (decoder, batch, due_ns) = (&mut self.decoder, &mut self.batch, self.floor_ns);
        // A frame that cannot be read is the decoder's to count.
        let _ = match next {
            Next::Frame(frame) if is_timeless => {
                self.had_frames = true;
                decoder.undated_list(frame, due_ns, batch);
                Ok(())
            }
            Next::Frame(frame) => {
                self.had_frames = true;
                decoder.decode(frame, due_ns, batch)
            }
            Next::Rest { symbol, body } => {
                decoder.rest_answer(symbol.as_deref(), body, due_ns, batch)
            }
            Next::Connected => {
                if self.had_frames {
                    decoder.disconnected(due_ns, batch);
                }
                Ok(())
            }
        };
    }

    /// Reads the next record of a file; at the end it is closed.
    fn read_on(&mut self, at: usize) -> Result<(), LineError> {
        let (Some(part), Some(stand)) = (self.parts.get(at), self.stands.get_mut(at)) else {
            return Ok(());
        };
        if matches!(stand, Stand::Ahead) {
            *stand = Stand::Ended;
            *stand = Stand::Open(part.reader()?);
        }
        let Stand::Open(reader) = stand else { return Ok(()) };
        let read = reader.next_with(|due_ns, record| {
            let next = match record {
                Record::Frame { frame, .. } => Next::Frame(frame.to_vec()),
                Record::Rest { symbol, body, .. } => {
                    Next::Rest { symbol: symbol.map(str::to_owned), body: body.to_vec() }
                }
                Record::Connected { .. } | Record::Other => Next::Connected,
            };
            (due_ns, next)
        });
        match read {
            Ok(Some((due_ns, next))) => {
                self.dues.push(Reverse((due_ns, at)));
                if let Some(slot) = self.nexts.get_mut(at) {
                    *slot = Some(next);
                }
                Ok(())
            }
            Ok(None) => {
                *stand = Stand::Ended;
                Ok(())
            }
            Err(error) => {
                *stand = Stand::Ended;
                Err(error)
            }
        }
    }
}

/// Puts files that are parts of one stream together: of one venue, and either about the same
/// instruments (books beside trades, answers over REST beside frames) or one after the other.
/// Frames of several connections at the same time stay apart, as each has its own numbers and its
/// own end. What names no instrument and says when its connection ended would only end the books of
/// others: it is left out beside files of its venue that do name some.
pub fn streams(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut found: Vec<Vec<Part>> = Vec::new();
    for part in parts {
        let mut joined = vec![part];
        let mut apart = Vec::new();
        for stream in found {
            if belongs(&stream, &joined) {
                joined.splice(0..0, stream);
            } else {
                apart.push(stream);
            }
        }
        found = apart;
        found.push(joined);
    }
    let named = |stream: &[Part]| stream.iter().any(|part| !part.names.is_empty());
    let venue = |stream: &[Part]| stream.first().map(|part| part.venue);
    let told: Vec<_> = found.iter().filter(|s| named(s)).map(|s| venue(s)).collect();
    found.retain(|stream| named(stream) || !told.contains(&venue(stream)));
    found
}

fn belongs(one: &[Part], other: &[Part]) -> bool {
    let same_feed = |a: &Part, b: &Part| {
        // A file without frames says nothing of whether they are futures.
        a.venue == b.venue && (a.is_futures() == b.is_futures() || a.is_rest || b.is_rest)
    };
    let apart = |a: &Part, b: &Part| {
        a.is_timeless || b.is_timeless || a.last_ns < b.first_ns || b.last_ns < a.first_ns
    };
    let names = |parts: &[Part]| -> BTreeSet<String> {
        parts.iter().flat_map(|part| part.names.iter().cloned()).collect()
    };
    let (here, there) = (names(one), names(other));
    let nameless = |names: &BTreeSet<String>, parts: &[Part]| {
        names.is_empty() && !parts.iter().any(|part| part.has_ends)
    };
    let shared = nameless(&here, one) || nameless(&there, other) || !here.is_disjoint(&there);
    let pairs = || one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    pairs().all(|(a, b)| same_feed(a, b)) && (shared || pairs().all(|(a, b)| apart(a, b)))
}
