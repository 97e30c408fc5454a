//! A map in one sorted list: for small maps, and for keys that arrive nearly in order.
//!
//! A look-up is a binary search; an insert or a removal moves what lies behind it, which is nothing
//! at the end. Iteration is in the order of the keys, as with any map of the core.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

/// The map.
#[derive(Debug, Clone)]
pub struct SortedMap<K, V> {
    rows: Vec<(K, V)>,
}

impl<K, V> SortedMap<K, V> {
    /// A map without entries.
    pub const fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Number of entries.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without entries.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets every entry.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Entries in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, value)| (key, value))
    }

    /// Keys in their order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.rows.iter().map(|(key, _)| key)
    }

    /// Values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.rows.iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.rows.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
        self.rows.get(at).map(|(_, value)| value)
    }

    /// True when there is an entry of this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.find(&key) {
            Err(at) => self.rows.insert(at, (key, value)),
            Ok(at) => {
                if let Some(row) = self.rows.get_mut(at) {
                    row.1 = value;
                }
            }
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &K) {
        if let Ok(at) = self.find(key) {
            self.rows.remove(at);
        }
    }

    /// Entries whose keys lie in a range.
    pub fn range(&self, range: RangeInclusive<K>) -> impl Iterator<Item = (&K, &V)> {
        let from = self.rows.partition_point(|(key, _)| key < range.start());
        let rows = self.rows.get(from..).unwrap_or_default().iter();
        rows.take_while(move |(key, _)| key <= range.end()).map(|(key, value)| (key, value))
    }

    /// Where a key is, or where it belongs; what changes is mostly the last one.
    fn find(&self, key: &K) -> Result<usize, usize> {
        let Some(((last, _), before)) = self.rows.split_last() else { return Err(0) };
        match last.cmp(key) {
            Ordering::Less => Err(self.rows.len()),
            Ordering::Equal => Ok(before.len()),
            Ordering::Greater => before.binary_search_by(|(other, _)| other.cmp(key)),
        }
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_does_what_a_tree_does(steps in prop::collection::vec((any::<bool>(), 0..20u8), 0..60)) {
            let (mut list, mut tree) = (SortedMap::new(), BTreeMap::new());
            for (at, (adds, key)) in steps.into_iter().enumerate() {
                if adds {
                    list.insert(key, at);
                    tree.insert(key, at);
                } else {
                    list.remove(&key);
                    tree.remove(&key);
                }
                prop_assert!(list.iter().eq(&tree) && list.len() == tree.len());
                prop_assert!(list.range(3..=9).eq(tree.range(3..=9)));
                prop_assert_eq!(list.get(&key), tree.get(&key));
            }
        }
    }
}
