//! Texts of a column as values of a closed set, each read once.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use sequence_core::reject::Refusal;

use crate::columns::column::{Column, Given};
use crate::engine::Answer;

/// A column of texts; equal texts have the same number, whatever their codes were.
pub(crate) struct Names<T> {
    column: Column,
    read: fn(&str) -> Answer<T>,
    last: Vec<u8>,
    at: usize,
    by_raw: BTreeMap<Vec<u8>, usize>,
    by_text: BTreeMap<String, usize>,
    found: Vec<Answer<T>>,
}

impl<T> Names<T> {
    pub(crate) fn new(given: Given, read: fn(&str) -> Answer<T>) -> PyResult<Self> {
        let (by_raw, by_text, found) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let column = Column::new(given)?;
        Ok(Self { column, read, last: Vec::new(), at: 0, by_raw, by_text, found })
    }

    /// The number of the text in a row; `None` where there is none.
    pub(crate) fn number(&mut self, row: usize) -> Answer<Option<usize>> {
        let invalid = |why: String| Refusal::invalid(self.column.label.clone(), why);
        let Some(raw) = self.column.raw(row).map_err(invalid)? else { return Ok(None) };
        if self.last == raw {
            return Ok(Some(self.at));
        }
        let at = if let Some(at) = self.by_raw.get(raw) {
            *at
        } else {
            let text = self.column.text(row).map_err(invalid)?.unwrap_or_default();
            let at = *self.by_text.entry(text.clone()).or_insert(self.found.len());
            if at == self.found.len() {
                self.found.push((self.read)(&text));
            }
            self.by_raw.insert(raw.to_vec(), at);
            at
        };
        self.last.clear();
        self.last.extend_from_slice(raw);
        self.at = at;
        Ok(Some(at))
    }

    /// What the text in a row means; `None` where there is none.
    pub(crate) fn value(&mut self, row: usize) -> Answer<Option<&T>> {
        let Some(at) = self.number(row)? else { return Ok(None) };
        match self.found.get(at) {
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(refusal)) => Err(refusal.clone()),
            None => Ok(None),
        }
    }

    /// The same of a row that has to hold something.
    pub(crate) fn needed(&mut self, row: usize) -> Answer<&T> {
        let missing = Refusal::invalid(self.column.label.clone(), "is missing");
        self.value(row)?.ok_or(missing)
    }
}
