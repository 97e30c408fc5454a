//! What a fill does to money and positions.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::engine::portfolio::required::{buy_cost, required};
use crate::ids::{AccountId, AssetId, OrderId, RowIx, Side};
use crate::ledger::LedgerError;
use crate::number::{Money, Price, Quantity};
use crate::order::{Leg, LegState};
use crate::position::{Execution, Position};
use crate::registry::MarketSpec;
use crate::sim::fees::{FeeLeg, FeeState};

/// One fill about to be booked.
pub(in crate::engine) struct Booking {
    pub(in crate::engine) order: OrderId,
    pub(in crate::engine) leg: usize,
    pub(in crate::engine) terms: MarketSpec,
    pub(in crate::engine) price: Price,
    pub(in crate::engine) quantity: Quantity,
    /// The same in USD, for the position row.
    pub(in crate::engine) execution: Execution,
    pub(in crate::engine) fee: FeeLeg,
    /// Sums of the leg after this fill.
    pub(in crate::engine) fees: FeeState,
}

/// Whose a fill is, and the asset it buys or sells.
pub(in crate::engine) type Holder = (AccountId, AssetId);

impl Portfolio {
    /// Moves the money of a fill of a leg that is no perpetual's; what it realised.
    pub(in crate::engine) fn book_spot(
        &mut self,
        facts: Facts<'_>,
        holder: Holder,
        fill: &Booking,
        leg: &Leg,
    ) -> Result<Option<Money>, LedgerError> {
        let keep = required_after(fill, leg)?;
        let reservation = leg.reservation.ok_or(LedgerError::Ended)?;
        let (row, after, realized) = self.changed_row(facts, holder, fill)?;
        let (account, units) = (holder.0, fill.quantity.to_money());
        let (venue, settle) = (fill.terms.venue, fill.terms.settle);
        let cash = self.open_row(facts, account, venue, settle);
        let before = self.held_in(cash);
        match fill.execution.side {
            Side::Buy => {
                self.ledger.settle(reservation, fill.fee.notional, fill.fee.fee, keep)?;
                let balance = self.balance_in(row);
                self.ledger.credit(balance, units, Money::ZERO)?;
            }
            Side::Sell => {
                self.ledger.settle(reservation, units, Money::ZERO, keep)?;
                let balance = self.balance_in(cash);
                self.ledger.credit(balance, fill.fee.notional, fill.fee.fee)?;
            }
        }
        self.rows[row] = after;
        self.move_cash(facts, cash, before);
        Ok(realized)
    }

    /// The position row of what is bought or sold as the fill leaves it: computed before money
    /// moves, so that a row that cannot hold it refuses the fill whole.
    fn changed_row(
        &mut self,
        facts: Facts<'_>,
        (account, held): Holder,
        fill: &Booking,
    ) -> Result<(RowIx, Position, Option<Money>), LedgerError> {
        let row = self.open_row(facts, account, fill.terms.venue, held);
        let quantity = self.held_in(row);
        let mut position = self.rows[row];
        let effect = position.apply_fill(quantity, fill.execution)?;
        Ok((row, position, effect.realized))
    }
}

/// What a leg holds once a fill is booked, in the form it has or will have.
pub(in crate::engine) fn required_after(fill: &Booking, leg: &Leg) -> Result<Money, LedgerError> {
    if leg.state == LegState::Done {
        // A real venue filled it after its end: it holds nothing from here on.
        return Ok(Money::ZERO);
    }
    let filled = Quantity(leg.filled.0 + fill.quantity.0);
    if leg.reshape.is_some() {
        let after = Leg { filled, fees: fill.fees, ..leg.clone() };
        return required(fill.execution.side, &fill.terms, &after);
    }
    let rest = Quantity(leg.qty.0.saturating_sub(filled.0));
    match fill.execution.side {
        Side::Buy => Ok(buy_cost(&fill.terms, &fill.fees, leg.bound, rest)?),
        Side::Sell => Ok(rest.to_money()),
    }
}
