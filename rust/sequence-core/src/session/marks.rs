//! Prices around own orders, noted as time passes them: what a report compares fills with.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::engine::Engine;
use crate::engine::view::Value;
use crate::ids::{AccountId, FillIx, OrderId};
use crate::number::Price;

/// Seconds after a fill at which the price is noted.
const HORIZONS_S: [i64; 3] = [1, 10, 60];
const SECOND_NS: i64 = 1_000_000_000;
/// Orders whose first price is kept before those that ended are let go.
const MOST_ORDERS: usize = 4_096;

#[derive(Debug, Clone)]
struct FillMark {
    account: AccountId,
    fill: FillIx,
    order: OrderId,
    ts_ns: i64,
    arrival: Option<Price>,
    after: [Option<Price>; 3],
}

/// Prices at the time of each order and after each fill. Forgets nothing but with its session.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    seen: (OrderId, FillIx),
    arrivals: BTreeMap<OrderId, Price>,
    most_orders: usize,
    fills: Vec<FillMark>,
    /// When the price of a fill is noted next: (time, fill, horizon).
    due: BinaryHeap<Reverse<(i64, usize, usize)>>,
}

impl Marks {
    /// Notes orders and fills that are new, before time moves on.
    pub(super) fn note(&mut self, engine: &Engine) {
        let next = engine.next_ids();
        if next == self.seen {
            return;
        }
        let (orders, fills) = std::mem::replace(&mut self.seen, next);
        // What a store gave back was sent before: its price of then is not known.
        for id in (orders.0..next.0.0).map(OrderId) {
            if engine.sent_ns(id) == Some(engine.now_ns())
                && let Some(mid) = engine.mid_for(id, engine.now_ns())
            {
                self.arrivals.insert(id, mid);
            }
        }
        for id in (fills.0..next.1.0).map(FillIx) {
            self.note_fill(engine, id);
        }
        self.forget_ended(engine);
    }

    /// When a price is to be noted next.
    pub(super) fn next_due_ns(&self) -> Option<i64> {
        self.due.peek().map(|Reverse((due, ..))| *due)
    }

    /// Notes the prices that are due at `at_ns`; everything before it has happened.
    pub(super) fn take(&mut self, engine: &Engine, at_ns: i64) {
        while let Some(Reverse((_, at, horizon))) =
            self.due.peek().copied().filter(|Reverse((due, ..))| *due <= at_ns)
        {
            self.due.pop();
            let Some(mark) = self.fills.get_mut(at) else { continue };
            let price = engine.mid_for(mark.order, at_ns);
            if let Some(slot) = mark.after.get_mut(horizon) {
                *slot = price;
            }
            let ts_ns = mark.ts_ns;
            self.schedule(at, ts_ns, horizon + 1);
        }
    }

    /// Rows of an account, newest first, of before a commit number.
    pub(super) fn rows(
        &self,
        engine: &Engine,
        account: AccountId,
        limit: usize,
        before: Option<u64>,
    ) -> Vec<Value> {
        let mine = self.fills.iter().rev().filter(|mark| mark.account == account);
        mine.filter_map(|mark| engine.mark_view(mark.fill, mark.arrival, mark.after))
            .filter(|(seq, _)| before.is_none_or(|before| *seq < before))
            .map(|(_, row)| row)
            .take(limit)
            .collect()
    }

    fn note_fill(&mut self, engine: &Engine, id: FillIx) {
        let Some(fill) = engine.fill_time(id) else { return };
        let now_ns = engine.now_ns();
        let first = HORIZONS_S.iter().position(|after| fill.ts_ns + after * SECOND_NS > now_ns);
        let arrival = self.arrivals.get(&fill.order).copied();
        let at = self.fills.len();
        self.fills.push(FillMark {
            account: fill.account,
            fill: id,
            order: fill.order,
            ts_ns: fill.ts_ns,
            arrival,
            after: [None; 3],
        });
        if let Some(first) = first {
            self.schedule(at, fill.ts_ns, first);
        }
    }

    fn schedule(&mut self, at: usize, ts_ns: i64, horizon: usize) {
        if let Some(after) = HORIZONS_S.get(horizon) {
            self.due.push(Reverse((ts_ns + after * SECOND_NS, at, horizon)));
        }
    }

    /// Keeps what a fill may still come for; the bound grows with what is open.
    fn forget_ended(&mut self, engine: &Engine) {
        if self.arrivals.len() <= self.most_orders.max(MOST_ORDERS) {
            return;
        }
        self.arrivals.retain(|id, _| engine.is_open(*id));
        self.most_orders = self.arrivals.len() * 2;
    }
}
