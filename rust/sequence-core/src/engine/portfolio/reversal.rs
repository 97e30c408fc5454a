//! A fill that its venue took back: money, units and position once more, with the opposite sign.
//!
//! Average cost does not remember which purchase it came from, so the opposite may realise what
//! the fill had left open, or leave open what it had realised: their sum is exact.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::engine::portfolio::booking::Holder;
use crate::ids::{AssetId, Side, VenueId};
use crate::ledger::LedgerError;
use crate::number::{Money, Quantity};
use crate::position::Execution;

/// What taking a fill back moves.
pub(in crate::engine) struct Reversal {
    pub(in crate::engine) venue: VenueId,
    /// Asset that was paid in.
    pub(in crate::engine) settle: AssetId,
    /// Whose it was, and the asset it bought or sold.
    pub(in crate::engine) holder: Holder,
    /// What it had cost or brought, without its fee.
    pub(in crate::engine) notional: Money,
    /// What it had been charged, and in which asset.
    pub(in crate::engine) fee: (Money, AssetId),
    /// Its opposite, for the position row.
    pub(in crate::engine) opposite: Execution,
}

impl Reversal {
    /// What comes back of an asset, less what goes.
    pub(in crate::engine) fn change(&self, asset: AssetId) -> Money {
        let (units, cash) = self.legs();
        let part = |of: AssetId, amount: Money| if of == asset { amount.0 } else { 0 };
        let (fee, charged) = self.fee;
        Money(part(self.holder.1, units) + part(self.settle, cash) + part(charged, fee))
    }

    /// Units and cash that move, as the account sees them.
    fn legs(&self) -> (Money, Money) {
        let units = self.opposite.quantity.to_money();
        match self.opposite.side {
            Side::Sell => (Money(-units.0), self.notional),
            Side::Buy => (units, Money(-self.notional.0)),
        }
    }
}

impl Portfolio {
    /// Takes a fill back. The account has what goes: that was asked before.
    pub(in crate::engine) fn reverse(
        &mut self,
        facts: Facts<'_>,
        reversal: &Reversal,
    ) -> Result<(), LedgerError> {
        let Reversal { venue, settle, holder: (account, held), .. } = *reversal;
        let row = self.open_row(facts, account, venue, held);
        let cash = self.open_row(facts, account, venue, settle);
        let before: Quantity = self.held_in(cash);
        let mut after = self.rows[row];
        after.apply_fill(self.held_in(row), reversal.opposite)?;
        let (units, money) = reversal.legs();
        let (fee, charged) = reversal.fee;
        let here = if charged == settle { fee } else { Money::ZERO };
        let (of_units, of_cash) = (self.balance_in(row), self.balance_in(cash));
        self.ledger.book(of_units, units, Money::ZERO)?;
        self.ledger.book(of_cash, money, Money(-here.0))?;
        self.rows[row] = after;
        self.move_cash(facts, cash, before);
        if charged != settle {
            let paid = self.open_row(facts, account, venue, charged);
            self.pay_fee(facts, paid, Money(-fee.0))?;
        }
        Ok(())
    }
}
