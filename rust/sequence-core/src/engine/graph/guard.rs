//! The runtime limits of a graph: loss, what is not hedged, time.

use std::collections::BTreeMap;

use super::Work;
use super::run::{Ending, Watchdog};
use crate::number::{format_decimal, format_fixed};

const MS: i64 = 1_000_000;
/// Marks are looked at not more often than this.
const LOOK_NS: i64 = 1_000_000_000;

/// The limits, as bits of [`Watchdog::told`].
const LOSS: u32 = 1;
const UNHEDGED: u32 = 2;
const DURATION: u32 = 4;

impl Work<'_> {
    /// Looks at the limits: after fills at once, on marks at most once a second. What is made up
    /// after a restart meets them as of its own time.
    pub(super) fn guard(&mut self, as_of_ns: i64) {
        let over = self.run.ending != Ending::No || self.run.status.is_terminal();
        if over || self.run.paused || self.waits_for_books() {
            return;
        }
        let now = self.engine.agenda.now_ns();
        (self.run.dog.look_ns, self.run.dog.looked_ns) = (None, Some(now));
        let Some((limit, why)) = self.breach(now.min(as_of_ns)) else { return };
        let first = self.run.dog.told & limit == 0;
        self.run.dog.told |= limit;
        if first {
            let action = self.engine.desk.graph(self.ix).risk().on_runtime_breach;
            self.fail(action, &why, true);
        }
    }

    /// The first limit that is broken and not told yet, and what to say of it.
    fn breach(&mut self, now: i64) -> Option<(u32, String)> {
        let limits = self.engine.desk.graph(self.ix).risk().runtime;
        let untold = |told: u32, limit: u32| told & limit == 0;
        if let Some(most) = limits.max_loss.filter(|_| untold(self.run.dog.told, LOSS)) {
            // What cannot be valued was not admitted with this limit.
            let pnl = self.pnl().unwrap_or(self.run.dog.loss_base) - self.run.dog.loss_base;
            if -pnl >= most.0 {
                return Some((LOSS, format!("max_loss_usd: {}", cents(pnl))));
            }
        }
        if let Some(most) = limits.max_unhedged.filter(|_| untold(self.run.dog.told, UNHEDGED)) {
            let worst = self.net_quantities().into_iter().max_by_key(|(_, net)| net.abs());
            let over = worst.filter(|(_, net)| net.abs() > i128::from(most.0));
            let since = over.as_ref().map(|_| self.run.dog.unhedged_ns.unwrap_or(now));
            self.run.dog.unhedged_ns = since;
            if let (Some((asset, net)), Some(since)) = (over, since)
                && now.saturating_sub(since) >= self.grace_ns()
            {
                self.run.dog.unhedged_ns = None;
                let net = format_decimal(net, 8);
                return Some((UNHEDGED, format!("max_unhedged_qty: {net} {asset}")));
            }
        }
        if self.run.dog.end_ns.is_some_and(|end| end <= now) {
            self.run.dog.end_ns = None;
            return Some((DURATION, "max_duration_ms".to_owned()));
        }
        None
    }

    /// How long the net quantity may be above its limit.
    pub(super) fn grace_ns(&self) -> i64 {
        let limits = &self.engine.desk.graph(self.ix).risk().runtime;
        i64::from(limits.unhedged_grace_ms).saturating_mul(MS)
    }

    /// The limits count from now: acceptance, or a resume.
    pub(super) fn restart_limits(&mut self) {
        let limits = self.engine.desk.graph(self.ix).risk().runtime;
        let now = self.engine.agenda.now_ns();
        let life = limits.max_duration_ms.map(|ms| i64::from(ms).saturating_mul(MS));
        self.run.dog = Watchdog {
            loss_base: if self.run.dog == Watchdog::default() {
                0
            } else {
                self.pnl().unwrap_or(0)
            },
            end_ns: life.map(|life| now.saturating_add(life)),
            ..Watchdog::default()
        };
        self.run.is_risky = true;
    }

    /// A mark moved: the loss is looked at now, or when a second has passed since the last look.
    pub(super) fn marks_moved(&mut self) {
        let limits = self.engine.desk.graph(self.ix).risk().runtime;
        if limits.max_loss.is_none() || self.run.dog.told & LOSS != 0 {
            return;
        }
        let now = self.engine.agenda.now_ns();
        let next = self.run.dog.looked_ns.map(|last| last.saturating_add(LOOK_NS));
        match next.filter(|next| *next > now) {
            Some(next) => self.run.dog.look_ns = Some(next),
            None => self.run.is_risky = true,
        }
    }

    /// True while marks of what it filled say what the graph lost.
    pub(super) fn counts_losses(&self) -> bool {
        let limits = &self.engine.desk.graph(self.ix).risk().runtime;
        limits.max_loss.is_some() && self.run.ending == Ending::No
    }

    /// Profit and loss of the graph's fills at the mid, less fees, in USD at 1e-9; `None` where
    /// nothing values one of them.
    pub(super) fn pnl(&self) -> Option<i128> {
        Some(self.engine.run_pnl(self.run)? - self.run.totals.fees()?)
    }

    /// Bought less sold, by what the quantities are of.
    fn net_quantities(&self) -> BTreeMap<String, i128> {
        let mut net = BTreeMap::new();
        for (symbol, outcome, traded) in self.run.totals.iter() {
            let asset = self.engine.facts().exposed_to(symbol, outcome).to_owned();
            *net.entry(asset).or_insert(0) += traded.net;
        }
        net
    }
}

/// USD with two digits, rounded down.
fn cents(usd: i128) -> String {
    format_fixed(usd.div_euclid(10_000_000), 2)
}
