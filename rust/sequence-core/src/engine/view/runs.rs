//! Graphs with a shape: their object, rows of nodes and edges, and pages of graphs.

use super::{Value, page, page_value};
use crate::engine::Engine;
use crate::engine::graph::run::{Edge, Node, Role, Run};
use crate::engine::graph::totals::Traded;
use crate::graph::{GraphStatus, Ratio, Trigger, Word};
use crate::ids::{AccountId, GraphIx, Outcome, SymbolId, VenueId};
use crate::number::{PRICE_ONE, Price, Quantity, mul_div_floor};
use crate::order::{average_price, book_price};
use crate::reject::RejectReason;

/// What a list of graphs is narrowed to.
#[derive(Debug, Clone, Copy, Default)]
pub struct GraphFilter<'a> {
    /// Graphs of one of these statuses.
    pub statuses: Option<&'a [GraphStatus]>,
    /// Graphs that go on.
    pub open_only: bool,
    /// Made before the one of this number.
    pub before_seq: Option<u64>,
    /// Not made before the one of this place.
    pub since: GraphIx,
}

/// The number that a list gives a graph: 1 is the oldest.
const fn created_seq(id: GraphIx) -> u64 {
    id.0 as u64 + 1
}

impl Engine {
    /// Status of a graph.
    pub fn graph_status(&self, id: GraphIx) -> GraphStatus {
        let order = self.desk.graph_head(id).and_then(|graph| graph.order);
        match (order.and_then(|order| self.desk.order_head(order)), self.graphs.get(id)) {
            (Some(order), _) => GraphStatus::of_ended(order.status, order.filled.0 > 0, order.done),
            (None, Some(run)) => run.status,
            (None, None) => GraphStatus::Cancelled,
        }
    }

    /// Keys of a graph object with a shape, all but its parts.
    fn run_head(&self, id: GraphIx, run: &Run) -> Vec<(&'static str, Value)> {
        let graph = self.desk.graph(id);
        vec![
            ("graph_id", graph.id.to_string().into()),
            ("status", run.status.as_str().into()),
            ("status_reason", Value::option(run.reason.clone())),
            ("is_sandbox", self.is_sandbox(run.account).into()),
            ("node_count", super::count(run.nodes.len())),
            ("edge_count", super::count(run.edges.len())),
            ("pnl_usd_1e9", Value::option(self.run_pnl(run))),
            ("fees_usd_1e9", Value::option(run.totals.fees())),
            ("created_unix_ns", run.created_ns.into()),
            ("updated_unix_ns", run.updated_ns.into()),
        ]
    }

    /// One graph object; `metadata` is the client's JSON text.
    pub(super) fn run_view(&self, id: GraphIx, run: &Run) -> Value {
        let graph = self.desk.graph(id);
        let nodes = (0..run.nodes.len()).map(|at| self.run_node_view(run, at)).collect();
        let mut keys = self.run_head(id, run);
        keys.extend([
            ("nodes", Value::List(nodes)),
            (
                "edges",
                Value::List(run.edges.iter().map(|edge| self.edge_view(run, edge)).collect()),
            ),
            ("risk", super::controls::risk_view(graph.risk())),
            ("metadata", graph.metadata.clone().into()),
        ]);
        Value::Map(keys)
    }

    /// A graph without its parts, for readers.
    pub(in crate::engine) fn run_row_view(&self, id: GraphIx, run: &Run) -> Value {
        let mut keys = self.run_head(id, run);
        let metadata = self.desk.graph(id).metadata.as_ref().to_owned();
        keys.push(("metadata", Value::Json(metadata)));
        Value::Map(keys)
    }

