//! One venue quoting one instrument: follows the hidden price, adds, cancels and trades.

use super::ladder::Ladder;
use super::{DEMO_LEVELS, DemoBook};
use crate::book::Book;
use crate::ids::{BookSide, InstrumentKind};
use crate::number::{PRICE_ONE, Price, Quantity};
use crate::rng::{Draws, Stream};
use crate::tape::{EventKind, MarketEvent};

const MS: i64 = 1_000_000;
/// "Not planned."
const IDLE: i64 = i64::MAX;
/// The side in the way of a move is pulled within this time, at every venue.
const PULL_MS: i64 = 20;
/// No venue follows with the other side before this; later than every pull.
const FOLLOW_AFTER_NS: i64 = 25 * MS;

/// When each of a quoter's tasks is due.
#[derive(Debug, Clone, Copy)]
struct Plan {
    restart: i64,
    pull: i64,
    follow: i64,
    refresh: i64,
    trade: i64,
}

impl Plan {
    fn next(&self) -> i64 {
        self.restart.min(self.pull).min(self.follow).min(self.refresh).min(self.trade)
    }
}

/// State of one generated book.
#[derive(Debug, Clone)]
pub(super) struct Quoter {
    ladder: Ladder,
    draws: Draws,
    walk: usize,
    is_event: bool,
    start_bid: i64,
    spread: i64,
    /// Touch of the hidden price, in ticks of this book (the bid).
    target: i64,
    /// Touch this venue has taken over so far: (bid, ask).
    seen: (i64, i64),
    /// Ticks it keeps away from that touch: (bid, ask).
    shy: (i64, i64),
    plan: Plan,
    book: Book,
    seq: u64,
    trades: u64,
    prices: Vec<Price>,
    gone: Vec<Price>,
}

impl Quoter {
    pub(super) fn new(seed: u64, book: &DemoBook<'_>, walk: usize) -> Self {
        let name = format!("{}|{}", book.venue, book.symbol);
        let ladder = Ladder::new(seed, &name, book);
        let start_bid = ladder.to_ticks(book.bid);
        let spread = (ladder.to_ticks(book.ask) - start_bid).max(1);
        Self {
            ladder,
            draws: Draws::new(Stream::new(seed, 0, &format!("demo.book|{name}"))),
            walk,
            is_event: book.kind == InstrumentKind::Prediction,
            start_bid,
            spread,
            target: start_bid,
            seen: (start_bid, start_bid + spread),
            shy: (0, 0),
            plan: Plan { restart: IDLE, pull: IDLE, follow: IDLE, refresh: IDLE, trade: IDLE },
            book: Book::new(),
            seq: 0,
            trades: 0,
            prices: Vec::with_capacity(DEMO_LEVELS),
            gone: Vec::with_capacity(DEMO_LEVELS),
        }
    }

    /// Position of the hidden price it follows.
    pub(super) const fn walk(&self) -> usize {
        self.walk
    }

    /// Starts (again) at a time with a whole book; returns when it is due.
    pub(super) fn restart(&mut self, now_ns: i64) -> i64 {
        self.seen = (self.target, self.target + self.spread);
        self.plan = Plan { restart: now_ns, pull: IDLE, follow: IDLE, refresh: IDLE, trade: IDLE };
        now_ns
    }

    /// Plans the reaction to a new hidden price; returns when the book is due next.
    pub(super) fn follow(&mut self, offset_ppb: i64, now_ns: i64) -> i64 {
        let target = self.touch_at(offset_ppb);
        if target != self.target && self.plan.restart == IDLE {
            self.target = target;
            self.plan.pull = now_ns.saturating_add(self.pause(1, PULL_MS));
            let later = now_ns.saturating_add(FOLLOW_AFTER_NS);
            self.plan.follow = later.saturating_add(self.pause(0, PULL_MS));
        }
        self.plan.next()
    }

