//! What accounts have: margin, pairs of outcomes, marks.

pub(in crate::engine) mod booking;
pub(in crate::engine) mod held;
pub(in crate::engine) mod margin;
pub(in crate::engine) mod marks;
pub(in crate::engine) mod netting;
pub(in crate::engine) mod perp;
pub(in crate::engine) mod required;
pub(in crate::engine) mod rows;
pub(in crate::engine) mod triggers;

use crate::engine::life::state::Life;
use crate::ids::{AccountId, AssetId, RowIx, VenueId};
use crate::ledger::{BalanceId, Ledger};
use crate::position::Position;
use crate::table::Table;
use held::HeldRows;

/// Whose, where and of what a position row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct RowKey {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) venue: VenueId,
    pub(in crate::engine) asset: AssetId,
    /// Where the ledger has it; `None` for a perpetual, and for rows of an earlier process.
    pub(in crate::engine) balance: Option<BalanceId>,
}

/// What accounts have.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Portfolio {
    pub(in crate::engine) ledger: Ledger,
    pub(in crate::engine) rows: Table<RowIx, Position>,
    pub(in crate::engine) row_keys: Table<RowIx, RowKey>,
    /// The rows that each account still has.
    pub(in crate::engine) held: HeldRows,
    pub(in crate::engine) life: Life,
}