    /// One node of a graph with a shape.
    pub(super) fn run_node_view(&self, run: &Run, at: usize) -> Value {
        let node = &run.nodes[at];
        let spec = &*node.spec;
        let sums = run.sums_of(&self.desk, at);
        let symbol = self.registry.symbol(node.symbol).canonical(node.outcome).clone();
        let filled = i64::try_from(sums.filled).unwrap_or(i64::MAX);
        let parent = match node.role {
            Role::Slice { parent, .. } => Some(run.nodes[parent].spec.id.clone()),
            _ => None,
        };
        let waits = !node.incoming.is_empty() || matches!(node.role, Role::Slice { .. });
        let orders = node.orders.iter().map(|id| self.node_order_id(self.desk.order(*id)).into());
        let mut keys = vec![
            ("node_id", spec.id.clone().into()),
            ("kind", if node.pace.is_some() { "pacing_parent" } else { "order" }.into()),
            ("parent_node", Value::option(parent)),
            (
                "instrument",
                Value::Map(vec![
                    ("symbol", symbol.into()),
                    ("type", node.kind.as_str().into()),
                    ("venue", Value::option(spec.venue.map(VenueId::as_str))),
                ]),
            ),
            ("side", spec.side.as_str().into()),
            ("order_type", spec.order_type.value()),
            ("quantity", spec.size.value()),
            ("execution", spec.execution.value()),
            ("activation", if waits { "wait" } else { "root" }.into()),
            ("join", spec.join.as_str().into()),
            ("status", node.status.as_str().into()),
            ("activations", super::count(activations(node))),
            ("qty_1e8", sums.qty.into()),
            ("filled_qty_1e8", sums.filled.into()),
            ("avg_price_1e9", Value::option(average_price(sums.exact, Quantity(filled)))),
            ("fees_usd_1e9", Value::option(self.node_fees(run, at))),
            ("failure_reason", Value::option(node.failure.map(RejectReason::as_str))),
            ("node_order_ids", Value::List(orders.collect())),
            ("activated_unix_ns", Value::option(node.activated_ns)),
            ("done_unix_ns", Value::option(node.done_ns)),
            ("version", node.version.into()),
        ];
        keys.extend(run.hidden_of(&self.desk, at).map(|hidden| ("hidden_qty_1e8", hidden.into())));
        Value::Map(keys)
    }

    /// One edge of a graph.
    pub fn edge_amend_view(&self, graph: GraphIx, edge: usize) -> Value {
        let found = self.graphs.get(graph).and_then(|run| Some((run, run.edges.get(edge)?)));
        found.map_or(Value::Null, |(run, edge)| self.edge_view(run, edge))
    }

    /// Profit and loss of a graph's fills at the mid, without fees, in USD at 1e-9; `None` where
    /// nothing values one of them.
    pub(in crate::engine) fn run_pnl(&self, run: &Run) -> Option<i128> {
        let all = run.totals.iter();
        all.map(|(symbol, outcome, traded)| self.pnl_of(symbol, outcome, traded)).sum()
    }

    fn pnl_of(&self, symbol: SymbolId, outcome: Option<Outcome>, traded: &Traded) -> Option<i128> {
        let live = || Some(book_price(self.nbbo(symbol).mid()?, outcome));
        let last = || Some(self.facts().mark_of_symbol(symbol, outcome)?.price);
        // What was sold again is worth what it brought, whatever the market says.
        let mark = if traded.net == 0 { Price(0) } else { live().or_else(last)? };
        let rate = self.facts().quote_rate(symbol)?;
        mul_div_floor(traded.gain(mark), i128::from(rate.0), i128::from(PRICE_ONE)).ok()
    }

    fn edge_view(&self, run: &Run, edge: &Edge) -> Value {
        let spec = &edge.spec;
        let fine = 100_000_000;
        let from =
            edge.from.map_or(crate::graph::START.into(), |from| run.nodes[from].spec.id.clone());
        let can_fire = !run.status.is_terminal() && run.can_fire(edge);
        Value::Map(vec![
            ("edge_id", spec.id.clone().into()),
            ("from_node", from.into()),
            ("to_node", run.nodes[edge.to].spec.id.clone().into()),
            ("trigger", spec.trigger.value()),
            ("condition", spec.condition.value()),
            ("sizing", spec.sizing().value()),
            ("action", spec.action.as_str().into()),
            ("fired_count", edge.fired.into()),
            ("spent", edge.spent.into()),
            ("residual_qty_1e8", (edge.residual / fine).into()),
            ("last_fired_unix_ns", Value::option(edge.last_fired_ns)),
            ("armed_unix_ns", Value::option(edge.armed_ns)),
            ("due_unix_ns", Value::option(edge.due_ns)),
            ("best_1e9", Value::option(edge.best)),
            ("version", edge.version.into()),
            ("armed", edge.armed_ns.is_some().into()),
            ("can_fire", can_fire.into()),
            ("fires_at_ns", Value::option(edge.due_ns.filter(|_| can_fire))),
            (
                "progress",
                self.progress_of(run, edge).map_or(Value::Null, |ppm| Value::Decimal(ppm, 6)),
            ),
        ])
    }

