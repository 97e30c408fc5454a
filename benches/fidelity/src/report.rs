//! Score lines: one JSON object each.

use sequence_core::score::{Fronts, RULES};
use sequence_core::sim::preset::{MODEL_VERSION, REALISTIC};

use crate::gates::Gates;
use crate::outlook::Calibration;
use crate::real::RealScore;
use crate::score::Score;
use crate::shadow::Belief;
use crate::speed::Speed;
use crate::taker::TakerScore;
use crate::tape::Tape;
use crate::without_ids::{Pool, Proof};

#[expect(clippy::print_stdout, reason = "the program's answer")]
pub fn print(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the program's complaint")]
pub fn complain(line: &str) {
    eprintln!("{line}");
}

fn head(kind: &str, tape: &Tape) -> String {
    let Tape { name, sha256, .. } = tape;
    let hash = REALISTIC.hash();
    format!(
        "{{\"kind\":\"{kind}\",\"dataset\":\"{name}\",\"sha256\":\"{sha256}\",\
         \"version\":\"{MODEL_VERSION}\",\"params_hash\":\"{hash:016x}\""
    )
}

/// The gates of a tape.
pub fn gates(tape: &Tape, gates: &Gates) -> String {
    let Gates { executions, fifo, crossed, unexplained, size_lost, .. } = gates;
    let Gates { look_ahead, twin_checks, twin_differences, out_of_order, .. } = gates;
    format!(
        "{},\"pass\":{},\"events\":{},\"executions\":{executions},\"fifo\":{fifo:.4},\"out_of_order\":{out_of_order},\
         \"crossed\":{crossed},\"unexplained\":{unexplained},\"size_lost\":{size_lost},\
         \"look_ahead\":{look_ahead},\"twin_checks\":{twin_checks},\
         \"twin_differences\":{twin_differences}}}",
        head("gates", tape),
        gates.pass(),
        tape.events.len()
    )
}

/// Design 1: one rule at one conflation step and horizon.
pub fn shadow(tape: &Tape, belief: &Belief, ms: i64, horizon_s: i64, score: &Score) -> String {
    scored("shadow", tape, belief, (ms, horizon_s), score)
}

/// Design 1: one preset at one conflation step.
pub fn preset(tape: &Tape, belief: &Belief, ms: i64, score: &Score) -> String {
    scored("preset", tape, belief, (ms, 60), score)
}

fn scored(
    kind: &str,
    tape: &Tape,
    belief: &Belief,
    (ms, horizon_s): (i64, i64),
    score: &Score,
) -> String {
    let Score { n, blocks, fill_rate_true, bias_pp, false_pp, missed_pp, e0_s, .. } = score;
    let Score { err_mean, err_signed, pnl_count, pnl_selection, .. } = score;
    let Score { err_events, err_median, contested, err_contested, .. } = score;
    let names = ["bias_pp", "false_pp", "missed_pp", "err_mean"];
    let ci = names
        .iter()
        .zip(score.ci)
        .map(|(name, [low, high])| format!("\"{name}\":[{low:.4},{high:.4}]"));
    let ci = ci.collect::<Vec<_>>().join(",");
    let markout = ["1s", "10s"].iter().zip(score.markout).map(|(name, [truth, guess, falsely])| {
        format!(
            "\"{name}\":{{\"true\":{truth:.4},\"estimated\":{guess:.4},\"false\":{falsely:.4}}}"
        )
    });
    let markout = markout.collect::<Vec<_>>().join(",");
    format!(
        "{},\"estimator\":\"{}\",\"conflation_ms\":{ms},\"horizon_s\":{horizon_s},\"n\":{n},\
         \"blocks\":{blocks},\"fill_rate_true\":{fill_rate_true:.4},\"bias_pp\":{bias_pp:.4},\
         \"false_pp\":{false_pp:.4},\"missed_pp\":{missed_pp:.4},\"e0_s\":{e0_s:.4},\
         \"err_mean\":{err_mean:.5},\"err_signed\":{err_signed:.5},\"err_events\":{err_events:.5},\
         \"err_median\":{err_median:.5},\"contested\":{contested},\
         \"err_contested\":{err_contested:.5},\"markout\":{{{markout}}},\
         \"pnl_split\":{{\"count\":{pnl_count:.4},\"selection\":{pnl_selection:.4}}},\
         \"ci\":{{{ci}}},\"match_rate_ppm\":{},\"decreases\":{}}}",
        head(kind, tape),
        belief.name,
        belief.match_rate_ppm,
        belief.decreases
    )
}

/// The default against one other rule on the same shadows.
pub fn paired(tape: &Tape, rules: (&str, &str), ms: i64, [diff, low, high]: [f64; 3]) -> String {
    format!(
        "{},\"estimator\":\"{}\",\"against\":\"{}\",\"conflation_ms\":{ms},\
         \"diff\":{diff:.5},\"ci\":[{low:.5},{high:.5}]}}",
        head("paired", tape),
        rules.0,
        rules.1
    )
}

/// Design 2: one rule at one conflation step.
pub fn real(tape: &Tape, estimator: &str, ms: i64, score: &RealScore) -> String {
    let RealScore { n, filled_true, bias_pp, false_pp, missed_pp, .. } = score;
    let RealScore { quantity_error, time_error_s, exact, .. } = score;
    format!(
        "{},\"estimator\":\"{estimator}\",\"conflation_ms\":{ms},\"horizon_s\":60,\"n\":{n},\
         \"filled_true\":{filled_true:.4},\"bias_pp\":{bias_pp:.4},\"false_pp\":{false_pp:.4},\
         \"missed_pp\":{missed_pp:.4},\"quantity_error\":{quantity_error:.5},\
         \"time_error_s\":{time_error_s:.4},\"exact\":{exact:.4}}}",
        head("real", tape)
    )
}

/// Takers at one conflation step.
pub fn taker(tape: &Tape, ms: i64, score: &TakerScore) -> String {
    let TakerScore { n, exact, error_ticks, signed_ticks, short, hidden, .. } = score;
    let TakerScore { delayed_ticks, moved_ticks, impact_ticks, .. } = score;
    format!(
        "{},\"conflation_ms\":{ms},\"n\":{n},\"exact\":{exact:.4},\
         \"error_ticks\":{error_ticks:.4},\"signed_ticks\":{signed_ticks:.4},\"short\":{short:.4},\
         \"hidden\":{hidden:.4},\"delayed_ticks\":{delayed_ticks:.4},\
         \"moved_ticks\":{moved_ticks:.4},\"impact_ticks\":{impact_ticks:.4}}}",
        head("taker", tape)
    )
}

/// Replay speed with some own orders resting.
pub fn speed(tape: &Tape, speed: &Speed) -> String {
    let Speed { rule, resting, events, per_second, fills } = speed;
    format!(
        "{},\"rule\":\"{rule}\",\"resting\":{resting},\"events\":{events},\"per_second\":{per_second:.0},\
         \"fills\":{fills}}}",
        head("speed", tape)
    )
}

/// How the outlook of resting orders is calibrated.
pub fn outlook(tape: &Tape, ms: i64, found: &Calibration) -> String {
    let Calibration { n, base_rate, brier, brier_base, within_wait, .. } = found;
    let classes = found.classes.iter().map(|class| {
        let many = class.n.max(1.0);
        format!("[{},{:.4},{:.4}]", class.n, class.stated / many, class.reached / many)
    });
    let classes = classes.collect::<Vec<_>>().join(",");
    format!(
        "{},\"conflation_ms\":{ms},\"n\":{n},\"base_rate\":{base_rate:.4},\"brier\":{brier:.4},\
         \"brier_base\":{brier_base:.4},\"within_wait\":{within_wait:.4},\"classes\":[{classes}]}}",
        head("outlook", tape)
    )
}

/// The tests without order ids on a tape that has them.
pub fn proof(tape: &Tape, proof: &Proof) -> String {
    let Proof { recognised, truly, .. } = proof;
    format!(
        "{},{},\"recognised\":{recognised},\"truly\":{truly}}}",
        head("proof", tape),
        fronts(proof.fronts)
    )
}

/// The tests without order ids on the recordings of one venue.
pub fn pool(venue: &str, pool: &Pool) -> String {
    let Pool { markets, filled, cancelled, followed, .. } = pool;
    let rules =
        RULES.iter().zip(pool.sizes.iter().zip(pool.singles)).map(|(rule, (size, single))| {
            format!(
                "{{\"rule\":\"{}\",\"exact\":{},\"early\":{},\"cancelled\":{},\"error_ppm\":{}}}",
                rule.as_str(),
                size.exact,
                size.early,
                size.cancelled,
                single.error_ppm
            )
        });
    let rules = rules.collect::<Vec<_>>().join(",");
    format!(
        "{{\"kind\":\"pool\",\"dataset\":\"{venue}\",\"version\":\"{MODEL_VERSION}\",\"markets\":{markets},\
         {},\"filled\":{filled},\"cancelled\":{cancelled},\"followed\":{followed},\
         \"rules\":[{rules}]}}",
        fronts(pool.fronts)
    )
}

fn fronts(found: Fronts) -> String {
    let Fronts { tested, right, listed, before_ppm } = found;
    format!("\"tested\":{tested},\"right\":{right},\"listed\":{listed},\"before_ppm\":{before_ppm}")
}
