//! The built-in market: books that move like a calm real one, made from a seed and nothing else.
//!
//! Books of one underlying follow one hidden price, so venues disagree by a few ticks and never by
//! much. When the price moves, every venue first pulls the side in the way and then follows with
//! the other, within some tens of milliseconds: spreads widen for a moment and books of two venues
//! do not cross. Each book draws from a stream of its own name. What comes out is a function of
//! the seed, the books, the start and the skips; how [`DemoMarket::advance`] is sliced, and which
//! other books exist beside the same underlying, changes nothing.

mod ladder;
mod quoter;
mod walk;

use crate::ids::InstrumentKind;
use crate::number::{Price, Quantity};
use crate::tape::MarketEvent;
use quoter::Quoter;
use walk::Walk;

/// Levels shown on each side right after a refresh; between two refreshes at most three are gone.
pub const DEMO_LEVELS: usize = 24;

/// How far the hidden price moves in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Volatility {
    /// Less than half of normal.
    Calm,
    /// About 0.4 basis points, or 0.4 cents of an event market.
    #[default]
    Normal,
    /// Twice as much as normal.
    Lively,
}

/// One book to generate: an instrument at a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoBook<'a> {
    /// Canonical symbol. Coins share the hidden price of what stands before the first `-`.
    pub symbol: &'a str,
    /// Venue id.
    pub venue: &'a str,
    /// What it trades.
    pub kind: InstrumentKind,
    /// Price step, above 0.
    pub tick: Price,
    /// Size step, above 0.
    pub lot: Quantity,
    /// First best bid, on the grid.
    pub bid: Price,
    /// First best ask, on the grid; the distance to the bid stays the tightest spread.
    pub ask: Price,
    /// How lively it is. The first book of an underlying decides for all.
    pub volatility: Volatility,
}

impl<'a> DemoBook<'a> {
    /// Name of the hidden price this book follows.
    fn underlying(&self) -> &'a str {
        match self.kind {
            InstrumentKind::Prediction => self.symbol,
            InstrumentKind::Spot | InstrumentKind::Perp => {
                self.symbol.split_once('-').map_or(self.symbol, |(base, _)| base)
            }
        }
    }
}

/// Generates the messages of every book in one global order of time.
#[derive(Debug, Clone)]
pub struct DemoMarket {
    walks: Vec<Walk>,
    quoters: Vec<Quoter>,
    /// Next due time of each walk, then of each book. Ties go to the lower index, so that prices
    /// move before anybody quotes them.
    due_ns: Vec<i64>,
    message: Vec<MarketEvent>,
}

impl DemoMarket {
    /// Books that open with a snapshot at `start_ns`; `books` keep their index.
    pub fn new(seed: u64, books: &[DemoBook<'_>], start_ns: i64) -> Self {
        let mut names: Vec<&str> = Vec::new();
        let mut walks = Vec::new();
        let mut quoters = Vec::new();
        for book in books {
            let name = book.underlying();
            let walk = names.iter().position(|known| *known == name).unwrap_or(names.len());
            if walk == names.len() {
                names.push(name);
                walks.push(Walk::new(seed, name, book));
            }
            quoters.push(Quoter::new(seed, book, walk));
        }
        let mut market = Self { walks, quoters, due_ns: Vec::new(), message: Vec::new() };
        market.skip_to(start_ns);
        market
    }

    /// When something happens next; possibly only the hidden price moves then.
    pub fn next_due_ns(&self) -> Option<i64> {
        self.next().map(|(_, due_ns)| due_ns)
    }

    /// Emits every message due up to `now_ns`, in order of time, as (index of the book, message).
    ///
    /// The cost grows with the time passed, about 200 messages a second for the built-in market;
    /// after a long pause call [`DemoMarket::skip_to`] first.
    pub fn advance(&mut self, now_ns: i64, sink: &mut impl FnMut(usize, &[MarketEvent])) {
        while let Some((index, due_ns)) = self.next().filter(|(_, due_ns)| *due_ns <= now_ns) {
            match index.checked_sub(self.walks.len()) {
                None => self.move_price(index, due_ns),
                Some(book) => self.quote(index, book, due_ns, sink),
            }
        }
    }

    /// Goes on from `now_ns` as if nothing had happened since the last message: prices stand where
    /// they stood, and every book is sent again as a snapshot due at `now_ns`.
    pub fn skip_to(&mut self, now_ns: i64) {
        self.due_ns.clear();
        for walk in &mut self.walks {
            self.due_ns.push(walk.schedule(now_ns));
        }
        for quoter in &mut self.quoters {
            self.due_ns.push(quoter.restart(now_ns));
        }
    }

    fn next(&self) -> Option<(usize, i64)> {
        self.due_ns.iter().copied().enumerate().min_by_key(|(_, due_ns)| *due_ns)
    }

    fn move_price(&mut self, walk_index: usize, now_ns: i64) {
        let Some(walk) = self.walks.get_mut(walk_index) else { return };
        let offset_ppb = walk.step();
        let due_ns = walk.schedule(now_ns);
        if let Some(slot) = self.due_ns.get_mut(walk_index) {
            *slot = due_ns;
        }
        let book_dues = self.due_ns.iter_mut().skip(self.walks.len());
        for (quoter, slot) in self.quoters.iter_mut().zip(book_dues) {
            if quoter.walk() == walk_index {
                *slot = quoter.follow(offset_ppb, now_ns);
            }
        }
    }

    fn quote(
        &mut self,
        index: usize,
        book: usize,
        now_ns: i64,
        sink: &mut impl FnMut(usize, &[MarketEvent]),
    ) {
        let (Some(quoter), Some(slot)) = (self.quoters.get_mut(book), self.due_ns.get_mut(index))
        else {
            return;
        };
        self.message.clear();
        *slot = quoter.act(now_ns, &mut self.message);
        // A task may produce two messages (a snapshot and its first update) or none.
        for message in self.message.split_inclusive(MarketEvent::is_last) {
            sink(book, message);
        }
    }
}

#[cfg(test)]
mod tests;
