//! What holds for every sequence of events at a level, and equality with a naive twin.

#[path = "support/queue_rules.rs"]
mod queue_rules;
#[path = "support/queue_twin.rs"]
mod queue_twin;

use std::collections::BTreeMap;

use proptest::prelude::*;
use queue_rules::step_rules;
use queue_twin::{Twin, TwinRule};
use sequence_core::ids::BookSide::{Ask, Bid};
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::lots::Unmatched;
use sequence_core::sim::phi::Phi;
use sequence_core::sim::queue::{Join, Print, QueueBook, QueueFill, QueueModel, QueueParams};
use sequence_core::sim::tracker::LevelEntry;
use sequence_core::sim::view::{EntryPlace, Mode};

const LEVEL: Price = Price(100);
const SHOWN: i64 = 30;

#[derive(Debug, Clone, Copy)]
enum Step {
    Depth(i64),
    /// Relative change: many small lots of equal size.
    Change(i64),
    Print(i64),
    Through(i64),
    Quote(i64),
    Join(i64),
    Cancel(u64),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_i64..40).prop_map(Step::Depth),
        12 => (-2_i64..=2).prop_map(Step::Change),
        4 => (1_i64..25).prop_map(Step::Print),
        1 => (1_i64..25).prop_map(Step::Through),
        1 => (1_i64..25).prop_map(Step::Quote),
        3 => (1_i64..12).prop_map(Step::Join),
        1 => (0_u64..20).prop_map(Step::Cancel),
        2 => (0_i64..4).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..120)
}

/// The book under test at one bid level, kept apart from its twin.
struct Bench {
    book: QueueBook,
    now: i64,
    shown: i64,
    orders: u64,
    filled: BTreeMap<u64, i64>,
    joined: BTreeMap<u64, i64>,
}

impl Bench {
    fn new(model: QueueModel, hold_ns: i64, fill_quantum: i64) -> Self {
        let rules = step_rules(EntryPlace::Behind, hold_ns, fill_quantum);
        let params = QueueParams { model, hidden_ahead_ppm: 0, band_hidden_ppm: 250_000, rules };
        let (filled, joined) = (BTreeMap::new(), BTreeMap::new());
        Self { book: QueueBook::new(params), now: 0, shown: SHOWN, orders: 0, filled, joined }
    }

    fn step(&mut self, step: Step) -> Vec<QueueFill> {
        let mut out = Vec::new();
        match step {
            Step::Change(by) => return self.step(Step::Depth((self.shown + by).max(0))),
            Step::Depth(shown) => {
                let change = (Quantity(self.shown), Quantity(shown));
                self.book.on_level(Bid, LEVEL, change, 0, self.now, &mut out);
                self.shown = shown;
                assert_eq!(out, [], "a decrease is never a fill");
            }
            Step::Print(size) => self.print(LEVEL, size, &mut out),
            Step::Through(size) => self.print(Price(99), size, &mut out),
            Step::Quote(size) => {
                let change = (Quantity(0), Quantity(size));
                self.book.on_level(Ask, LEVEL, change, 0, self.now, &mut out);
            }
            Step::Join(quantity) => self.join(quantity),
            Step::Cancel(order) => {
                self.book.remove(Bid, LEVEL, order);
            }
            Step::Wait(ns) => {
                self.now += ns;
                self.book.on_timer(self.now);
            }
        }
        for fill in &out {
            *self.filled.entry(fill.order).or_default() += fill.quantity.0;
        }
        out
    }

    fn print(&mut self, price: Price, size: i64, out: &mut Vec<QueueFill>) {
        let quantity = Quantity(size);
        let print = Print { hit: Some(Bid), price, quantity, external: quantity };
        self.book.on_print(print, self.now, out);
        let used: i64 = out.iter().map(|fill| fill.quantity.0).sum();
        assert!(used <= size, "own fills {used} from a print of {size}");
    }

    fn join(&mut self, quantity: i64) {
        let (order, now_ns) = (self.orders, self.now);
        self.orders += 1;
        self.joined.insert(order, quantity);
        let quantity = Quantity(quantity);
        let join = Join { order, side: Bid, price: LEVEL, quantity, seq: order, now_ns };
        self.book.join(join, LevelEntry::displayed(Quantity(self.shown)));
    }

    fn check(&self) {
        let Some(view) = self.book.level(Bid, LEVEL) else { return };
        assert!(view.surplus() >= 0, "surplus {}", view.surplus());
        let mut before = 0;
        for own in view.own().iter() {
            assert!(own.remaining > 0);
            let filled = self.filled.get(&own.order).copied().unwrap_or(0);
            assert_eq!(
                filled + own.remaining,
                self.joined.get(&own.order).copied().unwrap_or(0),
                "quantity is conserved"
            );
            assert_eq!(own.entry_ahead, own.ahead + own.prints_ahead + own.cancels_ahead);
            assert!(own.ahead >= before, "first come, first served");
            before = own.ahead;
            assert!(own.low.ahead <= own.ahead && own.ahead <= own.high.ahead, "{own:?}");
        }
        assert!(view.own().iter().is_sorted_by_key(|own| own.seq));
    }
}

