//! What pacing becomes: a parent that places nothing, its slices, and the edges that time them.

use std::sync::Arc;

use super::run::{Edge, Node, Pace, Role};
use crate::graph::{
    Action, Condition, EdgeSpec, GraphSpec, Join, NodeSize, Pacing, Sizing, Trigger,
};
use crate::ids::InstrumentKind;
use crate::order::{Policy, TimeInForce};
use crate::registry::Resolved;
use crate::rng::{Stream, below};

const MS: i64 = 1_000_000;

/// Nodes and edges at rest, slices included.
pub(super) struct Expanded {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// A graph's nodes and edges; `found` says what each node trades.
pub(super) fn expand(
    spec: &GraphSpec,
    found: &[(Resolved, InstrumentKind)],
    draws: impl Fn(&str) -> Stream,
) -> Expanded {
    let mut out = Expanded { nodes: Vec::new(), edges: Vec::new() };
    let mut places = Vec::new();
    for (node, (symbol, kind)) in spec.nodes.iter().zip(found) {
        let at = out.nodes.len();
        places.push((node.id.clone(), at));
        out.nodes.push(Node::at_rest(Arc::new(node.clone()), Role::Order, *symbol, *kind));
        if let Some(pacing) = &node.execution.pacing {
            out.slice(at, pacing, draws(&node.id));
        }
    }
    let place = |name: &str| places.iter().find(|(id, _)| **id == *name).map(|(_, at)| *at);
    let body: Vec<Edge> = spec
        .edges
        .iter()
        .filter_map(|edge| Some(idle(edge.clone(), place(&edge.from), place(&edge.to)?)))
        .collect();
    // The edges of the body come first: their order is the order of effects.
    out.edges.splice(0..0, body);
    out
}

impl Expanded {
    /// Turns a node into a parent; slices whose times are known are made now.
    fn slice(&mut self, parent: usize, pacing: &Pacing, stream: Stream) {
        let times = match pacing {
            Pacing::Uniform(keys) => {
                times(keys.num_slices, keys.interval_ms, keys.jitter_pct, stream)
            }
            Pacing::Profile { weights, interval_ms } => {
                times(u32::try_from(weights.len()).unwrap_or(u32::MAX), *interval_ms, 0, stream)
            }
            Pacing::Participation(_) | Pacing::Iceberg { .. } | Pacing::Chase { .. } => Vec::new(),
        };
        let mut pace = Pace::default();
        let mut before: (Arc<str>, usize, u64) = (self.nodes[parent].spec.id.clone(), parent, 0);
        for (number, ms) in times.into_iter().enumerate() {
            let at = self.nodes.len();
            let offset_ns = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(MS);
            let slice = slice_of(&self.nodes[parent], parent, number, offset_ns);
            let id = slice.spec.id.clone();
            let wait = Trigger::Timeout { ms: ms.saturating_sub(before.2) };
            self.edges.push(idle(chain(&before.0, &id, wait), Some(before.1), at));
            self.nodes.push(slice);
            pace.slices.push(at);
            before = (id, at, ms);
        }
        self.nodes[parent].role = Role::Parent;
        self.nodes[parent].pace = Some(Box::new(pace));
    }
}

/// When each slice is due after the start, ms. The first is never moved.
fn times(count: u32, interval_ms: u64, jitter_pct: u32, stream: Stream) -> Vec<u64> {
    let most = interval_ms * u64::from(jitter_pct) / 100;
    let moved = |number: u32| {
        let at = u64::from(number) * interval_ms;
        if number == 0 || most == 0 {
            return at;
        }
        at + below(stream.value(u64::from(number)), 2 * most + 1) - most
    };
    (0..count).map(moved).collect()
}

fn chain(from: &Arc<str>, to: &Arc<str>, trigger: Trigger) -> EdgeSpec {
    EdgeSpec {
        id: format!("e_{from}_{to}").into(),
        from: from.clone(),
        to: to.clone(),
        trigger,
        condition: Condition::default(),
        sizing: Some(Sizing::Target),
        action: Action::Activate,
    }
}

/// One slice of a parent: the same order without its pacing.
pub(super) fn slice_of(parent: &Node, at: usize, number: usize, offset_ns: i64) -> Node {
    let mut spec = (*parent.spec).clone();
    spec.id = format!("{}.s{}", parent.spec.id, number + 1).into();
    if matches!(spec.execution.pacing, Some(Pacing::Chase { .. })) {
        // It takes what there is at the price of its moment; the next slice sees the next price.
        spec.execution.policy = Policy::Sor;
        spec.execution.tif = Some(TimeInForce::Ioc);
        spec.execution.max_slippage_bps = None;
    }
    spec.execution.pacing = None;
    spec.execution.horizon_ms = None;
    spec.execution.reduce_only = parent.only_reduces();
    spec.size = NodeSize::FromEdge;
    spec.activation = Some(crate::graph::Activation::Wait);
    spec.join = Join::Any;
    let symbol = Resolved { symbol: parent.symbol, outcome: parent.outcome };
    Node::at_rest(
        Arc::new(spec),
        Role::Slice { parent: at, number, offset_ns },
        symbol,
        parent.kind,
    )
}

/// An edge before anything happened. What it gives by default stays what it gives: an amend changes
/// what it waits for.
pub(super) fn idle(spec: EdgeSpec, from: Option<usize>, to: usize) -> Edge {
    Edge {
        spec: EdgeSpec { sizing: Some(spec.sizing()), ..spec },
        from,
        to,
        fired: 0,
        spent: false,
        pending: 0,
        given: 0,
        residual: 0,
        last_fired_ns: None,
        armed_ns: None,
        due_ns: None,
        best: None,
        version: 1,
    }
}
