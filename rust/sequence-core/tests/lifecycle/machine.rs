//! An engine with two clients, four event markets and three perpetuals, driven at random.

use std::collections::{BTreeMap, BTreeSet};

use sequence_core::command::{Command, PositionRow, Settlement, Size, Submit};
use sequence_core::engine::{Engine, FeedKind, FillCause, Reply};
use sequence_core::event::EventKind as Logged;
use sequence_core::ids::{AccountId, AssetId, AssetKind, BookSide, Side, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::order::{LegState, OrderStatus, TimeInForce};
use sequence_core::reject::{DoneReason, RejectReason};
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, MarketEvent, flag};

use crate::steps::{CENT, EVENTS, MARKETS, ONE, Step};

const START_NS: i64 = 1_776_657_000_000_000_000;
/// What a long enough search must have seen.
pub(crate) const EVERYTHING: [&str; 13] = [
    "funding_paid",
    "insurance",
    "paid_a_loss",
    "liquidation_fill",
    "liquidation_started",
    "market_closed",
    "market_settled",
    "order_filled",
    "pairs_netted",
    "position_paid",
    "redeemed",
    "rounding",
    "taken_back",
];

pub(crate) struct Machine {
    engine: Engine,
    now_ns: i64,
    clients: [AccountId; 2],
    insurance: BTreeMap<AssetId, Money>,
    reached: BTreeSet<&'static str>,
    seen_seq: u64,
    /// Events of the last step that moved cash.
    cash_moves: usize,
}

impl Machine {
    pub(crate) fn new(preset: &str) -> Self {
        let mut engine = Engine::new(7, preset, Params::preset(preset).unwrap());
        engine.set_books_age(false);
        let clients = [engine.account("a"), engine.account("b")];
        let mut machine = Self {
            engine,
            now_ns: START_NS,
            clients,
            insurance: BTreeMap::new(),
            reached: BTreeSet::new(),
            seen_seq: 0,
            cash_moves: 0,
        };
        for who in 0..2 {
            assert_eq!(machine.run(&Step::Reset { who, usd: 60 }), None);
        }
        for market in 0..MARKETS.len() {
            let sizes = [9, 15, 9, 15];
            assert_eq!(machine.run(&Step::Book { market, shift: 0, sizes }), None);
        }
        machine
    }

