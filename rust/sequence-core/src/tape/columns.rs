//! Records as columns and back, for formats that keep each field by itself.

use super::play::{INSTRUMENT_SHIFT, TapeWriter, WrittenTape};
use super::{RECORD_BYTES, TapeError};
use crate::feed::{Heard, Replay};

/// Offset and width of each field of a record, in order.
const FIELDS: [(usize, usize); 11] = [
    (0, 8),
    (8, 8),
    (16, 8),
    (24, 1),
    (25, 1),
    (26, 2),
    (28, 4),
    (32, 8),
    (40, 8),
    (48, 8),
    (56, 8),
];

/// Width in bytes of each column: the fields of a record in order, then the instrument.
pub const COLUMN_WIDTHS: [usize; 12] = [8, 8, 8, 1, 1, 2, 4, 8, 8, 8, 8, 2];

/// Offset of the upper half of `count`, where the instrument stands.
const INSTRUMENT_AT: usize = 28 + INSTRUMENT_SHIFT as usize / 8;

/// Splits records into columns. Instruments are taken out of `count` and stand in the last one.
pub fn split(records: &[u8]) -> Result<[Vec<u8>; 12], TapeError> {
    let rows = rows(records)?;
    let column = |offset: usize, width: usize| {
        let mut column = Vec::with_capacity(rows.len() * width);
        for row in rows {
            column.extend_from_slice(row.get(offset..offset + width).unwrap_or_default());
        }
        column
    };
    let fields = FIELDS.iter().map(|(offset, width)| column(*offset, *width));
    let mut columns: Vec<Vec<u8>> = fields.collect();
    if let Some(count) = columns.get_mut(6) {
        for value in count.as_chunks_mut::<4>().0 {
            (value[2], value[3]) = (0, 0);
        }
    }
    columns.push(column(INSTRUMENT_AT, 2));
    columns.try_into().map_err(|_never| TapeError::Length(records.len()))
}

/// Joins columns into records. `count` keeps its lower half.
pub fn join(columns: &[&[u8]; 12]) -> Result<Vec<u8>, TapeError> {
    let [.., instruments] = columns;
    let rows = instruments.len() / 2;
    let mut records = vec![0; rows * RECORD_BYTES];
    let places = FIELDS.into_iter().chain([(INSTRUMENT_AT, 2)]);
    for (column, (offset, width)) in columns.iter().zip(places) {
        if column.len() != rows * width {
            return Err(TapeError::Length(column.len()));
        }
        let values = column.chunks_exact(width);
        for (row, value) in records.as_chunks_mut::<RECORD_BYTES>().0.iter_mut().zip(values) {
            if let Some(slot) = row.get_mut(offset..offset + width) {
                slot.copy_from_slice(value);
            }
        }
    }
    Ok(records)
}

/// Keeps the records of some instruments under new numbers: `renumber[old]`.
pub fn select(records: &[u8], renumber: &[Option<u16>]) -> Result<Vec<u8>, TapeError> {
    let mut kept = Vec::new();
    for row in rows(records)? {
        let [low, high] = [INSTRUMENT_AT, INSTRUMENT_AT + 1].map(|at| row.get(at).copied());
        let of = u16::from_le_bytes([low.unwrap_or_default(), high.unwrap_or_default()]);
        let Some(renumbered) = renumber.get(usize::from(of)) else {
            return Err(TapeError::Instrument(u32::from(of)));
        };
        if let Some(number) = renumbered {
            let mut row = *row;
            if let Some(slot) = row.get_mut(INSTRUMENT_AT..INSTRUMENT_AT + 2) {
                slot.copy_from_slice(&number.to_le_bytes());
            }
            kept.extend_from_slice(&row);
        }
    }
    Ok(kept)
}

/// Decodes a raw recording to its end: its instruments as they first spoke, and its records.
pub fn records_of(replay: &mut Replay) -> Result<WrittenTape, TapeError> {
    let (mut writer, mut refused) = (TapeWriter::default(), Ok(()));
    while let Some(due_ns) = replay.next_due_ns() {
        replay.advance(due_ns, &mut |instrument, heard| {
            let venue = instrument.venue.venue_id();
            let written = match heard {
                Heard::Terms(terms) => writer.tell(venue, &instrument.symbol, terms),
                Heard::Message(events) => writer.push(venue, &instrument.symbol, events, due_ns),
            };
            refused = std::mem::replace(&mut refused, Ok(())).and(written);
        });
        std::mem::replace(&mut refused, Ok(()))?;
    }
    Ok(writer.finish())
}

fn rows(records: &[u8]) -> Result<&[[u8; RECORD_BYTES]], TapeError> {
    let (rows, rest) = records.as_chunks::<RECORD_BYTES>();
    if rest.is_empty() { Ok(rows) } else { Err(TapeError::Length(records.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn records_survive_their_columns(
            rows in prop::collection::vec(prop::collection::vec(any::<u8>(), RECORD_BYTES), 0..20),
        ) {
            let records = rows.concat();
            let columns = split(&records).unwrap();
            for (column, width) in columns.iter().zip(COLUMN_WIDTHS) {
                prop_assert_eq!(column.len(), rows.len() * width);
            }
            let views = columns.each_ref().map(Vec::as_slice);
            prop_assert_eq!(join(&views).unwrap(), records);
        }
    }

    #[test]
    fn a_selection_keeps_some_instruments_under_new_numbers() {
        let record = |instrument: u8, mark: u8| {
            let mut row = vec![mark; RECORD_BYTES];
            (row[INSTRUMENT_AT], row[INSTRUMENT_AT + 1]) = (instrument, 0);
            row
        };
        let records = [record(0, 7), record(1, 8), record(1, 9)].concat();
        let kept = select(&records, &[None, Some(0)]).unwrap();
        assert_eq!(kept, [record(0, 8), record(0, 9)].concat());
        assert_eq!(select(&records, &[None]), Err(TapeError::Instrument(1)));
        assert_eq!(split(&records[1..]).err(), Some(TapeError::Length(191)));
    }

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let columns = split(&[0; RECORD_BYTES]).unwrap();
        let mut views = columns.each_ref().map(Vec::as_slice);
        views[3] = &[];
        assert_eq!(join(&views), Err(TapeError::Length(0)));
    }
}
