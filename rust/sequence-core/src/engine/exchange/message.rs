//! What a message changed, and how late it was.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

use crate::book::{Book, Level};
use crate::engine::exchange::evidence::TapeCite;
use crate::ids::BookSide;
use crate::market::Change;
use crate::number::{Price, Quantity};

/// Changes of a message up to which looking through them is quicker than sorting them.
const FEW_CHANGES: usize = 16;

/// Half of the time over which a venue clock's offset is judged.
const OFFSET_WINDOW_NS: i64 = 300_000_000_000;

/// Gaps between depth messages that the median is of.
const PACE_GAPS: usize = 1_000;
/// Messages after which it is taken anew.
const PACE_EVERY: usize = 256;

/// One change of a message, with where the tape has it.
#[derive(Debug, Clone, Copy, Hash)]
pub(in crate::engine) struct Seen {
    pub(in crate::engine) change: Change,
    /// Orders at the level, 0 where the feed does not count them.
    pub(in crate::engine) count: u32,
    pub(in crate::engine) cite: TapeCite,
}

/// The venue clock's distance from ours: the least `receipt − stamp` of ten minutes, kept as the
/// least of this and of the last five.
#[derive(Debug, Clone, Copy, Default, Hash)]
pub(in crate::engine) struct ClockOffset {
    since_ns: i64,
    now: Option<i64>,
    before: Option<i64>,
}

impl ClockOffset {
    /// The offset, now that `raw_ns` was measured.
    pub(in crate::engine) fn lowest(&mut self, raw_ns: i64, now_ns: i64) -> i64 {
        if now_ns.saturating_sub(self.since_ns) >= OFFSET_WINDOW_NS {
            self.before = self.now.take();
            self.since_ns = now_ns;
        }
        let now = self.now.map_or(raw_ns, |known| known.min(raw_ns));
        self.now = Some(now);
        self.before.map_or(now, |before| before.min(now))
    }
}

/// Median time between depth messages: what a feed's displayed sizes can hide.
#[derive(Debug, Clone, Default, Hash)]
pub(in crate::engine) struct DepthPace {
    last_ns: Option<i64>,
    /// Newest last: the window, and what came since the median was due.
    gaps: VecDeque<i64>,
    seen: u64,
    median_ns: i64,
    /// Gaps seen when the median was taken.
    taken_at: u64,
}

impl DepthPace {
    /// A depth message was received. Most are never asked about, so nothing is computed here.
    pub(in crate::engine) fn on_message(&mut self, now_ns: i64) {
        let Some(last_ns) = self.last_ns.replace(now_ns) else { return };
        if self.gaps.len() >= PACE_GAPS + PACE_EVERY {
            self.gaps.pop_front();
        }
        self.gaps.push_back(now_ns.saturating_sub(last_ns));
        self.seen += 1;
    }

    /// The median gap as of the last time it was due, ns; 0 before the second message. Who asks,
    /// and how often, changes nothing.
    pub(in crate::engine) fn interval_ns(&mut self) -> i64 {
        let due = self.due_at();
        if due != self.taken_at {
            let since = usize::try_from(self.seen - due).unwrap_or(0);
            let window = self.gaps.iter().rev().skip(since).take(PACE_GAPS);
            let mut sorted: Vec<i64> = window.copied().collect();
            let middle = sorted.len() / 2;
            self.median_ns = *sorted.select_nth_unstable(middle).1;
            self.taken_at = due;
        }
        self.median_ns
    }

    /// Every so many gaps; early on at every doubling, so that a short tape has an answer too.
    const fn due_at(&self) -> u64 {
        match self.seen.checked_ilog2() {
            None => 0,
            Some(doublings) if self.seen < PACE_EVERY as u64 => 1 << doublings,
            Some(_) => self.seen - self.seen % PACE_EVERY as u64,
        }
    }
}

