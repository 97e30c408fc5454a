//! When a graph is woken: times of edges, slices, pegs and limits.

use super::Work;
use super::react::NO_FILL;
use super::run::{Ending, Node, Role, Run};
use crate::engine::Engine;
use crate::graph::{Action, NodeStatus, Pacing};
use crate::ids::GraphIx;

/// How long a graph waits after a restart for the books that what is due trades on.
const BOOKS_NS: i64 = 10_000_000_000;

impl Work<'_> {
    /// A time of the graph has come.
    pub(super) fn wake(&mut self) {
        let now = self.engine.agenda.now_ns();
        self.run.wake_ns = self.run.wake_ns.filter(|wake| *wake > now);
        if self.run.resumes_ns.is_some_and(|until| until <= now) {
            self.run.resumes_ns = None;
            self.run.looks_elsewhere = true;
        }
        if self.run.status.is_terminal() || self.waits_for_books() {
            return;
        }
        self.fire_due();
        if !self.run.paused {
            self.nodes_due();
        }
    }

    /// Edges whose time has come fire in the order of their times.
    fn fire_due(&mut self) {
        let now = self.engine.agenda.now_ns();
        let found: Vec<(i64, usize)> = self.run.waits.edges_due(now).collect();
        for (due_ns, at) in found {
            let before = self.run.fired.len();
            self.fire(at, NO_FILL);
            for firing in self.run.fired.iter_mut().skip(before) {
                firing.at_ns = due_ns;
            }
        }
    }

    /// Passive slices cross, pegs look again, paced parents go on.
    fn nodes_due(&mut self) {
        let now = self.engine.agenda.now_ns();
        for at in self.run.waits.nodes_due(now) {
            if self.run.nodes[at].due_ns.is_some_and(|due| due <= now) {
                match self.run.nodes[at].role {
                    Role::Slice { .. } => self.cross(at),
                    _ => self.follow_peg(at),
                }
            }
            if self.run.nodes[at].pace.is_some() {
                self.pace_due(at);
            }
        }
    }

    /// Has the agenda wake the graph at its next time; what is due now is carried on at once.
    pub(super) fn wake_at(&mut self) {
        if self.run.status.is_terminal() {
            return;
        }
        let now = self.engine.agenda.now_ns();
        if let Some(until) = self.run.resumes_ns {
            self.wake_by(until.max(now));
        }
        if self.run.ending != Ending::No || self.waits_for_books() {
            return;
        }
        let dog = self.run.dog.next_ns(self.grace_ns()).filter(|_| !self.run.paused);
        self.run.is_risky |= dog.is_some_and(|due| due <= now);
        let work = self.run.waits.next_ns(self.run.paused);
        self.run.is_due |= work.is_some_and(|due| due <= now);
        let later = [dog, work].into_iter().flatten().filter(|due| *due > now);
        if let Some(next) = later.min() {
            self.wake_by(next);
        }
    }

    fn wake_by(&mut self, next: i64) {
        if self.run.wake_ns.is_none_or(|known| next < known) {
            self.run.wake_ns = Some(next);
            self.run.wants_wake_ns = Some(next);
        }
    }

    /// After a restart the books begin anew: what fell due meanwhile, and trades at market, waits a
    /// moment for those it needs, and so does what undoes the graph. True while it does.
    pub(super) fn waits_for_books(&self) -> bool {
        let now = self.engine.agenda.now_ns();
        if self.run.resumes_ns.is_none_or(|until| until <= now) {
            return false;
        }
        match self.run.ending {
            Ending::No => self.lacks_books_for_what_is_due(now),
            Ending::Flattening => self.lacks_a_way_out(),
            Ending::Cancelled | Ending::Unplaced | Ending::Failed => false,
        }
    }

    fn lacks_books_for_what_is_due(&self, now: i64) -> bool {
        let is_due = |due: Option<i64>| due.is_some_and(|due| due <= now);
        let edges = self.run.waits.edges_due(now).map(|(_, at)| &self.run.edges[at]);
        let starts = edges.filter(|edge| edge.spec.action == Action::Activate).map(|edge| edge.to);
        let at_market = |at: &usize| self.run.nodes[*at].spec.limit().is_none();
        let crosses = |at: &usize| {
            let node = &self.run.nodes[*at];
            let shares = matches!(node.spec.execution.pacing, Some(Pacing::Participation(_)));
            let pace = node.pace.as_deref().filter(|pace| shares && !pace.closed);
            is_due(node.due_ns)
                || pace.is_some_and(|pace| is_due(pace.tick_ns) || is_due(pace.end_ns))
        };
        let nodes = self.run.waits.nodes_due(now).into_iter().filter(crosses);
        starts.filter(at_market).chain(nodes).any(|at| {
            let node = &self.run.nodes[at];
            self.engine
                .facts()
                .best_touch(self.markets_of(at), node.spec.side, node.outcome)
                .is_none()
        })
    }
}

impl Engine {
    /// Has a graph go on after a restart: it looks at prices again, and is woken now.
    pub(in crate::engine) fn resume_run(&mut self, ix: GraphIx) {
        let Some(mut run) = self.graphs.take(ix) else { return };
        let now_ns = self.agenda.now_ns();
        run.wake_ns = Some(now_ns);
        run.resumes_ns = Some(now_ns.saturating_add(BOOKS_NS));
        run.index();
        Work { engine: self, ix, run: &mut run }.watch();
        self.graphs.load(ix, run);
    }
}

impl Run {
    /// When an edge, a slice, a peg or a paced parent of it is due next: what its index must say.
    pub(in crate::engine) fn next_ns(&self) -> Option<i64> {
        let edges = self.edges.iter().filter(|edge| !edge.spent);
        let working = |node: &&Node| node.status == NodeStatus::Working && !self.paused;
        let nodes = self.nodes.iter().filter(working).map(Node::next_ns);
        edges.filter_map(|edge| edge.due_ns).chain(nodes.flatten()).min()
    }
}
