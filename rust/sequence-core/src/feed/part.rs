//! One file of a recording: what it is, found out once, and a reader of its records.

use std::sync::Arc;

use super::capture::{self, Container, Layout, Record, container_of, layout_of, read_line};
use super::clock::Clock;
use super::lines::{LineError, Lines};
use super::{FeedBatch, FeedVenue, ReplayError};
use crate::input::Input;
use crate::json::Scanner;

/// Lines read ahead to find out what a file is, and the bytes they may have.
const PROBED_LINES: usize = 2_000;
const PROBED_BYTES: usize = 32 * 1024 * 1024;

/// How a file was written, as far as that costs what it can tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Lines that hold nothing a recorder writes.
    pub unread: u64,
    /// Records with a time before that of an earlier one.
    pub backwards: u64,
}

/// A file of frames. Cloning it copies what is known, not the file.
#[derive(Debug, Clone)]
pub struct Part {
    input: Arc<dyn Input>,
    layout: Layout,
    pub(super) venue: FeedVenue,
    clock: Clock,
    /// Due time of what comes before the first record with a time.
    floor_ns: i64,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
    pub(super) frames: u64,
    pub(super) faults: Faults,
    /// Instruments of the first frames, as the venue names them.
    pub(super) names: Vec<String>,
    /// It holds answers over REST only, which do not say all that frames do.
    pub(super) is_rest: bool,
    /// It says that a connection was opened or ended.
    pub(super) has_ends: bool,
    /// Nothing in it says when it was: it is due where the rest of its stream begins.
    pub(super) is_timeless: bool,
}

impl Part {
    /// Finds out container, venue and clock, and reads every time once; nothing but the first
    /// frames is decoded.
    pub fn open(input: Arc<dyn Input>, venue: Option<FeedVenue>) -> Result<Self, ReplayError> {
        let head = head_of(&*input)?;
        let container = container_of(&head).ok_or(ReplayError::UnknownContainer)?;
        let head = if container == Container::Single { whole_of(&*input)? } else { head };
        let layout = layout_of(container, &head)
            .map_err(|(one, other)| ReplayError::MixedVenues(one, other))?;
        if let (Some(named), Some(found)) = (venue, layout.venue)
            && named != found
        {
            return Err(ReplayError::OtherVenue { named, found });
        }
        let venue = venue.or(layout.venue).ok_or(ReplayError::UnknownVenue)?;
        let mut part = Self {
            input,
            layout,
            venue,
            clock: Clock::BySize,
            floor_ns: 0,
            first_ns: 0,
            last_ns: 0,
            frames: 0,
            faults: Faults::default(),
            names: Vec::new(),
            is_rest: true,
            has_ends: false,
            is_timeless: false,
        };
        part.probe(&head)?;
        part.scan()?;
        Ok(part)
    }

    /// Binance futures, whose decoder is another one.
    pub(super) const fn is_futures(&self) -> bool {
        self.layout.futures
    }

    /// A reader of its own, at the start.
    pub(super) fn reader(&self) -> Result<Reader, LineError> {
        let frames = if self.layout.container == Container::Single {
            Frames::Whole(whole_of_unchecked(&*self.input)?.into_iter())
        } else {
            Frames::Lines(lines_of(&*self.input)?)
        };
        let (container, clock) = (self.layout.container, self.clock);
        let faults = Faults::default();
        Ok(Reader { frames, container, clock, floor_ns: self.floor_ns, faults })
    }

    /// Reads the first frames with a decoder of its own: instruments, and what the times are.
    fn probe(&mut self, head: &[Vec<u8>]) -> Result<(), ReplayError> {
        let container = self.layout.container;
        let mut decoder = self.venue.decoder_of(self.layout.futures);
        let mut batch = FeedBatch::new();
        let (mut first, mut stamped) = (None, None);
        for line in head {
            batch.clear();
            let time = match read_line(container, line) {
                Record::Frame { time, frame } => {
                    // What cannot be read is told later, by the decoder that plays.
                    let _ = decoder.decode(frame, 1, &mut batch);
                    self.is_rest &= batch.is_empty();
                    time
                }
                Record::Rest { time, symbol, body } => {
                    let _ = decoder.rest_answer(symbol, body, 1, &mut batch);
                    Some(time)
                }
                Record::Connected { .. } | Record::Other => None,
            };
            first = first.or(time);
            let stamps = batch.messages().flat_map(|(_, events)| events);
            let stamp = stamps.map(|event| event.ts_venue_ns).find(|ns| *ns > 0);
            stamped = stamped.or(time.zip(stamp));
        }
        let names = decoder.instruments().iter().map(|row| row.venue_symbol.clone());
        self.names = names.collect();
        if let Some(first) = first {
            let (written, stamp) = stamped.map_or((first, None), |(at, ns)| (at, Some(ns)));
            let steady = self.venue == FeedVenue::Kraken && container == Container::Envelope;
            // Its recorder is known to write a steady clock that was set once.
            let shifted = stamp.filter(|_| steady).and_then(|ns| Clock::steady(written, ns));
            let clock = shifted.or_else(|| Clock::of(written, stamp));
            self.clock = clock.ok_or(ReplayError::Times)?;
        } else {
            // Frames before the first stamped one are due with it.
            self.floor_ns = head.iter().find_map(|line| capture::venue_time(line)).unwrap_or(0);
        }
        Ok(())
    }

