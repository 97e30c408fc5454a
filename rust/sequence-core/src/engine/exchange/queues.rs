//! What market data does to orders: queues move, crossed orders fill, waiting legs meet the book.

use crate::engine::bounds::refusal_of;
use crate::engine::facts::Facts;
use crate::engine::floor::Floor;
use crate::engine::seam::{LegEnd, LegRef, Matched, Reworked, order_of, queue_key};

use crate::book::Book;
use crate::engine::exchange::message::Seen;
use crate::engine::{Liquidity, MarketSim, TapeCite};
use crate::ids::{AccountId, BookSide, MarketId, OrderId};
use crate::market::Change;
use crate::mutant;
use crate::order::{AtVenue, book_price, book_side};
use crate::reject::DoneReason;
use crate::sim::overlay::{Overlay, Resilience};
use crate::sim::queue::{Join, Print, QueueBook, QueueFill};

/// Whose resting order was reached, how, and by which message.
pub(in crate::engine) type Reached = (AccountId, QueueFill, TapeCite);

/// What a message of a live book meets.
#[derive(Debug, Default)]
pub(in crate::engine) struct Met {
    /// Whom it reaches, in the order told.
    pub(in crate::engine) reached: Vec<Reached>,
    /// Legs waited for a live book.
    pub(in crate::engine) waits: bool,
}

impl Floor<'_> {
    /// What a message of a market fills; `None` where nothing is met there now.
    pub(in crate::engine) fn meet_message(&mut self, id: MarketId) -> Option<Met> {
        let now = self.agenda.now_ns();
        let sim = &mut self.exchange.markets[id];
        let status = sim.market.status(now);
        if status.is_over() {
            sim.lose_changes();
            self.close_market(id);
            return None;
        }
        if !status.is_live() && !mutant!("fill_on_crossed_book") {
            // No fill on a book that cannot be trusted; the next good one shows what is left.
            sim.lose_changes();
            return None;
        }
        Some(sim.move_queues(now))
    }

    /// A resting order was reached: what the venue filled, on its way to the client.
    pub(in crate::engine) fn maker_fill(&mut self, id: MarketId, reached: &Reached) {
        let (account, ref fill, cite) = *reached;
        let (order, at) = order_of(fill.order);
        let cause = fill.cause;
        if cause.is_quoted() {
            // The quote gave it: it cannot be taken again.
            let quoted = match fill.side {
                BookSide::Bid => BookSide::Ask,
                BookSide::Ask => BookSide::Bid,
            };
            let now = self.agenda.now_ns();
            self.exchange.markets[id].consume(
                account,
                quoted,
                fill.evidence_price,
                fill.quantity,
                now,
            );
        }
        let outcome = self.asked.terms(order).outcome();
        let price = book_price(fill.price, outcome);
        let evidence = self.evidence(order, at, Liquidity::Maker(Box::new(*fill), cite));
        let matched = Matched { price, quantity: fill.quantity, cause, evidence };
        let feed_ns = self.exchange.leg((order, at)).transit.feed_ns;
        self.match_leg(order, at, matched, self.agenda.now_ns().saturating_sub(feed_ns));
    }

    /// Open legs of a market that is over end there.
    fn close_market(&mut self, id: MarketId) {
        for (order, at) in self.facts().legs_at(id) {
            self.end_at_venue(
                order,
                at,
                LegEnd::Cancelled(DoneReason::MarketClosed),
                self.agenda.now_ns(),
            );
        }
    }

    /// Legs that wait for a live book of a market.
    pub(in crate::engine) fn waiting_at(&self, id: MarketId) -> Vec<LegRef> {
        let worlds = self.exchange.markets[id].worlds.values();
        worlds.flat_map(|world| world.waiting.iter().copied()).collect()
    }

    /// A leg that waited for a live book meets it, if it takes such legs now.
    pub(in crate::engine) fn wake(&mut self, market: MarketId, (id, at): LegRef) {
        let terms = self.asked.terms(id);
        let status = self.exchange.markets[market].market.status(self.agenda.now_ns());
        let waits = self.exchange.leg((id, at)).state == AtVenue::Waiting;
        if waits && refusal_of(terms, status).is_none() {
            for world in self.exchange.markets[market].worlds.values_mut() {
                world.waiting.retain(|other| *other != (id, at));
            }
            self.meet_book(id, at);
        }
    }

    /// Puts what the venue holds of a leg into the queue of its price, or lets it wait there.
    pub(in crate::engine) fn rest(&mut self, id: OrderId, at: usize, waiting: bool) {
        let terms = self.asked.terms(id);
        let (account, outcome) = (terms.account(), terms.outcome());
        let side = book_side(terms.side(), outcome).rests();
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let (market, now) = (leg.market(), self.agenda.now_ns());
        let price = book_price(leg.bound(), outcome);
        self.exchange.rest_seq += 1;
        let there = self.exchange.legs.at((id, at));
        there.state = if waiting { AtVenue::Waiting } else { AtVenue::Resting };
        there.deferred |= waiting;
        there.place = self.exchange.rest_seq;
        let open = there.open;
        let params = *self.rules.params();
        let sim = &mut self.exchange.markets[market];
        let displayed = sim.market.book.quantity_at(side, price);
        let entry = sim.tracker.entry(side, price, displayed, now);
        let world = sim.world(account, &params);
        if waiting {
            world.waiting.push((id, at));
            return;
        }
        let seq = self.exchange.rest_seq;
        let join = Join { order: queue_key(id, at), side, price, quantity: open, seq, now_ns: now };
        world.queue.join(join, entry);
    }

    /// Takes a leg out of wherever its venue has it.
    pub(in crate::engine) fn leave(&mut self, id: OrderId, at: usize) {
        let terms = self.asked.terms(id);
        let (account, outcome) = (terms.account(), terms.outcome());
        let side = book_side(terms.side(), outcome).rests();
        let Some(leg) = self.asked.leg((id, at)) else { return };
        let market = leg.market();
        let price = book_price(leg.bound(), outcome);
        let there = self.exchange.legs.at((id, at));
        let was = std::mem::replace(&mut there.state, AtVenue::Done);
        if leg.is_held() {
            self.post.reworked.push(((id, at), Reworked::Withdrawn));
        }
        let Some(world) = self.exchange.markets[market].worlds.get_mut(&account) else { return };
        match was {
            AtVenue::Resting => {
                world.queue.remove(side, price, queue_key(id, at));
            }
            AtVenue::Waiting => world.waiting.retain(|waiting| *waiting != (id, at)),
            AtVenue::Travelling
            | AtVenue::Delayed
            | AtVenue::Chasing
            | AtVenue::Held
            | AtVenue::Done => {}
        }
    }
}

