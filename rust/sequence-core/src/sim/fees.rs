//! Fees of one order, fill by fill, and the most that is still to come.
//!
//! A [`FeeState`] belongs to one order at one venue and sums its fills exactly; what is booked is
//! the difference of two rounded sums. So slicing an order changes nothing, a buyer's sums round up
//! and a seller's down. Sums of `price × quantity` are at 1e-17, times a rate of 1e-8 at 1e-25.
//!
//! Three models: basis points, and the two event venues, which charge
//! `rate × contracts × p × (1 − p)` and round each in its own way.

use crate::hash::StateHasher;
use crate::ids::Side;
use crate::number::{Money, NumberError, PRICE_ONE, Price, Quantity, div_floor, exact_notional};

mod quadratic;
mod reserve;
mod schedule;
#[cfg(test)]
mod tests;

pub use schedule::{Date, FEE_TABLE, FeeModel, FeeRounding, FeeRow, FeeSchedule, ReportedFees};

/// Units of a rate in one.
const RATE_ONE: i64 = 100_000_000;
/// `price × quantity × rate` (1e-25) per unit of money.
const EXACT_FEE_PER_MONEY: u64 = 10_000_000_000_000_000;
/// Fills whose rounding is reserved for at most.
const MOST_ROUNDED: i128 = 1_000;

/// What one fill moves. A buy pays `notional + fee`, a sell receives `notional − fee`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeLeg {
    /// Charge of a buy or proceeds of a sell, in the quote asset.
    pub notional: Money,
    /// Fee in the quote asset; negative: a rebate.
    pub fee: Money,
    /// Rate applied (1e-8).
    pub rate_1e8: i64,
    /// How the fee is made up, where the venue shows it.
    pub parts: Option<FeeParts>,
    /// Rounding accumulator after this fill; zero where there is none.
    pub accumulator: Money,
    /// Its fee was rounded together with that of the next fill (see [`FeeState::joins`]).
    pub joined: bool,
}

/// Parts of a fee: `trade_fee + rounding_fee − rebate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeParts {
    /// By formula, rounded up to the fee step.
    pub trade_fee: Money,
    /// What rounding the balance took.
    pub rounding_fee: Money,
    /// Whole cents given back.
    pub rebate: Money,
}

/// Running sums of one order at one venue. All its fills have one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeeState {
    /// Σ price × quantity (1e-17).
    pub(crate) exact: i128,
    /// Charged or received so far.
    pub(crate) booked: Money,
    /// Σ exact fees, whole units of money …
    pub(crate) due: i128,
    /// … and the rest (1e-25), not negative.
    pub(crate) due_rest: i128,
    /// Fees taken so far.
    pub(crate) paid: Money,
    /// Rounding fees not given back yet.
    pub(crate) accumulator: Money,
    /// What rounding took beyond the exact fee (1e-34), where the next fill is charged that less.
    pub(crate) carried: i128,
}

/// How a fill is charged beside its price and size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charging {
    /// It made the book; otherwise it took from it.
    pub is_maker: bool,
    /// Its fee is rounded together with that of the next fill.
    pub joined: bool,
}

impl FeeState {
    /// Whether the fee of a fill is rounded together with the next one's: a purchase of an event
    /// contract reserves for the rounding of [`MOST_ROUNDED`] fills, so one that leaves as many lots
    /// or more open has no rounding of its own.
    pub fn joins(schedule: &FeeSchedule, side: Side, left: Quantity, lot: Quantity) -> bool {
        schedule.model.rounds_up_fills()
            && side == Side::Buy
            && i128::from(left.0) >= MOST_ROUNDED * i128::from(lot.0.max(1))
    }

    /// Books a fill. Fails, and changes nothing, when a sum leaves its type or an event price is
    /// outside 0 to 1.
    pub fn charge(
        &mut self,
        schedule: &FeeSchedule,
        side: Side,
        price: Price,
        qty: Quantity,
        how: Charging,
    ) -> Result<FeeLeg, NumberError> {
        if price.0 < 0 || qty.0 < 0 || (schedule.model.is_quadratic() && price.0 > PRICE_ONE) {
            return Err(NumberError::Range);
        }
        let mut next = *self;
        let notional = next.book(side, exact_notional(price, qty))?;
        let fill = Fill { side, price, qty, notional };
        let rate_1e8 = schedule.model.rate_1e8(how.is_maker);
        let (mut exact, joined) = (quadratic::ExactFee::default(), how.joined);
        if schedule.model.is_quadratic() {
            exact = quadratic::ExactFee::of(rate_1e8, qty, price)?.less(self.carried)?;
        }
        let (fee, parts) = match schedule.model {
            FeeModel::Bps { .. } => (next.proportional(&fill, rate_1e8)?, None),
            FeeModel::Kalshi { trade_fee_step, balance_step, .. } => {
                let parts = next.kalshi(&fill, exact, trade_fee_step, balance_step)?;
                (Money(parts.trade_fee.0 + parts.rounding_fee.0 - parts.rebate.0), Some(parts))
            }
            FeeModel::Polymarket { rounding, .. } => {
                (quadratic::polymarket(&fill, exact, rounding), None)
            }
        };
        let charged = parts.map_or(fee, |parts| parts.trade_fee);
        next.carried = if joined { exact.overcharged_by(charged) } else { 0 };
        next.paid = next.paid.checked_add(fee)?;
        *self = next;
        let accumulator = next.accumulator;
        Ok(FeeLeg { notional, fee, rate_1e8, parts, accumulator, joined })
    }

