//! Amends that travel: what is pending, what a faster fill does, what becomes of the queue.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../support/desk.rs"]
mod desk;
mod races;
mod slippage;

use desk::{Desk, MS, limit};
use sequence_core::command::Submit;
use sequence_core::ids::Side;
use sequence_core::number::Quantity;

const LONG: i64 = 5_000 * MS;

fn resting(desk: &mut Desk) -> sequence_core::ids::OrderId {
    let order = desk.buy(4, 100);
    desk.wait(LONG);
    assert_eq!(desk.row(order), ("ACCEPTED", 4, 0));
    order
}

#[test]
fn an_amend_is_pending_until_its_venue_answers() {
    for gap in ["atomic", "pipelined", "sequential"] {
        let mut desk = Desk::new("realistic", &[("amend.replace_gap", gap)]);
        let order = resting(&mut desk);
        let version = desk.order(order).version;
        desk.amend(order, Some(6), Some(101)).unwrap();
        assert!(desk.order(order).amending.is_some(), "{gap}");
        assert_eq!(desk.row(order), ("ACCEPTED", 4, 0), "{gap}");
        let again = desk.amend(order, Some(7), None).unwrap_err();
        assert!(again.message.contains("on its way"), "{again:?}");
        desk.wait(LONG);
        assert!(desk.order(order).amending.is_none(), "{gap}");
        assert_eq!(desk.row(order), ("ACCEPTED", 6, 0), "{gap}");
        assert_eq!(desk.order(order).limit, Some(desk::px(101)), "{gap}");
        assert_eq!(desk.order(order).version, version + 2, "{gap}: reserved more, then changed");
    }
}

#[test]
fn the_dearer_form_is_held_while_an_amend_travels() {
    let mut desk = Desk::new("realistic", &[]);
    let order = resting(&mut desk);
    let held = |desk: &Desk| {
        let reservation = desk.order(order).legs[0].reservation.unwrap();
        desk.engine.ledger().reserved(reservation).unwrap()
    };
    let before = held(&desk);
    desk.amend(order, Some(2), None).unwrap();
    assert_eq!(held(&desk), before);
    desk.wait(LONG);
    assert_eq!(held(&desk).0 * 2, before.0);
    desk.amend(order, Some(8), None).unwrap();
    assert_eq!(held(&desk).0, before.0 * 2);
}

#[test]
fn a_request_sent_again_after_an_amend_is_still_the_same_request() {
    let mut desk = Desk::new("realistic", &[]);
    desk.engine.keep_changes().unwrap();
    let order = resting(&mut desk);
    let kept = |desk: &mut Desk| {
        let rows = desk.engine.take_changes().rows;
        let (_, graphs) = rows.into_iter().find(|(table, _)| *table == "graphs").unwrap();
        graphs[0][5].clone()
    };
    let fingerprint = kept(&mut desk);
    desk.amend(order, Some(2), Some(101)).unwrap();
    desk.wait(LONG);
    assert_eq!(desk.row(order), ("ACCEPTED", 2, 0));
    let id = desk.engine.graph(desk.order(order).spec.graph).id.to_string();
    let again = |size, price| Submit { graph_id: Some(&id), ..limit(Side::Buy, size, price) };
    assert_eq!(desk.submit(again(4, 100)), Ok(order));
    let changed = desk.submit(again(2, 101)).unwrap_err();
    assert!(changed.message.contains("another body"), "{changed:?}");

    let second = desk.submit(limit(Side::Buy, 4, 100)).unwrap();
    desk.wait(LONG);
    desk.amend(second, Some(2), None).unwrap();
    assert_eq!(kept(&mut desk), fingerprint, "what a store keeps is the request, not the change");
}

#[test]
fn a_fill_that_is_faster_stands() {
    let mut desk = Desk::new("realistic", &[]);
    let order = resting(&mut desk);
    desk.amend(order, Some(2), None).unwrap();
    desk.sold(99, 9);
    desk.wait(LONG);
    assert_eq!(desk.row(order), ("FILLED", 4, 4));
}

