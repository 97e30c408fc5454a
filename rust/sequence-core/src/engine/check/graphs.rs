//! Laws of execution graphs: what each may send, fire, hold and wait for.

use crate::engine::Engine;
use crate::engine::graph::run::{Edge, Ending, Node, Role, Run};
use crate::engine::graph::status::{all_of, sums_of};
use crate::engine::graph::totals::Totals;
use crate::graph::{NodeSize, NodeStatus, Ratio, Sizing};
use crate::ids::GraphIx;
use crate::order::Order;
use crate::violation::Violation;

/// Units at 1e-16 in one unit at 1e-8.
const FINE: i128 = 100_000_000;

impl Engine {
    /// The laws of every graph in memory.
    pub(super) fn check_graphs(&self, found: &mut Vec<Violation>) {
        for (id, run) in self.graphs.iter() {
            let subject = format!("graph {}", id.0);
            self.check_run(id, run, &subject, found);
            self.check_totals(run, &subject, found);
            for (at, node) in run.nodes.iter().enumerate() {
                let subject = format!("{subject} node {}", node.spec.id);
                self.check_node(run, at, &subject, found);
            }
            for edge in &run.edges {
                let subject = format!("{subject} edge {}", edge.spec.id);
                self.check_edge(run, edge, &subject, found);
            }
        }
    }

    /// G1: a graph is over exactly when its nodes are, and then waits for nothing and holds nothing.
    fn check_run(&self, id: GraphIx, run: &Run, subject: &str, found: &mut Vec<Violation>) {
        let mut broken = |expected: &str, seen: String| {
            found.push(Violation::new("G1", subject, expected, seen));
        };
        let over = run.status.is_terminal();
        // What is to be undone waits for books after a restart, with nothing of it open.
        let undone = run.ending != Ending::Flattening;
        if over != (undone && run.nodes.iter().all(|node| node.status.is_terminal())) {
            broken("over with its last node", run.status.as_str().to_owned());
        }
        if run.paused && !over && run.status.as_str() != "PAUSED" {
            broken("PAUSED", run.status.as_str().to_owned());
        }
        let waiting: usize = run.edges.iter().map(|edge| edge.pending as usize).sum();
        if run.ending == Ending::No && waiting != run.parked.len() {
            broken("what fired is carried out, or waits", waiting.to_string());
        }
        if !over {
            return self.check_waits(id, run, subject, found);
        }
        let armed = run.edges.iter().filter(|edge| edge.armed_ns.is_some()).count();
        let held: usize = run.nodes.iter().map(|node| node.held.len()).sum();
        if armed + held + run.parked.len() > 0 {
            broken("nothing that waits or is held", format!("{armed} edges, {held} held"));
        }
    }

    /// G6: what a graph sums as it fills is what its orders filled.
    fn check_totals(&self, run: &Run, subject: &str, found: &mut Vec<Violation>) {
        let mut totals = Totals::default();
        let ids = run.nodes.iter().flat_map(|node| &node.orders);
        for order in ids.map(|id| self.desk.order(*id)).filter(|order| order.filled.0 > 0) {
            totals.add(&order.spec, all_of(order));
        }
        if totals != run.totals {
            let [expected, seen] = [&totals, &run.totals].map(|sums| format!("{sums:?}"));
            found.push(Violation::new("G6", subject, expected, seen));
        }
    }

    /// G2: what a graph waits for will be told to it: its next time is on the agenda, and books of
    /// its prices are looked at.
    fn check_waits(&self, id: GraphIx, run: &Run, subject: &str, found: &mut Vec<Violation>) {
        if run.ending == Ending::No
            && let Some(next) = run.next_ns()
            && let latest = run.resumes_ns.map_or(next, |until| until.max(next))
            && run.wake_ns.is_none_or(|wake| wake > latest)
        {
            let wake = run.wake_ns.map_or("never".to_owned(), |wake| wake.to_string());
            found.push(Violation::new("G2", subject, next, wake));
        }
        for edge in run.edges.iter().filter(|edge| edge.looks()) {
            let symbol = run.nodes[edge.to].symbol;
            if !self.graphs.looks_at(id, symbol) {
                found.push(Violation::new("G2", subject, "looks at a price", &edge.spec.id));
            }
        }
    }

