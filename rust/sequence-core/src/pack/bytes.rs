//! Bytes as they are written and read.

/// Numbers below are one byte.
const SHORT: u64 = 1 << 7;
/// Bits of a number in as many bytes as a word has.
const IN_WORD: u32 = 56;

/// Bytes being written.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
    pub(super) last: Last,
    /// A value had no bytes that say it.
    unsaid: bool,
}

/// The last large numbers of a row.
#[derive(Debug, Default)]
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

    /// Begins another row; where it begins.
    pub(crate) fn start(&mut self) -> usize {
        (self.last, self.unsaid) = (Last::default(), false);
        self.bytes.len()
    }

    /// Every value of the row was said.
    pub(crate) const fn is_whole(&self) -> bool {
        !self.unsaid
    }

    /// A value of the row has no bytes that say it.
    pub(crate) const fn give_up(&mut self) {
        self.unsaid = true;
    }

    /// Takes back what was written from here on.
    pub(crate) fn cut(&mut self, from: usize) {
        self.bytes.truncate(from);
    }

    /// What was written from here on.
    pub(crate) fn read(&self, from: usize) -> Unpacker<'_> {
        Unpacker::new(self.bytes.get(from..).unwrap_or_default())
    }

    /// What another packer wrote.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// All of it, and the packer begins again in the same room.
    pub(crate) fn take(&mut self) -> Box<[u8]> {
        let bytes = self.bytes.as_slice().into();
        self.bytes.clear();
        bytes
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    #[inline]
    pub(super) fn unsigned(&mut self, value: u64) {
        if value < SHORT {
            self.byte(low_byte(value << 1 | 1));
        } else {
            self.longer(value);
        }
    }

    fn longer(&mut self, value: u64) {
        let bits = u64::BITS - value.leading_zeros();
        if bits > IN_WORD {
            self.byte(0);
            return self.copy(&value.to_le_bytes());
        }
        // As many as seven bits go into: exact for as many as there are.
        let bytes = ((bits + 6) * 37) >> 8;
        let word = (value << 1 | 1) << (bytes - 1);
        // A whole word is written at once, and what is too much of it taken back.
        let end = self.bytes.len() + bytes as usize;
        self.copy(&word.to_le_bytes());
        self.bytes.truncate(end);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the caller wants the low bits")]
#[inline]
const fn low_byte(value: u64) -> u8 {
    value as u8
}

/// Bytes being read.
#[derive(Debug)]
pub(crate) struct Unpacker<'a> {
    bytes: &'a [u8],
    pub(super) last: Last,
}

impl<'a> Unpacker<'a> {
    /// A reader of what one row wrote, and of whatever follows it.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, last: Last::default() }
    }

    /// Bytes that were not read.
    #[cfg(test)]
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
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
