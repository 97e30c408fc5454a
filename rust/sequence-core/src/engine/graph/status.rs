//! How nodes and graphs end, and what that tells their edges.

use super::Work;
use super::react::NO_FILL;
use super::run::{Ending, Node, Role, Run, Sums};
use super::totals::Part;
use crate::engine::desk::Desk;
use crate::graph::{Action, GraphStatus, Join, NodeStatus, Word};
use crate::ids::OrderId;
use crate::order::{Order, OrderStatus};
use crate::reject::RejectReason;

/// What an order adds to the sums of its node.
pub(in crate::engine) fn sums_of(order: &Order) -> Sums {
    Sums {
        qty: i128::from(order.qty.0),
        filled: i128::from(order.filled.0),
        exact: order.exact,
        fees: order.fees_usd.unwrap_or_default().0,
    }
}

/// Everything that an order filled.
pub(in crate::engine) fn all_of(order: &Order) -> Part {
    Part { units: order.filled.0.into(), exact: order.exact, fees: order.fees_usd }
}

impl Work<'_> {
    /// Sums over everything a node sent, its slices included.
    pub(super) fn sums(&self, at: usize) -> Sums {
        self.run.sums_of(&self.engine.desk, at)
    }

    /// An order of a node ended: its sums stand.
    pub(super) fn retire(&mut self, at: usize, id: OrderId) {
        self.run.retire(at, id, sums_of(self.engine.desk.order(id)));
    }

    /// Ends nodes that are done, as far as one end leads to the next, and the graph with the last.
    pub(in crate::engine) fn follow(&mut self) {
        loop {
            while let Some(at) = self.run.check.pop() {
                if let Some(status) = self.end_of(at) {
                    self.end_node(at, status);
                }
            }
            if !self.flatten_when_quiet() {
                break;
            }
        }
        self.run.index();
        self.set_graph_status();
        self.watch();
        self.wake_at();
    }

    /// The status that a node ends with now; `None` while it goes on.
    fn end_of(&self, at: usize) -> Option<NodeStatus> {
        let node = &self.run.nodes[at];
        match node.status {
            NodeStatus::Waiting => self.waiting_end(at),
            NodeStatus::Working if node.pace.is_some() => self.parent_end(at),
            NodeStatus::Working => {
                let gets_more = !node.barred
                    && self.run.ending == Ending::No
                    && (node.due_ns.is_some() && matches!(node.role, Role::Slice { .. })
                        || node.incoming.iter().any(|edge| self.brings_more(*edge)));
                let gets_more = gets_more || self.may_be_given_more(at);
                (node.open.is_empty() && node.sending == 0 && !gets_more).then(|| self.worst(node))
            }
            _ => None,
        }
    }

    /// True when an edge may still make one order more of its target.
    fn brings_more(&self, at: usize) -> bool {
        let edge = &self.run.edges[at];
        edge.pending > 0 || edge.spec.repeats() && self.can_fire(at)
    }

    /// True of a node that was withdrawn while fills of a source are on their way to it: of this
    /// very moment, or of a source that is being withdrawn, too, and may fill before that. They
    /// belong to what the node leaves to others, so it ends after them.
    fn may_be_given_more(&self, at: usize) -> bool {
        let node = &self.run.nodes[at];
        let comes = |at: &usize| {
            let edge = &self.run.edges[*at];
            let withdrawn = edge.from.is_some_and(|source| self.run.nodes[source].barred);
            edge.spec.passes_fills_on() && (edge.pending > 0 || withdrawn && self.can_fire(*at))
        };
        node.barred && self.run.ending == Ending::No && node.incoming.iter().any(comes)
    }

    fn waiting_end(&self, at: usize) -> Option<NodeStatus> {
        let node = &self.run.nodes[at];
        if let Role::Slice { parent, .. } = node.role {
            let parent = &self.run.nodes[parent];
            let over = node.barred || parent.barred || parent.status.is_terminal();
            let closed = parent.pace.as_deref().is_some_and(|pace| pace.closed);
            return (over || closed || self.run.ending != Ending::No)
                .then_some(NodeStatus::Skipped);
        }
        if self.run.ending == Ending::Unplaced && node.failure.is_some() {
            return Some(NodeStatus::Rejected);
        }
        if self.may_be_given_more(at) {
            return None;
        }
        if node.barred || self.run.ending != Ending::No {
            return Some(NodeStatus::Skipped);
        }
        if node.incoming.iter().any(|edge| self.run.edges[*edge].pending > 0) || self.may_start(at)
        {
            return None;
        }
        let mut edges = node.incoming.iter().map(|edge| &self.run.edges[*edge]);
        // A join that never came together owes nothing.
        let joined = node.spec.join == Join::Any || edges.clone().all(|edge| edge.fired > 0);
        let owed = joined && edges.any(|edge| edge.residual > 0);
        Some(if owed { NodeStatus::Rejected } else { NodeStatus::Skipped })
    }

    /// True while a waiting node can still become active.
    fn may_start(&self, at: usize) -> bool {
        let node = &self.run.nodes[at];
        let mut edges = node.incoming.iter();
        if node.incoming.is_empty() {
            // A root: it starts with the graph.
            return true;
        }
        match node.spec.join {
            Join::Any => edges.any(|edge| self.can_fire(*edge)),
            Join::All => edges.all(|edge| self.run.edges[*edge].fired > 0 || self.can_fire(*edge)),
        }
    }

    fn parent_end(&self, at: usize) -> Option<NodeStatus> {
        let node = &self.run.nodes[at];
        let pace = node.pace.as_deref()?;
        let over = node.barred || self.run.ending != Ending::No || pace.closed;
        if pace.over < pace.slices.len() || !over && Self::makes_more(node) {
            return None;
        }
        let sums = self.sums(at);
        let seen = |status| pace.slices.iter().any(|slice| self.run.nodes[*slice].status == status);
        Some(if sums.filled >= sums.qty && sums.qty > 0 {
            NodeStatus::Filled
        } else if pace.expired {
            NodeStatus::Expired
        } else if node.barred || sums.filled > 0 {
            NodeStatus::Cancelled
        } else if node.failure.is_some() || seen(NodeStatus::Rejected) {
            NodeStatus::Rejected
        } else {
            NodeStatus::Cancelled
        })
    }

    /// The worst end among a node's orders.
    fn worst(&self, node: &Node) -> NodeStatus {
        let seen =
            |status| node.orders.iter().any(|id| self.engine.desk.order(*id).status == status);
        let slice = matches!(node.role, Role::Slice { .. });
        if slice && node.ended.filled >= i128::from(node.planned.0) && node.planned.0 > 0 {
            // A passive slice that crossed: its first order was withdrawn, and it is filled.
            return NodeStatus::Filled;
        }
        if seen(OrderStatus::Rejected) || node.orders.is_empty() && node.unsent.0 == 0 {
            NodeStatus::Rejected
        } else if seen(OrderStatus::Cancelled) || node.unsent.0 > 0 {
            NodeStatus::Cancelled
        } else if seen(OrderStatus::Expired) {
            NodeStatus::Expired
        } else {
            NodeStatus::Filled
        }
    }

    /// A node ends: its edges hear of it, and who can no longer start ends too.
    pub(super) fn end_node(&mut self, at: usize, status: NodeStatus) {
        self.run.release_held(at);
        let owes = status == NodeStatus::Rejected && self.run.nodes[at].failure.is_none();
        if owes && self.run.nodes[at].orders.is_empty() && self.run.nodes[at].pace.is_none() {
            self.run.nodes[at].failure = Some(RejectReason::InvalidParams);
        }
        self.run.nodes[at].due_ns = None;
        self.run.nodes[at].done_ns = Some(self.engine.agenda.now_ns());
        self.set_node_status(at, status);
        self.way_out_ended(at);
        if status == NodeStatus::Rejected && self.run.nodes[at].orders.is_empty() {
            self.node_rejected(at);
        }
        if let Some(word) = status.word() {
            self.say(Some(at), word, NO_FILL);
            self.say(Some(at), Word::Done, NO_FILL);
        }
        let outgoing = self.run.nodes[at].outgoing.clone();
        self.run.check.extend(
            outgoing
                .iter()
                .map(|edge| &self.run.edges[*edge])
                .filter(|edge| edge.spec.action == Action::Activate)
                .map(|edge| edge.to),
        );
        if let Role::Slice { parent, .. } = self.run.nodes[at].role {
            if let Some(pace) = self.run.nodes[parent].pace.as_deref_mut() {
                pace.over += 1;
            }
            self.slice_ended(parent, at);
            self.run.check.push(parent);
        }
        if let Some(pace) = self.run.nodes[at].pace.as_deref() {
            self.run.check.extend(pace.slices.iter().copied());
        }
    }

    fn set_graph_status(&mut self) {
        let status = self.graph_status();
        if status == self.run.status {
            return;
        }
        self.run.status = status;
        self.run.updated_ns = self.engine.agenda.now_ns();
        if status.is_terminal() {
            self.run.drop_parked();
            for edge in self.run.edges.iter_mut() {
                (edge.due_ns, edge.armed_ns) = (None, None);
            }
            self.run.dog = super::run::Watchdog { told: self.run.dog.told, ..Default::default() };
            self.run.looks_elsewhere = true;
            self.run.index();
        }
        self.graph_changed();
    }

    fn graph_status(&self) -> GraphStatus {
        let to_flatten = self.run.ending == Ending::Flattening;
        if to_flatten || self.run.waits.is_unfinished() {
            return match (self.run.paused, self.run.acked) {
                (true, _) => GraphStatus::Paused,
                (false, true) => GraphStatus::Running,
                (false, false) => GraphStatus::Accepted,
            };
        }
        let own = |node: &&Node| node.pace.is_none();
        let filled = self.run.nodes.iter().filter(own).any(|node| node.ended.filled > 0);
        let seen = |status| self.run.nodes.iter().any(|node| node.status == status);
        match self.run.ending {
            Ending::Failed | Ending::Flattening => GraphStatus::Failed,
            Ending::Cancelled => GraphStatus::Cancelled,
            _ if self.run.withdrawn => GraphStatus::Cancelled,
            _ if filled => GraphStatus::Completed,
            _ if seen(NodeStatus::Rejected) => GraphStatus::Rejected,
            _ if seen(NodeStatus::Expired) => GraphStatus::Expired,
            _ => GraphStatus::Cancelled,
        }
    }
}

impl Run {
    /// Sums over everything a node sent, its slices included.
    pub(in crate::engine) fn sums_of(&self, desk: &Desk, at: usize) -> Sums {
        let node = &self.nodes[at];
        let mut sums = node.ended;
        for id in &node.open {
            sums.add(sums_of(desk.order(*id)));
        }
        sums.qty += i128::from(node.unsent.0);
        let Some(pace) = node.pace.as_deref() else { return sums };
        sums.add(pace.ended);
        for id in &pace.open {
            sums.add(sums_of(desk.order(*id)));
        }
        // Fills that were faster than a reduction stand.
        sums.qty = i128::from(node.planned.0).max(sums.filled);
        sums
    }
}
