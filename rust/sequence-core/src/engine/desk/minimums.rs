//! Which orders a venue takes below its minimum size and value.

use crate::engine::Engine;
use crate::ids::{AccountId, MarketId, Side};
use crate::number::{Money, Quantity};
use crate::order::OrderSpec;
use crate::registry::MarketSpec;
use crate::reject::Refusal;
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

impl Engine {
    /// The terms of a market for an order: without minimums for what the venue takes below them.
    pub(in crate::engine) fn terms_for(
        &self,
        market: MarketId,
        order: Exit,
        qty: Quantity,
    ) -> MarketSpec {
        let mut spec = *self.registry.market(market);
        let closes = || self.opposite(order.account, market, order.side);
        let free = match spec.venue.venue().below_minimum {
            BelowMinimum::Nothing => false,
            BelowMinimum::ReduceOnly => order.reduce_only,
            BelowMinimum::Closing => order.reduce_only || qty <= closes(),
            BelowMinimum::Taking => order.takes,
        };
        if free {
            (spec.min_qty, spec.min_notional) = (spec.lot, Money::ZERO);
        }
        spec
    }
}

/// The venue takes orders as small as this.
pub(in crate::engine) fn check_minimums(
    spec: &MarketSpec,
    qty: Quantity,
    notional: Option<Money>,
) -> Result<(), Refusal> {
    if qty < spec.min_qty || qty.0 <= 0 {
        return Err(Refusal::invalid("qty", format!("is below the minimum of {}", spec.min_qty)));
    }
    match notional {
        Some(notional) if notional < spec.min_notional => Err(Refusal::invalid(
            "qty",
            format!("is worth {notional}, below the minimum notional of {}", spec.min_notional),
        )),
        _ => Ok(()),
    }
}
