//! Random commands on the engine: its laws after every step, and the bugs that must not pass.
//!
//! A random sequence is written as lines of a scenario, so that whatever fails can be read, and
//! moved into `tests/scenarios` as it is.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

#[path = "../support/desk.rs"]
mod desk;
mod edges;
#[path = "../graphs/kept.rs"]
mod kept;
mod money;
mod mutants;
mod play;
mod session;
mod steps;
#[path = "../table/mod.rs"]
mod table;
mod under_way;
mod watch;

use proptest::prelude::*;

use play::{alone, equal, play};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_sequence_breaks_a_law(steps in steps::sequences()) {
        let played = play(&steps);
        prop_assert!(played.is_ok(), "{}", played.err().unwrap_or_default());
    }

    #[test]
    fn equal_inputs_give_equal_hashes(steps in steps::sequences()) {
        let lines = play(&steps).map_err(TestCaseError::fail)?.lines;
        prop_assert!(equal(&lines), "{}", lines.join("\n"));
    }

    #[test]
    fn a_client_sees_no_other_client(steps in steps::sequences()) {
        let played = play(&steps).map_err(TestCaseError::fail)?;
        prop_assert_eq!(alone(&played.lines), played.seen_by("alice"), "{}", played.lines.join("\n"));
    }
}

#[test]
fn every_branch_is_reached() {
    let mut seen = watch::Seen::default();
    for steps in mutants::sequences(500) {
        let played = play(&steps).unwrap_or_else(|wrong| panic!("{wrong}"));
        seen.add(&played.seen);
    }
    assert!(seen.missing().is_empty(), "never happened: {:?}; {seen:?}", seen.missing());
}
