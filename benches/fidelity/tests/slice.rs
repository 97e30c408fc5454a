//! The harness on a small made-up market, where the answers are known.

mod market;

use sequence_fidelity::tape::{Kind, Tape};
use sequence_fidelity::{estimator, gates, real, score, shadow, taker};

const SECOND: i64 = 1_000_000_000;

fn market() -> Tape {
    market::made_up(1, 1)
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
    // The market's prices stand, so an order may travel, and nobody moves them.
    assert!(exact.delayed_ticks == 0.0 && exact.moved_ticks == 0.0, "{exact:?}");
    let fine = taker::run(&market::made_up(1_000, 1), 0, 0);
    assert!(fine.impact_ticks > 0.0, "what own orders of that size would do: {fine:?}");
}
