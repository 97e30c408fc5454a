//! Edges that make an open order smaller: of two that share a size, what one fills the other loses.

use super::Work;
use super::run::{Firing, Role, Want};
use super::sizing::Gives;
use crate::graph::{NodeStatus, Pacing};
use crate::number::Quantity;
use crate::reject::DoneReason;

impl Work<'_> {
    /// Takes what a firing says off its target: of what it will send, or of its open orders.
    pub(super) fn reduce_by(&mut self, firing: &Firing) {
        let to = self.run.edges[firing.edge].to;
        let Ok(Gives::Units(units)) = self.given(firing) else { return };
        let node = &mut self.run.nodes[to];
        match node.status {
            NodeStatus::Waiting => node.reduced = Quantity(node.reduced.0.saturating_add(units.0)),
            NodeStatus::Working if node.pace.is_some() => self.reduce_pace(to, units),
            NodeStatus::Working => {
                node.owed = Quantity(node.owed.0.saturating_add(units.0));
                self.pay_reduction(to);
            }
            _ => {}
        }
    }

    /// Takes what is owed off the open orders of a node, the newest first. An order whose amend is
    /// on its way is looked at again when that is answered.
    pub(super) fn pay_reduction(&mut self, at: usize) {
        let mut open = self.run.nodes[at].open.clone();
        open.sort_unstable();
        for id in open.into_iter().rev() {
            let owed = self.run.nodes[at].owed;
            let order = self.engine.desk.order(id);
            if owed.0 <= 0 || order.amending.is_some() {
                return;
            }
            let taken = owed.min(order.remaining());
            self.run.nodes[at].owed = Quantity(owed.0 - taken.0);
            self.run.wants.push_back(Want::Reduce(at, id, taken));
        }
    }

    /// Takes so much off what a paced node has left to do, never below what is filled: of slices
    /// that have not begun first, the latest first, then of what its slices have open.
    fn reduce_pace(&mut self, at: usize, units: Quantity) {
        let sums = self.sums(at);
        if i128::from(units.0) >= sums.qty - sums.filled {
            return self.bar(at, DoneReason::GraphCancelled);
        }
        let mut owed = self.reduce_waiting(at, units);
        if self.run.nodes[at].spec.execution.pacing.as_ref().is_some_and(Pacing::is_lazy) {
            let unsent = sums.qty - sums.filled - self.open_of_slices(at);
            let taken = owed.min(Quantity(i64::try_from(unsent).unwrap_or(0).max(0)));
            self.take_off_total(at, taken);
            owed = Quantity(owed.0 - taken.0);
        }
        let slices = self.run.nodes[at].pace.as_deref().map(|pace| pace.slices.clone());
        for slice in slices.into_iter().flatten().rev() {
            let open = Quantity(i64::try_from(self.open_of(slice)).unwrap_or(0));
            let taken = owed.min(open);
            if taken.0 <= 0 {
                continue;
            }
            owed = Quantity(owed.0 - taken.0);
            self.take_off_total(at, taken);
            self.take_off_share(at, slice, taken);
            let node = &mut self.run.nodes[slice];
            node.owed = Quantity(node.owed.0.saturating_add(taken.0));
            self.pay_reduction(slice);
        }
        self.run.check.push(at);
    }

    /// Takes units off slices that have not begun; what is still owed. A share that no venue would
    /// take any more goes to the slice before it, as far as that has not begun either.
    fn reduce_waiting(&mut self, at: usize, units: Quantity) -> Quantity {
        let slices = self.run.nodes[at].pace.as_deref().map(|pace| pace.slices.clone());
        let mut owed = units;
        for slice in slices.into_iter().flatten().rev() {
            let node = &self.run.nodes[slice];
            if node.status != NodeStatus::Waiting || owed.0 == 0 {
                break;
            }
            let share = node.planned;
            let left = Quantity(share.0.saturating_sub(owed.0));
            let kept = if self.is_enough(slice, left) { left } else { Quantity::ZERO };
            owed = Quantity(owed.0 - share.0 + kept.0);
            self.take_off_total(at, Quantity(share.0 - kept.0));
            self.take_off_share(at, slice, Quantity(share.0 - kept.0));
            if kept.0 == 0 {
                self.run.nodes[slice].barred = true;
                self.run.check.push(slice);
            }
        }
        owed
    }

    fn take_off_total(&mut self, at: usize, units: Quantity) {
        let node = &mut self.run.nodes[at];
        node.planned = Quantity(node.planned.0.saturating_sub(units.0));
    }

    fn take_off_share(&mut self, at: usize, slice: usize, units: Quantity) {
        let node = &mut self.run.nodes[slice];
        node.planned = Quantity(node.planned.0.saturating_sub(units.0));
        let Role::Slice { number, .. } = node.role else { return };
        let pace = self.run.nodes[at].pace.as_deref_mut();
        if let Some(share) = pace.and_then(|pace| pace.shares.get_mut(number)) {
            *share = Quantity(share.0.saturating_sub(units.0));
        }
    }
}