#[test]
fn a_sell_that_grows_while_it_fills_holds_its_new_size() {
    use sequence_core::ids::AssetKind;
    let mut desk = Desk::new("realistic", &[]);
    desk.seed(AssetKind::Crypto, "ABC", 11);
    let order = desk.place(Side::Sell, 10, 99).unwrap();
    // Five are filled at the venue, and the answer is on its way.
    while desk.engine.venue_leg(order, 0).open == desk::qty(10) {
        desk.wait(MS);
    }
    desk.amend(order, Some(11), None).unwrap();
    desk.wait(LONG);
    assert_eq!(desk.row(order), ("PARTIAL", 11, 5));
    let other = desk.place(Side::Sell, 1, 99).unwrap();
    assert_eq!(desk.row(other), ("REJECTED", 1, 0), "everything is in the first order");
}

#[test]
fn an_amend_below_what_filled_meanwhile_changes_nothing() {
    let mut desk = Desk::new("realistic", &[]);
    let order = resting(&mut desk);
    desk.amend(order, Some(3), Some(98)).unwrap();
    desk.sold(99, 3);
    desk.wait(LONG);
    assert_eq!(desk.row(order), ("PARTIAL", 4, 3));
    assert_eq!(desk.order(order).limit, Some(desk::px(100)));
    assert!(desk.order(order).amending.is_none());
}

#[test]
fn nothing_fills_in_the_gap_of_a_replacement() {
    let mut desk = Desk::new("realistic", &[("amend.replace_gap", "sequential")]);
    let order = resting(&mut desk);
    desk.amend(order, Some(4), Some(101)).unwrap();
    let mut gone = false;
    for _ in 0..10_000 {
        desk.wait(MS / 10);
        let travelling = sequence_core::order::AtVenue::Travelling;
        if desk.engine.venue_leg(order, 0).state == travelling {
            gone = true;
            desk.sold(99, 9);
        } else if gone {
            break;
        }
    }
    assert!(gone, "the leg never left its queue");
    desk.wait(LONG);
    assert_eq!(desk.row(order), ("ACCEPTED", 4, 0));
}

#[test]
fn a_cancel_in_the_gap_ends_the_order() {
    for gap in ["atomic", "pipelined", "sequential"] {
        let mut desk = Desk::new("realistic", &[("amend.replace_gap", gap)]);
        let order = resting(&mut desk);
        desk.amend(order, Some(6), Some(101)).unwrap();
        desk.cancel(order).unwrap();
        desk.wait(LONG);
        assert_eq!(desk.order(order).status.as_str(), "CANCELLED", "{gap}");
        desk.sold(99, 9);
        desk.wait(LONG);
        assert_eq!(desk.order(order).filled, Quantity(0), "{gap}");
    }
}

#[test]
fn a_native_decrease_keeps_its_place_and_other_changes_do_not() {
    let fills_after = |total: Option<i64>, price: Option<i64>, mode: &str| {
        let mut desk = Desk::new("instant", &[("amend.mode", mode)]);
        desk.book(&[(100, 5)], &[(110, 5)]);
        let order = desk.buy(4, 100);
        desk.book(&[(100, 9)], &[(110, 5)]);
        desk.amend(order, total, price).unwrap();
        desk.sold(100, 7);
        desk.order(order).filled.0 / 100_000_000
    };
    assert_eq!(fills_after(Some(2), None, "native"), 2);
    assert_eq!(fills_after(Some(2), None, "cancel_replace"), 0);
    assert_eq!(fills_after(Some(5), None, "native"), 0);
}

#[test]
fn a_halted_venue_refuses_the_change_and_keeps_the_order() {
    let mut desk = Desk::new("instant", &[]);
    let order = desk.buy(4, 100);
    let venue = desk.market;
    let mut halt = sequence_core::tape::MarketEvent::new(
        sequence_core::tape::EventKind::Status,
        desk.now_ns,
        desk.now_ns,
    );
    halt.count = sequence_core::tape::FeedStatus::Halted as u32;
    halt.flags |= sequence_core::tape::flag::LAST;
    desk.apply(sequence_core::command::Command::Market { market: venue, events: &[halt] }).unwrap();
    let refused = desk.amend(order, Some(2), None).unwrap_err();
    assert!(refused.message.starts_with("EXCHANGE_BUSY"), "{refused:?}");
    assert_eq!(desk.row(order), ("ACCEPTED", 4, 0));
}
