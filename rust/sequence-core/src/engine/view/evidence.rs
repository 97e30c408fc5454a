//! The record of a fill.

use std::fmt;

use super::Value;
use super::row::{Plain, Row};
use super::words::Words;
use crate::engine::{Bounds, Engine, Evidence, Fill, LevelTaken, Liquidity, TapeCite, VenueTrade};
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
        Value::of_row(|row| self.evidence_row(fill, row))
    }

    /// Writes everything that is known of a fill, and the hash of it.
    pub(super) fn evidence_row(&self, fill: &Fill, row: &mut impl Row) {
        let mut hasher = StateHasher::new(SCHEMA.cast_unsigned());
        Words::hash(&mut hasher, |row| self.record_keys(fill, row));
        self.record_keys(fill, row);
        row.put("hash", format_args!("{:016x}", hasher.finish()));
    }

    fn record_keys(&self, fill: &Fill, row: &mut impl Row) {
        let (order, evidence) = (self.desk.order(fill.order), &*fill.evidence);
        let spec = &order.spec;
        row.put("schema", SCHEMA);
        row.put("fill_id", format_args!("fill_{}", fill.id));
        row.put("order_id", format_args!("{}", self.desk.name_of(&order.spec)));
        row.put("account", &self.desk.account(spec.account).client);
        row.put("venue", self.registry.market(fill.market).venue.as_str());
        row.put("instrument", &self.registry.symbol(spec.symbol).text);
        row.put("kind", spec.kind.as_str());
        row.put("outcome", spec.outcome.map(crate::ids::Outcome::as_str));
        row.put("side", spec.side.as_str());
        row.put("px_1e9", fill.price);
        row.put("qty_1e8", fill.quantity);
        // What a reduce-only order was matched for beyond the position it closes.
        row.put("clipped_1e8", evidence.matched().0 - fill.quantity.0);
        row.put("liquidity", if fill.is_maker { "Maker" } else { "Taker" });
        row.put("cause", fill.cause.as_str());
        row.map("model", |row| self.model_keys(evidence, row));
        row.map("time", |row| time_keys(evidence, fill, row));
        row.map("latency", |row| latency_keys(evidence, row));
        row.map("rng", |row| rng_keys(evidence, row));
        row.map("book", |row| book_keys(evidence, row));
        row.option("queue", maker(evidence), |row, (queue, _)| {
            self.queue_keys(evidence, queue, row);
        });
        row.rows("levels", taker(evidence), |row, (level, _)| self.level_keys(fill, level, row));
        row.option("bounds", taker(evidence), |row, (_, bounds)| self.bounds_keys(bounds, row));
        row.rows("tape", maker(evidence), |row, (queue, cite)| tape_keys(queue, cite, row));
        row.map("fee", |row| self.fee_keys(fill, row));
        row.map("cash", |row| cash_keys(fill, row));
        // What the optimistic and the adversarial reading had filled of a resting order by now,
        // after the fill; a resting order only ever fills at its own price.
        let read = maker(evidence).filter(|_| self.rules.params().envelope);
        row.option("envelope", read, |row, (queue, _)| {
            super::envelope(queue.low.filled, queue.high.filled, fill.price, row);
        });
        if let Some(trade) = evidence.trade() {
            row.map("trade", |row| trade_keys(trade, row));
        }
    }

    fn model_keys(&self, evidence: &Evidence, row: &mut impl Row) {
        let (preset, params) = self.simulation();
        let estimator = match &evidence.liquidity {
            Liquidity::Maker(fill, _) => fill.estimator,
            Liquidity::Taker(..) => params.queue_model.as_str(),
            Liquidity::Venue(_) => "venue",
        };
        row.put("version", MODEL_VERSION);
        row.put("preset", Plain::Text(preset));
        row.put("params_hash", format_args!("{:016x}", self.rules.params_hash()));
        row.put("seed", self.rules.seed());
        row.put("estimator", estimator);
        row.put("k", params.power_k);
    }

    fn fee_keys(&self, fill: &Fill, row: &mut impl Row) {
        let (rule, parts) = (&fill.fee_rule, fill.fee_leg.parts);
        row.put("rule_id", rule.rule_id);
        row.put("effective_from", format_args!("{}", rule.effective_from));
        row.put("rate_1e8", fill.fee_leg.rate_1e8);
        row.put("base_exact_1e17", crate::number::exact_notional(fill.price, fill.quantity));
        row.put("fee_1e9", fill.fee);
        row.put("trade_fee_1e9", parts.map_or(fill.fee, |parts| parts.trade_fee));
        row.put("rounding_fee_1e9", parts.map(|parts| parts.rounding_fee).unwrap_or_default());
        row.put("rebate_1e9", parts.map(|parts| parts.rebate).unwrap_or_default());
        row.put("accumulator_after_1e9", fill.fee_leg.accumulator);
        row.put("joined", fill.fee_leg.joined);
        row.put("asset", &self.registry.asset_row(fill.fee_asset).code);
        row.put("fee_default", rule.fee_default);
        row.map("before", |row| sums_keys(&fill.fees_before, row));
        model_rule_keys(rule.model, row);
    }

    fn queue_keys(&self, evidence: &Evidence, fill: &QueueFill, row: &mut impl Row) {
        let reading = |shadow: Shadow| if self.rules.params().envelope { shadow.ahead } else { -1 };
        row.put("v_entry_1e8", fill.ahead_entry);
        row.put("v_before_1e8", fill.ahead_before);
        row.put("v_after_1e8", fill.ahead_after);
        row.put("remaining_1e8", fill.remaining);
        row.put("v_low_1e8", reading(fill.low));
        row.put("v_high_1e8", reading(fill.high));
        row.put("level_size_at_entry_1e8", fill.displayed_entry);
        row.put("level_size_before_1e8", fill.displayed_before);
        row.put("own_ahead_1e8", fill.own_ahead);
        row.put("surplus_1e8", fill.surplus);
        row.put("prints_ahead_1e8", fill.prints_ahead);
        row.put("cancels_credited_ahead_1e8", fill.cancels_ahead);
        row.put("match_rate_ppm", evidence.match_rate_ppm);
        row.put("decreases_seen", evidence.decreases_seen);
    }

    fn level_keys(&self, fill: &Fill, level: &LevelTaken, row: &mut impl Row) {
        let tick = self.registry.market(fill.market).grid.tick_at(level.effective);
        row.put("px_recorded_1e9", level.recorded);
        row.put("px_effective_1e9", level.effective);
        row.put("tick_1e9", tick);
        row.put("displayed_1e8", level.displayed);
        row.put("pending_prints_1e8", level.printed);
        row.put("consumed_before_1e8", level.consumed_before);
        row.put("taken_1e8", level.taken);
    }

    fn bounds_keys(&self, bounds: &Bounds, row: &mut impl Row) {
        row.put("limit_1e9", bounds.limit);
        row.put("ref_px_1e9", (bounds.reference.0 > 0).then_some(bounds.reference));
        row.put("cap_px_1e9", bounds.cap);
        row.put("impact_shift", bounds.shift);
        row.put("impact_sides", self.rules.params().impact_sides.as_str());
        // No venue of the demo market publishes daily figures, so the book gives the scale.
        row.put("impact_fallback", bounds.shift != 0);
    }
}

