//! What real venues tell that simulated ones never do: a fee of their own, words of a refusal, a
//! fill after the end.

use crate::engine::desk::bench::{Bench, Papers};
use std::sync::Arc;

use crate::command::Submit;
use crate::engine::desk::Desk;
use crate::engine::desk::account::AccountMode;
use crate::engine::desk::reserve::funded_by;
use crate::engine::portfolio::booking::{Booking, required_after};
use crate::engine::seam::{LegRef, Matched};
use crate::ids::{AccountId, InstrumentKind, MarketId, OrderId, Side};
use crate::ledger::{LedgerError, ReservationId};
use crate::number::{Money, Quantity};
use crate::order::{Order, OrderStatus, Policy};
use crate::reject::Refusal;
use crate::risk::Mode;

impl Papers<'_> {
    /// What real venues are not asked for.
    pub(in crate::engine) fn check_live(
        &self,
        account: AccountId,
        order: &Submit<'_>,
        kind: InstrumentKind,
    ) -> Result<(), Refusal> {
        if self.desk.accounts[account].mode == AccountMode::Sandbox {
            return Ok(());
        }
        if order.by != Mode::Live {
            return Err(Refusal::conflict("a live account takes orders of live keys"));
        }
        if kind == InstrumentKind::Perp {
            // What a real venue counts as margin is its own, and it tells none of it.
            return Err(Refusal::invalid("symbol", "perpetuals are not traded live"));
        }
        if order.policy == Policy::AggressiveChase {
            return Err(Refusal::invalid("execution_policy", "is for the sandbox only"));
        }
        Ok(())
    }

    /// A fill that the books cannot take is refused before anything of it is known.
    pub(in crate::engine) fn check_told_fill(
        &self,
        (id, at): LegRef,
        matched: &Matched,
    ) -> Result<(), Refusal> {
        let order = &self.desk.orders[id];
        if matched.quantity.0 <= 0 || matched.price.0 <= 0 {
            return Err(Refusal::invalid("quantity", "a fill has a price and a quantity"));
        }
        if order.status == OrderStatus::Rejected {
            return Err(Refusal::conflict("the venue rejected what it now fills"));
        }
        let most = order.legs.get(at).map_or(Quantity::ZERO, |leg| leg.left_after(Quantity::ZERO));
        if matched.quantity > most {
            return Err(Refusal::conflict("the venue filled more than it was asked for"));
        }
        let booking = self.prepare(id, at, matched).map_err(unpaid)?;
        let short = self.missing(&booking).map_err(unpaid)?;
        let (asset, fee) = match matched.evidence.trade() {
            Some(trade) if trade.fee_asset != booking.terms.settle => (trade.fee_asset, trade.fee),
            _ if booking.execution.side == Side::Sell && booking.fee.fee > booking.fee.notional => {
                return Err(Refusal::conflict("the fee is more than the sale brings"));
            }
            _ => (booking.terms.settle, Money::ZERO),
        };
        let terms = &booking.terms;
        let funds = funded_by(self.facts.registry, &order.spec, market_of(order, at)).2;
        let bought = match booking.execution.side {
            Side::Buy if asset == terms.held(order.spec.outcome) => booking.quantity.to_money(),
            _ => Money::ZERO,
        };
        let free =
            |asset| self.portfolio.spendable(self.facts, order.spec.account, terms.venue, asset);
        let fee_there = fee.0 <= free(asset).0.saturating_add(bought.0);
        if short > free(funds) || !fee_there {
            return Err(Refusal::conflict(
                "the account cannot pay for it: write its positions first",
            ));
        }
        Ok(())
    }

    /// What a fill needs of its account beyond what its leg holds.
    fn missing(&self, booking: &Booking) -> Result<Money, LedgerError> {
        let (held, _) = self.held_by(booking.order, booking.leg);
        Ok(Money((self.needs(booking)?.0 - held.0).max(0)))
    }

    /// What a leg has to hold right before a fill is booked.
    fn needs(&self, booking: &Booking) -> Result<Money, LedgerError> {
        let legs = &self.desk.orders[booking.order].legs;
        let leg = legs.get(booking.leg).ok_or(LedgerError::Unknown)?;
        let spent = match booking.execution.side {
            Side::Buy => Money(booking.fee.notional.0.saturating_add(booking.fee.fee.0)),
            Side::Sell => booking.quantity.to_money(),
        };
        Ok(Money(spent.0.saturating_add(required_after(booking, leg)?.0)))
    }
}

impl Bench<'_> {
    /// Holds what a fill costs: a real venue's fee may be above what was reserved, and a fill after
    /// the end finds nothing reserved. The reservation that had to be made.
    pub(in crate::engine) fn hold_fill(
        &mut self,
        booking: &Booking,
    ) -> Result<Option<ReservationId>, LedgerError> {
        let needed = self.papers().needs(booking)?;
        match self.papers().held_by(booking.order, booking.leg) {
            (_, None) => {
                let market = market_of(&self.desk.orders[booking.order], booking.leg);
                let balance =
                    self.desk.funding(self.portfolio, self.facts.registry, booking.order, market);
                self.portfolio.reserve(balance, needed).map(Some)
            }
            (held, Some(reservation)) if held < needed => {
                self.portfolio.resize(reservation, needed).map(|()| None)
            }
            _ => Ok(None),
        }
    }

    /// A fee that a real venue took in another asset than it settles in.
    pub(in crate::engine) fn pay_fee_elsewhere(
        &mut self,
        booking: &Booking,
        matched: &Matched,
    ) -> Result<(), LedgerError> {
        let Some(trade) = matched.evidence.trade() else { return Ok(()) };
        if trade.fee_asset == booking.terms.settle {
            return Ok(());
        }
        let account = self.desk.orders[booking.order].spec.account;
        let row =
            self.portfolio.open_row(self.facts, account, booking.terms.venue, trade.fee_asset);
        self.portfolio.pay_fee(self.facts, row, trade.fee)
    }
}

impl Desk {
    /// A real venue's own words about a leg: they stand instead of ours.
    pub(in crate::engine) fn put_words(&mut self, id: OrderId, at: usize, text: Arc<str>) {
        let order = &mut self.orders[id];
        order.message.get_or_insert_with(|| (*text).into());
        if let Some(leg) = order.legs.get_mut(at) {
            leg.cause.message = Some(text);
        }
    }
}

fn market_of(order: &Order, at: usize) -> MarketId {
    order.legs.get(at).map_or(MarketId(0), |leg| leg.market)
}

pub(super) fn unpaid(error: LedgerError) -> Refusal {
    Refusal::conflict(format!("the fill cannot be booked: {error}"))
}
