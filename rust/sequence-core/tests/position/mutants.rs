//! Every deliberate bug of the positions is found by the fractions.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sequence_core::mutant;

use crate::fractions::{Deal, deals, replay};

const MUTANTS: [&str; 2] = ["flip_keeps_cost", "flip_realises_all"];

#[test]
#[expect(clippy::print_stdout, reason = "the count is what is asked for")]
fn every_mutant_is_killed() {
    let mut runner = TestRunner::deterministic();
    let strategy = deals();
    let corpus: Vec<Vec<Deal>> =
        (0..300).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    assert!(corpus.iter().all(|deals| replay(true, deals).is_ok()), "the row itself must pass");
    for name in MUTANTS {
        let killed = mutant::with(name, || corpus.iter().any(|deals| replay(true, deals).is_err()));
        assert!(killed, "{name} survives");
    }
    println!("positions: {0} of {0} mutants killed", MUTANTS.len());
}

#[test]
fn no_mutant_of_the_positions_is_left_out() {
    let named: Vec<&str> = include_str!("../../src/position/cost.rs")
        .split("mutant!(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(named, MUTANTS);
}
