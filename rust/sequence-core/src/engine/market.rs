//! What market data does: levels change, prints trade through resting orders, deferred orders wake.
//!
//! Each account lives in its own copy of the world: what it took of a level stays taken for it
//! (`consumed`), and its resting orders share one tape budget per print and per growth of a quote.

use std::collections::BTreeMap;

use super::place::within;
use super::{Engine, FillCause};
use crate::ids::{AccountId, BookSide, MarketId, OrderId, Side};
use crate::market::{Change, Market, MarketConfig};
use crate::number::{Price, Quantity};
use crate::order::{book_price, book_side};
use crate::reject::DoneReason;
use crate::tape::MarketEvent;

/// One own order in the queue of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Resting {
    account: AccountId,
    order: OrderId,
    leg: usize,
    side: Side,
    price: Price,
    seq: u64,
    deferred: bool,
}

/// What a message showed that can fill resting orders.
#[derive(Debug, Clone, Copy)]
enum Evidence {
    Print { side: Option<BookSide>, price: Price, size: Quantity },
    Growth { side: BookSide, price: Price, size: Quantity, resync: bool },
}

/// One market with what accounts did to it.
#[derive(Debug, Clone)]
pub struct MarketSim {
    /// The record: own orders never change it.
    pub market: Market,
    max_age_ns: Option<i64>,
    consumed: BTreeMap<(BookSide, Price, AccountId), Quantity>,
    resting: Vec<Resting>,
    evidence: Vec<Evidence>,
}

impl MarketSim {
    pub(super) const fn new(config: MarketConfig) -> Self {
        Self {
            market: Market::new(config),
            max_age_ns: config.max_age_ns,
            consumed: BTreeMap::new(),
            resting: Vec::new(),
            evidence: Vec::new(),
        }
    }

    pub(super) const fn set_ageing(&mut self, enabled: bool) {
        self.market.set_max_age(if enabled { self.max_age_ns } else { None });
    }

    /// Levels an account could take from, best first: displayed size less what it already took.
    pub(super) fn available(
        &self,
        account: AccountId,
        side: BookSide,
    ) -> impl Iterator<Item = (Price, Quantity)> + '_ {
        let untouched = self.consumed.is_empty();
        self.market.book.levels(side).map(move |level| {
            let taken = if untouched {
                Quantity::ZERO
            } else {
                self.consumed.get(&(side, level.price, account)).copied().unwrap_or_default()
            };
            (level.price, Quantity((level.quantity.0 - taken.0).max(0)))
        })
    }

    /// Remembers what an account took of a level.
    pub(super) fn consume(
        &mut self,
        account: AccountId,
        side: BookSide,
        price: Price,
        size: Quantity,
    ) {
        let taken = self.consumed.entry((side, price, account)).or_default();
        *taken = Quantity(taken.0.saturating_add(size.0));
    }

    /// A level shrank: what was taken can be no more than what is left.
    fn clip_consumed(&mut self, side: BookSide, price: Price, after: Quantity) {
        if self.consumed.is_empty() {
            return;
        }
        let range = (side, price, AccountId(0))..=(side, price, AccountId(u32::MAX));
        if after.0 == 0 {
            let gone: Vec<_> = self.consumed.range(range).map(|(key, _)| *key).collect();
            for key in gone {
                self.consumed.remove(&key);
            }
        } else {
            for (_, taken) in self.consumed.range_mut(range) {
                *taken = (*taken).min(after);
            }
        }
    }

    /// Best own price of an account on the side an order of this direction rests on.
    pub(super) fn best_own(&self, account: AccountId, side: Side) -> Option<Price> {
        let own = self.resting.iter().filter(|r| r.account == account && r.side == side);
        match side {
            Side::Buy => own.map(|r| r.price).max(),
            Side::Sell => own.map(|r| r.price).min(),
        }
    }

    /// Open legs of an account in this market.
    pub(super) fn own_legs(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (OrderId, usize)> + '_ {
        self.resting.iter().filter(move |r| r.account == account).map(|r| (r.order, r.leg))
    }

    /// A leg left the market.
    pub(super) fn leave(&mut self, account: AccountId, order: OrderId, leg: usize) {
        self.resting.retain(|r| !(r.account == account && r.order == order && r.leg == leg));
    }

    /// Forgets what an account took: its new epoch meets an untouched market.
    pub(super) fn forget(&mut self, account: AccountId) {
        self.consumed.retain(|(_, _, owner), _| *owner != account);
    }

    /// Keeps what a change could mean for resting orders.
    fn note(&mut self, change: Change) {
        match change {
            Change::Level { side, price, before, after } => {
                if after < before {
                    self.clip_consumed(side, price, after);
                } else if !self.resting.is_empty() {
                    let size = Quantity(after.0 - before.0);
                    self.evidence.push(Evidence::Growth { side, price, size, resync: false });
                }
            }
            Change::Print { side, price, quantity, .. } if !self.resting.is_empty() => {
                self.evidence.push(Evidence::Print { side, price, size: quantity });
            }
            Change::SnapshotBegun => {
                self.consumed.clear();
                self.evidence.clear();
            }
            Change::SnapshotEnded => self.note_snapshot(),
            Change::Print { .. } | Change::Status(_) | Change::None => {}
        }
    }

    /// After a gap the whole book is new: quotes through an own price are crossing evidence.
    fn note_snapshot(&mut self) {
        self.evidence.clear();
        if self.resting.is_empty() {
            return;
        }
        for side in [BookSide::Bid, BookSide::Ask] {
            let resync = true;
            let levels = self.market.book.levels(side);
            self.evidence.extend(levels.map(|level| Evidence::Growth {
                side,
                price: level.price,
                size: level.quantity,
                resync,
            }));
        }
    }
}

