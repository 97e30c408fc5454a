//! An order meets its venue: status, time in force, the walk, and what becomes of the rest.

use crate::engine::agenda::Due;
use crate::engine::bounds::{refusal_of, within};
use crate::engine::exchange::evidence::{Bounds, Liquidity};
use crate::engine::seam::{LegEnd, Matched, Told, VenueStep, order_of};
use crate::engine::{Engine, FillCause};
use crate::ids::{AccountId, MarketId, OrderId, Side};
use crate::mutant;
use crate::number::{Price, Quantity};
use crate::order::{AtVenue, Leg, Order, OrderSpec, Policy, TimeInForce, book_price, book_side};
use crate::reject::{DoneReason, RejectReason};
use crate::sim::preset::SelfTrade;
use crate::sim::walk::{LevelTaken, Stop, WalkBounds, walk};

/// Pause between the slices of an order that chases the touch.
pub(in crate::engine) const CHASE_INTERVAL_NS: i64 = 250_000_000;

impl Engine {
    /// The leg meets its venue now.
    pub(in crate::engine) fn arrive(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.desk.order(id).legs.get(at) else { return };
        let first = match leg.there.state {
            AtVenue::Travelling => true,
            AtVenue::Delayed => false,
            _ => return,
        };
        let venue_ns = leg.there.transit.arrive_ns;
        let status = self.exchange.markets[leg.market].market.status(self.agenda.now_ns());
        if let Some((reason, text)) = refusal_of(&self.desk.order(id).spec, status) {
            return self.end_at_venue(id, at, LegEnd::Rejected(reason, text), venue_ns);
        }
        if self.has_nothing_to_reduce(id, at) {
            let text = "there is no position to reduce";
            let end = LegEnd::Rejected(RejectReason::InvalidParams, text);
            return self.end_at_venue(id, at, end, venue_ns);
        }
        self.clip_to_position(id, at);
        if first {
            let leg = self.desk.order(id).legs.get(at);
            let replaces =
                leg.and_then(|leg| leg.reshape.as_ref()).is_some_and(|form| form.at_venue);
            let answer = if replaces { Told::Amended } else { Told::Ack };
            self.answer(id, at, answer, venue_ns);
            self.hand_over();
            if let Some(end) = self.decided_end(id) {
                return self.end_at_venue(id, at, end, venue_ns);
            }
        }
        if !status.is_live() {
            self.rest(id, at, true);
        } else if !first || !self.is_delayed(id, at) {
            self.meet_book(id, at);
        }
    }

    /// A reduce-only leg is for what is open when it arrives, and for no more.
    fn clip_to_position(&mut self, id: OrderId, at: usize) {
        if !self.desk.order(id).spec.reduce_only {
            return;
        }
        let room = self.opposite_position(id, at);
        self.desk.clip((id, at), room);
    }

    /// Starts the market's delay for takers when the leg would take now.
    fn is_delayed(&mut self, id: OrderId, at: usize) -> bool {
        let order = self.desk.order(id);
        let Some(leg) = order.legs.get(at) else { return false };
        let delay_ns = self.registry.market(leg.market).taker_delay_ns;
        if delay_ns == 0 || !self.rules.params().venue_rules {
            return false;
        }
        if self.takeable(&order.spec, leg.market, leg.bound).is_none()
            || self.refused_by_book(order, leg).is_some()
        {
            return false;
        }
        let due = self.agenda.now_ns().saturating_add(delay_ns);
        if let Some(there) = self.desk.there((id, at)) {
            there.state = AtVenue::Delayed;
            there.transit.taker_delay_ns = delay_ns;
            there.transit.match_ns = due;
        }
        self.agenda.add(due, Due::Step(VenueStep::Arrive((id, at))));
        true
    }

    /// The leg meets a live book: it takes what it may, and the rest rests or ends.
    pub(in crate::engine) fn meet_book(&mut self, id: OrderId, at: usize) {
        let venue_ns = self.venue_ns(id, at);
        let order = self.desk.order(id);
        let refused = order.legs.get(at).and_then(|leg| self.refused_by_book(order, leg));
        if let Some(end) = refused {
            return self.end_at_venue(id, at, end, venue_ns);
        }
        if self.rules.params().stp == SelfTrade::CancelOldest {
            while self.meets_itself(id, at) && self.cancel_own_opposite(id, at) {}
        }
        let stop = self.walk(id, at);
        if stop == Stop::Filled {
            return;
        }
        if self.desk.order(id).spec.policy == Policy::AggressiveChase && stop != Stop::SelfTrade {
            return self.keep_chasing(id, at);
        }
        match stop {
            Stop::SelfTrade => {
                if self.rules.params().stp == SelfTrade::CancelBoth {
                    self.cancel_own_opposite(id, at);
                }
                let end = LegEnd::Cancelled(DoneReason::SelfTrade);
                self.end_at_venue(id, at, end, venue_ns);
            }
            _ if self.desk.order(id).spec.rests() => self.rest(id, at, false),
            _ => {
                let order = self.desk.order(id);
                let Some(leg) = order.legs.get(at) else { return };
                let end = self.unfilled_end(order, leg, stop);
                self.end_at_venue(id, at, end, venue_ns);
            }
        }
    }

