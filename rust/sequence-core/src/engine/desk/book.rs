//! Money and positions of one fill.
//!
//! Charges, proceeds and fees are rounded cumulatively per leg, so many small fills cost what one
//! fill costs, and a fill never needs more than its leg holds.

use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::facts::Facts;
use crate::engine::portfolio::booking::Booking;
use crate::engine::seam::{DeskNews, LegEnd, Matched};
use crate::engine::{CashTrail, Fill, FillCause, Liquidity};
use crate::event::EventKind;
use crate::ids::{AssetId, InstrumentKind, OrderId, Side};
use crate::ledger::{LedgerError, ReservationId};
use crate::mutant;
use crate::number::{Money, PRICE_ONE, Price, Quantity, exact_notional, mul_div_floor};
use crate::order::{LegState, OrderStatus};
use crate::position::Execution;
use crate::registry::MarketSpec;
use crate::reject::RejectReason;
use crate::rows::Rows as _;
use crate::sim::fees::{Charging, FeeState};

impl Bench<'_> {
    /// Books one fill of a leg at a price in the order's own outcome.
    pub(in crate::engine) fn book_fill(&mut self, order: OrderId, leg: usize, matched: Matched) {
        if !self.desk.orders[order].spec.reduce_only || mutant!("reduce_only_flips") {
            return self.book_whole(order, leg, matched);
        }
        // The position may have changed since the order was placed; it must not be flipped.
        let left = self.papers().opposite_position(order, leg);
        let clipped = left < matched.quantity;
        if clipped {
            let unbooked = Quantity(matched.quantity.0 - left.0.max(0));
            self.post.give_back((order, leg), &matched, unbooked);
        }
        if left.0 > 0 {
            let quantity = matched.quantity.min(left);
            self.book_whole(order, leg, Matched { quantity, ..matched });
        }
        if clipped {
            let text = "there is no position left to reduce";
            self.end_leg(order, leg, LegEnd::Dropped(RejectReason::InvalidParams, text));
        }
    }

    fn book_whole(&mut self, order: OrderId, leg: usize, mut matched: Matched) {
        if mutant!("overfill") {
            matched.quantity = Quantity(matched.quantity.0.saturating_mul(2));
        }
        let booked = self.papers().prepare(order, leg, &matched).and_then(|booking| {
            if matched.evidence.trade().is_some() {
                let made = self.hold_fill(&booking)?;
                let leg = self.desk.orders[order].legs.get_mut(leg).ok_or(LedgerError::Unknown)?;
                leg.reservation = leg.reservation.or(made);
            }
            let (before, reservation) = self.papers().held_by(order, leg);
            let realized: Option<Money> = match booking.terms.kind {
                InstrumentKind::Perp => self.book_perp(&booking).map(Some),
                InstrumentKind::Spot | InstrumentKind::Prediction => self.book_spot(&booking),
            }?;
            self.pay_fee_elsewhere(&booking, &matched)?;
            let cash = self.papers().cash_trail(&booking, before, reservation);
            Ok((booking, realized, cash))
        });
        match booked {
            Ok((booking, realized, cash)) => {
                self.record_fill(&booking, matched, realized, cash);
                self.net_pairs(order, &booking.terms);
                self.end_broke_leg(order, leg);
            }
            Err(LedgerError::Insufficient { .. }) if self.papers().is_perp(order) => {
                self.post.give_back((order, leg), &matched, matched.quantity);
                // The position it was to reduce is gone, and there is no margin to open one.
                let end = if self.desk.orders[order].filled.0 == 0 {
                    LegEnd::Rejected(RejectReason::InsufficientBalance, "not enough margin")
                } else {
                    LegEnd::Dropped(RejectReason::InsufficientBalance, "not enough margin")
                };
                self.end_leg(order, leg, end);
            }
            Err(error) => {
                self.report_fault(order, &error);
                self.end_leg(
                    order,
                    leg,
                    LegEnd::Dropped(RejectReason::Unknown, "it cannot be booked"),
                );
            }
        }
    }

    /// Pairs of both outcomes of a market that an order left free become cash, where they do.
    pub(super) fn net_pairs(&mut self, order: OrderId, terms: &MarketSpec) {
        let spec = &self.desk.orders[order].spec;
        match self.portfolio.net_pairs(self.facts, spec, terms) {
            Ok(Some((row, pairs))) => {
                let kind = EventKind::PairsNetted { row, pairs };
                self.journal.tell(self.facts.now_ns, spec.account, kind);
            }
            Ok(None) => {}
            Err(error) => self.report_fault(order, &error),
        }
    }

    fn book_spot(&mut self, fill: &Booking) -> Result<Option<Money>, LedgerError> {
        let order = &self.desk.orders[fill.order];
        let leg = order.legs.get(fill.leg).ok_or(LedgerError::Unknown)?;
        let holder = (order.spec.account, fill.terms.held(order.spec.outcome));
        self.portfolio.book_spot(self.facts, holder, fill, leg)
    }

    fn record_fill(
        &mut self,
        booking: &Booking,
        matched: Matched,
        realized_usd: Option<Money>,
        cash: CashTrail,
    ) {
        let Matched { cause, evidence, .. } = matched;
        let Booking { order: id, leg: at, terms, price, quantity, execution, fee, fees } = *booking;
        let (charged, fee_asset) = match evidence.trade() {
            Some(trade) => (trade.fee, trade.fee_asset),
            None => (fee.fee, terms.settle),
        };
        let exact = exact_notional(price, quantity);
        let worth = |price| Money::from_exact_floor(exact_notional(price, quantity));
        let notional_usd = execution.price.map(worth);
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        let fees_before = std::mem::replace(&mut leg.fees, fees);
        leg.filled = Quantity(leg.filled.0 + quantity.0);
        let market = leg.market;
        let account = self.desk.orders[id].spec.account;
        let (now, journal) = (self.facts.now_ns, &mut *self.journal);
        let twice = mutant!("duplicate_fill_id");
        let ix = self.desk.fills.push(Fill {
            id: if twice { journal.peek_id(now) } else { journal.make_id(now) },
            order: id,
            market,
            price,
            quantity,
            notional_usd,
            fee: charged,
            fee_asset,
            fee_usd: execution.fee_usd,
            fee_leg: fee,
            fee_rule: terms.fees,
            fees_before,
            cash,
            is_maker: !cause.is_taker(),
            cause,
            queue_ahead: match &evidence.liquidity {
                Liquidity::Maker(fill, _) => fill.ahead_entry,
                Liquidity::Taker(..) | Liquidity::Venue(_) => Quantity(-1),
            },
            realized_usd,
            reversed: false,
            evidence,
            event_seq: 0,
            ts_ns: self.facts.now_ns,
        });
        let words = [price.0, quantity.0, i64::try_from(charged.0).unwrap_or(i64::MAX)];
        let kind = EventKind::OrderFilled { order: id, fill: ix, words };
        self.desk.fills[ix].event_seq = self.journal.tell(self.facts.now_ns, account, kind);
        self.desk.accounts[account].fills.push(ix);
        self.journal.note_fill(now, ix);
        let order = &mut self.desk.orders[id];
        order.filled = Quantity(order.filled.0 + quantity.0);
        order.exact += exact;
        let sum = |(sum, part): (Money, Money)| Money(sum.0 + part.0);
        order.notional_usd = order.notional_usd.zip(notional_usd).map(sum);
        order.fees_usd = order.fees_usd.zip(execution.fee_usd).map(sum);
        self.tell_graph(id, DeskNews::Filled(id, ix));
        self.after_fill(id, at);
        self.watch_day(account);
    }

    /// Status after a fill; a filled leg ends, a filled order is FILLED.
    fn after_fill(&mut self, id: OrderId, at: usize) {
        let leg = self.desk.orders[id].legs.get(at);
        let late = leg.is_some_and(|leg| leg.state == LegState::Done);
        if late {
            // It had let go of what it held, and holds nothing now.
            let held = self.desk.orders[id].legs.get_mut(at).and_then(|leg| leg.reservation.take());
            if let Some(Err(error)) = held.map(|held| self.portfolio.release(held)) {
                self.report_fault(id, &error);
            }
        } else if leg.is_some_and(|leg| leg.remaining().0 == 0) {
            self.close_leg(id, at, OrderStatus::Filled);
        } else if let Some(leg) = self.desk.orders[id].legs.get_mut(at) {
            leg.status = OrderStatus::Partial;
            leg.state = LegState::Working;
        }
        if self.desk.orders[id].status.is_terminal() {
            // The sums are open again, the status is not.
            self.touch(id);
        } else if self.desk.orders[id].filled == self.desk.orders[id].qty {
            self.drop_held(id);
            self.complete(id, OrderStatus::Filled);
        } else {
            self.set_status(id, OrderStatus::Partial);
        }
    }
}

