//! The record of a fill.

use super::Value;
use crate::engine::{Engine, Evidence, Fill, Liquidity, TapeCite, VenueTrade};
use crate::hash::StateHasher;
use crate::ids::BookSide;
use crate::sim::fees::{FeeModel, FeeState};
use crate::sim::preset::MODEL_VERSION;
use crate::sim::queue::QueueFill;
use crate::sim::resting::Shadow;

/// Layout version of the record.
const SCHEMA: i64 = 1;

impl Engine {
    /// Everything that is known of a fill.
    pub(super) fn evidence_view(&self, fill: &Fill) -> Value {
        let (order, evidence) = (self.desk.order(fill.order), &*fill.evidence);
        let spec = &order.spec;
        let liquidity = if fill.is_maker { "Maker" } else { "Taker" };
        let mut record = vec![
            ("schema", SCHEMA.into()),
            ("fill_id", format!("fill_{}", fill.id).into()),
            ("order_id", self.node_order_id(order).into()),
            ("account", self.desk.account(spec.account).client.clone().into()),
            ("venue", self.registry.market(fill.market).venue.as_str().into()),
            ("instrument", self.registry.symbol(spec.symbol).text.clone().into()),
            ("kind", spec.kind.as_str().into()),
            ("outcome", Value::option(spec.outcome.map(crate::ids::Outcome::as_str))),
            ("side", spec.side.as_str().into()),
            ("px_1e9", fill.price.into()),
            ("qty_1e8", fill.quantity.into()),
            // What a reduce-only order was matched for beyond the position it closes.
            ("clipped_1e8", (evidence.matched().0 - fill.quantity.0).into()),
            ("liquidity", liquidity.into()),
            ("cause", fill.cause.as_str().into()),
            ("model", self.model_view(evidence)),
            ("time", time_view(evidence, fill)),
            ("latency", latency_view(evidence)),
            ("rng", rng_view(evidence)),
            ("book", book_view(evidence)),
            ("queue", self.queue_view(evidence)),
            ("levels", self.levels_view(fill)),
            ("bounds", self.bounds_view(evidence)),
            ("tape", tape_view(evidence)),
            ("fee", self.fee_view(fill)),
            ("cash", cash_view(fill)),
            ("envelope", self.envelope_view(fill)),
        ];
        if let Some(trade) = evidence.trade() {
            record.push(("trade", trade_view(trade)));
        }
        record.push(("hash", Value::Null));
        let mut record = Value::Map(record);
        let hash = record_hash(&record);
        if let Value::Map(rows) = &mut record
            && let Some((_, last)) = rows.last_mut()
        {
            *last = hash.into();
        }
        record
    }

    fn model_view(&self, evidence: &Evidence) -> Value {
        let (preset, params) = self.simulation();
        let estimator = match &evidence.liquidity {
            Liquidity::Maker(fill, _) => fill.estimator,
            Liquidity::Taker(..) => params.queue_model.as_str(),
            Liquidity::Venue(_) => "venue",
        };
        Value::Map(vec![
            ("version", MODEL_VERSION.into()),
            ("preset", preset.to_owned().into()),
            ("params_hash", format!("{:016x}", params.hash()).into()),
            ("seed", self.rules.seed().into()),
            ("estimator", estimator.into()),
            ("k", params.power_k.into()),
        ])
    }

    fn fee_view(&self, fill: &Fill) -> Value {
        let (rule, parts) = (&fill.fee_rule, fill.fee_leg.parts);
        let mut rows = vec![
            ("rule_id", rule.rule_id.into()),
            ("effective_from", rule.effective_from.to_string().into()),
            ("rate_1e8", fill.fee_leg.rate_1e8.into()),
            ("base_exact_1e17", crate::number::exact_notional(fill.price, fill.quantity).into()),
            ("fee_1e9", fill.fee.into()),
            ("trade_fee_1e9", parts.map_or(fill.fee, |parts| parts.trade_fee).into()),
            ("rounding_fee_1e9", parts.map(|parts| parts.rounding_fee).unwrap_or_default().into()),
            ("rebate_1e9", parts.map(|parts| parts.rebate).unwrap_or_default().into()),
            ("accumulator_after_1e9", fill.fee_leg.accumulator.into()),
            ("joined", fill.fee_leg.joined.into()),
            ("asset", self.registry.asset_row(fill.fee_asset).code.clone().into()),
            ("fee_default", rule.fee_default.into()),
            ("before", sums_view(&fill.fees_before)),
        ];
        rows.extend(model_rows(rule.model));
        Value::Map(rows)
    }

