//! A leg meets a live book: what it may take, level by level, and what becomes of its rest.

use crate::engine::FillCause;
use crate::engine::bounds::{refusal_of, within};
use crate::engine::exchange::evidence::{Bounds, Liquidity};
use crate::engine::exchange::legs::VenueLeg;
use crate::engine::facts::Facts;
use crate::engine::floor::Floor;
use crate::engine::seam::{LegEnd, LegRef, Matched, Onward, Walk, order_of};
use crate::ids::OrderId;
use crate::mutant;
use crate::number::{Price, Quantity};
use crate::order::{Ask, AtVenue, LegAsk, book_price, book_side};
use crate::reject::DoneReason;
use crate::sim::preset::SelfTrade;
use crate::sim::walk::{LevelTaken, Stop, WalkBounds, walk};

impl Floor<'_> {
    /// The leg meets a live book: it takes what it may, and the rest rests or ends.
    pub(in crate::engine) fn meet_book(&mut self, id: OrderId, at: usize) {
        let venue_ns = self.venue_ns(id, at);
        let (terms, there) = (self.asked.terms(id), self.exchange.leg((id, at)));
        let leg = self.asked.leg((id, at));
        let refused = leg.and_then(|leg| self.facts().refused_by_book(terms, leg, there));
        if let Some(end) = refused {
            return self.end_at_venue(id, at, end, venue_ns);
        }
        if self.facts().own_orders_yield(self.asked.terms(id)) {
            while self.meets_itself(id, at) && self.cancel_own_opposite(id, at) {}
        }
        self.walk(id, at);
    }

    /// Nothing more is taken: the rest rests or ends. What a venue took by itself, it ends itself.
    fn after_walk(&mut self, id: OrderId, at: usize, stop: Stop) {
        if stop == Stop::Filled || self.asked.is_liquidation(id) {
            return;
        }
        let venue_ns = self.venue_ns(id, at);
        if self.asked.terms(id).chases() && stop != Stop::SelfTrade {
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
            _ if self.asked.terms(id).rests() => self.rest(id, at, false),
            _ => {
                let Some(leg) = self.asked.leg((id, at)) else { return };
                let (terms, there) = (self.asked.terms(id), self.exchange.leg((id, at)));
                let end = self.facts().unfilled_end(terms, (leg, there), stop);
                self.end_at_venue(id, at, end, venue_ns);
            }
        }
    }

    /// A leg that its venue made itself: it is there already, and takes what it may.
    pub(in crate::engine) fn take_at_once(&mut self, (id, at): LegRef) {
        let Some(leg) = self.asked.leg((id, at)) else { return };
        *self.exchange.legs.at((id, at)) = VenueLeg::to_send(leg.qty());
        self.walk(id, at);
    }

    /// Takes displayed size level by level, best first, inside the bound. The client
    /// hears of each fill before the next: one that it cannot book ends the leg.
    fn walk(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let terms = self.asked.terms(id);
        let (account, taker) = (terms.account(), book_side(terms.side(), terms.outcome()));
        let (market, limit) = (leg.market(), (!terms.is_market()).then_some(leg.bound()));
        let shift = self.facts().shift_of(terms, leg);
        let bounds = Bounds { limit, cap: leg.cap(), reference: leg.reference(), shift };
        let own = self.facts().own_opposite(terms, leg);
        let open = self.exchange.leg((id, at)).open;
        let mut takes = std::mem::take(&mut self.exchange.takes);
        takes.clear();
        let planned = self.facts().plan_past(terms, (leg, open), (own, shift), &mut takes);
        let stop = self.halved((id, at), &mut takes, planned);
        let filled: i64 = takes.iter().map(|take| take.taken.0).sum();
        // The nearest level is taken first, from the end.
        takes.reverse();
        self.exchange.takes = takes;
        if filled > 0 {
            self.exchange.markets[market].world(account, self.rules.params());
            self.add_impact(account, market, taker, Quantity(filled));
        }
        let walk = Walk { bounds, venue_ns: self.venue_ns(id, at), stop };
        self.post.onward = Some(Onward::Take((id, at), walk));
    }

    /// Takes the next level of a walk, as long as its leg is there.
    pub(super) fn take_level(&mut self, id: OrderId, at: usize, walk: Walk) {
        let terms = self.asked.terms(id);
        let is_there = self.exchange.leg((id, at)).state != AtVenue::Done;
        let Some(leg) = self.asked.leg((id, at)).filter(|_| is_there) else {
            return self.after_walk(id, at, Stop::Filled);
        };
        let (market, account, outcome) = (leg.market(), terms.account(), terms.outcome());
        let Some(level) = self.exchange.takes.pop() else {
            return self.after_walk(id, at, walk.stop);
        };
        if !mutant!("level_used_twice") {
            let (side, now) = (book_side(terms.side(), outcome).takes(), self.agenda.now_ns());
            let sim = &mut self.exchange.markets[market];
            sim.consume(account, side, level.recorded, level.taken, now);
        }
        let evidence = self.evidence(id, at, Liquidity::Taker(level, walk.bounds));
        let price = book_price(level.effective, outcome);
        let liquidation = self.asked.is_liquidation(id);
        let cause = if liquidation { FillCause::Liquidation } else { FillCause::Walk };
        let matched = Matched { price, quantity: level.taken, cause, evidence };
        self.match_leg(id, at, matched, walk.venue_ns);
        self.post.onward = Some(Onward::Take((id, at), walk));
    }

    /// The next slice of a leg that chases the touch.
    pub(in crate::engine) fn slice(&mut self, (id, at): LegRef) {
        if self.exchange.leg((id, at)).state != AtVenue::Chasing {
            return;
        }
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let now = self.agenda.now_ns();
        let status = self.exchange.markets[leg.market()].market.status(now);
        if status.is_over() {
            self.end_at_venue(id, at, LegEnd::Cancelled(DoneReason::MarketClosed), now);
        } else if status.is_live() && refusal_of(self.asked.terms(id), status).is_none() {
            self.meet_book(id, at);
        }
    }

    /// An order that chases waits for its next slice, unless the market left its bound.
    fn keep_chasing(&mut self, id: OrderId, at: usize) {
        let terms = self.asked.terms(id);
        let (side, outcome) = (terms.side(), terms.outcome());
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let (market, bound) = (leg.market(), leg.bound());
        self.exchange.legs.at((id, at)).state = AtVenue::Chasing;
        let touch = self.facts().touch_of(market, side, outcome);
        if touch.is_some_and(|touch| !within(side, touch, bound)) {
            self.end_at_venue(
                id,
                at,
                LegEnd::Cancelled(DoneReason::SlippageCap),
                self.agenda.now_ns(),
            );
        }
    }

    /// Cancels the own resting order that the leg reaches first; false when there is none.
    fn cancel_own_opposite(&mut self, id: OrderId, at: usize) -> bool {
        let terms = self.asked.terms(id);
        let rests_on = book_side(terms.side(), terms.outcome()).takes();
        let Some(leg) = self.asked.leg((id, at)) else { return false };
        let world = self.exchange.markets[leg.market()].worlds.get(&terms.account());
        let nearest = world.and_then(|world| world.queue.levels(rests_on).next());
        let oldest = nearest.and_then(|(_, view)| view.own().first().map(|own| own.order));
        let Some((own, leg)) = oldest.map(order_of) else { return false };
        let venue_ns = self.venue_ns(id, at);
        self.end_at_venue(own, leg, LegEnd::Cancelled(DoneReason::SelfTrade), venue_ns);
        true
    }

    fn meets_itself(&self, id: OrderId, at: usize) -> bool {
        let (terms, open) = (self.asked.terms(id), self.exchange.leg((id, at)).open);
        self.asked.leg((id, at)).is_some_and(|leg| {
            self.facts().plan_walk(terms, (leg, open), &mut Vec::new()) == Stop::SelfTrade
        })
    }

    /// Venue time of what happens to a leg at this moment: its arrival, or now less the feed delay.
    fn venue_ns(&self, id: OrderId, at: usize) -> i64 {
        let transit = &self.exchange.leg((id, at)).transit;
        transit.arrive_ns.max(self.agenda.now_ns().saturating_sub(transit.feed_ns))
    }
}

