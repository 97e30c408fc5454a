//! The present, what is due when, and the order of what is due at one instant.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use crate::engine::seam::{VenueReport, VenueStep};
use crate::ids::{GraphIx, OrderId, VenueId};

/// What a timer does when it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Due {
    /// A venue goes on with what reached it.
    Step(VenueStep),
    /// What a venue told reaches the client.
    Report(VenueReport),
    /// The order's time is over.
    Expire(OrderId),
    /// The next slice of an order that chases the touch.
    Chase(OrderId),
    /// A time that a graph waits for.
    Graph(GraphIx),
    /// A funding boundary of a venue has passed.
    Funding(VenueId),
    /// 00:00 UTC.
    NewDay,
}

impl Due {
    /// Messages come before timers of the same instant. Funding is due right after its boundary,
    /// before anything else of that instant.
    const fn rank(&self) -> u8 {
        match self {
            Self::Step(_) | Self::Report(_) => 1,
            Self::Expire(_) | Self::Chase(_) | Self::NewDay | Self::Graph(_) => 2,
            Self::Funding(_) => 0,
        }
    }

    /// Messages go by their number. Timers go by what they are about, as a restart sets them in
    /// another order.
    const fn place(&self) -> (u8, u32) {
        match self {
            Self::Step(_) | Self::Report(_) | Self::Funding(_) => (0, 0),
            Self::Expire(order) => (1, order.0),
            Self::Chase(order) => (2, order.0),
            Self::Graph(graph) => (3, graph.0),
            Self::NewDay => (4, 0),
        }
    }
}

/// When, rank at that instant, place within it, and number: of one place earlier ones come first.
type Key = (i64, u8, (u8, u32), u64);

/// The present, and what is due when.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Agenda {
    now_ns: i64,
    timers: BTreeMap<Key, Due>,
    timer_seq: u64,
}

impl Agenda {
    /// Engine time, ns since the Unix epoch.
    pub(in crate::engine) const fn now_ns(&self) -> i64 {
        self.now_ns
    }

    /// Time moves on; it never goes back.
    pub(in crate::engine) fn move_to(&mut self, now_ns: i64) {
        self.now_ns = self.now_ns.max(now_ns);
    }

    pub(in crate::engine) fn add(&mut self, due_ns: i64, due: Due) {
        self.timer_seq += 1;
        self.timers.insert((due_ns, due.rank(), due.place(), self.timer_seq), due);
    }

    /// When the next timer is due.
    pub(in crate::engine) fn next_ns(&self) -> Option<i64> {
        self.timers.first_key_value().map(|((due, ..), _)| *due)
    }

    /// What is due next before an instant and rank, and when it was: what came due while nothing
    /// ran is done now, in the order of its times.
    pub(in crate::engine) fn take_due(&mut self, first: (i64, u8)) -> Option<(i64, Due)> {
        let is_due = |key: &Key| (key.0, key.1) < first;
        let entry = self.timers.first_entry().filter(|entry| is_due(entry.key()))?;
        let due_ns = entry.key().0;
        self.now_ns = self.now_ns.max(due_ns);
        Some((due_ns, entry.remove()))
    }

    /// True while something came due before an instant and was not done.
    pub(in crate::engine) fn owes_before(&self, due_ns: i64) -> bool {
        self.next_ns().is_some_and(|next| next < due_ns.min(self.now_ns))
    }

    /// Reports that are on their way and will have arrived by an instant, in the order they arrive.
    pub(in crate::engine) fn reports_until(
        &self,
        last_ns: i64,
    ) -> impl Iterator<Item = &VenueReport> {
        let due = self.timers.iter().take_while(move |((due_ns, ..), _)| *due_ns <= last_ns);
        due.filter_map(|(_, due)| match due {
            Due::Report(report) => Some(report),
            _ => None,
        })
    }

    /// Reports about these orders that are on their way, in the order sent.
    pub(in crate::engine) fn reports_about(&self, orders: &BTreeSet<OrderId>) -> Vec<Key> {
        let about = |due: &Due| matches!(due, Due::Report(told) if orders.contains(&told.leg.0));
        self.timers.iter().filter(|(_, due)| about(due)).map(|(key, _)| *key).collect()
    }

    /// One of them, unless it has arrived since.
    pub(in crate::engine) fn take_report(&mut self, key: Key) -> Option<VenueReport> {
        match self.timers.remove(&key) {
            Some(Due::Report(report)) => Some(report),
            _ => None,
        }
    }

    /// Orders of which something is on its way, at a venue or to a client.
    pub(in crate::engine) fn under_way(&self) -> BTreeSet<OrderId> {
        let about = |due: &Due| match due {
            Due::Step(step) => Some(step.order()),
            Due::Report(report) => Some(report.leg.0),
            Due::Chase(order) => Some(*order),
            Due::Expire(_) | Due::Graph(_) | Due::Funding(_) | Due::NewDay => None,
        };
        self.timers.values().filter_map(about).collect()
    }

    /// When what is due, for the hash of the world.
    pub(in crate::engine) fn hash_into(&self, hasher: &mut impl Hasher) {
        for (due_ns, rank, _, number) in self.timers.keys() {
            (due_ns, rank, number).hash(hasher);
        }
    }
}
