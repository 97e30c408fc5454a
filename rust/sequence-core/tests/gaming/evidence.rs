//! Every fill proves itself, and every resting order has one reason.

use std::collections::BTreeSet;

use sequence_core::engine::view::{Value, verify};
use sequence_core::ids::{AccountId, BookSide, OrderId, Side};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::rng::{Draws, Stream};
use sequence_core::tape::FeedStatus;

use crate::lab::{CENT, Lab, MS, ONE, SECOND, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;
const PLACES: [(&str, &str, i64); 6] = [
    ("BTC-USD", "kraken", ONE / 100),
    ("ETH-USD", "binance", ONE / 10),
    ("SOL-USD", "coinbase", 2 * ONE),
    ("BTC-USD-PERP", "hyperliquid", ONE / 100),
    ("KXBTCZ-26DEC31-T99000:YES", "kalshi", 40 * ONE),
    ("btc-updown-5m-1776537600:NO", "polymarket", 60 * ONE),
];

/// One small order somewhere near the touch of the demo market.
pub(crate) fn any_order<'a>(lab: &Lab, draws: &mut Draws) -> crate::lab::Ask<'a> {
    let (symbol, venue, size) = PLACES[usize::try_from(draws.roll(6)).unwrap()];
    let side = if draws.chance(60) { Side::Buy } else { Side::Sell };
    let quote = lab.engine().quote_view(symbol, 1).unwrap();
    let key = if (side == Side::Buy) == draws.chance(60) { "bid_1e9" } else { "ask_1e9" };
    let near = quote.get("nbbo").and_then(|nbbo| nbbo.get(key)?.int());
    let limit = near.filter(|_| draws.chance(75)).map(|price| i64::try_from(price).unwrap());
    let tifs = [None, Some(TimeInForce::Ioc), Some(TimeInForce::PostOnly), Some(TimeInForce::Fok)];
    let tif = tifs[usize::try_from(draws.roll(4)).unwrap()].filter(|_| limit.is_some());
    let mut sent = ask(symbol, side, size * draws.between(1, 9), limit).on(venue);
    if symbol.ends_with("PERP") {
        sent.kind = sequence_core::ids::InstrumentKind::Perp;
    }
    sent.tif = tif;
    if limit.is_some() && draws.chance(20) {
        sent.slippage = Some(20);
    }
    sent
}

/// Half a minute of the demo market with orders everywhere: records checked, reasons seen.
fn day(preset: &str) -> (usize, BTreeSet<String>) {
    let mut lab = Lab::new(preset);
    lab.session.start_demo(42, lab.now_ns).unwrap();
    lab.pass(SECOND);
    let mut draws = Draws::new(Stream::new(9, 0, "day"));
    let mut reasons = BTreeSet::new();
    let mut placed: Vec<OrderId> = Vec::new();
    for _ in 0..150 {
        let sent = any_order(&lab, &mut draws);
        placed.extend(lab.try_place(lab.me, sent));
        lab.pass(draws.between(20, 400) * MS);
        for id in &placed {
            let open = !lab.order(*id).status.is_terminal();
            let reason = lab.reason(*id);
            assert_eq!(open, reason != "-", "one reason while open, none after: {id:?}");
            if open {
                reasons.insert(reason);
            }
        }
    }
    (lab.proven(lab.me), reasons)
}

#[test]
fn b7_every_fill_of_the_demo_market_is_rebuilt_from_its_record() {
    for preset in ["optimistic", "realistic", "adversarial", "instant"] {
        let (fills, reasons) = day(preset);
        assert!(fills > 40, "{preset}: only {fills} fills");
        assert!(reasons.contains("QUEUE_AHEAD"), "{preset}: {reasons:?}");
    }
}

/// Every number of a record, one after the other, one unit off.
fn tampered(record: &Value, at: &mut i64) -> Value {
    match record {
        Value::Int(value) => {
            *at -= 1;
            Value::Int(value + i128::from(*at == -1))
        }
        Value::List(rows) => Value::List(rows.iter().map(|row| tampered(row, at)).collect()),
        Value::Map(rows) => {
            Value::Map(rows.iter().map(|(key, value)| (*key, tampered(value, at))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn one_number_that_is_one_unit_off_is_noticed() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, 5 * ONE)], &[(ASK, ONE)]);
    lab.place(ask("LAB-USD", Side::Buy, ONE, None));
    lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    lab.print(id, Some(BookSide::Bid), BID, 9 * ONE);
    for record in lab.records(lab.me) {
        assert!(verify(&record).is_empty());
        for at in 0.. {
            let mut left = at;
            let changed = tampered(&record, &mut left);
            if left >= 0 {
                break;
            }
            assert!(!verify(&changed).is_empty(), "number {at} of {record:?}");
        }
    }
}

#[test]
fn an_explanation_is_a_few_lines_that_add_up() {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, 5 * ONE)], &[(ASK, ONE)]);
    let taker = lab.place(ask("LAB-USD", Side::Buy, ONE, None));
    let maker = lab.place(ask("LAB-USD", Side::Buy, 2 * ONE, Some(BID)));
    lab.print(id, Some(BookSide::Bid), BID, 6 * ONE);
    for fill in lab.fills(lab.me) {
        let told = lab.engine().explain_fill(lab.me, &format!("fill_{}", fill.id)).unwrap();
        assert_eq!(told.get("verified"), Some(&Value::Bool(true)));
    }
    let text = |order: OrderId| {
        let graph = lab.engine().graph(lab.order(order).spec.graph).id.to_string();
        let told = lab.engine().explain_order(lab.me, &graph).unwrap();
        told.get("text").and_then(Value::text).unwrap().to_owned()
    };
    assert!(text(taker).contains("took 1 of 1 displayed at 100"), "{}", text(taker));
    let told = text(maker);
    assert!(told.contains("joined behind 5"), "{told}");
    assert!(told.contains("NO_PRINT") && told.contains("PARTIAL"), "{told}");
    assert!(lab.engine().explain_fill(lab.me, "fill_x").is_err());
}

