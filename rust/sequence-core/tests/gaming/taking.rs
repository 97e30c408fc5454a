//! Taking more than is there: size, retakes, flicker, dust, own impact's bounds.

use sequence_core::ids::{AssetKind, BookSide, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::sim::preset::{Params, SelfTrade};
use sequence_core::tape::MarketEvent;

use crate::lab::{CENT, Lab, MS, ONE, SECOND, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;

/// Prices and sizes.
type Levels = Vec<(i64, i64)>;

fn ladder(levels: i64, size: i64) -> (Levels, Levels) {
    let bids = (0..levels).map(|at| (BID - at * CENT, size)).collect();
    let asks = (0..levels).map(|at| (ASK + at * CENT, size)).collect();
    (bids, asks)
}

#[test]
fn g2_a_giant_order_gets_what_is_displayed_inside_its_cap_and_no_more() {
    for (preset, levels) in [("instant", 10), ("realistic", 10), ("adversarial", 10)] {
        let mut lab = Lab::new(preset);
        let (bids, asks) = ladder(levels, ONE);
        lab.market("kraken", "LAB-USD", &bids, &asks);
        let order = lab.place(ask("LAB-USD", Side::Buy, 1_000 * ONE, None));
        lab.pass(60 * SECOND);
        assert_eq!(lab.filled(order), levels * ONE, "{preset}");
        assert_eq!(lab.ended(order), (OrderStatus::Cancelled, "NO_LIQUIDITY"), "{preset}");
        lab.proven(lab.me);
    }
    let mut lab = Lab::new("instant");
    lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, ONE), (2 * ASK, 1_000 * ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, 1_000 * ONE, None));
    assert_eq!((lab.filled(order), lab.ended(order).1), (ONE, "SLIPPAGE_CAP"));
    let order = lab.place(ask("LAB-USD", Side::Buy, 1_000 * ONE, None));
    assert_eq!(lab.ended(order), (OrderStatus::Cancelled, "SLIPPAGE_CAP"), "what it took is gone");
}

#[test]
fn a_walk_looks_at_no_more_levels_than_the_preset_says() {
    let mut lab = Lab::with("instant", |params| params.max_levels = 3);
    let (bids, asks) = ladder(10, ONE);
    lab.market("kraken", "LAB-USD", &bids, &asks);
    let order = lab.place(ask("LAB-USD", Side::Buy, 10 * ONE, None));
    assert_eq!((lab.filled(order), lab.ended(order).1), (3 * ONE, "MAX_LEVELS"));
}

/// What a thousand immediate orders, one a millisecond, take from one level of ten.
fn retaken(tau_ns: i64) -> i64 {
    let mut lab = Lab::with("instant", |params| params.overlay_tau_ns = tau_ns);
    lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
    let mut total = 0;
    for _ in 0..1_000 {
        let buy = ask("LAB-USD", Side::Buy, 10 * ONE, Some(ASK)).tif(TimeInForce::Ioc);
        let order = lab.place(buy);
        total += lab.filled(order);
        lab.pass(MS);
    }
    lab.proven(lab.me);
    total
}

#[test]
fn g4_a_level_taken_every_millisecond_gives_its_size_and_what_comes_back() {
    assert_eq!(retaken(0), 10 * ONE, "without resilience a unit is taken once");
    // A level kept empty refills by c·Δt/τ: half of ten in a second at a time of two seconds.
    let realistic = retaken(2 * SECOND);
    assert!((10 * ONE..=15 * ONE + 1_000).contains(&realistic), "{realistic}");
    let adversarial = retaken(60 * SECOND);
    assert!((10 * ONE..=10 * ONE + ONE / 5).contains(&adversarial), "{adversarial}");
}

#[test]
fn e13_10_a_second_walk_through_the_engine_meets_what_came_back() {
    let mut lab = Lab::with("instant", |params| params.overlay_tau_ns = 2 * SECOND);
    let id =
        lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 5 * ONE), (ASK + CENT, 8 * ONE)]);
    lab.say_steps(id, None, 1);
    lab.place(ask("LAB-USD", Side::Buy, 10 * ONE, Some(ASK + CENT)).tif(TimeInForce::Ioc));
    lab.pass(SECOND);
    let fok = lab.place(ask("LAB-USD", Side::Buy, 7 * ONE, Some(ASK + CENT)).tif(TimeInForce::Fok));
    assert_eq!(lab.ended(fok), (OrderStatus::Rejected, "EXCHANGE_REJECT"));
    lab.place(ask("LAB-USD", Side::Buy, 6 * ONE, Some(ASK + CENT)).tif(TimeInForce::Ioc));
    let taken: Vec<i64> = lab.fills(lab.me).iter().map(|fill| fill.quantity.0).collect();
    assert_eq!(taken, [5 * ONE, 5 * ONE, 196_734_670, 403_265_330]);
}

