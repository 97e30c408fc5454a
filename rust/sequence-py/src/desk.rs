//! `Engine`: orders by numbers, for strategies in the same process. A command first brings sources
//! and timers up to the present, as every call does.

use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use sequence_core::command::{Amend, Command};
use sequence_core::engine::Reply;
use sequence_core::ids::{AccountId, MarketId, OrderId, Outcome, Side, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::reject::Refusal;
use sequence_core::session::{DeskOrder, Session};

use crate::drive::handle;
use crate::engine::{Answer, Engine};
use crate::error::refused;
use crate::parse;

/// Field of an item that has no numbers where they belong: no order was read from it.
const FORM: &str = "item";

pub(crate) const fn market_of(handle: u32) -> (MarketId, Option<Outcome>) {
    let outcome = if handle & 1 == 1 { Some(Outcome::No) } else { None };
    (MarketId(handle >> 1), outcome)
}

/// Venue and name of a market's outcome.
pub(crate) fn named(
    session: &Session,
    number: u32,
    outcome: Option<Outcome>,
) -> Answer<(VenueId, Arc<str>)> {
    let found = session.engine.market_name(market_of(number).0, outcome);
    found.ok_or_else(|| Refusal::not_found(format!("there is no market {number}")))
}

fn listed(session: &Session, number: u32) -> Answer<(MarketId, Option<Outcome>)> {
    named(session, number, None)?;
    Ok(market_of(number))
}

fn amend(
    session: &mut Session,
    account: AccountId,
    order: u32,
    (qty, price): (Option<i64>, Option<i64>),
) -> Answer<bool> {
    session.bring_up();
    let found = session.engine.own_order(account, OrderId(order))?;
    let id = session.engine.node_order_id(found);
    let change = Amend {
        id: &id,
        new_qty: qty.map(Quantity),
        new_price: price.map(Price),
        ..Amend::default()
    };
    match session.engine.apply(Command::Amend { account, change }, session.engine.now_ns())? {
        Reply::Amended { native, .. } => Ok(native),
        other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
    }
}

#[pymethods]
impl Engine {
    /// The number of a market.
    fn desk_market(&self, py: Python<'_>, venue: &str, symbol: &str) -> PyResult<u32> {
        self.run(py, |session| {
            let (market, outcome) = session.engine.find_outcome(parse::venue(venue)?, symbol)?;
            Ok(handle(market, outcome))
        })
    }

    /// Submits an order and returns its number.
    #[expect(clippy::too_many_arguments, reason = "the arguments of an order")]
    fn desk_submit(
        &self,
        py: Python<'_>,
        account: u32,
        market: u32,
        is_buy: bool,
        qty_1e8: i64,
        price_1e9: Option<i64>,
        tif: Option<&str>,
        reduce_only: bool,
        max_slippage_bps: Option<u32>,
        horizon_ms: Option<u64>,
    ) -> PyResult<u32> {
        let (market, outcome) = market_of(market);
        self.run(py, |session| {
            let order = DeskOrder {
                market,
                outcome,
                side: if is_buy { Side::Buy } else { Side::Sell },
                qty: Quantity(qty_1e8),
                limit: price_1e9.map(Price),
                tif: tif.map(parse::time_in_force).transpose()?,
                reduce_only,
                max_slippage_bps,
                horizon_ms,
            };
            session.bring_up();
            Ok(session.desk_submit(AccountId(account), &order)?.0)
        })
    }

    /// Submits orders one after the other; a refused one is its refusal, and the others go on. Also
    /// the places of those that were refused.
    fn desk_submit_many<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        orders: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Told<'py>> {
        // Read before the lock is taken: no Python object is touched under it.
        let items: Vec<Answer<DeskOrder>> = orders.iter().map(item).collect();
        let answers: Vec<Answer<u32>> = {
            let mut session = self.lock();
            session.bring_up();
            let one = |item: Answer<DeskOrder>| {
                session.desk_submit(AccountId(account), &item?).map(|order| order.0)
            };
            items.into_iter().map(one).collect()
        };
        told(py, answers)
    }

    /// Cancels an order; false when it had ended before.
    fn desk_cancel(&self, py: Python<'_>, account: u32, order: u32) -> PyResult<bool> {
        self.run(py, |session| {
            session.bring_up();
            session.desk_cancel(AccountId(account), OrderId(order))
        })
    }

    /// Cancels orders one after the other; answers as `desk_submit_many` gives them.
    fn desk_cancel_many<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        orders: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Told<'py>> {
        let number = |order: &Bound<'py, PyAny>| {
            order.extract::<u32>().map_err(|_error| Refusal::invalid(FORM, "an order is a number"))
        };
        let numbers: Vec<Answer<u32>> = orders.iter().map(number).collect();
        let answers: Vec<Answer<bool>> = {
            let mut session = self.lock();
            session.bring_up();
            let one = |order: Answer<u32>| session.desk_cancel(AccountId(account), OrderId(order?));
            numbers.into_iter().map(one).collect()
        };
        told(py, answers)
    }

    /// Changes an open order; true when it keeps its place in the queue.
    fn desk_amend(
        &self,
        py: Python<'_>,
        account: u32,
        order: u32,
        qty_1e8: Option<i64>,
        price_1e9: Option<i64>,
    ) -> PyResult<bool> {
        self.run(py, |session| amend(session, AccountId(account), order, (qty_1e8, price_1e9)))
    }

    /// (status, filled quantity, total quantity, limit price, average price) of an order.
    #[expect(clippy::type_complexity, reason = "the tuple that Python gets")]
    fn desk_order(
        &self,
        py: Python<'_>,
        account: u32,
        order: u32,
    ) -> PyResult<(&'static str, i64, i64, Option<i64>, Option<i64>)> {
        self.run(py, |session| {
            let row = session.engine.own_order(AccountId(account), OrderId(order))?;
            let (limit, paid) = (row.limit_in_force(), row.avg_price());
            let prices = (limit.map(|price| price.0), paid.map(|price| price.0));
            Ok((row.status.as_str(), row.filled.0, row.qty.0, prices.0, prices.1))
        })
    }

    /// Text of an order's id, as every other call names it.
    fn desk_name(&self, py: Python<'_>, account: u32, order: u32) -> PyResult<String> {
        self.run(py, |session| {
            let row = session.engine.own_order(AccountId(account), OrderId(order))?;
            Ok(session.engine.node_order_id(row))
        })
    }

    /// Numbers of the open orders, oldest first.
    fn desk_open(&self, account: u32) -> Vec<u32> {
        self.lock().engine.open_orders(AccountId(account)).map(|order| order.0).collect()
    }

    /// What the account holds of a market, negative when short.
    fn desk_position(&self, py: Python<'_>, account: u32, market: u32) -> PyResult<i64> {
        self.run(py, |session| {
            let (market, outcome) = listed(session, market)?;
            Ok(session.engine.position_at(AccountId(account), market, outcome).0)
        })
    }

    /// What the account can still spend where a market is settled, times 1e9.
    fn desk_cash(&self, py: Python<'_>, account: u32, market: u32) -> PyResult<i128> {
        self.run(py, |session| {
            let (market, _) = listed(session, market)?;
            Ok(session.engine.cash_at(AccountId(account), market).0)
        })
    }
}

