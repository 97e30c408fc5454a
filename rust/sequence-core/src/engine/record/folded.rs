//! Rows that have come to rest, as bytes in memory: whole, for every answer that they can still give.
//!
//! What can still change stands: an open order, a graph with a shape. A row begins with its head
//! (`desk/heads.rs`).

use crate::engine::exchange::evidence::{
    BookCite, Bounds, Evidence, Liquidity, TapeCite, VenueTrade,
};
use crate::engine::exchange::legs::Halves;
use crate::engine::{CashTrail, Fill, FillCause, Graph, GraphId, VenueLeg};
use crate::ids::{
    AccountId, AssetId, BookSide, FillIx, GraphIx, InstrumentKind, MarketId, OrderId, Outcome,
    ReservationId, Side, SymbolId, VenueId,
};
use crate::market::MarketStatus;
use crate::number::{Money, Price, Quantity};
use crate::order::{
    AtVenue, Cause, Leg, LegState, Order, OrderSpec, OrderStatus, Policy, TimeInForce, Urgency,
};
use crate::pack::{Pack, Packer, Unpacker, packs, packs_numbers, packs_where_set, packs_words};
use crate::reject::{DoneReason, RejectReason};
use crate::risk::Mode;
use crate::sim::fees::{Date, FeeLeg, FeeModel, FeeParts, FeeRounding, FeeSchedule, FeeState};
use crate::sim::latency::{Draw, Transit};
use crate::sim::queue::QueueFill;
use crate::sim::resting::Shadow;
use crate::sim::step::Mode as Estimator;
use crate::sim::walk::LevelTaken;
use crate::ulid::Ulid;

use super::fill::RULES;

packs_numbers!(
    Price, Quantity, Money, Ulid, VenueId, AssetId, MarketId, AccountId, SymbolId, OrderId,
    GraphIx, FillIx,
);

packs_words!(
    Side: &[Self::Buy, Self::Sell],
    BookSide: &[Self::Bid, Self::Ask],
    Outcome: &[Self::Yes, Self::No],
    InstrumentKind: &[Self::Spot, Self::Perp, Self::Prediction],
    LegState: &[Self::InFlight, Self::Working, Self::Done],
    AtVenue: &[
        Self::Travelling,
        Self::Delayed,
        Self::Waiting,
        Self::Resting,
        Self::Chasing,
        Self::Held,
        Self::Done,
    ],
    OrderStatus: Self::ALL,
    TimeInForce: Self::ALL,
    Policy: Self::ALL,
    Urgency: Self::ALL,
    RejectReason: Self::ALL,
    DoneReason: Self::ALL,
    FillCause: Self::ALL,
    MarketStatus: Self::ALL,
    FeeRounding: Self::ALL,
    Mode: Self::ALL,
);

packs_where_set!(
    FeeState { exact, booked, due, due_rest, paid, accumulator, carried }
    Transit {
        submit_ns, entry_ns, response_ns, feed_ns, feed_measured, arrive_ns, session_hold_ns,
        match_ns, taker_delay_ns, entry, stream_key, load_ratio_q32,
    }
    Cause { reject, message, done }
);

packs!(
    OrderSpec {
        account, graph, symbol, outcome, side, pinned, created_ns, epoch, node_id, seq, kind, tif,
        policy, urgency, max_slippage_bps, horizon_ms, reduce_only, notional_usd, is_market,
    }
    Order {
        status, done, filled, created_seq, event_seq, spec, qty, limit, exact, notional_usd, fees_usd,
        reject, message, legs, version, updated_ns, expires_ns; amending = None
    }
    Leg {
        market, qty, filled, fees, bound, cap, margin_at, reservation, reducing, state, status, held,
        cancelling, reference, cause; reshape = None
    }
    ReservationId { index, generation }
    VenueLeg {
        state, open, matched, transit, again, deferred, place; change_ns = 0, leaving = None
    }
    Halves { first, more }
    Draw { latency_ns, z_q32, position_before, position_after }
    FeeSchedule { model, rule_id, effective_from, fee_default }
    QueueFill {
        order, side, price, quantity, remaining, cause, estimator, ahead_before, ahead_after,
        ahead_entry, prints_ahead, cancels_ahead, own_ahead, surplus, displayed_entry,
        displayed_before, evidence_price, evidence_size, budget_before, low, high,
    }
    FeeLeg { notional, fee, rate_1e8, parts, accumulator, joined }
    FeeParts { trade_fee, rounding_fee, rebate }
    Date { year, month, day }
    CashTrail { charged_before, charged_after, reserved_before, reserved_after, released }
    Graph { id, order, fingerprint, first_answer, metadata, by; limits = None }
    Fill {
        order, market, event_seq, ts_ns, id, price, quantity, notional_usd, fee, fee_asset, fee_usd,
        fee_leg, fee_rule, fees_before, cash, is_maker, cause, queue_ahead, realized_usd, reversed,
        evidence,
    }
    Evidence {
        transit, matched_ns, entry_deferred, book, event_level, liquidity, match_rate_ppm,
        decreases_seen,
    }
    BookCite {
        venue_ns, version, venue_seq, age_ns, status, interval_ns, best_bid, best_ask,
    }
    Bounds { limit, cap, reference, shift }
    TapeCite { version, venue_seq, trade_id, backfilled, epoch }
    VenueTrade { id, quantity, fee, fee_asset, is_maker, venue_ns }
    LevelTaken { recorded, effective, displayed, printed, consumed_before, taken, index }
    Shadow { ahead, remaining, filled, hidden }
);

