//! Liquidation: a margin account whose equity fell below maintenance is closed by its venue.
//!
//! A margin account is what one account has at one venue in one settlement asset. Its cash and
//! the gains of its positions back all of them together. Positions that were only written by hand
//! stand outside until an order changes them (wire contract, 7.3).

use std::sync::Arc;

use crate::engine::desk::admit::new_order;
use crate::engine::desk::finish::LegEnd;
use crate::engine::desk::hear::Answer;
use crate::engine::life::state::MarginKey;
use crate::engine::{Engine, Graph, GraphId};
use crate::event::EventKind;
use crate::ids::{AccountId, AssetId, InstrumentKind, MarketId, OrderId, Side, VenueId};
use crate::number::{
    EXACT_PER_MONEY, MAX_UNITS, Money, Price, Quantity, exact_notional, mul_div_ceil,
};
use crate::order::{
    AtVenue, Leg, LegState, OrderSpec, OrderStatus, Policy, TimeInForce, Urgency, book_side,
};
use crate::reject::DoneReason;
use crate::risk::Mode;
use crate::sim::fees::{FeeSchedule, FeeState};
use crate::sim::latency::Transit;

/// What a venue takes for liquidating, 50 bps, before the preset's factor. Initial.
const FEE_1E8: i64 = 500_000;
/// Positions are closed until equity is this share of maintenance, in tenths.
const TARGET_TENTHS: i128 = 11;

/// Equity and maintenance margin of a margin account, at 1e-17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Health {
    pub(in crate::engine) equity: i128,
    pub(in crate::engine) maintenance: i128,
}

impl Health {
    const fn is_short(self) -> bool {
        self.equity < self.maintenance
    }

    /// Below where a liquidation ends; a sum beyond 128 bits is not.
    fn is_below_target(self) -> bool {
        self.missing_tenths().is_some_and(|missing| missing > 0)
    }

    /// Ten times what is missing to the target.
    fn missing_tenths(self) -> Option<i128> {
        let target = self.maintenance.checked_mul(TARGET_TENTHS)?;
        target.checked_sub(self.equity.checked_mul(10)?)
    }
}

/// One position of a margin account.
#[derive(Debug, Clone, Copy)]
struct Stake {
    market: MarketId,
    quantity: Quantity,
    mark: Price,
}

impl Stake {
    fn notional(&self) -> i128 {
        exact_notional(self.mark, self.quantity).abs()
    }
}

impl Engine {
    /// A market has a new mark: whoever traded it is judged by it.
    pub(in crate::engine) fn judge_margins(&mut self, market: MarketId) {
        let Some(watchers) = self.portfolio.life.watchers.get(&market) else { return };
        if !self.rules.params.margin {
            return;
        }
        let terms = self.registry.market(market);
        let (venue, settle) = (terms.venue, terms.settle);
        let keys = watchers.iter().map(|account| (*account, venue, settle));
        let failing: Vec<MarginKey> = keys.filter(|key| self.must_liquidate(*key)).collect();
        for key in failing {
            self.liquidate(key);
        }
    }

    fn must_liquidate(&self, key: MarginKey) -> bool {
        self.health(key).is_some_and(|health| {
            health.is_short()
                || (health.is_below_target() && self.portfolio.life.liquidating.contains(&key))
        })
    }

    /// Equity against maintenance; `None` while a mark that counts is old, because an old mark
    /// liquidates nobody, and when nothing is held.
    pub(in crate::engine) fn health(&self, key: MarginKey) -> Option<Health> {
        let (account, venue, settle) = key;
        let cash = self.portfolio.ledger.find(account, venue, settle);
        let cash = cash.map_or(Money::ZERO, |id| self.portfolio.ledger.balance(id).total());
        let mut equity = cash.0.checked_mul(EXACT_PER_MONEY)?;
        let (mut maintenance, mut any) = (0i128, false);
        let fraction = i128::from(venue.venue().maintenance_margin_1e8?);
        let rows = &self.desk.accounts[account].rows;
        for ((_, asset), row) in rows.range((venue, AssetId(0))..=(venue, AssetId(u32::MAX))) {
            let position = &self.portfolio.rows[*row];
            let Some(perp) = position.perp.filter(|perp| perp.is_traded && perp.quantity.0 != 0)
            else {
                continue;
            };
            let Some(market) = self.perp_market(venue, *asset) else { continue };
            if self.registry.market(market).settle != settle {
                continue;
            }
            let (mark, is_good) = self.venue_mark(market)?;
            if !is_good {
                return None;
            }
            let value = exact_notional(mark, perp.quantity);
            let gain = value.checked_sub(position.cost(perp.quantity).ok()?)?;
            equity = equity.checked_add(gain)?;
            let share = mul_div_ceil(value.checked_abs()?, fraction, 100_000_000).ok()?;
            maintenance = maintenance.checked_add(share)?;
            any = true;
        }
        any.then_some(Health { equity, maintenance })
    }

    /// Ends every order of the venue account, then closes positions, the largest first.
    fn liquidate(&mut self, key: MarginKey) {
        let (account, venue, asset) = key;
        let legs = self.open_legs_at(account, venue);
        self.deliver_pending(&legs.iter().map(|(order, _)| *order).collect());
        if !self.must_liquidate(key) {
            return;
        }
        if self.portfolio.life.liquidating.insert(key) {
            let kind = EventKind::LiquidationStarted { venue, asset };
            self.journal.log.push(self.agenda.now_ns, account, kind);
        }
        self.end_legs(&legs, LegEnd::Cancelled(DoneReason::Liquidated));
        self.drop_ended();
        while let Some(health) = self.health(key).filter(|health| health.is_below_target()) {
            let closed = self.stakes(key).into_iter().any(|stake| {
                let quantity = self.quantity_to_close(account, &stake, health);
                quantity.0 > 0 && self.close_stake(account, &stake, quantity)
            });
            if !closed {
                // The rest waits for the next good version of a book.
                return;
            }
        }
        self.portfolio.life.liquidating.remove(&key);
    }

