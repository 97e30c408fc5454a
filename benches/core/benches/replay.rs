//! Events per second of a replay, what an order costs, and what a book and an order weigh.
#![expect(clippy::expect_used, reason = "a benchmark that cannot set itself up should stop")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use sequence_benches::replay::{opened, order, price_of, records, rest, tape};
use sequence_core::command::Command;
use sequence_core::ids::{BookSide, Side};
use sequence_core::session::Session;
use sequence_core::tape::Tape;

/// Records played in one run.
const EVENTS: usize = 500_000;
/// Messages played before anything is measured.
const WARM_UP: usize = 1_000;

/// The tape from where the measurement begins.
fn behind_warm_up(base: &Tape) -> Tape {
    let mut tape = base.rewound();
    for _ in 0..WARM_UP {
        tape.next_message();
    }
    tape
}

/// Plays records from memory, with orders resting on the levels behind the touch.
fn events(criterion: &mut Criterion) {
    let base = tape(records(EVENTS).expect("it is written")).expect("it is a tape");
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(base.events() as u64)).sample_size(10);
    // A run takes long enough to be a sample of its own.
    group.sampling_mode(SamplingMode::Flat);
    for resting in [0, 1, 100, 10_000] {
        let (mut engine, account, _) = opened(&mut base.rewound(), WARM_UP);
        rest(&mut engine, account, resting);
        let session = || {
            let mut session = Session::new(engine.clone());
            session.add_tape(behind_warm_up(&base)).expect("its market is listed");
            session
        };
        group.bench_function(format!("{resting}_resting"), |bencher| {
            bencher.iter_batched_ref(
                session,
                |session| {
                    session.advance(base.last_ns());
                    assert!(session.next_due_ns().is_none());
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A market order from command to answer, and a passive order from command to cancelled.
fn orders(criterion: &mut Criterion) {
    let mut base: Tape = tape(records(20_000).expect("it is written")).expect("it is a tape");
    let (engine, account, _) = opened(&mut base, WARM_UP);
    let mut group = criterion.benchmark_group("replay_order");
    for (name, limit) in [("market", None), ("passive", Some(price_of(BookSide::Bid, 5)))] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || engine.clone(),
                |engine| {
                    let order = black_box(order(Side::Buy, limit));
                    let sent = engine.now_ns();
                    engine.apply(Command::Submit { account, order }, sent).expect("it is taken");
                    engine.apply(Command::Advance, sent + 1_000_000_000).expect("time passes");
                    if limit.is_some() {
                        let id = engine.node_order_id(engine.order(sequence_core::ids::OrderId(0)));
                        let cancel = Command::CancelOrder { account, id: &id };
                        engine.apply(cancel, sent + 1_000_000_000).expect("it is open");
                        engine.apply(Command::Advance, sent + 2_000_000_000).expect("time passes");
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, events, orders);
criterion_main!(benches);
