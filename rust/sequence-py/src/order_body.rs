//! `OrderBody`, `AmendBody`: bodies that are an ordinary order or change, checked without a Python
//! object.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sequence_core::amend_body::AmendBody as CoreAmend;
use sequence_core::ids::VenueId;
use sequence_core::order_body::OrderBody as CoreBody;

use crate::engine::Engine;
use crate::error::refused;
use crate::orders::submit_text;
use crate::parse;

/// An ordinary order as a request body says it; its values are in range and go together.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct OrderBody(CoreBody);

#[pymethods]
impl OrderBody {
    /// Reads a body; `None` of whatever is wrong or unusual. No text is longer than `max_string`.
    #[staticmethod]
    fn read(body: &[u8], max_string: usize) -> Option<Self> {
        CoreBody::read(body, max_string).map(Self)
    }

    /// Symbol text of any form.
    #[getter]
    fn symbol(&self) -> &str {
        self.0.symbol()
    }

    /// The hint beside the symbol: `spot`, `perp` or `prediction`.
    #[getter]
    fn instrument_type(&self) -> &'static str {
        self.0.kind().as_str()
    }

    /// The venue that it is pinned to.
    #[getter]
    fn venue(&self) -> Option<&'static str> {
        self.0.venue().map(VenueId::as_str)
    }

    /// Idempotency key of the client.
    #[getter]
    fn graph_id(&self) -> Option<&str> {
        self.0.graph_id()
    }

    /// The paper flag of the order.
    #[getter]
    fn wants_sandbox(&self) -> bool {
        self.0.wants_sandbox()
    }
}

/// A change of one order as a request body says it; its values are in range and go together.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct AmendBody(CoreAmend);

#[pymethods]
impl AmendBody {
    /// Reads a body; `None` of whatever is wrong or unusual. No text is longer than `max_string`.
    #[staticmethod]
    fn read(body: &[u8], max_string: usize) -> Option<Self> {
        CoreAmend::read(body, max_string).map(Self)
    }

    /// The new total.
    #[getter]
    fn new_qty_1e8(&self) -> Option<i64> {
        self.0.new_qty.map(|qty| qty.0)
    }

    /// What the total becomes less by.
    #[getter]
    fn reduce_by_1e8(&self) -> Option<i64> {
        self.0.reduce_by.map(|qty| qty.0)
    }

    /// The new limit.
    #[getter]
    fn price_1e9(&self) -> Option<i64> {
        self.0.price.map(|price| price.0)
    }

    /// The version that the order must have.
    #[getter]
    const fn expected_version(&self) -> Option<u32> {
        self.0.expected_version
    }
}

/// The JSON text of an answer, id and symbol of an order that is open, whether it is a replay.
type Answered<'py> = (Bound<'py, PyBytes>, Option<(String, String)>, bool);

#[pymethods]
impl Engine {
    /// Submits an order as its body says it, by a key of mode `by`; returns (the answer's JSON
    /// text, id and symbol of the order if that is open, whether it is a replay).
    fn submit_body<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        now_ns: i64,
        body: &OrderBody,
        by: &str,
    ) -> PyResult<Answered<'py>> {
        let by = parse::mode(by).map_err(|refusal| refused(py, &refusal))?;
        let (text, open, replayed) =
            self.run(py, |session| submit_text(session, account, now_ns, body.0.submit(by)))?;
        let open = open.map(|(id, symbol)| (id, symbol.as_ref().to_owned()));
        Ok((PyBytes::new(py, text.as_bytes()), open, replayed))
    }
}
