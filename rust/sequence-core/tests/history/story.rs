//! What happens in a history: orders of every kind on the demo market, and whatever else happens
//! to accounts and markets.

use sequence_core::command::{Amend, AmendNode, Command, Size, Submit};
use sequence_core::engine::{Engine, FeedKind, Reply};
use sequence_core::ids::{AccountId, BookSide, MarketId, OrderId, Side, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::order::{Policy, TimeInForce, Urgency};
use sequence_core::rng::{Draws, Stream};
use sequence_core::session::Session;
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent};

use crate::kept::Kept;

const START_NS: i64 = 1_776_657_000_000_000_000;
pub(crate) const MS: i64 = 1_000_000;
pub(crate) const SECOND: i64 = 1_000 * MS;
pub(crate) const ONE: i64 = 100_000_000;
pub(crate) const DOLLAR: i64 = 1_000_000_000;
pub(crate) const SEED: u64 = 7;

/// Symbol, size of a small order, price step.
const TRADED: [(&str, i64, i64); 9] = [
    ("BTC-USD", 1_000_000, DOLLAR / 100),
    ("ETH-USD", 30_000_000, DOLLAR / 100),
    ("SOL-USD", 900_000_000, DOLLAR / 100),
    ("BTC-USDC", 1_000_000, DOLLAR / 100),
    ("BTC-USD-PERP", 1_000_000, DOLLAR / 10),
    ("ETH-USD-PERP", 30_000_000, DOLLAR / 100),
    ("KXBTCZ-26DEC31-T99000:YES", 20 * ONE, DOLLAR / 100),
    ("KXBTCZ-26DEC31-T99000:NO", 20 * ONE, DOLLAR / 100),
    ("btc-updown-5m-1776537600:YES", 20 * ONE, DOLLAR / 100),
];
const VENUES: [&str; 6] = ["kraken", "binance", "coinbase", "hyperliquid", "kalshi", "polymarket"];

pub(crate) fn venue(text: &str) -> VenueId {
    VenueId::parse(text).unwrap()
}

/// A session at work, what it leaves, and what may be done next.
pub(crate) struct Story {
    pub(crate) session: Session,
    pub(crate) kept: Kept,
    draws: Draws,
    pub(crate) now_ns: i64,
    pub(crate) preset: &'static str,
    pub(crate) clients: [AccountId; 2],
    pub(crate) placed: Vec<(AccountId, OrderId)>,
}

