//! The record of a fill (simulation, 8.1) and the reason an order has not filled (8.2).

use super::Value;
use crate::engine::{Engine, Evidence, Fill, Liquidity};
use crate::hash::StateHasher;
use crate::ids::{BookSide, OrderId};
use crate::number::Quantity;
use crate::order::{AtVenue, Leg, LegState, Order, book_price, book_side};
use crate::sim::explain::NotFilledReason;
use crate::sim::preset::MODEL_VERSION;
use crate::sim::queue::QueueFill;

/// Layout version of the record.
const SCHEMA: i64 = 1;

impl Engine {
    /// Everything that is known of a fill.
    pub(super) fn evidence_view(&self, fill: &Fill) -> Value {
        let (order, evidence) = (&self.orders[fill.order], &*fill.evidence);
        let spec = &order.spec;
        let liquidity = if fill.is_maker { "Maker" } else { "Taker" };
        Value::Map(vec![
            ("schema", SCHEMA.into()),
            ("fill_id", format!("fill_{}", fill.id).into()),
            ("order_id", self.node_order_id(order).into()),
            ("account", self.accounts[spec.account].client.clone().into()),
            ("venue", self.registry.market(fill.market).venue.as_str().into()),
            ("instrument", self.registry.symbol(spec.symbol).text.clone().into()),
            ("side", spec.side.as_str().into()),
            ("px_1e9", fill.price.into()),
            ("qty_1e8", fill.quantity.into()),
            ("liquidity", liquidity.into()),
            ("cause", fill.cause.as_str().into()),
            ("model", self.model_view()),
            ("time", time_view(evidence, fill)),
            ("latency", latency_view(evidence)),
            ("rng", rng_view(evidence)),
            ("book", book_view(evidence)),
            ("queue", queue_view(evidence)),
            ("levels", levels_view(evidence)),
            ("bounds", bounds_view(evidence)),
            ("tape", tape_view(evidence)),
            ("fee", self.fee_view(fill)),
            ("cash", cash_view(fill)),
            ("envelope", envelope_view(evidence)),
            ("hash", format!("{:016x}", self.evidence_hash(fill)).into()),
        ])
    }

    fn model_view(&self) -> Value {
        let (preset, params) = self.simulation();
        Value::Map(vec![
            ("version", MODEL_VERSION.into()),
            ("preset", preset.to_owned().into()),
            ("params_hash", format!("{:016x}", params.hash()).into()),
            ("seed", self.seed.into()),
            ("estimator", params.queue_model.as_str().into()),
            ("k", params.power_k.into()),
        ])
    }

    fn fee_view(&self, fill: &Fill) -> Value {
        let schedule = &self.registry.market(fill.market).fees;
        let parts = fill.fee_parts;
        Value::Map(vec![
            ("rule_id", schedule.rule_id.into()),
            ("effective_from", schedule.effective_from.to_string().into()),
            ("rate_1e8", fill.fee_leg.rate_1e8.into()),
            ("base_exact_1e17", crate::number::exact_notional(fill.price, fill.quantity).into()),
            ("trade_fee_1e9", parts.map_or(fill.fee, |parts| parts.trade_fee).into()),
            ("rounding_fee_1e9", parts.map(|parts| parts.rounding_fee).unwrap_or_default().into()),
            ("rebate_1e9", parts.map(|parts| parts.rebate).unwrap_or_default().into()),
            ("accumulator_after_1e9", fill.fee_leg.accumulator.into()),
            ("asset", self.registry.asset_row(fill.fee_asset).code.clone().into()),
            ("fee_default", schedule.fee_default.into()),
        ])
    }

    /// Covers every number of the record, so that a rebuilt one can be compared.
    fn evidence_hash(&self, fill: &Fill) -> u64 {
        let mut hasher = StateHasher::new(self.seed);
        hasher.wide(fill.id.0.cast_signed());
        hasher.text(&format!("{:?}", fill.evidence));
        hasher.text(fill.cause.as_str());
        for value in [fill.price.0, fill.quantity.0, fill.ts_ns] {
            hasher.signed(value);
        }
        hasher.wide(fill.fee.0);
        hasher.wide(fill.realized_usd.0);
        hasher.finish()
    }

    /// Why an open order has not filled, for the leg that has waited longest; null when it ended.
    pub(super) fn not_filled_view(&self, order: &Order) -> Value {
        let open = order.legs.iter().enumerate().find(|(_, leg)| leg.state != LegState::Done);
        match open {
            Some((at, leg)) if !order.status.is_terminal() => self.leg_reason(order, at, leg),
            _ => Value::Null,
        }
    }

