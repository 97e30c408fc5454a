//! A market to replay and paper orders that rest in it.
//!
//! The touch stands still, so that orders behind it rest for the whole tape: every depth change at
//! their prices moves their queues. That is the dear case; a book that walks away is cheaper.

use sequence_core::command::{Command, Size, Submit};
use sequence_core::engine::{Engine, FeedKind};
use sequence_core::ids::{AccountId, BookSide, MarketId, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::rng::{Draws, Stream};
use sequence_core::sim::preset::REALISTIC;
use sequence_core::tape::{
    EventKind, MarketEvent, Tape, TapeError, TapeFeed, TapeInstrument, TapeWriter,
};
use sequence_core::venue::{self, PriceGrid, Terms, TermsOrigin};

/// Where the tape starts, ns.
const START_NS: i64 = 1_776_657_000_000_000_000;
/// Levels of a side.
const LEVELS: i64 = 400;
const SYMBOL: &str = "BTC-USD";
const TICK: Price = Price(10_000_000);
const LOT: Quantity = Quantity(1_000);
const BID: i64 = 60_000_000_000_000;

/// Price of a level, 0 is the touch.
pub const fn price_of(side: BookSide, depth: i64) -> Price {
    match side {
        BookSide::Bid => Price(BID - depth * TICK.0),
        BookSide::Ask => Price(BID + (1 + depth) * TICK.0),
    }
}

/// Records: a snapshot of 800 levels, then one to four depth changes a message, mostly near the
/// touch, some emptying a level, and a trade before one message in ten.
pub fn records(events: usize) -> Result<Vec<u8>, TapeError> {
    let mut draws = Draws::new(Stream::new(7, 0, "bench.tape"));
    let (mut writer, mut written, mut at_ns) = (TapeWriter::default(), 0, START_NS);
    let mut message = snapshot(&mut draws);
    while written < events {
        if let Some(end) = message.last_mut() {
            *end = end.last();
        }
        writer.push(venue::KRAKEN, SYMBOL, &message, at_ns)?;
        written += message.len();
        message.clear();
        at_ns += draws.between(100_000, 2_000_000);
        if draws.chance(10) {
            let hit = side(&mut draws);
            let size = Quantity(draws.between(1, 50) * LOT.0);
            message.push(MarketEvent::print(Some(hit), price_of(hit, 0), size, 0, 0));
        }
        for _ in 0..=draws.roll(4) {
            message.push(change(&mut draws));
        }
    }
    Ok(writer.finish().1)
}

fn side(draws: &mut Draws) -> BookSide {
    if draws.chance(50) { BookSide::Bid } else { BookSide::Ask }
}

/// A size of one to five hundred lots.
fn size(draws: &mut Draws) -> Quantity {
    Quantity(draws.between(1, 500) * LOT.0)
}

fn snapshot(draws: &mut Draws) -> Vec<MarketEvent> {
    let mut message = vec![MarketEvent::new(EventKind::SnapshotBegin, 0, 0)];
    for depth in 0..LEVELS {
        for side in [BookSide::Bid, BookSide::Ask] {
            let size = Quantity(size(draws).0 + 500 * LOT.0);
            message.push(MarketEvent::level(side, price_of(side, depth), size, 0, 0));
        }
    }
    message.push(MarketEvent::new(EventKind::SnapshotEnd, 0, 0));
    message
}

fn change(draws: &mut Draws) -> MarketEvent {
    let side = side(draws);
    // The smallest of three: half of all changes are in the first fifth of the levels.
    let mut depth = LEVELS;
    for _ in 0..3 {
        let width = if draws.chance(80) { 40 } else { LEVELS };
        depth = depth.min(draws.between(0, width));
    }
    let gone = depth > 0 && draws.chance(20);
    let size = if gone { Quantity::ZERO } else { size(draws) };
    MarketEvent::level(side, price_of(side, depth), size, 0, 0)
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

/// An engine that has seen the first `messages` of a tape, and a funded account.
///
/// # Panics
///
/// When the engine refuses its own fixture.
pub fn opened(tape: &mut Tape, messages: usize) -> (Engine, AccountId, MarketId) {
    let mut engine = Engine::new(42, "realistic", REALISTIC);
    let listed = engine.list_market(venue::KRAKEN, SYMBOL, FeedKind::Recorded);
    let market = listed.unwrap_or(MarketId(0));
    let said = Terms {
        grid: Some(PriceGrid::Tick(TICK)),
        lot: Some(LOT),
        ..Terms::of(TermsOrigin::Venue)
    };
    engine.set_terms(market, &said);
    for _ in 0..messages {
        let Some(now_ns) = tape.next_due_ns() else { break };
        let Some((_, events)) = tape.next_message() else { break };
        assert!(engine.apply(Command::Market { market, events }, now_ns).is_ok());
    }
    let account = engine.account("bench");
    let initial = Quantity(100_000_000_000_000_000);
    let now_ns = engine.now_ns();
    assert!(engine.apply(Command::Reset { account, initial }, now_ns).is_ok());
    (engine, account, market)
}

/// An order of a thousandth at the book of the tape.
pub fn order(side: Side, limit: Option<Price>) -> Submit<'static> {
    let size = Size::Quantity(Quantity(100_000));
    Submit { limit, venue: Some(venue::KRAKEN), ..Submit::new(SYMBOL, side, size) }
}

/// Rests `count` buys, one per level behind the touch and then again from the first.
///
/// # Panics
///
/// When the engine refuses one.
pub fn rest(engine: &mut Engine, account: AccountId, count: usize) {
    for nth in 0..count {
        let depth = 1 + i64::try_from(nth).unwrap_or(0) % (LEVELS - 1);
        let order = order(Side::Buy, Some(price_of(BookSide::Bid, depth)));
        let now_ns = engine.now_ns();
        let placed = engine.apply(Command::Submit { account, order }, now_ns);
        assert!(placed.is_ok(), "{placed:?}");
    }
    // Every delay is over after a second.
    let later = engine.now_ns() + 1_000_000_000;
    assert!(engine.apply(Command::Advance, later).is_ok());
}
