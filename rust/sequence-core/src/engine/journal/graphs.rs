//! Rows of graphs with a shape, as they change, and graphs back from their rows.

use std::collections::BTreeMap;

use super::known::Result;
use super::recall::{Recall, ShapeRows};
use crate::engine::Engine;
use crate::engine::graph::run::{Node, Run, Source};
use crate::engine::graph::status::{all_of, sums_of};
use crate::engine::record::{
    Cell, RestoreError, Row, edge_row, node_row, pack, read_edge, read_node, read_run, run_row,
};
use crate::hash::fnv1a64;
use crate::ids::{AssetId, GraphIx, InstrumentKind, MarketId, OrderId, Side};

impl Recall<'_> {
    /// Puts graphs of before a restart back, whole or not at all; their orders are in memory.
    pub(super) fn recall_runs(&mut self, rows: ShapeRows<'_>) -> Result<()> {
        let mut found = BTreeMap::new();
        for row in rows.runs {
            let (id, run) = read_run(row)?;
            self.known().account("graph_runs", run.account)?;
            found.insert(id, Box::new(run));
        }
        for row in rows.nodes {
            let read = read_node(self.registry, row)?;
            let Some(run) = found.get_mut(&read.graph) else { continue };
            let mut node = read.node;
            for (market, amount) in read.held {
                self.known().market("graph_nodes", market)?;
                let asset = self.funds_of(&node, market);
                let terms = self.registry.market(market);
                let balance = self.portfolio.open_balance(run.account, terms.venue, asset);
                let adopted = self.portfolio.adopt(balance, amount);
                let held = adopted.map_err(|error| broken("graph_nodes", error.to_string()))?;
                node.held.push((market, held));
            }
            run.nodes.push(node);
        }
        for row in rows.edges {
            let (id, edge) = read_edge(row)?;
            let Some(run) = found.get_mut(&id) else { continue };
            let source: Source = edge.from;
            let most = run.nodes.len();
            if edge.to >= most || source.is_some_and(|from| from >= most) {
                return Err(broken("graph_edges", format!("graph {} has no such node", id.0)));
            }
            run.join(edge);
        }
        // One look through all orders, however many graphs come back.
        let mut orders: BTreeMap<GraphIx, Vec<OrderId>> = BTreeMap::new();
        for (order, row) in self.desk.order_heads().filter(|_| !found.is_empty()) {
            if found.contains_key(&row.graph) {
                orders.entry(row.graph).or_default().push(order);
            }
        }
        for (id, mut run) in found {
            self.rebuild_run(id, &mut run, orders.remove(&id).unwrap_or_default())?;
            self.graphs.load(id, run);
        }
        Ok(())
    }

    /// What a node's order reserves at a market.
    fn funds_of(&self, node: &Node, market: MarketId) -> AssetId {
        let terms = self.registry.market(market);
        match (terms.kind, node.spec.side) {
            (InstrumentKind::Perp, _) | (_, Side::Buy) => terms.settle,
            (_, Side::Sell) => terms.held(node.outcome),
        }
    }

    /// What the rows of a graph's nodes leave out: their orders, their slices, what is parked.
    fn rebuild_run(&self, id: GraphIx, run: &mut Run, mut orders: Vec<OrderId>) -> Result<()> {
        for at in 0..run.nodes.len() {
            let over = run.nodes[at].status.is_terminal();
            if let Some(parent) = run.parent_of(at) {
                let pace = run.nodes.get_mut(parent).and_then(|node| node.pace.as_deref_mut());
                let pace = pace.ok_or_else(|| {
                    broken("graph_nodes", format!("graph {}: slice {at} has no parent", id.0))
                })?;
                pace.slices.push(at);
                pace.over += usize::from(over);
            }
        }
        for firing in run.parked.clone() {
            let edge = run.edges.get_mut(firing.edge);
            let edge = edge.ok_or_else(|| {
                broken("graph_runs", format!("graph {} has no edge {}", id.0, firing.edge))
            })?;
            edge.pending += 1;
        }
        orders.sort_unstable();
        for order in orders {
            let row = self.desk.order(order);
            let at = run.find(&row.spec.node_id);
            let at =
                at.ok_or_else(|| broken("graph_nodes", format!("order {} has no node", order.0)))?;
            run.add_order(at, order);
            if row.filled.0 > 0 {
                run.totals.add(&row.spec, all_of(row));
            }
            if row.status.is_terminal() {
                run.retire(at, order, sums_of(row));
            }
        }
        let mut known: [Vec<u64>; 2] = [Vec::new(), Vec::new()];
        let places = run.nodes.take_unkept().into_iter();
        let (registry, ledger) = (self.registry, self.portfolio.ledger());
        let rows = places.map(|at| (at, node_row((registry, ledger), id, at, &run.nodes[at])));
        new_rows(rows, &mut known[0]).for_each(drop);
        let places = run.edges.take_unkept().into_iter();
        let rows = places.map(|at| (at, edge_row(id, at, &run.edges[at])));
        new_rows(rows, &mut known[1]).for_each(drop);
        run.kept = known;
        Ok(())
    }
}

/// Rows of nodes or edges, with their places in the graph.
type PlacedRows = Vec<(usize, Row)>;

/// Rows of a graph, its nodes and its edges that changed.
pub(in crate::engine) fn rows_of(
    engine: &Engine,
    (id, [nodes, edges]): (GraphIx, [Vec<usize>; 2]),
) -> Option<(Row, [PlacedRows; 2])> {
    let (run, from) = (engine.graphs.get(id)?, (engine.registry(), engine.ledger()));
    let nodes = nodes.into_iter().map(|at| (at, node_row(from, id, at, &run.nodes[at])));
    let edges = edges.into_iter().map(|at| (at, edge_row(id, at, &run.edges[at])));
    Some((run_row(id, run), [nodes.collect(), edges.collect()]))
}

/// Rows, by their places, that are not as they are kept; they are from here on.
pub(in crate::engine) fn new_rows(
    rows: impl Iterator<Item = (usize, Row)>,
    known: &mut Vec<u64>,
) -> impl Iterator<Item = Row> {
    let mut changed = Vec::new();
    for (at, row) in rows {
        let digest = digest(&row);
        match known.get_mut(at) {
            Some(before) if *before == digest => continue,
            Some(before) => *before = digest,
            None => known.push(digest),
        }
        changed.push(row);
    }
    changed.into_iter()
}

fn digest(row: &[Cell]) -> u64 {
    fnv1a64(pack(row).as_bytes())
}

fn broken(table: &'static str, message: String) -> RestoreError {
    RestoreError { table, message }
}
