//! `Engine`, second part: amends, kill switches, limits, venue cancel-all, fair prices.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use sequence_core::command::{Amend, AmendNode, Command};
use sequence_core::engine::Reply;
use sequence_core::engine::view::Value;
use sequence_core::ids::AccountId;
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::reject::Refusal;
use sequence_core::risk::{
    AccountLimits, Admission, FailureAction, GraphRisk, PreTrade, Runtime, VenueSet,
};

use crate::engine::{Answer, Engine};
use crate::parse;

#[pymethods]
impl Engine {
    /// Amends an open order; `new_qty_1e8` is the new total. The answer is a dict, or with `text`
    /// its JSON text unless it is pending.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an amend")]
    #[pyo3(signature = (account, node_order_id, now_ns, *, new_qty_1e8=None, reduce_by_1e8=None,
        price_1e9=None, expected_version=None, by="sandbox", text=false))]
    fn amend_order<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        node_order_id: &str,
        now_ns: i64,
        new_qty_1e8: Option<i64>,
        reduce_by_1e8: Option<i64>,
        price_1e9: Option<i64>,
        expected_version: Option<u32>,
        by: &str,
        text: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view_or_text(py, text, |session| {
            let change = Amend {
                id: node_order_id,
                new_qty: new_qty_1e8.map(Quantity),
                reduce_by: reduce_by_1e8.map(Quantity),
                new_price: price_1e9.map(Price),
                expected_version,
                by: parse::mode(by)?,
            };
            let command = Command::Amend { account: AccountId(account), change };
            let reply = session.engine.apply(command, now_ns)?;
            Ok(session.engine.amend_view(&reply))
        })
    }

    /// Amends the newest open order of a node, and how it is worked.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an amend")]
    #[pyo3(signature = (account, graph_id, node_id, now_ns, *, new_qty_1e8=None, price_1e9=None,
        max_slippage_bps=None, horizon_ms=None, urgency=None, expected_version=None, by="sandbox"))]
    fn amend_node<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
        node_id: &str,
        now_ns: i64,
        new_qty_1e8: Option<i64>,
        price_1e9: Option<i64>,
        max_slippage_bps: Option<u32>,
        horizon_ms: Option<u64>,
        urgency: Option<&str>,
        expected_version: Option<u32>,
        by: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let change = Amend {
                id: graph_id,
                new_qty: new_qty_1e8.map(Quantity),
                new_price: price_1e9.map(Price),
                expected_version,
                by: parse::mode(by)?,
                ..Amend::default()
            };
            let urgency = urgency.map(parse::urgency).transpose()?;
            let change = AmendNode { node_id, change, max_slippage_bps, horizon_ms, urgency };
            let command = Command::AmendNode { account: AccountId(account), change };
            let reply = session.engine.apply(command, now_ns)?;
            Ok(session.engine.node_amend_view(&reply))
        })
    }

    /// What became of an amend: the answer of one that changed nothing now.
    fn amend_state<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        node_order_id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let engine = &session.engine;
            let (graph, named) = engine.find_order(AccountId(account), node_order_id)?;
            let order = named.or(engine.graph(graph).order).ok_or_else(of_many)?;
            Ok(engine.amend_view(&Reply::Amended { order, native: false }))
        })
    }

    /// True when nothing can happen any more to what an id names.
    fn is_terminal(&self, py: Python<'_>, account: u32, order_id: &str) -> PyResult<bool> {
        self.run(py, |session| {
            let engine = &session.engine;
            let (graph, named) = engine.find_order(AccountId(account), order_id)?;
            Ok(match named {
                Some(order) => engine.order(order).status.is_terminal(),
                None => engine.graph_status(graph).is_terminal(),
            })
        })
    }

    /// Resumes a paused graph and returns it.
    #[pyo3(signature = (account, graph_id, now_ns, by="sandbox"))]
    fn resume_graph<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
        now_ns: i64,
        by: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let (account, by) = (AccountId(account), parse::mode(by)?);
            session.engine.apply(Command::Resume { account, id: graph_id, by }, now_ns)?;
            session.engine.graph_by_id(account, graph_id)
        })
    }

    /// Cancels every open order with an open leg at a venue.
    fn cancel_venue<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        venue: &str,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let (account, venue) = (AccountId(account), parse::venue(venue)?);
            let reply = session.engine.apply(Command::CancelVenue { account, venue }, now_ns)?;
            Ok(session.engine.venue_cancel_view(venue, &reply))
        })
    }

    /// State of a kill switch.
    fn kill_switch<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        mode: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            Ok(session.engine.kill_switch_view(AccountId(account), parse::mode(mode)?))
        })
    }

    /// Stops new orders of one mode; `by` names the key.
    fn engage_kill_switch<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        mode: &str,
        by: &str,
        reason: Option<&str>,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let (account, mode) = (AccountId(account), parse::mode(mode)?);
            let command = Command::EngageSwitch { account, mode, by, reason };
            session.engine.apply(command, now_ns)?;
            Ok(session.engine.kill_switch_view(account, mode))
        })
    }

    /// Allows new orders of one mode again.
    fn clear_kill_switch<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        mode: &str,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let (account, mode) = (AccountId(account), parse::mode(mode)?);
            session.engine.apply(Command::ClearSwitch { account, mode }, now_ns)?;
            Ok(session.engine.kill_switch_view(account, mode))
        })
    }

    /// Keeps so many of the newest orders in memory, and older ones while they go on; `None`: all.
    /// Before the first order.
    #[pyo3(signature = (newest))]
    fn keep_newest(&self, newest: Option<u32>) {
        self.lock().engine.keep_newest(newest);
    }

    /// Sets the limits of every account; `None` is no limit.
    #[pyo3(signature = (*, max_position_1e8=None, max_order_notional_1e9=None, max_order_rate=None,
        max_open_orders=None, daily_loss_limit_usd_1e9=None))]
    fn set_limits(
        &self,
        max_position_1e8: Option<i64>,
        max_order_notional_1e9: Option<i128>,
        max_order_rate: Option<u32>,
        max_open_orders: Option<u32>,
        daily_loss_limit_usd_1e9: Option<i128>,
    ) {
        self.lock().engine.set_limits(AccountLimits {
            max_position: max_position_1e8.map(Quantity),
            max_order_notional: max_order_notional_1e9.map(Money),
            max_order_rate,
            max_open_orders,
            daily_loss: daily_loss_limit_usd_1e9.map(Money),
        });
    }

    /// Limits of every account, and what the simulator adds.
    fn limits<'py>(&self, py: Python<'py>, mode: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| Ok(session.engine.limits_view(parse::mode(mode)?)))
    }

    /// Profit and loss of the UTC day so far, USD times 1e9.
    fn daily_pnl(&self, account: u32) -> Option<i128> {
        self.lock().engine.daily_pnl(AccountId(account)).map(|pnl| pnl.0)
    }

    /// Consolidated reference prices of the USD pairs.
    #[pyo3(signature = (underlying=None))]
    fn fair_prices<'py>(
        &self,
        py: Python<'py>,
        underlying: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| -> Answer<Value> {
            Ok(session.engine.fair_prices_view(underlying))
        })
    }
}

