//! A graph as the wire writes it: the forms of the request, defaults filled in.

use super::Value;
use crate::graph::{
    Activation, Condition, Distance, EdgeSpec, Execution, NodeSize, NodeSpec, OrderType, Pacing,
    PriceTrigger, Ratio, Sizing, TrailTrigger, Trigger,
};
use crate::ids::VenueId;

fn one(key: &'static str, value: impl Into<Value>) -> Value {
    Value::Map(vec![(key, value.into())])
}

fn ratio(share: Ratio) -> Value {
    one("ratio", Value::Exact(i128::from(share.0), 8))
}

fn venue(venue: Option<VenueId>) -> Value {
    Value::option(venue.map(VenueId::as_str))
}

/// The keys that are there.
fn given<const N: usize>(keys: [(&'static str, Option<Value>); N]) -> Vec<(&'static str, Value)> {
    keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

impl NodeSpec {
    /// The node as its request has it: what a store keeps.
    pub(in crate::engine) fn value(&self) -> Value {
        Value::Map(vec![
            ("node_id", self.id.clone().into()),
            (
                "instrument",
                Value::Map(vec![
                    ("symbol", self.symbol.clone().into()),
                    ("type", self.kind_hint.as_str().into()),
                    ("venue", venue(self.venue)),
                ]),
            ),
            ("side", self.side.as_str().into()),
            ("order_type", self.order_type.value()),
            ("quantity", self.size.value()),
            ("execution", self.execution.value()),
            ("activation", Value::option(self.activation.map(Activation::as_str))),
            ("join", self.join.as_str().into()),
        ])
    }
}

impl OrderType {
    /// As a request has it.
    pub(in crate::engine) fn value(self) -> Value {
        match self {
            Self::Market => "market".into(),
            Self::Limit(price) => one("limit", one("price_1e9", price)),
            Self::Peg(peg) => {
                let mut keys =
                    vec![("to", peg.to.as_str().into()), ("offset_1e9", peg.offset.into())];
                keys.extend(peg.limit.map(|limit| ("limit_1e9", limit.into())));
                one("peg", Value::Map(keys))
            }
        }
    }
}

impl NodeSize {
    /// As a request has it.
    pub(in crate::engine) fn value(self) -> Value {
        match self {
            Self::Fixed(qty) => one("fixed", one("qty_1e8", qty)),
            Self::Notional(usd) => one("notional", one("usd_1e9", usd)),
            Self::FromEdge => one("from_edge", Value::Map(Vec::new())),
            Self::Position(share) => one("position", ratio(share)),
        }
    }
}

impl Execution {
    /// As a request has it.
    pub(in crate::engine) fn value(&self) -> Value {
        Value::Map(vec![
            ("policy", self.policy.as_str().into()),
            ("urgency", self.urgency.as_str().into()),
            ("max_slippage_bps", Value::option(self.max_slippage_bps)),
            ("horizon_ms", Value::option(self.horizon_ms)),
            ("tif", Value::option(self.tif.map(crate::order::TimeInForce::as_str))),
            ("reduce_only", self.reduce_only.into()),
            ("pacing", Value::option(self.pacing.as_ref().map(Pacing::value))),
            ("reserve", self.reserve.as_str().into()),
        ])
    }
}

impl Pacing {
    fn value(&self) -> Value {
        match self {
            Self::Uniform(uniform) => {
                let mut keys = vec![
                    ("num_slices", uniform.num_slices.into()),
                    ("interval_ms", uniform.interval_ms.into()),
                    ("catch_up", uniform.catch_up.as_str().into()),
                    ("jitter_pct", uniform.jitter_pct.into()),
                ];
                match uniform.passive_ms {
                    None => keys.push(("slice_type", "market".into())),
                    Some(ms) => {
                        keys.extend([("slice_type", "passive".into()), ("passive_ms", ms.into())]);
                    }
                }
                one("uniform", Value::Map(keys))
            }
            Self::Profile { weights, interval_ms } => {
                let weights = weights.iter().map(|weight| (*weight).into()).collect();
                let keys =
                    vec![("weights", Value::List(weights)), ("interval_ms", (*interval_ms).into())];
                one("profile", Value::Map(keys))
            }
            Self::Participation(part) => {
                let keys = vec![
                    ("rate_bps", part.rate_bps.into()),
                    ("interval_ms", part.interval_ms.into()),
                    ("max_ms", part.max_ms.into()),
                    ("finish", part.finish.into()),
                ];
                one("participation", Value::Map(keys))
            }
            Self::Iceberg { display, variance_pct } => {
                let keys = vec![
                    ("display_qty_1e8", (*display).into()),
                    ("variance_pct", (*variance_pct).into()),
                ];
                one("iceberg", Value::Map(keys))
            }
            Self::Chase { interval_ms } => {
                one("aggressive_chase", one("interval_ms", *interval_ms))
            }
        }
    }
}

impl EdgeSpec {
    /// The edge as its request has it: what a store keeps.
    pub(in crate::engine) fn value(&self) -> Value {
        Value::Map(vec![
            ("edge_id", self.id.clone().into()),
            ("from_node", self.from.clone().into()),
            ("to_node", self.to.clone().into()),
            ("trigger", self.trigger.value()),
            ("condition", self.condition.value()),
            ("sizing", self.sizing().value()),
            ("action", self.action.as_str().into()),
        ])
    }
}

impl Trigger {
    /// As a request has it.
    pub(in crate::engine) fn value(self) -> Value {
        match self {
            Self::On(word) => word.as_str().into(),
            Self::Timeout { ms } => one("on_timeout", one("ms", ms)),
            Self::At { ns } => one("at", one("ns", ns)),
            Self::Price(PriceTrigger { price, above, reference, venue: at, arm }) => {
                let keys = given([
                    (if above { "gte_1e9" } else { "lte_1e9" }, Some(price.into())),
                    ("reference", Some(reference.as_str().into())),
                    ("venue", at.map(|venue| venue.as_str().into())),
                    ("arm", Some(arm.as_str().into())),
                ]);
                one("on_price", Value::Map(keys))
            }
            Self::Trail(TrailTrigger { distance, above, activate, reference, venue: at, arm }) => {
                let (name, far) = match distance {
                    Distance::Price(price) => ("distance_1e9", price.into()),
                    Distance::Bps(bps) => ("distance_bps", bps.into()),
                };
                let keys = given([
                    (name, Some(far)),
                    ("side", Some(if above { "above" } else { "below" }.into())),
                    ("activate_1e9", activate.map(Value::from)),
                    ("reference", Some(reference.as_str().into())),
                    ("venue", at.map(|venue| venue.as_str().into())),
                    ("arm", Some(arm.as_str().into())),
                ]);
                one("on_trail", Value::Map(keys))
            }
        }
    }
}

impl Condition {
    /// As a request has it.
    pub(in crate::engine) fn value(self) -> Value {
        let share = |share: Ratio| Value::Exact(i128::from(share.0), 8);
        Value::Map(given([
            ("fill_ratio_gte", self.fill_ratio_gte.map(share)),
            ("fill_ratio_lt", self.fill_ratio_lt.map(share)),
            ("price_gte_1e9", self.price_gte.map(Value::from)),
            ("price_lte_1e9", self.price_lte.map(Value::from)),
            ("spread_bps_lte", self.spread_bps_lte.map(Value::from)),
        ]))
    }
}

impl Sizing {
    /// As a request has it.
    pub(in crate::engine) fn value(self) -> Value {
        match self {
            Self::Target => "target".into(),
            Self::FromFill(share) => one("from_fill", ratio(share)),
            Self::FromFillNotional(share) => one("from_fill_notional", ratio(share)),
            Self::FromFilled(share) => one("from_filled", ratio(share)),
            Self::Remaining(share) => one("remaining", ratio(share)),
            Self::Fixed(qty) => one("fixed", one("qty_1e8", qty)),
            Self::Notional(usd) => one("notional", one("usd_1e9", usd)),
        }
    }
}
