//! Design 1: orders of no size join the back of the best level, and their truth is exact.

use std::collections::{BTreeMap, VecDeque};

use sequence_core::ids::BookSide;
use sequence_core::number::Price;
use sequence_core::rng::Stream;
use sequence_core::sim::outlook::Outlook;
use sequence_core::sim::view::EntryPlace;

use crate::estimator::{Estimator, Rule};
use crate::feed::{Conflator, LevelChange};
use crate::tape::{Event, Kind, Tape};
use crate::truth::{Effect, TruthBook};

/// Horizons in seconds.
pub const HORIZONS: [i64; 3] = [20, 60, 120];
/// Distance between shadows on each side.
pub const EVERY_NS: i64 = 1_000_000_000;
/// Readings of one shadow are so many shadows apart.
const READ_EVERY: i64 = 10;
const SECOND: i64 = 1_000_000_000;
const LONGEST: i64 = 120 * SECOND;
/// The tape's first second builds the book; it is handed over as a snapshot.
const WARM_UP_NS: i64 = SECOND;
/// Not filled.
pub const NEVER: i64 = i64::MAX;

/// One shadow order and its truth.
#[derive(Debug, Clone, Copy)]
pub struct Shadow {
    pub side: BookSide,
    pub px: i64,
    pub t: i64,
    pub rank: u64,
    /// Size that errors are relative to: the larger of what truly stood there and what was shown.
    pub entry: i64,
    pub ahead: i64,
    pub filled: i64,
    /// Orders that stood there at entry.
    pub orders: usize,
    /// An order of its level was cancelled while it waited.
    pub cancelled: bool,
    last: i64,
}

/// What one rule believed of every shadow.
#[derive(Debug, Clone)]
pub struct Belief {
    pub name: &'static str,
    pub ahead: Vec<i64>,
    pub filled: Vec<i64>,
    /// Integrals of |error| and of error over time, relative to the size at entry, by horizon.
    pub error: Vec<[f64; 3]>,
    pub signed: Vec<[f64; 3]>,
    /// Sum of |error| just before each event of the level, by horizon.
    pub at_events: Vec<[f64; 3]>,
    pub match_rate_ppm: i64,
    pub decreases: u64,
}

/// The outlook of an order that waits, as its owner would read it.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub t: i64,
    /// How many times over a minute's prints would use up what stands before it, `log2`, Q32.
    pub times: i128,
    pub outlook: Outlook,
    /// When it was truly filled.
    pub filled: i64,
    shadow: usize,
}

/// Everything that one pass over a tape produced.
#[derive(Debug)]
pub struct Pass {
    pub shadows: Vec<Shadow>,
    pub beliefs: Vec<Belief>,
    /// Times and twice the mid price after them.
    pub mids: Vec<(i64, i64)>,
    /// Seconds until the true fill or the horizon, by shadow.
    pub lived: Vec<[f64; 3]>,
    /// Events of the level until then, by shadow.
    pub events: Vec<[f64; 3]>,
    /// Every ten seconds of every shadow that waits, by the last rule.
    pub readings: Vec<Reading>,
}

struct Run {
    truth: TruthBook,
    feed: Conflator,
    estimators: Vec<Estimator>,
    pass: Pass,
    /// Shadows that are still watched, by level.
    active: BTreeMap<(BookSide, i64), Vec<usize>>,
    closing: VecDeque<usize>,
}

