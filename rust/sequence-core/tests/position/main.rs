//! Cost basis and P&L against exact fractions, and the laws P1 to P3 and P5.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod fractions;
mod life;
mod mutants;

use fractions::{Deal, deals, replay, same_when_split};
use proptest::collection::vec;
use proptest::prelude::*;
use sequence_core::number::Price;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn cost_and_gain_agree_with_exact_fractions(short in any::<bool>(), deals in deals()) {
        let outcome = replay(short, &deals);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn a_fill_may_be_split_anywhere_and_nothing_changes(
        deals in deals(),
        cuts in vec(1..100i64, 40),
    ) {
        let outcome = same_when_split(&deals, &cuts);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }

    #[test]
    fn the_entry_price_is_between_the_prices_paid(deals in deals()) {
        let buys: Vec<Deal> = deals.into_iter().map(|deal| Deal { buy: true, ..deal }).collect();
        let prices = buys.iter().map(|deal| deal.price);
        let (low, high) = (prices.clone().min().unwrap(), prices.max().unwrap());
        let entry = replay(true, &buys).unwrap().entry_price();
        prop_assert!(Price(low) <= entry && entry <= Price(high));
    }
}
