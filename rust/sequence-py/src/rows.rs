//! `Engine`: rows of orders and fills, quotes, symbols and fees.

use pyo3::prelude::*;
use sequence_core::engine::view::{FillFilter, OrderFilter};
use sequence_core::ids::AccountId;

use crate::parse;

use crate::engine::Engine;

#[pymethods]
impl Engine {
    /// One order row.
    fn order<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        node_order_id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.order_by_id(AccountId(account), node_order_id))
    }

    /// A page of orders, newest first.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, *, limit=50, offset=0, symbol=None, node_order_id=None, graph_id=None,
        venue=None, side=None, statuses=None, open_only=false, before_seq=None))]
    fn orders<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
        offset: usize,
        symbol: Option<&str>,
        node_order_id: Option<&str>,
        graph_id: Option<&str>,
        venue: Option<&str>,
        side: Option<&str>,
        statuses: Option<Vec<String>>,
        open_only: bool,
        before_seq: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let statuses = parse::order_statuses(statuses)?;
            let filter = OrderFilter {
                symbol,
                node_order_id,
                graph_id,
                venue: venue.map(parse::venue).transpose()?,
                side: side.map(parse::side).transpose()?,
                statuses: statuses.as_deref(),
                open_only,
                before_seq,
            };
            Ok(session.engine.orders_view(AccountId(account), &filter, limit, offset))
        })
    }

    /// One graph object; `metadata` is JSON text.
    fn graph<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.graph_by_id(AccountId(account), graph_id))
    }

    /// A page of fills, newest first.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, *, limit=50, offset=0, symbol=None, node_order_id=None, graph_id=None,
        venue=None, since_ns=None, until_ns=None, before_seq=None))]
    fn fills<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
        offset: usize,
        symbol: Option<&str>,
        node_order_id: Option<&str>,
        graph_id: Option<&str>,
        venue: Option<&str>,
        since_ns: Option<i64>,
        until_ns: Option<i64>,
        before_seq: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let filter = FillFilter {
                symbol,
                node_order_id,
                graph_id,
                venue: venue.map(parse::venue).transpose()?,
                since_ns,
                until_ns,
                before_seq,
            };
            Ok(session.engine.fills_view(AccountId(account), &filter, limit, offset))
        })
    }

    /// Consolidated quote with depth.
    fn quote<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        depth: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.quote_view(symbol, depth))
    }

    /// Quotes of the symbols given, or of all, whose depth is younger than `max_age_s`.
    fn quotes<'py>(
        &self,
        py: Python<'py>,
        symbols: Option<Vec<String>>,
        max_age_s: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let max_age_ns = max_age_s.saturating_mul(1_000_000_000);
        self.view(py, |session| Ok(session.engine.quotes_view(symbols.as_deref(), max_age_ns)))
    }

    /// Books that were heard of and cannot be used, and why.
    fn unusable<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| Ok(session.engine.unusable_view()))
    }

    /// Symbol rows with their listings.
    #[pyo3(signature = (venue=None, instrument_type=None))]
    fn symbols<'py>(
        &self,
        py: Python<'py>,
        venue: Option<&str>,
        instrument_type: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let venue = venue.map(parse::venue).transpose()?;
            let kind = instrument_type.map(parse::instrument_kind).transpose()?;
            Ok(session.engine.symbols_view(venue, kind))
        })
    }

    /// One symbol row by any of its names.
    fn symbol<'py>(&self, py: Python<'py>, symbol: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.symbol_by_text(symbol))
    }

    /// Maker and taker fees of a ticker.
    #[pyo3(signature = (ticker, venues=None))]
    fn fees<'py>(
        &self,
        py: Python<'py>,
        ticker: &str,
        venues: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let venues = parse::venues(venues)?;
            session.engine.fees_view(ticker, venues.as_deref())
        })
    }
}
