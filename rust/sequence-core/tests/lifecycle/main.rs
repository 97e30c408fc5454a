//! The laws hold through everything that happens to positions without an order of their owner:
//! settlements, corrections, redemptions, netting, funding and liquidations, with orders open.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod machine;
mod steps;

use machine::Machine;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use steps::Step;

fn run(preset: &str, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut machine = Machine::new(preset);
    for (number, step) in steps.iter().enumerate() {
        if let Some(wrong) = machine.run(step) {
            return Err(TestCaseError::fail(format!("step {number} {step:?}: {wrong}")));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_laws_hold_when_everything_is_immediate(steps in steps::steps()) {
        run("instant", &steps)?;
    }

    #[test]
    fn the_laws_hold_while_messages_travel(steps in steps::steps()) {
        run("realistic", &steps)?;
    }

    #[test]
    fn the_laws_hold_under_the_harshest_rules(steps in steps::steps()) {
        run("adversarial", &steps)?;
    }
}

/// A run that never gets somewhere proves nothing about it.
#[test]
fn random_lives_reach_everything_that_can_happen() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for preset in ["instant", "realistic"] {
        for _ in 0..600 {
            let steps = steps::steps().new_tree(&mut runner).unwrap().current();
            let mut machine = Machine::new(preset);
            for step in &steps {
                assert_eq!(machine.run(step), None);
            }
            seen.extend(machine.reached());
        }
    }
    let missing: Vec<_> =
        machine::EVERYTHING.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}; seen: {seen:?}");
}
