//! Money and rows of a settlement: resolve, pay, and take back what a correction changes.

use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::life::settle::{EventMarket, Holder, resolution_of};
use crate::engine::portfolio::settled::{Paid, Settled};
use crate::event::EventKind;
use crate::ids::AccountId;
use crate::ledger::LedgerError;
use crate::mutant;
use crate::number::{EXACT_PER_MONEY, Money, exact_notional};
use crate::position::{Position, Resolution};

/// What paying one row does.
struct Payout {
    holder: Holder,
    units: Money,
    cash: Money,
    /// Exact value (1e-17), of which `cash` is the floor.
    exact: i128,
    before: Position,
    after: Position,
}

impl Bench<'_> {
    /// A holding learns its outcome. One that has it already, or was paid for good, stays.
    pub(in crate::engine) fn resolve_row(
        &mut self,
        event: &EventMarket,
        holder: &Holder,
        settled: &mut Settled,
    ) {
        let (now, mut row) = (self.facts.now_ns, *self.portfolio.position(holder.row));
        let resolution = resolution_of(settled.outcome, holder.outcome);
        if row.resolution() == Some(resolution) || row.resolve(resolution, now).is_err() {
            return;
        }
        self.portfolio.put_position(holder.row, row);
        let held = self.portfolio.held(holder.account, event.venue, holder.asset);
        if let Ok(payout) = row.redeem(held, now) {
            settled.positions = settled.positions.saturating_add(1);
            settled.payout = Money(settled.payout.0 + payout.0);
        }
    }

    /// Pays every resolved row of one account; returns how many, and what they brought.
    pub(in crate::engine) fn pay_holdings(
        &mut self,
        event: &EventMarket,
        account: AccountId,
        settled: &mut Settled,
    ) -> (u32, Money) {
        let payouts = self.papers().payouts(event, account);
        let exact: i128 = payouts.iter().map(|payout| payout.exact).sum();
        let cash: i128 = payouts.iter().map(|payout| payout.cash.0).sum();
        // Each outcome rounds down for itself; together they may leave a unit.
        let mut rounding = Money(exact.div_euclid(EXACT_PER_MONEY) - cash);
        let rows = u32::try_from(payouts.len()).unwrap_or(u32::MAX);
        for payout in payouts {
            let row = payout.holder.row;
            let share = std::mem::take(&mut rounding);
            match self.pay_row(event, &payout, share, settled.number) {
                Ok(paid) => {
                    settled.paid.retain(|earlier| earlier.row != row);
                    settled.paid.push(paid);
                }
                Err(error) => self.report(format!("payout of row {}", row.0), &error),
            }
        }
        (rows, Money(cash))
    }

    fn pay_row(
        &mut self,
        event: &EventMarket,
        payout: &Payout,
        rounding: Money,
        number: u32,
    ) -> Result<Paid, LedgerError> {
        let Holder { account, asset, row, .. } = payout.holder;
        let cash = self.portfolio.open_row(self.facts, account, event.venue, event.cash);
        let units = self.portfolio.open_balance(account, event.venue, asset);
        self.portfolio.deliver(units, Money(-payout.units.0))?;
        self.portfolio.pay(self.facts, cash, payout.cash)?;
        if !mutant!("payout_rounding_is_lost") {
            self.portfolio.round_off(event.cash, rounding)?;
        }
        self.portfolio.put_position(row, payout.after);
        let kind = EventKind::PositionPaid { row, number, payout: payout.cash };
        self.journal.tell(self.facts.now_ns, account, kind);
        self.watch_day(account);
        let Payout { units, cash: payout, before, after, .. } = *payout;
        Ok(Paid { account, asset, row, units, payout, rounding, before, after })
    }

    /// The holding is back as it was before it was paid.
    pub(in crate::engine) fn restore_holding(
        &mut self,
        event: &EventMarket,
        paid: &Paid,
    ) -> Result<(), LedgerError> {
        let units = self.portfolio.open_balance(paid.account, event.venue, paid.asset);
        self.portfolio.deliver(units, paid.units)?;
        self.portfolio.round_off(event.cash, Money(-paid.rounding.0))?;
        self.portfolio.put_position(paid.row, paid.before);
        Ok(())
    }

    /// The old payout goes back; what the account cannot pay is the venue's loss.
    pub(in crate::engine) fn take_back(&mut self, event: &EventMarket, paid: &Paid, number: u32) {
        let cash = self.portfolio.open_row(self.facts, paid.account, event.venue, event.cash);
        if let Err(error) = self.collect(paid.account, cash, paid.payout) {
            return self.report(format!("correction of row {}", paid.row.0), &error);
        }
        let payout = Money(-paid.payout.0);
        let kind = EventKind::PositionPaid { row: paid.row, number, payout };
        self.journal.tell(self.facts.now_ns, paid.account, kind);
    }
}

impl Papers<'_> {
    fn payouts(&self, event: &EventMarket, account: AccountId) -> Vec<Payout> {
        let holders = self.holders(event, account).into_iter();
        let payouts = holders.filter_map(|holder| {
            let before = *self.portfolio.position(holder.row);
            let balance = self.portfolio.ledger().find(account, event.venue, holder.asset)?;
            let held = self.portfolio.held(account, event.venue, holder.asset);
            let mut after = before;
            let cash = after.redeem(held, self.facts.now_ns).ok()?;
            let exact = match before.resolution()? {
                Resolution::Pays(mark) => exact_notional(mark, held),
                // A refund is the cost itself: it has no part that rounding could leave over.
                Resolution::Void => cash.0 * EXACT_PER_MONEY,
            };
            let units = self.portfolio.ledger().balance(balance).total();
            Some(Payout { holder, units, cash, exact, before, after })
        });
        payouts.collect()
    }

    /// Nobody reset the account or wrote the row since it was paid.
    pub(in crate::engine) fn is_as_paid(&self, event: &EventMarket, paid: &Paid) -> bool {
        let row = self.portfolio.find_row(paid.account, event.venue, paid.asset);
        row == Some(paid.row) && *self.portfolio.position(paid.row) == paid.after
    }
}
