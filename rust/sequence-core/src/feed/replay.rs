//! Plays a recording back: due times in, whole messages out.

use std::sync::Arc;

use super::capture::{self, Container, Layout, Record};
use super::{Binance, Decoder, FeedBatch, FeedInstrument, FeedStats, FeedVenue};

use crate::tape::MarketEvent;

/// Frames read ahead to find the instruments and the first venue stamp.
const PROBED_FRAMES: usize = 2_000;

/// Why a recording cannot be played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayError {
    /// No known container, or no frame in it.
    UnknownContainer,
    /// The frames are of no venue we can decode.
    UnknownVenue,
}

impl std::fmt::Display for ReplayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UnknownContainer => "not a recording in a known format",
            Self::UnknownVenue => "frames of an unknown venue: name the venue",
        })
    }
}

impl std::error::Error for ReplayError {}

/// Part of the data, as offsets.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

/// The next frame to play.
#[derive(Debug, Clone, Copy)]
struct Pending {
    due_ns: i64,
    line: Span,
}

/// A recording, its decoder, and how far it has been played.
///
/// Times are receipt times. Kraken recordings were made with a steady clock of no known origin,
/// so theirs are shifted to make the first stamped message arrive when the venue stamped it.
/// Due times never go backwards.
#[derive(Debug)]
pub struct Replay {
    data: Arc<[u8]>,
    layout: Layout,
    venue: FeedVenue,
    decoder: Box<dyn Decoder>,
    /// Instruments of the first frames, known before anything is played.
    listed: Vec<FeedInstrument>,
    at: usize,
    pending: Option<Pending>,
    shift_ns: i64,
    floor_ns: i64,
    first_ns: i64,
    last_ns: i64,
    frames: u64,
    batch: FeedBatch,
    had_frames: bool,
}

impl Replay {
    /// Finds out what the data is; `venue` decides where the frames do not say.
    pub fn new(data: impl Into<Arc<[u8]>>, venue: Option<FeedVenue>) -> Result<Self, ReplayError> {
        let data = data.into();
        let layout = capture::detect(&data).ok_or(ReplayError::UnknownContainer)?;
        let venue = venue.or(layout.venue).ok_or(ReplayError::UnknownVenue)?;
        let mut replay = Self {
            layout,
            venue,
            decoder: decoder(venue, layout),
            listed: Vec::new(),
            at: 0,
            pending: None,
            shift_ns: 0,
            floor_ns: 0,
            first_ns: 0,
            last_ns: 0,
            frames: 0,
            batch: FeedBatch::new(),
            had_frames: false,
            data,
        };
        replay.probe();
        replay.frames = replay.count_frames();
        replay.pending = replay.take_next();
        let Some(first) = replay.pending else { return Err(ReplayError::UnknownContainer) };
        replay.first_ns = first.due_ns;
        replay.last_ns = replay.find_last().max(first.due_ns);
        Ok(replay)
    }

    /// The same recording from its start; the bytes are shared.
    pub fn rewound(&self) -> Result<Self, ReplayError> {
        Self::new(Arc::clone(&self.data), Some(self.venue))
    }

    /// Whose frames these are.
    pub const fn venue(&self) -> FeedVenue {
        self.venue
    }

    /// Instruments of the first 2,000 frames, and every one met since.
    pub fn instruments(&self) -> &[FeedInstrument] {
        let met = self.decoder.instruments();
        if met.len() > self.listed.len() { met } else { &self.listed }
    }

    /// Due time of the first frame, ns since the Unix epoch.
    pub const fn first_ns(&self) -> i64 {
        self.first_ns
    }

    /// Due time of the last frame, ns since the Unix epoch.
    pub const fn last_ns(&self) -> i64 {
        self.last_ns
    }

    /// Frames in the recording.
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// Counters of the decoder.
    pub fn stats(&self) -> &FeedStats {
        self.decoder.stats()
    }

    /// When the next frame is due; `None` at the end.
    pub const fn next_due_ns(&self) -> Option<i64> {
        match self.pending {
            Some(pending) => Some(pending.due_ns),
            None => None,
        }
    }

    /// Plays every frame due at or before `now_ns`, message by message, in order.
    ///
    /// Frames that cannot be read are skipped; the decoder counts them and gives books up where
    /// it has to.
    pub fn advance(&mut self, now_ns: i64, each: &mut dyn FnMut(&FeedInstrument, &[MarketEvent])) {
        while let Some(pending) = self.pending.filter(|pending| pending.due_ns <= now_ns) {
            self.play(pending);
            let instruments = self.decoder.instruments();
            for (number, events) in self.batch.messages() {
                if let Some(instrument) = instruments.get(number as usize) {
                    each(instrument, events);
                }
            }
            self.pending = self.take_next();
        }
    }

