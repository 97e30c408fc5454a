//! Why an open order has not filled.

use super::Value;
use crate::engine::seam::{LegRef, queue_key};
use crate::engine::{AccountMode, Engine};
use crate::ids::{AccountId, OrderId};
use crate::market::Market;
use crate::number::{Price, Quantity};
use crate::order::{AtVenue, Leg, LegState, Order, book_price, book_side};
use crate::sim::explain::{NotFilled, NotFilledReason};
use crate::sim::outlook::HORIZON_NS;
use crate::sim::queue::better;

impl Engine {
    /// Why an open order has not filled, for the leg that has waited longest; null when it ended.
    pub(super) fn not_filled_view(&self, order: &Order) -> Value {
        let open = order.legs.iter().enumerate().find(|(_, leg)| leg.state != LegState::Done);
        match open {
            Some((at, leg)) if !order.status.is_terminal() => self.leg_reason(order, at, leg),
            _ => Value::Null,
        }
    }

    /// Why each open order of an account has not filled, oldest first: its id and the record.
    pub fn open_evidence(&self, account: AccountId) -> Vec<(String, Value)> {
        let open = self.desk.account(account).open.keys();
        let orders = open.map(|id| self.desk.order(*id));
        orders.map(|order| (self.node_order_id(order), self.not_filled_view(order))).collect()
    }

    fn leg_reason(&self, order: &Order, at: usize, leg: &Leg) -> Value {
        let sim = self.exchange.market(leg.market);
        let status = sim.market.status(self.agenda.now_ns());
        let id = self.id_of(order);
        let resting = id.and_then(|id| self.queue_place(order, (id, at), leg));
        let there = self.venue_leg(id.unwrap_or(OrderId(u32::MAX)), at);
        let state = if leg.held { AtVenue::Held } else { there.state };
        // Only its own venue knows where a live order stands there.
        let mode = self.desk.account(order.spec.account).mode;
        let remote = mode == AccountMode::Live && leg.state == LegState::Working;
        let reason = match (state, &resting) {
            _ if remote => NotFilledReason::NoPrint,
            (AtVenue::Travelling | AtVenue::Held | AtVenue::Done, _) => NotFilledReason::InFlight,
            (AtVenue::Delayed, _) => NotFilledReason::TakerDelay,
            (AtVenue::Waiting, _) => NotFilledReason::WaitingBook,
            _ if !status.is_live() => NotFilledReason::WaitingBook,
            (AtVenue::Chasing, _) => NotFilledReason::InFlight,
            (_, Some(place)) => place.reason,
            (_, None) => NotFilledReason::NoPrint,
        };
        let wake = match state {
            AtVenue::Travelling | AtVenue::Delayed => Some(there.transit.match_ns),
            _ => resting.and_then(|place| place.next_wake_ns),
        };
        let read = resting.as_ref().filter(|_| self.rules.params().envelope);
        let reading = |pick: fn(&NotFilled) -> Quantity| read.map_or(Quantity(-1), pick);
        let size = |pick: fn(&NotFilled) -> Quantity| resting.as_ref().map_or(Quantity(-1), pick);
        let outlook = match resting {
            Some(place) if status.is_live() => self.outlook(order, leg, &place),
            _ => Value::Null,
        };
        let wait_ns = outlook.get("wait_ns").and_then(Value::int);
        let eta_ms = Value::option(wait_ns.map(|ns| ns / 1_000_000));
        let (best, level_size) = own_side(&sim.market, order, leg);
        Value::Map(vec![
            ("order_id", self.node_order_id(order).into()),
            ("venue", self.registry.market(leg.market).venue.as_str().into()),
            ("as_of_ns", self.agenda.now_ns().into()),
            (
                "state_since_ns",
                resting.map_or(there.transit.submit_ns, |place| place.since_ns).into(),
            ),
            ("reason", reason.as_str().into()),
            ("v_now_1e8", size(|place| place.ahead_now).into()),
            ("v_entry_1e8", size(|place| place.ahead_entry).into()),
            ("v_low_1e8", reading(|place| place.ahead_low).into()),
            ("v_high_1e8", reading(|place| place.ahead_high).into()),
            ("own_ahead_1e8", size(|place| place.own_ahead).into()),
            ("distance_ticks", resting.map_or(-1, |place| place.distance_ticks).into()),
            ("prints_at_level_1e8", size(|place| place.prints_at_level).into()),
            ("prints_through_1e8", size(|place| place.prints_through).into()),
            ("cancels_credited_ahead_1e8", size(|place| place.cancels_ahead).into()),
            ("last_event_id", super::evidence::event_id(&sim.cite_book()).into()),
            ("book_version", sim.market.version.into()),
            ("status", status.as_str().into()),
            ("next_wake_ns", Value::option(wake)),
            ("best_px_1e9", Value::option(best)),
            ("level_size_1e8", level_size.into()),
            ("eta_ms", eta_ms),
            ("outlook", outlook),
            (
                "envelope",
                read.map_or(Value::Null, |place| {
                    super::envelope(place.filled_low.0, place.filled_high.0, leg.bound)
                }),
            ),
        ])
    }

