//! What lists ask of every row they pass: the first bytes of one that was folded.

use crate::engine::desk::account::{Graph, GraphId};
use crate::engine::desk::fill::Fill;
use crate::engine::exchange::evidence::Liquidity;
use crate::folded::Folds;
use crate::ids::{AccountId, GraphIx, MarketId, OrderId, Outcome, Side, SymbolId, VenueId};
use crate::number::Quantity;
use crate::order::{Leg, Order, OrderStatus};
use crate::pack::packs;
use crate::reject::DoneReason;

/// Of an order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OrderHead {
    pub(crate) status: OrderStatus,
    pub(crate) done: Option<DoneReason>,
    pub(crate) filled: Quantity,
    pub(crate) created_seq: u64,
    pub(crate) event_seq: u64,
    pub(crate) account: AccountId,
    pub(crate) graph: GraphIx,
    pub(crate) symbol: SymbolId,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) side: Side,
    pub(crate) pinned: Option<VenueId>,
}

/// Of a fill.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FillHead {
    pub(crate) order: OrderId,
    pub(crate) market: MarketId,
    pub(crate) event_seq: u64,
    pub(crate) ts_ns: i64,
}

/// Of a graph.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GraphHead {
    pub(crate) id: GraphId,
    pub(crate) order: Option<OrderId>,
}

// The rows begin with the same fields, in this order.
packs!(
    OrderHead {
        status, done, filled, created_seq, event_seq, account, graph, symbol, outcome, side, pinned,
    }
    FillHead { order, market, event_seq, ts_ns }
    GraphHead { id, order }
);

impl Folds for Order {
    type Head = OrderHead;

    fn rests(&self) -> bool {
        let open = |leg: &Leg| leg.reservation.is_some() || leg.reshape.is_some();
        self.status.is_terminal() && self.amending.is_none() && !self.legs.iter().any(open)
    }

    fn head(&self) -> OrderHead {
        OrderHead {
            status: self.status,
            done: self.done,
            filled: self.filled,
            created_seq: self.created_seq,
            event_seq: self.event_seq,
            account: self.spec.account,
            graph: self.spec.graph,
            symbol: self.spec.symbol,
            outcome: self.spec.outcome,
            side: self.spec.side,
            pinned: self.spec.pinned,
        }
    }

    fn kind(&self) -> usize {
        let end = match self.status {
            OrderStatus::Filled => 0,
            OrderStatus::Cancelled => 1,
            OrderStatus::Rejected => 2,
            _ => 3,
        };
        2 * end + usize::from(self.spec.side == Side::Sell)
    }
}

impl Folds for Fill {
    type Head = FillHead;

    fn rests(&self) -> bool {
        true
    }

    fn head(&self) -> FillHead {
        let Self { order, market, event_seq, ts_ns, .. } = *self;
        FillHead { order, market, event_seq, ts_ns }
    }

    fn kind(&self) -> usize {
        match &self.evidence.liquidity {
            Liquidity::Taker(_, bounds) => usize::from(bounds.cap < self.price),
            Liquidity::Maker(..) => 2,
            Liquidity::Venue(_) => 3,
        }
    }
}

impl Folds for Graph {
    type Head = GraphHead;

    fn rests(&self) -> bool {
        let first = self.first_answer.as_deref();
        let changed = first.is_some_and(|order| order.legs.iter().any(|leg| leg.reshape.is_some()));
        self.order.is_some() && self.limits.is_none() && !changed
    }

    fn head(&self) -> GraphHead {
        GraphHead { id: self.id.clone(), order: self.order }
    }

    fn kind(&self) -> usize {
        let is_named = matches!(self.id, GraphId::Client(_));
        2 * usize::from(is_named) + usize::from(self.first_answer.is_some())
    }
}
