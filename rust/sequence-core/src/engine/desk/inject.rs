//! Rejections on demand, for tests of bots: the next orders of an account meet the reason given.

use crate::engine::Engine;
use crate::ids::{AccountId, OrderId, VenueId};
use crate::reject::RejectReason;
use crate::reject::Rejected;

/// Orders still to be rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Injected {
    account: AccountId,
    reason: RejectReason,
    venue: Option<VenueId>,
    symbol: Option<String>,
}

impl Engine {
    /// Lets the next order of an account be rejected; with a venue or a symbol, the next such one.
    pub fn reject_next(
        &mut self,
        account: AccountId,
        reason: RejectReason,
        venue: Option<VenueId>,
        symbol: Option<&str>,
    ) {
        let symbol = symbol.map(str::to_owned);
        self.desk.injected.push(Injected { account, reason, venue, symbol });
    }

    /// Takes back every rejection of an account that no order has met yet; how many.
    pub fn forget_rejections(&mut self, account: AccountId) -> usize {
        let before = self.desk.injected.len();
        self.desk.injected.retain(|row| row.account != account);
        before - self.desk.injected.len()
    }

    /// Rejections of an account that no order has met yet.
    pub fn rejections_left(&self, account: AccountId) -> usize {
        self.desk.injected.iter().filter(|row| row.account == account).count()
    }

    /// The rejection that waits for this order, once.
    pub(in crate::engine) fn take_injected(&mut self, id: OrderId) -> Result<(), Rejected> {
        if self.desk.injected.is_empty() {
            return Ok(());
        }
        let spec = &self.desk.orders[id].spec;
        let same_symbol = |text: &str| {
            self.resolve_text(text)
                .is_some_and(|found| found.symbol == spec.symbol && found.outcome == spec.outcome)
        };
        let found = self.desk.injected.iter().position(|row| {
            row.account == spec.account
                && row.venue.is_none_or(|venue| spec.pinned == Some(venue))
                && row.symbol.as_deref().is_none_or(same_symbol)
        });
        match found.map(|at| self.desk.injected.remove(at)) {
            Some(row) => Err((row.reason, "rejected by a fault of the sandbox".to_owned())),
            None => Ok(()),
        }
    }
}