impl Engine {
    /// Applies the events of one or more venue messages.
    pub(super) fn market_message(&mut self, id: MarketId, events: &[MarketEvent]) {
        for event in events {
            let sim = &mut self.markets[id];
            let change = sim.market.apply(event, self.now_ns);
            sim.note(change);
            if event.is_last() {
                self.after_message(id);
            }
        }
    }

    /// A message is complete: fill what it showed, wake what waited for a live book.
    fn after_message(&mut self, id: MarketId) {
        let sim = &mut self.markets[id];
        if sim.resting.is_empty() {
            sim.evidence.clear();
            return;
        }
        let status = sim.market.status(self.now_ns);
        if status.is_over() {
            return self.close_market(id);
        }
        if !status.is_live() {
            // No fill on a book that cannot be trusted; a snapshot will show what is left.
            sim.evidence.clear();
            return;
        }
        self.wake_deferred(id);
        let evidence = std::mem::take(&mut self.markets[id].evidence);
        for item in &evidence {
            match *item {
                Evidence::Print { side, price, size } => self.trade_through(id, side, price, size),
                Evidence::Growth { side, price, size, resync } => {
                    self.crossing_quote(id, side, price, size, resync);
                }
            }
        }
        let mut evidence = evidence;
        evidence.clear();
        self.markets[id].evidence = evidence;
    }

    /// Resting orders of a closed market end.
    fn close_market(&mut self, id: MarketId) {
        let mut orders: Vec<OrderId> = self.markets[id].resting.iter().map(|r| r.order).collect();
        orders.dedup();
        for order in orders {
            self.withdraw(order, DoneReason::MarketClosed);
        }
    }

    fn wake_deferred(&mut self, id: MarketId) {
        while let Some(found) = self.markets[id].resting.iter().copied().find(|r| r.deferred) {
            self.markets[id].leave(found.account, found.order, found.leg);
            if let Some(leg) = self.orders[found.order].legs.get_mut(found.leg) {
                leg.deferred = false;
            }
            self.meet_book(found.order, found.leg);
            self.finish_if_done(found.order);
        }
    }

    /// A print beyond own prices fills the orders it traded through, best price first, from one
    /// budget per account. A print at an own price fills nothing here: who stood in front is
    /// unknown to this model.
    fn trade_through(&mut self, id: MarketId, hit: Option<BookSide>, price: Price, size: Quantity) {
        for side in [Side::Buy, Side::Sell] {
            if hit.is_some_and(|hit| hit != side.rests()) {
                continue;
            }
            let through = |r: &Resting| r.side == side && !within(side, r.price, price);
            self.fill_resting(id, through, size, FillCause::Through);
        }
    }

    /// An opposite quote that appears or grows at or through own prices fills them at their own
    /// price; what it gave cannot be taken again.
    fn crossing_quote(
        &mut self,
        id: MarketId,
        quoted: BookSide,
        price: Price,
        size: Quantity,
        resync: bool,
    ) {
        let side = if quoted == BookSide::Ask { Side::Buy } else { Side::Sell };
        let cause = if resync { FillCause::ResyncCross } else { FillCause::Crossing };
        let crossed = |r: &Resting| r.side == side && !r.deferred && within(side, price, r.price);
        for (account, used) in self.fill_resting(id, crossed, size, cause) {
            self.markets[id].consume(account, quoted, price, used);
        }
    }

    /// Fills matching resting orders by price, then rank, each account from a budget of its own.
    fn fill_resting(
        &mut self,
        id: MarketId,
        matches: impl Fn(&Resting) -> bool,
        budget: Quantity,
        cause: FillCause,
    ) -> Vec<(AccountId, Quantity)> {
        let mut found: Vec<Resting> = self.markets[id]
            .resting
            .iter()
            .copied()
            .filter(|r| !r.deferred && matches(r))
            .collect();
        found.sort_by_key(|r| {
            let better_first = if r.side == Side::Buy { -r.price.0 } else { r.price.0 };
            (r.account, better_first, r.seq)
        });
        let mut used: Vec<(AccountId, Quantity)> = Vec::new();
        for r in found {
            if used.last().is_none_or(|(account, _)| *account != r.account) {
                used.push((r.account, Quantity::ZERO));
            }
            let Some((_, spent)) = used.last_mut() else { continue };
            let Some(leg) = self.orders[r.order].legs.get(r.leg) else { continue };
            let rest = leg.remaining();
            let filled = Quantity(budget.0 - spent.0).min(rest);
            let quantum = self.registry.market(id).lot;
            let filled = if filled == rest { filled } else { filled.floor_to(quantum) };
            if filled.0 > 0 {
                *spent = Quantity(spent.0 + filled.0);
                let own = book_price(r.price, self.orders[r.order].spec.outcome);
                self.book_fill(r.order, r.leg, own, filled, cause);
                self.finish_if_done(r.order);
            }
        }
        used
    }

    /// Puts the rest of a leg into the queue of its price.
    pub(super) fn rest(&mut self, id: OrderId, at: usize, deferred: bool) {
        self.rest_seq += 1;
        let seq = self.rest_seq;
        let spec = &self.orders[id].spec;
        let (account, side, outcome) = (spec.account, spec.side, spec.outcome);
        let Some(leg) = self.orders[id].legs.get_mut(at) else { return };
        leg.rest_seq = seq;
        leg.deferred = deferred;
        let price = book_price(leg.bound, outcome);
        let side = book_side(side, outcome);
        let market = leg.market;
        let resting = Resting { account, order: id, leg: at, side, price, seq, deferred };
        self.markets[market].resting.push(resting);
    }
}
