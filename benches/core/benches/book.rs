//! What one market event costs: book, market, best over venues, demo market, record.
//!
//! Every benchmark checks its answer, so that a fast wrong one does not count.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sequence_core::book::Book;
use sequence_core::demo::{DemoBook, DemoMarket, Volatility};
use sequence_core::ids::{BookSide, InstrumentKind, VenueId};
use sequence_core::market::{Market, MarketConfig, Nbbo, consolidated};
use sequence_core::number::{Price, Quantity};
use sequence_core::tape::{EventKind, MarketEvent};

const START: i64 = 1_776_657_000_000_000_000;
const SECOND: i64 = 1_000_000_000;
const MID: i64 = 74_349_000_000_000;
const TICK: i64 = 10_000_000;
const DEPTHS: [i64; 3] = [10, 100, 1_000];

const fn price(side: BookSide, level: i64, half: bool) -> Price {
    let away = (2 * level + 2 + half as i64) * TICK;
    match side {
        BookSide::Bid => Price(MID - away),
        BookSide::Ask => Price(MID + away),
    }
}

fn snapshot(depth: i64) -> Vec<MarketEvent> {
    let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, START, START)];
    for side in [BookSide::Bid, BookSide::Ask] {
        events.extend((0..depth).map(|level| {
            let size = Quantity(1_000 + level);
            MarketEvent::level(side, price(side, level, false), size, START, START)
        }));
    }
    events.push(MarketEvent::new(EventKind::SnapshotEnd, START, START).last());
    events
}

/// A round of changes near the touch that ends where it began: sizes change and change back,
/// levels join and leave.
fn round() -> Vec<MarketEvent> {
    let mut events = Vec::new();
    for nth in 0..128 {
        let side = if nth % 3 == 0 { BookSide::Bid } else { BookSide::Ask };
        let level = (nth * nth) % 8;
        let change = |half, size| {
            let at = price(side, level, half);
            MarketEvent::level(side, at, Quantity(size), START, START).last()
        };
        events.extend([
            change(false, 7),
            change(true, 5),
            change(true, 0),
            change(false, 1_000 + level),
        ]);
    }
    events
}

fn market(depth: i64) -> Market {
    let mut market = Market::new(MarketConfig::live(5 * SECOND));
    for event in snapshot(depth).iter().chain(&round()) {
        market.apply(event, START);
    }
    assert!(market.is_live(START));
    market
}

fn book_delta(c: &mut Criterion) {
    let mut group = c.benchmark_group("book_delta");
    let round = round();
    group.throughput(Throughput::Elements(round.len() as u64));
    for depth in DEPTHS {
        let start = market(depth).book;
        let mut book: Book = start.clone();
        group.bench_function(BenchmarkId::from_parameter(depth), |b| {
            b.iter(|| {
                for event in &round {
                    let side = event.side.unwrap_or(BookSide::Bid);
                    black_box(book.set(side, event.price, event.quantity));
                }
            });
        });
        assert_eq!(book, start);
    }
    group.finish();
}

fn market_apply(c: &mut Criterion) {
    let mut group = c.benchmark_group("market_apply");
    let round = round();
    group.throughput(Throughput::Elements(round.len() as u64));
    for depth in DEPTHS {
        let start = market(depth);
        let mut market = start.clone();
        group.bench_function(BenchmarkId::from_parameter(depth), |b| {
            b.iter(|| {
                for event in &round {
                    black_box(market.apply(event, START));
                }
            });
        });
        assert_eq!(market.book, start.book);
        assert!(market.is_live(START) && market.version > start.version);
    }
    group.finish();
}

fn snapshots(c: &mut Criterion) {
    let mut group = c.benchmark_group("snapshot");
    for depth in DEPTHS {
        let events = snapshot(depth);
        let expected = market(depth).book;
        let mut market = market(depth);
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(depth), |b| {
            b.iter(|| {
                for event in &events {
                    black_box(market.apply(event, START));
                }
            });
        });
        assert_eq!(market.book, expected);
    }
    group.finish();
}

fn over_venues(c: &mut Criterion) {
    let markets: Vec<Market> = (0..6).map(|_| market(100)).collect();
    let expected = (price(BookSide::Bid, 0, false), Quantity(6 * 1_000));
    c.bench_function("nbbo_of_6", |b| {
        b.iter(|| {
            let best = Nbbo::of((0..).map(VenueId).zip(black_box(&markets)), START);
            assert_eq!((best.bid, best.bid_size), expected);
        });
    });
    c.bench_function("consolidated_10_of_6", |b| {
        b.iter(|| {
            let depth = consolidated(black_box(&markets), BookSide::Bid, 10, START);
            assert_eq!(
                (depth.len(), depth.first().map(|level| level.quantity)),
                (10, Some(expected.1))
            );
        });
    });
}

fn demo(c: &mut Criterion) {
    let venues = ["binance", "bybit", "coinbase", "kraken", "okx"];
    let symbols =
        ["BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD", "BTC-USDT", "BTC-USDC", "BTC-USD-PERP"];
    let books: Vec<DemoBook<'_>> = symbols
        .iter()
        .flat_map(|symbol| venues.iter().map(move |venue| (symbol, venue)))
        .map(|(symbol, venue)| DemoBook {
            symbol,
            venue,
            kind: InstrumentKind::Spot,
            tick: Price(TICK),
            lot: Quantity(1_000),
            bid: Price(MID),
            ask: Price(MID + TICK),
            volatility: Volatility::Normal,
        })
        .collect();
    let count = |until: i64| {
        let mut events = 0;
        let mut market = DemoMarket::new(42, &books, START);
        market.advance(until, &mut |_, message: &[MarketEvent]| events += message.len());
        events
    };
    let until = START + 60 * SECOND;
    let expected = count(until);
    let mut group = c.benchmark_group("demo");
    group.sample_size(20).throughput(Throughput::Elements(expected as u64));
    group.bench_function("a_minute_of_35_books", |b| {
        b.iter(|| assert_eq!(count(black_box(until)), expected));
    });
    group.finish();
}

fn record(c: &mut Criterion) {
    let event = MarketEvent::level(BookSide::Ask, Price(MID), Quantity(5), START, START).last();
    c.bench_function("record_there_and_back", |b| {
        b.iter(|| {
            let bytes = black_box(&event).to_bytes();
            assert_eq!(MarketEvent::from_bytes(black_box(&bytes)), Ok(event));
        });
    });
}

criterion_group!(benches, book_delta, market_apply, snapshots, over_venues, demo, record);
criterion_main!(benches);
