//! A growing table addressed by a typed dense id.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// An id that is a position in a [`Table`].
pub trait Dense: Copy {
    /// The id of a position.
    fn from_index(index: u32) -> Self;
    /// The position.
    fn index(self) -> usize;
}

/// Rows that are added and never removed, so an id stays valid for the life of the table.
#[derive(Debug, Clone)]
pub struct Table<K, V> {
    rows: Vec<V>,
    key: PhantomData<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: Vec::new(), key: PhantomData }
    }
}

impl<K: Dense, V> Table<K, V> {
    /// Appends a row and returns its id. A table holds at most 2^32 - 1 rows.
    pub fn push(&mut self, row: V) -> K {
        let id = self.next_id();
        self.rows.push(row);
        id
    }

    /// The id the next row will get.
    pub fn next_id(&self) -> K {
        K::from_index(u32::try_from(self.rows.len()).unwrap_or(u32::MAX))
    }

    /// A row, if there is one.
    pub fn get(&self, key: K) -> Option<&V> {
        self.rows.get(key.index())
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows with their ids, in order of creation.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (K, &V)> + ExactSizeIterator {
        self.rows
            .iter()
            .enumerate()
            .map(|(at, row)| (K::from_index(u32::try_from(at).unwrap_or(u32::MAX)), row))
    }

    /// Every row, mutable.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.rows.iter_mut()
    }
}

impl<K: Dense, V> Index<K> for Table<K, V> {
    type Output = V;

    #[expect(clippy::indexing_slicing, reason = "ids come from this table; rows are never removed")]
    fn index(&self, key: K) -> &V {
        &self.rows[key.index()]
    }
}

impl<K: Dense, V> IndexMut<K> for Table<K, V> {
    #[expect(clippy::indexing_slicing, reason = "ids come from this table; rows are never removed")]
    fn index_mut(&mut self, key: K) -> &mut V {
        &mut self.rows[key.index()]
    }
}
