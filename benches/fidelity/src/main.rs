//! `sequence-fidelity TAPES...`: scores every queue rule and prints one JSON object per line.
//!
//! Nothing is fitted while it runs. Thresholds of the default and the learnt table were chosen on the
//! first five twelfths of each tape, and only what comes after them is scored.
//! `sequence-fidelity --fit TAPES...` fits the table there and prints its nodes,
//! `--outlook` that of the outlook. Files that end in
//! `.frames` are recordings of venues without order ids, and are scored by the tests for those.
#![expect(clippy::indexing_slicing, reason = "dense tables of one size, built in this program")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sequence_fidelity::tape::Tape;
use sequence_fidelity::{
    estimator, fit, gates, outlook, real, report, score, shadow, speed, taker, tape, without_ids,
};

/// Conflation intervals in ms.
const LADDER: [i64; 7] = [0, 1, 10, 50, 100, 250, 1000];
/// Intervals at which real orders are replayed.
const REAL: [i64; 2] = [0, 100];
/// Intervals at which every preset is scored.
const PRESETS: [i64; 2] = [0, 100];
/// Own orders kept at the touch when speed is measured.
const RESTING: [u64; 3] = [0, 10, 100];
const THREADS: usize = 2;

/// One piece of work.
#[derive(Debug, Clone, Copy)]
enum Job {
    Gates,
    Proof,
    Shadow(i64),
    Preset(i64),
    Real(i64),
    Outlook(i64),
    Taker(i64),
}

fn main() -> ExitCode {
    let mut tapes = Vec::new();
    let (options, paths): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let (frames, paths): (Vec<String>, Vec<String>) =
        paths.into_iter().partition(|path| path.ends_with(".frames"));
    for path in paths {
        match tape::load(std::path::Path::new(&path)) {
            Ok(tape) => tapes.push(tape),
            Err(error) => {
                report::complain(&format!("{path}: {error}"));
                return ExitCode::FAILURE;
            }
        }
    }
    if options.iter().any(|option| option == "--fit") {
        fit_table(&tapes);
        return ExitCode::SUCCESS;
    }
    if options.iter().any(|option| option == "--outlook") {
        report::print(&format!("{:?}", outlook::fit(&tapes)));
        for tape in &tapes {
            report::print(&report::outlook(tape, 0, &outlook::score(tape, 0)));
        }
        return ExitCode::SUCCESS;
    }
    let jobs: Vec<(&Tape, Job)> =
        tapes.iter().flat_map(|tape| jobs().map(move |job| (tape, job))).collect();
    let (next, lines) = (AtomicUsize::new(0), Mutex::new(vec![Vec::new(); jobs.len()]));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((at, (tape, job))) = take(&next, &jobs) {
                    let done = work(tape, job);
                    if let Ok(mut lines) = lines.lock() {
                        lines[at] = done;
                    }
                }
            });
        }
    });
    let pools = match without_ids::pools(&frames) {
        Ok(pools) => pools,
        Err(error) => {
            report::complain(&error);
            return ExitCode::FAILURE;
        }
    };
    for (venue, pool) in &pools {
        report::print(&report::pool(venue, pool));
    }
    for line in lines.into_inner().unwrap_or_default().concat() {
        report::print(&line);
    }
    for tape in &tapes {
        for rule in ["lots/auto", estimator::SEVERAL] {
            for resting in RESTING {
                report::print(&report::speed(tape, &speed::run(tape, rule, resting)));
            }
        }
    }
    ExitCode::SUCCESS
}

/// Prints the nodes of the learnt table, as `sim::learnt` has them.
#[expect(clippy::cast_possible_truncation, clippy::float_arithmetic, reason = "a share in Q32")]
fn fit_table(tapes: &[Tape]) {
    let sums: Vec<fit::Sums> = tapes.iter().map(|tape| fit::Sums::of(tape, tape.split())).collect();
    for (tape, sums) in tapes.iter().zip(&sums) {
        report::print(&format!("{} {} {:.4?}", tape.name, sums.seen, sums.solve()));
    }
    let pooled = fit::Sums::pool(&sums).solve();
    report::print(&format!("pooled {pooled:.4?}"));
    let nodes = pooled.map(|phi| (phi * 4_294_967_296.0).round() as i64);
    report::print(&format!("{nodes:?}"));
}

fn jobs() -> impl Iterator<Item = Job> {
    [Job::Gates, Job::Proof]
        .into_iter()
        .chain(LADDER.map(Job::Shadow))
        .chain(PRESETS.map(Job::Preset))
        .chain(REAL.map(Job::Real))
        .chain(REAL.map(Job::Outlook))
        .chain(LADDER.map(Job::Taker))
}

fn take<'a>(next: &AtomicUsize, jobs: &[(&'a Tape, Job)]) -> Option<(usize, (&'a Tape, Job))> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(at).map(|job| (at, *job))
}

fn work(tape: &Tape, job: Job) -> Vec<String> {
    let (rules, from) = (estimator::rules(), tape.split());
    match job {
        Job::Gates => vec![report::gates(tape, &gates::run(tape))],
        Job::Proof => vec![report::proof(tape, &without_ids::prove(tape))],
        Job::Shadow(ms) => {
            let pass = shadow::run(tape, &rules, ms * 1_000_000, i64::MAX);
            let mut lines = Vec::new();
            for belief in &pass.beliefs {
                for at in 0..shadow::HORIZONS.len() {
                    let score = score::score(&pass, belief, from, at, tape.tick);
                    lines.push(report::shadow(tape, belief, ms, shadow::HORIZONS[at], &score));
                }
            }
            if let Some((default, others)) = pass.beliefs.split_last() {
                for other in others.iter().filter(|other| !other.name.starts_with("lots/")) {
                    let diff = score::paired(&pass, (default, other), from, 1);
                    lines.push(report::paired(tape, (default.name, other.name), ms, diff));
                }
            }
            lines
        }
        Job::Preset(ms) => {
            let pass = shadow::run(tape, &estimator::presets(), ms * 1_000_000, i64::MAX);
            let score = |belief| score::score(&pass, belief, from, 1, tape.tick);
            let line = |belief| report::preset(tape, belief, ms, &score(belief));
            pass.beliefs.iter().map(line).collect()
        }
        Job::Real(ms) => {
            let orders = real::run(tape, &rules, ms * 1_000_000, from);
            let scores =
                rules.iter().enumerate().map(|(at, rule)| (rule, real::score(&orders, at)));
            scores.map(|(rule, score)| report::real(tape, rule.name, ms, &score)).collect()
        }
        Job::Outlook(ms) => {
            vec![report::outlook(tape, ms, &outlook::score(tape, ms * 1_000_000))]
        }
        Job::Taker(ms) => vec![report::taker(tape, ms, &taker::run(tape, ms * 1_000_000, from))],
    }
}