    /// Whether it will be reached, and when, from what traded on its side so far; null where that
    /// is too little. Ours: no venue says this.
    fn outlook(&self, order: &Order, leg: &Leg, place: &NotFilled) -> Value {
        let spec = &order.spec;
        let side = book_side(spec.side, spec.outcome).rests();
        let price = book_price(leg.bound, spec.outcome);
        let sim = self.exchange.market(leg.market);
        let levels = sim.market.book.levels(side);
        let nearer = levels.take_while(|level| better(side, level.price, price));
        let nearer: i64 = nearer.fold(0, |sum, level| sum.saturating_add(level.quantity.0));
        let queue = place.ahead_now.0.saturating_add(place.own_ahead.0);
        let before = nearer.saturating_add(queue);
        let now_ns = self.agenda.now_ns();
        let Some(seen) = sim.tracker.flow().outlook(side, before, now_ns) else {
            return Value::Null;
        };
        Value::Map(vec![
            ("reached_ppm", seen.reached_ppm.into()),
            ("within_ns", HORIZON_NS.into()),
            ("wait_ns", Value::option(seen.wait_ns)),
            ("before_1e8", Quantity(before).into()),
            ("window_ns", seen.window_ns.into()),
            ("prints", seen.prints.into()),
        ])
    }

    /// The number of an order that a row is made of.
    pub(super) fn id_of(&self, order: &Order) -> Option<OrderId> {
        let spec = &order.spec;
        let one = self.desk.graph(spec.graph).order;
        one.or_else(|| self.graphs.order_of(spec.graph, &spec.node_id, &spec.seq.to_string()))
    }

    fn queue_place(&self, order: &Order, (id, at): LegRef, leg: &Leg) -> Option<NotFilled> {
        let spec = &order.spec;
        let side = book_side(spec.side, spec.outcome).rests();
        let price = book_price(leg.bound, spec.outcome);
        let sim = self.exchange.market(leg.market);
        let world = sim.worlds.get(&spec.account)?;
        let best = sim.market.best(side).map(|level| level.price);
        let tick = self.registry.market(leg.market).grid.tick_at(price);
        let key = queue_key(id, at);
        world.queue.explain(side, price, key, best, tick, self.agenda.now_ns())
    }
}

/// The best price of the side that a leg rests on, as its order sees it, and what is displayed at
/// the price of the leg.
fn own_side(market: &Market, order: &Order, leg: &Leg) -> (Option<Price>, Quantity) {
    let outcome = order.spec.outcome;
    let side = book_side(order.spec.side, outcome).rests();
    let best = market.best(side).map(|level| book_price(level.price, outcome));
    (best, market.book.quantity_at(side, book_price(leg.bound, outcome)))
}