impl Papers<'_> {
    pub(super) fn held_by(&self, order: OrderId, leg: usize) -> (Money, Option<ReservationId>) {
        let reservation = self.desk.orders[order].legs.get(leg).and_then(|leg| leg.reservation);
        let held = reservation.and_then(|id| self.portfolio.ledger().reserved(id).ok());
        (held.unwrap_or_default(), reservation)
    }

    fn cash_trail(
        &self,
        booking: &Booking,
        reserved_before: Money,
        reservation: Option<ReservationId>,
    ) -> CashTrail {
        let held = reservation.and_then(|id| self.portfolio.ledger().reserved(id).ok());
        let reserved_after = held.unwrap_or_default();
        let spent = match booking.execution.side {
            Side::Buy => booking.fee.notional.0 + booking.fee.fee.0,
            Side::Sell => booking.quantity.to_money().0,
        };
        let spent = if booking.terms.kind == InstrumentKind::Perp { 0 } else { spent };
        CashTrail {
            charged_before: Money(booking.fees.booked().0 - booking.fee.notional.0),
            charged_after: booking.fees.booked(),
            reserved_before,
            reserved_after,
            released: Money(reserved_before.0 - reserved_after.0 - spent),
        }
    }

    fn is_perp(&self, order: OrderId) -> bool {
        self.desk.orders[order].spec.kind == InstrumentKind::Perp
    }

    pub(super) fn prepare(
        &self,
        order: OrderId,
        at: usize,
        matched: &Matched,
    ) -> Result<Booking, LedgerError> {
        let Matched { price, quantity, cause, ref evidence } = *matched;
        let leg = self.desk.orders[order].legs.get(at).ok_or(LedgerError::Unknown)?;
        let mut terms = *self.facts.registry.market(leg.market);
        if cause == FillCause::Liquidation {
            terms.fees = self.facts.rules.liquidation_fees();
        }
        let side = self.desk.orders[order].spec.side;
        let mut fees = leg.fees;
        let how = Charging {
            is_maker: !cause.is_taker(),
            joined: FeeState::joins(
                &terms.fees,
                side,
                leg.left_after(quantity),
                terms.grid.order_lot(),
            ),
        };
        let told = evidence.trade();
        let fee = match told {
            Some(trade) => fees.take(side, price, quantity, trade.fee_in(terms.settle))?,
            None => fees.charge(&terms.fees, side, price, quantity, how)?,
        };
        let (charged, asset) =
            told.map_or((fee.fee, terms.settle), |trade| (trade.fee, trade.fee_asset));
        let execution = Execution {
            side,
            quantity,
            price: self.facts.in_usd(price, terms.settle)?,
            fee_usd: self.facts.money_in_usd(charged, asset)?,
            at_ns: self.facts.now_ns,
        };
        Ok(Booking { order, leg: at, terms, price, quantity, execution, fee, fees })
    }
}

impl Facts<'_> {
    /// A price in USD; `None` when nothing says what its quote is worth.
    pub(super) fn in_usd(
        &self,
        price: Price,
        quote: AssetId,
    ) -> Result<Option<Price>, LedgerError> {
        let usd = self.money_in_usd(Money(i128::from(price.0)), quote)?;
        usd.map(|usd| i64::try_from(usd.0).map(Price).or(Err(LedgerError::Range))).transpose()
    }

    /// An amount of an asset in USD, rounded down; `None` when nothing says what it is worth.
    pub(in crate::engine) fn money_in_usd(
        &self,
        money: Money,
        asset: AssetId,
    ) -> Result<Option<Money>, LedgerError> {
        let Some(rate) = self.usd_rate(asset) else { return Ok(None) };
        if rate.0 == PRICE_ONE {
            return Ok(Some(money));
        }
        let usd = mul_div_floor(money.0, i128::from(rate.0), i128::from(PRICE_ONE));
        Ok(Some(Money(usd?)))
    }
}
