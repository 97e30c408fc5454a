//! One L2 order book: price levels with absolute sizes. It knows nothing of own orders.
//!
//! Each side is a sorted vector with the best level at the end, because most changes happen near
//! the touch: an insert there moves few levels, and reading the best is the last element.
//! Complexity: binary search plus the levels between the change and the touch.

use crate::ids::BookSide;
use crate::number::{Price, Quantity};

/// One price level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Level {
    /// Price of the level.
    pub price: Price,
    /// Displayed size, always above 0.
    pub quantity: Quantity,
}

/// Two sides of levels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Book {
    /// An empty book.
    pub const fn new() -> Self {
        Self { bids: Vec::new(), asks: Vec::new() }
    }

    /// Forgets every level.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Sets the absolute size of a level (0 removes it) and returns the size it had.
    pub fn set(&mut self, side: BookSide, price: Price, quantity: Quantity) -> Quantity {
        let levels = match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        match find(levels, side, price) {
            Ok(at) if quantity.0 <= 0 => levels.remove(at).quantity,
            Ok(at) => levels
                .get_mut(at)
                .map_or(Quantity::ZERO, |level| std::mem::replace(&mut level.quantity, quantity)),
            Err(at) => {
                if quantity.0 > 0 {
                    levels.insert(at, Level { price, quantity });
                }
                Quantity::ZERO
            }
        }
    }

    /// Size displayed at a price, 0 when there is no such level.
    pub fn quantity_at(&self, side: BookSide, price: Price) -> Quantity {
        let levels = match side {
            BookSide::Bid => &self.bids,
            BookSide::Ask => &self.asks,
        };
        let found = find(levels, side, price).ok().and_then(|at| levels.get(at));
        found.map_or(Quantity::ZERO, |level| level.quantity)
    }

    /// Best level of a side.
    pub fn best(&self, side: BookSide) -> Option<Level> {
        match side {
            BookSide::Bid => self.bids.last().copied(),
            BookSide::Ask => self.asks.last().copied(),
        }
    }

    /// Levels of a side, best first.
    pub fn levels(&self, side: BookSide) -> impl ExactSizeIterator<Item = Level> + '_ {
        match side {
            BookSide::Bid => self.bids.iter().rev().copied(),
            BookSide::Ask => self.asks.iter().rev().copied(),
        }
    }

    /// Number of levels of a side.
    pub fn depth(&self, side: BookSide) -> usize {
        match side {
            BookSide::Bid => self.bids.len(),
            BookSide::Ask => self.asks.len(),
        }
    }

    /// True when a price is worse than every level of its side.
    pub fn is_beyond(&self, side: BookSide, price: Price) -> bool {
        match side {
            BookSide::Bid => self.bids.first().is_some_and(|worst| price < worst.price),
            BookSide::Ask => self.asks.first().is_some_and(|worst| price > worst.price),
        }
    }

    /// True when the best bid is at or above the best ask.
    pub fn is_crossed(&self) -> bool {
        matches!((self.bids.last(), self.asks.last()), (Some(bid), Some(ask)) if bid.price >= ask.price)
    }

    /// Drops the worst levels of each side beyond `limit`.
    pub fn crop(&mut self, limit: usize) {
        for side in [&mut self.bids, &mut self.asks] {
            let excess = side.len().saturating_sub(limit);
            side.drain(..excess);
        }
    }
}

/// Where a price is, or where it belongs: a search without branches that depend on the answer. Each
/// side has a comparison of its own, so none is made inside the loop.
fn find(levels: &[Level], side: BookSide, price: Price) -> Result<usize, usize> {
    let at = match side {
        BookSide::Bid => levels.partition_point(|level| level.price < price),
        BookSide::Ask => levels.partition_point(|level| level.price > price),
    };
    match levels.get(at) {
        Some(level) if level.price == price => Ok(at),
        _ => Err(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_sorted_best_first_and_zero_removes() {
        let mut book = Book::new();
        for (side, price, size) in [
            (BookSide::Bid, 99, 1),
            (BookSide::Bid, 100, 2),
            (BookSide::Ask, 103, 3),
            (BookSide::Ask, 101, 4),
        ] {
            assert_eq!(book.set(side, Price(price), Quantity(size)), Quantity::ZERO);
        }
        assert_eq!(book.best(BookSide::Bid).map(|level| level.price), Some(Price(100)));
        assert_eq!(book.best(BookSide::Ask).map(|level| level.price), Some(Price(101)));
        assert_eq!(book.set(BookSide::Ask, Price(101), Quantity::ZERO), Quantity(4));
        assert_eq!(book.levels(BookSide::Ask).next().map(|level| level.price), Some(Price(103)));
        assert!(!book.is_crossed());
        book.set(BookSide::Ask, Price(100), Quantity(1));
        assert!(book.is_crossed());
    }
}
