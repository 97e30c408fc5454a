//! An engine that scenario lines drive, with the clients and orders they name.

use std::collections::BTreeMap;

use sequence_core::command::{Amend, Command, MarketRow, PositionRow, Settlement, Size, Submit};
use sequence_core::engine::view::{FillFilter, Value};
use sequence_core::engine::{Engine, Reply};
use sequence_core::ids::{AccountId, AssetKind, BookSide, InstrumentKind, Side, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::order::{Policy, TimeInForce};
use sequence_core::reject::Refusal;
use sequence_core::risk::Mode;
use sequence_core::session::Session;
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent, flag};
use sequence_core::venue::{PriceGrid, Terms, TermsOrigin};

use super::facts::{self, Facts, get, text};
use super::line::{Line, duration_ns, levels, units};

/// When scenarios begin: 2026-04-20 03:50 UTC.
const START_NS: i64 = 1_776_657_000_000_000_000;

type Answer = Result<Facts, Refusal>;

/// An order as it was placed, and what it was answered first.
pub(crate) struct Placed {
    id: String,
    words: Vec<String>,
    answer: Value,
}

/// One scenario at work.
pub(crate) struct World {
    session: Session,
    now_ns: i64,
    client: AccountId,
    /// Clients that have entered.
    pub(crate) known: BTreeMap<String, AccountId>,
    /// Orders by their names.
    pub(crate) placed: BTreeMap<String, Placed>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut engine = Engine::new(42, "instant", Params::preset("instant").unwrap());
        engine.set_books_age(false);
        let client = AccountId(0);
        let mut world = Self {
            session: Session::new(engine),
            now_ns: START_NS,
            client,
            known: BTreeMap::new(),
            placed: BTreeMap::new(),
        };
        world.enter("alice");
        world
    }

    /// What the laws say about the state now.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.engine().check_invariants().iter().map(ToString::to_string).collect()
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.session.engine
    }

    /// Switches to a client; a new one starts without any money.
    fn enter(&mut self, name: &str) {
        if !self.known.contains_key(name) {
            let account = self.session.engine.account(name);
            self.known.insert(name.to_owned(), account);
            let initial = Quantity(100_000_000_000_000_000);
            self.apply(Command::Reset { account, initial }).unwrap();
            self.apply(Command::SetPositions { account, rows: &[], replace: true }).unwrap();
        }
        self.client = self.known[name];
    }

    fn apply(&mut self, command: Command<'_>) -> Result<Reply, Refusal> {
        self.session.engine.apply(command, self.now_ns)
    }

    /// Does what a line says; `None` when it has nothing to answer.
    pub(crate) fn run(&mut self, line: &Line<'_>) -> Option<Answer> {
        let words = &line.words;
        match line.verb {
            "as" => self.enter(words[0]),
            "advance" => {
                self.now_ns += duration_ns(words[0]);
                self.session.advance(self.now_ns);
            }
            "book" | "delta" => return silent(self.book(line.verb == "book", words)),
            "grid" => return silent(self.grid(words)),
            "trade" => return silent(self.trade(words)),
            "status" => return silent(self.status(words)),
            "seed" => return Some(self.seed(words, false)),
            "replace" => return Some(self.seed(words, true)),
            "reset" => return Some(self.reset(words)),
            "settle" => return Some(self.settle(words)),
            "redeem" => return Some(self.redeem(words)),
            "funding" => return silent(self.funding(words)),
            "place" => return Some(self.place(words)),
            "again" => return Some(self.again(words[0])),
            "preview" => return Some(self.preview(words)),
            "cancel" => return Some(self.cancel(words[0])),
            "amend" => return Some(self.amend(words)),
            "cancel_venue" => return Some(self.cancel_venue(words[0])),
            "halt" | "resume" => self.switch(line.verb == "halt"),
            "order" => return Some(self.order(words[0])),
            "balance" | "position" => return Some(Ok(self.position(words[0], words[1]))),
            "fills" => return Some(Ok(self.fills(words[0]))),
            "quote" => {
                let quote = self.engine().quote_view(words[0], 1);
                return Some(quote.map(|quote| facts::of_quote(&quote)));
            }
            other => panic!("unknown verb {other:?}"),
        }
        None
    }

    fn feed(
        &mut self,
        venue: &str,
        symbol: &str,
        mut events: Vec<MarketEvent>,
        lists: bool,
    ) -> Result<(), Refusal> {
        let venue = VenueId::parse(venue).unwrap();
        events.last_mut().unwrap().flags |= flag::LAST;
        let said = Terms::of(TermsOrigin::Caller);
        let row = MarketRow { venue, symbol, is_first: lists, events: &events, said };
        self.apply(Command::MarketRows { rows: &[row] }).map(|_| ())
    }

    /// `grid VENUE SYMBOL [tick=] [lot=] [min_qty=] [min_notional=]`
    fn grid(&mut self, words: &[&str]) -> Result<(), Refusal> {
        let mut said = Terms::of(TermsOrigin::Caller);
        for word in &words[2..] {
            let (name, value) = word.split_once('=').expect("name=value");
            match name {
                "tick" => said.grid = Some(PriceGrid::Tick(Price(units(value, 9)))),
                "lot" => said.lot = Some(Quantity(units(value, 8))),
                "min_qty" => said.min_qty = Some(Quantity(units(value, 8))),
                "min_notional" => said.min_notional = Some(Money(units(value, 9).into())),
                other => panic!("unknown part of a grid {other:?}"),
            }
        }
        let venue = VenueId::parse(words[0]).unwrap();
        let row = MarketRow { venue, symbol: words[1], is_first: true, events: &[], said };
        self.apply(Command::MarketRows { rows: &[row] }).map(|_| ())
    }

    fn book(&mut self, whole: bool, words: &[&str]) -> Result<(), Refusal> {
        let now = self.now_ns;
        let [bids, asks] = levels(&words[2..]);
        let row = |side| {
            move |(price, size)| MarketEvent::level(side, Price(price), Quantity(size), now, now)
        };
        let sets = bids
            .into_iter()
            .map(row(BookSide::Bid))
            .chain(asks.into_iter().map(row(BookSide::Ask)));
        let mark = |kind| whole.then(|| MarketEvent::new(kind, now, now)).into_iter();
        let events = mark(EventKind::SnapshotBegin).chain(sets).chain(mark(EventKind::SnapshotEnd));
        self.feed(words[0], words[1], events.collect(), whole)
    }

    fn trade(&mut self, words: &[&str]) -> Result<(), Refusal> {
        let mut event = MarketEvent::new(EventKind::Print, self.now_ns, self.now_ns);
        event.quantity = Quantity(units(words[3], 8));
        event.price = Price(units(words[4], 9));
        if words[2] != "unknown" {
            event.side = Some(side(words[2]).takes());
            event.flags |= flag::AGGRESSOR_KNOWN;
        }
        self.feed(words[0], words[1], vec![event], false)
    }

    fn status(&mut self, words: &[&str]) -> Result<(), Refusal> {
        let mut event = MarketEvent::new(EventKind::Status, self.now_ns, self.now_ns);
        let status = match words[2] {
            "open" => FeedStatus::Open,
            "resync" => FeedStatus::Resync,
            "halted" => FeedStatus::Halted,
            "post_only" => FeedStatus::PostOnly,
            "closed" => FeedStatus::Closed,
            "down" => FeedStatus::Down,
            other => panic!("unknown status {other:?}"),
        };
        event.count = status as u32;
        self.feed(words[0], words[1], vec![event], false)
    }

    fn seed(&mut self, words: &[&str], replace: bool) -> Answer {
        let account = self.client;
        let row = PositionRow {
            venue: VenueId::parse(words[0]).unwrap(),
            kind: AssetKind::parse(words[1]).unwrap(),
            symbol: words[2],
            quantity: Quantity(units(words[3], 8)),
            entry: words.get(4).map(|price| Price(units(price, 9))),
        };
        match self.apply(Command::SetPositions { account, rows: &[row], replace })? {
            Reply::Rows { written, .. } => Ok(Facts::from([("written", written.to_string())])),
            other => panic!("{other:?}"),
        }
    }

    fn reset(&mut self, words: &[&str]) -> Answer {
        let account = self.client;
        match self.apply(Command::Reset { account, initial: Quantity(units(words[0], 8)) })? {
            Reply::Rows { written, .. } => Ok(Facts::from([("venues", written.to_string())])),
            other => panic!("{other:?}"),
        }
    }

    fn settle(&mut self, words: &[&str]) -> Answer {
        let outcome = match words[2] {
            "void" => Settlement::Void,
            value => Settlement::Value(Price(units(value, 9))),
        };
        let venue = VenueId::parse(words[0]).unwrap();
        let command = Command::Settle { venue, market_slug: words[1], outcome };
        self.apply(command).map(|reply| facts::of_settled(&reply))
    }

    fn redeem(&mut self, words: &[&str]) -> Answer {
        let (account, venue) = (self.client, VenueId::parse(words[0]).unwrap());
        let command = Command::Redeem { account, venue, market_slug: words[1] };
        self.apply(command).map(|reply| facts::of_settled(&reply))
    }

    fn funding(&mut self, words: &[&str]) -> Result<(), Refusal> {
        let venue = VenueId::parse(words[0]).unwrap();
        let rate_1e9 = units(words[2], 9);
        self.apply(Command::SetFundingRate { venue, symbol: words[1], rate_1e9 }).map(|_| ())
    }

    fn place(&mut self, words: &[&str]) -> Answer {
        let answer = self.submit(words)?;
        let row = facts::list(get(&answer, "orders"))[0].clone();
        let placed = Placed {
            id: text(get(&row, "node_order_id")),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            answer,
        };
        self.placed.insert(words[0].to_owned(), placed);
        Ok(facts::of_order(&row))
    }

    fn submit(&mut self, words: &[&str]) -> Result<Value, Refusal> {
        let account = self.client;
        match self.apply(Command::Submit { account, order: request(&words[1..]) })? {
            Reply::Submitted { graph, replayed } => Ok(self.engine().submit_view(graph, replayed)),
            other => panic!("{other:?}"),
        }
    }

    /// The same request once more.
    fn again(&mut self, name: &str) -> Answer {
        let words = self.placed[name].words.clone();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let answer = self.submit(&words)?;
        let same = if answer == self.placed[name].answer { "same" } else { "other" };
        Ok(Facts::from([("", same.to_owned())]))
    }

    fn preview(&self, words: &[&str]) -> Answer {
        let row = self.engine().preview_view(self.client, &request(words))?;
        Ok(facts::of_preview(&row))
    }

    fn cancel(&mut self, name: &str) -> Answer {
        let (account, id) = (self.client, self.placed[name].id.clone());
        let reply = self.apply(Command::CancelOrder { account, id: &id })?;
        Ok(facts::of_cancel(&self.engine().order_cancel_view(&reply)))
    }

    fn amend(&mut self, words: &[&str]) -> Answer {
        let (account, id) = (self.client, self.placed[words[0]].id.clone());
        let mut change = Amend { id: &id, ..Amend::default() };
        for pair in words[1..].chunks(2) {
            match pair[0] {
                "qty" => change.new_qty = Some(Quantity(units(pair[1], 8))),
                "less" => change.reduce_by = Some(Quantity(units(pair[1], 8))),
                "price" => change.new_price = Some(Price(units(pair[1], 9))),
                "version" => change.expected_version = pair[1].parse().ok(),
                other => panic!("unknown change {other:?}"),
            }
        }
        let reply = self.apply(Command::Amend { account, change })?;
        Ok(facts::of_amend(&self.engine().amend_view(&reply)))
    }

    fn cancel_venue(&mut self, venue: &str) -> Answer {
        let (account, venue) = (self.client, VenueId::parse(venue).unwrap());
        let reply = self.apply(Command::CancelVenue { account, venue })?;
        let row = self.engine().venue_cancel_view(venue, &reply);
        let ids = facts::list(get(&row, "node_order_ids")).len();
        Ok(Facts::from([("", ids.to_string())]))
    }

    fn switch(&mut self, engage: bool) {
        let (account, mode) = (self.client, Mode::Sandbox);
        let command = if engage {
            Command::EngageSwitch { account, mode, by: "key_1", reason: None }
        } else {
            Command::ClearSwitch { account, mode }
        };
        self.apply(command).unwrap();
    }

    fn order(&self, name: &str) -> Answer {
        let row = self.engine().order_by_id(self.client, &self.placed[name].id)?;
        Ok(facts::of_order(&row))
    }

    fn position(&self, venue: &str, symbol: &str) -> Facts {
        let page = self.engine().positions_view(self.client, None, None, true);
        let rows = facts::list(get(&page, "positions"));
        let found = rows.iter().find(|row| {
            let named = text(get(get(row, "instrument"), "symbol"));
            text(get(row, "venue")) == venue && named == symbol
        });
        facts::of_position(found)
    }

    fn fills(&self, name: &str) -> Facts {
        let id = Some(self.placed[name].id.as_str());
        let filter = FillFilter { node_order_id: id, ..FillFilter::default() };
        facts::of_fills(&self.engine().fills_view(self.client, &filter, 100, 0))
    }
}