    fn queue_view(&self, evidence: &Evidence) -> Value {
        let Liquidity::Maker(fill, _) = &evidence.liquidity else { return Value::Null };
        let reading = |shadow: Shadow| if self.rules.params().envelope { shadow.ahead } else { -1 };
        Value::Map(vec![
            ("v_entry_1e8", fill.ahead_entry.into()),
            ("v_before_1e8", fill.ahead_before.into()),
            ("v_after_1e8", fill.ahead_after.into()),
            ("remaining_1e8", fill.remaining.into()),
            ("v_low_1e8", reading(fill.low).into()),
            ("v_high_1e8", reading(fill.high).into()),
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

    /// What the optimistic and the adversarial reading had filled of a resting order by now, after
    /// the fill; a resting order only ever fills at its own price.
    fn envelope_view(&self, fill: &Fill) -> Value {
        let Liquidity::Maker(queue, _) = &fill.evidence.liquidity else { return Value::Null };
        if !self.rules.params().envelope {
            return Value::Null;
        }
        super::envelope(queue.low.filled, queue.high.filled, fill.price)
    }

    fn levels_view(&self, fill: &Fill) -> Value {
        let Liquidity::Taker(level, _) = &fill.evidence.liquidity else {
            return Value::List(Vec::new());
        };
        let tick = self.registry.market(fill.market).grid.tick_at(level.effective);
        Value::List(vec![Value::Map(vec![
            ("px_recorded_1e9", level.recorded.into()),
            ("px_effective_1e9", level.effective.into()),
            ("tick_1e9", tick.into()),
            ("displayed_1e8", level.displayed.into()),
            ("pending_prints_1e8", level.printed.into()),
            ("consumed_before_1e8", level.consumed_before.into()),
            ("taken_1e8", level.taken.into()),
        ])])
    }

    fn bounds_view(&self, evidence: &Evidence) -> Value {
        let Liquidity::Taker(_, bounds) = &evidence.liquidity else { return Value::Null };
        let known = (bounds.reference.0 > 0).then_some(bounds.reference);
        Value::Map(vec![
            ("limit_1e9", Value::option(bounds.limit)),
            ("ref_px_1e9", Value::option(known)),
            ("cap_px_1e9", bounds.cap.into()),
            ("impact_shift", bounds.shift.into()),
            ("impact_sides", self.rules.params().impact_sides.as_str().into()),
            // No venue of the demo market publishes daily figures, so the book gives the scale.
            ("impact_fallback", (bounds.shift != 0).into()),
        ])
    }
}

/// Hash of a record without its own hash, so that a copy of it can be checked anywhere.
pub(super) fn record_hash(record: &Value) -> String {
    let mut rows: Vec<_> = record.entries().filter(|(key, _)| *key != "hash").collect();
    rows.sort_by_key(|(key, _)| *key);
    let mut hasher = StateHasher::new(SCHEMA.cast_unsigned());
    for (key, value) in rows {
        hasher.text(key);
        value.hash_into(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn sums_view(sums: &FeeState) -> Value {
    Value::Map(vec![
        ("exact_1e17", sums.exact.into()),
        ("booked_1e9", sums.booked.into()),
        ("due_1e9", sums.due.into()),
        ("due_rest_1e25", sums.due_rest.into()),
        ("paid_1e9", sums.paid.into()),
        ("accumulator_1e9", sums.accumulator.into()),
        ("carried_1e34", sums.carried.into()),
    ])
}

/// What a fee rule needs to be applied again.
fn model_rows(model: FeeModel) -> Vec<(&'static str, Value)> {
    match model {
        FeeModel::Bps { .. } => vec![("model", "bps".into())],
        FeeModel::Kalshi { trade_fee_step, balance_step, .. } => vec![
            ("model", "kalshi".into()),
            ("trade_fee_step_1e9", trade_fee_step.into()),
            ("balance_step_1e9", balance_step.into()),
        ],
        FeeModel::Polymarket { rounding, .. } => {
            vec![("model", "polymarket".into()), ("rounding", rounding.as_str().into())]
        }
    }
}

fn time_view(evidence: &Evidence, fill: &Fill) -> Value {
    let transit = &evidence.transit;
    Value::Map(vec![
        ("submit_local_ns", transit.submit_ns.into()),
        ("arrive_venue_ns", transit.arrive_ns.into()),
        ("match_at_ns", evidence.matched_ns.into()),
        ("visible_at_ns", fill.ts_ns.into()),
        ("taker_delay_ns", transit.taker_delay_ns.into()),
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
        ("venue_seq", book.venue_seq.into()),
        ("feed_class", if evidence.event_level { "event" } else { "conflated" }.into()),
        ("venue_ts_ns", book.venue_ns.into()),
        ("interval_ns", book.interval_ns.into()),
        ("age_ns", book.age_ns.into()),
        ("status", book.status.as_str().into()),
        ("best_bid_1e9", book.best_bid.into()),
        ("best_ask_1e9", book.best_ask.into()),
    ])
}

fn tape_view(evidence: &Evidence) -> Value {
    let Liquidity::Maker(fill, cite) = &evidence.liquidity else {
        return Value::List(Vec::new());
    };
    let quote = matches!(
        fill.cause,
        crate::sim::queue::FillCause::Crossing | crate::sim::queue::FillCause::ResyncCross
    );
    Value::List(vec![Value::Map(vec![
        ("event_id", event_id(cite).into()),
        ("epoch", cite.epoch.into()),
        ("version", cite.version.into()),
        ("trade_id", Value::option((cite.trade_id != 0).then_some(cite.trade_id))),
        ("backfilled", cite.backfilled.into()),
        ("kind", if quote { "Quote" } else { "Trade" }.into()),
        ("side", side_of(fill, quote).into()),
        ("px_1e9", fill.evidence_price.into()),
        ("size_1e8", fill.evidence_size.into()),
        ("budget_before_1e8", fill.budget_before.into()),
        ("used_1e8", fill.quantity.into()),
    ])])
}

/// The venue's trade id where there is one, else the connection, the venue's sequence number and
/// the place among the market's events.
pub(super) fn event_id(cite: &TapeCite) -> String {
    match cite.trade_id {
        0 => format!("{}:{}:{}", cite.epoch, cite.venue_seq, cite.version),
        id => id.to_string(),
    }
}

/// Side of the book the evidence is on: the quote's own, or the side a print hit.
const fn side_of(fill: &QueueFill, quote: bool) -> &'static str {
    match (fill.side, quote) {
        (BookSide::Bid, true) | (BookSide::Ask, false) => "ask",
        (BookSide::Ask, true) | (BookSide::Bid, false) => "bid",
    }
}

/// What a real venue told of a fill: it stands behind it instead of a book or a queue.
fn trade_view(trade: &VenueTrade) -> Value {
    Value::Map(vec![
        ("trade_id", trade.id.clone().into()),
        ("qty_1e8", trade.quantity.into()),
        ("fee_1e9", trade.fee.into()),
        ("is_maker", trade.is_maker.into()),
        ("venue_ts_ns", trade.venue_ns.into()),
    ])
}

fn cash_view(fill: &Fill) -> Value {
    let cash = &fill.cash;
    Value::Map(vec![
        ("notional_1e9", fill.fee_leg.notional.into()),
        ("charged_before_1e9", cash.charged_before.into()),
        ("charged_after_1e9", cash.charged_after.into()),
        ("reserved_before_1e9", cash.reserved_before.into()),
        ("reserved_after_1e9", cash.reserved_after.into()),
        ("released_1e9", cash.released.into()),
    ])
}
