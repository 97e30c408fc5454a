//! Numbers as bytes: as they are, or as what they differ by from the last one of their kind.

use super::{Pack, Packer, Unpacker};

/// Numbers from here on are worth a difference, and to the last one of at least so much.
const LARGE: u64 = 1 << 24;
/// From here on they are times.
const TIME: u64 = 1 << 56;
/// Differences below leave room for what they differ from.
const APART: u64 = 1 << 61;
/// Numbers below leave room for the word that they are.
const OWN: u64 = 1 << 63;
/// What follows is a number that leaves none.
const PLAIN: u64 = u64::MAX;
/// What a part of a wide number is below.
const PART: u64 = 1 << 55;

impl Pack for u8 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        to.byte(*self);
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.byte()
    }
}

macro_rules! unsigned {
    ($($int:ty),+) => { $(
        impl Pack for $int {
            #[inline]
            fn pack(&self, to: &mut Packer) {
                to.unsigned(u64::from(*self));
            }

            #[inline]
            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                from.unsigned()?.try_into().ok()
            }
        }
    )+ };
}

unsigned!(u16, u32, u64);

/// Small in either direction stays small without a sign.
#[inline]
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

#[inline]
const fn zagzig(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// A number as it is has a zero below it; a difference has a one, and above that whether it is of
/// times.
impl Pack for i64 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        if self.unsigned_abs() < LARGE {
            to.unsigned(zigzag(*self) << 1);
        } else {
            pack_large(*self, to);
        }
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let said = from.unsigned()?;
        let is_small = said & 1 == 0 && said < zigzag(-LARGE.cast_signed()) << 1;
        if is_small { Some(zagzig(said >> 1)) } else { unpack_large(said, from) }
    }
}

fn pack_large(value: i64, to: &mut Packer) {
    let is_time = value.unsigned_abs() >= TIME;
    let last = to.last.of(is_time);
    let (own, apart) = (zigzag(value), zigzag(value.wrapping_sub(*last)));
    *last = value;
    if apart < APART && apart < own / 2 {
        to.unsigned(apart << 2 | u64::from(is_time) << 1 | 1);
    } else if own < OWN {
        to.unsigned(own << 1);
    } else {
        to.unsigned(PLAIN);
        to.unsigned(own);
    }
}

fn unpack_large(said: u64, from: &mut Unpacker<'_>) -> Option<i64> {
    let value = if said & 1 == 0 {
        zagzig(said >> 1)
    } else if said == PLAIN {
        zagzig(from.unsigned()?)
    } else {
        from.last.of(said & 2 != 0).wrapping_add(zagzig(said >> 2))
    };
    *from.last.of(value.unsigned_abs() >= TIME) = value;
    Some(value)
}

/// In parts, the lowest first; each says whether another one follows.
impl Pack for i128 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        match i64::try_from(*self) {
            Ok(word) if word.unsigned_abs() < PART / 2 => to.unsigned(zigzag(word) << 1),
            _ => pack_parts(*self, to),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let (mut value, mut at) = (0_u128, 0);
        loop {
            let part = from.unsigned()?;
            value |= u128::from(part >> 1).checked_shl(at)?;
            at += PART.ilog2();
            if part & 1 == 0 {
                return Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
            }
        }
    }
}

fn pack_parts(value: i128, to: &mut Packer) {
    let mut rest = ((value << 1) ^ (value >> 127)).cast_unsigned();
    while rest >= u128::from(PART) {
        to.unsigned(((low_word(rest) % PART) << 1) | 1);
        rest >>= PART.ilog2();
    }
    to.unsigned(low_word(rest) << 1);
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
const fn low_word(value: u128) -> u64 {
    value as u64
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
