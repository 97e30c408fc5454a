//! Bytes as they are written and read: numbers of a row, each beside the same one of an example.
//!
//! Eight marks stand before eight numbers: which of them are the example's, and have no bytes.

use std::sync::Arc;

/// Bits of a number in as many bytes as a word has.
const IN_WORD: u32 = 56;

/// Numbers between two bytes of marks.
const MARKS: usize = 8;
/// Bytes that a number takes at most, with its part of the marks.
const MOST: usize = 19;
/// Numbers of a row that can be an example to others.
const EXAMPLE: usize = 512;

/// Numbers of one row, beside which others of its kind are written; after its end they are 0.
pub(crate) type Example = Arc<[u64]>;

/// Up to eight bytes as a number, the lowest first.
fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn number_of(example: &[u64], at: usize) -> u64 {
    example.get(at).copied().unwrap_or(0)
}

/// How a number is written where it is not the example's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is: it is small, or has nothing to do with the example's.
    Word,
    /// As what it differs by from the example's.
    Near,
    /// The bits of a signed one: whichever is the shortest.
    Signed,
    /// So many bytes of a text.
    Text(u8),
}

/// Bytes being written. A row is first its numbers alone: what to do with each is then one loop.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
    numbers: Vec<(u64, Form)>,
    line: Line,
    /// A value had no bytes that say it.
    unsaid: bool,
}

/// The last large numbers of a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Last {
    amount: i64,
    time: i64,
}

impl Last {
    #[inline]
    pub(super) const fn of(&mut self, is_time: bool) -> &mut i64 {
        if is_time { &mut self.time } else { &mut self.amount }
    }
}

/// A copy begins with nothing written.
impl Clone for Packer {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Packer {
    /// Bytes written so far.
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Begins another row.
    pub(crate) fn start(&mut self) {
        self.unsaid = false;
        self.numbers.clear();
    }

    /// Writes the row beside an example.
    pub(crate) fn finish(&mut self, example: &[u64]) {
        let Self { numbers, line, .. } = self;
        line.begin(numbers.len());
        let (groups, rest) = numbers.as_chunks::<MARKS>();
        let (beside, _) = example.as_chunks::<MARKS>();
        for (group, beside) in groups.iter().zip(beside) {
            line.group(group, beside);
        }
        // Past the end of the example, which is of numbers that are 0.
        let beyond = groups.get(beside.len()..).unwrap_or_default();
        for (group, at) in beyond.iter().zip(beside.len()..) {
            line.group(group, &padded(example, at));
        }
        if !rest.is_empty() {
            line.group(rest, &padded(example, groups.len()));
        }
        self.bytes.extend_from_slice(line.written());
    }

    /// The numbers of the row that was written last: an example for others.
    pub(crate) fn example(&self) -> Example {
        self.numbers.iter().take(EXAMPLE).map(|(number, _)| *number).collect()
    }

    /// Every value of the row was said.
    pub(crate) const fn is_whole(&self) -> bool {
        !self.unsaid
    }

    /// A value of the row has no bytes that say it.
    pub(crate) const fn give_up(&mut self) {
        self.unsaid = true;
    }

    /// What was written from here on.
    pub(crate) fn written(&self, from: usize) -> &[u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    /// Bytes as they are: what another packer wrote.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// All of it, and the packer begins again in the same room.
    pub(crate) fn take(&mut self) -> Box<[u8]> {
        let bytes = self.bytes.as_slice().into();
        self.bytes.clear();
        bytes
    }

    /// The next number of the row.
    #[inline]
    pub(super) fn say(&mut self, number: u64, form: Form) {
        self.numbers.push((number, form));
    }

    /// The next number of the row, which is small or has nothing to do with those of other rows.
    #[inline]
    pub(super) fn word(&mut self, number: u64) {
        self.say(number, Form::Word);
    }

    /// A text: its length, and eight bytes at a time.
    pub(super) fn text(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for part in bytes.chunks(size_of::<u64>()) {
            let length = u8::try_from(part.len()).unwrap_or(u8::MAX);
            self.say(word_of(part), Form::Text(length));
        }
    }
}

/// A group of an example, as far as it goes.
fn padded(example: &[u64], group: usize) -> [u64; MARKS] {
    let mut padded = [0; MARKS];
    let beside = example.get(group * MARKS..).unwrap_or_default();
    padded.iter_mut().zip(beside).for_each(|(slot, number)| *slot = *number);
    padded
}

/// One row as it is written: there is room for the most that it can take, so that writing a number is
/// a word and a step.
#[derive(Debug, Default)]
pub(super) struct Line {
    bytes: Vec<u8>,
    at: usize,
    pub(super) last: Last,
}

impl Line {
    fn begin(&mut self, numbers: usize) {
        let most = numbers * MOST + size_of::<u64>();
        if self.bytes.len() < most {
            self.bytes.resize(most, 0);
        }
        (self.at, self.last) = (0, Last::default());
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.at).unwrap_or_default()
    }

