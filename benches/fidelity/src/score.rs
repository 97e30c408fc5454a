//! Scores of a pass: fills, times, queue error, markouts, with block-bootstrap intervals.

use sequence_core::ids::BookSide;
use sequence_core::rng::Stream;

use crate::shadow::{Belief, HORIZONS, NEVER, Pass, Shadow};

const SECOND: i64 = 1_000_000_000;
const RESAMPLES: u64 = 400;

/// Scores of one rule at one horizon.
#[derive(Debug, Clone, Default)]
pub struct Score {
    pub n: usize,
    pub blocks: usize,
    pub fill_rate_true: f64,
    pub bias_pp: f64,
    pub false_pp: f64,
    pub missed_pp: f64,
    pub e0_s: f64,
    pub err_mean: f64,
    pub err_signed: f64,
    /// The same error averaged over the events of the level instead of over time.
    pub err_events: f64,
    /// Half of the shadows have no more than this.
    pub err_median: f64,
    /// Shadows with two or more orders before them and a cancel while they waited.
    pub contested: usize,
    pub err_contested: f64,
    /// Markout in ticks after 1 s and 10 s: true fills, estimated fills, false fills.
    pub markout: [[f64; 3]; 2],
    /// Per shadow at 10 s in ticks: count error and selection error of the result.
    pub pnl_count: f64,
    pub pnl_selection: f64,
    /// 95 % intervals of bias, false, missed and error.
    pub ci: [[f64; 2]; 4],
}

