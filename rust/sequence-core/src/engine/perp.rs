//! Perpetuals: margin, closing before opening, cash settlement of what closing realises.

use super::Engine;
use super::book_fill::Booking;
use crate::ids::{InstrumentKind, MarketId, OrderId, RowIx, Side};
use crate::ledger::{BalanceId, Contra, LedgerError, ReservationId};
use crate::number::{
    EXACT_PER_MONEY, Money, NumberError, Price, Quantity, exact_notional, mul_div_ceil,
};
use crate::order::LegState;
use crate::position::FillEffect;
use crate::registry::MarketSpec;
use crate::sim::fees::FeeLeg;

/// Margin of an exact notional (1e-17), rounded up.
pub(super) fn margin(exact: i128, fraction_1e8: i64) -> Result<Money, NumberError> {
    mul_div_ceil(exact, i128::from(fraction_1e8), 100_000_000 * EXACT_PER_MONEY).map(Money)
}

/// What a perp fill needs and leaves.
struct PerpChange {
    keep: Money,
    lock: Money,
    gain: Money,
}

impl Engine {
    /// What an order could still close: the opposite position less what open orders already close.
    pub(super) fn reducible(&self, id: OrderId, market: MarketId) -> Quantity {
        let spec = &self.orders[id].spec;
        let terms = self.registry.market(market);
        if terms.kind != InstrumentKind::Perp {
            return Quantity::ZERO;
        }
        let account = &self.accounts[spec.account];
        let Some(row) = account.rows.get(&(terms.venue, terms.base)) else {
            return Quantity::ZERO;
        };
        let position = self.rows[*row].perp.unwrap_or_default().quantity.0;
        let opposite = if spec.side == Side::Buy { position.saturating_neg() } else { position };
        let others = self.open_orders(spec.account).filter(|other| *other != id);
        let committed: i64 = others
            .filter(|other| self.orders[*other].spec.side == spec.side)
            .flat_map(|other| &self.orders[other].legs)
            .filter(|leg| leg.market == market && leg.state != LegState::Done)
            .map(|leg| leg.reducing.0.min(leg.remaining().0))
            .fold(0, i64::saturating_add);
        Quantity(opposite.saturating_sub(committed).max(0))
    }

    /// Size of the position that a fill of this leg would close first.
    pub(super) fn opposite_position(&self, id: OrderId, at: usize) -> Quantity {
        let spec = &self.orders[id].spec;
        let Some(leg) = self.orders[id].legs.get(at) else { return Quantity::ZERO };
        let terms = self.registry.market(leg.market);
        let row = self.accounts[spec.account].rows.get(&(terms.venue, terms.base));
        let position = row.and_then(|row| self.rows[*row].perp).unwrap_or_default().quantity.0;
        let opposite = if spec.side == Side::Buy { position.saturating_neg() } else { position };
        Quantity(opposite.max(0))
    }

    /// Books a perp fill: close what is opposite, then open the rest.
    pub(super) fn book_perp(&mut self, fill: &Booking) -> Result<Money, LedgerError> {
        let (id, at, terms) = (fill.order, fill.leg, &fill.terms);
        let account = self.orders[id].spec.account;
        let row = self.row(account, terms.venue, terms.base);
        let balance = self.ledger.open(account, terms.venue, terms.settle);
        let mut position = self.rows[row];
        let held = position.perp.unwrap_or_default().quantity;
        let effect = position.apply_fill(held, fill.execution)?;
        let lock = self.margin_after(row, held, &effect, terms, fill.price)?;
        let mut after = self.orders[id].legs.get(at).ok_or(LedgerError::Unknown)?.clone();
        after.filled = Quantity(after.filled.0 + fill.quantity.0);
        after.reducing = Quantity((after.reducing.0 - fill.quantity.0).max(0));
        after.fees = fill.fees;
        let keep = Self::required(fill.execution.side, terms, &after)?;
        let change = PerpChange { keep, lock, gain: effect.realized };
        let reservation = after.reservation.ok_or(LedgerError::Ended)?;
        let margin = self.move_margin(row, balance, reservation, &change, &fill.fee)?;
        if let Some(perp) = &mut position.perp {
            perp.margin = margin;
        }
        self.rows[row] = position;
        if let Some(leg) = self.orders[id].legs.get_mut(at) {
            leg.reducing = after.reducing;
        }
        self.touch_cash(account, terms.venue, terms.settle);
        Ok(effect.realized)
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

    pub(super) fn margin_of(&self, row: RowIx) -> Money {
        let perp = self.rows[row].perp.unwrap_or_default();
        perp.margin.and_then(|id| self.ledger.reserved(id).ok()).unwrap_or_default()
    }

    /// Order margin becomes position margin; gain and fee move cash. Checked as a whole first.
    fn move_margin(
        &mut self,
        row: RowIx,
        balance: BalanceId,
        order: ReservationId,
        change: &PerpChange,
        fee: &FeeLeg,
    ) -> Result<Option<ReservationId>, LedgerError> {
        let held = self.ledger.reserved(order)?;
        let locked = self.margin_of(row);
        let free = self.ledger.balance(balance).available.0 + held.0 - change.keep.0;
        let for_lock = change.lock.0 - locked.0;
        if for_lock > free && for_lock > 0 {
            let available = Money(free);
            return Err(LedgerError::Insufficient { available, needed: Money(for_lock) });
        }
        self.ledger.resize(order, change.keep)?;
        let margin = match self.rows[row].perp.unwrap_or_default().margin {
            Some(margin) if change.lock.0 == 0 => {
                self.ledger.release(margin)?;
                None
            }
            Some(margin) => {
                self.ledger.resize(margin, change.lock)?;
                Some(margin)
            }
            None if change.lock.0 == 0 => None,
            None => Some(self.ledger.reserve(balance, change.lock)?),
        };
        let short = fee.fee.0 - change.gain.0 - self.ledger.balance(balance).available.0;
        if short > 0 {
            // Losses beyond what the account can pay are the venue's, as after a liquidation.
            self.ledger.post(balance, Contra::Insurance, Money(short))?;
        }
        self.ledger.book(balance, change.gain, fee.fee)?;
        Ok(margin)
    }
}
