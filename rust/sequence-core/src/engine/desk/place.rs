//! From an admitted order to reserved legs: price bounds, venues, funds.

use crate::engine::desk::bench::{Bench, Papers};
use std::borrow::Cow;

use crate::engine::agenda::Due;
use crate::engine::bounds::{check_fat_finger, refusal_of};
use crate::engine::desk::admit::only;
use crate::engine::desk::reserve::funded_by;
use crate::engine::desk::route::check_shares;
use crate::engine::portfolio::required::buy_cost;
use crate::engine::portfolio::required::required;
use crate::engine::seam::VenueRequest;
use crate::ids::{InstrumentKind, MarketId, OrderId, Side};
use crate::mutant;
use crate::number::{Money, Price, Quantity};
use crate::order::{Cause, Leg, LegState, Order, OrderSpec, OrderStatus, Policy, TimeInForce};
use crate::reject::{RejectReason, Rejected};
use crate::sim::fees::FeeState;

impl Bench<'_> {
    /// Routes and reserves; an order that cannot is as before.
    pub(in crate::engine) fn prepare_order(&mut self, id: OrderId) -> Result<(), Rejected> {
        self.pre_trade(id)?;
        self.desk.orders[id].legs = self.papers().plan(&self.desk.orders[id])?;
        if let Err(error) = self.desk.reserve_legs(self.portfolio, self.facts, (id, 0)) {
            self.desk.drop_legs(self.portfolio, (id, 0));
            return Err((RejectReason::InsufficientBalance, error.to_string()));
        }
        Ok(())
    }

    /// Each leg of an order that was prepared leaves for its venue.
    pub(in crate::engine) fn send_order(&mut self, id: OrderId) {
        self.journal.note_route(self.facts.now_ns, &self.desk.orders[id]);
        self.start_life(id);
        for leg in 0..self.desk.orders[id].legs.len() {
            self.post.requests.push_back(VenueRequest::New((id, leg)));
        }
    }

    /// Timers of an order that was placed.
    fn start_life(&mut self, id: OrderId) {
        let spec = &self.desk.orders[id].spec;
        let horizon = spec.horizon_ms.and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000_000));
        let end = horizon.and_then(|life| self.facts.now_ns.checked_add(life));
        let legs = self.desk.orders[id].legs.iter().filter(|_| spec.tif == TimeInForce::Day);
        let day = legs
            .map(|leg| {
                self.facts
                    .registry
                    .market(leg.market)
                    .venue
                    .venue()
                    .next_day_end_ns(self.facts.now_ns)
            })
            .min();
        if let Some(due) = [end, day].into_iter().flatten().min() {
            self.expire_at(id, due);
        }
        if self.desk.orders[id].spec.policy == Policy::AggressiveChase {
            self.agenda.add(
                self.facts.now_ns + crate::engine::exchange::arrive::CHASE_INTERVAL_NS,
                Due::Chase(id),
            );
        }
    }
}

impl<'a> Papers<'a> {
    /// The legs an order would get now.
    pub(in crate::engine) fn plan(&self, order: &Order) -> Result<Vec<Leg>, Rejected> {
        let spec = &order.spec;
        let markets = self.usable_markets(spec, order.limit)?;
        let touch = self.facts.best_touch(&markets, spec.side, spec.outcome);
        if let (Some(limit), Some(touch)) = (order.limit, touch) {
            check_fat_finger(spec, limit, touch, self.deviation_bps(spec))?;
        }
        if let ([market], Some(_)) = (&markets[..], spec.pinned)
            && spec.tif != TimeInForce::Fok
        {
            return Ok(vec![self.pinned_leg(order, *market, touch)?]);
        }
        let places = self.places(order, &markets, touch);
        let shares = self.shares(order, &places)?;
        let used = places.iter().zip(shares).filter(|(_, share)| share.0 > 0);
        let legs =
            used.map(|(place, share)| self.leg(order, place.market, place.bound, share, touch));
        let mut legs: Vec<Leg> = legs.collect();
        // Most orders have one leg, and keep it: no room for three more.
        legs.shrink_to_fit();
        Ok(legs)
    }

    /// The one leg of an order that names its venue.
    fn pinned_leg(
        &self,
        order: &Order,
        market: MarketId,
        touch: Option<Price>,
    ) -> Result<Leg, Rejected> {
        let bound = self.facts.bound_at(order, market, touch).unwrap_or_default();
        let headroom = self.headroom(order, market, bound);
        check_shares(order, Quantity::ZERO, headroom < order.qty)?;
        Ok(self.leg(order, market, bound, order.qty, touch))
    }

    /// How far through the market a limit may be, in basis points.
    pub(in crate::engine) fn deviation_bps(&self, spec: &OrderSpec) -> i64 {
        let own = self.risk_of(spec).pre_trade.max_price_deviation_bps;
        own.map_or(self.facts.rules.params().fat_finger_bps, i64::from)
    }

