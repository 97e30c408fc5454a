//! From venue to client: what a venue decides becomes visible one response delay later.
//!
//! A leg has two lives. At its venue it is open until filled or ended there; to its client it
//! changes when the message about it arrives. Money and positions move with the client's life, so
//! what a client reads is always consistent. Messages of one line arrive in the order sent.

use crate::engine::desk::finish::LegEnd;
use crate::engine::exchange::evidence::Evidence;
use crate::engine::{Due, Engine, FillCause};
use crate::ids::OrderId;
use crate::mutant;
use crate::number::{Price, Quantity};
use crate::order::{AtVenue, LegState, OrderStatus};

/// A fill the venue made, at a price in the order's own outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Matched {
    pub(in crate::engine) price: Price,
    pub(in crate::engine) quantity: Quantity,
    pub(in crate::engine) cause: FillCause,
    pub(in crate::engine) evidence: Box<Evidence>,
}

/// What a venue tells a client about one leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Answer {
    /// The venue has it.
    Acknowledged,
    /// Part of it traded.
    Filled(Matched),
    /// The rest is gone.
    Ended(LegEnd),
    /// A change of it is in force.
    Amended,
    /// A change of it came too late, or was refused: it is as before.
    Unchanged,
}

/// Version of an order; status, known quantity and filled quantity of one of its legs.
pub(in crate::engine) type Shown = (u32, Option<(OrderStatus, Quantity, Quantity)>);

impl Engine {
    /// The venue fills part of a leg.
    pub(in crate::engine) fn match_leg(
        &mut self,
        id: OrderId,
        at: usize,
        matched: Matched,
        venue_ns: i64,
    ) {
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        leg.open = Quantity(leg.open.0.saturating_sub(matched.quantity.0));
        if leg.open.0 == 0 {
            leg.at_venue = AtVenue::Done;
        }
        self.answer(id, at, Answer::Filled(matched), venue_ns);
    }

    /// The venue ends what it holds of a leg.
    pub(in crate::engine) fn end_at_venue(&mut self, id: OrderId, at: usize, end: LegEnd) {
        let venue_ns = self.agenda.now_ns;
        self.end_at_venue_since(id, at, end, venue_ns);
    }

    /// The same for something that happened at the venue earlier than it is known here.
    pub(in crate::engine) fn end_at_venue_since(
        &mut self,
        id: OrderId,
        at: usize,
        end: LegEnd,
        venue_ns: i64,
    ) {
        let done =
            self.desk.orders[id].legs.get(at).is_none_or(|leg| leg.at_venue == AtVenue::Done);
        if !done {
            self.leave(id, at);
            self.answer(id, at, Answer::Ended(end), venue_ns);
        }
    }

    /// Sends an answer; without delays it is there at once.
    pub(in crate::engine) fn answer(
        &mut self,
        id: OrderId,
        at: usize,
        answer: Answer,
        venue_ns: i64,
    ) {
        let leg = self.desk.orders[id].legs.get(at);
        let response_ns = leg.map_or(0, |leg| leg.transit.response_ns);
        self.answer_after(id, at, answer, (venue_ns, response_ns));
    }

    /// The same with a delay of its own: a cancel is answered by its own message.
    pub(in crate::engine) fn answer_after(
        &mut self,
        id: OrderId,
        at: usize,
        answer: Answer,
        (venue_ns, response_ns): (i64, i64),
    ) {
        let Some(market) = self.desk.orders[id].legs.get(at).map(|leg| leg.market) else { return };
        let account = self.desk.orders[id].spec.account;
        if self.portfolio.life.is_liquidation(id) {
            // The venue acts by itself: nobody waits for a message.
            return self.exchange.told.push_back((id, at, answer));
        }
        match self.visible_at(account, market, venue_ns, response_ns) {
            None => self.exchange.told.push_back((id, at, answer)),
            Some(visible_ns) => self.add_timer(visible_ns, Due::Deliver(id, at, answer)),
        }
    }

    /// Clients hear what venues told so far, in the order told.
    pub(in crate::engine) fn hand_over(&mut self) {
        while let Some((id, at, answer)) = self.exchange.told.pop_front() {
            self.deliver(id, at, answer);
            self.drop_ended();
        }
        self.drop_ended();
    }

    /// Venues forget what ended for its client.
    pub(in crate::engine) fn drop_ended(&mut self) {
        while let Some((id, at)) = self.exchange.drops.pop() {
            self.leave(id, at);
        }
    }

    /// The client learns of it. A leg that ended for its client hears nothing more.
    pub(in crate::engine) fn deliver(&mut self, id: OrderId, at: usize, answer: Answer) {
        let before = self.shown(id, at);
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        if leg.state == LegState::Done && !mutant!("fill_after_cancel") {
            return;
        }
        match answer {
            Answer::Acknowledged => {
                leg.state = LegState::Working;
                // A leg that went again after a restart may be known already, and partly filled.
                leg.status =
                    if leg.filled.0 > 0 { OrderStatus::Partial } else { OrderStatus::Accepted };
                if self.desk.orders[id].status == OrderStatus::New {
                    self.set_status(id, OrderStatus::Accepted);
                }
            }
            Answer::Filled(matched) => self.book_fill(id, at, matched),
            Answer::Ended(end) => self.end_leg(id, at, end),
            Answer::Amended => self.reshape_answered(id, at, true),
            Answer::Unchanged => self.reshape_answered(id, at, false),
        }
        self.settle_amend(id);
        self.finish_if_done(id);
        self.note_leg(id, at, before);
    }

    /// What the order's row says of a leg, and in which version.
    pub(in crate::engine) fn shown(&self, id: OrderId, at: usize) -> Shown {
        let order = &self.desk.orders[id];
        let leg = order.legs.get(at).map(|leg| (leg.status, leg.known().0, leg.filled));
        (order.version, leg)
    }

    /// A leg is part of the row: when it alone changed, the row still has a new version.
    pub(in crate::engine) fn note_leg(&mut self, id: OrderId, at: usize, before: Shown) {
        let now = self.shown(id, at);
        if now.0 == before.0 && now.1 != before.1 {
            self.touch(id);
        }
    }
}
