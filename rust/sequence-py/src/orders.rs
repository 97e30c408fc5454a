//! `Engine`: orders in and out.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use sequence_core::command::{Command, Size, Submit};
use sequence_core::engine::Reply;
use sequence_core::ids::AccountId;
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::reject::Refusal;
use sequence_core::risk::GraphRisk;
use sequence_core::session::Session;

use crate::control::graph_risk;
use crate::convert::to_python;
use crate::error::refused;
use crate::parse;

use crate::answer::Answer;
use crate::engine::{Answer as Answered, Engine};

/// The keyword arguments of `submit` and `preview`, as Python gives them.
struct OrderArguments<'a> {
    symbol: &'a str,
    side: &'a str,
    qty_1e8: Option<i64>,
    notional_1e9: Option<i128>,
    price_1e9: Option<i64>,
    venue: Option<&'a str>,
    graph_id: Option<&'a str>,
    node_id: &'a str,
    instrument_type: &'a str,
    policy: &'a str,
    urgency: &'a str,
    max_slippage_bps: Option<u32>,
    horizon_ms: Option<u64>,
    tif: Option<&'a str>,
    reduce_only: bool,
    metadata: &'a str,
    wallet: Option<&'a str>,
    risk: GraphRisk,
    by: &'a str,
}

impl<'a> OrderArguments<'a> {
    fn parse(&self) -> Answered<Submit<'a>> {
        let size = match (self.qty_1e8, self.notional_1e9) {
            (Some(qty), None) => Size::Quantity(Quantity(qty)),
            (None, Some(usd)) => Size::Notional(Money(usd)),
            _ => return Err(Refusal::invalid("qty", "give exactly one of qty and notional")),
        };
        Ok(Submit {
            symbol: self.symbol,
            side: parse::side(self.side)?,
            size,
            limit: self.price_1e9.map(Price),
            venue: self.venue.map(parse::venue).transpose()?,
            graph_id: self.graph_id,
            node_id: self.node_id,
            kind_hint: parse::instrument_kind(self.instrument_type)?,
            policy: parse::policy(self.policy)?,
            urgency: parse::urgency(self.urgency)?,
            max_slippage_bps: self.max_slippage_bps,
            horizon_ms: self.horizon_ms,
            tif: self.tif.map(parse::time_in_force).transpose()?,
            reduce_only: self.reduce_only,
            metadata: self.metadata,
            wallet: self.wallet,
            risk: self.risk,
            by: parse::mode(self.by)?,
        })
    }
}

fn submit(
    session: &mut Session,
    account: u32,
    now_ns: i64,
    order: Submit<'_>,
) -> Answered<(sequence_core::ids::GraphIx, bool)> {
    let command = Command::Submit { account: AccountId(account), order };
    match session.engine.apply(command, now_ns)? {
        Reply::Submitted { graph, replayed } => Ok((graph, replayed)),
        other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
    }
}

/// JSON text of an answer, id and symbol of an order that is open, whether it is a replay.
type Written = (String, Option<(String, Arc<str>)>, bool);

pub(crate) fn submit_text(
    session: &mut Session,
    account: u32,
    now_ns: i64,
    order: Submit<'_>,
) -> Answered<Written> {
    let (graph, replayed) = submit(session, account, now_ns, order)?;
    let open = session.engine.open_order(graph);
    Ok((session.engine.submit_text(graph, replayed), open, replayed))
}

