//! One graph at work: where each of its nodes and edges stands.

use std::collections::VecDeque;
use std::sync::Arc;

pub(in crate::engine) use super::want::{Firing, Root, Want};
use crate::graph::GraphStatus;
use crate::graph::NodeStatus;
use crate::graph::{Action, EdgeSpec, NodeSize, NodeSpec, Word};
use crate::hash::StateHasher;
use crate::ids::{
    AccountId, GraphIx, InstrumentKind, MarketId, OrderId, Outcome, Side, SymbolId, VenueId,
};
use crate::ledger::ReservationId;
use crate::number::{EXACT_PER_MONEY, Money, Price, Quantity, exact_notional};
use crate::registry::Resolved;
use crate::reject::{DoneReason, RejectReason};
use crate::risk::VenueSet;

/// What a node is to its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Role {
    /// It has orders of its own.
    Order,
    /// It places nothing itself and sums its slices.
    Parent,
    /// A slice of a parent, which number from 0 it is, and when it is due after the parent's start.
    Slice {
        /// Its parent.
        parent: usize,
        /// Which one.
        number: usize,
        /// Time after the parent's activation, ns.
        offset_ns: i64,
    },
    /// It undoes what the graph filled.
    Flatten,
}

/// Sums over orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) struct Sums {
    pub(in crate::engine) qty: i128,
    pub(in crate::engine) filled: i128,
    /// Σ price × quantity (1e-17).
    pub(in crate::engine) exact: i128,
    pub(in crate::engine) fees: i128,
}

impl Sums {
    pub(in crate::engine) fn add(&mut self, other: Self) {
        self.qty += other.qty;
        self.filled += other.filled;
        self.exact += other.exact;
        self.fees += other.fees;
    }
}

/// How a paced parent stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::engine) struct Pace {
    /// Its slices so far, in order.
    pub(in crate::engine) slices: Vec<usize>,
    /// Their shares of the total, where these are planned.
    pub(in crate::engine) shares: Vec<Quantity>,
    /// When it looks at the market again.
    pub(in crate::engine) tick_ns: Option<i64>,
    /// When its time is over.
    pub(in crate::engine) end_ns: Option<i64>,
    /// The worst price that it chases to.
    pub(in crate::engine) bound: Option<Price>,
    /// No further slice is made.
    pub(in crate::engine) closed: bool,
    /// Its time was over before it was done.
    pub(in crate::engine) expired: bool,
    /// What the market traded since the start (1e-8).
    pub(in crate::engine) volume: i128,
    /// The part of it that were fills of its own (1e-8).
    pub(in crate::engine) own: i128,
}

/// One node at work.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Node {
    pub(in crate::engine) spec: Arc<NodeSpec>,
    pub(in crate::engine) role: Role,
    pub(in crate::engine) symbol: SymbolId,
    pub(in crate::engine) outcome: Option<Outcome>,
    pub(in crate::engine) kind: InstrumentKind,
    pub(in crate::engine) status: NodeStatus,
    /// Every order it made; number `seq` is at `seq - 1`.
    pub(in crate::engine) orders: Vec<OrderId>,
    /// Orders that can still trade.
    pub(in crate::engine) open: Vec<OrderId>,
    /// Orders that were asked for and are not made yet.
    pub(in crate::engine) sending: u32,
    /// Sums over the others.
    pub(in crate::engine) ended: Sums,
    pub(in crate::engine) activated_ns: Option<i64>,
    pub(in crate::engine) done_ns: Option<i64>,
    /// Nothing of it starts any more.
    pub(in crate::engine) barred: bool,
    /// Total of a parent, share of a slice.
    pub(in crate::engine) planned: Quantity,
    /// What `reduce` edges took off before it started.
    pub(in crate::engine) reduced: Quantity,
    /// What they wait to take off while an amend is on its way.
    pub(in crate::engine) owed: Quantity,
    /// What an edge gave it after it was withdrawn: its own, but never sent.
    pub(in crate::engine) unsent: Quantity,
    /// What it holds before it has an order.
    pub(in crate::engine) held: Vec<(MarketId, ReservationId)>,
    pub(in crate::engine) failure: Option<RejectReason>,
    /// Amends, from 1.
    pub(in crate::engine) version: u32,
    /// Words that it has said, as bits.
    pub(in crate::engine) said: u32,
    /// When a passive slice crosses, or a pegged order looks again.
    pub(in crate::engine) due_ns: Option<i64>,
    /// When a pegged order was priced last.
    pub(in crate::engine) priced_ns: i64,
    pub(in crate::engine) pace: Option<Box<Pace>>,
    /// Mid of its symbol when it became active.
    pub(in crate::engine) arrival: Option<Price>,
    /// Edges that lead here and start it.
    pub(in crate::engine) incoming: Vec<usize>,
    /// Edges that leave here.
    pub(in crate::engine) outgoing: Vec<usize>,
}

