//! What venues may read of the desk: what was asked of them and by whom. What accounts have, what
//! their clients know of an order, and how it is paid for is not there.

use crate::engine::desk::Desk;
use crate::engine::desk::inject::Fate;
use crate::engine::seam::LegRef;
use crate::ids::{AccountId, OrderId};
use crate::order::{Ask, Leg, LegAsk};

/// Terms of orders, by the ids that requests name.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Asked<'a>(&'a Desk);

impl Desk {
    /// What venues may read.
    #[inline]
    pub(in crate::engine) const fn asked(&self) -> Asked<'_> {
        Asked(self)
    }
}

impl<'a> Asked<'a> {
    /// Whose an order is, and its terms.
    #[inline]
    pub(in crate::engine) fn terms(self, id: OrderId) -> Ask<'a> {
        self.0.orders[id].spec.ask()
    }

    /// What it asks of one venue, in the form that its venue has.
    #[inline]
    pub(in crate::engine) fn leg(self, (id, at): LegRef) -> Option<LegAsk<'a>> {
        self.0.orders[id].legs.get(at).map(Leg::ask)
    }

    /// Of how many venues it asks something.
    pub(in crate::engine) fn legs(self, id: OrderId) -> usize {
        self.0.orders[id].legs.len()
    }

    /// Whose line it comes by: the client, and the reset that its delays are drawn for.
    pub(in crate::engine) fn owner(self, account: AccountId) -> (&'a str, u32) {
        let row = &self.0.accounts[account];
        (&row.client, row.draws)
    }

    /// A venue made the order itself, to liquidate.
    #[inline]
    pub(in crate::engine) fn is_liquidation(self, id: OrderId) -> bool {
        self.0.is_liquidation(id)
    }

    /// What its venue is to do with it, where a test decided that.
    #[inline]
    pub(in crate::engine) fn fate(self, id: OrderId) -> Option<Fate> {
        self.0.fates.get(&id).copied()
    }
}
