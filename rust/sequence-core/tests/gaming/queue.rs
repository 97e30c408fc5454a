//! Being filled without evidence: jumped queues, cancels, bad ticks, gaps, prints of the past.

use sequence_core::engine::view::Value;
use sequence_core::engine::{FeedKind, FillCause};
use sequence_core::ids::{BookSide, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::sim::preset::{AmendMode, QueueChoice};
use sequence_core::tape::{FeedStatus, MarketEvent, flag};

use crate::lab::{CENT, Lab, MS, ONE, SECOND, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;

fn ahead(lab: &Lab, order: sequence_core::ids::OrderId) -> i128 {
    lab.why(order).get("v_now_1e8").and_then(Value::int).unwrap()
}

#[test]
fn g7_who_replaces_an_order_stands_no_better_than_who_comes_new() {
    for preset in ["instant", "realistic", "adversarial"] {
        let mut lab = Lab::new(preset);
        let id = lab.market("kraken", "LAB-USD", &[(BID, 50 * ONE)], &[(ASK, ONE)]);
        let bob = lab.account("bob");
        let buy = ask("LAB-USD", Side::Buy, 4 * ONE, Some(BID));
        let old = lab.place(buy);
        lab.pass(5 * SECOND);
        lab.level(id, BookSide::Ask, ASK, 2 * ONE);
        lab.print(id, Some(BookSide::Bid), BID, 30 * ONE);
        lab.level(id, BookSide::Bid, BID, 60 * ONE);
        lab.pass(SECOND);
        assert!(ahead(&lab, old) < 60 * i128::from(ONE));
        assert!(lab.cancel(lab.me, old));
        lab.pass(5 * SECOND);
        let again = lab.place(buy);
        let fresh = lab.place_for(bob, buy);
        lab.pass(5 * SECOND);
        assert_eq!(lab.order(old).status, OrderStatus::Cancelled);
        assert!(ahead(&lab, again) >= ahead(&lab, fresh), "{preset}");
        assert!(ahead(&lab, again) >= 60 * i128::from(ONE), "{preset}");
    }
}

#[test]
fn g7_who_amends_an_order_stands_at_the_back_unless_the_venue_lets_it_shrink() {
    for (mode, keeps) in [(AmendMode::CancelReplace, false), (AmendMode::Native, true)] {
        for (qty, price) in [(Some(6 * ONE), None), (Some(3 * ONE), None), (None, Some(BID - CENT))]
        {
            let mut lab = Lab::with("instant", |params| params.amend_mode = mode);
            let id = lab.market(
                "kraken",
                "LAB-USD",
                &[(BID, 50 * ONE), (BID - CENT, 70 * ONE)],
                &[(ASK, ONE)],
            );
            let order = lab.place(ask("LAB-USD", Side::Buy, 4 * ONE, Some(BID)));
            lab.print(id, Some(BookSide::Bid), BID, 30 * ONE);
            lab.level(id, BookSide::Bid, BID, 60 * ONE);
            assert!(lab.amend(order, qty, price));
            let bob = lab.account("bob");
            let fresh =
                lab.place_for(bob, ask("LAB-USD", Side::Buy, ONE, Some(price.unwrap_or(BID))));
            let stays = keeps && qty == Some(3 * ONE);
            assert_eq!(
                ahead(&lab, order) < ahead(&lab, fresh),
                stays,
                "{mode:?} {qty:?} {price:?}"
            );
        }
    }
}

#[test]
fn g12_a_tape_of_cancels_fills_nobody() {
    for preset in ["optimistic", "realistic", "adversarial", "instant"] {
        let mut lab = Lab::new(preset);
        let id = lab.market(
            "kraken",
            "LAB-USD",
            &[(BID, 90 * ONE), (BID - CENT, 50 * ONE)],
            &[(ASK, 70 * ONE)],
        );
        for price in [BID, BID - CENT, BID + CENT / 2] {
            lab.place(ask("LAB-USD", Side::Buy, 5 * ONE, Some(price - price % CENT)));
        }
        lab.pass(5 * SECOND);
        for round in 0..200 {
            let size = [0, 90, 1, 60, 0, 30][round % 6] * ONE;
            lab.level(id, BookSide::Bid, BID, size);
            lab.level(id, BookSide::Ask, ASK, 70 * ONE - size / 2);
            lab.pass(7 * MS);
        }
        assert_eq!(lab.fills(lab.me).len(), 0, "{preset}");
    }
}

#[test]
fn g13_bad_ticks_fill_nobody() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, ONE)]);
    lab.give(lab.me, "kraken", sequence_core::ids::AssetKind::Crypto, "LAB", 10 * ONE);
    lab.place(ask("LAB-USD", Side::Sell, ONE, Some(20 * ASK)));
    lab.place(ask("LAB-USD", Side::Buy, ONE, Some(CENT)));
    for price in [100 * ASK, 1_000 * ASK, ASK / 100_000, -ASK] {
        lab.print(id, Some(BookSide::Ask), price, 50 * ONE);
        lab.print(id, Some(BookSide::Bid), price, 50 * ONE);
        lab.level(id, BookSide::Bid, price, 50 * ONE);
        lab.level(id, BookSide::Ask, price, 50 * ONE);
        lab.pass(2 * SECOND);
    }
    assert_eq!(lab.fills(lab.me).len(), 0);
}

