//! Values as bytes and back, for rows that have come to rest: exact, and as short as it is cheap.
//!
//! A small number is one byte or two, a larger one a byte that says how many follow. Times of one row
//! lie close to each other, and so do prices: a 64-bit number is written as what it differs by from
//! the last large one where that is shorter. Nothing here leaves the process; what a store keeps is
//! `engine::record`'s.

use std::sync::Arc;

/// Numbers from here on are worth a difference: times, and nothing that a small order has.
const LARGE: i64 = 1 << 24;
/// Numbers below are one byte.
const SHORT: u64 = 0x80;
/// Numbers below are two bytes: this bit and the lowest six, then the rest.
const MIDDLE: u64 = 1 << (MIDDLE_BITS + 8);
const MIDDLE_BITS: u32 = 6;
const IN_TWO: u8 = 0x80;
/// So many bytes follow, and one more.
const FOLLOWED: u8 = 0xC0;

/// Bytes being written.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    bytes: Vec<u8>,
    last: i64,
    /// A value had no bytes that say it.
    unsaid: bool,
}

impl Packer {
    /// Bytes written so far.
    pub(crate) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Begins another row; where it begins.
    pub(crate) fn start(&mut self) -> usize {
        (self.last, self.unsaid) = (0, false);
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

    /// What another packer wrote.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// All of it.
    pub(crate) fn into_bytes(self) -> Box<[u8]> {
        self.bytes.into_boxed_slice()
    }

    #[inline]
    fn unsigned(&mut self, value: u64) {
        if value < SHORT {
            self.bytes.push(byte(value));
        } else if value < MIDDLE {
            let rest = value >> MIDDLE_BITS;
            self.copy(&[IN_TWO | byte(value) & (FOLLOWED - IN_TWO - 1), byte(rest)]);
        } else {
            self.followed(value.leading_zeros(), &value.to_le_bytes());
        }
    }

    #[inline]
    fn wide(&mut self, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.unsigned(value),
            Err(_) => self.followed(value.leading_zeros(), &value.to_le_bytes()),
        }
    }

    /// The lowest bytes of a number, and before them how many.
    fn followed(&mut self, leading_zeros: u32, bytes: &[u8]) {
        let kept = bytes.len() - leading_zeros as usize / 8;
        self.bytes.push(FOLLOWED + byte(kept as u64 - 1));
        self.bytes.extend(bytes.iter().take(kept));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the caller wants the low bits")]
const fn byte(value: u64) -> u8 {
    value as u8
}

/// Bytes being read.
#[derive(Debug)]
pub(crate) struct Unpacker<'a> {
    bytes: &'a [u8],
    last: i64,
}

impl<'a> Unpacker<'a> {
    /// A reader of what one row wrote, and of whatever follows it.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, last: 0 }
    }

    /// Bytes that were not read.
    #[cfg(test)]
    const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn wide(&mut self) -> Option<u128> {
        let first = self.byte()?;
        if first < IN_TWO {
            return Some(first.into());
        }
        if first < FOLLOWED {
            let rest = u128::from(self.byte()?) << MIDDLE_BITS;
            return Some(rest | u128::from(first - IN_TWO));
        }
        let mut bytes = [0; 16];
        let length = usize::from(first - FOLLOWED) + 1;
        bytes.get_mut(..length)?.copy_from_slice(self.take(length)?);
        Some(u128::from_le_bytes(bytes))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }
}

/// A value that bytes can say exactly.
pub(crate) trait Pack: Sized {
    /// Writes it.
    fn pack(&self, to: &mut Packer);

    /// Reads it; `None` where these are not its bytes.
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self>;
}

impl Pack for bool {
    fn pack(&self, to: &mut Packer) {
        to.bytes.push(u8::from(*self));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(from.byte()? != 0)
    }
}

macro_rules! unsigned {
    ($($int:ty),+) => { $(
        impl Pack for $int {
            fn pack(&self, to: &mut Packer) {
                to.unsigned(u64::from(*self));
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                from.wide()?.try_into().ok()
            }
        }
    )+ };
}

unsigned!(u8, u16, u32, u64);

/// Small in either direction stays small without a sign.
const fn zigzag(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)).cast_unsigned()
}

const fn zagzig(value: u128) -> i128 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// The same of a machine word.
const fn zigzag_word(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

impl Pack for i64 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        let (own, apart) = (zigzag_word(*self), zigzag_word(self.wrapping_sub(to.last)));
        let (said, which) = if own <= apart { (own, 0) } else { (apart, 1) };
        match said.checked_mul(2) {
            Some(word) => to.unsigned(word | which),
            None => to.wide(u128::from(said) << 1 | u128::from(which)),
        }
        if self.unsigned_abs() >= LARGE.unsigned_abs() {
            to.last = *self;
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let said = from.wide()?;
        let number = Self::try_from(zagzig(said >> 1)).ok()?;
        let value = if said & 1 == 0 { number } else { number.wrapping_add(from.last) };
        if value.unsigned_abs() >= LARGE.unsigned_abs() {
            from.last = value;
        }
        Some(value)
    }
}

