//! What a graph tells: events of the log, and rows of the streams.

use super::Work;
use super::run::Want;
use crate::engine::journal::outbox::Topic;
use crate::engine::journal::tell::breach;
use crate::engine::view::Value;
use crate::event::EventKind;
use crate::graph::NodeStatus;
use crate::risk::FailureAction;

/// One change inside a graph: what it is about, from what, to what.
struct Change {
    event: &'static str,
    node: Option<String>,
    edge: Option<String>,
    from: &'static str,
    to: String,
}

impl Work<'_> {
    pub(super) fn set_node_status(&mut self, at: usize, status: NodeStatus) {
        let before = std::mem::replace(&mut self.run.nodes[at].status, status);
        let node = u32::try_from(at).unwrap_or(u32::MAX);
        self.tell(EventKind::NodeChanged { graph: self.ix, node, status });
        let name = self.run.nodes[at].spec.id.to_string();
        let (from, to) = (before.as_str(), status.as_str().to_owned());
        self.show(Change { event: "node", node: Some(name), edge: None, from, to });
    }

    pub(super) fn edge_changed(&mut self, at: usize, to: &str) {
        let edge = u32::try_from(at).unwrap_or(u32::MAX);
        let fired = self.run.edges[at].fired;
        self.tell(EventKind::EdgeFired { graph: self.ix, edge, fired });
        let name = self.run.edges[at].spec.id.to_string();
        let from = if fired > 1 { "fired" } else { "armed" };
        self.show(Change { event: "edge", node: None, edge: Some(name), from, to: to.to_owned() });
    }

    /// A limit was broken or a node rejected, and this was done. What is said of it is its own
    /// reason: the graph's may be that of an earlier one it went on after.
    pub(super) fn risk_changed(&mut self, action: FailureAction, why: &str, by_limit: bool) {
        self.tell(EventKind::GraphBreached { graph: self.ix, action, by_limit });
        let to = why.to_owned();
        self.show(Change { event: "risk", node: None, edge: None, from: "ok", to });
        self.alert(why);
    }

    /// Something of the graph that a person should see.
    pub(super) fn alert(&mut self, why: &str) {
        if self.engine.is_heard() {
            let graph = self.engine.desk.graph(self.ix).id.to_string();
            self.run.wants.push_back(Want::Show(Topic::Alert, breach(&graph, why)));
        }
    }

    pub(super) fn graph_changed(&mut self) {
        self.tell(EventKind::GraphChanged { graph: self.ix, status: self.run.status });
        if self.engine.is_heard() {
            let row = self.engine.run_row_view(self.ix, self.run);
            self.run.wants.push_back(Want::Show(Topic::Graphs, row));
        }
    }

    fn tell(&mut self, kind: EventKind) {
        self.run.updated_ns = self.engine.agenda.now_ns();
        self.run.wants.push_back(Want::Tell(kind));
    }

    fn show(&mut self, change: Change) {
        if !self.engine.is_heard() {
            return;
        }
        let row = Value::Map(vec![
            ("graph_id", self.engine.desk.graph(self.ix).id.to_string().into()),
            ("event", change.event.into()),
            ("node_id", Value::option(change.node)),
            ("edge_id", Value::option(change.edge)),
            ("from", change.from.into()),
            ("to", change.to.into()),
            ("cause_seq", self.engine.journal.log().last_seq().into()),
            ("ts_ns", self.engine.agenda.now_ns().into()),
        ]);
        self.run.wants.push_back(Want::Show(Topic::GraphsDetail, row));
    }
}