    /// G3: an order of a node is open exactly while the node says so, and its sums are right.
    /// G4: a node sends no more than what its size, its edges or its parent give it.
    fn check_node(&self, run: &Run, at: usize, subject: &str, found: &mut Vec<Violation>) {
        let node = &run.nodes[at];
        let mut broken = |law: &'static str, expected: String, seen: String| {
            found.push(Violation::new(law, subject, expected, seen));
        };
        let orders = || node.orders.iter().map(|id| self.desk.order(*id));
        let open = orders().filter(|order| !order.status.is_terminal()).count();
        if open != node.open.len() || node.sending != 0 || node.status.is_terminal() && open > 0 {
            broken("G3", format!("{open} open orders"), format!("{} known", node.open.len()));
        }
        if matches!(node.status, NodeStatus::Waiting | NodeStatus::Skipped) && orders().count() > 0
        {
            broken("G3", "no order before it starts".to_owned(), node.status.as_str().to_owned());
        }
        let filled: i128 = orders().map(|order| sums_of(order).filled).sum();
        let known = run.sums_of(&self.desk, at);
        if node.pace.is_none() && known.filled != filled {
            broken("G3", filled.to_string(), known.filled.to_string());
        }
        if known.filled > known.qty {
            broken("G4", known.qty.to_string(), known.filled.to_string());
        }
        // An amend of the owner may ask for more than the graph did.
        let as_asked = node.version == 1 && orders().all(|order: &Order| order.version == 1);
        let sent: i128 = orders().map(|order| sums_of(order).qty).sum();
        if let Some(most) = most_of(run, node).filter(|most| as_asked && sent > *most) {
            broken("G4", most.to_string(), sent.to_string());
        }
    }

    /// G5: a one-shot fires once, and an edge gives no more than its size says.
    fn check_edge(&self, run: &Run, edge: &Edge, subject: &str, found: &mut Vec<Violation>) {
        // One that fired on every fill before an amend made it a one-shot fires once more.
        let as_asked = edge.version == 1 && !edge.spec.repeats();
        if as_asked && (edge.fired > 1 || edge.fired == 1 && !edge.spent) {
            found.push(Violation::new("G5", subject, "fires once", edge.fired));
        }
        if edge.fired == 0 && edge.given != 0 || edge.given < 0 || edge.residual < 0 {
            found.push(Violation::new("G5", subject, "gives when it fires", edge.given));
        }
        let source = edge.from.map(|from| run.sums_of(&self.desk, from)).unwrap_or_default();
        let of = |share: Ratio, units: i128| units * i128::from(share.0);
        let most = match edge.spec.sizing() {
            Sizing::FromFill(share) | Sizing::FromFilled(share) => of(share, source.filled),
            Sizing::Fixed(units) => i128::from(units.0) * FINE * i128::from(edge.fired),
            _ => return,
        };
        if edge.given > most {
            found.push(Violation::new("G5", subject, most, edge.given));
        }
    }
}

/// The most that a node may send, where its size, its edges or its parent say it.
fn most_of(run: &Run, node: &Node) -> Option<i128> {
    if let Role::Slice { .. } = node.role {
        // A passive slice sends its rest once more when it crosses.
        let passive = node.orders.len() > 1;
        return (!passive).then(|| i128::from(node.planned.0));
    }
    let incoming = || node.incoming.iter().map(|at| &run.edges[*at]);
    let own = incoming().any(|edge| edge.spec.sizing() == Sizing::Target);
    match node.spec.size {
        _ if node.pace.is_some() => None,
        NodeSize::Fixed(units) if incoming().all(|edge| !edge.spec.repeats()) || !own => {
            Some(i128::from(units.0))
        }
        NodeSize::FromEdge => Some(incoming().map(|edge| edge.given / FINE).sum()),
        _ => None,
    }
}