fn of_many() -> Refusal {
    Refusal::conflict("a graph has many orders: name one, or amend a node")
}

/// The limits of a graph, as Python gives them: fixed-point integers under their wire names.
pub(crate) fn graph_risk(given: Option<&Bound<'_, PyDict>>) -> PyResult<Answer<GraphRisk>> {
    let Some(given) = given else { return Ok(Ok(GraphRisk::default())) };
    let usd = |name: &str| Ok::<_, PyErr>(number::<i128>(given, name)?.map(Money));
    let size = |name: &str| Ok::<_, PyErr>(number::<i64>(given, name)?.map(Quantity));
    let venues = given.get_item("allowed_venues")?.map(|list| list.extract()).transpose()?;
    let action = |name: &str, default: FailureAction| {
        let text = given.get_item(name)?.map(|text| text.extract::<String>()).transpose()?;
        Ok::<_, PyErr>(text.map_or(Ok(default), |text| parse::failure_action(&text)))
    };
    let admission = (usd("max_notional_1e9")?, usd("max_order_notional_1e9")?);
    let pre_trade = PreTrade {
        max_order_notional: usd("pre_trade_order_notional_1e9")?,
        max_price_deviation_bps: number(given, "max_price_deviation_bps")?,
        max_spread_bps: number(given, "max_spread_bps")?,
        max_quote_age_ms: number(given, "max_quote_age_ms")?,
        max_position: size("max_position_1e8")?,
    };
    let runtime = Runtime {
        max_loss: usd("max_loss_1e9")?,
        max_unhedged: size("max_unhedged_1e8")?,
        unhedged_grace_ms: number(given, "unhedged_grace_ms")?.unwrap_or(Runtime::GRACE_MS),
        max_duration_ms: number(given, "max_duration_ms")?,
    };
    let on_breach = action("on_runtime_breach", FailureAction::CancelAll)?;
    let on_reject = action("on_node_reject", FailureAction::Continue)?;
    let build = || -> Result<GraphRisk, Refusal> {
        let allowed = parse::venues(venues)?.map(VenueSet::of);
        Ok(GraphRisk {
            admission: Admission {
                max_notional: admission.0,
                max_order_notional: admission.1,
                allowed_venues: allowed.unwrap_or_default(),
            },
            pre_trade,
            runtime,
            on_runtime_breach: on_breach?,
            on_node_reject: on_reject?,
        })
    };
    Ok(build())
}

fn number<'py, T>(given: &Bound<'py, PyDict>, name: &str) -> PyResult<Option<T>>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    given.get_item(name)?.map(|value| value.extract()).transpose()
}
