//! Symbol parsing and fee arithmetic: what the order path pays for text and for money.
#![expect(clippy::unwrap_used, reason = "a benchmark that gets a wrong answer must stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sequence_core::ids::Side;
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::fees::{Charging, FeeSchedule, FeeState};
use sequence_core::symbol::{Symbol, parse_event_contract};

const TOKEN: &str = "93306292450753343873001379745548936703270056748899305193655114461097692136642";

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("symbol/parse");
    for (name, text, canonical) in [
        ("pair", "BTC-USD", "BTC-USD"),
        ("perp", "BTC-USD-PERP", "BTC-USD-PERP"),
        ("swap", "ETH-USDC-ARB", "ETH-USDC-ARB"),
        ("ticker", "KXBTCZ-26DEC31-T99000:NO", "KXBTCZ-26DEC31-T99000:NO"),
        ("slug", "btc-updown-5m-1776537600", "btc-updown-5m-1776537600:YES"),
        ("token", TOKEN, TOKEN),
    ] {
        assert_eq!(Symbol::parse(text).unwrap().canonical(), canonical);
        group.bench_function(name, |b| b.iter(|| Symbol::parse(black_box(text))));
    }
    assert_eq!(parse_event_contract("KXFOO-BAR:NO").unwrap().market_slug, "KXFOO-BAR");
    group.bench_function("event_contract", |b| {
        b.iter(|| parse_event_contract(black_box("KXFOO-BAR:NO")));
    });
    group.finish();
}

fn fees(c: &mut Criterion) {
    let mut group = c.benchmark_group("fees");
    for (name, schedule, price, qty, fee) in [
        ("bps", FeeSchedule::bps(100_000, 100_000), "74349.45", "0.1", 7_434_945_000),
        ("kalshi", FeeSchedule::kalshi(false), "0.50", "10", 180_000_000),
        ("polymarket", FeeSchedule::polymarket(7_200_000, 0), "0.50", "100", 1_800_000_000),
    ] {
        let (price, qty) = (Price::parse(price).unwrap(), Quantity::parse(qty).unwrap());
        let charge = |schedule: &FeeSchedule| {
            let mut state = FeeState::default();
            state.charge(schedule, Side::Buy, price, qty, Charging::default())
        };
        assert_eq!(charge(&schedule).unwrap().fee.0, fee);
        group.bench_function(format!("charge/{name}"), |b| b.iter(|| charge(black_box(&schedule))));
        let reserve = |schedule: &FeeSchedule| {
            FeeState::default().reserve_buy(schedule, price, qty, Quantity(1_000_000))
        };
        assert!(reserve(&schedule).unwrap().0 >= fee);
        group.bench_function(format!("reserve/{name}"), |b| {
            b.iter(|| reserve(black_box(&schedule)));
        });
    }
    group.finish();
}

criterion_group!(benches, parse, fees);
criterion_main!(benches);
