//! What a client asks of an execution graph, as plain data: nodes, edges and how orders are paced.
//!
//! It is read from the wire's JSON, which `engine::view` writes and a store keeps. Nothing here acts:
//! `engine::graph` says what is refused and what happens.

mod read;
mod status;
mod words;

use std::sync::Arc;

use crate::ids::{InstrumentKind, Side, VenueId};
use crate::number::{Money, Price, Quantity};
use crate::order::{Policy, TimeInForce, Urgency};
use crate::submit::{Size, Submit};

pub use status::{GraphStatus, NodeStatus};
pub use words::{Action, Activation, Arm, CatchUp, Join, PegTo, PriceReference, Reserve, Word};

/// The pseudo-source of edges: accepted and filled at the graph's acceptance, with quantity 0.
pub const START: &str = "@start";

/// A share at 1e-8; 100,000,000 is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio(pub i64);

impl Ratio {
    /// All of it.
    pub const ONE: Self = Self(100_000_000);
}

/// What a graph is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphSpec {
    /// Nodes, in body order.
    pub nodes: Vec<NodeSpec>,
    /// Edges, in body order.
    pub edges: Vec<EdgeSpec>,
}

/// How a node's orders are priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderType {
    /// At the best price there is, within the protection.
    Market,
    /// At a price or better.
    Limit(Price),
    /// At a price that follows the market.
    Peg(Peg),
}

/// A price that follows the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peg {
    /// What it follows.
    pub to: PegTo,
    /// Distance from it (1e-9).
    pub offset: i64,
    /// Never beyond this.
    pub limit: Option<Price>,
}

/// Size of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeSize {
    /// So many units.
    Fixed(Quantity),
    /// So much USD, turned into units at activation.
    Notional(Money),
    /// What the activating edge gives.
    FromEdge,
    /// A share of the position at activation; the order only reduces it.
    Position(Ratio),
}

/// How a node executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// How orders are worked.
    pub policy: Policy,
    /// Weight of latency risk.
    pub urgency: Urgency,
    /// Cap against the best opposite price at activation.
    pub max_slippage_bps: Option<u32>,
    /// Life of an order, or of a paced parent.
    pub horizon_ms: Option<u64>,
    /// Time in force.
    pub tif: Option<TimeInForce>,
    /// Only reduces a perp position.
    pub reduce_only: bool,
    /// How it is spread over time.
    pub pacing: Option<Pacing>,
    /// When it reserves what it may cost.
    pub reserve: Reserve,
}

impl Default for Execution {
    fn default() -> Self {
        Self {
            policy: Policy::Sor,
            urgency: Urgency::Medium,
            max_slippage_bps: None,
            horizon_ms: None,
            tif: None,
            reduce_only: false,
            pacing: None,
            reserve: Reserve::AtActivation,
        }
    }
}

/// How one order is spread over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pacing {
    /// Equal slices, one every interval.
    Uniform(Uniform),
    /// Slices in proportion to weights, one every interval.
    Profile {
        /// One per slice.
        weights: Vec<u64>,
        /// Time between slices.
        interval_ms: u64,
    },
    /// A share of what the market trades.
    Participation(Participation),
    /// A piece at a time.
    Iceberg {
        /// Size of a piece.
        display: Quantity,
        /// How much pieces differ.
        variance_pct: u32,
    },
    /// What the best opposite price offers, again and again.
    Chase {
        /// Time between two looks at it.
        interval_ms: u64,
    },
}

impl Pacing {
    /// True when its slices are made as they come due: nobody knows before how many there are.
    pub const fn is_lazy(&self) -> bool {
        match self {
            Self::Uniform(_) | Self::Profile { .. } => false,
            Self::Participation(_) | Self::Iceberg { .. } | Self::Chase { .. } => true,
        }
    }
}

/// Equal slices, one every interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uniform {
    /// How many.
    pub num_slices: u32,
    /// Time between them.
    pub interval_ms: u64,
    /// What becomes of what a slice leaves.
    pub catch_up: CatchUp,
    /// Share of the interval that a slice may be early or late.
    pub jitter_pct: u32,
    /// Slices rest at the best price of their own side for so long, then cross.
    pub passive_ms: Option<u64>,
}

/// A share of what the market trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Participation {
    /// The share.
    pub rate_bps: u32,
    /// Time between looks.
    pub interval_ms: u64,
    /// When it is over.
    pub max_ms: u64,
    /// What is left then is sent; otherwise it expires.
    pub finish: bool,
}

/// One order of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Name within the graph.
    pub id: Arc<str>,
    /// Symbol text of any form.
    pub symbol: Arc<str>,
    /// A hint: the symbol decides.
    pub kind_hint: InstrumentKind,
    /// Pin to a venue; `None` routes.
    pub venue: Option<VenueId>,
    /// Direction.
    pub side: Side,
    /// How orders are priced.
    pub order_type: OrderType,
    /// How much.
    pub size: NodeSize,
    /// How.
    pub execution: Execution,
    /// `None`: the edges say.
    pub activation: Option<Activation>,
    /// How many incoming edges it needs.
    pub join: Join,
}