    fn play(&mut self, pending: Pending) {
        self.batch.clear();
        let line = slice(&self.data, pending.line);
        let (decoder, batch, due_ns) = (&mut self.decoder, &mut self.batch, pending.due_ns);
        // A frame that cannot be read is the decoder's to count.
        let _ = match capture::read_line(self.layout.container, line) {
            Record::Frame { frame, .. } => {
                self.had_frames = true;
                decoder.decode(frame, due_ns, batch)
            }
            Record::Rest { symbol, body, .. } => decoder.rest_snapshot(symbol, body, due_ns, batch),
            Record::Connected { .. } => {
                if self.had_frames {
                    decoder.disconnected(due_ns, batch);
                }
                Ok(())
            }
            Record::Other => Ok(()),
        };
    }

    /// The next line that holds something, with its due time.
    fn take_next(&mut self) -> Option<Pending> {
        while let Some(line) = self.take_line() {
            let record = capture::read_line(self.layout.container, slice(&self.data, line));
            let Some(time_ns) = self.time_of(record) else { continue };
            self.floor_ns = self.floor_ns.max(time_ns);
            return Some(Pending { due_ns: self.floor_ns, line });
        }
        None
    }

    fn take_line(&mut self) -> Option<Span> {
        if self.layout.container == Container::Single {
            let whole = Span { start: 0, end: self.data.len() };
            return (std::mem::replace(&mut self.at, whole.end) == 0).then_some(whole);
        }
        loop {
            let rest = self.data.get(self.at..).filter(|rest| !rest.is_empty())?;
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let span = Span { start: self.at, end: self.at + length };
            self.at = span.end + 1;
            if !slice(&self.data, span).is_empty() {
                return Some(span);
            }
        }
    }

    /// When a record is due, shifted; `None` for one that holds nothing.
    fn time_of(&self, record: Record<'_>) -> Option<i64> {
        let time_ns = match record {
            Record::Frame { recv_ns: Some(recv_ns), .. }
            | Record::Rest { recv_ns, .. }
            | Record::Connected { recv_ns } => recv_ns,
            Record::Frame { recv_ns: None, frame } => {
                capture::venue_time(frame).unwrap_or(self.floor_ns)
            }
            Record::Other => return None,
        };
        Some(time_ns.saturating_add(self.shift_ns))
    }

    /// Reads ahead with a decoder of its own: instruments, and the shift of a steady clock.
    fn probe(&mut self) {
        let mut decoder = decoder(self.venue, self.layout);
        let mut batch = FeedBatch::new();
        let mut shift_ns = None;
        for _ in 0..PROBED_FRAMES {
            let Some(line) = self.take_line() else { break };
            let record = capture::read_line(self.layout.container, slice(&self.data, line));
            let Some(time_ns) = self.time_of(record) else { continue };
            batch.clear();
            let _ = match record {
                Record::Frame { frame, .. } => decoder.decode(frame, time_ns, &mut batch),
                Record::Rest { symbol, body, .. } => {
                    decoder.rest_snapshot(symbol, body, time_ns, &mut batch)
                }
                _ => Ok(()),
            };
            let stamped = batch.messages().flat_map(|(_, events)| events);
            if let Some(first) = stamped.map(|event| event.ts_venue_ns).find(|ns| *ns > 0) {
                shift_ns.get_or_insert(first.saturating_sub(time_ns));
            }
        }
        decoder.instruments().clone_into(&mut self.listed);
        self.at = 0;
        self.start_clock(shift_ns.unwrap_or(0));
    }

    fn start_clock(&mut self, shift_ns: i64) {
        let container = self.layout.container;
        if self.venue == FeedVenue::Kraken && container == Container::Envelope {
            self.shift_ns = shift_ns;
        }
        if matches!(container, Container::Bare | Container::Single) {
            // Frames before the first stamped one are due with it.
            let mut stamps = capture::lines(&self.data).take(PROBED_FRAMES);
            self.floor_ns = stamps.find_map(capture::venue_time).unwrap_or(0);
        }
    }

    fn count_frames(&self) -> u64 {
        let container = self.layout.container;
        let count = match container {
            Container::Single => 1,
            // Reading every line would cost as much as playing it: frames begin with their time.
            Container::CaptureText => capture::lines(&self.data)
                .filter(|line| line.first().is_some_and(u8::is_ascii_digit))
                .count(),
            _ => capture::lines(&self.data).count(),
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn find_last(&self) -> i64 {
        let container = self.layout.container;
        let timed = capture::lines(&self.data).rev().take(PROBED_FRAMES);
        let timed = timed.filter_map(|line| self.time_of(capture::read_line(container, line)));
        timed.take(1).next().unwrap_or(0)
    }
}

fn decoder(venue: FeedVenue, layout: Layout) -> Box<dyn Decoder> {
    if venue == FeedVenue::Binance && layout.futures {
        Box::new(Binance::futures())
    } else {
        venue.decoder()
    }
}

fn slice(data: &[u8], span: Span) -> &[u8] {
    data.get(span.start..span.end).unwrap_or_default().trim_ascii()
}