/// What is taken from a level of ten that is deleted and shown again.
fn flickered(ghost: bool) -> i64 {
    let mut lab = Lab::with("instant", |params| {
        params.overlay_ghost = ghost;
        params.overlay_tau_ns = 60 * SECOND;
    });
    let id =
        lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE), (ASK + 900 * CENT, ONE)]);
    let mut total = 0;
    for _ in 0..5 {
        let buy = ask("LAB-USD", Side::Buy, 10 * ONE, Some(ASK)).tif(TimeInForce::Ioc);
        let order = lab.place(buy);
        total += lab.filled(order);
        lab.level(id, BookSide::Ask, ASK, 0);
        lab.pass(MS);
        lab.level(id, BookSide::Ask, ASK, 10 * ONE);
    }
    total
}

#[test]
fn g5_a_level_that_flickers_is_remembered() {
    let with_ghost = flickered(true);
    assert!((10 * ONE..10 * ONE + ONE / 100).contains(&with_ghost), "{with_ghost}");
    assert_eq!(flickered(false), 50 * ONE, "without the ghost the exploit works");
}

#[test]
fn g5_a_level_that_is_repeated_within_one_message_is_one_level() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
    let buy = ask("LAB-USD", Side::Buy, 30 * ONE, Some(ASK));
    let order = lab.place(buy);
    assert_eq!(lab.filled(order), 10 * ONE);
    let now = lab.now_ns;
    let set = |size: i64| MarketEvent::level(BookSide::Ask, Price(ASK), Quantity(size), now, now);
    lab.send(id, &[set(0), set(90 * ONE), set(10 * ONE).last()]);
    assert_eq!(lab.filled(order), 10 * ONE, "what stood there for no time crossed nobody");
    let again = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)).tif(TimeInForce::Ioc));
    assert_eq!(lab.filled(again), 0, "and what was taken stays taken");
    lab.send(id, &[set(90 * ONE), set(14 * ONE).last()]);
    assert_eq!(lab.filled(order), 14 * ONE);
    lab.proven(lab.me);
}

#[test]
fn g6_a_thousand_small_orders_get_what_one_gets() {
    let quantum = ONE / 100;
    for maker in [true, false] {
        let mut lab = Lab::new("instant");
        let id = lab.market("kraken", "LAB-USD", &[(BID, 5 * ONE)], &[(ASK, 8 * ONE)]);
        let bob = lab.account("bob");
        let price = if maker { BID } else { ASK };
        let tif = if maker { TimeInForce::Gtc } else { TimeInForce::Ioc };
        let whole = ask("LAB-USD", Side::Buy, 1_000 * quantum, Some(price)).tif(tif);
        lab.place(whole);
        for _ in 0..1_000 {
            lab.place_for(bob, ask("LAB-USD", Side::Buy, quantum, Some(price)).tif(tif));
        }
        lab.print(id, Some(BookSide::Bid), BID, 12 * ONE + quantum / 2);
        let total = |account| -> (i64, i128) {
            let fills = lab.fills(account);
            (
                fills.iter().map(|fill| fill.quantity.0).sum(),
                fills.iter().map(|fill| fill.fee.0).sum(),
            )
        };
        let ((one, fee), (many, fees)) = (total(lab.me), total(bob));
        assert!(one > 0 && (one - many).abs() <= quantum, "{one} {many}");
        let per_unit = fee * i128::from(many) / i128::from(one);
        assert!((fees - per_unit).abs() <= 1_000, "{fees} {per_unit}");
    }
}

