//! A real venue takes a fill back: its money, its position and the sums of its order go back. What
//! had ended stays so; what may trade again is for its venue to say.

use crate::engine::Fill;
use crate::engine::desk::Desk;
use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::desk::live::unpaid;
use crate::engine::desk::reserve::funded_by;
use crate::engine::facts::Facts;
use crate::engine::portfolio::required::required;
use crate::engine::portfolio::reversal::Reversal;
use crate::engine::seam::{DeskNews, LegRef};
use crate::event::EventKind;
use crate::ids::{AssetId, FillIx};
use crate::ledger::LedgerError;
use crate::number::{Money, Price, QUANTITY_ONE, Quantity, exact_notional, mul_div_floor};
use crate::order::{Leg, Order};
use crate::position::Execution;
use crate::reject::Refusal;
use crate::sim::fees::FeeState;

impl Desk {
    /// The fill of a leg that its venue names so.
    pub(in crate::engine) fn fill_named(&self, (id, at): LegRef, trade: &str) -> Option<FillIx> {
        let order = &self.orders[id];
        let market = order.legs.get(at)?.market;
        let newest = self.accounts[order.spec.account].fills.iter().rev();
        newest.copied().find(|ix| {
            self.fills.peek(*ix).is_some_and(|fill| {
                let named = fill.evidence.trade().is_some_and(|told| *told.id == *trade);
                named && fill.order == id && fill.market == market
            })
        })
    }
}

impl Bench<'_> {
    /// Takes a fill back that its venue took back.
    pub(in crate::engine) fn reverse_fill(&mut self, (id, at): LegRef, ix: FillIx) {
        let order = &self.desk.orders[id];
        let Some(leg) = order.legs.get(at) else { return };
        let taken = self.papers().reversal(order, leg, &self.desk.fills[ix]);
        let booked = taken.and_then(|(reversal, before)| {
            self.portfolio.reverse(self.facts, &reversal)?;
            Ok(before)
        });
        match booked {
            Ok(before) => self.record_reversal((id, at), ix, before),
            Err(error) => self.report_fault(id, &error),
        }
    }

    fn record_reversal(&mut self, (id, at): LegRef, ix: FillIx, before: Leg) {
        let now = self.facts.now_ns;
        self.desk.fills[ix].reversed = true;
        let fill = &self.desk.fills[ix];
        let (quantity, exact) = (fill.quantity, exact_notional(fill.price, fill.quantity));
        let (notional_usd, fee_usd) = (fill.notional_usd, fill.fee_usd);
        let market = before.market;
        let order = &mut self.desk.orders[id];
        let account = order.spec.account;
        if let Some(leg) = order.legs.get_mut(at) {
            *leg = before;
        }
        order.filled = Quantity(order.filled.0 - quantity.0);
        if order.filled.0 == 0 {
            order.status = order.status.unfilled();
        }
        order.exact -= exact;
        let less = |(sum, part): (Money, Money)| Money(sum.0 - part.0);
        order.notional_usd = order.notional_usd.zip(notional_usd).map(less);
        order.fees_usd = order.fees_usd.zip(fee_usd).map(less);
        if let Err(error) = self.desk.hold_required(self.portfolio, self.facts.registry, (id, at)) {
            self.report_fault(id, &error);
        }
        self.journal.tell(now, account, EventKind::FillReversed { order: id, fill: ix });
        self.journal.note_fill(now, ix);
        self.tell_graph(id, DeskNews::Reversed(id, ix));
        self.touch(id);
        self.net_pairs(id, &self.facts.registry.market(market).clone());
        self.watch_day(account);
    }
}

impl Papers<'_> {
    /// What is taken back has to be there: refused before anything of it is known otherwise.
    pub(in crate::engine) fn check_reversal(
        &self,
        leg: LegRef,
        fill: FillIx,
    ) -> Result<(), Refusal> {
        let order = &self.desk.orders[leg.0];
        let Some(row) = order.legs.get(leg.1) else { return Ok(()) };
        let (reversal, before) =
            self.reversal(order, row, &self.desk.fills[fill]).map_err(unpaid)?;
        let owed = self.owed(order, &before, row).map_err(unpaid)?;
        let (account, venue, funds) = funded_by(self.facts.registry, &order.spec, row.market);
        let lacks = |asset: &AssetId| {
            let free = self.portfolio.spendable(self.facts, account, venue, *asset);
            let owed = if asset == &funds { owed.0 } else { 0 };
            free.0.saturating_add(reversal.change(*asset).0) < owed
        };
        let moved = [reversal.settle, reversal.holder.1, reversal.fee.1];
        let Some(asset) = moved.into_iter().find(lacks) else { return Ok(()) };
        let balance = self.portfolio.ledger().find(account, venue, asset);
        let holder = balance.and_then(|balance| self.newest_leg_on(account, balance));
        Err(Refusal::conflict(match holder.filter(|held| *held != leg) {
            // Only its venue can end it.
            Some((order, _)) => {
                let name = self.desk.name_of(&self.desk.orders[order].spec);
                format!("{name} holds what the venue takes back: cancel it first")
            }
            None => "the account has no longer what the venue takes back: write its positions \
                     first"
                .to_owned(),
        }))
    }

    /// What an open leg has to hold beyond what it holds, once it is as it was before a fill.
    fn owed(&self, order: &Order, before: &Leg, now: &Leg) -> Result<Money, LedgerError> {
        let Some(reservation) = now.reservation else { return Ok(Money::ZERO) };
        let terms = self.facts.registry.market(now.market);
        let needed = required(order.spec.side, terms, before)?;
        Ok(Money(needed.0 - self.portfolio.ledger().reserved(reservation)?.0))
    }

    /// What taking a fill back moves, and its leg without it.
    fn reversal(
        &self,
        order: &Order,
        leg: &Leg,
        fill: &Fill,
    ) -> Result<(Reversal, Leg), LedgerError> {
        let terms = self.facts.registry.market(leg.market);
        let side = order.spec.side;
        let mut fees: FeeState = leg.fees;
        let notional = fees.take_back(side, fill.price, fill.quantity)?;
        let reversal = Reversal {
            venue: terms.venue,
            settle: terms.settle,
            holder: (order.spec.account, terms.held(order.spec.outcome)),
            notional,
            fee: (fill.fee, fill.fee_asset),
            opposite: Execution {
                side: side.opposite(),
                quantity: fill.quantity,
                price: self.facts.price_then(fill, terms.settle)?,
                fee_usd: fill.fee_usd.map(|fee| Money(-fee.0)),
                at_ns: self.facts.now_ns,
            },
        };
        let filled = Quantity(leg.filled.0 - fill.quantity.0);
        let status = if filled.0 == 0 { leg.status.unfilled() } else { leg.status };
        Ok((reversal, Leg { filled, fees, status, ..leg.clone() }))
    }
}

impl Facts<'_> {
    /// What a fill's price was in USD when it was booked.
    fn price_then(&self, fill: &Fill, settle: AssetId) -> Result<Option<Price>, LedgerError> {
        let Some(notional) = fill.notional_usd else { return Ok(None) };
        if self.registry.asset_row(settle).pegged {
            return Ok(Some(fill.price));
        }
        let units = i128::from(fill.quantity.0.max(1));
        let price = mul_div_floor(notional.0, i128::from(QUANTITY_ONE), units)?;
        i64::try_from(price).map(|price| Some(Price(price))).or(Err(LedgerError::Range))
    }
}
