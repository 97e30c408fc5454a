//! Perpetuals: margin, closing before opening, cash settlement of what closing realises.

use crate::engine::Engine;
use crate::engine::portfolio::booking::Booking;
use crate::engine::seam::LegEnd;
use crate::ids::{AccountId, InstrumentKind, MarketId, OrderId, RowIx, Side};
use crate::ledger::{BalanceId, LedgerError, ReservationId};
use crate::number::{
    EXACT_PER_MONEY, Money, NumberError, Price, Quantity, exact_notional, mul_div_ceil,
};
use crate::order::{LegState, Order, OrderSpec};
use crate::position::{FillEffect, Position};
use crate::registry::MarketSpec;
use crate::reject::RejectReason;

/// Margin of an exact notional (1e-17), rounded up.
pub(in crate::engine) fn margin(exact: i128, fraction_1e8: i64) -> Result<Money, NumberError> {
    mul_div_ceil(exact, i128::from(fraction_1e8), 100_000_000 * EXACT_PER_MONEY).map(Money)
}

/// What a perp fill needs and leaves.
struct PerpChange {
    row: RowIx,
    balance: BalanceId,
    order: ReservationId,
    position: Position,
    /// What the rest of the leg still holds.
    keep: Money,
    /// Margin of the position.
    lock: Money,
    /// What closing gains; negative: a loss.
    gain: Money,
    fee: Money,
    /// What opens after the fill still reduces.
    reducing: Quantity,
    /// The same of the form that a change on its way gives it.
    other_reducing: Quantity,
}

impl Engine {
    /// What an order could still close: the opposite position less what open orders already close.
    pub(in crate::engine) fn reducible(&self, spec: &OrderSpec, market: MarketId) -> Quantity {
        let terms = self.registry.market(market);
        if terms.kind != InstrumentKind::Perp {
            return Quantity::ZERO;
        }
        // What only reduces gives way: it is clipped to what is left of the position.
        let others = self
            .exits(spec.account, market, spec.side)
            .filter(|(other, _)| !other.spec.reduce_only && !other.spec.is_same_order(spec));
        let committed = others.map(|(_, size)| size).fold(0, i64::saturating_add);
        let opposite = self.opposite(spec.account, market, spec.side);
        Quantity(opposite.0.saturating_sub(committed).max(0))
    }

    /// What a reduce-only order may be for: the open position, whatever other exits rest; at a
    /// venue that counts them, what they leave of it.
    pub(in crate::engine) fn exit_room(&self, spec: &OrderSpec, market: MarketId) -> Quantity {
        let opposite = self.opposite(spec.account, market, spec.side);
        if !self.registry.market(market).venue.venue().counts_exits {
            return opposite;
        }
        let others = self.exits(spec.account, market, spec.side);
        let others = others.filter(|(other, _)| !other.spec.is_same_order(spec));
        let committed = others.map(|(_, size)| size).fold(0, i64::saturating_add);
        Quantity(opposite.0.saturating_sub(committed).max(0))
    }

    /// Open orders of a side with what they close of a position at a market.
    fn exits(
        &self,
        account: AccountId,
        market: MarketId,
        side: Side,
    ) -> impl Iterator<Item = (&Order, i64)> {
        let orders = self.open_orders(account).map(|id| &self.desk.orders[id]);
        orders.filter(move |order| order.spec.side == side).flat_map(move |order| {
            let here = order.legs.iter().filter(move |leg| leg.market == market);
            let open = here.filter(|leg| leg.state != LegState::Done);
            open.map(move |leg| (order, leg.reducing.0.min(leg.remaining().0)))
        })
    }

    /// What of a position open orders close.
    pub(in crate::engine) fn closing(&self, account: AccountId, market: MarketId) -> Quantity {
        let side = |side| {
            let room = self.opposite(account, market, side);
            let sizes = self.exits(account, market, side).map(|(_, size)| size);
            Quantity(sizes.fold(0, i64::saturating_add)).min(room)
        };
        side(Side::Buy).max(side(Side::Sell))
    }

