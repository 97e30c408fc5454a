//! Single cases of the queue: reasons, gaps, entries, own executions, and the choice of a rule.
#![expect(clippy::unwrap_used, reason = "a level that is missing fails the case")]

#[path = "support/queue_rules.rs"]
mod queue_rules;

use queue_rules::step_rules;
use sequence_core::book::Book;
use sequence_core::ids::BookSide::{Ask, Bid};
use sequence_core::number::{Price, Quantity};
use sequence_core::rng::Stream;
use sequence_core::sim::explain::NotFilledReason;
use sequence_core::sim::lists::Several;
use sequence_core::sim::lots::Unmatched;
use sequence_core::sim::queue::{
    FillCause, Join, Print, QueueBook, QueueFill, QueueModel, QueueParams,
};
use sequence_core::sim::tracker::{LevelEntry, LotTracker, MatchRate};
use sequence_core::sim::trust::Trust;
use sequence_core::sim::view::{EntryPlace, Mode, StepRules};

const LEVEL: Price = Price(100);

fn book(entry: EntryPlace, hold_ns: i64, fill_quantum: i64, hidden_ahead_ppm: i64) -> QueueBook {
    let rules = step_rules(entry, hold_ns, fill_quantum);
    let model = QueueModel::Fixed(Mode::Lots(Unmatched::Back));
    QueueBook::new(QueueParams { model, hidden_ahead_ppm, band_hidden_ppm: 250_000, rules })
}

fn plain() -> QueueBook {
    book(EntryPlace::Behind, 0, 1, 0)
}

fn join(book: &mut QueueBook, order: u64, quantity: i64, shown: i64, now_ns: i64) {
    let quantity = Quantity(quantity);
    let join = Join { order, side: Bid, price: LEVEL, quantity, seq: order, now_ns };
    book.join(join, LevelEntry::displayed(Quantity(shown)));
}

fn print(book: &mut QueueBook, price: i64, size: i64, external: i64) -> Vec<QueueFill> {
    let mut out = Vec::new();
    let (quantity, external) = (Quantity(size), Quantity(external));
    book.on_print(Print { hit: Some(Bid), price: Price(price), quantity, external }, 1, &mut out);
    out
}

fn depth(book: &mut QueueBook, before: i64, after: i64, now_ns: i64) {
    let sizes = (Quantity(before), Quantity(after));
    book.on_level(Bid, LEVEL, sizes, 0, now_ns, &mut Vec::new());
}

fn ahead(book: &QueueBook, at: usize) -> i64 {
    book.level(Bid, LEVEL).unwrap().own().iter().nth(at).unwrap().ahead
}

fn why(book: &QueueBook, order: u64, best: i64) -> NotFilledReason {
    book.explain(Bid, LEVEL, order, Some(Price(best)), Price(1), 0).unwrap().reason
}

#[test]
fn every_reason_of_the_queue_is_told() {
    let mut queue = plain();
    join(&mut queue, 1, 10, 0, 0);
    assert_eq!(why(&queue, 1, 100), NotFilledReason::NoPrint);
    assert_eq!(why(&queue, 1, 103), NotFilledReason::NotAtTouch);
    let far = queue.explain(Bid, LEVEL, 1, Some(Price(103)), Price(1), 0).unwrap();
    assert_eq!(far.distance_ticks, 3);
    let inside = Print { hit: None, price: LEVEL, quantity: Quantity(5), external: Quantity(5) };
    queue.on_print(inside, 1, &mut Vec::new());
    assert_eq!(why(&queue, 1, 100), NotFilledReason::UnresolvedPrint);
    join(&mut queue, 2, 10, 0, 0);
    assert_eq!(why(&queue, 2, 100), NotFilledReason::QueueAhead);
    assert_eq!(print(&mut queue, 100, 10, 10).len(), 1);
    assert_eq!(why(&queue, 2, 100), NotFilledReason::BudgetUsed);

    let mut coarse = book(EntryPlace::Behind, 0, 10, 0);
    join(&mut coarse, 1, 100, 0, 0);
    assert_eq!(print(&mut coarse, 100, 7, 7), []);
    assert_eq!(why(&coarse, 1, 100), NotFilledReason::LotTooSmall);

    let mut held = book(EntryPlace::Behind, 5, 1, 0);
    join(&mut held, 1, 10, 50, 0);
    depth(&mut held, 50, 40, 1);
    assert_eq!(why(&held, 1, 100), NotFilledReason::Pairing);
    assert_eq!(held.explain(Bid, LEVEL, 9, None, Price(1), 0), None);
}

