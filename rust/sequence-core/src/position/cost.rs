//! Average cost of a holding, kept as a fraction and never rounded on the way.
//!
//! The cost of what is held is `cost · held / units`, where `units` was held when the average last
//! changed. Closing a part leaves the fraction alone, so the cost that remains depends only on how
//! much remains: however a fill is split, cost and realised P&L come out the same to the last
//! unit. Nothing held costs nothing, without a special case.

use crate::hash::StateHasher;
use crate::ids::Side;
use crate::mutant;
use crate::number::{NumberError, PER_MONEY, Price, Quantity, div_floor, exact_notional};

/// Weighted average of what was paid, without fees. Shorts have a negative cost: their proceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AverageCost {
    /// Exact cost of `units`, at 1e-17.
    cost: i128,
    /// Quantity the cost is for; never 0, and of the sign of `cost`.
    units: i64,
}

/// What a fill did to a holding, at full precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CostEffect {
    /// Quantity held afterwards.
    pub(super) after: Quantity,
    /// Size of the part that closed, not negative.
    pub(super) closed: Quantity,
    /// Size of the part that opened, not negative.
    pub(super) opened: Quantity,
    /// Gain of the closed part, at 1e-17.
    pub(super) realized: i128,
}

impl AverageCost {
    /// Everything held has cost this much per unit.
    pub const fn at(price: Price) -> Self {
        // `From` is not const; the widening loses nothing.
        Self { cost: price.0 as i128, units: 1 }
    }

    /// Exact cost of a holding at 1e-17, rounded toward zero. What came in without a fill counts at
    /// the average: cash that is credited costs what cash costs.
    pub fn of(self, held: Quantity) -> Result<i128, NumberError> {
        if held.0 == self.units {
            return Ok(self.cost);
        }
        let (units, held) = (i128::from(self.units), i128::from(held.0));
        // Divided first: `cost · held` would need 192 bits.
        let whole = checked(self.cost.checked_div(units))?;
        let rest = self.cost - whole * units;
        let part = checked(rest.checked_mul(held))? / units;
        checked(whole.checked_mul(held).and_then(|whole| whole.checked_add(part)))
    }

    /// Whether everything has cost exactly this much per unit.
    pub(super) fn is_at(self, price: Price) -> bool {
        self.cost == exact_notional(price, Quantity(self.units))
    }

    /// Cost per unit, rounded half up.
    pub fn entry_price(self) -> Price {
        let (cost, units) = (self.cost.unsigned_abs(), u128::from(self.units.unsigned_abs()));
        let floor = cost.checked_div(units).unwrap_or_default();
        let rest = cost.checked_rem(units).unwrap_or_default();
        let rounded = if rest >= units - rest { floor + 1 } else { floor };
        // An average of prices is not above the highest of them.
        Price(i64::try_from(rounded).unwrap_or(i64::MAX))
    }

    /// Exact cost and the quantity it is for, for keeping.
    pub(super) const fn parts(self) -> (i128, i64) {
        (self.cost, self.units)
    }

    /// The fraction of these parts; `None` for one that cannot be.
    pub(super) const fn from_parts(cost: i128, units: i64) -> Option<Self> {
        if units == 0 { None } else { Some(Self { cost, units }) }
    }

    /// Writes the fraction.
    pub(super) const fn hash_into(self, hasher: &mut StateHasher) {
        hasher.wide(self.cost);
        hasher.signed(self.units);
    }

    /// Takes a fill into the average. `held` is signed and from before the fill.
    pub(super) fn fill(
        &mut self,
        held: Quantity,
        side: Side,
        quantity: Quantity,
        price: Price,
    ) -> Result<CostEffect, NumberError> {
        let signed = match side {
            Side::Buy => quantity,
            Side::Sell => Quantity(-quantity.0),
        };
        let after = held.checked_add(signed)?;
        let reduces = held.0.signum() * signed.0.signum() < 0;
        let closed = if reduces { quantity.0.min(checked(held.0.checked_abs())?) } else { 0 };
        let between = Quantity(held.0 - closed * held.0.signum());
        let realized = self.realize(held, between, price)?;
        let opened = Quantity(quantity.0 - closed);
        if opened.0 > 0 {
            let base = if mutant!("flip_keeps_cost") { self.of(held)? } else { self.of(between)? };
            let added = exact_notional(price, Quantity(after.0 - between.0));
            *self = Self { cost: checked(base.checked_add(added))?, units: after.0 };
        }
        let realized = match (mutant!("flip_realises_all"), closed > 0 && opened.0 > 0) {
            (true, true) => checked(realized.checked_mul(2))?,
            _ => realized,
        };
        Ok(CostEffect { after, closed: Quantity(closed), opened, realized })
    }

    /// Gain of going from `held` to `left`, which is nearer to zero, at `price`.
    fn realize(self, held: Quantity, left: Quantity, price: Price) -> Result<i128, NumberError> {
        if held == left {
            return Ok(0);
        }
        let brought = exact_notional(price, Quantity(held.0 - left.0));
        let cost = checked(self.of(held)?.checked_sub(self.of(left)?))?;
        checked(brought.checked_sub(cost))
    }
}

/// `⌊exact / 10⁸⌋` of a difference of two running sums: what is booked adds up whatever the split.
pub(super) fn step(before: i128, after: i128) -> i128 {
    div_floor::<PER_MONEY>(after) - div_floor::<PER_MONEY>(before)
}

pub(super) fn checked<T>(value: Option<T>) -> Result<T, NumberError> {
    value.ok_or(NumberError::Range)
}
