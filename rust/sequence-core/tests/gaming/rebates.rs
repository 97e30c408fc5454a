//! Maker rebates: credited when the parameters say so, exact, and never made up.

use sequence_core::engine::view::Value;
use sequence_core::ids::{BookSide, Side};
use sequence_core::number::Money;
use sequence_core::sim::fees::FeeSchedule;

use crate::lab::{CENT, Lab, ONE, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;

/// A maker's two fills and a taker's one at a venue that pays makers 1.5 bps and takes 4 bps.
fn fees(rebates: bool) -> (Lab, Vec<i128>) {
    let mut lab = Lab::with("instant", |params| params.rebates = rebates);
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 9 * ONE)]);
    lab.session.engine.set_fees(id, FeeSchedule::bps(-15_000, 40_000)).unwrap();
    let cash = lab.held(lab.me, "kraken", "USD");
    lab.place(ask("LAB-USD", Side::Buy, 3 * ONE, Some(BID)));
    let refused = lab.session.engine.set_fees(id, FeeSchedule::bps(0, 0));
    assert!(refused.is_err(), "an open order was reserved under these fees");
    lab.print(id, Some(BookSide::Bid), BID, 2 * ONE);
    lab.print(id, Some(BookSide::Bid), BID - CENT, 2 * ONE);
    lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
    lab.lawful();
    assert_eq!(lab.proven(lab.me), 3);
    let fills = lab.fills(lab.me);
    let spent: i128 = fills.iter().map(|fill| fill.fee_leg.notional.0 + fill.fee.0).sum();
    assert_eq!(lab.held(lab.me, "kraken", "USD"), Money(cash.0 - spent));
    let fees = fills.iter().map(|fill| fill.fee.0).collect();
    (lab, fees)
}

#[test]
fn a_maker_rebate_is_credited_only_where_rebates_are() {
    // 99.99 for one and for two units, and 100 as a taker; money has nine decimals.
    let taker = 40_000_000;
    assert_eq!(fees(true).1, [-14_998_500, -29_997_000, taker]);
    assert_eq!(fees(false).1, [0, 0, taker]);
}

#[test]
fn what_is_charged_is_what_the_venue_row_says() {
    for (rebates, maker) in [(true, -15_000), (false, 0)] {
        let (lab, _) = fees(rebates);
        let rows = lab.engine().fees_view("LAB-USD", None).unwrap();
        let row = rows.get("fees").unwrap().rows()[0].clone();
        let rate = row.get("maker_rate_1e8").and_then(Value::int);
        assert_eq!(rate, Some(maker), "rebates {rebates}");
    }
}