/// Joins changes of one level that no print separates; the first keeps its place.
pub(in crate::engine) fn join_repeats(changes: &mut Vec<Seen>) {
    if are_in_order(changes) {
        return;
    }
    let many = changes.len() > FEW_CHANGES;
    let mut first: BTreeMap<(BookSide, i64), usize> = BTreeMap::new();
    // Where the changes behind the last print begin.
    let mut from = 0;
    for at in 0..changes.len() {
        let Some(seen) = changes.get(at).copied() else { return };
        let Change::Level { side, price, after, .. } = seen.change else {
            first.clear();
            from = at + 1;
            continue;
        };
        let to = if many {
            *first.entry((side, price.0)).or_insert(at)
        } else {
            let before = changes.get(from..at).unwrap_or_default();
            before.iter().position(|seen| is_at(seen, side, price)).map_or(at, |place| from + place)
        };
        if let Some(joined) = changes.get_mut(to).filter(|_| to != at)
            && let Change::Level { before, .. } = joined.change
        {
            joined.change = Change::Level { side, price, before, after };
            (joined.count, joined.cite) = (seen.count, seen.cite);
            if let Some(repeat) = changes.get_mut(at) {
                repeat.change = Change::None;
            }
        }
    }
    changes.retain(|seen| seen.change != Change::None);
}

/// Whether the levels of each side come in one direction between two prints, as venues mostly write
/// them: then none comes twice.
fn are_in_order(changes: &[Seen]) -> bool {
    if changes.len() < 2 {
        return true;
    }
    let mut sides = [None; 2];
    for seen in changes {
        let Change::Level { side, price, .. } = seen.change else {
            sides = [None; 2];
            continue;
        };
        let [bids, asks] = &mut sides;
        let last = if side == BookSide::Bid { bids } else { asks };
        let step = last.map(|(before, _): (Price, _)| before.cmp(&price));
        match (step, last.and_then(|(_, direction)| direction)) {
            (Some(Ordering::Equal), _) => return false,
            (Some(step), Some(direction)) if step != direction => return false,
            (step, _) => *last = Some((price, step)),
        }
    }
    true
}

/// Whether a change is of this level.
fn is_at(seen: &Seen, side: BookSide, price: Price) -> bool {
    matches!(seen.change, Change::Level { side: of, price: at, .. } if (of, at) == (side, price))
}

