//! What a fill does to money and positions, as data.

use crate::ids::OrderId;
use crate::number::{Price, Quantity};
use crate::position::Execution;
use crate::registry::MarketSpec;
use crate::sim::fees::{FeeLeg, FeeState};

/// One fill about to be booked.
pub(in crate::engine) struct Booking {
    pub(in crate::engine) order: OrderId,
    pub(in crate::engine) leg: usize,
    pub(in crate::engine) terms: MarketSpec,
    pub(in crate::engine) price: Price,
    pub(in crate::engine) quantity: Quantity,
    /// The same in USD, for the position row.
    pub(in crate::engine) execution: Execution,
    pub(in crate::engine) fee: FeeLeg,
    /// Sums of the leg after this fill.
    pub(in crate::engine) fees: FeeState,
}
