//! What the lives of markets and positions need to remember: settlements, funding, liquidations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::Settlement;
use crate::engine::portfolio::margin::{Holdings, MarginKey};
use crate::engine::portfolio::triggers::Triggers;
use crate::ids::{AccountId, AssetId, MarketId, OrderId, RowIx, VenueId};
use crate::number::Money;
use crate::position::Position;

/// One holding that was paid, with what it takes to pay it back.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Paid {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) asset: AssetId,
    pub(in crate::engine) row: RowIx,
    /// Ledger amount of the outcome that left.
    pub(in crate::engine) units: Money,
    pub(in crate::engine) payout: Money,
    /// What the payment left to the rounding account.
    pub(in crate::engine) rounding: Money,
    /// The row before it was paid, and after: a row that differs was written anew since.
    pub(in crate::engine) before: Position,
    pub(in crate::engine) after: Position,
}

/// The newest resolution of one event market.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Settled {
    /// From 1; a correction is the next one.
    pub(in crate::engine) number: u32,
    pub(in crate::engine) outcome: Settlement,
    /// Holdings under this resolution, and what they pay in all.
    pub(in crate::engine) positions: u32,
    pub(in crate::engine) payout: Money,
    pub(in crate::engine) paid: Vec<Paid>,
}

/// State of everything that happens to positions without an order of their owner.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Life {
    /// Event markets that ended, by venue and name.
    pub(in crate::engine) settled: BTreeMap<(VenueId, Arc<str>), Settled>,
    /// Funding rates by perpetual (1e-9 per boundary).
    pub(in crate::engine) rates: BTreeMap<MarketId, i64>,
    /// Venues whose next funding boundary has a timer.
    pub(in crate::engine) funding_armed: BTreeSet<VenueId>,
    /// Open positions of margin accounts.
    pub(in crate::engine) holdings: Holdings,
    /// The marks at which they are judged.
    pub(in crate::engine) triggers: Triggers,
    /// Margin accounts that changed since they were judged.
    pub(in crate::engine) unjudged: BTreeSet<MarginKey>,
    /// A judgement is under way: what it changes is its own business.
    pub(in crate::engine) judging: bool,
    /// Margin accounts whose liquidation waits for more of the book.
    pub(in crate::engine) liquidating: BTreeSet<MarginKey>,
    /// Orders that venues made to liquidate.
    pub(in crate::engine) liquidations: BTreeSet<OrderId>,
    /// Orders whose fill is being booked: nothing ends them meanwhile.
    pub(in crate::engine) booking: Vec<OrderId>,
    /// Legs that gave up the funds of their rest to pay for their own fill.
    pub(in crate::engine) broke: Vec<(OrderId, usize)>,
}

impl Life {
    /// True for an order made by a venue to liquidate.
    pub(in crate::engine) fn is_liquidation(&self, order: OrderId) -> bool {
        !self.liquidations.is_empty() && self.liquidations.contains(&order)
    }
}
