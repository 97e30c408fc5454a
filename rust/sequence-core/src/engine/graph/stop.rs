//! How graphs are stopped: cancels, failure actions, pauses, and what undoes their fills.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Work;
use super::run::{Ending, Node, Role, Want};
use crate::command::Size;
use crate::graph::{Execution, Join, NodeSize, NodeSpec, OrderType, Pacing};
use crate::ids::{InstrumentKind, MarketId, OrderId, Outcome, Side};
use crate::number::Quantity;
use crate::order::{LegState, UNDOES};
use crate::registry::Resolved;
use crate::reject::DoneReason;
use crate::risk::FailureAction;

impl Work<'_> {
    /// A node starts nothing any more; its open orders, and those of its slices, are withdrawn.
    pub(super) fn bar(&mut self, at: usize, reason: DoneReason) {
        self.run.check.push(at);
        if self.run.nodes[at].status.is_terminal() {
            return;
        }
        self.run.nodes[at].barred = true;
        self.withdraw_open(at, reason);
        let slices = self.run.nodes[at].pace.as_deref().map(|pace| pace.slices.clone());
        for slice in slices.into_iter().flatten() {
            self.bar(slice, reason);
        }
    }

    /// Asks venues to end a node's open orders; those that are asked already are not asked again.
    pub(super) fn withdraw_open(&mut self, at: usize, reason: DoneReason) {
        for id in self.run.nodes[at].open.clone() {
            let mut legs = self.engine.desk.order(id).legs.iter();
            let asked = legs.all(|leg| leg.state == LegState::Done || leg.cancelling.is_some());
            if !asked {
                self.run.wants.push_back(Want::Cancel(id, reason));
            }
        }
    }

    /// Withdraws everything of the graph; nothing of it starts any more.
    pub(super) fn end_run(&mut self, ending: Ending, reason: DoneReason) {
        if self.run.status.is_terminal() {
            return;
        }
        // A failure stays one: who cancels meanwhile undoes no flattening.
        if self.run.ending == Ending::No {
            self.run.ending = ending;
            self.run.looks_elsewhere = true;
        }
        self.run.paused = false;
        self.run.drop_parked();
        for at in 0..self.run.nodes.len() {
            self.run.release_held(at);
            self.bar(at, reason);
        }
    }

    /// A node, or an order of one that goes on, was rejected: what the graph's owner wants then.
    pub(super) fn node_rejected(&mut self, at: usize) {
        let alone = self.run.nodes.len() == 1 && self.run.nodes[at].ended.filled == 0;
        let action = self.engine.desk.graph(self.ix).risk().on_node_reject;
        if self.run.ending != Ending::No || action == FailureAction::Continue || alone {
            return;
        }
        let why = self.run.nodes[at].failure.map_or("", crate::reject::RejectReason::as_str);
        let reason = format!("on_node_reject: {} {why}", self.run.nodes[at].spec.id);
        self.fail(action, reason.trim_end(), false);
    }

    /// Does to the graph what its owner wants of a failure.
    pub(super) fn fail(&mut self, action: FailureAction, why: &str, by_limit: bool) {
        if action == FailureAction::Continue {
            self.run.reason.get_or_insert_with(|| why.into());
        } else {
            self.run.reason = Some(why.into());
        }
        self.risk_changed(action, why, by_limit);
        match action {
            FailureAction::Continue => {}
            FailureAction::Pause => self.run.paused = true,
            FailureAction::CancelAll => self.end_run(Ending::Failed, DoneReason::GraphCancelled),
            FailureAction::Flatten => self.end_run(Ending::Flattening, DoneReason::GraphCancelled),
        }
    }

    /// Goes on after a pause: what fired meanwhile is carried out in the order of its time.
    pub(super) fn resume(&mut self) {
        if !self.run.paused {
            return;
        }
        self.run.paused = false;
        self.run.reason = None;
        self.restart_limits();
        self.unpark();
        for at in 0..self.run.nodes.len() {
            self.run.check.push(at);
            self.look_again(at);
        }
    }

    /// What fired before it could be carried out is, unless a pause keeps it.
    pub(super) fn unpark(&mut self) {
        if !self.run.paused {
            let parked = std::mem::take(&mut self.run.parked);
            self.run.fired.extend(parked);
        }
    }

    /// What a pause kept a node from: an iceberg's next piece, the price of a peg.
    fn look_again(&mut self, at: usize) {
        let node = &self.run.nodes[at];
        let iceberg = matches!(node.spec.execution.pacing, Some(Pacing::Iceberg { .. }));
        let quiet = node.pace.as_deref().is_some_and(|pace| {
            !pace.closed
                && pace.slices.iter().all(|slice| self.run.nodes[*slice].status.is_terminal())
        });
        if iceberg && quiet && node.activated_ns.is_some() && !node.status.is_terminal() {
            self.show_next(at);
        } else {
            self.follow_peg(at);
        }
    }

    /// Once nothing of a graph is open that is to be flattened, undoes what it filled at market.
    /// True when it began to.
    pub(super) fn flatten_when_quiet(&mut self) -> bool {
        let quiet = |node: &Node| node.status.is_terminal() && node.open.is_empty();
        if self.run.ending != Ending::Flattening || !self.run.nodes.iter().all(quiet) {
            return false;
        }
        if self.waits_for_books() {
            return false;
        }
        self.run.ending = Ending::Failed;
        for (number, ((market, outcome), net)) in self.net_fills().into_iter().enumerate() {
            let Ok(units) = i64::try_from(net.unsigned_abs()) else { continue };
            let terms = *self.engine.registry.market(market);
            let entry = self.engine.registry.symbol(terms.symbol);
            let outcome = Some(outcome).filter(|_| entry.outcomes.is_some());
            let outcome = outcome.map(|yes| if yes { Outcome::Yes } else { Outcome::No });
            let spec = NodeSpec {
                id: format!("{UNDOES}{}", number + 1).into(),
                symbol: entry.canonical(outcome).clone(),
                kind_hint: entry.kind,
                venue: Some(terms.venue),
                side: if net > 0 { Side::Sell } else { Side::Buy },
                order_type: OrderType::Market,
                size: NodeSize::Fixed(Quantity(units)),
                execution: Execution::default(),
                activation: None,
                join: Join::Any,
            };
            let at = self.run.nodes.len();
            let symbol = Resolved { symbol: terms.symbol, outcome };
            self.run.nodes.push(Node::at_rest(Arc::new(spec), Role::Flatten, symbol, terms.kind));
            self.begin(at);
            self.send(at, Size::Quantity(Quantity(units)), None);
        }
        true
    }

    /// An order that undoes fills of the graph ended: what it left is said, for nothing follows it.
    pub(super) fn way_out_ended(&mut self, at: usize) {
        let node = &self.run.nodes[at];
        let (Role::Flatten, NodeSize::Fixed(total)) = (&node.role, &node.spec.size) else { return };
        let left = i128::from(total.0) - node.ended.filled;
        let Some(left) = i64::try_from(left).ok().filter(|left| *left > 0) else { return };
        let what = format!("{} left {} {}", node.spec.id, Quantity(left), node.spec.symbol);
        let why = self.run.reason.as_deref().map_or(what.clone(), |why| format!("{why}; {what}"));
        self.alert(&why);
        self.run.reason = Some(why.into());
    }

    /// True when a book is missing that undoing the graph's fills would trade on.
    pub(super) fn lacks_a_way_out(&self) -> bool {
        self.net_fills().into_iter().any(|((market, yes), net)| {
            let side = if net > 0 { Side::Sell } else { Side::Buy };
            let prediction = self.engine.registry.market(market).kind == InstrumentKind::Prediction;
            let outcome = prediction.then_some(if yes { Outcome::Yes } else { Outcome::No });
            self.awaits_book(&[market], side, outcome)
        })
    }

    /// What the graph filled, bought less sold, by market and outcome (true: not NO).
    fn net_fills(&self) -> BTreeMap<(MarketId, bool), i128> {
        let mut net = BTreeMap::new();
        let orders = self.run.nodes.iter().flat_map(|node| &node.orders);
        for order in orders.map(|id: &OrderId| self.engine.desk.order(*id)) {
            let sign = if order.spec.side == Side::Buy { 1 } else { -1 };
            for leg in order.legs.iter().filter(|leg| leg.filled.0 > 0) {
                let key = (leg.market, order.spec.outcome != Some(Outcome::No));
                *net.entry(key).or_insert(0) += sign * i128::from(leg.filled.0);
            }
        }
        net.retain(|_, net| *net != 0);
        net
    }
}
