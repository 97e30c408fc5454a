//! One graph at work: where each of its nodes and edges stands.

use std::collections::VecDeque;
use std::sync::Arc;

use super::marked::Marked;
pub(in crate::engine) use super::parts::{Edge, Node, Pace, Role, Source, Sums};
use super::totals::Totals;
use super::waits::Waits;
pub(in crate::engine) use super::want::{Firing, Root, Want};
use crate::graph::Action;
use crate::graph::GraphStatus;
use crate::hash::StateHasher;
use crate::ids::{AccountId, OrderId, SymbolId, VenueId};
use crate::ledger::ReservationId;
use crate::number::Quantity;
use crate::reject::DoneReason;
use crate::risk::VenueSet;

/// How a graph is being ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Ending {
    /// It goes on.
    No,
    /// Somebody cancelled it.
    Cancelled,
    /// Another root was rejected before anything was sent.
    Unplaced,
    /// A failure action ended it.
    Failed,
    /// The same, and what it filled is undone once nothing of it is open.
    Flattening,
}

/// What the runtime limits look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) struct Watchdog {
    /// Where the loss is counted from: what a resume found (1e-9 USD).
    pub(in crate::engine) loss_base: i128,
    /// When marks were looked at last.
    pub(in crate::engine) looked_ns: Option<i64>,
    /// When they are to be looked at again.
    pub(in crate::engine) look_ns: Option<i64>,
    /// Since when the net quantity is above its limit.
    pub(in crate::engine) unhedged_ns: Option<i64>,
    /// When the graph's time is over.
    pub(in crate::engine) end_ns: Option<i64>,
    /// Limits that were broken and are told already, as bits.
    pub(in crate::engine) told: u32,
}

impl Watchdog {
    /// When it has to look next.
    pub(in crate::engine) fn next_ns(&self, grace_ns: i64) -> Option<i64> {
        let unhedged = self.unhedged_ns.map(|since| since.saturating_add(grace_ns));
        [self.look_ns, unhedged, self.end_ns].into_iter().flatten().min()
    }
}

/// One graph at work.
#[expect(clippy::struct_excessive_bools, reason = "independent facts of one graph")]
#[derive(Debug, Clone)]
pub(in crate::engine) struct Run {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) epoch: u32,
    pub(in crate::engine) nodes: Marked<Node>,
    pub(in crate::engine) edges: Marked<Edge>,
    /// Their times and symbols.
    pub(in crate::engine) waits: Waits,
    /// What its orders traded.
    pub(in crate::engine) totals: Totals,
    /// Every order of it with its node, in order.
    pub(in crate::engine) orders: Vec<(OrderId, usize)>,
    pub(in crate::engine) status: GraphStatus,
    pub(in crate::engine) reason: Option<Box<str>>,
    pub(in crate::engine) ending: Ending,
    pub(in crate::engine) paused: bool,
    /// The order that ended last was withdrawn by its owner.
    pub(in crate::engine) withdrawn: bool,
    /// A venue has an order of it.
    pub(in crate::engine) acked: bool,
    /// What fired while it was paused, or before a restart's first book of what it trades on, in
    /// order of time.
    pub(in crate::engine) parked: Vec<Firing>,
    pub(in crate::engine) dog: Watchdog,
    pub(in crate::engine) created_ns: i64,
    pub(in crate::engine) updated_ns: i64,
    /// The answer of its submit, as JSON text.
    pub(in crate::engine) first_answer: Arc<str>,
    /// Nodes whose end is to be looked for.
    pub(in crate::engine) check: Vec<usize>,
    /// Symbols whose prices it looks at, and whose trades it counts.
    pub(in crate::engine) watching: [Vec<SymbolId>; 2],
    /// The same from here on.
    pub(in crate::engine) wants_to_watch: [Option<Vec<SymbolId>>; 2],
    /// The symbols that it looks at are to be told anew.
    pub(in crate::engine) looks_elsewhere: bool,
    /// What it wants of the other parts, in order.
    pub(in crate::engine) wants: VecDeque<Want>,
    /// Edges that fired and were not carried out yet.
    pub(in crate::engine) fired: Vec<Firing>,
    /// Something of it is due, and was at this time.
    pub(in crate::engine) due_ns: Option<i64>,
    /// Its limits are to be looked at.
    pub(in crate::engine) is_risky: bool,
    /// The agenda wakes it then.
    pub(in crate::engine) wake_ns: Option<i64>,
    /// The agenda is to wake it then.
    pub(in crate::engine) wants_wake_ns: Option<i64>,
    /// After a restart: until then, what fell due waits for the books that it trades on.
    pub(in crate::engine) resumes_ns: Option<i64>,
    /// Venues that its orders may use.
    pub(in crate::engine) venues: VenueSet,
    /// Digests of its rows as they are kept.
    pub(in crate::engine) kept: [Vec<u64>; 2],
}

impl Run {
    /// A graph before anything happened, without nodes and edges.
    pub(in crate::engine) fn at_rest(
        account: AccountId,
        epoch: u32,
        venues: VenueSet,
        now_ns: i64,
    ) -> Self {
        Self {
            account,
            epoch,
            nodes: Marked::default(),
            edges: Marked::default(),
            waits: Waits::default(),
            totals: Totals::default(),
            orders: Vec::new(),
            status: GraphStatus::Accepted,
            reason: None,
            ending: Ending::No,
            paused: false,
            withdrawn: false,
            acked: false,
            parked: Vec::new(),
            dog: Watchdog::default(),
            created_ns: now_ns,
            updated_ns: now_ns,
            first_answer: Arc::from(""),
            check: Vec::new(),
            watching: [Vec::new(), Vec::new()],
            wants_to_watch: [None, None],
            looks_elsewhere: true,
            wants: VecDeque::new(),
            fired: Vec::new(),
            due_ns: None,
            is_risky: false,
            wake_ns: None,
            wants_wake_ns: None,
            resumes_ns: None,
            venues,
            kept: [Vec::new(), Vec::new()],
        }
    }

