//! Scenario tables: one behaviour per file of `tests/scenarios`, one line per step.

pub(crate) mod facts;
pub(crate) mod line;
pub(crate) mod world;

use std::path::{Path, PathBuf};

use world::World;

/// Every scenario: name and text.
pub(crate) fn corpus() -> Vec<(String, String)> {
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
pub(crate) fn run(text: &str) -> Option<String> {
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
