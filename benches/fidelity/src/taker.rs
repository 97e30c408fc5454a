//! Takers: each real aggressor is hidden, the displayed book before it is walked, prices compared.
//!
//! What it paid includes executions of hidden orders. Three things are told apart: the walk of what
//! was displayed when the aggressor came (staleness of depth, and what nobody could see), the walk of
//! what was displayed [`DELAY_NS`] before (what somebody decides by whose order travels so long), and
//! how far the market went on the aggressor's way within [`AFTER_NS`] against what the impact model
//! of the presets says of an order of its size.

use std::collections::HashMap;

use sequence_core::ids::{BookSide, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::impact::{Impact, ImpactParams, Scale};
use sequence_core::sim::preset::REALISTIC;
use sequence_core::sim::walk::{LevelTaken, WalkBounds, walk};

use crate::feed::Conflator;
use crate::tape::{Event, Kind, Tape};
use crate::truth::TruthBook;

const MAX_LEVELS: usize = 100;
/// Levels whose size the impact model takes for depth.
const IMPACT_LEVELS: usize = 5;
/// How long an order travels.
pub const DELAY_NS: i64 = 50_000_000;
/// When the way of the market after an aggressor is measured.
pub const AFTER_NS: i64 = 1_000_000_000;

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
    /// Mean |average price − truth| of the walk of what was displayed a delay before, in ticks.
    pub delayed_ticks: f64,
    /// Mean way of the mid on the aggressor's side after it, and what the impact model says, in ticks.
    pub moved_ticks: f64,
    pub impact_ticks: f64,
}

const fn is_execution(event: &Event) -> bool {
    matches!(event.kind, Kind::Execute | Kind::Hidden)
}

/// Executions of one instant and side.
fn groups(tape: &Tape) -> impl Iterator<Item = &[Event]> {
    tape.events
        .chunk_by(|a, b| a.t == b.t && a.side == b.side && is_execution(a) && is_execution(b))
}

/// Walks for every aggressor from `from` on.
pub fn run(tape: &Tape, step_ns: i64, from: i64) -> TakerScore {
    let taken = |group: &&[Event]| group.first().is_some_and(|e| is_execution(e) && e.t >= from);
    let all: Vec<Taker> = groups(tape).filter(taken).filter_map(Taker::of).collect();
    let mut run = Run {
        tick: tape.tick,
        truth: TruthBook::default(),
        feed: Conflator::new(step_ns),
        printed: HashMap::new(),
        score: TakerScore::default(),
        mids: Vec::new(),
        impact: ImpactParams { prefactor_ppm: REALISTIC.impact_ppm, tau0_ns: pace(tape) },
    };
    let (mut decided, mut came) = (all.iter().peekable(), all.iter().peekable());
    for group in groups(tape) {
        let Some(first) = group.first() else { continue };
        while let Some(taker) = decided.next_if(|taker| taker.t - DELAY_NS < first.t) {
            run.show(taker.t - DELAY_NS);
            run.score.delayed_ticks += run.walk(taker).map_or(0.0, |walked| walked.off.abs());
        }
        run.show(first.t);
        if let Some(taker) = came.next_if(|taker| taker.is(first)) {
            run.compare(taker);
        }
        run.apply(group);
    }
    run.finish(&all)
}

/// Mean distance of two prints.
fn pace(tape: &Tape) -> i64 {
    let (Some(first), Some(last)) = (tape.events.first(), tape.events.last()) else { return 1 };
    let prints = tape.events.iter().filter(|event| event.kind == Kind::Execute).count();
    (last.t - first.t) / i64::try_from(prints.max(1)).unwrap_or(i64::MAX)
}

/// An aggressor.
struct Taker {
    t: i64,
    /// Side that it hit.
    hit: BookSide,
    quantity: i64,
    paid: i128,
    met_hidden: bool,
}

/// What a walk of the displayed book says.
struct Walked {
    /// Its average price less the true one, in ticks.
    off: f64,
    is_exact: bool,
    is_short: bool,
}

impl Taker {
    fn of(group: &[Event]) -> Option<Self> {
        let first = group.first()?;
        Some(Self {
            t: first.t,
            hit: first.side,
            quantity: group.iter().map(|event| event.qty).sum(),
            paid: group.iter().map(|e| i128::from(e.px) * i128::from(e.qty)).sum(),
            met_hidden: group.iter().any(|event| event.kind == Kind::Hidden),
        })
    }

    fn is(&self, first: &Event) -> bool {
        is_execution(first) && (self.t, self.hit) == (first.t, first.side)
    }

    const fn side(&self) -> Side {
        match self.hit {
            BookSide::Ask => Side::Buy,
            BookSide::Bid => Side::Sell,
        }
    }

    /// A way of the price as its loss.
    const fn signed(&self, way: f64) -> f64 {
        match self.hit {
            BookSide::Ask => way,
            BookSide::Bid => -way,
        }
    }
}

