//! Which orders a venue takes below its minimum size and value.

use crate::engine::desk::bench::Papers;
use crate::ids::{AccountId, MarketId, Side};
use crate::number::{Money, Quantity};
use crate::order::OrderSpec;
use crate::registry::MarketSpec;
use crate::venue::BelowMinimum;

/// What decides whether a venue's minimums apply to an order.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Exit {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) side: Side,
    pub(in crate::engine) reduce_only: bool,
    /// It never rests.
    pub(in crate::engine) takes: bool,
}

impl Exit {
    pub(in crate::engine) const fn of(spec: &OrderSpec) -> Self {
        let OrderSpec { account, side, reduce_only, .. } = *spec;
        Self { account, side, reduce_only, takes: !spec.rests() }
    }
}

impl Papers<'_> {
    /// The terms of a market for an order: without minimums for what the venue takes below them.
    pub(in crate::engine) fn terms_for(
        &self,
        market: MarketId,
        order: Exit,
        qty: Quantity,
    ) -> MarketSpec {
        let mut spec = *self.facts.registry.market(market);
        let closes =
            || self.portfolio.opposite(self.facts.registry, order.account, market, order.side);
        let free = match spec.venue.venue().below_minimum {
            BelowMinimum::Nothing => false,
            BelowMinimum::ReduceOnly => order.reduce_only,
            BelowMinimum::Closing => order.reduce_only || qty <= closes(),
            BelowMinimum::Taking => order.takes,
        };
        if free {
            (spec.grid.min_qty, spec.grid.min_notional) = (spec.grid.order_lot(), Money::ZERO);
        }
        spec
    }
}
