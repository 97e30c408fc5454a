//! A list that remembers which of its rows changed, so that nobody goes through all of them.

use std::ops::{Deref, Index, IndexMut};

/// Rows, and the places of those that changed since two readers looked: the graph's own index, and
/// the store.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Marked<T> {
    rows: Vec<T>,
    /// Changed since the last index.
    fresh: Marks,
    /// Changed since the last row of a store.
    unkept: Marks,
}

/// Places, each once.
#[derive(Debug, Clone, Default)]
struct Marks {
    is_marked: Vec<bool>,
    places: Vec<usize>,
}

impl Marks {
    fn mark(&mut self, at: usize) {
        if self.is_marked.len() <= at {
            self.is_marked.resize(at + 1, false);
        }
        if let Some(marked) = self.is_marked.get_mut(at)
            && !std::mem::replace(marked, true)
        {
            self.places.push(at);
        }
    }

    fn take(&mut self) -> Vec<usize> {
        let mut places = std::mem::take(&mut self.places);
        for at in &places {
            if let Some(marked) = self.is_marked.get_mut(*at) {
                *marked = false;
            }
        }
        places.sort_unstable();
        places
    }
}

impl<T> Marked<T> {
    /// Adds a row.
    pub(in crate::engine) fn push(&mut self, row: T) {
        self.mark(self.rows.len());
        self.rows.push(row);
    }

    /// A row to change, if there is one.
    pub(in crate::engine) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        if at < self.rows.len() {
            self.mark(at);
        }
        self.rows.get_mut(at)
    }

    /// All rows to change.
    pub(in crate::engine) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        for at in 0..self.rows.len() {
            self.mark(at);
        }
        self.rows.iter_mut()
    }

    /// Rows that changed since the last call, in order: for the graph's index.
    pub(super) fn take_fresh(&mut self) -> Vec<usize> {
        self.fresh.take()
    }

    /// The same for a store.
    pub(in crate::engine) fn take_unkept(&mut self) -> Vec<usize> {
        self.unkept.take()
    }

    fn mark(&mut self, at: usize) {
        self.fresh.mark(at);
        self.unkept.mark(at);
    }
}

impl<T> Default for Marked<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), fresh: Marks::default(), unkept: Marks::default() }
    }
}

impl<T> From<Vec<T>> for Marked<T> {
    fn from(rows: Vec<T>) -> Self {
        let mut made = Self { rows, ..Self::default() };
        for at in 0..made.rows.len() {
            made.mark(at);
        }
        made
    }
}

impl<'a, T> IntoIterator for &'a Marked<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

impl<T> Deref for Marked<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.rows
    }
}

impl<T> Index<usize> for Marked<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.rows[at]
    }
}

impl<T> IndexMut<usize> for Marked<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        self.mark(at);
        &mut self.rows[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_is_told_of_a_change_once() {
        let mut rows = Marked::from(vec![1, 2, 3]);
        assert_eq!(rows.take_fresh(), [0, 1, 2]);
        rows[2] += 1;
        rows[0] += 1;
        rows[2] += 1;
        assert_eq!(rows.take_fresh(), [0, 2]);
        assert_eq!(rows.take_fresh(), Vec::<usize>::new());
        assert_eq!(rows.take_unkept(), [0, 1, 2]);
        rows.push(9);
        assert_eq!((rows.take_unkept(), rows.len(), rows[2]), (vec![3], 4, 5));
    }

    #[test]
    fn who_only_reads_marks_nothing() {
        let mut rows = Marked::from(vec![1, 2]);
        rows.take_fresh();
        assert_eq!(rows.iter().sum::<i32>() + rows[1], 5);
        assert!(rows.get_mut(7).is_none());
        assert!(rows.take_fresh().is_empty());
    }
}