impl Pack for i128 {
    fn pack(&self, to: &mut Packer) {
        match i64::try_from(*self) {
            Ok(word) => to.unsigned(zigzag_word(word)),
            Err(_) => to.wide(zigzag(*self)),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(zagzig(from.wide()?))
    }
}

/// Ids and hashes: no byte of them is spared.
impl Pack for u128 {
    fn pack(&self, to: &mut Packer) {
        to.copy(&self.to_le_bytes());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self::from_le_bytes(from.take(16)?.try_into().ok()?))
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, to: &mut Packer) {
        self.is_some().pack(to);
        if let Some(value) = self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(if bool::unpack(from)? { Some(T::unpack(from)?) } else { None })
    }
}

impl<T: Pack> Pack for Box<T> {
    fn pack(&self, to: &mut Packer) {
        (**self).pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        T::unpack(from).map(Self::new)
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, to: &mut Packer) {
        to.unsigned(self.len() as u64);
        for value in self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let length = u32::unpack(from)?;
        (0..length).map(|_| T::unpack(from)).collect()
    }
}

macro_rules! texts {
    ($($text:ty),+) => { $(
        impl Pack for $text {
            fn pack(&self, to: &mut Packer) {
                to.unsigned(self.len() as u64);
                to.copy(self.as_bytes());
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                let length = u32::unpack(from)?;
                let bytes = from.take(length as usize)?;
                Some(std::str::from_utf8(bytes).ok()?.into())
            }
        }
    )+ };
}

texts!(Arc<str>, Box<str>);

/// Structs, field by field; one that is forgotten does not compile. Those after the semicolon have
/// their value whenever a row is written.
macro_rules! packs {
    ($($name:ty { $($field:ident),+ $(; $($left:ident = $value:expr),+)? $(,)? })+) => { $(
        impl $crate::pack::Pack for $name {
            fn pack(&self, to: &mut $crate::pack::Packer) {
                let Self { $($field),+ $(, $($left: _),+)? } = self;
                $($crate::pack::Pack::pack($field, to);)+
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Option<Self> {
                Some(Self {
                    $($field: $crate::pack::Pack::unpack(from)?,)+
                    $($($left: $value,)+)?
                })
            }
        }
    )+ };
}
pub(crate) use packs;

/// Numbers with a type of their own.
macro_rules! packs_numbers {
    ($($name:ty),+ $(,)?) => { $(
        impl $crate::pack::Pack for $name {
            fn pack(&self, to: &mut $crate::pack::Packer) {
                $crate::pack::Pack::pack(&self.0, to);
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Option<Self> {
                $crate::pack::Pack::unpack(from).map(Self)
            }
        }
    )+ };
}
pub(crate) use packs_numbers;

/// Words of a closed set, by their place in the list of all.
macro_rules! packs_words {
    ($($name:ty: $all:expr),+ $(,)?) => { $(
        impl $crate::pack::Pack for $name {
            fn pack(&self, to: &mut $crate::pack::Packer) {
                $crate::pack::Pack::pack(&(*self as u8), to);
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Option<Self> {
                let at: u8 = $crate::pack::Pack::unpack(from)?;
                let all: &[Self] = $all;
                all.get(usize::from(at)).copied()
            }
        }
    )+ };
}
pub(crate) use packs_words;

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use proptest::prelude::*;

    use super::*;

    fn returns<T: Pack + PartialEq + Debug>(values: &[T]) -> usize {
        let mut to = Packer::default();
        for value in values {
            value.pack(&mut to);
        }
        let bytes = to.into_bytes();
        let mut from = Unpacker::new(&bytes);
        for value in values {
            assert_eq!(T::unpack(&mut from).as_ref(), Some(value));
        }
        assert!(from.rest().is_empty());
        for cut in 0..bytes.len() {
            let mut from = Unpacker::new(&bytes[..cut]);
            assert!((0..values.len()).any(|_| T::unpack(&mut from).is_none()));
        }
        bytes.len()
    }

    #[test]
    fn the_ends_of_every_range_return() {
        returns::<i64>(&[i64::MIN, i64::MAX, 0, -1, i64::MIN, 1, LARGE, -LARGE]);
        returns::<i128>(&[i128::MIN, i128::MAX, 0, -1, 1 << 63, 1 << 64]);
        returns(&[u64::MAX, 0, SHORT - 1, SHORT, MIDDLE - 1, MIDDLE, 1 << 16, (1 << 16) - 1]);
        returns(&[u128::MAX, 0]);
        returns(&[Some(Arc::<str>::from("a text")), None, Some(Arc::from(""))]);
    }

    #[test]
    fn times_of_one_row_cost_little_after_the_first() {
        let now: i64 = 1_700_000_000_000_000_000;
        assert!(returns(&[now]) <= 9);
        assert!(returns(&[now, now + 250_000, 5, now + 250_001]) <= 9 + 4 + 1 + 1);
    }

    proptest! {
        #[test]
        fn numbers_return(
            small in proptest::collection::vec(any::<i64>(), 0..9),
            wide in proptest::collection::vec(any::<i128>(), 0..9),
            plain in proptest::collection::vec(any::<u64>(), 0..9),
        ) {
            returns(&small);
            returns(&wide);
            returns(&plain);
        }
    }
}
