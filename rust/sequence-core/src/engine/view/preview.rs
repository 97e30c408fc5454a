//! What an order would do now, without doing it (wire contract, 9.9).

use super::Value;
use crate::command::{Size, Submit};
use crate::engine::{Engine, Reply};
use crate::ids::{AccountId, InstrumentKind, Side};
use crate::number::{Price, Quantity};
use crate::order::OrderStatus;
use crate::reject::Refusal;

impl Engine {
    /// Estimates an order on a copy of the state: the same code as a submit, so it cannot differ.
    pub fn preview_view(&self, account: AccountId, ask: &Submit<'_>) -> Result<Value, Refusal> {
        let (symbol, outcome) = self.resolve(ask)?;
        let nbbo = self.nbbo(symbol);
        let mid = nbbo.mid().map(|mid| crate::order::book_price(mid, outcome));
        let mut copy = self.clone();
        let sent = copy.submit(account, &Submit { graph_id: None, ..ask.clone() });
        let name = self.registry.symbol(symbol).canonical(outcome).clone();
        let estimate = match &sent {
            Ok(Reply::Submitted { graph, .. }) => copy.estimate(*graph),
            _ => Estimate::nothing(ask),
        };
        let fails = match &sent {
            Err(refusal) => failure(422, refusal.kind.as_str(), &refusal.message),
            Ok(_) => estimate.rejected.clone(),
        };
        let order_type = if ask.limit.is_some() { "limit" } else { "market" };
        let source = if nbbo.live { "edge_nbbo" } else { "unavailable" };
        Ok(Value::Map(vec![
            ("symbol", name.into()),
            ("side", ask.side.as_str().into()),
            ("order_type", order_type.into()),
            ("source", source.into()),
            ("qty_1e8", estimate.qty.into()),
            ("fillable_qty_1e8", estimate.fillable.into()),
            ("reference_mid_1e9", Value::option(mid)),
            ("est_avg_price_1e9", Value::option(estimate.avg)),
            ("est_notional_usd_1e9", estimate.notional.into()),
            ("est_fee_usd_1e9", estimate.fee.into()),
            ("est_fee_bps", bps(estimate.fee, estimate.notional)),
            ("est_slippage_bps", estimate.slippage(ask.side, mid)),
            ("est_total_cost_usd_1e9", estimate.total_cost(ask.side).into()),
            ("est_margin_usd_1e9", Value::option(estimate.margin)),
            ("would_fail", fails),
            ("candidate_venues", Value::List(self.candidates_view(&copy, &estimate, ask, mid))),
        ]))
    }

    fn estimate(&self, graph: crate::ids::GraphIx) -> Estimate {
        let order = &self.orders[self.graphs[graph].order];
        let rejected = match order.status {
            OrderStatus::Rejected => {
                let reason = order.reject.map_or("UNKNOWN", crate::reject::RejectReason::as_str);
                failure(200, reason, order.message.as_deref().unwrap_or(reason))
            }
            _ => Value::Null,
        };
        let perp = order.spec.kind == InstrumentKind::Perp;
        let margin: i128 = order
            .legs
            .iter()
            .map(|leg| {
                let terms = self.registry.market(leg.market);
                let exact = leg.fees.exact();
                super::super::perp::margin(exact, terms.initial_margin_1e8).map_or(0, |m| m.0)
            })
            .sum();
        Estimate {
            qty: order.qty,
            fillable: order.filled,
            avg: order.avg_price(),
            notional: order.notional_usd.0,
            fee: order.fees_usd.0,
            margin: perp.then_some(margin),
            rejected,
            order: Some(self.graphs[graph].order),
        }
    }

    /// Every venue that could take part, cheapest first; the ones used are `chosen`.
    fn candidates_view(
        &self,
        copy: &Self,
        estimate: &Estimate,
        ask: &Submit<'_>,
        mid: Option<Price>,
    ) -> Vec<Value> {
        let Some(order) = estimate.order.map(|id| &copy.orders[id]) else { return Vec::new() };
        let outcome = order.spec.outcome;
        let mut rows: Vec<(i128, Value)> = Vec::new();
        for market in &self.registry.symbol(order.spec.symbol).markets {
            let terms = self.registry.market(*market);
            let Some(touch) = self.touch_of(*market, ask.side, outcome) else { continue };
            let leg = order.legs.iter().find(|leg| leg.market == *market);
            let filled = leg.map_or(Quantity::ZERO, |leg| leg.filled);
            let avg = leg
                .and_then(|leg| crate::order::average_price(leg.fees.exact(), leg.filled))
                .unwrap_or(touch);
            let share = i128::from(terms.fees.share_at(avg, false));
            let fee = leg.map_or(0, |leg| leg.fees.paid().0);
            // Cost against the mid in 1e-4 bps: price distance and fee share.
            let against = i128::from(mid.unwrap_or(touch).0).max(1);
            let sign = if ask.side == Side::Buy { 1 } else { -1 };
            let distance = sign * (i128::from(avg.0) - i128::from(mid.unwrap_or(touch).0));
            let cost = distance * 100_000_000 / against + share;
            let age_ms = self.markets[*market].market.age_ns(self.now_ns) / 1_000_000;
            let row = Value::Map(vec![
                ("venue", terms.venue.as_str().into()),
                ("qty_1e8", filled.into()),
                ("avg_price_1e9", avg.into()),
                ("est_fee_usd_1e9", fee.into()),
                ("cost_bps", Value::Decimal(cost, 4)),
                ("age_ms", age_ms.into()),
                ("chosen", (filled.0 > 0).into()),
            ]);
            rows.push((cost, row));
        }
        rows.sort_by_key(|(cost, _)| *cost);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// What the copy did.
struct Estimate {
    qty: Quantity,
    fillable: Quantity,
    avg: Option<Price>,
    notional: i128,
    fee: i128,
    margin: Option<i128>,
    rejected: Value,
    order: Option<crate::ids::OrderId>,
}

impl Estimate {
    fn nothing(ask: &Submit<'_>) -> Self {
        let qty = match ask.size {
            Size::Quantity(qty) => qty,
            Size::Notional(_) => Quantity::ZERO,
        };
        Self {
            qty,
            fillable: Quantity::ZERO,
            avg: None,
            notional: 0,
            fee: 0,
            margin: None,
            rejected: Value::Null,
            order: None,
        }
    }

    /// Distance of the average price from the mid, positive = cost, to four decimals.
    fn slippage(&self, side: Side, mid: Option<Price>) -> Value {
        let (Some(avg), Some(mid)) = (self.avg, mid) else { return Value::Decimal(0, 4) };
        let sign = if side == Side::Buy { 1 } else { -1 };
        let difference = sign * (i128::from(avg.0) - i128::from(mid.0));
        Value::Decimal(difference * 100_000_000 / i128::from(mid.0).max(1), 4)
    }

    fn total_cost(&self, side: Side) -> i128 {
        match side {
            Side::Buy => self.notional + self.fee,
            Side::Sell => self.notional - self.fee,
        }
    }
}

/// Share in basis points, to four decimals.
fn bps(part: i128, whole: i128) -> Value {
    if whole == 0 { Value::Decimal(0, 4) } else { Value::Decimal(part * 100_000_000 / whole, 4) }
}

fn failure(status: i64, code: &'static str, message: &str) -> Value {
    Value::Map(vec![
        ("http_status", status.into()),
        ("code", code.into()),
        ("message", message.to_owned().into()),
    ])
}
