//! The chapters of a history: what happens to markets and accounts beside the orders.

use sequence_core::command::{Command, PositionRow, Settlement, Size, Submit};
use sequence_core::engine::Engine;
use sequence_core::ids::{AssetKind, BookSide, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::risk::Mode;
use sequence_core::session::Session;
use sequence_core::sim::preset::Params;
use sequence_core::tape::{FeedStatus, MarketEvent};

use crate::story::{DOLLAR, ONE, SECOND, SEED, Story, venue};

const HOUR: i64 = 3_600 * SECOND;
const EVENT: &str = "KXTEST-A";

/// What a chapter does.
type Chapter = fn(&mut Story);

/// Chapters in their order; what one leaves, the next begins with.
pub(crate) const CHAPTERS: [(&str, Chapter); 8] = [
    ("trading", |story| story.trade(300)),
    ("gaps", Story::gaps),
    ("liquidation", Story::liquidation),
    ("events", Story::events),
    ("accounts", Story::accounts),
    ("funding", Story::funding),
    ("restart", Story::restart),
    ("return", Story::comes_back),
];

impl Story {
    /// Feeds that break, halt and come back while orders work.
    fn gaps(&mut self) {
        let broken =
            [FeedStatus::Resync, FeedStatus::Down, FeedStatus::Halted, FeedStatus::PostOnly];
        for (status, at) in broken.into_iter().zip(["kraken", "binance", "coinbase", "kraken"]) {
            let market = self.market(at, "BTC-USD");
            self.status(market, status);
            self.trade(25);
            self.status(market, FeedStatus::Open);
            self.book(at, "BTC-USD", 74_000 * DOLLAR, 74_001 * DOLLAR, 3 * ONE);
            self.trade(25);
        }
        let print = MarketEvent::print(
            Some(BookSide::Bid),
            Price(73_999 * DOLLAR),
            Quantity(ONE),
            self.now_ns,
            self.now_ns,
        );
        let market = self.market("kraken", "BTC-USD");
        self.feed(market, &[print.last()]);
    }

    /// A leveraged position, an order beside it, and a market that falls.
    fn liquidation(&mut self) {
        let [_, poor] = self.clients;
        self.apply(Command::Reset { account: poor, initial: Quantity(100 * ONE) });
        self.book("hyperliquid", "ABC-USD-PERP", 99 * DOLLAR, 100 * DOLLAR, 50 * ONE);
        self.book("hyperliquid", "XYZ-USD-PERP", 9 * DOLLAR, 10 * DOLLAR, 50 * ONE);
        for (symbol, size, limit) in [("ABC-USD-PERP", 9, 100), ("XYZ-USD-PERP", 1, 8)] {
            let size = Size::Quantity(Quantity(size * ONE));
            let limit = Some(Price(limit * DOLLAR));
            let venue = Some(venue("hyperliquid"));
            let order = Submit { limit, venue, ..Submit::new(symbol, Side::Buy, size) };
            assert!(self.submit(poor, order).is_some(), "{}", self.preset);
            self.pass(5 * SECOND);
        }
        for (bid, size) in [(94, 50), (93, 2), (92, 50), (60, 50), (80, 50)] {
            self.book("hyperliquid", "ABC-USD-PERP", bid * DOLLAR, (bid + 1) * DOLLAR, size * ONE);
            self.pass(5 * SECOND);
        }
        self.trade(20);
    }

    /// An event market: pairs of outcomes, a settlement, its correction, a void, a claim.
    fn events(&mut self) {
        let [rich, _] = self.clients;
        for at in ["kalshi", "polymarket"] {
            let slug = if at == "kalshi" { EVENT } else { "will-it-rain" };
            self.book(at, slug, 40 * DOLLAR / 100, 50 * DOLLAR / 100, 200 * ONE);
            for (outcome, side, price) in
                [("YES", Side::Buy, 60), ("NO", Side::Buy, 70), ("YES", Side::Buy, 42)]
            {
                let symbol = format!("{slug}:{outcome}");
                let limit = Some(Price(price * DOLLAR / 100));
                let size = Size::Quantity(Quantity(30 * ONE));
                let order =
                    Submit { limit, venue: Some(venue(at)), ..Submit::new(&symbol, side, size) };
                let _ = self.submit(rich, order);
                self.pass(3 * SECOND);
            }
            let pays =
                [Settlement::Value(Price(DOLLAR)), Settlement::Value(Price(0)), Settlement::Void];
            for outcome in pays {
                self.apply(Command::Settle { venue: venue(at), market_slug: slug, outcome });
                self.pass(SECOND);
            }
            self.apply(Command::Redeem { account: rich, venue: venue(at), market_slug: slug });
            self.trade(10);
        }
    }

    /// Writes, switches, venue cancels, faults on demand and a reset.
    fn accounts(&mut self) {
        let [account, poor] = self.clients;
        let row = |at: &str, kind, symbol, whole: i64, entry: Option<i64>| PositionRow {
            venue: venue(at),
            kind,
            symbol,
            quantity: Quantity(whole * ONE),
            entry: entry.map(|whole| Price(whole * DOLLAR)),
        };
        let rows = [
            row("kraken", AssetKind::Crypto, "BTC", 2, Some(70_000)),
            row("hyperliquid", AssetKind::Perp, "ETH-USD-PERP", -3, Some(2_300)),
        ];
        self.apply(Command::SetPositions { account, rows: &rows, replace: false });
        self.trade(30);
        self.apply(Command::CancelVenue { account, venue: venue("kraken") });
        let mode = Mode::Sandbox;
        self.apply(Command::EngageSwitch { account, mode, by: "key_1", reason: Some("a storm") });
        self.trade(10);
        self.apply(Command::ClearSwitch { account, mode });
        let cash = [row("kraken", AssetKind::Fiat, "USD", 5_000, None)];
        self.apply(Command::SetPositions { account: poor, rows: &cash, replace: true });
        self.trade(30);
        let (limit, venue) = (Some(Price(50 * DOLLAR)), Some(venue("kraken")));
        let order = Submit::new("SOL-USD", Side::Buy, Size::Quantity(Quantity(ONE)));
        let _ = self.submit(poor, Submit { limit, venue, ..order });
        self.pass(SECOND);
        self.apply(Command::Reset { account: poor, initial: Quantity(2_000 * ONE) });
        self.placed.retain(|(owner, _)| *owner != poor);
        self.trade(30);
    }

    /// A boundary of every venue passes, and a day.
    fn funding(&mut self) {
        for symbol in ["BTC-USD-PERP", "ETH-USD-PERP"] {
            let venue = venue("hyperliquid");
            self.apply(Command::SetFundingRate { venue, symbol, rate_1e9: 125_000 });
            let side = self.pick(&[Side::Buy, Side::Sell]);
            let size = Size::Quantity(Quantity(ONE / 100));
            let _ = self.submit(
                self.clients[0],
                Submit { venue: Some(venue), ..Submit::new(symbol, side, size) },
            );
        }
        self.pass(5 * SECOND);
        for hours in [1, 8, 16] {
            self.pass(hours * HOUR);
            self.trade(5);
        }
    }

    /// A second process reads what the first one kept, and goes on.
    fn restart(&mut self) {
        self.trade(20);
        let mut engine = Engine::new(SEED, self.preset, Params::preset(self.preset).unwrap());
        engine.restore(&self.kept.open_rows(), self.now_ns).unwrap();
        engine.listen(true);
        self.session = Session::new(engine);
        self.session.start_demo(SEED + 1, self.now_ns).unwrap();
        let engine = &self.session.engine;
        self.placed.retain(|(_, order)| engine.holds_order(*order));
        self.look();
        self.book("kalshi", EVENT, 40 * DOLLAR / 100, 50 * DOLLAR / 100, 200 * ONE);
        self.book("hyperliquid", "ABC-USD-PERP", 79 * DOLLAR, 80 * DOLLAR, 50 * ONE);
        self.trade(100);
    }

    /// A copy is taken, left and taken up again.
    fn comes_back(&mut self) {
        let copy = self.session.fork().unwrap();
        let placed = self.placed.clone();
        self.trade(20);
        self.session.return_to(copy, self.now_ns);
        self.placed = placed;
        self.look();
        self.trade(20);
    }
}
