//! The lots of every level of one market, shared by all accounts, and the match rate.
//!
//! An order that joins a level copies what is known here into its own view. Levels away from the
//! touch note what they show and read it into their lots when somebody asks; a level that empties
//! before that is never read at all.
//!
//! On conflated feeds every level has a second list, in which no cancel is recognised: prints tell
//! which of the two fronts was right, and that decides how far the first is trusted.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::ladder::Ladder;
use crate::number::{Price, Quantity};
use crate::sim::level::{BaseLevel, Reading, Shown};
use crate::sim::lists::{Lists, Several};
use crate::sim::lots::{LotQueue, Unmatched};
use crate::sim::outlook::Flow;
use crate::sim::record::Record;
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
    pub queue: Lists,
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
        Self { record, queue: queue.into(), policy, unmatched, trust: Trust::FULL }
    }
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

/// Lots of every level of one market.
#[derive(Debug, Clone)]
pub struct LotTracker {
    bids: Ladder<BaseLevel>,
    asks: Ladder<BaseLevel>,
    /// Levels with a decrease held, by deadline.
    pending: VecDeque<(i64, BookSide, Price)>,
    rate: MatchRate,
    hold_ns: i64,
    /// The latest time that was heard.
    heard_ns: i64,
    /// From here on no decrease waits for a deadline that another rule gave it, so that one order of
    /// deadlines holds for all, and levels can be read later.
    steady_ns: i64,
    lots_cap: usize,
    /// Lists beside the first of each level.
    several: Several,
    /// The last print, while the next may belong to the same sweep.
    last: Option<Front>,
    /// What has traded lately.
    flow: Flow,
}

impl Hash for LotTracker {
    /// Of what is known, not of how much of it was read already.
    fn hash<H: Hasher>(&self, state: &mut H) {
        for ladder in [&self.bids, &self.asks] {
            ladder.hash_by(|level| level.as_read(self.heard_ns, self.reading()), state);
        }
        (&self.pending, self.rate, self.hold_ns, self.lots_cap, self.last, self.flow).hash(state);
        self.several.hash(state);
    }
}

