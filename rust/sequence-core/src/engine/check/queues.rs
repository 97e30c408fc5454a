//! The laws of queues and overlays: what rests is what the venue holds, and the estimate of a queue
//! agrees with its record.

use crate::engine::Engine;
use crate::engine::exchange::market::MarketSim;
use crate::engine::exchange::world::World;
use crate::engine::seam::order_of;
use crate::ids::{AccountId, BookSide, MarketId};
use crate::order::{AtVenue, book_price, book_side};
use crate::sim::resting::Resting;
use crate::violation::Violation;

impl Engine {
    pub(in crate::engine) fn check_queues(&self, found: &mut Vec<Violation>) {
        let mut resting = 0usize;
        for (id, sim) in self.exchange.markets() {
            for (account, world) in &sim.worlds {
                self.check_world(id, *account, world, found);
                check_overlay(id, sim, world, self.agenda.now_ns(), found);
                resting += [BookSide::Bid, BookSide::Ask]
                    .iter()
                    .flat_map(|side| world.queue.levels(*side))
                    .map(|(_, view)| view.own().len())
                    .sum::<usize>();
            }
        }
        let legs = self.desk.accounts().flat_map(|(_, row)| row.open.keys());
        let held = legs
            .flat_map(|id| (0..self.desk.order(*id).legs.len()).map(|at| (*id, at)))
            .filter(|leg| self.exchange.leg(*leg).state == AtVenue::Resting)
            .count();
        if held != resting {
            found.push(Violation::new("Q1", "orders at rest", held, resting));
        }
    }

    fn check_world(
        &self,
        market: MarketId,
        account: AccountId,
        world: &World,
        found: &mut Vec<Violation>,
    ) {
        for side in [BookSide::Bid, BookSide::Ask] {
            for (price, view) in world.queue.levels(side) {
                let subject = || format!("market {} account {} at {price}", market.0, account.0);
                if view.surplus() < 0 {
                    found.push(Violation::new("Q2", subject(), "σ >= 0", view.surplus()));
                }
                let mut before: Option<&Resting> = None;
                for own in view.own().iter() {
                    check_reading(&subject(), own, found);
                    let first = before.replace(own);
                    if first.is_some_and(|first| first.seq >= own.seq) {
                        found.push(Violation::new("Q3", subject(), "first come first", own.seq));
                    }
                    let (id, at) = order_of(own.order);
                    let spec = &self.desk.order(id).spec;
                    let there = self.exchange.leg((id, at));
                    let is_leg = self.desk.order(id).legs.get(at).is_some_and(|leg| {
                        leg.market == market
                            && there.state == AtVenue::Resting
                            && there.open.0 == own.remaining
                            && book_price(leg.bound, spec.outcome) == price
                            && book_side(spec.side, spec.outcome).rests() == side
                    });
                    if !is_leg || spec.account != account {
                        found.push(Violation::new("Q1", subject(), "a leg at rest", id.0));
                    }
                }
            }
        }
    }
}

/// The three readings of one order, and the history of its place.
fn check_reading(subject: &str, own: &Resting, found: &mut Vec<Violation>) {
    if own.entry_ahead != own.ahead + own.prints_ahead + own.cancels_ahead {
        found.push(Violation::new("Q4", subject, own.entry_ahead, own.ahead));
    }
    if own.low.ahead > own.ahead || own.ahead > own.high.ahead {
        let readings = format!("{} {} {}", own.low.ahead, own.ahead, own.high.ahead);
        found.push(Violation::new("Q5", subject, "low <= ahead <= high", readings));
    }
    if own.ahead < 0 || own.remaining <= 0 {
        found.push(Violation::new("Q4", subject, "a place and a rest", own.remaining));
    }
}

/// O7: nothing taken from a level exceeds what the level shows.
fn check_overlay(
    id: MarketId,
    sim: &MarketSim,
    world: &World,
    now_ns: i64,
    found: &mut Vec<Violation>,
) {
    if !sim.market.is_live(now_ns) {
        return;
    }
    for (side, price) in world.overlay.levels() {
        let taken = world.overlay.consumed(side, price, now_ns, sim.resilience);
        let shown = sim.market.book.quantity_at(side, price);
        if taken > shown {
            found.push(Violation::new("O7", format!("market {} at {price}", id.0), shown, taken));
        }
    }
}
