//! How much of the past stays in memory: the newest orders, and every older one that goes on.
//!
//! An order that ended goes with its graph and its fills once so many newer ones were made, and
//! nothing of it is on its way. Its graph's name stays, so that a request sent again has no second
//! effect. What is decided does not depend on any of it: an ended order has no part in that.

use std::collections::BTreeSet;

use crate::engine::desk::Desk;
use crate::engine::desk::account::{AccountMode, GraphId};
use crate::engine::desk::heads::OrderHead;
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::reject::Refusal;

/// What is said of an order that is not here any more.
pub(in crate::engine) const FORGOTTEN: &str =
    "ended, and is not kept any more: this sandbox keeps its newest orders only (`keep`)";

/// What stays, and how far was looked.
#[derive(Debug, Clone, Default)]
pub(super) struct Keeping {
    /// Newest orders that stay whatever became of them; `None`: all.
    newest: Option<u32>,
    /// The first of those.
    order: OrderId,
    /// The first fill that was not looked at.
    fill: FillIx,
    /// Older ones that stayed, since more may happen to them.
    orders: BTreeSet<OrderId>,
    fills: BTreeSet<FillIx>,
}

/// What a graph's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Named {
    Unknown,
    Here(GraphIx),
    /// There was one, which ended.
    Forgotten,
}

impl Desk {
    /// Keeps so many of the newest orders from here on, or all.
    pub(in crate::engine) fn keep_newest(&mut self, newest: Option<u32>) {
        self.keeping.newest = newest;
    }

    /// Ended orders may be gone: what is summed up over all of them has to be counted as they end.
    pub(in crate::engine) const fn forgets(&self) -> bool {
        self.keeping.newest.is_some()
    }

    /// The first order to keep, when enough were made since the last look for another one.
    pub(in crate::engine) fn first_to_keep(&self) -> Option<OrderId> {
        let newest = self.keeping.newest?;
        let made = self.orders.next_id().0.saturating_sub(self.keeping.order.0);
        let some = (newest / 8).clamp(1, 1_024);
        (made >= newest.saturating_add(some)).then(|| OrderId(self.orders.next_id().0 - newest))
    }

    /// Lets go of orders before one, but for those that go on or of which something is under way:
    /// says which.
    pub(in crate::engine) fn forget_before(
        &mut self,
        first: OrderId,
        under_way: &BTreeSet<OrderId>,
    ) -> Vec<OrderId> {
        let told = self.orders.head(first).map_or(u64::MAX, |order| order.created_seq);
        let mut older = std::mem::take(&mut self.keeping.orders);
        older.extend((self.keeping.order.0..first.0).map(OrderId));
        self.keeping.order = first;
        let (mut owners, mut forgotten) = (BTreeSet::new(), Vec::new());
        for id in older {
            let Some(order) = self.orders.head(id) else { continue };
            let is_over = order.event_seq < told && self.is_over(id, &order);
            if is_over && !under_way.contains(&id) {
                self.orders.forget(id);
                self.graphs.forget(order.graph);
                self.liquidations.remove(&id);
                owners.insert(order.account);
                forgotten.push(id);
            } else {
                self.keeping.orders.insert(id);
            }
        }
        self.forget_fills(told);
        for owner in owners {
            self.shorten_lists(owner);
        }
        forgotten
    }

    /// It is the one order of its graph, in the sandbox, and nothing happens to it any more.
    fn is_over(&self, id: OrderId, order: &OrderHead) -> bool {
        order.status.is_terminal()
            && self.accounts[order.account].mode == AccountMode::Sandbox
            && self.graphs.head(order.graph).is_some_and(|graph| graph.order == Some(id))
    }

    /// Fills go with their orders.
    fn forget_fills(&mut self, told: u64) {
        let mut older = std::mem::take(&mut self.keeping.fills);
        while let Some(fill) = self.fills.head(self.keeping.fill)
            && fill.event_seq < told
        {
            older.insert(self.keeping.fill);
            self.keeping.fill = FillIx(self.keeping.fill.0 + 1);
        }
        for id in older {
            let order = self.fills.head(id).map(|fill| fill.order);
            if order.is_some_and(|order| self.orders.holds(order)) {
                self.keeping.fills.insert(id);
            } else {
                self.fills.forget(id);
            }
        }
    }

    fn shorten_lists(&mut self, owner: AccountId) {
        let row = self.accounts.quietly(owner);
        row.orders.retain(|id| self.orders.holds(*id));
        row.fills.retain(|id| self.fills.holds(*id));
    }

    /// The graph that a request with this name made before; refused where its answer is gone.
    pub(in crate::engine) fn sent_before(
        &self,
        account: AccountId,
        name: Option<&GraphId>,
    ) -> Result<Option<GraphIx>, Refusal> {
        match name.map(|name| (name, self.named(account, name))) {
            None | Some((_, Named::Unknown)) => Ok(None),
            Some((_, Named::Here(graph))) => Ok(Some(graph)),
            Some((name, Named::Forgotten)) => Err(Refusal::conflict(format!(
                "graph_id {name} was used before; its order {FORGOTTEN}"
            ))),
        }
    }

    /// The graph of an account with this name.
    pub(in crate::engine) fn named(&self, account: AccountId, name: &GraphId) -> Named {
        match self.accounts[account].graphs.get(name) {
            None => Named::Unknown,
            Some(graph) if self.graphs.holds(graph) => Named::Here(graph),
            Some(_) => Named::Forgotten,
        }
    }
}