struct Run {
    tick: i64,
    truth: TruthBook,
    feed: Conflator,
    /// Size printed since depth was last told.
    printed: HashMap<(BookSide, i64), i64>,
    score: TakerScore,
    /// Times and twice the mid price after them.
    mids: Vec<(i64, i64)>,
    impact: ImpactParams,
}

impl Run {
    /// Depth that is due before `t`.
    fn show(&mut self, t: i64) {
        if self.feed.before(t, &self.truth, &mut Vec::new()).is_some() {
            self.printed.clear();
        }
    }

    fn apply(&mut self, group: &[Event]) {
        for event in group {
            if let Some(effect) = self.truth.apply(event) {
                self.feed.touch(effect.side, effect.px);
                if event.kind == Kind::Execute {
                    *self.printed.entry((effect.side, effect.px)).or_default() += effect.qty;
                }
            }
        }
        let Some(last) = group.last() else { return };
        let mut told = Vec::new();
        self.feed.after(last.t, &self.truth, &mut told);
        if !told.is_empty() {
            self.printed.clear();
        }
        if let Some(mid) = self.truth.mid2()
            && self.mids.last().is_none_or(|(_, before)| *before != mid)
        {
            self.mids.push((last.t, mid));
        }
    }

    fn compare(&mut self, taker: &Taker) {
        let walked = self.walk(taker);
        self.score.n += 1;
        self.score.hidden += share(taker.met_hidden);
        self.score.impact_ticks += self.shift(taker).unwrap_or(0.0);
        let Some(walked) = walked else {
            self.score.short += 1.0;
            return;
        };
        self.score.short += share(walked.is_short);
        self.score.exact += share(walked.is_exact);
        self.score.error_ticks += walked.off.abs();
        self.score.signed_ticks += taker.signed(walked.off);
    }

    /// Walks what is displayed now; `None` where that is nothing.
    fn walk(&self, taker: &Taker) -> Option<Walked> {
        let (hit, quantity) = (taker.hit, taker.quantity);
        let levels = self.feed.levels(hit, MAX_LEVELS).into_iter().map(|(px, qty)| LevelTaken {
            recorded: Price(px),
            effective: Price(px),
            displayed: Quantity(qty),
            printed: Quantity(self.printed.get(&(hit, px)).copied().unwrap_or(0)),
            consumed_before: Quantity::ZERO,
            taken: Quantity::ZERO,
            index: None,
        });
        let bounds = WalkBounds {
            taker: taker.side(),
            cap: if taker.side() == Side::Buy { Price(i64::MAX) } else { Price(0) },
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
        if left == quantity {
            return None;
        }
        let guess = wide(walked) / whole(quantity - left);
        let off = (guess - wide(taker.paid) / whole(quantity)) / whole(self.tick);
        Some(Walked { off, is_exact: walked == taker.paid && left == 0, is_short: left > 0 })
    }

    /// What the impact model says of later orders on the aggressor's side, in ticks.
    fn shift(&self, taker: &Taker) -> Option<f64> {
        let (bid, _) = self.feed.best(BookSide::Bid)?;
        let (ask, _) = self.feed.best(BookSide::Ask)?;
        let depth = self.feed.levels(taker.hit, IMPACT_LEVELS).iter().map(|(_, qty)| qty).sum();
        let scale = Scale::Book { half_spread: (ask - bid) / 2, depth: Quantity(depth) };
        let (mut impact, filled) = (Impact::default(), Quantity(taker.quantity));
        impact.add(taker.side(), filled, scale, self.impact, taker.t).ok()?;
        let shift = impact.shift(taker.side(), self.impact, taker.t + AFTER_NS).ok()?;
        Some(whole(shift) / whole(self.tick))
    }

    /// Means, once it is known where the market went.
    fn finish(mut self, all: &[Taker]) -> TakerScore {
        for taker in all {
            let at = |t: i64| {
                let after = self.mids.partition_point(|(seen, _)| *seen < t);
                after.checked_sub(1).and_then(|at| self.mids.get(at))
            };
            if let (Some((_, before)), Some((_, after))) = (at(taker.t), at(taker.t + AFTER_NS)) {
                let way = whole(after - before) / whole(2 * self.tick);
                self.score.moved_ticks += taker.signed(way);
            }
        }
        let n = count(self.score.n).max(1.0);
        let TakerScore { exact, error_ticks, signed_ticks, short, hidden, .. } = &mut self.score;
        for sum in [exact, error_ticks, signed_ticks, short, hidden] {
            *sum /= n;
        }
        let TakerScore { delayed_ticks, moved_ticks, impact_ticks, .. } = &mut self.score;
        for sum in [delayed_ticks, moved_ticks, impact_ticks] {
            *sum /= n;
        }
        self.score
    }
}

const fn share(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
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
