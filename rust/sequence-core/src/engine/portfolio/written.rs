//! Rows that are written by hand, and rows that go: no fill stands behind either.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::ids::{AccountId, AssetId, AssetKind, RowIx, VenueId};
use crate::ledger::LedgerError;
use crate::number::{Money, Price, Quantity};
use crate::position::{Position, PositionError};

impl Portfolio {
    /// Writes what an account has of an asset; true when that is an open perpetual.
    pub(in crate::engine) fn write_row(
        &mut self,
        facts: Facts<'_>,
        (account, venue, asset): (AccountId, VenueId, AssetId),
        quantity: Quantity,
        entry: Price,
    ) -> Result<bool, LedgerError> {
        let id = self.open_row(facts, account, venue, asset);
        if facts.registry.asset_row(asset).kind == AssetKind::Perp {
            self.drop_margin(facts, id)?;
        } else {
            let balance = self.ledger.open(account, venue, asset);
            self.ledger.set_total(balance, quantity.to_money())?;
            self.cash_moved(account, venue, asset);
        }
        self.rows[id].configure(quantity, entry, facts.now_ns);
        Ok(self.rows[id].perp.is_some_and(|perp| perp.quantity.0 != 0))
    }

    /// Keeps the spelling of a row that this writes first; later ones change nothing.
    pub(in crate::engine) fn spell(
        &mut self,
        facts: Facts<'_>,
        (account, venue, asset): (AccountId, VenueId, AssetId),
        symbol: &str,
    ) {
        let is_new = self.held.find(account, venue, asset).is_none();
        if is_new && *facts.registry.asset_row(asset).code != *symbol {
            let row = self.open_row(facts, account, venue, asset);
            self.spelt.insert(row, symbol.into());
        }
    }

    /// Removes every row; nothing may be reserved any more. How many there were.
    pub(in crate::engine) fn delete_rows(
        &mut self,
        facts: Facts<'_>,
        account: AccountId,
    ) -> Result<u32, LedgerError> {
        let rows: Vec<RowIx> = self.held.of(account).values().copied().collect();
        for id in &rows {
            self.drop_margin(facts, *id)?;
            self.spelt.remove(id);
        }
        let balances: Vec<_> = self.ledger.balances(account).map(|(id, _, _)| id).collect();
        for balance in balances {
            self.ledger.set_total(balance, Money::ZERO)?;
        }
        self.held.clear(account);
        Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
    }

    /// Releases the margin a perp row holds.
    fn drop_margin(&mut self, facts: Facts<'_>, id: RowIx) -> Result<(), LedgerError> {
        let perp = self.rows[id].perp.as_mut();
        if let Some(margin) = perp.and_then(|perp| perp.margin.take()) {
            self.ledger.release(margin)?;
        }
        if let Some(perp) = self.rows[id].perp.as_mut() {
            // Written rows and rows that are gone back nothing and are judged by nothing.
            perp.is_traded = false;
            self.hold(facts, id);
        }
        Ok(())
    }

    /// A position as a settlement leaves it.
    pub(in crate::engine) fn put_position(&mut self, row: RowIx, position: Position) {
        self.rows[row] = position;
    }

    /// A position paid funding, or got it.
    pub(in crate::engine) fn charge(
        &mut self,
        row: RowIx,
        paid_usd: Option<Money>,
        now_ns: i64,
    ) -> Result<(), PositionError> {
        self.rows[row].charge(paid_usd, now_ns)
    }
}
