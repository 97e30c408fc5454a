//! An order meets its venue: status, time in force, the walk, and what becomes of the rest.

use crate::engine::agenda::Due;
use crate::engine::bounds::{clipped, refusal_of, within};
use crate::engine::exchange::legs::VenueLeg;
use crate::engine::facts::Facts;
use crate::engine::floor::Floor;
use crate::engine::seam::{LegEnd, Onward, Reworked, Told, VenueStep};
use crate::ids::{AccountId, MarketId, OrderId, Side};
use crate::mutant;
use crate::number::{Price, Quantity};
use crate::order::{Ask, AtVenue, LegAsk, TimeInForce, book_price, book_side};
use crate::reject::{DoneReason, RejectReason};
use crate::sim::walk::{LevelTaken, Stop};

/// Pause between the slices of an order that chases the touch.
pub(in crate::engine) const CHASE_INTERVAL_NS: i64 = 250_000_000;

impl Floor<'_> {
    /// The leg meets its venue now. One that only reduces is for what it finds `reducible`.
    pub(super) fn arrive(&mut self, id: OrderId, at: usize, reducible: Option<Quantity>) {
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let there = self.exchange.leg((id, at));
        let first = match there.state {
            AtVenue::Travelling => true,
            AtVenue::Delayed => false,
            _ => return,
        };
        let venue_ns = there.transit.arrive_ns;
        let status = self.exchange.markets[leg.market()].market.status(self.agenda.now_ns());
        if let Some((reason, text)) = refusal_of(self.asked.terms(id), status) {
            return self.end_at_venue(id, at, LegEnd::Rejected(reason, text), venue_ns);
        }
        if let Some(room) = reducible {
            match clipped(self.asked.terms(id), there.open, room) {
                Ok(open) => self.clip_to(id, at, open),
                Err((reason, text)) => {
                    return self.end_at_venue(id, at, LegEnd::Rejected(reason, text), venue_ns);
                }
            }
        }
        if first {
            let replaces = self.asked.leg((id, at)).is_some_and(LegAsk::replaces);
            let answer = if replaces { Told::Amended } else { Told::Ack };
            self.answer(id, at, answer, venue_ns);
            self.post.onward = Some(Onward::Meet((id, at)));
        } else if status.is_live() {
            self.meet_book(id, at);
        } else {
            self.rest(id, at, true);
        }
    }

    /// The client knows that it is there: it meets the book, now or after a delay, or waits for one.
    pub(super) fn enter(&mut self, id: OrderId, at: usize) {
        let Some(leg) = self.asked.leg((id, at)) else { return };
        if let Some(end) = self.decided_end(id) {
            let arrive_ns = self.exchange.leg((id, at)).transit.arrive_ns;
            return self.end_at_venue(id, at, end, arrive_ns);
        }
        let market = &self.exchange.markets[leg.market()].market;
        if !market.is_live(self.agenda.now_ns()) {
            self.rest(id, at, true);
        } else if !self.is_delayed(id, at) {
            self.meet_book(id, at);
        }
    }

    /// A reduce-only leg is for what is open when it arrives, and for no more.
    fn clip_to(&mut self, id: OrderId, at: usize, open: Quantity) {
        let there = self.exchange.legs.at((id, at));
        if open < there.open {
            let by = Quantity(there.open.0 - open.0);
            there.open = open;
            self.post.reworked.push(((id, at), Reworked::Clipped(by)));
        }
    }

    /// Starts the market's delay for takers when the leg would take now.
    fn is_delayed(&mut self, id: OrderId, at: usize) -> bool {
        let terms = self.asked.terms(id);
        let Some(leg) = self.asked.leg((id, at)) else { return false };
        let delay_ns = self.registry.market(leg.market()).taker_delay_ns;
        if delay_ns == 0 || !self.rules.params().venue_rules {
            return false;
        }
        if self.facts().takeable(terms, leg.market(), leg.bound()).is_none()
            || self.facts().refused_by_book(terms, leg, self.exchange.leg((id, at))).is_some()
        {
            return false;
        }
        let due = self.agenda.now_ns().saturating_add(delay_ns);
        let there = self.exchange.legs.at((id, at));
        there.state = AtVenue::Delayed;
        there.transit.taker_delay_ns = delay_ns;
        there.transit.match_ns = due;
        self.agenda.add(due, Due::Step(VenueStep::Arrive((id, at))));
        true
    }
}

