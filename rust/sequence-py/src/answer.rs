//! `Answer`: what a submit answers, of which only what somebody asks for becomes Python.

use pyo3::prelude::*;
use sequence_core::engine::view::Value;
use sequence_core::order::OrderStatus;

use crate::convert::to_python;

/// The answer of a submit.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Answer {
    view: Value,
}

impl Answer {
    pub(crate) const fn new(view: Value) -> Self {
        Self { view }
    }

    fn orders(&self) -> &[Value] {
        self.view.get("orders").map(Value::rows).unwrap_or_default()
    }
}

fn text<'a>(row: &'a Value, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Value::text)
}

#[pymethods]
impl Answer {
    /// The answer as a dict.
    fn row<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.view)
    }

    /// One key of its first order; None where there is none.
    fn first<'py>(&self, py: Python<'py>, key: &str) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, self.orders().first().and_then(|row| row.get(key)).unwrap_or(&Value::Null))
    }

    /// Its orders that can still trade, as (id, symbol).
    fn open(&self) -> Vec<(&str, &str)> {
        let can_trade = |row: &&Value| {
            let status = text(row, "status").and_then(OrderStatus::parse);
            status.is_some_and(|status| !status.is_terminal())
        };
        let named = |row| Some((text(row, "node_order_id")?, text(row, "symbol")?));
        self.orders().iter().filter(can_trade).filter_map(named).collect()
    }
}
