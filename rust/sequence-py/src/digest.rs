//! Digests of rows and links of events, of what Python holds.

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};
use sequence_core::digest::{LinkText, RowText};

/// The digest of a row of a table, as a signed 64-bit integer.
#[pyfunction]
pub(crate) fn row_digest(table: &str, row: Vec<Bound<'_, PyAny>>) -> PyResult<i64> {
    digest(table, row.iter())
}

/// Rows of a table, each with its digest behind its values, and these digests.
#[pyfunction]
pub(crate) fn digested<'py>(
    py: Python<'py>,
    table: &str,
    rows: Vec<Bound<'py, PyTuple>>,
) -> PyResult<(Vec<Bound<'py, PyTuple>>, Vec<i64>)> {
    let mut stamped = Vec::with_capacity(rows.len());
    let mut digests = Vec::with_capacity(rows.len());
    for row in rows {
        let mut values: Vec<Bound<'py, PyAny>> = Vec::with_capacity(row.len() + 1);
        values.extend(row.iter());
        let digest = digest(table, values.iter())?;
        values.push(digest.into_pyobject(py)?.into_any());
        stamped.push(PyTuple::new(py, values)?);
        digests.push(digest);
    }
    Ok((stamped, digests))
}

/// The link of an event: SHA-256 of the link before it and of its values, in hexadecimal digits.
#[pyfunction]
pub(crate) fn event_link(previous: &str, event: Vec<Bound<'_, PyAny>>) -> PyResult<String> {
    let mut text = LinkText::new(previous);
    for value in &event {
        if value.is_none() {
            text.text("");
        } else if let Some(number) = int(value) {
            text.int(number);
        } else {
            text.text(value.str()?.to_str()?);
        }
    }
    Ok(text.link())
}

fn digest<'a, 'py: 'a>(
    table: &str,
    values: impl Iterator<Item = &'a Bound<'py, PyAny>>,
) -> PyResult<i64> {
    let mut text = RowText::new(table);
    for value in values {
        if value.is_none() {
            text.none();
        } else if let Some(number) = int(value) {
            text.int(number);
        } else if let Some(shown) = plain(value) {
            text.text(shown);
        } else {
            // Of a file that was changed a value can be anything, and a text no UTF-8.
            text.shown(value.repr()?.to_str()?);
        }
    }
    Ok(text.digest())
}

/// A number of 64 bits; `True` is none, as Python shows it otherwise.
fn int(value: &Bound<'_, PyAny>) -> Option<i64> {
    value.cast_exact::<PyInt>().ok()?.extract().ok()
}

fn plain<'a>(value: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    value.cast_exact::<PyString>().ok()?.to_str().ok()
}
