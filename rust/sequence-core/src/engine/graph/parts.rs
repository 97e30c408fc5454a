//! Nodes and edges of a graph at work: where each of them stands.

use std::sync::Arc;

use crate::graph::{EdgeSpec, NodeSize, NodeSpec, NodeStatus, Trigger, Word};
use crate::ids::{InstrumentKind, MarketId, OrderId, Outcome, SymbolId};
use crate::ledger::ReservationId;
use crate::number::{Price, Quantity};
use crate::registry::Resolved;
use crate::reject::RejectReason;

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
    /// How many of them are over.
    pub(in crate::engine) over: usize,
    /// Orders of them that can still trade.
    pub(in crate::engine) open: Vec<OrderId>,
    /// Sums over their other orders.
    pub(in crate::engine) ended: Sums,
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

    /// When a slice, a peg or a paced parent is due next.
    pub(in crate::engine) fn next_ns(&self) -> Option<i64> {
        let pace = self.pace.as_deref().filter(|pace| !pace.closed && !self.barred);
        let paced = pace.map(|pace| [pace.tick_ns, pace.end_ns]);
        paced.into_iter().flatten().chain([self.due_ns]).flatten().min()
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

impl Edge {
    /// It looks at prices of its target: they fire it, or say whether its condition holds now that
    /// the rest of it has come.
    pub(in crate::engine) const fn looks(&self) -> bool {
        let by_price = matches!(self.spec.trigger, Trigger::Price(_) | Trigger::Trail(_));
        let is_there = self.due_ns.is_none() && self.spec.condition.is_priced();
        self.armed_ns.is_some() && (by_price || is_there)
    }
}
