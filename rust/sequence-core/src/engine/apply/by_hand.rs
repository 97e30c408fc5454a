//! What an operator or a test sets by hand, between commands.

use crate::engine::Engine;
use crate::engine::desk::inject::Fate;
use crate::ids::{AccountId, VenueId};
use crate::number::Money;
use crate::risk::AccountLimits;

impl Engine {
    /// Sets the limits of every account.
    pub fn set_limits(&mut self, limits: AccountLimits) {
        self.bench().set_limits(limits);
    }

    /// Limits of every account.
    pub const fn limits(&self) -> &AccountLimits {
        self.desk.limits()
    }

    /// Profit and loss of the UTC day so far, USD: realised plus unrealised less fees; `None` while
    /// something that is held has no value in USD, or had none when the day began.
    pub fn daily_pnl(&self, account: AccountId) -> Option<Money> {
        self.papers().daily_pnl(account)
    }

    /// Decides what becomes of the next order of an account; with a venue or a symbol, of the next
    /// such one.
    pub fn decide_next(
        &mut self,
        account: AccountId,
        fate: Fate,
        venue: Option<VenueId>,
        symbol: Option<&str>,
    ) {
        self.desk.decide_next(account, fate, (venue, symbol));
    }

    /// Takes back what was decided so for orders that have not come yet; how many.
    pub fn forget_decided(&mut self, account: AccountId, fate: Fate) -> usize {
        self.desk.forget_decided(account, fate)
    }

    /// Orders of an account still to be met so.
    pub fn decided_left(&self, account: AccountId, fate: Fate) -> usize {
        self.desk.decided_left(account, fate)
    }
}
