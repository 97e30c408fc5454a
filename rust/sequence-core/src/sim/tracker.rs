//! The lots of every level of one market, shared by all accounts, and the match rate.
//!
//! An order that joins a level copies what is known here into its own view. Levels far from the
//! touch cost one look-up and one list operation per depth message.

use std::collections::VecDeque;

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::sim::lots::{LotQueue, Unmatched};
use crate::sim::phi::Phi;
use crate::sim::record::{Held, Record};
use crate::sim::view::{Mode, count_change};

/// Levels from the touch within which decreases count for the match rate.
const WATCHED_LEVELS: usize = 5;
/// Decreases needed before the match rate decides anything.
const ENOUGH_DECREASES: u64 = 200;
/// Weight of the newest decrease is one in this many.
const MEMORY: i64 = 256;
/// Match rate from which unmatched decreases are taken from the back, in ppm.
const BACK_FROM_PPM: i64 = 800_000;
/// Match rate from which they are taken from the back of short queues only, in ppm. Between the
/// rates of feeds on which that scored better (0.69 and more) and of the one on which it did not
/// (0.55).
const MIXED_FROM_PPM: i64 = 600_000;
/// Match rate below which a scalar rule is used, in ppm.
const POWER_FROM_PPM: i64 = 150_000;
/// How far beyond a threshold the rate must go to change a choice once made, in ppm.
const HYSTERESIS_PPM: i64 = 50_000;
/// Emptied levels that are remembered: the oldest beyond them go once nothing they hold is pending.
const EMPTIED_LEVELS: usize = 256;
/// Exponent of the unmatched rule `power(k)` until one is given.
const POWER_K: u32 = 3;

/// What is known of a level when an order joins it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelEntry {
    /// The feed's side.
    pub record: Record,
    /// External lots.
    pub queue: LotQueue,
    /// Rule that the stream's match rate suggests.
    pub policy: Mode,
    /// How a list of lots spreads what matches none of them, whatever the rule.
    pub unmatched: Unmatched,
}

impl LevelEntry {
    /// A level of which nothing but its displayed size is known.
    pub fn displayed(size: Quantity) -> Self {
        let mut queue = LotQueue::default();
        queue.append(size.0, false, 1);
        let unmatched = Unmatched::Power(POWER_K);
        Self { record: Record::new(size.0, 0), queue, policy: Mode::Lots(unmatched), unmatched }
    }
}

/// How often a decrease had exactly the size of a known lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatchRate {
    rate_ppm: i64,
    seen: u64,
    choice: Choice,
    fixed: bool,
    power_k: u32,
}

impl Default for MatchRate {
    fn default() -> Self {
        Self::with_power(POWER_K)
    }
}

/// In the order of the match rates that they suit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
enum Choice {
    #[default]
    Undecided,
    Scalar,
    Power,
    Mixed,
    Back,
}

impl MatchRate {
    /// Share of matched decreases, in ppm.
    pub const fn ppm(&self) -> i64 {
        self.rate_ppm
    }

    /// Decreases seen.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Nothing seen yet; `power_k` is the exponent of `power(k)` where that is chosen.
    pub const fn with_power(power_k: u32) -> Self {
        Self { rate_ppm: 0, seen: 0, choice: Choice::Undecided, fixed: false, power_k }
    }

    /// A rate that has its choice made for it: for comparing fixed rules.
    pub const fn fixed(unmatched: Unmatched) -> Self {
        let (choice, power_k) = match unmatched {
            Unmatched::Back => (Choice::Back, POWER_K),
            Unmatched::Power(k) => (Choice::Power, k),
            Unmatched::LongQueue(k) => (Choice::Mixed, k),
        };
        Self { choice, fixed: true, ..Self::with_power(power_k) }
    }

    /// The queue rule that suits the stream.
    pub const fn policy(&self) -> Mode {
        match self.choice {
            Choice::Scalar => Mode::Scalar(Phi::PowerX(2)),
            _ => Mode::Lots(self.unmatched()),
        }
    }

    const fn unmatched(&self) -> Unmatched {
        match self.choice {
            Choice::Back => Unmatched::Back,
            Choice::Mixed => Unmatched::LongQueue(self.power_k),
            _ => Unmatched::Power(self.power_k),
        }
    }

    /// Counts one decrease. Until `MEMORY` of them the rate is the plain mean, so that the choice
    /// after 200 rests on all of them.
    fn count(&mut self, hit: bool) {
        self.seen += 1;
        let weight = i64::try_from(self.seen).unwrap_or(MEMORY).min(MEMORY);
        let target = if hit { 1_000_000 } else { 0 };
        self.rate_ppm += (target - self.rate_ppm).div_euclid(weight);
        if self.seen >= ENOUGH_DECREASES && !self.fixed {
            self.choose();
        }
    }

