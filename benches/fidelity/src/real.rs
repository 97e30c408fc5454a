//! Design 2: real orders that joined the touch, with their identity hidden.
//!
//! The order's size is taken out of the depth for its lifetime and its executions out of the
//! recorded prints; the simulator runs as its owner, and is compared with what really happened.

use std::collections::{BTreeMap, HashMap, VecDeque};

use sequence_core::ids::BookSide;
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::queue::{Join, Print, QueueBook, QueueFill};
use sequence_core::sim::view::EntryPlace;

use crate::estimator::{Estimator, Rule};
use crate::feed::{Conflator, LevelChange};
use crate::tape::{Event, Kind, Tape};
use crate::truth::TruthBook;

const SECOND: i64 = 1_000_000_000;
/// Orders are followed for this long, or until their owner cancels.
const HORIZON: i64 = 60 * SECOND;
/// Most orders taken from one tape, evenly spread.
const SAMPLE: usize = 3_000;

/// A hidden order, its truth, and what every rule made of it.
#[derive(Debug, Clone)]
pub struct Hidden {
    pub side: BookSide,
    pub px: i64,
    pub size: i64,
    /// What its owner left open at the end, and what was executed.
    open: i64,
    pub filled: i64,
    pub first_fill: Option<i64>,
    /// Depth at its level without it, as last displayed.
    shown: i64,
    books: Vec<QueueBook>,
    /// By rule: quantity filled and time of the first fill.
    pub simulated: Vec<(i64, Option<i64>)>,
}

struct Run<'a> {
    truth: TruthBook,
    feed: Conflator,
    estimators: Vec<Estimator>,
    wanted: &'a [bool],
    done: Vec<Hidden>,
    active: HashMap<u64, Hidden>,
    levels: BTreeMap<(BookSide, i64), Vec<u64>>,
    closing: VecDeque<(i64, u64)>,
    out: Vec<QueueFill>,
}

/// Runs every rule over a sample of the orders that joined the touch from `from` on.
pub fn run(tape: &Tape, rules: &[Rule], step_ns: i64, from: i64) -> Vec<Hidden> {
    let wanted = sample(tape, from);
    let entry = if step_ns > 0 { EntryPlace::ByTime(step_ns) } else { EntryPlace::Behind };
    let mut run = Run {
        truth: TruthBook::default(),
        feed: Conflator::new(step_ns),
        estimators: rules.iter().map(|r| Estimator::new(r.clone(), tape.lot, entry)).collect(),
        wanted: &wanted,
        done: Vec::new(),
        active: HashMap::new(),
        levels: BTreeMap::new(),
        closing: VecDeque::new(),
        out: Vec::new(),
    };
    let open = tape.events.first().map_or(0, |event| event.t + SECOND);
    for (at, event) in tape.events.iter().enumerate() {
        if event.t <= open {
            run.warm_up(event);
        } else {
            run.event(at, event);
        }
    }
    run.close(i64::MAX);
    run.done
}

/// Which events are the arrivals of sampled orders.
fn sample(tape: &Tape, from: i64) -> Vec<bool> {
    let mut truth = TruthBook::default();
    let mut joined = Vec::new();
    for (at, event) in tape.events.iter().enumerate() {
        truth.apply(event);
        let touch = event.kind == Kind::Add && truth.best(event.side) == Some(event.px);
        if touch && event.t >= from && !truth.is_crossed() {
            joined.push(at);
        }
    }
    let stride = joined.len().div_ceil(SAMPLE).max(1);
    let mut wanted = vec![false; tape.events.len()];
    for at in joined.into_iter().step_by(stride) {
        wanted[at] = true;
    }
    wanted
}

