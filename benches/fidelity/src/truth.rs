//! The true book: every order at its place.

use std::collections::{BTreeMap, HashMap};

use sequence_core::ids::BookSide;

use crate::tape::{Event, Kind};

/// An order and its place: smaller ranks are served first at one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub side: BookSide,
    pub px: i64,
    pub qty: i64,
    pub rank: u64,
}

/// One level: its size, and its orders by rank.
#[derive(Debug, Clone, Default)]
pub struct Level {
    pub qty: i64,
    pub orders: BTreeMap<u64, u64>,
}

/// What an event did to the order that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    pub side: BookSide,
    pub px: i64,
    pub qty: i64,
    pub rank: u64,
    pub was_first: bool,
}

/// The book by order.
#[derive(Debug, Clone, Default)]
pub struct TruthBook {
    orders: HashMap<u64, Order>,
    bids: BTreeMap<i64, Level>,
    asks: BTreeMap<i64, Level>,
    next_rank: u64,
    /// Events that name an unknown order or take more than it has.
    pub unexplained: u64,
}

impl TruthBook {
    /// Rank of the next order to arrive.
    pub const fn next_rank(&self) -> u64 {
        self.next_rank
    }

    /// A resting order.
    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// Levels of a side by price.
    pub const fn side(&self, side: BookSide) -> &BTreeMap<i64, Level> {
        match side {
            BookSide::Bid => &self.bids,
            BookSide::Ask => &self.asks,
        }
    }

    /// Best price of a side.
    pub fn best(&self, side: BookSide) -> Option<i64> {
        match side {
            BookSide::Bid => self.bids.last_key_value().map(|(px, _)| *px),
            BookSide::Ask => self.asks.first_key_value().map(|(px, _)| *px),
        }
    }

    /// Twice the mid price, when both sides are there.
    pub fn mid2(&self) -> Option<i64> {
        Some(self.best(BookSide::Bid)? + self.best(BookSide::Ask)?)
    }

    /// Size at a price.
    pub fn qty(&self, side: BookSide, px: i64) -> i64 {
        self.side(side).get(&px).map_or(0, |level| level.qty)
    }

    /// True when the sides touch or overlap.
    pub fn is_crossed(&self) -> bool {
        matches!((self.best(BookSide::Bid), self.best(BookSide::Ask)), (Some(b), Some(a)) if b >= a)
    }

    /// Applies an event. `None` when it changes no visible order.
    pub fn apply(&mut self, event: &Event) -> Option<Effect> {
        match event.kind {
            Kind::Hidden => None,
            Kind::Add => {
                let rank = self.next_rank;
                self.next_rank += 1;
                let Event { side, px, qty, order, .. } = *event;
                if self.orders.contains_key(&order) {
                    self.unexplained += 1;
                    return None;
                }
                self.orders.insert(order, Order { side, px, qty, rank });
                let level = self.side_mut(side).entry(px).or_default();
                level.qty += qty;
                level.orders.insert(rank, order);
                Some(Effect { side, px, qty, rank, was_first: false })
            }
            Kind::Reduce | Kind::Execute => self.shrink(event),
        }
    }

    fn shrink(&mut self, event: &Event) -> Option<Effect> {
        let Some(order) = self.orders.get_mut(&event.order) else {
            self.unexplained += 1;
            return None;
        };
        if event.qty > order.qty {
            self.unexplained += 1;
        }
        let qty = event.qty.min(order.qty);
        order.qty -= qty;
        let Order { side, px, rank, qty: left } = *order;
        if left == 0 {
            self.orders.remove(&event.order);
        }
        let levels = self.side_mut(side);
        let level = levels.get_mut(&px)?;
        let was_first = level.orders.first_key_value().is_some_and(|(first, _)| *first == rank);
        level.qty -= qty;
        if left == 0 {
            level.orders.remove(&rank);
        }
        if level.orders.is_empty() {
            levels.remove(&px);
        }
        Some(Effect { side, px, qty, rank, was_first })
    }

    const fn side_mut(&mut self, side: BookSide) -> &mut BTreeMap<i64, Level> {
        match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        }
    }
}
