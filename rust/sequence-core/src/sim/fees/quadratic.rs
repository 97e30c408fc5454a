//! Fees that follow `contracts × p × (1 − p)`: dearest where the outcome is least certain.

use super::{FeeParts, FeeRounding, Fill};
use crate::ids::Side;
use crate::number::{
    Money, NumberError, PRICE_ONE, Price, Quantity, div_ceil, mul_div_ceil, mul_div_floor,
};

/// One cent: what the accumulator gives back.
pub(super) const CENT: i128 = 10_000_000;
/// Polymarket charges steps of 0.00001.
pub(super) const POLYMARKET_STEP: i128 = 10_000;
/// `rate × quantity × price²` (1e-34) per unit of money.
const PER_MONEY: i128 = 10_000_000_000_000_000_000_000_000;

/// `rate × quantity` and `p × (1 − p)`, whose product is the fee at 1e-34.
fn factors(rate_1e8: i64, qty: Quantity, price: Price) -> (i128, i128) {
    let (rate, qty) = (i128::from(rate_1e8), i128::from(qty.0));
    (rate * qty, i128::from(price.0) * i128::from(PRICE_ONE - price.0))
}

/// The exact fee in units of `1 / per_unit` of 1e-34, rounded up.
pub(super) fn fee_ceil(
    rate_1e8: i64,
    qty: Quantity,
    price: Price,
    per_unit: i128,
) -> Result<i128, NumberError> {
    let (amount, spread) = factors(rate_1e8, qty, price);
    mul_div_ceil(amount, spread, per_unit)
}

/// Parts of Kalshi's fee, given what the order's accumulator holds.
pub(super) fn kalshi(
    fill: &Fill,
    rate_1e8: i64,
    trade_fee_step: Money,
    balance_step: Money,
    accumulator: Money,
) -> Result<FeeParts, NumberError> {
    let step = trade_fee_step.0;
    let by_formula = fee_ceil(rate_1e8, fill.qty, fill.price, PER_MONEY * step)? * step;
    let (revenue, trade_fee) = match fill.side {
        Side::Buy => (-fill.notional.0, by_formula),
        // Rounded down to the step, so that the sale still brings zero or more.
        Side::Sell => (fill.notional.0, by_formula.min(floor_to(fill.notional.0, step))),
    };
    let change = revenue - trade_fee;
    let rounding_fee = change - floor_to(change, balance_step.0);
    let cents = (div_ceil(accumulator.0 + rounding_fee, CENT) - 1).max(0);
    Ok(FeeParts {
        trade_fee: Money(trade_fee),
        rounding_fee: Money(rounding_fee),
        rebate: Money(cents * CENT),
    })
}

/// Polymarket's fee: each fill by itself, never above what a sale brings.
pub(super) fn polymarket(
    fill: &Fill,
    rate_1e8: i64,
    rounding: FeeRounding,
) -> Result<Money, NumberError> {
    let (amount, spread) = factors(rate_1e8, fill.qty, fill.price);
    let per_step = PER_MONEY * POLYMARKET_STEP;
    let halves = mul_div_floor(2 * amount, spread, per_step)?;
    let steps = match rounding {
        // Below one step the venue charges nothing, also where half up would.
        FeeRounding::HalfUp if halves < 2 => 0,
        FeeRounding::HalfUp => (halves + 1).div_euclid(2),
        FeeRounding::Floor => halves.div_euclid(2),
    };
    let fee = Money(steps * POLYMARKET_STEP);
    Ok(if fill.side == Side::Sell { fee.min(fill.notional) } else { fee })
}

fn floor_to(value: i128, step: i128) -> i128 {
    value - value.rem_euclid(step)
}