impl Run<'_> {
    fn warm_up(&mut self, event: &Event) {
        if let Some(effect) = self.truth.apply(event) {
            self.feed.touch(effect.side, effect.px);
        }
        for (side, px, qty) in self.feed.snapshot_changes(&self.truth) {
            for estimator in &mut self.estimators {
                estimator.snapshot(side, px, qty);
            }
        }
    }

    fn event(&mut self, at: usize, event: &Event) {
        let mut changes = Vec::new();
        let ended = self.feed.before(event.t, &self.truth, &mut changes);
        self.depth(&changes);
        if let Some(t) = ended {
            for hidden in self.active.values_mut() {
                hidden.books.iter_mut().for_each(|book| book.on_message_end(t));
            }
        }
        self.close(event.t);
        if self.wanted[at] {
            self.join(event);
        }
        self.owner(event);
        if let Some(effect) = self.truth.apply(event) {
            self.feed.touch(effect.side, effect.px);
            if event.kind == Kind::Execute {
                self.print(event.order, effect.side, effect.px, effect.qty, event.t);
            }
        }
        let mut changes = Vec::new();
        self.feed.after(event.t, &self.truth, &mut changes);
        self.depth(&changes);
    }

    fn join(&mut self, event: &Event) {
        let Event { side, px, qty, order, t, .. } = *event;
        let shown = self.feed.qty(side, px);
        let (quantity, price) = (Quantity(qty), Price(px));
        let mut books = Vec::new();
        for estimator in &mut self.estimators {
            let mut book = QueueBook::new(estimator.book.params().clone());
            book.on_message_end(self.feed.last_message_ns());
            let entry = estimator.tracker.entry(side, price, Quantity(shown), t);
            book.join(Join { order, side, price, quantity, seq: order, now_ns: t }, entry);
            books.push(book);
        }
        let simulated = vec![(0, None); books.len()];
        let (filled, first_fill) = (0, None);
        let hidden =
            Hidden { side, px, size: qty, open: qty, filled, first_fill, shown, books, simulated };
        self.active.insert(order, hidden);
        self.levels.entry((side, px)).or_default().push(order);
        self.closing.push_back((t + HORIZON, order));
    }

    /// What happens to a hidden order itself: executions and its owner's cancels.
    fn owner(&mut self, event: &Event) {
        let Some(hidden) = self.active.get_mut(&event.order) else { return };
        match event.kind {
            Kind::Execute => {
                hidden.open -= event.qty;
                hidden.filled += event.qty;
                hidden.first_fill.get_or_insert(event.t);
            }
            Kind::Reduce => {
                hidden.open -= event.qty;
                let (side, price) = (hidden.side, Price(hidden.px));
                for (book, (filled, _)) in hidden.books.iter_mut().zip(&hidden.simulated) {
                    let left = hidden.open + hidden.filled - filled;
                    book.shrink(side, price, event.order, Quantity(left));
                }
                if hidden.open <= 0 {
                    self.finish(event.order);
                }
            }
            Kind::Add | Kind::Hidden => {}
        }
    }

    fn print(&mut self, executed: u64, side: BookSide, px: i64, qty: i64, t: i64) {
        let (low, high) = if side == BookSide::Bid { (px, i64::MAX) } else { (i64::MIN, px) };
        let reached = self.levels.range((side, low)..=(side, high));
        let orders: Vec<u64> = reached.flat_map(|(_, orders)| orders.iter().copied()).collect();
        for order in orders {
            let Some(hidden) = self.active.get_mut(&order) else { continue };
            let external = Quantity(if order == executed { 0 } else { qty });
            let print =
                Print { hit: Some(side), price: Price(px), quantity: Quantity(qty), external };
            for (book, simulated) in hidden.books.iter_mut().zip(&mut hidden.simulated) {
                self.out.clear();
                book.on_print(print, t, &mut self.out);
                note(&self.out, simulated, t);
            }
        }
        for estimator in &mut self.estimators {
            estimator.print(side, px, qty, t, |_| ());
        }
    }

    fn depth(&mut self, changes: &[LevelChange]) {
        for change in changes {
            let LevelChange { t, side, px, before, after } = *change;
            for order in self.levels.get(&(side, px)).into_iter().flatten() {
                let Some(hidden) = self.active.get_mut(order) else { continue };
                let others = (after - hidden.open).max(0);
                let sizes = (Quantity(hidden.shown), Quantity(others));
                hidden.shown = others;
                for book in &mut hidden.books {
                    book.on_level(side, Price(px), sizes, 0, t, &mut self.out);
                }
            }
            if after > before {
                self.cross(change);
            }
            for estimator in &mut self.estimators {
                estimator.level(change, |_| ());
            }
        }
    }

    /// An opposite quote that appears or grows at or through hidden orders.
    fn cross(&mut self, change: &LevelChange) {
        let LevelChange { t, side, px, before, after } = *change;
        let (own, low, high) = match side {
            BookSide::Ask => (BookSide::Bid, px, i64::MAX),
            BookSide::Bid => (BookSide::Ask, i64::MIN, px),
        };
        let reached = self.levels.range((own, low)..=(own, high));
        let orders: Vec<u64> = reached.flat_map(|(_, orders)| orders.iter().copied()).collect();
        for order in orders {
            let Some(hidden) = self.active.get_mut(&order) else { continue };
            for (book, simulated) in hidden.books.iter_mut().zip(&mut hidden.simulated) {
                self.out.clear();
                let sizes = (Quantity(before), Quantity(after));
                book.on_level(side, Price(px), sizes, 0, t, &mut self.out);
                note(&self.out, simulated, t);
            }
        }
    }

    fn close(&mut self, t: i64) {
        while let Some((due, order)) = self.closing.front().copied() {
            if due > t {
                return;
            }
            self.closing.pop_front();
            self.finish(order);
        }
    }

    fn finish(&mut self, order: u64) {
        let Some(mut hidden) = self.active.remove(&order) else { return };
        if let Some(level) = self.levels.get_mut(&(hidden.side, hidden.px)) {
            level.retain(|other| *other != order);
            if level.is_empty() {
                self.levels.remove(&(hidden.side, hidden.px));
            }
        }
        hidden.books.clear();
        self.done.push(hidden);
    }
}

