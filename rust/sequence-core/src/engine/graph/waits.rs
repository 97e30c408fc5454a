//! What a graph waits for, found without going through its nodes and edges.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::parts::{Edge, Node};
use crate::graph::{NodeStatus, OrderType, Pacing, Word};
use crate::ids::SymbolId;

/// Places by symbol, in order within each.
#[derive(Debug, Clone, Default)]
struct BySymbol(BTreeSet<(SymbolId, usize)>);

impl BySymbol {
    /// Moves a place from one symbol to another; true when a symbol came or went.
    fn move_to(&mut self, at: usize, before: Option<SymbolId>, now: Option<SymbolId>) -> bool {
        let lone = |this: &Self, symbol| this.of(symbol).nth(1).is_none();
        let changed = before != now;
        let went = changed && before.is_some_and(|symbol| lone(self, symbol));
        swap(&mut self.0, at, before, now);
        went || changed && now.is_some_and(|symbol| lone(self, symbol))
    }

    fn of(&self, symbol: SymbolId) -> impl Iterator<Item = usize> + '_ {
        self.0.range((symbol, 0)..=(symbol, usize::MAX)).map(|(_, at)| *at)
    }

    /// Each symbol once, found without going through its places: nodes that filled stay here.
    fn symbols(&self) -> impl Iterator<Item = SymbolId> + '_ {
        let first = self.0.first();
        std::iter::successors(first, |(symbol, _)| {
            let others = (Bound::Excluded((*symbol, usize::MAX)), Bound::Unbounded);
            self.0.range(others).next()
        })
        .map(|(symbol, _)| *symbol)
    }
}

/// Times and symbols of a graph's edges and nodes, as of the last time that it was looked through.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Waits {
    edge_times: BTreeSet<(i64, usize)>,
    node_times: BTreeSet<(i64, usize)>,
    looks: BySymbol,
    pegs: BySymbol,
    meters: BySymbol,
    marks: BySymbol,
    of_edges: Vec<EdgeWait>,
    of_nodes: Vec<NodeWait>,
    unfinished: usize,
    /// A symbol came or went since the last time that this was asked.
    is_changed: bool,
}

/// What one edge waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct EdgeWait {
    due_ns: Option<i64>,
    look: Option<SymbolId>,
}

/// What one node waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct NodeWait {
    due_ns: Option<i64>,
    /// Its order follows a price.
    peg: Option<SymbolId>,
    /// It counts what trades.
    meter: Option<SymbolId>,
    /// A mark says what it is worth.
    mark: Option<SymbolId>,
    unfinished: bool,
}

impl EdgeWait {
    fn of(edge: &Edge, target: SymbolId) -> Self {
        Self { due_ns: edge.due_ns.filter(|_| !edge.spent), look: edge.looks().then_some(target) }
    }
}

impl NodeWait {
    fn of(node: &Node) -> Self {
        let working = node.status == NodeStatus::Working;
        let of = |wanted: bool| wanted.then_some(node.symbol);
        let pegged = matches!(node.spec.order_type, OrderType::Peg(_));
        let shares = matches!(node.spec.execution.pacing, Some(Pacing::Participation(_)));
        Self {
            due_ns: node.next_ns().filter(|_| working),
            peg: of(working && pegged),
            meter: of(working && shares),
            mark: of(node.pace.is_none() && node.has_said(Word::FirstFill)),
            unfinished: !node.status.is_terminal(),
        }
    }
}

impl Waits {
    /// An edge changed.
    pub(super) fn note_edge(&mut self, at: usize, edge: &Edge, target: SymbolId) {
        let now = EdgeWait::of(edge, target);
        let before = std::mem::replace(slot(&mut self.of_edges, at), now);
        swap(&mut self.edge_times, at, before.due_ns, now.due_ns);
        self.is_changed |= self.looks.move_to(at, before.look, now.look);
    }

