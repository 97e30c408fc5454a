//! How well the outlook of resting orders is calibrated, and the fit of its table.

use sequence_core::sim::outlook::{FIRST_NODE, HORIZON_NS, NODES};

use crate::shadow::{self, NEVER, Reading};
use crate::tape::Tape;

/// Classes of the reliability table.
pub const CLASSES: usize = 10;

/// Readings of one class of stated probabilities.
#[derive(Debug, Clone, Copy, Default)]
pub struct Class {
    pub n: f64,
    pub stated: f64,
    pub reached: f64,
}

/// How stated probabilities compare with what happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calibration {
    pub n: f64,
    pub base_rate: f64,
    /// Mean squared distance of the stated probability, and of the base rate, to what happened.
    pub brier: f64,
    pub brier_base: f64,
    /// Share of orders that were reached within the stated wait, of those that stated one.
    pub within_wait: f64,
    pub classes: [Class; CLASSES],
}

fn readings(tape: &Tape, step_ns: i64) -> Vec<Reading> {
    let rules: Vec<_> =
        crate::estimator::rules().into_iter().filter(|rule| rule.name == "lots/auto").collect();
    shadow::run(tape, &rules, step_ns, i64::MAX).readings
}

const fn reached(reading: &Reading, within_ns: i64) -> bool {
    reading.filled != NEVER && reading.filled - reading.t <= within_ns
}

/// Scores the readings of the scored part.
pub fn score(tape: &Tape, step_ns: i64) -> Calibration {
    let (from, mut found) = (tape.split(), Calibration::default());
    let (mut waits, mut on_time) = (0.0, 0.0);
    for reading in readings(tape, step_ns).iter().filter(|reading| reading.t >= from) {
        let stated = share(reading.outlook.reached_ppm);
        let truth = if reached(reading, HORIZON_NS) { 1.0 } else { 0.0 };
        found.n += 1.0;
        found.base_rate += truth;
        found.brier += (stated - truth) * (stated - truth);
        let place = class(reading.outlook.reached_ppm);
        let class = &mut found.classes[place];
        class.n += 1.0;
        class.stated += stated;
        class.reached += truth;
        if let Some(wait_ns) = reading.outlook.wait_ns.filter(|wait| *wait <= HORIZON_NS) {
            waits += 1.0;
            on_time += if reached(reading, wait_ns) { 1.0 } else { 0.0 };
        }
    }
    let n = found.n.max(1.0);
    found.base_rate /= n;
    found.brier /= n;
    found.brier_base = found.base_rate * (1.0 - found.base_rate);
    found.within_wait = if waits > 0.0 { on_time / waits } else { 0.0 };
    found
}

/// Learns the table on the first five twelfths of tapes, each counting alike: ppm by node.
pub fn fit(tapes: &[Tape]) -> Vec<i64> {
    let mut sums = [[0.0; 2]; NODES];
    for tape in tapes {
        let until = tape.split() - HORIZON_NS;
        let mut seen = readings(tape, 0);
        seen.retain(|reading| reading.t <= until);
        let weight = 1.0 / whole(seen.len()).max(1.0);
        for reading in &seen {
            let place = (wide(reading.times) / 4_294_967_296.0 - whole_i(FIRST_NODE))
                .clamp(0.0, whole(NODES - 1));
            let truth = if reached(reading, HORIZON_NS) { 1.0 } else { 0.0 };
            for (node, [total, hits]) in sums.iter_mut().enumerate() {
                let near = (1.0 - (place - whole(node)).abs()).max(0.0) * weight;
                *total += near;
                *hits += near * truth;
            }
        }
    }
    monotone(&sums).iter().map(|share| ppm(*share)).collect()
}

/// Means that never fall, by pooling neighbours.
fn monotone(sums: &[[f64; 2]]) -> Vec<f64> {
    let mut pools: Vec<([f64; 2], usize)> = Vec::new();
    for sum in sums {
        pools.push((*sum, 1));
        while let [.., (left, n), (right, m)] = pools.as_slice()
            && left[1] * right[0] >= right[1] * left[0]
        {
            let joined = ([left[0] + right[0], left[1] + right[1]], n + m);
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    pools.iter().flat_map(|([total, hits], n)| vec![hits / total.max(1e-12); *n]).collect()
}

fn class(ppm: i64) -> usize {
    usize::try_from(ppm / 100_000).unwrap_or(0).min(CLASSES - 1)
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn share(ppm: i64) -> f64 {
    ppm as f64 / 1e6
}

#[expect(clippy::cast_possible_truncation, reason = "a share in ppm")]
fn ppm(share: f64) -> i64 {
    (share * 1e6).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn wide(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn whole_i(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn whole(value: usize) -> f64 {
    value as f64
}