/// Runs every rule over a tape whose depth is conflated to `step_ns`.
pub fn run(tape: &Tape, rules: &[Rule], step_ns: i64, until: i64) -> Pass {
    let entry = if step_ns > 0 { EntryPlace::ByTime(step_ns) } else { EntryPlace::Behind };
    let mut run = Run {
        truth: TruthBook::default(),
        feed: Conflator::new(step_ns),
        estimators: rules
            .iter()
            .map(|rule| Estimator::new(rule.clone(), tape.lot, entry))
            .collect(),
        pass: Pass {
            shadows: Vec::new(),
            beliefs: rules.iter().map(|rule| Belief::new(rule.name)).collect(),
            mids: Vec::new(),
            lived: Vec::new(),
            events: Vec::new(),
            readings: Vec::new(),
        },
        active: BTreeMap::new(),
        closing: VecDeque::new(),
    };
    let (Some(first), Some(last)) = (tape.events.first(), tape.events.last()) else {
        return run.pass;
    };
    let open = first.t + WARM_UP_NS;
    let end = last.t.min(until) - LONGEST;
    // One shadow a second at an arbitrary instant: on the second itself all of them would stand
    // at the same place inside the conflation interval.
    let jitter = Stream::new(0, 0, "fidelity.shadow");
    let at = |second: i64| {
        let offset = jitter.value(second.unsigned_abs()) % EVERY_NS.unsigned_abs();
        open + second * EVERY_NS + offset.cast_signed()
    };
    let (mut second, mut next) = (1, at(1));
    let mut started = false;
    for event in tape.events.iter().take_while(|event| event.t <= until) {
        if event.t <= open {
            if let Some(effect) = run.truth.apply(event) {
                run.feed.touch(effect.side, effect.px);
            }
            continue;
        }
        if !started {
            started = true;
            run.start();
        }
        while next < event.t && next < end {
            run.before(next);
            run.close(next);
            run.read(next);
            run.join(next);
            second += 1;
            next = at(second);
        }
        run.before(event.t);
        run.event(event);
    }
    run.close(NEVER);
    for reading in &mut run.pass.readings {
        reading.filled = run.pass.shadows.get(reading.shadow).map_or(NEVER, |row| row.filled);
    }
    for (belief, estimator) in run.pass.beliefs.iter_mut().zip(&run.estimators) {
        belief.match_rate_ppm = estimator.tracker.match_rate().ppm();
        belief.decreases = estimator.tracker.match_rate().seen();
    }
    run.pass
}

impl Belief {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            ahead: Vec::new(),
            filled: Vec::new(),
            error: Vec::new(),
            signed: Vec::new(),
            at_events: Vec::new(),
            match_rate_ppm: 0,
            decreases: 0,
        }
    }
}

impl Run {
    fn start(&mut self) {
        for (side, px, qty) in self.feed.snapshot_changes(&self.truth) {
            for estimator in &mut self.estimators {
                estimator.snapshot(side, px, qty);
            }
        }
    }

    /// Depth messages that are due before `t`.
    fn before(&mut self, t: i64) {
        let mut out = Vec::new();
        let flushed = self.feed.before(t, &self.truth, &mut out);
        self.depth(&out);
        if let Some(at) = flushed {
            self.message_ends(at);
        }
    }

    fn message_ends(&mut self, t: i64) {
        for estimator in &mut self.estimators {
            estimator.book.on_message_end(t);
        }
    }

    fn event(&mut self, event: &Event) {
        let mid = self.truth.mid2();
        let effect = self.truth.apply(event);
        if let Some(effect) = effect {
            self.integrate((effect.side, effect.px), event.t);
            self.advance(event, &effect);
            self.feed.touch(effect.side, effect.px);
            if event.kind == Kind::Execute {
                self.print(&effect, event.t);
            }
        }
        let mut out = Vec::new();
        self.feed.after(event.t, &self.truth, &mut out);
        self.depth(&out);
        if !out.is_empty() {
            self.message_ends(event.t);
        }
        if let Some(now) = self.truth.mid2()
            && mid != Some(now)
        {
            self.pass.mids.push((event.t, now));
        }
    }

    /// Moves the true places of the shadows.
    fn advance(&mut self, event: &Event, effect: &Effect) {
        let Effect { side, px, qty, rank, .. } = *effect;
        if event.kind == Kind::Add {
            let other = if side == BookSide::Bid { BookSide::Ask } else { BookSide::Bid };
            self.fill_beyond(other, px, true, event.t);
            return;
        }
        let watched = self.active.get(&(side, px)).into_iter().flatten();
        for key in watched {
            let Some(shadow) = self.pass.shadows.get_mut(*key) else { continue };
            shadow.cancelled |= event.kind == Kind::Reduce && shadow.filled == NEVER;
            if rank < shadow.rank {
                shadow.ahead -= qty;
            } else if event.kind == Kind::Execute && shadow.filled == NEVER && shadow.ahead == 0 {
                // An execution behind it while others still stand ahead is out of order: a real
                // order at its place would not have been served either.
                shadow.filled = event.t;
            }
        }
        if event.kind == Kind::Execute {
            self.fill_beyond(side, px, false, event.t);
        }
    }

