//! A row as the words of its hash, whatever the order of its keys.

use super::row::{Plain, Row};
use crate::hash::{StateHasher, wide_words, words_of};

/// The words that [`super::Value::hash_into`] would fold in of the same row as a tree.
#[derive(Debug, Default)]
pub(super) struct Words {
    words: Vec<u64>,
    /// Keys of the object that is being written, each with where its words begin.
    keys: Vec<(&'static str, usize)>,
}

impl Words {
    /// Folds in the row that something writes.
    pub(super) fn hash(hasher: &mut StateHasher, write: impl FnOnce(&mut Self)) {
        let mut row = Self { words: Vec::with_capacity(1_024), keys: Vec::with_capacity(64) };
        row.sorted(write);
        for word in row.words {
            hasher.word(word);
        }
    }

    /// The words of one object, its keys in their own order.
    fn sorted(&mut self, write: impl FnOnce(&mut Self)) {
        let (first, begin) = (self.keys.len(), self.words.len());
        write(self);
        let written = self.words.split_off(begin);
        let keys = self.keys.split_off(first);
        let ends = keys.iter().skip(1).map(|(_, at)| *at).chain([begin + written.len()]);
        let mut spans: Vec<_> = keys
            .iter()
            .zip(ends)
            .map(|((key, from), to)| (*key, *from - begin..to - begin))
            .collect();
        spans.sort_unstable_by_key(|(key, _)| *key);
        for (key, span) in spans {
            self.text(key);
            self.words.extend_from_slice(written.get(span).unwrap_or_default());
        }
    }

    fn key(&mut self, key: &'static str) {
        self.keys.push((key, self.words.len()));
    }

    fn wide(&mut self, value: i128) {
        self.words.extend(wide_words(value));
    }

    fn text(&mut self, text: &str) {
        self.words.extend(words_of(text.as_bytes()));
    }

    fn plain(&mut self, value: Plain<'_>) {
        match value {
            Plain::Null => self.words.push(0),
            Plain::Bool(flag) => self.words.push(1 + u64::from(flag)),
            Plain::Int(number) => self.wide(number),
            Plain::Decimal(units, decimals) | Plain::Number(units, decimals) => {
                self.wide(units);
                self.words.push(decimals.into());
            }
            Plain::Name(text) | Plain::Text(text) | Plain::Json(text) => self.text(text),
            Plain::Made(text) => self.text(&text.to_string()),
        }
    }

    /// A list says how many it holds before what they are.
    fn counted<T>(&mut self, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        let at = self.words.len();
        self.words.push(0);
        let mut count = 0;
        for item in items {
            write(self, item);
            count += 1;
        }
        if let Some(slot) = self.words.get_mut(at) {
            *slot = count;
        }
    }
}

impl Row for Words {
    fn put<'a>(&mut self, key: &'static str, value: impl Into<Plain<'a>>) {
        self.key(key);
        self.plain(value.into());
    }

    fn map(&mut self, key: &'static str, write: impl FnOnce(&mut Self)) {
        self.key(key);
        self.sorted(write);
    }

    fn rows<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.key(key);
        self.counted(items, |row, item| row.sorted(|row| write(row, item)));
    }

    fn list<'a, T: Into<Plain<'a>>>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
    ) {
        self.key(key);
        self.counted(items, |row, item| row.plain(item.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;

    fn row(out: &mut impl Row) {
        out.put("z", "name");
        out.put("a", Some(-7i64));
        out.map("nested", |out| {
            out.put("2", true);
            out.map("1", |out| out.put("deep", None::<u64>));
        });
        out.rows("rows", [2u32, 1], |out, number| {
            out.put("of", Plain::Decimal(number.into(), 2));
            out.put("made", format_args!("{number:04}"));
        });
        out.rows("none", [0u32; 0], |_, _| {});
        out.list("list", ["x", "y"]);
    }

    #[test]
    fn a_row_hashes_as_its_tree_does() {
        let (mut of_tree, mut of_row) = (StateHasher::new(1), StateHasher::new(1));
        Value::of_row(row).hash_into(&mut of_tree);
        Words::hash(&mut of_row, row);
        assert_eq!(of_row, of_tree);
    }
}
