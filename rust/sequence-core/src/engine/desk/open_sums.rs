//! Sums over the open orders of each account, kept as orders change: a submit asks them, so that it
//! costs the same however many orders are open. The laws compare them with the orders.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::engine::desk::Desk;
use crate::ids::{AccountId, MarketId, OrderId, Outcome, Side, SymbolId};
use crate::number::Quantity;
use crate::order::{Leg, LegState, Order};
use crate::table::History;

/// Orders of one side of a symbol.
type SideKey = (AccountId, SymbolId, Option<Outcome>, Side);
/// Legs of one side at a market; whether their orders only reduce.
type ExitKey = (AccountId, MarketId, Side, bool);

/// What is counted of each open order, and the sums of it.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct OpenSums {
    counted: BTreeMap<OrderId, Counted>,
    totals: Totals,
    /// Room for the orders that changed, used again and again.
    changed: Vec<OrderId>,
}

/// Sums of everything counted; none is kept that is zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Totals {
    rests: BTreeMap<AccountId, i128>,
    sides: BTreeMap<SideKey, i128>,
    exits: BTreeMap<ExitKey, i128>,
}

/// What one open order adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counted {
    /// What can still be filled.
    rest: Quantity,
    /// What its open legs close of a position, by market.
    exits: Vec<(MarketId, i64)>,
}

impl Counted {
    /// `None` for an order that has ended.
    fn of(order: &Order) -> Option<Self> {
        if order.status.is_terminal() {
            return None;
        }
        let legs = order.legs.iter().map(|leg| (leg.market, closes(leg)));
        let exits = legs.filter(|(_, size)| *size > 0).collect();
        Some(Self { rest: open_at_most(order), exits })
    }
}

/// What can be filled at most, whether or not a change on its way arrives.
pub(in crate::engine) fn open_at_most(order: &Order) -> Quantity {
    let total = order.amending.map_or(order.qty, |change| change.total.max(order.qty));
    Quantity(total.0.saturating_sub(order.filled.0))
}

/// What a leg closes of a position for as long as it is open: in the form it has or, while a change
/// is on its way, in the other one. Nothing else may count on what either of them closes.
fn closes(leg: &Leg) -> i64 {
    if leg.state == LegState::Done {
        return 0;
    }
    let form = |reducing: Quantity, qty: Quantity| reducing.0.min(qty.0 - leg.filled.0).max(0);
    let other = leg.reshape.as_deref().map_or(0, |other| form(other.reducing, other.qty));
    form(leg.reducing, leg.qty).max(other)
}

impl Totals {
    fn add(&mut self, order: &Order, counted: &Counted, sign: i128) {
        let spec = &order.spec;
        let rest = sign * i128::from(counted.rest.0);
        add(&mut self.rests, spec.account, rest);
        add(&mut self.sides, (spec.account, spec.symbol, spec.outcome, spec.side), rest);
        for (market, size) in &counted.exits {
            let key = (spec.account, *market, spec.side, spec.reduce_only);
            add(&mut self.exits, key, sign * i128::from(*size));
        }
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, i128>, key: K, amount: i128) {
    if amount == 0 {
        return;
    }
    match sums.entry(key) {
        Entry::Vacant(place) => {
            place.insert(amount);
        }
        Entry::Occupied(place) if *place.get() == -amount => {
            place.remove();
        }
        Entry::Occupied(place) => *place.into_mut() += amount,
    }
}

impl OpenSums {
    /// Takes in the orders that changed since they were counted.
    #[inline]
    fn recount(&mut self, orders: &mut History<OrderId, Order>) {
        if !orders.changed().is_empty() {
            self.recount_changed(orders);
        }
    }

    fn recount_changed(&mut self, orders: &mut History<OrderId, Order>) {
        let mut changed = std::mem::take(&mut self.changed);
        orders.take_changed(&mut changed);
        for id in changed.drain(..) {
            if let Some(order) = orders.get(id) {
                self.count(id, order);
            }
        }
        self.changed = changed;
    }

