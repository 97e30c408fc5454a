//! Reset and hand-written positions: the two ways money enters a sandbox.

use std::collections::BTreeSet;

use crate::command::PositionRow;

use crate::engine::facts::facts;
use crate::engine::{AccountMode, Engine, Reply};
use crate::event::EventKind;
use crate::ids::{AccountId, AssetId, AssetKind, Outcome, VenueId};
use crate::ledger::LedgerError;
use crate::mutant;
use crate::number::{Money, PRICE_ONE, Price, Quantity};
use crate::registry::is_usd_pegged;
use crate::reject::{DoneReason, Refusal};

impl Engine {
    /// Starts over: open orders end, rows go, default balances come, a new epoch begins.
    pub(in crate::engine) fn reset(
        &mut self,
        account: AccountId,
        initial: Quantity,
    ) -> Result<Reply, Refusal> {
        if self.desk.account(account).mode == AccountMode::Live {
            return Err(Refusal::conflict(
                "a live account has what its venues say: it starts over never",
            ));
        }
        if !mutant!("reset_keeps_orders") {
            self.withdraw_all(account, DoneReason::Reset);
            // Graphs tell their end in the epoch that they were made in.
            self.react();
        }
        let deleted = self.delete_rows(account)?;
        let mut seeded = 0;
        for venue in VenueId::all().filter(|venue| venue.venue().seeded) {
            seeded += 1;
            for cash in venue.venue().cash {
                let asset = self.registry.asset(cash.kind, cash.code);
                self.write_row((account, venue, asset), initial, Price(PRICE_ONE))?;
            }
        }
        self.exchange.forget(account);
        let epoch = self.desk.start_over(account);
        self.bench().look_at_day(account);
        let kind = EventKind::AccountReset { epoch, back_to: 0 };
        self.journal.tell(self.agenda.now_ns(), account, kind);
        self.publish_epoch(account, epoch);
        Ok(Reply::Rows { written: seeded, deleted })
    }

    /// Writes rows by hand: all or none.
    pub(in crate::engine) fn set_positions(
        &mut self,
        account: AccountId,
        rows: &[PositionRow<'_>],
        replace: bool,
    ) -> Result<Reply, Refusal> {
        let keys = self.row_keys(rows)?;
        if !replace {
            self.check_not_locked(account, rows, &keys)?;
        }
        let row = self.desk.account(account);
        if replace && row.mode == AccountMode::Live && !row.open.is_empty() {
            return Err(Refusal::conflict("a live account has open orders: cancel them first"));
        }
        let before = self.portfolio.profit(self.facts(), account);
        let mut deleted = 0;
        if replace {
            self.withdraw_all(account, DoneReason::Replaced);
            deleted = self.delete_rows(account)?;
        }
        for (row, (venue, asset)) in rows.iter().zip(keys) {
            self.portfolio.spell(facts!(self), (account, venue, asset), row.symbol);
            let entry = row.entry.unwrap_or_else(|| default_entry(row.kind, row.symbol));
            self.write_row((account, venue, asset), row.quantity, entry)?;
        }
        self.bench().rebase_day(account, before);
        let written = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        self.journal.tell(
            self.agenda.now_ns(),
            account,
            EventKind::PositionsSet { written, deleted },
        );
        Ok(Reply::Rows { written, deleted })
    }

    /// The venue and asset of each row; two rows that name one instrument are refused.
    fn row_keys(&mut self, rows: &[PositionRow<'_>]) -> Result<Vec<(VenueId, AssetId)>, Refusal> {
        let mut keys: Vec<(VenueId, AssetId)> = Vec::with_capacity(rows.len());
        let mut seen = BTreeSet::new();
        for (at, row) in rows.iter().enumerate() {
            let code = self.row_code(row);
            let key = (row.venue, self.registry.asset(row.kind, &code));
            if !seen.insert(key) {
                let first = keys.iter().position(|other| *other == key).unwrap_or_default();
                let message = format!(
                    "positions[{first}] and positions[{at}] name the same (venue, kind, symbol)"
                );
                return Err(Refusal::invalid(
                    format!("positions[{first}],positions[{at}]"),
                    message,
                ));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    /// The code an asset is held under: every spelling of one event outcome is one asset.
    fn row_code(&self, row: &PositionRow<'_>) -> String {
        if row.kind != AssetKind::EventContract {
            return row.symbol.to_owned();
        }
        match self.registry.resolve(row.symbol) {
            Some(found) => {
                let entry = self.registry.symbol(found.symbol);
                entry.canonical(found.outcome.or(Some(Outcome::Yes))).to_string()
            }
            None => event_code(row.symbol),
        }
    }

    fn check_not_locked(
        &self,
        account: AccountId,
        rows: &[PositionRow<'_>],
        keys: &[(VenueId, AssetId)],
    ) -> Result<(), Refusal> {
        for (at, (row, (venue, asset))) in rows.iter().zip(keys).enumerate() {
            if row.kind == AssetKind::Perp {
                let market = self.facts().perp_market(*venue, *asset);
                let closing =
                    market.map_or(Quantity::ZERO, |id| self.papers().closing(account, id));
                let held = self.portfolio.held(account, *venue, *asset).0.signum();
                if closing.0 > 0 && row.quantity.0.saturating_mul(held) < closing.0 {
                    return Err(Refusal::conflict(format!(
                        "positions[{at}].qty: {} is below the locked quantity of {closing}",
                        row.quantity
                    )));
                }
                continue;
            }
            let balance = self.portfolio.ledger().find(account, *venue, *asset);
            let locked =
                balance.map_or(Money::ZERO, |id| self.portfolio.ledger().balance(id).reserved);
            if row.quantity.to_money() < locked {
                return Err(Refusal::conflict(format!(
                    "positions[{at}].qty: {} is below the locked quantity of {locked}",
                    row.quantity
                )));
            }
        }
        Ok(())
    }

    fn write_row(
        &mut self,
        (account, venue, asset): (AccountId, VenueId, AssetId),
        quantity: Quantity,
        entry: Price,
    ) -> Result<(), Refusal> {
        let facts = facts!(self);
        let written = self.portfolio.write_row(facts, (account, venue, asset), quantity, entry);
        if written.map_err(|error| refused(&error))? {
            self.bench().arm_funding(venue);
        }
        Ok(())
    }

    fn delete_rows(&mut self, account: AccountId) -> Result<u32, Refusal> {
        self.portfolio.delete_rows(facts!(self), account).map_err(|error| refused(&error))
    }
}

/// Outcome code of an event contract no source lists: `TICKER:YES`, a token id stays as it is.
fn event_code(symbol: &str) -> String {
    let token = symbol.len() >= 30 && symbol.bytes().all(|byte| byte.is_ascii_digit());
    if token || symbol.contains(':') { symbol.to_owned() } else { format!("{symbol}:YES") }
}

fn default_entry(kind: AssetKind, symbol: &str) -> Price {
    if is_usd_pegged(kind, symbol) { Price(PRICE_ONE) } else { Price(0) }
}

fn refused(error: &LedgerError) -> Refusal {
    match error {
        LedgerError::BelowReserved { reserved } => {
            Refusal::conflict(format!("the quantity is below the locked quantity of {reserved}"))
        }
        other => Refusal::invalid("qty", other.to_string()),
    }
}
