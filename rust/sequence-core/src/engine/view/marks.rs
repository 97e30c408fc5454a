//! What a session notes beside the engine: orders and fills as they come, prices, and what
//! accounts are worth. Nothing here decides anything.

use super::Value;
use crate::engine::{AccountMode, Engine};
use crate::ids::{AccountId, FillIx, OrderId};
use crate::number::Price;
use crate::order::book_price;

/// A fill as far as its account and its time go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FillTime {
    /// Whose.
    pub account: AccountId,
    /// Its order.
    pub order: OrderId,
    /// When its client could know, ns.
    pub ts_ns: i64,
}

impl Engine {
    /// Numbers of the next order and the next fill: they grow with each.
    pub(crate) fn next_ids(&self) -> (OrderId, FillIx) {
        (self.desk.next_order(), self.desk.next_fill())
    }

    /// A fill that is known here.
    pub(crate) fn fill_time(&self, id: FillIx) -> Option<FillTime> {
        let fill = self.desk.fill_head(id)?;
        let account = self.desk.order_head(fill.order)?.account;
        Some(FillTime { account, order: fill.order, ts_ns: fill.ts_ns })
    }

    /// When an order was sent, if it is known here, and whether it may still be filled: a real venue
    /// can tell of a fill after the end.
    pub(crate) fn sent(&self, id: OrderId) -> Option<(i64, bool)> {
        let order = self.desk.peek_order(id)?;
        let is_live = self.desk.account(order.spec.account).mode == AccountMode::Live;
        let may_fill = is_live || !order.status.is_terminal();
        Some((order.spec.created_ns, may_fill))
    }

    /// Whether more can happen to an order.
    pub(crate) fn is_open(&self, id: OrderId) -> bool {
        self.desk.order_head(id).is_some_and(|order| !order.status.is_terminal())
    }

    /// Middle of best bid and offer over the live books of an order's symbol, at a time that the
    /// engine may not have reached; in prices of the order's outcome.
    pub(crate) fn mid_for(&self, id: OrderId, at_ns: i64) -> Option<Price> {
        let order = self.desk.peek_order(id)?;
        let spec = &order.spec;
        let best = crate::market::Nbbo::of(self.books_of(spec.symbol), at_ns);
        let mid = best.mid().filter(|_| best.live)?;
        Some(book_price(mid, spec.outcome))
    }

    /// Accounts that have sent an order since their last reset, with its number.
    pub(crate) fn traders(&self) -> impl Iterator<Item = (AccountId, u32)> + '_ {
        let rows = self.desk.accounts();
        rows.filter(|(_, row)| !row.orders.is_empty()).map(|(id, row)| (id, row.epoch))
    }

    /// Accounts whose value can change: they trade, or hold something that has a price.
    pub(crate) fn exposed(&self) -> impl Iterator<Item = (AccountId, u32)> + '_ {
        let rows = self.desk.accounts().filter(|(_, row)| row.epoch > 0);
        rows.filter(|(id, row)| !row.orders.is_empty() || self.holds_what_moves(*id))
            .map(|(id, row)| (id, row.epoch))
    }

    fn holds_what_moves(&self, account: AccountId) -> bool {
        let held = self.portfolio.rows_of(account);
        held.keys().any(|(_, asset)| !self.registry.asset_row(*asset).pegged)
    }

    /// Where a fill stands in the log, and its row with the prices around it.
    pub(crate) fn mark_view(
        &self,
        id: FillIx,
        arrival: Option<Price>,
        after: [Option<Price>; 3],
    ) -> Option<(u64, Value)> {
        let fill = self.desk.peek_fill(id)?;
        let order = self.desk.peek_order(fill.order)?;
        // Those of before a reset are in no list of their account any more.
        if !self.desk.account(order.spec.account).fills.holds(&id) {
            return None;
        }
        let [one, ten, sixty] = after;
        let row = Value::Map(vec![
            ("fill_id", format!("fill_{}", fill.id).into()),
            ("node_order_id", self.node_order_id(&order).into()),
            ("event_seq", fill.event_seq.into()),
            ("ts_ns", fill.ts_ns.into()),
            ("arrival_mid_1e9", Value::option(arrival)),
            ("after_1s_1e9", Value::option(one)),
            ("after_10s_1e9", Value::option(ten)),
            ("after_60s_1e9", Value::option(sixty)),
        ]);
        Some((fill.event_seq, row))
    }
}