    /// Does what is due, appends its messages and returns when the book is due next.
    pub(super) fn act(&mut self, now_ns: i64, out: &mut Vec<MarketEvent>) -> i64 {
        if self.plan.restart <= now_ns {
            self.plan.restart = IDLE;
            self.open(now_ns, out);
            self.plan_refresh(now_ns);
            self.plan_trade(now_ns);
        } else if self.plan.pull <= now_ns {
            self.plan.pull = IDLE;
            let (bid, ask) = self.seen;
            // Widen only: the bid may fall and the ask may rise, never the other way.
            self.seen = (bid.min(self.target), ask.max(self.target + self.spread));
            self.send(now_ns, out, Self::rebuild);
        } else if self.plan.follow <= now_ns {
            self.plan.follow = IDLE;
            self.seen = (self.target, self.target + self.spread);
            self.send(now_ns, out, Self::rebuild);
        } else if self.plan.refresh <= now_ns {
            self.plan_refresh(now_ns);
            self.send(now_ns, out, Self::shuffle);
        } else if self.plan.trade <= now_ns {
            self.plan_trade(now_ns);
            self.send(now_ns, out, Self::trade);
        }
        self.plan.next()
    }

    fn plan_refresh(&mut self, now_ns: i64) {
        // Always sooner than two trades can follow each other, so no side ever runs thin.
        let pause = if self.is_event { self.pause(700, 250) } else { self.pause(80, 400) };
        self.plan.refresh = now_ns.saturating_add(pause);
    }

    fn plan_trade(&mut self, now_ns: i64) {
        self.plan.trade = now_ns.saturating_add(self.pause(1_000, 2_000));
    }

    /// One message: whatever `write` appends, numbered and closed.
    fn send(
        &mut self,
        now_ns: i64,
        out: &mut Vec<MarketEvent>,
        write: fn(&mut Self, i64, &mut Vec<MarketEvent>),
    ) {
        let start = out.len();
        write(self, now_ns, out);
        let message = out.get_mut(start..).unwrap_or_default();
        if message.is_empty() {
            return;
        }
        self.seq += 1;
        for event in &mut *message {
            event.seq = self.seq;
        }
        if let Some(end) = message.last_mut() {
            *end = end.last();
        }
    }

    /// A snapshot, and an update that repeats one level: live from the first instant.
    fn open(&mut self, now_ns: i64, out: &mut Vec<MarketEvent>) {
        self.send(now_ns, out, |quoter, now_ns, out| {
            quoter.book.clear();
            out.push(MarketEvent::new(EventKind::SnapshotBegin, now_ns, now_ns));
            quoter.rebuild(now_ns, out);
            out.push(MarketEvent::new(EventKind::SnapshotEnd, now_ns, now_ns));
        });
        self.send(now_ns, out, |quoter, now_ns, out| {
            if let Some(best) = quoter.book.best(BookSide::Bid) {
                quoter.set(BookSide::Bid, best.price, best.quantity, now_ns, out);
            }
        });
    }

    /// Brings both sides to where they belong: misplaced levels leave, missing ones join.
    fn rebuild(&mut self, now_ns: i64, out: &mut Vec<MarketEvent>) {
        let (bid, ask) = (self.seen.0 - self.shy.0, self.seen.1 + self.shy.1);
        let mut gone = std::mem::take(&mut self.gone);
        let mut prices = std::mem::take(&mut self.prices);
        for (side, touch) in [(BookSide::Bid, bid), (BookSide::Ask, ask)] {
            self.ladder.prices(side, touch, &mut prices);
            gone.clear();
            let misplaced = self.book.levels(side).filter(|level| !prices.contains(&level.price));
            gone.extend(misplaced.map(|level| level.price));
            for price in &gone {
                self.set(side, *price, Quantity::ZERO, now_ns, out);
            }
            for (depth, price) in prices.iter().enumerate() {
                if self.book.quantity_at(side, *price) == Quantity::ZERO {
                    let quantity = self.ladder.size(self.draws.word(), depth);
                    self.set(side, *price, quantity, now_ns, out);
                }
            }
        }
        (self.gone, self.prices) = (gone, prices);
    }

