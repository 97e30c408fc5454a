//! What a client of the market would receive, message by message, and a preset's queues on it: the
//! engine must fill orders at the same instants.

use std::collections::BTreeMap;

use sequence_core::ids::BookSide;
use sequence_core::number::{Price, Quantity};
use sequence_core::sim::pairing::PairMeter;
use sequence_core::sim::preset::Params;
use sequence_core::sim::queue::{Join, Print, QueueBook, QueueFill};
use sequence_core::sim::tracker::LotTracker;
use sequence_core::venue::TradeDepth;

use crate::estimator::LOTS_CAP;
use crate::feed::{Conflator, LevelChange};
use crate::tape::{Kind, Tape};
use crate::truth::TruthBook;

/// The first second of a tape builds the book, which a client gets as a snapshot.
const WARM_UP_NS: i64 = 1_000_000_000;

/// One message.
#[derive(Debug, Clone)]
pub enum Message {
    /// Side that was hit, price, size.
    Print(BookSide, i64, i64),
    /// Levels that changed.
    Depth(Vec<LevelChange>),
}

/// A session of a client: the book it begins with, and every message with its time.
#[derive(Debug, Clone, Default)]
pub struct Feed {
    pub open_ns: i64,
    pub snapshot: Vec<(BookSide, i64, i64)>,
    pub messages: Vec<(i64, Message)>,
}

impl Feed {
    /// Of a tape, with depth conflated to `step_ns` (0 = one message per order event).
    pub fn of(tape: &Tape, step_ns: i64) -> Self {
        let (mut truth, mut depth) = (TruthBook::default(), Conflator::new(step_ns));
        let open_ns = tape.events.first().map_or(0, |event| event.t + WARM_UP_NS);
        let mut feed = Self { open_ns, ..Self::default() };
        for event in &tape.events {
            if event.t > open_ns && feed.snapshot.is_empty() {
                feed.snapshot = depth.snapshot_changes(&truth);
            }
            let mut changes = Vec::new();
            if event.t > open_ns {
                depth.before(event.t, &truth, &mut changes);
                feed.depth(changes);
            }
            let Some(effect) = truth.apply(event) else { continue };
            depth.touch(effect.side, effect.px);
            if event.t > open_ns {
                if event.kind == Kind::Execute {
                    let print = Message::Print(effect.side, effect.px, effect.qty);
                    feed.messages.push((event.t, print));
                }
                let mut changes = Vec::new();
                depth.after(event.t, &truth, &mut changes);
                feed.depth(changes);
            }
        }
        feed
    }

    fn depth(&mut self, changes: Vec<LevelChange>) {
        let Some(t) = changes.first().map(|change| change.t) else { return };
        let before = self.messages.last().map_or(self.open_ns, |(t, _)| *t);
        self.messages.push((t.max(before), Message::Depth(changes)));
    }
}

/// An order that rests from `joined_ns` on. Market data of that instant came first.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub side: BookSide,
    pub px: i64,
    pub qty: i64,
    pub joined_ns: i64,
}

/// Time and size of each fill of an order.
pub type Fills = Vec<(i64, i64)>;

struct Run {
    tracker: LotTracker,
    pairs: PairMeter,
    shown: BTreeMap<(BookSide, i64), i64>,
    /// By order, once it has joined.
    books: Vec<Option<QueueBook>>,
    fills: Vec<Fills>,
    depth_ns: i64,
}

