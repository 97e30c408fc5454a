//! Event markets: YES and NO are two names of one book and of one participant.

use sequence_core::ids::{AssetKind, BookSide, Side};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::sim::preset::SelfTrade;

use crate::lab::{CENT, Lab, ONE, ask};

const YES: &str = "KXLAB-26DEC31-T1:YES";
const NO: &str = "KXLAB-26DEC31-T1:NO";

/// YES bids .40 × 100 and NO bids .58 × 50, which is a YES ask of .42.
fn kalshi() -> (Lab, sequence_core::ids::MarketId) {
    kalshi_with(SelfTrade::CancelNewest)
}

fn kalshi_with(stp: SelfTrade) -> (Lab, sequence_core::ids::MarketId) {
    let mut lab = Lab::with("instant", |params| params.stp = stp);
    let id = lab.market(
        "kalshi",
        "KXLAB-26DEC31-T1",
        &[(40 * CENT, 100 * ONE)],
        &[(42 * CENT, 50 * ONE)],
    );
    (lab, id)
}

fn buy(symbol: &str, qty: i64, cents: i64) -> crate::lab::Ask<'_> {
    ask(symbol, Side::Buy, qty * ONE, Some(cents * CENT)).on("kalshi")
}

#[test]
fn g10_a_level_and_its_complement_are_one_budget() {
    let (mut lab, _) = kalshi();
    lab.give(lab.me, "kalshi", AssetKind::EventContract, NO, 500 * ONE);
    let takes = lab.place(buy(YES, 40, 42).tif(TimeInForce::Ioc));
    let sells = ask(NO, Side::Sell, 40 * ONE, Some(58 * CENT)).on("kalshi").tif(TimeInForce::Ioc);
    let mirrored = lab.place(sells);
    assert_eq!(lab.filled(takes) + lab.filled(mirrored), 50 * ONE);
    let again = lab.place(buy(YES, 40, 42).tif(TimeInForce::Ioc));
    assert_eq!(lab.filled(again), 0);
    lab.proven(lab.me);
}

#[test]
fn e13_21_an_own_no_bid_queues_and_pays_as_a_no_buyer() {
    let (mut lab, id) = kalshi();
    let order = lab.place(buy(NO, 20, 58));
    assert_eq!(lab.reason(order), "QUEUE_AHEAD");
    lab.print(id, Some(BookSide::Ask), 42 * CENT, 60 * ONE);
    assert_eq!(lab.filled(order), 10 * ONE);
    assert_eq!(lab.fills(lab.me)[0].price.0, 58 * CENT);
    assert_eq!(lab.held(lab.me, "kalshi", NO).0, 10 * 1_000_000_000);
    lab.proven(lab.me);
}

#[test]
fn g9_a_yes_buyer_never_meets_the_own_no_buyer() {
    for (stp, resting) in [
        (SelfTrade::CancelNewest, OrderStatus::Accepted),
        (SelfTrade::CancelOldest, OrderStatus::Cancelled),
        (SelfTrade::CancelBoth, OrderStatus::Cancelled),
    ] {
        let (mut lab, id) = kalshi_with(stp);
        let no = lab.place(buy(NO, 20, 59));
        assert_eq!(
            lab.order(no).status,
            OrderStatus::Accepted,
            "a YES ask of .41 inside the spread"
        );
        let yes = lab.place(buy(YES, 30, 41));
        assert_eq!(lab.fills(lab.me).len(), 0, "{stp:?}");
        assert_eq!(lab.order(no).status, resting, "{stp:?}");
        let stays = stp == SelfTrade::CancelOldest;
        assert_eq!(lab.order(yes).status == OrderStatus::Accepted, stays, "{stp:?}");
        // A NO buyer one cent lower is no partner.
        let apart = lab.place(buy(NO, 5, 58));
        assert_eq!(lab.order(apart).status, OrderStatus::Accepted);
        lab.print(id, Some(BookSide::Ask), 42 * CENT, 5 * ONE);
        lab.proven(lab.me);
    }
}

#[test]
fn yes_and_no_of_one_market_read_one_book() {
    let (mut lab, id) = kalshi();
    lab.level(id, BookSide::Ask, 43 * CENT, 7 * ONE);
    let quote = lab.engine().quote_view(NO, 5).unwrap();
    let nbbo = quote.get("nbbo").unwrap();
    let price = |key: &str| nbbo.get(key).and_then(sequence_core::engine::view::Value::int);
    assert_eq!((price("bid_1e9"), price("ask_1e9")), (Some(580_000_000), Some(600_000_000)));
    let order = lab.place(buy(NO, 30, 60).tif(TimeInForce::Ioc));
    assert_eq!(lab.filled(order), 30 * ONE, "the YES bid of .40 sells NO at .60");
    let order = lab.place(buy(NO, 100, 60).tif(TimeInForce::Ioc));
    assert_eq!(lab.filled(order), 70 * ONE, "and it is taken once");
    lab.proven(lab.me);
}

#[test]
fn a_market_with_a_delay_for_takers_matches_after_it_and_not_before_a_cancel() {
    let (mut lab, id) = kalshi();
    lab.session.engine.set_taker_delay(id, 3_000_000_000);
    let free = lab.place(buy(YES, 5, 42).tif(TimeInForce::Ioc));
    assert_eq!(lab.filled(free), 5 * ONE, "the preset has no venue rules");
    let mut lab = Lab::with("realistic", |params| params.impact_ppm = 0);
    let id = lab.market(
        "kalshi",
        "KXLAB-26DEC31-T1",
        &[(40 * CENT, 100 * ONE)],
        &[(42 * CENT, 50 * ONE)],
    );
    lab.session.engine.set_taker_delay(id, 3_000_000_000);
    let order = lab.place(buy(YES, 5, 42));
    let rests = lab.place(buy(YES, 5, 41));
    lab.pass(2_000_000_000);
    assert_eq!(lab.reason(order), "TAKER_DELAY");
    assert_ne!(lab.reason(rests), "TAKER_DELAY", "it would not take");
    assert!(lab.cancel(lab.me, order));
    lab.pass(10_000_000_000);
    assert_eq!(lab.order(order).status, OrderStatus::Filled, "nothing withdraws it in between");
    assert_eq!(
        lab.records(lab.me)[0].get("time").unwrap().get("taker_delay_ns").unwrap().int(),
        Some(3_000_000_000)
    );
    lab.proven(lab.me);
}
