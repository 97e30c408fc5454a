//! Changes of a row that are no fill of it: a netted pair, a funding payment.

use super::cost::checked;
use super::{Position, Result};
use crate::number::{Money, Quantity};

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
