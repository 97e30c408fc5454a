//! Liquidation: a margin account whose equity fell below maintenance is closed by its venue.
//!
//! It is judged after every change of its cash or positions, and when a mark reaches a trigger.

use std::sync::Arc;

use crate::engine::desk::admit::new_order;
use crate::engine::facts::facts;
use crate::engine::portfolio::margin::{MarginKey, Stake};
use crate::engine::portfolio::watch::TARGET_TENTHS;
use crate::engine::seam::{LegEnd, Told, VenueReport};
use crate::engine::{Engine, Graph, GraphId};
use crate::event::EventKind;
use crate::ids::{AccountId, InstrumentKind, MarketId, OrderId, Side, VenueId};
use crate::number::{MAX_UNITS, Money, Price, Quantity};
use crate::order::{
    Cause, Leg, LegState, OrderSpec, OrderStatus, Policy, TimeInForce, Urgency, book_side,
};
use crate::reject::DoneReason;
use crate::risk::Mode;
use crate::sim::fees::FeeState;

impl Engine {
    /// A market became live, or no longer is: its positions may count at another price.
    pub(in crate::engine) fn judge_holders(&mut self, market: MarketId) {
        self.portfolio.judge_holders(facts!(self), market);
        self.judge_changed();
    }

    /// Judges every margin account that changed, until none is left.
    pub(in crate::engine) fn judge_changed(&mut self) {
        if !self.portfolio.begin_judging() {
            return;
        }
        while let Some(key) = self.portfolio.next_to_judge() {
            if self.rules.params().margin {
                if self.portfolio.must_liquidate(self.facts(), key) {
                    self.liquidate(key);
                }
                self.portfolio.arm_triggers(facts!(self), key);
            }
            self.portfolio.judged(key);
        }
    }

    /// Ends every order of the venue account, then closes positions, the largest first.
    fn liquidate(&mut self, key: MarginKey) {
        let (account, venue, asset) = key;
        let legs = self.open_legs_at(account, venue);
        self.bench().deliver_pending(&legs.iter().map(|(order, _)| *order).collect());
        if !self.portfolio.must_liquidate(self.facts(), key) {
            return;
        }
        if self.portfolio.begin_liquidation(key) {
            let kind = EventKind::LiquidationStarted { venue, asset };
            self.journal.tell(self.agenda.now_ns(), account, kind);
        }
        self.bench().end_legs(&legs, LegEnd::Cancelled(DoneReason::Liquidated));
        self.drop_ended();
        while let Some(missing) = self.portfolio.missing_tenths(self.facts(), key) {
            if missing <= 0 {
                return;
            }
            let closed = self.closable(key).into_iter().any(|stake| {
                let quantity = self.quantity_to_close(account, &stake, missing);
                quantity.0 > 0 && self.close_stake(account, &stake, quantity)
            });
            if !closed {
                // The rest waits for the next good version of a book.
                return;
            }
        }
    }

    fn open_legs_at(&self, account: AccountId, venue: VenueId) -> Vec<(OrderId, usize)> {
        let mut found = Vec::new();
        for order in self.desk.open_orders(account) {
            for (at, leg) in self.desk.order(order).legs.iter().enumerate() {
                let is_here = self.registry.market(leg.market).venue == venue;
                if is_here && leg.state != LegState::Done {
                    found.push((order, at));
                }
            }
        }
        found
    }

    /// Positions of a margin account that can be closed now, the largest notional first. One whose
    /// book is not live is not.
    fn closable(&self, key: MarginKey) -> Vec<Stake> {
        let mut found = self.portfolio.stakes(self.facts(), key);
        let now = self.agenda.now_ns();
        found.retain(|stake| self.exchange.market(stake.market).market.is_live(now));
        found.sort_by_key(|stake| (std::cmp::Reverse(stake.notional()), stake.market));
        found
    }

    /// What closing must take from the book now to bring the account back to its target: at most
    /// the position, at most what is displayed.
    fn quantity_to_close(&self, account: AccountId, stake: &Stake, missing: i128) -> Quantity {
        let terms = self.registry.market(stake.market);
        let taker = closing_side(stake.quantity);
        let most = usize::try_from(self.rules.params().max_levels).unwrap_or(usize::MAX);
        let rates = Rates {
            maintenance: i128::from(terms.venue.venue().maintenance_margin_1e8.unwrap_or_default()),
            fee: i128::from(self.rules.liquidation_fees().model.rate_1e8(false)),
        };
        let mut missing = missing.checked_mul(RATE_ONE);
        let mut left = Quantity(stake.quantity.0.saturating_abs());
        let mut total = 0i64;
        for offer in self.facts().offers(account, stake.market, taker).take(most) {
            let price = offer.effective;
            let relief = rates.relief(stake.price, price, taker);
            let needed = missing
                .map_or(left, |missing| needed(missing, relief, left, terms.grid.order_lot()));
            let available = offer.available();
            let short = available < needed;
            let taken = if short { available.floor_to(terms.grid.order_lot()) } else { needed };
            total = total.saturating_add(taken.0);
            left = Quantity(left.0 - taken.0);
            missing = missing.map(|missing| missing - relief * i128::from(taken.0));
            if left.0 == 0 || missing.is_some_and(|missing| missing <= 0) {
                break;
            }
        }
        Quantity(total)
    }

