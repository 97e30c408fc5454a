//! Every deliberate bug of the ledger is found: by its laws where they can see it, else by the model.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sequence_core::mutant;

use crate::steps::{Step, broken_laws, compare, sequences};

/// Each mutant with the law that sees it, or none when only the model does.
const MUTANTS: [(&str, Option<&str>); 13] = [
    ("amend_keeps_reservation", None),
    ("cancel_keeps_reservation", Some("L2")),
    ("double_release", Some("L2")),
    ("dust_fee", Some("L3")),
    ("fee_off_by_one", Some("L1")),
    ("fee_twice", Some("L1")),
    ("i64_wrap", Some("L1")),
    ("improvement_not_freed", None),
    ("partial_releases_all", None),
    ("refresh_clears_reserved", Some("L2")),
    ("reset_hits_neighbour", Some("L1")),
    ("rounding_creates_money", Some("L1")),
    ("spend_total", Some("L3")),
];

/// The same sequences for every mutant, so that a survivor is a finding and not bad luck.
fn corpus() -> Vec<Vec<Step>> {
    let mut runner = TestRunner::deterministic();
    let strategy = sequences();
    (0..1_000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is what is asked for")]
fn every_mutant_is_killed() {
    let corpus = corpus();
    assert!(corpus.iter().all(|steps| compare(steps).is_ok()), "the ledger itself must pass");
    for (name, law) in MUTANTS {
        let killed = |kills: &dyn Fn(&[Step]) -> bool| {
            mutant::with(name, || corpus.iter().any(|steps| kills(steps)))
        };
        assert!(killed(&|steps| compare(steps).is_err()), "{name} survives the model");
        if let Some(law) = law {
            assert!(killed(&|steps| broken_laws(steps).contains(&law)), "{name} survives {law}");
        }
    }
    println!("ledger: {0} of {0} mutants killed", MUTANTS.len());
}

#[test]
fn no_mutant_of_the_ledger_is_left_out() {
    let sources = [
        include_str!("../../src/ledger/mod.rs"),
        include_str!("../../src/ledger/slots.rs"),
        include_str!("../../src/ledger/sums.rs"),
    ];
    let named: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| source.split("mutant!(\"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let tested = MUTANTS.into_iter().map(|(name, _)| name).collect();
    assert_eq!(named, tested);
}
