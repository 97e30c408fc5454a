//! What an order would do now, without doing it.
//!
//! The order is built, routed and walked by the code that a submit uses, on the state as it is and
//! without the delays of the simulator: nothing is copied, recorded or reserved.

use super::{Value, bps_number};
use crate::command::{Size, Submit};
use crate::engine::bounds::{clipped, refusal_of};
use crate::engine::desk::admit::new_order;
use crate::engine::seam::LegEnd;
use crate::engine::{Engine, VenueLeg};
use crate::ids::{AccountId, InstrumentKind, Side, SymbolId};
use crate::number::{Money, Price, Quantity};
use crate::order::{Leg, Order, average_price, book_price};
use crate::reject::{Refusal, RefusalKind, RejectReason};
use crate::sim::fees::{Charging, FeeState};
use crate::sim::walk::Stop;

impl Engine {
    /// Estimates an order.
    pub fn preview_view(&self, account: AccountId, ask: &Submit<'_>) -> Result<Value, Refusal> {
        let (symbol, outcome) = self.facts().resolve(ask)?;
        let nbbo = self.nbbo(symbol);
        let mid = nbbo.mid().map(|mid| book_price(mid, outcome));
        let estimate = self.estimate(account, ask);
        let name = self.registry.symbol(symbol).canonical(outcome).clone();
        let order_type = if ask.limit.is_some() { "limit" } else { "market" };
        let source = if nbbo.live { "edge_nbbo" } else { "unavailable" };
        Ok(Value::Map(vec![
            ("symbol", name.into()),
            ("side", ask.side.as_str().into()),
            ("order_type", order_type.into()),
            ("source", source.into()),
            ("qty_1e8", estimate.qty.into()),
            ("fillable_qty_1e8", estimate.fillable().into()),
            ("reference_mid_1e9", Value::option(mid)),
            ("est_avg_price_1e9", Value::option(estimate.average())),
            ("est_notional_usd_1e9", Value::option(estimate.notional_usd)),
            ("est_fee_usd_1e9", Value::option(estimate.fee_usd)),
            ("est_fee_bps", share_bps(estimate.fee(), estimate.booked())),
            ("est_slippage_bps", slippage(estimate.average(), ask.side, mid)),
            ("est_total_cost_usd_1e9", Value::option(estimate.total_cost(ask.side))),
            ("est_margin_usd_1e9", Value::option(estimate.margin)),
            ("would_fail", estimate.fails.clone()),
            ("candidate_venues", Value::List(self.candidates_view(symbol, ask, &estimate, mid))),
        ]))
    }

    fn estimate(&self, account: AccountId, ask: &Submit<'_>) -> Estimate {
        let mut estimate = Estimate::nothing(ask);
        if let Err(refusal) = self.desk.check_switch(account, ask.by) {
            estimate.fails = refused(&refusal);
        }
        let admitted = match self.papers().admit(account, ask) {
            Ok(admitted) => admitted,
            Err(refusal) => {
                estimate.fails = refused(&refusal);
                return estimate;
            }
        };
        estimate.qty = admitted.qty;
        let graph = (self.desk.next_graph(), 1);
        let spec = self.papers().spec_of(account, ask, &admitted, ask.node_id.into(), graph);
        let order = new_order(spec, admitted.qty, ask.limit, self.agenda.now_ns());
        let limits = self.papers().check_limits(&order, order.qty, order.limit);
        match limits.and_then(|()| self.papers().plan(&order)) {
            Err((reason, text)) => estimate.fail_with(reason, &text),
            Ok(legs) => self.walk_legs(&order, legs, &mut estimate),
        }
        estimate
    }

    /// Every leg meets the book it would meet now.
    fn walk_legs(&self, order: &Order, legs: Vec<Leg>, estimate: &mut Estimate) {
        let mut rejected = None;
        let mut margin = Money::ZERO;
        for leg in legs {
            match self.walk_leg(order, leg) {
                Ok(share) => {
                    let terms = self.registry.market(share.leg.market);
                    let (notional, fee) = (share.leg.fees.booked(), share.leg.fees.paid());
                    let usd = |money| Some(self.facts().money_in_usd(money, terms.settle).ok()??.0);
                    let sum = |(sum, part): (i128, i128)| sum + part;
                    estimate.notional_usd = estimate.notional_usd.zip(usd(notional)).map(sum);
                    estimate.fee_usd = estimate.fee_usd.zip(usd(fee)).map(sum);
                    let exact = share.leg.fees.exact();
                    let locked =
                        crate::engine::portfolio::required::margin(exact, terms.initial_margin_1e8);
                    margin = Money(margin.0 + locked.unwrap_or_default().0);
                    rejected = rejected.or(share.rejected);
                    estimate.legs.push(share.leg);
                }
                Err(failure) => rejected = rejected.or(Some(failure)),
            }
        }
        if order.spec.kind == InstrumentKind::Perp {
            estimate.margin = Some(margin.0);
        }
        if let Some((reason, text)) = rejected.filter(|_| estimate.fillable().0 == 0) {
            estimate.fail_with(reason, text);
        }
    }