    fn choose(&mut self) {
        let reached = |choice: Choice, from_ppm: i64| {
            let margin = match self.choice {
                Choice::Undecided => 0,
                current if current >= choice => -HYSTERESIS_PPM,
                _ => HYSTERESIS_PPM,
            };
            self.rate_ppm >= from_ppm + margin
        };
        self.choice = if reached(Choice::Back, BACK_FROM_PPM) {
            Choice::Back
        } else if reached(Choice::Mixed, MIXED_FROM_PPM) {
            Choice::Mixed
        } else if reached(Choice::Power, POWER_FROM_PPM) {
            Choice::Power
        } else {
            Choice::Scalar
        };
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct BaseLevel {
    record: Record,
    queue: LotQueue,
}

/// One side: prices in order, best at the end, each pointing at a reusable slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Ladder {
    index: Vec<(i64, u32)>,
    slots: Vec<BaseLevel>,
    free: Vec<u32>,
}

/// Lots of every level of one market.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LotTracker {
    bids: Ladder,
    asks: Ladder,
    /// Levels that went to 0 with a decrease held, oldest first; some are filled again.
    emptied: VecDeque<(BookSide, Price)>,
    rate: MatchRate,
    hold_ns: i64,
    lots_cap: usize,
}

impl LotTracker {
    /// An empty tracker; `hold_ns` is the venue's pairing window (0 where prints come first).
    pub fn new(hold_ns: i64, lots_cap: usize) -> Self {
        Self {
            bids: Ladder::default(),
            asks: Ladder::default(),
            emptied: VecDeque::new(),
            rate: MatchRate::default(),
            hold_ns,
            lots_cap,
        }
    }

    /// The same with a given match rate to start from.
    #[must_use]
    pub const fn with_rate(mut self, rate: MatchRate) -> Self {
        self.rate = rate;
        self
    }

    /// Match rate of the stream.
    pub const fn match_rate(&self) -> &MatchRate {
        &self.rate
    }

    /// Forgets every level (a snapshot follows); the match rate stays.
    pub fn clear(&mut self) {
        self.bids = Ladder::default();
        self.asks = Ladder::default();
        self.emptied.clear();
    }

    /// Levels of which something is held, emptied ones included.
    pub const fn levels(&self) -> usize {
        self.bids.index.len() + self.asks.index.len()
    }

    /// A level of a snapshot: its orders are not known one by one.
    pub fn on_snapshot_level(
        &mut self,
        side: BookSide,
        price: Price,
        quantity: Quantity,
        count: u32,
    ) {
        let cap = self.lots_cap;
        let ladder = self.ladder(side);
        ladder.remove(side, price);
        if quantity.0 <= 0 {
            return;
        }
        if let Some(level) = ladder.get_or_insert(side, price) {
            level.record = Record::new(quantity.0, count);
            level.queue.append_equal(level.record.displayed(), count, cap);
        }
    }

    /// A level now shows `quantity`, with `count` orders (0 = not given).
    pub fn on_level(
        &mut self,
        side: BookSide,
        price: Price,
        quantity: Quantity,
        count: u32,
        now_ns: i64,
    ) {
        let (cap, hold_ns, unmatched) = (self.lots_cap, self.hold_ns, self.rate.unmatched());
        let ladder = self.ladder(side);
        let watched = ladder.rank(side, price) < WATCHED_LEVELS;
        let existing = if quantity.0 > 0 {
            ladder.get_or_insert(side, price)
        } else {
            ladder.get(side, price)
        };
        let Some(level) = existing else { return };
        let mut hits = (0, 0);
        level.settle(now_ns, unmatched, &mut hits);
        let change = level.record.depth(quantity.0, count);
        level.queue.append(change.increase, true, cap);
        if change.decrease > 0 {
            let deadline_ns = now_ns.saturating_add(hold_ns);
            level.record.hold(Held { size: change.decrease, deadline_ns, fewer: change.fewer });
            if hold_ns == 0 {
                level.settle(now_ns, unmatched, &mut hits);
            }
        }
        let is_gone = level.record.is_empty();
        let is_emptied = !is_gone && quantity.0 <= 0 && change.decrease > 0;
        if is_gone {
            ladder.remove(side, price);
        }
        if is_emptied {
            self.emptied.push_back((side, price));
            self.forget_emptied(now_ns);
        }
        if watched {
            for hit in 0..hits.0 + hits.1 {
                self.rate.count(hit < hits.0);
            }
        }
    }

    /// A print of recorded size on the side that was hit.
    pub fn on_print(&mut self, hit: BookSide, price: Price, size: Quantity, now_ns: i64) {
        let unmatched = self.rate.unmatched();
        let mut ignored = (0, 0);
        if let Some(level) = self.ladder(hit).get(hit, price) {
            level.settle(now_ns, unmatched, &mut ignored);
            level.record.print(size.0);
            level.queue.walk(size.0, |_, _, _| 0);
        }
    }

    /// Prints at a level that its depth has not shown yet.
    pub fn printed(&self, side: BookSide, price: Price) -> Quantity {
        let ladder = match side {
            BookSide::Bid => &self.bids,
            BookSide::Ask => &self.asks,
        };
        let found = ladder.find(side, price).ok().and_then(|at| ladder.index.get(at));
        let level = found.and_then(|(_, slot)| ladder.slots.get(*slot as usize));
        level.map_or(Quantity::ZERO, |level| Quantity(level.record.printed()))
    }

