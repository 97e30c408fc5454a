//! What desk and lives may do with money: hold it back, give it back, pay a charge. What a fill
//! moves is `booking`'s and `perp`'s alone.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::ids::{AccountId, AssetId, RowIx, VenueId};
use crate::ledger::{BalanceId, Contra, Ledger, LedgerError, ReservationId};
use crate::number::Money;

impl Portfolio {
    /// Balances and reservations.
    #[inline]
    pub(in crate::engine) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The balance of an asset at a venue, made on first use.
    pub(in crate::engine) fn open_balance(
        &mut self,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
    ) -> BalanceId {
        self.ledger.open(account, venue, asset)
    }

    /// Holds an amount back.
    pub(in crate::engine) fn reserve(
        &mut self,
        balance: BalanceId,
        amount: Money,
    ) -> Result<ReservationId, LedgerError> {
        self.ledger.reserve(balance, amount)
    }

    /// Holds another amount back from here on.
    pub(in crate::engine) fn resize(
        &mut self,
        held: ReservationId,
        amount: Money,
    ) -> Result<(), LedgerError> {
        self.ledger.resize(held, amount)
    }

    /// What was held back is free: how much that is.
    pub(in crate::engine) fn release(&mut self, held: ReservationId) -> Result<Money, LedgerError> {
        self.ledger.release(held)
    }

    /// What an earlier process held back.
    pub(in crate::engine) fn adopt(
        &mut self,
        balance: BalanceId,
        amount: Money,
    ) -> Result<ReservationId, LedgerError> {
        self.ledger.adopt(balance, amount)
    }

    /// Contracts come from a venue, or go there.
    pub(in crate::engine) fn deliver(
        &mut self,
        units: BalanceId,
        amount: Money,
    ) -> Result<(), LedgerError> {
        self.ledger.post(units, Contra::Venue, amount)
    }

    /// Cash comes from a venue.
    pub(in crate::engine) fn pay(
        &mut self,
        facts: Facts<'_>,
        cash: RowIx,
        amount: Money,
    ) -> Result<(), LedgerError> {
        let (balance, before) = (self.balance_in(cash), self.held_in(cash));
        self.ledger.post(balance, Contra::Venue, amount)?;
        self.move_cash(facts, cash, before);
        Ok(())
    }

    /// A venue takes cash, out of margins and its insurance where there is not enough.
    pub(in crate::engine) fn take(
        &mut self,
        facts: Facts<'_>,
        cash: RowIx,
        amount: Money,
    ) -> Result<(), LedgerError> {
        let (balance, before) = (self.balance_in(cash), self.held_in(cash));
        self.cover(self.row_keys[cash].account, balance, amount)?;
        self.ledger.post(balance, Contra::Venue, Money(-amount.0))?;
        self.move_cash(facts, cash, before);
        Ok(())
    }

    /// A fee that a venue took.
    pub(in crate::engine) fn pay_fee(
        &mut self,
        facts: Facts<'_>,
        cash: RowIx,
        fee: Money,
    ) -> Result<(), LedgerError> {
        let (balance, before) = (self.balance_in(cash), self.held_in(cash));
        self.ledger.book(balance, Money::ZERO, fee)?;
        self.move_cash(facts, cash, before);
        Ok(())
    }

    /// What rounding leaves of a payment.
    pub(in crate::engine) fn round_off(
        &mut self,
        asset: AssetId,
        rest: Money,
    ) -> Result<(), LedgerError> {
        self.ledger.round_off(asset, rest)
    }
}
