//! When a graph is woken: times of edges, slices, pegs and limits.

use super::Work;
use super::react::NO_FILL;
use super::run::{Ending, Node, Role, Run};
use crate::graph::{Action, NodeStatus, Pacing};
use crate::ids::{MarketId, Outcome, Side};
use crate::market::TradingPhase;

/// How long a graph waits after a restart for the books that what is due trades on.
const BOOKS_NS: i64 = 10_000_000_000;

impl Work<'_> {
    /// The graph goes on after a restart: it looks at prices again, and is woken at the time of
    /// what fell due meanwhile, or now.
    pub(in crate::engine) fn go_on(&mut self) -> i64 {
        let now_ns = self.engine.agenda.now_ns();
        self.run.resumes_ns = Some(now_ns.saturating_add(BOOKS_NS));
        self.run.index();
        self.watch();
        let wake_ns = self.next_due().map_or(now_ns, |due| due.min(now_ns));
        self.run.wake_ns = Some(wake_ns);
        wake_ns
    }

    /// A time of the graph has come: what was due by then is done, and nothing of later.
    pub(super) fn wake(&mut self, due_ns: i64) {
        let now = self.engine.agenda.now_ns();
        self.run.wake_ns = self.run.wake_ns.filter(|wake| *wake > now);
        if self.run.resumes_ns.is_some_and(|until| until <= now) {
            self.run.resumes_ns = None;
            self.run.looks_elsewhere = true;
            self.unpark();
        }
        if self.run.status.is_terminal() || self.waits_for_books() {
            return;
        }
        self.fire_due(due_ns);
        if !self.run.paused {
            self.nodes_due(due_ns);
        }
        self.run.is_risky |= self.limits_due().is_some_and(|limits| limits <= due_ns);
    }

    /// Edges whose time has come fire in the order of their times.
    fn fire_due(&mut self, by_ns: i64) {
        let found: Vec<(i64, usize)> = self.run.waits.edges_due(by_ns).collect();
        for (due_ns, at) in found {
            let before = self.run.fired.len();
            self.fire(at, NO_FILL);
            for firing in self.run.fired.iter_mut().skip(before) {
                firing.at_ns = due_ns;
            }
        }
    }

    /// Passive slices cross, pegs look again, paced parents go on.
    fn nodes_due(&mut self, by_ns: i64) {
        for at in self.run.waits.nodes_due(by_ns) {
            if self.run.nodes[at].due_ns.is_some_and(|due| due <= by_ns) {
                match self.run.nodes[at].role {
                    Role::Slice { .. } => self.cross(at),
                    _ => self.follow_peg(at),
                }
            }
            if self.run.nodes[at].pace.is_some() {
                self.pace_due(at, by_ns);
            }
        }
    }

    /// When its limits are to be looked at next, unless they are about to be.
    fn limits_due(&self) -> Option<i64> {
        let looks = !self.run.paused && !self.run.is_risky;
        self.run.dog.next_ns(self.grace_ns()).filter(|_| looks)
    }

    /// When something of it is due next.
    fn next_due(&self) -> Option<i64> {
        let work = self.run.waits.next_ns(self.run.paused);
        [self.limits_due(), work].into_iter().flatten().min()
    }

    /// Has the agenda wake the graph at its next time. What is due already is carried on at once,
    /// but after what others owe of before: a restart makes up the past in its order.
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
        match self.next_due() {
            Some(next) if next > now || self.engine.agenda.owes_before(next) => self.wake_by(next),
            next => self.run.due_ns = next,
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
        if !self.begins_anew() {
            return false;
        }
        match self.run.ending {
            Ending::No => self.lacks_books_for_what_is_due(self.engine.agenda.now_ns()),
            Ending::Flattening => self.lacks_a_way_out(),
            Ending::Cancelled | Ending::Unplaced | Ending::Failed => false,
        }
    }

    /// Books begin anew after a restart, and that was just now.
    fn begins_anew(&self) -> bool {
        self.run.resumes_ns.is_some_and(|until| self.engine.agenda.now_ns() < until)
    }

    /// True while what an edge starts waits for its first book after a restart: a fill in that of one
    /// venue may start an order at another.
    pub(super) fn lacks_a_book_for(&self, edge: usize) -> bool {
        let edge = &self.run.edges[edge];
        let starts = edge.spec.action == Action::Activate;
        starts && self.begins_anew() && self.is_at_market(edge.to) && self.awaits_its_book(edge.to)
    }

    fn is_at_market(&self, node: usize) -> bool {
        self.run.nodes[node].spec.limit().is_none()
    }

    fn awaits_its_book(&self, node: usize) -> bool {
        let Node { spec, outcome, .. } = &self.run.nodes[node];
        self.awaits_book(self.markets_of(node), spec.side, *outcome)
    }

    /// True when no book says what an order would pay, and one may yet.
    pub(super) fn awaits_book(
        &self,
        markets: &[MarketId],
        side: Side,
        outcome: Option<Outcome>,
    ) -> bool {
        let touch = self.engine.facts().best_touch(markets, side, outcome);
        touch.is_none() && self.may_quote(markets)
    }

    /// True until all of these markets are resolved.
    pub(super) fn may_quote(&self, markets: &[MarketId]) -> bool {
        let phase = |id: &MarketId| self.engine.exchange.market(*id).market.phase();
        !markets.iter().all(|id| phase(id) == TradingPhase::Resolved)
    }

    fn lacks_books_for_what_is_due(&self, now: i64) -> bool {
        let is_due = |due: Option<i64>| due.is_some_and(|due| due <= now);
        let edges = self.run.waits.edges_due(now).map(|(_, at)| &self.run.edges[at]);
        let starts = edges.filter(|edge| edge.spec.action == Action::Activate).map(|edge| edge.to);
        let crosses = |at: &usize| {
            let node = &self.run.nodes[*at];
            let shares = matches!(node.spec.execution.pacing, Some(Pacing::Participation(_)));
            let pace = node.pace.as_deref().filter(|pace| shares && !pace.closed);
            is_due(node.due_ns)
                || pace.is_some_and(|pace| is_due(pace.tick_ns) || is_due(pace.end_ns))
        };
        let nodes = self.run.waits.nodes_due(now).into_iter().filter(crosses);
        let mut trades = starts.filter(|at| self.is_at_market(*at)).chain(nodes);
        trades.any(|at| self.awaits_its_book(at))
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
