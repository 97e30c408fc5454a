//! `Engine`: the event log, as Python reads it.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sequence_core::engine::Engine as CoreEngine;
use sequence_core::event::{Event as LogEvent, EventKind as LogKind};

use crate::engine::Engine;

#[pymethods]
impl Engine {
    /// Events after a commit number, oldest first.
    fn events<'py>(
        &self,
        py: Python<'py>,
        since_seq: u64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let events: Vec<_> = {
            let engine = &self.lock().engine;
            let named = |event: &LogEvent| (*event, node_order_id(engine, &event.kind));
            engine.log().since(since_seq).take(limit).map(named).collect()
        };
        let rows: Vec<_> = events
            .iter()
            .map(|(event, order)| {
                let dict = PyDict::new(py);
                dict.set_item("seq", event.seq)?;
                dict.set_item("ts_ns", event.ts_ns)?;
                dict.set_item("account", event.account.0)?;
                dict.set_item("type", event.kind.name())?;
                let data = event_data(py, &event.kind)?;
                if let Some(order) = order {
                    data.set_item("node_order_id", order)?;
                }
                dict.set_item("data", data)?;
                Ok(dict)
            })
            .collect::<PyResult<_>>()?;
        PyList::new(py, rows)
    }
}

/// The public id of the order an event is about.
fn node_order_id(engine: &CoreEngine, kind: &LogKind) -> Option<String> {
    match kind {
        LogKind::OrderChanged { order, .. } | LogKind::OrderFilled { order, .. } => {
            // A return to a snapshot leaves orders behind; their events stay.
            engine.holds_order(*order).then(|| engine.node_order_id(engine.order(*order)))
        }
        _ => None,
    }
}

fn event_data<'py>(py: Python<'py>, kind: &LogKind) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    match kind {
        LogKind::AccountReset { epoch, back_to } => {
            dict.set_item("epoch", epoch)?;
            dict.set_item("back_to_seq", (*back_to > 0).then_some(*back_to))?;
        }
        LogKind::PositionsSet { written, deleted } => {
            dict.set_item("written", written)?;
            dict.set_item("deleted", deleted)?;
        }
        LogKind::KillSwitchSet { mode, engaged } => {
            dict.set_item("mode", mode.as_str())?;
            dict.set_item("engaged", engaged)?;
        }
        LogKind::OrderChanged { order, version, status, filled } => {
            dict.set_item("order", order.0)?;
            dict.set_item("version", version)?;
            dict.set_item("status", status.as_str())?;
            dict.set_item("filled_qty_1e8", filled.0)?;
        }
        LogKind::OrderFilled { order, fill, words: [price, quantity, fee] } => {
            dict.set_item("order", order.0)?;
            dict.set_item("fill", fill.0)?;
            dict.set_item("price_1e9", price)?;
            dict.set_item("qty_1e8", quantity)?;
            dict.set_item("fee_1e9", fee)?;
        }
        LogKind::MarketSettled { venue, number, value_1e9, .. } => {
            dict.set_item("venue", venue.as_str())?;
            dict.set_item("number", number)?;
            dict.set_item("value_1e9", (*value_1e9 >= 0).then_some(value_1e9))?;
        }
        LogKind::PositionPaid { row, number, payout } => {
            dict.set_item("row", row.0)?;
            dict.set_item("number", number)?;
            dict.set_item("payout_1e9", payout.0)?;
        }
        LogKind::PairsNetted { row, pairs } => {
            dict.set_item("row", row.0)?;
            dict.set_item("pairs_1e8", pairs.0)?;
        }
        LogKind::FundingRateSet { market, rate_1e9 } => {
            dict.set_item("market", market.0)?;
            dict.set_item("rate_1e9", rate_1e9)?;
        }
        LogKind::FundingPaid { row, boundary_ns, amount } => {
            dict.set_item("row", row.0)?;
            dict.set_item("boundary_ns", boundary_ns)?;
            dict.set_item("amount_1e9", amount.0)?;
        }
        LogKind::LiquidationStarted { venue, asset } => {
            dict.set_item("venue", venue.as_str())?;
            dict.set_item("asset", asset.0)?;
        }
        LogKind::GraphChanged { graph, status } => {
            dict.set_item("graph", graph.0)?;
            dict.set_item("status", status.as_str())?;
        }
        LogKind::NodeChanged { graph, node, status } => {
            dict.set_item("graph", graph.0)?;
            dict.set_item("node", node)?;
            dict.set_item("status", status.as_str())?;
        }
        LogKind::EdgeFired { graph, edge, fired } => {
            dict.set_item("graph", graph.0)?;
            dict.set_item("edge", edge)?;
            dict.set_item("fired", fired)?;
        }
        LogKind::GraphBreached { graph, action, by_limit } => {
            dict.set_item("graph", graph.0)?;
            dict.set_item("action", action.as_str())?;
            dict.set_item("by_limit", by_limit)?;
        }
        LogKind::FillReversed { order, fill } => {
            dict.set_item("order", order.0)?;
            dict.set_item("fill", fill.0)?;
        }
        LogKind::VenueTold { order, leg, word, venue_ns } => {
            dict.set_item("order", order.0)?;
            dict.set_item("leg", leg)?;
            dict.set_item("told", word.as_str())?;
            dict.set_item("venue_ns", venue_ns)?;
        }
    }
    Ok(dict)
}