    fn open_legs_at(&self, account: AccountId, venue: VenueId) -> Vec<(OrderId, usize)> {
        let mut found = Vec::new();
        for order in self.open_orders(account) {
            for (at, leg) in self.desk.orders[order].legs.iter().enumerate() {
                let is_here = self.registry.market(leg.market).venue == venue;
                if is_here && leg.state != LegState::Done {
                    found.push((order, at));
                }
            }
        }
        found
    }

    /// Positions of a margin account, the largest notional first.
    fn stakes(&self, (account, venue, settle): MarginKey) -> Vec<Stake> {
        let rows = &self.desk.accounts[account].rows;
        let range = rows.range((venue, AssetId(0))..=(venue, AssetId(u32::MAX)));
        let mut found: Vec<Stake> = range
            .filter_map(|((_, asset), row)| {
                let perp = self.portfolio.rows[*row].perp.filter(|perp| perp.is_traded)?;
                let market = self.perp_market(venue, *asset)?;
                let (mark, is_good) = self.venue_mark(market)?;
                let counts = is_good
                    && perp.quantity.0 != 0
                    && self.registry.market(market).settle == settle;
                counts.then_some(Stake { market, quantity: perp.quantity, mark })
            })
            .collect();
        found.sort_by_key(|stake| (std::cmp::Reverse(stake.notional()), stake.market));
        found
    }

    /// What closing must take from the book now to bring the account back to its target: at most
    /// the position, at most what is displayed.
    fn quantity_to_close(&self, account: AccountId, stake: &Stake, health: Health) -> Quantity {
        let terms = self.registry.market(stake.market);
        let taker = closing_side(stake.quantity);
        let most = usize::try_from(self.rules.params.max_levels).unwrap_or(usize::MAX);
        let rates = Rates {
            maintenance: i128::from(terms.venue.venue().maintenance_margin_1e8.unwrap_or_default()),
            fee: i128::from(self.liquidation_fees().model.rate_1e8(false)),
        };
        let mut missing = health.missing_tenths().and_then(|tenths| tenths.checked_mul(RATE_ONE));
        let mut left = Quantity(stake.quantity.0.saturating_abs());
        let mut total = 0i64;
        for offer in self.offers(account, stake.market, taker).take(most) {
            let price = offer.effective;
            let relief = rates.relief(stake.mark, price, taker);
            let needed = missing.map_or(left, |missing| needed(missing, relief, left, terms.lot));
            let available = offer.available();
            let short = available < needed;
            let taken = if short { available.floor_to(terms.lot) } else { needed };
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
        let balance = self.funding(id, stake.market);
        let reservation = self.portfolio.ledger.reserve(balance, Money::ZERO);
        let Ok(reservation) = reservation else { return false };
        if let Some(leg) = self.desk.orders[id].legs.get_mut(0) {
            leg.reservation = Some(reservation);
        }
        self.deliver(id, 0, Answer::Acknowledged);
        self.walk(id, 0);
        self.end_legs(&[(id, 0)], LegEnd::Cancelled(DoneReason::NoLiquidity));
        self.drop_ended();
        self.desk.orders[id].filled.0 > 0
    }

    /// The venue's own order: no limit, no reservation, only closes.
    fn record_liquidation(
        &mut self,
        account: AccountId,
        stake: &Stake,
        quantity: Quantity,
    ) -> OrderId {
        let (market, now) = (stake.market, self.agenda.now_ns);
        let terms = *self.registry.market(market);
        let side = closing_side(stake.quantity);
        let graph = self.desk.graphs.next_id();
        let spec = OrderSpec {
            account,
            epoch: self.desk.accounts[account].epoch,
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
        let id = self.desk.orders.push(order);
        let name = GraphId::Made(self.journal.ulids.next(now));
        self.desk.graphs.push(Graph {
            id: name.clone(),
            fingerprint: Some(0),
            order: id,
            first_answer: None,
            metadata: Arc::from("{}"),
            limits: None,
            by: Mode::Sandbox,
        });
        let owner = &mut self.desk.accounts[account];
        owner.graphs.insert(name, graph);
        owner.orders.push(id);
        owner.open.insert(id, ());
        self.portfolio.life.liquidations.insert(id);
        self.touch(id);
        self.desk.orders[id].created_seq = self.desk.orders[id].event_seq;
        id
    }

    /// What a liquidation costs under the preset in force.
    pub(in crate::engine) fn liquidation_fees(&self) -> FeeSchedule {
        let rate =
            i128::from(FEE_1E8) * i128::from(self.rules.params.liquidation_fee_ppm) / 1_000_000;
        let rate = i64::try_from(rate).unwrap_or(FEE_1E8);
        FeeSchedule::bps(rate, rate)
    }
}

/// Units of a rate (1e-8) in one, times the ten of [`Health::missing_tenths`].
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
        at_venue: AtVenue::Travelling,
        open: quantity,
        cancelling: None,
        transit: Transit::default(),
        reshape: None,
        reference: Price(0),
        deferred: false,
    }
}
