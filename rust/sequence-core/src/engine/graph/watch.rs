//! Prices that graphs look at: triggers that wait for one, and orders that follow one.

use std::collections::BTreeSet;

use super::Work;
use super::price::Look;
use super::react::NO_FILL;
use super::run::Want;
use crate::engine::exchange::arrive::CHASE_INTERVAL_NS;
use crate::graph::{Distance, OrderType, Peg, PegTo, TrailTrigger, Trigger};
use crate::ids::{Side, SymbolId};
use crate::number::{Price, mul_div_ceil};

impl Work<'_> {
    /// A book of a symbol changed: edges, pegs and the loss limit look at it.
    pub(super) fn look_at_symbol(&mut self, symbol: SymbolId) {
        for at in self.run.waits.looking_at(symbol) {
            if self.run.edges[at].looks() {
                self.look(at);
            }
        }
        for at in self.run.waits.pegged_to(symbol) {
            self.follow_peg(at);
        }
        self.marks_moved();
        self.unpark();
    }

    /// One edge that is armed looks at its price.
    pub(super) fn look(&mut self, at: usize) {
        let target = &self.run.nodes[self.run.edges[at].to];
        let (symbol, outcome) = (target.symbol, target.outcome);
        let reached = match self.run.edges[at].spec.trigger {
            Trigger::Price(wait) => {
                let look = Look { symbol, outcome, venue: wait.venue };
                let Some(price) = self.reference(look, wait.reference) else { return };
                if wait.above { price >= wait.price } else { price <= wait.price }
            }
            Trigger::Trail(trail) => {
                let look = Look { symbol, outcome, venue: trail.venue };
                let Some(price) = self.reference(look, trail.reference) else { return };
                self.run.edges[at].best = best_of(&trail, self.run.edges[at].best, price);
                self.run.edges[at].best.is_some_and(|best| has_come_back(&trail, best, price))
            }
            // It came; no book said whether its condition held.
            _ => true,
        };
        if reached {
            self.fire(at, NO_FILL);
        }
    }

    /// What a pegged order of a node would cost now; `None` while no live book says it.
    pub(super) fn pegged(&self, at: usize, peg: Peg) -> Option<Price> {
        let node = &self.run.nodes[at];
        let look = Look { venue: node.spec.venue, ..self.look_of(at) };
        let (bid, ask) = self.live_sides(look)?;
        let from = match peg.to {
            PegTo::Bid => bid,
            PegTo::Ask => ask,
            PegTo::Mid => Price(bid.0.midpoint(ask.0)),
        };
        let wanted = Price(from.0.checked_add(peg.offset)?.max(1));
        let within = match (peg.limit, node.spec.side) {
            (None, _) => wanted,
            (Some(limit), Side::Buy) => wanted.min(limit),
            (Some(limit), Side::Sell) => wanted.max(limit),
        };
        let market = *self.markets_of(at).first()?;
        let grid = self.engine.registry.market(market).grid_of(node.outcome);
        grid.passive(node.spec.side, within)
    }

    /// A pegged order follows its reference: by a tick at least, and not too often.
    pub(super) fn follow_peg(&mut self, at: usize) {
        let node = &self.run.nodes[at];
        let OrderType::Peg(peg) = node.spec.order_type else { return };
        let (Some(id), Some(price)) = (node.open.last().copied(), self.pegged(at, peg)) else {
            self.run.nodes[at].due_ns = None;
            return;
        };
        let now = self.engine.agenda.now_ns();
        let next_ns = node.priced_ns.saturating_add(CHASE_INTERVAL_NS);
        let order = self.engine.desk.order(id);
        let still = order.limit == Some(price) || order.amending.is_some() || node.barred;
        let node = &mut self.run.nodes[at];
        node.due_ns = None;
        if still || self.run.paused {
            return;
        }
        if now < next_ns {
            node.due_ns = Some(next_ns);
            return;
        }
        node.priced_ns = now;
        self.run.wants.push_back(Want::Price(id, price));
    }

    /// Notes which symbols the graph looks at from here on, when that changed.
    pub(super) fn watch(&mut self) {
        let changed = self.run.waits.has_changed();
        if !std::mem::take(&mut self.run.looks_elsewhere) && !changed {
            return;
        }
        let mut sets = [BTreeSet::new(), BTreeSet::new()];
        if !self.run.status.is_terminal() {
            let [mut prices, marks, trades] = self.run.waits.symbols();
            if self.counts_losses() {
                prices.extend(marks);
            }
            if self.run.resumes_ns.is_some() {
                prices.extend(self.run.nodes.iter().map(|node| node.symbol));
            }
            sets = [prices, trades];
        }
        self.run.wants_to_watch = sets.map(|set| Some(set.into_iter().collect()));
    }
}

/// The best price since the trail began; `None` before its activation price is reached.
fn best_of(trail: &TrailTrigger, best: Option<Price>, price: Price) -> Option<Price> {
    let Some(best) = best else {
        let reached =
            |activate: Price| if trail.above { price <= activate } else { price >= activate };
        return trail.activate.is_none_or(reached).then_some(price);
    };
    Some(if trail.above { best.min(price) } else { best.max(price) })
}

/// True when a price came back from the best by the distance.
fn has_come_back(trail: &TrailTrigger, best: Price, price: Price) -> bool {
    // Rounded up: never nearer than what was asked for.
    let distance = match trail.distance {
        Distance::Price(price) => price.0,
        Distance::Bps(bps) => mul_div_ceil(i128::from(best.0), i128::from(bps), 10_000)
            .ok()
            .and_then(|far| i64::try_from(far).ok())
            .unwrap_or(i64::MAX),
    };
    if trail.above {
        price.0 >= best.0.saturating_add(distance)
    } else {
        price.0 <= best.0.saturating_sub(distance)
    }
}
