//! Numbers as words, so that those of one column lie close to each other.

use super::{Pack, Packer, Unpacker};

/// From here on a signed number is a time, which lies close to the last one of its row.
const TIME: i64 = 1 << 56;
/// Below that, a time leaves room for the word that says it is one.
const MOST: u64 = 1 << 62;
/// What follows is a number that leaves none.
const PLAIN: u64 = 1 << 63;
/// What follows are the halves of a number that a word is too short for.
const WIDE: i64 = i64::MIN;
/// Bits of the lower two of the three parts of an id: a time, a count, and noise.
const ID_BITS: u32 = 40;

macro_rules! unsigned {
    ($($int:ty),+) => { $(
        impl Pack for $int {
            #[inline]
            fn pack(&self, to: &mut Packer) {
                to.say(u64::from(*self));
            }

            #[inline]
            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                from.next()?.try_into().ok()
            }
        }
    )+ };
}

unsigned!(u8, u16, u32, u64);

/// Twice the number; or one more than twice what a time differs by from the last one.
impl Pack for i64 {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        if (-TIME..TIME).contains(self) {
            to.say((*self << 1).cast_unsigned());
        } else {
            pack_large(*self, to);
        }
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        match from.next()? {
            PLAIN => from.next().map(u64::cast_signed),
            word if word & 1 == 0 => Some(word.cast_signed() >> 1),
            word => {
                from.last_ns = from.last_ns.wrapping_add(word.cast_signed() >> 1);
                Some(from.last_ns)
            }
        }
    }
}

#[inline(never)]
fn pack_large(value: i64, to: &mut Packer) {
    let apart = value.wrapping_sub(to.last_ns);
    if apart.unsigned_abs() < MOST {
        to.say((apart << 1 | 1).cast_unsigned());
        to.last_ns = value;
    } else {
        to.say(PLAIN);
        to.say(value.cast_unsigned());
    }
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
    to.say(low_word((value >> 64).cast_unsigned()));
    to.say(low_word(value.cast_unsigned()));
}

fn unpack_halves(from: &mut Unpacker<'_>) -> Option<i128> {
    let (high, low) = (from.next()?, from.next()?);
    Some(i128::from(high.cast_signed()) << 64 | i128::from(low))
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
const fn low_word(value: u128) -> u64 {
    value as u64
}

/// Ids: a time and a count close to those of other rows, and noise.
impl Pack for u128 {
    fn pack(&self, to: &mut Packer) {
        let low = (1 << ID_BITS) - 1;
        to.say(low_word(*self >> (2 * ID_BITS)));
        to.say(low_word((*self >> ID_BITS) & low));
        to.say(low_word(*self & low));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let [time, count, noise] = [from.next()?, from.next()?, from.next()?].map(Self::from);
        Some(time << (2 * ID_BITS) | count << ID_BITS | noise)
    }
}