impl NodeSpec {
    /// The node as an order of so many units, or of a size not known yet.
    pub fn order(&self, size: Size, limit: Option<Price>) -> Submit<'_> {
        let keys = &self.execution;
        Submit {
            limit,
            venue: self.venue,
            node_id: &self.id,
            kind_hint: self.kind_hint,
            policy: keys.policy,
            urgency: keys.urgency,
            max_slippage_bps: keys.max_slippage_bps,
            horizon_ms: keys.horizon_ms.filter(|_| keys.pacing.is_none()),
            tif: keys.tif,
            reduce_only: keys.reduce_only,
            ..Submit::new(&self.symbol, self.side, size)
        }
    }

    /// The limit price of its own.
    pub const fn limit(&self) -> Option<Price> {
        match self.order_type {
            OrderType::Limit(price) => Some(price),
            OrderType::Market | OrderType::Peg(_) => None,
        }
    }
}

/// A price bound that fires an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceTrigger {
    /// The bound.
    pub price: Price,
    /// Fires at or above it; otherwise at or below it.
    pub above: bool,
    /// Which price.
    pub reference: PriceReference,
    /// Where; `None`: over all venues.
    pub venue: Option<VenueId>,
    /// What the source must have done before.
    pub arm: Arm,
}

/// How far a price has come back from its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// At 1e-9.
    Price(Price),
    /// In basis points of the best.
    Bps(u32),
}

/// A price that came back from its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrailTrigger {
    /// How far.
    pub distance: Distance,
    /// The trigger lies above the lowest price; otherwise below the highest.
    pub above: bool,
    /// Looks at nothing before this price is reached.
    pub activate: Option<Price>,
    /// Which price.
    pub reference: PriceReference,
    /// Where; `None`: over all venues.
    pub venue: Option<VenueId>,
    /// What the source must have done before.
    pub arm: Arm,
}

/// What fires an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Something the source does.
    On(Word),
    /// So long after the source's activation.
    Timeout {
        /// How long.
        ms: u64,
    },
    /// A price.
    Price(PriceTrigger),
    /// A price that came back from its best.
    Trail(TrailTrigger),
    /// A time.
    At {
        /// When, ns since the Unix epoch.
        ns: i64,
    },
}

/// What must hold when an edge fires; `None` is no condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Condition {
    /// Source filled ÷ total at least this.
    pub fill_ratio_gte: Option<Ratio>,
    /// Source filled ÷ total below this.
    pub fill_ratio_lt: Option<Ratio>,
    /// Mid of the target's symbol at or above this.
    pub price_gte: Option<Price>,
    /// Mid of the target's symbol at or below this.
    pub price_lte: Option<Price>,
    /// Spread of the target's symbol at most this.
    pub spread_bps_lte: Option<u32>,
}

impl Condition {
    /// True when a book has to say whether it holds.
    pub const fn is_priced(&self) -> bool {
        self.price_gte.is_some() || self.price_lte.is_some() || self.spread_bps_lte.is_some()
    }
}

/// What an edge gives its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizing {
    /// The target's own quantity.
    Target,
    /// Of the fill that fired it.
    FromFill(Ratio),
    /// The USD value of that fill, at the target's price.
    FromFillNotional(Ratio),
    /// Of all that the source filled, less what the edge gave.
    FromFilled(Ratio),
    /// Of what the source did not fill.
    Remaining(Ratio),
    /// So many units.
    Fixed(Quantity),
    /// So much USD.
    Notional(Money),
}

/// When the source does this, the target is activated, cancelled or reduced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeSpec {
    /// Name within the graph.
    pub id: Arc<str>,
    /// Source: a node, or [`START`].
    pub from: Arc<str>,
    /// Target.
    pub to: Arc<str>,
    /// What fires it.
    pub trigger: Trigger,
    /// What must hold then.
    pub condition: Condition,
    /// `None`: by default of trigger and action.
    pub sizing: Option<Sizing>,
    /// What it does.
    pub action: Action,
}

impl EdgeSpec {
    /// What it gives its target.
    pub const fn sizing(&self) -> Sizing {
        match (self.sizing, self.action, self.trigger) {
            (Some(sizing), ..) => sizing,
            (None, Action::Reduce, _) | (None, _, Trigger::On(Word::Fill)) => {
                Sizing::FromFill(Ratio::ONE)
            }
            (None, ..) => Sizing::Target,
        }
    }

    /// True when its target goes on with what its source filled.
    pub const fn passes_fills_on(&self) -> bool {
        let sizing = self.sizing();
        matches!(sizing, Sizing::FromFill(_) | Sizing::FromFillNotional(_) | Sizing::FromFilled(_))
    }

    /// True when it fires on every fill.
    pub const fn repeats(&self) -> bool {
        matches!(self.trigger, Trigger::On(Word::Fill))
    }
}
