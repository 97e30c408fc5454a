//! Perpetuals: margin, closing before opening, cash settlement of what closing realises.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::engine::portfolio::booking::Booking;
use crate::engine::portfolio::required::{margin, required};
use crate::ids::{AccountId, MarketId, RowIx, Side};
use crate::ledger::{BalanceId, Contra, LedgerError, ReservationId};
use crate::number::{Money, Price, Quantity, exact_notional, mul_div_ceil};
use crate::order::Leg;
use crate::position::{FillEffect, Position};
use crate::registry::{MarketSpec, Registry};

/// What a perp fill needs and leaves.
pub(in crate::engine) struct PerpChange {
    pub(in crate::engine) row: RowIx,
    /// The row of what it settles in, and where the ledger has it.
    pub(in crate::engine) cash: RowIx,
    pub(in crate::engine) balance: BalanceId,
    pub(in crate::engine) order: ReservationId,
    pub(in crate::engine) position: Position,
    /// What the rest of the leg still holds.
    pub(in crate::engine) keep: Money,
    /// Margin of the position.
    pub(in crate::engine) lock: Money,
    /// What closing gains; negative: a loss.
    pub(in crate::engine) gain: Money,
    pub(in crate::engine) fee: Money,
    /// What opens after the fill still reduces.
    pub(in crate::engine) reducing: Quantity,
    /// The same of the form that a change on its way gives it.
    pub(in crate::engine) other_reducing: Quantity,
}

impl Portfolio {
    /// Size of the position that an order of this side closes first; 0 of what is no perpetual.
    pub(in crate::engine) fn opposite(
        &self,
        registry: &Registry,
        account: AccountId,
        market: MarketId,
        side: Side,
    ) -> Quantity {
        let terms = registry.market(market);
        let row = self.held.find(account, terms.venue, terms.base);
        let perp = row.and_then(|row| self.rows[row].perp).unwrap_or_default();
        let position = perp.quantity.0;
        Quantity(if side == Side::Buy { position.saturating_neg() } else { position }.max(0))
    }

    /// Everything a perp fill changes, computed before any of it happens.
    pub(in crate::engine) fn perp_change(
        &mut self,
        facts: Facts<'_>,
        account: AccountId,
        fill: &Booking,
        leg: &Leg,
    ) -> Result<PerpChange, LedgerError> {
        let terms = &fill.terms;
        let row = self.open_row(facts, account, terms.venue, terms.base);
        let cash = self.open_row(facts, account, terms.venue, terms.settle);
        let balance = self.balance_in(cash);
        let mut position = self.rows[row];
        let held = position.perp.unwrap_or_default().quantity;
        let effect = position.apply_fill(held, fill.execution)?;
        let mut after = leg.clone();
        let margin_at = after.margin_at;
        after.filled = Quantity(after.filled.0 + fill.quantity.0);
        let less = |reducing: Quantity| Quantity((reducing.0 - fill.quantity.0).max(0));
        after.reducing = less(after.reducing);
        if let Some(form) = &mut after.reshape {
            form.reducing = less(form.reducing);
        }
        after.fees = fill.fees;
        let mut change = PerpChange {
            row,
            cash,
            balance,
            order: after.reservation.ok_or(LedgerError::Ended)?,
            position,
            keep: required(fill.execution.side, terms, &after)?,
            lock: self.margin_after(row, held, &effect, terms, fill.price)?,
            // A perpetual settles in what is pegged to the dollar.
            gain: effect.realized.unwrap_or_default(),
            fee: fill.fee.fee,
            reducing: after.reducing,
            other_reducing: after.reshape.map_or(Quantity::ZERO, |form| form.reducing),
        };
        if fill.execution.side == Side::Sell && fill.price > margin_at {
            let reserved = self.margin_after(row, held, &effect, terms, margin_at)?;
            change.lock = self.lock_of_better_sale(facts, &change, reserved)?;
        }
        let missing = self.missing_margin(facts, &change)?;
        if missing > 0 {
            let needed = Money(change.lock.0 - self.margin_of(row).0);
            return Err(LedgerError::Insufficient { available: Money(needed.0 - missing), needed });
        }
        Ok(change)
    }

    /// What a sale above the price of its reservation locks. It is in the account's favour, so it
    /// is not refused for the margin beyond that, nor for the fee on it: it locks what there is.
    fn lock_of_better_sale(
        &self,
        facts: Facts<'_>,
        change: &PerpChange,
        reserved: Money,
    ) -> Result<Money, LedgerError> {
        let there = change.lock.0 - self.missing_margin(facts, change)?;
        let payable = change.lock.0 - self.shortfall(change)?.max(0);
        Ok(Money(there.max(reserved.0).min(payable).max(0)))
    }