#[test]
fn each_reason_of_an_open_order_can_be_reached() {
    let mut lab = Lab::with("instant", |params| params.pairing_ppm = 1_000_000);
    let id = lab.market("kraken", "LAB-USD", &[(BID, 5 * ONE)], &[(ASK, ONE)]);
    lab.say_steps(id, Some(sequence_core::number::Price(CENT)), 10);
    let first = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    assert_eq!(lab.reason(first), "QUEUE_AHEAD");
    lab.level(id, BookSide::Bid, BID, 4 * ONE);
    assert_eq!(lab.reason(first), "PAIRING");
    lab.pass(6 * MS);
    assert_eq!(lab.reason(first), "QUEUE_AHEAD", "by now it was a cancel");
    let far = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID - 3 * CENT)));
    assert_eq!(lab.reason(far), "NOT_AT_TOUCH");
    assert_eq!(lab.why(far).get("distance_ticks").and_then(Value::int), Some(3));
    let second = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    lab.print(id, Some(BookSide::Bid), BID, 5 * ONE);
    assert_eq!(lab.order(first).status, OrderStatus::Filled);
    assert_eq!(lab.reason(second), "BUDGET_USED");
    lab.print(id, Some(BookSide::Bid), BID, 5);
    assert_eq!(lab.reason(second), "LOT_TOO_SMALL");
    let inside = lab.place(ask("LAB-USD", Side::Sell, ONE, Some(ASK)));
    assert_eq!(lab.reason(inside), "QUEUE_AHEAD", "bought a moment ago");
    lab.status(id, FeedStatus::Resync);
    assert_eq!(lab.reason(second), "WAITING_BOOK");
    lab.book(id, &[(BID - 9 * CENT, ONE)], &[(ASK, ONE)]);
    lab.print(id, None, BID, ONE / 100);
    assert_eq!(lab.reason(second), "UNRESOLVED_PRINT");
    let mut lab = Lab::new("realistic");
    lab.market("kraken", "LAB-USD", &[(BID, 5 * ONE)], &[(ASK, ONE)]);
    let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID + CENT / 2 - CENT / 2)));
    assert_eq!(lab.reason(order), "IN_FLIGHT");
    let better = lab.place(ask("LAB-USD", Side::Sell, ONE, Some(ASK)));
    assert_eq!(lab.order(better).status, OrderStatus::Rejected, "nothing to sell");
}

#[test]
fn b14_the_readings_of_a_lone_order_stay_in_their_order() {
    for preset in ["realistic", "adversarial", "optimistic"] {
        let mut lab = Lab::new(preset);
        let id = lab.market("kraken", "LAB-USD", &[(BID, 50 * ONE)], &[(ASK, 50 * ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, 30 * ONE, Some(BID)));
        lab.pass(10 * SECOND);
        let mut draws = Draws::new(Stream::new(5, 0, preset));
        let mut shown = 50;
        for _ in 0..400 {
            if draws.chance(30) {
                lab.print(id, Some(BookSide::Bid), BID, draws.between(1, 6) * ONE);
            } else {
                shown = (shown + draws.between(-8, 17)).clamp(1, 90);
                lab.level(id, BookSide::Bid, BID, shown * ONE);
            }
            lab.pass(draws.between(1, 30) * MS);
            let why = lab.why(order);
            if why == Value::Null {
                break;
            }
            let size = |name: &str| why.get(name).and_then(Value::int).unwrap();
            assert!(
                size("v_low_1e8") <= size("v_now_1e8") && size("v_now_1e8") <= size("v_high_1e8")
            );
        }
        for fill in lab.fills(lab.me) {
            if let sequence_core::engine::Liquidity::Maker(made, _) = &fill.evidence.liquidity {
                assert!(
                    made.low.remaining <= made.remaining.0
                        && made.remaining.0 <= made.high.remaining
                );
            }
        }
        lab.proven(lab.me);
    }
}

#[test]
fn b6_three_runs_are_one() {
    let run = || {
        let mut lab = Lab::new("realistic");
        lab.session.start_demo(11, lab.now_ns).unwrap();
        lab.pass(SECOND);
        let mut draws = Draws::new(Stream::new(13, 0, "run"));
        for _ in 0..80 {
            let sent = any_order(&lab, &mut draws);
            lab.try_place(AccountId(0), sent);
            lab.pass(draws.between(20, 300) * MS);
        }
        (lab.engine().world_hash(), lab.engine().log().hash(), lab.proven(lab.me))
    };
    let first = run();
    assert!(first.2 > 10);
    assert_eq!(first, run());
    assert_eq!(first, run());
}
