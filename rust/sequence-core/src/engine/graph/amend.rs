//! Changing a graph: what a waiting node will send, and what an edge waits for.

use std::sync::Arc;

use super::react::NO_FILL;
use super::run::{Edge, Role, Run, Source};
use super::shape::misfit;
use super::{Graphs, Task, Work};
use crate::command::{AmendEdge, AmendNode};
use crate::engine::desk::admit::check_price_range;
use crate::engine::seam::NodeChange;
use crate::graph::{Arm, NodeSize, NodeStatus, OrderType, Sizing, Trigger, Word};
use crate::ids::GraphIx;
use crate::reject::Refusal;

const MS: i64 = 1_000_000;

impl Graphs {
    /// What an amend of a node is about.
    pub(in crate::engine) fn node_to_amend(
        &self,
        ix: GraphIx,
        ask: &AmendNode<'_>,
    ) -> Result<NodeChange, Refusal> {
        let missing = || Refusal::not_found(format!("no node {:?} in this graph", ask.node_id));
        let run = self.get(ix).ok_or_else(missing)?;
        let at = run.find(ask.node_id).ok_or_else(missing)?;
        let node = &run.nodes[at];
        if node.pace.is_some() {
            return Err(Refusal::conflict("a paced node cannot be amended"));
        }
        match node.status {
            NodeStatus::Waiting if matches!(node.role, Role::Slice { .. }) => {
                Err(Refusal::conflict("a slice is what its parent makes of it"))
            }
            NodeStatus::Waiting => Ok(NodeChange::Waiting(at)),
            NodeStatus::Working => {
                let newest = node.open.iter().max().copied();
                let pegged = matches!(node.spec.order_type, OrderType::Peg(_));
                if pegged && ask.change.new_price.is_some() {
                    return Err(Refusal::conflict(
                        "the price of a pegged order follows the market",
                    ));
                }
                let none = || Refusal::conflict("the node has no open order");
                newest.map(NodeChange::Order).ok_or_else(none)
            }
            status => Err(Refusal::conflict(format!("node is {}", status.as_str()))),
        }
    }

    /// Changes what an edge waits for, as long as it has not fired.
    pub(in crate::engine) fn amend_edge(
        &mut self,
        ix: GraphIx,
        ask: &AmendEdge<'_>,
        now_ns: i64,
    ) -> Result<usize, Refusal> {
        let missing = || Refusal::not_found(format!("no edge {:?} in this graph", ask.edge_id));
        let at = self.get(ix).and_then(|run| run.find_edge(ask.edge_id)).ok_or_else(missing)?;
        let mut run = self.take(ix).ok_or_else(missing)?;
        let changed = check_edge(&run, at, ask);
        if changed.is_ok() {
            change_edge(&mut run, at, ask, now_ns);
            run.updated_ns = now_ns;
            self.ask(ix, Task::Amended(at));
        }
        self.put(ix, run);
        changed.map(|()| at)
    }
}

impl Work<'_> {
    /// Changes what a waiting node will send.
    pub(in crate::engine) fn amend_waiting(
        &mut self,
        at: usize,
        ask: &AmendNode<'_>,
    ) -> Result<(), Refusal> {
        self.check_waiting_change(at, ask)?;
        change_waiting(self.run, at, ask);
        self.run.updated_ns = self.engine.agenda.now_ns();
        Ok(())
    }

    fn check_waiting_change(&self, at: usize, ask: &AmendNode<'_>) -> Result<(), Refusal> {
        let node = &self.run.nodes[at];
        self.engine.desk.check_switch(self.run.account, ask.change.by)?;
        if let Some(version) = ask.change.expected_version.filter(|known| *known != node.version) {
            let text = format!("expected_version {version}: the node has version {}", node.version);
            return Err(Refusal::conflict(text));
        }
        if !node.held.is_empty() {
            return Err(Refusal::conflict("what the node reserved at submit cannot be changed"));
        }
        if let Some(price) = ask.change.new_price {
            if !matches!(node.spec.order_type, OrderType::Limit(_)) {
                return Err(Refusal::conflict("only a limit order has a price to amend"));
            }
            check_price_range(node.kind, price)?;
            self.check_grid(at, price)?;
        }
        match ask.change.new_qty {
            Some(qty) if !self.is_enough(at, qty.floor_to(self.lot_of(at))) => {
                Err(Refusal::invalid("new_qty_1e8", "is below the minimum of every venue"))
            }
            _ => Ok(()),
        }
    }

    /// An edge that was amended looks at what it waits for now: what came already counts.
    pub(super) fn look_at_amended(&mut self, at: usize) {
        let edge = &self.run.edges[at];
        match edge.spec.trigger {
            Trigger::On(Word::FillRatio) => self.fire(at, NO_FILL),
            Trigger::On(word) if has_said(self.run, edge.from, word) => self.fire(at, NO_FILL),
            _ if edge.looks() => self.look(at),
            _ => {}
        }
        let to = self.run.edges[at].to;
        self.run.check.push(to);
    }
}