    /// Fills the shadows of `side` whose price is better than `px` (or equal).
    fn fill_beyond(&mut self, side: BookSide, px: i64, equal: bool, t: i64) {
        let (low, high) = match (side, equal) {
            (BookSide::Bid, true) => (px, i64::MAX),
            (BookSide::Bid, false) => (px + 1, i64::MAX),
            (BookSide::Ask, true) => (i64::MIN, px),
            (BookSide::Ask, false) => (i64::MIN, px - 1),
        };
        let levels: Vec<i64> =
            self.active.range((side, low)..=(side, high)).map(|((_, px), _)| *px).collect();
        for px in levels {
            self.integrate((side, px), t);
            for key in self.active.get(&(side, px)).into_iter().flatten() {
                if let Some(shadow) = self.pass.shadows.get_mut(*key)
                    && shadow.filled == NEVER
                {
                    shadow.filled = t;
                }
            }
        }
    }

    fn print(&mut self, effect: &Effect, t: i64) {
        for (estimator, belief) in self.estimators.iter_mut().zip(&mut self.pass.beliefs) {
            estimator.print(effect.side, effect.px, effect.qty, t, |key| belief.fill(key, t));
            belief.refresh(estimator, effect.side, effect.px);
        }
    }

    fn depth(&mut self, changes: &[LevelChange]) {
        for change in changes {
            let LevelChange { t, side, px, .. } = *change;
            self.integrate((side, px), t);
            for (estimator, belief) in self.estimators.iter_mut().zip(&mut self.pass.beliefs) {
                estimator.level(change, |key| belief.fill(key, t));
                belief.refresh(estimator, side, px);
            }
        }
    }

    /// Reads the outlook of the shadows that wait, each in one second of ten.
    fn read(&mut self, t: i64) {
        let (Some(belief), Some(estimator)) = (self.pass.beliefs.last(), self.estimators.last())
        else {
            return;
        };
        let flow = estimator.tracker.flow();
        for key in &self.closing {
            let Some(shadow) = self.pass.shadows.get(*key) else { continue };
            let waits = shadow.filled == NEVER && belief.filled.get(*key) == Some(&NEVER);
            if !waits || (t - shadow.t) / EVERY_NS % READ_EVERY != 0 || t - shadow.t > LONGEST / 2 {
                continue;
            }
            let ahead = belief.ahead.get(*key).copied().unwrap_or(0);
            let before = ahead + self.feed.nearer(shadow.side, shadow.px);
            let times = flow.times(shadow.side, before, t);
            let outlook = flow.outlook(shadow.side, before, t);
            if let (Some(times), Some(outlook)) = (times, outlook) {
                let reading = Reading { t, times, outlook, filled: NEVER, shadow: *key };
                self.pass.readings.push(reading);
            }
        }
    }

    /// Adds one shadow on each side at the best price that is displayed, as a client would. Where
    /// the other side already stands there it would take, not rest, and is left out.
    fn join(&mut self, t: i64) {
        for side in [BookSide::Bid, BookSide::Ask] {
            let Some((px, displayed)) = self.feed.best(side) else { continue };
            let takes = match side {
                BookSide::Bid => self.truth.best(BookSide::Ask).is_some_and(|ask| ask <= px),
                BookSide::Ask => self.truth.best(BookSide::Bid).is_some_and(|bid| bid >= px),
            };
            if takes {
                continue;
            }
            let level = self.truth.side(side).get(&px);
            let (ahead, orders) = level.map_or((0, 0), |level| (level.qty, level.orders.len()));
            let key = self.pass.shadows.len();
            let rank = self.truth.next_rank();
            let entry = ahead.max(displayed);
            let (filled, cancelled, last) = (NEVER, false, t);
            let shadow =
                Shadow { side, px, t, rank, entry, ahead, filled, orders, cancelled, last };
            self.pass.shadows.push(shadow);
            self.pass.lived.push([0.0; 3]);
            self.pass.events.push([0.0; 3]);
            self.active.entry((side, px)).or_default().push(key);
            self.closing.push_back(key);
            for (estimator, belief) in self.estimators.iter_mut().zip(&mut self.pass.beliefs) {
                belief.ahead.push(estimator.join(key as u64, side, px, displayed, t));
                belief.filled.push(NEVER);
                belief.error.push([0.0; 3]);
                belief.signed.push([0.0; 3]);
                belief.at_events.push([0.0; 3]);
            }
        }
    }

