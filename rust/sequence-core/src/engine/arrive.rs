//! An order meets its venue: status, time in force, the walk, and what becomes of the rest.

use super::finish::LegEnd;
use super::place::within;
use super::{Due, Engine, FillCause};
use crate::ids::OrderId;
use crate::market::MarketStatus;
use crate::number::{Price, Quantity};
use crate::order::{LegState, OrderStatus, Policy, TimeInForce, book_price, book_side};
use crate::reject::{DoneReason, RejectReason};

/// Pause between the slices of an order that chases the touch.
pub(super) const CHASE_INTERVAL_NS: i64 = 250_000_000;
/// Levels one walk may take.
const MAX_LEVELS: usize = 100;

/// Why a walk stopped before the leg was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Filled,
    Bound,
    Empty,
    Levels,
    SelfTrade,
}

impl Engine {
    /// The leg arrives at its venue now.
    pub(super) fn arrive(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.orders[id].legs.get(at) else { return };
        let status = self.markets[leg.market].market.status(self.now_ns);
        let rests = self.rests(id);
        match refusal_of(status, rests) {
            Some((reason, text)) => return self.end_leg(id, at, LegEnd::Rejected(reason, text)),
            None if !status.is_live() => {
                self.acknowledge(id, at);
                return self.rest(id, at, true);
            }
            None => self.acknowledge(id, at),
        }
        self.meet_book(id, at);
    }

    /// The leg meets a live book: it takes what it may, and the rest rests or ends.
    pub(super) fn meet_book(&mut self, id: OrderId, at: usize) {
        if let Some(end) = self.refused_by_book(id, at) {
            return self.end_leg(id, at, end);
        }
        let stop = self.walk(id, at);
        if stop == Stop::Filled {
            return;
        }
        if self.orders[id].spec.policy == Policy::AggressiveChase && stop != Stop::SelfTrade {
            return self.keep_chasing(id, at);
        }
        match stop {
            Stop::SelfTrade => self.end_leg(id, at, LegEnd::Cancelled(DoneReason::SelfTrade)),
            _ if self.rests(id) => self.rest(id, at, false),
            _ => {
                let end = self.unfilled_end(id, at, stop);
                self.end_leg(id, at, end);
            }
        }
    }

    fn rests(&self, id: OrderId) -> bool {
        let spec = &self.orders[id].spec;
        !spec.is_market && !matches!(spec.tif, TimeInForce::Ioc | TimeInForce::Fok)
    }

    /// Post-only, fill-or-kill and empty-book rules, judged before anything trades.
    fn refused_by_book(&self, id: OrderId, at: usize) -> Option<LegEnd> {
        let (order, leg) = (&self.orders[id], self.orders[id].legs.get(at)?);
        let (best, total) = self.takeable(id, at);
        match order.spec.tif {
            TimeInForce::PostOnly if best.is_some() || self.own_opposite(id, at).is_some() => {
                Some(LegEnd::Rejected(RejectReason::ExchangeReject, "post-only would cross"))
            }
            TimeInForce::Fok if total < leg.remaining() => {
                Some(LegEnd::Rejected(RejectReason::ExchangeReject, "FOK: cannot fill in full"))
            }
            _ if order.spec.is_market && best.is_none() && leg.filled.0 == 0 => {
                let opposite = book_side(order.spec.side, order.spec.outcome).takes();
                let empty = self.markets[leg.market].market.best(opposite).is_none();
                Some(if empty {
                    LegEnd::Rejected(RejectReason::ExchangeReject, "the opposite side is empty")
                } else {
                    LegEnd::Cancelled(DoneReason::NoLiquidity)
                })
            }
            _ => None,
        }
    }

    /// Best price and total size that the leg could take now, own orders not in the way.
    fn takeable(&self, id: OrderId, at: usize) -> (Option<Price>, Quantity) {
        let Some(leg) = self.orders[id].legs.get(at) else { return (None, Quantity::ZERO) };
        let spec = &self.orders[id].spec;
        let sim = &self.markets[leg.market];
        let mut best = None;
        let mut total = 0i64;
        for (price, size) in sim.available(spec.account, book_side(spec.side, spec.outcome).takes())
        {
            let own = book_price(price, spec.outcome);
            if !within(spec.side, own, leg.bound) {
                break;
            }
            if size.0 > 0 {
                best = best.or(Some(own));
                total = total.saturating_add(size.0);
            }
        }
        (best, Quantity(total))
    }

    /// Price in the book of the nearest own order this leg would trade with.
    fn own_opposite(&self, id: OrderId, at: usize) -> Option<Price> {
        let spec = &self.orders[id].spec;
        let leg = self.orders[id].legs.get(at)?;
        let side = book_side(spec.side, spec.outcome);
        let bound = book_price(leg.bound, spec.outcome);
        self.markets[leg.market]
            .best_own(spec.account, side.opposite())
            .filter(|own| within(side, *own, bound))
    }

