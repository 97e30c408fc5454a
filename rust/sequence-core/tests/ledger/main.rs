//! The ledger against a slow obvious model, its laws, the worked example and its mutants.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod example;
mod model;
mod mutants;
mod steps;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_ledger_agrees_with_the_model_after_every_step(steps in steps::sequences()) {
        let outcome = steps::compare(&steps);
        prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    }
}
