//! What a client asks of a venue: it travels first, and then the venue goes on with it.

use crate::engine::agenda::Due;
use crate::engine::exchange::legs::VenueLeg;
use crate::engine::exchange::line::Purpose;
use crate::engine::floor::Floor;
use crate::engine::seam::{Cancel, LegEnd, LegRef, Onward, Told, VenueRequest, VenueStep};
use crate::ids::OrderId;
use crate::number::Quantity;
use crate::order::{AtVenue, LegAsk};
use crate::reject::DoneReason;

impl Floor<'_> {
    /// A request leaves for its venue.
    pub(in crate::engine) fn receive(&mut self, request: VenueRequest) {
        match request {
            VenueRequest::New(leg) => self.send_leg(leg),
            VenueRequest::Cancel(leg, reason) => self.carry_cancel(leg, reason),
            VenueRequest::Amend((id, at)) => self.send_reshape(id, at),
        }
    }

    /// What has travelled is there; a leg that only reduces finds this much to reduce.
    pub(in crate::engine) fn step(&mut self, step: VenueStep, reducible: Option<Quantity>) {
        match step {
            VenueStep::Arrive((id, at)) => self.arrive(id, at, reducible),
            VenueStep::Cancel((id, at), cancel) => self.cancel_arrives(id, at, cancel),
            VenueStep::Amend((id, at)) => self.reshape_arrives(id, at),
            VenueStep::SendAgain((id, at)) => self.send_again(id, at),
        }
    }

    /// Its client has heard what a venue told: the venue goes on.
    pub(in crate::engine) fn go_on(&mut self, onward: Onward) {
        match onward {
            Onward::Meet((id, at)) => self.enter(id, at),
            Onward::Take((id, at), walk) => self.take_level(id, at, walk),
        }
    }

    fn send_leg(&mut self, (id, at): LegRef) {
        let account = self.asked.terms(id).account();
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let (market, open) = (leg.market(), leg.qty());
        let transit = self.send(account, market, Purpose::Order);
        *self.exchange.legs.at((id, at)) = VenueLeg { transit, ..VenueLeg::to_send(open) };
        self.go_on_at(transit.match_ns, VenueStep::Arrive((id, at)));
    }

    fn carry_cancel(&mut self, (id, at): LegRef, reason: DoneReason) {
        let account = self.asked.terms(id).account();
        let Some(market) = self.asked.leg((id, at)).map(LegAsk::market) else { return };
        let transit = self.send(account, market, Purpose::Cancel);
        if !self.facts().is_instant() {
            self.exchange.legs.leaves((id, at), transit);
        }
        let step = VenueStep::Cancel((id, at), Cancel::on(&transit, reason));
        self.go_on_at(transit.match_ns, step);
    }

    /// What travels is there at its time; without delays that is the next thing to happen.
    pub(super) fn go_on_at(&mut self, at_ns: i64, step: VenueStep) {
        if self.facts().is_instant() {
            self.post.steps.push_back(step);
        } else {
            self.agenda.add(at_ns, Due::Step(step));
        }
    }

    /// A cancel reaches the venue: what is still open there ends. A fill before it stands.
    pub(in crate::engine) fn cancel_arrives(&mut self, id: OrderId, at: usize, cancel: Cancel) {
        let there = self.exchange.leg((id, at));
        match there.state {
            AtVenue::Done => {}
            AtVenue::Delayed => {
                // Nothing withdraws an order from the venue's delay; the match comes first.
                let due = there.transit.match_ns;
                self.agenda.add(due, Due::Step(VenueStep::Cancel((id, at), cancel)));
            }
            _ => {
                self.leave(id, at);
                let answer = Told::Done(LegEnd::Cancelled(cancel.reason));
                self.answer_after(id, at, answer, (cancel.arrive_ns, cancel.response_ns));
            }
        }
    }
}
