//! Which changes of a message can reach somebody who rests in its market.

use std::hash::{Hash, Hasher};

use crate::engine::exchange::world::World;
use crate::ids::BookSide;
use crate::number::Price;
use crate::sim::tracker::MatchRate;

/// The prices at which accounts rest, judged once a message. It says nothing of the market, so it is
/// part of no hash.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Reach {
    /// Worst and best own bid.
    bids: (Price, Price),
    /// Best and worst own ask.
    asks: (Price, Price),
    /// The message under way changed levels, whomever they reach.
    pub(in crate::engine) moved: bool,
    /// The rate by which all queues estimate.
    pub(in crate::engine) told: Option<MatchRate>,
}

impl Hash for Reach {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Reach {
    /// Nobody rests anywhere.
    const NOWHERE: Self = Self {
        bids: (Price(i64::MAX), Price(i64::MIN)),
        asks: (Price(i64::MAX), Price(i64::MIN)),
        moved: false,
        told: None,
    };
    /// Everything may matter.
    pub(in crate::engine) const EVERYWHERE: Self = Self {
        bids: (Price(i64::MIN), Price(i64::MAX)),
        asks: (Price(i64::MIN), Price(i64::MAX)),
        moved: false,
        told: None,
    };

    /// Where the accounts of a market rest. Of one that took from levels, everything may matter.
    pub(in crate::engine) fn of<'a>(worlds: impl Iterator<Item = &'a World>) -> Self {
        let mut reach = Self::NOWHERE;
        for world in worlds {
            if !world.overlay.is_empty() {
                return Self::EVERYWHERE;
            }
            if let Some((best, worst)) = world.queue.ends(BookSide::Bid) {
                reach.bids = (reach.bids.0.min(worst), reach.bids.1.max(best));
            }
            if let Some((best, worst)) = world.queue.ends(BookSide::Ask) {
                reach.asks = (reach.asks.0.min(best), reach.asks.1.max(worst));
            }
        }
        reach
    }

    /// The same, with what the market had done before.
    pub(in crate::engine) const fn going_on(self, before: Self) -> Self {
        Self { moved: before.moved, told: before.told, ..self }
    }

    /// Whether a level that changes may be one where somebody rests, or cross who rests beyond it.
    #[inline]
    pub(in crate::engine) fn has(&self, side: BookSide, price: Price) -> bool {
        let (bids, asks) = (self.bids, self.asks);
        match side {
            BookSide::Bid => (bids.0 <= price && price <= bids.1) || price >= asks.0,
            BookSide::Ask => (asks.0 <= price && price <= asks.1) || price <= bids.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Quantity;
    use crate::sim::overlay::Resilience;
    use crate::sim::preset::REALISTIC;
    use crate::sim::queue::Join;
    use crate::sim::tracker::LevelEntry;

    fn world(side: BookSide, prices: &[i64]) -> World {
        let mut world = World::new(REALISTIC.queue(1, 0, 0), 0);
        for (order, price) in (1..).zip(prices) {
            let (price, quantity) = (Price(*price), Quantity(1));
            let join = Join { order, side, price, quantity, seq: order, now_ns: 0 };
            world.queue.join(join, LevelEntry::displayed(Quantity(5)));
        }
        world
    }

    #[test]
    fn a_change_reaches_who_rests_beside_it_and_whom_it_crosses() {
        let worlds = [world(BookSide::Bid, &[90, 96]), world(BookSide::Ask, &[104, 109])];
        let reach = Reach::of(worlds.iter());
        let reached = |side| (80..120).filter(|at| reach.has(side, Price(*at))).collect::<Vec<_>>();
        assert_eq!(
            reached(BookSide::Bid),
            [(90..97).collect::<Vec<_>>(), (104..120).collect()].concat()
        );
        assert_eq!(
            reached(BookSide::Ask),
            [(80..97).collect::<Vec<_>>(), (104..110).collect()].concat()
        );
    }

    #[test]
    fn nothing_reaches_nobody_and_everything_who_took_from_a_level() {
        let mut nobody = [World::new(REALISTIC.queue(1, 0, 0), 0)];
        let has = |worlds: &[World]| Reach::of(worlds.iter()).has(BookSide::Bid, Price(100));
        assert!(!has(&nobody));
        let [world] = &mut nobody;
        let rule = Resilience { tau_ns: None, ghost: false };
        world.overlay.take(BookSide::Ask, Price(7), Quantity(1), 0, rule);
        assert!(has(&nobody));
    }
}
