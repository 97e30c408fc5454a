//! What goes on after a restart: timers, and messages that were on their way.

use std::collections::BTreeSet;

use crate::engine::VenueLeg;
use crate::engine::agenda::{Agenda, Due};
use crate::engine::desk::Desk;
use crate::engine::exchange::Exchange;
use crate::engine::exchange::arrive::CHASE_INTERVAL_NS;
use crate::engine::rules::Rules;
use crate::engine::seam::{Cancel, LegRef, Told, VenueReport, VenueStep};
use crate::ids::{AccountId, MarketId, OrderId};
use crate::mutant;
use crate::order::{AtVenue, Leg, LegState, Policy};
use crate::registry::Registry;
use crate::sim::latency::Transit;

/// Orders go on: of the desk's to read, messages on their way to send again.
pub(in crate::engine) struct Resume<'a> {
    pub(in crate::engine) rules: &'a Rules,
    pub(in crate::engine) registry: &'a Registry,
    pub(in crate::engine) desk: &'a Desk,
    pub(in crate::engine) exchange: &'a mut Exchange,
    pub(in crate::engine) agenda: &'a mut Agenda,
    /// When the process ended.
    pub(in crate::engine) stopped_ns: i64,
}

impl Resume<'_> {
    /// Sets the timers of open orders, and what of them was on its way.
    pub(in crate::engine) fn resume_orders(&mut self) {
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
                let slices = self.stopped_ns.saturating_sub(since_ns) / CHASE_INTERVAL_NS + 1;
                let next_ns = since_ns.saturating_add(slices.saturating_mul(CHASE_INTERVAL_NS));
                self.agenda.add(next_ns, Due::Chase(id));
            }
        }
        let mut sent = Vec::new();
        for (_, _, leg) in self.legs_by_place(&open) {
            sent.extend(self.resume_leg(leg));
            sent.extend(self.resume_change(leg));
            sent.extend(self.resume_cancel(leg));
        }
        sent.sort_by_key(|message| message.sent);
        for OnItsWay { due_ns, step, .. } in sent {
            self.agenda.add(due_ns, Due::Step(step));
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

    /// A leg stands where its venue has it, or is on its way there again.
    fn resume_leg(&mut self, (id, at): LegRef) -> Option<OnItsWay> {
        let account = self.desk.order(id).spec.account;
        let leg = self.desk.order(id).legs.get(at).filter(|leg| leg.state != LegState::Done)?;
        let (market, there, now_ns) =
            (leg.market, self.exchange.leg((id, at)), self.agenda.now_ns());
        let stood_ns = now_ns.saturating_sub(self.stopped_ns);
        let unheard = leg.state == LegState::InFlight;
        let known_ns = there.transit.arrive_ns.saturating_add(there.transit.response_ns);
        let sent = (there.transit.submit_ns, Sent::Order);
        match where_now(leg, there) {
            AtVenue::Travelling | AtVenue::Delayed => {
                let Some((state, on)) = way_on((leg, there), self.stopped_ns, now_ns) else {
                    let due_ns = there.change_ns.saturating_add(stood_ns).max(now_ns);
                    return Some(OnItsWay { sent, due_ns, step: VenueStep::SendAgain((id, at)) });
                };
                self.follow((account, market), (on.arrive_ns, on.match_ns));
                self.exchange.leg_goes_on((id, at), state, on);
                return Some(OnItsWay {
                    sent,
                    due_ns: on.match_ns,
                    step: VenueStep::Arrive((id, at)),
                });
            }
            AtVenue::Chasing | AtVenue::Held => {}
            AtVenue::Waiting | AtVenue::Resting | AtVenue::Done => {
                self.exchange.wait(market, account, self.rules.params(), (id, at));
                if unheard {
                    let ack = VenueReport { leg: (id, at), told: Told::Ack };
                    self.agenda.add(known_ns.saturating_add(stood_ns), Due::Report(ack));
                }
            }
        }
        None
    }

    /// A change on its way has as far to go as before, and so has its answer.
    fn resume_change(&mut self, (id, at): LegRef) -> Option<OnItsWay> {
        let order = self.desk.order(id);
        let leg = order.legs.get(at).filter(|leg| leg.state != LegState::Done)?;
        let form = leg.reshape.as_deref()?;
        let (account, market, now_ns) = (order.spec.account, leg.market, self.agenda.now_ns());
        let stood_ns = now_ns.saturating_sub(self.stopped_ns);
        let there = self.exchange.leg((id, at));
        if !form.at_venue {
            let (sent, again) =
                ((there.again.submit_ns, Sent::Change), there.again.later_by(stood_ns));
            let due_ns = there.change_ns.saturating_add(stood_ns).max(now_ns);
            self.follow((account, market), (again.arrive_ns, again.match_ns));
            self.exchange.leg_changes_at((id, at), again, due_ns);
            return Some(OnItsWay { sent, due_ns, step: VenueStep::Amend((id, at)) });
        }
        // What travels is answered when it arrives; of the others the answer is on its way.
        if where_now(leg, there) != AtVenue::Travelling {
            let Transit { arrive_ns, match_ns, response_ns, .. } = there.transit;
            let taken_ns = if match_ns < there.change_ns { there.change_ns } else { arrive_ns };
            let known_ns = taken_ns.saturating_add(response_ns).saturating_add(stood_ns);
            let told = VenueReport { leg: (id, at), told: Told::Amended };
            self.agenda.add(known_ns.max(now_ns), Due::Report(told));
        }
        None
    }

    /// A cancel on its way has as far to go as before.
    fn resume_cancel(&mut self, (id, at): LegRef) -> Option<OnItsWay> {
        let order = self.desk.order(id);
        let leg = order.legs.get(at).filter(|leg| leg.state != LegState::Done)?;
        let reason = leg.cancelling.filter(|_| !mutant!("restart_forgets_cancels"))?;
        let (account, market, now_ns) = (order.spec.account, leg.market, self.agenda.now_ns());
        let kept = self.exchange.leg((id, at)).leaving.as_deref().copied();
        // The first version did not keep when it comes.
        let ended_ns = self.stopped_ns;
        let first = Transit { submit_ns: ended_ns, arrive_ns: ended_ns, ..Transit::default() };
        let way = kept.unwrap_or(first);
        let sent = (way.submit_ns, Sent::Cancel);
        let way = way.later_by(now_ns.saturating_sub(self.stopped_ns));
        let due_ns = way.match_ns.max(now_ns);
        self.follow((account, market), (way.arrive_ns, due_ns));
        self.exchange.leg_leaves((id, at), way);
        let step = VenueStep::Cancel((id, at), Cancel::on(&way, reason));
        Some(OnItsWay { sent, due_ns, step })
    }

    /// A message of before is on its way: none that is sent later overtakes it.
    fn follow(&mut self, (account, market): (AccountId, MarketId), times: (i64, i64)) {
        let venue = self.registry.market(market).venue;
        self.exchange.follow((account, venue), times);
    }
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sent {
    Order,
    Change,
    Cancel,
}

/// A message that goes on. Those that come at one instant are taken in the order they were sent in.
struct OnItsWay {
    sent: (i64, Sent),
    due_ns: i64,
    step: VenueStep,
}

/// Where a leg goes on from.
fn where_now(leg: &Leg, there: &VenueLeg) -> AtVenue {
    match there.state {
        _ if leg.held => AtVenue::Held,
        _ if is_under_way(leg, there) => AtVenue::Travelling,
        state => state,
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
/// before all of these, right after the books that the process begins with. `None`: it has not
/// left, as it does when the client hears that the order it replaces is gone.
fn way_on(
    (leg, there): (&Leg, &VenueLeg),
    stopped_ns: i64,
    now_ns: i64,
) -> Option<(AtVenue, Transit)> {
    let transit = there.transit;
    let later = transit.later_by(now_ns.saturating_sub(stopped_ns));
    match there.state {
        AtVenue::Travelling if transit.match_ns <= stopped_ns => None,
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
