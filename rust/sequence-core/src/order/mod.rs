//! Orders: what was asked for, how far it got, and the legal moves between.
//!
//! An [`Order`] is the order of one graph node. The router splits it into [`Leg`]s, one per venue;
//! reservations, fees and fills belong to legs, and the order is their sum. Prices of an order are
//! in terms of its own outcome; [`Leg::book_side`] and [`Leg::book_price`] translate to the
//! canonical YES book of an event market.

mod ask;
mod leg;

use std::sync::Arc;

use crate::ids::{AccountId, GraphIx, InstrumentKind, Outcome, Side, SymbolId, VenueId};
use crate::number::{Money, Price, Quantity};
pub use crate::order::ask::{Ask, LegAsk, LegChange};
pub use crate::order::leg::{AtVenue, Cause, Leg, LegState, Reshape};
use crate::reject::{DoneReason, RejectReason, text_enum};

/// How the nodes by which a graph undoes its fills are called, before a number; no client's are.
pub const UNDOES: &str = "flatten.";

text_enum!(
    /// Status of an order.
    OrderStatus {
        /// Recorded and reserved, not yet acknowledged by the venue.
        New = "NEW",
        /// Acknowledged, nothing filled.
        Accepted = "ACCEPTED",
        /// Partly filled, rest working.
        Partial = "PARTIAL",
        /// Filled in full.
        Filled = "FILLED",
        /// Rest withdrawn.
        Cancelled = "CANCELLED",
        /// Refused by the venue or for lack of funds; nothing filled.
        Rejected = "REJECTED",
        /// Time ran out.
        Expired = "EXPIRED",
    }
);

impl OrderStatus {
    /// True when nothing can happen to the order any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Filled | Self::Cancelled | Self::Rejected | Self::Expired)
    }

    /// The one table of legal moves.
    pub const fn may_become(self, next: Self) -> bool {
        use OrderStatus::{Accepted, Cancelled, Expired, Filled, New, Partial, Rejected};
        matches!(
            (self, next),
            (New, Accepted | Rejected | Cancelled)
                | (Accepted, Partial | Filled | Cancelled | Expired | Rejected)
                | (Partial, Partial | Filled | Cancelled | Expired)
        )
    }

    /// What an open order is once all that it filled was taken back: the one way back there is.
    pub(crate) const fn unfilled(self) -> Self {
        match self {
            Self::Partial => Self::Accepted,
            other => other,
        }
    }
}

text_enum!(
    /// Time in force.
    TimeInForce {
        /// Rests until filled or cancelled.
        Gtc = "gtc",
        /// Fills what it can at once, the rest is cancelled.
        Ioc = "ioc",
        /// Fills in full at once or not at all.
        Fok = "fok",
        /// Rests; rejected if it would take.
        PostOnly = "post_only",
        /// Rests until the venue's day ends.
        Day = "day",
    }
);

text_enum!(
    /// How the order is worked.
    Policy {
        /// Smart order routing.
        Sor = "sor",
        /// Repeated immediate slices at the best opposite price.
        AggressiveChase = "aggressive_chase",
    }
);

text_enum!(
    /// Weight of latency risk in the routing score.
    Urgency {
        /// Weight 0.5.
        Low = "low",
        /// Weight 1.
        Medium = "medium",
        /// Weight 2.
        High = "high",
    }
);

/// A client's order as admitted: immutable once recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSpec {
    /// Owner.
    pub account: AccountId,
    /// Epoch of the account it was made in.
    pub epoch: u32,
    /// Graph it belongs to.
    pub graph: GraphIx,
    /// Node of the graph.
    pub node_id: Arc<str>,
    /// Which activation of the node, from 1.
    pub seq: u32,
    /// Resolved symbol.
    pub symbol: SymbolId,
    /// Outcome, on event markets.
    pub outcome: Option<Outcome>,
    /// Spot, perp or prediction.
    pub kind: InstrumentKind,
    /// Direction.
    pub side: Side,
    /// `None` routes; `Some` pins.
    pub pinned: Option<VenueId>,
    /// Time in force.
    pub tif: TimeInForce,
    /// How it is worked.
    pub policy: Policy,
    /// Weight of latency risk.
    pub urgency: Urgency,
    /// Cap against the best opposite price at activation.
    pub max_slippage_bps: Option<u32>,
    /// Life of the order.
    pub horizon_ms: Option<u64>,
    /// Only reduces a perp position.
    pub reduce_only: bool,
    /// Requested size in USD, when sized by notional.
    pub notional_usd: Option<Money>,
    /// Market orders have no limit price of their own.
    pub is_market: bool,
    /// When it was recorded.
    pub created_ns: i64,
}

impl OrderSpec {
    /// True of an order by which a graph undoes what it filled.
    pub fn undoes_a_graph(&self) -> bool {
        let number = self.node_id.strip_prefix(UNDOES);
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// True when what is not filled at once waits in the book.
    pub const fn rests(&self) -> bool {
        !self.is_market && !matches!(self.tif, TimeInForce::Ioc | TimeInForce::Fok)
    }
}

/// A change of an order that not every venue has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amending {
    /// Total after it.
    pub total: Quantity,
    /// Limit price after it.
    pub limit: Option<Price>,
    /// Total less what the legs add up to, now; negative after a leg ended early.
    pub rest: Quantity,
    /// The same once a venue has taken the change over.
    pub rest_after: Quantity,
}

