//! A market to replay and paper orders that rest in it.

use sequence_core::command::{Command, Size, Submit};
use sequence_core::demo::{DemoBook, DemoMarket, Volatility};
use sequence_core::engine::{Engine, FeedKind};
use sequence_core::ids::{AccountId, InstrumentKind, MarketId, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{Policy, Urgency};
use sequence_core::sim::preset::Params;
use sequence_core::tape::{Tape, TapeError, TapeFeed, TapeInstrument, TapeWriter};
use sequence_core::venue;

/// Where the tape starts, ns.
const START_NS: i64 = 1_776_657_000_000_000_000;
/// Time generated at once, ns.
const STEP_NS: i64 = 60_000_000_000;
const SYMBOL: &str = "BTC-USD";
const TICK: Price = Price(10_000_000);
const LOT: Quantity = Quantity(1_000);
const BID: i64 = 60_000_000_000_000;

/// Records of a lively generated book: depth changes near the touch, sweeps and prints.
pub fn records(events: usize) -> Result<Vec<u8>, TapeError> {
    let book = DemoBook {
        symbol: SYMBOL,
        venue: "kraken",
        kind: InstrumentKind::Spot,
        tick: TICK,
        lot: LOT,
        bid: Price(BID),
        ask: Price(BID + TICK.0),
        volatility: Volatility::Normal,
    };
    let mut market = DemoMarket::new(7, &[book], START_NS);
    let (mut writer, mut written, mut at_ns) = (TapeWriter::default(), 0, START_NS);
    let mut refused = Ok(());
    while written < events && refused.is_ok() {
        at_ns += STEP_NS;
        market.advance(at_ns, &mut |_, message| {
            let due_ns = message.first().map_or(at_ns, |event| event.ts_local_ns);
            refused = writer.push(venue::KRAKEN, SYMBOL, message, due_ns);
            written += message.len();
        });
    }
    refused.map(|()| writer.finish().1)
}

/// The records as a tape of one instrument.
pub fn tape(records: Vec<u8>) -> Result<Tape, TapeError> {
    let row = TapeInstrument {
        venue: venue::KRAKEN,
        symbol: SYMBOL.to_owned(),
        tick: Some(TICK),
        lot: Some(LOT),
    };
    Tape::new(records, vec![row], TapeFeed::Venue)
}

/// An engine whose book has seen the first `messages` of a tape, and a funded account.
pub fn opened(tape: &mut Tape, messages: usize) -> (Engine, AccountId, MarketId) {
    let params = Params::preset("realistic").unwrap_or(sequence_core::sim::preset::REALISTIC);
    let mut engine = Engine::new(42, "realistic", params);
    let listed = engine.list_market(venue::KRAKEN, SYMBOL, FeedKind::Recorded);
    let market = listed.unwrap_or(MarketId(0));
    engine.set_steps(market, Some(TICK), LOT);
    for _ in 0..messages {
        let Some(now_ns) = tape.next_due_ns() else { break };
        let Some((_, events)) = tape.next_message() else { break };
        let applied = engine.apply(Command::Market { market, events }, now_ns);
        debug_assert!(applied.is_ok());
    }
    let account = engine.account("bench");
    let initial = Quantity(100_000_000_000_000_000);
    let now_ns = engine.now_ns();
    let seeded = engine.apply(Command::Reset { account, initial }, now_ns);
    debug_assert!(seeded.is_ok());
    (engine, account, market)
}

/// An order of one lot at the book of the tape.
pub const fn order(side: Side, limit: Option<Price>) -> Submit<'static> {
    Submit {
        symbol: SYMBOL,
        side,
        size: Size::Quantity(Quantity(100_000)),
        limit,
        venue: Some(venue::KRAKEN),
        graph_id: None,
        node_id: "order",
        kind_hint: InstrumentKind::Spot,
        policy: Policy::Sor,
        urgency: Urgency::Medium,
        max_slippage_bps: None,
        horizon_ms: None,
        tif: None,
        reduce_only: false,
        metadata: "{}",
    }
}

/// Rests `count` buys on ten ticks' distance from each other, the first `away` ticks below.
pub fn rest(engine: &mut Engine, account: AccountId, count: usize, away: i64) {
    for nth in 0..count {
        let nth = i64::try_from(nth).unwrap_or(0);
        let limit = Price(BID - (away + nth % 1_000) * TICK.0);
        let order = order(Side::Buy, Some(limit));
        let now_ns = engine.now_ns();
        let placed = engine.apply(Command::Submit { account, order }, now_ns);
        assert!(placed.is_ok(), "{placed:?}");
    }
    // Every delay is over after a minute of venue time.
    let later = engine.now_ns() + 1_000_000_000;
    let passed = engine.apply(Command::Advance, later);
    debug_assert!(passed.is_ok());
}
