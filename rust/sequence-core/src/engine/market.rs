//! What market data does to orders: queues move, crossed orders fill, waiting legs meet the book.

use super::deliver::Matched;
use super::finish::LegEnd;
use super::{Engine, FillCause};
use crate::ids::{AccountId, BookSide, MarketId, OrderId};
use crate::market::Change;
use crate::mutant;
use crate::order::{AtVenue, book_price, book_side};
use crate::reject::DoneReason;
use crate::sim::queue::{Join, Print, QueueFill};
use crate::tape::MarketEvent;

impl Engine {
    /// Applies the events of one or more venue messages.
    pub(super) fn market_message(&mut self, id: MarketId, events: &[MarketEvent]) {
        for event in events {
            self.markets[id].apply(event, self.now_ns);
            if event.is_last() {
                self.after_message(id);
            }
        }
    }

    /// A message is complete: fill what it showed, wake what waited for a live book.
    fn after_message(&mut self, id: MarketId) {
        let sim = &mut self.markets[id];
        if sim.worlds.is_empty() {
            sim.settle_without_worlds();
            return;
        }
        let status = sim.market.status(self.now_ns);
        if status.is_over() {
            sim.lose_changes();
            return self.close_market(id);
        }
        if !status.is_live() && !mutant!("fill_on_crossed_book") {
            // No fill on a book that cannot be trusted; the next good one shows what is left.
            return sim.lose_changes();
        }
        for (account, fill) in self.move_queues(id) {
            self.maker_fill(id, account, &fill);
        }
        self.wake_waiting(id);
        self.judge_margins(id);
    }

    /// Moves every queue of a market by the message, and returns the fills it is evidence for.
    fn move_queues(&mut self, id: MarketId) -> Vec<(AccountId, QueueFill)> {
        let now = self.now_ns;
        let sim = &mut self.markets[id];
        let (changes, lost) = sim.take_changes();
        let mut found = Vec::new();
        let mut fills = Vec::new();
        let depth = changes.iter().any(|(change, _)| matches!(change, Change::Level { .. }));
        for (account, world) in &mut sim.worlds {
            if world.queue.is_empty() {
                if depth {
                    world.queue.on_message_end(now);
                }
                continue;
            }
            if lost {
                world.queue.on_resync(&sim.market.book, now, &mut fills);
            }
            for (change, count) in changes.iter().filter(|_| !lost) {
                match *change {
                    Change::Level { side, price, before, after } => {
                        let sizes = (before, after);
                        world.queue.on_level(side, price, sizes, *count, now, &mut fills);
                    }
                    Change::Print { side, price, quantity, .. } => {
                        let print = Print { hit: side, price, quantity, external: quantity };
                        world.queue.on_print(print, now, &mut fills);
                    }
                    Change::SnapshotBegun
                    | Change::SnapshotEnded
                    | Change::Status(_)
                    | Change::None => {}
                }
            }
            if depth || lost {
                world.queue.on_message_end(now);
            }
            found.extend(fills.drain(..).map(|fill| (*account, fill)));
        }
        sim.return_changes(changes);
        found
    }

    /// A resting order was reached: what the venue filled, on its way to the client.
    fn maker_fill(&mut self, id: MarketId, account: AccountId, fill: &QueueFill) {
        let (order, at) = order_of(fill.order);
        let cause = match fill.cause {
            crate::sim::queue::FillCause::Queue => FillCause::Queue,
            crate::sim::queue::FillCause::Through => FillCause::Through,
            crate::sim::queue::FillCause::ResyncCross => FillCause::ResyncCross,
            _ => FillCause::Crossing,
        };
        if matches!(cause, FillCause::Crossing | FillCause::ResyncCross) {
            // The quote gave it: it cannot be taken again.
            let quoted = match fill.side {
                BookSide::Bid => BookSide::Ask,
                BookSide::Ask => BookSide::Bid,
            };
            let now = self.now_ns;
            self.markets[id].consume(account, quoted, fill.evidence_price, fill.quantity, now);
        }
        let outcome = self.orders[order].spec.outcome;
        let price = book_price(fill.price, outcome);
        let evidence = self.maker_evidence(id, account, fill);
        let matched = Matched { price, quantity: fill.quantity, cause, evidence };
        let transit = self.orders[order].legs.get(at).map(|leg| leg.transit).unwrap_or_default();
        self.match_leg(order, at, matched, self.now_ns.saturating_sub(transit.feed_ns));
    }

