//! What goes into the maker queue and what comes out of it.

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::reject::text_enum;
use crate::sim::resting::Shadow;
use crate::sim::view::{Mode, StepRules};

text_enum!(
    /// Why a fill happened.
    FillCause {
        /// Took displayed size.
        Walk = "WALK",
        /// A print at its price reached it in the queue.
        Queue = "QUEUE",
        /// The market traded through its price.
        Through = "THROUGH",
        /// An opposite quote appeared at or through its price.
        Crossing = "CROSSING",
        /// As `CROSSING`, seen in the first snapshot after a gap.
        ResyncCross = "RESYNC_CROSS",
        /// Closed by a liquidation.
        Liquidation = "LIQUIDATION",
    }
);

impl FillCause {
    /// The order came to the book; otherwise the book came to it.
    pub const fn is_taker(self) -> bool {
        matches!(self, Self::Walk | Self::Liquidation)
    }

    /// A displayed quote gave it: what it filled cannot be taken from that level again.
    pub const fn is_quoted(self) -> bool {
        matches!(self, Self::Crossing | Self::ResyncCross)
    }
}

/// How queues are estimated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QueueModel {
    /// Lots or `power_x(2)`, by the match rate of the stream.
    Auto,
    /// A fixed rule.
    Fixed(Mode),
    /// The smaller of `uniform` and the automatic choice.
    Optimistic,
    /// The larger of `risk_averse` and the automatic choice.
    Adversarial,
}

/// Parameters of a queue book, from the preset and the instrument.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueueParams {
    /// Estimator.
    pub model: QueueModel,
    /// Hidden size assumed ahead at entry, in ppm of the order's quantity.
    pub hidden_ahead_ppm: i64,
    /// The same for the adversarial shadow.
    pub band_hidden_ppm: i64,
    /// Numbers of each step.
    pub rules: StepRules,
}

/// One order that joins the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// The engine's key of the order.
    pub order: u64,
    /// Side of the book it rests on.
    pub side: BookSide,
    /// Its price.
    pub price: Price,
    /// Open quantity; 0 makes it a probe that keeps a place and never fills.
    pub quantity: Quantity,
    /// Arrival rank among the account's orders.
    pub seq: u64,
    /// Time of arrival at the venue, in ns.
    pub now_ns: i64,
}

/// One print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    /// Side of the book that was hit; `None` when the aggressor is not known.
    pub hit: Option<BookSide>,
    /// Price of the trade.
    pub price: Price,
    /// Size of the trade.
    pub quantity: Quantity,
    /// Part of the size that the recorded depth contains; less than `quantity` only when the
    /// account's own executions are taken out of a replay.
    pub external: Quantity,
}

/// A fill of a resting order, with what its evidence record needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFill {
    /// The order.
    pub order: u64,
    /// Side of the book it rests on.
    pub side: BookSide,
    /// The order's own price, which is the fill price.
    pub price: Price,
    /// Size of the fill.
    pub quantity: Quantity,
    /// Open quantity after the fill.
    pub remaining: Quantity,
    /// Why.
    pub cause: FillCause,
    /// Name of the estimator that its level used.
    pub estimator: &'static str,
    /// Size ahead before the step.
    pub ahead_before: Quantity,
    /// Size ahead after the step.
    pub ahead_after: Quantity,
    /// Size ahead at entry.
    pub ahead_entry: Quantity,
    /// Part of it that earlier prints took: `entry = before + prints + cancels`.
    pub prints_ahead: Quantity,
    /// Part of it that cancels took, with everything else that is not a print.
    pub cancels_ahead: Quantity,
    /// Own quantity that stood before it at its price when the step began.
    pub own_ahead: Quantity,
    /// Surplus of the level after the step.
    pub surplus: Quantity,
    /// Displayed size at entry.
    pub displayed_entry: Quantity,
    /// Displayed size before the step.
    pub displayed_before: Quantity,
    /// Price of the print or quote that is the evidence.
    pub evidence_price: Price,
    /// Size of the evidence.
    pub evidence_size: Quantity,
    /// What was left of it when this order was reached.
    pub budget_before: Quantity,
    /// Optimistic reading after the step.
    pub low: Shadow,
    /// Adversarial reading after the step.
    pub high: Shadow,
}
