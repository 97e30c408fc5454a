//! `sequence-fidelity TAPES...`: scores every queue rule and prints one JSON object per line.

mod estimator;
mod feed;
mod score;
mod shadow;
mod tape;
mod truth;

fn main() {
    let mut args = std::env::args().skip(1);
    let steps: Vec<i64> =
        args.next().unwrap_or_default().split(',').filter_map(|s| s.parse().ok()).collect();
    for path in args {
        let tape = tape::load(std::path::Path::new(&path)).expect("tape");
        let (first, last) = (tape.events.first().unwrap().t, tape.events.last().unwrap().t);
        let from = first + (last - first) * 5 / 12;
        for step in &steps {
            let start = std::time::Instant::now();
            let pass = shadow::run(&tape, &estimator::rules(), step * 1_000_000, i64::MAX);
            println!("== {} {step} ms  {:?} n={}", tape.name, start.elapsed(), pass.shadows.len());
            for belief in &pass.beliefs {
                let s = score::score(&pass, belief, from, 1, tape.tick);
                println!(
                    "{:16} n {:6} rate {:.3} bias {:+6.2} false {:5.2} missed {:5.2} e0 {:5.2} err {:.4} [{:.4} {:.4}] sg {:+.4} mr {} {} mk {:+.2} {:+.2} {:+.2}",
                    belief.name,
                    s.n,
                    s.fill_rate_true,
                    s.bias_pp,
                    s.false_pp,
                    s.missed_pp,
                    s.e0_s,
                    s.err_mean,
                    s.ci[3][0],
                    s.ci[3][1],
                    s.err_signed,
                    belief.match_rate_ppm / 1000,
                    belief.decreases,
                    s.markout[1][0],
                    s.markout[1][1],
                    s.markout[1][2]
                );
            }
        }
    }
}
