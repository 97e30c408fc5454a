//! `Engine`: a replay from stop to stop, for strategies in the same process.

use pyo3::prelude::*;
use pyo3::types::PyList;
use sequence_core::engine::Engine as CoreEngine;
use sequence_core::event::{Event, EventKind};
use sequence_core::ids::{BookSide, MarketId, Outcome};
use sequence_core::session::{Pace, Told, Wanted};

use crate::engine::Engine;

/// A market and an outcome as one number: what a strategy names a market by.
pub(crate) const fn handle(market: MarketId, outcome: Option<Outcome>) -> u32 {
    market.0 << 1 | if matches!(outcome, Some(Outcome::No)) { 1 } else { 0 }
}

/// Time, kind, market, side, price, size.
type Next = (i64, &'static str, u32, Option<&'static str>, i64, i64);

fn row_of(now_ns: i64, told: Option<Told>) -> Next {
    match told {
        Some(Told::Book(market)) => (now_ns, "book", handle(market, None), None, 0, 0),
        Some(Told::Trade { market, hit, price, quantity }) => {
            // The side that was hit rested: who came was on the other one.
            let side = hit.map(|hit| if hit == BookSide::Bid { "sell" } else { "buy" });
            (now_ns, "trade", handle(market, None), side, price.0, quantity.0)
        }
        Some(Told::Orders) => (now_ns, "orders", 0, None, 0, 0),
        None => (now_ns, "end", 0, None, 0, 0),
    }
}

#[pymethods]
impl Engine {
    /// Tells from here on: books after every message (`every_ns` 0), after so many nanoseconds, or
    /// with every change of the touch (-1); trades; events of the log. `None` tells no books.
    fn watch(&self, every_ns: Option<i64>, trades: bool, orders: bool) {
        let pace = |every_ns| match every_ns {
            0 => Pace::Message,
            step if step > 0 => Pace::Every(step),
            _ => Pace::Touch,
        };
        let wanted = Wanted { books: every_ns.map(pace), trades, orders };
        self.lock().watch(wanted);
    }

    /// Ends `watch`: what of markets was not told yet, as `next_told` would have told it.
    fn unwatch(&self) -> Vec<Next> {
        let mut session = self.lock();
        let now_ns = session.engine.now_ns();
        session.unwatch().into_iter().map(|told| row_of(now_ns, Some(told))).collect()
    }

    /// Moves towards `until_ns` and stops with the next thing to tell: (time, kind, market,
    /// side, price, size); the kind is `book`, `trade`, `orders` or, at the end, `end`.
    fn next_told(&self, py: Python<'_>, until_ns: i64) -> Next {
        let (now_ns, told) = py.detach(|| {
            let mut session = self.lock();
            let told = session.advance_to_told(until_ns);
            (session.engine.now_ns(), told)
        });
        row_of(now_ns, told)
    }

    /// Changes and fills of orders after a commit number, oldest first, and the newest number:
    /// `("order", order, ts_ns, status, filled_1e8)` and
    /// `("fill", order, ts_ns, price_1e9, qty_1e8, fee_1e9)`.
    fn order_events<'py>(
        &self,
        py: Python<'py>,
        since_seq: u64,
    ) -> PyResult<(Bound<'py, PyList>, u64)> {
        let (events, last): (Vec<Event>, u64) = {
            let engine: &CoreEngine = &self.lock().engine;
            (engine.log().since(since_seq).copied().collect(), engine.log().last_seq())
        };
        let rows = PyList::empty(py);
        for event in events {
            match event.kind {
                EventKind::OrderChanged { order, status, filled, .. } => {
                    rows.append(("order", order.0, event.ts_ns, status.as_str(), filled.0))?;
                }
                EventKind::OrderFilled { order, words: [price, quantity, fee], .. } => {
                    rows.append(("fill", order.0, event.ts_ns, price, quantity, fee))?;
                }
                _ => {}
            }
        }
        Ok((rows, last))
    }
}