    /// Venue time of what happens to a leg at this moment: its arrival, or now less the feed delay.
    fn venue_ns(&self, id: OrderId, at: usize) -> i64 {
        self.desk.order(id).legs.get(at).map_or(self.agenda.now_ns(), |leg| {
            leg.there
                .transit
                .arrive_ns
                .max(self.agenda.now_ns().saturating_sub(leg.there.transit.feed_ns))
        })
    }

    /// Post-only, fill-or-kill and empty-book rules, judged before anything trades.
    pub(in crate::engine) fn refused_by_book(&self, order: &Order, leg: &Leg) -> Option<LegEnd> {
        match order.spec.tif {
            TimeInForce::PostOnly
                if self.would_cross(&order.spec, leg.market, leg.bound)
                    && !mutant!("post_only_takes") =>
            {
                Some(LegEnd::Rejected(RejectReason::ExchangeReject, "post-only would cross"))
            }
            TimeInForce::Fok if !self.fills_whole(&order.spec, leg) && !mutant!("fok_in_part") => {
                Some(LegEnd::Rejected(RejectReason::ExchangeReject, "FOK: cannot fill in full"))
            }
            _ if order.spec.is_market && leg.there.open == leg.qty => {
                let opposite = book_side(order.spec.side, order.spec.outcome).takes();
                let empty = self.exchange.markets[leg.market].market.best(opposite).is_none();
                empty.then_some(LegEnd::Rejected(
                    RejectReason::ExchangeReject,
                    "the opposite side is empty",
                ))
            }
            _ => None,
        }
    }

    /// True when a walk would fill the leg, own orders that would be cancelled not in the way.
    fn fills_whole(&self, spec: &OrderSpec, leg: &Leg) -> bool {
        let own = self.stopping_own(spec, leg);
        let shift = self.shift_of(spec, leg);
        self.plan_past(spec, leg, (own, shift), &mut Vec::new()) == Stop::Filled
    }

    /// Whether an order at this price would take in a market, or meet an own order there.
    pub(in crate::engine) fn would_cross(
        &self,
        spec: &OrderSpec,
        market: MarketId,
        bound: Price,
    ) -> bool {
        self.exchange.markets[market].market.is_live(self.agenda.now_ns())
            && (self.takeable(spec, market, bound).is_some()
                || self.own_within(spec, market, bound).is_some())
    }

    /// Best price displayed inside a bound, own orders not in the way. Own impact does not count:
    /// it moves what a taker pays, not where the market stands.
    fn takeable(&self, spec: &OrderSpec, market: MarketId, bound: Price) -> Option<Price> {
        let taker = book_side(spec.side, spec.outcome);
        let offers = self.offers_shifted(spec.account, market, taker, 0);
        let first = offers.into_iter().find(|offer| offer.available().0 > 0)?;
        let own = book_price(first.recorded, spec.outcome);
        within(spec.side, own, bound).then_some(own)
    }

    /// The own order that stops a plan; none where it would be cancelled out of the way.
    fn stopping_own(&self, spec: &OrderSpec, leg: &Leg) -> Option<Price> {
        let in_the_way = self.rules.params().stp != SelfTrade::CancelOldest;
        self.own_opposite(spec, leg).filter(|_| in_the_way)
    }

    fn meets_itself(&self, id: OrderId, at: usize) -> bool {
        let order = self.desk.order(id);
        let leg = order.legs.get(at);
        leg.is_some_and(|leg| self.plan_walk(&order.spec, leg, &mut Vec::new()) == Stop::SelfTrade)
    }

