//! One long history per preset, and everything it leaves: hashes of the state, of the world and of
//! the events, every row of a store and every frame of a stream.
//!
//! Work on the inside of the engine leaves `golden.txt` as it is. A change of what the simulator
//! decides is written down by `UPDATE_GOLDEN=1 cargo test -p sequence-core --test history`, and the
//! commit says what changed and why: the counts of what happened, in words, stand beside the hashes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod chapters;
mod kept;
mod story;

use std::path::PathBuf;

use story::Story;

const PRESETS: [&str; 4] = ["optimistic", "realistic", "adversarial", "instant"];

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/history/golden.txt")
}

/// What a preset's history leaves, a line per chapter.
fn told(preset: &'static str) -> Vec<String> {
    let mut story = Story::new(preset);
    let mut lines = Vec::new();
    for (chapter, tell) in chapters::CHAPTERS {
        tell(&mut story);
        lines.push(format!("{preset} {chapter}: {}", story.kept.line(story.engine())));
    }
    lines.push(format!("{preset} in all: {}", story.kept.seen_line()));
    lines
}

#[test]
fn a_history_leaves_what_it_left_before() {
    let now: Vec<String> = PRESETS.into_iter().flat_map(told).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden(), now.join("\n") + "\n").unwrap();
        return;
    }
    let before = std::fs::read_to_string(golden()).unwrap();
    let differ = |(now, before): (&String, &str)| now != before;
    let first = now.iter().zip(before.lines()).find(|pair| differ((pair.0, pair.1)));
    if let Some((now, before)) = first {
        panic!("the history is another one; see the head of this test\n was {before}\n now {now}");
    }
    assert_eq!(now.len(), before.lines().count(), "chapters came or went");
}

/// A history that never came to a liquidation says nothing about one.
#[test]
fn every_history_has_what_it_is_there_for() {
    let golden = std::fs::read_to_string(golden()).unwrap();
    let wanted = [
        " FILLED=",
        " CANCELLED=",
        " EXPIRED=",
        " REJECTED=",
        " PARTIAL=",
        " WALK=",
        " LIQUIDATED=",
        " RESET=",
        " IOC_REMAINDER=",
        " kill_switch_set=",
        " market_settled=",
        " position_paid=",
        " pairs_netted=",
        " funding_paid=",
        " liquidation_started=",
        " positions_set=",
        " amends=",
        " two_legs=",
        " alert=",
        " routing=",
        " epoch=",
    ];
    for preset in PRESETS {
        let head = format!("{preset} in all:");
        let line = golden.lines().find(|line| line.starts_with(&head)).unwrap();
        let missing: Vec<_> = wanted.into_iter().filter(|what| !line.contains(what)).collect();
        assert!(missing.is_empty(), "{preset} never came to {missing:?}");
    }
}
