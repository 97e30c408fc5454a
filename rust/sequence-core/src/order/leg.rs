//! One venue's share of an order, the venue's half of it, and the two forms that it has while a
//! change of it travels.

use std::mem::swap;
use std::sync::Arc;

use crate::ids::{InstrumentKind, MarketId, Side};
use crate::ledger::ReservationId;
use crate::number::{Price, Quantity};
use crate::order::OrderStatus;
use crate::reject::{DoneReason, RejectReason};
use crate::sim::fees::FeeState;

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

/// One venue's share of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// It waits until other venues have answered an amend.
    pub held: bool,
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

    /// The leg as it was before a change that is on its way, and as it is after it.
    fn forms(&self) -> Option<(Self, Self)> {
        let other = self.other_form()?;
        let at_venue = self.reshape.as_deref()?.at_venue;
        let this = Self { reshape: None, ..self.clone() };
        Some(if at_venue { (other, this) } else { (this, other) })
    }

    /// A leg that needs at least what the dearest course of a change that travels can cost: filled
    /// dear in the old form, and then with more left in the new one than that alone would cost.
    /// `None` where no course costs more than one of the forms.
    pub fn dearest_course(&self, kind: InstrumentKind, side: Side) -> Option<Self> {
        let (old, new) = self.forms()?;
        let cheaper = match (kind, side) {
            (InstrumentKind::Perp, _) => {
                new.margin_at < old.margin_at || new.reducing > old.reducing
            }
            (_, Side::Buy) => new.bound < old.bound,
            (_, Side::Sell) => false,
        };
        if !cheaper || new.remaining() <= old.remaining() {
            return None;
        }
        let bound = match side {
            Side::Buy => old.bound.max(new.bound),
            Side::Sell => old.bound.min(new.bound),
        };
        let margin_at = old.margin_at.max(new.margin_at);
        // Of what the new form closes, the old one may have opened what it is for and closes not.
        let opened = new.reducing.min(old.remaining()).0.saturating_sub(old.reducing.0).max(0);
        let reducing = Quantity(new.reducing.0.saturating_sub(opened));
        Some(Self { bound, margin_at, reducing, ..new })
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
    pub fn swap_forms(&mut self) {
        let Some(form) = self.reshape.as_deref_mut() else { return };
        swap(&mut self.qty, &mut form.qty);
        swap(&mut self.bound, &mut form.bound);
        swap(&mut self.cap, &mut form.cap);
        swap(&mut self.margin_at, &mut form.margin_at);
        swap(&mut self.reducing, &mut form.reducing);
        form.at_venue = true;
    }
}
