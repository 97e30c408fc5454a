//! The worked examples of the queue, number by number. Sizes are indivisible units.

#![expect(clippy::unwrap_used, reason = "a level that is missing fails the example")]

#[path = "support/queue_rules.rs"]
mod queue_rules;

use queue_rules::step_rules;
use sequence_core::ids::BookSide::{Ask, Bid};
use sequence_core::number::{Money, PRICE_ONE, Price, Quantity, exact_notional};
use sequence_core::sim::lots::{LotQueue, Unmatched};
use sequence_core::sim::phi::Phi;
use sequence_core::sim::queue::{
    FillCause, Join, Print, QueueBook, QueueFill, QueueModel, QueueParams,
};
use sequence_core::sim::record::Record;
use sequence_core::sim::tracker::LevelEntry;
use sequence_core::sim::trust::Trust;
use sequence_core::sim::view::{EntryPlace, Mode};

const P: Price = Price(100);
const MS: i64 = 1_000_000;

/// A bid level under test, with one call per kind of event.
struct Bench {
    book: QueueBook,
    displayed: i64,
    now: i64,
    seq: u64,
}

impl Bench {
    fn new(mode: Mode, hold_ns: i64) -> Self {
        Self::with_model(QueueModel::Fixed(mode), hold_ns)
    }

    fn with_model(model: QueueModel, hold_ns: i64) -> Self {
        let rules = step_rules(EntryPlace::Behind, hold_ns, 1);
        let params = QueueParams { model, hidden_ahead_ppm: 0, band_hidden_ppm: 250_000, rules };
        Self { book: QueueBook::new(params), displayed: 0, now: 0, seq: 0 }
    }

    /// An own order joins; at a new level these lots stand ahead (the first of unknown origin).
    fn join(&mut self, order: u64, size: i64, lots: &[i64]) {
        let mut queue = LotQueue::default();
        for (at, lot) in lots.iter().enumerate() {
            queue.append(*lot, at > 0, 0, 512);
        }
        self.displayed = self.displayed.max(lots.iter().sum());
        let entry = LevelEntry {
            record: Record::new(self.displayed, 0),
            queue: queue.into(),
            policy: Mode::Lots(Unmatched::Back),
            unmatched: Unmatched::Back,
            trust: Trust::FULL,
        };
        self.seq += 1;
        let (quantity, seq, now_ns) = (Quantity(size), self.seq, self.now);
        self.book.join(Join { order, side: Bid, price: P, quantity, seq, now_ns }, entry);
    }

    fn depth(&mut self, size: i64) {
        let change = (Quantity(self.displayed), Quantity(size));
        let mut out = Vec::new();
        self.book.on_level(Bid, P, change, 0, self.now, &mut out);
        self.displayed = size;
        assert_eq!(out, [], "depth at the own side is never a fill");
    }

    fn print(&mut self, size: i64) -> Vec<QueueFill> {
        self.print_at(P, size)
    }

    fn print_at(&mut self, price: Price, size: i64) -> Vec<QueueFill> {
        let mut out = Vec::new();
        let quantity = Quantity(size);
        let print = Print { hit: Some(Bid), price, quantity, external: quantity };
        self.book.on_print(print, self.now, &mut out);
        for fill in &out {
            let told = fill.ahead_before.0 + fill.prints_ahead.0 + fill.cancels_ahead.0;
            assert_eq!(fill.ahead_entry.0, told, "the story adds up");
        }
        out
    }

    fn ahead(&self, order: u64) -> i64 {
        let view = self.book.level(Bid, P).unwrap();
        view.own().iter().find(|own| own.order == order).unwrap().ahead
    }

    fn level(&self) -> (i64, i64) {
        let view = self.book.level(Bid, P).unwrap();
        (view.external(), view.surplus())
    }
}

fn amounts(fills: &[QueueFill]) -> Vec<(u64, i64)> {
    fills.iter().map(|fill| (fill.order, fill.quantity.0)).collect()
}

