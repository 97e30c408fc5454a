//! Which rows changed since the last take: what a store keeps, and when.
//!
//! Tables note the rows that were reached for writing: one push, and nothing while nobody listens.
//! A take turns them into rows as they are now, so a row that changed many times is kept once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Journal;
use crate::engine::exchange::mark::BookMark;
use crate::engine::portfolio::settled::EventKey;
use crate::engine::record::{
    Row, account_row, asset_row, balance_row, contra_row, fill_row, funding_row, graph_row,
    leg_row, line_row, market_row, order_row, position_row, row, settlement_row, switch_row,
};
use crate::engine::{Engine, KillSwitch, record::Cell};
use crate::event::Event;
use crate::ids::{AssetId, FillIx, GraphIx, MarketId, OrderId, VenueId};
use crate::reject::Refusal;
use crate::risk::Mode;
use crate::table::Dense as _;

/// Why a live account and a store exclude each other.
pub(in crate::engine) const NO_TABLES: &str = "a store cannot keep what real venues are asked";

/// What of the registry was kept.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Kept {
    pub(in crate::engine) assets: usize,
    pub(in crate::engine) markets: usize,
    /// Markets whose steps or marks changed after they were kept.
    pub(in crate::engine) stepped: Vec<MarketId>,
    /// Funding rates that were set.
    pub(in crate::engine) rates: BTreeSet<MarketId>,
    /// Event markets that were settled, or paid.
    pub(in crate::engine) settled: BTreeSet<(VenueId, Arc<str>)>,
    /// Marks of books as they were kept.
    pub(in crate::engine) marks: BTreeMap<MarketId, BookMark>,
    /// When marks were kept last; `None` when they are due.
    marks_ns: Option<i64>,
    /// Marks are wanted now, whatever else changed.
    marks_wanted: bool,
    /// What was kept of a way that was left is to go.
    pub(in crate::engine) left: Option<Left>,
}

/// Where a way begins that was left for a copy: rows from these numbers on are not of this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// First order.
    pub order: OrderId,
    /// First graph.
    pub graph: GraphIx,
    /// First fill.
    pub fill: FillIx,
}

impl Left {
    /// Everything that either of two ways has to leave.
    pub(super) fn least(before: Option<Self>, now: Self) -> Self {
        let Some(before) = before else { return now };
        Self {
            order: before.order.min(now.order),
            graph: before.graph.min(now.graph),
            fill: before.fill.min(now.fill),
        }
    }
}

/// Marks are kept with what else changes, but not more often than this.
const MARKS_EVERY_NS: i64 = 1_000_000_000;

/// Rows to write and rows to delete, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows of each table that has any, in the order of [`crate::engine::record::TABLES`].
    pub rows: Vec<(&'static str, Vec<Row>)>,
    /// Ids of position rows that are gone.
    pub deleted_positions: Vec<u64>,
    /// A copy was returned to: first rows from here on go, and every row of the tables that are not
    /// numbered like orders; those that stay are among `rows`.
    pub left: Option<Left>,
}

