//! The harness on a small made-up market, where the answers are known.

use sequence_core::ids::BookSide::{Ask, Bid};
use sequence_core::rng::Draws;
use sequence_core::rng::Stream;
use sequence_fidelity::tape::{Event, Kind, Tape};
use sequence_fidelity::{estimator, gates, real, score, shadow, taker};

const SECOND: i64 = 1_000_000_000;

/// A market of ten minutes at two prices: orders of sizes that never repeat come, go and trade.
fn market() -> Tape {
    let mut draws = Draws::new(Stream::new(7, 0, "fidelity.test"));
    let mut open: Vec<(u64, sequence_core::ids::BookSide, i64)> = Vec::new();
    let mut events = Vec::new();
    for step in 0..6_000_i64 {
        let t = step * SECOND / 10;
        let side = if draws.chance(50) { Bid } else { Ask };
        let px = if side == Bid { 100 } else { 101 };
        let event = |kind, qty, order| Event { t, kind, side, px, qty, order, last: true };
        let resting = open.iter().filter(|row| row.1 == side).count();
        if resting < 4 || draws.chance(45) {
            let order = step.unsigned_abs() + 1;
            let qty = 1_000 + step;
            open.push((order, side, qty));
            events.push(event(Kind::Add, qty, order));
        } else {
            let trade = draws.chance(50);
            let pick = if trade { 0 } else { draws.roll(resting as u64) };
            let at = open.iter().enumerate().filter(|(_, row)| row.1 == side);
            let Some((at, _)) = at.into_iter().nth(usize::try_from(pick).unwrap_or(0)) else {
                continue;
            };
            let (order, _, qty) = open.remove(at);
            let kind = if trade { Kind::Execute } else { Kind::Reduce };
            events.push(event(kind, qty, order));
        }
    }
    let (name, sha256) = ("made-up".to_owned(), String::new());
    Tape { name, sha256, tick: 1, lot: 1, events }
}

#[test]
fn every_gate_holds_on_a_first_in_first_out_market() {
    let gates = gates::run(&market());
    assert!(gates.pass(), "{gates:?}");
    assert!(gates.executions > 500 && gates.twin_checks > 100, "{gates:?}");
}

#[test]
fn a_broken_queue_fails_its_gate() {
    let mut tape = market();
    // Half of the executions hit the newest order instead of the oldest.
    for pair in tape.events.chunks_mut(2) {
        if let [first, second] = pair
            && (first.kind, second.kind) == (Kind::Add, Kind::Execute)
            && first.side == second.side
        {
            (second.order, second.qty) = (first.order, first.qty);
        }
    }
    assert!(!gates::run(&tape).pass());
}

#[test]
fn lots_of_distinct_sizes_are_never_mistaken() {
    let tape = market();
    let rules = estimator::rules();
    let pass = shadow::run(&tape, &rules, 0, i64::MAX);
    assert!(pass.shadows.len() > 800, "{}", pass.shadows.len());
    for belief in &pass.beliefs {
        let score = score::score(&pass, belief, 60 * SECOND, 1, tape.tick);
        let spread = score.ci[3];
        assert!(spread[0] <= score.err_mean && score.err_mean <= spread[1], "{}", belief.name);
        if belief.name.starts_with("lots/") {
            assert!(score.err_mean < 1e-9, "{} {}", belief.name, score.err_mean);
            assert!(score.false_pp + score.missed_pp == 0.0, "{}", belief.name);
        } else {
            assert!(score.err_mean > 0.01, "{} cannot know", belief.name);
        }
    }
}

#[test]
fn hidden_real_orders_fill_as_they_did() {
    let tape = market();
    let rules = estimator::rules();
    let orders = real::run(&tape, &rules, 0, 60 * SECOND);
    let auto = real::score(&orders, rules.len() - 1);
    assert!(auto.n > 500, "{}", auto.n);
    assert!(auto.exact > 0.999, "{auto:?}");
    assert!(auto.filled_true > 0.2, "{auto:?}");
}

#[test]
fn conflated_depth_costs_takers_and_event_depth_does_not() {
    let tape = market();
    let exact = taker::run(&tape, 0, 0);
    assert!(exact.n > 500 && exact.error_ticks == 0.0 && exact.short == 0.0, "{exact:?}");
    assert!(taker::run(&tape, 30_000_000_000, 0).short > 0.0, "half a minute is too old");
}
