//! How much of the past stays in memory: the newest orders, and every older one that goes on.
//!
//! An order that ended goes with its graph and its fills once so many newer ones were made, and
//! nothing of it is on its way; where a store keeps it, once it is there. Its graph's name stays, so
//! that a request sent again has no second effect. What is decided does not depend on any of it: an
//! ended order has no part in that.
//!
//! Older orders that are still here stand in two lists, this one and the store's: [`Edge`] says where
//! the store's begins, and which of its rows are here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::engine::desk::Desk;
use crate::engine::desk::account::{AccountMode, GraphId};
use crate::engine::desk::heads::OrderHead;
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::order::Order;
use crate::reject::Refusal;

/// What is said of an order that is not here any more.
pub(in crate::engine) const FORGOTTEN: &str =
    "ended, and is not kept any more: this sandbox keeps its newest orders only (`keep`)";
/// Orders that were read back from a store and stay for the next who asks.
const RECALLED: usize = 10_000;

/// What stays, and how far was looked.
#[derive(Debug, Clone, Default)]
pub(super) struct Keeping {
    /// Newest orders that stay whatever became of them; `None`: all.
    newest: Option<u32>,
    /// The first of those.
    order: OrderId,
    /// No order and no fill from there on has a commit number below.
    seq: u64,
    /// Every graph from this one on is here.
    graph: GraphIx,
    /// The first fill that was not looked at.
    fill: FillIx,
    /// Older ones that stayed, since more may happen to them.
    orders: BTreeSet<OrderId>,
    fills: BTreeSet<FillIx>,
    /// Ended orders that a store gave back, the first of them first, and fills of them.
    recalled: VecDeque<OrderId>,
    recalled_fills: BTreeMap<OrderId, Vec<FillIx>>,
}

impl Keeping {
    /// Rows below these are of an earlier process, and were told before `seq`.
    pub(super) const fn begin_at(&mut self, first: (OrderId, GraphIx, FillIx), seq: u64) {
        (self.order, self.graph, self.fill) = first;
        self.seq = seq;
    }
}

/// Where the rows of an account that a store alone may have end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Orders and fills told from this commit number on are in memory.
    pub seq: u64,
    /// Graphs from this one on are.
    pub graph: GraphIx,
    /// Older orders that are too.
    pub orders: Vec<OrderId>,
    /// Older fills that are.
    pub fills: Vec<FillIx>,
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
        if newest.is_some() {
            // Of an earlier process, what is open was loaded.
            self.keeping.orders.extend(self.orders.put_backs());
        }
    }

    /// What of an account's past is here, to be put together with what a store has.
    pub(in crate::engine) fn edge(&self, account: AccountId) -> Edge {
        let (row, keeping) = (&self.accounts[account], &self.keeping);
        let orders = row.orders.iter().take_while(|id| **id < keeping.order);
        let fills = row.fills.iter().take_while(|id| **id < keeping.fill);
        Edge {
            seq: keeping.seq,
            graph: keeping.graph,
            orders: orders.copied().collect(),
            fills: fills.copied().collect(),
        }
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

    /// Lets go of orders before one, but for those that go on, of which something is under way, or
    /// that were told from `unstored` on: says which.
    pub(in crate::engine) fn forget_before(
        &mut self,
        first: OrderId,
        under_way: &BTreeSet<OrderId>,
        (unstored, next_seq): (u64, u64),
    ) -> Vec<OrderId> {
        // Numbers that were left out when a copy was returned to have no order.
        let mut kept = (first.0..self.orders.next_id().0).map(OrderId);
        let told = kept.find_map(|id| self.orders.head(id));
        let told = told.map_or(next_seq, |order| order.created_seq);
        let mut older = std::mem::take(&mut self.keeping.orders);
        older.extend((self.keeping.order.0..first.0).map(OrderId));
        (self.keeping.order, self.keeping.seq) = (first, told);
        let (mut owners, mut forgotten) = (BTreeSet::new(), Vec::new());
        for id in older {
            let Some(order) = self.orders.head(id) else { continue };
            let is_over = order.event_seq < told.min(unstored) && self.is_over(id, &order);
            if is_over && !under_way.contains(&id) {
                self.drop_order(id, order.graph);
                self.liquidations.remove(&id);
                self.keeping.graph = self.keeping.graph.max(GraphIx(order.graph.0 + 1));
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

    /// An ended order came back from a store.
    pub(super) fn note_recalled(&mut self, id: OrderId, order: &Order) {
        if self.forgets() && order.status.is_terminal() {
            self.keeping.recalled.push_back(id);
        }
    }

    /// A fill came back, whose order is here.
    pub(super) fn note_recalled_fill(&mut self, id: FillIx, order: OrderId) {
        if self.forgets() {
            self.keeping.recalled_fills.entry(order).or_default().push(id);
        }
    }

    /// More came back than stays.
    pub(in crate::engine) fn recalled_too_much(&self) -> bool {
        self.keeping.recalled.len() > RECALLED
    }

    /// Lets go of what came back first, but for orders of which a row waits to be
    /// kept: says of which orders.
    pub(in crate::engine) fn forget_recalled(
        &mut self,
        unkept: &BTreeSet<OrderId>,
    ) -> Vec<OrderId> {
        let more = self.keeping.recalled.len().saturating_sub(RECALLED);
        let mut forgotten = Vec::new();
        for id in self.keeping.recalled.drain(..more).collect::<Vec<_>>() {
            let Some(order) = self.orders.head(id) else { continue };
            if unkept.contains(&id) || !self.is_over(id, &order) {
                continue;
            }
            self.drop_order(id, order.graph);
            forgotten.push(id);
        }
        forgotten
    }

    /// With its graph, and with fills that came back.
    fn drop_order(&mut self, id: OrderId, graph: GraphIx) {
        self.orders.forget(id);
        self.graphs.forget(graph);
        for fill in self.keeping.recalled_fills.remove(&id).unwrap_or_default() {
            self.fills.forget(fill);
        }
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
        while self.keeping.fill < self.fills.next_id() {
            match self.fills.head(self.keeping.fill) {
                Some(fill) if fill.event_seq >= told => break,
                Some(_) => drop(older.insert(self.keeping.fill)),
                None => {}
            }
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
