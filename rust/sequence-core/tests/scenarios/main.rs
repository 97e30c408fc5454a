//! The scenario tables of `tests/scenarios` on the engine itself. The Python binding and the
//! client run the same files, so that the three cannot differ.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod facts;
mod line;
mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use world::World;

fn corpus() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/scenarios");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

/// What went wrong first, or nothing.
fn run(text: &str) -> Option<String> {
    let mut world = World::new();
    for line in line::lines(text) {
        let wrong = match world.run(&line) {
            None | Some(Ok(_)) if line.expected.is_empty() => None,
            None => Some("has no answer".to_owned()),
            Some(Ok(facts)) => facts::differ(&line.expected, &facts),
            Some(Err(refusal)) => facts::differ(&line.expected, &facts::of_refusal(&refusal)),
        };
        if let Some(wrong) = wrong {
            return Some(format!("{line}: {wrong}"));
        }
        if let Some(broken) = world.violations().first() {
            return Some(format!("{line}: {broken}"));
        }
    }
    None
}

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
