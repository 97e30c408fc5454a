//! What accounts were worth, second by second: kept dense for the last minutes, then thinned.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::Engine;
use crate::engine::view::{Value, Worth};
use crate::ids::AccountId;

const SECOND_NS: i64 = 1_000_000_000;
/// Seconds between samples, and how many are kept, from the newest to the oldest.
const TIERS: [(i64, usize); 3] = [(1, 1_200), (10, 2_160), (60, 10_080)];

/// An account at the end of one second.
#[derive(Debug, Clone, Copy)]
struct Sample {
    ts_ns: i64,
    epoch: u32,
    worth: Worth,
}

/// The course of one account.
#[derive(Debug, Clone, Default)]
struct Course {
    epoch: u32,
    tiers: [VecDeque<Sample>; 3],
    /// Highest value of the epoch, and the deepest fall from a highest one before it.
    peak: Option<i128>,
    drawdown: i128,
}

impl Course {
    fn add(&mut self, sample: Sample) {
        if self.epoch != sample.epoch {
            (self.epoch, self.peak, self.drawdown) = (sample.epoch, None, 0);
        }
        let peak = self.peak.map_or(sample.worth.nav, |peak| peak.max(sample.worth.nav));
        self.peak = Some(peak);
        self.drawdown = self.drawdown.max(peak - sample.worth.nav);
        let mut carried = Some(sample);
        for (tier, (step_s, kept)) in self.tiers.iter_mut().zip(TIERS) {
            let Some(sample) = carried.take() else { return };
            let slot = |ts_ns: i64| ts_ns.div_euclid(step_s * SECOND_NS);
            if tier.back().is_some_and(|last| slot(last.ts_ns) == slot(sample.ts_ns)) {
                return;
            }
            tier.push_back(sample);
            carried = if tier.len() > kept { tier.pop_front() } else { None };
        }
    }

    fn newest_first(&self) -> impl Iterator<Item = &Sample> {
        self.tiers.iter().flat_map(|tier| tier.iter().rev())
    }
}

/// The courses of all accounts that trade.
#[derive(Debug, Clone, Default)]
pub(super) struct Equity {
    courses: BTreeMap<AccountId, Course>,
    due_ns: Option<i64>,
    heard: u64,
}

impl Equity {
    /// Something happened: the second it happened in has an end worth noting.
    pub(super) fn moved(&mut self, now_ns: i64) {
        if self.due_ns.is_none() {
            let second = now_ns.saturating_sub(1).div_euclid(SECOND_NS).saturating_add(1);
            self.due_ns = second.checked_mul(SECOND_NS);
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

    /// Notes every account that trades.
    pub(super) fn take(&mut self, engine: &Engine, at_ns: i64) {
        self.due_ns = None;
        for (account, epoch) in engine.traders() {
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
        for tier in &mut course.tiers {
            // Money that was put in before it traded is no profit.
            tier.retain(|sample| sample.epoch != epoch);
        }
        course.epoch = 0;
        course.add(Sample { ts_ns: engine.now_ns(), epoch, worth: engine.worth(account) });
    }

    /// Samples of an account after `since_ns`, oldest first, and the extremes of this epoch.
    pub(super) fn rows(&self, account: AccountId, since_ns: i64, limit: usize) -> Value {
        let course = self.courses.get(&account);
        let newest = course.into_iter().flat_map(Course::newest_first);
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

impl Sample {
    fn row(&self) -> Value {
        let mut row = vec![("ts_ns", self.ts_ns.into()), ("epoch", self.epoch.into())];
        row.extend(self.worth.fields());
        Value::Map(row)
    }
}