    fn leg_reason(&self, order: &Order, at: usize, leg: &Leg) -> Value {
        let sim = &self.markets[leg.market];
        let status = sim.market.status(self.now_ns);
        let resting = self.queue_place(order, at, leg);
        let reason = match (leg.at_venue, &resting) {
            (AtVenue::Travelling | AtVenue::Done, _) => NotFilledReason::InFlight,
            (AtVenue::Waiting, _) => NotFilledReason::WaitingBook,
            (AtVenue::Resting, _) if !status.is_live() => NotFilledReason::WaitingBook,
            (_, Some(place)) => place.reason,
            (_, None) => NotFilledReason::NoPrint,
        };
        let wake = match leg.at_venue {
            AtVenue::Travelling => Some(leg.transit.match_ns),
            _ => resting.and_then(|place| place.next_wake_ns),
        };
        let size = |pick: fn(&crate::sim::explain::NotFilled) -> Quantity| {
            resting.as_ref().map_or(Quantity(-1), pick)
        };
        Value::Map(vec![
            ("order_id", self.node_order_id(order).into()),
            ("venue", self.registry.market(leg.market).venue.as_str().into()),
            ("as_of_ns", self.now_ns.into()),
            (
                "state_since_ns",
                resting.map_or(leg.transit.submit_ns, |place| place.since_ns).into(),
            ),
            ("reason", reason.as_str().into()),
            ("v_now_1e8", size(|place| place.ahead_now).into()),
            ("v_entry_1e8", size(|place| place.ahead_entry).into()),
            ("v_low_1e8", size(|place| place.ahead_low).into()),
            ("v_high_1e8", size(|place| place.ahead_high).into()),
            ("own_ahead_1e8", size(|place| place.own_ahead).into()),
            ("distance_ticks", resting.map_or(-1, |place| place.distance_ticks).into()),
            ("prints_at_level_1e8", size(|place| place.prints_at_level).into()),
            ("prints_through_1e8", size(|place| place.prints_through).into()),
            ("cancels_credited_ahead_1e8", size(|place| place.cancels_ahead).into()),
            ("book_version", sim.market.version.into()),
            ("status", status.as_str().into()),
            ("next_wake_ns", Value::option(wake)),
        ])
    }

    fn queue_place(
        &self,
        order: &Order,
        at: usize,
        leg: &Leg,
    ) -> Option<crate::sim::explain::NotFilled> {
        let spec = &order.spec;
        let side = book_side(spec.side, spec.outcome).rests();
        let price = book_price(leg.bound, spec.outcome);
        let sim = &self.markets[leg.market];
        let world = sim.worlds.get(&spec.account)?;
        let best = sim.market.best(side).map(|level| level.price);
        let tick = self.registry.market(leg.market).grid.tick_at(price);
        let id: OrderId = self.graphs[spec.graph].order;
        let key = crate::engine::market::queue_key(id, at);
        world.queue.explain(side, price, key, best, tick)
    }
}

fn time_view(evidence: &Evidence, fill: &Fill) -> Value {
    let transit = &evidence.transit;
    Value::Map(vec![
        ("submit_local_ns", transit.submit_ns.into()),
        ("arrive_venue_ns", transit.arrive_ns.into()),
        ("match_at_ns", evidence.matched_ns.into()),
        ("visible_at_ns", fill.ts_ns.into()),
        ("taker_delay_ns", 0i64.into()),
        ("session_hold_ns", transit.session_hold_ns.into()),
        ("entry_deferred", evidence.entry_deferred.into()),
    ])
}

fn latency_view(evidence: &Evidence) -> Value {
    let transit = &evidence.transit;
    Value::Map(vec![
        ("entry_ns", transit.entry_ns.into()),
        ("feed_ns", transit.feed_ns.into()),
        ("response_ns", transit.response_ns.into()),
        ("feed_measured", transit.feed_measured.into()),
        ("z_q32", transit.entry.z_q32.into()),
        ("load_ratio_q32", transit.load_ratio_q32.into()),
    ])
}

fn rng_view(evidence: &Evidence) -> Value {
    let transit = &evidence.transit;
    Value::Map(vec![
        ("stream_key", transit.stream_key.into()),
        ("pos_before", transit.entry.position_before.into()),
        ("pos_after", transit.entry.position_after.into()),
    ])
}