fn silent(done: Result<(), Refusal>) -> Option<Answer> {
    done.err().map(Err)
}

fn side(text: &str) -> Side {
    match text {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        other => panic!("unknown side {other:?}"),
    }
}

/// `SIDE SIZE SYMBOL market|limit PRICE [VENUE] [key=value …]`; a size of `$5` is a notional.
fn request<'a>(words: &[&'a str]) -> Submit<'a> {
    let (limit, rest) = match words[3] {
        "market" => (None, &words[4..]),
        "limit" => (Some(Price(units(words[4], 9))), &words[5..]),
        other => panic!("unknown order type {other:?}"),
    };
    let size = match words[1].strip_prefix('$') {
        Some(usd) => Size::Notional(Money(i128::from(units(usd, 9)))),
        None => Size::Quantity(Quantity(units(words[1], 8))),
    };
    let mut order = Submit { limit, ..Submit::new(words[2], side(words[0]), size) };
    for word in rest {
        match word.split_once('=').unwrap_or((word, "")) {
            ("tif", tif) => order.tif = Some(TimeInForce::parse(tif).unwrap()),
            ("slippage", bps) => order.max_slippage_bps = Some(bps.parse().unwrap()),
            ("horizon", ms) => order.horizon_ms = Some(ms.parse().unwrap()),
            ("policy", policy) => order.policy = Policy::parse(policy).unwrap(),
            ("id", id) => order.graph_id = Some(id),
            ("reduce_only", _) => order.reduce_only = true,
            ("perp", _) => order.kind_hint = InstrumentKind::Perp,
            (venue, _) => order.venue = Some(VenueId::parse(venue).unwrap()),
        }
    }
    order
}