    /// Takes a quantity from the book for the account; false when nothing traded.
    fn close_stake(&mut self, account: AccountId, stake: &Stake, quantity: Quantity) -> bool {
        let id = self.record_liquidation(account, stake, quantity);
        let balance = self.desk.funding(&mut self.portfolio, &self.registry, id, stake.market);
        let reservation = self.portfolio.reserve(balance, Money::ZERO);
        let Ok(reservation) = reservation else { return false };
        self.desk.hold((id, 0), reservation);
        self.bench().hear(VenueReport { leg: (id, 0), told: Told::Ack });
        self.tell_readers();
        self.floor().take_at_once((id, 0));
        self.go_on();
        self.bench().end_legs(&[(id, 0)], LegEnd::Cancelled(DoneReason::NoLiquidity));
        self.drop_ended();
        self.desk.order(id).filled.0 > 0
    }

    /// The venue's own order: no limit, no reservation, only closes.
    fn record_liquidation(
        &mut self,
        account: AccountId,
        stake: &Stake,
        quantity: Quantity,
    ) -> OrderId {
        let (market, now) = (stake.market, self.agenda.now_ns());
        let terms = *self.registry.market(market);
        let side = closing_side(stake.quantity);
        let graph = self.desk.next_graph();
        let spec = OrderSpec {
            account,
            epoch: self.desk.account(account).epoch,
            graph,
            node_id: Arc::from("liquidation"),
            seq: 1,
            symbol: terms.symbol,
            outcome: None,
            kind: InstrumentKind::Perp,
            side,
            pinned: Some(terms.venue),
            tif: TimeInForce::Ioc,
            policy: Policy::Sor,
            urgency: Urgency::High,
            max_slippage_bps: None,
            horizon_ms: None,
            reduce_only: true,
            notional_usd: None,
            is_market: true,
            created_ns: now,
        };
        let mut order = new_order(spec, quantity, None, now);
        order.legs.push(liquidation_leg(market, side, quantity));
        let id = self.desk.add_order(order);
        self.desk.add_graph(
            account,
            Graph {
                id: GraphId::Made(self.journal.make_id(now)),
                fingerprint: Some(0),
                order: Some(id),
                first_answer: None,
                metadata: Arc::from("{}"),
                limits: None,
                by: Mode::Sandbox,
            },
        );
        self.desk.note_liquidation(id);
        self.bench().touch(id);
        self.desk.note_creation(id);
        id
    }
}

/// Units of a rate (1e-8) in one, times the ten of `Portfolio::missing_tenths`.
const RATE_ONE: i128 = 100_000_000;

/// Shares of a notional, at 1e-8.
struct Rates {
    maintenance: i128,
    fee: i128,
}

impl Rates {
    /// How much nearer to the target one unit of quantity closed at a price brings the account:
    /// its maintenance goes; its fee and what the price is worse than the mark are paid. In
    /// tenths at 1e-25.
    fn relief(&self, mark: Price, price: Price, taker: Side) -> i128 {
        let (mark, price) = (i128::from(mark.0), i128::from(price.0));
        let worse = if taker == Side::Sell { mark - price } else { price - mark };
        self.maintenance * mark * TARGET_TENTHS - 10 * (self.fee * price + worse * RATE_ONE)
    }
}

/// Quantity that brings the account to its target, in whole lots; everything when closing at this
/// price does not help.
fn needed(missing: i128, relief: i128, left: Quantity, lot: Quantity) -> Quantity {
    if relief <= 0 {
        return left;
    }
    let units = crate::number::div_ceil(missing, relief);
    let lot = i128::from(lot.0.max(1));
    let units = crate::number::div_ceil(units, lot) * lot;
    i64::try_from(units).map_or(left, |units| Quantity(units).min(left))
}

const fn closing_side(quantity: Quantity) -> Side {
    if quantity.0 > 0 { Side::Sell } else { Side::Buy }
}

fn liquidation_leg(market: MarketId, side: Side, quantity: Quantity) -> Leg {
    debug_assert_eq!(book_side(side, None), side);
    let worst = if side == Side::Buy { Price(MAX_UNITS) } else { Price(1) };
    Leg {
        market,
        qty: quantity,
        filled: Quantity::ZERO,
        fees: FeeState::default(),
        bound: worst,
        cap: worst,
        margin_at: worst,
        reservation: None,
        reducing: quantity,
        state: LegState::InFlight,
        status: OrderStatus::New,
        held: false,
        cancelling: None,
        reshape: None,
        reference: Price(0),
        cause: Cause::default(),
    }
}
