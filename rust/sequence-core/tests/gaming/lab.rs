//! A small market to try things on: hand-made tapes, accounts with money, orders by one line.

use sequence_core::command::{Amend, Command, PositionRow, Size, Submit};
use sequence_core::engine::view::{FillFilter, Value, verify};
use sequence_core::engine::{Engine, FeedKind, Fill, Reply};
use sequence_core::ids::{
    AccountId, AssetKind, BookSide, InstrumentKind, MarketId, OrderId, Side, VenueId,
};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::order::{Order, OrderStatus, Policy, TimeInForce};
use sequence_core::reject::{DoneReason, RejectReason};
use sequence_core::session::Session;
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent};
use sequence_core::venue::{PriceGrid, Terms, TermsOrigin};

/// One unit of size.
pub(crate) const ONE: i64 = 100_000_000;
/// One cent of price.
pub(crate) const CENT: i64 = 10_000_000;
/// One millisecond.
pub(crate) const MS: i64 = 1_000_000;
/// One second.
pub(crate) const SECOND: i64 = 1_000 * MS;
/// When labs begin.
pub(crate) const START_NS: i64 = 1_776_657_000_000_000_000;

/// An engine at work, its time, and the one client most tests need.
pub(crate) struct Lab {
    pub(crate) session: Session,
    pub(crate) now_ns: i64,
    pub(crate) me: AccountId,
    seed: u64,
}

/// What to send; the rest has defaults.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) symbol: &'a str,
    pub(crate) venue: &'a str,
    pub(crate) side: Side,
    pub(crate) qty: i64,
    pub(crate) limit: Option<i64>,
    pub(crate) tif: Option<TimeInForce>,
    pub(crate) slippage: Option<u32>,
    pub(crate) policy: Policy,
    pub(crate) horizon_ms: Option<u64>,
    pub(crate) reduce_only: bool,
    pub(crate) kind: InstrumentKind,
}

pub(crate) fn ask(symbol: &str, side: Side, qty: i64, limit: Option<i64>) -> Ask<'_> {
    Ask {
        symbol,
        venue: "kraken",
        side,
        qty,
        limit,
        tif: None,
        slippage: None,
        policy: Policy::Sor,
        horizon_ms: None,
        reduce_only: false,
        kind: InstrumentKind::Spot,
    }
}

impl<'a> Ask<'a> {
    pub(crate) fn tif(self, tif: TimeInForce) -> Self {
        Self { tif: Some(tif), ..self }
    }

    pub(crate) fn on(self, venue: &'a str) -> Self {
        Self { venue, ..self }
    }

    fn submit(self) -> Submit<'a> {
        Submit {
            limit: self.limit.map(Price),
            venue: (!self.venue.is_empty()).then(|| VenueId::parse(self.venue).unwrap()),
            kind_hint: self.kind,
            policy: self.policy,
            max_slippage_bps: self.slippage,
            horizon_ms: self.horizon_ms,
            tif: self.tif,
            reduce_only: self.reduce_only,
            ..Submit::new(self.symbol, self.side, Size::Quantity(Quantity(self.qty)))
        }
    }
}

impl Lab {
    /// Names the steps of a market, as its caller may.
    pub(crate) fn say_steps(&mut self, id: MarketId, tick: Option<Price>, lot: i64) {
        let (grid, lot) = (tick.map(PriceGrid::Tick), Some(Quantity(lot)));
        let said = Terms { grid, lot, ..Terms::of(TermsOrigin::Caller) };
        self.session.engine.set_terms(id, &said);
    }

    pub(crate) fn new(preset: &str) -> Self {
        Self::with(preset, |_| {})
    }

    pub(crate) fn with(preset: &str, edit: impl Fn(&mut Params)) -> Self {
        Self::seeded(42, preset, edit)
    }

    pub(crate) fn seeded(seed: u64, preset: &str, edit: impl Fn(&mut Params)) -> Self {
        let mut params = Params::preset(preset).unwrap();
        edit(&mut params);
        let session = Session::new(Engine::new(seed, preset, params));
        let mut lab = Self { session, now_ns: START_NS, me: AccountId(0), seed };
        lab.me = lab.account("alice");
        lab
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.session.engine
    }

