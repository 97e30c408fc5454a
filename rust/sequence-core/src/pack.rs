//! Values as numbers and back, for rows that have come to rest: exact, short, and written in one pass.
//!
//! A row says its numbers one after another; rows of one kind that say as many become a [`Block`] of
//! columns. Most columns say the same in every row and take one number for all of them. Times of one row
//! lie close to each other: each is written as what it differs by from the last one.
//! Nothing here leaves the process; what a store keeps is `engine::record`'s.

mod block;
mod numbers;

use std::sync::Arc;

pub(crate) use block::{Block, Packer, Unpacker};

/// Rows of a list that room is made for before they are read.
const MOST: usize = 64;

/// A value that numbers can say exactly.
pub(crate) trait Pack: Sized {
    /// Writes it.
    fn pack(&self, to: &mut Packer);

    /// Reads it; `None` where these are not its numbers.
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self>;
}

impl Pack for () {
    fn pack(&self, _: &mut Packer) {}

    fn unpack(_: &mut Unpacker<'_>) -> Option<Self> {
        Some(())
    }
}

impl Pack for bool {
    #[inline]
    fn pack(&self, to: &mut Packer) {
        to.say(u64::from(*self));
    }

    #[inline]
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(from.next()? != 0)
    }
}

impl<T: Pack> Pack for Option<T> {
    #[inline]
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
        to.say(self.len() as u64);
        for value in self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let length = usize::try_from(from.next()?).ok()?;
        let mut all = Self::with_capacity(length.min(MOST));
        for _ in 0..length {
            all.push(T::unpack(from)?);
        }
        Some(all)
    }
}

macro_rules! texts {
    ($($text:ty),+) => { $(
        impl Pack for $text {
            fn pack(&self, to: &mut Packer) {
                to.text(self.as_bytes());
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                from.text().map(Into::into)
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

/// Structs that are often as new, which one number says then.
macro_rules! packs_where_set {
    ($($name:ty { $($field:ident),+ $(,)? })+) => { $(
        impl $crate::pack::Pack for $name {
            fn pack(&self, to: &mut $crate::pack::Packer) {
                let is_set = *self != Self::default();
                is_set.pack(to);
                if is_set {
                    let Self { $($field),+ } = self;
                    $($crate::pack::Pack::pack($field, to);)+
                }
            }

            fn unpack(from: &mut $crate::pack::Unpacker<'_>) -> Option<Self> {
                if !bool::unpack(from)? {
                    return Some(Self::default());
                }
                Some(Self { $($field: $crate::pack::Pack::unpack(from)?),+ })
            }
        }
    )+ };
}
pub(crate) use packs_where_set;

/// Numbers with a type of their own.
macro_rules! packs_numbers {
    ($($name:ty),+ $(,)?) => { $(
        impl $crate::pack::Pack for $name {
            #[inline]
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
            #[inline]
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
mod tests;
