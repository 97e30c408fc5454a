//! What a record says, checked and in words, and names that are nearly right: needs no engine.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use sequence_core::engine::view;
use sequence_core::nearest;

use crate::convert::from_python;

/// What does not add up in the record of a fill; empty when everything does.
#[pyfunction]
pub(crate) fn verify_fill(record: &Bound<'_, PyDict>) -> PyResult<Vec<String>> {
    Ok(view::verify(&from_python(record.as_any())?))
}

/// The record of a fill in a few lines.
#[pyfunction]
pub(crate) fn explain_fill(record: &Bound<'_, PyDict>) -> PyResult<String> {
    Ok(view::fill_text(&from_python(record.as_any())?))
}

/// Why an open order waits, in one line; empty for one that ended.
#[pyfunction]
pub(crate) fn explain_wait(evidence: &Bound<'_, PyDict>) -> PyResult<String> {
    Ok(view::wait_text(&from_python(evidence.as_any())?))
}

/// The names that a text was probably meant as, nearest first; empty where none is near.
#[pyfunction]
pub(crate) fn near_names(text: &str, names: Vec<String>) -> Vec<String> {
    let near = nearest::near_names(text, names.iter().map(String::as_str));
    near.into_iter().map(str::to_owned).collect()
}
