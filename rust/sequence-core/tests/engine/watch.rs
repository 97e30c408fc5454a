//! What must hold from one step to the next, judged from outside the engine.

use std::collections::{BTreeMap, BTreeSet};

use sequence_core::engine::{Engine, Fill, FillCause};
use sequence_core::ids::{AccountId, BookSide, InstrumentKind, MarketId, OrderId, Side, VenueId};
use sequence_core::market::Market;
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{Order, OrderStatus, TimeInForce, book_price, book_side};
use sequence_core::reject::{DoneReason, Refusal, RejectReason};
use sequence_core::ulid::Ulid;

use crate::money::{Books, seeded};
use crate::table::facts::Facts;
use crate::table::line::{Line, units};

/// How often each branch was reached: a check that never ran proves nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(BTreeMap<String, u32>);

impl Seen {
    fn mark(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what.clone()).or_default() += count;
        }
    }

    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let wanted = [
            "FILLED",
            "PARTIAL",
            "CANCELLED",
            "EXPIRED",
            "REJECTED",
            "INSUFFICIENT_BALANCE",
            "EXCHANGE_REJECT",
            "STALE_VENUE",
            "INVALID_PARAMS",
            "IOC_REMAINDER",
            "SLIPPAGE_CAP",
            "SELF_TRADE",
            "MARKET_CLOSED",
            "RESET",
            "REPLACED",
            "BELOW_LOT",
            "CANCELLED_BY_CLIENT",
            "WALK",
            "QUEUE",
            "THROUGH",
            "CROSSING",
            "RESYNC_CROSS",
            "cancel after a partial fill",
            "replay",
            "conflict",
            "refused",
            "two legs",
            "flip",
            "foreign id",
        ];
        wanted.into_iter().filter(|what| !self.0.contains_key(*what)).collect()
    }
}

/// What is remembered between two steps.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) seen: Seen,
    books: Books,
    fills: BTreeMap<AccountId, (u32, usize)>,
    ids: BTreeSet<Ulid>,
    open: BTreeSet<OrderId>,
    ended: BTreeMap<OrderId, (OrderStatus, Quantity, u32)>,
    taken: BTreeMap<(AccountId, MarketId, BookSide, Price), i64>,
    perps: BTreeMap<AccountId, i64>,
}

impl Watch {
    /// Looks at the engine after a step; says what is wrong.
    pub(crate) fn look(
        &mut self,
        engine: &Engine,
        account: AccountId,
        line: &Line<'_>,
        answer: Option<&Result<Facts, Refusal>>,
        before: u64,
    ) -> Option<String> {
        let changed = engine.state_hash() != before;
        match answer {
            Some(Err(refusal)) if changed => {
                return Some(format!("a refusal left a trace: {}", refusal.message));
            }
            Some(Err(refusal)) => self.seen.mark(refused(refusal)),
            Some(Ok(facts)) if line.verb == "again" => {
                self.seen.mark("replay");
                if changed || facts[""] != "same" {
                    return Some(format!("a replay is no replay: {facts:?}"));
                }
            }
            _ => {}
        }
        if matches!(answer, None | Some(Ok(_))) {
            self.configured(engine, account, line);
        }
        self.clip_taken(engine);
        self.new_fills(engine, line)
            .or_else(|| self.books.differ(engine))
            .or_else(|| self.statuses(engine))
    }

    /// Rows written by hand are where the money model starts.
    fn configured(&mut self, engine: &Engine, account: AccountId, line: &Line<'_>) {
        match line.verb {
            "reset" => {
                self.books.clear(account);
                self.perps.remove(&account);
                self.taken.retain(|(owner, ..), _| *owner != account);
                let initial = i128::from(units(line.words[0], 8)) * 10;
                for venue in VenueId::all() {
                    for cash in venue.venue().cash {
                        let asset = engine.registry().find_asset(cash.kind, cash.code).unwrap();
                        self.books.write((account, venue, asset), initial);
                    }
                }
            }
            "seed" | "replace" => {
                if line.verb == "replace" {
                    self.books.clear(account);
                    self.perps.remove(&account);
                }
                let (venue, asset) = seeded(engine, &line.words).unwrap();
                let quantity = units(line.words[3], 8);
                if line.words[1] == "perp" {
                    self.perps.insert(account, quantity);
                } else {
                    self.books.write((account, venue, asset), i128::from(quantity) * 10);
                }
            }
            _ => {}
        }
    }

    /// A level that shrank cannot have been taken beyond what is left (O7).
    fn clip_taken(&mut self, engine: &Engine) {
        for ((_, market, side, price), taken) in &mut self.taken {
            let displayed = market_of(engine, *market).book.quantity_at(*side, *price);
            *taken = (*taken).min(displayed.0);
        }
    }

    fn new_fills(&mut self, engine: &Engine, line: &Line<'_>) -> Option<String> {
        let mut printed: BTreeMap<(AccountId, MarketId), i64> = BTreeMap::new();
        for name in 0..2 {
            let account = AccountId(name);
            let row = engine.account_row(account);
            let (epoch, from) = self.fills.get(&account).copied().unwrap_or_default();
            let from = if epoch == row.epoch { from } else { 0 };
            for ix in row.fills.iter().skip(from) {
                let fill = engine.fill(*ix);
                let wrong = self.fill(engine, fill, line, &mut printed);
                if wrong.is_some() {
                    return wrong;
                }
            }
            self.fills.insert(account, (row.epoch, row.fills.iter().count()));
        }
        None
    }

