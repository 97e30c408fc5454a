//! Plays records: whole messages out, in the order in which they were received.
//!
//! Records are read in pieces, so a file of any size needs the memory of one piece.
//!
//! Several instruments share one stream. The instrument of a record is the upper half of its
//! `count`, which leaves 65,535 as the largest number of orders a level can show; a stream of one
//! instrument is the published record unchanged.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use super::{EventKind, MarketEvent, RECORD_BYTES, TapeError};
use crate::ids::VenueId;
use crate::input::{Bytes, Input};
use crate::number::{Price, Quantity};
use crate::venue::{PriceGrid, Terms};

/// Where the instrument stands in `count`.
pub(super) const INSTRUMENT_SHIFT: u32 = 16;
/// Records read at once.
const PIECE: usize = 1024;
/// Largest number of orders at a level that a record can carry.
const MAX_COUNT: u32 = 0xFFFF;

/// One instrument of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeInstrument {
    /// Its venue.
    pub venue: VenueId,
    /// Its symbol, in any form the venue's listings have.
    pub symbol: String,
    /// Price step, where the recording knows it.
    pub tick: Option<Price>,
    /// Size step, where the recording knows it.
    pub lot: Option<Quantity>,
}

/// Who made a tape, which decides when its books are live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapeFeed {
    /// A venue's feed: live from the first update after a snapshot, stale after a silence.
    Venue,
    /// Written by hand or a program: live from the first snapshot, never stale.
    Hand,
}

/// What a tape is, found out once.
#[derive(Debug)]
struct Facts {
    input: Arc<dyn Input>,
    /// Bytes before the first record.
    head: u64,
    instruments: Vec<TapeInstrument>,
    feed: TapeFeed,
    events: usize,
    first_ns: i64,
    last_ns: i64,
}

/// Records and how far they have been played.
#[derive(Debug)]
pub struct Tape {
    facts: Arc<Facts>,
    records: Records,
    /// Decoded records; those before `played` are of messages that were given out.
    events: Vec<MarketEvent>,
    played: usize,
    /// Records decoded so far, those that made room included.
    decoded: usize,
    /// Due time of the next message; never goes backwards.
    due_ns: i64,
    started: bool,
    failed: Option<io::ErrorKind>,
}

impl Tape {
    /// Checks every record in memory and stands at the first.
    pub fn new(
        records: Vec<u8>,
        instruments: Vec<TapeInstrument>,
        feed: TapeFeed,
    ) -> Result<Self, TapeError> {
        Self::open(Arc::new(Bytes(records.into())), 0, instruments, feed)
    }

    /// Checks every record behind the first `head` bytes and stands at the first.
    pub fn open(
        input: Arc<dyn Input>,
        head: u64,
        instruments: Vec<TapeInstrument>,
        feed: TapeFeed,
    ) -> Result<Self, TapeError> {
        let mut records = Records::open(&*input, head).map_err(|error| read_error(&error))?;
        let (mut first_ns, mut last_ns, mut events) = (0, 0, 0);
        let mut piece = Vec::with_capacity(PIECE);
        while records.read(&mut piece)? {
            for event in piece.drain(..) {
                let instrument = event.count >> INSTRUMENT_SHIFT;
                if instrument as usize >= instruments.len() {
                    return Err(TapeError::Instrument(instrument));
                }
                let received = received_ns(&event);
                if events == 0 {
                    first_ns = received;
                }
                last_ns = received.max(last_ns);
                events += 1;
            }
        }
        let facts = Facts { input, head, instruments, feed, events, first_ns, last_ns };
        Ok(Self::at_start(Arc::new(facts)))
    }

    fn at_start(facts: Arc<Facts>) -> Self {
        Self {
            records: Records::default(),
            events: Vec::new(),
            played: 0,
            decoded: 0,
            due_ns: facts.first_ns,
            started: false,
            failed: None,
            facts,
        }
    }

    /// The same tape from its start.
    pub fn rewound(&self) -> Self {
        Self::at_start(Arc::clone(&self.facts))
    }

    /// Its instruments; records name them by their place here.
    pub fn instruments(&self) -> &[TapeInstrument] {
        &self.facts.instruments
    }

    /// Who made it.
    pub fn feed(&self) -> TapeFeed {
        self.facts.feed
    }

    /// Number of records.
    pub fn events(&self) -> usize {
        self.facts.events
    }

    /// Receipt time of the first record, ns; 0 when there is none.
    pub fn first_ns(&self) -> i64 {
        self.facts.first_ns
    }

