//! An engine rebuilt from the rows that a store kept.
//!
//! What an account can see comes back exactly: balances with what is held back, positions, open
//! orders, first answers. What only the simulated venues know does not: orders take their places
//! again at the next live book, behind what the market shows there and in the order that they had,
//! and messages that were on their way go on (`resume`).

use std::collections::BTreeSet;

use super::graphs::ShapeRows;
use crate::engine::desk::reserve::funded_by;
use crate::engine::facts::facts;
use crate::engine::record::{
    Cell, ReadMarket, Reader, RestoreError, Row, TABLES, read_account, read_asset, read_balance,
    read_contra, read_funding, read_line, read_market, read_position, read_settlement, read_switch,
};
use crate::engine::{Engine, FeedKind};
use crate::ids::{AccountId, FillIx, GraphIx, OrderId, VenueId};
use crate::market::TradingPhase;
use crate::mutant;
use crate::number::Money;
use crate::reject::Refusal;
use crate::venue::{PriceGrid, Terms, TermsOrigin};

pub(super) type Result<T> = std::result::Result<T, RestoreError>;
/// Rows of one table.
pub type TableRows = (String, Vec<Row>);

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
            self.restore_counters(row)?;
        }
        self.restore_registry(rows("assets"), rows("markets"))?;
        self.restore_accounts(rows("accounts"))?;
        self.restore_lines(rows("lines"))?;
        for row in rows("kill_switches") {
            let (account, mode, switch) = read_switch(row)?;
            if let Some(account) = self.known(account)
                && !mutant!("restart_clears_switches")
            {
                *self.desk.switch_mut(account, mode) = switch;
            }
        }
        self.restore_ledger(rows("balances"), rows("contra"))?;
        for row in rows("positions_v2") {
            self.restore_position(row)?;
        }
        self.restore_rates(rows("funding_rates"))?;
        self.restore_settlements(rows("settlements"))?;
        self.close_settled();
        let shapes = ShapeRows {
            runs: rows("graph_runs"),
            nodes: rows("graph_nodes"),
            edges: rows("graph_edges"),
        };
        self.recall(rows("orders"), rows("legs"), rows("graphs"), rows("fills"), shapes)?;
        let stopped_ns = self.agenda.now_ns();
        self.agenda.move_to(now_ns);
        self.desk.open_orders_again();
        let venues = self.watch_again();
        self.listen_from_here()?;
        self.resume_orders(stopped_ns);
        for venue in venues {
            if !mutant!("restart_stops_funding") {
                self.pay_funding(venue, stopped_ns);
            }
        }
        self.resume_runs();
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

    fn restore_counters(&mut self, row: &[Cell]) -> Result<()> {
        let cells = &mut Reader::new("engine", row);
        let _id: i64 = cells.next()?;
        self.agenda.move_to(cells.next()?);
        let (last_seq, hash) = (cells.next()?, cells.next()?);
        self.journal.log.resume(last_seq, hash);
        self.journal.ulids.resume((cells.next()?, cells.next()?));
        let (order, graph, fill) = (cells.next()?, cells.next()?, cells.next()?);
        self.desk.resume_at(order, graph, fill);
        self.exchange.legs.resume_at(order);
        self.portfolio.resume_at(cells.next()?);
        Ok(())
    }

    /// Ids are given out in order: everything else names assets and markets by them.
    fn restore_registry(&mut self, assets: &[Row], markets: &[Row]) -> Result<()> {
        for row in assets {
            let (id, kind, code) = read_asset(row)?;
            let given = self.registry.asset(kind, &code);
            if given != id {
                let message = format!("asset {code} has number {} here, not {}", given.0, id.0);
                return Err(RestoreError { table: "assets", message });
            }
        }
        for row in markets {
            let ReadMarket { id, venue, symbol, steps: (tick, lot), mark, grid } =
                read_market(row)?;
            let error = |message| RestoreError { table: "markets", message };
            let given = self
                .list_market(venue, &symbol, FeedKind::HandFed)
                .map_err(|refusal| error(refusal.message.into_owned()))?;
            if given != id {
                return Err(error(format!("{symbol} has number {} here, not {}", given.0, id.0)));
            }
            if lot.0 <= 0 || tick.is_some_and(|tick| tick.0 <= 0) {
                return Err(error(format!("{symbol} has no steps")));
            }
            let grid = grid.unwrap_or_else(|| {
                // All that the first version kept of it.
                let mut known = self.registry.market(id).grid;
                let (grid, lot) = (tick.map(PriceGrid::Tick), Some(lot));
                known.set(&Terms { grid, lot, ..Terms::of(TermsOrigin::Venue) });
                known
            });
            self.registry.put_grid(id, grid);
            self.exchange.set_lot(id, grid.lot);
            if let Some((price, as_of_ns)) = mark {
                self.exchange.put_mark(id, price, as_of_ns);
            }
            // Whoever feeds it next says how.
            self.exchange.unclaim(id);
        }
        Ok(())
    }

    fn restore_accounts(&mut self, accounts: &[Row]) -> Result<()> {
        for row in accounts {
            let (id, account) = read_account(row)?;
            if self.desk.put_back(account) != id {
                let message = format!("account {} is out of order", id.0);
                return Err(RestoreError { table: "accounts", message });
            }
        }
        Ok(())
    }

    fn restore_lines(&mut self, lines: &[Row]) -> Result<()> {
        for row in lines {
            let (id, venue, line) = read_line(row)?;
            if let Some(id) = self.known(id) {
                self.exchange.lines.put_back(id, venue, line);
            }
        }
        Ok(())
    }

    pub(super) fn known(&self, id: AccountId) -> Option<AccountId> {
        self.desk.find_account(id).map(|_| id)
    }

    fn restore_ledger(&mut self, balances: &[Row], contra: &[Row]) -> Result<()> {
        for row in contra {
            let (asset, totals) = read_contra(row)?;
            self.known_asset("contra", asset)?;
            self.portfolio.put_back_contra(asset, totals);
        }
        for row in balances {
            let (key, balance) = read_balance(row)?;
            self.known_asset("balances", key.asset)?;
            self.known_account("balances", key.account)?;
            self.portfolio.put_back_balance(key, balance);
        }
        Ok(())
    }

    fn restore_position(&mut self, row: &[Cell]) -> Result<()> {
        let found = read_position(row)?;
        let key = found.key;
        self.known_account("positions_v2", key.account)?;
        self.known_asset("positions_v2", key.asset)?;
        if let Some((asset, _)) = found.margin {
            self.known_asset("positions_v2", asset)?;
        }
        if let Some(spelt) = &found.spelt {
            self.portfolio.put_back_spelling(found.row, spelt);
        }
        self.portfolio
            .put_back_row((found.row, key), found.position, found.margin)
            .map_err(|error| RestoreError { table: "positions_v2", message: error.to_string() })
    }

    fn restore_rates(&mut self, rates: &[Row]) -> Result<()> {
        for row in rates {
            let (market, rate_1e9) = read_funding(row)?;
            self.known_market("funding_rates", market)?;
            self.portfolio.set_rate(market, rate_1e9);
        }
        Ok(())
    }

    fn restore_settlements(&mut self, settlements: &[Row]) -> Result<()> {
        for row in settlements {
            let (key, settled) = read_settlement(row)?;
            self.portfolio.put_settled(key, settled);
        }
        Ok(())
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

    /// Open perpetuals are judged by their marks, as before; returns where they pay funding.
    fn watch_again(&mut self) -> BTreeSet<VenueId> {
        let open = self.portfolio.hold_again(facts!(self));
        let pays = open.iter().filter(|_| self.rules.params().margin);
        pays.map(|row| self.portfolio.row_key(*row).venue).collect()
    }

    pub(super) fn adopt(
        &mut self,
        order: &crate::order::Order,
        leg: &crate::order::Leg,
        held: Money,
    ) -> Result<crate::ledger::ReservationId> {
        let (account, venue, asset) = funded_by(&self.registry, &order.spec, leg.market);
        let balance = self.portfolio.open_balance(account, venue, asset);
        let adopted = self.portfolio.adopt(balance, held);
        adopted.map_err(|error| RestoreError { table: "legs", message: error.to_string() })
    }

    fn listen_from_here(&mut self) -> Result<()> {
        let kept = self.keep_changes();
        let refused =
            |why: Refusal| RestoreError { table: "accounts", message: why.message.into_owned() };
        kept.map_err(refused)?;
        // What was put back is what is kept.
        self.registry.take_stepped();
        if let Some(kept) = &mut self.journal.kept {
            kept.assets = self.registry.asset_count();
            kept.markets = self.registry.market_count();
            kept.stepped.clear();
            let marks = self.exchange.markets();
            kept.marks = marks.filter_map(|(id, sim)| Some((id, sim.last_mark()?))).collect();
        }
        Ok(())
    }
}