    /// Cancels the own resting order that the leg reaches first; false when there is none.
    fn cancel_own_opposite(&mut self, id: OrderId, at: usize) -> bool {
        let spec = &self.desk.order(id).spec;
        let rests_on = book_side(spec.side, spec.outcome).takes();
        let Some(leg) = self.desk.order(id).legs.get(at) else { return false };
        let world = self.exchange.markets[leg.market].worlds.get(&spec.account);
        let nearest = world.and_then(|world| world.queue.levels(rests_on).next());
        let oldest = nearest.and_then(|(_, view)| view.own().first().map(|own| own.order));
        let Some((own, leg)) = oldest.map(order_of) else { return false };
        let venue_ns = self.venue_ns(id, at);
        self.end_at_venue(own, leg, LegEnd::Cancelled(DoneReason::SelfTrade), venue_ns);
        true
    }

    /// Levels an account meets as a taker, best first, at the prices its own impact leaves.
    pub(in crate::engine) fn offers(
        &self,
        account: AccountId,
        market: MarketId,
        taker: Side,
    ) -> impl Iterator<Item = LevelTaken> + '_ {
        let shift = self.impact_shift(account, market, taker);
        self.offers_shifted(account, market, taker, shift)
    }

    /// The same with what own impact adds given: it takes a root for every fill that still counts.
    fn offers_shifted(
        &self,
        account: AccountId,
        market: MarketId,
        taker: Side,
        shift: i64,
    ) -> impl Iterator<Item = LevelTaken> + '_ {
        let sim = &self.exchange.markets[market];
        let side = taker.takes();
        sim.market.book.levels(side).map(move |level| LevelTaken {
            recorded: level.price,
            effective: self.shifted(market, taker, level.price, shift),
            displayed: level.quantity,
            printed: if mutant!("taker_ignores_prints") {
                Quantity::ZERO
            } else {
                sim.tracker.printed(side, level.price)
            },
            consumed_before: sim.consumed(account, side, level.price, self.agenda.now_ns()),
            taken: Quantity::ZERO,
        })
    }

    /// Price in the book of the nearest own order this leg would trade with.
    fn own_opposite(&self, spec: &OrderSpec, leg: &Leg) -> Option<Price> {
        self.own_within(spec, leg.market, leg.bound)
    }

    fn own_within(&self, spec: &OrderSpec, market: MarketId, bound: Price) -> Option<Price> {
        let side = book_side(spec.side, spec.outcome);
        let own = self.exchange.markets[market].best_own(spec.account, side.opposite())?;
        within(side, own, book_price(bound, spec.outcome)).then_some(own)
    }

    /// Takes displayed size level by level, best first, inside the bound (simulation, 3.2).
    pub(in crate::engine) fn walk(&mut self, id: OrderId, at: usize) -> Stop {
        let Some(leg) = self.desk.order(id).legs.get(at) else { return Stop::Filled };
        let spec = &self.desk.order(id).spec;
        let (account, outcome, side) = (spec.account, spec.outcome, spec.side);
        let (market, reference, bound, cap) = (leg.market, leg.reference, leg.bound, leg.cap);
        let (taker, limit) = (book_side(side, outcome), !spec.is_market);
        let shift = self.shift_of(spec, leg);
        let mut takes = std::mem::take(&mut self.exchange.takes);
        let own = self.own_opposite(spec, leg);
        let planned = self.plan_past(spec, leg, (own, shift), &mut takes);
        let stop = self.halved((id, at), &mut takes, planned);
        let filled: i64 = takes.iter().map(|take| take.taken.0).sum();
        if filled > 0 {
            self.exchange.markets[market].world(account, self.rules.params());
            self.add_impact(account, market, taker, Quantity(filled));
        }
        let venue_ns = self.venue_ns(id, at);
        for take in takes.drain(..) {
            // A fill that its client could not book ended the leg: nothing more is taken.
            let leg = self.desk.order(id).legs.get(at);
            if leg.is_none_or(|leg| leg.there.state == AtVenue::Done) {
                break;
            }
            let now = self.agenda.now_ns();
            if !mutant!("level_used_twice") {
                let sim = &mut self.exchange.markets[market];
                sim.consume(account, taker.takes(), take.recorded, take.taken, now);
            }
            let bounds = Bounds { limit: limit.then_some(bound), cap, reference, shift };
            let evidence = self.evidence(id, at, Liquidity::Taker(take, bounds));
            let price = book_price(take.effective, outcome);
            let liquidation = self.desk.is_liquidation(id);
            let cause = if liquidation { FillCause::Liquidation } else { FillCause::Walk };
            let matched = Matched { price, quantity: take.taken, cause, evidence };
            self.match_leg(id, at, matched, venue_ns);
            self.hand_over();
        }
        self.exchange.takes = takes;
        self.hand_over();
        let done =
            self.desk.order(id).legs.get(at).is_none_or(|leg| leg.there.state == AtVenue::Done);
        if done { Stop::Filled } else { stop }
    }

    /// What a walk would take now, added to `takes`, and why it would stop.
    pub(in crate::engine) fn plan_walk(
        &self,
        spec: &OrderSpec,
        leg: &Leg,
        takes: &mut Vec<LevelTaken>,
    ) -> Stop {
        let (own, shift) = (self.own_opposite(spec, leg), self.shift_of(spec, leg));
        self.plan_past(spec, leg, (own, shift), takes)
    }

    /// The same with the own order that stands in the way, and own impact, given.
    fn plan_past(
        &self,
        spec: &OrderSpec,
        leg: &Leg,
        (own, shift): (Option<Price>, i64),
        takes: &mut Vec<LevelTaken>,
    ) -> Stop {
        let taker = book_side(spec.side, spec.outcome);
        let bounds = WalkBounds {
            taker,
            cap: book_price(leg.cap, spec.outcome),
            own: own.filter(|_| !mutant!("trades_with_itself")),
            max_levels: usize::try_from(self.rules.params().max_levels).unwrap_or(usize::MAX),
            one_level: spec.policy == Policy::AggressiveChase,
            fill_quantum: self.registry.market(leg.market).grid.order_lot(),
        };
        let offers = self.offers_shifted(spec.account, leg.market, taker, shift);
        walk(offers, leg.there.open, &bounds, takes)
    }

    /// What own impact adds to the prices that a leg takes.
    fn shift_of(&self, spec: &OrderSpec, leg: &Leg) -> i64 {
        self.impact_shift(spec.account, leg.market, book_side(spec.side, spec.outcome))
    }

    /// How a rest that cannot wait ends.
    pub(in crate::engine) fn unfilled_end(&self, order: &Order, leg: &Leg, stop: Stop) -> LegEnd {
        let untouched = leg.there.open == leg.qty;
        match stop {
            _ if !order.spec.is_market => LegEnd::Cancelled(DoneReason::IocRemainder),
            Stop::Bound if untouched && !self.displays_inside(&order.spec, leg) => {
                LegEnd::Rejected(
                    RejectReason::PriceDeviation,
                    "every displayed price lies beyond the protection price",
                )
            }
            Stop::Bound => LegEnd::Cancelled(DoneReason::SlippageCap),
            Stop::Levels => LegEnd::Cancelled(DoneReason::MaxLevels),
            _ => LegEnd::Cancelled(DoneReason::NoLiquidity),
        }
    }

    /// True when any displayed level lies inside the bound, whoever took it before.
    fn displays_inside(&self, spec: &OrderSpec, leg: &Leg) -> bool {
        let opposite = book_side(spec.side, spec.outcome).takes();
        let best = self.exchange.markets[leg.market].market.best(opposite);
        best.is_some_and(|level| {
            within(spec.side, book_price(level.price, spec.outcome), leg.bound)
        })
    }

    /// An order that chases waits for its next slice, unless the market left its bound.
    fn keep_chasing(&mut self, id: OrderId, at: usize) {
        let spec = &self.desk.order(id).spec;
        let (side, outcome) = (spec.side, spec.outcome);
        let Some(leg) = self.desk.order(id).legs.get(at) else { return };
        let (market, bound) = (leg.market, leg.bound);
        if let Some(there) = self.desk.there((id, at)) {
            there.state = AtVenue::Chasing;
        }
        let touch = self.touch_of(market, side, outcome);
        if touch.is_some_and(|touch| !within(side, touch, bound)) {
            self.end_at_venue(
                id,
                at,
                LegEnd::Cancelled(DoneReason::SlippageCap),
                self.agenda.now_ns(),
            );
        }
    }

    /// The next slice of an order that chases the touch.
    pub(in crate::engine) fn chase(&mut self, id: OrderId) {
        for at in 0..self.desk.order(id).legs.len() {
            let Some(leg) = self.desk.order(id).legs.get(at) else { continue };
            let status = self.exchange.markets[leg.market].market.status(self.agenda.now_ns());
            if leg.there.state != AtVenue::Chasing {
                continue;
            }
            if status.is_over() {
                self.end_at_venue(
                    id,
                    at,
                    LegEnd::Cancelled(DoneReason::MarketClosed),
                    self.agenda.now_ns(),
                );
            } else if refusal_of(&self.desk.order(id).spec, status).is_none() && status.is_live() {
                self.meet_book(id, at);
            }
        }
        if !self.desk.order(id).status.is_terminal() {
            self.agenda.add(self.agenda.now_ns().saturating_add(CHASE_INTERVAL_NS), Due::Chase(id));
        }
    }
}