    /// Size of the position that an order of this side closes first; 0 of what is no perpetual.
    pub(in crate::engine) fn opposite(
        &self,
        account: AccountId,
        market: MarketId,
        side: Side,
    ) -> Quantity {
        let terms = self.registry.market(market);
        let row = self.portfolio.held.find(account, terms.venue, terms.base);
        let perp = row.and_then(|row| self.portfolio.rows[row].perp).unwrap_or_default();
        let position = perp.quantity.0;
        Quantity(if side == Side::Buy { position.saturating_neg() } else { position }.max(0))
    }

    /// Size of the position that a fill of this leg would close first.
    pub(in crate::engine) fn opposite_position(&self, id: OrderId, at: usize) -> Quantity {
        let spec = &self.desk.orders[id].spec;
        let leg = self.desk.orders[id].legs.get(at);
        leg.map_or(Quantity::ZERO, |leg| self.opposite(spec.account, leg.market, spec.side))
    }

    /// Books a perp fill: close what is opposite, then open the rest. A loss that the free cash
    /// does not cover ends other orders of the account before anybody else pays for it.
    pub(in crate::engine) fn book_perp(&mut self, fill: &Booking) -> Result<Money, LedgerError> {
        let account = self.desk.orders[fill.order].spec.account;
        let change = self.perp_change(fill)?;
        let short = self.shortfall(&change)?;
        if short > 0 {
            let available = self.portfolio.ledger.balance(change.balance).available;
            self.portfolio.life.booking.push(fill.order);
            self.free_orders(account, change.balance, Money(available.0 + short));
            self.portfolio.life.booking.pop();
        }
        // What ended may have been filled on its way: everything is computed from what is there.
        let mut change = self.perp_change(fill)?;
        if self.shortfall(&change)? > 0 && change.keep.0 > 0 {
            change.keep = Money::ZERO;
            self.portfolio.life.broke.push((fill.order, fill.leg));
        }
        self.move_margin(account, &change)?;
        if let Some(leg) = self.desk.orders[fill.order].legs.get_mut(fill.leg) {
            leg.reducing = change.reducing;
            if let Some(form) = &mut leg.reshape {
                // What the fill closed is closed for the other form as well.
                form.reducing = change.other_reducing;
            }
        }
        let terms = &fill.terms;
        self.hold(change.row);
        if change.position.perp.unwrap_or_default().quantity.0 != 0 {
            self.arm_funding(terms.venue);
        }
        self.touch_cash(account, terms.venue, terms.settle);
        Ok(change.gain)
    }

