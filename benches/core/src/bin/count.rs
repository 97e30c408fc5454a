//! `count PATH TIMES`: does one path so many times and says nothing about time.
//!
//! Run under callgrind with two counts; the difference is what the path itself costs, in
//! instructions, without what prepares it. `.ci/instructions.py` does that.
#![expect(clippy::unwrap_used, reason = "a measurement that gets a wrong answer must stop")]
#![expect(clippy::expect_used, clippy::panic, reason = "as above, and says which")]

use std::hint::black_box;

use sequence_benches::desk::Desk;
use sequence_benches::feed::{diffs, stories, whole_book};
use sequence_benches::replay::{opened, order, price_of, records, rest, tape};
use sequence_core::command::Command;
use sequence_core::engine::{Engine, Reply};
use sequence_core::feed::{FeedBatch, FeedVenue};
use sequence_core::ids::{AccountId, BookSide, Side};
use sequence_core::number::Price;
use sequence_core::order::OrderStatus;
use sequence_core::session::{LiveInput, Session};
use sequence_core::sim::preset::REALISTIC;
use sequence_core::symbol::Symbol;

/// Messages of the tape before anything is counted.
const WARM_UP: usize = 1_000;
/// Most messages that are counted.
const MESSAGES: usize = 10_000;
/// Frames that are written, however few of them are counted.
const FRAMES: usize = 1_000;
/// Most rounds whose end is judged by the laws of the engine.
const PROVED: usize = 100;
/// Orders of a batch.
const BATCH: usize = 100;
/// Longer than every delay of the preset.
const LATER: i64 = 60_000_000_000;

fn main() {
    let mut given = std::env::args().skip(1);
    let path = given.next().expect("count PATH TIMES");
    let times: usize = given.next().expect("count PATH TIMES").parse().expect("a whole number");
    match path.as_str() {
        "market_order" => orders(times, None, OrderStatus::Filled),
        "market_order_told" => told(times),
        "limit_and_cancel" => {
            let price = Some(price_of(BookSide::Bid, 5));
            orders(times, price, OrderStatus::Cancelled);
        }
        "desk_market_order" => desk_orders(times),
        "desk_limit_and_cancel" => desk_limits(times),
        "desk_batch" => desk_batches(times),
        "replayed_message" => replayed(times, 0),
        "replayed_message_100_resting" => replayed(times, 100),
        "binance_frame" => frames(times),
        "live_frame" => live_frames(times),
        "symbol" => symbols(times),
        other => panic!("there is no path {other}"),
    }
}

/// Orders from command to their end, delays included; one with a limit is cancelled.
fn orders(times: usize, limit: Option<Price>, end: OrderStatus) {
    let mut base = tape(records(20_000).unwrap()).unwrap();
    let (mut engine, account, _) = opened(&mut base, WARM_UP);
    // No market moves while an order is under way, and none of them goes stale.
    engine.set_books_age(false);
    for nth in 0..times {
        let side = if nth % 2 == 0 || limit.is_some() { Side::Buy } else { Side::Sell };
        let status = one_order(&mut engine, account, side, limit);
        assert_eq!(status, end);
    }
    prove(&engine, times);
}

/// Market orders whose every change is told to a reader, as JSON text.
fn told(times: usize) {
    let mut base = tape(records(20_000).unwrap()).unwrap();
    let (mut engine, account, _) = opened(&mut base, WARM_UP);
    engine.set_books_age(false);
    engine.listen(true);
    for nth in 0..times {
        let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
        assert_eq!(one_order(&mut engine, account, side, None), OrderStatus::Filled);
        let frames = engine.take_frames();
        assert!(frames.iter().all(|frame| frame.data.starts_with('{')));
    }
    prove(&engine, times);
}

/// The laws look at every row, ended ones too: they are held where few rounds run, and would be most
/// of what is counted elsewhere.
fn prove(engine: &Engine, times: usize) {
    if times <= PROVED {
        assert!(engine.check_invariants().is_empty());
    }
}

fn one_order(
    engine: &mut Engine,
    account: AccountId,
    side: Side,
    limit: Option<Price>,
) -> OrderStatus {
    let order = order(side, limit);
    let mut now_ns = engine.now_ns();
    let answer = engine.apply(Command::Submit { account, order }, now_ns).unwrap();
    let Reply::Submitted { graph, .. } = answer else { panic!("a submit has a graph") };
    now_ns += LATER;
    engine.apply(Command::Advance, now_ns).unwrap();
    if limit.is_some() {
        let id = engine.graph(graph).id.to_string();
        engine.apply(Command::CancelGraph { account, id: &id }, now_ns).unwrap();
        engine.apply(Command::Advance, now_ns + LATER).unwrap();
    }
    engine.order(engine.graph(graph).order.unwrap()).status
}

