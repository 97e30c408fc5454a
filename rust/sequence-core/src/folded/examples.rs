//! One row of each kind as the numbers it was written as: what others of its kind are written beside.

use std::sync::Arc;

use super::{Folds, KINDS};
use crate::pack::{Example, Pack as _, Packer, Unpacker};

/// The first byte of a row that was written without one.
const NONE: u8 = u8::MAX;

/// The first row of each kind that was folded.
#[derive(Debug, Clone, Default)]
pub(super) struct Examples {
    of: [Option<Example>; KINDS],
}

impl Examples {
    /// What reads the row that these bytes begin with.
    pub(super) fn reader<'a>(&'a self, bytes: &'a [u8]) -> Option<Unpacker<'a>> {
        let (kind, bytes) = bytes.split_first()?;
        let example = match *kind {
            NONE => &[],
            kind => self.of.get(usize::from(kind))?.as_deref()?,
        };
        Some(Unpacker::new(bytes, example))
    }

    /// Writes a row that rests, or nothing. One that has no example is one from then on.
    pub(super) fn fold<V: Folds>(known: &mut Arc<Self>, row: &V, to: &mut Packer) -> bool {
        if !row.rests() {
            return false;
        }
        to.start();
        row.pack(to);
        if !to.is_whole() {
            return false;
        }
        let (kind, from) = (row.kind(), to.len());
        let example = known.of.get(kind).and_then(Option::as_deref);
        let is_first = example.is_none();
        let tag = if is_first { NONE } else { u8::try_from(kind).unwrap_or(NONE) };
        to.copy(&[tag]);
        to.finish(example.unwrap_or_default());
        debug_assert_eq!(
            known.reader(to.written(from)).and_then(|mut from| V::Head::unpack(&mut from)),
            Some(row.head()),
        );
        if is_first && let Some(slot) = Arc::make_mut(known).of.get_mut(kind) {
            *slot = Some(to.example());
        }
        true
    }
}