    fn walk_leg(
        &self,
        order: &Order,
        mut leg: Leg,
    ) -> Result<LegShare, (RejectReason, &'static str)> {
        let status = self.exchange.market(leg.market).market.status(self.agenda.now_ns());
        if let Some(refusal) = refusal_of(order.spec.ask(), status) {
            return Err(refusal);
        }
        if order.spec.reduce_only {
            let room = self.papers().exit_room(order, leg.market);
            leg.qty = clipped(order.spec.ask(), leg.qty, room)?;
            leg.reducing = leg.qty;
        }
        if !status.is_live() {
            return Ok(LegShare { leg, rejected: None });
        }
        let mut there = VenueLeg::known(&leg);
        let refused = self.facts().refused_by_book(order.spec.ask(), leg.ask(), &there);
        if let Some(LegEnd::Rejected(reason, text)) = refused {
            return Err((reason, text));
        }
        let mut takes = Vec::new();
        let stop = self.facts().plan_walk(order.spec.ask(), (leg.ask(), there.open), &mut takes);
        let terms = self.registry.market(leg.market);
        let mut fees = FeeState::default();
        for take in &takes {
            let price = book_price(take.effective, order.spec.outcome);
            // A sum beyond its range is left out of the estimate; a submit would reject it.
            let left = Quantity(leg.remaining().0.saturating_sub(take.taken.0));
            let joined =
                FeeState::joins(&terms.fees, order.spec.side, left, terms.grid.order_lot());
            let how = Charging { is_maker: false, joined };
            let charged = fees.charge(&terms.fees, order.spec.side, price, take.taken, how);
            if charged.is_ok() {
                leg.filled = Quantity(leg.filled.0.saturating_add(take.taken.0));
                there = VenueLeg::known(&leg);
            }
        }
        leg.fees = fees;
        let rejected = match self.facts().unfilled_end(order.spec.ask(), (leg.ask(), &there), stop)
        {
            LegEnd::Rejected(reason, text) if stop != Stop::Filled => Some((reason, text)),
            _ => None,
        };
        Ok(LegShare { leg, rejected })
    }

    /// A leg as it would be after the walk it is about to make.
    pub(super) fn expected(
        &self,
        order: &Order,
        leg: Leg,
    ) -> Result<Leg, (RejectReason, &'static str)> {
        self.walk_leg(order, leg).map(|share| share.leg)
    }