impl Journal {
    /// Has the next take give every row in memory, after what is from `left` on went; events go on.
    pub(super) fn keep_anew(
        &mut self,
        left: Left,
        (rates, settled): (BTreeSet<MarketId>, BTreeSet<EventKey>),
    ) {
        let left = Some(left);
        self.kept = Some(Kept { rates, settled, marks_wanted: true, left, ..Kept::default() });
    }
}

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
        self.journal.log.listen();
        self.journal.kept.get_or_insert_default();
        Ok(())
    }

    /// Every row of this state, for a copy of it in a file; of events there are none. Refused as
    /// [`Self::keep_changes`] is.
    pub fn all_rows(&self) -> Result<Vec<(&'static str, Vec<Row>)>, Refusal> {
        let mut copy = self.clone();
        copy.keep_changes()?;
        copy.desk.touch_all();
        copy.exchange.lines.touch_all();
        copy.graphs.touch_all();
        copy.portfolio.touch_all();
        let left = Left { order: OrderId(0), graph: GraphIx(0), fill: FillIx(0) };
        copy.journal.keep_anew(left, copy.portfolio.terms_kept());
        Ok(copy.take_changes().rows)
    }

    /// True when a take would give something.
    pub fn has_changes(&self) -> bool {
        self.journal.log.is_touched()
            || self.portfolio.is_touched()
            || self.exchange.is_touched()
            || self.desk.is_touched()
            || self.graphs.is_touched()
            || self.journal.kept.as_ref().is_some_and(|kept| {
                kept.assets < self.registry.asset_count()
                    || kept.marks_wanted
                    || kept.left.is_some()
                    || !kept.stepped.is_empty()
                    || self.registry.has_stepped()
                    || !kept.rates.is_empty()
                    || !kept.settled.is_empty()
                    || kept.markets < self.registry.market_count()
            })
    }

    /// Rows that changed since the last call; empty when nothing did or nobody listens.
    pub fn take_changes(&mut self) -> Changes {
        let has_changes = self.has_changes();
        let Some(mut kept) = self.journal.kept.take() else { return Changes::default() };
        if has_changes {
            self.change_marks(&mut kept);
        }
        kept.stepped.extend(self.registry.take_stepped());
        let mut found: Vec<(&'static str, Vec<Row>)> = Vec::new();
        let mut add = |table: &'static str, rows: Vec<Row>| {
            if !rows.is_empty() {
                found.push((table, rows));
            }
        };
        add("assets", self.new_assets(&mut kept));
        let (balances, contra) = self.portfolio.take_touched_money();
        add("contra", contra.into_iter().map(|asset| contra_row(self, asset)).collect());
        add("markets", self.changed_markets(&mut kept));
        add("funding_rates", self.changed_rates(&mut kept));
        add("settlements", self.changed_settlements(&mut kept));
        let [accounts, lines, switches] = self.changed_accounts();
        add("accounts", accounts);
        add("lines", lines);
        add("kill_switches", switches);
        add("balances", balances.into_iter().filter_map(|id| balance_row(self, id)).collect());
        let (positions, deleted_positions) = self.changed_positions();
        add("positions_v2", positions);
        let graphs = self.desk.take_touched_graphs();
        add("graphs", graphs.into_iter().map(|id| graph_row(self, id)).collect());
        let [runs, nodes, edges] = self.changed_runs();
        add("graph_runs", runs);
        add("graph_nodes", nodes);
        add("graph_edges", edges);
        let orders = self.changed_orders();
        add("orders", orders.iter().map(|id| order_row(self, *id)).collect());
        add("legs", orders.iter().flat_map(|id| self.leg_rows(*id)).collect());
        let fills = self.desk.take_touched_fills();
        add("fills", fills.into_iter().map(|id| fill_row(self, id)).collect());
        let events = self.journal.log.take_new();
        add("events", events.iter().map(event_row).collect());
        let left = kept.left.take();
        self.journal.kept = Some(kept);
        if !found.is_empty() || !deleted_positions.is_empty() {
            found.insert(0, ("engine", vec![self.engine_row()]));
        }
        Changes { rows: found, deleted_positions, left }
    }

    fn engine_row(&self) -> Row {
        let (ms, count) = self.journal.ulids.position();
        row![
            1i64,
            self.agenda.now_ns(),
            self.journal.log.last_seq(),
            self.journal.log.hash(),
            ms,
            count,
            self.desk.next_order().0,
            self.desk.next_graph().0,
            self.desk.next_fill().0,
            self.portfolio.next_row().0,
        ]
    }

    fn new_assets(&self, kept: &mut Kept) -> Vec<Row> {
        let from = kept.assets;
        kept.assets = self.registry.asset_count();
        (from..kept.assets)
            .map(|at| asset_row(self, AssetId::from_index(u32::try_from(at).unwrap_or(u32::MAX))))
            .collect()
    }

    fn changed_markets(&self, kept: &mut Kept) -> Vec<Row> {
        let mut changed = std::mem::take(&mut kept.stepped);
        changed.sort_unstable();
        changed.dedup();
        changed.retain(|id| id.index() < kept.markets);
        let added = self.registry.markets().skip(kept.markets).map(|(id, _)| id);
        changed.extend(added);
        kept.markets = self.registry.market_count();
        changed.into_iter().map(|id| market_row(self, id)).collect()
    }

    /// Adds each market whose mark is another one than the one kept.
    fn change_marks(&self, kept: &mut Kept) {
        let recent = kept
            .marks_ns
            .is_some_and(|last| self.agenda.now_ns().saturating_sub(last) < MARKS_EVERY_NS);
        if recent && !kept.marks_wanted {
            return;
        }
        (kept.marks_ns, kept.marks_wanted) = (Some(self.agenda.now_ns()), false);
        for (id, sim) in self.exchange.markets() {
            let Some(mark) = sim.last_mark() else { continue };
            if kept.marks.insert(id, mark) != Some(mark) {
                kept.stepped.push(id);
            }
        }
    }

    /// Has the next take give the marks as they are: for the last one.
    pub fn keep_marks(&mut self) {
        if let Some(kept) = &mut self.journal.kept {
            kept.marks_wanted = true;
        }
    }

    fn changed_rates(&self, kept: &mut Kept) -> Vec<Row> {
        let markets = std::mem::take(&mut kept.rates);
        markets.into_iter().map(|id| funding_row(id, self.funding_rate(id))).collect()
    }

    fn changed_settlements(&self, kept: &mut Kept) -> Vec<Row> {
        let keys = std::mem::take(&mut kept.settled);
        let settled = |key| self.portfolio.settled(key).map(|settled| settlement_row(key, settled));
        keys.iter().filter_map(settled).collect()
    }

    fn changed_accounts(&mut self) -> [Vec<Row>; 3] {
        let (mut accounts, mut lines, mut switches) = (Vec::new(), Vec::new(), Vec::new());
        // An account has three parts, and one row.
        let used = self.exchange.lines.take_used();
        let mut touched = self.desk.take_touched_accounts();
        touched.extend(self.portfolio.take_touched_accounts());
        touched.extend(used.iter().map(|(account, _)| *account));
        touched.sort_unstable();
        touched.dedup();
        for id in touched {
            accounts.push(account_row(id, self.desk.account(id)));
            for mode in Mode::ALL {
                let switch = self.kill_switch(id, *mode);
                if *switch != KillSwitch::OFF {
                    switches.push(switch_row(id, *mode, switch));
                }
            }
        }
        for (account, venue) in used {
            let line = self.exchange.lines.of(account).get(&venue);
            lines.extend(line.map(|line| line_row(account, venue, line)));
        }
        [accounts, lines, switches]
    }

    /// Rows still reachable, and the ids of those that a reset or a replacement removed.
    fn changed_positions(&mut self) -> (Vec<Row>, Vec<u64>) {
        let (mut rows, mut deleted) = (Vec::new(), Vec::new());
        for id in self.portfolio.take_touched_rows() {
            let key = self.portfolio.row_key(id);
            let held = self.portfolio.find_row(key.account, key.venue, key.asset);
            if held == Some(id) {
                rows.push(position_row(self, id));
            } else {
                deleted.push(self.portfolio.position(id).id);
            }
        }
        (rows, deleted)
    }

    /// Orders that changed for their clients, or of which a leg changed at its venue.
    fn changed_orders(&mut self) -> Vec<OrderId> {
        let mut changed = self.desk.take_touched_orders();
        changed.extend(self.exchange.legs.take_touched());
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    fn leg_rows(&self, id: OrderId) -> impl Iterator<Item = Row> + '_ {
        let legs = self.desk.order(id).legs.iter().enumerate();
        legs.map(move |(at, leg)| leg_row(self, id, at, leg))
    }

    /// Notes a funding rate that was set.
    pub(in crate::engine) fn note_rate(&mut self, id: MarketId) {
        if let Some(kept) = &mut self.journal.kept {
            kept.rates.insert(id);
        }
    }

    /// Notes a settlement that changed.
    pub(in crate::engine) fn note_settled(&mut self, key: &(VenueId, Arc<str>)) {
        if let Some(kept) = &mut self.journal.kept {
            kept.settled.insert(key.clone());
        }
    }
}

/// An event is kept as the words that its hash covers.
fn event_row(event: &Event) -> Row {
    let mut cells = row![event.seq, event.account.0, event.ts_ns, event.kind.name()];
    cells.extend(event.kind.words().map(Cell::from));
    cells
}