    /// Latest receipt time of a record, ns.
    pub fn last_ns(&self) -> i64 {
        self.facts.last_ns
    }

    /// Why it could not be read to its end, where that happened.
    pub const fn failed(&self) -> Option<io::ErrorKind> {
        self.failed
    }

    /// When the next message is due; `None` at the end.
    pub fn next_due_ns(&self) -> Option<i64> {
        let more =
            if self.started { self.played < self.events.len() } else { self.facts.events > 0 };
        more.then_some(self.due_ns)
    }

    /// Takes the next message: its instrument and its events. `None` at the end.
    ///
    /// A message ends with the record that says so, or where another instrument begins.
    pub fn next_message(&mut self) -> Option<(usize, &[MarketEvent])> {
        if !self.started {
            self.start();
        }
        let mut end = self.played;
        let mut instrument = None;
        'message: while self.has(&mut end) {
            for event in self.events.get_mut(end..).unwrap_or_default() {
                let of = event.count >> INSTRUMENT_SHIFT;
                if *instrument.get_or_insert(of) != of {
                    break 'message;
                }
                event.count &= MAX_COUNT;
                end += 1;
                if event.is_last() {
                    break 'message;
                }
            }
        }
        // What comes after it says when that is due.
        if self.has(&mut end) {
            self.due_ns = self.due_ns.max(self.events.get(end).map_or(0, received_ns));
        }
        let message = self.events.get(self.played..end).unwrap_or_default();
        self.played = end;
        instrument.map(|of| (of as usize, message))
    }

    #[cold]
    fn start(&mut self) {
        self.started = true;
        match Records::open(&*self.facts.input, self.facts.head) {
            Ok(records) => self.records = records,
            Err(error) => self.failed = Some(error.kind()),
        }
    }

    /// Whether there is a record at a place, which moves when what was played makes room for more.
    #[inline]
    fn has(&mut self, at: &mut usize) -> bool {
        *at < self.events.len() || self.read_on(at)
    }

    #[cold]
    fn read_on(&mut self, at: &mut usize) -> bool {
        self.events.drain(..self.played);
        *at -= std::mem::take(&mut self.played);
        let before = self.events.len();
        let failure = match self.records.read(&mut self.events) {
            Ok(true) => {
                self.decoded += self.events.len() - before;
                return true;
            }
            Ok(false) if self.decoded >= self.facts.events => return false,
            // The records were checked; a file that is another one now has ended.
            Ok(false) => io::ErrorKind::UnexpectedEof,
            Err(TapeError::Read(kind)) => kind,
            Err(_) => io::ErrorKind::InvalidData,
        };
        self.failed.get_or_insert(failure);
        false
    }
}

/// Reads records in pieces, where they are.
#[derive(Default)]
struct Records {
    reader: Option<Box<dyn BufRead + Send>>,
    /// The bytes so far of a record that two pieces share.
    torn: Vec<u8>,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

impl Records {
    fn open(input: &dyn Input, head: u64) -> io::Result<Self> {
        let mut reader = input.open()?;
        io::copy(&mut reader.by_ref().take(head), &mut io::sink())?;
        Ok(Self { reader: Some(reader), torn: Vec::new() })
    }

    /// Decodes the next records, as many as there are in a piece; false at the end. One that is
    /// none is told when it is the next.
    fn read(&mut self, events: &mut Vec<MarketEvent>) -> Result<bool, TapeError> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        while self.torn.len() < RECORD_BYTES {
            let bytes = match reader.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(read_error(&error)),
            };
            let (records, _) = bytes.as_chunks();
            if self.torn.is_empty() && !records.is_empty() {
                let count = decode(records.get(..PIECE).unwrap_or(records), events)?;
                reader.consume(count * RECORD_BYTES);
                return Ok(true);
            }
            if bytes.is_empty() {
                let torn = self.torn.len();
                return if torn == 0 { Ok(false) } else { Err(TapeError::Length(torn)) };
            }
            let missing = bytes.len().min(RECORD_BYTES - self.torn.len());
            self.torn.extend_from_slice(bytes.get(..missing).unwrap_or_default());
            reader.consume(missing);
        }
        events.push(MarketEvent::from_bytes(&self.torn)?);
        self.torn.clear();
        Ok(true)
    }
}

