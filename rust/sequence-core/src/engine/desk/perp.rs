//! Perpetuals: what orders could close, and a fill that closes before it opens.

use crate::engine::desk::Desk;
use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::portfolio::booking::Booking;
use crate::engine::portfolio::perp::PerpChange;
use crate::engine::seam::LegEnd;
use crate::ids::{AccountId, InstrumentKind, MarketId, OrderId, Side};
use crate::ledger::LedgerError;
use crate::number::{Money, Quantity};
use crate::order::{Order, OrderSpec};
use crate::reject::RejectReason;

impl Papers<'_> {
    /// What an order could still close: the opposite position less what other open orders already
    /// close. What only reduces gives way: it is clipped to what is left of the position.
    pub(in crate::engine) fn reducible(&self, order: &Order, market: MarketId) -> Quantity {
        if self.facts.registry.market(market).kind != InstrumentKind::Perp {
            return Quantity::ZERO;
        }
        self.left_to_close(order, market, &[false])
    }

    /// What a reduce-only order would find to reduce now: the open position, whatever other exits
    /// rest; at a venue that counts them, what they leave of it.
    pub(in crate::engine) fn exit_room(&self, order: &Order, market: MarketId) -> Quantity {
        let counted: &[bool] = if self.counts_exits(market) { &[false, true] } else { &[] };
        self.left_to_close(order, market, counted)
    }

    fn counts_exits(&self, market: MarketId) -> bool {
        self.facts.registry.market(market).venue.venue().counts_exits
    }

    /// The opposite position less what other orders close of it: those that only reduce, or not.
    fn left_to_close(&self, order: &Order, market: MarketId, counted: &[bool]) -> Quantity {
        let OrderSpec { account, side, reduce_only, .. } = order.spec;
        let exits = counted.iter().map(|kind| {
            let own = if *kind == reduce_only { Desk::own_exits(order, market) } else { 0 };
            self.desk.open_exits(account, market, side, *kind) - own
        });
        let opposite = self.portfolio.opposite(self.facts.registry, account, market, side);
        let left = i128::from(opposite.0) - exits.sum::<i128>();
        Quantity(i64::try_from(left.max(0)).unwrap_or(i64::MAX))
    }

    /// What of a position open orders close.
    pub(in crate::engine) fn closing(&self, account: AccountId, market: MarketId) -> Quantity {
        let side = |side| {
            let room = self.portfolio.opposite(self.facts.registry, account, market, side);
            let exits = [false, true].map(|only| self.desk.open_exits(account, market, side, only));
            Quantity(i64::try_from(exits.iter().sum::<i128>()).unwrap_or(i64::MAX)).min(room)
        };
        side(Side::Buy).max(side(Side::Sell))
    }

    /// Size of the position that a fill of this leg would close first.
    pub(in crate::engine) fn opposite_position(&self, id: OrderId, at: usize) -> Quantity {
        let spec = &self.desk.orders[id].spec;
        let leg = self.desk.orders[id].legs.get(at);
        leg.map_or(Quantity::ZERO, |leg| {
            self.portfolio.opposite(self.facts.registry, spec.account, leg.market, spec.side)
        })
    }
}

impl Bench<'_> {
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
        self.portfolio.move_margin(self.facts, account, &change)?;
        if let Some(leg) = self.desk.orders[fill.order].legs.get_mut(fill.leg) {
            leg.reducing = change.reducing;
            if let Some(form) = &mut leg.reshape {
                // What the fill closed is closed for the other form as well.
                form.reducing = change.other_reducing;
            }
        }
        let terms = &fill.terms;
        self.portfolio.hold(self.facts, change.row);
        if change.position.perp.unwrap_or_default().quantity.0 != 0 {
            self.arm_funding(terms.venue);
        }
        Ok(change.gain)
    }

    fn perp_change(&mut self, fill: &Booking) -> Result<PerpChange, LedgerError> {
        let order = &self.desk.orders[fill.order];
        let leg = order.legs.get(fill.leg).ok_or(LedgerError::Unknown)?;
        self.portfolio.perp_change(self.facts, order.spec.account, fill, leg)
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