#[test]
fn g14_nothing_fills_inside_a_gap_and_a_cross_after_it_at_the_own_price() {
    for broken in [FeedStatus::Resync, FeedStatus::Down, FeedStatus::Halted] {
        let mut lab = Lab::new("instant");
        let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, 10 * ONE, Some(BID)));
        lab.status(id, broken);
        for _ in 0..5 {
            lab.print(id, Some(BookSide::Bid), BID - 50 * CENT, 90 * ONE);
            lab.level(id, BookSide::Ask, BID - 40 * CENT, 90 * ONE);
            lab.level(id, BookSide::Bid, BID, 0);
            lab.pass(SECOND);
        }
        assert_eq!(lab.filled(order), 0, "{broken:?}");
        let reason = lab.reason(order);
        assert_eq!(reason, "WAITING_BOOK");
        lab.book(id, &[(BID - 60 * CENT, ONE)], &[(BID - 40 * CENT, 4 * ONE), (BID, 2 * ONE)]);
        lab.status(id, FeedStatus::Open);
        let fills = lab.fills(lab.me);
        assert_eq!(lab.filled(order), 6 * ONE, "{broken:?}");
        assert!(
            fills.iter().all(|fill| fill.cause == FillCause::ResyncCross && fill.price.0 == BID)
        );
        lab.proven(lab.me);
    }
}

#[test]
fn a_crossed_book_fills_nobody_until_it_uncrosses() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, ONE)]);
    let rests = lab.place(ask("LAB-USD", Side::Buy, 3 * ONE, Some(BID)));
    lab.level(id, BookSide::Ask, BID - CENT, 9 * ONE);
    let market = ask("LAB-USD", Side::Buy, ONE, Some(ASK)).tif(TimeInForce::Ioc);
    let taker = lab.place(market);
    assert_eq!((lab.filled(rests), lab.ended(taker).1), (0, "STALE_VENUE"));
    lab.level(id, BookSide::Ask, BID - CENT, 0);
    assert_eq!(lab.filled(rests), 0);
    lab.level(id, BookSide::Ask, BID, 9 * ONE);
    lab.level(id, BookSide::Bid, BID, 0);
    assert_eq!(lab.filled(rests), 3 * ONE);
    lab.proven(lab.me);
}

#[test]
fn size_already_taken_is_no_evidence_after_a_gap() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, 25 * ONE, Some(ASK)));
    assert_eq!(lab.filled(order), 10 * ONE, "the rest stands at the price of what it took");
    for size in [10, 13] {
        lab.status(id, FeedStatus::Resync);
        lab.book(id, &[(BID, ONE)], &[(ASK, size * ONE)]);
    }
    assert_eq!(lab.filled(order), 13 * ONE, "only what came anew");
    lab.proven(lab.me);
}

#[test]
fn an_order_for_a_book_that_cannot_be_used_waits_and_says_so() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 5 * ONE)]);
    lab.status(id, FeedStatus::Resync);
    let order = lab.place(ask("LAB-USD", Side::Buy, 7 * ONE, Some(ASK)));
    assert_eq!(
        (lab.order(order).status, lab.reason(order).as_str()),
        (OrderStatus::Accepted, "WAITING_BOOK")
    );
    lab.pass(SECOND);
    lab.book(id, &[(BID, ONE)], &[(ASK, 5 * ONE)]);
    assert_eq!(lab.filled(order), 5 * ONE);
    lab.print(id, Some(BookSide::Bid), BID, 9 * ONE);
    let deferred = |record: &Value| record.get("time").unwrap().get("entry_deferred").cloned();
    let records = lab.records(lab.me);
    assert_eq!(records.len(), 2);
    assert!(
        records.iter().all(|record| deferred(record) == Some(Value::Bool(true))),
        "{records:?}"
    );
}

#[test]
fn a_post_only_window_wakes_post_only_orders_only() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 5 * ONE)]);
    lab.status(id, FeedStatus::Resync);
    let takes = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
    let posts = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)).tif(TimeInForce::PostOnly));
    lab.status(id, FeedStatus::PostOnly);
    lab.book(id, &[(BID, ONE)], &[(ASK, 5 * ONE)]);
    assert_eq!((lab.filled(takes), lab.reason(takes).as_str()), (0, "WAITING_BOOK"));
    assert_eq!(lab.reason(posts), "QUEUE_AHEAD");
    lab.status(id, FeedStatus::Open);
    lab.level(id, BookSide::Bid, BID, 2 * ONE);
    assert_eq!(lab.filled(takes), ONE);
}