    /// Ends the shadows that have been watched for the longest horizon.
    fn close(&mut self, t: i64) {
        while let Some(key) = self.closing.front().copied() {
            let Some(shadow) = self.pass.shadows.get(key).copied() else { return };
            if t != NEVER && shadow.t + LONGEST > t {
                return;
            }
            self.closing.pop_front();
            self.integrate((shadow.side, shadow.px), shadow.t + LONGEST);
            if let Some(level) = self.active.get_mut(&(shadow.side, shadow.px)) {
                level.retain(|other| *other != key);
                if level.is_empty() {
                    self.active.remove(&(shadow.side, shadow.px));
                }
            }
            for estimator in &mut self.estimators {
                estimator.book.remove(shadow.side, Price(shadow.px), key as u64);
            }
        }
    }

    /// Adds the error since the last change at a level, up to `t`.
    fn integrate(&mut self, level: (BookSide, i64), t: i64) {
        for key in self.active.get(&level).into_iter().flatten() {
            let Some(shadow) = self.pass.shadows.get_mut(*key) else { continue };
            let (from, to) = (shadow.last, t.min(shadow.filled));
            shadow.last = shadow.last.max(t);
            if to <= from {
                continue;
            }
            let spans = HORIZONS.map(|h| seconds(to.min(shadow.t + h * SECOND) - from).max(0.0));
            let counted = if t <= shadow.filled { 1.0 } else { 0.0 };
            let events = HORIZONS.map(|h| if t <= shadow.t + h * SECOND { counted } else { 0.0 });
            let Some(lived) = self.pass.lived.get_mut(*key) else { continue };
            for (lived, span) in lived.iter_mut().zip(spans) {
                *lived += span;
            }
            let Some(seen) = self.pass.events.get_mut(*key) else { continue };
            for (seen, event) in seen.iter_mut().zip(events) {
                *seen += event;
            }
            for belief in &mut self.pass.beliefs {
                belief.add_error(*key, shadow, spans, events);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "durations of minutes fit a float exactly enough")]
fn seconds(ns: i64) -> f64 {
    ns as f64 / 1e9
}

impl Belief {
    fn fill(&mut self, key: u64, t: i64) {
        let key = usize::try_from(key).unwrap_or(usize::MAX);
        if let (Some(filled), Some(ahead)) = (self.filled.get_mut(key), self.ahead.get_mut(key)) {
            *filled = t;
            *ahead = 0;
        }
    }

    fn refresh(&mut self, estimator: &Estimator, side: BookSide, px: i64) {
        let view = estimator.book.level(side, Price(px));
        for own in view.into_iter().flat_map(|view| view.own().iter()) {
            let key = usize::try_from(own.order).unwrap_or(usize::MAX);
            if let Some(ahead) = self.ahead.get_mut(key) {
                *ahead = own.ahead;
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "relative sizes")]
    fn add_error(&mut self, key: usize, shadow: &Shadow, spans: [f64; 3], events: [f64; 3]) {
        let Some(ahead) = self.ahead.get(key) else { return };
        let off = (ahead - shadow.ahead) as f64 / shadow.entry.max(1) as f64;
        if off == 0.0 {
            return;
        }
        let sums = (self.error.get_mut(key), self.signed.get_mut(key), self.at_events.get_mut(key));
        if let (Some(error), Some(signed), Some(at_events)) = sums {
            for at in 0..3 {
                error[at] += off.abs() * spans[at];
                signed[at] += off * spans[at];
                at_events[at] += off.abs() * events[at];
            }
        }
    }
}