    fn count(&mut self, id: OrderId, order: &Order) {
        let now = Counted::of(order);
        if self.counted.get(&id) == now.as_ref() {
            return;
        }
        if let Some(before) = self.counted.remove(&id) {
            self.totals.add(order, &before, -1);
        }
        if let Some(now) = now {
            self.totals.add(order, &now, 1);
            self.counted.insert(id, now);
        }
    }
}

impl Desk {
    /// Takes in the orders that changed: sums that are asked next have little to add.
    #[inline]
    pub(in crate::engine) fn recount(&mut self) {
        self.open_sums.recount(&mut self.orders);
    }

    /// What all open orders of an account can still fill.
    pub(in crate::engine) fn open_rest(&self, account: AccountId) -> i128 {
        let kept = self.open_sums.totals.rests.get(&account).copied().unwrap_or_default();
        kept + self.uncounted(|order, counted| {
            let is_mine = order.spec.account == account;
            if is_mine { i128::from(counted.rest.0) } else { 0 }
        })
    }

    /// The same of the orders of a side whose symbol and outcome are wanted.
    pub(in crate::engine) fn open_rest_of(
        &self,
        account: AccountId,
        side: Side,
        is_wanted: impl Fn(SymbolId, Option<Outcome>) -> bool,
    ) -> i128 {
        let from = (account, SymbolId(0), None, Side::Buy);
        let mine = self.open_sums.totals.sides.range(from..);
        let mine = mine.take_while(|((of, ..), _)| *of == account);
        let kept = mine
            .filter(|((_, symbol, outcome, of), _)| *of == side && is_wanted(*symbol, *outcome));
        kept.map(|(_, rest)| rest).sum::<i128>()
            + self.uncounted(|Order { spec, .. }, counted| {
                let counts = spec.account == account
                    && spec.side == side
                    && is_wanted(spec.symbol, spec.outcome);
                if counts { i128::from(counted.rest.0) } else { 0 }
            })
    }

    /// What open orders of a side close of a position at a market; `reduce_only`: those that can do
    /// nothing else, or those that can.
    pub(in crate::engine) fn open_exits(
        &self,
        account: AccountId,
        market: MarketId,
        side: Side,
        reduce_only: bool,
    ) -> i128 {
        let key = (account, market, side, reduce_only);
        let kept = self.open_sums.totals.exits.get(&key).copied().unwrap_or_default();
        kept + self.uncounted(|Order { spec, .. }, counted| {
            if (spec.account, spec.side, spec.reduce_only) != (account, side, reduce_only) {
                return 0;
            }
            let here = counted.exits.iter().filter(|(at, _)| *at == market);
            here.map(|(_, size)| i128::from(*size)).sum()
        })
    }

    /// What an order on the books closes itself at a market.
    pub(in crate::engine) fn own_exits(order: &Order, market: MarketId) -> i128 {
        let here = order.legs.iter().filter(|leg| leg.market == market);
        here.map(|leg| i128::from(closes(leg))).sum()
    }

    /// What orders add that changed since they were counted: as they are, less what is counted.
    fn uncounted(&self, part: impl Fn(&Order, &Counted) -> i128) -> i128 {
        let mut changed = self.orders.changed().to_vec();
        changed.sort_unstable();
        changed.dedup();
        let orders = changed.iter().filter_map(|id| Some((id, self.orders.get(*id)?)));
        let added = orders.map(|(id, order)| {
            let now = Counted::of(order).map_or(0, |counted| part(order, &counted));
            let before = self.open_sums.counted.get(id);
            now - before.map_or(0, |counted| part(order, counted))
        });
        added.sum()
    }

    /// The sums as they are kept, and as the orders make them: equal, or a law is broken.
    pub(in crate::engine) fn both_sums(&self) -> (Totals, Totals) {
        let mut kept = self.open_sums.clone();
        for id in self.orders.changed() {
            if let Some(order) = self.orders.get(*id) {
                kept.count(*id, order);
            }
        }
        let mut fresh = OpenSums::default();
        for (id, order) in self.orders.each() {
            fresh.count(id, &order);
        }
        (kept.totals, fresh.totals)
    }
}
