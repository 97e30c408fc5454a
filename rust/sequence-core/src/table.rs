//! A growing table addressed by a typed dense id.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use crate::chunks::Chunks;
use crate::folded::{Folded, Folds, Seen};
use crate::rows::Rows;

/// An id that is a position in a [`Table`].
pub(crate) trait Dense: Copy {
    /// The id of a position.
    fn from_index(index: u32) -> Self;
    /// The position.
    fn index(self) -> usize;
}

/// Rows that are added and never removed, so an id stays valid for the life of the table.
///
/// A table that goes on where an earlier process stopped numbers its rows from there; of the rows
/// before, it holds those that were loaded. It can note which rows were reached for writing.
#[derive(Debug, Clone)]
pub(crate) struct Table<K, V, S = Chunks<V>> {
    /// Rows of an earlier process, and of those that were let go of, as far as they were loaded.
    early: BTreeMap<u32, V>,
    /// Number of the first row in `rows`.
    first: u32,
    rows: S,
    /// Rows reached for writing since the last take; `None` when nobody asks.
    touched: Option<Vec<K>>,
    /// The same for who sums them up, also rows that were loaded.
    changed: Option<Vec<K>>,
}

/// A table whose rows come to rest, and are bytes from then on.
pub(crate) type History<K, V> = Table<K, V, Folded<V>>;

impl<K, V, S: Default> Default for Table<K, V, S> {
    fn default() -> Self {
        Self { early: BTreeMap::new(), first: 0, rows: S::default(), touched: None, changed: None }
    }
}

impl<K: Dense + Ord, V: Clone, S: Rows<V>> Table<K, V, S> {
    /// Appends a row and returns its id. A table holds at most 2^32 - 1 rows.
    pub(crate) fn push(&mut self, row: V) -> K {
        let id = self.next_id();
        self.rows.push(row);
        self.note(id);
        id
    }

    /// The id the next row will get.
    pub(crate) fn next_id(&self) -> K {
        let at = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        K::from_index(self.first.saturating_add(at))
    }

    /// A row, if there is one.
    #[inline]
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        match key.index().checked_sub(self.first as usize) {
            Some(at) => self.rows.get(at).or_else(|| self.loaded(key)),
            None => self.loaded(key),
        }
    }

    #[inline(never)]
    fn loaded(&self, key: K) -> Option<&V> {
        self.early.get(&early_key(key))
    }

    /// Numbers new rows from `next`, which an empty table can still do.
    pub(crate) fn resume_at(&mut self, next: u32) {
        debug_assert!(self.early.is_empty() && self.rows.len() == 0);
        self.first = next;
    }

    /// True of the number of a row of an earlier process.
    pub(crate) fn is_early(&self, key: K) -> bool {
        key.index() < self.first as usize
    }

    /// Puts back a row of an earlier process; one that is not earlier is ignored.
    pub(crate) fn load(&mut self, key: K, row: V) {
        if self.is_early(key) {
            note_in(&mut self.changed, key);
            self.early.insert(early_key(key), row);
        }
    }

    /// Starts to note rows reached for writing.
    pub(crate) fn listen(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// Starts to note what sums over rows have to look at again.
    pub(crate) fn sum_up(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// Rows that sums have to look at again, in any order and some of them twice.
    #[inline]
    pub(crate) fn changed(&self) -> &[K] {
        self.changed.as_deref().unwrap_or_default()
    }

    /// Exchanges the notes for an empty list.
    pub(crate) fn take_changed(&mut self, empty: &mut Vec<K>) {
        if let Some(changed) = &mut self.changed {
            std::mem::swap(changed, empty);
        }
    }

    /// Has a row of this number there, an empty one if need be; not noted.
    pub(crate) fn make(&mut self, key: K)
    where
        V: Default,
    {
        if self.is_early(key) {
            self.early.entry(early_key(key)).or_default();
        }
        while self.first as usize + self.rows.len() <= key.index() {
            self.rows.push(V::default());
        }
    }

    /// A row for writing what is not kept: not noted.
    #[expect(clippy::expect_used, reason = "ids come from this table; rows are never removed")]
    #[inline]
    pub(crate) fn quietly(&mut self, key: K) -> &mut V {
        let made = match key.index().checked_sub(self.first as usize) {
            Some(at) => self.rows.get_mut(at),
            None => None,
        };
        let row = match made {
            Some(row) => Some(row),
            None => self.early.get_mut(&early_key(key)),
        };
        row.expect("a row of this table")
    }

    /// Rows reached for writing since the last call, each once, in order of creation.
    pub(crate) fn take_touched(&mut self) -> Vec<K> {
        let mut keys = self.touched.as_mut().map(std::mem::take).unwrap_or_default();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Rows reached for writing since the last take, in any order and some of them twice.
    pub(crate) fn touched(&self) -> &[K] {
        self.touched.as_deref().unwrap_or_default()
    }

    /// True when a take would give something.
    pub(crate) fn is_touched(&self) -> bool {
        self.touched.as_ref().is_some_and(|touched| !touched.is_empty())
    }

    #[inline]
    fn note(&mut self, key: K) {
        note_in(&mut self.touched, key);
        note_in(&mut self.changed, key);
    }
}

impl<K: Dense + Ord, V: Clone> Table<K, V> {
    /// Number of rows held.
    pub(crate) fn len(&self) -> usize {
        self.early.len() + self.rows.len()
    }

    /// Rows held, with their ids, in order of creation.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> {
        let first = self.first as usize;
        let later =
            (0..self.rows.len()).filter_map(move |at| Some((first + at, self.rows.get(at)?)));
        let early = self.early.iter().map(|(at, row)| (*at as usize, row));
        early.chain(later).map(|(at, row)| (id_at(at), row))
    }

    /// Every row, mutable; not noted.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.early.values_mut().chain(self.rows.iter_mut())
    }

    /// Numbers new rows from `next` on; the rows there are keep their numbers.
    pub(crate) fn skip_to(&mut self, next: K) {
        let first = self.first;
        let rows = std::mem::take(&mut self.rows).into_rows();
        self.early.extend((first..).zip(rows));
        self.first = first.max(early_key(next));
    }

    /// Notes every row, while somebody listens.
    pub(crate) fn touch_all(&mut self) {
        let held: Vec<K> = self.iter().map(|(id, _)| id).collect();
        if let Some(touched) = &mut self.touched {
            touched.extend(held);
        }
    }
}

