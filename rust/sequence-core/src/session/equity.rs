//! What accounts were worth, second by second: kept dense for the last minutes, then thinned.

use std::collections::BTreeMap;

use crate::engine::Engine;
use crate::engine::view::{Value, Worth};
use crate::ids::AccountId;

use super::thinned::{SECOND_NS, Thinned, Timed};

/// An account at the end of one second.
#[derive(Debug, Clone, Copy)]
struct Sample {
    ts_ns: i64,
    epoch: u32,
    worth: Worth,
}

/// A sample as a store keeps it: time, epoch, and the sums of [`Worth::of`].
pub(super) type Kept = (i64, u32, [Option<i128>; 6]);
/// Highest value of an epoch, and the deepest fall from a highest one.
pub(super) type Extremes = (Option<i128>, i128);

/// The course of one account.
#[derive(Debug, Clone, Default)]
struct Course {
    epoch: u32,
    samples: Thinned<Sample>,
    /// Highest value of the epoch, and the deepest fall from a highest one before it.
    peak: Option<i128>,
    drawdown: i128,
}

impl Course {
    fn add(&mut self, sample: Sample) {
        if self.epoch != sample.epoch {
            (self.epoch, self.peak, self.drawdown) = (sample.epoch, None, 0);
        }
        // A second without a value has no peak and no fall.
        if let Some(nav) = sample.worth.nav {
            let peak = self.peak.map_or(nav, |peak| peak.max(nav));
            self.peak = Some(peak);
            self.drawdown = self.drawdown.max(peak - nav);
        }
        self.samples.add(sample);
    }
}

/// The courses of all accounts whose value moves.
#[derive(Debug, Clone, Default)]
pub(super) struct Equity {
    courses: BTreeMap<AccountId, Course>,
    due_ns: Option<i64>,
    /// The second that was noted last.
    taken_ns: Option<i64>,
    heard: u64,
}

impl Equity {
    /// Something happened: the second it happened in has an end worth noting. A clock that stands at
    /// such an end notes it once; what comes after belongs to the next second.
    pub(super) fn moved(&mut self, now_ns: i64) {
        if self.due_ns.is_none() {
            let second = now_ns.saturating_sub(1).div_euclid(SECOND_NS).saturating_add(1);
            let end_ns = second.checked_mul(SECOND_NS);
            let is_noted = end_ns == self.taken_ns;
            let next_ns = |end_ns: i64| end_ns.checked_add(SECOND_NS);
            self.due_ns = if is_noted { end_ns.and_then(next_ns) } else { end_ns };
        }
    }

    /// The log has come so far: more of it is something that happened.
    pub(super) fn hear(&mut self, seq: u64, now_ns: i64) {
        if self.heard != seq {
            self.heard = seq;
            self.moved(now_ns);
        }
    }

    /// When a second ends that something happened in.
    pub(super) const fn next_due_ns(&self) -> Option<i64> {
        self.due_ns
    }

    /// Notes every account that trades, or holds what has a price.
    pub(super) fn take(&mut self, engine: &Engine, at_ns: i64) {
        (self.due_ns, self.taken_ns) = (None, Some(at_ns));
        for (account, epoch) in engine.exposed() {
            let worth = engine.worth(account);
            let sample = Sample { ts_ns: at_ns, epoch, worth };
            self.courses.entry(account).or_default().add(sample);
        }
    }

    /// Notes an account as it is before its first order, where a course begins.
    pub(super) fn begin(&mut self, engine: &Engine, account: AccountId) {
        let epoch = engine.account_row(account).epoch;
        if epoch == 0 || engine.traders().any(|(id, _)| id == account) {
            return;
        }
        let course = self.courses.entry(account).or_default();
        // Money that was put in before it traded is no profit.
        course.samples.retain(|sample| sample.epoch != epoch);
        course.epoch = 0;
        course.add(Sample { ts_ns: engine.now_ns(), epoch, worth: engine.worth(account) });
    }

    /// Takes samples back that a store kept, oldest first, with the extremes of the last epoch: what
    /// is dropped between two of them may have been one.
    pub(super) fn put_back(&mut self, account: AccountId, kept: &[Kept], extremes: Extremes) {
        let course = self.courses.entry(account).or_default();
        for (ts_ns, epoch, sums) in kept {
            course.add(Sample { ts_ns: *ts_ns, epoch: *epoch, worth: Worth::of(*sums) });
        }
        let (peak, drawdown) = extremes;
        course.peak = course.peak.max(peak);
        course.drawdown = course.drawdown.max(drawdown);
    }

    /// Samples of an account after `since_ns`, oldest first, and the extremes of this epoch.
    pub(super) fn rows(&self, account: AccountId, since_ns: i64, limit: usize) -> Value {
        let course = self.courses.get(&account);
        let newest = course.into_iter().flat_map(|course| course.samples.newest_first());
        let wanted = newest.take_while(|sample| sample.ts_ns > since_ns).take(limit);
        let mut rows: Vec<Value> = wanted.map(Sample::row).collect();
        rows.reverse();
        Value::Map(vec![
            ("snapshots", Value::List(rows)),
            ("peak_nav_usd_1e9", Value::option(course.and_then(|found| found.peak))),
            ("max_drawdown_usd_1e9", course.map_or(0, |found| found.drawdown).into()),
        ])
    }
}

impl Timed for Sample {
    fn ts_ns(&self) -> i64 {
        self.ts_ns
    }
}

impl Sample {
    fn row(&self) -> Value {
        let mut row = vec![("ts_ns", self.ts_ns.into()), ("epoch", self.epoch.into())];
        row.extend(self.worth.fields());
        Value::Map(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::preset::INSTANT;

    #[test]
    fn the_end_of_a_second_is_noted_once_however_long_a_clock_stands_there() {
        let engine = Engine::new(1, "instant", INSTANT);
        let mut equity = Equity::default();
        for second in [5, 6] {
            equity.moved(5 * SECOND_NS);
            assert_eq!(equity.next_due_ns(), Some(second * SECOND_NS));
            equity.take(&engine, second * SECOND_NS);
        }
        equity.moved(6 * SECOND_NS + 1);
        assert_eq!(equity.next_due_ns(), Some(7 * SECOND_NS));
        equity.moved(7 * SECOND_NS);
        assert_eq!(equity.next_due_ns(), Some(7 * SECOND_NS), "its end has not been noted yet");
    }
}