    /// What an order that joins now meets. `displayed` is used where the level is not tracked.
    pub fn entry(
        &mut self,
        side: BookSide,
        price: Price,
        displayed: Quantity,
        now_ns: i64,
    ) -> LevelEntry {
        let (policy, unmatched) = (self.rate.policy(), self.rate.unmatched());
        let mut ignored = (0, 0);
        match self.ladder(side).get(side, price) {
            None => LevelEntry { policy, unmatched, ..LevelEntry::displayed(displayed) },
            Some(level) => {
                level.settle(now_ns, unmatched, &mut ignored);
                let (record, queue) = (level.record.clone(), level.queue.clone());
                LevelEntry { record, queue, policy, unmatched }
            }
        }
    }

    /// Removes the oldest emptied levels beyond those remembered, as far as their decreases are due:
    /// a market that walks through prices never comes back to most of them.
    fn forget_emptied(&mut self, now_ns: i64) {
        while self.emptied.len() > EMPTIED_LEVELS
            && let Some(&(side, price)) = self.emptied.front()
        {
            let ladder = self.ladder(side);
            if let Some(level) =
                ladder.get(side, price).filter(|level| level.record.displayed() == 0)
            {
                if level.record.last_deadline().is_some_and(|deadline| deadline > now_ns) {
                    return;
                }
                ladder.remove(side, price);
            }
            self.emptied.pop_front();
        }
    }

    const fn ladder(&mut self, side: BookSide) -> &mut Ladder {
        match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        }
    }
}

impl BaseLevel {
    /// Applies due decreases; `hits` counts matched and unmatched ones.
    fn settle(&mut self, now_ns: i64, unmatched: Unmatched, hits: &mut (u32, u32)) {
        while let Some(held) = self.record.due(now_ns) {
            let matched = self.queue.cancel(held.size, count_change(held.fewer), unmatched);
            let tally = if matched { &mut hits.0 } else { &mut hits.1 };
            *tally += 1;
        }
    }
}

impl Ladder {
    fn find(&self, side: BookSide, price: Price) -> Result<usize, usize> {
        self.index.binary_search_by(|(at, _)| match side {
            BookSide::Bid => at.cmp(&price.0),
            BookSide::Ask => price.0.cmp(at),
        })
    }

    /// Levels better than this price.
    fn rank(&self, side: BookSide, price: Price) -> usize {
        match self.find(side, price) {
            Ok(at) => self.index.len() - at - 1,
            Err(at) => self.index.len() - at,
        }
    }

    fn get(&mut self, side: BookSide, price: Price) -> Option<&mut BaseLevel> {
        let at = self.find(side, price).ok()?;
        let (_, slot) = *self.index.get(at)?;
        self.slots.get_mut(slot as usize)
    }

    fn get_or_insert(&mut self, side: BookSide, price: Price) -> Option<&mut BaseLevel> {
        let slot = match self.find(side, price) {
            Ok(at) => self.index.get(at)?.1,
            Err(at) => {
                let slot = if let Some(slot) = self.free.pop() {
                    slot
                } else {
                    self.slots.push(BaseLevel::default());
                    u32::try_from(self.slots.len() - 1).ok()?
                };
                self.index.insert(at, (price.0, slot));
                slot
            }
        };
        self.slots.get_mut(slot as usize)
    }

    fn remove(&mut self, side: BookSide, price: Price) {
        let Ok(at) = self.find(side, price) else { return };
        let (_, slot) = self.index.remove(at);
        if let Some(level) = self.slots.get_mut(slot as usize) {
            level.record = Record::new(0, 0);
            level.queue.clear_external();
        }
        self.free.push(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_through_many_prices_keeps_a_bounded_number_of_levels() {
        for hold_ns in [0, 5_000_000] {
            let mut tracker = LotTracker::new(hold_ns, 512);
            for step in 0..200_000i64 {
                let (side, price, now_ns) = (BookSide::Bid, Price(step + 1), step * 1_000_000);
                tracker.on_level(side, price, Quantity(5), 0, now_ns);
                tracker.on_level(side, Price(step), Quantity::ZERO, 0, now_ns);
                assert!(tracker.levels() <= EMPTIED_LEVELS + 8, "{} levels", tracker.levels());
            }
            assert!(tracker.bids.slots.len() <= EMPTIED_LEVELS + 8);
        }
    }

    #[test]
    fn a_level_whose_decrease_is_pending_is_never_forgotten() {
        let mut tracker = LotTracker::new(1_000, 512);
        for price in 1..=1_000 {
            tracker.on_level(BookSide::Ask, Price(price), Quantity(5), 0, 0);
            tracker.on_level(BookSide::Ask, Price(price), Quantity::ZERO, 0, 0);
        }
        assert_eq!(tracker.levels(), 1_000);
        tracker.on_level(BookSide::Ask, Price(2_000), Quantity(5), 0, 2_000);
        tracker.on_level(BookSide::Ask, Price(2_000), Quantity::ZERO, 0, 2_000);
        assert_eq!(tracker.levels(), EMPTIED_LEVELS);
    }
}