/// What a resting order filled by, where it is one.
fn maker(evidence: &Evidence) -> Option<(&QueueFill, &TapeCite)> {
    if let Liquidity::Maker(queue, cite) = &evidence.liquidity { Some((queue, cite)) } else { None }
}

/// The level that an order took from and within which bounds, where it took.
fn taker(evidence: &Evidence) -> Option<(&LevelTaken, &Bounds)> {
    if let Liquidity::Taker(level, bounds) = &evidence.liquidity {
        Some((level, bounds))
    } else {
        None
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

fn sums_keys(sums: &FeeState, row: &mut impl Row) {
    row.put("exact_1e17", sums.exact);
    row.put("booked_1e9", sums.booked);
    row.put("due_1e9", sums.due);
    row.put("due_rest_1e25", sums.due_rest);
    row.put("paid_1e9", sums.paid);
    row.put("accumulator_1e9", sums.accumulator);
    row.put("carried_1e34", sums.carried);
}

/// What a fee rule needs to be applied again.
fn model_rule_keys(model: FeeModel, row: &mut impl Row) {
    match model {
        FeeModel::Bps { .. } => row.put("model", "bps"),
        FeeModel::Kalshi { trade_fee_step, balance_step, .. } => {
            row.put("model", "kalshi");
            row.put("trade_fee_step_1e9", trade_fee_step);
            row.put("balance_step_1e9", balance_step);
        }
        FeeModel::Polymarket { rounding, .. } => {
            row.put("model", "polymarket");
            row.put("rounding", rounding.as_str());
        }
    }
}

fn time_keys(evidence: &Evidence, fill: &Fill, row: &mut impl Row) {
    let transit = &evidence.transit;
    row.put("submit_local_ns", transit.submit_ns);
    row.put("arrive_venue_ns", transit.arrive_ns);
    row.put("match_at_ns", evidence.matched_ns);
    row.put("visible_at_ns", fill.ts_ns);
    row.put("taker_delay_ns", transit.taker_delay_ns);
    row.put("session_hold_ns", transit.session_hold_ns);
    row.put("entry_deferred", evidence.entry_deferred);
}

fn latency_keys(evidence: &Evidence, row: &mut impl Row) {
    let transit = &evidence.transit;
    row.put("entry_ns", transit.entry_ns);
    row.put("feed_ns", transit.feed_ns);
    row.put("response_ns", transit.response_ns);
    row.put("feed_measured", transit.feed_measured);
    row.put("z_q32", transit.entry.z_q32);
    row.put("load_ratio_q32", transit.load_ratio_q32);
}

fn rng_keys(evidence: &Evidence, row: &mut impl Row) {
    let transit = &evidence.transit;
    row.put("stream_key", transit.stream_key);
    row.put("pos_before", transit.entry.position_before);
    row.put("pos_after", transit.entry.position_after);
}

fn book_keys(evidence: &Evidence, row: &mut impl Row) {
    let book = &evidence.book;
    row.put("version", book.version);
    row.put("venue_seq", book.venue_seq);
    row.put("feed_class", if evidence.event_level { "event" } else { "conflated" });
    row.put("venue_ts_ns", book.venue_ns);
    row.put("interval_ns", book.interval_ns);
    row.put("age_ns", book.age_ns);
    row.put("status", book.status.as_str());
    row.put("best_bid_1e9", book.best_bid);
    row.put("best_ask_1e9", book.best_ask);
}

fn tape_keys(fill: &QueueFill, cite: &TapeCite, row: &mut impl Row) {
    let quote = matches!(
        fill.cause,
        crate::sim::queue::FillCause::Crossing | crate::sim::queue::FillCause::ResyncCross
    );
    row.put("event_id", format_args!("{}", EventName(cite)));
    row.put("epoch", cite.epoch);
    row.put("version", cite.version);
    row.put("trade_id", (cite.trade_id != 0).then_some(cite.trade_id));
    row.put("backfilled", cite.backfilled);
    row.put("kind", if quote { "Quote" } else { "Trade" });
    row.put("side", side_of(fill, quote));
    row.put("px_1e9", fill.evidence_price);
    row.put("size_1e8", fill.evidence_size);
    row.put("budget_before_1e8", fill.budget_before);
    row.put("used_1e8", fill.quantity);
}

/// The venue's trade id where there is one, else the connection, the venue's sequence number and
/// the place among the market's events.
pub(super) struct EventName<'a>(pub(super) &'a TapeCite);

impl fmt::Display for EventName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TapeCite { trade_id, epoch, venue_seq, version, .. } = self.0;
        match trade_id {
            0 => write!(f, "{epoch}:{venue_seq}:{version}"),
            id => id.fmt(f),
        }
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
fn trade_keys(trade: &VenueTrade, row: &mut impl Row) {
    row.put("trade_id", &trade.id);
    row.put("qty_1e8", trade.quantity);
    row.put("fee_1e9", trade.fee);
    row.put("is_maker", trade.is_maker);
    row.put("venue_ts_ns", trade.venue_ns);
}

fn cash_keys(fill: &Fill, row: &mut impl Row) {
    let cash = &fill.cash;
    row.put("notional_1e9", fill.fee_leg.notional);
    row.put("charged_before_1e9", cash.charged_before);
    row.put("charged_after_1e9", cash.charged_after);
    row.put("reserved_before_1e9", cash.reserved_before);
    row.put("reserved_after_1e9", cash.reserved_after);
    row.put("released_1e9", cash.released);
}
