//! How fast a tape is replayed: book, shared lots and one account's queue, on one core.

use std::time::Instant;

use sequence_core::book::Book;
use sequence_core::ids::BookSide;
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::queue::{Join, Print};
use sequence_core::sim::view::EntryPlace;

use crate::estimator::{Estimator, rules};
use crate::feed::{Conflator, LevelChange};
use crate::tape::{Kind, Tape};
use crate::truth::TruthBook;

/// What a client sees, ready to be replayed.
#[derive(Debug, Clone, Copy)]
enum Seen {
    Print(BookSide, i64, i64),
    Level(LevelChange),
}

/// Events per second with `resting` own orders kept at the touch.
#[derive(Debug, Clone, Copy)]
pub struct Speed {
    pub rule: &'static str,
    pub resting: u64,
    pub events: usize,
    pub per_second: f64,
    pub fills: usize,
}

/// Measures a tape; the best of three passes counts.
pub fn run(tape: &Tape, rule: &'static str, resting: u64) -> Speed {
    let seen = seen(tape);
    let passes = (0..3).map(|_| pass(tape, &seen, (rule, resting)));
    passes.max_by(|a, b| a.per_second.total_cmp(&b.per_second)).unwrap_or(Speed {
        rule,
        resting,
        events: 0,
        per_second: 0.0,
        fills: 0,
    })
}

fn seen(tape: &Tape) -> Vec<(i64, Seen)> {
    let (mut truth, mut feed, mut all) = (TruthBook::default(), Conflator::new(0), Vec::new());
    for event in &tape.events {
        let Some(effect) = truth.apply(event) else { continue };
        feed.touch(effect.side, effect.px);
        if event.kind == Kind::Execute {
            all.push((event.t, Seen::Print(effect.side, effect.px, effect.qty)));
        }
        let mut changes = Vec::new();
        feed.after(event.t, &truth, &mut changes);
        all.extend(changes.into_iter().map(|change| (event.t, Seen::Level(change))));
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn pass(tape: &Tape, seen: &[(i64, Seen)], (name, resting): (&'static str, u64)) -> Speed {
    let Some(rule) = rules().into_iter().find(|rule| rule.name == name) else {
        return Speed { rule: name, resting, events: 0, per_second: 0.0, fills: 0 };
    };
    let mut estimator = Estimator::new(rule, tape.lot, EntryPlace::Behind);
    let (mut book, mut out, mut fills, mut open) = (Book::new(), Vec::new(), 0, 0_u64);
    let start = Instant::now();
    for (at, (t, event)) in seen.iter().enumerate() {
        match *event {
            Seen::Print(hit, px, qty) => {
                let (price, quantity) = (Price(px), Quantity(qty));
                let print = Print { hit: Some(hit), price, quantity, external: quantity };
                estimator.book.on_print(print, *t, &mut out);
                estimator.tracker.on_print(hit, price, quantity, *t, *t);
            }
            Seen::Level(LevelChange { side, px, after, .. }) => {
                let before = book.set(side, Price(px), Quantity(after));
                let sizes = (before, Quantity(after));
                estimator.book.on_level(side, Price(px), sizes, 0, *t, &mut out);
                estimator.tracker.on_level(side, Price(px), Quantity(after), 0, *t);
            }
        }
        fills += out.len();
        open -= out.drain(..).filter(|fill| fill.remaining == Quantity::ZERO).count() as u64;
        if open < resting && at % 50 == 0 {
            let side = if at % 100 == 0 { BookSide::Bid } else { BookSide::Ask };
            let Some(best) = book.best(side) else { continue };
            let entry = estimator.tracker.entry(side, best.price, best.quantity, *t);
            let (order, price, quantity) = (at as u64, best.price, Quantity(tape.lot));
            estimator
                .book
                .join(Join { order, side, price, quantity, seq: order, now_ns: *t }, entry);
            open += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    Speed {
        rule: name,
        resting,
        events: seen.len(),
        per_second: seen.len() as f64 / seconds,
        fills,
    }
}
