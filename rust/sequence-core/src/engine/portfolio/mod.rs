//! What accounts have: margin, pairs of outcomes, marks.

pub(in crate::engine) mod booking;
mod cash;
mod held;
mod kept;
pub(in crate::engine) mod margin;
pub(in crate::engine) mod marks;
mod netting;
pub(in crate::engine) mod perp;
pub(in crate::engine) mod required;
pub(in crate::engine) mod reversal;
mod rows;
pub(in crate::engine) mod settled;
mod triggers;
pub(in crate::engine) mod watch;
pub(in crate::engine) mod worth;
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;

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
    ledger: Ledger,
    rows: Table<RowIx, Position>,
    row_keys: Table<RowIx, RowKey>,
    /// How a row was first written, where that is not the code of its asset.
    spelt: BTreeMap<RowIx, Arc<str>>,
    /// The rows that each account still has.
    held: HeldRows,
    watch: watch::Watch,
    terms: settled::Terms,
}
