//! A recording passes in stretches in which nobody is asked; that must show nowhere. The twin gets
//! every message as a command of its own, which asks everybody.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use proptest::prelude::*;
use sequence_core::command::{Command, Size, Submit, SubmitGraph};
use sequence_core::engine::{Engine, Reply};
use sequence_core::graph::GraphSpec;
use sequence_core::ids::{AccountId, BookSide, GraphIx, MarketId, Side, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::risk::{AccountLimits, GraphRisk, Mode};
use sequence_core::rng::{Draws, Stream};
use sequence_core::session::{Pace, Session, Told, Wanted};
use sequence_core::sim::preset::Params;
use sequence_core::tape::{
    EventKind, FeedStatus, MarketEvent, Tape, TapeFeed, TapeInstrument, TapeWriter, flag,
};

const START_NS: i64 = 1_776_657_600_000_000_000;
const MS: i64 = 1_000_000;
const TICK: i64 = 10_000_000;
const LOT: i64 = 1_000_000;
const MIDDLE: i64 = 10_000;
const TAPES: [&[(&str, &str)]; 3] = [
    &[("kraken", "BTC-USD")],
    &[("hyperliquid", "BTC-USD-PERP")],
    &[("coinbase", "BTC-USD"), ("coinbase", "ETH-USD")],
];

/// Looks at the book of its symbol once its first order is known.
const WATCHER: &str = r#"{"nodes":[
    {"node_id":"a","instrument":{"symbol":"BTC-USD","venue":"kraken"},"side":"buy",
     "order_type":{"limit":{"price_1e9":99900000000}},
     "quantity":{"fixed":{"qty_1e8":20000000}}},
    {"node_id":"b","instrument":{"symbol":"BTC-USD","venue":"kraken"},"side":"sell",
     "order_type":"market","quantity":{"fixed":{"qty_1e8":10000000}}}],
  "edges":[{"edge_id":"e","from_node":"a","to_node":"b","sizing":"target",
    "trigger":{"on_price":{"lte_1e9":99980000000,"arm":"on_accepted","reference":"mid"}}}]}"#;

/// A market that wanders, with prints, gaps, crossed moments and news of its feed.
struct Maker {
    middle: i64,
    stamp: u64,
    /// Size of a level in lots of the smallest.
    lot: i64,
}

impl Maker {
    fn level(&self, draws: &mut Draws, side: BookSide) -> MarketEvent {
        let width = if draws.chance(80) { 4 } else { 30 };
        let far = draws.between(0, width);
        let nth = if side == BookSide::Bid { self.middle - far } else { self.middle + 1 + far };
        let size = if draws.chance(30) { 0 } else { draws.between(1, 9) * self.lot };
        let event = MarketEvent::level(side, Price(nth * TICK), Quantity(size), 0, 0);
        MarketEvent { seq: self.stamp, count: u32::try_from(draws.roll(4)).unwrap(), ..event }
    }

    fn snapshot(&self) -> Vec<MarketEvent> {
        let mut message = vec![MarketEvent::new(EventKind::SnapshotBegin, 0, 0)];
        for far in 0..30 {
            for (side, nth) in
                [(BookSide::Bid, self.middle - far), (BookSide::Ask, self.middle + 1 + far)]
            {
                let size = Quantity((1 + far % 5) * self.lot);
                message.push(MarketEvent::level(side, Price(nth * TICK), size, 0, 0));
            }
        }
        message.push(MarketEvent::new(EventKind::SnapshotEnd, 0, 0));
        message
    }

