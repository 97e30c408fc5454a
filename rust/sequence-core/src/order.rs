//! Orders: what was asked for, how far it got, and the legal moves between.
//!
//! An [`Order`] is the order of one graph node. The router splits it into [`Leg`]s, one per venue;
//! reservations, fees and fills belong to legs, and the order is their sum. Prices of an order are
//! in terms of its own outcome; [`Leg::book_side`] and [`Leg::book_price`] translate to the
//! canonical YES book of an event market.

use std::mem::swap;
use std::sync::Arc;

use crate::ids::{AccountId, GraphIx, InstrumentKind, MarketId, Outcome, Side, SymbolId, VenueId};
use crate::ledger::ReservationId;
use crate::number::{Money, Price, Quantity};
use crate::reject::{DoneReason, RejectReason, text_enum};
use crate::sim::fees::FeeState;
use crate::sim::latency::Transit;

text_enum!(
    /// Status of an order (wire contract, 9.4).
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
    /// True when what is not filled at once waits in the book.
    pub const fn rests(&self) -> bool {
        !self.is_market && !matches!(self.tif, TimeInForce::Ioc | TimeInForce::Fok)
    }
}

/// State of one venue's share of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegState {
    /// On its way to the venue.
    InFlight,
    /// Waiting for a live book, or in the queue of its price.
    Working,
    /// Ended.
    Done,
}

/// Where a venue has a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtVenue {
    /// On its way.
    Travelling,
    /// Marketable, and held by the venue's delay for takers.
    Delayed,
    /// Accepted while the book could not be used; meets the next live one.
    Waiting,
    /// In the queue of its price.
    Resting,
    /// Between two slices of an order that chases the touch.
    Chasing,
    /// Not sent yet: it waits until other venues have answered an amend.
    Held,
    /// Gone: filled, cancelled, rejected or expired there.
    Done,
}

/// The other form of a leg while a change of it travels: the new one until its venue has it, the
/// old one until the client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reshape {
    /// Total quantity of the leg; 0 withdraws what is left of it.
    pub qty: Quantity,
    /// Limit, in the order's own outcome.
    pub bound: Price,
    /// Worst price of a walk.
    pub cap: Price,
    /// Price that perp margin is reserved at.
    pub margin_at: Price,
    /// Part that reduces a perp position.
    pub reducing: Quantity,
    /// The venue took the change over: this is the old form.
    pub at_venue: bool,
    /// It takes time, so that one form may fill before the other is in force.
    pub travels: bool,
    /// How the new order travels, when it left together with the change.
    pub transit: Transit,
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

/// Why a leg ended, as an order's own row says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cause {
    /// Reason of a refusal.
    pub reject: Option<RejectReason>,
    /// More about it.
    pub message: Option<Arc<str>>,
    /// Reason of an end that is no refusal.
    pub done: Option<DoneReason>,
}

/// The venue's half of a leg: only the exchange changes it.
#[derive(Debug, Clone, Copy)]
pub struct VenueLeg {
    /// Where the venue has it.
    pub state: AtVenue,
    /// What the venue still holds of it.
    pub open: Quantity,
    /// How its message travelled.
    pub transit: Transit,
    /// It arrived before the book could be used, and waited.
    pub deferred: bool,
    /// Its number among legs by when they came to rest or to wait at a venue; 0 before. A smaller
    /// one stands ahead at the same price.
    pub place: u64,
}

impl VenueLeg {
    /// A leg that is about to be sent.
    pub fn to_send(open: Quantity) -> Self {
        let transit = Transit::default();
        Self { state: AtVenue::Travelling, open, transit, deferred: false, place: 0 }
    }

    /// Its venue filled part of it.
    pub fn fill(&mut self, quantity: Quantity) {
        self.open = Quantity(self.open.0.saturating_sub(quantity.0).max(0));
        if self.open.0 == 0 {
            self.state = AtVenue::Done;
        }
    }
}

/// One venue's share of an order.
#[derive(Debug, Clone)]
pub struct Leg {
    /// Book it trades in.
    pub market: MarketId,
    /// Total quantity of this leg.
    pub qty: Quantity,
    /// Filled so far.
    pub filled: Quantity,
    /// Exact sums of its fills: notional and fees.
    pub fees: FeeState,
    /// Limit, or protection price of a market order, in the order's own outcome.
    pub bound: Price,
    /// Worst price its walk may pay: `bound`, or nearer when a limit order caps its slippage too.
    pub cap: Price,
    /// Price that perp margin is reserved at: sells may fill above their bound.
    pub margin_at: Price,
    /// What it holds in the ledger; `None` when it holds nothing.
    pub reservation: Option<ReservationId>,
    /// Part of the rest that reduces a perp position and therefore reserves nothing.
    pub reducing: Quantity,
    /// Where it stands.
    pub state: LegState,
    /// Status shown on the wire.
    pub status: OrderStatus,
    /// What its venue has of it; the client learns of changes one response delay later.
    pub there: VenueLeg,
    /// A cancel was sent, for this reason, and its answer is not here yet.
    pub cancelling: Option<DoneReason>,
    /// A change on its way.
    pub reshape: Option<Box<Reshape>>,
    /// Best live opposite price when it was sent; 0 when there was none.
    pub reference: Price,
    /// Why it ended; empty while it is open.
    pub cause: Cause,
}