    /// Books a fill whose fee a real venue told. What a schedule still charges is untouched by it.
    pub fn take(
        &mut self,
        side: Side,
        price: Price,
        qty: Quantity,
        fee: Money,
    ) -> Result<FeeLeg, NumberError> {
        if price.0 < 0 || qty.0 < 0 {
            return Err(NumberError::Range);
        }
        let mut next = *self;
        let notional = next.book(side, exact_notional(price, qty))?;
        *self = next;
        let accumulator = next.accumulator;
        Ok(FeeLeg { notional, fee, rate_1e8: 0, parts: None, accumulator, joined: false })
    }

    /// Takes back a fill that a real venue told; what it had cost or brought without its fee.
    pub fn take_back(
        &mut self,
        side: Side,
        price: Price,
        qty: Quantity,
    ) -> Result<Money, NumberError> {
        let mut next = *self;
        let change = next.book(side, -exact_notional(price, qty))?;
        *self = next;
        Ok(Money(-change.0))
    }

    /// Adds to the exact sum; returns the difference of the rounded ones.
    fn book(&mut self, side: Side, exact: i128) -> Result<Money, NumberError> {
        self.exact = self.exact.checked_add(exact).ok_or(NumberError::Range)?;
        let booked = match side {
            Side::Buy => Money::from_exact_ceil(self.exact),
            Side::Sell => Money::from_exact_floor(self.exact),
        };
        let notional = booked.checked_sub(self.booked)?;
        self.booked = booked;
        Ok(notional)
    }

    /// Proportional fee of a fill. A sell's fee waits where the fill brings less than it, and is
    /// taken from later fills: no fill takes more cash than it brings.
    fn proportional(&mut self, fill: &Fill, rate_1e8: i64) -> Result<Money, NumberError> {
        let (due, rest) = self.due_with(exact_notional(fill.price, fill.qty), rate_1e8)?;
        (self.due, self.due_rest) = (due, rest);
        let fee = round_up(due, rest)?.checked_sub(self.paid)?;
        Ok(if fill.side == Side::Sell { fee.min(fill.notional) } else { fee })
    }

    /// Σ exact fees after adding `exact × rate`: whole units and rest. The split keeps every
    /// product below 128 bits.
    fn due_with(&self, exact: i128, rate_1e8: i64) -> Result<(i128, i128), NumberError> {
        let rate = i128::from(rate_1e8);
        let split = |exact: i128| {
            let whole = div_floor::<EXACT_FEE_PER_MONEY>(exact);
            (whole, exact.wrapping_sub(whole.wrapping_mul(i128::from(EXACT_FEE_PER_MONEY))))
        };
        let (whole, rest) = split(exact);
        let (more, rest) = split(rest * rate + self.due_rest);
        let due = whole
            .checked_mul(rate)
            .and_then(|due| due.checked_add(more))
            .and_then(|due| due.checked_add(self.due))
            .ok_or(NumberError::Range)?;
        Ok((due, rest))
    }

    /// Kalshi's three steps: trade fee, rounding of the balance, rebate from the accumulator.
    fn kalshi(
        &mut self,
        fill: &Fill,
        exact: quadratic::ExactFee,
        trade_fee_step: Money,
        balance_step: Money,
    ) -> Result<FeeParts, NumberError> {
        let parts = quadratic::kalshi(fill, exact, trade_fee_step, balance_step, self.accumulator);
        let added = self.accumulator.checked_add(parts.rounding_fee)?;
        self.accumulator = added.checked_sub(parts.rebate)?;
        Ok(parts)
    }

    /// Σ price × quantity of all fills (1e-17).
    pub const fn exact(&self) -> i128 {
        self.exact
    }

    /// Charged or received so far, without fees.
    pub const fn booked(&self) -> Money {
        self.booked
    }

    /// Fees so far; negative: rebates.
    pub const fn paid(&self) -> Money {
        self.paid
    }

    /// Every sum, for keeping.
    pub(crate) const fn sums(&self) -> [i128; 6] {
        [self.exact, self.booked.0, self.due, self.due_rest, self.paid.0, self.accumulator.0]
    }

    /// The state that had these sums.
    pub(crate) const fn from_sums(sums: [i128; 6], carried: i128) -> Self {
        let [exact, booked, due, due_rest, paid, accumulator] = sums;
        Self {
            exact,
            booked: Money(booked),
            due,
            due_rest,
            paid: Money(paid),
            accumulator: Money(accumulator),
            carried,
        }
    }

    /// Folds the sums into a state hash.
    pub const fn hash_into(&self, hasher: &mut StateHasher) {
        hasher.wide(self.exact);
        hasher.wide(self.booked.0);
        hasher.wide(self.due);
        hasher.wide(self.due_rest);
        hasher.wide(self.paid.0);
        hasher.wide(self.accumulator.0);
        hasher.wide(self.carried);
    }
}

/// One fill, with its notional already rounded.
#[derive(Debug, Clone, Copy)]
struct Fill {
    side: Side,
    price: Price,
    qty: Quantity,
    notional: Money,
}

/// Ceiling of a whole part and a rest that is not negative.
fn round_up(whole: i128, rest: i128) -> Result<Money, NumberError> {
    whole.checked_add(i128::from(rest > 0)).map(Money).ok_or(NumberError::Range)
}
