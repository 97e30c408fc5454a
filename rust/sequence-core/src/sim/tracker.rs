//! The lots of every level of one market, shared by all accounts, and the match rate.
//!
//! An order that joins a level copies what is known here into its own view. Levels far from the
//! touch cost one look-up and one list operation per depth message.
//!
//! On conflated feeds every level has a second list, in which no cancel is recognised: prints tell
//! which of the two fronts was right, and that decides how far the first is trusted.

use std::collections::VecDeque;

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::sim::lots::{LotQueue, Unmatched};
use crate::sim::outlook::Flow;
use crate::sim::record::{Held, Record};
pub use crate::sim::trust::MatchRate;
use crate::sim::trust::{POWER_K, Trust};
use crate::sim::view::Mode;

/// Levels from the touch within which decreases count for the match rate.
const WATCHED_LEVELS: usize = 5;
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
    /// How far the list is believed.
    pub trust: Trust,
}

impl LevelEntry {
    /// A level of which nothing but its displayed size is known.
    pub fn displayed(size: Quantity) -> Self {
        let mut queue = LotQueue::default();
        queue.append(size.0, false, 0, 1);
        let unmatched = Unmatched::Power(POWER_K);
        let (record, policy) = (Record::new(size.0, 0), Mode::Lots(unmatched));
        Self { record, queue, policy, unmatched, trust: Trust::FULL }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct BaseLevel {
    record: Record,
    queue: LotQueue,
    /// The same lots with every cancel taken from the back; kept on conflated feeds only.
    cautious: LotQueue,
    /// Its decreases count for the match rate: it was near the touch at its last message.
    watched: bool,
}

/// A print and the fronts that it met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Front {
    side: BookSide,
    stamp_ns: i64,
    size: i64,
    listed: Option<i64>,
    cautious: Option<i64>,
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
    /// Levels with a decrease held, by deadline.
    pending: VecDeque<(i64, BookSide, Price)>,
    rate: MatchRate,
    hold_ns: i64,
    lots_cap: usize,
    /// The last print, while the next may belong to the same sweep.
    last: Option<Front>,
    /// What has traded lately.
    flow: Flow,
}

impl LotTracker {
    /// An empty tracker; `hold_ns` is the venue's pairing window (0 where prints come first).
    pub fn new(hold_ns: i64, lots_cap: usize) -> Self {
        Self {
            bids: Ladder::default(),
            asks: Ladder::default(),
            pending: VecDeque::new(),
            rate: MatchRate::default(),
            hold_ns,
            lots_cap,
            last: None,
            flow: Flow::default(),
        }
    }

    /// The same with a given match rate to start from.
    #[must_use]
    pub const fn with_rate(mut self, rate: MatchRate) -> Self {
        self.rate = rate;
        self
    }

    /// How long decreases are held from now on.
    pub const fn set_hold(&mut self, hold_ns: i64) {
        self.hold_ns = hold_ns;
    }

    /// Match rate of the stream.
    pub const fn match_rate(&self) -> &MatchRate {
        &self.rate
    }

    /// What has traded lately, by side.
    pub const fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Forgets every level (a snapshot follows); the match rate stays.
    pub fn clear(&mut self) {
        self.bids = Ladder::default();
        self.asks = Ladder::default();
        self.pending.clear();
        self.last = None;
    }

    /// Levels that are tracked, emptied ones with a decrease held included.
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
        let (cap, both) = (self.lots_cap, self.rate.is_tested());
        let ladder = self.ladder(side);
        ladder.remove(side, price);
        if quantity.0 <= 0 {
            return;
        }
        if let Some(level) = ladder.get_or_insert(side, price) {
            level.record = Record::new(quantity.0, count);
            level.queue.append_equal(level.record.displayed(), count, 0, cap);
            if both {
                level.cautious.clone_from(&level.queue);
            }
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
        self.settle(now_ns);
        let (cap, hold_ns, both) = (self.lots_cap, self.hold_ns, self.rate.is_tested());
        let base = self.rate.base();
        let ladder = self.ladder(side);
        let watched = ladder.is_within(side, price, WATCHED_LEVELS);
        let existing = if quantity.0 > 0 {
            ladder.get_or_insert(side, price)
        } else {
            ladder.get(side, price)
        };
        let Some(level) = existing else { return };
        level.watched = watched;
        let change = level.record.depth(quantity.0, count);
        level.queue.append(change.increase, true, now_ns, cap);
        if both {
            level.cautious.append(change.increase, true, now_ns, cap);
        }
        let mut hits = (0, 0);
        if change.decrease > 0 {
            level.record.hold(Held::new(change, now_ns, hold_ns));
            if hold_ns == 0 {
                hits = level.settle(now_ns, base);
            }
        }
        if level.record.is_empty() {
            ladder.remove(side, price);
        } else if change.decrease > 0 {
            self.pending.push_back((now_ns.saturating_add(hold_ns), side, price));
        }
        self.count(watched, hits);
    }

    /// A print of recorded size on the side that was hit. Prints of one sweep have one `stamp_ns`.
    pub fn on_print(
        &mut self,
        hit: BookSide,
        price: Price,
        size: Quantity,
        now_ns: i64,
        stamp_ns: i64,
    ) {
        self.settle(now_ns);
        self.flow.print(hit, size.0, now_ns);
        self.test_front(hit, stamp_ns);
        let (tested, base) = (self.rate.is_tested(), self.rate.base());
        let Some(level) = self.ladder(hit).get(hit, price) else { return };
        let (watched, hits) = (level.watched, level.overtake(size.0, base));
        let (listed, cautious) = (level.queue.front(), level.cautious.front());
        level.record.print(size.0);
        level.queue.walk(size.0, |_, _, _| 0);
        if tested {
            level.cautious.walk(size.0, |_, _, _| 0);
            self.last = Some(Front { side: hit, stamp_ns, size: size.0, listed, cautious });
        }
        self.count(watched, hits);
    }

