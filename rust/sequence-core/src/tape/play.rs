//! Plays records from memory: whole messages out, in the order in which they were received.
//!
//! Several instruments share one stream. The instrument of a record is the upper half of its
//! `count`, which leaves 65,535 as the largest number of orders a level can show; a stream of one
//! instrument is the published record unchanged.

use std::sync::Arc;

use super::{EventKind, MarketEvent, RECORD_BYTES, TapeError};
use crate::ids::VenueId;
use crate::number::{Price, Quantity};

/// Where the instrument stands in `count`.
pub(super) const INSTRUMENT_SHIFT: u32 = 16;
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

/// Records in memory and how far they have been played. Copies share the records.
#[derive(Debug, Clone)]
pub struct Tape {
    records: Arc<Vec<u8>>,
    instruments: Arc<[TapeInstrument]>,
    feed: TapeFeed,
    first_ns: i64,
    last_ns: i64,
    /// Offset of the next record.
    at: usize,
    /// Due time of the next message; never goes backwards.
    due_ns: i64,
    message: Vec<MarketEvent>,
}

impl Tape {
    /// Checks every record and stands at the first.
    pub fn new(
        records: Vec<u8>,
        instruments: Vec<TapeInstrument>,
        feed: TapeFeed,
    ) -> Result<Self, TapeError> {
        let (chunks, rest) = records.as_chunks::<RECORD_BYTES>();
        if !rest.is_empty() {
            return Err(TapeError::Length(records.len()));
        }
        let (mut first_ns, mut last_ns) = (0, 0);
        for (number, chunk) in chunks.iter().enumerate() {
            let event = MarketEvent::from_bytes(chunk)?;
            let instrument = event.count >> INSTRUMENT_SHIFT;
            if instrument as usize >= instruments.len() {
                return Err(TapeError::Instrument(instrument));
            }
            let received = received_ns(&event);
            if number == 0 {
                first_ns = received;
            }
            last_ns = received.max(last_ns);
        }
        let records = Arc::new(records);
        let message = Vec::new();
        let instruments = instruments.into();
        Ok(Self { records, instruments, feed, first_ns, last_ns, at: 0, due_ns: first_ns, message })
    }

    /// The same tape from its start.
    pub fn rewound(&self) -> Self {
        Self { at: 0, due_ns: self.first_ns, message: Vec::new(), ..self.clone() }
    }

    /// Its instruments; records name them by their place here.
    pub fn instruments(&self) -> &[TapeInstrument] {
        &self.instruments
    }

    /// Who made it.
    pub const fn feed(&self) -> TapeFeed {
        self.feed
    }

    /// Number of records.
    pub fn events(&self) -> usize {
        self.records.len() / RECORD_BYTES
    }

    /// Receipt time of the first record, ns; 0 when there is none.
    pub const fn first_ns(&self) -> i64 {
        self.first_ns
    }

    /// Latest receipt time of a record, ns.
    pub const fn last_ns(&self) -> i64 {
        self.last_ns
    }

    /// When the next message is due; `None` at the end.
    pub fn next_due_ns(&self) -> Option<i64> {
        (self.at < self.records.len()).then_some(self.due_ns)
    }

    /// Takes the next message: its instrument and its events. `None` at the end.
    ///
    /// A message ends with the record that says so, or where another instrument begins.
    pub fn next_message(&mut self) -> Option<(usize, &[MarketEvent])> {
        self.message.clear();
        let mut instrument = None;
        while let Some(mut event) = self.record_at(self.at) {
            let of = event.count >> INSTRUMENT_SHIFT;
            if *instrument.get_or_insert(of) != of {
                break;
            }
            event.count &= MAX_COUNT;
            self.at += RECORD_BYTES;
            self.message.push(event);
            if event.is_last() {
                break;
            }
        }
        self.due_ns = self.due_ns.max(self.received_at(self.at));
        instrument.map(|of| (of as usize, self.message.as_slice()))
    }

    /// When the record at an offset was received, without reading the rest of it; 0 at the end.
    fn received_at(&self, at: usize) -> i64 {
        let stamps = self.records.get(at..at + 16).unwrap_or_default();
        let [venue, local] = stamps.as_chunks::<8>().0 else { return 0 };
        let [venue, local] = [venue, local].map(|stamp| i64::from_le_bytes(*stamp));
        if local > 0 { local } else { venue }
    }

    fn record_at(&self, at: usize) -> Option<MarketEvent> {
        let bytes = self.records.get(at..at + RECORD_BYTES)?;
        MarketEvent::from_bytes(bytes).ok()
    }
}

/// When an event was received; what has no receipt time was received when the venue stamped it.
const fn received_ns(event: &MarketEvent) -> i64 {
    if event.ts_local_ns > 0 { event.ts_local_ns } else { event.ts_venue_ns }
}

/// The instruments of a tape, in the order in which they first spoke, and its records.
pub type WrittenTape = (Vec<(VenueId, String)>, Vec<u8>);

/// Writes the messages of any source as the records of one tape.
#[derive(Debug, Clone, Default)]
pub struct TapeWriter {
    instruments: Vec<(VenueId, String)>,
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
        let known = |(at, name): &(VenueId, String)| *at == venue && name == symbol;
        let found = self.instruments.iter().position(known);
        let of = found.unwrap_or(self.instruments.len());
        let of = u32::try_from(of).ok().filter(|of| *of <= MAX_COUNT);
        let Some(of) = of else { return Err(TapeError::Instrument(u32::MAX)) };
        if found.is_none() {
            self.instruments.push((venue, symbol.to_owned()));
        }
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
        assert_eq!(names, [(VenueId(0), "A".to_owned()), (VenueId(0), "B".to_owned())]);
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
