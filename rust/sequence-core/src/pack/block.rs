//! Rows of one kind, column by column: most say the same in every row, and take one number for all.
//!
//! The others are what they differ by from the first row, in as many bytes as the largest difference
//! needs: so any row is read without those before it.

/// Numbers of rows, one after another, before they are put into columns.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    numbers: Vec<u64>,
    /// The last time that the row said.
    pub(super) last_ns: i64,
    /// A value had no numbers that say it.
    unsaid: bool,
    room: Room,
}

/// Where a block is made before it has as much memory as it needs.
#[derive(Debug, Default)]
struct Room {
    /// The bits of each column in which rows differ.
    differ: Vec<u64>,
    columns: Vec<Column>,
    bytes: Vec<u8>,
}

/// A copy begins with nothing said.
impl Clone for Packer {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Packer {
    /// Forgets what was said.
    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
    }

    /// The numbers of a row, as a part of what was said. `None` where a value of it has none that say it.
    pub(crate) fn row(&mut self, pack: impl FnOnce(&mut Self)) -> Option<(usize, usize)> {
        let from = self.numbers.len();
        (self.last_ns, self.unsaid) = (0, false);
        pack(self);
        if self.unsaid {
            self.numbers.truncate(from);
            return None;
        }
        Some((from, self.numbers.len()))
    }

    /// The next number of the row.
    #[inline]
    pub(super) fn say(&mut self, number: u64) {
        self.numbers.push(number);
    }

    /// A text: its length, and eight bytes at a time.
    pub(super) fn text(&mut self, bytes: &[u8]) {
        self.say(bytes.len() as u64);
        for part in bytes.chunks(size_of::<u64>()) {
            self.say(part.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    /// A value of the row has no numbers that say it.
    pub(crate) const fn give_up(&mut self) {
        self.unsaid = true;
    }

    fn numbers_of(&self, (from, to): (usize, usize)) -> &[u64] {
        self.numbers.get(from..to).unwrap_or_default()
    }
}

/// A column whose rows do not all say the same.
#[derive(Debug, Clone, Copy)]
struct Column {
    /// Which.
    at: u32,
    /// Where its first row begins.
    start: u32,
    /// Bytes of a row.
    width: u32,
}

/// Rows of as many numbers each.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    first: Box<[u64]>,
    columns: Box<[Column]>,
    /// A word longer than the columns, so that each of their numbers is read as one.
    bytes: Box<[u8]>,
}

/// Small in either direction stays small without a sign.
#[inline]
const fn zigzag(value: u64) -> u64 {
    let value = value.cast_signed();
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[inline]
const fn zagzig(value: u64) -> u64 {
    ((value >> 1).cast_signed() ^ -((value & 1).cast_signed())).cast_unsigned()
}

impl Block {
    /// Rows that a packer was told, of the same length.
    pub(crate) fn new(told: &mut Packer, rows: &[(usize, usize)]) -> Self {
        let Room { mut differ, mut columns, mut bytes } = std::mem::take(&mut told.room);
        let first = rows.first().map(|row| told.numbers_of(*row)).unwrap_or_default();
        differ.clear();
        differ.resize(first.len(), 0);
        for row in rows.iter().skip(1) {
            let beside = told.numbers_of(*row).iter().zip(first);
            differ.iter_mut().zip(beside).for_each(|(all, (own, first))| *all |= own ^ first);
        }
        columns.clear();
        bytes.clear();
        for ((at, first), _) in (0..).zip(first).zip(&differ).filter(|(_, differ)| **differ != 0) {
            let column = rows.iter().map(|(from, _)| {
                told.numbers
                    .get(from + at as usize)
                    .map_or(0, |own| zigzag(own.wrapping_sub(*first)))
            });
            let most = column.clone().fold(0, |most, apart| most | apart);
            let width = (u64::BITS - most.leading_zeros()).div_ceil(8);
            let start = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            write(&mut bytes, width as usize, column);
            columns.push(Column { at, start, width });
        }
        bytes.extend_from_slice(&[0; size_of::<u64>()]);
        let made = Self {
            first: first.into(),
            columns: columns.as_slice().into(),
            bytes: bytes.as_slice().into(),
        };
        told.room = Room { differ, columns, bytes };
        made
    }

    fn apart(&self, column: Column, row: usize) -> Option<u64> {
        let start = column.start as usize + row * column.width as usize;
        let word = self.bytes.get(start..)?.first_chunk()?;
        let above = u64::BITS.checked_sub(8 * column.width)?;
        Some(u64::from_le_bytes(*word) << above >> above)
    }

    /// Bytes of the columns whose rows differ.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() - size_of::<u64>()
    }

    /// What reads a row.
    pub(crate) fn reader(&self, row: usize) -> Unpacker<'_> {
        Unpacker { block: self, row, at: 0, column: 0, last_ns: 0 }
    }
}

/// Adds the lowest bytes of each word. All of it is written, and the next one over what is too much.
fn write(bytes: &mut Vec<u8>, width: usize, words: impl ExactSizeIterator<Item = u64>) {
    let (start, count) = (bytes.len(), words.len());
    let end = start + count * width;
    bytes.resize(end + size_of::<u64>(), 0);
    for (nth, word) in words.enumerate() {
        let room = bytes.get_mut(start + nth * width..).and_then(<[u8]>::first_chunk_mut);
        if let Some(room) = room {
            *room = word.to_le_bytes();
        }
    }
    bytes.truncate(end);
}

/// Reads the numbers of a row in order.
#[derive(Debug)]
pub(crate) struct Unpacker<'a> {
    block: &'a Block,
    row: usize,
    /// The next number.
    at: usize,
    /// The next column of which rows differ.
    column: usize,
    pub(super) last_ns: i64,
}

impl Unpacker<'_> {
    /// The next number.
    #[inline]
    pub(super) fn next(&mut self) -> Option<u64> {
        let (at, first) = (self.at, *self.block.first.get(self.at)?);
        self.at = at + 1;
        match self.block.columns.get(self.column) {
            Some(column) if column.at as usize == at => {
                self.column += 1;
                Some(first.wrapping_add(zagzig(self.block.apart(*column, self.row)?)))
            }
            _ => Some(first),
        }
    }

    /// True when every number was read.
    #[cfg(test)]
    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.block.first.len()
    }

    /// A text.
    pub(super) fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.next()?).ok()?;
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let count = (length - bytes.len()).min(size_of::<u64>());
            bytes.extend_from_slice(self.next()?.to_le_bytes().get(..count)?);
        }
        String::from_utf8(bytes).ok()
    }
}
