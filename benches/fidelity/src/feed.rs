//! The aggregate feed that a client would have seen: prints at once, depth at once or conflated.

use std::collections::{BTreeMap, BTreeSet};

use sequence_core::ids::BookSide;

use crate::truth::TruthBook;

/// A depth message: a level's size before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelChange {
    pub t: i64,
    pub side: BookSide,
    pub px: i64,
    pub before: i64,
    pub after: i64,
}

/// Depth as displayed; level changes wait for the end of their interval.
#[derive(Debug, Clone)]
pub struct Conflator {
    step_ns: i64,
    next_ns: i64,
    /// When the last depth message was sent.
    sent_ns: i64,
    displayed: BTreeMap<(BookSide, i64), i64>,
    dirty: BTreeSet<(BookSide, i64)>,
}

impl Conflator {
    /// A feed with one depth message per `step_ns`; 0 = one per order event.
    pub const fn new(step_ns: i64) -> Self {
        Self { step_ns, next_ns: 0, sent_ns: 0, displayed: BTreeMap::new(), dirty: BTreeSet::new() }
    }

    /// Size displayed at a price.
    pub fn qty(&self, side: BookSide, px: i64) -> i64 {
        self.displayed.get(&(side, px)).copied().unwrap_or(0)
    }

    /// Best displayed price of a side and its size.
    pub fn best(&self, side: BookSide) -> Option<(i64, i64)> {
        let mut levels = self.displayed.range((side, i64::MIN)..=(side, i64::MAX));
        let best = if side == BookSide::Bid { levels.next_back() } else { levels.next() };
        best.map(|((_, px), qty)| (*px, *qty))
    }

    /// The best `limit` displayed levels of a side.
    pub fn levels(&self, side: BookSide, limit: usize) -> Vec<(i64, i64)> {
        let levels = self.displayed.range((side, i64::MIN)..=(side, i64::MAX));
        let levels = levels.map(|((_, px), qty)| (*px, *qty));
        match side {
            BookSide::Bid => levels.rev().take(limit).collect(),
            BookSide::Ask => levels.take(limit).collect(),
        }
    }

    /// Size displayed at better prices than `px`.
    pub fn nearer(&self, side: BookSide, px: i64) -> i64 {
        let range = match side {
            BookSide::Bid => (side, px + 1)..=(side, i64::MAX),
            BookSide::Ask => (side, i64::MIN)..=(side, px - 1),
        };
        self.displayed.range(range).map(|(_, qty)| qty).sum()
    }

    /// When depth was last told.
    pub const fn last_message_ns(&self) -> i64 {
        self.sent_ns
    }

    /// A level of the true book changed.
    pub fn touch(&mut self, side: BookSide, px: i64) {
        self.dirty.insert((side, px));
    }

    /// Depth due before an event at `t` (conflated feeds), and when it was told; nothing is told of an
    /// interval without a change.
    pub fn before(&mut self, t: i64, truth: &TruthBook, out: &mut Vec<LevelChange>) -> Option<i64> {
        if self.step_ns == 0 || t < self.next_ns {
            return None;
        }
        let due_ns = self.next_ns;
        self.flush(due_ns, truth, out);
        self.next_ns = t - t.rem_euclid(self.step_ns) + self.step_ns;
        let told = out.last().is_some_and(|change| change.t == due_ns);
        told.then(|| {
            self.sent_ns = due_ns;
            due_ns
        })
    }

    /// Depth messages due right after an event (event-level feeds).
    pub fn after(&mut self, t: i64, truth: &TruthBook, out: &mut Vec<LevelChange>) {
        if self.step_ns == 0 {
            self.flush(t, truth, out);
        }
    }

    /// What has changed since the last call, as levels of the snapshot that opens the tape.
    pub fn snapshot_changes(&mut self, truth: &TruthBook) -> Vec<(BookSide, i64, i64)> {
        let mut changes = Vec::new();
        self.flush(0, truth, &mut changes);
        changes.iter().map(|change| (change.side, change.px, change.after)).collect()
    }

    fn flush(&mut self, t: i64, truth: &TruthBook, out: &mut Vec<LevelChange>) {
        for (side, px) in std::mem::take(&mut self.dirty) {
            let (before, after) = (self.qty(side, px), truth.qty(side, px));
            if before == after {
                continue;
            }
            if after > 0 {
                self.displayed.insert((side, px), after);
            } else {
                self.displayed.remove(&(side, px));
            }
            out.push(LevelChange { t, side, px, before, after });
        }
    }
}
