//! A list that grows at its end without ever moving what it holds for long.
//!
//! A vector that is full moves everything to a place twice as large: with a million rows that one
//! push takes a tenth of a second, and half of the memory may stand empty. Here only the first
//! chunk grows that way; every later one is made whole.
//!
//! A copy shares the chunks that are full, so what it costs does not grow with the past; a shared
//! chunk becomes one's own when a row of it is written.

use std::sync::Arc;

use crate::rows::Rows;

/// Rows of a chunk.
const CHUNK: usize = 1024;

/// Rows in chunks, addressed by position.
#[derive(Debug, Clone)]
pub struct Chunks<V> {
    full: Vec<Arc<Vec<V>>>,
    /// The rows after those.
    last: Vec<V>,
}

impl<V> Default for Chunks<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Chunks<V> {
    /// No rows yet.
    pub(crate) const fn new() -> Self {
        Self { full: Vec::new(), last: Vec::new() }
    }
}

impl<V: Clone> Rows<V> for Chunks<V> {
    fn len(&self) -> usize {
        self.full.len() * CHUNK + self.last.len()
    }

    fn push(&mut self, row: V) {
        if self.last.len() == CHUNK {
            let next = Vec::with_capacity(CHUNK);
            self.full.push(Arc::new(std::mem::replace(&mut self.last, next)));
        }
        // Small tables stay small: the first chunk grows as it is used.
        self.last.push(row);
    }

    #[inline]
    fn get(&self, at: usize) -> Option<&V> {
        match self.full.get(at / CHUNK) {
            Some(chunk) => chunk.get(at % CHUNK),
            None => self.last.get(at.checked_sub(self.full.len() * CHUNK)?),
        }
    }

    #[inline]
    fn get_mut(&mut self, at: usize) -> Option<&mut V> {
        let before = self.full.len() * CHUNK;
        match self.full.get_mut(at / CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).get_mut(at % CHUNK),
            None => self.last.get_mut(at.checked_sub(before)?),
        }
    }
}

impl<V: Clone> Chunks<V> {
    /// True before the first row.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the rows that a judge keeps, in their order.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&V) -> bool) {
        let rows = std::mem::take(self).into_rows();
        rows.filter(keeps).for_each(|row| self.push(row));
    }

    /// The newest row.
    pub fn last(&self) -> Option<&V> {
        self.last.last()
    }

    /// Number of rows before the first that is not `before`, of rows in that order.
    pub(crate) fn partition_point(&self, before: impl Fn(&V) -> bool) -> usize {
        let whole = self.full.partition_point(|chunk| chunk.last().is_some_and(&before));
        let rest = self.full.get(whole).map_or(&self.last, |chunk| &**chunk);
        whole * CHUNK + rest.partition_point(&before)
    }

    /// True when a row is there, of rows in order.
    pub(crate) fn holds(&self, row: &V) -> bool
    where
        V: Ord,
    {
        self.get(self.partition_point(|other| other < row)) == Some(row)
    }

    /// Every row, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.full.iter().flat_map(|chunk| chunk.iter()).chain(&self.last)
    }

    /// Every row, mutable.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.full.iter_mut().flat_map(Arc::make_mut).chain(&mut self.last)
    }

    /// Every row, given away.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = V> {
        self.full.into_iter().flat_map(Arc::unwrap_or_clone).chain(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_order_are_found_in_whatever_chunk() {
        let mut rows = Chunks::default();
        assert_eq!((rows.last(), rows.partition_point(|row| *row < 5)), (None, 0));
        assert!(rows.is_empty());
        let many = 2 * CHUNK + 7;
        for row in 0..many {
            rows.push(2 * row);
        }
        for at in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, many - 1, many] {
            assert_eq!(rows.partition_point(|row| *row < 2 * at), at);
            assert_eq!(rows.partition_point(|row| *row < 2 * at + 1), (at + 1).min(many));
            assert_eq!((rows.holds(&(2 * at)), rows.holds(&(2 * at + 1))), (at < many, false));
        }
    }

    #[test]
    fn rows_that_are_kept_stay_in_order_across_chunks() {
        let mut rows = Chunks::default();
        (0..3 * CHUNK).for_each(|row| rows.push(row));
        rows.retain(|row| row % 2 == 1);
        assert!(rows.iter().copied().eq((1..3 * CHUNK).step_by(2)));
        assert_eq!((rows.len(), rows.get(CHUNK)), (3 * CHUNK / 2, Some(&(2 * CHUNK + 1))));
        rows.retain(|_| false);
        assert!(rows.is_empty());
    }

    #[test]
    fn rows_stay_where_they_are_across_chunks() {
        let mut rows = Chunks::default();
        let many = 3 * CHUNK + 7;
        for row in 0..many {
            assert_eq!((rows.len(), rows.get(row)), (row, None));
            rows.push(row);
        }
        let kept = std::ptr::from_ref(rows.get(CHUNK).unwrap());
        rows.push(many);
        assert_eq!(kept, std::ptr::from_ref(rows.get(CHUNK).unwrap()));
        assert!((0..=many).all(|row| rows.get(row) == Some(&row)));
        *rows.get_mut(2 * CHUNK).unwrap() = 0;
        rows.iter_mut().for_each(|row| *row += 1);
        assert_eq!(rows.get(2 * CHUNK), Some(&1));
        assert_eq!(rows.last(), Some(&(many + 1)));
        assert_eq!(rows.into_rows().count(), many + 1);
    }

    #[test]
    fn a_copy_shares_full_chunks_until_one_is_written() {
        let mut rows = Chunks::default();
        (0..2 * CHUNK + 3).for_each(|row| rows.push(row));
        let mut copy = rows.clone();
        let place = |rows: &Chunks<usize>, at: usize| std::ptr::from_ref(rows.get(at).unwrap());
        assert_eq!(place(&rows, 0), place(&copy, 0));
        *copy.get_mut(1).unwrap() = 77;
        assert_ne!(place(&rows, 0), place(&copy, 0));
        assert_eq!(place(&rows, CHUNK), place(&copy, CHUNK));
        copy.push(5);
        *copy.get_mut(2 * CHUNK).unwrap() = 78;
        let [ours, theirs] = [rows, copy].map(|rows| rows.into_rows().collect::<Vec<_>>());
        assert!(ours.iter().copied().eq(0..2 * CHUNK + 3));
        assert_eq!((theirs[1], theirs[2 * CHUNK], theirs.len()), (77, 78, 2 * CHUNK + 4));
    }
}