#[test]
fn an_unknown_print_below_the_price_is_still_a_trade_through() {
    let mut queue = plain();
    join(&mut queue, 1, 10, 50, 0);
    let mut out = Vec::new();
    let size = Quantity(4);
    queue.on_print(
        Print { hit: None, price: Price(99), quantity: size, external: size },
        1,
        &mut out,
    );
    assert_eq!(
        out.iter().map(|fill| (fill.cause, fill.quantity.0)).collect::<Vec<_>>(),
        [(FillCause::Through, 4)]
    );
}

#[test]
fn after_a_gap_the_queue_is_matched_to_the_book() {
    for (shown, expected) in [(20, 20), (70, 50)] {
        let mut queue = plain();
        join(&mut queue, 1, 10, 50, 0);
        let mut rebuilt = Book::new();
        rebuilt.set(Bid, LEVEL, Quantity(shown));
        queue.on_resync(&rebuilt, |_, _| Quantity(0), 5, &mut Vec::new());
        assert_eq!(ahead(&queue, 0), expected, "{shown} shown");
        assert_eq!(queue.level(Bid, LEVEL).unwrap().surplus(), 0);
    }
    let mut queue = plain();
    join(&mut queue, 1, 10, 50, 0);
    let (mut rebuilt, mut out) = (Book::new(), Vec::new());
    rebuilt.set(Ask, Price(99), Quantity(3));
    rebuilt.set(Ask, LEVEL, Quantity(4));
    rebuilt.set(Ask, Price(101), Quantity(50));
    queue.on_resync(&rebuilt, |_, _| Quantity(0), 5, &mut out);
    assert!(out.iter().all(|fill| fill.cause == FillCause::ResyncCross && fill.price == LEVEL));
    assert_eq!(out.iter().map(|fill| fill.quantity.0).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn new_size_after_an_entry_goes_to_the_likelier_side() {
    for (place, shown, joined, expected) in [
        (EntryPlace::Behind, 50, 90, 50),
        (EntryPlace::ByTime(100), 50, 40, 50),
        (EntryPlace::ByTime(100), 50, 60, 65),
        (EntryPlace::ByTime(100), 0, 40, 15),
        (EntryPlace::Ahead, 50, 10, 65),
    ] {
        let mut queue = book(place, 0, 1, 0);
        queue.on_message_end(0);
        join(&mut queue, 1, 10, shown, joined);
        depth(&mut queue, shown, shown + 15, 100);
        assert_eq!(ahead(&queue, 0), expected, "{place:?} with {shown} at {joined}");
        queue.on_message_end(100);
        depth(&mut queue, shown + 15, shown + 30, 200);
        assert_eq!(ahead(&queue, 0), expected, "later size stands behind");
    }
}

#[test]
fn hidden_size_is_allowed_for_at_entry() {
    let mut queue = book(EntryPlace::Behind, 0, 1, 250_000);
    join(&mut queue, 1, 40, 50, 0);
    assert_eq!(ahead(&queue, 0), 60);
    assert_eq!(queue.level(Bid, LEVEL).unwrap().surplus(), 10);
}

#[test]
fn an_own_execution_taken_out_of_the_record_leaves_the_level_as_it_was() {
    let mut queue = plain();
    join(&mut queue, 1, 10, 30, 0);
    assert_eq!(print(&mut queue, 100, 20, 0), [], "the estimate still sees 30 ahead");
    let view = queue.level(Bid, LEVEL).unwrap();
    assert_eq!((ahead(&queue, 0), view.external(), view.surplus()), (10, 30, 0));
}

#[test]
fn a_smaller_order_keeps_its_place() {
    let mut queue = plain();
    join(&mut queue, 1, 10, 30, 0);
    join(&mut queue, 2, 10, 30, 0);
    queue.shrink(Bid, LEVEL, 1, Quantity(4));
    let fills = print(&mut queue, 100, 36, 36);
    assert_eq!(fills.iter().map(|f| (f.order, f.quantity.0)).collect::<Vec<_>>(), [(1, 4), (2, 2)]);
    queue.shrink(Bid, LEVEL, 2, Quantity(0));
    assert!(queue.is_empty());
}

#[test]
fn the_match_rate_chooses_the_rule() {
    let mut tracker = LotTracker::new(0, 512);
    let policy = |tracker: &mut LotTracker| tracker.entry(Bid, LEVEL, Quantity(0), 0).policy;
    let run = |tracker: &mut LotTracker, matched: bool, times: i64| {
        for n in 0..times {
            let (add, cut) = if matched { (7, 7) } else { (7, 5) };
            let base = 1_000 + n % 3;
            tracker.on_level(Bid, LEVEL, Quantity(base), 0, n);
            tracker.on_level(Bid, LEVEL, Quantity(base + add), 0, n);
            tracker.on_level(Bid, LEVEL, Quantity(base + add - cut), 0, n);
            tracker.clear();
        }
    };
    let trust = |tracker: &LotTracker| tracker.policy().1;
    assert_eq!(policy(&mut tracker), Mode::Lots(Unmatched::OneLot), "nothing says otherwise");
    run(&mut tracker, true, 300);
    assert_eq!((tracker.match_rate().ppm(), tracker.match_rate().seen()), (1_000_000, 300));
    assert_eq!(policy(&mut tracker), Mode::Lots(Unmatched::OneLot));
    assert_eq!(trust(&tracker), Trust::FULL);
    run(&mut tracker, false, 80);
    let rate = tracker.match_rate().ppm();
    assert!((650_000..750_000).contains(&rate), "{rate}");
    assert_eq!(policy(&mut tracker), Mode::Lots(Unmatched::Power(1)), "not what it says it is");
    assert!(trust(&tracker).careful_fills && trust(&tracker).ppm < 700_000);
    run(&mut tracker, true, 140);
    assert_eq!(policy(&mut tracker), Mode::Lots(Unmatched::Power(1)), "not beyond the margin");
    run(&mut tracker, true, 200);
    assert_eq!(policy(&mut tracker), Mode::Lots(Unmatched::OneLot));
    let mut conflated = LotTracker::new(0, 512).with_rate(MatchRate::default().on_feed(false));
    assert_eq!(trust(&conflated), Trust { ppm: 0, careful_fills: true }, "nothing confirms it");
    run(&mut conflated, true, 300);
    assert_eq!(policy(&mut conflated), Mode::Lots(Unmatched::Back));
    assert_eq!(trust(&conflated), Trust { ppm: 1_000_000, careful_fills: true });
}

#[test]
fn a_print_not_yet_in_depth_is_remembered_for_takers() {
    let mut tracker = LotTracker::new(0, 512);
    tracker.on_snapshot_level(Ask, LEVEL, Quantity(50), 0);
    tracker.on_print(Ask, LEVEL, Quantity(20), 1, 1);
    assert_eq!(tracker.printed(Ask, LEVEL), Quantity(20));
    tracker.on_level(Ask, LEVEL, Quantity(30), 0, 2);
    assert_eq!(tracker.printed(Ask, LEVEL), Quantity(0));
    assert_eq!(tracker.match_rate().seen(), 0, "the print explains the decrease");
}

#[test]
fn after_a_silence_a_message_covers_no_more_than_its_interval() {
    for (shown, joined, expected) in
        [(50, 600, 50), (50, 940, 50), (50, 960, 65), (0, 600, 0), (0, 960, 15)]
    {
        let mut queue = book(EntryPlace::ByTime(100), 0, 1, 0);
        queue.on_message_end(0);
        join(&mut queue, 1, 10, shown, joined);
        depth(&mut queue, shown, shown + 15, 1_000);
        assert_eq!(ahead(&queue, 0), expected, "{shown} at {joined}");
    }
}

#[test]
fn the_first_order_of_a_queue_stands_where_a_later_one_would() {
    let fresh = || book(EntryPlace::ByTime(10_000), 0, 1, 0);
    let mut waited = fresh();
    waited.on_message_end(1_000);
    let mut begun = fresh().heard_at(1_000);
    for queue in [&mut waited, &mut begun] {
        join(queue, 1, 10, 20, 1_300);
        depth(queue, 20, 60, 2_000);
    }
    assert_eq!(ahead(&waited, 0), ahead(&begun, 0));
    // Not knowing when the last message came, everything new would count as ahead.
    let mut unknown = fresh();
    join(&mut unknown, 1, 10, 20, 1_300);
    depth(&mut unknown, 20, 60, 2_000);
    assert!(ahead(&unknown, 0) > ahead(&begun, 0));
}

#[test]
fn a_list_that_is_believed_again_fills_nobody_by_what_was_spread_before() {
    let mut queue = plain();
    let params = QueueParams { model: QueueModel::Auto, ..queue.params().clone() };
    queue = QueueBook::new(params);
    join(&mut queue, 1, 5, 100, 0);
    let careful = Trust { ppm: 1_000_000, careful_fills: true };
    queue.set_policy(&(Mode::Lots(Unmatched::Power(1)), careful));
    depth(&mut queue, 100, 190, 1);
    depth(&mut queue, 190, 110, 2);
    assert!(ahead(&queue, 0) < 70, "spread over the level");
    queue.set_policy(&(Mode::Lots(Unmatched::OneLot), Trust::FULL));
    assert_eq!(ahead(&queue, 0), 100, "as if all of it had come from behind");
    assert_eq!(queue.level(Bid, LEVEL).unwrap().external(), 110);
    assert!(print(&mut queue, 100, 70, 70).is_empty());
    assert_eq!(print(&mut queue, 100, 35, 35)[0].quantity, Quantity(5));
}

#[test]
fn several_lists_fill_only_what_the_likeliest_lets_through_too() {
    let mut queue = plain();
    let several = Several { count: 16, stream: Stream::new(1, 0, "queue") };
    let rules = StepRules { several, ..queue.params().rules };
    let params = QueueParams { model: QueueModel::Auto, rules, ..queue.params().clone() };
    queue = QueueBook::new(params);
    let mut tracker = LotTracker::new(0, 512).with_lists(several);
    for (at, shown) in [5, 10, 15, 20].into_iter().enumerate() {
        tracker.on_level(Bid, LEVEL, Quantity(shown), 0, i64::try_from(at).unwrap() * 1_000);
    }
    let entry = tracker.entry(Bid, LEVEL, Quantity(20), 4_000);
    let quantity = Quantity(3);
    let joined = Join { order: 1, side: Bid, price: LEVEL, quantity, seq: 1, now_ns: 4_000 };
    queue.join(joined, entry);
    depth(&mut queue, 20, 40, 5_000);
    for (at, shown) in [(6_000, 35), (7_000, 30)] {
        depth(&mut queue, shown + 5, shown, at);
        let view = queue.level(Bid, LEVEL).unwrap();
        assert_eq!(view.external(), shown);
        assert!((0..=20).contains(&ahead(&queue, 0)));
        let own = view.own().iter().next().unwrap();
        assert!(view.before(own) >= own.ahead);
    }
    let before = queue.level(Bid, LEVEL).map(|view| view.before(view.own().iter().next().unwrap()));
    let before = before.unwrap();
    assert!(print(&mut queue, 100, before, before).is_empty());
    assert_eq!(print(&mut queue, 100, 3, 3)[0].quantity, quantity);
}
