//! One L2 order book: price levels with absolute sizes. It knows nothing of own orders.
//!
//! A side is a [`Ladder`]: a size that changes is found by its price, without a search; a level that
//! comes or goes moves those between it and the touch.

use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::ladder::Ladder;
use crate::number::{Price, Quantity};

const SIDES: [BookSide; 2] = [BookSide::Bid, BookSide::Ask];

/// One price level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Level {
    /// Price of the level.
    pub price: Price,
    /// Displayed size, always above 0.
    pub quantity: Quantity,
}

/// Two sides of levels.
#[derive(Debug, Clone, Default)]
pub struct Book {
    bids: Ladder<Quantity>,
    asks: Ladder<Quantity>,
}

impl PartialEq for Book {
    fn eq(&self, other: &Self) -> bool {
        SIDES.iter().all(|side| self.side(*side).iter().eq(other.side(*side).iter()))
    }
}

impl Eq for Book {}

impl Hash for Book {
    /// Of the levels, wherever they are kept.
    fn hash<H: Hasher>(&self, state: &mut H) {
        for side in SIDES {
            let levels = self.side(side).iter();
            let levels: Vec<Level> =
                levels.map(|(price, quantity)| Level { price, quantity: *quantity }).collect();
            levels.hash(state);
        }
    }
}

impl Book {
    /// An empty book.
    pub const fn new() -> Self {
        Self { bids: Ladder::new(), asks: Ladder::new() }
    }

    /// Forgets every level.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Sets the absolute size of a level (0 removes it) and returns the size it had.
    #[inline]
    pub fn set(&mut self, side: BookSide, price: Price, quantity: Quantity) -> Quantity {
        let ladder = match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        let size = if quantity.0 > 0 {
            ladder.get_or_insert(side, price)
        } else {
            ladder.remove(side, price)
        };
        size.map_or(Quantity::ZERO, |size| std::mem::replace(size, quantity.max(Quantity::ZERO)))
    }

    /// Size displayed at a price, 0 when there is no such level.
    pub fn quantity_at(&self, side: BookSide, price: Price) -> Quantity {
        self.side(side).look(side, price).copied().unwrap_or_default()
    }

    /// Best level of a side.
    #[inline]
    pub fn best(&self, side: BookSide) -> Option<Level> {
        let best = self.side(side).best();
        best.map(|(price, quantity)| Level { price, quantity: *quantity })
    }

    /// Price of the best level of a side.
    #[inline]
    pub fn best_price(&self, side: BookSide) -> Option<Price> {
        self.side(side).best_price()
    }

    /// Levels of a side, best first.
    pub fn levels(&self, side: BookSide) -> impl Iterator<Item = Level> + '_ {
        let levels = self.side(side).iter().rev();
        levels.map(|(price, quantity)| Level { price, quantity: *quantity })
    }

    /// Number of levels of a side.
    #[inline]
    pub const fn depth(&self, side: BookSide) -> usize {
        self.side(side).len()
    }

    /// True when a price is worse than every level of its side.
    pub fn is_beyond(&self, side: BookSide, price: Price) -> bool {
        self.side(side).worst().is_some_and(|worst| match side {
            BookSide::Bid => price < worst,
            BookSide::Ask => price > worst,
        })
    }

    /// True when the best bid is at or above the best ask.
    #[inline]
    pub fn is_crossed(&self) -> bool {
        matches!((self.bids.best_price(), self.asks.best_price()), (Some(bid), Some(ask)) if bid >= ask)
    }

    /// Drops the worst levels of each side beyond `limit`.
    pub fn crop(&mut self, limit: usize) {
        self.bids.crop(limit);
        self.asks.crop(limit);
    }

    #[inline]
    const fn side(&self, side: BookSide) -> &Ladder<Quantity> {
        match side {
            BookSide::Bid => &self.bids,
            BookSide::Ask => &self.asks,
        }
    }
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
