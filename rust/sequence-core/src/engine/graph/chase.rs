//! A paced node that takes the best opposite price, again and again, until it is done.
//!
//! It ends when it is filled, when its time is over, or when the best price lies beyond its limit or
//! its slippage cap, which is counted from the best price at its start. A rest that no venue takes
//! ends it too. While no live book shows a price it waits.

use super::Work;
use super::pacing::ms;
use crate::engine::bounds::within;
use crate::number::{Price, Quantity};
use crate::reject::{RejectReason, Rejected};

impl Work<'_> {
    /// The first look, which says how far it may go.
    pub(super) fn start_chase(&mut self, at: usize, interval_ms: u64) -> Result<(), Rejected> {
        let bound = self.chase_bound(at).ok_or_else(|| {
            let text = "no live book shows a price to chase".to_owned();
            (RejectReason::StaleVenue, text)
        })?;
        if let Some(pace) = self.run.nodes[at].pace.as_deref_mut() {
            pace.bound = Some(bound);
        }
        self.chase(at, interval_ms);
        Ok(())
    }

    /// Takes what the best opposite price offers, and looks again an interval later.
    pub(super) fn chase(&mut self, at: usize, interval_ms: u64) {
        self.run.check.push(at);
        let next_ns = self.engine.agenda.now_ns().saturating_add(ms(interval_ms));
        let touch = self.opposite_touch(at);
        let sums = self.sums(at);
        let left = i64::try_from(sums.qty - sums.filled - self.open_of_slices(at)).unwrap_or(0);
        let left = Quantity(left).floor_to(self.lot_of(at));
        let too_small = left.0 > 0 && touch.is_some() && !self.is_enough(at, left);
        let side = self.run.nodes[at].spec.side;
        let Some(pace) = self.run.nodes[at].pace.as_deref_mut() else { return };
        pace.tick_ns = Some(next_ns);
        let Some(touch) = touch else { return };
        if too_small || pace.bound.is_some_and(|bound| !within(side, touch, bound)) {
            pace.closed = true;
        } else if left.0 > 0 {
            self.make_slice(at, left, Some(touch));
        }
    }

    /// The worst price that a node may chase to from now on.
    fn chase_bound(&self, at: usize) -> Option<Price> {
        let node = &self.run.nodes[at];
        let (touch, limit) = (self.opposite_touch(at)?, node.spec.limit());
        let (side, slippage) = (node.spec.side, node.spec.execution.max_slippage_bps);
        if let (Some(limit), None) = (limit, slippage) {
            return Some(limit);
        }
        let terms = self.engine.registry.market(*self.markets_of(at).first()?);
        let cap = self.engine.facts().protected(terms, (side, node.outcome), slippage, touch);
        Some(limit.filter(|limit| within(side, *limit, cap)).unwrap_or(cap))
    }

    /// The best live price on the side that an order of a node takes from.
    fn opposite_touch(&self, at: usize) -> Option<Price> {
        let node = &self.run.nodes[at];
        self.engine.facts().best_touch(self.markets_of(at), node.spec.side, node.outcome)
    }
}
