//! Prices against prices: inside a bound, on a grid, too far through the market; and what a market's
//! status refuses.

use crate::ids::{InstrumentKind, Side};
use crate::market::MarketStatus;
use crate::number::Price;
use crate::order::{OrderSpec, TimeInForce};
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

/// What a status refuses of an order.
pub(in crate::engine) fn refusal_of(
    spec: &OrderSpec,
    status: MarketStatus,
) -> Option<(RejectReason, &'static str)> {
    use MarketStatus::{
        Closed, Crossed, Halted, Ok, Pending, PostOnly, Resolved, Resync, Stale, Syncing,
    };
    let (rests, post_only) = (spec.rests(), spec.tif == TimeInForce::PostOnly);
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