    /// Writes at most eight numbers beside as many of the example.
    #[inline]
    fn group(&mut self, group: &[(u64, Form)], beside: &[u64; MARKS]) {
        let same = group.iter().zip(beside).map(|((number, _), example)| number == example);
        let marks =
            same.zip(0..).fold(0_u8, |marks, (is_same, bit)| marks | u8::from(is_same) << bit);
        self.word(marks.into(), 1);
        let others = u32::from(!marks) & ((1 << group.len()) - 1);
        self.others(others, group, beside);
    }

    /// Writes those that are not the example's, one bit each.
    #[inline]
    fn others(&mut self, mut left: u32, group: &[(u64, Form)], beside: &[u64; MARKS]) {
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            let (Some((number, form)), Some(example)) = (group.get(at), beside.get(at)) else {
                return;
            };
            match form {
                Form::Word => self.unsigned(*number),
                Form::Near => self.near(*number, *example),
                Form::Signed => self.signed(number.cast_signed(), example.cast_signed()),
                Form::Text(length) => self.word(*number, usize::from(*length)),
            }
        }
    }

    /// Writes the lowest bytes of a word. All of it is written, and the next one over what is too much.
    #[inline]
    fn word(&mut self, word: u64, bytes: usize) {
        let room = self.bytes.get_mut(self.at..).and_then(<[u8]>::first_chunk_mut);
        debug_assert!(room.is_some(), "no row takes more than the most of each of its numbers");
        if let Some(room) = room {
            *room = word.to_le_bytes();
        }
        self.at += bytes;
    }

    /// Writes a number as it is.
    #[inline]
    pub(super) fn unsigned(&mut self, value: u64) {
        let bits = u64::BITS - (value | 1).leading_zeros();
        if bits > IN_WORD {
            self.word(0, 1);
            return self.word(value, size_of::<u64>());
        }
        // As many as seven bits go into: exact for as many as there are.
        let bytes = ((bits + 6) * 37) >> 8;
        self.word((value << 1 | 1) << (bytes - 1), bytes as usize);
    }
}

/// Bytes being read.
#[derive(Debug)]
pub(crate) struct Unpacker<'a> {
    bytes: &'a [u8],
    example: &'a [u64],
    at: usize,
    marks: u8,
    pub(super) last: Last,
}

impl<'a> Unpacker<'a> {
    /// A reader of what one row wrote beside an example, and of whatever follows it.
    pub(crate) fn new(bytes: &'a [u8], example: &'a [u64]) -> Self {
        Self { bytes, example, at: 0, marks: 0, last: Last::default() }
    }

    /// Bytes that were not read.
    #[cfg(test)]
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// The example's next number, and whether it is this row's.
    #[inline]
    pub(super) fn beside(&mut self) -> Option<(u64, bool)> {
        let at = self.at;
        if at.is_multiple_of(MARKS) {
            self.marks = self.byte()?;
        }
        self.at = at + 1;
        let is_same = (self.marks >> (at % MARKS)) & 1 == 1;
        Some((number_of(self.example, at), is_same))
    }

    /// A number that was written as a word.
    #[inline]
    pub(super) fn word(&mut self) -> Option<u64> {
        match self.beside()? {
            (same, true) => Some(same),
            _ => self.unsigned(),
        }
    }

    /// A text.
    pub(super) fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.word()?).ok()?;
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let count = (length - bytes.len()).min(size_of::<u64>());
            match self.beside()? {
                (same, true) => bytes.extend_from_slice(same.to_le_bytes().get(..count)?),
                _ => bytes.extend_from_slice(self.take(count)?),
            }
        }
        String::from_utf8(bytes).ok()
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    #[inline]
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let length = self.bytes.first()?.trailing_zeros() + 1;
        let Some(word) = self.bytes.first_chunk().filter(|_| length <= u8::BITS) else {
            return self.last_word(length);
        };
        self.bytes = self.bytes.get(length as usize..)?;
        Some(value_of(u64::from_le_bytes(*word), length))
    }

    /// A number that fills more than a word, or that stands close to the end.
    #[cold]
    fn last_word(&mut self, length: u32) -> Option<u64> {
        if length > u8::BITS {
            self.byte()?;
            return Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?));
        }
        let mut bytes = [0; 8];
        let read = self.take(length as usize)?;
        bytes.get_mut(..read.len())?.copy_from_slice(read);
        Some(value_of(u64::from_le_bytes(bytes), length))
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }
}

/// What so many bytes of a word say.
#[inline]
const fn value_of(word: u64, bytes: u32) -> u64 {
    (word >> bytes) & (u64::MAX >> (u64::BITS - 7 * bytes))
}
