//! Takers: each real aggressor is hidden, the displayed book before it is walked, prices compared.
//!
//! What it paid includes executions of hidden orders. The walk meets the book that was displayed when
//! the aggressor came, so the score is the staleness of depth and what nobody could see. It has no
//! delay and no impact: the record holds the aggressor's own effect on later ones already.

use std::collections::HashMap;

use sequence_core::ids::{BookSide, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::walk::{LevelTaken, WalkBounds, walk};

use crate::feed::Conflator;
use crate::tape::{Event, Kind, Tape};
use crate::truth::TruthBook;

const MAX_LEVELS: usize = 100;

/// How walks of the displayed book compare with what aggressors really paid.
#[derive(Debug, Clone, Copy, Default)]
pub struct TakerScore {
    pub n: usize,
    /// Share of aggressors with exactly the true average price.
    pub exact: f64,
    /// Mean |average price − truth| and mean signed difference (positive = dearer), in ticks.
    pub error_ticks: f64,
    pub signed_ticks: f64,
    /// Share that the displayed book could not fill whole.
    pub short: f64,
    /// Share that met hidden orders too.
    pub hidden: f64,
}

const fn is_execution(event: &Event) -> bool {
    matches!(event.kind, Kind::Execute | Kind::Hidden)
}

/// Walks for every aggressor from `from` on.
pub fn run(tape: &Tape, step_ns: i64, from: i64) -> TakerScore {
    let (mut truth, mut feed) = (TruthBook::default(), Conflator::new(step_ns));
    let mut printed: HashMap<(BookSide, i64), i64> = HashMap::new();
    let mut score = TakerScore::default();
    let mut ignored = Vec::new();
    let groups = tape
        .events
        .chunk_by(|a, b| a.t == b.t && a.side == b.side && is_execution(a) && is_execution(b));
    for group in groups {
        let Some(first) = group.first() else { continue };
        ignored.clear();
        if feed.before(first.t, &truth, &mut ignored).is_some() {
            printed.clear();
        }
        if is_execution(first) && first.t >= from {
            score.add(group, &feed, &printed, tape.tick);
        }
        for event in group {
            if let Some(effect) = truth.apply(event) {
                feed.touch(effect.side, effect.px);
                if event.kind == Kind::Execute {
                    *printed.entry((effect.side, effect.px)).or_default() += effect.qty;
                }
            }
        }
        if step_ns == 0 {
            feed.after(first.t, &truth, &mut ignored);
            printed.clear();
        }
    }
    let n = count(score.n).max(1.0);
    score.exact /= n;
    score.error_ticks /= n;
    score.signed_ticks /= n;
    score.short /= n;
    score.hidden /= n;
    score
}

impl TakerScore {
    fn add(
        &mut self,
        group: &[Event],
        feed: &Conflator,
        printed: &HashMap<(BookSide, i64), i64>,
        tick: i64,
    ) {
        let Some(side) = group.first().map(|event| event.side) else { return };
        let taker = if side == BookSide::Ask { Side::Buy } else { Side::Sell };
        let quantity: i64 = group.iter().map(|event| event.qty).sum();
        let paid: i128 = group.iter().map(|e| i128::from(e.px) * i128::from(e.qty)).sum();
        let levels = feed.levels(side, MAX_LEVELS).into_iter().map(|(px, qty)| LevelTaken {
            recorded: Price(px),
            effective: Price(px),
            displayed: Quantity(qty),
            printed: Quantity(printed.get(&(side, px)).copied().unwrap_or(0)),
            consumed_before: Quantity::ZERO,
            taken: Quantity::ZERO,
        });
        let bounds = WalkBounds {
            taker,
            cap: if taker == Side::Buy { Price(i64::MAX) } else { Price(0) },
            own: None,
            max_levels: MAX_LEVELS,
            one_level: false,
            fill_quantum: Quantity(1),
        };
        let mut takes = Vec::new();
        walk(levels, Quantity(quantity), &bounds, &mut takes);
        let cost = |take: &LevelTaken| i128::from(take.effective.0) * i128::from(take.taken.0);
        let walked: i128 = takes.iter().map(cost).sum();
        let left = quantity - takes.iter().map(|take| take.taken.0).sum::<i64>();
        self.n += 1;
        if group.iter().any(|event| event.kind == Kind::Hidden) {
            self.hidden += 1.0;
        }
        if left > 0 {
            self.short += 1.0;
        }
        if left == quantity {
            return;
        }
        let guess = wide(walked) / whole(quantity - left);
        let off = (guess - wide(paid) / whole(quantity)) / whole(tick);
        self.exact += if walked == paid && left == 0 { 1.0 } else { 0.0 };
        self.error_ticks += off.abs();
        self.signed_ticks += if taker == Side::Buy { off } else { -off };
    }
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn wide(value: i128) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn whole(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "statistics")]
fn count(value: usize) -> f64 {
    value as f64
}
