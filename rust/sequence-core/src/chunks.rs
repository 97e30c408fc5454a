//! A list that grows at its end without ever moving what it holds for long.
//!
//! A vector that is full moves everything to a place twice as large: with a million rows that one
//! push takes a tenth of a second, and half of the memory may stand empty. Here only the first
//! chunk grows that way; every later one is made whole.

/// Rows of a chunk.
const CHUNK: usize = 1024;

/// Rows in chunks, addressed by position.
#[derive(Debug, Clone)]
pub(crate) struct Chunks<V> {
    chunks: Vec<Vec<V>>,
    len: usize,
}

impl<V> Default for Chunks<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Chunks<V> {
    /// No rows yet.
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    /// Rows held.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Adds a row at the end.
    pub(crate) fn push(&mut self, row: V) {
        self.len += 1;
        if let Some(last) = self.chunks.last_mut().filter(|last| last.len() < CHUNK) {
            return last.push(row);
        }
        // Small tables stay small: the first chunk grows as it is used.
        let mut chunk = Vec::with_capacity(if self.chunks.is_empty() { 0 } else { CHUNK });
        chunk.push(row);
        self.chunks.push(chunk);
    }

    /// The row at a position, if there is one.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&V> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// The same for writing.
    #[inline]
    pub(crate) fn get_mut(&mut self, at: usize) -> Option<&mut V> {
        self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    /// The newest row.
    pub(crate) fn last(&self) -> Option<&V> {
        self.chunks.last()?.last()
    }

    /// Number of rows before the first that is not `before`, of rows in that order.
    pub(crate) fn partition_point(&self, before: impl Fn(&V) -> bool) -> usize {
        let whole = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&before));
        let rest = self.chunks.get(whole).map_or(0, |chunk| chunk.partition_point(&before));
        (whole * CHUNK + rest).min(self.len)
    }

    /// Every row, mutable.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.chunks.iter_mut().flatten()
    }

    /// Every row, given away.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = V> {
        self.chunks.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_order_are_found_in_whatever_chunk() {
        let mut rows = Chunks::default();
        assert_eq!((rows.last(), rows.partition_point(|row| *row < 5)), (None, 0));
        let many = 2 * CHUNK + 7;
        for row in 0..many {
            rows.push(2 * row);
        }
        for at in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, many - 1, many] {
            assert_eq!(rows.partition_point(|row| *row < 2 * at), at);
            assert_eq!(rows.partition_point(|row| *row < 2 * at + 1), (at + 1).min(many));
        }
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
}
