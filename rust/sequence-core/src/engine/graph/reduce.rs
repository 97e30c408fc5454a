//! Edges that make an open order smaller: of two that share a size, what one fills the other loses.

use super::Work;
use super::run::{Firing, Want};
use super::sizing::Gives;
use crate::graph::NodeStatus;
use crate::number::Quantity;

impl Work<'_> {
    /// Takes what a firing says off its target: of what it will send, or of its open orders.
    pub(super) fn reduce_by(&mut self, firing: &Firing) {
        let to = self.run.edges[firing.edge].to;
        let Ok(Gives::Units(units)) = self.given(firing) else { return };
        let node = &mut self.run.nodes[to];
        match node.status {
            NodeStatus::Waiting => node.reduced = Quantity(node.reduced.0.saturating_add(units.0)),
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
            let order = &self.engine.desk.orders[id];
            if owed.0 <= 0 || order.amending.is_some() {
                return;
            }
            let taken = owed.min(order.remaining());
            self.run.nodes[at].owed = Quantity(owed.0 - taken.0);
            self.run.wants.push_back(Want::Reduce(at, id, taken));
        }
    }
}