    /// A node changed.
    pub(super) fn note_node(&mut self, at: usize, node: &Node) {
        let now = NodeWait::of(node);
        let before = std::mem::replace(slot(&mut self.of_nodes, at), now);
        swap(&mut self.node_times, at, before.due_ns, now.due_ns);
        self.is_changed |= self.pegs.move_to(at, before.peg, now.peg);
        self.is_changed |= self.meters.move_to(at, before.meter, now.meter);
        self.is_changed |= self.marks.move_to(at, before.mark, now.mark);
        self.unfinished += usize::from(now.unfinished);
        self.unfinished -= usize::from(before.unfinished);
    }

    /// True until every node is over.
    pub(super) const fn is_unfinished(&self) -> bool {
        self.unfinished > 0
    }

    /// When an edge is due next, or a node unless the graph stands still.
    pub(super) fn next_ns(&self, paused: bool) -> Option<i64> {
        let node = self.node_times.first().filter(|_| !paused);
        [self.edge_times.first(), node].into_iter().flatten().map(|(due, _)| *due).min()
    }

    /// Edges that are due, in the order of their times.
    pub(super) fn edges_due(&self, now_ns: i64) -> impl Iterator<Item = (i64, usize)> {
        self.edge_times.range(..=(now_ns, usize::MAX)).copied()
    }

    /// Nodes that are due, in order.
    pub(super) fn nodes_due(&self, now_ns: i64) -> BTreeSet<usize> {
        self.node_times.range(..=(now_ns, usize::MAX)).map(|(_, at)| *at).collect()
    }

    /// Edges that look at the price of a symbol.
    pub(super) fn looking_at(&self, symbol: SymbolId) -> Vec<usize> {
        self.looks.of(symbol).collect()
    }

    /// Nodes whose orders follow the price of a symbol.
    pub(super) fn pegged_to(&self, symbol: SymbolId) -> Vec<usize> {
        self.pegs.of(symbol).collect()
    }

    /// Nodes that count what trades in a symbol.
    pub(super) fn metering(&self, symbol: SymbolId) -> Vec<usize> {
        self.meters.of(symbol).collect()
    }

    /// Symbols whose prices are looked at, whose marks say what the graph is worth, and whose
    /// trades are counted.
    pub(in crate::engine) fn symbols(&self) -> [BTreeSet<SymbolId>; 3] {
        let looked = self.looks.symbols().chain(self.pegs.symbols());
        [looked.collect(), self.marks.symbols().collect(), self.meters.symbols().collect()]
    }

    /// True once after a symbol came or went.
    pub(super) fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }
}

fn slot<T: Clone + Default>(rows: &mut Vec<T>, at: usize) -> &mut T {
    if rows.len() <= at {
        rows.resize(at + 1, T::default());
    }
    &mut rows[at]
}

/// Moves a place from one key to another.
fn swap<K: Ord + Copy>(
    set: &mut BTreeSet<(K, usize)>,
    at: usize,
    before: Option<K>,
    now: Option<K>,
) {
    if before == now {
        return;
    }
    if let Some(before) = before {
        set.remove(&(before, at));
    }
    if let Some(now) = now {
        set.insert((now, at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_comes_and_goes_once_however_many_places_it_has() {
        let mut marks = BySymbol::default();
        let [first, second] = [SymbolId(1), SymbolId(2)];
        assert!(marks.move_to(0, None, Some(first)));
        assert!(!marks.move_to(1, None, Some(first)));
        assert!(marks.move_to(2, None, Some(second)));
        assert!(!marks.move_to(2, Some(second), Some(second)));
        assert_eq!(marks.symbols().collect::<Vec<_>>(), [first, second]);
        assert!(!marks.move_to(0, Some(first), None));
        assert!(marks.move_to(1, Some(first), None));
        assert!(marks.move_to(2, Some(second), Some(first)));
        assert_eq!(marks.symbols().collect::<Vec<_>>(), [first]);
    }
}
