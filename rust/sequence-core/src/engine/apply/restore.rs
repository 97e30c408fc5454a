//! An engine rebuilt from the rows that a store kept: part by part, then it goes on.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::engine::facts::facts;
use crate::engine::journal::known::Known;
use crate::engine::journal::recall::ShapeRows;
use crate::engine::journal::restore::{Counters, TableRows};
use crate::engine::record::{RestoreError, Row, TABLES};
use crate::ids::{FillIx, GraphIx, OrderId, VenueId};
use crate::market::TradingPhase;
use crate::mutant;
use crate::reject::Refusal;

type Result<T> = std::result::Result<T, RestoreError>;

impl Engine {
    /// Puts the rows of an earlier process into an empty engine and goes on at `now_ns`. Of orders,
    /// only those that are open belong here; the others can be recalled when somebody asks.
    pub fn restore(&mut self, tables: &[TableRows], now_ns: i64) -> Result<()> {
        for (table, _) in tables {
            if !TABLES.iter().any(|(known, _)| known == table) {
                return Err(RestoreError { table: "engine", message: format!("table {table}?") });
            }
        }
        let rows = |name: &str| {
            let found = tables.iter().find(|(table, _)| table == name);
            found.map_or(&[] as &[Row], |(_, rows)| rows.as_slice())
        };
        for row in rows("engine") {
            self.count_from(&Counters::read(row)?);
        }
        self.listing().restore(rows("assets"), rows("markets"))?;
        self.desk.restore(rows("accounts"), rows("kill_switches"))?;
        let known = Known { registry: &self.registry, desk: &self.desk };
        self.exchange.restore(known, rows("lines"))?;
        self.portfolio.restore_ledger(known, rows("balances"), rows("contra"))?;
        for row in rows("positions_v2") {
            self.portfolio.restore_position(known, row)?;
        }
        self.portfolio.restore_terms(known, rows("funding_rates"), rows("settlements"))?;
        self.close_settled();
        let shapes = ShapeRows {
            runs: rows("graph_runs"),
            nodes: rows("graph_nodes"),
            edges: rows("graph_edges"),
        };
        self.recall(rows("orders"), rows("legs"), rows("graphs"), rows("fills"), shapes)?;
        self.go_on_at(now_ns)
    }

    /// Loads orders of before the restart, or that memory let go of, with their legs, graphs and
    /// fills. Terminal ones can be read and replayed from then on; no list shows them. Once many
    /// were, those that came first go.
    pub fn recall(
        &mut self,
        orders: &[Row],
        legs: &[Row],
        graphs: &[Row],
        fills: &[Row],
        shapes: ShapeRows<'_>,
    ) -> Result<()> {
        self.recalling().load(orders, legs, graphs, fills, shapes)?;
        if self.desk.recalled_too_much() {
            for id in self.desk.forget_recalled(&self.unfinished()) {
                self.exchange.forget_order(id);
            }
        }
        Ok(())
    }

    /// True when an order is held here: made by this process, or loaded.
    pub fn holds_order(&self, id: OrderId) -> bool {
        self.desk.find_order(id).is_some()
    }

    /// True when a fill is held here.
    pub fn holds_fill(&self, id: FillIx) -> bool {
        self.desk.find_fill(id).is_some_and(|fill| self.holds_order(fill.order))
    }

    /// True when a graph is held here.
    pub fn holds_graph(&self, id: GraphIx) -> bool {
        let shaped = || self.graphs.get(id).is_some();
        self.desk.find_graph(id).is_some_and(|graph| graph.order.is_some() || shaped())
    }

    fn count_from(&mut self, counters: &Counters) {
        let [order, graph, fill, row] = counters.next;
        self.agenda.move_to(counters.now_ns);
        self.journal.go_on_after(counters.log, counters.ulid);
        self.desk.resume_at(order, graph, fill, counters.log.0 + 1);
        self.exchange.resume_at(order);
        self.portfolio.resume_at(row);
    }

    /// No order comes to a market that was settled.
    fn close_settled(&mut self) {
        let keys = self.portfolio.all_settled();
        let listed = keys.filter_map(|(venue, name)| {
            let found = self.facts().resolve_text(name)?;
            self.registry.market_at(found.symbol, *venue)
        });
        let listed: Vec<_> = listed.collect();
        for market in listed {
            self.exchange.set_phase(market, TradingPhase::Resolved, self.agenda.now_ns());
        }
    }

    /// Time passes from where the rows end: orders, funding and graphs go on.
    fn go_on_at(&mut self, now_ns: i64) -> Result<()> {
        let stopped_ns = self.agenda.now_ns();
        self.agenda.move_to(now_ns);
        self.desk.open_orders_again();
        let venues = self.watch_again();
        let refused =
            |why: Refusal| RestoreError { table: "accounts", message: why.message.into_owned() };
        self.keep_changes().map_err(refused)?;
        // What was put back is what is kept.
        self.registry.take_stepped();
        self.journal.keep_from_here(&self.registry, &self.exchange);
        self.resuming(stopped_ns).resume_orders();
        for venue in venues {
            if !mutant!("restart_stops_funding") {
                self.bench().pay_funding(venue, stopped_ns);
            }
        }
        self.resume_runs();
        Ok(())
    }

    /// Open perpetuals are judged by their marks, as before; returns where they pay funding.
    fn watch_again(&mut self) -> BTreeSet<VenueId> {
        let open = self.portfolio.hold_again(facts!(self));
        let pays = open.iter().filter(|_| self.rules.params().margin);
        pays.map(|row| self.portfolio.row_key(*row).venue).collect()
    }
}