    /// What a fill opens beyond what there is margin for; nothing of one that only frees margin.
    fn missing_margin(&self, facts: Facts<'_>, change: &PerpChange) -> Result<i128, LedgerError> {
        let for_lock = change.lock.0 - self.margin_of(change.row).0;
        let missing = for_lock - self.margin_for(facts, change)?.0;
        Ok(if for_lock > 0 { missing.max(0) } else { 0 })
    }

    /// What there is to open with: what the order holds for this fill, and free cash that backs no
    /// loss. A loss does not take back what was reserved before it came.
    fn margin_for(&self, facts: Facts<'_>, change: &PerpChange) -> Result<Money, LedgerError> {
        let held = self.ledger.reserved(change.order)?;
        let key = self.row_keys[change.row];
        let settle = self.ledger.key(change.balance).ok_or(LedgerError::Unknown)?.asset;
        let free = self.spendable(facts, key.account, key.venue, settle);
        Ok(Money(free.0 + held.0 - change.keep.0))
    }

    fn free_after_keep(&self, change: &PerpChange) -> Result<i128, LedgerError> {
        let held = self.ledger.reserved(change.order)?;
        Ok(self.ledger.balance(change.balance).available.0 + held.0 - change.keep.0)
    }

    /// What the fill costs beyond the cash that is free once margins have moved.
    pub(in crate::engine) fn shortfall(&self, change: &PerpChange) -> Result<i128, LedgerError> {
        let for_lock = change.lock.0 - self.margin_of(change.row).0;
        Ok(change.fee.0 - change.gain.0 - (self.free_after_keep(change)? - for_lock))
    }

    /// Margin lock after a fill: what closes frees its share, what opens adds its own.
    fn margin_after(
        &self,
        row: RowIx,
        held: Quantity,
        effect: &FillEffect,
        terms: &MarketSpec,
        price: Price,
    ) -> Result<Money, LedgerError> {
        let now = self.margin_of(row);
        let size = i128::from(held.0.unsigned_abs());
        let left = size - i128::from(effect.closed.0);
        let kept = if size == 0 { Ok(0) } else { mul_div_ceil(now.0, left, size) };
        let opened = margin(exact_notional(price, effect.opened), terms.initial_margin_1e8);
        Ok(opened?.checked_add(Money(kept?))?)
    }

    pub(in crate::engine) fn margin_of(&self, row: RowIx) -> Money {
        let perp = self.rows[row].perp.unwrap_or_default();
        perp.margin.and_then(|id| self.ledger.reserved(id).ok()).unwrap_or_default()
    }

    /// Order margin becomes position margin; gain and fee move cash.
    pub(in crate::engine) fn move_margin(
        &mut self,
        facts: Facts<'_>,
        account: AccountId,
        change: &PerpChange,
    ) -> Result<(), LedgerError> {
        let before = self.held_in(change.cash);
        self.ledger.resize(change.order, change.keep)?;
        let margin = match self.rows[change.row].perp.unwrap_or_default().margin {
            Some(margin) if change.lock.0 == 0 => {
                self.ledger.release(margin)?;
                None
            }
            Some(margin) => {
                self.ledger.resize(margin, change.lock)?;
                Some(margin)
            }
            None if change.lock.0 == 0 => None,
            None => Some(self.ledger.reserve(change.balance, change.lock)?),
        };
        let mut position = change.position;
        if let Some(perp) = &mut position.perp {
            perp.margin = margin;
        }
        self.rows[change.row] = position;
        self.cover(account, change.balance, Money(change.fee.0 - change.gain.0))?;
        self.ledger.book(change.balance, change.gain, change.fee)?;
        self.move_cash(facts, change.cash, before);
        Ok(())
    }

    /// Makes `needed` available out of position margins, and out of the insurance beyond them.
    pub(super) fn cover(
        &mut self,
        account: AccountId,
        balance: BalanceId,
        needed: Money,
    ) -> Result<(), LedgerError> {
        let rows: Vec<RowIx> = self.held.of(account).values().copied().collect();
        for row in rows {
            let short = needed.0 - self.ledger.balance(balance).available.0;
            let margin = self.rows[row].perp.and_then(|perp| perp.margin);
            let Some(margin) = margin.filter(|_| short > 0) else { continue };
            if self.ledger.balance_of(margin)? == balance {
                let held = self.ledger.reserved(margin)?;
                self.ledger.resize(margin, Money((held.0 - short).max(0)))?;
            }
        }
        let short = needed.0 - self.ledger.balance(balance).available.0;
        if short > 0 {
            self.ledger.post(balance, Contra::Insurance, Money(short))?;
        }
        Ok(())
    }
}
