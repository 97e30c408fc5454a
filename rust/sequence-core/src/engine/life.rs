//! What the lives of markets and positions need to remember: settlements, funding, liquidations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::Settlement;
use crate::ids::{AccountId, AssetId, MarketId, OrderId, RowIx, VenueId};
use crate::number::Money;
use crate::position::Position;

/// Cash, margin and positions of one account that are counted together.
pub(super) type MarginKey = (AccountId, VenueId, AssetId);

/// One holding that was paid, with what it takes to pay it back.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    pub(super) account: AccountId,
    pub(super) asset: AssetId,
    pub(super) row: RowIx,
    /// Ledger amount of the outcome that left.
    pub(super) units: Money,
    pub(super) payout: Money,
    /// What the payment left to the rounding account.
    pub(super) rounding: Money,
    /// The row before it was paid, and after: a row that differs was written anew since.
    pub(super) before: Position,
    pub(super) after: Position,
}

/// The newest resolution of one event market.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    /// From 1; a correction is the next one.
    pub(super) number: u32,
    pub(super) outcome: Settlement,
    /// Holdings under this resolution, and what they pay in all.
    pub(super) positions: u32,
    pub(super) payout: Money,
    pub(super) paid: Vec<Paid>,
}

/// State of everything that happens to positions without an order of their owner.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    /// Event markets that ended, by venue and name.
    pub(super) settled: BTreeMap<(VenueId, Arc<str>), Settled>,
    /// Funding rates by perpetual (1e-9 per boundary).
    pub(super) rates: BTreeMap<MarketId, i64>,
    /// Venues whose next funding boundary has a timer.
    pub(super) funding_armed: BTreeSet<VenueId>,
    /// Who traded a perpetual and may hold it: the ones its marks are judged for.
    pub(super) watchers: BTreeMap<MarketId, BTreeSet<AccountId>>,
    /// Margin accounts whose liquidation waits for more of the book.
    pub(super) liquidating: BTreeSet<MarginKey>,
    /// Orders that venues made to liquidate.
    pub(super) liquidations: BTreeSet<OrderId>,
    /// Orders whose fill is being booked: nothing ends them meanwhile.
    pub(super) booking: Vec<OrderId>,
    /// Legs that gave up the funds of their rest to pay for their own fill.
    pub(super) broke: Vec<(OrderId, usize)>,
}

impl Life {
    /// True for an order made by a venue to liquidate.
    pub(super) fn is_liquidation(&self, order: OrderId) -> bool {
        !self.liquidations.is_empty() && self.liquidations.contains(&order)
    }
}