impl MarketSim {
    /// A message that no order meets: what follows the book goes with it all the same.
    pub(in crate::engine) fn pass_unmet(&mut self, now: i64) {
        if self.worlds.is_empty() {
            self.settle_without_worlds();
        } else if self.market.is_live(now) {
            self.move_queues(now);
        } else {
            self.lose_changes();
        }
    }

    /// Moves every queue by the message: the fills it is evidence for, and whether legs wait.
    fn move_queues(&mut self, now: i64) -> Met {
        let (changes, lost) = self.take_changes();
        let missed = self.take_missed();
        let (mut met, mut fills) = (Met::default(), Vec::new());
        // What a gap swallowed is known of the book alone, but for its prints.
        let seen_since = if lost { &missed } else { &changes };
        let (depth, policy) = (self.take_moved(), self.new_policy());
        let (book, rule) = (&self.market.book, self.resilience);
        let now_cite = self.cite_book();
        for (account, world) in &mut self.worlds {
            met.waits |= !world.waiting.is_empty();
            if let Some(policy) = &policy {
                world.queue.set_policy(policy);
            }
            follow(&mut world.overlay, &changes, lost.then_some(book), now, rule);
            if world.queue.is_empty() {
                if depth {
                    world.queue.on_message_end(now);
                }
                continue;
            }
            for seen in seen_since {
                move_queue(&mut world.queue, seen, now, &mut fills);
                met.reached.extend(fills.drain(..).map(|fill| (*account, fill, seen.cite)));
            }
            if lost {
                let overlay = &world.overlay;
                let taken = |side, price| overlay.consumed(side, price, now, rule);
                world.queue.on_resync(book, taken, now, &mut fills);
                met.reached.extend(fills.drain(..).map(|fill| (*account, fill, now_cite)));
            }
            if depth || lost {
                world.queue.on_message_end(now);
            }
        }
        self.return_changes(changes);
        met
    }
}

impl Facts<'_> {
    /// Every leg a market's venue holds, by account and then order.
    fn legs_at(&self, id: MarketId) -> Vec<(OrderId, usize)> {
        let mut legs = Vec::new();
        for world in self.exchange.markets[id].worlds.values() {
            legs.extend(world.waiting.iter().copied());
            for side in [BookSide::Bid, BookSide::Ask] {
                for (_, view) in world.queue.levels(side) {
                    legs.extend(view.own().iter().map(|own| order_of(own.order)));
                }
            }
        }
        legs
    }
}

/// What a message does to what an account took: a level cannot hold more than it shows.
fn follow(
    overlay: &mut Overlay,
    changes: &[Seen],
    rebuilt: Option<&Book>,
    now_ns: i64,
    rule: Resilience,
) {
    if overlay.is_empty() {
        return;
    }
    if let Some(book) = rebuilt {
        return overlay.retain_levels(|side, price| book.quantity_at(side, price), now_ns, rule);
    }
    for seen in changes {
        if let Change::Level { side, price, after, .. } = seen.change {
            overlay.on_level(side, price, after, now_ns, rule);
        }
    }
}

/// What one change of the market does to an account's queue.
fn move_queue(queue: &mut QueueBook, seen: &Seen, now_ns: i64, fills: &mut Vec<QueueFill>) {
    match seen.change {
        Change::Level { side, price, before, after } => {
            queue.on_level(side, price, (before, after), seen.count, now_ns, fills);
        }
        Change::Print { side, price, quantity, .. } => {
            let print = Print { hit: side, price, quantity, external: quantity };
            queue.on_print(print, now_ns, fills);
        }
        Change::SnapshotBegun | Change::SnapshotEnded | Change::Status(_) | Change::None => {}
    }
}
