//! From a venue to its client: what the venue decides becomes visible one response delay later.
//!
//! Messages of one line arrive in the order sent. Without delays a report is visible at once.

use crate::engine::agenda::Due;
use crate::engine::floor::Floor;
use crate::engine::seam::{LegEnd, LegRef, Matched, Told, VenueReport};
use crate::ids::OrderId;
use crate::number::{Price, Quantity};
use crate::order::{AtVenue, LegAsk, book_side};

impl Floor<'_> {
    /// The venue fills part of a leg.
    pub(in crate::engine) fn match_leg(
        &mut self,
        id: OrderId,
        at: usize,
        matched: Matched,
        venue_ns: i64,
    ) {
        self.exchange.legs.at((id, at)).fill(matched.quantity);
        self.answer(id, at, Told::Fill(matched), venue_ns);
    }

    /// A level gets back what an account could not book of it.
    pub(in crate::engine) fn give_back(
        &mut self,
        (id, at): LegRef,
        level: Price,
        quantity: Quantity,
    ) {
        let terms = self.asked.terms(id);
        let takes = book_side(terms.side(), terms.outcome()).takes();
        let (account, now) = (terms.account(), self.agenda.now_ns());
        if let Some(leg) = self.asked.leg((id, at)) {
            self.exchange.markets[leg.market()].give_back(account, (takes, level), quantity, now);
        }
    }

    /// The venue ends what it holds of a leg, at a time that may be before it is known here.
    pub(in crate::engine) fn end_at_venue(
        &mut self,
        id: OrderId,
        at: usize,
        end: LegEnd,
        venue_ns: i64,
    ) {
        if self.exchange.leg((id, at)).state != AtVenue::Done {
            self.leave(id, at);
            self.answer(id, at, Told::Done(end), venue_ns);
        }
    }

    /// The time of an order is over at its venues. A leg on its way is too late when it comes.
    pub(in crate::engine) fn time_is_over(&mut self, id: OrderId) {
        for at in 0..self.asked.legs(id) {
            let there = self.exchange.leg((id, at));
            let travels = there.state == AtVenue::Travelling;
            let leg = self.asked.leg((id, at));
            if let Some(leg) = leg.filter(|leg| travels && !leg.is_held()) {
                let arrive_ns = there.transit.arrive_ns;
                let is_new = leg.is_unanswered() || !leg.replaces();
                self.leave(id, at);
                if is_new {
                    self.answer(id, at, Told::Ack, arrive_ns);
                }
                self.answer(id, at, Told::Done(LegEnd::Expired), arrive_ns);
            } else {
                self.end_at_venue(id, at, LegEnd::Expired, self.agenda.now_ns());
            }
        }
    }

    /// Sends an answer; without delays it is there at once.
    pub(in crate::engine) fn answer(&mut self, id: OrderId, at: usize, told: Told, venue_ns: i64) {
        let response_ns = self.exchange.leg((id, at)).transit.response_ns;
        self.answer_after(id, at, told, (venue_ns, response_ns));
    }

    /// The same with a delay of its own: a cancel is answered by its own message.
    pub(in crate::engine) fn answer_after(
        &mut self,
        id: OrderId,
        at: usize,
        told: Told,
        (venue_ns, response_ns): (i64, i64),
    ) {
        let Some(market) = self.asked.leg((id, at)).map(LegAsk::market) else { return };
        let account = self.asked.terms(id).account();
        let report = VenueReport { leg: (id, at), told };
        if self.asked.is_liquidation(id) {
            // The venue acts by itself: nobody waits for a message.
            return self.post.reports.push_back(report);
        }
        match self.visible_at(account, market, venue_ns, response_ns) {
            None => self.post.reports.push_back(report),
            Some(visible_ns) => self.agenda.add(visible_ns, Due::Report(report)),
        }
    }
}
