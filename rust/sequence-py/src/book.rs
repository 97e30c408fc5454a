//! `Book`: the live book of one market as plain numbers, read when asked and never copied.

use std::sync::Arc;

use pyo3::prelude::*;
use sequence_core::book::Level;
use sequence_core::ids::{BookSide, MarketId};
use sequence_core::market::Market;

use crate::desk::{market_of, named};
use crate::drive::handle;
use crate::engine::Engine;

/// A view of one venue's book of one instrument: always the present, in the units of the wire.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Book {
    engine: Py<Engine>,
    id: MarketId,
    venue: &'static str,
    symbol: Arc<str>,
}

impl Book {
    fn read<T>(&self, look: impl FnOnce(&Market, i64) -> T) -> T {
        let session = self.engine.get().lock();
        look(&session.engine.market(self.id).market, session.engine.now_ns())
    }

    fn best(&self, side: BookSide) -> Option<Level> {
        self.read(|market, _| market.best(side))
    }

    fn at(&self, side: BookSide, depth: usize) -> Option<(i64, i64)> {
        self.read(|market, _| market.book.levels(side).nth(depth)).map(pair)
    }
}

const fn pair(level: Level) -> (i64, i64) {
    (level.price.0, level.quantity.0)
}

#[pymethods]
impl Engine {
    /// A view of a market's book.
    fn book(slf: &Bound<'_, Self>, market: u32) -> PyResult<Book> {
        let (id, (venue, symbol)) = slf.get().run(slf.py(), |session| {
            let (id, _) = market_of(market);
            Ok((id, named(session, market, None)?))
        })?;
        Ok(Book { engine: slf.clone().unbind(), id, venue: venue.as_str(), symbol })
    }
}

#[pymethods]
impl Book {
    /// Number of the market.
    #[getter]
    const fn market(&self) -> u32 {
        handle(self.id, None)
    }

    /// Venue id.
    #[getter]
    const fn venue(&self) -> &'static str {
        self.venue
    }

    /// Canonical symbol.
    #[getter]
    fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The present, ns.
    #[getter]
    fn now_ns(&self) -> i64 {
        self.read(|_, now_ns| now_ns)
    }

    /// True when a fill may use the book now.
    #[getter]
    fn live(&self) -> bool {
        self.read(Market::is_live)
    }

    /// Best bid, 1e-9.
    #[getter]
    fn bid(&self) -> Option<i64> {
        self.best(BookSide::Bid).map(|level| level.price.0)
    }

    /// Best ask, 1e-9.
    #[getter]
    fn ask(&self) -> Option<i64> {
        self.best(BookSide::Ask).map(|level| level.price.0)
    }

    /// Size of the best bid, 1e-8; 0 without one.
    #[getter]
    fn bid_qty(&self) -> i64 {
        self.best(BookSide::Bid).map_or(0, |level| level.quantity.0)
    }

    /// Size of the best ask, 1e-8; 0 without one.
    #[getter]
    fn ask_qty(&self) -> i64 {
        self.best(BookSide::Ask).map_or(0, |level| level.quantity.0)
    }

    /// Levels of bids.
    #[getter]
    fn bids(&self) -> usize {
        self.read(|market, _| market.book.depth(BookSide::Bid))
    }

    /// Levels of asks.
    #[getter]
    fn asks(&self) -> usize {
        self.read(|market, _| market.book.depth(BookSide::Ask))
    }

    /// (price, size) of a bid; 0 is the best.
    fn bid_at(&self, depth: usize) -> Option<(i64, i64)> {
        self.at(BookSide::Bid, depth)
    }

    /// (price, size) of an ask; 0 is the best.
    fn ask_at(&self, depth: usize) -> Option<(i64, i64)> {
        self.at(BookSide::Ask, depth)
    }

    /// (bid, size, ask, size) in one read.
    fn touch(&self) -> (Option<i64>, i64, Option<i64>, i64) {
        let (bid, ask) =
            self.read(|market, _| (market.best(BookSide::Bid), market.best(BookSide::Ask)));
        let (bid, ask) = (bid.map(pair), ask.map(pair));
        let price = |level: Option<(i64, i64)>| level.map(|(price, _)| price);
        let size = |level: Option<(i64, i64)>| level.map_or(0, |(_, size)| size);
        (price(bid), size(bid), price(ask), size(ask))
    }

    fn __repr__(&self) -> String {
        format!("<Book {} {}>", self.venue, self.symbol)
    }
}