    /// A client with ten million of every cash.
    pub(crate) fn account(&mut self, name: &str) -> AccountId {
        let account = self.session.engine.account(name);
        self.apply(Command::Reset { account, initial: Quantity(10_000_000 * ONE) });
        account
    }

    pub(crate) fn apply(&mut self, command: Command<'_>) -> Reply {
        let reply = self.session.engine.apply(command, self.now_ns).unwrap();
        self.lawful();
        reply
    }

    /// Gives an account some of what it can sell.
    pub(crate) fn give(
        &mut self,
        account: AccountId,
        venue: &str,
        kind: AssetKind,
        symbol: &str,
        qty: i64,
    ) {
        let row = PositionRow {
            venue: VenueId::parse(venue).unwrap(),
            kind,
            symbol,
            quantity: Quantity(qty),
            entry: Some(Price(CENT)),
        };
        self.apply(Command::SetPositions { account, rows: &[row], replace: false });
    }

    pub(crate) fn list(&mut self, venue: &str, symbol: &str, feed: FeedKind) -> MarketId {
        let venue = VenueId::parse(venue).unwrap();
        self.session.engine.list_market(venue, symbol, feed).unwrap()
    }

    /// A hand-fed market with this book.
    pub(crate) fn market(
        &mut self,
        venue: &str,
        symbol: &str,
        bids: &[(i64, i64)],
        asks: &[(i64, i64)],
    ) -> MarketId {
        let id = self.list(venue, symbol, FeedKind::HandFed);
        self.book(id, bids, asks);
        id
    }

    fn event(&self, kind: EventKind) -> MarketEvent {
        MarketEvent::new(kind, self.now_ns, self.now_ns)
    }

    pub(crate) fn send(&mut self, market: MarketId, events: &[MarketEvent]) {
        self.apply(Command::Market { market, events });
    }

    pub(crate) fn book(&mut self, market: MarketId, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        let now = self.now_ns;
        let mut events = vec![self.event(EventKind::SnapshotBegin)];
        for (side, rows) in [(BookSide::Bid, bids), (BookSide::Ask, asks)] {
            let level = |(price, size): &(i64, i64)| {
                MarketEvent::level(side, Price(*price), Quantity(*size), now, now)
            };
            events.extend(rows.iter().map(level));
        }
        events.push(self.event(EventKind::SnapshotEnd).last());
        self.send(market, &events);
    }

    pub(crate) fn level(&mut self, market: MarketId, side: BookSide, price: i64, size: i64) {
        let now = self.now_ns;
        let event = MarketEvent::level(side, Price(price), Quantity(size), now, now).last();
        self.send(market, &[event]);
    }

    /// A trade that hits a side of the book; `None`: nobody knows which.
    pub(crate) fn print(&mut self, market: MarketId, hit: Option<BookSide>, price: i64, size: i64) {
        let now = self.now_ns;
        let event = MarketEvent::print(hit, Price(price), Quantity(size), now, now).last();
        self.send(market, &[event]);
    }

    pub(crate) fn status(&mut self, market: MarketId, status: FeedStatus) {
        let event = MarketEvent::status(status, self.now_ns, self.now_ns);
        self.send(market, &[event]);
    }

    /// Moves time on.
    pub(crate) fn pass(&mut self, ns: i64) {
        self.now_ns += ns;
        self.session.advance(self.now_ns);
        self.lawful();
    }

    pub(crate) fn place(&mut self, ask: Ask<'_>) -> OrderId {
        self.place_for(self.me, ask)
    }