fn models() -> Vec<(QueueModel, Option<TwinRule>)> {
    let fixed = |mode| QueueModel::Fixed(mode);
    vec![
        (fixed(Mode::Lots(Unmatched::Back)), Some(TwinRule::Back)),
        (fixed(Mode::Lots(Unmatched::Power(3))), Some(TwinRule::Power(3))),
        (fixed(Mode::Scalar(Phi::Uniform)), Some(TwinRule::Uniform)),
        (fixed(Mode::Scalar(Phi::PowerX(3))), Some(TwinRule::PowerX(3))),
        (fixed(Mode::Scalar(Phi::RiskAverse)), None),
        (fixed(Mode::Scalar(Phi::LogRatio)), None),
        (fixed(Mode::Scalar(Phi::TradeOnly)), None),
        (fixed(Mode::Scalar(Phi::AllAhead)), None),
        (fixed(Mode::Scalar(Phi::learnt())), None),
        (QueueModel::Optimistic, None),
        (QueueModel::Adversarial, None),
    ]
}

/// One step of the twin. A level without own orders has no view, so the twin starts again there.
fn twin_step(
    twin: &mut Option<Twin>,
    bench: &Bench,
    rule: TwinRule,
    window: i64,
    step: Step,
) -> Vec<(u64, i128)> {
    let (now, shown) = (bench.now, i128::from(bench.shown));
    let mut fills = Vec::new();
    if let Step::Join(quantity) = step {
        let twin = twin.get_or_insert_with(|| Twin::new(rule, window, shown));
        twin.join(bench.orders, i128::from(quantity), now);
    } else if let Some(twin) = twin {
        match step {
            Step::Depth(to) => twin.depth(i128::from(to), now),
            Step::Change(by) => twin.depth((shown + i128::from(by)).max(0), now),
            Step::Print(size) => fills = twin.print(i128::from(size), now),
            Step::Through(size) => fills = twin.beyond(i128::from(size), true, now),
            Step::Quote(size) => fills = twin.beyond(i128::from(size), false, now),
            Step::Cancel(order) => twin.remove(order),
            Step::Wait(ns) => twin.tick(now + ns),
            Step::Join(_) => {}
        }
    }
    if twin.as_ref().is_some_and(|twin| twin.own.is_empty()) {
        *twin = None;
    }
    fills
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_twin_agrees_after_every_event(steps in steps(), which in 0_usize..4, window in 0_i64..6) {
        let (model, rule) = models().swap_remove(which);
        let rule = rule.unwrap();
        let mut bench = Bench::new(model, window, 1);
        let mut twin = None;
        for step in steps {
            let expected = twin_step(&mut twin, &bench, rule, window, step);
            let fills = bench.step(step);
            let fills: Vec<(u64, i128)> =
                fills.iter().map(|fill| (fill.order, fill.quantity.0.into())).collect();
            prop_assert_eq!(fills, expected, "{:?}", step);
            let view = bench.book.level(Bid, LEVEL);
            let ahead: Vec<(u64, i128)> = view
                .into_iter()
                .flat_map(|view| view.own().iter())
                .map(|own| (own.order, own.ahead.into()))
                .collect();
            prop_assert_eq!(ahead, twin.as_ref().map(Twin::ahead).unwrap_or_default(), "{:?}", step);
            if let (Some(view), Some(twin)) = (view, &twin) {
                prop_assert_eq!(i128::from(view.external()), twin.external());
                prop_assert_eq!(i128::from(view.record().held()), twin.held_size());
            }
        }
    }

    #[test]
    fn every_model_keeps_the_rules_of_the_tape(
        steps in steps(), which in 0_usize..models().len(), window in 0_i64..6, quantum in 1_i64..4,
    ) {
        let (model, _) = models().swap_remove(which);
        let mut bench = Bench::new(model.clone(), window, quantum);
        let mut again = Bench::new(model, window, quantum);
        for step in steps {
            let fills = bench.step(step);
            bench.check();
            prop_assert_eq!(fills, again.step(step), "the same input gives the same output");
            prop_assert_eq!(&bench.book, &again.book);
        }
    }

    #[test]
    fn the_readings_of_a_lone_order_fill_in_their_order(
        steps in steps(), which in 0_usize..models().len(), quantity in 1_i64..40,
    ) {
        let (model, _) = models().swap_remove(which);
        let mut bench = Bench::new(model, 0, 1);
        bench.step(Step::Join(quantity));
        for step in steps {
            if matches!(step, Step::Join(_) | Step::Cancel(_)) {
                continue;
            }
            for fill in bench.step(step) {
                prop_assert!(fill.low.remaining <= fill.remaining.0);
                prop_assert!(fill.remaining.0 <= fill.high.remaining);
            }
            for own in bench.book.level(Bid, LEVEL).into_iter().flat_map(|view| view.own().iter()) {
                prop_assert!(own.low.remaining <= own.remaining);
                prop_assert!(own.remaining <= own.high.remaining);
            }
        }
    }
}