#[test]
fn e13_1_every_scalar_rule_advances_as_published() {
    for (phi, steps, filled) in [
        (Phi::RiskAverse, [70, 60, 60, 60], 10),
        (Phi::TradeOnly, [70, 70, 70, 70], 0),
        (Phi::AllAhead, [70, 60, 60, 40], 20),
        (Phi::Uniform, [70, 60, 60, 48], 20),
        (Phi::PowerRatio(2), [70, 60, 60, 47], 20),
        (Phi::PowerRatio(3), [70, 60, 60, 45], 20),
        (Phi::LogRatio, [70, 60, 60, 50], 20),
        (Phi::PowerGap(2), [70, 60, 60, 44], 20),
        (Phi::LogGap, [70, 60, 60, 57], 13),
        (Phi::PowerX(2), [70, 60, 60, 53], 17),
        (Phi::PowerX(3), [70, 60, 60, 56], 14),
        (Phi::Bias(-(1 << 31)), [70, 60, 60, 52], 18),
    ] {
        let name = phi.name();
        let mut bench = Bench::new(Mode::Scalar(phi), 0);
        bench.join(1, 20, &[100]);
        assert_eq!(bench.print(30), []);
        let mut ahead = vec![bench.ahead(1)];
        for size in [60, 100, 80] {
            bench.depth(size);
            ahead.push(bench.ahead(1));
        }
        assert_eq!(ahead, steps, "{name}");
        let fills = bench.print(70);
        assert_eq!(fills.iter().map(|fill| fill.quantity.0).sum::<i64>(), filled, "{name}");
        if filled < 20 {
            assert_eq!(bench.ahead(1), 0, "{name}");
        }
    }
}

#[test]
fn e13_2_the_excess_comes_from_the_front() {
    let mut bench = Bench::new(Mode::Scalar(Phi::PowerX(3)), 0);
    bench.join(1, 10, &[30]);
    bench.depth(40);
    assert_eq!(bench.ahead(1), 30);
    bench.depth(15);
    assert_eq!(bench.ahead(1), 15);
}

#[test]
fn e13_3_lots_find_the_order_that_was_cancelled() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::Back), 0);
    bench.join(1, 20, &[40, 10, 25]);
    bench.depth(85);
    bench.depth(100);
    assert_eq!(bench.ahead(1), 75);
    for (displayed, ahead) in [(90, 75), (80, 65), (55, 40)] {
        bench.depth(displayed);
        assert_eq!(bench.ahead(1), ahead, "at {displayed}");
    }
    assert_eq!(bench.print(30), []);
    assert_eq!(bench.ahead(1), 10);
    assert_eq!(amounts(&bench.print(20)), [(1, 10)]);
    assert_eq!(bench.ahead(1), 0);
    assert_eq!(bench.level(), (15, 10));
    bench.depth(5);
    assert_eq!(bench.level(), (15, 10));
}

#[test]
fn e13_4_an_unmatched_decrease_is_spread_by_rule() {
    for (mode, ahead) in [
        (Mode::Lots(Unmatched::Power(3)), 74),
        (Mode::Lots(Unmatched::Back), 80),
        (Mode::Scalar(Phi::Uniform), 71),
        (Mode::Scalar(Phi::PowerX(3)), 74),
    ] {
        let mut bench = Bench::new(mode, 0);
        bench.join(1, 10, &[50, 30]);
        bench.depth(100);
        bench.depth(88);
        assert_eq!((bench.ahead(1), bench.level()), (ahead, (88, 0)));
    }
}

#[test]
fn one_larger_lot_takes_what_no_lot_matches() {
    let run = |lots: &[i64], behind: &[i64], cut: i64| {
        let mut bench = Bench::new(Mode::Lots(Unmatched::OneLot), 0);
        bench.join(1, 10, lots);
        let mut shown: i64 = lots.iter().sum();
        for lot in behind {
            shown += lot;
            bench.depth(shown);
        }
        bench.depth(shown - cut);
        bench.ahead(1)
    };
    // Places 1 to 4 weigh 1, 8, 27 and 64: the newest of those that are larger.
    assert_eq!(run(&[40, 30], &[20, 25], 7), 70, "behind");
    assert_eq!(run(&[40, 30], &[5, 6], 7), 63, "only those ahead are larger: the second");
    assert_eq!(run(&[6, 6], &[5, 5], 7), 12, "none is larger: from the newest back");
    assert_eq!(run(&[6, 6], &[5], 9), 8, "and on through the own order");
}

#[test]
fn of_equal_lots_the_likeliest_by_age_and_place_leaves() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::OneLot), 0);
    bench.join(1, 10, &[3, 10, 10]);
    for (at, size) in [(1_000_000_000, 33), (2_000_000_000, 43)] {
        bench.now = at;
        bench.depth(size);
    }
    bench.now = 2_050_000_000;
    bench.depth(33);
    assert_eq!(bench.ahead(1), 23, "one of 50 ms outweighs all that are older");
    // Of those left ages say nothing after an hour; places 2, 3 and 4 weigh 1.7, 2.3 and 2.8.
    bench.now = 3_600_000_000_000;
    bench.depth(23);
    assert_eq!(bench.ahead(1), 13, "the middle of the weight stood ahead");
}

