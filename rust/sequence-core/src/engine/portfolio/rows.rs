//! Position rows: made on first use, and newer with all that moves under them.

use crate::engine::facts::Facts;
use crate::engine::portfolio::held::Held;
use crate::engine::portfolio::{Portfolio, RowKey};
use crate::ids::{AccountId, AssetId, AssetKind, RowIx, VenueId};
use crate::ledger::BalanceId;
use crate::number::{Money, PRICE_ONE, Price, Quantity};
use crate::position::Position;
use crate::registry::Registry;

impl Portfolio {
    /// A row.
    #[inline]
    pub(in crate::engine) fn position(&self, row: RowIx) -> &Position {
        &self.rows[row]
    }

    /// Whose, where and of what a row is.
    pub(in crate::engine) fn row_key(&self, row: RowIx) -> RowKey {
        self.row_keys[row]
    }

    /// Every row, also those that are gone.
    pub(in crate::engine) fn positions(&self) -> impl Iterator<Item = &Position> {
        self.rows.iter().map(|(_, row)| row)
    }

    /// The rows that an account has.
    #[inline]
    pub(in crate::engine) fn rows_of(&self, account: AccountId) -> &Held {
        self.held.of(account)
    }

    /// The row of an asset at a venue.
    #[inline]
    pub(in crate::engine) fn find_row(
        &self,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
    ) -> Option<RowIx> {
        self.held.find(account, venue, asset)
    }

    /// The row of an asset, made on first use.
    pub(in crate::engine) fn open_row(
        &mut self,
        facts: Facts<'_>,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
    ) -> RowIx {
        if let Some(found) = self.held.find(account, venue, asset) {
            return found;
        }
        let row = facts.registry.asset_row(asset);
        let entry = Price(if row.pegged { PRICE_ONE } else { 0 });
        let number = u64::from(self.rows.next_id().0) + 1;
        let id = self.rows.push(match row.kind {
            AssetKind::Perp => Position::perpetual(number, facts.now_ns),
            _ => Position::asset(number, entry, facts.now_ns),
        });
        let balance = match row.kind {
            AssetKind::Perp => None,
            _ => Some(self.ledger.open(account, venue, asset)),
        };
        self.row_keys.push(RowKey { account, venue, asset, balance });
        self.held.insert(account, (venue, asset), id);
        id
    }

    /// How a row was first written, where that is not the code of its asset.
    pub(in crate::engine) fn spelling(&self, row: RowIx) -> Option<&str> {
        self.spelt.get(&row).map(|spelt| &**spelt)
    }

    /// The symbol of a row: as first written by hand, else the code of its asset.
    pub(in crate::engine) fn row_symbol<'a>(
        &'a self,
        registry: &'a Registry,
        row: RowIx,
    ) -> &'a str {
        self.spelling(row).unwrap_or(&registry.asset_row(self.row_keys[row].asset).code)
    }

    /// Cash moved for a fill or a charge: its row is newer, and gained or lost what the asset did
    /// while it was held. `before` is what there was of it.
    pub(super) fn move_cash(&mut self, facts: Facts<'_>, row: RowIx, before: Quantity) {
        let RowKey { account, venue, asset, .. } = self.row_keys[row];
        let (after, rate) = (self.held_in(row), facts.usd_rate(asset));
        self.rows[row].move_cash(before, after, rate, facts.now_ns);
        self.cash_moved(account, venue, asset);
    }

    /// The balance of a row that is no perpetual's.
    pub(in crate::engine) fn balance_in(&mut self, row: RowIx) -> BalanceId {
        let RowKey { account, venue, asset, balance } = self.row_keys[row];
        balance.unwrap_or_else(|| self.ledger.open(account, venue, asset))
    }

    /// Whole quantity units of an asset, or the signed size of a perp.
    pub(in crate::engine) fn held(
        &self,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
    ) -> Quantity {
        match self.held.find(account, venue, asset) {
            Some(row) => self.held_in(row),
            None => self.units(self.ledger.find(account, venue, asset)),
        }
    }

    /// The same of a row.
    pub(super) fn held_in(&self, row: RowIx) -> Quantity {
        if let Some(perp) = self.rows[row].perp {
            return perp.quantity;
        }
        let RowKey { account, venue, asset, balance } = self.row_keys[row];
        self.units(balance.or_else(|| self.ledger.find(account, venue, asset)))
    }

    fn units(&self, balance: Option<BalanceId>) -> Quantity {
        let total = balance.map_or(Money::ZERO, |id| self.ledger.balance(id).total());
        total.to_quantity_floor().unwrap_or(Quantity(i64::MAX))
    }
}