#[pymethods]
impl Engine {
    /// Submits an order; returns (the answer, whether it is a replay). The answer is a dict of
    /// form `row`; of form `late` an `Answer`, of which only what is asked for is made; of form
    /// `text` its JSON text, with id and symbol of the order if that is open.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an order")]
    #[pyo3(signature = (account, now_ns, symbol, side, qty_1e8=None, notional_1e9=None, price_1e9=None,
        venue=None, graph_id=None, node_id="order", instrument_type="spot", policy="sor",
        urgency="medium", max_slippage_bps=None, horizon_ms=None, tif=None, reduce_only=false,
        metadata="{}", wallet=None, risk=None, by="sandbox", *, form="row"))]
    fn submit<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        now_ns: i64,
        symbol: &str,
        side: &str,
        qty_1e8: Option<i64>,
        notional_1e9: Option<i128>,
        price_1e9: Option<i64>,
        venue: Option<&str>,
        graph_id: Option<&str>,
        node_id: &str,
        instrument_type: &str,
        policy: &str,
        urgency: &str,
        max_slippage_bps: Option<u32>,
        horizon_ms: Option<u64>,
        tif: Option<&str>,
        reduce_only: bool,
        metadata: &str,
        wallet: Option<&str>,
        risk: Option<Bound<'py, PyDict>>,
        by: &str,
        form: &str,
    ) -> PyResult<(Bound<'py, PyAny>, bool)> {
        let risk = graph_risk(risk.as_ref())?.map_err(|refusal| refused(py, &refusal))?;
        let arguments = OrderArguments {
            symbol,
            side,
            qty_1e8,
            notional_1e9,
            price_1e9,
            venue,
            graph_id,
            node_id,
            instrument_type,
            policy,
            urgency,
            max_slippage_bps,
            horizon_ms,
            tif,
            reduce_only,
            metadata,
            wallet,
            risk,
            by,
        };
        if form == "text" {
            let (text, open, replayed) =
                self.run(py, |session| submit_text(session, account, now_ns, arguments.parse()?))?;
            let open = open.as_ref().map(|(id, symbol)| (id, &**symbol));
            let answer = (PyBytes::new(py, text.as_bytes()), open).into_pyobject(py)?;
            return Ok((answer.into_any(), replayed));
        }
        let (view, replayed) = self.run(py, |session| {
            let (graph, replayed) = submit(session, account, now_ns, arguments.parse()?)?;
            Ok((session.engine.submit_view(graph, replayed), replayed))
        })?;
        let answer = if form == "late" {
            Answer::new(view).into_pyobject(py)?.into_any()
        } else {
            to_python(py, &view)?
        };
        Ok((answer, replayed))
    }

    /// Submits an order on the shortest path and returns `(status, filled_qty_1e8, avg_price_1e9)`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of an order")]
    #[pyo3(signature = (account, now_ns, symbol, side, qty_1e8, price_1e9=None, venue=None, tif=None))]
    fn place(
        &self,
        py: Python<'_>,
        account: u32,
        now_ns: i64,
        symbol: &str,
        side: &str,
        qty_1e8: i64,
        price_1e9: Option<i64>,
        venue: Option<&str>,
        tif: Option<&str>,
    ) -> PyResult<(&'static str, i64, Option<i64>)> {
        let arguments = OrderArguments {
            symbol,
            side,
            qty_1e8: Some(qty_1e8),
            notional_1e9: None,
            price_1e9,
            venue,
            graph_id: None,
            node_id: "order",
            instrument_type: "spot",
            policy: "sor",
            urgency: "medium",
            max_slippage_bps: None,
            horizon_ms: None,
            tif,
            reduce_only: false,
            metadata: "{}",
            wallet: None,
            risk: GraphRisk::default(),
            by: "sandbox",
        };
        self.run(py, |session| {
            let (graph, _) = submit(session, account, now_ns, arguments.parse()?)?;
            let order = session.engine.graph(graph).order;
            let order = order.ok_or_else(|| Refusal::conflict("the graph has no order"))?;
            let order = session.engine.order(order);
            Ok((order.status.as_str(), order.filled.0, order.avg_price().map(|price| price.0)))
        })
    }

    /// What an order would do now.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an order")]
    #[pyo3(signature = (account, *, symbol, side, qty_1e8=None, notional_1e9=None, price_1e9=None,
        venue=None, instrument_type="spot", urgency="medium", by="sandbox"))]
    fn preview<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        symbol: &str,
        side: &str,
        qty_1e8: Option<i64>,
        notional_1e9: Option<i128>,
        price_1e9: Option<i64>,
        venue: Option<&str>,
        instrument_type: &str,
        urgency: &str,
        by: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = OrderArguments {
            symbol,
            side,
            qty_1e8,
            notional_1e9,
            price_1e9,
            venue,
            graph_id: None,
            node_id: "order",
            instrument_type,
            policy: "sor",
            urgency,
            max_slippage_bps: None,
            horizon_ms: None,
            tif: None,
            reduce_only: false,
            metadata: "{}",
            wallet: None,
            risk: GraphRisk::default(),
            by,
        };
        self.view(py, |session| {
            session.engine.preview_view(AccountId(account), &arguments.parse()?)
        })
    }

    /// Cancels an order, or a graph when the id is one. The answer is a dict, or with `text` its
    /// JSON text unless it is pending.
    #[pyo3(signature = (account, node_order_id, now_ns, *, text=false))]
    fn cancel_order<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        node_order_id: &str,
        now_ns: i64,
        text: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view_or_text(py, text, |session| {
            let command = Command::CancelOrder { account: AccountId(account), id: node_order_id };
            let reply = session.engine.apply(command, now_ns)?;
            Ok(session.engine.order_cancel_view(&reply))
        })
    }

    /// Cancels a graph.
    fn cancel_graph<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let command = Command::CancelGraph { account: AccountId(account), id: graph_id };
            let reply = session.engine.apply(command, now_ns)?;
            Ok(session.engine.graph_cancel_view(&reply))
        })
    }
}