    fn message(&mut self, draws: &mut Draws) -> Vec<MarketEvent> {
        self.stamp += 1;
        if draws.chance(2) {
            let lost = MarketEvent::new(EventKind::Status, 0, 0);
            return vec![MarketEvent { count: FeedStatus::Resync as u32, ..lost }];
        }
        if draws.chance(4) {
            return self.snapshot();
        }
        if draws.chance(5) {
            self.middle += draws.between(-300, 601);
            return self.snapshot();
        }
        let mut message = Vec::new();
        if draws.chance(25) {
            let hit = if draws.chance(50) { BookSide::Bid } else { BookSide::Ask };
            let nth = self.middle + i64::from(hit == BookSide::Ask) + draws.between(-2, 3);
            let size = Quantity(draws.between(1, 12) * self.lot);
            let mut print = MarketEvent::print(Some(hit), Price(nth * TICK), size, 0, 0);
            print.flags |= if draws.chance(10) { flag::BACKFILLED } else { 0 };
            message.push(print);
        }
        for _ in 0..draws.roll(5) {
            let side = if draws.chance(50) { BookSide::Bid } else { BookSide::Ask };
            message.push(self.level(draws, side));
        }
        if message.is_empty() {
            message.push(MarketEvent::new(EventKind::Heartbeat, 0, 0));
        }
        message
    }
}

fn tapes(draws: &mut Draws, messages: usize) -> Vec<Tape> {
    let tape = |names: &&[(&str, &str)]| {
        let mut writer = TapeWriter::default();
        let mut makers: Vec<Maker> = names
            .iter()
            .map(|name| Maker {
                middle: MIDDLE,
                stamp: 0,
                lot: if name.1.ends_with("PERP") { 1_000 * LOT } else { LOT },
            })
            .collect();
        let mut at_ns = START_NS;
        for nth in 0..messages {
            let of = nth % names.len();
            let mut message =
                if nth < names.len() { makers[of].snapshot() } else { makers[of].message(draws) };
            if let Some(last) = message.last_mut() {
                *last = last.last();
            }
            let venue = VenueId::parse(names[of].0).unwrap();
            writer.push(venue, names[of].1, &message, at_ns).unwrap();
            // Several at one instant, mostly close together, now and then a silence.
            at_ns += match draws.roll(20) {
                0..=4 => 0,
                19 => draws.between(1, 20_000) * MS,
                _ => draws.between(1, 40) * MS,
            };
        }
        let (mut rows, records) = writer.finish();
        for row in &mut rows {
            (row.tick, row.lot) = (Some(Price(TICK)), Some(Quantity(LOT)));
        }
        Tape::new(records, rows, TapeFeed::Venue).unwrap()
    };
    TAPES.iter().map(tape).collect()
}

/// Every message in the order in which a session plays them.
fn in_order(tapes: &[Tape]) -> Vec<(i64, usize, TapeInstrument, Vec<MarketEvent>)> {
    let mut all = Vec::new();
    for (nth, tape) in tapes.iter().enumerate() {
        let mut tape = tape.rewound();
        while let Some(due_ns) = tape.next_due_ns() {
            let names = tape.instruments().to_vec();
            let (of, events) = tape.next_message().unwrap();
            all.push((due_ns, nth, names[of].clone(), events.to_vec()));
        }
    }
    all.sort_by_key(|(due_ns, nth, ..)| (*due_ns, *nth));
    all
}

/// What a trader does, to both engines alike.
struct Trader {
    account: AccountId,
    graphs: Vec<GraphIx>,
}

impl Trader {
    fn new(engine: &mut Engine, limited: bool) -> Self {
        let account = engine.account("alice");
        let initial = Quantity(3_000 * 100_000_000);
        engine.apply(Command::Reset { account, initial }, START_NS).unwrap();
        if limited {
            let daily_loss = Some(Money(2_000_000_000));
            engine.set_limits(AccountLimits { daily_loss, ..AccountLimits::default() });
        }
        Self { account, graphs: Vec::new() }
    }