impl Facts<'_> {
    /// Whether older orders of its own that an order would meet are cancelled: where the preset says
    /// so, and for what undoes a graph, which must not end at an order that can wait.
    pub(super) fn own_orders_yield(&self, terms: Ask<'_>) -> bool {
        self.rules.params().stp == SelfTrade::CancelOldest || terms.displaces_own()
    }

    /// What a walk for what is open of a leg would take now, added to `takes`, and why it would stop.
    pub(in crate::engine) fn plan_walk(
        &self,
        terms: Ask<'_>,
        (leg, open): (LegAsk<'_>, Quantity),
        takes: &mut Vec<LevelTaken>,
    ) -> Stop {
        let (own, shift) = (self.own_opposite(terms, leg), self.shift_of(terms, leg));
        self.plan_past(terms, (leg, open), (own, shift), takes)
    }

    /// The same with the own order that stands in the way, and own impact, given.
    pub(super) fn plan_past(
        &self,
        terms: Ask<'_>,
        (leg, open): (LegAsk<'_>, Quantity),
        (own, shift): (Option<Price>, i64),
        takes: &mut Vec<LevelTaken>,
    ) -> Stop {
        let taker = book_side(terms.side(), terms.outcome());
        let bounds = WalkBounds {
            taker,
            cap: book_price(leg.cap(), terms.outcome()),
            own: own.filter(|_| !mutant!("trades_with_itself")),
            max_levels: usize::try_from(self.rules.params().max_levels).unwrap_or(usize::MAX),
            one_level: terms.chases(),
            fill_quantum: self.registry.market(leg.market()).grid.order_lot(),
        };
        let offers = self.offers_shifted(terms.account(), leg.market(), taker, shift);
        walk(offers, open, &bounds, takes)
    }
}