    /// Everyday life: refill, then up to three levels near the touch change and one may leave.
    fn shuffle(&mut self, now_ns: i64, out: &mut Vec<MarketEvent>) {
        if self.draws.chance(8) {
            self.shy = (self.shyness(), self.shyness());
        }
        self.rebuild(now_ns, out);
        for nth in 0..=self.draws.roll(3) {
            let side = if self.draws.chance(50) { BookSide::Bid } else { BookSide::Ask };
            let depth = usize::try_from(self.draws.roll(12).min(self.draws.roll(12))).unwrap_or(0);
            let Some(level) = self.book.levels(side).nth(depth) else { continue };
            // The touch itself is only taken away by trades and by moves of the price.
            let quantity = if nth == 0 && depth > 0 && self.draws.chance(25) {
                Quantity::ZERO
            } else {
                self.ladder.size(self.draws.word(), depth)
            };
            self.set(side, level.price, quantity, now_ns, out);
        }
    }

    /// A market order: the prints first, then what they leave of the levels.
    fn trade(&mut self, now_ns: i64, out: &mut Vec<MarketEvent>) {
        let hit = if self.draws.chance(50) { BookSide::Bid } else { BookSide::Ask };
        // Whole levels it sweeps, and the part it takes of the next.
        let (sweeps, percent) = match self.draws.roll(100) {
            0..80 => (0, 2 + self.draws.roll(29)),
            80..95 => (0, 31 + self.draws.roll(70)),
            95..98 => (1, 1 + self.draws.roll(60)),
            _ => (2, 1 + self.draws.roll(60)),
        };
        let taken: Vec<_> = self
            .book
            .levels(hit)
            .take(sweeps + 1)
            .enumerate()
            .map(|(nth, level)| {
                let percent = if nth < sweeps { 100 } else { percent };
                (level, self.ladder.part(level.quantity, percent))
            })
            .collect();
        for (level, quantity) in &taken {
            self.trades += 1;
            let mut print = MarketEvent::print(Some(hit), level.price, *quantity, now_ns, now_ns);
            print.match_id = self.trades;
            out.push(print);
        }
        for (level, quantity) in taken {
            let left = Quantity(level.quantity.0 - quantity.0);
            self.set(hit, level.price, left, now_ns, out);
        }
    }

    fn set(
        &mut self,
        side: BookSide,
        price: Price,
        quantity: Quantity,
        now_ns: i64,
        out: &mut Vec<MarketEvent>,
    ) {
        self.book.set(side, price, quantity);
        out.push(MarketEvent::level(side, price, quantity, now_ns, now_ns));
    }

    /// Bid of the hidden price in ticks of this book.
    fn touch_at(&self, offset_ppb: i64) -> i64 {
        let start = self.ladder.to_price(self.start_bid).0;
        let moved = if self.is_event {
            start.saturating_add(offset_ppb)
        } else {
            let scaled = i128::from(start) * i128::from(PRICE_ONE + offset_ppb);
            i64::try_from(scaled.div_euclid(i128::from(PRICE_ONE))).unwrap_or(start)
        };
        self.ladder.to_ticks(Price(moved))
    }

    /// Most of the time a venue stands at the common touch, else up to a cell away from it.
    fn shyness(&mut self) -> i64 {
        if self.draws.chance(60) {
            return 0;
        }
        self.draws.between(0, self.ladder.cell.max(2))
    }

    /// A time from `shortest_ms` to that plus `spread_ms`, ns.
    fn pause(&mut self, shortest_ms: i64, spread_ms: i64) -> i64 {
        self.draws.between(shortest_ms * MS, spread_ms * MS)
    }
}