impl Facts<'_> {
    /// Post-only, fill-or-kill and empty-book rules, judged before anything trades.
    pub(in crate::engine) fn refused_by_book(
        &self,
        terms: Ask<'_>,
        leg: LegAsk<'_>,
        there: &VenueLeg,
    ) -> Option<LegEnd> {
        match terms.tif() {
            TimeInForce::PostOnly
                if self.would_cross(terms, leg.market(), leg.bound())
                    && !mutant!("post_only_takes") =>
            {
                Some(LegEnd::Rejected(RejectReason::ExchangeReject, "post-only would cross"))
            }
            TimeInForce::Fok if !self.fills_whole(terms, leg, there) && !mutant!("fok_in_part") => {
                Some(LegEnd::Rejected(RejectReason::ExchangeReject, "FOK: cannot fill in full"))
            }
            _ if terms.is_market() && there.matched.0 == 0 => {
                let opposite = book_side(terms.side(), terms.outcome()).takes();
                let empty = self.exchange.markets[leg.market()].market.best(opposite).is_none();
                empty.then_some(LegEnd::Rejected(
                    RejectReason::ExchangeReject,
                    "the opposite side is empty",
                ))
            }
            _ => None,
        }
    }

    /// True when a walk would fill the leg, own orders that would be cancelled not in the way.
    fn fills_whole(&self, terms: Ask<'_>, leg: LegAsk<'_>, there: &VenueLeg) -> bool {
        let own = self.stopping_own(terms, leg.market(), leg.bound());
        let shift = self.shift_of(terms, leg);
        self.plan_past(terms, (leg, there.open), (own, shift), &mut Vec::new()) == Stop::Filled
    }

    /// Whether an order at this price would take in a market, or meet an own order there.
    pub(in crate::engine) fn would_cross(
        &self,
        terms: Ask<'_>,
        market: MarketId,
        bound: Price,
    ) -> bool {
        self.exchange.markets[market].market.is_live(self.now_ns)
            && (self.takeable(terms, market, bound).is_some()
                || self.own_within(terms, market, bound).is_some())
    }

    /// Best price displayed inside a bound, own orders not in the way. Own impact does not count:
    /// it moves what a taker pays, not where the market stands.
    fn takeable(&self, terms: Ask<'_>, market: MarketId, bound: Price) -> Option<Price> {
        let taker = book_side(terms.side(), terms.outcome());
        let offers = self.offers_shifted(terms.account(), market, taker, 0);
        let first = offers.into_iter().find(|offer| offer.available().0 > 0)?;
        let own = book_price(first.recorded, terms.outcome());
        within(terms.side(), own, bound).then_some(own)
    }

    /// The own order that stops a plan; none where it would be cancelled out of the way.
    pub(in crate::engine) fn stopping_own(
        &self,
        terms: Ask<'_>,
        market: MarketId,
        bound: Price,
    ) -> Option<Price> {
        self.own_within(terms, market, bound).filter(|_| !self.own_orders_yield(terms))
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
    pub(super) fn offers_shifted(
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
            consumed_before: sim.consumed(account, side, level.price, self.now_ns),
            taken: Quantity::ZERO,
            index: None,
        })
    }

    /// Price in the book of the nearest own order this leg would trade with.
    pub(super) fn own_opposite(&self, terms: Ask<'_>, leg: LegAsk<'_>) -> Option<Price> {
        self.own_within(terms, leg.market(), leg.bound())
    }

    fn own_within(&self, terms: Ask<'_>, market: MarketId, bound: Price) -> Option<Price> {
        let side = book_side(terms.side(), terms.outcome());
        let own = self.exchange.markets[market].best_own(terms.account(), side.opposite())?;
        within(side, own, book_price(bound, terms.outcome())).then_some(own)
    }

    /// What own impact adds to the prices that a leg takes.
    pub(super) fn shift_of(&self, terms: Ask<'_>, leg: LegAsk<'_>) -> i64 {
        self.impact_shift(terms.account(), leg.market(), book_side(terms.side(), terms.outcome()))
    }

    /// How a rest that cannot wait ends.
    pub(in crate::engine) fn unfilled_end(
        &self,
        terms: Ask<'_>,
        (leg, there): (LegAsk<'_>, &VenueLeg),
        stop: Stop,
    ) -> LegEnd {
        let untouched = there.matched.0 == 0;
        match stop {
            _ if !terms.is_market() => LegEnd::Cancelled(DoneReason::IocRemainder),
            Stop::Bound if untouched && !self.displays_inside(terms, leg) => LegEnd::Rejected(
                RejectReason::PriceDeviation,
                "every displayed price lies beyond the protection price",
            ),
            Stop::Bound => LegEnd::Cancelled(DoneReason::SlippageCap),
            Stop::Levels => LegEnd::Cancelled(DoneReason::MaxLevels),
            _ => LegEnd::Cancelled(DoneReason::NoLiquidity),
        }
    }

    /// True when any displayed level lies inside the bound, whoever took it before.
    fn displays_inside(&self, terms: Ask<'_>, leg: LegAsk<'_>) -> bool {
        let opposite = book_side(terms.side(), terms.outcome()).takes();
        let best = self.exchange.markets[leg.market()].market.best(opposite);
        best.is_some_and(|level| {
            within(terms.side(), book_price(level.price, terms.outcome()), leg.bound())
        })
    }
}
