//! So many rows: as they are, or those that rest as bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::examples::Examples;
use super::{CHUNK, Folds};
use crate::pack::{Packer, Unpacker};

/// Rows that once filled the end of the list.
#[derive(Debug, Clone)]
pub(super) enum Chunk<V> {
    Fresh(Vec<Option<V>>),
    Folded {
        /// Where the bytes of each row begin, growing; else [`STANDING`] or [`GONE`].
        starts: Box<[u32]>,
        bytes: Box<[u8]>,
        /// What they were written beside.
        examples: Arc<Examples>,
        standing: BTreeMap<usize, V>,
    },
}

const STANDING: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;

/// Where a row is.
pub(super) enum Place<'a, V> {
    Standing(&'a V),
    /// It is what this reads next.
    Folded(Unpacker<'a>),
}

impl<V: Folds> Chunk<V> {
    /// Where the row at a position is, when there is one.
    #[inline]
    pub(super) fn place(&self, at: usize) -> Option<Place<'_, V>> {
        match self {
            Self::Fresh(rows) => rows.get(at)?.as_ref().map(Place::Standing),
            Self::Folded { starts, bytes, examples, standing } => match *starts.get(at)? {
                GONE => None,
                STANDING => standing.get(&at).map(Place::Standing),
                start => examples.reader(bytes.get(start as usize..)?).map(Place::Folded),
            },
        }
    }

    /// The bytes of a folded row alone. Rows were written in order: one ends where the next begins.
    fn bytes_of(&self, at: usize) -> &[u8] {
        let Self::Folded { starts, bytes, .. } = self else { return &[] };
        let mut begin = starts.iter().skip(at).filter(|start| **start < GONE);
        let start = begin.next().map_or(bytes.len(), |start| *start as usize);
        let end = begin.next().map_or(bytes.len(), |next| *next as usize);
        bytes.get(start..end).unwrap_or_default()
    }

    /// Has a row stand, to be written; true when it was folded.
    pub(super) fn stand(&mut self, at: usize) -> bool {
        let Some(Place::Folded(mut from)) = self.place(at) else { return false };
        let Some(row) = V::unpack(&mut from) else { return false };
        if let Self::Folded { starts, standing, .. } = self
            && let Some(start) = starts.get_mut(at)
        {
            *start = STANDING;
            standing.insert(at, row);
        }
        true
    }

    /// There is no such row any more; bytes go with the last of them.
    pub(super) fn forget(&mut self, at: usize) {
        match self {
            Self::Fresh(rows) => {
                if let Some(row) = rows.get_mut(at) {
                    *row = None;
                }
            }
            Self::Folded { starts, bytes, examples, standing } => {
                standing.remove(&at);
                if let Some(start) = starts.get_mut(at) {
                    *start = GONE;
                }
                if starts.iter().all(|start| *start == GONE) {
                    (*bytes, *examples) = Default::default();
                }
            }
        }
    }

    /// A row that stands.
    #[inline]
    pub(super) fn standing_mut(&mut self, at: usize) -> Option<&mut V> {
        match self {
            Self::Fresh(rows) => rows.get_mut(at)?.as_mut(),
            Self::Folded { standing, .. } => standing.get_mut(&at),
        }
    }

    /// The same with every row folded that rests, and whether all do. `newest` are examples for
    /// rows that have none yet; `to` is room to write in.
    pub(super) fn folded(&self, newest: &mut Arc<Examples>, to: &mut Packer) -> (Self, bool) {
        let mut starts = Vec::with_capacity(CHUNK);
        let mut standing = BTreeMap::new();
        let mut own = match self {
            Self::Fresh(_) => None,
            // Rows that are bytes already need the examples that they were written beside.
            Self::Folded { examples, .. } => Some(Arc::clone(examples)),
        };
        let examples = own.as_mut().unwrap_or(newest);
        for at in 0..CHUNK {
            let start = u32::try_from(to.len()).unwrap_or(GONE);
            starts.push(match self.place(at) {
                None => GONE,
                Some(Place::Folded(_)) => {
                    to.copy(self.bytes_of(at));
                    start
                }
                Some(Place::Standing(row)) if start < GONE && Examples::fold(examples, row, to) => {
                    start
                }
                Some(Place::Standing(row)) => {
                    standing.insert(at, row.clone());
                    STANDING
                }
            });
        }
        let is_finished = standing.is_empty();
        let (starts, bytes, examples) =
            (starts.into_boxed_slice(), to.take(), Arc::clone(examples));
        (Self::Folded { starts, bytes, examples, standing }, is_finished)
    }

    /// True when a row stands that could be folded.
    pub(super) fn has_rested(&self) -> bool {
        match self {
            Self::Fresh(_) => true,
            Self::Folded { standing, .. } => standing.values().any(V::rests),
        }
    }
}
