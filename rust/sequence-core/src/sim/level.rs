//! One level of a market as its lots, read from what its depth showed when somebody needs them.
//!
//! Away from the touch nothing depends on a level's lots until an order joins it or a print meets
//! it, so its depth messages are noted and read then, each at its own time: the lots are the same.
//! A level that empties before is forgotten unread.

use std::hash::{Hash, Hasher};

use crate::number::Quantity;
use crate::sim::lists::{Lists, Several};
use crate::sim::lots::{LotQueue, Unmatched};
use crate::sim::record::{Held, MAX_SIZE, Record};
use crate::sim::trust::MatchRate;

/// Depth messages that a level notes before they are read.
const UNREAD: usize = 64;

/// What a depth message showed of a level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    size: i64,
    /// Orders there, 0 where the feed does not count them.
    count: u32,
    at_ns: i64,
}

impl Shown {
    pub(super) fn new(size: Quantity, count: u32, at_ns: i64) -> Self {
        Self { size: size.0.clamp(0, MAX_SIZE), count, at_ns }
    }
}

/// How depth is read into lots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) base: Unmatched,
    /// The cautious list is kept as well.
    pub(super) both: bool,
    /// How long a decrease waits for its print, ns.
    pub(super) hold_ns: i64,
    /// Most lots that are kept.
    pub(super) cap: usize,
    /// Lists beside the first.
    pub(super) several: Several,
}

impl Reading {
    /// As a market's match rate says.
    pub(super) const fn of(rate: &MatchRate, hold_ns: i64, cap: usize, several: Several) -> Self {
        let several = if rate.is_whole() { several } else { Several::NONE };
        Self { base: rate.base(), both: rate.is_tested(), hold_ns, cap, several }
    }
}

/// A level as everybody meets it.
#[derive(Debug, Clone, Default)]
pub(super) struct BaseLevel {
    pub(super) record: Record,
    pub(super) queue: Lists,
    /// The same lots with every cancel taken from the back; kept on conflated feeds only.
    pub(super) cautious: LotQueue,
    /// Its decreases count for the match rate: it was near the touch at its last message.
    pub(super) watched: bool,
    /// Deadline of its last decrease, ns.
    due_ns: i64,
    /// Noted and not yet read; never of a level that is watched.
    unread: Vec<Shown>,
}

impl Hash for BaseLevel {
    /// Of what is known of it; everything was read.
    fn hash<H: Hasher>(&self, state: &mut H) {
        debug_assert!(self.is_read(), "what is noted is read first");
        (&self.record, &self.queue, &self.cautious, self.watched).hash(state);
    }
}

impl BaseLevel {
    /// True when the lots are those of now.
    pub(super) const fn is_read(&self) -> bool {
        self.unread.is_empty()
    }

    /// Whether the next message can be noted: prints that depth has not shown yet must be met by it.
    pub(super) const fn can_wait(&self) -> bool {
        self.record.printed() == 0 && self.unread.len() < UNREAD
    }

    /// True when it shows nothing and no decrease is in doubt.
    #[inline]
    pub(super) fn is_over(&self, now_ns: i64) -> bool {
        match self.unread.last() {
            None => self.record.is_empty(),
            Some(last) => last.size == 0 && self.due_ns <= now_ns,
        }
    }

    /// Notes a message, to be read later; true when it is a decrease.
    #[inline]
    pub(super) fn note(&mut self, shown: Shown, hold_ns: i64) -> bool {
        let before = self.unread.last().map_or(self.record.displayed(), |last| last.size);
        self.unread.push(shown);
        let is_decrease = shown.size < before;
        if is_decrease {
            self.due_ns = shown.at_ns.saturating_add(hold_ns);
        }
        is_decrease
    }

    /// Reads what was noted, and cancels what is due by `now_ns`.
    pub(super) fn catch_up(&mut self, now_ns: i64, rule: Reading) {
        if self.unread.is_empty() {
            return;
        }
        let mut unread = std::mem::take(&mut self.unread);
        for shown in unread.drain(..) {
            self.settle(shown.at_ns, rule);
            // Decreases of a level that is not watched count for nothing.
            self.read(shown, rule, &mut (0, 0));
        }
        self.settle(now_ns, rule);
        // The room is kept for what comes next.
        self.unread = unread;
    }

    /// A copy that has read everything.
    pub(super) fn as_read(&self, now_ns: i64, rule: Reading) -> Self {
        let mut copy = self.clone();
        copy.catch_up(now_ns, rule);
        copy
    }

    /// Reads one message; true when it is a decrease. `hits` are those that were settled with it.
    pub(super) fn read(&mut self, shown: Shown, rule: Reading, hits: &mut (u32, u32)) -> bool {
        let Shown { size, count, at_ns } = shown;
        let change = self.record.depth(size, count);
        self.queue.each(|list| list.append(change.increase, true, at_ns, rule.cap));
        if rule.both {
            self.cautious.append(change.increase, true, at_ns, rule.cap);
        }
        if change.decrease == 0 {
            return false;
        }
        self.record.hold(Held::new(change, at_ns, rule.hold_ns));
        self.due_ns = at_ns.saturating_add(rule.hold_ns);
        if rule.hold_ns == 0 {
            *hits = self.settle(at_ns, rule);
        }
        true
    }

    /// Applies due decreases as cancels: how many had the size of a known lot, and how many not.
    pub(super) fn settle(&mut self, now_ns: i64, rule: Reading) -> (u32, u32) {
        let mut hits = (0, 0);
        while let Some(held) = self.record.due(now_ns) {
            self.cancel(&held, rule, &mut hits);
        }
        hits
    }

    /// The same for those that a print of `size` shows to be cancels.
    pub(super) fn overtake(&mut self, size: i64, rule: Reading) -> (u32, u32) {
        let mut hits = (0, 0);
        while let Some(held) = self.record.overtaken(size) {
            self.cancel(&held, rule, &mut hits);
        }
        hits
    }

    /// Nothing is left of it but its room.
    pub(super) fn clear(&mut self) {
        self.record = Record::new(0, 0);
        self.queue.clear_external();
        self.cautious.clear_external();
        self.unread.clear();
    }

    fn cancel(&mut self, held: &Held, rule: Reading, hits: &mut (u32, u32)) {
        self.cautious.cancel_back(held);
        let matched = self.queue.cancel(held, rule.base, rule.several);
        let tally = if matched { &mut hits.0 } else { &mut hits.1 };
        *tally += 1;
    }
}
