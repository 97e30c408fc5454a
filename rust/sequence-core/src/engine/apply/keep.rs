//! A store is told: rows of what changed since it was told last.

use crate::engine::Engine;
use crate::engine::journal::changes::{Changes, Left, NO_TABLES};
use crate::engine::journal::graphs::{new_rows, rows_of};
use crate::engine::journal::touched::Touched;
use crate::engine::record::Row;
use crate::ids::{FillIx, GraphIx, OrderId};
use crate::reject::Refusal;

impl Engine {
    /// Starts to note changes, from the state as it is: an empty engine, or one just restored.
    /// Refused once it has a live account: no store has tables for what real venues were asked.
    pub fn keep_changes(&mut self) -> Result<(), Refusal> {
        if self.desk.has_live() {
            return Err(Refusal::conflict(NO_TABLES));
        }
        self.desk.listen();
        self.portfolio.listen();
        self.exchange.listen();
        self.graphs.listen();
        self.journal.keep();
        Ok(())
    }

    /// Every row of this state, for a copy of it in a file; of events there are none. Refused as
    /// [`Self::keep_changes`] is.
    pub fn all_rows(&self) -> Result<Vec<(&'static str, Vec<Row>)>, Refusal> {
        let mut copy = self.clone();
        copy.keep_changes()?;
        copy.keep_all(Left { order: OrderId(0), graph: GraphIx(0), fill: FillIx(0) });
        Ok(copy.take_changes().rows)
    }

    /// Has the next take give every row in memory, after what is from `left` on went.
    pub(super) fn keep_all(&mut self, left: Left) {
        self.desk.touch_all();
        self.exchange.touch_all();
        self.graphs.touch_all();
        self.portfolio.touch_all();
        self.journal.keep_anew(left);
    }

    /// True when a take would give something.
    pub fn has_changes(&self) -> bool {
        self.portfolio.is_touched()
            || self.exchange.is_touched()
            || self.desk.is_touched()
            || self.graphs.is_touched()
            || self.journal.is_touched(&self.registry)
    }

    /// Everything that was told up to a commit number is stored: ended orders of it may be let go of.
    pub const fn stored(&mut self, seq: u64) {
        self.journal.note_stored(seq);
    }

    /// Has the next take give the marks as they are: for the last one.
    pub fn keep_marks(&mut self) {
        self.journal.want_marks();
    }

    /// Rows that changed since the last call; empty when nothing did or nobody listens.
    pub fn take_changes(&mut self) -> Changes {
        let (has_changes, now_ns) = (self.has_changes(), self.agenda.now_ns());
        let listed = (&mut self.registry, &self.exchange);
        let Some(listed) = self.journal.take_listed(listed, has_changes, now_ns) else {
            return Changes::default();
        };
        let lines = self.exchange.take_touched_lines();
        // An account has three parts, and one row; an order two.
        let mut accounts = self.desk.take_touched_accounts();
        accounts.extend(self.portfolio.take_touched_accounts());
        accounts.extend(lines.iter().map(|(account, _)| *account));
        let mut orders = self.desk.take_touched_orders();
        orders.extend(self.exchange.take_touched_orders());
        let touched = Touched {
            listed,
            terms: self.portfolio.take_touched_terms(),
            money: self.portfolio.take_touched_money(),
            positions: self.portfolio.take_touched_rows(),
            lines,
            accounts: accounts.into_iter().collect(),
            graphs: self.desk.take_touched_graphs(),
            runs: self.changed_runs(),
            orders: orders.into_iter().collect(),
            fills: self.desk.take_touched_fills(),
            events: self.journal.take_events(),
        };
        touched.rows(self)
    }

    /// Rows of graphs with a shape, their nodes and their edges, that are not as they are kept.
    fn changed_runs(&mut self) -> [Vec<Row>; 3] {
        let [mut runs, mut nodes, mut edges] = [Vec::new(), Vec::new(), Vec::new()];
        for touched in self.graphs.take_touched() {
            let id = touched.0;
            let Some((run, [node_rows, edge_rows])) = rows_of(self, touched) else { continue };
            let Some([known_nodes, known_edges]) = self.graphs.kept_mut(id) else { continue };
            runs.push(run);
            nodes.extend(new_rows(node_rows.into_iter(), known_nodes));
            edges.extend(new_rows(edge_rows.into_iter(), known_edges));
        }
        [runs, nodes, edges]
    }
}
