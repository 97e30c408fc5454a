//! A short run on two tapes: fidelity cannot get worse unseen. Skips where the tapes are not there;
//! `make fidelity-short` puts them there.

#![expect(clippy::unwrap_used, reason = "a table that cannot be read fails the test")]

use std::path::Path;

use sequence_fidelity::{estimator, score, shadow, tape};

const MS: i64 = 1_000_000;

/// Queue error and missed fills in percentage points, of the default at 60 s: expected, and the
/// 95 % interval of the full run within which they have to stay. False fills may not grow beyond
/// the bar.
struct Expected {
    tape: String,
    ms: i64,
    error: [f64; 2],
    missed_pp: [f64; 2],
}

/// Written by the last whole run.
const EXPECTED: &str = include_str!("../short.csv");
const FALSE_PP: f64 = 0.1;

fn expected() -> Vec<Expected> {
    let rows = EXPECTED.lines().skip(1).map(|line| {
        let mut cells = line.split(',');
        let tape = cells.next().unwrap().to_owned();
        let ms = cells.next().unwrap().parse().unwrap();
        let mut bound = || cells.next().unwrap().parse().unwrap();
        let [error, missed_pp] = [[bound(), bound()], [bound(), bound()]];
        Expected { tape, ms, error, missed_pp }
    });
    rows.collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "says why it skips")]
fn no_figure_moves_by_more_than_its_interval() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fidelity");
    let rules: Vec<_> =
        estimator::rules().into_iter().filter(|rule| rule.name == "lots/auto").collect();
    let all = expected();
    assert_eq!(all.len(), 4, "two tapes at two steps of depth");
    for expected in all {
        let path = folder.join(format!("{}.tape", expected.tape));
        let Ok(tape) = tape::load(&path) else {
            eprintln!("skipped: no {}", path.display());
            return;
        };
        let pass = shadow::run(&tape, &rules, expected.ms * MS, i64::MAX);
        let mut beliefs = pass.beliefs.iter();
        let (Some(belief), None) = (beliefs.next(), beliefs.next()) else {
            unreachable!("one rule gives one belief")
        };
        let found = score::score(&pass, belief, tape.split(), 1, tape.tick);
        let at = format!("{} at {} ms: {found:?}", expected.tape, expected.ms);
        let within = |value: f64, [low, high]: [f64; 2]| low <= value && value <= high;
        assert!(within(found.err_mean, expected.error), "queue error, {at}");
        assert!(within(found.missed_pp, expected.missed_pp), "missed fills, {at}");
        assert!(found.false_pp <= FALSE_PP, "false fills, {at}");
    }
}