impl Story {
    pub(crate) fn new(preset: &'static str) -> Self {
        let engine = Engine::new(SEED, preset, Params::preset(preset).unwrap());
        let mut story = Self {
            session: Session::new(engine),
            kept: Kept::default(),
            draws: Draws::new(Stream::new(SEED, 0, "history")),
            now_ns: START_NS,
            preset,
            clients: [AccountId(0), AccountId(1)],
            placed: Vec::new(),
        };
        story.session.engine.keep_changes().unwrap();
        story.session.engine.listen(true);
        story.session.start_demo(SEED, START_NS).unwrap();
        for (name, cash) in [("rich", 1_000_000), ("poor", 500)] {
            let account = story.session.engine.account(name);
            story.apply(Command::Reset { account, initial: Quantity(cash * ONE) });
        }
        story
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.session.engine
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.draws.roll(from.len() as u64)).unwrap()]
    }

    /// Applies a command; everything that it leaves is looked at.
    pub(crate) fn apply(&mut self, command: Command<'_>) -> Option<Reply> {
        let answer = self.session.engine.apply(command, self.now_ns);
        self.kept.answer(&format!("{answer:?}"));
        self.look();
        answer.ok()
    }

    pub(crate) fn look(&mut self) {
        self.kept.take(&mut self.session.engine);
        assert_eq!(self.engine().check_invariants(), []);
    }

    pub(crate) fn pass(&mut self, ns: i64) {
        self.now_ns += ns;
        self.session.advance(self.now_ns);
        self.look();
    }

    pub(crate) fn submit(&mut self, account: AccountId, order: Submit<'_>) -> Option<OrderId> {
        let reply = self.apply(Command::Submit { account, order })?;
        let Reply::Submitted { graph, .. } = reply else { return None };
        let order = self.engine().graph(graph).order.unwrap();
        self.placed.push((account, order));
        Some(order)
    }

    pub(crate) fn trade(&mut self, steps: usize) {
        for _ in 0..steps {
            let most = if self.draws.chance(40) { 30 } else { 400 };
            let ns = self.draws.between(1, most) * MS;
            self.pass(ns);
            match self.draws.roll(100) {
                0..70 => self.order(),
                70..80 => self.cancel(),
                80..95 => self.amend(),
                _ => self.ask(),
            }
        }
    }

    /// An order of any kind.
    fn order(&mut self) {
        let (symbol, size, step) = self.pick(&TRADED);
        let side = self.pick(&[Side::Buy, Side::Sell]);
        let size = Size::Quantity(Quantity(size * self.draws.between(1, 8)));
        let mut order = Submit::new(symbol, side, size);
        let listed = self.engine().registry().resolve(symbol).unwrap();
        let away = self.draws.between(-3, 7) * step;
        if self.draws.chance(70) {
            let mid = self.engine().nbbo(listed.symbol).mid().unwrap_or(Price(DOLLAR / 2)).0;
            let mid = if symbol.ends_with(":NO") { DOLLAR - mid } else { mid };
            let aimed = if side == Side::Buy { mid - away } else { mid + away };
            order.limit = Some(Price((aimed / step * step).max(step)));
            let tifs = [None, None, Some(TimeInForce::Ioc), Some(TimeInForce::PostOnly)];
            order.tif = self.pick(&tifs);
            order.tif = if self.draws.chance(10) { Some(TimeInForce::Fok) } else { order.tif };
            order.tif = if self.draws.chance(10) { Some(TimeInForce::Day) } else { order.tif };
        } else if self.draws.chance(30) {
            order.size = Size::Notional(Money(i128::from(self.draws.between(5, 900) * DOLLAR)));
        }
        if order.limit.is_none() && self.draws.chance(20) {
            order.policy = Policy::AggressiveChase;
        }
        order.urgency = self.pick(&[Urgency::Low, Urgency::Medium, Urgency::High]);
        order.max_slippage_bps = self.pick(&[None, None, Some(5), Some(100)]);
        order.horizon_ms = self.pick(&[None, None, Some(800), Some(20_000)]);
        let chosen = venue(self.pick(&VENUES));
        order.venue = self.draws.chance(40).then_some(chosen);
        order.reduce_only = symbol.ends_with("PERP") && self.draws.chance(15);
        let account = self.clients[usize::from(self.draws.chance(25))];
        let _ = self.submit(account, order);
    }

    fn newest(&mut self) -> Option<(AccountId, String, OrderId)> {
        let from = self.placed.len().saturating_sub(15);
        let recent = self.placed[from..].to_vec();
        let open = |at: &(AccountId, OrderId)| !self.engine().order(at.1).status.is_terminal();
        let open: Vec<_> = recent.iter().copied().filter(open).collect();
        let from = if open.is_empty() { recent } else { open };
        let (account, order) = (!from.is_empty()).then(|| self.pick(&from))?;
        Some((account, self.engine().node_order_id(self.engine().order(order)), order))
    }

    fn cancel(&mut self) {
        let Some((account, id, _)) = self.newest() else { return };
        let command = match self.draws.roll(3) {
            0 => Command::CancelGraph { account, id: &id },
            _ => Command::CancelOrder { account, id: &id },
        };
        self.apply(command);
    }

    /// Changes an order, which may be on its way, asked to cancel or gone.
    fn amend(&mut self) {
        let Some((account, id, order)) = self.newest() else { return };
        let row = self.engine().order(order);
        let (total, limit) = (row.qty.0, row.limit.map(|price| price.0));
        let step = if total >= ONE { ONE } else { total / 5 };
        let resized = (total / 5 * self.draws.between(1, 12)) / step.max(1) * step.max(1);
        let new_qty = self.draws.chance(70).then_some(Quantity(resized));
        let moved = self.draws.between(-4, 5) * DOLLAR / 10;
        let new_price = limit.filter(|_| self.draws.chance(50)).map(|price| Price(price + moved));
        let change = Amend { id: &id, new_qty, new_price, ..Amend::default() };
        let done = if self.draws.chance(80) {
            self.apply(Command::Amend { account, change })
        } else {
            let max_slippage_bps = Some(50);
            let change =
                AmendNode { node_id: "order", change, max_slippage_bps, ..AmendNode::default() };
            self.apply(Command::AmendNode { account, change })
        };
        if done.is_some() {
            self.kept.mark("amends");
        }
    }

    /// What a client reads, asked in between.
    fn ask(&mut self) {
        let Some((account, id, order)) = self.newest() else { return };
        let engine = &self.session.engine;
        let row = engine.order(order);
        let named = engine.registry().symbol(row.spec.symbol).canonical(row.spec.outcome);
        let preview = Submit::new(named, row.spec.side, Size::Quantity(row.qty));
        let answers = format!(
            "{:?}{:?}{:?}{:?}",
            engine.order_by_id(account, &id),
            engine.graph_by_id(account, &id),
            engine.preview_view(account, &preview),
            engine.positions_view(account, None, None, true),
        );
        self.kept.answer(&answers);
    }

    pub(crate) fn market(&self, at: &str, symbol: &str) -> MarketId {
        self.engine().find_market(venue(at), symbol).unwrap()
    }

    pub(crate) fn feed(&mut self, market: MarketId, events: &[MarketEvent]) {
        self.apply(Command::Market { market, events });
    }

    pub(crate) fn status(&mut self, market: MarketId, status: FeedStatus) {
        self.feed(market, &[MarketEvent::status(status, self.now_ns, self.now_ns).last()]);
    }

    /// A hand-fed book of one level a side.
    pub(crate) fn book(
        &mut self,
        at: &str,
        symbol: &str,
        bid: i64,
        ask: i64,
        size: i64,
    ) -> MarketId {
        let market = self.session.engine.list_market(venue(at), symbol, FeedKind::HandFed).unwrap();
        let now = self.now_ns;
        let level = |side, price| MarketEvent::level(side, Price(price), Quantity(size), now, now);
        let mark = |kind| MarketEvent::new(kind, now, now);
        let (bid, ask) = (level(BookSide::Bid, bid), level(BookSide::Ask, ask));
        let (begin, end) = (mark(EventKind::SnapshotBegin), mark(EventKind::SnapshotEnd).last());
        self.feed(market, &[begin, bid, ask, end]);
        market
    }
}
