//! Every deliberate bug of the engine is found: by random sequences, or by a scenario.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sequence_core::mutant;

use crate::edges::NOTICED;
use crate::play::{alone, play};
use crate::steps::Step;
use crate::table;

/// Who finds a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Laws and models on random sequences.
    Laws,
    /// Two runs, with and without the neighbour.
    Neighbour,
    /// A scenario.
    Table,
}

const MUTANTS: [(&str, By); 25] = [
    ("acknowledgement_hides_a_fill", By::Laws),
    ("cancel_without_owner", By::Neighbour),
    ("duplicate_fill_id", By::Laws),
    ("eaten_margin_is_spent", By::Table),
    ("expiry_keeps_reservation", By::Laws),
    ("fee_not_reserved", By::Laws),
    ("fill_after_cancel", By::Laws),
    ("fill_on_crossed_book", By::Laws),
    ("headroom_of_the_total", By::Table),
    ("key_shared_by_clients", By::Table),
    ("level_used_twice", By::Laws),
    ("limit_ignored", By::Laws),
    ("no_idempotency", By::Laws),
    ("old_epoch_visible", By::Table),
    ("overfill", By::Laws),
    ("partial_cancel_keeps", By::Laws),
    ("post_only_takes", By::Laws),
    ("reduce_only_flips", By::Table),
    ("rejected_despite_its_fills", By::Table),
    ("reject_keeps_reservation", By::Laws),
    ("replay_ignores_body", By::Table),
    ("reset_keeps_fills", By::Laws),
    ("reset_keeps_orders", By::Laws),
    ("sell_reserves_quote", By::Laws),
    ("trades_with_itself", By::Table),
];

/// Wrong lines that the independent model finds: `tests/model/test_mutants.py`.
const FOUND_BY_THE_MODEL: [&str; 5] = [
    "cash_moves_unjudged",
    "every_end_is_below_lot",
    "funding_after_its_boundary",
    "losses_are_spent",
    "one_side_marks",
];

/// The same sequences at every run, so that a survivor is a finding and not bad luck.
pub(crate) fn sequences(count: usize) -> Vec<Vec<Step>> {
    let mut runner = TestRunner::deterministic();
    let strategy = crate::steps::sequences();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// A panic of the engine's own debug checks finds a bug as well.
fn fails(run: impl FnOnce() -> bool) -> bool {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(true)
}

fn kills(by: By, corpus: &[Vec<Step>]) -> bool {
    let differs = |steps: &Vec<Step>| {
        play(steps).map_or(true, |played| alone(&played.lines) != played.seen_by("alice"))
    };
    match by {
        By::Laws => corpus.iter().any(|steps| fails(|| play(steps).is_err())),
        By::Neighbour => corpus.iter().any(|steps| fails(|| differs(steps))),
        By::Table => table::corpus().iter().any(|(_, text)| fails(|| table::run(text).is_some())),
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is what is asked for")]
fn every_mutant_is_killed() {
    let corpus = sequences(300);
    let survivors: Vec<&str> = MUTANTS
        .into_iter()
        .filter(|(name, by)| !mutant::with(name, || kills(*by, &corpus)))
        .map(|(name, _)| name)
        .collect();
    let killed = MUTANTS.len() - survivors.len();
    println!("engine: {killed} of {} mutants killed", MUTANTS.len());
    assert!(survivors.is_empty(), "survivors: {survivors:?}");
}

#[test]
#[expect(clippy::print_stdout, reason = "the count is what is asked for")]
fn every_mutant_at_an_edge_is_killed() {
    let lives = |test: fn()| catch_unwind(AssertUnwindSafe(test)).is_ok();
    let survivors: Vec<&str> = NOTICED
        .into_iter()
        .filter(|(name, test)| mutant::with(name, || lives(*test)))
        .map(|(name, _)| name)
        .collect();
    println!("edges: {} of {} mutants killed", NOTICED.len() - survivors.len(), NOTICED.len());
    assert!(survivors.is_empty(), "survivors: {survivors:?}");
}

#[test]
fn no_mutant_of_the_engine_is_left_out() {
    let source = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    let mut folders = vec![source.join("engine"), source.join("sim")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let named: BTreeSet<String> = sources
        .into_iter()
        .flat_map(|source| {
            let rests = source.split("mutant!(\"").skip(1);
            rests.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let here = MUTANTS.into_iter().map(|(name, _)| name);
    let here = here.chain(NOTICED.into_iter().map(|(name, _)| name));
    let tested: BTreeSet<String> = here.chain(FOUND_BY_THE_MODEL).map(str::to_owned).collect();
    assert_eq!(named, tested);
}