/// A list that is half believed, on a feed whose fills are decided with care.
#[test]
fn an_estimate_stands_between_the_list_and_the_careful_reading_and_fills_wait_for_that() {
    let trust = Trust { ppm: 500_000, careful_fills: true };
    let join = |bench: &mut Bench| {
        let mut queue = LotQueue::default();
        queue.append(40, true, 0, 512);
        let policy = Mode::Lots(Unmatched::Back);
        let (record, unmatched) = (Record::new(40, 0), Unmatched::Back);
        let entry = LevelEntry { record, queue: queue.into(), policy, unmatched, trust };
        let (price, quantity, now_ns) = (P, Quantity(10), 0);
        bench.book.join(Join { order: 1, side: Bid, price, quantity, seq: 1, now_ns }, entry);
        bench.displayed = 40;
    };
    let mut bench = Bench::with_model(QueueModel::Auto, 0);
    join(&mut bench);
    bench.depth(140);
    bench.depth(100);
    assert_eq!(bench.ahead(1), 20, "the list says 0, the careful reading 40");
    assert_eq!(bench.print(30), [], "the careful reading still sees 10");
    assert_eq!(bench.ahead(1), 5);
    // The market comes to believe the list less: nobody is moved back, and all levels follow.
    let less = Trust { ppm: 0, careful_fills: true };
    bench.book.set_policy(&(Mode::Lots(Unmatched::Power(1)), less));
    bench.depth(100);
    assert_eq!(bench.ahead(1), 5);
    let fills: Vec<i64> = bench.print(14).iter().map(|fill| fill.quantity.0).collect();
    assert_eq!(fills, [4], "ten before it, then four for it");
}

#[test]
fn e13_5_what_a_lot_cannot_give_goes_to_a_second_round() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::Power(3)), 0);
    bench.join(1, 10, &[60, 6]);
    bench.depth(70);
    bench.depth(37);
    assert_eq!((bench.ahead(1), bench.level()), (37, (37, 0)));
}

#[test]
fn e13_6_two_own_orders_share_one_print() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::Back), 0);
    bench.join(1, 10, &[40]);
    bench.depth(70);
    bench.join(2, 20, &[]);
    bench.depth(100);
    assert_eq!((bench.ahead(1), bench.ahead(2)), (40, 70));
    assert_eq!(amounts(&bench.print(60)), [(1, 10)]);
    assert_eq!((bench.level(), bench.ahead(2)), ((50, 10), 20));
    bench.depth(40);
    assert_eq!(bench.level(), (50, 10));
    let fills = bench.print(40);
    assert_eq!(amounts(&fills), [(2, 20)]);
    assert_eq!(fills[0].surplus, Quantity(30), "all own fills so far");
    assert_eq!(fills[0].cause, FillCause::Queue);
    assert!(bench.book.is_empty());
}

#[test]
fn e13_7_a_print_through_fills_from_its_own_size_only() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::Back), 0);
    for (order, price) in [(1, Price(102)), (2, Price(101)), (3, Price(100))] {
        let join = Join { order, side: Bid, price, quantity: Quantity(30), seq: order, now_ns: 0 };
        bench.book.join(join, LevelEntry::displayed(Quantity(50)));
    }
    let fills = bench.print_at(Price(100), 40);
    assert_eq!(amounts(&fills), [(1, 30), (2, 10)]);
    assert!(fills.iter().all(|fill| fill.cause == FillCause::Through));
    let own = bench.book.level(Bid, Price(101)).unwrap().own().first().copied().unwrap();
    assert_eq!((own.remaining, own.ahead), (20, 0));
    assert_eq!(bench.book.level(Bid, Price(100)).unwrap().surplus(), 40);
}

#[test]
fn e13_8_a_crossing_quote_fills_its_increase_only() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::Back), 0);
    let (price, quantity) = (Price(5010), Quantity(25));
    let join = Join { order: 1, side: Ask, price, quantity, seq: 1, now_ns: 0 };
    bench.book.join(join, LevelEntry::displayed(Quantity(0)));
    for (before, after, filled) in [(0, 15, 15), (15, 22, 7), (22, 9, 0)] {
        let mut out = Vec::new();
        let change = (Quantity(before), Quantity(after));
        bench.book.on_level(Bid, Price(5012), change, 0, 0, &mut out);
        assert_eq!(out.iter().map(|fill| fill.quantity.0).sum::<i64>(), filled);
        for fill in out {
            assert_eq!((fill.price, fill.cause), (price, FillCause::Crossing));
            assert_eq!(fill.evidence_price, Price(5012));
        }
    }
    assert_eq!(bench.book.level(Ask, price).unwrap().own().first().unwrap().remaining, 3);
}

