//! A combined depth frame of 88 levels read to its texts: by our scanner, and by the library that
//! most use. Both must find the same; what the times say is in `docs/speed.md`.
#![expect(clippy::unwrap_used, reason = "a benchmark that gets a wrong answer must stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sequence_core::json::Scanner;
use serde::Deserialize;

/// Levels of a side.
const LEVELS: u64 = 44;

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

/// Both update ids, and how long all texts are together.
type Found = (u64, u64, usize);

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

fn by_scanner(bytes: &[u8]) -> Found {
    let mut scanner = Scanner::new(bytes).unwrap();
    let names = &["U", "u", "b", "a"];
    let ([stream], carried) = scanner.fields_through(&["stream"], "data", names).unwrap();
    scanner.finish().unwrap();
    let [first, last, bids, asks] = carried.unwrap().unwrap();
    let mut length = stream.unwrap().string().unwrap().len();
    for side in [bids, asks] {
        let mut rows = side.unwrap().scanner();
        rows.array().unwrap();
        while rows.element().unwrap() {
            rows.array().unwrap();
            while rows.element().unwrap() {
                length += rows.value().unwrap().decimal().unwrap().len();
            }
        }
    }
    (first.unwrap().unsigned().unwrap(), last.unwrap().unsigned().unwrap(), length)
}

fn found(frame: &Envelope<'_>) -> Found {
    let Envelope { stream, data } = frame;
    let rows = data.bids.iter().chain(&data.asks);
    let length = rows.map(|(price, size)| price.len() + size.len()).sum::<usize>();
    (data.first, data.last, stream.len() + length)
}

fn by_serde_json(bytes: &[u8]) -> Found {
    found(&serde_json::from_slice(bytes).unwrap())
}

fn scanners(criterion: &mut Criterion) {
    let text = frame(101);
    let bytes = text.as_bytes();
    let ours = by_scanner(bytes);
    assert_eq!((ours.0, ours.1), (101, 101));
    assert_eq!(by_serde_json(bytes), ours);
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("ours", |bencher| bencher.iter(|| by_scanner(black_box(bytes))));
    group.bench_function("serde_json", |bencher| bencher.iter(|| by_serde_json(black_box(bytes))));
    group.finish();
}

criterion_group!(benches, scanners);
criterion_main!(benches);
