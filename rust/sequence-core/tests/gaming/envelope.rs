//! The optimistic and the adversarial reading of an order, and what a record says of its feed.

use sequence_core::engine::view::Value;
use sequence_core::ids::{BookSide, MarketId, OrderId, Side};
use sequence_core::tape::FeedStatus;

use crate::lab::{CENT, Lab, MS, ONE, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;

/// An order of 20 with 60 before it and 40 behind, after 30 cancels and a print of 45: evenly
/// spread cancels fill it in part, cancels from behind do not reach it.
fn lone_order(envelope: bool) -> (Lab, OrderId, MarketId) {
    let mut lab = Lab::with("instant", |params| params.envelope = envelope);
    let id = lab.market("kraken", "LAB-USD", &[(BID, 60 * ONE)], &[(ASK, ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, 20 * ONE, Some(BID)));
    lab.level(id, BookSide::Bid, BID, 100 * ONE);
    lab.level(id, BookSide::Bid, BID, 70 * ONE);
    lab.print(id, Some(BookSide::Bid), BID, 45 * ONE);
    (lab, order, id)
}

#[test]
fn b14_an_order_carries_what_its_two_shadows_filled() {
    let (mut lab, order, id) = lone_order(true);
    let read = |lab: &Lab, key: &str| lab.why(order).get("envelope").unwrap().get(key).cloned();
    assert_eq!(lab.filled(order), 0);
    assert_eq!(read(&lab, "low_filled_1e8").unwrap().int(), Some(3 * i128::from(ONE)));
    assert_eq!(read(&lab, "low_vwap_1e9").unwrap().int(), Some(BID.into()));
    assert_eq!(read(&lab, "high_filled_1e8").unwrap().int(), Some(0));
    assert_eq!(read(&lab, "high_vwap_1e9"), Some(Value::Null));
    // The next print reaches the order; those who hid before it still have theirs.
    lab.print(id, Some(BookSide::Bid), BID, 16 * ONE);
    let record = lab.records(lab.me).remove(0);
    let shadows = record.get("envelope").unwrap();
    let size = |key: &str| shadows.get(key).and_then(Value::int).unwrap();
    let (low, high) = (size("low_filled_1e8"), size("high_filled_1e8"));
    let filled = i128::from(lab.filled(order));
    assert!(low > filled && filled > high, "{low} {filled} {high}");
    lab.proven(lab.me);
}

#[test]
fn without_the_envelope_nothing_else_changes() {
    let run = |envelope: bool| {
        let (mut lab, order, id) = lone_order(envelope);
        lab.print(id, Some(BookSide::Bid), BID, 17 * ONE);
        let row = lab.why(order);
        let record = lab.records(lab.me).remove(0);
        lab.proven(lab.me);
        let shown = record.get("envelope") != Some(&Value::Null);
        assert_eq!(row.get("envelope") != Some(&Value::Null), envelope);
        assert_eq!(row.get("v_low_1e8").and_then(Value::int) == Some(-1), !envelope);
        (shown, lab.filled(order), lab.engine().log().hash(), lab.engine().state_hash())
    };
    let (on, off) = (run(true), run(false));
    assert_eq!((on.0, off.0), (true, false));
    assert_eq!((on.1, on.2, on.3), (off.1, off.2, off.3), "no account effect");
    assert!(on.1 > 0);
}

#[test]
fn a_record_names_the_connection_and_the_pace_of_its_feed() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, 9 * ONE, Some(BID)));
    let mut events = Vec::new();
    for epoch in 1..=2 {
        for size in [2, 3, 4, 5] {
            lab.pass(100 * MS);
            lab.level(id, BookSide::Ask, ASK, size * ONE);
        }
        lab.print(id, Some(BookSide::Bid), BID - CENT, ONE);
        let record = lab.records(lab.me).remove(0);
        let cited = record.get("tape").unwrap().rows()[0].clone();
        assert_eq!(cited.get("epoch").and_then(Value::int), Some(epoch));
        events.push(cited.get("event_id").and_then(Value::text).unwrap().to_owned());
        assert!(events.last().unwrap().starts_with(&format!("{epoch}:")), "{events:?}");
        let interval = record.get("book").unwrap().get("interval_ns").and_then(Value::int);
        assert_eq!(interval, Some(100 * i128::from(MS)));
        lab.status(id, FeedStatus::Resync);
        lab.book(id, &[(BID, ONE)], &[(ASK, ONE)]);
        lab.status(id, FeedStatus::Open);
    }
    assert_ne!(events[0], events[1]);
    assert_eq!(lab.filled(order), 2 * ONE);
}
