//! Kill switches, limits, and the answers of calls that change many orders or one order's terms.

use super::Value;
use crate::engine::{Engine, Reply};
use crate::ids::{AccountId, OrderId, VenueId};
use crate::number::{Money, Quantity};
use crate::risk::{GraphRisk, Mode, VenueSet};

impl Engine {
    /// State of a kill switch.
    pub fn kill_switch_view(&self, account: AccountId, mode: Mode) -> Value {
        let switch = self.kill_switch(account, mode);
        Value::Map(vec![
            ("engaged", switch.engaged.into()),
            ("mode", mode.as_str().into()),
            ("reason", Value::option(switch.reason.clone())),
            ("engaged_at_ns", Value::option(switch.engaged_at_ns)),
            ("engaged_by", Value::option(switch.engaged_by.clone())),
            ("cleared_at_ns", Value::option(switch.cleared_at_ns)),
        ])
    }

    /// Limits of every account, and what the simulator adds.
    pub fn limits_view(&self, mode: Mode) -> Value {
        let limits = self.limits();
        Value::Map(vec![
            ("mode", mode.as_str().into()),
            ("max_position_1e8", Value::option(limits.max_position)),
            ("max_order_notional_1e9", Value::option(limits.max_order_notional)),
            ("max_order_rate", Value::option(limits.max_order_rate)),
            ("max_open_orders", Value::option(limits.max_open_orders)),
            ("daily_loss_limit_usd_1e9", Value::option(limits.daily_loss)),
            ("fat_finger_bps", self.rules.params().fat_finger_bps.into()),
            ("protection_bps", self.rules.params().protection_bps.into()),
            ("protection_prediction_bps", self.rules.params().protection_event_bps.into()),
        ])
    }

    /// Answer of an amend.
    pub fn amend_view(&self, reply: &Reply) -> Value {
        let Reply::Amended { order, native } = reply else { return Value::Null };
        let row = self.desk.order(*order);
        Value::Map(vec![
            ("node_order_id", self.node_order_id(row).into()),
            ("graph_id", self.desk.graph(row.spec.graph).id.to_string().into()),
            ("status", row.status.as_str().into()),
            ("mode", mode_name(*native).into()),
            ("qty_1e8", row.qty.into()),
            ("limit_price_1e9", Value::option(row.limit_in_force())),
            ("version", row.version.into()),
            ("pending", row.amending.is_some().into()),
        ])
    }

    /// Answer of a node amend: the node with the mode of the change.
    pub fn node_amend_view(&self, reply: &Reply) -> Value {
        let (node, native) = match reply {
            Reply::NodeAmended { graph, node, native } => {
                let row = self.graphs.get(*graph).map(|run| self.run_node_view(run, *node));
                (Value::option(row), *native)
            }
            Reply::Amended { order, native } => (self.node_row_of(*order), *native),
            _ => return Value::Null,
        };
        match node {
            Value::Map(mut keys) => {
                keys.push(("mode", mode_name(native).into()));
                Value::Map(keys)
            }
            other => other,
        }
    }

    /// The node that an order belongs to.
    fn node_row_of(&self, order: OrderId) -> Value {
        let row = self.desk.order(order);
        match self.graphs.get(row.spec.graph) {
            None => self.node_view(row),
            Some(run) => {
                let at = run.node_of(order);
                at.map_or(Value::Null, |at| self.run_node_view(run, at))
            }
        }
    }

    /// Answer of a venue cancel-all.
    pub fn venue_cancel_view(&self, venue: VenueId, reply: &Reply) -> Value {
        let Reply::VenueCancelled { orders } = reply else { return Value::Null };
        let ids = orders.iter().map(|id| self.node_order_id(self.desk.order(*id)).into());
        Value::Map(vec![
            ("venue", venue.as_str().into()),
            ("cancelled", super::count(orders.len())),
            ("node_order_ids", Value::List(ids.collect())),
        ])
    }
}

const fn mode_name(native: bool) -> &'static str {
    if native { "native_atomic" } else { "cancel_replace" }
}

/// A graph's limits in the form of its request: keys that were not given are left out.
pub(super) fn risk_view(risk: &GraphRisk) -> Value {
    let GraphRisk { admission, pre_trade, runtime, .. } = risk;
    let usd = |limit: Option<Money>| limit.map(|money| Value::Exact(money.0, 9));
    let size = |limit: Option<Quantity>| limit.map(|qty| Value::Exact(i128::from(qty.0), 8));
    let count = |limit: Option<u32>| limit.map(Value::from);
    let venues = |set: VenueSet| {
        let names = || set.venues().map(|venue| venue.as_str().into()).collect();
        (!set.is_all()).then(|| Value::List(names()))
    };
    Value::Map(vec![
        (
            "admission",
            given([
                ("max_notional_usd", usd(admission.max_notional)),
                ("max_order_notional_usd", usd(admission.max_order_notional)),
                ("allowed_venues", venues(admission.allowed_venues)),
            ]),
        ),
        (
            "pre_trade",
            given([
                ("max_order_notional_usd", usd(pre_trade.max_order_notional)),
                ("max_price_deviation_bps", count(pre_trade.max_price_deviation_bps)),
                ("max_spread_bps", count(pre_trade.max_spread_bps)),
                ("max_quote_age_ms", count(pre_trade.max_quote_age_ms)),
                ("max_position_qty", size(pre_trade.max_position)),
            ]),
        ),
        (
            "runtime",
            given([
                ("max_loss_usd", usd(runtime.max_loss)),
                ("max_unhedged_qty", size(runtime.max_unhedged)),
                (
                    "unhedged_grace_ms",
                    runtime.max_unhedged.map(|_| runtime.unhedged_grace_ms.into()),
                ),
                ("max_duration_ms", count(runtime.max_duration_ms)),
            ]),
        ),
        (
            "on_failure",
            Value::Map(vec![
                ("on_runtime_breach", risk.on_runtime_breach.as_str().into()),
                ("on_node_reject", risk.on_node_reject.as_str().into()),
            ]),
        ),
    ])
}

fn given<const N: usize>(keys: [(&'static str, Option<Value>); N]) -> Value {
    Value::Map(keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}
