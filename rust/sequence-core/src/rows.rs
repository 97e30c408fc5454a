//! Where a table has its rows.

/// Rows by position.
pub(crate) trait Rows<V>: Default {
    /// Positions given so far.
    fn len(&self) -> usize;

    /// Adds a row at the end.
    fn push(&mut self, row: V);

    /// The row at a position, if there is one.
    fn get(&self, at: usize) -> Option<&V>;

    /// The same for writing.
    fn get_mut(&mut self, at: usize) -> Option<&mut V>;
}
