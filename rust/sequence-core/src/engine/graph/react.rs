//! What orders of a graph did becomes firings, and firings become cancels and orders.

use super::run::{Ending, Firing};
use super::sizing::Gives;
use super::totals::Part;
use super::{Task, Work};
use crate::engine::FillCause;
use crate::engine::seam::DeskNews;
use crate::graph::NodeStatus;
use crate::graph::{Action, Join, Word};
use crate::ids::{FillIx, OrderId};
use crate::number::{Money, Quantity, exact_notional};
use crate::order::OrderStatus;
use crate::reject::DoneReason;

/// An edge that no fill fired.
pub(super) const NO_FILL: (Quantity, Money) = (Quantity::ZERO, Money::ZERO);

impl Work<'_> {
    /// Does one thing with the graph, then ends what is done.
    pub(in crate::engine) fn perform(&mut self, task: Task) {
        match task {
            Task::News(news) => self.note(news),
            Task::Carry(firing) => self.carry_out(&firing),
            Task::Begin => self.begin_roots(),
            Task::Began => self.begin_rest(),
            Task::Wake(due_ns) => self.wake(due_ns),
            Task::Look(symbol) => self.look_at_symbol(symbol),
            Task::Guard(as_of_ns) => self.guard(as_of_ns),
            Task::Cancel => self.end_run(Ending::Cancelled, DoneReason::GraphCancelled),
            Task::Settle => self.run.check.extend(0..self.run.nodes.len()),
            Task::Resume => self.resume(),
            Task::Amended(edge) => self.look_at_amended(edge),
        }
        self.follow();
    }

    fn note(&mut self, news: DeskNews) {
        let Some(at) = self.run.node_of(news.order()) else { return };
        self.run.updated_ns = self.engine.agenda.now_ns();
        match news {
            DeskNews::Accepted(_) => {
                self.run.acked = true;
                for node in [Some(at), self.parent_of(at)].into_iter().flatten() {
                    if self.run.nodes[node].says(Word::Accepted) {
                        self.say(Some(node), Word::Accepted, NO_FILL);
                    }
                }
            }
            DeskNews::Filled(_, fill) => self.note_fill(at, fill),
            DeskNews::Reversed(_, fill) => self.note_reversal(fill),
            DeskNews::Ended(order) => self.note_end(at, order),
            DeskNews::Amended(_) => {
                self.pay_reduction(at);
                // A smaller total may have reached a ratio.
                for node in [Some(at), self.parent_of(at)].into_iter().flatten() {
                    self.say(Some(node), Word::FillRatio, NO_FILL);
                }
            }
        }
    }

    fn note_fill(&mut self, at: usize, fill: FillIx) {
        let row = self.engine.desk.fill(fill);
        let (units, exact) = (row.quantity.0.into(), exact_notional(row.price, row.quantity));
        let order = &self.engine.desk.order(row.order).spec;
        self.run.totals.add(order, Part { units, exact, fees: row.fee_usd });
        let filled = (row.quantity, row.notional_usd.unwrap_or_default());
        let by_print = matches!(row.cause, FillCause::Queue | FillCause::Through);
        let parent = self.parent_of(at);
        if let Some(pace) = parent.and_then(|parent| self.run.nodes[parent].pace.as_deref_mut())
            && by_print
        {
            pace.own += i128::from(filled.0.0);
        }
        for node in [Some(at), parent].into_iter().flatten() {
            if self.run.nodes[node].says(Word::FirstFill) {
                self.say(Some(node), Word::FirstFill, filled);
            }
            self.say(Some(node), Word::Fill, filled);
            self.say(Some(node), Word::FillRatio, filled);
        }
        self.run.is_risky = true;
    }

    /// What was bought or sold is less; what its fill has set off stands.
    fn note_reversal(&mut self, fill: FillIx) {
        let row = self.engine.desk.fill(fill);
        let exact = -exact_notional(row.price, row.quantity);
        let fees = row.fee_usd.map(|fee| Money(-fee.0));
        let order = &self.engine.desk.order(row.order).spec;
        self.run.totals.add(order, Part { units: -i128::from(row.quantity.0), exact, fees });
        self.run.is_risky = true;
    }

    fn note_end(&mut self, at: usize, id: OrderId) {
        use DoneReason::{CancelledByClient, Replaced, Reset, VenueCancelAll};
        self.retire(at, id);
        let order = self.engine.desk.order(id);
        let (status, reject) = (order.status, order.reject);
        self.run.withdrawn = status == OrderStatus::Cancelled
            && matches!(order.done, Some(CancelledByClient | VenueCancelAll | Replaced | Reset));
        self.run.nodes[at].owed = Quantity::ZERO;
        if status == OrderStatus::Rejected {
            self.run.nodes[at].failure = self.run.nodes[at].failure.or(reject);
            self.node_rejected(at);
        }
        self.cross_rest(at);
        self.run.check.push(at);
    }

    /// One edge does what it is there for.
    fn carry_out(&mut self, firing: &Firing) {
        let to = self.run.edges[firing.edge].to;
        self.run.check.push(to);
        if self.run.ending != Ending::No {
            return;
        }
        let waits = self.run.paused || self.lacks_a_book_for(firing.edge);
        if waits && !self.run.status.is_terminal() {
            self.run.parked.push(*firing);
            return;
        }
        let edge = &mut self.run.edges[firing.edge];
        edge.pending = edge.pending.saturating_sub(1);
        match self.run.edges[firing.edge].spec.action {
            Action::Cancel => self.bar(to, DoneReason::GraphCancelled),
            Action::Reduce => self.reduce_by(firing),
            Action::Activate => self.activate(firing),
        }
    }

    fn activate(&mut self, firing: &Firing) {
        let edge = &self.run.edges[firing.edge];
        let (to, repeats) = (edge.to, edge.spec.repeats());
        let node = &self.run.nodes[to];
        let again = node.status == NodeStatus::Working && repeats;
        if node.status != NodeStatus::Waiting && !again {
            return;
        }
        if node.barred {
            if edge.spec.passes_fills_on() {
                self.keep_unsent(firing);
            }
            return;
        }
        let gives = if node.spec.join == Join::All {
            self.given_together(firing)
        } else {
            self.given(firing).map(Some)
        };
        match gives {
            Ok(None | Some(Gives::Nothing)) => {}
            Ok(Some(Gives::Own)) => self.start(to, None),
            Ok(Some(Gives::Units(units))) => self.start(to, Some(units)),
            Err((reason, _)) => {
                self.run.nodes[to].failure = Some(reason);
                self.begin(to);
                self.node_rejected(to);
            }
        }
    }

    /// Fills of a source came to a target that was withdrawn: it does not send them, but they are
    /// part of what it leaves to others.
    fn keep_unsent(&mut self, firing: &Firing) {
        let to = self.run.edges[firing.edge].to;
        if let Ok(Gives::Units(units)) = self.given(firing) {
            self.begin(to);
            let node = &mut self.run.nodes[to];
            node.unsent = Quantity(node.unsent.0.saturating_add(units.0));
        }
    }

    /// The parent of a slice.
    pub(super) fn parent_of(&self, at: usize) -> Option<usize> {
        self.run.parent_of(at)
    }
}
