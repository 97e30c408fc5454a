//! Prices against prices: inside a bound, on a grid, too far through the market; and what a market's
//! status refuses.

use crate::ids::{InstrumentKind, Side};
use crate::market::MarketStatus;
use crate::number::{Price, Quantity};
use crate::order::{Ask, OrderSpec, TimeInForce};
use crate::reject::{RejectReason, Rejected};

/// True when a price is no worse than a bound.
pub(in crate::engine) fn within(side: Side, price: Price, bound: Price) -> bool {
    match side {
        Side::Buy => price <= bound,
        Side::Sell => price >= bound,
    }
}

/// Refuses a limit that is further through the market than a slip of the finger should be.
pub(in crate::engine) fn check_fat_finger(
    spec: &OrderSpec,
    limit: Price,
    touch: Price,
    bps: i64,
) -> Result<(), Rejected> {
    let distance = i128::from(touch.0) * i128::from(bps) / 10_000;
    let beyond = match spec.side {
        Side::Buy => i128::from(limit.0) > i128::from(touch.0) + distance,
        Side::Sell => i128::from(limit.0) < i128::from(touch.0) - distance,
    };
    if beyond && spec.kind != InstrumentKind::Prediction {
        let text = format!("limit {limit} is more than {bps} bps through the market at {touch}");
        return Err((RejectReason::PriceDeviation, text));
    }
    Ok(())
}

/// Why a fill-or-kill order that only reduces is refused whole.
pub(in crate::engine) const TOO_SMALL_A_POSITION: &str =
    "there is not so much of a position to reduce";

/// What is left of a reduce-only leg where so much of a position is open: an order that is filled
/// in full or not at all is not made smaller.
pub(in crate::engine) fn clipped(
    terms: Ask<'_>,
    open: Quantity,
    room: Quantity,
) -> Result<Quantity, (RejectReason, &'static str)> {
    let refused = |text| Err((RejectReason::InvalidParams, text));
    match room {
        Quantity::ZERO => refused("there is no position to reduce"),
        room if room < open && terms.tif() == TimeInForce::Fok => refused(TOO_SMALL_A_POSITION),
        room => Ok(open.min(room)),
    }
}

/// What a status refuses of an order.
pub(in crate::engine) fn refusal_of(
    terms: Ask<'_>,
    status: MarketStatus,
) -> Option<(RejectReason, &'static str)> {
    use MarketStatus::{
        Closed, Crossed, Halted, Ok, Pending, PostOnly, Resolved, Resync, Stale, Syncing,
    };
    let (rests, post_only) = (terms.rests(), terms.tif() == TimeInForce::PostOnly);
    match status {
        Ok => None,
        PostOnly if post_only => None,
        Syncing | Stale | Resync | Crossed if rests => None,
        PostOnly => Some((RejectReason::ExchangeReject, "the venue takes post-only orders now")),
        Halted => Some((RejectReason::ExchangeBusy, "the venue has halted trading")),
        Closed | Pending | Resolved => Some((RejectReason::ExchangeReject, "the market is closed")),
        Syncing | Stale | Resync | Crossed => {
            Some((RejectReason::StaleVenue, "the venue's book is not live"))
        }
    }
}