    /// The parent of a slice.
    pub(in crate::engine) fn parent_of(&self, at: usize) -> Option<usize> {
        match self.nodes[at].role {
            Role::Slice { parent, .. } => Some(parent),
            _ => None,
        }
    }

    /// The node of a name.
    pub(in crate::engine) fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| *node.spec.id == *name)
    }

    /// The edge of a name.
    pub(in crate::engine) fn find_edge(&self, name: &str) -> Option<usize> {
        self.edges.iter().position(|edge| *edge.spec.id == *name)
    }

    /// The node that an order belongs to.
    pub(in crate::engine) fn node_of(&self, order: OrderId) -> Option<usize> {
        let place = self.orders.binary_search_by_key(&order, |(id, _)| *id).ok()?;
        self.orders.get(place).map(|(_, at)| *at)
    }

    /// A node has one order more, the newest of the graph.
    pub(in crate::engine) fn add_order(&mut self, at: usize, order: OrderId) {
        self.orders.push((order, at));
        self.nodes[at].orders.push(order);
        self.nodes[at].open.push(order);
        if let Some(parent) = self.parent_of(at)
            && let Some(pace) = self.nodes[parent].pace.as_deref_mut()
        {
            pace.open.push(order);
        }
    }

    /// An order of a node ended: its sums stand.
    pub(in crate::engine) fn retire(&mut self, at: usize, order: OrderId, sums: Sums) {
        let Some(place) = self.nodes[at].open.iter().position(|open| *open == order) else {
            return;
        };
        // The oldest first, as after a restart: what ends them goes by this order.
        self.nodes[at].open.remove(place);
        self.nodes[at].ended.add(sums);
        let Some(parent) = self.parent_of(at) else { return };
        if let Some(pace) = self.nodes[parent].pace.as_deref_mut() {
            pace.open.retain(|open| *open != order);
            pace.ended.add(sums);
        }
    }

    /// Brings what it waits for up to date with what changed.
    pub(in crate::engine) fn index(&mut self) {
        for at in self.edges.take_fresh() {
            let edge = &self.edges[at];
            self.waits.note_edge(at, edge, self.nodes[edge.to].symbol);
        }
        for at in self.nodes.take_fresh() {
            self.waits.note_node(at, &self.nodes[at]);
        }
    }

    /// What a node holds before it has an order is free again.
    pub(in crate::engine) fn release_held(&mut self, at: usize) {
        for (_, reservation) in std::mem::take(&mut self.nodes[at].held) {
            self.wants.push_back(Want::Release(reservation));
        }
    }

    /// The account of the graph starts over: nothing of it starts any more. What it held.
    pub(in crate::engine) fn drop_for(&mut self, reason: DoneReason) -> Vec<ReservationId> {
        self.ending = Ending::Cancelled;
        self.reason = Some(reason.as_str().into());
        self.paused = false;
        self.drop_parked();
        let mut held = Vec::new();
        for node in self.nodes.iter_mut() {
            node.barred |= !node.status.is_terminal();
            held.extend(node.held.drain(..).map(|(_, reservation)| reservation));
        }
        held
    }

    /// What a pause kept is not carried out any more.
    pub(in crate::engine) fn drop_parked(&mut self) {
        for firing in std::mem::take(&mut self.parked) {
            let edge = &mut self.edges[firing.edge];
            edge.pending = edge.pending.saturating_sub(1);
        }
    }

    /// Leads a new edge into the lists of its ends.
    pub(in crate::engine) fn join(&mut self, edge: Edge) {
        let at = self.edges.len();
        if let Some(from) = edge.from {
            self.nodes[from].outgoing.push(at);
        }
        if edge.spec.action == Action::Activate {
            self.nodes[edge.to].incoming.push(at);
        }
        self.edges.push(edge);
    }

    /// A market traded: parents that take a share of it count it.
    pub(in crate::engine) fn meter(
        &mut self,
        (venue, symbol): (VenueId, SymbolId),
        traded: Quantity,
    ) {
        let allowed = self.venues.contains(venue);
        for at in self.waits.metering(symbol) {
            let here = self.nodes[at].spec.venue.is_none_or(|only| only == venue);
            if here
                && allowed
                && let Some(pace) = self.nodes[at].pace.as_deref_mut()
            {
                pace.volume += i128::from(traded.0);
            }
        }
    }

    /// What of it decides what comes next.
    pub(in crate::engine) fn hash_into(&self, hasher: &mut StateHasher) {
        hasher.word(self.status as u64);
        for node in &self.nodes {
            hasher.word(node.status as u64 | u64::from(node.barred) << 8);
            hasher.word(node.orders.len() as u64);
            hasher.signed(node.owed.0);
            hasher.signed(node.reduced.0);
            if node.unsent.0 != 0 {
                hasher.signed(node.unsent.0);
            }
        }
        for edge in &self.edges {
            hasher.word(u64::from(edge.fired) << 1 | u64::from(edge.spent));
            hasher.wide(edge.residual);
            hasher.signed(edge.due_ns.unwrap_or(-1));
            hasher.signed(edge.best.map_or(0, |price| price.0));
        }
        for firing in &self.parked {
            hasher.word(firing.edge as u64);
            hasher.signed(firing.at_ns);
        }
    }
}