    /// Takes displayed size level by level, best first, inside the bound (simulation, 3.2).
    fn walk(&mut self, id: OrderId, at: usize) -> Stop {
        let Some(leg) = self.orders[id].legs.get(at) else { return Stop::Filled };
        let spec = &self.orders[id].spec;
        let (account, outcome, side) = (spec.account, spec.outcome, spec.side);
        let (market, mut left) = (leg.market, leg.remaining());
        let taker = book_side(side, outcome);
        let chase = spec.policy == Policy::AggressiveChase;
        let own = self.own_opposite(id, at);
        let quantum = self.registry.market(market).lot;
        let mut stop = Stop::Empty;
        let mut takes: Vec<(Price, Quantity)> = Vec::new();
        for (price, size) in self.markets[market].available(account, taker.takes()) {
            if left.0 == 0 {
                break;
            }
            if own.is_some_and(|own| price == own || within(taker.opposite(), price, own)) {
                stop = Stop::SelfTrade;
                break;
            }
            if !within(side, book_price(price, outcome), leg.bound) {
                stop = Stop::Bound;
                break;
            }
            if takes.len() >= MAX_LEVELS || (chase && !takes.is_empty()) {
                stop = Stop::Levels;
                break;
            }
            let taken = if size < left { size.floor_to(quantum) } else { left };
            if taken.0 > 0 {
                takes.push((price, taken));
                left = Quantity(left.0 - taken.0);
            }
        }
        if left.0 > 0 && stop == Stop::Empty && own.is_some() {
            stop = Stop::SelfTrade;
        }
        for (price, taken) in takes {
            self.markets[market].consume(account, taker.takes(), price, taken);
            self.book_fill(id, at, book_price(price, outcome), taken, FillCause::Walk);
        }
        if self.orders[id].legs.get(at).is_none_or(|leg| leg.state == LegState::Done) {
            return Stop::Filled;
        }
        stop
    }

    fn unfilled_end(&self, id: OrderId, at: usize, stop: Stop) -> LegEnd {
        let order = &self.orders[id];
        let untouched = order.legs.get(at).is_none_or(|leg| leg.filled.0 == 0);
        match stop {
            _ if !order.spec.is_market => LegEnd::Cancelled(DoneReason::IocRemainder),
            Stop::Bound if untouched => LegEnd::Rejected(
                RejectReason::PriceDeviation,
                "every displayed price lies beyond the protection price",
            ),
            Stop::Bound => LegEnd::Cancelled(DoneReason::SlippageCap),
            Stop::Levels => LegEnd::Cancelled(DoneReason::MaxLevels),
            _ => LegEnd::Cancelled(DoneReason::NoLiquidity),
        }
    }

    /// An order that chases waits for its next slice, unless the market left its bound.
    fn keep_chasing(&mut self, id: OrderId, at: usize) {
        if let Some(leg) = self.orders[id].legs.get_mut(at) {
            leg.state = LegState::Working;
        }
        let spec = &self.orders[id].spec;
        let touch = self.orders[id]
            .legs
            .get(at)
            .and_then(|leg| self.touch_of(leg.market, spec.side, spec.outcome));
        let bound = self.orders[id].legs.get(at).map_or(Price(0), |leg| leg.bound);
        if touch.is_some_and(|touch| !within(spec.side, touch, bound)) {
            self.end_leg(id, at, LegEnd::Cancelled(DoneReason::SlippageCap));
        }
    }

    /// The next slice of an order that chases the touch.
    pub(super) fn chase(&mut self, id: OrderId) {
        if self.orders[id].status.is_terminal() {
            return;
        }
        for at in 0..self.orders[id].legs.len() {
            let Some(leg) = self.orders[id].legs.get(at) else { continue };
            let live = self.markets[leg.market].market.is_live(self.now_ns);
            if leg.state != LegState::Done && live {
                self.meet_book(id, at);
            }
        }
        self.finish_if_done(id);
        if !self.orders[id].status.is_terminal() {
            self.add_timer(self.now_ns + CHASE_INTERVAL_NS, Due::Chase(id));
        }
    }

    /// The venue has the order: NEW becomes ACCEPTED, once.
    fn acknowledge(&mut self, id: OrderId, at: usize) {
        if let Some(leg) = self.orders[id].legs.get_mut(at) {
            leg.state = LegState::Working;
            leg.status = OrderStatus::Accepted;
        }
        if self.orders[id].status == OrderStatus::New {
            self.set_status(id, OrderStatus::Accepted);
        }
    }
}

/// What a status refuses (simulation, 2.4).
fn refusal_of(status: MarketStatus, rests: bool) -> Option<(RejectReason, &'static str)> {
    use MarketStatus::{
        Closed, Crossed, Halted, Ok, Pending, PostOnly, Resolved, Resync, Stale, Syncing,
    };
    match status {
        Ok => None,
        PostOnly | Syncing | Stale | Resync | Crossed if rests => None,
        PostOnly => Some((RejectReason::ExchangeReject, "the venue takes post-only orders now")),
        Halted => Some((RejectReason::ExchangeBusy, "the venue has halted trading")),
        Closed | Pending | Resolved => Some((RejectReason::ExchangeReject, "the market is closed")),
        Syncing | Stale | Resync | Crossed => {
            Some((RejectReason::StaleVenue, "the venue's book is not live"))
        }
    }
}
