//! Who pays when an account cannot: first what its own open orders hold, then its margins, and
//! only what all of that does not cover comes from the venue's insurance.

use crate::engine::desk::bench::{Bench, Papers};
use std::collections::BTreeSet;

use crate::engine::seam::LegEnd;
use crate::ids::{AccountId, OrderId, RowIx};
use crate::ledger::{BalanceId, LedgerError};
use crate::number::Money;
use crate::order::LegState;
use crate::reject::RejectReason;

impl Bench<'_> {
    /// A venue ends legs by itself. What it did for them before reaches the client first.
    pub(in crate::engine) fn end_legs(&mut self, legs: &[(OrderId, usize)], end: LegEnd) {
        self.deliver_pending(&legs.iter().map(|(order, _)| *order).collect());
        for (order, at) in legs {
            let open = self.desk.orders[*order]
                .legs
                .get(*at)
                .is_some_and(|leg| leg.state != LegState::Done);
            if open {
                let before = self.papers().shown(*order, *at);
                self.end_leg(*order, *at, end);
                self.settle_amend(*order);
                self.finish_if_done(*order);
                self.note_leg(*order, *at, before);
            }
        }
    }

    /// Answers about these orders that are on their way arrive now, in the order sent.
    pub(in crate::engine) fn deliver_pending(&mut self, orders: &BTreeSet<OrderId>) {
        for key in self.agenda.reports_about(orders) {
            if let Some(report) = self.agenda.take_report(key) {
                self.hear(report);
            }
        }
    }

    /// Takes `cost` out of a row of cash, whatever has to end for it.
    pub(in crate::engine) fn collect(
        &mut self,
        account: AccountId,
        cash: RowIx,
        cost: Money,
    ) -> Result<(), LedgerError> {
        let balance = self.portfolio.balance_in(cash);
        self.free_orders(account, balance, cost);
        self.portfolio.take(self.facts, cash, cost)
    }

    /// Ends open orders that hold this balance back, the newest first, until `needed` is
    /// available. An order whose fill is being booked stays.
    pub(in crate::engine) fn free_orders(
        &mut self,
        account: AccountId,
        balance: BalanceId,
        needed: Money,
    ) {
        while self.portfolio.ledger().balance(balance).available < needed {
            let Some(leg) = self.papers().newest_leg_on(account, balance) else { return };
            let text = "what it held back paid a loss or a charge of its account";
            self.end_legs(&[leg], LegEnd::Dropped(RejectReason::InsufficientBalance, text));
        }
    }
}

impl Papers<'_> {
    /// The newest open leg that holds a balance back, unless a fill of its order is being booked.
    pub(super) fn newest_leg_on(
        &self,
        account: AccountId,
        balance: BalanceId,
    ) -> Option<(OrderId, usize)> {
        let open = self.desk.accounts[account].open.keys().rev();
        let free = open.filter(|order| !self.desk.booking.contains(order));
        free.flat_map(|order| {
            let legs = self.desk.orders[*order].legs.iter().enumerate();
            legs.map(move |(at, leg)| (*order, at, leg.reservation))
        })
        .find(|(_, _, reservation)| {
            let held =
                reservation.filter(|id| self.portfolio.ledger().balance_of(*id) == Ok(balance));
            held.is_some_and(|id| self.portfolio.ledger().reserved(id).is_ok_and(|held| held.0 > 0))
        })
        .map(|(order, at, _)| (order, at))
    }
}
