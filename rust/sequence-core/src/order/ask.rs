//! What a venue may know of an order. Who else is asked for a part of it, what is held for it, what it
//! filled elsewhere and what its client was told of it are not there.

use crate::ids::{AccountId, MarketId, Outcome, Side};
use crate::number::{Price, Quantity};
use crate::order::{Leg, LegState, OrderSpec, Policy, TimeInForce};

/// Whose an order is, and on which terms it trades.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a>(&'a OrderSpec);

impl OrderSpec {
    /// What a venue may know of it.
    #[inline]
    pub const fn ask(&self) -> Ask<'_> {
        Ask(self)
    }
}

impl Ask<'_> {
    /// The account that it trades for.
    pub const fn account(self) -> AccountId {
        self.0.account
    }

    /// Direction.
    pub const fn side(self) -> Side {
        self.0.side
    }

    /// Outcome, on event markets.
    pub const fn outcome(self) -> Option<Outcome> {
        self.0.outcome
    }

    /// Time in force.
    pub const fn tif(self) -> TimeInForce {
        self.0.tif
    }

    /// It has no limit price of its own.
    pub const fn is_market(self) -> bool {
        self.0.is_market
    }

    /// What is not filled at once waits in the book.
    pub const fn rests(self) -> bool {
        self.0.rests()
    }

    /// It takes one level at a time, and comes again for the next.
    pub fn chases(self) -> bool {
        self.0.policy == Policy::AggressiveChase
    }

    /// Older orders of its account that it would meet are cancelled for it.
    pub fn displaces_own(self) -> bool {
        self.0.undoes_a_graph()
    }
}

/// What an order asks of one venue.
#[derive(Debug, Clone, Copy)]
pub struct LegAsk<'a>(&'a Leg);

/// Another form that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct LegChange {
    /// Total quantity; 0 withdraws what is left.
    pub qty: Quantity,
    /// Limit, in the order's own outcome.
    pub bound: Price,
    /// Worst price of a walk.
    pub cap: Price,
}

impl Leg {
    /// What its venue may know of it.
    #[inline]
    pub const fn ask(&self) -> LegAsk<'_> {
        LegAsk(self)
    }
}

impl LegAsk<'_> {
    /// Book it trades in.
    pub const fn market(self) -> MarketId {
        self.0.market
    }

    /// Total quantity, in the form that is in force there.
    pub const fn qty(self) -> Quantity {
        self.0.qty
    }

    /// Limit, or protection price of a market order, in the order's own outcome.
    pub const fn bound(self) -> Price {
        self.0.bound
    }

    /// Worst price its walk may pay.
    pub const fn cap(self) -> Price {
        self.0.cap
    }

    /// Best live opposite price when it was sent; 0 when there was none.
    pub const fn reference(self) -> Price {
        self.0.reference
    }

    /// A change that its venue has not taken over.
    pub fn change(self) -> Option<LegChange> {
        let form = self.0.reshape.as_deref().filter(|form| !form.at_venue)?;
        Some(LegChange { qty: form.qty, bound: form.bound, cap: form.cap })
    }

    /// A change of it was asked for, whoever has it, that was not answered.
    pub const fn is_changing(self) -> bool {
        self.0.reshape.is_some()
    }

    /// It takes the place of an order that its venue withdrew for it.
    pub fn replaces(self) -> bool {
        self.0.reshape.as_ref().is_some_and(|form| form.at_venue)
    }

    /// It waits at its client until other venues have answered.
    pub const fn is_held(self) -> bool {
        self.0.held
    }

    /// Its venue never answered it.
    pub fn is_unanswered(self) -> bool {
        self.0.state == LegState::InFlight
    }
}