/// Decodes records up to one that is none, and says how many; an error where it is the first.
fn decode(
    records: &[[u8; RECORD_BYTES]],
    events: &mut Vec<MarketEvent>,
) -> Result<usize, TapeError> {
    let before = events.len();
    for record in records {
        match MarketEvent::from_bytes(record) {
            Ok(event) => events.push(event),
            Err(error) if events.len() == before => return Err(error),
            Err(_) => break,
        }
    }
    Ok(events.len() - before)
}

fn read_error(error: &io::Error) -> TapeError {
    TapeError::Read(error.kind())
}

/// When an event was received; what has no receipt time was received when the venue stamped it.
const fn received_ns(event: &MarketEvent) -> i64 {
    if event.ts_local_ns > 0 { event.ts_local_ns } else { event.ts_venue_ns }
}

/// The instruments of a tape, in the order in which they first spoke, and its records.
pub type WrittenTape = (Vec<TapeInstrument>, Vec<u8>);

/// Writes the messages of any source as the records of one tape.
#[derive(Debug, Clone, Default)]
pub struct TapeWriter {
    instruments: Vec<TapeInstrument>,
    numbers: BTreeMap<VenueId, BTreeMap<String, u32>>,
    records: Vec<u8>,
}

impl TapeWriter {
    /// Adds a message received at `due_ns`. More than 65,536 instruments are refused.
    pub fn push(
        &mut self,
        venue: VenueId,
        symbol: &str,
        events: &[MarketEvent],
        due_ns: i64,
    ) -> Result<(), TapeError> {
        let of = self.number(venue, symbol)?;
        for event in events {
            let count = match event.kind {
                EventKind::Status => event.count,
                _ => event.count.min(MAX_COUNT),
            };
            let count = of << INSTRUMENT_SHIFT | count;
            let written = MarketEvent { ts_local_ns: due_ns, count, ..*event };
            self.records.extend_from_slice(&written.to_bytes());
        }
        Ok(())
    }

    /// Notes what the venue says of an instrument's steps; the first it says counts, as a tape has
    /// one header.
    pub fn tell(&mut self, venue: VenueId, symbol: &str, terms: &Terms) -> Result<(), TapeError> {
        let of = self.number(venue, symbol)?;
        if let Some(row) = self.instruments.get_mut(of as usize) {
            row.tick = row.tick.or(terms.grid.map(PriceGrid::fine_tick));
            row.lot = row.lot.or(terms.lot);
        }
        Ok(())
    }

    fn number(&mut self, venue: VenueId, symbol: &str) -> Result<u32, TapeError> {
        let numbers = self.numbers.entry(venue).or_default();
        if let Some(known) = numbers.get(symbol) {
            return Ok(*known);
        }
        let of = u32::try_from(self.instruments.len()).ok().filter(|of| *of <= MAX_COUNT);
        let of = of.ok_or(TapeError::Instrument(u32::MAX))?;
        numbers.insert(symbol.to_owned(), of);
        let symbol = symbol.to_owned();
        self.instruments.push(TapeInstrument { venue, symbol, tick: None, lot: None });
        Ok(of)
    }

