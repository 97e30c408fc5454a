//! The scenario tables of `tests/scenarios` on the engine itself. The Python binding and the
//! client run the same files, so that the three cannot differ.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod table;

use std::fmt::Write as _;

use table::{corpus, run};

#[test]
fn every_scenario_happens_as_written() {
    let corpus = corpus();
    assert!(corpus.len() >= 60, "only {} scenarios were found", corpus.len());
    let mut report = String::new();
    for (name, text) in &corpus {
        if let Some(wrong) = run(text) {
            writeln!(report, "{name}: {wrong}").unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let book = "book kraken BTC-USD bid 99 1 ask 101 1\n";
    let wrong = |line: &str| run(&format!("{book}{line}\n")).is_some();
    assert!(!wrong("quote BTC-USD -> bid 99 ask 101"));
    assert!(wrong("quote BTC-USD -> bid 98"));
    assert!(wrong("balance kraken USD -> 1"));
    assert!(wrong("place a buy 1 BTC-USD limit 100 kraken -> ACCEPTED"));
    assert!(wrong("place a buy 1 BTC-USD limit 100 kraken -> refused 422 not enough"));
    assert!(wrong("place a buy 1 ETH-USD market -> REJECTED"));
    assert!(wrong("delta kraken BTC-USD ask 101 2 -> done"));
}
