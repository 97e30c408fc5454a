//! One L2 order book: price levels with absolute sizes. It knows nothing of own orders.
//!
//! Each side is a sorted vector with the best level at the end, because most changes happen near
//! the touch: an insert there moves few levels, and reading the best is the last element. Levels
//! stand one step apart or more, so the distance from the touch says where a price is at the
//! earliest, and without gaps exactly.
//! Complexity: a search over the gaps before a price, plus the levels between it and the touch.

use std::hash::{Hash, Hasher};

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
#[derive(Debug, Clone)]
pub struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
    /// Least distance of two neighbours so far. It speeds the search and is no part of the book.
    step: i64,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Book {
    fn eq(&self, other: &Self) -> bool {
        (&self.bids, &self.asks) == (&other.bids, &other.asks)
    }
}

impl Eq for Book {}

impl Hash for Book {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.bids, &self.asks).hash(state);
    }
}

impl Book {
    /// An empty book.
    pub const fn new() -> Self {
        Self { bids: Vec::new(), asks: Vec::new(), step: i64::MAX }
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
        match find(levels, side, price, self.step) {
            Ok(at) if quantity.0 <= 0 => levels.remove(at).quantity,
            Ok(at) => levels
                .get_mut(at)
                .map_or(Quantity::ZERO, |level| std::mem::replace(&mut level.quantity, quantity)),
            Err(at) => {
                if quantity.0 > 0 {
                    let neighbours = [at.checked_sub(1), Some(at)].into_iter().flatten();
                    let gaps = neighbours.filter_map(|at| levels.get(at)).map(|level| {
                        // Prices of a book are above 0; others only cost the search its head start.
                        level.price.0.abs_diff(price.0).try_into().unwrap_or(1)
                    });
                    self.step = gaps.fold(self.step, i64::min);
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
        let found = find(levels, side, price, self.step).ok().and_then(|at| levels.get(at));
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

/// Where a price is, or where it belongs. `step` is the least distance of two levels: no more than
/// so many of them fit between the price and the touch.
fn find(levels: &[Level], side: BookSide, price: Price, step: i64) -> Result<usize, usize> {
    let (Some(best), last) = (levels.last(), levels.len().saturating_sub(1)) else {
        return Err(0);
    };
    let from_touch = match side {
        BookSide::Bid => best.price.0.saturating_sub(price.0),
        BookSide::Ask => price.0.saturating_sub(best.price.0),
    };
    if from_touch <= 0 {
        return if from_touch == 0 { Ok(last) } else { Err(last + 1) };
    }
    let most = usize::try_from(from_touch / step).unwrap_or(usize::MAX);
    let earliest = last.saturating_sub(most);
    let found = match side {
        BookSide::Bid => first_not(levels, earliest, |level| level.price < price),
        BookSide::Ask => first_not(levels, earliest, |level| level.price > price),
    };
    match levels.get(found) {
        Some(level) if level.price == price => Ok(found),
        _ => Err(found),
    }
}

/// The first position from `from` on whose level is not `worse`: near it where there are few gaps,
/// so steps double before the search halves them.
fn first_not(levels: &[Level], from: usize, worse: impl Fn(&Level) -> bool) -> usize {
    let is_worse = |at: usize| levels.get(at).is_some_and(&worse);
    let (mut low, mut step) = (from, 1);
    while is_worse(low + step - 1) {
        low += step;
        step *= 2;
    }
    let between = levels.get(low..levels.len().min(low + step)).unwrap_or_default();
    low + between.partition_point(worse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds_whatever_the_gaps(
            steps in prop::collection::vec((any::<bool>(), -3..60i64, 0..4i64, any::<bool>()), 0..200),
            unit in 1..5i64,
        ) {
            let (mut book, mut tree) = (Book::new(), BTreeMap::new());
            for (is_bid, nth, size, fine) in steps {
                let side = if is_bid { BookSide::Bid } else { BookSide::Ask };
                // Now and then a price between the others.
                let price = Price(1_000 + nth * 10 * unit + i64::from(fine && nth % 7 == 0));
                let key = (is_bid, price);
                let before = if size > 0 { tree.insert(key, size) } else { tree.remove(&key) };
                let had = book.quantity_at(side, price);
                prop_assert_eq!(book.set(side, price, Quantity(size)), had);
                prop_assert_eq!(had.0, before.unwrap_or(0));
                let of = |bids: bool| tree.iter().filter(move |((bid, _), _)| *bid == bids);
                let level = |((_, price), size): (&(bool, Price), &i64)| Level {
                    price: *price,
                    quantity: Quantity(*size),
                };
                prop_assert!(book.levels(BookSide::Bid).eq(of(true).map(level).rev()));
                prop_assert!(book.levels(BookSide::Ask).eq(of(false).map(level)));
            }
        }
    }

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
