//! Whether what a row names is there. What reads a row later takes every id for one that exists.

use crate::engine::desk::Desk;
use crate::engine::record::RestoreError;
use crate::ids::{AccountId, AssetId, MarketId};
use crate::registry::Registry;

pub(super) type Result<T> = std::result::Result<T, RestoreError>;

/// What exists already.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Known<'a> {
    pub(in crate::engine) registry: &'a Registry,
    pub(in crate::engine) desk: &'a Desk,
}

impl Known<'_> {
    pub(super) fn account(self, table: &'static str, id: AccountId) -> Result<()> {
        let is_known = self.desk.find_account(id).is_some();
        if is_known { Ok(()) } else { Err(unknown(table, "account", id.0)) }
    }

    pub(super) fn market(self, table: &'static str, id: MarketId) -> Result<()> {
        let is_known = (id.0 as usize) < self.registry.market_count();
        if is_known { Ok(()) } else { Err(unknown(table, "market", id.0)) }
    }

    pub(super) fn asset(self, table: &'static str, id: AssetId) -> Result<()> {
        let is_known = (id.0 as usize) < self.registry.asset_count();
        if is_known { Ok(()) } else { Err(unknown(table, "asset", id.0)) }
    }
}

fn unknown(table: &'static str, what: &str, number: u32) -> RestoreError {
    RestoreError { table, message: format!("there is no {what} {number}") }
}
