//! What clients asked for and what they know of it: admission, legs, reports, ends.

pub(in crate::engine) mod account;
pub(in crate::engine) mod admit;
pub(in crate::engine) mod amend;
pub(in crate::engine) mod amended;
pub(in crate::engine) mod asked;
pub(in crate::engine) mod bench;
pub(in crate::engine) mod book;
pub(in crate::engine) mod delay;
mod exits;
pub(in crate::engine) mod fill;
pub(in crate::engine) mod fingerprint;
pub(in crate::engine) mod finish;
pub(in crate::engine) mod forget;
pub(in crate::engine) mod free;
pub(in crate::engine) mod heads;
pub(in crate::engine) mod hear;
pub(in crate::engine) mod inject;
mod kept;
mod listed;
pub(in crate::engine) mod live;
pub(in crate::engine) mod minimums;
pub(in crate::engine) mod open_sums;
pub(in crate::engine) mod perp;
pub(in crate::engine) mod place;
pub(in crate::engine) mod reroute;
pub(in crate::engine) mod reserve;
mod resolve;
mod reverse;
pub(in crate::engine) mod risk;
pub(in crate::engine) mod route;
mod rows;
mod switch;
pub(in crate::engine) mod worst_price;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::engine::seam::LegRef;
use crate::ids::{AccountId, FillIx, GraphIx, MarketId, OrderId, SymbolId};
use crate::number::Price;
use crate::order::Order;
use crate::risk::AccountLimits;
use crate::table::{History, Table};
use account::{Account, AccountMode, Graph};
use fill::Fill;

/// What clients asked for and what they know of it.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Desk {
    accounts: Table<AccountId, Account>,
    clients: BTreeMap<Arc<str>, AccountId>,
    live_clients: BTreeMap<Arc<str>, AccountId>,
    graphs: History<GraphIx, Graph>,
    orders: History<OrderId, Order>,
    open_sums: open_sums::OpenSums,
    fills: History<FillIx, Fill>,
    texts: [Arc<str>; 2],
    limits: AccountLimits,
    /// Whose day is judged when books of a symbol move, while a loss limit is set.
    marked: BTreeSet<(SymbolId, AccountId)>,
    /// The marks of symbols, and of single books of them, by which they were judged last.
    judged_at: BTreeMap<(SymbolId, Option<MarketId>), Option<Price>>,
    injected: Vec<inject::Injected>,
    /// What venues do with orders under way, where a test decided that.
    fates: BTreeMap<OrderId, inject::Fate>,
    keeping: forget::Keeping,
    /// Orders that venues made to liquidate.
    liquidations: BTreeSet<OrderId>,
    /// Orders whose fill is being booked: nothing ends them meanwhile.
    booking: Vec<OrderId>,
    /// Legs that gave up the funds of their rest to pay for their own fill.
    broke: Vec<LegRef>,
}

impl Desk {
    /// A desk without accounts and orders.
    pub(in crate::engine) fn new() -> Self {
        let mut desk = Self::default();
        desk.orders.sum_up();
        desk
    }

    /// True for an order made by a venue to liquidate.
    pub(in crate::engine) fn is_liquidation(&self, order: OrderId) -> bool {
        !self.liquidations.is_empty() && self.liquidations.contains(&order)
    }

    /// An account as it was kept; its number.
    pub(in crate::engine) fn put_back(&mut self, account: Account) -> AccountId {
        let client = account.client.clone();
        let id = self.accounts.push(account);
        self.clients.insert(client, id);
        id
    }

    /// What was configured stays as another desk has it.
    pub(in crate::engine) fn configured_as(&mut self, other: &mut Self) {
        self.limits = other.limits;
        std::mem::swap(&mut self.injected, &mut other.injected);
    }

    /// The account of a client, made on first use.
    pub(in crate::engine) fn account_in(&mut self, client: &str, mode: AccountMode) -> AccountId {
        let known = match mode {
            AccountMode::Sandbox => &mut self.clients,
            AccountMode::Live => &mut self.live_clients,
        };
        if let Some(found) = known.get(client) {
            return *found;
        }
        let client: Arc<str> = client.into();
        let id = self.accounts.push(Account::new(client.clone(), mode));
        known.insert(client, id);
        id
    }

    /// True once there is an account that real venues fill.
    pub(in crate::engine) fn has_live(&self) -> bool {
        !self.live_clients.is_empty()
    }

    /// Accounts that the simulated venues fill.
    pub(in crate::engine) fn sandboxes(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.accounts.iter().filter(|(_, row)| row.mode == AccountMode::Sandbox)
    }
}
