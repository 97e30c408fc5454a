//! Kill switches: a client's, for both of its accounts, by the mode of a key.

use crate::engine::Reply;
use crate::engine::desk::Desk;
use crate::engine::desk::account::{AccountMode, KillSwitch};
use crate::engine::journal::Journal;
use crate::event::EventKind;
use crate::ids::AccountId;
use crate::mutant;
use crate::reject::Refusal;
use crate::risk::Mode;

impl Desk {
    /// The kill switch of an account in one mode.
    pub(in crate::engine) fn kill_switch(&self, account: AccountId, mode: Mode) -> &KillSwitch {
        let [sandbox, live] = &self.accounts[self.home(account)].switches;
        match mode {
            Mode::Sandbox => sandbox,
            Mode::Live => live,
        }
    }

    /// The account that holds the switches of a client, for both of its accounts.
    fn home(&self, account: AccountId) -> AccountId {
        let row = &self.accounts[account];
        if row.mode == AccountMode::Sandbox {
            return account;
        }
        self.clients.get(&row.client).copied().unwrap_or(account)
    }

    pub(in crate::engine) fn switch_mut(
        &mut self,
        account: AccountId,
        mode: Mode,
    ) -> &mut KillSwitch {
        let home = self.home(account);
        let [sandbox, live] = &mut self.accounts[home].switches;
        match mode {
            Mode::Sandbox => sandbox,
            Mode::Live => live,
        }
    }

    /// Engages, or clears. Engaging again keeps the first time and updates the reason; clearing
    /// twice is the same as once.
    pub(in crate::engine) fn set_switch(
        &mut self,
        journal: &mut Journal,
        now_ns: i64,
        (account, mode): (AccountId, Mode),
        engage: Option<(&str, Option<&str>)>,
    ) -> Reply {
        let switch = self.switch_mut(account, mode);
        let was = switch.engaged;
        match engage {
            Some((by, reason)) if !was => {
                *switch = KillSwitch {
                    engaged: true,
                    reason: reason.map(Into::into),
                    engaged_at_ns: Some(now_ns),
                    engaged_by: Some(by.into()),
                    cleared_at_ns: None,
                };
            }
            Some((_, reason)) => switch.reason = reason.map(Into::into),
            None if was => {
                switch.engaged = false;
                switch.cleared_at_ns = Some(now_ns);
            }
            None => {}
        }
        let engaged = engage.is_some();
        if engaged != was {
            journal.tell(now_ns, account, EventKind::KillSwitchSet { mode, engaged });
        }
        Reply::Done
    }

    /// A live key's sandbox order is stopped by the switch of either mode.
    pub(in crate::engine) fn is_halted(&self, account: AccountId, by: Mode) -> bool {
        let engaged = |mode| self.kill_switch(account, mode).engaged;
        let passes = mutant!("live_key_passes_the_sandbox_switch") && by == Mode::Live;
        (engaged(Mode::Sandbox) && !passes) || (by == Mode::Live && engaged(Mode::Live))
    }

    pub(in crate::engine) fn check_switch(
        &self,
        account: AccountId,
        by: Mode,
    ) -> Result<(), Refusal> {
        if self.is_halted(account, by) {
            let text = "the kill switch is engaged: no new orders until it is cleared";
            return Err(Refusal::conflict(text));
        }
        Ok(())
    }
}
