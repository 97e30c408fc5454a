//! Prices around own orders, noted as time passes them: what a report compares fills with.

use std::collections::BTreeMap;

use crate::chunks::Chunks;
use crate::engine::Engine;
use crate::engine::view::Value;
use crate::ids::{AccountId, FillIx, OrderId};
use crate::number::Price;
use crate::rows::Rows as _;

/// Seconds after a fill at which the price is noted.
const HORIZONS_S: [i64; 3] = [1, 10, 60];
const SECOND_NS: i64 = 1_000_000_000;
/// Orders whose first price is kept before those that ended are let go.
const MOST_ORDERS: usize = 4_096;

/// One fill; a session has as many as fills, so that prices have no room beside them.
#[derive(Debug, Clone)]
struct FillMark {
    account: AccountId,
    fill: FillIx,
    order: OrderId,
    ts_ns: i64,
    arrival: Price,
    after: [Price; HORIZONS_S.len()],
}

/// Stands for a price that nobody knew.
const UNKNOWN: Price = Price(i64::MIN);

fn known(price: Price) -> Option<Price> {
    (price != UNKNOWN).then_some(price)
}

/// Prices at the time of each order and after each fill. Forgets nothing but with its session.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    seen: (OrderId, FillIx),
    arrivals: BTreeMap<OrderId, Price>,
    /// The same of orders that are over when they are noted, until their fills are.
    ended: Vec<(OrderId, Price)>,
    most_orders: usize,
    /// By time, as fills are booked.
    fills: Chunks<FillMark>,
    /// The first fill whose price is not noted yet, for each horizon.
    next: [usize; HORIZONS_S.len()],
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
            if let Some((sent_ns, may_fill)) = engine.sent(id)
                && sent_ns == engine.now_ns()
                && let Some(mid) = engine.mid_for(id, sent_ns)
            {
                if may_fill {
                    self.arrivals.insert(id, mid);
                } else {
                    self.ended.push((id, mid));
                }
            }
        }
        for id in (fills.0..next.1.0).map(FillIx) {
            self.note_fill(engine, id);
        }
        self.ended.clear();
        self.forget_ended(engine);
    }

    /// When a price is to be noted next.
    pub(super) fn next_due_ns(&self) -> Option<i64> {
        (0..HORIZONS_S.len()).filter_map(|horizon| self.due_ns(horizon)).min()
    }

    /// When the next price of a horizon is to be noted.
    fn due_ns(&self, horizon: usize) -> Option<i64> {
        let mark = self.fills.get(*self.next.get(horizon)?)?;
        Some(mark.ts_ns + HORIZONS_S.get(horizon)? * SECOND_NS)
    }

    /// Notes the prices that are due at `at_ns`; everything before it has happened.
    pub(super) fn take(&mut self, engine: &Engine, at_ns: i64) {
        for horizon in 0..HORIZONS_S.len() {
            while self.due_ns(horizon).is_some_and(|due_ns| due_ns <= at_ns) {
                let Some(next) = self.next.get_mut(horizon) else { return };
                if let Some(mark) = self.fills.get_mut(*next)
                    && let Some(slot) = mark.after.get_mut(horizon)
                {
                    *slot = engine.mid_for(mark.order, at_ns).unwrap_or(UNKNOWN);
                }
                *next += 1;
            }
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
        mine.filter_map(|mark| {
            engine.mark_view(mark.fill, known(mark.arrival), mark.after.map(known))
        })
        .filter(|(seq, _)| before.is_none_or(|before| *seq < before))
        .map(|(_, row)| row)
        .take(limit)
        .collect()
    }

    fn note_fill(&mut self, engine: &Engine, id: FillIx) {
        let Some(fill) = engine.fill_time(id) else { return };
        let now_ns = engine.now_ns();
        let at = self.fills.len();
        self.fills.push(FillMark {
            account: fill.account,
            fill: id,
            order: fill.order,
            ts_ns: fill.ts_ns,
            arrival: self.arrival(fill.order).unwrap_or(UNKNOWN),
            after: [UNKNOWN; HORIZONS_S.len()],
        });
        // Of a fill that a store gave back, what has passed is not known.
        for (after, next) in HORIZONS_S.iter().zip(&mut self.next) {
            if *next == at && fill.ts_ns + after * SECOND_NS <= now_ns {
                *next += 1;
            }
        }
    }

    fn arrival(&self, order: OrderId) -> Option<Price> {
        let ended = self.ended.binary_search_by_key(&order, |(id, _)| *id).ok();
        let ended = ended.and_then(|at| self.ended.get(at)).map(|(_, mid)| *mid);
        ended.or_else(|| self.arrivals.get(&order).copied())
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
