//! Everything a client or a source can ask of the engine, as plain data.

pub use crate::submit::{Size, Submit};

use crate::graph::{Condition, GraphSpec, Trigger};
use crate::ids::{AccountId, AssetKind, MarketId, OrderId, VenueId};
use crate::number::{Money, Price, Quantity};
use crate::order::Urgency;
use crate::reject::{DoneReason, RejectReason};
use crate::risk::{GraphRisk, Mode};
use crate::tape::MarketEvent;
use crate::venue::Terms;

/// A graph of orders that follow each other.
#[derive(Debug, Clone)]
pub struct SubmitGraph<'a> {
    /// Its nodes and edges.
    pub spec: &'a GraphSpec,
    /// Idempotency key of the client; `None` lets the engine make one.
    pub graph_id: Option<&'a str>,
    /// Free JSON text of the client, kept and returned.
    pub metadata: &'a str,
    /// Wallet of the client: nothing here trades from one, and another one is another request.
    pub wallet: Option<&'a str>,
    /// Its limits.
    pub risk: GraphRisk,
    /// Mode of the key that sends it.
    pub by: Mode,
}

/// A change of what an edge waits for; `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct AmendEdge<'a> {
    /// The graph, or one of its orders.
    pub id: &'a str,
    /// Edge of the graph.
    pub edge_id: &'a str,
    /// What fires it.
    pub trigger: Option<Trigger>,
    /// What must hold then.
    pub condition: Option<Condition>,
    /// Refuses when the row has another version.
    pub expected_version: Option<u32>,
    /// Mode of the key that sends it.
    pub by: Mode,
}

/// A change of an open order; `None` leaves a value as it is.
#[derive(Debug, Clone, Default)]
pub struct Amend<'a> {
    /// Order, or a graph of one order.
    pub id: &'a str,
    /// New total quantity, the filled part included.
    pub new_qty: Option<Quantity>,
    /// Quantity to take off the total.
    pub reduce_by: Option<Quantity>,
    /// New limit price.
    pub new_price: Option<Price>,
    /// Refuses when the row has another version.
    pub expected_version: Option<u32>,
    /// Mode of the key that sends it.
    pub by: Mode,
}

/// A change of a node: of its newest open order, and of how that is worked.
#[derive(Debug, Clone, Default)]
pub struct AmendNode<'a> {
    /// Node of the graph.
    pub node_id: &'a str,
    /// What an order of it can change; `id` is the graph, or one of its orders.
    pub change: Amend<'a>,
    /// New cap against the best opposite price.
    pub max_slippage_bps: Option<u32>,
    /// New life, from the order's creation.
    pub horizon_ms: Option<u64>,
    /// New weight of latency risk.
    pub urgency: Option<Urgency>,
}

/// One row of a position write.
#[derive(Debug, Clone)]
pub struct PositionRow<'a> {
    /// Venue.
    pub venue: VenueId,
    /// Kind.
    pub kind: AssetKind,
    /// Symbol as first written.
    pub symbol: &'a str,
    /// Quantity; signed for perps.
    pub quantity: Quantity,
    /// Cost basis per unit in USD; `None` takes the default of the kind.
    pub entry: Option<Price>,
}

/// One venue message of a batch, of a market named as its source spells it.
#[derive(Debug, Clone, Copy)]
pub struct MarketRow<'a> {
    /// Venue.
    pub venue: VenueId,
    /// Symbol text of any form.
    pub symbol: &'a str,
    /// A snapshot: lists the market when nothing did yet.
    pub is_first: bool,
    /// Events of the message; the last carries the last-of-message flag. A listing has none.
    pub events: &'a [MarketEvent],
    /// What its caller says of the market's grid.
    pub said: Terms,
}

/// How a whole event market ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// One unit of the named outcome pays this much, from 0 to 1; the other outcome the rest.
    Value(Price),
    /// The market never counted: holdings are paid back at cost.
    Void,
}

/// What a real venue told of one order, as texts and numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTold<'a> {
    /// It has the order.
    Ack {
        /// Its own name of it.
        venue_order: &'a str,
    },
    /// It refused the order.
    Reject {
        /// Why.
        reason: RejectReason,
        /// Its words.
        text: &'a str,
    },
    /// Part of it traded.
    Fill {
        /// Its name of the trade; a market's venue names each trade once.
        trade: &'a str,
        /// Price, in the order's own outcome.
        price: Price,
        /// Quantity.
        quantity: Quantity,
        /// Fee it took; negative: a rebate.
        fee: Money,
        /// Code of the asset it took it in.
        fee_asset: &'a str,
        /// The order rested.
        is_maker: bool,
    },
    /// It took back what it had told as traded.
    Reversed {
        /// Its name of the trade.
        trade: &'a str,
    },
    /// The rest is gone.
    Done {
        /// Why.
        reason: DoneReason,
        /// Filled in all. The end waits for fills that were not told yet.
        filled: Quantity,
    },
    /// A change is in force.
    Amended {
        /// Total quantity after it.
        qty: Quantity,
        /// Limit after it, where the venue says it.
        price: Option<Price>,
    },
    /// A change was refused: the order is as before.
    AmendRefused,
    /// No answer came. Nothing changes but that somebody has to ask.
    Unknown,
}

