//! How orders end: by the legal steps only, and never beyond the position they reduce.

use sequence_core::engine::view::Value;
use sequence_core::event::EventKind;
use sequence_core::ids::{BookSide, InstrumentKind, OrderId, Side};
use sequence_core::number::{Money, Quantity};
use sequence_core::order::{OrderStatus, TimeInForce};

use crate::lab::{Ask, CENT, Lab, MS, ONE, SECOND, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;
const TICK: i64 = 10 * CENT;
const PERP: &str = "BTC-USD-PERP";

/// Every status an order was told to have, in order.
fn told(lab: &Lab, id: OrderId) -> Vec<OrderStatus> {
    let events = lab.engine().log().since(0);
    let statuses = events.filter_map(|event| match event.kind {
        EventKind::OrderChanged { order, status, .. } if order == id => Some(status),
        _ => None,
    });
    statuses.collect()
}

#[test]
fn an_order_whose_time_is_over_on_its_way_is_accepted_before_it_expires() {
    for seed in 0..60 {
        let mut lab = Lab::seeded(seed, "realistic", |_| {});
        let id = lab.market("kraken", "LAB-USD", &[(BID - CENT, ONE)], &[(ASK, ONE)]);
        let free = |lab: &Lab| lab.engine().ledger().open_reservations();
        let mut short = ask("LAB-USD", Side::Buy, ONE, Some(ASK));
        short.horizon_ms = Some(1);
        let order = lab.place(short);
        let leg = lab.engine().venue_leg(order, 0).transit;
        assert!(leg.match_ns > lab.now_ns + MS, "seed {seed}: it is on its way when it ends");
        assert_eq!((lab.order(order).status, free(&lab)), (OrderStatus::New, 1));
        lab.pass(10 * SECOND);
        lab.print(id, Some(BookSide::Bid), BID - CENT, 9 * ONE);
        assert_eq!(lab.ended(order), (OrderStatus::Expired, "EXPIRED"), "seed {seed}");
        let steps = told(&lab, order);
        assert_eq!(
            steps[steps.len() - 2..],
            [OrderStatus::Accepted, OrderStatus::Expired],
            "seed {seed}: {steps:?}"
        );
        assert_eq!((lab.filled(order), free(&lab)), (0, 0), "seed {seed}");
    }
}

fn perp(side: Side, qty: i64, limit: i64) -> Ask<'static> {
    let kind = InstrumentKind::Perp;
    Ask { kind, ..ask(PERP, side, qty, Some(limit)).on("hyperliquid") }
}

fn position(lab: &Lab) -> i128 {
    let rows = lab.engine().positions_view(lab.me, None, None, true);
    let rows = rows.get("positions").unwrap().rows().to_vec();
    let row = rows.iter().find(|row| {
        let kind = row.get("instrument").and_then(|instrument| instrument.get("kind")?.text());
        kind == Some("perp")
    });
    row.and_then(|row| row.get("qty_1e8")?.int()).unwrap_or(0)
}

#[test]
fn a_reduce_only_order_closes_what_is_there_when_it_fills_and_never_flips() {
    let mut lab = Lab::new("instant");
    let id = lab.market("hyperliquid", PERP, &[(ASK - TICK, 9 * ONE)], &[(ASK, 9 * ONE)]);
    let nothing = lab.place(Ask { reduce_only: true, ..perp(Side::Sell, ONE, ASK + TICK) });
    assert_eq!(lab.ended(nothing), (OrderStatus::Rejected, "INVALID_PARAMS"));
    lab.place(perp(Side::Buy, 3 * ONE, ASK).tif(TimeInForce::Ioc));
    assert_eq!(position(&lab), 3 * i128::from(ONE));
    // Five are asked for, three are there: clipped when it arrives.
    let close = lab.place(Ask { reduce_only: true, ..perp(Side::Sell, 5 * ONE, ASK + TICK) });
    assert_eq!(lab.order(close).legs[0].qty, Quantity(3 * ONE));
    // Another order closes two while it rests: clipped again when it fills.
    lab.place(perp(Side::Sell, 2 * ONE, ASK - TICK).tif(TimeInForce::Ioc));
    assert_eq!(position(&lab), i128::from(ONE));
    lab.print(id, Some(BookSide::Ask), ASK + 2 * TICK, 9 * ONE);
    assert_eq!(lab.filled(close), ONE);
    assert_eq!((position(&lab), lab.order(close).status), (0, OrderStatus::Cancelled));
    let record = lab.records(lab.me).remove(0);
    let clipped = record.get("clipped_1e8").and_then(Value::int);
    assert_eq!(clipped, Some(2 * i128::from(ONE)), "the venue matched three");
    lab.proven(lab.me);
    assert_eq!(lab.engine().ledger().open_reservations(), 0);
    assert!(lab.held(lab.me, "hyperliquid", "USDC") > Money::ZERO);
}
