//! What of the portfolio a store has to keep, and back.

use crate::engine::facts::Facts;
use crate::engine::portfolio::{Portfolio, RowKey};
use crate::ids::{AccountId, AssetId, RowIx};
use crate::ledger::{Balance, BalanceId, BalanceKey, ContraTotals, LedgerError};
use crate::number::Money;
use crate::position::Position;

impl Portfolio {
    /// Starts to note what changes.
    pub(in crate::engine) fn listen(&mut self) {
        self.held.listen();
        self.rows.listen();
        self.ledger.listen();
        self.terms.listen();
    }

    /// Has the next take give every row.
    pub(in crate::engine) fn touch_all(&mut self) {
        self.held.touch_all();
        self.rows.touch_all();
        self.ledger.touch_all();
        self.terms.touch_all();
    }

    /// True when something changed since the last take.
    pub(in crate::engine) fn is_touched(&self) -> bool {
        self.ledger.is_touched()
            || self.held.is_touched()
            || self.rows.is_touched()
            || self.terms.is_touched()
    }

    /// Balances and contra totals that changed since the last call.
    pub(in crate::engine) fn take_touched_money(&mut self) -> (Vec<BalanceId>, Vec<AssetId>) {
        self.ledger.take_touched()
    }

    /// Accounts that got or lost a row since the last call.
    pub(in crate::engine) fn take_touched_accounts(&mut self) -> Vec<AccountId> {
        self.held.take_touched()
    }

    /// Rows that changed since the last call.
    pub(in crate::engine) fn take_touched_rows(&mut self) -> Vec<RowIx> {
        self.rows.take_touched()
    }

    /// The number of the next row.
    pub(in crate::engine) fn next_row(&self) -> RowIx {
        self.rows.next_id()
    }

    /// Numbers new rows from `next`, which a portfolio without any can still do.
    pub(in crate::engine) fn resume_at(&mut self, next: u32) {
        self.rows.resume_at(next);
        self.row_keys.resume_at(next);
    }

    /// Numbers new rows as another portfolio would; the rows there are keep their numbers.
    pub(in crate::engine) fn skip_to(&mut self, other: &Self) {
        self.rows.skip_to(other.rows.next_id());
        self.row_keys.skip_to(other.row_keys.next_id());
    }

    /// A contra total as it was kept.
    pub(in crate::engine) fn put_back_contra(&mut self, asset: AssetId, totals: ContraTotals) {
        self.ledger.put_back_contra(asset, totals);
    }

    /// A balance as it was kept.
    pub(in crate::engine) fn put_back_balance(&mut self, key: BalanceKey, balance: Balance) {
        self.ledger.put_back(key, balance);
    }

    /// A row as it was kept, with the margin that it holds and the asset that is.
    pub(in crate::engine) fn put_back_row(
        &mut self,
        (row, key): (RowIx, RowKey),
        mut position: Position,
        margin: Option<(AssetId, Money)>,
    ) -> Result<(), LedgerError> {
        if let (Some(perp), Some((asset, held))) = (&mut position.perp, margin) {
            let balance = self.ledger.open(key.account, key.venue, asset);
            perp.margin = Some(self.ledger.adopt(balance, held)?);
        }
        self.rows.load(row, position);
        self.row_keys.load(row, key);
        self.held.insert(key.account, (key.venue, key.asset), row);
        Ok(())
    }

    /// How a row was first written, as it was kept.
    pub(in crate::engine) fn put_back_spelling(&mut self, row: RowIx, spelt: &str) {
        self.spelt.insert(row, spelt.into());
    }

    /// Margin accounts count the open perpetuals that were put back; these.
    pub(in crate::engine) fn hold_again(&mut self, facts: Facts<'_>) -> Vec<RowIx> {
        let rows = self.rows.iter();
        let open = rows.filter(|(_, row)| row.perp.is_some_and(|perp| perp.quantity.0 != 0));
        let open: Vec<RowIx> = open.map(|(id, _)| id).collect();
        for row in &open {
            self.hold(facts, *row);
        }
        open
    }
}