/// An order of a batch: market, side, quantity, price, time in force.
fn item(order: &Bound<'_, PyAny>) -> Answer<DeskOrder> {
    read_item(order).unwrap_or_else(|_error| {
        let form = "an order is (market, side, qty_1e8, price_1e9 or None, tif or None)";
        Err(Refusal::invalid(FORM, form))
    })
}

/// The same, where it has that form.
fn read_item(order: &Bound<'_, PyAny>) -> PyResult<Answer<DeskOrder>> {
    type Row<'py> = (u32, Bound<'py, PyString>, i64, Option<i64>, Option<Bound<'py, PyString>>);
    let (number, side, qty, price, tif): Row<'_> = order.cast::<PyTuple>()?.extract()?;
    let (market, outcome) = market_of(number);
    let words = (side.to_str()?, tif.as_ref().map(|tif| tif.to_str()).transpose()?);
    let read = |(side, tif): (&str, Option<&str>)| {
        Ok(DeskOrder {
            market,
            outcome,
            side: parse::side(side)?,
            qty: Quantity(qty),
            limit: price.map(Price),
            tif: tif.map(parse::time_in_force).transpose()?,
            reduce_only: false,
            max_slippage_bps: None,
            horizon_ms: None,
        })
    };
    Ok(read(words))
}

/// Answers of a batch, and the places of those that are refusals.
type Told<'py> = (Vec<Bound<'py, PyAny>>, Vec<usize>);

fn told<'py, T>(py: Python<'py>, answers: Vec<Answer<T>>) -> PyResult<Told<'py>>
where
    T: IntoPyObjectExt<'py>,
{
    let mut refused_at = Vec::new();
    let one = |(at, answer): (usize, Answer<T>)| match answer {
        Ok(value) => value.into_bound_py_any(py),
        Err(refusal) => {
            refused_at.push(at);
            Ok(refused(py, &refusal).into_value(py).into_bound(py).into_any())
        }
    };
    let rows: PyResult<Vec<_>> = answers.into_iter().enumerate().map(one).collect();
    Ok((rows?, refused_at))
}
