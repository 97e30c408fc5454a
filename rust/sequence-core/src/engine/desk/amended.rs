//! The client learns what became of an amend: the order is the sum of its legs again.

use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::seam::{DeskNews, VenueRequest};
use crate::ids::OrderId;
use crate::number::Quantity;
use crate::order::{LegState, OrderStatus};

impl Bench<'_> {
    /// The client learns what became of a leg's change.
    pub(in crate::engine) fn reshape_answered(&mut self, id: OrderId, at: usize, taken: bool) {
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        if taken && leg.reshape.as_deref().is_some_and(|form| !form.at_venue) {
            // A real venue says at once what a simulated one does first.
            leg.swap_forms();
        }
        leg.reshape = None;
        if taken {
            leg.state = LegState::Working;
            leg.status =
                if leg.filled.0 > 0 { OrderStatus::Partial } else { OrderStatus::Accepted };
            let limit = self.desk.orders[id].amending.and_then(|amending| amending.limit);
            self.desk.orders[id].limit = limit.or(self.desk.orders[id].limit);
            if let Some(amending) = &mut self.desk.orders[id].amending {
                amending.rest = amending.rest_after;
            }
        }
        if let Err(error) = self.desk.hold_required(self.portfolio, self.facts.registry, (id, at)) {
            self.report_fault(id, &error);
        }
    }

    /// The order is the sum of its legs again; its amend ends with the last answer, and what was
    /// held back for other venues leaves, as far as faster fills left something for it.
    pub(in crate::engine) fn settle_amend(&mut self, id: OrderId) {
        let order = &mut self.desk.orders[id];
        let Some(amending) = order.amending else { return };
        if order.status.is_terminal() {
            order.amending = None;
            return;
        }
        let there = order.legs.iter().filter(|leg| !leg.held);
        let legs: i64 = there.map(|leg| leg.known().0.0).sum();
        let before = std::mem::replace(&mut order.qty, Quantity(legs + amending.rest.0));
        if order.legs.iter().all(|leg| leg.reshape.is_none()) {
            order.amending = None;
            let sizes = self.papers().held_sizes(&self.desk.orders[id], amending.total);
            self.desk.orders[id].free_held(&amending, before, &sizes);
            for (at, size) in &sizes {
                if size.0 == 0 {
                    self.close_leg(id, *at, OrderStatus::Cancelled);
                } else if let Err(error) =
                    self.desk.hold_required(self.portfolio, self.facts.registry, (id, *at))
                {
                    self.report_fault(id, &error);
                } else {
                    self.post.requests.push_back(VenueRequest::New((id, *at)));
                }
            }
            if !sizes.is_empty() {
                self.journal.note_route(self.facts.now_ns, &self.desk.orders[id]);
            }
            self.tell_graph(id, DeskNews::Amended(id));
        }
        if self.desk.orders[id].status == OrderStatus::New && self.papers().is_known(id) {
            return self.set_status(id, OrderStatus::Accepted);
        }
        self.touch(id);
    }
}

impl Papers<'_> {
    fn is_known(&self, id: OrderId) -> bool {
        self.desk.orders[id].legs.iter().any(|leg| leg.state == LegState::Working)
    }
}
