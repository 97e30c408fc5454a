//! Fees that follow `contracts × p × (1 − p)`: dearest where the outcome is least certain.

use super::{FeeParts, FeeRounding, Fill};
use crate::ids::Side;
use crate::number::{Money, NumberError, PRICE_ONE, Price, Quantity, div_ceil, mul_div_floor};

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

/// A fee before rounding: whole units of money and the rest of one (1e-34), not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ExactFee {
    whole: i128,
    rest: i128,
}

impl ExactFee {
    /// Of a quantity at a price.
    pub(super) fn of(rate_1e8: i64, qty: Quantity, price: Price) -> Result<Self, NumberError> {
        let (amount, spread) = factors(rate_1e8, qty, price);
        let whole = mul_div_floor(amount, spread, PER_MONEY)?;
        // The difference is below one unit, so it is exact however far the products wrap.
        let rest = amount.wrapping_mul(spread).wrapping_sub(whole.wrapping_mul(PER_MONEY));
        Ok(Self { whole, rest })
    }

    /// The same less what was taken before (1e-34); may be below zero.
    pub(super) fn less(self, taken: i128) -> Result<Self, NumberError> {
        let rest = self.rest.checked_sub(taken).ok_or(NumberError::Range)?;
        let whole = self.whole.checked_add(rest.div_euclid(PER_MONEY)).ok_or(NumberError::Range)?;
        Ok(Self { whole, rest: rest.rem_euclid(PER_MONEY) })
    }

    /// Rounded up to whole units of `1 / per_money` of a unit of money.
    pub(super) fn ceil(self, per_money: i128) -> Result<i128, NumberError> {
        let whole = self.whole.checked_mul(per_money).ok_or(NumberError::Range)?;
        Ok(whole + div_ceil(self.rest * per_money, PER_MONEY))
    }

    /// Steps of this many units of money, rounded up; never below zero.
    fn steps_up(self, step: i128) -> i128 {
        div_ceil(self.whole + i128::from(self.rest > 0), step).max(0)
    }

    /// What an amount is above this (1e-34).
    pub(super) fn overcharged_by(self, charged: Money) -> i128 {
        (charged.0 - self.whole) * PER_MONEY - self.rest
    }
}

/// Parts of Kalshi's fee, given what the order's accumulator holds.
pub(super) fn kalshi(
    fill: &Fill,
    exact: ExactFee,
    trade_fee_step: Money,
    balance_step: Money,
    accumulator: Money,
) -> FeeParts {
    let step = trade_fee_step.0;
    let by_formula = exact.steps_up(step) * step;
    let (revenue, trade_fee) = match fill.side {
        Side::Buy => (-fill.notional.0, by_formula),
        // Rounded down to the step, so that the sale still brings zero or more.
        Side::Sell => (fill.notional.0, by_formula.min(floor_to(fill.notional.0, step))),
    };
    let change = revenue - trade_fee;
    let rounding_fee = change - floor_to(change, balance_step.0);
    let cents = (div_ceil(accumulator.0 + rounding_fee, CENT) - 1).max(0);
    FeeParts {
        trade_fee: Money(trade_fee),
        rounding_fee: Money(rounding_fee),
        rebate: Money(cents * CENT),
    }
}

/// Polymarket's fee: each fill by itself, never above what a sale brings.
pub(super) fn polymarket(fill: &Fill, exact: ExactFee, rounding: FeeRounding) -> Money {
    let halves =
        (2 * exact.whole + i128::from(2 * exact.rest >= PER_MONEY)).div_euclid(POLYMARKET_STEP);
    let steps = match rounding {
        // Below one step the venue charges nothing, also where half up would.
        FeeRounding::HalfUp if halves < 2 => 0,
        FeeRounding::HalfUp => (halves + 1).div_euclid(2),
        FeeRounding::Floor => halves.div_euclid(2),
    };
    let fee = Money(steps * POLYMARKET_STEP);
    if fill.side == Side::Sell { fee.min(fill.notional) } else { fee }
}

fn floor_to(value: i128, step: i128) -> i128 {
    value - value.rem_euclid(step)
}