    fn fill(
        &mut self,
        engine: &Engine,
        fill: &Fill,
        line: &Line<'_>,
        printed: &mut BTreeMap<(AccountId, MarketId), i64>,
    ) -> Option<String> {
        let order = engine.order(fill.order);
        self.seen.mark(fill.cause.as_str());
        if !self.ids.insert(fill.id) {
            return Some(format!("fill {} twice", fill.id));
        }
        if fill.quantity.0 <= 0 {
            return Some("an empty fill".to_owned());
        }
        let market = market_of(engine, fill.market);
        if !market.is_live(engine.now_ns()) {
            return Some("a fill on a book that is not live".to_owned());
        }
        if order.limit.is_some_and(|limit| worse(order.spec.side, fill.price, limit)) {
            return Some(format!("a fill at {} beyond the limit", fill.price));
        }
        if order.spec.tif == TimeInForce::PostOnly && !fill.is_maker {
            return Some("a post-only order took".to_owned());
        }
        match fill.cause {
            FillCause::Walk => {
                let wrong = self.take(engine, order, fill);
                if wrong.is_some() {
                    return wrong;
                }
            }
            FillCause::Queue | FillCause::Through => {
                let size = if line.verb == "trade" { units(line.words[3], 8) } else { 0 };
                let used = printed.entry((order.spec.account, fill.market)).or_default();
                *used += fill.quantity.0;
                if *used > size {
                    return Some(format!("a print of {size} filled {used}"));
                }
            }
            _ => {}
        }
        if order.spec.kind == InstrumentKind::Perp {
            return self.perp(order, fill);
        }
        self.books.fill(engine, fill)
    }

    /// Displayed size is used once per account (O7).
    fn take(&mut self, engine: &Engine, order: &Order, fill: &Fill) -> Option<String> {
        let side = book_side(order.spec.side, order.spec.outcome).takes();
        let price = book_price(fill.price, order.spec.outcome);
        let displayed = market_of(engine, fill.market).book.quantity_at(side, price);
        let taken = self.taken.entry((order.spec.account, fill.market, side, price)).or_default();
        *taken += fill.quantity.0;
        (*taken > displayed.0).then(|| format!("{taken} taken of {displayed} at {price}"))
    }

    /// Reduce-only orders reduce.
    fn perp(&mut self, order: &Order, fill: &Fill) -> Option<String> {
        let position = self.perps.entry(order.spec.account).or_default();
        let before = *position;
        let sign = if order.spec.side == Side::Buy { 1 } else { -1 };
        *position += sign * fill.quantity.0;
        if before.signum() * position.signum() < 0 {
            self.seen.mark("flip");
        }
        let grows = position.signum() * before.signum() < 0 || position.abs() > before.abs();
        (order.spec.reduce_only && grows)
            .then(|| format!("reduce-only from {before} to {position}"))
    }

    /// Terminal states absorb; FOK is all or nothing; new orders are counted.
    fn statuses(&mut self, engine: &Engine) -> Option<String> {
        for account in [AccountId(0), AccountId(1)] {
            self.open.extend(engine.open_orders(account));
            self.open.extend(engine.account_row(account).orders.last());
        }
        let ended = self.open.iter().copied().filter(|id| engine.order(*id).status.is_terminal());
        for id in ended.collect::<Vec<_>>() {
            self.open.remove(&id);
            let order = engine.order(id);
            let end = (order.status, order.filled, order.version);
            if self.ended.insert(id, end).is_none() {
                self.count(order);
            }
            let all = order.filled == order.qty || order.filled.0 == 0;
            if order.spec.tif == TimeInForce::Fok && !all {
                return Some("a fill-or-kill order filled in part".to_owned());
            }
        }
        for (id, ended) in &self.ended {
            let order = engine.order(*id);
            if (order.status, order.filled, order.version) != *ended {
                return Some(format!("order {} changed after its end", id.0));
            }
        }
        None
    }

    fn count(&mut self, order: &Order) {
        self.seen.mark(order.status.as_str());
        for reason in [order.reject.map(RejectReason::as_str), order.done.map(DoneReason::as_str)] {
            self.seen.mark(reason.unwrap_or("none"));
        }
        if order.legs.len() > 1 {
            self.seen.mark("two legs");
        }
        if order.status == OrderStatus::Cancelled && order.filled.0 > 0 {
            self.seen.mark("PARTIAL");
            self.seen.mark("cancel after a partial fill");
        }
    }
}

fn refused(refusal: &Refusal) -> &'static str {
    match refusal.kind.as_str() {
        "NOT_FOUND" => "foreign id",
        "CONFLICT" => "conflict",
        _ => "refused",
    }
}

fn worse(side: Side, price: Price, limit: Price) -> bool {
    if side == Side::Buy { price > limit } else { price < limit }
}

fn market_of(engine: &Engine, id: MarketId) -> &Market {
    let terms = engine.registry().market(id);
    let mut books = engine.books_of(terms.symbol);
    books.find(|(venue, _)| *venue == terms.venue).unwrap().1
}
