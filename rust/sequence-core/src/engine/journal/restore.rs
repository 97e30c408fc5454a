//! Parts rebuilt from the rows that a store kept, each by itself.
//!
//! What an account can see comes back exactly: balances with what is held back, positions, open
//! orders, first answers. What only the simulated venues know does not: orders take their places
//! again at the next live book, behind what the market shows there and in the order that they had,
//! and messages that were on their way go on (`resume`).

use super::known::{Known, Result};
use crate::engine::FeedKind;
use crate::engine::desk::Desk;
use crate::engine::exchange::Exchange;
use crate::engine::exchange::listing::Listing;
use crate::engine::portfolio::Portfolio;
use crate::engine::record::{
    Cell, ReadMarket, Reader, RestoreError, Row, read_account, read_asset, read_balance,
    read_contra, read_funding, read_line, read_market, read_position, read_settlement, read_switch,
};
use crate::mutant;
use crate::venue::{PriceGrid, Terms, TermsOrigin};

/// Rows of one table.
pub type TableRows = (String, Vec<Row>);

/// Where numbers go on.
pub(in crate::engine) struct Counters {
    pub(in crate::engine) now_ns: i64,
    /// Of the event log, and its hash.
    pub(in crate::engine) log: (u64, u64),
    pub(in crate::engine) ulid: (u64, u64),
    /// First free numbers of orders, graphs, fills and position rows.
    pub(in crate::engine) next: [u32; 4],
}

impl Counters {
    /// Reads the one row of the engine.
    pub(in crate::engine) fn read(row: &[Cell]) -> Result<Self> {
        let cells = &mut Reader::new("engine", row);
        let _id: i64 = cells.next()?;
        Ok(Self {
            now_ns: cells.next()?,
            log: (cells.next()?, cells.next()?),
            ulid: (cells.next()?, cells.next()?),
            next: [cells.next()?, cells.next()?, cells.next()?, cells.next()?],
        })
    }
}

impl Listing<'_> {
    /// Ids are given out in order: everything else names assets and markets by them.
    pub(in crate::engine) fn restore(&mut self, assets: &[Row], markets: &[Row]) -> Result<()> {
        for row in assets {
            let (id, kind, code) = read_asset(row)?;
            let given = self.registry.asset(kind, &code);
            if given != id {
                let message = format!("asset {code} has number {} here, not {}", given.0, id.0);
                return Err(RestoreError { table: "assets", message });
            }
        }
        markets.iter().try_for_each(|row| self.restore_market(row))
    }

    fn restore_market(&mut self, row: &[Cell]) -> Result<()> {
        let ReadMarket { id, venue, symbol, steps: (tick, lot), mark, grid } = read_market(row)?;
        let error = |message| RestoreError { table: "markets", message };
        let given = self
            .list(venue, &symbol, FeedKind::HandFed)
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
        Ok(())
    }
}

impl Desk {
    /// Accounts with their kill switches; every other table names accounts.
    pub(in crate::engine) fn restore(&mut self, accounts: &[Row], switches: &[Row]) -> Result<()> {
        for row in accounts {
            let (id, account) = read_account(row)?;
            if self.put_back(account) != id {
                let message = format!("account {} is out of order", id.0);
                return Err(RestoreError { table: "accounts", message });
            }
        }
        for row in switches {
            let (account, mode, switch) = read_switch(row)?;
            if self.find_account(account).is_some() && !mutant!("restart_clears_switches") {
                *self.switch_mut(account, mode) = switch;
            }
        }
        Ok(())
    }
}

impl Exchange {
    /// The lines of accounts that are there.
    pub(in crate::engine) fn restore(&mut self, known: Known<'_>, lines: &[Row]) -> Result<()> {
        for row in lines {
            let (id, venue, line) = read_line(row)?;
            if known.desk.find_account(id).is_some() {
                self.put_back_line((id, venue), line);
            }
        }
        Ok(())
    }
}

impl Portfolio {
    /// Balances, and where their money came from.
    pub(in crate::engine) fn restore_ledger(
        &mut self,
        known: Known<'_>,
        balances: &[Row],
        contra: &[Row],
    ) -> Result<()> {
        for row in contra {
            let (asset, totals) = read_contra(row)?;
            known.asset("contra", asset)?;
            self.put_back_contra(asset, totals);
        }
        for row in balances {
            let (key, balance) = read_balance(row)?;
            known.asset("balances", key.asset)?;
            known.account("balances", key.account)?;
            self.put_back_balance(key, balance);
        }
        Ok(())
    }

    /// A position.
    pub(in crate::engine) fn restore_position(
        &mut self,
        known: Known<'_>,
        row: &[Cell],
    ) -> Result<()> {
        let found = read_position(row)?;
        let key = found.key;
        known.account("positions_v2", key.account)?;
        known.asset("positions_v2", key.asset)?;
        if let Some((asset, _)) = found.margin {
            known.asset("positions_v2", asset)?;
        }
        if let Some(spelt) = &found.spelt {
            self.put_back_spelling(found.row, spelt);
        }
        self.put_back_row((found.row, key), found.position, found.margin)
            .map_err(|error| RestoreError { table: "positions_v2", message: error.to_string() })
    }

    /// What perpetuals pay, and how event markets ended.
    pub(in crate::engine) fn restore_terms(
        &mut self,
        known: Known<'_>,
        rates: &[Row],
        settlements: &[Row],
    ) -> Result<()> {
        for row in rates {
            let (market, rate_1e9) = read_funding(row)?;
            known.market("funding_rates", market)?;
            self.set_rate(market, rate_1e9);
        }
        for row in settlements {
            let (key, settled) = read_settlement(row)?;
            self.put_settled(key, settled);
        }
        Ok(())
    }
}
