//! An amend whose price crosses is routed like a new order.
//!
//! Legs change where they are. What goes to further venues is reserved at once and held back until
//! every venue has answered: a fill that was faster takes its place, and none is one too many.

use crate::engine::desk::bench::{Bench, Papers};
use crate::ids::{MarketId, OrderId};
use crate::number::{Price, Quantity};
use crate::order::{Leg, LegState, Order, OrderStatus, Policy, TimeInForce};

/// Legs that an order may have had before amends leave it where it is; a leg is a byte of a key.
const MOST_LEGS: usize = 200;

/// A route of a changed order.
pub(in crate::engine) struct NewRoute {
    /// What each leg it has is to have left; 0 withdraws it.
    pub(in crate::engine) sizes: Vec<i64>,
    /// Legs at further venues.
    pub(in crate::engine) more: Vec<Leg>,
}

impl Papers<'_> {
    /// Where a changed order would go now; `None` where it stays: its venue is given, it does not
    /// cross, or no venue takes it.
    pub(in crate::engine) fn new_route(
        &self,
        id: OrderId,
        total: Quantity,
        limit: Option<Price>,
    ) -> Option<NewRoute> {
        let order = &self.desk.orders[id];
        let spec = &order.spec;
        let routes = spec.pinned.is_none() && spec.rests() && spec.policy == Policy::Sor;
        if !routes || order.legs.len() > MOST_LEGS {
            return None;
        }
        let markets = self.usable_markets(spec, limit).ok()?;
        let touch = self.facts.best_touch(&markets, spec.side, spec.outcome);
        // Its legs stay with it: what they hold can be spent again.
        let qty = Quantity(total.0 - order.filled.0);
        let changed = Order { qty, limit, ..order.clone() };
        let places = self.places(&changed, &markets, touch);
        let crosses = match spec.tif {
            TimeInForce::PostOnly => open_legs(order).any(|(_, leg)| {
                let place = places.iter().find(|place| place.market == leg.market);
                place.is_some_and(|place| {
                    self.facts.would_cross(spec.ask(), place.market, place.bound)
                })
            }),
            _ => places.iter().any(|place| self.offers_any(spec, place)),
        };
        let shares = crosses.then(|| self.shares(&changed, &places))?.ok()?;
        let mut route = NewRoute { sizes: vec![0; order.legs.len()], more: Vec::new() };
        for (place, share) in places.iter().zip(shares).filter(|(_, share)| share.0 > 0) {
            let at = open_legs(order).find(|(_, leg)| leg.market == place.market);
            if let Some(size) = at.and_then(|(at, _)| route.sizes.get_mut(at)) {
                *size = share.0;
            } else {
                let leg = self.leg(order, place.market, place.bound, share, touch);
                route.more.push(Leg { held: true, ..leg });
            }
        }
        Some(route)
    }

    /// What legs that were held back may still be for, of an order that is to have `total`.
    pub(in crate::engine) fn held_sizes(
        &self,
        order: &Order,
        total: Quantity,
    ) -> Vec<(usize, Quantity)> {
        let elsewhere = order.legs.iter().filter(|leg| !leg.held);
        let mut room = total.0 - elsewhere.map(|leg| leg.committed().0).sum::<i64>();
        let held = order.legs.iter().enumerate().filter(|(_, leg)| leg.held);
        held.map(|(at, leg)| {
            let grid = &self.facts.registry.market(leg.market).grid;
            let size = leg.qty.min(Quantity(room.max(0))).floor_to(grid.order_lot());
            let size = if size < grid.min_qty { Quantity::ZERO } else { size };
            room -= size.0;
            (at, size)
        })
        .collect()
    }

    /// What a leg of the order at this market holds.
    pub(in crate::engine) fn held_at(&self, order: &Order, market: MarketId) -> i128 {
        let legs = order.legs.iter().filter(|leg| leg.market == market);
        let held = legs.filter_map(|leg| self.portfolio.ledger().reserved(leg.reservation?).ok());
        held.map(|held| held.0).sum()
    }
}

impl Bench<'_> {
    /// An order filled before its amend was answered is full: nothing is left for further venues.
    pub(in crate::engine) fn drop_held(&mut self, id: OrderId) {
        for at in 0..self.desk.orders[id].legs.len() {
            if self.desk.orders[id].legs.get(at).is_some_and(|leg| leg.held) {
                self.close_leg(id, at, OrderStatus::Cancelled);
            }
        }
    }
}

fn open_legs(order: &Order) -> impl Iterator<Item = (usize, &Leg)> {
    order.legs.iter().enumerate().filter(|(_, leg)| leg.state != LegState::Done)
}
