//! What goes on after a restart: timers, graphs, and messages that were on their way.

use std::collections::BTreeSet;

use crate::engine::agenda::Due;
use crate::engine::exchange::arrive::CHASE_INTERVAL_NS;
use crate::engine::exchange::line::Purpose;
use crate::engine::seam::{LegRef, Told, VenueReport, VenueRequest, VenueStep};
use crate::engine::{Engine, VenueLeg};
use crate::ids::OrderId;
use crate::mutant;
use crate::order::{AtVenue, Leg, LegState, Policy};
use crate::sim::latency::Transit;

impl Engine {
    /// Graphs go on: what fell due meanwhile is done now, in the order of its times.
    pub(super) fn resume_runs(&mut self) {
        for id in self.graphs.open_runs() {
            self.resume_run(id);
        }
    }

    pub(super) fn resume_orders(&mut self, stopped_ns: i64) {
        let open: Vec<OrderId> =
            self.desk.accounts().flat_map(|(_, account)| account.open.keys().copied()).collect();
        for id in open.iter().copied() {
            if let Some(end_ns) = self.desk.order(id).expires_ns
                && !mutant!("restart_forgets_horizons")
            {
                self.agenda.add(end_ns, Due::Expire(id));
            }
            if self.desk.order(id).spec.policy == Policy::AggressiveChase {
                let since_ns = self.desk.order(id).spec.created_ns;
                let slices = stopped_ns.saturating_sub(since_ns) / CHASE_INTERVAL_NS + 1;
                let next_ns = since_ns.saturating_add(slices.saturating_mul(CHASE_INTERVAL_NS));
                self.agenda.add(next_ns, Due::Chase(id));
            }
        }
        for (_, _, leg) in self.legs_by_place(&open) {
            self.resume_leg(leg, stopped_ns);
        }
    }

    /// Legs in the order in which they came to their venues: at one price, who stood ahead of
    /// another order of the account stands ahead of it again. Then those on their way there, in
    /// the order in which they come.
    fn legs_by_place(&mut self, orders: &[OrderId]) -> BTreeSet<(u64, (i64, i64), LegRef)> {
        let mut legs = BTreeSet::new();
        for id in orders {
            for (at, leg) in self.desk.order(*id).legs.iter().enumerate() {
                let there = self.exchange.leg((*id, at));
                let VenueLeg { place, transit, .. } = *there;
                let came = place > 0 && !is_under_way(leg, there);
                self.exchange.go_on_behind(place);
                let on_its_way = (u64::MAX, (transit.match_ns, transit.submit_ns));
                let (place, times) = if came { (place, (0, 0)) } else { on_its_way };
                legs.insert((place, times, (*id, at)));
            }
        }
        legs
    }

    fn resume_leg(&mut self, (id, at): LegRef, stopped_ns: i64) {
        let account = self.desk.order(id).spec.account;
        let Some(leg) = self.desk.order(id).legs.get(at) else { return };
        if leg.state == LegState::Done {
            return;
        }
        let (market, cancelling, there) = (leg.market, leg.cancelling, self.exchange.leg((id, at)));
        let unheard = leg.state == LegState::InFlight;
        let known_ns = there.transit.arrive_ns.saturating_add(there.transit.response_ns);
        let was = match there.state {
            _ if leg.held => AtVenue::Held,
            _ if is_under_way(leg, there) => AtVenue::Travelling,
            state => state,
        };
        match was {
            AtVenue::Travelling | AtVenue::Delayed => {
                let (state, on) = match way_on((leg, there), stopped_ns, self.agenda.now_ns()) {
                    Some(way) => way,
                    None => (was, self.floor().send(account, market, Purpose::Order)),
                };
                let venue = self.registry.market(market).venue;
                self.exchange.lines.follow(account, venue, &on);
                self.exchange.legs.goes_on((id, at), state, on);
                self.agenda.add(on.match_ns, Due::Step(VenueStep::Arrive((id, at))));
            }
            AtVenue::Chasing | AtVenue::Held => {}
            AtVenue::Waiting | AtVenue::Resting | AtVenue::Done => {
                self.exchange.wait(market, account, self.rules.params(), (id, at));
                if unheard {
                    let known_ns = known_ns.saturating_add(self.agenda.now_ns() - stopped_ns);
                    let ack = VenueReport { leg: (id, at), told: Told::Ack };
                    self.agenda.add(known_ns, Due::Report(ack));
                }
            }
        }
        match self.desk.order(id).legs.get(at).and_then(|leg| leg.reshape.as_deref()) {
            // The new form is on its way, and answered when it arrives.
            Some(form) if form.at_venue && was == AtVenue::Travelling => {}
            // The venue has taken it over, and says so again.
            Some(form) if form.at_venue => {
                self.agenda.add(
                    self.agenda.now_ns(),
                    Due::Report(VenueReport { leg: (id, at), told: Told::Amended }),
                );
            }
            Some(_) => self.ask_again(VenueRequest::Amend((id, at))),
            None => {}
        }
        if let Some(reason) = cancelling
            && !mutant!("restart_forgets_cancels")
        {
            self.ask_again(VenueRequest::Cancel((id, at), reason));
        }
    }

    fn ask_again(&mut self, request: VenueRequest) {
        self.floor().receive(request);
        self.take_steps();
    }
}

/// True of a leg that is on its way, or whose venue did something with it that nobody knows yet:
/// that is forgotten with the process.
fn is_under_way(leg: &Leg, there: &VenueLeg) -> bool {
    let replaces = leg.reshape.as_ref().is_some_and(|form| form.at_venue);
    let unheard = leg.state == LegState::InFlight;
    match there.state {
        _ if leg.held => false,
        AtVenue::Travelling | AtVenue::Delayed => true,
        AtVenue::Waiting | AtVenue::Resting => unheard && replaces,
        AtVenue::Chasing | AtVenue::Done => unheard,
        AtVenue::Held => false,
    }
}

/// A leg on its way has as far to go as it had when the process ended: messages keep their order,
/// and no restart makes one younger. One that had come without its client knowing comes again
/// before all of these, right after the books that the process begins with. `None`: it had not left, as the cancel of the order that it replaces was
/// on its way back.
fn way_on(
    (leg, there): (&Leg, &VenueLeg),
    stopped_ns: i64,
    now_ns: i64,
) -> Option<(AtVenue, Transit)> {
    let transit = there.transit;
    let later = transit.later_by(now_ns.saturating_sub(stopped_ns));
    match there.state {
        AtVenue::Travelling if transit.match_ns < stopped_ns => None,
        AtVenue::Travelling => Some((AtVenue::Travelling, later)),
        AtVenue::Delayed if leg.state != LegState::InFlight => Some((AtVenue::Delayed, later)),
        _ => {
            let came_ns = transit.match_ns.saturating_sub(transit.taker_delay_ns);
            let again = transit.later_by(now_ns.saturating_sub(came_ns));
            let match_ns = now_ns.saturating_add(1);
            let on = Transit { match_ns, taker_delay_ns: 0, ..again };
            Some((AtVenue::Travelling, on))
        }
    }
}
