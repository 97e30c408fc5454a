//! A change of a leg at its venue and on its way back.
//!
//! By default the leg leaves its queue and comes back as a new order, with a gap that the preset
//! sets: none, the same moment the cancel arrives or later, or a whole round trip. A venue that
//! amends natively keeps the place of a leg that only gets smaller.

use crate::engine::agenda::Due;
use crate::engine::bounds::refusal_of;
use crate::engine::exchange::line::Purpose;
use crate::engine::floor::Floor;
use crate::engine::seam::{LegEnd, Reworked, Told, VenueStep, queue_key};
use crate::ids::OrderId;
use crate::number::Quantity;
use crate::order::{AtVenue, LegAsk, LegChange, book_price, book_side};
use crate::reject::DoneReason;
use crate::sim::latency::Transit;
use crate::sim::preset::{AmendMode, ReplaceGap};

impl Floor<'_> {
    /// A leg's change leaves for the venue, with the new order when both travel together.
    pub(in crate::engine) fn send_reshape(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.asked.leg((id, at)).filter(|leg| leg.is_changing()) else {
            return;
        };
        let there = self.exchange.leg((id, at));
        let (market, placed_ns) = (leg.market(), there.transit.match_ns);
        let travelling = there.state == AtVenue::Travelling;
        let account = self.asked.terms(id).account();
        let sent = self.send(account, market, Purpose::Cancel);
        let again = match self.rules.params().replace_gap {
            ReplaceGap::Pipelined => self.send(account, market, Purpose::Order),
            ReplaceGap::Atomic | ReplaceGap::Sequential => sent,
        };
        // A change never overtakes the order it is about.
        let due = if travelling { sent.match_ns.max(placed_ns) } else { sent.match_ns };
        self.exchange.legs.changes_at((id, at), again, due);
        if due <= self.agenda.now_ns() {
            self.post.steps.push_back(VenueStep::Amend((id, at)));
        } else {
            self.agenda.add(due, Due::Step(VenueStep::Amend((id, at))));
        }
    }

    /// The venue looks at the change: it is too late for what has filled, or it takes it over.
    pub(in crate::engine) fn reshape_arrives(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let Some(form) = leg.change() else { return };
        let there = self.exchange.leg((id, at));
        if there.state == AtVenue::Delayed {
            // Nothing moves an order inside the venue's delay; the match comes first.
            return self.agenda.add(there.transit.match_ns, Due::Step(VenueStep::Amend((id, at))));
        }
        let status = self.exchange.markets[leg.market()].market.status(self.agenda.now_ns());
        let refused = refusal_of(self.asked.terms(id), status).is_some();
        let (open, again) = (Quantity(form.qty.0 - there.matched.0), there.again);
        if there.state == AtVenue::Done || refused {
            return self.answer(id, at, Told::Unchanged, self.agenda.now_ns());
        }
        if form.qty.0 == 0 {
            // Another leg keeps the order alive: only this one is withdrawn.
            return self.end_at_venue(
                id,
                at,
                LegEnd::Cancelled(DoneReason::CancelledByClient),
                self.agenda.now_ns(),
            );
        }
        if open.0 <= 0 {
            return self.answer(id, at, Told::Unchanged, self.agenda.now_ns());
        }
        if keeps_place(self.rules.params().amend_mode, leg, form) {
            self.shrink_leg(id, at, open);
            return self.answer(id, at, Told::Amended, self.agenda.now_ns());
        }
        self.leave(id, at);
        self.take_over(id, at, open);
        self.exchange.legs.at((id, at)).state = AtVenue::Travelling;
        self.come_back(id, at, again);
    }

    /// The replaced leg is on its way back into the book.
    fn come_back(&mut self, id: OrderId, at: usize, transit: Transit) {
        let now_ns = self.agenda.now_ns();
        match self.rules.params().replace_gap {
            ReplaceGap::Atomic => self.arrive_as(id, at, Transit { match_ns: now_ns, ..transit }),
            ReplaceGap::Pipelined => {
                let match_ns = transit.match_ns.max(now_ns);
                self.arrive_as(id, at, Transit { match_ns, ..transit });
            }
            ReplaceGap::Sequential => {
                let terms = self.asked.terms(id);
                let account = terms.account();
                let Some(leg) = self.asked.leg((id, at)) else { return };
                let (market, response_ns) = (leg.market(), transit.response_ns);
                match self.visible_at(account, market, now_ns, response_ns) {
                    None => self.send_again(id, at),
                    Some(known_ns) => {
                        self.exchange.legs.changes_at((id, at), transit, known_ns);
                        self.agenda.add(known_ns, Due::Step(VenueStep::SendAgain((id, at))));
                    }
                }
            }
        }
    }

    /// The cancel is acknowledged: the new order leaves.
    pub(in crate::engine) fn send_again(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.asked.leg((id, at)) else { return };
        if self.exchange.leg((id, at)).state == AtVenue::Travelling {
            let (account, market) = (self.asked.terms(id).account(), leg.market());
            let transit = self.send(account, market, Purpose::Order);
            self.arrive_as(id, at, transit);
        }
    }

    fn arrive_as(&mut self, id: OrderId, at: usize, transit: Transit) {
        let there = self.exchange.legs.at((id, at));
        (there.transit, there.deferred) = (transit, false);
        if transit.match_ns <= self.agenda.now_ns() {
            self.post.steps.push_back(VenueStep::Arrive((id, at)));
        } else {
            self.agenda.add(transit.match_ns, Due::Step(VenueStep::Arrive((id, at))));
        }
    }

    /// A smaller rest keeps its place.
    fn shrink_leg(&mut self, id: OrderId, at: usize, open: Quantity) {
        let terms = self.asked.terms(id);
        let (account, outcome) = (terms.account(), terms.outcome());
        let side = book_side(terms.side(), outcome).rests();
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let (market, rests) = (leg.market(), self.exchange.leg((id, at)).state == AtVenue::Resting);
        let price = book_price(leg.bound(), outcome);
        let world = self.exchange.markets[market].worlds.get_mut(&account).filter(|_| rests);
        if let Some(world) = world {
            world.queue.shrink(side, price, queue_key(id, at), open);
        }
        self.take_over(id, at, open);
    }

    /// The change is in force here, with this much open.
    fn take_over(&mut self, id: OrderId, at: usize, open: Quantity) {
        self.exchange.legs.at((id, at)).open = open;
        self.post.reworked.push(((id, at), Reworked::Changed));
    }
}

/// True when a change of a leg keeps its place in the queue. What only walks otherwise has nothing
/// changed that rests.
pub(in crate::engine) fn keeps_place(mode: AmendMode, leg: LegAsk<'_>, form: LegChange) -> bool {
    let rests_alike = form.bound == leg.bound() && form.qty == leg.qty() && form.cap != leg.cap();
    rests_alike || mode == AmendMode::Native && form.bound == leg.bound() && form.qty <= leg.qty()
}