/// What changed between two books, level by level.
pub(in crate::engine) fn differences(before: &Book, after: &Book) -> Vec<Change> {
    let mut found = Vec::new();
    for side in [BookSide::Bid, BookSide::Ask] {
        let mut change = |price: Price, before: Quantity, after: Quantity| {
            if before != after {
                found.push(Change::Level { side, price, before, after });
            }
        };
        for Level { price, quantity } in before.levels(side) {
            change(price, quantity, after.quantity_at(side, price));
        }
        for Level { price, quantity } in after.levels(side) {
            if before.quantity_at(side, price).0 == 0 {
                change(price, Quantity::ZERO, quantity);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::exchange::market::{MarketSim, SourceTraits};
    use crate::market::MarketConfig;
    use crate::sim::preset::REALISTIC;
    use crate::tape::{EventKind, MarketEvent, flag};
    use crate::venue::TradeDepth;

    /// A snapshot of one bid.
    fn snapshot(sim: &mut MarketSim, size: i64, count: u32, now_ns: i64) {
        let level = MarketEvent::level(BookSide::Bid, Price(100), Quantity(size), now_ns, now_ns);
        let marks = |kind| MarketEvent::new(kind, now_ns, now_ns);
        let events = [
            marks(EventKind::SnapshotBegin),
            MarketEvent { count, ..level },
            MarketEvent { flags: flag::LAST, ..marks(EventKind::SnapshotEnd) },
        ];
        for event in events {
            sim.apply(&event, now_ns);
        }
    }

    fn lots(sim: &mut MarketSim, now_ns: i64) -> usize {
        sim.tracker.entry(BookSide::Bid, Price(100), Quantity::ZERO, now_ns).queue.first().lots()
    }

    #[test]
    fn a_snapshot_that_counts_orders_says_of_how_many_a_level_is_made() {
        let traits = SourceTraits {
            stamped: false,
            conflation_ns: 500_000_000,
            trade_depth: TradeDepth::TradeFirst,
        };
        let mut sim = MarketSim::new(MarketConfig::hand_fed(), &REALISTIC, traits, Quantity(1));
        snapshot(&mut sim, 90, 3, 1);
        assert_eq!(lots(&mut sim, 1), 3, "a book that nobody knew before");
        snapshot(&mut sim, 100, 4, 2);
        assert_eq!(lots(&mut sim, 2), 4, "another one came");
        // Nobody left: one of the three got smaller, and the newest stays whole.
        snapshot(&mut sim, 90, 4, 3);
        assert_eq!(lots(&mut sim, 3), 4, "as the differences of two books");
        snapshot(&mut sim, 80, 0, 4);
        assert_eq!(lots(&mut sim, 4), 3, "not counted: the lot of that size left");
    }

    fn level(price: i64, sizes: (i64, i64)) -> Seen {
        let (before, after) = (Quantity(sizes.0), Quantity(sizes.1));
        let change = Change::Level { side: BookSide::Bid, price: Price(price), before, after };
        let cite = TapeCite { version: 0, venue_seq: 0, trade_id: 0, backfilled: false, epoch: 0 };
        Seen { change, count: 0, cite }
    }

    #[test]
    fn only_levels_that_cannot_come_twice_are_in_order() {
        let prices =
            |prices: &[i64]| prices.iter().map(|at| level(*at, (1, 2))).collect::<Vec<_>>();
        for ordered in [&[][..], &[5], &[5, 6], &[6, 5], &[5, 6, 9], &[9, 6, 5]] {
            assert!(are_in_order(&prices(ordered)), "{ordered:?}");
        }
        for repeats in [&[5, 5][..], &[5, 6, 5], &[6, 5, 6], &[5, 9, 6], &[5, 6, 6]] {
            assert!(!are_in_order(&prices(repeats)), "{repeats:?}");
        }
    }

    #[test]
    fn few_changes_and_many_are_joined_alike() {
        let print = Change::Print {
            side: Some(BookSide::Bid),
            price: Price(5),
            quantity: Quantity(1),
            flags: 0,
        };
        let few = vec![
            level(5, (9, 4)),
            level(6, (1, 2)),
            level(5, (4, 7)),
            Seen { change: print, ..level(5, (0, 0)) },
            level(6, (2, 3)),
            level(5, (7, 0)),
            level(6, (3, 1)),
        ];
        let joined = [(5, 9, 7), (6, 1, 2), (6, 2, 1), (5, 7, 0)];
        for others in [0, 100] {
            // Levels of their own, so that they change nothing but how the rest is looked up.
            let mut changes = few.clone();
            changes.extend((0..others).map(|nth| level(100 + nth, (1, 2))));
            join_repeats(&mut changes);
            let found = changes.iter().filter_map(|seen| match seen.change {
                Change::Level { price, before, after, .. } if price.0 < 100 => {
                    Some((price.0, before.0, after.0))
                }
                _ => None,
            });
            assert_eq!(found.collect::<Vec<_>>(), joined);
        }
    }

    #[test]
    fn the_pace_of_depth_is_a_median_that_asking_does_not_change() {
        let (mut asked, mut quiet) = (DepthPace::default(), DepthPace::default());
        let mut now_ns = 0;
        for message in 0..3_000_u64 {
            // Every fourth gap is long; halfway the feed slows down.
            let pace = if message < 1_500 { 10 } else { 70 };
            now_ns += if message % 4 == 0 { 9_000 } else { pace };
            asked.on_message(now_ns);
            quiet.on_message(now_ns);
            assert_eq!(asked.interval_ns(), quiet.clone().interval_ns(), "{message}");
            if message == 1_499 {
                assert_eq!(asked.interval_ns(), 10);
            }
        }
        assert_eq!(quiet.interval_ns(), 70);
    }
}