#[test]
fn g9_own_orders_never_trade_with_each_other_under_any_policy() {
    for (policy, rests, arrives) in [
        (SelfTrade::CancelNewest, OrderStatus::Accepted, "SELF_TRADE"),
        (SelfTrade::CancelOldest, OrderStatus::Cancelled, ""),
        (SelfTrade::CancelBoth, OrderStatus::Cancelled, "SELF_TRADE"),
    ] {
        let mut lab = Lab::with("instant", |params: &mut Params| params.stp = policy);
        lab.market(
            "kraken",
            "LAB-USD",
            &[(BID - 5 * CENT, ONE)],
            &[(ASK, ONE), (ASK + 2 * CENT, 9 * ONE)],
        );
        lab.give(lab.me, "kraken", AssetKind::Crypto, "LAB", 100 * ONE);
        let sell = lab.place(ask("LAB-USD", Side::Sell, 3 * ONE, Some(ASK + CENT)));
        assert_eq!(lab.order(sell).status, OrderStatus::Accepted);
        let buy = lab.place(ask("LAB-USD", Side::Buy, 5 * ONE, Some(ASK + 2 * CENT)));
        assert_eq!(lab.order(sell).status, rests, "{policy:?}");
        assert_eq!(lab.filled(sell), 0);
        let taken = if policy == SelfTrade::CancelOldest { 5 * ONE } else { ONE };
        assert_eq!(
            (lab.filled(buy), lab.ended(buy).1.replace("FILLED", "")),
            (taken, arrives.to_owned())
        );
        assert!(lab.fills(lab.me).iter().all(|fill| fill.order == buy));
    }
    let mut lab = Lab::with("instant", |params| params.stp = SelfTrade::CancelOldest);
    lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK + 2 * CENT, ONE)]);
    lab.give(lab.me, "kraken", AssetKind::Crypto, "LAB", 100 * ONE);
    let sell = lab.place(ask("LAB-USD", Side::Sell, ONE, Some(ASK)));
    let fok = ask("LAB-USD", Side::Buy, 5 * ONE, Some(ASK + 2 * CENT)).tif(TimeInForce::Fok);
    let fok = lab.place(fok);
    assert_eq!(lab.ended(fok).0, OrderStatus::Rejected);
    assert_eq!(lab.order(sell).status, OrderStatus::Accepted, "a refused order cancels nothing");
}

#[test]
fn g11_no_round_trip_of_dust_ends_with_more_cash() {
    let mut lab = Lab::new("instant");
    let price = 333_333_333;
    let id = lab.market("kraken", "LAB-USD", &[(price, 1_000 * ONE)], &[(price + 1, 1_000 * ONE)]);
    let tick = sequence_core::number::Price(1);
    lab.say_steps(id, Some(tick), 1);
    let mut cash = lab.held(lab.me, "kraken", "USD");
    for round in 0..200 {
        let qty = 1 + round * 7_919 % 1_000;
        for (side, limit) in [(Side::Buy, price + 1), (Side::Sell, price)] {
            let pieces = 1 + round % 3;
            for piece in 0..pieces {
                let part = qty / pieces + i64::from(piece == 0) * (qty % pieces);
                if part > 0 {
                    lab.place(ask("LAB-USD", side, part, Some(limit)).tif(TimeInForce::Ioc));
                }
            }
        }
        let after = lab.held(lab.me, "kraken", "USD");
        assert!(after <= cash, "round {round} made money");
        cash = after;
    }
    assert_eq!(lab.held(lab.me, "kraken", "LAB").0, 0);
    lab.proven(lab.me);
}

#[test]
fn post_only_is_judged_by_the_record_and_not_by_own_impact() {
    let mut lab = Lab::with("instant", |params| {
        params.impact_ppm = 50_000_000;
        params.impact_sides = sequence_core::sim::preset::ImpactSides::AdverseOnly;
    });
    lab.market("kraken", "LAB-USD", &[(BID, 10 * ONE)], &[(ASK, 10 * ONE)]);
    lab.place(ask("LAB-USD", Side::Buy, ONE, None));
    let post = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)).tif(TimeInForce::PostOnly));
    assert_eq!(lab.ended(post), (OrderStatus::Rejected, "EXCHANGE_REJECT"));
}

#[test]
fn the_cap_is_set_by_the_price_when_the_order_was_sent() {
    let mut lab = Lab::new("realistic");
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
    let mut buy = ask("LAB-USD", Side::Buy, ONE, None);
    buy.slippage = Some(10);
    let order = lab.place(buy);
    lab.pass(1);
    lab.book(id, &[(BID, ONE)], &[(ASK + 11 * CENT, 10 * ONE)]);
    lab.pass(60 * SECOND);
    assert_eq!(lab.ended(order), (OrderStatus::Rejected, "PRICE_DEVIATION"));
}
