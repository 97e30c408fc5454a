//! A combined depth frame of 88 levels, from bytes to levels in units: by our decoder, which also
//! keeps to the rules of the venue, and by the two libraries that most use, which lend the texts
//! that the same numbers are then read from. All must find the same; what the times say is in
//! `docs/speed.md`.
#![expect(clippy::unwrap_used, reason = "a benchmark that gets a wrong answer must stop")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sequence_core::feed::{Decoder, FeedBatch, FeedVenue};
use sequence_core::number::{Price, Quantity};
use serde::Deserialize;

/// Levels of a side.
const LEVELS: u64 = 44;
/// A book that the frames continue.
const OPENING: &str = r#"{"stream":"btcusdt@depthSnapshot","data":{"lastUpdateId":100,"bids":[["61700.00","3"]],"asks":[["61900.00","1.6"]]}}"#;

#[derive(Deserialize)]
struct Envelope<'a> {
    stream: &'a str,
    #[serde(borrow)]
    data: Depth<'a>,
}

#[derive(Deserialize)]
struct Depth<'a> {
    #[serde(rename = "U")]
    first: u64,
    #[serde(rename = "u")]
    last: u64,
    #[serde(borrow, rename = "b")]
    bids: Vec<(&'a str, &'a str)>,
    #[serde(borrow, rename = "a")]
    asks: Vec<(&'a str, &'a str)>,
}

/// Every level in units, bids first.
type Found = Vec<(i64, i64)>;

fn frame(nth: u64) -> String {
    let side = |cents: fn(u64) -> u64| {
        let row = |at: u64| {
            let (price, size) = (cents(at), (nth * 7 + at * 13) % 10_000);
            let (whole, part) = (price / 100, price % 100);
            format!(r#"["{whole}.{part:02}","{}.{:03}"]"#, size / 1_000, size % 1_000)
        };
        (0..LEVELS).map(row).collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(|at| 6_180_000 - 10 * at), side(|at| 6_180_010 + 10 * at));
    format!(
        r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161256299,"s":"BTCUSDT","U":{nth},"u":{nth},"b":[{bids}],"a":[{asks}]}}}}"#
    )
}

/// A decoder whose book the frame continues.
fn opened() -> (Box<dyn Decoder>, FeedBatch) {
    let (mut decoder, mut batch) = (FeedVenue::Binance.decoder(), FeedBatch::new());
    decoder.decode(OPENING.as_bytes(), 1, &mut batch).unwrap();
    batch.clear();
    (decoder, batch)
}

fn decoded(bytes: &[u8]) -> Found {
    let (mut decoder, mut batch) = opened();
    decoder.decode(bytes, 1, &mut batch).unwrap();
    assert_eq!(decoder.stats().gaps, 0);
    let levels = batch.messages().flat_map(|(_, events)| events);
    levels.map(|level| (level.price.0, level.quantity.0)).collect()
}

/// How long all texts are together: none can be left out.
fn length(frame: &Envelope<'_>) -> u64 {
    let Envelope { stream, data } = frame;
    let rows = data.bids.iter().chain(&data.asks);
    let texts = rows.map(|(price, size)| price.len() + size.len()).sum::<usize>() + stream.len();
    data.first + data.last + texts as u64
}

fn in_units(frame: &Envelope<'_>) -> Found {
    let rows = frame.data.bids.iter().chain(&frame.data.asks);
    let units = |(price, size): &(&str, &str)| {
        (Price::parse(price).unwrap().0, Quantity::parse(size).unwrap().0)
    };
    rows.map(units).collect()
}

fn scanners(criterion: &mut Criterion) {
    let text = frame(101);
    let bytes = text.as_bytes();
    let found = decoded(bytes);
    let mut copy = bytes.to_vec();
    assert_eq!(found.len() as u64, 2 * LEVELS);
    assert_eq!(in_units(&serde_json::from_slice(bytes).unwrap()), found);
    assert_eq!(in_units(&simd_json::serde::from_slice(&mut copy).unwrap()), found);
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("ours, to a message", |bencher| {
        let decode = |(mut decoder, mut batch): (Box<dyn Decoder>, FeedBatch)| {
            decoder.decode(black_box(bytes), 1, &mut batch).unwrap();
            (decoder, batch)
        };
        bencher.iter_batched(opened, decode, BatchSize::SmallInput);
    });
    group.bench_function("serde_json, texts alone", |bencher| {
        bencher.iter(|| length(&serde_json::from_slice(black_box(bytes)).unwrap()));
    });
    group.bench_function("serde_json, in units", |bencher| {
        bencher.iter(|| in_units(&serde_json::from_slice(black_box(bytes)).unwrap()));
    });
    // It writes into what it reads, so a frame that is kept (recorded, told) is copied first.
    group.bench_function("simd-json, texts alone", |bencher| {
        bencher.iter(|| {
            let mut copy = black_box(bytes).to_vec();
            length(&simd_json::serde::from_slice(&mut copy).unwrap())
        });
    });
    group.bench_function("simd-json, in units", |bencher| {
        bencher.iter(|| {
            let mut copy = black_box(bytes).to_vec();
            in_units(&simd_json::serde::from_slice(&mut copy).unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, scanners);
criterion_main!(benches);
