//! Texts and integers of Python callers as core types.

use sequence_core::graph::GraphStatus;
use sequence_core::ids::{AssetKind, BookSide, InstrumentKind, Side, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::order::{OrderStatus, Policy, TimeInForce, Urgency};
use sequence_core::reject::{DoneReason, Refusal};
use sequence_core::risk::{FailureAction, Mode};
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent, flag};
use sequence_core::venue::{PriceGrid, Terms, TermsOrigin};

use crate::error::bad_choice;

type Parsed<T> = Result<T, Refusal>;

/// A closed set with `ALL`, `as_str` and `parse`.
macro_rules! choice {
    ($name:ident, $type:ty, $field:literal) => {
        pub(crate) fn $name(text: &str) -> Parsed<$type> {
            <$type>::parse(text).ok_or_else(|| {
                let known: Vec<&str> = <$type>::ALL.iter().map(|value| value.as_str()).collect();
                bad_choice($field, text, &known)
            })
        }
    };
}

choice!(policy, Policy, "policy");
choice!(urgency, Urgency, "urgency");
choice!(time_in_force, TimeInForce, "tif");
choice!(order_status, OrderStatus, "status");
choice!(graph_status, GraphStatus, "status");
choice!(done_reason, DoneReason, "done");
choice!(asset_kind, AssetKind, "kind");
choice!(mode, Mode, "mode");
choice!(failure_action, FailureAction, "action");

pub(crate) fn side(text: &str) -> Parsed<Side> {
    match text {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(bad_choice("side", other, &["buy", "sell"])),
    }
}

pub(crate) fn instrument_kind(text: &str) -> Parsed<InstrumentKind> {
    match text {
        "spot" => Ok(InstrumentKind::Spot),
        "perp" => Ok(InstrumentKind::Perp),
        "prediction" => Ok(InstrumentKind::Prediction),
        other => Err(bad_choice("instrument_type", other, &["spot", "perp", "prediction"])),
    }
}

pub(crate) fn venue(text: &str) -> Parsed<VenueId> {
    VenueId::parse(text).map_err(Refusal::from)
}

pub(crate) fn venues(texts: Option<Vec<String>>) -> Parsed<Option<Vec<VenueId>>> {
    texts.map(|list| list.iter().map(|text| venue(text)).collect()).transpose()
}

pub(crate) fn order_statuses(texts: Option<Vec<String>>) -> Parsed<Option<Vec<OrderStatus>>> {
    texts.map(|list| list.iter().map(|text| order_status(text)).collect()).transpose()
}

pub(crate) fn graph_statuses(texts: Option<Vec<String>>) -> Parsed<Option<Vec<GraphStatus>>> {
    texts.map(|list| list.iter().map(|text| graph_status(text)).collect()).transpose()
}

pub(crate) fn feed_status(text: &str) -> Parsed<FeedStatus> {
    match text {
        "open" => Ok(FeedStatus::Open),
        "resync" => Ok(FeedStatus::Resync),
        "halted" => Ok(FeedStatus::Halted),
        "post_only" => Ok(FeedStatus::PostOnly),
        "closed" => Ok(FeedStatus::Closed),
        "down" => Ok(FeedStatus::Down),
        "unfit" => Ok(FeedStatus::Unfit),
        other => Err(bad_choice(
            "status",
            other,
            &["open", "resync", "halted", "post_only", "closed", "down", "unfit"],
        )),
    }
}

/// `(price_1e9, qty_1e8)` pairs as level events of one side.
pub(crate) fn levels(
    side: BookSide,
    pairs: &[(i64, i64)],
    ts_ns: i64,
    now_ns: i64,
) -> Parsed<Vec<MarketEvent>> {
    let name = if side == BookSide::Bid { "bids" } else { "asks" };
    pairs
        .iter()
        .enumerate()
        .map(|(at, (price, quantity))| {
            if *price < 1 || *quantity < 0 {
                let message = "a level needs a price above 0 and a size of 0 or more";
                return Err(Refusal::invalid(format!("{name}[{at}]"), message));
            }
            Ok(MarketEvent::level(side, Price(*price), Quantity(*quantity), ts_ns, now_ns))
        })
        .collect()
}

/// A trade at `(price_1e9, qty_1e8)`; `hit` is the side of the book that was there.
pub(crate) fn print(
    hit: Option<BookSide>,
    (price_1e9, qty_1e8): (i64, i64),
    ts_ns: i64,
    now_ns: i64,
) -> Parsed<MarketEvent> {
    if price_1e9 < 1 || qty_1e8 < 1 {
        return Err(Refusal::invalid("trade", "needs a price and a size above 0"));
    }
    Ok(MarketEvent::print(hit, Price(price_1e9), Quantity(qty_1e8), ts_ns, now_ns))
}

/// What a caller says of a market: tick, lot, least quantity, least notional.
pub(crate) type Given = (Option<i64>, Option<i64>, Option<i64>, Option<i128>);

/// The same as terms of the market.
pub(crate) fn terms(given: Option<Given>) -> Parsed<Terms> {
    let (tick, lot, least, notional) = given.unwrap_or_default();
    let check = |value: Option<i64>, least: i64, name: &'static str| match value {
        Some(value) if value < least => {
            Err(Refusal::invalid(name, format!("must be {least} or more")))
        }
        value => Ok(value),
    };
    let grid = check(tick, 1, "tick_1e9")?.map(|tick| PriceGrid::Tick(Price(tick)));
    let lot = check(lot, 1, "lot_1e8")?.map(Quantity);
    let min_qty = check(least, 0, "min_qty_1e8")?.map(Quantity);
    let min_notional = match notional {
        Some(value) if value < 0 => {
            return Err(Refusal::invalid("min_notional_usd_1e9", "must be 0 or more"));
        }
        value => value.map(Money),
    };
    Ok(Terms { grid, lot, min_qty, min_notional, ..Terms::of(TermsOrigin::Caller) })
}

/// Marks the last event of a venue message.
pub(crate) fn finish(mut events: Vec<MarketEvent>, ts_ns: i64, now_ns: i64) -> Vec<MarketEvent> {
    if events.is_empty() {
        events.push(MarketEvent::new(EventKind::Heartbeat, ts_ns, now_ns));
    }
    if let Some(last) = events.last_mut() {
        last.flags |= flag::LAST;
    }
    events
}
