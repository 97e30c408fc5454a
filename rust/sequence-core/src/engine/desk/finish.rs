//! How legs and orders end: reject, cancel, expire. A reservation ends with its leg, once.

use crate::engine::Reply;
use crate::engine::agenda::Due;
use crate::engine::bounds::within;
use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::seam::{DeskNews, LegEnd, VenueRequest};
use crate::ids::{AccountId, MarketId, OrderId, VenueId};
use crate::ledger::LedgerError;
use crate::mutant;
use crate::order::{AtVenue, Cause, LegState, Order, OrderStatus, book_price, book_side};
use crate::reject::{DoneReason, RejectReason};

impl Bench<'_> {
    /// Ends a leg; the order keeps the first reason, and shows it when its last leg ends.
    pub(in crate::engine) fn end_leg(&mut self, id: OrderId, at: usize, end: LegEnd) {
        let (status, reject, done) = match end {
            LegEnd::Rejected(reason, _) => (OrderStatus::Rejected, Some(reason), None),
            LegEnd::Cancelled(reason) => (OrderStatus::Cancelled, None, Some(reason)),
            LegEnd::Dropped(reason, _) => (OrderStatus::Cancelled, Some(reason), None),
            LegEnd::Expired => (OrderStatus::Expired, None, Some(DoneReason::Expired)),
        };
        let order = &mut self.desk.orders[id];
        let unnamed = order.reject.is_none() && order.done.is_none();
        let message = match end {
            LegEnd::Rejected(_, text) | LegEnd::Dropped(_, text) => Some(text),
            LegEnd::Cancelled(_) | LegEnd::Expired => None,
        };
        if let Some(text) = message.filter(|_| unnamed) {
            order.message.get_or_insert_with(|| text.into());
        }
        if let Some(leg) = order.legs.get_mut(at) {
            // A real venue's own words are there already.
            let words = leg.cause.message.take().or_else(|| message.map(Into::into));
            leg.cause = Cause { reject, message: words, done };
        }
        let withdrawn = order.legs.get(at).is_some_and(|leg| {
            leg.reshape.as_ref().is_some_and(|form| !form.at_venue && form.qty.0 == 0)
        });
        if unnamed && !withdrawn {
            (order.reject, order.done) = (reject, done);
        }
        self.close_leg(id, at, status);
    }

    /// The leg holds nothing from here on.
    pub(in crate::engine) fn close_leg(&mut self, id: OrderId, at: usize, status: OrderStatus) {
        if !mutant!("fill_after_cancel") {
            self.post.drops.push((id, at));
        }
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        (leg.state, leg.held) = (LegState::Done, false);
        leg.status = status;
        if status == OrderStatus::Filled {
            leg.cause = Cause { done: Some(DoneReason::Filled), ..Cause::default() };
        }
        match leg.reshape.take() {
            // The client never learned of the new form.
            Some(form) if form.at_venue => (leg.qty, leg.bound) = (form.qty, form.bound),
            // An amend took the rest of this leg away.
            Some(form) if form.qty.0 == 0 => leg.qty = leg.filled,
            _ => {}
        }
        let mut reservation = leg.reservation.take();
        let kept = match status {
            OrderStatus::Rejected => mutant!("reject_keeps_reservation"),
            OrderStatus::Cancelled => mutant!("partial_cancel_keeps") && leg.filled.0 > 0,
            OrderStatus::Expired => mutant!("expiry_keeps_reservation"),
            _ => false,
        };
        if kept {
            reservation = None;
        }
        if let Some(Err(error)) = reservation.map(|held| self.portfolio.release(held)) {
            self.report_fault(id, &error);
        }
    }

    /// Ends the order when its last leg has ended.
    pub(in crate::engine) fn finish_if_done(&mut self, id: OrderId) {
        let order = &self.desk.orders[id];
        let open = order.legs.iter().any(|leg| leg.state != LegState::Done);
        if open || order.status.is_terminal() {
            return;
        }
        let rejected = order.legs.iter().any(|leg| leg.status == OrderStatus::Rejected);
        let is_empty = order.filled.0 == 0 || mutant!("rejected_despite_its_fills");
        let status = match (order.reject, order.done) {
            _ if order.filled == order.qty => OrderStatus::Filled,
            (Some(_), _) if is_empty && rejected => OrderStatus::Rejected,
            (_, Some(DoneReason::Expired)) => OrderStatus::Expired,
            _ => OrderStatus::Cancelled,
        };
        let unnamed = order.reject.is_none() && order.done.is_none();
        if mutant!("every_end_is_below_lot") && status == OrderStatus::Cancelled {
            self.desk.orders[id].done = Some(DoneReason::BelowLot);
        } else if unnamed && status == OrderStatus::Cancelled {
            // Legs filled in full, and a remainder that no leg could hold.
            match self.papers().remainder_end(&self.desk.orders[id]) {
                LegEnd::Dropped(reason, text) => {
                    self.desk.orders[id].reject = Some(reason);
                    self.desk.orders[id].message = Some(text.into());
                }
                LegEnd::Cancelled(reason) => self.desk.orders[id].done = Some(reason),
                LegEnd::Rejected(..) | LegEnd::Expired => {}
            }
        }
        self.complete(id, status);
    }

    /// Moves an order to a terminal status.
    pub(in crate::engine) fn complete(&mut self, id: OrderId, status: OrderStatus) {
        let order = &mut self.desk.orders[id];
        if status == OrderStatus::Filled {
            (order.done, order.reject, order.message) = (Some(DoneReason::Filled), None, None);
        } else if status == OrderStatus::Expired {
            order.reject = None;
        }
        let account = order.spec.account;
        let rejected = order.reject.filter(|_| status == OrderStatus::Rejected);
        self.set_status(id, status);
        let is_counted = self.journal.is_kept() || self.desk.forgets();
        let ended = if is_counted { self.desk.order_hash(id) } else { 0 };
        let row = &mut self.desk.accounts[account];
        row.ended_hash = row.ended_hash.wrapping_add(ended);
        row.open.remove(&id);
        if let Some(reason) = rejected {
            *row.rejects.entry(reason).or_default() += 1;
        }
        self.tell_graph(id, DeskNews::Ended(id));
    }

    /// One legal move of the order's status; the row changes version.
    pub(in crate::engine) fn set_status(&mut self, id: OrderId, next: OrderStatus) {
        let order = &mut self.desk.orders[id];
        debug_assert!(order.status.may_become(next), "{:?} -> {next:?}", order.status);
        order.status = next;
        self.touch(id);
    }

    /// An order that cannot go on: nothing filled, nothing held.
    pub(in crate::engine) fn reject_order(
        &mut self,
        id: OrderId,
        reason: RejectReason,
        message: &str,
    ) {
        let order = &mut self.desk.orders[id];
        order.reject = Some(reason);
        order.message = Some(message.into());
        self.complete(id, OrderStatus::Rejected);
    }

    /// Tells the graph of an order what it did, when it has a shape.
    pub(in crate::engine) fn tell_graph(&mut self, id: OrderId, news: DeskNews) {
        let graph = self.desk.orders[id].spec.graph;
        if self.desk.graphs.get(graph).is_some_and(|graph| graph.order.is_none()) {
            self.post.news.push_back(news);
        }
    }

    /// Withdraws what is left of an order at once: nothing travels.
    pub(in crate::engine) fn withdraw(&mut self, id: OrderId, reason: DoneReason) {
        for at in 0..self.desk.orders[id].legs.len() {
            let leg = self.desk.orders[id].legs.get(at);
            if leg.is_some_and(|leg| leg.state != LegState::Done) {
                self.end_leg(id, at, LegEnd::Cancelled(reason));
            }
        }
        self.finish_if_done(id);
    }

    /// Withdraws every open order of an account.
    pub(in crate::engine) fn withdraw_orders(&mut self, account: AccountId, reason: DoneReason) {
        let open: Vec<OrderId> = self.desk.open_orders(account).collect();
        for id in open {
            self.withdraw(id, reason);
        }
    }

    /// Sets when the order's time is over; a later or earlier end replaces the one before.
    pub(in crate::engine) fn expire_at(&mut self, id: OrderId, due_ns: i64) {
        self.desk.orders[id].expires_ns = Some(due_ns);
        self.agenda.add(due_ns, Due::Expire(id));
    }

    /// Cancels every open order with an open leg at a venue, each as a whole.
    pub(in crate::engine) fn cancel_venue(&mut self, account: AccountId, venue: VenueId) -> Reply {
        let open = self.desk.open_orders(account);
        let orders: Vec<OrderId> = open
            .filter(|id| {
                let mut legs = self.desk.orders[*id].legs.iter();
                legs.any(|leg| {
                    leg.state != LegState::Done
                        && self.facts.registry.market(leg.market).venue == venue
                })
            })
            .collect();
        for id in &orders {
            self.send_cancels(*id, DoneReason::VenueCancelAll);
        }
        Reply::VenueCancelled { orders }
    }

    /// A cancel travels to each venue that may still have a leg of the order.
    pub(in crate::engine) fn send_cancels(&mut self, id: OrderId, reason: DoneReason) {
        for at in 0..self.desk.orders[id].legs.len() {
            if self.facts.exchange.leg((id, at)).state != AtVenue::Done {
                self.send_cancel(id, at, reason);
            }
        }
    }

    /// A cancel of one leg leaves for its venue.
    pub(in crate::engine) fn send_cancel(&mut self, id: OrderId, at: usize, reason: DoneReason) {
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        leg.cancelling = Some(reason);
        self.post.requests.push_back(VenueRequest::Cancel((id, at), reason));
    }

    /// The ledger refused what was reserved for: a bug, kept for `check_invariants` to show.
    pub(in crate::engine) fn report_fault(&mut self, id: OrderId, error: &LedgerError) {
        self.report(format!("order {}", id.0), error);
    }

    /// The same for what is no order.
    pub(in crate::engine) fn report(&mut self, subject: String, error: &LedgerError) {
        debug_assert!(false, "{subject}: {error}");
        self.journal.keep_fault(subject, error.to_string());
    }
}

