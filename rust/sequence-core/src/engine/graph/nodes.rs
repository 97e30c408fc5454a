//! A node becomes active: its order is asked for.

use super::Work;
use super::run::{Role, Want};
use crate::command::Size;
use crate::graph::NodeStatus;
use crate::graph::OrderType;
use crate::number::{Price, Quantity};
use crate::reject::{RejectReason, Rejected};

impl Work<'_> {
    /// A node becomes active and sends so many units, or what it has of its own.
    pub(super) fn start(&mut self, at: usize, units: Option<Quantity>) {
        self.begin(at);
        let sent = match (self.run.nodes[at].role, units) {
            (Role::Slice { parent, number, .. }, _) => {
                self.start_slice(at, parent, number);
                Ok(())
            }
            (_, Some(units)) => self.start_with(at, Size::Quantity(units)),
            (_, None) => self.own_size(at).and_then(|size| self.start_with(at, size)),
        };
        if let Err((reason, _)) = sent {
            self.give_up(at, reason);
        }
    }

    fn start_with(&mut self, at: usize, size: Size) -> Result<(), Rejected> {
        if self.run.nodes[at].spec.execution.pacing.is_some() {
            return self.start_pace(at, size);
        }
        let limit = self.limit_of(at)?;
        self.send(at, size, limit);
        Ok(())
    }

    /// A node that cannot send what it should.
    pub(super) fn give_up(&mut self, at: usize, reason: RejectReason) {
        let node = &mut self.run.nodes[at];
        node.failure = node.failure.or(Some(reason));
        if let Some(pace) = node.pace.as_deref_mut() {
            pace.closed = true;
        }
        if self.run.nodes[at].orders.is_empty() {
            self.node_rejected(at);
        }
        self.run.check.push(at);
    }

    /// The first activation of a node: what counts from it begins.
    pub(super) fn begin(&mut self, at: usize) {
        self.run.check.push(at);
        if self.run.nodes[at].status != NodeStatus::Waiting {
            return;
        }
        self.run.nodes[at].activated_ns = Some(self.engine.agenda.now_ns());
        self.run.nodes[at].arrival = self.live_mid(self.look_of(at));
        self.run.release_held(at);
        self.set_node_status(at, NodeStatus::Working);
        self.arm_timeouts(Some(at));
    }

    /// The price that a node's next order has.
    pub(super) fn limit_of(&self, at: usize) -> Result<Option<Price>, Rejected> {
        match self.run.nodes[at].spec.order_type {
            OrderType::Market => Ok(None),
            OrderType::Limit(price) => Ok(Some(price)),
            OrderType::Peg(peg) => {
                let stale = || {
                    let text = "no live book says what its price follows".to_owned();
                    (RejectReason::StaleVenue, text)
                };
                self.pegged(at, peg).map(Some).ok_or_else(stale)
            }
        }
    }

    /// Asks for an order of a node.
    pub(super) fn send(&mut self, at: usize, size: Size, limit: Option<Price>) {
        self.run.nodes[at].sending += 1;
        self.run.nodes[at].priced_ns = self.engine.agenda.now_ns();
        self.run.wants.push_back(Want::Send { node: at, size, limit });
    }
}