    /// Open legs of a market that is over end there.
    fn close_market(&mut self, id: MarketId) {
        for (order, at) in self.legs_at(id) {
            self.end_at_venue(order, at, LegEnd::Cancelled(DoneReason::MarketClosed));
        }
    }

    /// Every leg a market's venue holds, by account and then order.
    fn legs_at(&self, id: MarketId) -> Vec<(OrderId, usize)> {
        let mut legs = Vec::new();
        for world in self.markets[id].worlds.values() {
            legs.extend(world.waiting.iter().copied());
            for side in [BookSide::Bid, BookSide::Ask] {
                for (_, view) in world.queue.levels(side) {
                    legs.extend(view.own().iter().map(|own| order_of(own.order)));
                }
            }
        }
        legs
    }

    fn wake_waiting(&mut self, id: MarketId) {
        let mut woken: Vec<(OrderId, usize)> = Vec::new();
        for world in self.markets[id].worlds.values_mut() {
            woken.append(&mut world.waiting);
        }
        for (order, at) in woken {
            self.meet_book(order, at);
        }
    }

    /// Puts what the venue holds of a leg into the queue of its price, or lets it wait there.
    pub(super) fn rest(&mut self, id: OrderId, at: usize, waiting: bool) {
        let spec = &self.orders[id].spec;
        let (account, outcome) = (spec.account, spec.outcome);
        let side = book_side(spec.side, outcome).rests();
        let Some(leg) = self.orders[id].legs.get_mut(at) else { return };
        let (market, open, now) = (leg.market, leg.open, self.now_ns);
        let price = book_price(leg.bound, outcome);
        leg.at_venue = if waiting { AtVenue::Waiting } else { AtVenue::Resting };
        self.rest_seq += 1;
        let params = self.params;
        let sim = &mut self.markets[market];
        let displayed = sim.market.book.quantity_at(side, price);
        let entry = sim.tracker.entry(side, price, displayed, now);
        let world = sim.world(account, &params);
        if waiting {
            world.waiting.push((id, at));
            return;
        }
        let seq = self.rest_seq;
        let join = Join { order: queue_key(id, at), side, price, quantity: open, seq, now_ns: now };
        world.queue.join(join, entry);
    }

    /// Takes a leg out of wherever its venue has it.
    pub(super) fn leave(&mut self, id: OrderId, at: usize) {
        let spec = &self.orders[id].spec;
        let (account, outcome) = (spec.account, spec.outcome);
        let side = book_side(spec.side, outcome).rests();
        let Some(leg) = self.orders[id].legs.get_mut(at) else { return };
        let (market, was) = (leg.market, leg.at_venue);
        let price = book_price(leg.bound, outcome);
        leg.at_venue = AtVenue::Done;
        let Some(world) = self.markets[market].worlds.get_mut(&account) else { return };
        match was {
            AtVenue::Resting => {
                world.queue.remove(side, price, queue_key(id, at));
            }
            AtVenue::Waiting => world.waiting.retain(|waiting| *waiting != (id, at)),
            AtVenue::Travelling | AtVenue::Chasing | AtVenue::Done => {}
        }
    }
}

/// The key of a leg in its queue. An order has fewer than 256 legs: one per venue.
pub(super) fn queue_key(order: OrderId, leg: usize) -> u64 {
    u64::from(order.0) << 8 | (leg as u64 & 0xFF)
}

/// The leg of a key.
pub(super) fn order_of(key: u64) -> (OrderId, usize) {
    (OrderId(u32::try_from(key >> 8).unwrap_or(u32::MAX)), (key & 0xFF) as usize)
}