/// A command of the engine. Reads are not commands.
#[derive(Debug, Clone)]
pub enum Command<'a> {
    /// One venue message of one market.
    Market {
        /// Market.
        market: MarketId,
        /// Events of the message; the last carries the last-of-message flag.
        events: &'a [MarketEvent],
    },
    /// Several venue messages of hand-fed markets, in order: all of them, or none.
    MarketRows {
        /// One message each.
        rows: &'a [MarketRow<'a>],
    },
    /// A real venue told something of an order of a live account.
    Report {
        /// Venue.
        venue: VenueId,
        /// The name that its request gave the order.
        client_order_id: &'a str,
        /// When, by the venue's clock, ns.
        venue_ns: i64,
        /// What.
        told: TextTold<'a>,
    },
    /// Time passes: timers fire.
    Advance,
    /// A client submits an order.
    Submit {
        /// Whose.
        account: AccountId,
        /// What.
        order: Submit<'a>,
    },
    /// A client submits a graph.
    SubmitGraph {
        /// Whose.
        account: AccountId,
        /// What.
        graph: SubmitGraph<'a>,
    },
    /// A client changes what an edge of a graph waits for.
    AmendEdge {
        /// Whose.
        account: AccountId,
        /// What.
        change: AmendEdge<'a>,
    },
    /// A client cancels an order, or a graph when the id is one.
    CancelOrder {
        /// Whose.
        account: AccountId,
        /// Order or graph id.
        id: &'a str,
    },
    /// A strategy in the same process cancels an order by its number.
    CancelNumber {
        /// Whose.
        account: AccountId,
        /// Order.
        order: OrderId,
    },
    /// A client cancels a graph, named by its own id or by one of its orders.
    CancelGraph {
        /// Whose.
        account: AccountId,
        /// Graph or order id.
        id: &'a str,
    },
    /// A client changes an open order.
    Amend {
        /// Whose.
        account: AccountId,
        /// What.
        change: Amend<'a>,
    },
    /// A client changes a node of a graph.
    AmendNode {
        /// Whose.
        account: AccountId,
        /// What.
        change: AmendNode<'a>,
    },
    /// A client resumes a paused graph.
    Resume {
        /// Whose.
        account: AccountId,
        /// Graph or order id.
        id: &'a str,
        /// Mode of the key that asks.
        by: Mode,
    },
    /// A client cancels every open order with an open leg at a venue.
    CancelVenue {
        /// Whose.
        account: AccountId,
        /// Where.
        venue: VenueId,
    },
    /// A client stops new orders of one mode.
    EngageSwitch {
        /// Whose.
        account: AccountId,
        /// Of which mode.
        mode: Mode,
        /// Key that asks.
        by: &'a str,
        /// Text for people.
        reason: Option<&'a str>,
    },
    /// A client allows new orders of one mode again.
    ClearSwitch {
        /// Whose.
        account: AccountId,
        /// Of which mode.
        mode: Mode,
    },
    /// A client writes positions.
    SetPositions {
        /// Whose.
        account: AccountId,
        /// Rows.
        rows: &'a [PositionRow<'a>],
        /// Delete all rows first.
        replace: bool,
    },
    /// An event market ends, or its end is corrected: every account is settled.
    Settle {
        /// Venue.
        venue: VenueId,
        /// Ticker, slug or token id; the market's own name means YES.
        market_slug: &'a str,
        /// What it pays.
        outcome: Settlement,
    },
    /// A client claims what its resolved holdings of one market pay.
    Redeem {
        /// Whose.
        account: AccountId,
        /// Venue.
        venue: VenueId,
        /// Ticker, slug or token id.
        market_slug: &'a str,
    },
    /// The funding rate of a perpetual from now on.
    SetFundingRate {
        /// Venue.
        venue: VenueId,
        /// Symbol of any form.
        symbol: &'a str,
        /// Paid by longs per boundary, as a share of the notional (1e-9); negative: by shorts.
        rate_1e9: i64,
    },
    /// A client starts over.
    Reset {
        /// Whose.
        account: AccountId,
        /// Balance of each seeded cash row.
        initial: Quantity,
    },
}
