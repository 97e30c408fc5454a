//! Orders that only reduce: what they find to reduce when their venue has them, and what each venue
//! of a route gets of them before.
//!
//! The whole quantity travels, since what is open may grow until it is there. Its venue knows every
//! fill it made, also those whose client has not heard of them.

use std::collections::VecDeque;

use crate::engine::agenda::Agenda;
use crate::engine::desk::Desk;
use crate::engine::desk::bench::Papers;
use crate::engine::desk::route::Place;
use crate::engine::seam::{LegRef, Told, VenueReport, VenueStep};
use crate::ids::{AccountId, MarketId, OrderId, Side};
use crate::number::Quantity;
use crate::order::{AtVenue, LegState, Order, OrderSpec};
use crate::router::Candidate;

impl Papers<'_> {
    /// What a leg that arrives finds to reduce, in whole lots; `None` where it may open, too. Of the
    /// fills `unread` or on their way its venue knows already.
    pub(in crate::engine) fn reducible_by(
        &self,
        step: VenueStep,
        unread: &VecDeque<VenueReport>,
        agenda: &Agenda,
    ) -> Option<Quantity> {
        let VenueStep::Arrive((id, at)) = step else { return None };
        let order = &self.desk.orders[id];
        let market = order.legs.get(at).filter(|_| order.spec.reduce_only)?.market;
        let OrderSpec { account, side, .. } = order.spec;
        let terms = self.facts.registry.market(market);
        let last_ns = self.facts.exchange.last_answer_ns(account, terms.venue);
        let told = unread.iter().chain(agenda.reports_until(last_ns));
        let open = closed_by(side, self.position_there(account, market, told));
        let others =
            if terms.venue.venue().counts_exits { self.exits_there(id, order, market) } else { 0 };
        let left = (i128::from(open) - others).max(0);
        Some(Quantity(i64::try_from(left).unwrap_or(i64::MAX)).floor_to(terms.grid.order_lot()))
    }

    /// An account's position as its venue has it, sold below 0.
    fn position_there<'a>(
        &self,
        account: AccountId,
        market: MarketId,
        told: impl Iterator<Item = &'a VenueReport>,
    ) -> i64 {
        let known = |side| self.portfolio.opposite(self.facts.registry, account, market, side).0;
        let fill = |report: &VenueReport| {
            let Told::Fill(matched) = &report.told else { return None };
            let order = self.desk.orders.get(report.leg.0)?;
            let leg = order.legs.get(report.leg.1)?;
            let counts = order.spec.account == account && leg.market == market;
            let heard = counts && leg.state != LegState::Done;
            heard.then_some((order.spec.side, order.spec.reduce_only, matched.quantity.0))
        };
        told.filter_map(fill).fold(
            known(Side::Sell) - known(Side::Buy),
            |position, (side, reduces, quantity)| {
                let most = if reduces { closed_by(side, position) } else { quantity };
                let signed = quantity.min(most) * if side == Side::Buy { 1 } else { -1 };
                position.saturating_add(signed)
            },
        )
    }

    /// What other orders that the venue has would close of a position.
    fn exits_there(&self, id: OrderId, order: &Order, market: MarketId) -> i128 {
        let OrderSpec { account, side, .. } = order.spec;
        let open = |only| self.desk.open_exits(account, market, side, only);
        if open(false) + open(true) == Desk::own_exits(order, market) {
            return 0;
        }
        let others = self.desk.open_orders(account).filter(|other| *other != id);
        let exits = others.filter(|other| self.desk.orders[*other].spec.side == side);
        exits.flat_map(|other| self.legs_at(other, market)).map(|leg| self.exit_there(leg)).sum()
    }

    fn legs_at(&self, id: OrderId, market: MarketId) -> impl Iterator<Item = LegRef> {
        let legs = self.desk.orders[id].legs.iter().enumerate();
        legs.filter(move |(_, leg)| leg.market == market).map(move |(at, _)| (id, at))
    }

    /// What a leg closes for as long as its venue has it.
    fn exit_there(&self, (id, at): LegRef) -> i128 {
        let there = self.facts.exchange.leg((id, at));
        let is_there = !matches!(there.state, AtVenue::Travelling | AtVenue::Held | AtVenue::Done);
        let leg = self.desk.orders[id].legs.get(at).filter(|_| is_there);
        leg.map_or(0, |leg| there.open.min(leg.reducing).0.into())
    }

    /// Of an exit each venue gets what it could close there: what is open and, as far as that is not
    /// all, what other orders may open until it arrives. The rest goes where most is open.
    pub(super) fn share_exit(&self, order: &Order, places: &mut [Place]) {
        let open = places.iter().map(|place| self.exit_room(order, place.market).0);
        let mut rooms: Vec<i64> = open.collect();
        let mut left = rooms.iter().fold(order.qty.0, |left, room| left.saturating_sub(*room));
        for (room, place) in rooms.iter_mut().zip(places.iter()) {
            let more = self.coming(order, place.market).min(left.max(0));
            (*room, left) = (*room + more, left - more);
        }
        let largest = rooms.iter().enumerate().max_by_key(|(at, room)| (**room, usize::MAX - at));
        if let Some(at) = largest.map(|(at, _)| at).filter(|_| left > 0) {
            rooms[at] += left;
        }
        for (place, room) in places.iter_mut().zip(rooms) {
            let Candidate { lot, most, .. } = place.candidate;
            place.candidate.most = most.min(Quantity(room).floor_to(lot));
        }
    }

    /// What open orders of the other side may still open at a market, for this one to close.
    fn coming(&self, order: &Order, market: MarketId) -> i64 {
        let OrderSpec { account, symbol, side, .. } = order.spec;
        let of_symbol = |of, _| of == symbol;
        if self.desk.open_rest_of(account, side.opposite(), of_symbol) == 0 {
            return 0;
        }
        let opens = |other: &OrderSpec| other.side != side && !other.reduce_only;
        let orders = self.desk.open_orders(account).map(|id| &self.desk.orders[id]);
        let legs = orders.filter(|other| opens(&other.spec)).flat_map(|other| &other.legs);
        let there = legs.filter(|leg| leg.market == market && leg.state != LegState::Done);
        there.fold(0, |sum: i64, leg| {
            sum.saturating_add((leg.remaining().0 - leg.reducing.0).max(0))
        })
    }
}

/// What an order of a side closes of a position.
fn closed_by(side: Side, position: i64) -> i64 {
    if side == Side::Sell { position.max(0) } else { position.saturating_neg().max(0) }
}
