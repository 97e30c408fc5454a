//! Random graphs through random markets: the laws hold after every step, what is over stays over,
//! how time is cut into calls changes nothing, and neither does a restart at any commit.
//!
//! `SEQUENCE_GRAPHS` says how many graphs (200), `SEQUENCE_SEED` which; `SEQUENCE_LIFE` plays the one
//! life of a seed that failed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod draw;
mod kept;
mod made;
mod play;

use std::collections::BTreeMap;

use draw::Draw;
use play::{Cut, Play};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// One life of some graphs: what happens is drawn from the seed, how it is cut from `cut`.
fn life(seed: u64, cut: Cut) -> Play {
    let mut draw = Draw::new(seed);
    let mut play = Play::new(cut, seed);
    for _ in 0..=draw.below(3) {
        play.submit(&mut draw);
    }
    for _ in 0..30 {
        play.step(&mut draw);
    }
    play.end();
    play
}

fn check(seed: u64) -> Play {
    let whole = life(seed, Cut::Whole);
    let cut = life(seed, Cut::InParts);
    assert_eq!(whole.hashes(), cut.hashes(), "seed {seed}: cut into calls");
    let again = life(seed, Cut::ByRestarts);
    assert_eq!(whole.ends(), again.ends(), "seed {seed}: with restarts");
    whole
}

#[test]
fn random_graphs_keep_their_laws_however_their_time_is_cut() {
    if let Ok(seed) = std::env::var("SEQUENCE_LIFE") {
        check(seed.parse().unwrap());
        return;
    }
    let count = number("SEQUENCE_GRAPHS", 200);
    let first = number("SEQUENCE_SEED", 7).wrapping_mul(1_000_003);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let (mut graphs, mut seed) = (0, first);
    while graphs < count {
        let whole = check(seed);
        graphs += whole.count();
        for (what, times) in whole.seen() {
            *seen.entry(what).or_default() += times;
        }
        seed += 1;
    }
    // A run that never gets somewhere proves nothing about it.
    let wanted = [
        "COMPLETED",
        "CANCELLED",
        "REJECTED",
        "FAILED",
        "FILLED",
        "SKIPPED",
        "EXPIRED",
        "refused",
        "fired",
        "pacing_parent",
        "flatten.1",
        "amended",
        "resumed",
    ];
    for what in wanted {
        assert!(seen.contains_key(what), "no {what} in {seen:?}");
    }
}