    fn act(&mut self, engine: &mut Engine, draws: &mut Draws, has_graphs: bool) {
        let (account, now_ns) = (self.account, engine.now_ns());
        if has_graphs && draws.chance(15) {
            let spec = GraphSpec::parse(WATCHER).unwrap();
            let graph = SubmitGraph {
                spec: &spec,
                graph_id: None,
                metadata: "{}",
                wallet: None,
                risk: GraphRisk::NONE,
                by: Mode::Sandbox,
            };
            engine.apply(Command::SubmitGraph { account, graph }, now_ns).unwrap();
        } else if draws.chance(30) && !self.graphs.is_empty() {
            let nth = usize::try_from(draws.roll(self.graphs.len() as u64));
            let id = engine.graph(self.graphs[nth.unwrap()]).id.to_string();
            let _over = engine.apply(Command::CancelGraph { account, id: &id }, now_ns);
        } else {
            let (venue, symbol) = TAPES.concat()[usize::try_from(draws.roll(4)).unwrap()];
            let side = if draws.chance(50) { Side::Buy } else { Side::Sell };
            let far = draws.between(-200, 300) * if side == Side::Buy { -1 } else { 1 };
            let limit = (!draws.chance(40)).then_some(Price((MIDDLE + far) * TICK));
            let most = if symbol.ends_with("PERP") { 40_000 } else { 40 };
            let size = Size::Quantity(Quantity(draws.between(1, most) * LOT));
            let venue = Some(VenueId::parse(venue).unwrap());
            let order = Submit { limit, venue, ..Submit::new(symbol, side, size) };
            if let Ok(Reply::Submitted { graph, .. }) =
                engine.apply(Command::Submit { account, order }, now_ns)
            {
                self.graphs.push(graph);
            }
        }
    }
}

/// One course, told to a session and to its twin.
fn play(seed: u64, preset: &str, (limited, has_graphs, acts): (bool, bool, u64), watched: bool) {
    let mut draws = Draws::new(Stream::new(seed, 0, "dull"));
    let tapes = tapes(&mut draws, 400);
    let messages = in_order(&tapes);
    let [mut session, mut twin] = [(); 2].map(|()| {
        let mut engine = Engine::new(seed, preset, Params::preset(preset).unwrap());
        if seed.is_multiple_of(2) {
            engine.keep_changes().unwrap();
        }
        let mut session = Session::new(engine);
        for tape in &tapes {
            session.add_tape(tape.rewound()).unwrap();
        }
        session
    });
    let mut traders =
        [&mut session, &mut twin].map(|session| Trader::new(&mut session.engine, limited));
    let wanted = Wanted { books: Some(Pace::Message), trades: true, orders: true };
    if watched {
        session.watch(wanted);
    }
    let (mut books, mut next, mut now_ns) = (0, 0, START_NS);
    let end_ns = messages.last().unwrap().0;
    while now_ns < end_ns {
        now_ns += draws.between(0, 1_500) * MS;
        if watched {
            while let Some(told) = session.advance_to_told(now_ns) {
                books += usize::from(matches!(told, Told::Book(_)));
            }
        } else {
            session.advance(now_ns);
        }
        while let Some((due_ns, _, row, events)) = messages.get(next).filter(|row| row.0 <= now_ns)
        {
            let market: MarketId = twin.engine.find_market(row.venue, &row.symbol).unwrap();
            twin.engine.apply(Command::Market { market, events }, *due_ns).unwrap();
            next += 1;
        }
        twin.engine.apply(Command::Advance, now_ns).unwrap();
        let [here, there] = [&session.engine, &twin.engine];
        assert_eq!(here.log().hash(), there.log().hash(), "seed {seed} at message {next}");
        assert_eq!(here.world_hash(), there.world_hash(), "seed {seed} at message {next}");
        for _ in 0..if draws.chance(40) { draws.roll(1 + acts) } else { 0 } {
            let course = draws;
            for (trader, engine) in traders.iter_mut().zip([&mut session.engine, &mut twin.engine])
            {
                draws = course;
                trader.act(engine, &mut draws, has_graphs);
            }
        }
    }
    assert_eq!(session.engine.check_invariants(), []);
    assert!(!watched || books == messages.len(), "{books} of {}", messages.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_passes_unasked_is_as_if_everybody_had_been_asked(
        seed: u64, realistic: bool, limited: bool, has_graphs: bool, acts in 0..9u64, watched: bool,
    ) {
        let preset = if realistic { "realistic" } else { "instant" };
        play(seed, preset, (limited, has_graphs, acts), watched);
    }
}
