//! Frames per second of each decoder, on frames shaped like the venues'; results are checked.
#![expect(clippy::expect_used, reason = "a benchmark that cannot set itself up should stop")]

use std::borrow::Cow;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sequence_benches::feed::stories;
use sequence_core::feed::FeedBatch;
use sequence_core::json::{JsonNumber, Limits, Scanner, Sink, read};

/// One run is a fresh decoder, the opening, and every update after it.
fn decoders(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for story in stories() {
        group.throughput(Throughput::Elements(story.updates.len() as u64));
        group.bench_function(story.venue.as_str(), |bencher| {
            let mut batch = FeedBatch::new();
            bencher.iter(|| {
                let mut decoder = story.venue.decoder();
                let mut messages = 0;
                for frame in std::iter::once(&story.opening).chain(&story.updates) {
                    batch.clear();
                    decoder.decode(black_box(frame.as_bytes()), 1, &mut batch).expect("it decodes");
                    messages += batch.len();
                }
                assert_eq!(messages, 1 + story.updates.len());
                assert_eq!(decoder.stats().gaps, 0);
            });
        });
    }
    group.finish();
}

/// Takes a document and keeps nothing but a count.
#[derive(Default)]
struct Count(usize);

impl<'a> Sink<'a> for Count {
    type Error = ();
    fn begin_object(&mut self) -> Result<(), ()> {
        Ok(())
    }
    fn begin_array(&mut self) -> Result<(), ()> {
        Ok(())
    }
    fn end(&mut self) -> Result<(), ()> {
        Ok(())
    }
    fn key(&mut self, _: Cow<'a, str>) -> Result<(), ()> {
        self.0 += 1;
        Ok(())
    }
    fn string(&mut self, _: Cow<'a, str>) -> Result<(), ()> {
        Ok(())
    }
    fn number(&mut self, _: JsonNumber<'a>) -> Result<(), ()> {
        Ok(())
    }
    fn bool(&mut self, _: bool) -> Result<(), ()> {
        Ok(())
    }
    fn null(&mut self) -> Result<(), ()> {
        Ok(())
    }
}

fn json(criterion: &mut Criterion) {
    let order = br#"{"symbol":"BTC-USD","side":"buy","qty_1e8":100000000,"limit_price":67000.25,"tif":"GTC","graph_id":"b7c1","metadata":{"strategy":"grid","level":3}}"#;
    let mut group = criterion.benchmark_group("json");
    group.throughput(Throughput::Bytes(order.len() as u64));
    group.bench_function("skip", |bencher| {
        bencher.iter(|| {
            let mut scanner = Scanner::new(black_box(order)).expect("it is UTF-8");
            assert!(scanner.value().expect("it is JSON").is_object());
        });
    });
    group.bench_function("read", |bencher| {
        let limits = Limits { depth: 32, string: 512, array: 2000 };
        bencher.iter(|| {
            let mut count = Count::default();
            read(black_box(order), limits, &mut count).expect("it is JSON");
            assert_eq!(count.0, 9);
        });
    });
    group.finish();
}

criterion_group!(benches, decoders, json);
criterion_main!(benches);