    /// Counts frames and finds the times, without decoding.
    fn scan(&mut self) -> Result<(), ReplayError> {
        let mut reader = self.reader()?;
        let mut first = None;
        while let Some((due_ns, is_end)) = reader
            .next_with(|due_ns, record| (due_ns, matches!(record, Record::Connected { .. })))?
        {
            self.frames += u64::from(!is_end);
            self.has_ends |= is_end;
            first.get_or_insert(due_ns);
            self.last_ns = due_ns;
        }
        self.first_ns = first.ok_or(ReplayError::UnknownContainer)?;
        self.is_timeless = self.last_ns == 0;
        self.faults = reader.faults;
        Ok(())
    }
}

/// Reads the records of one file in the order in which they were written.
#[derive(Debug)]
pub(super) struct Reader {
    frames: Frames,
    container: Container,
    clock: Clock,
    floor_ns: i64,
    faults: Faults,
}

#[derive(Debug)]
enum Frames {
    Lines(Lines),
    Whole(std::vec::IntoIter<Vec<u8>>),
}

impl Reader {
    /// The next record that holds something, with its due time, which never goes back.
    pub(super) fn next_with<T>(
        &mut self,
        mut read: impl FnMut(i64, Record<'_>) -> T,
    ) -> Result<Option<T>, LineError> {
        loop {
            let owned;
            let line = match &mut self.frames {
                Frames::Lines(lines) => lines.next()?,
                Frames::Whole(rest) => {
                    owned = rest.next();
                    owned.as_deref()
                }
            };
            let Some(line) = line else { return Ok(None) };
            let record = read_line(self.container, line);
            let time_ns = match record {
                Record::Frame { time: None, frame } => capture::venue_time(frame),
                Record::Frame { time: Some(time), .. }
                | Record::Rest { time, .. }
                | Record::Connected { time } => self.clock.read(time),
                Record::Other => {
                    self.faults.unread += 1;
                    continue;
                }
            };
            self.faults.backwards += u64::from(time_ns.is_some_and(|ns| ns < self.floor_ns));
            self.floor_ns = self.floor_ns.max(time_ns.unwrap_or(0));
            return Ok(Some(read(self.floor_ns, record)));
        }
    }
}

fn lines_of(input: &dyn Input) -> Result<Lines, LineError> {
    let reader = input.open().map_err(|error| LineError::Io(error.kind()))?;
    Ok(Lines::new(reader))
}

fn head_of(input: &dyn Input) -> Result<Vec<Vec<u8>>, ReplayError> {
    let mut lines = lines_of(input)?;
    let (mut head, mut bytes) = (Vec::new(), 0);
    while head.len() < PROBED_LINES && bytes < PROBED_BYTES {
        let Some(line) = lines.next()? else { break };
        bytes += line.len();
        head.push(line.to_vec());
    }
    Ok(head)
}

fn whole_of(input: &dyn Input) -> Result<Vec<Vec<u8>>, ReplayError> {
    let frames = whole_of_unchecked(input)?;
    if frames.is_empty() { Err(ReplayError::UnknownContainer) } else { Ok(frames) }
}

/// The frames of a file that is one JSON text: the elements of an array of objects, or the text.
/// Nothing when it is no JSON.
fn whole_of_unchecked(input: &dyn Input) -> Result<Vec<Vec<u8>>, LineError> {
    let text = lines_of(input)?.rest()?;
    Ok(elements(&text).unwrap_or_default())
}

fn elements(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut scanner = Scanner::new(text).ok()?;
    let whole = scanner.value().ok()?;
    scanner.finish().ok()?;
    let mut inner = whole.scanner();
    if !whole.is_array() {
        return Some(vec![whole.text().as_bytes().to_vec()]);
    }
    inner.array().ok()?;
    let mut found = Vec::new();
    while inner.element().ok()? {
        let element = inner.value().ok()?;
        if !element.is_object() {
            return Some(vec![whole.text().as_bytes().to_vec()]);
        }
        found.push(element.text().as_bytes().to_vec());
    }
    Some(found)
}
