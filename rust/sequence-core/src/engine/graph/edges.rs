//! When edges fire: the words of their source, times, prices, and what must hold then.

use super::Work;
use super::price::Look;
use super::react::NO_FILL;
use super::run::{Edge, Ending, Firing, Role, Run, Source};
use crate::graph::{Action, Arm, Condition, Ratio, Trigger, Word};
use crate::number::{Money, Quantity};

const MS: i64 = 1_000_000;

impl Work<'_> {
    /// A source says a word: edges that wait for it fire, and edges that it arms look at prices.
    pub(super) fn say(&mut self, source: Source, word: Word, fill: (Quantity, Money)) {
        if self.run.ending != Ending::No {
            return;
        }
        for edge in outgoing(self.run, source) {
            if self.run.edges[edge].spent {
                continue;
            }
            match self.run.edges[edge].spec.trigger {
                Trigger::On(waits) if waits == word => self.fire(edge, fill),
                Trigger::Price(look) if arms(look.arm) == word => self.arm(edge),
                Trigger::Trail(look) if arms(look.arm) == word => self.arm(edge),
                _ => {}
            }
        }
    }

    /// A trigger came. Fires when the condition holds; otherwise a one-shot is spent, unless it is
    /// one that looks again, or no live book says yet whether it holds: a stop must not be lost to a
    /// gap of the feed.
    pub(super) fn fire(&mut self, at: usize, fill: (Quantity, Money)) {
        if self.run.edges[at].spent || self.run.ending != Ending::No {
            return;
        }
        let holds = self.holds(at);
        let may_tell = self.may_quote(self.markets_of(self.run.edges[at].to));
        let edge = &mut self.run.edges[at];
        if holds != Some(true) {
            let looks_again = matches!(
                edge.spec.trigger,
                Trigger::On(Word::Fill | Word::FillRatio) | Trigger::Price(_) | Trigger::Trail(_)
            );
            match holds {
                _ if looks_again => {}
                None if may_tell && fill == NO_FILL => {
                    edge.armed_ns = Some(self.engine.agenda.now_ns());
                    edge.due_ns = None;
                }
                _ => self.spend(at),
            }
            return;
        }
        edge.fired += 1;
        edge.pending += 1;
        edge.last_fired_ns = Some(self.engine.agenda.now_ns());
        edge.spent = !edge.spec.repeats();
        if edge.spent {
            (edge.armed_ns, edge.due_ns) = (None, None);
        }
        let starts = edge.spec.action == Action::Activate;
        self.run.updated_ns = self.engine.agenda.now_ns();
        self.edge_changed(at, "fired");
        let at_ns = self.engine.agenda.now_ns();
        let firing = Firing { graph: self.ix, edge: at, starts, at_ns, fill };
        self.run.fired.push(firing);
    }

    /// An edge that will not fire any more.
    fn spend(&mut self, at: usize) {
        let edge = &mut self.run.edges[at];
        edge.spent = true;
        (edge.armed_ns, edge.due_ns) = (None, None);
        self.run.check.push(edge.to);
        self.run.updated_ns = self.engine.agenda.now_ns();
        self.edge_changed(at, "spent");
    }

    /// An edge that waits for a price begins to look, and looks at once.
    pub(super) fn arm(&mut self, at: usize) {
        if self.run.edges[at].armed_ns.is_some() || self.run.edges[at].spent {
            return;
        }
        self.run.edges[at].armed_ns = Some(self.engine.agenda.now_ns());
        self.look(at);
    }

    /// Times that count from a source's activation.
    pub(super) fn arm_timeouts(&mut self, source: Source) {
        let now = self.engine.agenda.now_ns();
        for at in outgoing(self.run, source) {
            let edge = &mut self.run.edges[at];
            let chained = matches!(self.run.nodes[edge.to].role, Role::Slice { .. });
            if let Trigger::Timeout { ms } = edge.spec.trigger
                && !chained
                && !edge.spent
            {
                let wait = i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(MS);
                edge.due_ns = Some(now.saturating_add(wait));
                edge.armed_ns = Some(now);
            }
        }
    }

    /// True while the trigger of an edge can still come.
    pub(super) fn can_fire(&self, at: usize) -> bool {
        self.run.can_fire(&self.run.edges[at])
    }

    /// Whether the condition of an edge holds; `None` while no live book says so.
    fn holds(&self, at: usize) -> Option<bool> {
        let edge = &self.run.edges[at];
        let Condition { fill_ratio_gte, fill_ratio_lt, price_gte, price_lte, spread_bps_lte } =
            edge.spec.condition;
        let reaches = |ratio: Ratio| {
            let Some(source) = edge.from else { return false };
            let sums = self.sums(source);
            sums.qty > 0 && sums.filled * i128::from(Ratio::ONE.0) >= sums.qty * i128::from(ratio.0)
        };
        if fill_ratio_gte.is_some_and(|ratio| !reaches(ratio)) || fill_ratio_lt.is_some_and(reaches)
        {
            return Some(false);
        }
        if !edge.spec.condition.is_priced() {
            return Some(true);
        }
        let target = &self.run.nodes[edge.to];
        let look = Look { symbol: target.symbol, outcome: target.outcome, venue: None };
        let (bid, ask) = self.live_sides(look)?;
        let mid = bid.0.midpoint(ask.0);
        let (low, high) = (i128::from(bid.0), i128::from(ask.0));
        let is_tight = |most| (high - low) * 20_000 <= (high + low) * i128::from(most);
        let holds = price_gte.is_none_or(|price| mid >= price.0)
            && price_lte.is_none_or(|price| mid <= price.0)
            && spread_bps_lte.is_none_or(is_tight);
        Some(holds)
    }
}

impl Run {
    /// True while the trigger of an edge can still come.
    pub(in crate::engine) fn can_fire(&self, edge: &Edge) -> bool {
        if edge.spent || self.ending != Ending::No {
            return false;
        }
        if edge.armed_ns.is_some() {
            return true;
        }
        // The graph's own start has said all its words.
        let Some(source) = edge.from else { return false };
        let over = self.nodes[source].status.is_terminal();
        match edge.spec.trigger {
            Trigger::At { .. } => false,
            // Nothing of these comes after the source's last words.
            _ => !over,
        }
    }
}

/// Edges that leave a source, in body order.
pub(super) fn outgoing(run: &Run, source: Source) -> Vec<usize> {
    match source {
        Some(at) => run.nodes[at].outgoing.clone(),
        None => (0..run.edges.len()).filter(|at| run.edges[*at].from.is_none()).collect(),
    }
}

const fn arms(arm: Arm) -> Word {
    match arm {
        Arm::FullFill => Word::FullFill,
        Arm::FirstFill => Word::FirstFill,
        Arm::Accepted => Word::Accepted,
    }
}
