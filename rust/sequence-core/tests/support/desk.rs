//! One account and one hand-fed book, with short words for what tests do to them.

use sequence_core::command::{Amend, Command, PositionRow, Size, Submit};
use sequence_core::engine::{Engine, FeedKind, Reply};
use sequence_core::ids::{AccountId, AssetKind, BookSide, MarketId, OrderId, Side, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::Order;
use sequence_core::reject::Refusal;
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, MarketEvent, flag};

/// 2026-04-20 04:00:00 UTC.
pub(crate) const START_NS: i64 = 1_776_657_600_000_000_000;
pub(crate) const MS: i64 = 1_000_000;
pub(crate) const SYMBOL: &str = "ABC-USD";

/// What a desk trades: venue, symbol, and how much a whole price is (1e-9).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) venue: &'static str,
    pub(crate) symbol: &'static str,
    pub(crate) whole: i64,
}

pub(crate) const SPOT: Place = Place { venue: "kraken", symbol: SYMBOL, whole: 1_000_000_000 };

/// An engine with 10,000 USD at one venue.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) account: AccountId,
    pub(crate) market: MarketId,
    pub(crate) now_ns: i64,
    pub(crate) place: Place,
}

impl Desk {
    pub(crate) fn new(preset: &str, overrides: &[(&str, &str)]) -> Self {
        let mut desk = Self::at(SPOT, preset, overrides);
        desk.seed(AssetKind::Fiat, "USD", 10_000);
        desk.book(&[(99, 5)], &[(110, 5)]);
        desk
    }

    /// One without money and without a book.
    pub(crate) fn at(place: Place, preset: &str, overrides: &[(&str, &str)]) -> Self {
        let mut params = Params::preset(preset).unwrap();
        for (key, value) in overrides {
            params.set(key, value).unwrap();
        }
        Self::on(Engine::new(42, preset, params), place)
    }

    /// One on an engine that was not used yet.
    pub(crate) fn on(mut engine: Engine, place: Place) -> Self {
        let venue = VenueId::parse(place.venue).unwrap();
        let market = engine.list_market(venue, place.symbol, FeedKind::HandFed).unwrap();
        let account = engine.account("alice");
        let mut desk = Self { engine, account, market, now_ns: START_NS, place };
        desk.apply(Command::Reset { account, initial: Quantity(1) }).unwrap();
        desk.apply(Command::SetPositions { account, rows: &[], replace: true }).unwrap();
        desk
    }

    pub(crate) fn apply(&mut self, command: Command<'_>) -> Result<Reply, Refusal> {
        let reply = self.engine.apply(command, self.now_ns);
        assert_eq!(self.engine.check_invariants(), []);
        reply
    }

    pub(crate) fn seed(&mut self, kind: AssetKind, symbol: &str, whole: i64) {
        let (account, venue) = (self.account, VenueId::parse(self.place.venue).unwrap());
        let quantity = Quantity(whole * 100_000_000);
        let row = PositionRow { venue, kind, symbol, quantity, entry: None };
        self.apply(Command::SetPositions { account, rows: &[row], replace: false }).unwrap();
    }

    /// Replaces the book; whole prices and sizes.
    pub(crate) fn book(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        let now = self.now_ns;
        let whole = self.place.whole;
        let level = |side| {
            move |(price, size): &(i64, i64)| {
                MarketEvent::level(side, Price(price * whole), qty(*size), now, now)
            }
        };
        let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, now, now)];
        events.extend(bids.iter().map(level(BookSide::Bid)));
        events.extend(asks.iter().map(level(BookSide::Ask)));
        events.push(MarketEvent::new(EventKind::SnapshotEnd, now, now));
        self.feed(events);
    }

    /// A seller hits the bids.
    pub(crate) fn sold(&mut self, price: i64, size: i64) {
        self.print(BookSide::Bid, price, size);
    }

    /// Somebody trades with orders that rest on a side.
    pub(crate) fn print(&mut self, rested: BookSide, price: i64, size: i64) {
        let mut event = MarketEvent::new(EventKind::Print, self.now_ns, self.now_ns);
        (event.price, event.quantity) = (self.px(price), qty(size));
        event.side = Some(rested);
        event.flags |= flag::AGGRESSOR_KNOWN;
        self.feed(vec![event]);
    }

    fn feed(&mut self, mut events: Vec<MarketEvent>) {
        events.last_mut().unwrap().flags |= flag::LAST;
        self.apply(Command::Market { market: self.market, events: &events }).unwrap();
    }

    pub(crate) fn wait(&mut self, ns: i64) {
        self.now_ns += ns;
        self.apply(Command::Advance).unwrap();
    }

    pub(crate) fn submit(&mut self, order: Submit<'_>) -> Result<OrderId, Refusal> {
        let account = self.account;
        match self.apply(Command::Submit { account, order })? {
            Reply::Submitted { graph, .. } => Ok(self.engine.graph(graph).order.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// A limit buy of whole units.
    pub(crate) fn buy(&mut self, size: i64, price: i64) -> OrderId {
        self.place(Side::Buy, size, price).unwrap()
    }

    /// A limit order of whole units.
    pub(crate) fn place(&mut self, side: Side, size: i64, price: i64) -> Result<OrderId, Refusal> {
        let limit = Some(self.px(price));
        self.submit(Submit { symbol: self.place.symbol, limit, ..market(side, size) })
    }

    /// A whole price.
    pub(crate) const fn px(&self, whole: i64) -> Price {
        Price(whole * self.place.whole)
    }

    pub(crate) fn amend(
        &mut self,
        order: OrderId,
        total: Option<i64>,
        price: Option<i64>,
    ) -> Result<(), Refusal> {
        let id = self.engine.node_order_id(self.engine.order(order));
        let change = Amend {
            id: &id,
            new_qty: total.map(qty),
            new_price: price.map(|price| self.px(price)),
            ..Amend::default()
        };
        let account = self.account;
        self.apply(Command::Amend { account, change }).map(|_| ())
    }

    pub(crate) fn cancel(&mut self, order: OrderId) -> Result<Reply, Refusal> {
        let id = self.engine.node_order_id(self.engine.order(order));
        let account = self.account;
        self.apply(Command::CancelOrder { account, id: &id })
    }

    pub(crate) fn order(&self, id: OrderId) -> &Order {
        self.engine.order(id)
    }

    /// Status, whole total and whole filled quantity.
    pub(crate) fn row(&self, id: OrderId) -> (&'static str, i64, i64) {
        let order = self.order(id);
        (order.status.as_str(), order.qty.0 / 100_000_000, order.filled.0 / 100_000_000)
    }
}

pub(crate) const fn px(whole: i64) -> Price {
    Price(whole * 1_000_000_000)
}

pub(crate) const fn qty(whole: i64) -> Quantity {
    Quantity(whole * 100_000_000)
}

/// A limit order of whole units.
pub(crate) fn limit(side: Side, size: i64, price: i64) -> Submit<'static> {
    Submit { limit: Some(px(price)), ..market(side, size) }
}

/// A market order of whole units.
pub(crate) fn market(side: Side, size: i64) -> Submit<'static> {
    Submit::new(SYMBOL, side, Size::Quantity(qty(size)))
}
