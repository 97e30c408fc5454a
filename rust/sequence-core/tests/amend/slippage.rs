//! A new slippage cap is a new worst price: it travels like any other, and is counted from the best
//! opposite price of its moment.

use sequence_core::command::{Amend, AmendNode, Command, Submit};
use sequence_core::ids::{OrderId, Side};
use sequence_core::order::AtVenue;

use super::LONG;
use super::desk::{Desk, limit, px};

/// Asks at 100 and 110, five each.
fn desk(preset: &str) -> Desk {
    let mut desk = Desk::new(preset, &[]);
    desk.book(&[(99, 5)], &[(100, 5), (110, 5)]);
    desk
}

fn slip(desk: &mut Desk, order: OrderId, bps: u32) -> (bool, u32) {
    let id = desk.engine.node_order_id(desk.order(order));
    let change = Amend { id: &id, ..Amend::default() };
    let max_slippage_bps = Some(bps);
    let change = AmendNode { node_id: "order", change, max_slippage_bps, ..AmendNode::default() };
    let account = desk.account;
    desk.apply(Command::AmendNode { account, change }).unwrap();
    (desk.order(order).amending.is_some(), desk.order(order).version)
}

#[test]
fn an_order_on_its_way_is_not_caught_up_by_a_cap_that_left_later() {
    let mut desk = desk("realistic");
    let order = desk.buy(10, 120);
    assert!(slip(&mut desk, order, 100).0, "its venue has not answered");
    assert_eq!(desk.order(order).legs[0].cap, px(120), "nobody there knows of it");
    desk.wait(LONG);
    // It took both levels, as it was asked to when it left.
    assert_eq!(desk.row(order), ("FILLED", 10, 10));
}

#[test]
fn a_looser_cap_rests_nearer_its_limit_once_its_venue_has_it() {
    for (preset, at_once) in [("instant", true), ("realistic", false)] {
        let mut desk = desk(preset);
        let max_slippage_bps = Some(10);
        let order = desk.submit(Submit { max_slippage_bps, ..limit(Side::Buy, 10, 120) }).unwrap();
        desk.wait(LONG);
        assert_eq!(desk.row(order), ("PARTIAL", 10, 5), "{preset}: the cap was 100.1");
        let bound = desk.order(order).legs[0].bound;
        assert!(bound > px(100) && bound < px(101), "{preset}");
        // The best ask is 110 now: with 1 % from there it may take all of it.
        desk.book(&[(99, 5)], &[(110, 5)]);
        assert_eq!(slip(&mut desk, order, 100).0, !at_once, "{preset}");
        assert_eq!(desk.order(order).legs[0].bound == bound, !at_once, "{preset}");
        desk.wait(LONG);
        assert_eq!(desk.row(order), ("FILLED", 10, 10), "{preset}");
        assert_eq!(desk.order(order).spec.max_slippage_bps, Some(100));
    }
}

#[test]
fn a_cap_that_moves_no_price_asks_no_venue_and_keeps_the_place() {
    for preset in ["instant", "realistic"] {
        let mut desk = desk(preset);
        let order = desk.buy(4, 98);
        desk.wait(LONG);
        let place = desk.engine.venue_leg(order, 0).place;
        let version = desk.order(order).version;
        // 2 % from 100 is above its limit: nothing it may pay changes.
        assert_eq!(slip(&mut desk, order, 200), (false, version + 1), "{preset}");
        desk.wait(LONG);
        let there = desk.engine.venue_leg(order, 0);
        assert_eq!((there.state, there.place), (AtVenue::Resting, place), "{preset}");
        assert_eq!(desk.order(order).spec.max_slippage_bps, Some(200));
    }
}