/// Fills of orders, each alone in its world, under a preset. `row` is the order of trade and depth
/// that the venue's row names.
pub fn fills(
    feed: &Feed,
    params: &Params,
    (lot, conflation_ns, row): (i64, i64, TradeDepth),
    orders: &[Order],
) -> Vec<Fills> {
    let pairs = PairMeter::default();
    let hold_ns = pairs.hold_ns(row, params.pairing_ppm);
    let rate = params.match_rate(conflation_ns == 0, false);
    let mut run = Run {
        tracker: LotTracker::new(hold_ns, LOTS_CAP).with_rate(rate),
        pairs,
        shown: BTreeMap::new(),
        books: vec![None; orders.len()],
        fills: vec![Vec::new(); orders.len()],
        depth_ns: feed.open_ns,
    };
    for (side, px, qty) in &feed.snapshot {
        run.shown.insert((*side, *px), *qty);
        run.tracker.on_snapshot_level(*side, Price(*px), Quantity(*qty), 0);
    }
    for (t, message) in &feed.messages {
        for (at, order) in orders.iter().enumerate() {
            if order.joined_ns < *t && run.books[at].is_none() {
                let hold_ns = run.pairs.hold_ns(row, params.pairing_ppm);
                let book = QueueBook::new(params.queue(lot, conflation_ns, hold_ns));
                run.join(at, order, book);
            }
        }
        run.learn(message, *t, (row, params.pairing_ppm));
        run.message(message, *t);
    }
    run.fills
}

impl Run {
    fn join(&mut self, at: usize, order: &Order, book: QueueBook) {
        let Order { side, px, qty, joined_ns: now_ns } = *order;
        let shown = self.shown.get(&(side, px)).copied().unwrap_or(0);
        let entry = self.tracker.entry(side, Price(px), Quantity(shown), now_ns);
        let mut book = book.heard_at(self.depth_ns);
        let (order, price, quantity) = (at as u64, Price(px), Quantity(qty));
        book.join(Join { order, side, price, quantity, seq: order, now_ns }, entry);
        self.books[at] = Some(book);
    }

    /// What the message says of the order of trades and depth, and what it does to shared lots.
    fn learn(&mut self, message: &Message, t: i64, (row, ppm): (TradeDepth, i64)) {
        let before = self.pairs.hold_ns(row, ppm);
        match message {
            Message::Print(side, px, qty) => {
                self.pairs.see(true, *side, Price(*px), *qty, t);
                self.set_hold(before, self.pairs.hold_ns(row, ppm));
                self.tracker.on_print(*side, Price(*px), Quantity(*qty), t, t);
            }
            Message::Depth(changes) => {
                for change in changes {
                    let LevelChange { side, px, before: had, after, .. } = *change;
                    let before = self.pairs.hold_ns(row, ppm);
                    if after < had {
                        self.pairs.see(false, side, Price(px), had - after, t);
                        self.set_hold(before, self.pairs.hold_ns(row, ppm));
                    }
                    self.tracker.on_level(side, Price(px), Quantity(after), 0, t);
                    self.shown.insert((side, px), after);
                }
                self.depth_ns = t;
            }
        }
    }

    fn set_hold(&mut self, before: i64, hold_ns: i64) {
        if before != hold_ns {
            self.tracker.set_hold(hold_ns);
            self.books.iter_mut().flatten().for_each(|book| book.set_hold(hold_ns));
        }
    }

    fn message(&mut self, message: &Message, t: i64) {
        let (policy, mut out) = (self.tracker.policy(), Vec::new());
        for (book, fills) in self.books.iter_mut().zip(&mut self.fills) {
            let Some(book) = book else { continue };
            book.set_policy(&policy);
            match message {
                Message::Print(side, px, qty) => {
                    let (price, quantity) = (Price(*px), Quantity(*qty));
                    let print = Print { hit: Some(*side), price, quantity, external: quantity };
                    book.on_print(print, t, &mut out);
                }
                Message::Depth(changes) => {
                    for change in changes {
                        let LevelChange { side, px, before, after, .. } = *change;
                        let sizes = (Quantity(before), Quantity(after));
                        book.on_level(side, Price(px), sizes, 0, t, &mut out);
                    }
                    book.on_message_end(t);
                }
            }
            fills.extend(out.drain(..).map(|fill: QueueFill| (t, fill.quantity.0)));
        }
    }
}
