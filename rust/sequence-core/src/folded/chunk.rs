//! So many rows: as they are, or those that rest in blocks of bytes.

use std::collections::BTreeMap;

use super::{CHUNK, Folds};
use crate::pack::{Block, Pack as _, Packer, Unpacker};

/// Rows that once filled the end of the list.
#[derive(Debug, Clone)]
pub(super) enum Chunk<V> {
    Fresh(Vec<Option<V>>),
    Folded {
        /// In which block a row is, and which of its rows it is; else [`STANDING`] or [`GONE`].
        places: Box<[(u16, u16)]>,
        blocks: Vec<Block>,
        standing: BTreeMap<usize, V>,
    },
}

const STANDING: (u16, u16) = (u16::MAX, 0);
const GONE: (u16, u16) = (u16::MAX, 1);

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
            Self::Folded { places, blocks, standing } => match *places.get(at)? {
                GONE => None,
                STANDING => standing.get(&at).map(Place::Standing),
                (block, row) => {
                    blocks.get(usize::from(block)).map(|all| Place::Folded(all.reader(row.into())))
                }
            },
        }
    }

    /// Has a row stand, to be written; true when it was folded.
    pub(super) fn stand(&mut self, at: usize) -> bool {
        let Some(Place::Folded(mut from)) = self.place(at) else { return false };
        let Some(row) = V::unpack(&mut from) else { return false };
        if let Self::Folded { places, standing, .. } = self
            && let Some(place) = places.get_mut(at)
        {
            *place = STANDING;
            standing.insert(at, row);
        }
        true
    }

    /// There is no such row any more; blocks go with the last of them.
    pub(super) fn forget(&mut self, at: usize) {
        match self {
            Self::Fresh(rows) => {
                if let Some(row) = rows.get_mut(at) {
                    *row = None;
                }
            }
            Self::Folded { places, blocks, standing } => {
                standing.remove(&at);
                if let Some(place) = places.get_mut(at) {
                    *place = GONE;
                }
                if places.iter().all(|place| *place == GONE) {
                    *blocks = Vec::new();
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

    /// Folds every row that rests; true when all do. `room` is where they are said first; a chunk that
    /// was fresh leaves its list in `spare`, with the rows that are bytes now.
    pub(super) fn fold(&mut self, room: &mut Packer, spare: &mut Vec<Option<V>>) -> bool {
        room.clear();
        let mut groups = Groups { all: Vec::with_capacity(KINDS) };
        match self {
            Self::Fresh(rows) => {
                std::mem::swap(rows, spare);
                let mut places = vec![GONE; spare.len()].into_boxed_slice();
                let mut standing = BTreeMap::new();
                for (at, (slot, place)) in spare.iter_mut().zip(&mut places).enumerate() {
                    if slot.as_ref().is_some_and(|row| !groups.fold(room, at, row))
                        && let Some(row) = slot.take()
                    {
                        *place = STANDING;
                        standing.insert(at, row);
                    }
                }
                *self = Self::Folded { places, blocks: Vec::new(), standing };
            }
            Self::Folded { standing, .. } => {
                standing.retain(|at, row| !groups.fold(room, *at, row));
            }
        }
        let Self::Folded { places, blocks, standing } = self else { return false };
        keep_used(places, blocks);
        for group in groups.all {
            // A block has a row of its own, of which there are few.
            let block = u16::try_from(blocks.len()).unwrap_or(GONE.0);
            for (at, row) in group.rows.iter().zip(0..) {
                if let Some(place) = places.get_mut(*at) {
                    *place = (block, row);
                }
            }
            blocks.push(Block::new(room, &group.said));
        }
        standing.is_empty()
    }

    /// True when a row stands that could be folded.
    pub(super) fn has_rested(&self) -> bool {
        match self {
            Self::Fresh(_) => true,
            Self::Folded { standing, .. } => standing.values().any(V::rests),
        }
    }
}

/// Lets go of blocks of which every row stands again, or is gone.
fn keep_used(places: &mut [(u16, u16)], blocks: &mut Vec<Block>) {
    let mut used = vec![false; blocks.len()];
    for (block, _) in places.iter() {
        if let Some(used) = used.get_mut(usize::from(*block)) {
            *used = true;
        }
    }
    if used.iter().all(|used| *used) {
        return;
    }
    let mut kept = 0;
    let numbers: Vec<u16> = used
        .iter()
        .map(|used| {
            kept += u16::from(*used);
            kept.wrapping_sub(1)
        })
        .collect();
    for (block, _) in places {
        if let Some(number) = numbers.get(usize::from(*block)) {
            *block = *number;
        }
    }
    let mut used = used.into_iter();
    blocks.retain(|_| used.next().unwrap_or(false));
}

/// Blocks that a chunk mostly becomes, at most.
const KINDS: usize = 8;

/// Rows that become blocks: those of one kind that say as many numbers together.
struct Groups {
    all: Vec<Group>,
}

struct Group {
    kind: usize,
    length: usize,
    /// Where they are in the chunk.
    rows: Vec<usize>,
    /// And where among what was said.
    said: Vec<(usize, usize)>,
}

impl Groups {
    /// Has a row that rests say its numbers; false where it stands.
    fn fold<V: Folds>(&mut self, room: &mut Packer, at: usize, row: &V) -> bool {
        if !row.rests() {
            return false;
        }
        let Some(said) = room.row(|room| row.pack(room)) else { return false };
        debug_assert_eq!(
            V::Head::unpack(&mut Block::new(room, &[said]).reader(0)),
            Some(row.head())
        );
        let (kind, length) = (row.kind(), said.1 - said.0);
        let mut groups = self.all.iter_mut();
        if let Some(group) = groups.find(|group| (group.kind, group.length) == (kind, length)) {
            group.rows.push(at);
            group.said.push(said);
        } else {
            let (mut rows, mut all) = (Vec::with_capacity(CHUNK), Vec::with_capacity(CHUNK));
            rows.push(at);
            all.push(said);
            self.all.push(Group { kind, length, rows, said: all });
        }
        true
    }
}