    /// The instruments, in the order in which they first spoke, and the records.
    pub fn finish(self) -> WrittenTape {
        (self.instruments, self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BookSide;

    fn instrument(symbol: &str) -> TapeInstrument {
        TapeInstrument { venue: VenueId(0), symbol: symbol.to_owned(), tick: None, lot: None }
    }

    fn level(price: i64, at_ns: i64) -> MarketEvent {
        MarketEvent::level(BookSide::Bid, Price(price), Quantity(1), 7, at_ns)
    }

    #[test]
    fn messages_come_back_whole_with_their_instrument_and_never_backwards_in_time() {
        let mut writer = TapeWriter::default();
        let first = [level(1, 0), level(2, 0).last()];
        writer.push(VenueId(0), "A", &first, 50).unwrap();
        writer.push(VenueId(0), "B", &[level(3, 0).last()], 40).unwrap();
        let (names, records) = writer.finish();
        assert_eq!(names, [instrument("A"), instrument("B")]);
        let instruments = vec![instrument("A"), instrument("B")];
        let mut tape = Tape::new(records, instruments, TapeFeed::Venue).unwrap();
        assert_eq!((tape.events(), tape.first_ns(), tape.last_ns()), (3, 50, 50));
        assert_eq!(tape.next_due_ns(), Some(50));
        let (of, events) = tape.next_message().unwrap();
        assert_eq!((of, events.len(), events[0].count), (0, 2, 0));
        assert_eq!(tape.next_due_ns(), Some(50));
        let (of, events) = tape.next_message().unwrap();
        assert_eq!((of, events[0].price, events[0].ts_local_ns), (1, Price(3), 40));
        assert_eq!((tape.next_due_ns(), tape.next_message()), (None, None));
        assert_eq!(tape.rewound().next_due_ns(), Some(50));
    }

    /// A file that is shorter when it is read again.
    #[derive(Debug)]
    struct Shrinking(Vec<u8>, std::sync::atomic::AtomicUsize);

    impl Input for Shrinking {
        fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
            let left = self.1.fetch_min(64, std::sync::atomic::Ordering::Relaxed);
            let whole = self.0.get(..left).unwrap_or(&self.0).to_vec();
            Ok(Box::new(io::Cursor::new(whole)))
        }
    }

    #[test]
    fn a_file_that_lost_records_since_it_was_opened_is_no_tape_that_ended() {
        let mut writer = TapeWriter::default();
        for at in 1..=3 {
            writer.push(VenueId(0), "A", &[level(at, at).last()], at).unwrap();
        }
        let input = Shrinking(writer.finish().1, usize::MAX.into());
        let mut tape =
            Tape::open(Arc::new(input), 0, vec![instrument("A")], TapeFeed::Venue).unwrap();
        assert_eq!((tape.events(), tape.failed()), (3, None));
        assert!(tape.next_message().is_some());
        assert_eq!(tape.next_message(), None);
        assert_eq!(tape.failed(), Some(io::ErrorKind::UnexpectedEof));
    }

    /// A source that shows so many bytes at once.
    #[derive(Debug)]
    struct Bit(usize, Vec<u8>);

    impl Input for Bit {
        fn open(&self) -> io::Result<Box<dyn BufRead + Send>> {
            let bytes = io::Cursor::new(self.1.clone());
            Ok(Box::new(io::BufReader::with_capacity(self.0, bytes)))
        }
    }

    #[test]
    fn records_come_whole_however_few_bytes_a_source_shows_at_once() {
        let mut writer = TapeWriter::default();
        for at in 1..=9 {
            writer.push(VenueId(0), "A", &[level(at, at).last()], at).unwrap();
        }
        let (names, records) = writer.finish();
        for few in 1..=3 * RECORD_BYTES {
            let head = few % 5;
            let bytes = [&vec![7; head][..], &records].concat();
            let (input, head) = (Arc::new(Bit(few, bytes)), head as u64);
            let mut tape = Tape::open(input, head, names.clone(), TapeFeed::Venue).unwrap();
            for at in 1..=9 {
                assert_eq!(tape.next_message().unwrap().1[0].price, Price(at), "{few}");
            }
            assert!(tape.next_message().is_none() && tape.failed().is_none(), "{few}");
        }
    }

    #[test]
    fn messages_longer_than_a_piece_and_across_pieces_come_whole() {
        let mut writer = TapeWriter::default();
        let lengths = [3 * PIECE + 5, 1, PIECE - 7, PIECE, 2];
        for (nth, length) in (0_i64..).zip(lengths) {
            let mut events = vec![level(1 + nth, nth + 1); length];
            let last = events.pop().unwrap();
            events.push(last.last());
            writer.push(VenueId(0), "A", &events, nth + 1).unwrap();
        }
        let (names, records) = writer.finish();
        let mut tape = Tape::new(records, names, TapeFeed::Venue).unwrap();
        for (nth, length) in (0_i64..).zip(lengths) {
            assert_eq!(tape.next_due_ns(), Some(nth + 1));
            let (of, events) = tape.next_message().unwrap();
            assert_eq!((of, events.len()), (0, length));
            assert!(events.iter().all(|event| event.price == Price(1 + nth)));
        }
        assert_eq!((tape.next_due_ns(), tape.failed()), (None, None));
        assert_eq!(tape.next_message(), None);
    }

    #[test]
    fn a_record_of_an_unlisted_instrument_or_a_torn_file_is_refused() {
        let mut bytes = level(1, 1).last().to_bytes().to_vec();
        bytes[30] = 1;
        let refused = Tape::new(bytes.clone(), vec![instrument("A")], TapeFeed::Hand);
        assert_eq!(refused.err(), Some(TapeError::Instrument(1)));
        bytes.pop();
        let refused = Tape::new(bytes, vec![instrument("A")], TapeFeed::Hand);
        assert_eq!(refused.err(), Some(TapeError::Length(63)));
    }
}
