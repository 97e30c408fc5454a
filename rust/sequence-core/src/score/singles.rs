//! Levels with one order, where the feed counts orders: what stands before an order that joins
//! behind it is exactly known until a third one comes.

use std::collections::BTreeMap;

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::score::rules::RULES;

/// An order is followed for this long.
const HORIZON_NS: i64 = 60_000_000_000;
/// Keys of these orders, apart from those of [`super::sizes`].
const FIRST_KEY: u64 = 1 << 63;

/// Error of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SingleScore {
    /// Sum over orders of their mean error in time, relative to the size at entry, ppm.
    pub error_ppm: u64,
}

#[derive(Debug, Clone)]
struct Follower {
    key: u64,
    entry: i64,
    /// What truly stands before it, and behind it.
    first: i64,
    second: Option<i64>,
    since_ns: i64,
    joined_ns: i64,
    believed: [i64; RULES.len()],
    /// Integral of the error, size times ns.
    error: [i128; RULES.len()],
}

/// Every level that is followed.
#[derive(Debug, Clone, Default)]
pub struct SingleTest {
    levels: BTreeMap<(BookSide, i64), Follower>,
    next_key: u64,
    /// Orders that were followed to their end.
    pub followed: u64,
    /// By rule.
    pub scores: [SingleScore; RULES.len()],
}

impl SingleTest {
    /// The key of the order that is followed at a level.
    pub fn key(&self, side: BookSide, price: Price) -> Option<u64> {
        self.levels.get(&(side, price.0)).map(|level| level.key)
    }

    /// Somebody joins behind the one order of a level; its key.
    pub fn join(&mut self, side: BookSide, price: Price, size: Quantity, now_ns: i64) -> u64 {
        let key = FIRST_KEY + self.next_key;
        self.next_key += 1;
        let follower = Follower {
            key,
            entry: size.0,
            first: size.0,
            second: None,
            since_ns: now_ns,
            joined_ns: now_ns,
            believed: [size.0; RULES.len()],
            error: [0; RULES.len()],
        };
        self.levels.insert((side, price.0), follower);
        key
    }

    /// Time passes up to an event at this level.
    pub fn pass(&mut self, side: BookSide, price: Price, now_ns: i64) {
        let Some(level) = self.levels.get_mut(&(side, price.0)) else { return };
        let until = now_ns.min(level.joined_ns.saturating_add(HORIZON_NS));
        let span = i128::from(until.saturating_sub(level.since_ns).max(0));
        for (sum, believed) in level.error.iter_mut().zip(level.believed) {
            *sum += i128::from(believed.abs_diff(level.first)) * span;
        }
        level.since_ns = level.since_ns.max(until);
    }

    /// What a rule believes to stand before it from now on.
    pub fn believe(&mut self, rule: usize, side: BookSide, price: Price, ahead: i64) {
        let level = self.levels.get_mut(&(side, price.0));
        if let Some(believed) = level.and_then(|level| level.believed.get_mut(rule)) {
            *believed = ahead;
        }
    }

    /// A print: it takes from the first, then from the second. The key of an order that is followed
    /// no longer.
    pub fn print(&mut self, side: BookSide, price: Price, quantity: Quantity) -> Option<u64> {
        let level = self.levels.get_mut(&(side, price.0))?;
        let taken = quantity.0.min(level.first);
        level.first -= taken;
        if let Some(second) = &mut level.second {
            *second = (*second - (quantity.0 - taken)).max(0);
        }
        if level.first == 0 { self.end(side, price) } else { None }
    }

    /// The level now shows `after` in `count` orders. The key of one that is followed no longer.
    pub fn level(
        &mut self,
        side: BookSide,
        price: Price,
        after: Quantity,
        (count, now_ns): (u32, i64),
    ) -> Option<u64> {
        let level = self.levels.get_mut(&(side, price.0))?;
        let is_known = level.fold(after.0, count);
        let is_old = now_ns.saturating_sub(level.joined_ns) > HORIZON_NS;
        if is_known && !is_old { None } else { self.end(side, price) }
    }

    /// A gap: what was followed is not known any more.
    pub fn forget(&mut self) {
        self.levels.clear();
    }

    fn end(&mut self, side: BookSide, price: Price) -> Option<u64> {
        let ended = self.levels.remove(&(side, price.0))?;
        let lived = i128::from(ended.since_ns - ended.joined_ns) * i128::from(ended.entry);
        if lived > 0 {
            self.followed += 1;
            for (score, sum) in self.scores.iter_mut().zip(ended.error) {
                score.error_ppm += u64::try_from(sum * 1_000_000 / lived).unwrap_or(0);
            }
        }
        Some(ended.key)
    }
}

impl Follower {
    /// Takes a level in; false when it does not say any more who stands before.
    fn fold(&mut self, after: i64, count: u32) -> bool {
        match (count, self.second) {
            (1, None) if after <= self.first => self.first = after,
            (2, None) if after > self.first => self.second = Some(after - self.first),
            (2, Some(second)) => return after == self.first + second,
            (1, Some(second)) if second == self.first => return false,
            (1, Some(_)) if after == self.first => self.second = None,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: (BookSide, Price) = (BookSide::Bid, Price(10));

    fn follow(steps: &[(i64, u32)]) -> (SingleTest, Vec<bool>) {
        let mut test = SingleTest::default();
        test.join(LEVEL.0, LEVEL.1, Quantity(8), 0);
        let steps = steps.iter().zip(1..).map(|((after, count), at)| {
            test.pass(LEVEL.0, LEVEL.1, at * 100);
            test.level(LEVEL.0, LEVEL.1, Quantity(*after), (*count, at * 100)).is_none()
        });
        let known = steps.collect();
        (test, known)
    }

    #[test]
    fn the_size_before_is_known_until_a_third_order_comes() {
        assert_eq!(follow(&[(6, 1), (9, 2), (6, 1), (5, 1)]).1, [true; 4]);
        assert_eq!(follow(&[(11, 2), (14, 3)]).1, [true, false]);
        assert_eq!(follow(&[(16, 2), (8, 1)]).1, [true, false], "twins: either may have left");
        assert_eq!(follow(&[(9, 1)]).1, [false], "another order, or one that lost its place");
        assert_eq!(follow(&[(11, 2), (9, 2)]).1, [true, false], "either may be smaller");
    }

    #[test]
    fn a_rule_is_scored_by_its_mean_error_in_time() {
        let (mut test, _) = follow(&[(4, 1)]);
        for rule in 1..RULES.len() {
            test.believe(rule, LEVEL.0, LEVEL.1, 4);
        }
        test.pass(LEVEL.0, LEVEL.1, 200);
        assert_eq!(test.print(LEVEL.0, LEVEL.1, Quantity(4)), Some(FIRST_KEY));
        assert_eq!(test.followed, 1);
        assert_eq!(test.scores.map(|score| score.error_ppm), [250_000, 0, 0, 0, 0]);
    }
}
