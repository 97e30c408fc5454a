//! What an order costs the engine: admit, route, reserve, fill, settle, log.
//!
//! An engine keeps every order it ever saw, so each measurement works on copies of one prepared
//! engine and a copy serves a bounded number of orders. Copies are made outside the clock.
#![expect(clippy::unwrap_used, reason = "a benchmark that gets a wrong answer must stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use sequence_core::command::{Command, Size, Submit};
use sequence_core::engine::{Engine, FeedKind, Reply};
use sequence_core::ids::{AccountId, BookSide, GraphIx, MarketId, Side, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, MarketEvent};

const START: i64 = 1_776_657_000_000_000_000;
const VENUES: [&str; 5] = ["binance", "bybit", "coinbase", "kraken", "okx"];
const SYMBOL: &str = "BTC-USD";
const MID: i64 = 74_350_000_000_000;
const TICK: i64 = 10_000_000;
const LEVELS: i64 = 10;
/// A million coins a level: the book is the same for the last order as for the first.
const LEVEL_SIZE: Quantity = Quantity(100_000_000_000_000);
const ORDER_SIZE: Quantity = Quantity(1_000_000);
const ORDERS_PER_COPY: u64 = 4_096;

struct Prepared {
    engine: Engine,
    account: AccountId,
    kraken: MarketId,
}

/// Five venues with ten levels a side, and an account with a billion of each cash asset.
fn prepared() -> Prepared {
    let params = Params::preset("instant").unwrap();
    let mut engine = Engine::new(42, "instant", params);
    engine.set_books_age(false);
    let mut kraken = None;
    for venue in VENUES {
        let id = VenueId::parse(venue).unwrap();
        let market = engine.list_market(id, SYMBOL, FeedKind::HandFed).unwrap();
        let events = snapshot();
        engine.apply(Command::Market { market, events: &events }, START).unwrap();
        if venue == "kraken" {
            kraken = Some(market);
        }
    }
    let account = engine.account("bench");
    let initial = Quantity(100_000_000_000_000_000);
    engine.apply(Command::Reset { account, initial }, START).unwrap();
    Prepared { engine, account, kraken: kraken.unwrap() }
}

fn snapshot() -> Vec<MarketEvent> {
    let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, START, START)];
    for (side, sign) in [(BookSide::Bid, -1), (BookSide::Ask, 1)] {
        events.extend((1..=LEVELS).map(|level| {
            let price = Price(MID + sign * level * TICK);
            MarketEvent::level(side, price, LEVEL_SIZE, START, START)
        }));
    }
    events.push(MarketEvent::new(EventKind::SnapshotEnd, START, START).last());
    events
}

fn order(side: Side, limit: Option<Price>, venue: Option<VenueId>) -> Submit<'static> {
    let tif = limit.map(|_| TimeInForce::Gtc);
    Submit { limit, venue, tif, ..Submit::new(SYMBOL, side, Size::Quantity(ORDER_SIZE)) }
}

fn submit(engine: &mut Engine, account: AccountId, order: Submit<'_>) -> GraphIx {
    match engine.apply(Command::Submit { account, order }, START).unwrap() {
        Reply::Submitted { graph, .. } => graph,
        _ => unreachable!("a submit is answered by its graph"),
    }
}

fn status(engine: &Engine, graph: GraphIx) -> OrderStatus {
    engine.order(engine.graph(graph).order.unwrap()).status
}

/// Time of `iterations` runs of `work`, on fresh copies every few thousand.
fn timed(prepared: &Prepared, iterations: u64, mut work: impl FnMut(&mut Engine, u64)) -> Duration {
    let mut total = Duration::ZERO;
    let mut left = iterations;
    while left > 0 {
        let mut engine = prepared.engine.clone();
        let now = left.min(ORDERS_PER_COPY);
        let began = Instant::now();
        for nth in 0..now {
            work(&mut engine, nth);
        }
        total += began.elapsed();
        left -= now;
        assert!(engine.check_invariants().is_empty());
    }
    total
}

const fn side_of(nth: u64) -> Side {
    if nth.is_multiple_of(2) { Side::Buy } else { Side::Sell }
}

fn market_orders(c: &mut Criterion) {
    let mut group = c.benchmark_group("engine/market_order");
    let prepared = prepared();
    let kraken = VenueId::parse("kraken").unwrap();
    for (name, venue) in [("pinned", Some(kraken)), ("routed_5_venues", None)] {
        group.bench_function(name, |b| {
            b.iter_custom(|iterations| {
                timed(&prepared, iterations, |engine, nth| {
                    let graph = submit(engine, prepared.account, order(side_of(nth), None, venue));
                    assert_eq!(status(engine, graph), OrderStatus::Filled);
                })
            });
        });
    }
    group.finish();
}

fn resting_orders(c: &mut Criterion) {
    let mut group = c.benchmark_group("engine/limit_order");
    let prepared = prepared();
    let kraken = VenueId::parse("kraken").unwrap();
    let bid = Price(MID - 5 * TICK);
    group.bench_function("rest_and_cancel", |b| {
        b.iter_custom(|iterations| {
            timed(&prepared, iterations, |engine, _| {
                let wanted = order(Side::Buy, Some(bid), Some(kraken));
                let graph = submit(engine, prepared.account, wanted);
                let id = engine.graph(graph).id.to_string();
                let command = Command::CancelGraph { account: prepared.account, id: &id };
                black_box(engine.apply(command, START).unwrap());
                assert_eq!(status(engine, graph), OrderStatus::Cancelled);
            })
        });
    });
    // The bid at our price goes, a seller quotes there, we are filled, the book is as before.
    let inside = Price(MID);
    let level = |size| [MarketEvent::level(BookSide::Ask, inside, size, START, START).last()];
    let (appears, goes) = (level(ORDER_SIZE), level(Quantity::ZERO));
    group.bench_function("rest_and_fill", |b| {
        b.iter_custom(|iterations| {
            timed(&prepared, iterations, |engine, _| {
                let wanted = order(Side::Buy, Some(inside), Some(kraken));
                let graph = submit(engine, prepared.account, wanted);
                let market = prepared.kraken;
                engine.apply(Command::Market { market, events: &appears }, START).unwrap();
                assert_eq!(status(engine, graph), OrderStatus::Filled);
                engine.apply(Command::Market { market, events: &goes }, START).unwrap();
            })
        });
    });
    group.finish();
}

/// The reference of every ratio: a market event that no order is waiting for.
fn quiet_market(c: &mut Criterion) {
    let prepared = prepared();
    let top = Price(MID - TICK);
    let change = |size| [MarketEvent::level(BookSide::Bid, top, size, START, START).last()];
    let changes = [change(Quantity(7)), change(LEVEL_SIZE)];
    c.bench_function("engine/quiet_market_event", |b| {
        b.iter_custom(|iterations| {
            timed(&prepared, iterations, |engine, nth| {
                let events = if nth.is_multiple_of(2) { &changes[0] } else { &changes[1] };
                let command = Command::Market { market: prepared.kraken, events };
                black_box(engine.apply(command, START).unwrap());
            })
        });
    });
}

criterion_group!(benches, market_orders, resting_orders, quiet_market);
criterion_main!(benches);
