//! The most an order can still cost: what must be locked so that no fill ever asks for more.
//!
//! Let `rem` be unfilled and `L` the limit. `p + rate × p × (1 − p)` grows with `p` for rates below
//! one, so the limit is the dearest price; what per-fill rounding can add is bounded by the number
//! of fills left. That is 1,000 at most: a fill that leaves more lots open is rounded together with the
//! next. Kalshi's accumulator never stays above one cent. Hence a fill at or below the limit costs at
//! most what it takes off the reservation.

use super::quadratic::{CENT, ExactFee, POLYMARKET_STEP};
use super::{FeeModel, FeeRounding, FeeSchedule, FeeState, MOST_ROUNDED, round_up};
use crate::number::{
    EXACT_PER_MONEY, Money, NumberError, PRICE_ONE, Price, Quantity, div_ceil, exact_notional,
};

impl FeeState {
    /// Cash to lock for the open part of a buy, fees included. Zero when nothing is open.
    ///
    /// `quantum` is the smallest fill, at least one unit. Holds when every fill but the last is a
    /// multiple of it, at or below `limit`.
    pub fn reserve_buy(
        &self,
        schedule: &FeeSchedule,
        limit: Price,
        remaining: Quantity,
        quantum: Quantity,
    ) -> Result<Money, NumberError> {
        if remaining.0 <= 0 {
            return Ok(Money::ZERO);
        }
        if limit.0 < 0 || (schedule.model.is_quadratic() && limit.0 > PRICE_ONE) {
            return Err(NumberError::Range);
        }
        let open = exact_notional(limit, remaining);
        let exact = self.exact.checked_add(open).ok_or(NumberError::Range)?;
        let rate = schedule.model.worst_rate_1e8();
        let fee = || ExactFee::of(rate, remaining, limit)?.less(self.carried);
        let fills =
            || div_ceil(i128::from(remaining.0), i128::from(quantum.0.max(1))).min(MOST_ROUNDED);
        match schedule.model {
            FeeModel::Bps { .. } => {
                let notional = Money::from_exact_ceil(exact).checked_sub(self.booked)?;
                notional.checked_add(self.proportional_bound(open, rate)?)
            }
            FeeModel::Kalshi { trade_fee_step, balance_step, .. } => {
                let notional = Money::from_exact_ceil(exact).checked_sub(self.booked)?;
                let fee = fee()?.ceil(1)?;
                let rounding = fills() * trade_fee_step.0 + CENT - self.accumulator.0;
                let total = notional.checked_add(Money(fee + rounding))?;
                Ok(Money(div_ceil(total.0, balance_step.0) * balance_step.0))
            }
            FeeModel::Polymarket { rounding, .. } => {
                let fee = fee()?.ceil(EXACT_PER_MONEY)?;
                let exact = exact.checked_add(fee).ok_or(NumberError::Range)?;
                let total = Money::from_exact_ceil(exact).checked_sub(self.booked)?;
                total.checked_add(Money(match rounding {
                    FeeRounding::HalfUp => fills() * (POLYMARKET_STEP / 2),
                    FeeRounding::Floor => 0,
                }))
            }
        }
    }

    /// The fee part of [`FeeState::reserve_buy`] alone: what a perpetual locks beside its margin.
    pub fn fee_bound(
        &self,
        schedule: &FeeSchedule,
        limit: Price,
        remaining: Quantity,
        quantum: Quantity,
    ) -> Result<Money, NumberError> {
        if remaining.0 <= 0 {
            return Ok(Money::ZERO);
        }
        let open = exact_notional(limit, remaining);
        if let FeeModel::Bps { .. } = schedule.model {
            return self.proportional_bound(open, schedule.model.worst_rate_1e8());
        }
        let exact = self.exact.checked_add(open).ok_or(NumberError::Range)?;
        let notional = Money::from_exact_ceil(exact).checked_sub(self.booked)?;
        self.reserve_buy(schedule, limit, remaining, quantum)?.checked_sub(notional)
    }

    /// `⌈Σ exact fees, past and possible⌉ − paid`.
    fn proportional_bound(&self, open: i128, rate_1e8: i64) -> Result<Money, NumberError> {
        let (due, rest) = self.due_with(open, rate_1e8)?;
        round_up(due, rest)?.checked_sub(self.paid)
    }
}