impl Leg {
    /// The leg in its other form, while a change is on its way.
    pub fn other_form(&self) -> Option<Self> {
        let form = *self.reshape.as_deref()?;
        let Reshape { qty, bound, margin_at, reducing, .. } = form;
        let qty = qty.max(self.filled);
        Some(Self { qty, bound, margin_at, reducing, reshape: None, ..self.clone() })
    }

    /// True when a leg may be filled dear in its old form and then has more left in its new one than
    /// the new one alone would cost.
    pub fn mixes(&self, kind: InstrumentKind, side: Side) -> bool {
        let Some((other, form)) = self.other_form().zip(self.reshape.as_deref()) else {
            return false;
        };
        let (old, new) = if form.at_venue { (&other, self) } else { (self, &other) };
        let cheaper = match (kind, side) {
            (InstrumentKind::Perp, _) => {
                new.margin_at < old.margin_at || new.reducing > old.reducing
            }
            (_, Side::Buy) => new.bound < old.bound,
            (_, Side::Sell) => false,
        };
        cheaper && new.remaining() > old.remaining()
    }

    /// A leg that needs at least what any mixture of both forms can cost.
    pub fn dearest_form(&self, side: Side) -> Option<Self> {
        let other = self.other_form()?;
        let bound = match side {
            Side::Buy => self.bound.max(other.bound),
            Side::Sell => self.bound.min(other.bound),
        };
        let margin_at = self.margin_at.max(other.margin_at);
        let reducing = self.reducing.min(other.reducing);
        Some(Self { qty: self.qty.max(other.qty), bound, margin_at, reducing, ..other })
    }

    /// Quantity and bound as the client knows them.
    pub fn known(&self) -> (Quantity, Price) {
        match self.reshape.as_deref() {
            Some(form) if form.at_venue => (form.qty, form.bound),
            _ => (self.qty, self.bound),
        }
    }

    /// What a fill leaves open in the larger of its forms.
    pub fn left_after(&self, fill: Quantity) -> Quantity {
        let other = self.reshape.as_deref().map_or(Quantity::ZERO, |form| form.qty);
        let left = self.qty.max(other).0.saturating_sub(self.filled.0).saturating_sub(fill.0);
        Quantity(left.max(0))
    }

    /// Unfilled quantity.
    pub fn remaining(&self) -> Quantity {
        Quantity(self.qty.0.saturating_sub(self.filled.0))
    }

    /// What it has filled, and may still fill as far as the client knows.
    pub fn committed(&self) -> Quantity {
        if self.state == LegState::Done { self.filled } else { self.known().0 }
    }

    /// From here on the venue has the new form; the old one is kept until the client knows.
    pub fn swap_forms(&mut self, open: Quantity) {
        let Some(form) = self.reshape.as_deref_mut() else { return };
        swap(&mut self.qty, &mut form.qty);
        swap(&mut self.bound, &mut form.bound);
        swap(&mut self.cap, &mut form.cap);
        swap(&mut self.margin_at, &mut form.margin_at);
        swap(&mut self.reducing, &mut form.reducing);
        form.at_venue = true;
        self.there.open = open;
    }

    /// It waits until other venues have answered an amend.
    pub fn is_held(&self) -> bool {
        self.there.state == AtVenue::Held && self.state != LegState::Done
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
#[derive(Debug, Clone)]
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
        let there = self.legs.iter().filter(|leg| leg.there.state != AtVenue::Held);
        let kept: i64 = there.map(|leg| leg.committed().0).sum();
        let sent: i64 = sizes.iter().map(|(_, size)| size.0).sum();
        if !sizes.is_empty() && (sent > 0 || kept < before.0) {
            self.qty = asked.total.max(Quantity(kept + sent));
            self.limit = asked.limit.or(self.limit);
        }
        for (at, size) in sizes {
            if let Some(leg) = self.legs.get_mut(*at) {
                (leg.qty, leg.there.open, leg.reducing) = (*size, *size, leg.reducing.min(*size));
                leg.there.state = AtVenue::Travelling;
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
