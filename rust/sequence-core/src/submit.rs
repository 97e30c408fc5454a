//! One order as a client asks for it, as plain data: what a graph is made of, and what a command
//! carries.

use crate::ids::{InstrumentKind, Side, VenueId};
use crate::number::{Money, Price, Quantity};
use crate::order::{Policy, TimeInForce, Urgency};
use crate::risk::{GraphRisk, Mode};

/// Size of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// In units of the instrument.
    Quantity(Quantity),
    /// In USD; becomes a quantity once, at activation.
    Notional(Money),
}

/// A graph of one node: what a simple order is.
#[derive(Debug, Clone)]
pub struct Submit<'a> {
    /// Symbol text of any form.
    pub symbol: &'a str,
    /// Direction.
    pub side: Side,
    /// Size.
    pub size: Size,
    /// Limit price; `None` is a market order.
    pub limit: Option<Price>,
    /// Pin to a venue; `None` routes.
    pub venue: Option<VenueId>,
    /// Idempotency key of the client; `None` lets the engine make one.
    pub graph_id: Option<&'a str>,
    /// Node id, `order` for simple orders.
    pub node_id: &'a str,
    /// A hint: the symbol decides.
    pub kind_hint: InstrumentKind,
    /// How it is worked.
    pub policy: Policy,
    /// Weight of latency risk.
    pub urgency: Urgency,
    /// Cap against the best opposite price at activation.
    pub max_slippage_bps: Option<u32>,
    /// Life of the order.
    pub horizon_ms: Option<u64>,
    /// Time in force; by default `gtc` for limit and `ioc` for market orders.
    pub tif: Option<TimeInForce>,
    /// Only reduces a perp position.
    pub reduce_only: bool,
    /// Free JSON text of the client, kept and returned.
    pub metadata: &'a str,
    /// Wallet of the client: nothing here trades from one, and another one is another request.
    pub wallet: Option<&'a str>,
    /// Limits of the graph.
    pub risk: GraphRisk,
    /// Mode of the key that sends it.
    pub by: Mode,
}

impl<'a> Submit<'a> {
    /// A market order that routes, with every default of the wire contract.
    pub fn new(symbol: &'a str, side: Side, size: Size) -> Self {
        Self {
            symbol,
            side,
            size,
            limit: None,
            venue: None,
            graph_id: None,
            node_id: "order",
            kind_hint: InstrumentKind::Spot,
            policy: Policy::Sor,
            urgency: Urgency::Medium,
            max_slippage_bps: None,
            horizon_ms: None,
            tif: None,
            reduce_only: false,
            metadata: "{}",
            wallet: None,
            risk: GraphRisk::default(),
            by: Mode::Sandbox,
        }
    }
}
