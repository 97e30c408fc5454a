//! What one book says a thing is worth.

use crate::engine::MarketSim;
use crate::ids::BookSide;
use crate::mutant;
use crate::number::Price;

/// Mark of one book, in its own quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::engine) struct BookMark {
    pub(in crate::engine) price: Price,
    /// The mid of the book as it is now.
    pub(in crate::engine) live: bool,
    /// Receipt time of the newest depth behind it, ns.
    pub(in crate::engine) as_of_ns: i64,
}

impl MarketSim {
    /// Best bid and ask of a live book that has both, near enough to have a middle.
    #[inline]
    pub(in crate::engine) fn two_sides(&self, now_ns: i64) -> Option<(Price, Price)> {
        let book = &self.market.book;
        let (bid, ask) = book.best_price(BookSide::Bid).zip(book.best_price(BookSide::Ask))?;
        let good = self.market.is_live(now_ns) && self.market.has_middle(bid, ask);
        good.then_some((bid, ask))
    }

    /// Nothing: one side is no mark, unless this is to be found out.
    fn one_side(&self) -> Option<(Price, Price)> {
        let best = |side| self.market.best(side).map(|level| level.price);
        let side = best(BookSide::Bid).or_else(|| best(BookSide::Ask))?;
        mutant!("one_side_marks").then_some((side, side))
    }

    /// The mid of a live book with two sides, else the last there was. One side alone is no mark.
    pub(in crate::engine) fn mark(&self, now_ns: i64) -> Option<BookMark> {
        self.live_mark(now_ns).or_else(|| self.last_mark())
    }

    /// The mid of a live book with two sides.
    #[inline]
    pub(in crate::engine) fn live_mark(&self, now_ns: i64) -> Option<BookMark> {
        let (bid, ask) = self.two_sides(now_ns).or_else(|| self.one_side())?;
        let as_of_ns = self.market.last_update_ns().unwrap_or(now_ns);
        Some(BookMark { price: mid(bid, ask), live: true, as_of_ns })
    }
}

/// Halfway between two prices.
pub(in crate::engine) const fn mid(bid: Price, ask: Price) -> Price {
    Price(bid.0.midpoint(ask.0))
}
