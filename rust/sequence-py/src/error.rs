//! Core refusals as one Python exception.

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use sequence_core::reject::Refusal as CoreRefusal;

create_exception!(
    sequence._core,
    Refusal,
    PyValueError,
    "A command refused before anything was recorded; `code`, `field` and `message` say why."
);

/// A refusal to raise.
pub(crate) fn refused(py: Python<'_>, refusal: &CoreRefusal) -> PyErr {
    let text = match &*refusal.field {
        "" => refusal.message.to_string(),
        field => format!("{field}: {}", refusal.message),
    };
    let error = Refusal::new_err(text);
    let set = || {
        let value = error.value(py);
        value.setattr(intern!(py, "code"), refusal.kind.as_str())?;
        value.setattr(intern!(py, "field"), &*refusal.field)?;
        value.setattr(intern!(py, "message"), &*refusal.message)
    };
    match set() {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// A value outside its closed set.
pub(crate) fn bad_choice(field: &'static str, value: &str, known: &[&str]) -> CoreRefusal {
    CoreRefusal::invalid(field, format!("{value:?} is not one of {}", known.join(", ")))
}
