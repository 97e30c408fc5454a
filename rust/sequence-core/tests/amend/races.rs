//! Any order of amends, cancels, prints and waits: no invariant breaks, nothing stays pending.

use proptest::prelude::*;

use super::desk::{Desk, MS, Place, SPOT};
use sequence_core::ids::{AssetKind, BookSide, Side};

const EVENT: Place = Place { venue: "kalshi", symbol: "KXTEST-A", whole: 10_000_000 };
const EVENT_TOKENS: Place = Place { venue: "polymarket", symbol: "some-slug", whole: 10_000_000 };
const PERP: Place = Place { venue: "hyperliquid", symbol: "ABC-USD-PERP", whole: 1_000_000_000 };

#[derive(Debug, Clone)]
enum Step {
    Place(Side, i64, i64),
    Amend(usize, Option<i64>, Option<i64>),
    Cancel(usize),
    Print(BookSide, i64, i64),
    Book(i64, i64),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let price = || 45..65i64;
    let side = prop::sample::select(vec![Side::Buy, Side::Sell]);
    let rested = prop::sample::select(vec![BookSide::Bid, BookSide::Ask]);
    prop_oneof![
        (side, 5..12i64, price()).prop_map(|(side, size, price)| Step::Place(side, size, price)),
        (0..4usize, prop::option::of(5..14i64), prop::option::of(price()))
            .prop_map(|(at, total, price)| Step::Amend(at, total, price)),
        (0..4usize).prop_map(Step::Cancel),
        (rested, price(), 1..12i64)
            .prop_map(|(rested, price, size)| Step::Print(rested, price, size)),
        (45..54i64, 1..9i64).prop_map(|(bid, size)| Step::Book(bid, size)),
        (0..200i64).prop_map(Step::Wait),
    ]
}

/// A desk with money, something to sell, and a book. Few of each, so that edges are met.
fn desk(place: Place, preset: &str, overrides: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::at(place, preset, overrides);
    let (kind, cash) = match place.venue {
        "hyperliquid" | "polymarket" => (AssetKind::Crypto, "USDC"),
        _ => (AssetKind::Fiat, "USD"),
    };
    desk.seed(kind, cash, if place.whole == EVENT.whole { 12 } else { 700 });
    match place.venue {
        "kraken" => desk.seed(AssetKind::Crypto, "ABC", 15),
        "hyperliquid" => desk.seed(AssetKind::Perp, place.symbol, 7),
        _ => desk.seed(AssetKind::EventContract, place.symbol, 15),
    }
    desk.book(&[(49, 5)], &[(60, 5)]);
    desk
}

fn play(desk: &mut Desk, steps: &[Step]) {
    let mut orders = Vec::new();
    for step in steps {
        match *step {
            Step::Place(side, size, price) => orders.extend(desk.place(side, size, price)),
            Step::Amend(at, total, price) => {
                desk.wait(0);
                if let Some(order) = orders.get(at) {
                    let filled = desk.order(*order).filled;
                    let before = (desk.order(*order).qty, desk.order(*order).limit);
                    if desk.amend(*order, total, price).is_err() {
                        let after = (desk.order(*order).qty, desk.order(*order).limit);
                        assert_eq!(before, after, "a refused amend leaves the order as it was");
                    }
                    assert!(desk.order(*order).filled >= filled);
                }
            }
            Step::Cancel(at) => {
                if let Some(order) = orders.get(at) {
                    // Refused when the order ended otherwise: that is part of the race.
                    let _ = desk.cancel(*order);
                }
            }
            Step::Print(rested, price, size) => desk.print(rested, price, size),
            Step::Book(bid, size) => desk.book(&[(bid, size)], &[(bid + 6, size)]),
            Step::Wait(ms) => desk.wait(ms * MS),
        }
    }
    desk.wait(60_000 * MS);
    for order in orders {
        assert!(desk.order(order).amending.is_none(), "an amend is still pending");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn amends_race_with_everything_and_break_nothing(
        steps in prop::collection::vec(step(), 1..40),
        place in prop::sample::select(vec![SPOT, EVENT, EVENT_TOKENS, PERP]),
        preset in prop::sample::select(vec!["instant", "realistic", "adversarial"]),
        mode in prop::sample::select(vec!["native", "cancel_replace"]),
        gap in prop::sample::select(vec!["atomic", "pipelined", "sequential"]),
    ) {
        let mut desk = desk(place, preset, &[("amend.mode", mode), ("amend.replace_gap", gap)]);
        play(&mut desk, &steps);
    }
}
