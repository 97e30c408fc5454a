//! Perpetuals: what orders could close, and a fill that closes before it opens.

use crate::engine::Engine;
use crate::engine::facts::facts;
use crate::engine::portfolio::booking::Booking;
use crate::engine::portfolio::perp::PerpChange;
use crate::engine::seam::LegEnd;
use crate::ids::{AccountId, InstrumentKind, MarketId, OrderId, Side};
use crate::ledger::LedgerError;
use crate::number::{Money, Quantity};
use crate::order::{LegState, Order, OrderSpec};
use crate::reject::RejectReason;

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
        let opposite = self.portfolio.opposite(&self.registry, spec.account, market, spec.side);
        Quantity(opposite.0.saturating_sub(committed).max(0))
    }

    /// What a reduce-only order may be for: the open position, whatever other exits rest; at a
    /// venue that counts them, what they leave of it.
    pub(in crate::engine) fn exit_room(&self, spec: &OrderSpec, market: MarketId) -> Quantity {
        let opposite = self.portfolio.opposite(&self.registry, spec.account, market, spec.side);
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
            let room = self.portfolio.opposite(&self.registry, account, market, side);
            let sizes = self.exits(account, market, side).map(|(_, size)| size);
            Quantity(sizes.fold(0, i64::saturating_add)).min(room)
        };
        side(Side::Buy).max(side(Side::Sell))
    }

    /// Size of the position that a fill of this leg would close first.
    pub(in crate::engine) fn opposite_position(&self, id: OrderId, at: usize) -> Quantity {
        let spec = &self.desk.orders[id].spec;
        let leg = self.desk.orders[id].legs.get(at);
        leg.map_or(Quantity::ZERO, |leg| {
            self.portfolio.opposite(&self.registry, spec.account, leg.market, spec.side)
        })
    }

    /// Books a perp fill: close what is opposite, then open the rest. A loss that the free cash
    /// does not cover ends other orders of the account before anybody else pays for it.
    pub(in crate::engine) fn book_perp(&mut self, fill: &Booking) -> Result<Money, LedgerError> {
        let account = self.desk.orders[fill.order].spec.account;
        let change = self.perp_change(fill)?;
        let short = self.portfolio.shortfall(&change)?;
        if short > 0 {
            let available = self.portfolio.ledger().balance(change.balance).available;
            self.desk.booking.push(fill.order);
            self.free_orders(account, change.balance, Money(available.0 + short));
            self.desk.booking.pop();
        }
        // What ended may have been filled on its way: everything is computed from what is there.
        let mut change = self.perp_change(fill)?;
        if self.portfolio.shortfall(&change)? > 0 && change.keep.0 > 0 {
            change.keep = Money::ZERO;
            self.desk.broke.push((fill.order, fill.leg));
        }
        self.portfolio.move_margin(facts!(self), account, &change)?;
        if let Some(leg) = self.desk.orders[fill.order].legs.get_mut(fill.leg) {
            leg.reducing = change.reducing;
            if let Some(form) = &mut leg.reshape {
                // What the fill closed is closed for the other form as well.
                form.reducing = change.other_reducing;
            }
        }
        let terms = &fill.terms;
        self.portfolio.hold(facts!(self), change.row);
        if change.position.perp.unwrap_or_default().quantity.0 != 0 {
            self.arm_funding(terms.venue);
        }
        Ok(change.gain)
    }

    fn perp_change(&mut self, fill: &Booking) -> Result<PerpChange, LedgerError> {
        let order = &self.desk.orders[fill.order];
        let leg = order.legs.get(fill.leg).ok_or(LedgerError::Unknown)?;
        self.portfolio.perp_change(facts!(self), order.spec.account, fill, leg)
    }

    /// The position a reduce-only order could close is gone before the order reached its venue.
    pub(in crate::engine) fn has_nothing_to_reduce(&self, id: OrderId, at: usize) -> bool {
        self.desk.orders[id].spec.reduce_only && self.opposite_position(id, at).0 == 0
    }

    /// Ends the rest of a leg whose funds paid for its own fill.
    pub(in crate::engine) fn end_broke_leg(&mut self, id: OrderId, at: usize) {
        if self.desk.broke.contains(&(id, at)) {
            self.desk.broke.retain(|leg| *leg != (id, at));
            let text = "its own fill took the margin of its rest";
            let end = LegEnd::Dropped(RejectReason::InsufficientBalance, text);
            self.end_legs(&[(id, at)], end);
        }
    }
}