impl Node {
    /// A node before anything happened.
    pub(in crate::engine) fn at_rest(
        spec: Arc<NodeSpec>,
        role: Role,
        symbol: Resolved,
        kind: InstrumentKind,
    ) -> Self {
        Self {
            spec,
            role,
            symbol: symbol.symbol,
            outcome: symbol.outcome,
            kind,
            status: NodeStatus::Waiting,
            orders: Vec::new(),
            open: Vec::new(),
            sending: 0,
            ended: Sums::default(),
            activated_ns: None,
            done_ns: None,
            barred: false,
            planned: Quantity::ZERO,
            reduced: Quantity::ZERO,
            owed: Quantity::ZERO,
            unsent: Quantity::ZERO,
            held: Vec::new(),
            failure: None,
            version: 1,
            said: 0,
            due_ns: None,
            priced_ns: 0,
            pace: None,
            arrival: None,
            incoming: Vec::new(),
            outgoing: Vec::new(),
        }
    }

    /// True the first time it says a word.
    pub(in crate::engine) fn says(&mut self, word: Word) -> bool {
        let bit = 1 << word as u32;
        let first = self.said & bit == 0;
        self.said |= bit;
        first
    }

    /// Its orders only reduce a perpetual position.
    pub(in crate::engine) fn only_reduces(&self) -> bool {
        let by_size = matches!(self.spec.size, NodeSize::Position(_));
        self.spec.execution.reduce_only || by_size && self.kind == InstrumentKind::Perp
    }

    pub(in crate::engine) const fn has_said(&self, word: Word) -> bool {
        self.said & (1 << word as u32) != 0
    }
}

/// Where an edge starts: a node, or the graph's acceptance.
pub(in crate::engine) type Source = Option<usize>;

/// One edge at work.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Edge {
    pub(in crate::engine) spec: EdgeSpec,
    pub(in crate::engine) from: Source,
    pub(in crate::engine) to: usize,
    pub(in crate::engine) fired: u32,
    /// It will not fire again.
    pub(in crate::engine) spent: bool,
    /// Firings that were not carried out yet.
    pub(in crate::engine) pending: u32,
    /// Units that it gave (1e-16).
    pub(in crate::engine) given: i128,
    /// Units that it owes: below a lot or a minimum (1e-16).
    pub(in crate::engine) residual: i128,
    pub(in crate::engine) last_fired_ns: Option<i64>,
    /// It waits for a price or a time since then.
    pub(in crate::engine) armed_ns: Option<i64>,
    /// When its time is.
    pub(in crate::engine) due_ns: Option<i64>,
    /// Best price that a trailing edge has seen.
    pub(in crate::engine) best: Option<Price>,
    /// Amends, from 1.
    pub(in crate::engine) version: u32,
}

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
    pub(in crate::engine) nodes: Vec<Node>,
    pub(in crate::engine) edges: Vec<Edge>,
    pub(in crate::engine) status: GraphStatus,
    pub(in crate::engine) reason: Option<Box<str>>,
    pub(in crate::engine) ending: Ending,
    pub(in crate::engine) paused: bool,
    /// The order that ended last was withdrawn by its owner.
    pub(in crate::engine) withdrawn: bool,
    /// A venue has an order of it.
    pub(in crate::engine) acked: bool,
    /// What fired while it was paused, in order of time.
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
    /// What it wants of the other parts, in order.
    pub(in crate::engine) wants: VecDeque<Want>,
    /// Edges that fired and were not carried out yet.
    pub(in crate::engine) fired: Vec<Firing>,
    /// Something of it is due now.
    pub(in crate::engine) is_due: bool,
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
            nodes: Vec::new(),
            edges: Vec::new(),
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
            wants: VecDeque::new(),
            fired: Vec::new(),
            is_due: false,
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
        self.nodes.iter().position(|node| node.orders.binary_search(&order).is_ok())
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
        self.parked.clear();
        let mut held = Vec::new();
        for node in &mut self.nodes {
            node.barred |= !node.status.is_terminal();
            held.extend(node.held.drain(..).map(|(_, reservation)| reservation));
        }
        held
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
        for node in self.nodes.iter_mut().filter(|node| node.symbol == symbol && allowed) {
            let here = node.spec.venue.is_none_or(|only| only == venue);
            let working = here && node.status == NodeStatus::Working;
            if let Some(pace) = node.pace.as_deref_mut().filter(|_| working) {
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

/// What was filled is worth at a price, less what it cost, in the quote at 1e-9.
pub(in crate::engine) fn gain(side: Side, sums: Sums, mark: Price) -> i128 {
    let filled = Quantity(i64::try_from(sums.filled).unwrap_or(i64::MAX));
    let value = exact_notional(mark, filled);
    let gain = if side == Side::Buy { value - sums.exact } else { sums.exact - value };
    gain / EXACT_PER_MONEY
}