#[test]
fn prints_off_the_book_and_of_the_past_fill_nobody() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, 0)], &[(ASK, ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    for bit in [flag::OFF_BOOK, flag::BACKFILLED] {
        let now = lab.now_ns;
        let mut print =
            MarketEvent::print(Some(BookSide::Bid), Price(BID - CENT), Quantity(9 * ONE), now, now);
        print.flags |= bit | flag::LAST;
        lab.send(id, &[print]);
        assert_eq!(lab.filled(order), 0, "{bit}");
    }
}

#[test]
fn missed_prints_of_a_gap_count_once_and_before_the_new_book() {
    let mut lab = Lab::new("instant");
    let id = lab.list("kraken", "LAB-USD", FeedKind::HandFed);
    lab.book(id, &[(BID, 4 * ONE)], &[(ASK, ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, 10 * ONE, Some(BID)));
    lab.print(id, Some(BookSide::Bid), BID, ONE);
    let seen_ns = lab.now_ns;
    lab.pass(SECOND);
    lab.status(id, FeedStatus::Resync);
    for (stamp, size) in [(seen_ns, 90), (seen_ns + MS, 5)] {
        let mut print = MarketEvent::print(
            Some(BookSide::Bid),
            Price(BID),
            Quantity(size * ONE),
            stamp,
            lab.now_ns,
        );
        print.flags |= flag::BACKFILLED | flag::LAST;
        lab.send(id, &[print]);
        assert_eq!(lab.filled(order), 0, "not while the book is lost");
    }
    lab.book(id, &[(BID, ONE)], &[(ASK, ONE)]);
    assert_eq!(lab.filled(order), 2 * ONE, "five printed, three stood ahead");
    let tape = lab.records(lab.me)[0].get("tape").unwrap().rows()[0].clone();
    assert_eq!(tape.get("backfilled"), Some(&Value::Bool(true)));
    lab.proven(lab.me);
}

#[test]
fn a_print_of_unknown_aggressor_counts_by_its_price_alone() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID - 5 * CENT, ONE)], &[(ASK, ONE)]);
    let inside = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    lab.print(id, None, BID, 9 * ONE);
    assert_eq!((lab.filled(inside), lab.reason(inside).as_str()), (0, "UNRESOLVED_PRINT"));
    lab.print(id, None, BID - CENT, ONE / 2);
    assert_eq!(lab.filled(inside), ONE / 2, "through is through, whoever sold");
    lab.print(id, None, BID - 5 * CENT, ONE);
    assert_eq!(lab.filled(inside), ONE, "at the best bid it was a sale");
}

#[test]
fn hidden_size_stands_ahead_under_the_harsh_preset() {
    for (preset, expected) in [("realistic", 50 * ONE), ("adversarial", 51 * ONE)] {
        let mut lab = Lab::new(preset);
        lab.market("kraken", "LAB-USD", &[(BID, 50 * ONE)], &[(ASK, ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, 4 * ONE, Some(BID)));
        lab.pass(5 * SECOND);
        assert_eq!(ahead(&lab, order), i128::from(expected), "{preset}");
    }
}

/// What a print of 50 gives an order, after 30 of the 100 at its level were cancelled: 60 stood
/// before it, 40 behind. Rounded to whole units.
fn filled_after_cancels(edit: impl Fn(&mut sequence_core::sim::preset::Params)) -> i64 {
    let mut lab = Lab::with("instant", edit);
    let id = lab.market("kraken", "LAB-USD", &[(BID, 60 * ONE)], &[(ASK, ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, 20 * ONE, Some(BID)));
    lab.level(id, BookSide::Bid, BID, 100 * ONE);
    lab.level(id, BookSide::Bid, BID, 70 * ONE);
    lab.print(id, Some(BookSide::Bid), BID, 50 * ONE);
    lab.proven(lab.me);
    (lab.filled(order) + ONE / 2) / ONE
}

#[test]
fn the_exponent_of_unmatched_cancels_decides_a_fill() {
    let filled = |power_k: i64| {
        filled_after_cancels(|params| {
            params.queue_model = sequence_core::sim::preset::QueueChoice::LotsPower;
            params.power_k = power_k;
        })
    };
    assert_eq!(filled(1), 8, "18 of 30 stood ahead");
    assert_eq!(filled(16), 0, "next to none did");
}

#[test]
fn every_published_rule_can_be_chosen_and_keeps_its_own_number() {
    for (name, filled) in [
        ("lots/back", 0),
        ("lots/power", 0),
        ("risk_averse", 0),
        ("trade_only", 0),
        ("all_ahead", 20),
        ("uniform", 8),
        ("power_x(2)", 1),
        ("table", 0),
    ] {
        for k in [3, 9] {
            let choice = QueueChoice::parse(name).unwrap();
            let found = filled_after_cancels(|params| {
                params.queue_model = choice;
                params.power_k = k;
            });
            assert_eq!(found, filled, "{name} {k}");
        }
    }
}