fn change_waiting(run: &mut Run, at: usize, ask: &AmendNode<'_>) {
    let node = &mut run.nodes[at];
    node.version += 1;
    let spec = Arc::make_mut(&mut node.spec);
    if let Some(qty) = ask.change.new_qty {
        spec.size = NodeSize::Fixed(qty);
    }
    if let Some(price) = ask.change.new_price {
        spec.order_type = OrderType::Limit(price);
    }
    let keys = &mut spec.execution;
    keys.max_slippage_bps = ask.max_slippage_bps.or(keys.max_slippage_bps);
    keys.horizon_ms = ask.horizon_ms.or(keys.horizon_ms);
    keys.urgency = ask.urgency.unwrap_or(keys.urgency);
}

fn check_edge(run: &Run, at: usize, ask: &AmendEdge<'_>) -> Result<(), Refusal> {
    let edge = &run.edges[at];
    if run.status.is_terminal() {
        return Err(Refusal::conflict(format!("graph is {}", run.status.as_str())));
    }
    if edge.spent {
        let what = if edge.fired > 0 { "has fired" } else { "is spent" };
        return Err(Refusal::conflict(format!("edge {} {what}", edge.spec.id)));
    }
    if matches!(run.nodes[edge.to].role, Role::Slice { .. }) {
        return Err(Refusal::conflict("the times of slices are what their parent makes of them"));
    }
    if let Some(version) = ask.expected_version.filter(|known| *known != edge.version) {
        let text = format!("expected_version {version}: the edge has version {}", edge.version);
        return Err(Refusal::conflict(text));
    }
    let mut spec = edge.spec.clone();
    spec.trigger = ask.trigger.unwrap_or(spec.trigger);
    spec.condition = ask.condition.unwrap_or(spec.condition);
    let to = &run.nodes[edge.to].spec;
    if let Some((field, text)) = misfit(&spec, to) {
        // An amend brings no size: it is the trigger that does not go with the one there is.
        let field = if field == "sizing" { "trigger" } else { field };
        return Err(Refusal::invalid(field, text));
    }
    let by_fill = matches!(spec.sizing(), Sizing::FromFill(_) | Sizing::FromFillNotional(_));
    let first = spec.trigger == Trigger::On(Word::FirstFill);
    if first && by_fill && has_said(run, edge.from, Word::FirstFill) {
        return Err(Refusal::conflict("the first fill, which gives the size, has come already"));
    }
    Ok(())
}

/// Puts the new trigger in the place where the old one would be by now.
fn change_edge(run: &mut Run, at: usize, ask: &AmendEdge<'_>, now_ns: i64) {
    let from = run.edges[at].from;
    let armed_by = |arm: Arm| match arm {
        Arm::Accepted => Word::Accepted,
        Arm::FirstFill => Word::FirstFill,
        Arm::FullFill => Word::FullFill,
    };
    let trigger = ask.trigger.unwrap_or(run.edges[at].spec.trigger);
    let (armed, due_ns) = match trigger {
        Trigger::On(_) => (false, None),
        Trigger::Price(look) => (has_said(run, from, armed_by(look.arm)), None),
        Trigger::Trail(look) => (has_said(run, from, armed_by(look.arm)), None),
        Trigger::At { ns } => (true, Some(ns)),
        Trigger::Timeout { ms } => {
            let began = from.map_or(Some(run.created_ns), |from| run.nodes[from].activated_ns);
            let wait = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(MS);
            (began.is_some(), began.map(|began| began.saturating_add(wait)))
        }
    };
    let edge: &mut Edge = &mut run.edges[at];
    let same = std::mem::discriminant(&edge.spec.trigger) == std::mem::discriminant(&trigger);
    edge.spec.trigger = trigger;
    edge.spec.condition = ask.condition.unwrap_or(edge.spec.condition);
    edge.armed_ns = armed.then(|| edge.armed_ns.unwrap_or(now_ns));
    edge.due_ns = due_ns;
    edge.best = edge.best.filter(|_| same);
    edge.version += 1;
}

/// True when a source has said a word already.
fn has_said(run: &Run, source: Source, word: Word) -> bool {
    let Some(source) = source else { return true };
    let node = &run.nodes[source];
    match (word, node.status) {
        (Word::Accepted | Word::FirstFill, _) => node.has_said(word),
        (Word::FullFill, NodeStatus::Filled)
        | (Word::Cancel, NodeStatus::Cancelled)
        | (Word::Reject, NodeStatus::Rejected)
        | (Word::Expire, NodeStatus::Expired) => true,
        (Word::Done, status) => status.is_terminal() && status != NodeStatus::Skipped,
        _ => false,
    }
}