/// Market orders by numbers, without delays.
fn desk_orders(times: usize) {
    let mut desk = Desk::new();
    for nth in 0..times {
        let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
        let order = desk.submit(&desk.order(side, None));
        assert_eq!(desk.session.engine.order(order).status, OrderStatus::Filled);
    }
    prove(&desk.session.engine, times);
}

/// Limit orders by numbers that rest, and the cancel of each.
fn desk_limits(times: usize) {
    let mut desk = Desk::new();
    for _ in 0..times {
        let order = desk.submit(&desk.order(Side::Buy, Some(5)));
        assert!(desk.cancel(order), "it was open");
    }
    prove(&desk.session.engine, times);
}

/// The same in batches, one price below the other, each then cancelled by one.
fn desk_batches(times: usize) {
    let mut desk = Desk::new();
    let ladder = (5..).take(BATCH);
    let batch: Vec<_> = ladder.map(|depth| desk.order(Side::Buy, Some(depth))).collect();
    for nth in 0..times.div_ceil(BATCH) {
        let orders = desk.submit_many(batch.get(..BATCH.min(times - nth * BATCH)).unwrap());
        assert_eq!(desk.cancel_many(&orders), orders.len());
    }
    prove(&desk.session.engine, times);
}

/// Messages of a recording, with orders resting behind the touch. However many are played, as many
/// are made and looked through before.
fn replayed(times: usize, resting: usize) {
    assert!(times <= MESSAGES, "the tape has {MESSAGES} messages");
    let base = tape(records(4 * (WARM_UP + MESSAGES)).unwrap()).unwrap();
    let (mut engine, account, _) = opened(&mut base.rewound(), WARM_UP);
    rest(&mut engine, account, resting);
    let (mut played, mut rest_of_tape) = (base.rewound(), base.rewound());
    let mut ends_ns = 0;
    for nth in 0..WARM_UP + MESSAGES {
        let due_ns = played.next_due_ns().expect("the tape is long enough");
        played.next_message();
        if nth < WARM_UP {
            rest_of_tape.next_message();
        }
        if nth < WARM_UP + times {
            ends_ns = due_ns;
        }
    }
    let mut session = Session::new(engine);
    session.add_tape(rest_of_tape).unwrap();
    session.advance(ends_ns);
    prove(&session.engine, times);
}

/// Diffs of a venue's book, from bytes to events.
fn frames(times: usize) {
    let story = stories().into_iter().find(|story| story.venue == FeedVenue::Binance).unwrap();
    let mut batch = FeedBatch::new();
    let mut left = times;
    while left > 0 {
        let mut decoder = story.venue.decoder();
        decoder.decode(story.opening.as_bytes(), 1, &mut batch).unwrap();
        for frame in story.updates.iter().take(left) {
            batch.clear();
            decoder.decode(black_box(frame.as_bytes()), 1, &mut batch).unwrap();
            assert_eq!(batch.len(), 1);
        }
        assert_eq!(decoder.stats().gaps, 0);
        left = left.saturating_sub(story.updates.len());
    }
}

/// Combined frames of 88 levels within 400 of the touch, from bytes to a book of a thousand a side.
fn live_frames(times: usize) {
    const START_NS: i64 = 1_723_161_256_299_000_000;
    let mut session = Session::new(Engine::new(1, "realistic", REALISTIC));
    let feed = session.open_feed(FeedVenue::Binance, false);
    let opening = whole_book(1_000);
    session.live(feed, LiveInput::Frame(opening.as_bytes()), START_NS);
    for (nth, frame) in (1..).zip(diffs(FRAMES).iter().take(times)) {
        let step =
            session.live(feed, LiveInput::Frame(black_box(frame.as_bytes())), START_NS + nth);
        assert!(step.error.is_none() && step.applied >= 88);
    }
    assert_eq!(session.live_stats(feed).unwrap().gaps, 0);
    assert_eq!(session.engine.check_invariants(), []);
}

fn symbols(times: usize) {
    for _ in 0..times {
        let symbol = Symbol::parse(black_box("BTC-USD-PERP")).unwrap();
        assert_eq!(symbol.canonical(), "BTC-USD-PERP");
    }
}