    pub(in crate::engine) fn usable_markets(
        &self,
        spec: &OrderSpec,
        limit: Option<Price>,
    ) -> Result<Cow<'a, [MarketId]>, Rejected> {
        let listed = match spec.pinned {
            Some(venue) => self.facts.registry.markets_at(spec.symbol, venue),
            None => &self.facts.registry.symbol(spec.symbol).markets,
        };
        let risk = self.risk_of(spec);
        let allowed = risk.admission.allowed_venues;
        let mut markets = only(listed.into(), |market| {
            allowed.contains(self.facts.registry.market(market).venue)
        });
        if let Some(most_ms) = risk.pre_trade.max_quote_age_ms {
            let most_ns = i64::from(most_ms).saturating_mul(1_000_000);
            markets = only(markets, |market| {
                let book = &self.facts.exchange.market(market).market;
                book.is_live(self.facts.now_ns) && book.age_ns(self.facts.now_ns) <= most_ns
            });
            if markets.is_empty() {
                let text = format!("no book is younger than {most_ms} ms");
                return Err((RejectReason::StaleVenue, text));
            }
        }
        if spec.pinned.is_none() {
            let takes_orders = |market: MarketId| {
                let status = self.facts.exchange.market(market).market.status(self.facts.now_ns);
                refusal_of(spec.ask(), status).is_none()
            };
            if markets.iter().copied().any(takes_orders) {
                markets = only(markets, takes_orders);
            }
        }
        if let Some(limit) = limit {
            let quotes = |market: MarketId| {
                let grid = self.facts.registry.market(market).grid_of(spec.outcome);
                grid.passive(spec.side, limit).is_some()
            };
            markets = only(markets, quotes);
            if markets.is_empty() {
                let text = format!("no venue has a price at or behind {limit}");
                return Err((RejectReason::InvalidParams, text));
            }
        }
        if spec.rests() {
            // A pool has no queue to stand in: it is there for takers.
            markets = only(markets, |market| self.facts.registry.market(market).post_only);
            if markets.is_empty() {
                let text = if spec.tif == TimeInForce::PostOnly {
                    "post-only orders are not offered here"
                } else {
                    "no order can rest here: send it as ioc, fok or market"
                };
                return Err((RejectReason::InvalidParams, text.to_owned()));
            }
        }
        Ok(markets)
    }

    pub(in crate::engine) fn leg(
        &self,
        order: &Order,
        market: MarketId,
        bound: Price,
        qty: Quantity,
        touch: Option<Price>,
    ) -> Leg {
        let spec = &order.spec;
        // A reduce-only order never opens, whatever the position is when it is reached.
        let reducing = if spec.reduce_only { qty } else { self.reducible(order, market).min(qty) };
        Leg {
            market,
            qty,
            filled: Quantity::ZERO,
            fees: FeeState::default(),
            bound,
            cap: self.facts.walk_cap(spec, market, bound),
            margin_at: self.facts.margin_price(spec, market, bound),
            reservation: None,
            reducing,
            state: LegState::InFlight,
            status: OrderStatus::New,
            held: false,
            cancelling: None,
            reshape: None,
            reference: touch.unwrap_or(Price(0)),
            cause: Cause::default(),
        }
    }

    /// Most of the order's quantity that can be funded at a venue, in whole lots. What only reduces
    /// needs no funds: how much of it there is to reduce its venue sees when it arrives.
    pub(in crate::engine) fn headroom(
        &self,
        order: &Order,
        market: MarketId,
        bound: Price,
    ) -> Quantity {
        let terms = self.facts.registry.market(market);
        let (account, venue, asset) = funded_by(self.facts.registry, &order.spec, market);
        let mut free = self.portfolio.spendable(self.facts, account, venue, asset);
        if mutant!("headroom_of_the_total") {
            free = self.portfolio.held(account, venue, asset).to_money();
        }
        let available = Money(free.0.saturating_add(self.held_at(order, market)));
        if order.spec.reduce_only {
            return order.qty.floor_to(terms.grid.order_lot());
        }
        if terms.kind != InstrumentKind::Perp && order.spec.side == Side::Sell {
            return available.to_quantity_floor().unwrap_or(order.qty).min(order.qty);
        }
        let needed = |qty: Quantity| {
            if terms.kind != InstrumentKind::Perp {
                return Ok(buy_cost(terms, &FeeState::default(), bound, qty)?);
            }
            let leg = self.leg(order, market, bound, qty, None);
            required(order.spec.side, terms, &leg)
        };
        let fits = |qty: Quantity| needed(qty).is_ok_and(|needed| needed <= available);
        if fits(order.qty) {
            return order.qty;
        }
        // Requirements grow with quantity, so whole lots that fit can be bisected.
        let lot = terms.grid.order_lot().0.max(1);
        let (mut fit, mut over) = (0i64, order.qty.0 / lot + 1);
        while over - fit > 1 {
            let middle = fit + (over - fit) / 2;
            if fits(Quantity(middle.saturating_mul(lot))) { fit = middle } else { over = middle }
        }
        Quantity(fit * lot)
    }
}
