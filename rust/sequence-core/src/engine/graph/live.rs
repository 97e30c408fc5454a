//! When a graph is woken: times of edges, slices, pegs and limits.

use super::Work;
use super::react::NO_FILL;
use super::run::{Ending, Node, Role};
use crate::graph::NodeStatus;

impl Work<'_> {
    /// A time of the graph has come.
    pub(super) fn wake(&mut self) {
        let now = self.engine.agenda.now_ns();
        self.run.wake_ns = self.run.wake_ns.filter(|wake| *wake > now);
        if self.run.status.is_terminal() {
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
        let edges = self.run.edges.iter().enumerate();
        let mut found: Vec<(i64, usize)> = edges
            .filter(|(_, edge)| !edge.spent)
            .filter_map(|(at, edge)| Some((edge.due_ns.filter(|due| *due <= now)?, at)))
            .collect();
        found.sort_unstable();
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
        for at in 0..self.run.nodes.len() {
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
        if self.run.status.is_terminal() || self.run.ending != Ending::No {
            return;
        }
        let now = self.engine.agenda.now_ns();
        let dog = self.run.dog.next_ns(self.grace_ns()).filter(|_| !self.run.paused);
        self.run.is_risky |= dog.is_some_and(|due| due <= now);
        let work = self.next_ns();
        self.run.is_due |= work.is_some_and(|due| due <= now);
        let later = [dog, work].into_iter().flatten().filter(|due| *due > now);
        let Some(next) = later.min() else { return };
        if self.run.wake_ns.is_none_or(|known| next < known) {
            self.run.wake_ns = Some(next);
            self.run.wants_wake_ns = Some(next);
        }
    }

    fn next_ns(&self) -> Option<i64> {
        let edges = self.run.edges.iter().filter(|edge| !edge.spent);
        let working = |node: &&Node| node.status == NodeStatus::Working && !self.run.paused;
        let nodes = self.run.nodes.iter().filter(working).flat_map(|node| {
            let pace = node.pace.as_deref().filter(|pace| !pace.closed);
            [node.due_ns, pace.and_then(|pace| pace.tick_ns), pace.and_then(|pace| pace.end_ns)]
        });
        edges.filter_map(|edge| edge.due_ns).chain(nodes.flatten()).min()
    }
}
