//! Core values to Python objects.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyList, PyString, PyType};
use sequence_core::engine::view::Value;
use sequence_core::violation::Violation;

/// A wire value as dicts, lists, ints, floats and strings. Keys are interned.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(number) => integer(py, *number)?,
        Value::Decimal(units, decimals) => shown(py, *units, *decimals),
        Value::Number(units, decimals) => match whole(*units, *decimals) {
            Some(number) => integer(py, number)?,
            None => shown(py, *units, *decimals),
        },
        Value::Exact(units, decimals) => match whole(*units, *decimals) {
            Some(number) => integer(py, number)?,
            None => exact(py, *units, *decimals)?,
        },
        Value::Name(text) => PyString::intern(py, text).into_any(),
        Value::Text(text) | Value::Json(text) => PyString::new(py, text).into_any(),
        Value::List(items) => {
            let items: Vec<_> =
                items.iter().map(|item| to_python(py, item)).collect::<PyResult<_>>()?;
            PyList::new(py, items)?.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (key, item) in entries {
                dict.set_item(PyString::intern(py, key), to_python(py, item)?)?;
            }
            dict.into_any()
        }
        Value::Named(entries) => {
            let dict = PyDict::new(py);
            for (key, item) in entries {
                dict.set_item(PyString::intern(py, key), to_python(py, item)?)?;
            }
            dict.into_any()
        }
    })
}

/// A record that came from here and went anywhere, back as a value.
pub(crate) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if object.is_none() {
        return Ok(Value::Null);
    }
    // A bool is an int to Python, so it is asked first.
    if let Ok(flag) = object.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        let entries = dict.iter().map(|(key, item)| Ok((key.extract()?, from_python(&item)?)));
        return Ok(Value::Named(entries.collect::<PyResult<_>>()?));
    }
    if let Ok(list) = object.cast::<PyList>() {
        let items = list.iter().map(|item| from_python(&item));
        return Ok(Value::List(items.collect::<PyResult<_>>()?));
    }
    if let Ok(text) = object.extract::<String>() {
        return Ok(Value::Text(text));
    }
    object.extract().map(Value::Int)
}

/// Most numbers fit 64 bits, which convert several times faster.
fn integer(py: Python<'_>, number: i128) -> PyResult<Bound<'_, PyAny>> {
    match i64::try_from(number) {
        Ok(small) => Ok(small.into_pyobject(py)?.into_any()),
        Err(_) => Ok(number.into_pyobject(py)?.into_any()),
    }
}

/// The number without a fraction, when it has none.
fn whole(units: i128, decimals: u32) -> Option<i128> {
    let one = 10i128.pow(decimals.min(30));
    (units % one == 0).then_some(units / one)
}

/// A `decimal.Decimal` with exactly these digits.
fn exact(py: Python<'_>, units: i128, decimals: u32) -> PyResult<Bound<'_, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let text = sequence_core::number::format_decimal(units, decimals);
    DECIMAL.import(py, "decimal", "Decimal")?.call1((text,))
}

/// A number for display. Both parts are exact in a double, so the quotient is the double nearest
/// to the decimal: what its text would parse to.
#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "for display only")]
fn shown(py: Python<'_>, units: i128, decimals: u32) -> Bound<'_, PyAny> {
    let one = 10i128.pow(decimals.min(30));
    PyFloat::new(py, units as f64 / one as f64).into_any()
}

/// Broken laws as dicts.
pub(crate) fn violations<'py>(
    py: Python<'py>,
    found: &[Violation],
) -> PyResult<Bound<'py, PyList>> {
    let rows: Vec<_> = found
        .iter()
        .map(|row| {
            let dict = PyDict::new(py);
            dict.set_item("invariant", row.invariant)?;
            dict.set_item("subject", &row.subject)?;
            dict.set_item("expected", &row.expected)?;
            dict.set_item("found", &row.found)?;
            Ok(dict)
        })
        .collect::<PyResult<_>>()?;
    PyList::new(py, rows)
}