fn note(fills: &[QueueFill], simulated: &mut (i64, Option<i64>), t: i64) {
    for fill in fills {
        simulated.0 += fill.quantity.0;
        simulated.1.get_or_insert(t);
    }
}

/// Scores of one rule over all hidden orders.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealScore {
    pub n: usize,
    pub filled_true: f64,
    pub bias_pp: f64,
    pub false_pp: f64,
    pub missed_pp: f64,
    /// Mean of |simulated − true quantity| over the size.
    pub quantity_error: f64,
    /// Mean |time of the first fill − truth| where both filled, in seconds.
    pub time_error_s: f64,
    /// Share of orders whose filled quantity is exact.
    pub exact: f64,
}

/// Scores rule number `at`.
#[expect(clippy::cast_precision_loss, reason = "statistics")]
pub fn score(orders: &[Hidden], at: usize) -> RealScore {
    let n = orders.len() as f64;
    let mut score = RealScore { n: orders.len(), ..RealScore::default() };
    let mut both = 0.0_f64;
    for order in orders {
        let (filled, first) = order.simulated[at];
        let size = order.size.max(1) as f64;
        score.filled_true += order.filled as f64 / size / n;
        score.bias_pp += 100.0 * (filled - order.filled) as f64 / size / n;
        score.quantity_error += (filled - order.filled).abs() as f64 / size / n;
        score.exact += if filled == order.filled { 1.0 / n } else { 0.0 };
        match (order.first_fill, first) {
            (None, Some(_)) => score.false_pp += 100.0 / n,
            (Some(_), None) => score.missed_pp += 100.0 / n,
            (Some(truth), Some(guess)) => {
                both += 1.0;
                score.time_error_s += truth.abs_diff(guess) as f64 / 1e9;
            }
            (None, None) => {}
        }
    }
    score.time_error_s /= both.max(1.0);
    score
}