#[test]
fn e13_9_depth_before_its_print_advances_once() {
    let power = Mode::Lots(Unmatched::Power(3));
    let held = || {
        let mut bench = Bench::new(power.clone(), 5 * MS);
        bench.join(1, 10, &[50]);
        bench.depth(80);
        bench.depth(60);
        assert_eq!(bench.ahead(1), 50);
        bench
    };
    let mut paired = held();
    paired.now = 2 * MS;
    assert_eq!(paired.print(20), []);
    assert_eq!((paired.ahead(1), paired.level()), (30, (60, 0)));

    let mut alone = held();
    assert_eq!(alone.book.next_deadline(), Some(5 * MS));
    alone.book.on_timer(5 * MS - 1);
    assert_eq!(alone.ahead(1), 50);
    alone.book.on_timer(5 * MS);
    assert_eq!((alone.ahead(1), alone.level()), (46, (60, 0)));

    for (mode, steps) in [(Mode::Scalar(Phi::Uniform), [38, 18]), (power, [46, 26])] {
        let mut unpaired = Bench::new(mode, 0);
        unpaired.join(1, 10, &[50]);
        unpaired.depth(80);
        unpaired.depth(60);
        assert_eq!(unpaired.ahead(1), steps[0]);
        unpaired.print(20);
        assert_eq!(unpaired.ahead(1), steps[1]);
    }
}

#[test]
fn e13_21_an_own_no_bid_queues_as_a_yes_ask() {
    let no_price = Price(580_000_000);
    let price = Price(PRICE_ONE - no_price.0);
    let mut bench = Bench::new(Mode::Lots(Unmatched::Back), 0);
    let join = Join { order: 1, side: Ask, price, quantity: Quantity(20), seq: 1, now_ns: 0 };
    bench.book.join(join, LevelEntry::displayed(Quantity(50)));
    let mut out = Vec::new();
    let quantity = Quantity(60);
    bench.book.on_print(Print { hit: Some(Ask), price, quantity, external: quantity }, 0, &mut out);
    assert_eq!(amounts(&out), [(1, 10)]);
    let paid = exact_notional(no_price, Quantity(10 * 100_000_000));
    assert_eq!(Money::from_exact_ceil(paid), Money(5_800_000_000));
}

#[test]
fn prints_come_in_the_order_of_their_decreases() {
    // First 7, then 12, then an order; a cancel of 12 and a trade of 7, and only then its print.
    for mode in [Mode::Lots(Unmatched::OneLot), Mode::Scalar(Phi::RiskAverse)] {
        let mut bench = Bench::new(mode.clone(), 5 * MS);
        bench.join(1, 10, &[7, 12]);
        bench.depth(7);
        bench.depth(0);
        assert_eq!(bench.ahead(1), 19);
        assert_eq!(bench.print(7), []);
        assert_eq!((bench.ahead(1), bench.level()), (0, (0, 0)), "{mode:?}");
    }
}

#[test]
fn a_decrease_that_waits_concerns_who_stood_there_when_it_came() {
    let mut bench = Bench::new(Mode::Lots(Unmatched::OneLot), 5 * MS);
    bench.join(1, 10, &[9, 6]);
    bench.depth(9);
    bench.now = MS;
    // The same size again, behind: it was not the one that left.
    bench.depth(15);
    bench.book.on_timer(5 * MS);
    assert_eq!(bench.ahead(1), 9);

    // An order that joins after the decrease has it before it, and what comes later is behind it.
    for phi in [Phi::RiskAverse, Phi::PowerX(3), Phi::Uniform] {
        let mut bench = Bench::new(Mode::Scalar(phi), 5 * MS);
        bench.join(1, 10, &[20]);
        bench.depth(14);
        bench.now = MS;
        bench.join(2, 10, &[]);
        bench.depth(30);
        assert_eq!(bench.ahead(2), 20);
        bench.book.on_timer(5 * MS);
        assert_eq!((bench.ahead(1), bench.ahead(2)), (14, 14));
    }
}