    pub(crate) fn place_for(&mut self, account: AccountId, ask: Ask<'_>) -> OrderId {
        match self.apply(Command::Submit { account, order: ask.submit() }) {
            Reply::Submitted { graph, .. } => self.engine().graph(graph).order.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The same when a refusal is an answer too.
    pub(crate) fn try_place(&mut self, account: AccountId, ask: Ask<'_>) -> Option<OrderId> {
        let order = ask.submit();
        let reply = self.session.engine.apply(Command::Submit { account, order }, self.now_ns);
        match reply {
            Ok(Reply::Submitted { graph, .. }) => self.engine().graph(graph).order,
            _ => None,
        }
    }

    pub(crate) fn preview(&self, ask: Ask<'_>) -> Value {
        self.engine().preview_view(self.me, &ask.submit()).unwrap()
    }

    pub(crate) fn cancel(&mut self, account: AccountId, order: OrderId) -> bool {
        let graph = self.order(order).spec.graph;
        let id = self.engine().graph(graph).id.to_string();
        let command = Command::CancelGraph { account, id: &id };
        self.session.engine.apply(command, self.now_ns).is_ok()
    }

    /// Changes an open order; false when that is refused.
    pub(crate) fn amend(&mut self, order: OrderId, qty: Option<i64>, price: Option<i64>) -> bool {
        let spec = &self.order(order).spec;
        let (account, graph) = (spec.account, spec.graph);
        let id = self.engine().graph(graph).id.to_string();
        let change = Amend {
            id: &id,
            new_qty: qty.map(Quantity),
            new_price: price.map(Price),
            ..Amend::default()
        };
        self.session.engine.apply(Command::Amend { account, change }, self.now_ns).is_ok()
    }

    pub(crate) fn order(&self, id: OrderId) -> &Order {
        self.engine().order(id)
    }

    pub(crate) fn filled(&self, id: OrderId) -> i64 {
        self.order(id).filled.0
    }

    pub(crate) fn ended(&self, id: OrderId) -> (OrderStatus, &'static str) {
        let order = self.order(id);
        let reason = order.reject.map(RejectReason::as_str);
        let done = order.done.map(DoneReason::as_str);
        (order.status, reason.or(done).unwrap_or(""))
    }

    pub(crate) fn fills(&self, account: AccountId) -> Vec<&Fill> {
        let row = self.engine().account_row(account);
        row.fills.iter().map(|id| self.engine().fill(*id)).collect()
    }

    /// Every fill record of an account, newest first.
    pub(crate) fn records(&self, account: AccountId) -> Vec<Value> {
        let page = self.engine().fills_view(account, &FillFilter::default(), usize::MAX, 0);
        let rows = page.get("fills").unwrap().rows();
        rows.iter().map(|row| row.get("evidence").unwrap().clone()).collect()
    }

    /// Why an order waits.
    pub(crate) fn why(&self, order: OrderId) -> Value {
        let (spec, engine) = (&self.order(order).spec, self.engine());
        let id = engine.graph(spec.graph).id.to_string();
        let row = engine.order_by_id(spec.account, &id).unwrap();
        row.get("evidence").unwrap().clone()
    }

    pub(crate) fn reason(&self, order: OrderId) -> String {
        self.why(order).get("reason").and_then(Value::text).unwrap_or("-").to_owned()
    }

    /// Free and reserved units of an asset at a venue.
    pub(crate) fn held(&self, account: AccountId, venue: &str, code: &str) -> Money {
        let engine = self.engine();
        let venue = VenueId::parse(venue).unwrap();
        let found = engine.ledger().balances(account).find(|(_, key, _)| {
            key.venue == venue && &*engine.registry().asset_row(key.asset).code == code
        });
        found.map_or(Money::ZERO, |(_, _, balance)| balance.total())
    }

    /// Every law holds, and every record adds up.
    pub(crate) fn lawful(&self) {
        let broken = self.engine().check_invariants();
        assert!(broken.is_empty(), "seed {}: {broken:?}", self.seed);
    }

    pub(crate) fn proven(&self, account: AccountId) -> usize {
        let records = self.records(account);
        for record in &records {
            let wrong = verify(record);
            assert!(wrong.is_empty(), "{wrong:?} in {record:?}");
        }
        records.len()
    }
}