impl Papers<'_> {
    /// Why no leg could hold what is left of an order.
    fn remainder_end(&self, order: &Order) -> LegEnd {
        let spec = &order.spec;
        if spec.reduce_only {
            return LegEnd::Dropped(
                RejectReason::InvalidParams,
                "there is no position left to reduce",
            );
        }
        let markets = &self.facts.registry.symbol(spec.symbol).markets;
        let terms = |id: &MarketId| self.facts.registry.market(*id);
        let takes = |id: &&MarketId| {
            spec.pinned.is_none_or(|venue| venue == terms(id).venue)
                && order.remaining() >= terms(id).grid.order_lot().max(terms(id).grid.min_qty)
        };
        if markets.iter().find(takes).is_none() {
            return LegEnd::Cancelled(DoneReason::BelowLot);
        }
        LegEnd::Cancelled(match spec.is_market {
            // A limit that rests has a leg for all that a venue takes.
            false if spec.rests() => DoneReason::BelowLot,
            false => DoneReason::IocRemainder,
            true if self.shows_beyond(order) => DoneReason::SlippageCap,
            true => DoneReason::NoLiquidity,
        })
    }

    /// True when a live book displays something beyond what a market order may pay.
    fn shows_beyond(&self, order: &Order) -> bool {
        let spec = &order.spec;
        let side = book_side(spec.side, spec.outcome).takes();
        let now = self.facts.now_ns;
        order.legs.iter().any(|leg| {
            let sim = self.facts.exchange.market(leg.market);
            sim.market.is_live(now)
                && sim.market.book.levels(side).any(|level| {
                    !within(spec.side, book_price(level.price, spec.outcome), leg.bound)
                })
        })
    }
}
