//! The engine fills orders at the nanoseconds at which the bench's own queues do, under every
//! preset: what is scored is what ships. A made-up market always; every tape that
//! `make fidelity` has decoded where `SEQUENCE_FIDELITY_WHOLE` is set.

#![expect(clippy::unwrap_used, reason = "what is missing fails the comparison")]
#![expect(clippy::indexing_slicing, reason = "lists of one length")]

mod market;

use std::path::Path;

use sequence_core::command::{Command, PositionRow, Size, Submit};
use sequence_core::engine::{Engine, FeedKind, Reply};
use sequence_core::ids::{AccountId, AssetKind, BookSide, MarketId, OrderId, Side, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::TimeInForce;
use sequence_core::sim::preset::{PRESETS, Params};
use sequence_core::tape::{EventKind, MarketEvent, flag};
use sequence_core::venue::{PriceGrid, Terms, TermsOrigin, TradeDepth};
use sequence_fidelity::client::{self, Feed, Fills, Message, Order};
use sequence_fidelity::tape::{self, Tape};

const MS: i64 = 1_000_000;
const SYMBOL: &str = "ABC-USD";
/// Orders per tape, preset and interval, each in an account of its own.
const ORDERS: usize = 60;

struct Desk {
    engine: Engine,
    market: MarketId,
    now_ns: i64,
    venue: VenueId,
}

impl Desk {
    fn new(tape: &Tape, (name, params): (&str, Params), conflated: bool) -> Self {
        // Depth in intervals is what recordings of a venue that sends it so are read as.
        let (venue, kind) =
            if conflated { ("binance", FeedKind::Recorded) } else { ("kraken", FeedKind::HandFed) };
        let venue = VenueId::parse(venue).unwrap();
        let mut engine = Engine::new(42, name, params);
        let market = engine.list_market(venue, SYMBOL, kind).unwrap();
        let (grid, lot) = (Some(PriceGrid::Tick(Price(tape.tick))), Some(Quantity(tape.lot)));
        engine.set_terms(market, &Terms { grid, lot, ..Terms::of(TermsOrigin::Caller) });
        Self { engine, market, now_ns: 0, venue }
    }

    fn feed(&mut self, t: i64, mut events: Vec<MarketEvent>) {
        events.last_mut().unwrap().flags |= flag::LAST;
        self.now_ns = t;
        self.engine.apply(Command::Market { market: self.market, events: &events }, t).unwrap();
    }

    fn snapshot(&mut self, feed: &Feed) {
        let t = feed.open_ns;
        let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, t, t)];
        let levels = feed.snapshot.iter();
        events.extend(levels.map(|(side, px, qty)| level(t, *side, *px, *qty)));
        events.push(MarketEvent::new(EventKind::SnapshotEnd, t, t));
        self.feed(t, events);
    }

    fn message(&mut self, t: i64, message: &Message) {
        let events = match message {
            Message::Print(side, px, qty) => {
                let mut event = MarketEvent::new(EventKind::Print, t, t);
                (event.side, event.price, event.quantity) =
                    (Some(*side), Price(*px), Quantity(*qty));
                event.flags |= flag::AGGRESSOR_KNOWN;
                vec![event]
            }
            Message::Depth(changes) => changes
                .iter()
                .map(|change| level(t, change.side, change.px, change.after))
                .collect(),
        };
        self.feed(t, events);
    }

    fn account(&mut self, name: &str) -> AccountId {
        let account = self.engine.account(name);
        let much = Quantity(1_000_000_000_000_000);
        self.apply(Command::Reset { account, initial: much });
        let row = PositionRow {
            venue: self.venue,
            kind: AssetKind::Crypto,
            symbol: "ABC",
            quantity: much,
            entry: None,
        };
        self.apply(Command::SetPositions { account, rows: &[row], replace: false });
        account
    }

    fn apply(&mut self, command: Command<'_>) -> Reply {
        self.engine.apply(command, self.now_ns).unwrap()
    }

    /// A post-only order at the best displayed price of a side.
    fn place(&mut self, account: AccountId, rests: BookSide, qty: i64) -> Option<OrderId> {
        let best = self.engine.market(self.market).market.book.best(rests)?;
        let side = if rests == BookSide::Bid { Side::Buy } else { Side::Sell };
        let order = Submit {
            venue: Some(self.venue),
            limit: Some(best.price),
            tif: Some(TimeInForce::PostOnly),
            ..Submit::new(SYMBOL, side, Size::Quantity(Quantity(qty)))
        };
        match self.apply(Command::Submit { account, order }) {
            Reply::Submitted { graph, .. } => self.engine.graph(graph).order,
            _ => None,
        }
    }

    fn fills(&self, account: AccountId) -> Fills {
        let all = self.engine.account_row(account).fills.iter().map(|id| self.engine.fill(*id));
        all.map(|fill| (fill.evidence.matched_ns, fill.quantity.0)).collect()
    }
}