    /// A further print of a sweep says that the one before it finished the order at the front.
    fn test_front(&mut self, side: BookSide, stamp_ns: i64) {
        let Some(last) = self.last.take() else { return };
        if (last.side, last.stamp_ns) == (side, stamp_ns) && last.listed != last.cautious {
            let size = Some(last.size);
            self.rate.tell(last.listed == size, last.cautious == size);
        }
    }

    /// How the queues of this market are estimated now.
    pub fn policy(&self) -> (Mode, Trust) {
        (self.rate.policy(), self.rate.trust())
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

    /// Levels with prints that depth has not shown yet.
    pub fn unshown(&self) -> Vec<(BookSide, Price)> {
        let side = |side: BookSide, ladder: &Ladder| {
            let levels = ladder.index.iter().filter(|(_, slot)| {
                let level = ladder.slots.get(*slot as usize);
                level.is_some_and(|level| level.record.printed() > 0)
            });
            levels.map(|(price, _)| (side, Price(*price))).collect::<Vec<_>>()
        };
        [side(BookSide::Bid, &self.bids), side(BookSide::Ask, &self.asks)].concat()
    }

    /// The lots that a print of `size` will meet, once what is due and what it overtakes is settled;
    /// `None` where the level is not tracked.
    pub fn met(
        &mut self,
        side: BookSide,
        price: Price,
        size: Quantity,
        now_ns: i64,
    ) -> Option<&LotQueue> {
        self.settle(now_ns);
        let base = self.rate.base();
        let level = self.ladder(side).get(side, price)?;
        let (watched, hits) = (level.watched, level.overtake(size.0, base));
        self.count(watched, hits);
        self.ladder(side).get(side, price).map(|level| &level.queue)
    }

    /// What an order that joins now meets. `displayed` is used where the level is not tracked.
    pub fn entry(
        &mut self,
        side: BookSide,
        price: Price,
        displayed: Quantity,
        now_ns: i64,
    ) -> LevelEntry {
        self.settle(now_ns);
        let (policy, unmatched) = (self.rate.policy(), self.rate.unmatched());
        let trust = self.rate.trust();
        match self.ladder(side).get(side, price) {
            None => LevelEntry { policy, unmatched, trust, ..LevelEntry::displayed(displayed) },
            Some(level) => {
                let (record, queue) = (level.record.clone(), level.queue.clone());
                LevelEntry { record, queue, policy, unmatched, trust }
            }
        }
    }

    /// Applies every held decrease that is due, at whatever level, and counts it. Levels that show
    /// nothing any more go.
    fn settle(&mut self, now_ns: i64) {
        let base = self.rate.base();
        while let Some(&(deadline_ns, side, price)) = self.pending.front()
            && deadline_ns <= now_ns
        {
            self.pending.pop_front();
            let ladder = self.ladder(side);
            let Some(level) = ladder.get(side, price) else { continue };
            let (watched, hits) = (level.watched, level.settle(now_ns, base));
            if level.record.is_empty() {
                ladder.remove(side, price);
            }
            self.count(watched, hits);
        }
    }

    fn count(&mut self, watched: bool, hits: (u32, u32)) {
        if watched {
            for hit in 0..hits.0 + hits.1 {
                self.rate.count(hit < hits.0);
            }
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
    /// Applies due decreases as cancels: how many had the size of a known lot, and how many not.
    fn settle(&mut self, now_ns: i64, base: Unmatched) -> (u32, u32) {
        let mut hits = (0, 0);
        while let Some(held) = self.record.due(now_ns) {
            self.cancel(&held, base, &mut hits);
        }
        hits
    }

    /// The same for those that a print of `size` shows to be cancels.
    fn overtake(&mut self, size: i64, base: Unmatched) -> (u32, u32) {
        let mut hits = (0, 0);
        while let Some(held) = self.record.overtaken(size) {
            self.cancel(&held, base, &mut hits);
        }
        hits
    }

    fn cancel(&mut self, held: &Held, base: Unmatched, hits: &mut (u32, u32)) {
        self.cautious.cancel_back(held);
        let matched = self.queue.cancel(held, base);
        let tally = if matched { &mut hits.0 } else { &mut hits.1 };
        *tally += 1;
    }
}

impl Ladder {
    /// A search without branches that depend on the answer; each side compares its own way.
    fn find(&self, side: BookSide, price: Price) -> Result<usize, usize> {
        let at = match side {
            BookSide::Bid => self.index.partition_point(|(at, _)| *at < price.0),
            BookSide::Ask => self.index.partition_point(|(at, _)| *at > price.0),
        };
        match self.index.get(at) {
            Some((found, _)) if *found == price.0 => Ok(at),
            _ => Err(at),
        }
    }

    /// Whether fewer than `levels` are better than this price.
    fn is_within(&self, side: BookSide, price: Price, levels: usize) -> bool {
        let last = self.index.len().checked_sub(levels).and_then(|at| self.index.get(at));
        last.is_none_or(|(last, _)| match side {
            BookSide::Bid => *last <= price.0,
            BookSide::Ask => *last >= price.0,
        })
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
            level.cautious.clear_external();
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
                assert!(tracker.levels() <= 8, "{} levels", tracker.levels());
            }
            assert!(tracker.bids.slots.len() <= 9);
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

        assert_eq!(tracker.levels(), 1, "what is due is settled, whatever level it is of");
        assert_eq!(tracker.match_rate().seen(), 5, "those near the touch were counted");
    }
}