impl<K: Dense + Ord, V: Folds> History<K, V> {
    /// Rows held, with their ids, in order of creation; each is read back for this look alone.
    pub(crate) fn each(&self) -> impl DoubleEndedIterator<Item = (K, Seen<'_, V>)> {
        let first = self.first as usize;
        let early = self.early.iter().map(|(at, row)| (*at as usize, Seen::Standing(row)));
        let later =
            (0..self.rows.len()).filter_map(move |at| Some((first + at, self.rows.peek(at)?)));
        early.chain(later).map(|(at, row)| (id_at(at), row))
    }

    /// A row, read back for this look alone: for looks at many.
    pub(crate) fn peek(&self, key: K) -> Option<Seen<'_, V>> {
        match key.index().checked_sub(self.first as usize) {
            Some(at) => self.rows.peek(at).or_else(|| self.loaded(key).map(Seen::Standing)),
            None => self.loaded(key).map(Seen::Standing),
        }
    }

    /// What is asked of many rows, of this one.
    pub(crate) fn head(&self, key: K) -> Option<V::Head> {
        match key.index().checked_sub(self.first as usize) {
            Some(at) => self.rows.head(at).or_else(|| self.loaded(key).map(V::head)),
            None => self.loaded(key).map(V::head),
        }
    }

    /// The same of every row held, with their ids, in order of creation.
    pub(crate) fn heads(&self) -> impl DoubleEndedIterator<Item = (K, V::Head)> {
        let first = self.first as usize;
        let early = self.early.iter().map(|(at, row)| (*at as usize, row.head()));
        let later =
            (0..self.rows.len()).filter_map(move |at| Some((first + at, self.rows.head(at)?)));
        early.chain(later).map(|(at, head)| (id_at(at), head))
    }

    /// True when a row is here.
    pub(crate) fn holds(&self, key: K) -> bool {
        self.stands(key) || self.loaded(key).is_some()
    }

    /// True when a row of this process is here that was not let go of.
    fn stands(&self, key: K) -> bool {
        key.index().checked_sub(self.first as usize).is_some_and(|at| self.rows.holds(at))
    }

    /// Puts back a row of an earlier process, or one that was let go of; another one is ignored.
    pub(crate) fn put_back(&mut self, key: K, row: V) {
        if key.index() < self.next_id().index() && !self.stands(key) {
            note_in(&mut self.changed, key);
            self.early.insert(early_key(key), row);
        }
    }

    /// The same, to be filled in: the empty row that is there from then on, or what was put back.
    pub(crate) fn place(&mut self, key: K) -> Option<&mut V>
    where
        V: Default,
    {
        if self.loaded(key).is_none() {
            self.put_back(key, V::default());
        }
        self.early.get_mut(&early_key(key))
    }

    /// Rows that were loaded.
    pub(crate) fn put_backs(&self) -> impl Iterator<Item = K> {
        self.early.keys().map(|at| K::from_index(*at))
    }

    /// Lets go of a row. Nobody may ask for it by its id before it is put back.
    pub(crate) fn forget(&mut self, key: K) {
        self.early.remove(&early_key(key));
        if let Some(at) = key.index().checked_sub(self.first as usize)
            && self.rows.holds(at)
        {
            self.rows.forget(at);
        }
    }

    /// Lets go of rows that were read back.
    #[inline]
    pub(crate) fn settle(&mut self) {
        self.rows.settle();
    }

    /// Numbers new rows from `next` on; the rows there are keep their numbers.
    pub(crate) fn skip_to(&mut self, next: K) {
        let missing = next.index().saturating_sub(self.first as usize + self.rows.len());
        self.rows.skip(missing);
    }

    /// Notes every row, while somebody listens.
    pub(crate) fn touch_all(&mut self) {
        let held: Vec<K> = self.each().map(|(id, _)| id).collect();
        if let Some(touched) = &mut self.touched {
            touched.extend(held);
        }
    }
}

#[inline]
fn note_in<K: PartialEq>(list: &mut Option<Vec<K>>, key: K) {
    if let Some(keys) = list
        && keys.last() != Some(&key)
    {
        keys.push(key);
    }
}

fn id_at<K: Dense>(at: usize) -> K {
    K::from_index(u32::try_from(at).unwrap_or(u32::MAX))
}

fn early_key<K: Dense>(key: K) -> u32 {
    u32::try_from(key.index()).unwrap_or(u32::MAX)
}

impl<K: Dense + Ord, V: Clone, S: Rows<V>> Index<K> for Table<K, V, S> {
    type Output = V;

    #[expect(clippy::expect_used, reason = "ids come from this table; rows are never removed")]
    #[inline]
    fn index(&self, key: K) -> &V {
        self.get(key).expect("a row of this table")
    }
}

impl<K: Dense + Ord, V: Clone, S: Rows<V>> IndexMut<K> for Table<K, V, S> {
    #[inline]
    fn index_mut(&mut self, key: K) -> &mut V {
        self.note(key);
        self.quietly(key)
    }
}
