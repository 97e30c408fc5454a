//! Numbers as bytes: the example's, or as they are, or as what they differ by from the example's or
//! from the last one of their kind.

use super::bytes::{Form, Line};
use super::{Pack, Packer, Unpacker};

/// Numbers from here on are worth a difference, and to the last one of at least so much.
const LARGE: u64 = 1 << 24;
/// From here on they are times.
const TIME: u64 = 1 << 56;
/// Differences below leave room for what they differ from.
const APART: u64 = 1 << 60;
/// Numbers below leave room for the word that they are.
const OWN: u64 = 1 << 63;
/// What follows is a number that leaves none.
const PLAIN: u64 = u64::MAX;
/// What follows are the halves of a number that a word is too short for.
const WIDE: i64 = i64::MIN;
/// Bits of the lower two of the three parts of an id: a time, a count, and noise.
const ID_BITS: u32 = 40;

impl Pack for u8 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        to.word(u64::from(*self));
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.word()?.try_into().ok()
    }
}

/// Counts and numbers of rows, which stand close to the example's.
macro_rules! unsigned {
    ($($int:ty),+) => { $(
        impl Pack for $int {
            #[inline]
            fn pack(&self, to: &mut Packer) {
                to.say(u64::from(*self), Form::Near);
            }

            #[inline]
            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                unpack_near(from)?.try_into().ok()
            }
        }
    )+ };
}

unsigned!(u16, u32, u64);

#[inline]
fn unpack_near(from: &mut Unpacker<'_>) -> Option<u64> {
    match from.beside()? {
        (same, true) => Some(same),
        (example, false) => Some(example.wrapping_add(zagzig(from.unsigned()?).cast_unsigned())),
    }
}

/// Small in either direction stays small without a sign.
#[inline]
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[inline]
const fn zagzig(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// A signed number as it is has a zero below it. A difference has a one: above that a zero where it is
/// from the example's; or else a one, and above that whether it is of times. The last one of its kind
/// is the last that was written.
impl Line {
    /// Writes what a number differs by from the example's.
    pub(super) fn near(&mut self, value: u64, example: u64) {
        self.unsigned(zigzag(value.wrapping_sub(example).cast_signed()));
    }

    /// Writes a signed number.
    pub(super) fn signed(&mut self, value: i64, example: i64) {
        if value.unsigned_abs() < LARGE {
            return self.unsigned(zigzag(value) << 1);
        }
        let is_time = value.unsigned_abs() >= TIME;
        let last = std::mem::replace(self.last.of(is_time), value);
        let own = zigzag(value);
        let apart = zigzag(value.wrapping_sub(last));
        let beside = zigzag(value.wrapping_sub(example));
        if beside < APART && beside < own / 2 && beside / 2 <= apart {
            self.unsigned(beside << 2 | 1);
        } else if apart < APART && apart < own / 4 {
            self.unsigned(apart << 3 | u64::from(is_time) << 2 | 3);
        } else if own < OWN {
            self.unsigned(own << 1);
        } else {
            self.unsigned(PLAIN);
            self.unsigned(own);
        }
    }
}

impl Pack for i64 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        to.say(self.cast_unsigned(), Form::Signed);
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        match from.beside()? {
            (same, true) => Some(same.cast_signed()),
            (example, false) => {
                let said = from.unsigned()?;
                value_of(said, example.cast_signed(), from)
            }
        }
    }
}

/// What a word says that is not the example's.
fn value_of(said: u64, example: i64, from: &mut Unpacker<'_>) -> Option<i64> {
    let value = match said & 3 {
        0 | 2 => zagzig(said >> 1),
        1 => example.wrapping_add(zagzig(said >> 2)),
        _ if said == PLAIN => zagzig(from.unsigned()?),
        _ => from.last.of(said & 4 != 0).wrapping_add(zagzig(said >> 3)),
    };
    if value.unsigned_abs() >= LARGE {
        *from.last.of(value.unsigned_abs() >= TIME) = value;
    }
    Some(value)
}

/// As a short one where it is one; otherwise as its halves.
impl Pack for i128 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        match i64::try_from(*self) {
            Ok(word) if word != WIDE => word.pack(to),
            _ => pack_halves(*self, to),
        }
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        match i64::unpack(from)? {
            WIDE => unpack_halves(from),
            word => Some(word.into()),
        }
    }
}

fn pack_halves(value: i128, to: &mut Packer) {
    WIDE.pack(to);
    low_word((value >> 64).cast_unsigned()).cast_signed().pack(to);
    low_word(value.cast_unsigned()).cast_signed().pack(to);
}

fn unpack_halves(from: &mut Unpacker<'_>) -> Option<i128> {
    let (high, low) = (i64::unpack(from)?, i64::unpack(from)?);
    Some(i128::from(high) << 64 | i128::from(low.cast_unsigned()))
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
const fn low_word(value: u128) -> u64 {
    value as u64
}

/// Ids: a time and a count close to the example's, and noise. Of a hash no byte is spared.
impl Pack for u128 {
    fn pack(&self, to: &mut Packer) {
        let low = (1 << ID_BITS) - 1;
        to.say(low_word(*self >> (2 * ID_BITS)), Form::Near);
        to.say(low_word((*self >> ID_BITS) & low), Form::Near);
        to.word(low_word(*self & low));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let [time, count] = [unpack_near(from)?, unpack_near(from)?].map(Self::from);
        Some(time << (2 * ID_BITS) | count << ID_BITS | Self::from(from.word()?))
    }
}