/// Names of fee rules and of estimators are the program's own: a number says which.
impl Pack for &'static str {
    fn pack(&self, to: &mut Packer) {
        match RULES.iter().chain(&Estimator::NAMES).zip(0u8..).find(|(name, _)| *name == self) {
            Some((_, at)) => at.pack(to),
            None => to.give_up(),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let at = usize::from(u8::unpack(from)?);
        RULES.iter().chain(&Estimator::NAMES).nth(at).copied()
    }
}

impl Pack for GraphId {
    fn pack(&self, to: &mut Packer) {
        match self {
            Self::Made(id) => Some(*id).pack(to),
            Self::Client(text) => {
                None::<Ulid>.pack(to);
                text.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(match Option::unpack(from)? {
            Some(id) => Self::Made(id),
            None => Self::Client(Pack::unpack(from)?),
        })
    }
}

impl Pack for FeeModel {
    fn pack(&self, to: &mut Packer) {
        match *self {
            Self::Bps { maker_rate_1e8, taker_rate_1e8 } => {
                rates(to, 0, [maker_rate_1e8, taker_rate_1e8]);
            }
            Self::Kalshi { maker_rate_1e8, taker_rate_1e8, trade_fee_step, balance_step } => {
                rates(to, 1, [maker_rate_1e8, taker_rate_1e8]);
                trade_fee_step.pack(to);
                balance_step.pack(to);
            }
            Self::Polymarket { taker_rate_1e8, rebate_rate_1e8, rounding } => {
                rates(to, 2, [taker_rate_1e8, rebate_rate_1e8]);
                rounding.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let which = u8::unpack(from)?;
        let (first, second) = (Pack::unpack(from)?, Pack::unpack(from)?);
        Some(match which {
            0 => Self::Bps { maker_rate_1e8: first, taker_rate_1e8: second },
            1 => Self::Kalshi {
                maker_rate_1e8: first,
                taker_rate_1e8: second,
                trade_fee_step: Pack::unpack(from)?,
                balance_step: Pack::unpack(from)?,
            },
            2 => Self::Polymarket {
                taker_rate_1e8: first,
                rebate_rate_1e8: second,
                rounding: Pack::unpack(from)?,
            },
            _ => return None,
        })
    }
}

/// Which model, and its two rates.
fn rates(to: &mut Packer, which: u8, rates: [i64; 2]) {
    which.pack(to);
    for rate in rates {
        rate.pack(to);
    }
}

impl Pack for Liquidity {
    fn pack(&self, to: &mut Packer) {
        match self {
            Self::Venue(trade) => {
                0u8.pack(to);
                trade.pack(to);
            }
            Self::Taker(level, bounds) => {
                1u8.pack(to);
                level.pack(to);
                bounds.pack(to);
            }
            Self::Maker(fill, cite) => {
                2u8.pack(to);
                fill.pack(to);
                cite.pack(to);
            }
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(match u8::unpack(from)? {
            0 => Self::Venue(Pack::unpack(from)?),
            1 => Self::Taker(Pack::unpack(from)?, Pack::unpack(from)?),
            2 => Self::Maker(Pack::unpack(from)?, Pack::unpack(from)?),
            _ => return None,
        })
    }
}