impl Amending {
    /// A leg is for this much less than was asked of it. `takes_over`: whether its venue has its
    /// change already; `None` where this leg is not changed.
    pub(crate) fn leave_out(&mut self, by: Quantity, takes_over: Option<bool>) {
        if takes_over != Some(true) {
            self.rest = Quantity(self.rest.0 + by.0);
        }
        if takes_over != Some(false) {
            self.rest_after = Quantity(self.rest_after.0 + by.0);
        }
    }
}

/// Direction in the canonical book: buying NO is selling YES.
pub const fn book_side(side: Side, outcome: Option<Outcome>) -> Side {
    match outcome {
        Some(Outcome::No) => side.opposite(),
        _ => side,
    }
}

/// Price in the canonical book; its own inverse. Prices of NO are inside (0, 1), checked at entry.
pub const fn book_price(price: Price, outcome: Option<Outcome>) -> Price {
    match outcome {
        Some(Outcome::No) => Price(crate::number::PRICE_ONE - price.0),
        _ => price,
    }
}

/// One order of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What was asked for.
    pub spec: OrderSpec,
    /// Total quantity; an amend changes it.
    pub qty: Quantity,
    /// Limit price; an amend changes it.
    pub limit: Option<Price>,
    /// Filled so far.
    pub filled: Quantity,
    /// Σ price × quantity of all fills (1e-17).
    pub exact: i128,
    /// Σ notional of fills in USD; `None` once nothing valued one of them.
    pub notional_usd: Option<Money>,
    /// Σ fees in USD, negative = rebate; `None` as for the notional.
    pub fees_usd: Option<Money>,
    /// Status.
    pub status: OrderStatus,
    /// Why it was rejected.
    pub reject: Option<RejectReason>,
    /// Text for people.
    pub message: Option<Box<str>>,
    /// Why it ended.
    pub done: Option<DoneReason>,
    /// Venue shares.
    pub legs: Vec<Leg>,
    /// Grows by one with each change of the row.
    pub version: u32,
    /// Commit number of its last change.
    pub event_seq: u64,
    /// Commit number of its creation.
    pub created_seq: u64,
    /// Last change.
    pub updated_ns: i64,
    /// When its time is over.
    pub expires_ns: Option<i64>,
    /// A change that not every venue has answered.
    pub amending: Option<Amending>,
}

impl Order {
    /// Every venue has answered an amend: legs that were held back are for these sizes, and the
    /// order is as it was asked to be, unless no venue gave anything away for them. `before` is its
    /// total until now.
    pub fn free_held(&mut self, asked: &Amending, before: Quantity, sizes: &[(usize, Quantity)]) {
        let there = self.legs.iter().filter(|leg| !leg.held);
        let kept: i64 = there.map(|leg| leg.committed().0).sum();
        let sent: i64 = sizes.iter().map(|(_, size)| size.0).sum();
        if !sizes.is_empty() && (sent > 0 || kept < before.0) {
            self.qty = asked.total.max(Quantity(kept + sent));
            self.limit = asked.limit.or(self.limit);
        }
        for (at, size) in sizes {
            if let Some(leg) = self.legs.get_mut(*at) {
                (leg.qty, leg.reducing, leg.held) = (*size, leg.reducing.min(*size), false);
            }
        }
    }

    /// The limit at which the order rests: on the grid of its venue, or as it was asked where its
    /// legs have prices of their own.
    pub fn limit_in_force(&self) -> Option<Price> {
        let limit = self.limit?;
        let mut bounds = self.legs.iter().map(|leg| leg.known().1);
        let first = bounds.next().unwrap_or(limit);
        Some(if bounds.all(|bound| bound == first) { first } else { limit })
    }

    /// Unfilled quantity.
    pub fn remaining(&self) -> Quantity {
        Quantity(self.qty.0.saturating_sub(self.filled.0))
    }

    /// Volume-weighted fill price, half up; `None` before the first fill.
    pub fn avg_price(&self) -> Option<Price> {
        average_price(self.exact, self.filled)
    }
}

/// `exact / filled`, half up.
pub fn average_price(exact: i128, filled: Quantity) -> Option<Price> {
    if filled.0 <= 0 {
        return None;
    }
    let quantity = i128::from(filled.0);
    i64::try_from((2 * exact + quantity).div_euclid(2 * quantity)).ok().map(Price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_states_absorb() {
        for from in OrderStatus::ALL.iter().filter(|status| status.is_terminal()) {
            assert!(OrderStatus::ALL.iter().all(|to| !from.may_become(*to)), "{from:?}");
        }
    }

    #[test]
    fn averages_round_half_up() {
        assert_eq!(average_price(15, Quantity(10)), Some(Price(2)));
        assert_eq!(average_price(14, Quantity(10)), Some(Price(1)));
        assert_eq!(average_price(0, Quantity(0)), None);
    }

    #[test]
    fn buying_no_is_selling_yes() {
        assert_eq!(book_side(Side::Buy, Some(Outcome::No)), Side::Sell);
        assert_eq!(book_price(Price(580_000_000), Some(Outcome::No)), Price(420_000_000));
    }
}