    /// Every venue that could take part, cheapest first; the ones used are `chosen`.
    fn candidates_view(
        &self,
        symbol: SymbolId,
        ask: &Submit<'_>,
        estimate: &Estimate,
        mid: Option<Price>,
    ) -> Vec<Value> {
        let Ok((_, outcome)) = self.facts().resolve(ask) else { return Vec::new() };
        let mut rows: Vec<(i128, Value)> = Vec::new();
        for market in &self.registry.symbol(symbol).markets {
            let terms = self.registry.market(*market);
            let Some(touch) = self.facts().touch_of(*market, ask.side, outcome) else { continue };
            if ask.venue.is_some_and(|venue| venue != terms.venue) {
                continue;
            }
            let leg = estimate.legs.iter().find(|leg| leg.market == *market);
            let filled = leg.map_or(Quantity::ZERO, |leg| leg.filled);
            let avg =
                leg.and_then(|leg| average_price(leg.fees.exact(), leg.filled)).unwrap_or(touch);
            let share = i128::from(terms.fees.share_at(avg, false));
            let paid = leg.map_or(Money::ZERO, |leg| leg.fees.paid());
            let fee = self.facts().money_in_usd(paid, terms.settle).ok().flatten();
            // Cost against the mid in 1e-4 bps: price distance and fee share.
            let reference = mid.unwrap_or(touch);
            let cost = distance(avg, reference, ask.side) + share;
            let risk = self.facts().delay_risk(*market, ask.urgency);
            let score = cost + i128::from(risk.sum_1e8());
            let age_ms =
                self.exchange.market(*market).market.age_ns(self.agenda.now_ns()) / 1_000_000;
            let row = Value::Map(vec![
                ("venue", terms.venue.as_str().into()),
                ("qty_1e8", filled.into()),
                ("avg_price_1e9", avg.into()),
                ("est_fee_usd_1e9", Value::option(fee)),
                ("cost_bps", bps_number(cost)),
                ("latency_risk_bps", bps_number(risk.latency_1e8.into())),
                ("freshness_bps", bps_number(risk.freshness_1e8.into())),
                ("score_bps", bps_number(score)),
                ("age_ms", age_ms.into()),
                ("chosen", (filled.0 > 0).into()),
            ]);
            rows.push((score, row));
        }
        rows.sort_by_key(|(score, _)| *score);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// What one venue would fill.
struct LegShare {
    leg: Leg,
    rejected: Option<(RejectReason, &'static str)>,
}

/// What the order would do.
struct Estimate {
    qty: Quantity,
    legs: Vec<Leg>,
    /// In USD, like the fee; `None` where nothing values the quote.
    notional_usd: Option<i128>,
    fee_usd: Option<i128>,
    margin: Option<i128>,
    fails: Value,
}

impl Estimate {
    fn nothing(ask: &Submit<'_>) -> Self {
        let qty = match ask.size {
            Size::Quantity(qty) => qty,
            Size::Notional(_) => Quantity::ZERO,
        };
        let (legs, fails) = (Vec::new(), Value::Null);
        Self { qty, legs, notional_usd: Some(0), fee_usd: Some(0), margin: None, fails }
    }

    fn fillable(&self) -> Quantity {
        Quantity(self.legs.iter().map(|leg| leg.filled.0).fold(0, i64::saturating_add))
    }

    fn average(&self) -> Option<Price> {
        let exact = self.legs.iter().map(|leg| leg.fees.exact()).sum();
        average_price(exact, self.fillable())
    }

    /// Size in the quote asset, at 1e-9.
    fn booked(&self) -> i128 {
        self.legs.iter().map(|leg| leg.fees.booked().0).sum()
    }

    /// Fee in the quote asset, at 1e-9.
    fn fee(&self) -> i128 {
        self.legs.iter().map(|leg| leg.fees.paid().0).sum()
    }

    fn total_cost(&self, side: Side) -> Option<i128> {
        let (notional, fee) = self.notional_usd.zip(self.fee_usd)?;
        Some(match side {
            Side::Buy => notional + fee,
            Side::Sell => notional - fee,
        })
    }

    /// The order would be recorded and rejected, unless it would not even be admitted.
    fn fail_with(&mut self, reason: RejectReason, text: &str) {
        if self.fails == Value::Null {
            self.fails = failure(200, reason.as_str(), text);
        }
    }
}

/// Distance of a price from a reference in 1e-4 basis points, positive = cost.
pub(super) fn distance(price: Price, reference: Price, side: Side) -> i128 {
    let sign = if side == Side::Buy { 1 } else { -1 };
    let difference = sign * (i128::from(price.0) - i128::from(reference.0));
    difference * 100_000_000 / i128::from(reference.0).max(1)
}

fn slippage(average: Option<Price>, side: Side, mid: Option<Price>) -> Value {
    match (average, mid) {
        (Some(average), Some(mid)) => bps_number(distance(average, mid, side)),
        _ => bps_number(0),
    }
}

/// Share in basis points, to four decimals.
fn share_bps(part: i128, whole: i128) -> Value {
    bps_number(if whole == 0 { 0 } else { part * 100_000_000 / whole })
}

/// The HTTP error a submit would get.
fn refused(refusal: &Refusal) -> Value {
    let status = match refusal.kind {
        RefusalKind::Validation => 422,
        RefusalKind::Conflict => 409,
        RefusalKind::NotFound => 404,
        RefusalKind::RateLimited => 429,
        RefusalKind::CapabilityMissing => 501,
    };
    failure(status, refusal.kind.as_str(), &refusal.message)
}

fn failure(status: i64, code: &'static str, message: &str) -> Value {
    Value::Map(vec![
        ("http_status", status.into()),
        ("code", code.into()),
        ("message", message.to_owned().into()),
    ])
}