    pub(crate) fn reached(&self) -> BTreeSet<&'static str> {
        self.reached.clone()
    }

    /// Does a step; says which law it broke.
    pub(crate) fn run(&mut self, step: &Step) -> Option<String> {
        let broken = self.act(step);
        let violations = self.engine.check_invariants();
        self.note_events();
        broken
            .or_else(|| violations.first().map(ToString::to_string))
            .or_else(|| self.check_insurance())
            .or_else(|| self.check_orders())
    }

    fn apply(&mut self, command: Command<'_>) -> Option<Reply> {
        // Refusals are answers too; the laws must hold after them as well.
        self.engine.apply(command, self.now_ns).ok()
    }

    fn act(&mut self, step: &Step) -> Option<String> {
        match *step {
            Step::Book { market, shift, sizes } => self.book(market, shift, sizes),
            Step::Trade { market, shift, size, buys } => {
                let (_, _, mid, tick, lot) = MARKETS[market];
                let mut event = MarketEvent::new(EventKind::Print, self.now_ns, self.now_ns);
                event.price = Price(mid + shift * tick);
                event.quantity = Quantity(size * lot);
                event.side = Some(if buys { BookSide::Ask } else { BookSide::Bid });
                event.flags |= flag::AGGRESSOR_KNOWN;
                self.feed(market, vec![event]);
            }
            Step::Order { who, market, no, buys, size, shift, reduces } => {
                self.order(who, market, no, buys, size, shift, reduces);
            }
            Step::Cancel { who, which } => self.cancel(who, which),
            Step::Cash { who, market, amount } => {
                let (venue, ..) = MARKETS[market];
                let (kind, code) = cash(venue);
                self.write(who, venue, kind, code, amount * ONE);
            }
            Step::Hold { who, market, no, size, odd } => {
                let (venue, symbol, _, _, lot) = MARKETS[market];
                if market < EVENTS {
                    let code = named(symbol, no);
                    let qty = size.abs() * lot + odd;
                    self.write(who, venue, AssetKind::EventContract, &code, qty);
                } else {
                    self.write(who, venue, AssetKind::Perp, symbol, size * lot);
                }
            }
            Step::Settle { market, no, value } => return self.settle(market, no, value),
            Step::Redeem { who, market } => {
                let (venue, slug, ..) = MARKETS[market];
                let (account, venue) = (self.clients[who], VenueId::parse(venue).unwrap());
                if let Some(Reply::Settled { positions: 1.., .. }) =
                    self.apply(Command::Redeem { account, venue, market_slug: slug })
                {
                    self.reached.insert("redeemed");
                }
            }
            Step::Rate { market, rate } => {
                let (venue, symbol, ..) = MARKETS[market];
                let venue = VenueId::parse(venue).unwrap();
                let set = self.apply(Command::SetFundingRate { venue, symbol, rate_1e9: rate });
                assert!(set.is_some());
            }
            Step::Advance { ns } => {
                self.now_ns += ns;
                self.apply(Command::Advance);
            }
            Step::Reset { who, usd } => {
                let account = self.clients[who];
                self.apply(Command::Reset { account, initial: Quantity(usd * ONE) });
            }
        }
        None
    }

    fn book(&mut self, market: usize, shift: i64, sizes: [i64; 4]) {
        let (_, _, mid, tick, lot) = MARKETS[market];
        let (now, mid) = (self.now_ns, mid + shift * tick);
        let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, now, now)];
        let [near_bid, far_bid, near_ask, far_ask] = sizes;
        for (side, away, size) in [
            (BookSide::Bid, -1, near_bid),
            (BookSide::Bid, -3, far_bid),
            (BookSide::Ask, 1, near_ask),
            (BookSide::Ask, 3, far_ask),
        ] {
            let (price, size) = (Price(mid + away * tick), Quantity(size * lot));
            events.push(MarketEvent::level(side, price, size, now, now));
        }
        events.push(MarketEvent::new(EventKind::SnapshotEnd, now, now));
        self.feed(market, events);
    }

    fn feed(&mut self, market: usize, mut events: Vec<MarketEvent>) {
        let (venue, symbol, ..) = MARKETS[market];
        let venue = VenueId::parse(venue).unwrap();
        let id = self.engine.list_market(venue, symbol, FeedKind::HandFed).unwrap();
        events.last_mut().unwrap().flags |= flag::LAST;
        self.apply(Command::Market { market: id, events: &events });
    }

    #[expect(clippy::too_many_arguments, reason = "one step")]
    fn order(
        &mut self,
        who: usize,
        market: usize,
        no: bool,
        buys: bool,
        size: i64,
        shift: Option<i64>,
        reduces: bool,
    ) {
        let (venue, symbol, mid, tick, lot) = MARKETS[market];
        let is_event = market < EVENTS;
        let symbol = if is_event { named(symbol, no) } else { symbol.to_owned() };
        let mid = if is_event && no { 100 * CENT - mid } else { mid };
        let side = if buys { Side::Buy } else { Side::Sell };
        let order = Submit {
            limit: shift.map(|shift| Price(mid + shift * tick)),
            venue: Some(VenueId::parse(venue).unwrap()),
            tif: shift.map(|_| TimeInForce::Gtc),
            reduce_only: reduces && !is_event && size > 4,
            ..Submit::new(&symbol, side, Size::Quantity(Quantity(size * lot)))
        };
        self.apply(Command::Submit { account: self.clients[who], order });
    }

    fn cancel(&mut self, who: usize, which: usize) {
        let account = self.clients[who];
        let open: Vec<_> = self.engine.open_orders(account).collect();
        let Some(order) = open.get(which) else { return };
        let graph = self.engine.order(*order).spec.graph;
        let id = self.engine.graph(graph).id.to_string();
        self.apply(Command::CancelGraph { account, id: &id });
    }

    fn write(&mut self, who: usize, venue: &str, kind: AssetKind, symbol: &str, qty: i64) {
        let row = PositionRow {
            venue: VenueId::parse(venue).unwrap(),
            kind,
            symbol,
            quantity: Quantity(qty),
            entry: (kind == AssetKind::EventContract).then_some(Price(40 * CENT)),
        };
        let account = self.clients[who];
        self.apply(Command::SetPositions { account, rows: &[row], replace: false });
    }

    /// Settles; then nothing is open there, and the same once more changes nothing.
    fn settle(&mut self, market: usize, no: bool, value: Option<i64>) -> Option<String> {
        let (venue, slug, ..) = MARKETS[market];
        let slug = if no { format!("{slug}:NO") } else { slug.to_owned() };
        let outcome = value.map_or(Settlement::Void, |value| Settlement::Value(Price(value)));
        let venue = VenueId::parse(venue).unwrap();
        let settle = Command::Settle { venue, market_slug: &slug, outcome };
        let Some(first) = self.apply(settle.clone()) else { return Some("refused".to_owned()) };
        let (before, hash) = (self.engine.state_hash(), self.engine.log().hash());
        let again = self.apply(settle);
        if again != Some(first)
            || (before, hash) != (self.engine.state_hash(), self.engine.log().hash())
        {
            return Some("settled twice".to_owned());
        }
        let id = self.engine.find_market(venue, &slug).unwrap();
        let open = self.clients.iter().flat_map(|account| self.engine.open_orders(*account));
        let mut legs = open.flat_map(|order| &self.engine.order(order).legs);
        if legs.any(|leg| leg.market == id && leg.state != LegState::Done) {
            return Some("an order is open in a market that ended".to_owned());
        }
        self.check_paid(market)
    }

    /// A venue that pays by itself leaves nobody with contracts.
    fn check_paid(&self, market: usize) -> Option<String> {
        let (venue, slug, ..) = MARKETS[market];
        let venue_id = VenueId::parse(venue).unwrap();
        let registry = self.engine.registry();
        for no in [false, true] {
            let asset = registry.find_asset(AssetKind::EventContract, &named(slug, no)).unwrap();
            for account in self.clients.iter().filter(|_| venue == "kalshi") {
                let held = self.engine.ledger().find(*account, venue_id, asset);
                let held = held.map(|id| self.engine.ledger().balance(id).total());
                if held.is_some_and(|held| held != Money::ZERO) {
                    return Some(format!("{held:?} of {} are left", named(slug, no)));
                }
            }
        }
        None
    }

    /// The insurance pays only for an account that has nothing left. Judged where one thing moved
    /// cash: later gains of the same step would hide it.
    fn check_insurance(&mut self) -> Option<String> {
        let registry = self.engine.registry();
        let assets: Vec<AssetId> = registry.assets().map(|(id, _)| id).collect();
        for asset in assets {
            let contra = self.engine.ledger().contra(asset);
            let before = self.insurance.insert(asset, contra.insurance).unwrap_or_default();
            if contra.rounding != Money::ZERO {
                self.reached.insert("rounding");
            }
            if contra.insurance > before {
                return Some("the insurance gained".to_owned());
            }
            let broke = self.clients.iter().any(|account| {
                let all = self.engine.ledger().balances(*account);
                let mut same = all.filter(|(_, key, _)| key.asset == asset);
                same.any(|(_, _, balance)| balance.total() == Money::ZERO)
            });
            if contra.insurance < before {
                self.reached.insert("insurance");
                if !broke && self.cash_moves <= 1 {
                    return Some("the insurance paid for an account that could".to_owned());
                }
            }
        }
        None
    }

    /// No leg trades beyond its size, no open order is without an open leg.
    fn check_orders(&self) -> Option<String> {
        let open = self.clients.iter().flat_map(|account| self.engine.open_orders(*account));
        let idle = open
            .map(|order| self.engine.order(order))
            .find(|order| order.legs.iter().all(|leg| leg.state == LegState::Done));
        idle.map(|order| format!("nothing of an open order is open: {order:?}"))
    }

    fn note_events(&mut self) {
        let log = self.engine.log();
        self.cash_moves = 0;
        for event in log.since(self.seen_seq) {
            self.cash_moves += usize::from(matches!(
                event.kind,
                Logged::OrderFilled { .. }
                    | Logged::FundingPaid { .. }
                    | Logged::PositionPaid { .. }
                    | Logged::PairsNetted { .. }
            ));
            self.reached.insert(event.kind.name());
            match event.kind {
                Logged::OrderFilled { fill, .. }
                    if self.engine.fill(fill).cause == FillCause::Liquidation =>
                {
                    self.reached.insert("liquidation_fill");
                }
                Logged::OrderChanged { order, .. } => {
                    let row = self.engine.order(order);
                    let short = row.reject == Some(RejectReason::InsufficientBalance);
                    self.reached.extend(match row.done.map(DoneReason::as_str) {
                        Some("MARKET_CLOSED") => Some("market_closed"),
                        // What it held back paid a loss.
                        None if short && row.status == OrderStatus::Cancelled => {
                            Some("paid_a_loss")
                        }
                        _ => None,
                    });
                }
                Logged::PositionPaid { payout, .. } if payout.0 < 0 => {
                    self.reached.insert("taken_back");
                }
                _ => {}
            }
        }
        self.seen_seq = log.last_seq();
    }
}

fn named(symbol: &str, no: bool) -> String {
    format!("{symbol}:{}", if no { "NO" } else { "YES" })
}

fn cash(venue: &str) -> (AssetKind, &'static str) {
    match venue {
        "kalshi" => (AssetKind::Fiat, "USD"),
        "binance" => (AssetKind::Crypto, "USDT"),
        _ => (AssetKind::Crypto, "USDC"),
    }
}
