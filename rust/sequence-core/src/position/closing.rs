//! Changes of a row that are no fill of it: a netted pair, a funding payment, cash that moves.

use super::cost::checked;
use super::{Execution, FillEffect, Position, Result};
use crate::ids::Side;
use crate::number::{Money, Price, Quantity};

impl Position {
    /// Exact cost (1e-17) of the part of a holding that goes first: what [`Position::close_for`]
    /// would compare its proceeds with.
    pub fn cost_of_part(&self, held: Quantity, part: Quantity) -> Result<i128> {
        let left = held.checked_sub(part)?;
        Ok(checked(self.cost(held)?.checked_sub(self.cost(left)?))?)
    }

    /// Closes a part of what is held for exact proceeds (1e-17) that no fill of this row brought.
    pub fn close_for(
        &mut self,
        held: Quantity,
        part: Quantity,
        proceeds_exact: i128,
        at_ns: i64,
    ) -> Result<()> {
        let gain = checked(proceeds_exact.checked_sub(self.cost_of_part(held, part)?))?;
        self.realized = checked(self.realized.checked_add(gain))?;
        self.unsummed |= self.unpriced;
        self.touch(held.checked_sub(part)?, at_ns);
        Ok(())
    }

    /// Cash moved under the row, for a fill or a charge of another: what came in was bought at what
    /// a unit is worth now, what went out was sold at it. So the value of a currency that is not
    /// the dollar is no profit by itself, and what it gained while it was held is. `rate` is in USD;
    /// without one, or where sums would leave their type, cost or gain are not known any more.
    pub fn move_cash(
        &mut self,
        before: Quantity,
        after: Quantity,
        rate: Option<Price>,
        at_ns: i64,
    ) {
        let costs_its_worth = rate.is_some_and(|rate| !self.unpriced && self.average.is_at(rate));
        if before == after || costs_its_worth {
            return self.touch(after, at_ns);
        }
        if self.trade_cash(before, after, rate, at_ns).is_err() {
            (self.unpriced, self.unsummed) = (true, true);
            self.touch(after, at_ns);
        }
    }

    fn trade_cash(
        &mut self,
        before: Quantity,
        after: Quantity,
        rate: Option<Price>,
        at_ns: i64,
    ) -> Result<FillEffect> {
        let moved = after.checked_sub(before)?;
        let side = if moved.0 > 0 { Side::Buy } else { Side::Sell };
        let quantity = Quantity(checked(moved.0.checked_abs())?);
        let fee_usd = Some(Money::ZERO);
        self.apply_fill(before, Execution { side, quantity, price: rate, fee_usd, at_ns })
    }

    /// Books a payment that belongs to the holding but not to its price: funding. Negative when
    /// it is received, `None` where nothing values it.
    pub fn charge(&mut self, fee_usd: Option<Money>, at_ns: i64) -> Result<()> {
        self.fees = self.fees.checked_add(fee_usd.unwrap_or_default())?;
        self.unsummed |= fee_usd.is_none();
        self.updated_ns = at_ns;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{PRICE_ONE, Price, exact_notional};

    #[test]
    fn a_netted_part_leaves_the_average_of_the_rest_alone() {
        let mut yes = Position::asset(1, Price(0), 0);
        yes.configure(Quantity::parse("10").unwrap(), Price::parse("0.42").unwrap(), 0);
        let four = Quantity::parse("4").unwrap();
        let no_cost = exact_notional(Price::parse("0.55").unwrap(), four);
        let proceeds = exact_notional(Price(PRICE_ONE), four) - no_cost;
        yes.close_for(Quantity::parse("10").unwrap(), four, proceeds, 7).unwrap();
        assert_eq!(yes.realized(), Money::parse("0.12").unwrap());
        assert_eq!(yes.entry_price(), Price::parse("0.42").unwrap());
        assert_eq!(yes.updated_ns, 7);
    }

    #[test]
    fn funding_counts_as_a_fee() {
        let mut perp = Position::perpetual(1, 0);
        perp.charge(Some(Money(12)), 3).unwrap();
        perp.charge(Some(Money(-20)), 4).unwrap();
        assert_eq!((perp.fees(), perp.updated_ns), (Money(-8), 4));
    }
}
