//! The 64-byte little-endian record of a [`MarketEvent`], the unit of every recording.

use std::fmt;
use std::io;

use super::{EventKind, MarketEvent};
use crate::ids::BookSide;
use crate::number::{Price, Quantity};

/// Length of one encoded event.
pub const RECORD_BYTES: usize = 64;

/// Why bytes are not an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapeError {
    /// Not exactly [`RECORD_BYTES`] bytes; carries the number given.
    Length(usize),
    /// No such kind of event.
    Kind(u8),
    /// No such side.
    Side(u8),
    /// A time after the year 2262.
    Time,
    /// An instrument the tape does not list, or more than it can list.
    Instrument(u32),
    /// The file cannot be read.
    Read(io::ErrorKind),
}

impl fmt::Display for TapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => write!(f, "a record has {RECORD_BYTES} bytes, not {n}"),
            Self::Kind(code) => write!(f, "unknown kind of event {code}"),
            Self::Side(code) => write!(f, "unknown side {code}"),
            Self::Time => f.write_str("a time is out of range"),
            Self::Instrument(at) => write!(f, "instrument {at} is not listed by the tape"),
            Self::Read(kind) => write!(f, "it cannot be read: {kind}"),
        }
    }
}

impl std::error::Error for TapeError {}

impl MarketEvent {
    /// The event as one little-endian record.
    ///
    /// Times before 1970 are written as 0, which means none.
    pub fn to_bytes(&self) -> [u8; RECORD_BYTES] {
        let side = match self.side {
            None => 0,
            Some(BookSide::Bid) => 1,
            Some(BookSide::Ask) => 2,
        };
        let [flag_low, flag_high] = self.flags.to_le_bytes();
        let [c0, c1, c2, c3] = self.count.to_le_bytes();
        let words = [
            self.ts_venue_ns.max(0).to_le_bytes(),
            self.ts_local_ns.max(0).to_le_bytes(),
            self.seq.to_le_bytes(),
            [self.kind as u8, side, flag_low, flag_high, c0, c1, c2, c3],
            self.price.0.to_le_bytes(),
            self.quantity.0.to_le_bytes(),
            self.order_id.to_le_bytes(),
            self.match_id.to_le_bytes(),
        ];
        let mut bytes = [0; RECORD_BYTES];
        for (slot, byte) in bytes.iter_mut().zip(words.as_flattened()) {
            *slot = *byte;
        }
        bytes
    }

    /// Reads one record. Unknown bits of `flags` are kept.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TapeError> {
        let (words, rest) = bytes.as_chunks::<8>();
        let [venue, local, seq, mixed, price, quantity, order, trade] = words else {
            return Err(TapeError::Length(bytes.len()));
        };
        if !rest.is_empty() {
            return Err(TapeError::Length(bytes.len()));
        }
        let [kind, side, flag_low, flag_high, c0, c1, c2, c3] = *mixed;
        Ok(Self {
            ts_venue_ns: time(*venue)?,
            ts_local_ns: time(*local)?,
            seq: u64::from_le_bytes(*seq),
            kind: EventKind::from_code(kind).ok_or(TapeError::Kind(kind))?,
            side: match side {
                0 => None,
                1 => Some(BookSide::Bid),
                2 => Some(BookSide::Ask),
                code => return Err(TapeError::Side(code)),
            },
            flags: u16::from_le_bytes([flag_low, flag_high]),
            count: u32::from_le_bytes([c0, c1, c2, c3]),
            price: Price(i64::from_le_bytes(*price)),
            quantity: Quantity(i64::from_le_bytes(*quantity)),
            order_id: u64::from_le_bytes(*order),
            match_id: u64::from_le_bytes(*trade),
        })
    }
}

fn time(bytes: [u8; 8]) -> Result<i64, TapeError> {
    i64::try_from(u64::from_le_bytes(bytes)).map_err(|_too_late| TapeError::Time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_event() -> impl Strategy<Value = MarketEvent> {
        let times = (0..=i64::MAX, 0..=i64::MAX, any::<u64>(), 1..=11u8, 0..=2u8);
        let rest = (any::<u16>(), any::<u32>(), any::<i64>(), any::<i64>(), any::<(u64, u64)>());
        (times, rest).prop_map(|((venue, local, seq, kind, side), (flags, count, px, qty, ids))| {
            MarketEvent {
                ts_venue_ns: venue,
                ts_local_ns: local,
                seq,
                kind: EventKind::from_code(kind).unwrap(),
                side: [None, Some(BookSide::Bid), Some(BookSide::Ask)][usize::from(side)],
                flags,
                count,
                price: Price(px),
                quantity: Quantity(qty),
                order_id: ids.0,
                match_id: ids.1,
            }
        })
    }

    #[test]
    fn fields_stand_at_their_published_offsets() {
        let mut event = MarketEvent::level(BookSide::Ask, Price(5), Quantity(-6), 1, 2).last();
        (event.seq, event.count, event.order_id, event.match_id) = (3, 4, 7, 8);
        let mut expected = [0; RECORD_BYTES];
        for (offset, byte) in [
            (0, 1),
            (8, 2),
            (16, 3),
            (24, 6),
            (25, 2),
            (26, 16),
            (28, 4),
            (32, 5),
            (48, 7),
            (56, 8),
        ] {
            expected[offset] = byte;
        }
        expected[40..48].copy_from_slice(&(-6i64).to_le_bytes());
        assert_eq!(event.to_bytes(), expected);
    }

    #[test]
    fn what_is_not_a_record_is_refused() {
        let good = MarketEvent::new(EventKind::Heartbeat, 1, 1).to_bytes();
        let with = |offset: usize, byte: u8| {
            let mut bytes = good;
            bytes[offset] = byte;
            MarketEvent::from_bytes(&bytes)
        };
        assert_eq!(with(24, 0), Err(TapeError::Kind(0)));
        assert_eq!(with(24, 12), Err(TapeError::Kind(12)));
        assert_eq!(with(25, 3), Err(TapeError::Side(3)));
        assert_eq!(with(7, 0x80), Err(TapeError::Time));
        for length in [0, 1, 63, 65, 128] {
            let bytes = vec![11; length];
            assert_eq!(MarketEvent::from_bytes(&bytes), Err(TapeError::Length(length)));
        }
    }

    proptest! {
        #[test]
        fn events_round_trip(event in any_event()) {
            prop_assert_eq!(MarketEvent::from_bytes(&event.to_bytes()), Ok(event));
        }

        #[test]
        fn whatever_reads_writes_back_the_same_bytes(
            mut bytes in prop::collection::vec(any::<u8>(), RECORD_BYTES), kind in 0..14u8, side in 0..4u8,
        ) {
            bytes[24] = kind;
            bytes[25] = side;
            bytes[7] &= 0x7f;
            bytes[15] &= 0x7f;
            if let Ok(event) = MarketEvent::from_bytes(&bytes) {
                prop_assert_eq!(&event.to_bytes()[..], &bytes[..]);
            }
        }
    }
}
