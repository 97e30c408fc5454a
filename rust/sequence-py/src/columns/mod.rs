//! `Engine`: market data in whole columns, for books fed by hand.

mod column;
mod names;
mod table;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sequence_core::command::MarketRow;
use sequence_core::session::Session;
use sequence_core::tape::MarketEvent;

use crate::engine::{Answer, Engine};
use crate::parse;
use column::Given;
pub(crate) use column::unreadable;
use table::{Message, Table};

/// Rows that were refused together: which of them is wrong, the first, the one after the last, and
/// code, field and message of the refusal.
type Wrong = (usize, usize, usize, &'static str, String, String);

/// Applies the messages of a table in order, each as a call by itself; what was refused.
fn feed(session: &mut Session, table: &mut Table, now_ns: i64) -> Vec<Wrong> {
    let (mut wrong, mut events, mut row) = (Vec::new(), Vec::new(), 0);
    while row < table.rows {
        events.clear();
        let message = table.message(row, now_ns, &mut events);
        row = message.rows.end;
        let (first, end) = (message.rows.start, message.rows.end);
        let at = message.wrong.as_ref().map_or(first, |(at, _)| *at);
        if let Err(refusal) = apply(session, table, message, &events, now_ns) {
            let (field, text) = (refusal.field.into_owned(), refusal.message.into_owned());
            wrong.push((at, first, end, refusal.kind.as_str(), field, text));
        }
    }
    wrong
}

fn apply(
    session: &mut Session,
    table: &mut Table,
    message: Message,
    events: &[MarketEvent],
    now_ns: i64,
) -> Answer<()> {
    if let Some((_, refusal)) = message.wrong {
        return Err(refusal);
    }
    let (venue, symbol) = table.market(message.rows.start)?;
    let (is_first, said) = (message.is_snapshot, parse::terms(None)?);
    session.by_hand(MarketRow { venue, symbol, is_first, events, said }, now_ns)
}

#[pymethods]
impl Engine {
    /// Applies columns of as many rows: kind, venue, symbol, side and status as texts; price, size,
    /// time and flags as numbers. `is_units` says whether price and size are units already.
    fn market_columns(
        &self,
        py: Python<'_>,
        texts: [Option<Given>; 5],
        numbers: [Option<Given>; 4],
        is_units: [bool; 2],
        rows: usize,
        now_ns: i64,
    ) -> PyResult<Vec<Wrong>> {
        let table = Table::new(texts, numbers, is_units, rows)?;
        let Some(mut table) = table else {
            return Err(PyValueError::new_err("kind, venue and symbol are needed"));
        };
        Ok(py.detach(|| feed(&mut self.lock(), &mut table, now_ns)))
    }
}