fn book_view(evidence: &Evidence) -> Value {
    let book = &evidence.book;
    Value::Map(vec![
        ("version", book.version.into()),
        ("venue_ts_ns", book.venue_ns.into()),
        ("age_ns", book.age_ns.into()),
        ("status", book.status.as_str().into()),
        ("best_bid_1e9", book.best_bid.into()),
        ("best_ask_1e9", book.best_ask.into()),
    ])
}

fn queue_view(evidence: &Evidence) -> Value {
    let Liquidity::Maker(fill) = &evidence.liquidity else { return Value::Null };
    Value::Map(vec![
        ("v_entry_1e8", fill.ahead_entry.into()),
        ("v_before_1e8", fill.ahead_before.into()),
        ("v_after_1e8", fill.ahead_after.into()),
        ("v_low_1e8", fill.low.ahead.into()),
        ("v_high_1e8", fill.high.ahead.into()),
        ("level_size_at_entry_1e8", fill.displayed_entry.into()),
        ("level_size_before_1e8", fill.displayed_before.into()),
        ("own_ahead_1e8", fill.own_ahead.into()),
        ("surplus_1e8", fill.surplus.into()),
        ("prints_ahead_1e8", fill.prints_ahead.into()),
        ("cancels_credited_ahead_1e8", fill.cancels_ahead.into()),
        ("match_rate_ppm", evidence.match_rate_ppm.into()),
        ("decreases_seen", evidence.decreases_seen.into()),
    ])
}

fn levels_view(evidence: &Evidence) -> Value {
    let Liquidity::Taker(level, _) = &evidence.liquidity else { return Value::List(Vec::new()) };
    Value::List(vec![Value::Map(vec![
        ("px_recorded_1e9", level.recorded.into()),
        ("px_effective_1e9", level.effective.into()),
        ("displayed_1e8", level.displayed.into()),
        ("pending_prints_1e8", level.printed.into()),
        ("consumed_before_1e8", level.consumed_before.into()),
        ("taken_1e8", level.taken.into()),
    ])])
}

fn bounds_view(evidence: &Evidence) -> Value {
    let Liquidity::Taker(_, bounds) = &evidence.liquidity else { return Value::Null };
    Value::Map(vec![
        ("limit_1e9", if bounds.limit { bounds.bound.into() } else { Value::Null }),
        ("cap_px_1e9", bounds.bound.into()),
        ("impact_shift", bounds.shift.into()),
        // No venue of the demo market publishes daily figures, so the book gives the scale.
        ("impact_fallback", (bounds.shift != 0).into()),
    ])
}

fn tape_view(evidence: &Evidence) -> Value {
    let Liquidity::Maker(fill) = &evidence.liquidity else { return Value::List(Vec::new()) };
    let quote = matches!(
        fill.cause,
        crate::sim::queue::FillCause::Crossing | crate::sim::queue::FillCause::ResyncCross
    );
    Value::List(vec![Value::Map(vec![
        ("kind", if quote { "Quote" } else { "Trade" }.into()),
        ("side", side_of(fill, quote).into()),
        ("px_1e9", fill.evidence_price.into()),
        ("size_1e8", fill.evidence_size.into()),
        ("budget_before_1e8", fill.budget_before.into()),
        ("used_1e8", fill.quantity.into()),
    ])])
}

/// Side of the book the evidence is on: the quote's own, or the side a print hit.
const fn side_of(fill: &QueueFill, quote: bool) -> &'static str {
    match (fill.side, quote) {
        (BookSide::Bid, true) | (BookSide::Ask, false) => "ask",
        (BookSide::Ask, true) | (BookSide::Bid, false) => "bid",
    }
}

fn cash_view(fill: &Fill) -> Value {
    let cash = &fill.cash;
    Value::Map(vec![
        ("charged_before_1e9", cash.charged_before.into()),
        ("charged_after_1e9", cash.charged_after.into()),
        ("reserved_before_1e9", cash.reserved_before.into()),
        ("reserved_after_1e9", cash.reserved_after.into()),
        ("released_1e9", cash.released.into()),
    ])
}

fn envelope_view(evidence: &Evidence) -> Value {
    let Liquidity::Maker(fill) = &evidence.liquidity else { return Value::Null };
    Value::Map(vec![
        ("low_remaining_1e8", fill.low.remaining.into()),
        ("high_remaining_1e8", fill.high.remaining.into()),
    ])
}