impl LotTracker {
    /// An empty tracker; `hold_ns` is the venue's pairing window (0 where prints come first).
    pub fn new(hold_ns: i64, lots_cap: usize) -> Self {
        Self {
            bids: Ladder::new(),
            asks: Ladder::new(),
            pending: VecDeque::new(),
            rate: MatchRate::default(),
            hold_ns,
            heard_ns: i64::MIN,
            steady_ns: i64::MIN,
            lots_cap,
            several: Several::NONE,
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

    /// The same with several lists of a level.
    #[must_use]
    pub const fn with_lists(mut self, several: Several) -> Self {
        self.several = several;
        self
    }

    /// Lists beside the first of each level, while the first is believed whole.
    pub const fn several(&self) -> Several {
        self.several
    }

    /// How long decreases are held.
    pub const fn hold_ns(&self) -> i64 {
        self.hold_ns
    }

    /// How long decreases are held from now on.
    pub fn set_hold(&mut self, hold_ns: i64) {
        if hold_ns == self.hold_ns {
            return;
        }
        let (now_ns, rule) = (self.heard_ns, self.reading());
        for level in self.bids.values_mut().chain(self.asks.values_mut()) {
            level.catch_up(now_ns, rule);
        }
        let steady_ns = now_ns.saturating_add(self.hold_ns.max(hold_ns));
        self.steady_ns = self.steady_ns.max(steady_ns);
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

    /// Tells the flow whether the book can be used at the end of a message.
    pub fn note_use(&mut self, usable: bool, max_age_ns: Option<i64>, now_ns: i64) {
        self.flow.note(usable, max_age_ns, now_ns);
    }

    /// Forgets every level (a snapshot follows); the match rate stays.
    pub fn clear(&mut self) {
        self.bids = Ladder::new();
        self.asks = Ladder::new();
        self.pending.clear();
        self.last = None;
    }

    /// Levels that are tracked, emptied ones with a decrease held included.
    pub const fn levels(&self) -> usize {
        self.bids.len() + self.asks.len()
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
        forget(ladder, side, price);
        if quantity.0 <= 0 {
            return;
        }
        if let Some(level) = ladder.get_or_insert(side, price) {
            level.record = Record::new(quantity.0, count);
            level.queue.each(|list| list.append_equal(quantity.0, count, 0, cap));
            if both {
                level.cautious.clone_from(level.queue.first());
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
        let (hold_ns, steady) = (self.hold_ns, now_ns >= self.steady_ns);
        let ladder = match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        let watched = ladder.is_within(side, price, WATCHED_LEVELS);
        let existing = if quantity.0 > 0 {
            ladder.get_or_insert(side, price)
        } else {
            ladder.get(side, price)
        };
        let Some(level) = existing else { return };
        let shown = Shown::new(quantity, count, now_ns);
        let mut hits = (0, 0);
        let held = if !watched && steady && level.can_wait() {
            level.note(shown, hold_ns)
        } else {
            let rule = Reading::of(&self.rate, hold_ns, self.lots_cap, self.several);
            level.catch_up(now_ns, rule);
            level.read(shown, rule, &mut hits)
        };
        level.watched = watched;
        if level.is_over(now_ns) {
            forget(ladder, side, price);
        } else if held {
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
        let (tested, rule) = (self.rate.is_tested(), self.reading());
        let Some(level) = self.ladder(hit).get(hit, price) else { return };
        level.catch_up(now_ns, rule);
        let (watched, hits) = (level.watched, level.overtake(size.0, rule));
        let (listed, cautious) = (level.queue.front(), level.cautious.front());
        level.record.print(size.0);
        level.queue.judge(size.0, now_ns, rule.several);
        level.queue.consume(size.0);
        if tested {
            level.cautious.walk(size.0, |_, _| 0);
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
        let level = ladder.look(side, price);
        level.map_or(Quantity::ZERO, |level| Quantity(level.record.printed()))
    }

    /// Levels with prints that depth has not shown yet.
    pub fn unshown(&self) -> Vec<(BookSide, Price)> {
        let side = |side: BookSide, ladder: &Ladder<BaseLevel>| {
            let levels = ladder.iter().filter(|(_, level)| level.record.printed() > 0);
            levels.map(|(price, _)| (side, price)).collect::<Vec<_>>()
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
    ) -> Option<&Lists> {
        self.settle(now_ns);
        let rule = self.reading();
        let level = self.ladder(side).get(side, price)?;
        level.catch_up(now_ns, rule);
        let (watched, hits) = (level.watched, level.overtake(size.0, rule));
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
        let (trust, rule) = (self.rate.trust(), self.reading());
        match self.ladder(side).get(side, price) {
            None => LevelEntry { policy, unmatched, trust, ..LevelEntry::displayed(displayed) },
            Some(level) => {
                level.catch_up(now_ns, rule);
                let (record, queue) = (level.record.clone(), level.queue.clone());
                LevelEntry { record, queue, policy, unmatched, trust }
            }
        }
    }

    /// Applies every held decrease that is due, at whatever level, and counts it. Levels that show
    /// nothing any more go.
    #[inline]
    fn settle(&mut self, now_ns: i64) {
        self.heard_ns = now_ns;
        if self.pending.front().is_some_and(|(deadline_ns, ..)| *deadline_ns <= now_ns) {
            self.settle_due(now_ns);
        }
    }

    fn settle_due(&mut self, now_ns: i64) {
        let rule = self.reading();
        while let Some(&(deadline_ns, side, price)) = self.pending.front()
            && deadline_ns <= now_ns
        {
            self.pending.pop_front();
            let ladder = self.ladder(side);
            let Some(level) = ladder.get(side, price) else { continue };
            // What nobody has read is of a level that is not watched: it only has to go in time.
            let (watched, hits) = if level.is_read() {
                (level.watched, level.settle(now_ns, rule))
            } else {
                (false, (0, 0))
            };
            if level.is_over(now_ns) {
                forget(ladder, side, price);
            }
            self.count(watched, hits);
        }
    }

    #[inline]
    fn count(&mut self, watched: bool, hits: (u32, u32)) {
        if watched && hits != (0, 0) {
            for hit in 0..hits.0 + hits.1 {
                self.rate.count(hit < hits.0);
            }
        }
    }

    const fn reading(&self) -> Reading {
        Reading::of(&self.rate, self.hold_ns, self.lots_cap, self.several)
    }

    const fn ladder(&mut self, side: BookSide) -> &mut Ladder<BaseLevel> {
        match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        }
    }
}

/// Takes a level away; its room stays.
fn forget(ladder: &mut Ladder<BaseLevel>, side: BookSide, price: Price) {
    if let Some(level) = ladder.remove(side, price) {
        level.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::StateHasher;
    use crate::rng::Stream;
    use proptest::prelude::*;

    /// One step of a market: what it is, the level from the touch, size, orders, time since before.
    type Step = ((u8, bool), (i64, i64, u32), i64);

    fn any_step() -> impl Strategy<Value = Step> {
        let size = prop_oneof![2 => Just(0), 5 => 1..8i64];
        ((0..20u8, any::<bool>()), (0..14i64, size, 0..4u32), 0..4i64)
    }

    fn take(tracker: &mut LotTracker, step: Step, now_ns: i64) {
        let ((what, is_bid), (depth, size, count), _) = step;
        let (side, price) =
            if is_bid { (BookSide::Bid, 100 - depth) } else { (BookSide::Ask, 101 + depth) };
        let (price, size) = (Price(price), Quantity(size));
        match what {
            0..=1 => tracker.on_print(side, price, size, now_ns, now_ns / 2),
            2 => tracker.on_snapshot_level(side, price, size, count),
            3 if depth == 0 => tracker.set_hold(size.0 % 3 * 4),
            4 => drop(tracker.entry(side, price, size, now_ns)),
            _ => tracker.on_level(side, price, size, count, now_ns),
        }
    }

    proptest! {
        #[test]
        fn levels_read_late_are_what_they_are_when_read_at_once(
            steps in prop::collection::vec(any_step(), 1..400), hold_ns in 0..6i64,
            event_level: bool,
        ) {
            let rate = MatchRate::default().on_feed(event_level);
            let several = Several { count: 4, stream: Stream::new(1, 0, "queue") };
            let mut late = LotTracker::new(hold_ns, 6).with_rate(rate).with_lists(several);
            let mut at_once = late.clone();
            at_once.steady_ns = i64::MAX;
            let mut now_ns = 0;
            for step in steps {
                now_ns += step.2;
                take(&mut late, step, now_ns);
                take(&mut at_once, step, now_ns);
                prop_assert_eq!(late.match_rate(), at_once.match_rate());
                prop_assert_eq!((late.levels(), late.unshown()), (at_once.levels(), at_once.unshown()));
                let hash = |tracker: &LotTracker| {
                    let mut hasher = StateHasher::new(0);
                    tracker.hash(&mut hasher);
                    hasher.finish()
                };
                prop_assert_eq!(hash(&late), hash(&at_once));
                let (side, price) = (BookSide::Bid, Price(100 - step.1.0));
                let [asked, other] = [&late, &at_once].map(|tracker| {
                    tracker.clone().entry(side, price, Quantity(1), now_ns)
                });
                prop_assert_eq!(asked, other);
            }
        }
    }

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
            assert!(tracker.bids.room() <= 9);
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