    /// Everything a perp fill changes, computed before any of it happens.
    fn perp_change(&mut self, fill: &Booking) -> Result<PerpChange, LedgerError> {
        let (id, at, terms) = (fill.order, fill.leg, &fill.terms);
        let account = self.desk.orders[id].spec.account;
        let row = self.row(account, terms.venue, terms.base);
        let balance = self.portfolio.ledger.open(account, terms.venue, terms.settle);
        let mut position = self.portfolio.rows[row];
        let held = position.perp.unwrap_or_default().quantity;
        let effect = position.apply_fill(held, fill.execution)?;
        let mut after = self.desk.orders[id].legs.get(at).ok_or(LedgerError::Unknown)?.clone();
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
            balance,
            order: after.reservation.ok_or(LedgerError::Ended)?,
            position,
            keep: Self::required(fill.execution.side, terms, &after)?,
            lock: self.margin_after(row, held, &effect, terms, fill.price)?,
            // A perpetual settles in what is pegged to the dollar.
            gain: effect.realized.unwrap_or_default(),
            fee: fill.fee.fee,
            reducing: after.reducing,
            other_reducing: after.reshape.map_or(Quantity::ZERO, |form| form.reducing),
        };
        if fill.execution.side == Side::Sell
            && fill.price > margin_at
            && (self.lacks_margin(&change)?.is_some() || self.shortfall(&change)? > 0)
        {
            // A sell above what its margin was reserved at is in the account's favour: it is not
            // refused for the difference, nor for the fee on it.
            change.lock = self.margin_after(row, held, &effect, terms, margin_at)?;
            let short = self.shortfall(&change)?.max(0);
            change.lock = Money((change.lock.0 - short).max(0));
        }
        match self.lacks_margin(&change)? {
            Some(error) => Err(error),
            None => Ok(change),
        }
    }

    /// The error when a fill opens more than there is margin for.
    fn lacks_margin(&self, change: &PerpChange) -> Result<Option<LedgerError>, LedgerError> {
        let for_lock = change.lock.0 - self.margin_of(change.row).0;
        let available = self.margin_for(change)?;
        let lacks = for_lock > 0 && for_lock > available.0;
        Ok(lacks.then_some(LedgerError::Insufficient { available, needed: Money(for_lock) }))
    }

    /// What there is to open with: what the order holds for this fill, and free cash that backs no
    /// loss. A loss does not take back what was reserved before it came.
    fn margin_for(&self, change: &PerpChange) -> Result<Money, LedgerError> {
        let held = self.portfolio.ledger.reserved(change.order)?;
        let key = self.portfolio.row_keys[change.row];
        let settle = self.portfolio.ledger.key(change.balance).ok_or(LedgerError::Unknown)?.asset;
        let free = self.spendable(key.account, key.venue, settle);
        Ok(Money(free.0 + held.0 - change.keep.0))
    }

    fn free_after_keep(&self, change: &PerpChange) -> Result<i128, LedgerError> {
        let held = self.portfolio.ledger.reserved(change.order)?;
        Ok(self.portfolio.ledger.balance(change.balance).available.0 + held.0 - change.keep.0)
    }

    /// What the fill costs beyond the cash that is free once margins have moved.
    fn shortfall(&self, change: &PerpChange) -> Result<i128, LedgerError> {
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
        let perp = self.portfolio.rows[row].perp.unwrap_or_default();
        perp.margin.and_then(|id| self.portfolio.ledger.reserved(id).ok()).unwrap_or_default()
    }

    /// Order margin becomes position margin; gain and fee move cash.
    fn move_margin(&mut self, account: AccountId, change: &PerpChange) -> Result<(), LedgerError> {
        self.portfolio.ledger.resize(change.order, change.keep)?;
        let margin = match self.portfolio.rows[change.row].perp.unwrap_or_default().margin {
            Some(margin) if change.lock.0 == 0 => {
                self.portfolio.ledger.release(margin)?;
                None
            }
            Some(margin) => {
                self.portfolio.ledger.resize(margin, change.lock)?;
                Some(margin)
            }
            None if change.lock.0 == 0 => None,
            None => Some(self.portfolio.ledger.reserve(change.balance, change.lock)?),
        };
        let mut position = change.position;
        if let Some(perp) = &mut position.perp {
            perp.margin = margin;
        }
        self.portfolio.rows[change.row] = position;
        self.cover(account, change.balance, Money(change.fee.0 - change.gain.0))?;
        self.portfolio.ledger.book(change.balance, change.gain, change.fee)
    }

    /// The position a reduce-only order could close is gone before the order reached its venue.
    pub(in crate::engine) fn has_nothing_to_reduce(&self, id: OrderId, at: usize) -> bool {
        self.desk.orders[id].spec.reduce_only && self.opposite_position(id, at).0 == 0
    }

    /// Ends the rest of a leg whose funds paid for its own fill.
    pub(in crate::engine) fn end_broke_leg(&mut self, id: OrderId, at: usize) {
        if self.portfolio.life.broke.contains(&(id, at)) {
            self.portfolio.life.broke.retain(|leg| *leg != (id, at));
            let text = "its own fill took the margin of its rest";
            let end = LegEnd::Dropped(RejectReason::InsufficientBalance, text);
            self.end_legs(&[(id, at)], end);
        }
    }
}