fn level(t: i64, side: BookSide, px: i64, qty: i64) -> MarketEvent {
    MarketEvent::level(side, Price(px), Quantity(qty), t, t)
}

/// Whole lots worth more than any venue's minimum, even where a lot is the dust of a coin.
fn above_minimum(tape: &Tape, feed: &Feed) -> i64 {
    const WORTH: i128 = 50;
    const ONE: i128 = 1_000_000_000 * 100_000_000;
    let (_, px, _) = feed.snapshot[0];
    let lots = (WORTH * ONE / i128::from(px)) / i128::from(tape.lot) + 1;
    tape.lot * i64::try_from(lots).unwrap()
}

/// Plays a tape through engine and bench; orders that rested, and those that were filled.
fn compare(tape: &Tape, (name, params): (&str, Params), step_ns: i64) -> (usize, usize) {
    let feed = Feed::of(tape, step_ns);
    let mut desk = Desk::new(tape, (name, params), step_ns > 0);
    desk.snapshot(&feed);
    let qty = above_minimum(tape, &feed);
    let every = (feed.messages.len() / ORDERS).max(1);
    let (mut placed, mut next) = (Vec::new(), every / 2);
    for (at, (t, message)) in feed.messages.iter().enumerate() {
        desk.message(*t, message);
        // An order without delay would come between two messages of one instant, which the bench,
        // that knows instants only, puts before it.
        let ends_instant = feed.messages.get(at + 1).is_none_or(|(after, _)| after > t);
        if at >= next && ends_instant {
            next += every;
            let rests = if placed.len() % 2 == 0 { BookSide::Bid } else { BookSide::Ask };
            let account = desk.account(&format!("order {at}"));
            placed.extend(desk.place(account, rests, qty).map(|order| (account, rests, order)));
        }
    }
    let (mut orders, mut told) = (Vec::new(), Vec::new());
    for (account, side, order) in placed {
        let row = desk.engine.order(order);
        let (bound, there) = (row.legs[0].bound, desk.engine.venue_leg(order, 0));
        let joined_ns = there.transit.match_ns;
        if row.reject.is_some() || there.deferred || joined_ns > desk.now_ns {
            continue;
        }
        orders.push(Order { side, px: bound.0, qty, joined_ns });
        told.push(desk.fills(account));
    }
    let covered_ns = if step_ns > 0 { desk.venue.conflation_ns() } else { 0 };
    let row = desk.venue.venue().trade_depth;
    assert_eq!(row, TradeDepth::Unordered);
    let found = client::fills(&feed, &params, (tape.lot, covered_ns, row), &orders);
    for (at, (engine, bench)) in told.iter().zip(&found).enumerate() {
        let of = &orders[at];
        assert_eq!(engine, bench, "{} {name} at {step_ns} ns, {of:?}", tape.name);
    }
    (orders.len(), told.iter().filter(|fills| !fills.is_empty()).count())
}

/// Presets whose books never age: what a pause does to a queue is not what is compared.
fn presets() -> impl Iterator<Item = (&'static str, Params)> {
    PRESETS.iter().map(|(name, params)| (*name, Params { max_age_ppm: 0, ..*params }))
}

#[test]
fn the_engine_fills_when_the_bench_does_on_a_made_up_market() {
    let tape = market::made_up(1_000_000_000, 100_000_000);
    for preset in presets() {
        for step_ns in [0, 100 * MS] {
            let (rested, filled) = compare(&tape, preset, step_ns);
            assert!(rested > 40 && filled > 20, "{}: {rested} {filled}", preset.0);
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "says what it did, or why it skips")]
fn the_engine_fills_when_the_bench_does_on_every_tape() {
    if std::env::var_os("SEQUENCE_FIDELITY_WHOLE").is_none() {
        eprintln!("skipped: SEQUENCE_FIDELITY_WHOLE is not set");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fidelity");
    for name in ["aapl", "amzn", "btcusd", "es"] {
        let path = folder.join(format!("{name}.tape"));
        let tape = tape::load(&path).unwrap();
        for preset in presets() {
            for step_ns in [0, MS, 10 * MS, 50 * MS, 100 * MS, 250 * MS, 1_000 * MS] {
                let (rested, filled) = compare(&tape, preset, step_ns);
                eprintln!("{name} {} {step_ns}: {rested} rested, {filled} filled", preset.0);
                assert!(rested > ORDERS / 2, "{name} {} {step_ns}: {rested}", preset.0);
            }
        }
    }
}
