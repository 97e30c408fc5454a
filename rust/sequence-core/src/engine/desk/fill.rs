//! One booked fill.

use crate::engine::{Evidence, FillCause};
use crate::ids::{AssetId, MarketId, OrderId};
use crate::number::{Money, Price, Quantity};
use crate::sim::fees::{FeeLeg, FeeSchedule, FeeState};
use crate::ulid::Ulid;

/// What a fill did to its leg's charge and reservation. In every fill:
/// `reserved_before = charge + fee + released + reserved_after` for buys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CashTrail {
    /// Charged or received before.
    pub charged_before: Money,
    /// Charged or received after.
    pub charged_after: Money,
    /// Held before.
    pub reserved_before: Money,
    /// Held after.
    pub reserved_after: Money,
    /// Freed by the fill.
    pub released: Money,
}

/// One fill. Prices are in the order's own outcome.
#[derive(Debug, Clone)]
pub struct Fill {
    /// Unique id.
    pub id: Ulid,
    /// Order.
    pub order: OrderId,
    /// Where.
    pub market: MarketId,
    /// Price.
    pub price: Price,
    /// Quantity, above 0.
    pub quantity: Quantity,
    /// Price × quantity in USD; `None` where nothing says what the quote asset is worth.
    pub notional_usd: Option<Money>,
    /// Fee in its asset; negative = rebate.
    pub fee: Money,
    /// Asset of the fee.
    pub fee_asset: AssetId,
    /// Fee in USD; `None` where nothing says what the quote asset is worth.
    pub fee_usd: Option<Money>,
    /// How the fee came about.
    pub fee_leg: FeeLeg,
    /// The rule it was charged by.
    pub fee_rule: FeeSchedule,
    /// Sums of its leg before it.
    pub fees_before: FeeState,
    /// What it did to the leg's reservation.
    pub cash: CashTrail,
    /// Rested in the book.
    pub is_maker: bool,
    /// Why it happened.
    pub cause: FillCause,
    /// External size in front when it joined its queue; -1 for takers and where unknown.
    pub queue_ahead: Quantity,
    /// P&L realised by this fill, without fees; `None` where its cost or price is not known in USD.
    pub realized_usd: Option<Money>,
    /// A real venue took it back: money, position and sums are as if it had not been.
    pub reversed: bool,
    /// What stands behind it.
    pub evidence: Box<Evidence>,
    /// Commit number.
    pub event_seq: u64,
    /// When.
    pub ts_ns: i64,
}