/// Mean queue error of one rule less that of another over the same shadows, with its 95 % interval.
pub fn paired(pass: &Pass, rules: (&Belief, &Belief), from: i64, at: usize) -> [f64; 3] {
    let error = |belief: &Belief, key: usize| belief.error[key][at] / pass.lived[key][at].max(1e-9);
    let rows: Vec<(i64, f64)> = pass
        .shadows
        .iter()
        .enumerate()
        .filter(|(_, shadow)| shadow.t >= from)
        .map(|(key, shadow)| {
            let block = shadow.t / (2 * HORIZONS[at] * SECOND);
            (block, error(rules.0, key) - error(rules.1, key))
        })
        .collect();
    let blocks: Vec<(f64, f64)> = rows
        .chunk_by(|a, b| a.0 == b.0)
        .map(|block| (float(block.len()), block.iter().map(|row| row.1).sum()))
        .collect();
    let many = blocks.len() as u64;
    let stream = Stream::new(0, 0, "fidelity.paired");
    let mut draws: Vec<f64> = (0..RESAMPLES)
        .map(|resample| {
            let picked = (0..many).filter_map(|draw| {
                let value = stream.value(resample * many + draw) % many;
                blocks.get(usize::try_from(value).unwrap_or(0))
            });
            let (n, sum) = picked.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
            sum / f64::max(n, 1.0)
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let tail = draws.len() / 40;
    [mean(rows.iter().map(|row| row.1)), draws[tail], draws[draws.len() - 1 - tail]]
}

/// One shadow's contribution.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    block: i64,
    truly: bool,
    believed: bool,
    late: f64,
    error: f64,
    signed: f64,
    at_events: f64,
    contested: bool,
    marks_true: [f64; 2],
    marks_believed: [f64; 2],
}

/// Scores the shadows from `from` on, at horizon number `at`.
pub fn score(pass: &Pass, belief: &Belief, from: i64, at: usize, tick: i64) -> Score {
    let horizon = HORIZONS[at] * SECOND;
    let rows: Vec<Row> = pass
        .shadows
        .iter()
        .enumerate()
        .filter(|(_, shadow)| shadow.t >= from)
        .map(|(key, shadow)| row(pass, belief, (key, shadow), at, horizon, tick))
        .collect();
    let mut score = summary(&rows);
    score.markout = [0, 1].map(|h| {
        [
            mean(rows.iter().filter(|row| row.truly).map(|row| row.marks_true[h])),
            mean(rows.iter().filter(|row| row.believed).map(|row| row.marks_believed[h])),
            mean(
                rows.iter()
                    .filter(|row| row.believed && !row.truly)
                    .map(|row| row.marks_believed[h]),
            ),
        ]
    });
    let (n_true, n_believed) = (count(&rows, |row| row.truly), count(&rows, |row| row.believed));
    let [m_true, m_believed, _] = score.markout[1];
    let n = float(rows.len()).max(1.0);
    score.pnl_count = (n_believed - n_true) * m_true / n;
    score.pnl_selection = n_believed * (m_believed - m_true) / n;
    bootstrap(&rows, &mut score);
    score
}

fn row(
    pass: &Pass,
    belief: &Belief,
    (key, shadow): (usize, &Shadow),
    at: usize,
    horizon: i64,
    tick: i64,
) -> Row {
    let limit = shadow.t + horizon;
    let (truth, guess) = (shadow.filled, belief.filled[key]);
    let late = float(truth.min(limit).abs_diff(guess.min(limit))) / 1e9;
    let lived = pass.lived[key][at].max(1e-9);
    let marks = |filled: i64| {
        [1, 10].map(|h| if filled == NEVER { 0.0 } else { markout(pass, shadow, filled, h, tick) })
    };
    Row {
        block: shadow.t / (2 * horizon),
        truly: truth <= limit,
        believed: guess <= limit,
        late,
        error: belief.error[key][at] / lived,
        signed: belief.signed[key][at] / lived,
        at_events: belief.at_events[key][at] / pass.events[key][at].max(1.0),
        contested: shadow.orders >= 2 && shadow.cancelled,
        marks_true: marks(truth),
        marks_believed: marks(guess),
    }
}

/// What a fill was worth `after` seconds later, in ticks.
#[expect(clippy::cast_precision_loss, reason = "prices of a few thousand ticks")]
fn markout(pass: &Pass, shadow: &Shadow, filled: i64, after: i64, tick: i64) -> f64 {
    let at = pass.mids.partition_point(|(t, _)| *t <= filled + after * SECOND);
    let Some((_, mid2)) = at.checked_sub(1).and_then(|at| pass.mids.get(at)) else { return 0.0 };
    let gain = (mid2 - 2 * shadow.px) as f64 / (2 * tick) as f64;
    if shadow.side == BookSide::Bid { gain } else { -gain }
}

fn summary(rows: &[Row]) -> Score {
    let n = float(rows.len()).max(1.0);
    let pp = |wanted: fn(&Row) -> bool| 100.0 * count(rows, wanted) / n;
    let (false_pp, missed_pp) =
        (pp(|row| row.believed && !row.truly), pp(|row| row.truly && !row.believed));
    Score {
        n: rows.len(),
        fill_rate_true: count(rows, |row| row.truly) / n,
        bias_pp: false_pp - missed_pp,
        false_pp,
        missed_pp,
        e0_s: mean(rows.iter().map(|row| row.late)),
        err_mean: mean(rows.iter().map(|row| row.error)),
        err_signed: mean(rows.iter().map(|row| row.signed)),
        err_events: mean(rows.iter().map(|row| row.at_events)),
        err_median: median(rows.iter().map(|row| row.error).collect()),
        contested: rows.iter().filter(|row| row.contested).count(),
        err_contested: mean(rows.iter().filter(|row| row.contested).map(|row| row.error)),
        ..Score::default()
    }
}

/// Resamples whole blocks of twice the horizon, as shadows overlap.
fn bootstrap(rows: &[Row], score: &mut Score) {
    let blocks: Vec<&[Row]> = rows.chunk_by(|a, b| a.block == b.block).collect();
    score.blocks = blocks.len();
    let Ok(many) = u64::try_from(blocks.len()) else { return };
    if many < 2 {
        return;
    }
    let sums: Vec<[f64; 4]> = blocks.iter().map(|block| sums(block)).collect();
    let stream = Stream::new(0, 0, "fidelity.bootstrap");
    let mut draws: [Vec<f64>; 4] = Default::default();
    for resample in 0..RESAMPLES {
        let mut total = [0.0; 4];
        for draw in 0..many {
            let value = stream.value(resample * many + draw) % many;
            let picked = sums[usize::try_from(value).unwrap_or(0)];
            for (total, part) in total.iter_mut().zip(picked) {
                *total += part;
            }
        }
        let n = total[0].max(1.0);
        let [_, falsely, missed, error] = total.map(|sum| sum / n);
        for (list, value) in draws.iter_mut().zip([
            100.0 * (falsely - missed),
            100.0 * falsely,
            100.0 * missed,
            error,
        ]) {
            list.push(value);
        }
    }
    score.ci = draws.map(|mut list| {
        list.sort_by(f64::total_cmp);
        [list[list.len() / 40], list[list.len() - 1 - list.len() / 40]]
    });
}

fn sums(block: &[Row]) -> [f64; 4] {
    [
        float(block.len()),
        count(block, |row| row.believed && !row.truly),
        count(block, |row| row.truly && !row.believed),
        block.iter().map(|row| row.error).sum(),
    ]
}

fn count(rows: &[Row], wanted: fn(&Row) -> bool) -> f64 {
    float(rows.iter().filter(|row| wanted(row)).count())
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    if n > 0.0 { sum / n } else { 0.0 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

trait Count {
    fn float(self) -> f64;
}

impl Count for usize {
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
    fn float(self) -> f64 {
        self as f64
    }
}

impl Count for u64 {
    #[expect(clippy::cast_precision_loss, reason = "durations below 2^52 ns")]
    fn float(self) -> f64 {
        self as f64
    }
}

fn float(count: impl Count) -> f64 {
    count.float()
}
