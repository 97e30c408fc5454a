//! What the desk wants of a real venue becomes a request with a number and a name of its own.
//!
//! The name is computed from what the order is, so a resent request has the name of the first and
//! a venue that knows it can refuse it.

use std::sync::Arc;

use super::{Live, LiveLeg, LiveState, Wire};
use crate::engine::seam::{LegRef, VenueRequest};
use crate::hash::StateHasher;
use crate::ids::{AccountId, MarketId, Outcome, Side};
use crate::number::{Price, Quantity};
use crate::order::{Leg, Order, TimeInForce};

/// What is asked of a real venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveAsk {
    /// A new order there.
    New {
        /// Direction, in the outcome.
        side: Side,
        /// Outcome, on event markets.
        outcome: Option<Outcome>,
        /// Quantity.
        qty: Quantity,
        /// Limit, or the protection price of a market order, in the outcome's own terms.
        bound: Price,
        /// The bound protects a market order: it is no price to rest at.
        is_market: bool,
        /// Time in force.
        tif: TimeInForce,
    },
    /// The rest of it is to end.
    Cancel,
    /// It is to have another size or price.
    Amend {
        /// Total quantity after it, what has filled included.
        qty: Quantity,
        /// Limit after it.
        bound: Price,
    },
}

/// One request to a real venue. It may leave once what asked for it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRequest {
    /// Its number, from 1.
    pub seq: u64,
    /// Whose.
    pub account: AccountId,
    /// The venue's market.
    pub market: MarketId,
    /// Name that the venue is to know the order by: 32 hexadecimal digits.
    pub client_order_id: Arc<str>,
    /// What is asked.
    pub ask: LiveAsk,
}

impl Wire<'_> {
    /// A request leaves for a real venue.
    pub(in crate::engine) fn ask(&mut self, request: VenueRequest) {
        let leg = request.leg();
        let order = self.papers.desk.order(leg.0);
        let Some(row) = order.legs.get(leg.1) else { return };
        let ask = match request {
            VenueRequest::New(_) => new_order(order, row),
            VenueRequest::Cancel(..) => LiveAsk::Cancel,
            VenueRequest::Amend(_) => match row.reshape.as_deref() {
                // Nothing is left to want of it.
                Some(form) if form.qty.0 == 0 => LiveAsk::Cancel,
                Some(form) => LiveAsk::Amend { qty: form.qty, bound: form.bound },
                None => return,
            },
        };
        let name = self.live_name(order, leg.1);
        self.live.ask(leg, (order.spec.account, row.market), name, ask);
    }

    /// The same for the same leg of the same order, whenever it is asked for.
    fn live_name(&self, order: &Order, at: usize) -> Arc<str> {
        let owner = self.papers.desk.account(order.spec.account);
        let half = |seed: u64| {
            let mut hasher = StateHasher::new(seed);
            hasher.text(&owner.client);
            hasher.word(u64::from(owner.epoch));
            hasher.text(&self.papers.desk.graph(order.spec.graph).id.to_string());
            hasher.text(&order.spec.node_id);
            hasher.word(u64::from(order.spec.seq));
            hasher.word(at as u64);
            hasher.finish()
        };
        format!("{:016x}{:016x}", half(1), half(2)).into()
    }
}

fn new_order(order: &Order, leg: &Leg) -> LiveAsk {
    let spec = &order.spec;
    LiveAsk::New {
        side: spec.side,
        outcome: spec.outcome,
        qty: leg.qty,
        bound: leg.bound,
        is_market: spec.is_market,
        tif: spec.tif,
    }
}

impl Live {
    fn ask(
        &mut self,
        leg: LegRef,
        (account, market): (AccountId, MarketId),
        name: Arc<str>,
        ask: LiveAsk,
    ) {
        if matches!(ask, LiveAsk::New { .. }) {
            self.names.insert(name.clone(), leg);
            self.legs.insert(
                leg,
                LiveLeg {
                    market,
                    state: LiveState::Sent,
                    unknown: false,
                    venue_order: None,
                    filled: Quantity::ZERO,
                    reversed: Quantity::ZERO,
                    ending: None,
                },
            );
        }
        self.next_seq += 1;
        let seq = self.next_seq;
        self.outgoing.push(LiveRequest { seq, account, market, client_order_id: name, ask });
    }
}
