//! Why an open order has not filled.

use super::Value;
use super::evidence::EventName;
use super::row::Row;
use crate::engine::seam::{LegRef, queue_key};
use crate::engine::{AccountMode, Engine};
use crate::ids::{AccountId, OrderId};
use crate::market::Market;
use crate::number::{Price, Quantity};
use crate::order::{AtVenue, Leg, LegState, Order, book_price, book_side};
use crate::sim::explain::{NotFilled, NotFilledReason};
use crate::sim::outlook::{HORIZON_NS, Outlook};
use crate::sim::queue::better;

impl Engine {
    /// Why an open order has not filled, for the leg that has waited longest; null when it ended.
    pub(super) fn not_filled_view(&self, order: &Order) -> Value {
        let leg = waiting_leg(order);
        leg.map_or(Value::Null, |leg| Value::of_row(|row| self.reason_keys(order, leg, row)))
    }

    /// The same as a key of a row.
    pub(super) fn not_filled_key(&self, key: &'static str, order: &Order, row: &mut impl Row) {
        row.option(key, waiting_leg(order), |row, leg| self.reason_keys(order, leg, row));
    }

    /// Why each open order of an account has not filled, oldest first: its id and the record.
    pub fn open_evidence(&self, account: AccountId) -> Vec<(String, Value)> {
        let open = self.desk.account(account).open.keys();
        let orders = open.map(|id| self.desk.order(*id));
        orders.map(|order| (self.node_order_id(order), self.not_filled_view(order))).collect()
    }

    fn reason_keys(&self, order: &Order, (at, leg): (usize, &Leg), row: &mut impl Row) {
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
        let outlook =
            resting.filter(|_| status.is_live()).and_then(|place| self.outlook(order, leg, &place));
        let wait_ns = outlook.as_ref().and_then(|(seen, _)| seen.wait_ns);
        let (best, level_size) = own_side(&sim.market, order, leg);
        let since_ns = resting.map_or(there.transit.submit_ns, |place| place.since_ns);
        row.put("order_id", format_args!("{}", self.desk.name_of(&order.spec)));
        row.put("venue", self.registry.market(leg.market).venue.as_str());
        row.put("as_of_ns", self.agenda.now_ns());
        row.put("state_since_ns", since_ns);
        row.put("reason", reason.as_str());
        row.put("v_now_1e8", size(|place| place.ahead_now));
        row.put("v_entry_1e8", size(|place| place.ahead_entry));
        row.put("v_low_1e8", reading(|place| place.ahead_low));
        row.put("v_high_1e8", reading(|place| place.ahead_high));
        row.put("own_ahead_1e8", size(|place| place.own_ahead));
        row.put("distance_ticks", resting.map_or(-1, |place| place.distance_ticks));
        row.put("prints_at_level_1e8", size(|place| place.prints_at_level));
        row.put("prints_through_1e8", size(|place| place.prints_through));
        row.put("cancels_credited_ahead_1e8", size(|place| place.cancels_ahead));
        row.put("last_event_id", format_args!("{}", EventName(&sim.cite_book())));
        row.put("book_version", sim.market.version);
        row.put("status", status.as_str());
        row.put("next_wake_ns", wake);
        row.put("best_px_1e9", best);
        row.put("level_size_1e8", level_size);
        row.put("eta_ms", wait_ns.map(|ns| ns / 1_000_000));
        row.option("outlook", outlook, outlook_keys);
        row.option("envelope", read, |row, place| {
            super::envelope(place.filled_low.0, place.filled_high.0, leg.bound, row);
        });
    }

    /// Whether it will be reached, and when, from what traded on its side so far, and how much that
    /// takes; `None` where that is too little. Ours: no venue says this.
    fn outlook(&self, order: &Order, leg: &Leg, place: &NotFilled) -> Option<(Outlook, Quantity)> {
        let spec = &order.spec;
        let side = book_side(spec.side, spec.outcome).rests();
        let price = book_price(leg.bound, spec.outcome);
        let sim = self.exchange.market(leg.market);
        let levels = sim.market.book.levels(side);
        let nearer = levels.take_while(|level| better(side, level.price, price));
        let nearer: i64 = nearer.fold(0, |sum, level| sum.saturating_add(level.quantity.0));
        let queue = place.ahead_now.0.saturating_add(place.own_ahead.0);
        let before = nearer.saturating_add(queue);
        let seen = sim.tracker.flow().outlook(side, before, self.agenda.now_ns())?;
        Some((seen, Quantity(before)))
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

/// The first leg of an open order that can still fill, and its place among them.
fn waiting_leg(order: &Order) -> Option<(usize, &Leg)> {
    let open = order.legs.iter().enumerate().find(|(_, leg)| leg.state != LegState::Done);
    open.filter(|_| !order.status.is_terminal())
}

fn outlook_keys<R: Row>(row: &mut R, (seen, before): (Outlook, Quantity)) {
    row.put("reached_ppm", seen.reached_ppm);
    row.put("within_ns", HORIZON_NS);
    row.put("wait_ns", seen.wait_ns);
    row.put("before_1e8", before);
    row.put("window_ns", seen.window_ns);
    row.put("prints", seen.prints);
}

/// The best price of the side that a leg rests on, as its order sees it, and what is displayed at
/// the price of the leg.
fn own_side(market: &Market, order: &Order, leg: &Leg) -> (Option<Price>, Quantity) {
    let outcome = order.spec.outcome;
    let side = book_side(order.spec.side, outcome).rests();
    let best = market.best(side).map(|level| book_price(level.price, outcome));
    (best, market.book.quantity_at(side, book_price(leg.bound, outcome)))
}
