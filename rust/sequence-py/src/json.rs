//! `parse_json`: the one way request bodies become Python objects.

use std::borrow::Cow;

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString, PyType};
use sequence_core::json::{self, Fault, JsonNumber, Limits, ReadError, Sink};

create_exception!(
    sequence._core,
    JsonError,
    PyValueError,
    "A body that is not acceptable JSON; `kind`, `path` and `message` say what and where."
);

/// Longest integer that becomes an `int`. `int()` refuses longer texts once a user lowers the
/// interpreter's limit, which cannot go below this, and its cost grows with the square.
const MAX_INT_DIGITS: usize = 640;
/// Longest exponent that is passed on as written. `Decimal` fails on what lies beyond its range,
/// and no amount of ours has six digits in its exponent.
const MAX_EXPONENT_DIGITS: usize = 6;

/// Parses one JSON value, strictly.
///
/// Integers become `int` (above 640 digits `Decimal`), other numbers `Decimal` of their exact
/// text (exponents beyond six digits are cut to six nines). Raises `JsonError` with `kind`
/// `syntax`, `encoding`, `depth`, `duplicate`, `string` or `array`.
#[pyfunction]
#[pyo3(signature = (body, *, max_depth=32, max_string=512, max_array=2000))]
pub(crate) fn parse_json<'py>(
    py: Python<'py>,
    body: &[u8],
    max_depth: u32,
    max_string: usize,
    max_array: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let limits = Limits { depth: max_depth, string: max_string, array: max_array };
    let mut builder = Builder { py, decimal: None, open: Vec::new(), done: None };
    match json::read(body, limits, &mut builder) {
        Ok(()) => Ok(builder.done.unwrap_or_else(|| py.None().into_bound(py))),
        Err(ReadError::Sink(error)) => Err(error),
        Err(ReadError::Fault(fault)) => Err(error(py, &fault)?),
    }
}

fn error(py: Python<'_>, fault: &Fault) -> PyResult<PyErr> {
    let place = if fault.path.is_empty() { String::new() } else { format!("{}: ", fault.path) };
    let error = JsonError::new_err(format!("{place}{}", fault.message));
    let value = error.value(py);
    value.setattr(intern!(py, "kind"), fault.kind.as_str())?;
    value.setattr(intern!(py, "path"), &fault.path)?;
    value.setattr(intern!(py, "message"), &fault.message)?;
    Ok(error)
}

/// A container under construction.
enum Open<'py> {
    Object(Bound<'py, PyDict>, Option<Bound<'py, PyString>>),
    Array(Bound<'py, PyList>),
}

struct Builder<'py> {
    py: Python<'py>,
    /// `decimal.Decimal`, looked up when the first number needs it.
    decimal: Option<Bound<'py, PyType>>,
    open: Vec<Open<'py>>,
    done: Option<Bound<'py, PyAny>>,
}

impl<'py> Builder<'py> {
    fn put(&mut self, value: Bound<'py, PyAny>) -> PyResult<()> {
        match self.open.last_mut() {
            Some(Open::Object(dict, key)) => dict.set_item(key.take(), value),
            Some(Open::Array(list)) => list.append(value),
            None => {
                self.done = Some(value);
                Ok(())
            }
        }
    }

    fn integer(&mut self, text: &str) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(small) = text.parse::<i64>() {
            return Ok(small.into_pyobject(self.py)?.into_any());
        }
        if text.len() > MAX_INT_DIGITS {
            return self.decimal(text);
        }
        self.py.get_type::<PyInt>().call1((text,))
    }

    fn decimal(&mut self, text: &str) -> PyResult<Bound<'py, PyAny>> {
        let decimal = if let Some(decimal) = &self.decimal {
            decimal
        } else {
            let module = self.py.import(intern!(self.py, "decimal"))?;
            let found = module.getattr(intern!(self.py, "Decimal"))?;
            self.decimal.insert(found.cast_into::<PyType>()?)
        };
        decimal.call1((bounded_exponent(text),))
    }
}

fn bounded_exponent(text: &str) -> Cow<'_, str> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return Cow::Borrowed(text);
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", exponent.trim_start_matches('+')),
    };
    if digits.trim_start_matches('0').len() <= MAX_EXPONENT_DIGITS {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{mantissa}e{sign}{}", "9".repeat(MAX_EXPONENT_DIGITS)))
}

impl<'a> Sink<'a> for Builder<'_> {
    type Error = PyErr;

    fn begin_object(&mut self) -> PyResult<()> {
        self.open.push(Open::Object(PyDict::new(self.py), None));
        Ok(())
    }

    fn begin_array(&mut self) -> PyResult<()> {
        self.open.push(Open::Array(PyList::empty(self.py)));
        Ok(())
    }

    fn end(&mut self) -> PyResult<()> {
        match self.open.pop() {
            Some(Open::Object(dict, _)) => self.put(dict.into_any()),
            Some(Open::Array(list)) => self.put(list.into_any()),
            None => Ok(()),
        }
    }

    fn key(&mut self, key: Cow<'a, str>) -> PyResult<()> {
        if let Some(Open::Object(_, slot)) = self.open.last_mut() {
            *slot = Some(PyString::new(self.py, &key));
        }
        Ok(())
    }

    fn string(&mut self, text: Cow<'a, str>) -> PyResult<()> {
        self.put(PyString::new(self.py, &text).into_any())
    }

    fn number(&mut self, number: JsonNumber<'a>) -> PyResult<()> {
        let value = if number.is_integer() {
            self.integer(number.text())
        } else {
            self.decimal(number.text())
        }?;
        self.put(value)
    }

    fn bool(&mut self, value: bool) -> PyResult<()> {
        self.put(PyBool::new(self.py, value).to_owned().into_any())
    }

    fn null(&mut self) -> PyResult<()> {
        self.put(self.py.None().into_bound(self.py))
    }
}
