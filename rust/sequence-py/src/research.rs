//! `Engine`: depth by venue, funding, and what event markets became.

use pyo3::prelude::*;
use sequence_core::engine::view::FundingRange;

use crate::engine::Engine;
use crate::parse;

#[pymethods]
impl Engine {
    /// Levels of every live book of a symbol, best first and by venue, at most `limit` a side.
    fn depth<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        limit: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.depth_view(symbol, limit))
    }

    /// The middle of best bid and offer (1e-9), or `None` without both.
    fn mid(&self, symbol: &str) -> Option<i64> {
        self.lock().engine.symbol_mid(symbol).map(|price| price.0)
    }

    /// Funding of every perpetual: rate (1e-9) per interval, next boundary, mark.
    fn funding_rates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| Ok(session.engine.funding_view()))
    }

    /// Rates that a perpetual was given, oldest first; the newest `limit`.
    fn funding_history<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        venue: &str,
        since_ns: i64,
        until_ns: i64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let range = FundingRange { since_ns, until_ns, limit };
            session.engine.funding_history_view(symbol, parse::venue(venue)?, range)
        })
    }

    /// What an event market of a venue became; `value_1e9` is what YES pays, None when void.
    fn settlement<'py>(
        &self,
        py: Python<'py>,
        venue: &str,
        market_slug: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.settlement_view(parse::venue(venue)?, market_slug))
    }
}
