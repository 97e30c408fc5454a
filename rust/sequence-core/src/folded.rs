//! A list that grows at its end and folds what has come to rest into bytes.
//!
//! The newest rows stand as they are. Of older ones, those that say they have ended become bytes, less
//! than a tenth of their size; the others stand until they end. A folded row is read back when somebody
//! looks at it and let go of at the next change; written to, it stands again as it was.
//!
//! A copy shares all chunks but the newest.

mod chunk;
mod read_back;

use std::collections::VecDeque;
use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use crate::pack::{Pack, Packer};
use crate::rows::Rows;
use chunk::{Chunk, Place};
use read_back::ReadBack;

/// Rows of a chunk. Few in a development build, so that its tests meet folded rows.
const CHUNK: usize = if cfg!(debug_assertions) { 4 } else { 128 };
/// Full chunks that stand as they are.
const FRESH: usize = 1;

/// A row that comes to rest: from then on it is read, and seldom.
pub(crate) trait Folds: Pack + Clone {
    /// What is asked of many rows: the bytes of a row begin with it.
    type Head: Pack + PartialEq + Debug;

    /// Whether it has.
    fn rests(&self) -> bool;

    /// What is asked of many.
    fn head(&self) -> Self::Head;

    /// Rows of one kind say mostly the same.
    fn kind(&self) -> usize {
        0
    }
}

/// A row that stands, or one that was read back for this look at it.
#[derive(Debug)]
pub(crate) enum Seen<'a, V> {
    Standing(&'a V),
    Read(Box<V>),
}

impl<V> Deref for Seen<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        match self {
            Self::Standing(row) => row,
            Self::Read(row) => row,
        }
    }
}

/// Rows in chunks, addressed by position; some of them may be gone.
#[derive(Debug, Clone)]
pub(crate) struct Folded<V> {
    full: Vec<Arc<Chunk<V>>>,
    /// Rows in those.
    before: usize,
    /// The rows after those.
    last: Vec<Option<V>>,
    /// Folded chunks with rows that still stand, to be looked at again.
    unfinished: VecDeque<usize>,
    /// Where rows are said before they are bytes, one chunk after another.
    room: Packer,
    /// The list of the chunk that was folded last, for the next one.
    spare: Spare<V>,
    read: ReadBack<V>,
}

/// Rows that are bytes now and go one by one as new ones come, so that what one gives back the next
/// takes: to give back a chunk of them at once costs more than to write it.
#[derive(Debug)]
struct Spare<V>(Vec<Option<V>>);

/// A copy begins without any.
impl<V> Clone for Spare<V> {
    fn clone(&self) -> Self {
        Self(Vec::new())
    }
}

impl<V> Default for Folded<V> {
    fn default() -> Self {
        let (full, last, spare) = (Vec::new(), Vec::new(), Spare(Vec::new()));
        let (unfinished, room, read) = Default::default();
        Self { full, before: 0, last, unfinished, room, spare, read }
    }
}

impl<V: Folds> Rows<V> for Folded<V> {
    fn len(&self) -> usize {
        self.before + self.last.len()
    }

    fn push(&mut self, row: V) {
        self.add(Some(row));
    }

    #[inline]
    fn get(&self, at: usize) -> Option<&V> {
        match at.checked_sub(self.before) {
            Some(at) => self.last.get(at)?.as_ref(),
            None => self.older(at),
        }
    }

    #[inline]
    fn get_mut(&mut self, at: usize) -> Option<&mut V> {
        match at.checked_sub(self.before) {
            Some(at) => self.last.get_mut(at)?.as_mut(),
            None => self.older_mut(at),
        }
    }
}

impl<V: Folds> Folded<V> {
    /// A row of a full chunk; apart, so that a look at one of the newest is short where it stands.
    #[inline(never)]
    fn older(&self, at: usize) -> Option<&V> {
        match self.full.get(at / CHUNK)?.place(at % CHUNK)? {
            Place::Standing(row) => Some(row),
            Place::Folded(mut from) => self.read.get(at, || V::unpack(&mut from)),
        }
    }

    /// The same for writing: it stands from then on.
    #[inline(never)]
    fn older_mut(&mut self, at: usize) -> Option<&mut V> {
        let chunk = Arc::make_mut(self.full.get_mut(at / CHUNK)?);
        if chunk.stand(at % CHUNK) {
            self.read.forget();
            if !self.unfinished.contains(&(at / CHUNK)) {
                self.unfinished.push_back(at / CHUNK);
            }
        }
        chunk.standing_mut(at % CHUNK)
    }

    /// The row at a position, read back for this look alone where it is folded: for looks at many.
    pub(crate) fn peek(&self, at: usize) -> Option<Seen<'_, V>> {
        if let Some(chunk) = self.full.get(at / CHUNK)
            && let Place::Folded(mut from) = chunk.place(at % CHUNK)?
        {
            return V::unpack(&mut from).map(Box::new).map(Seen::Read);
        }
        self.get(at).map(Seen::Standing)
    }

    /// What is asked of many rows, of the one at a position: no more than that is read back.
    pub(crate) fn head(&self, at: usize) -> Option<V::Head> {
        if let Some(chunk) = self.full.get(at / CHUNK)
            && let Place::Folded(mut from) = chunk.place(at % CHUNK)?
        {
            return V::Head::unpack(&mut from);
        }
        self.get(at).map(V::head)
    }

    /// True when there is a row at a position.
    pub(crate) fn holds(&self, at: usize) -> bool {
        match self.full.get(at / CHUNK) {
            Some(chunk) => chunk.place(at % CHUNK).is_some(),
            None => self.last.get(at.wrapping_sub(self.before)).is_some_and(Option::is_some),
        }
    }

    /// There is no row at a position any more.
    pub(crate) fn forget(&mut self, at: usize) {
        self.read.forget();
        if let Some(chunk) = self.full.get_mut(at / CHUNK) {
            Arc::make_mut(chunk).forget(at % CHUNK);
        } else if let Some(row) = self.last.get_mut(at - self.before) {
            *row = None;
        }
    }

    /// The next `count` positions have no row.
    pub(crate) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.add(None);
        }
    }

    /// Lets go of what was read back.
    #[inline]
    pub(crate) fn settle(&mut self) {
        self.read.forget();
    }

    fn add(&mut self, row: Option<V>) {
        if self.last.len() == CHUNK {
            let mut next = std::mem::take(&mut self.spare.0);
            next.clear();
            next.reserve_exact(CHUNK);
            let full = std::mem::replace(&mut self.last, next);
            self.before += full.len();
            self.full.push(Arc::new(Chunk::Fresh(full)));
            self.read.grow();
            self.fold_next();
        }
        drop(self.spare.0.pop());
        self.last.push(row);
    }

    /// Folds the chunk that is not fresh any more, and one more where rows stood that did not rest.
    fn fold_next(&mut self) {
        self.read.forget();
        let again = self.unfinished.pop_front();
        for at in self.full.len().checked_sub(FRESH + 1).into_iter().chain(again) {
            let Some(chunk) = self.full.get_mut(at) else { continue };
            if !chunk.has_rested() {
                self.unfinished.push_back(at);
                continue;
            }
            if !Arc::make_mut(chunk).fold(&mut self.room, &mut self.spare.0) {
                self.unfinished.push_back(at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
