//! `Engine`: depth by venue, funding, and what event markets became.

use pyo3::prelude::*;
use sequence_core::command::{Size, Submit};
use sequence_core::engine::view::TimeRange;
use sequence_core::ids::AccountId;
use sequence_core::number::Quantity;
use sequence_core::session::Bars;

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

    /// Notes the present price of every symbol that is followed.
    fn sample_prices(&self) {
        self.lock().sample_prices();
    }

    /// The last price of each bar of `bar_s` seconds between two times, oldest first; the newest
    /// `limit`.
    fn prices<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        since_ns: i64,
        until_ns: i64,
        bar_s: i64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let wanted = Bars { since_ns, until_ns, bar_s, limit };
        self.view(py, |session| Ok(session.prices_view(symbol, wanted)))
    }

    /// Trades that are kept of a symbol, at one venue or all, oldest first; the newest `limit`.
    fn trades<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        venue: Option<&str>,
        since_ns: i64,
        until_ns: i64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let range = TimeRange { since_ns, until_ns, limit };
            let venue = venue.map(parse::venue).transpose()?;
            session.engine.trades_view(symbol, venue, range)
        })
    }

    /// What taking a quantity would cost, by share, if every venue could be paid.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an order")]
    #[pyo3(signature = (account, *, symbol, side, qty_1e8, venue=None, urgency="medium"))]
    fn taking<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        symbol: &str,
        side: &str,
        qty_1e8: i64,
        venue: Option<&str>,
        urgency: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let size = Size::Quantity(Quantity(qty_1e8));
            let mut ask = Submit::new(symbol, parse::side(side)?, size);
            ask.venue = venue.map(parse::venue).transpose()?;
            ask.urgency = parse::urgency(urgency)?;
            session.engine.taking_view(AccountId(account), &ask)
        })
    }

    /// Where a quantity would rest at the best price of its own side; `None` where it cannot.
    #[pyo3(signature = (account, *, symbol, side, qty_1e8))]
    fn resting<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        symbol: &str,
        side: &str,
        qty_1e8: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let size = Size::Quantity(Quantity(qty_1e8));
            let ask = Submit::new(symbol, parse::side(side)?, size);
            session.engine.resting_view(AccountId(account), &ask)
        })
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
            let range = TimeRange { since_ns, until_ns, limit };
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
