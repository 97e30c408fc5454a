//! Any order of amends, cancels, prints and waits: no invariant breaks, nothing stays pending.

use proptest::prelude::*;

use super::desk::{Desk, MS};

#[derive(Debug, Clone)]
enum Step {
    Buy(i64, i64),
    Amend(usize, Option<i64>, Option<i64>),
    Cancel(usize),
    Sold(i64, i64),
    Book(i64, i64),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let price = || 95..115i64;
    prop_oneof![
        (1..8i64, price()).prop_map(|(size, price)| Step::Buy(size, price)),
        (0..4usize, prop::option::of(1..9i64), prop::option::of(price()))
            .prop_map(|(at, total, price)| Step::Amend(at, total, price)),
        (0..4usize).prop_map(Step::Cancel),
        (price(), 1..12i64).prop_map(|(price, size)| Step::Sold(price, size)),
        (95..104i64, 1..9i64).prop_map(|(bid, size)| Step::Book(bid, size)),
        (0..200i64).prop_map(Step::Wait),
    ]
}

fn play(desk: &mut Desk, steps: &[Step]) {
    let mut orders = Vec::new();
    for step in steps {
        match *step {
            Step::Buy(size, price) => orders.push(desk.buy(size, price)),
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
            Step::Sold(price, size) => desk.sold(price, size),
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
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn amends_race_with_everything_and_break_nothing(
        steps in prop::collection::vec(step(), 1..40),
        preset in prop::sample::select(vec!["instant", "realistic", "adversarial"]),
        mode in prop::sample::select(vec!["native", "cancel_replace"]),
        gap in prop::sample::select(vec!["atomic", "pipelined", "sequential"]),
    ) {
        let mut desk = Desk::new(preset, &[("amend.mode", mode), ("amend.replace_gap", gap)]);
        play(&mut desk, &steps);
    }
}
