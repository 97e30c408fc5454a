//! Prices against prices: inside a bound, on a grid, too far through the market.

use crate::engine::desk::place::Rejected;
use crate::ids::{InstrumentKind, Side};
use crate::number::Price;
use crate::order::OrderSpec;
use crate::reject::RejectReason;

/// True when a price is no worse than a bound.
pub(in crate::engine) fn within(side: Side, price: Price, bound: Price) -> bool {
    match side {
        Side::Buy => price <= bound,
        Side::Sell => price >= bound,
    }
}

/// A limit on a venue's grid, rounded toward passive.
pub(in crate::engine) fn passive(side: Side, limit: Price, tick: Price) -> Price {
    match side {
        Side::Buy => limit.floor_to(tick),
        Side::Sell => limit.ceil_to(tick).unwrap_or(limit),
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