    /// How far an edge is from firing, in ppm: the time that passed of its wait, or what its source
    /// filled of what it waits for; `None` where a price decides, or a word that says nothing before.
    fn progress_of(&self, run: &Run, edge: &Edge) -> Option<i128> {
        if edge.fired > 0 {
            return Some(1_000_000);
        }
        if let (Some(armed), Some(due)) = (edge.armed_ns, edge.due_ns) {
            let [now, armed, due] = [self.agenda.now_ns(), armed, due].map(i128::from);
            return share_ppm(now - armed, due - armed);
        }
        let sums = run.sums_of(&self.desk, edge.from?);
        match edge.spec.trigger {
            Trigger::On(Word::FullFill) => share_ppm(sums.filled, sums.qty),
            Trigger::On(Word::FillRatio) => {
                let wanted = edge.spec.condition.fill_ratio_gte.unwrap_or(Ratio::ONE);
                let one = i128::from(Ratio::ONE.0);
                share_ppm(sums.filled.saturating_mul(one), sums.qty.saturating_mul(wanted.0.into()))
            }
            _ => None,
        }
    }

    fn node_fees(&self, run: &Run, at: usize) -> Option<i128> {
        let sums = run.sums_of(&self.desk, at);
        let known = sums.filled == 0 || self.facts().quote_rate(run.nodes[at].symbol).is_some();
        known.then_some(sums.fees)
    }

    /// A page of graphs of an account, newest first, each without its parts.
    pub fn graphs_view(
        &self,
        account: AccountId,
        filter: GraphFilter<'_>,
        limit: usize,
        offset: usize,
    ) -> Value {
        let (ids, total) = page(self.matching_graphs(account, filter), limit, offset);
        let rows = ids.into_iter().map(|id| self.graph_list_row(id)).collect();
        page_value("graphs", rows, total, limit, offset)
    }

    /// Graphs of an account that pass a filter, newest first.
    pub fn matching_graphs(
        &self,
        account: AccountId,
        filter: GraphFilter<'_>,
    ) -> impl Iterator<Item = GraphIx> {
        let names = &self.desk.account(account).graphs;
        let newest = self.desk.graph_heads().rev().filter(move |(id, graph)| {
            *id >= filter.since
                && filter.before_seq.is_none_or(|seq| created_seq(*id) < seq)
                && names.get(&graph.id) == Some(*id)
                && !(filter.open_only && self.graph_status(*id).is_terminal())
                && filter.statuses.is_none_or(|wanted| wanted.contains(&self.graph_status(*id)))
        });
        newest.map(|(id, _)| id)
    }

    /// The place that the next graph gets.
    pub fn next_graph(&self) -> GraphIx {
        self.desk.next_graph()
    }

    /// One row of a list.
    pub fn graph_list_row(&self, id: GraphIx) -> Value {
        match self.graph_row_view(id) {
            Value::Map(mut keys) => {
                keys.push(("created_seq", created_seq(id).into()));
                Value::Map(keys)
            }
            other => other,
        }
    }
}

/// How often a node became active: once, and once more with every further order that a fill made.
fn activations(node: &Node) -> usize {
    match node.activated_ns {
        None => 0,
        Some(_) if node.pace.is_some() || matches!(node.role, Role::Slice { .. }) => 1,
        Some(_) => node.orders.len().max(1),
    }
}

/// How far a share of something has come, in ppm.
fn share_ppm(part: i128, whole: i128) -> Option<i128> {
    (whole > 0).then(|| (part.clamp(0, whole) * 1_000_000) / whole)
}
