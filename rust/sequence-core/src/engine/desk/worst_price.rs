//! The worst price an order may pay: its limit, its slippage, and the protection of market orders.

use crate::engine::bounds::within;
use crate::engine::facts::Facts;
use crate::ids::{InstrumentKind, MarketId, Outcome, Side};
use crate::number::Price;
use crate::order::{Order, OrderSpec};
use crate::registry::MarketSpec;
use crate::sim::walk::protection_cap;

impl Facts<'_> {
    /// Worst price a share of the order may pay at a market.
    pub(in crate::engine) fn bound_at(
        &self,
        order: &Order,
        market: MarketId,
        touch: Option<Price>,
    ) -> Option<Price> {
        let terms = self.registry.market(market);
        match order.limit {
            Some(limit) => self.limit_bound(&order.spec, market, limit, touch),
            None => self.protection(&order.spec, terms, touch),
        }
    }

    /// Worst price a limit order may pay or rest at: its limit, or nearer when it caps its slippage
    /// too and there is a price to slip from.
    pub(in crate::engine) fn limit_bound(
        &self,
        spec: &OrderSpec,
        market: MarketId,
        limit: Price,
        touch: Option<Price>,
    ) -> Option<Price> {
        let terms = self.registry.market(market);
        let bound = terms.grid_of(spec.outcome).passive(spec.side, limit)?;
        if spec.max_slippage_bps.is_none() || touch.is_none() {
            return Some(bound);
        }
        let cap = self.protection(spec, terms, touch)?;
        Some(if within(spec.side, cap, bound) { cap } else { bound })
    }

    /// Price cap of a market order: the worst price it may pay.
    pub(in crate::engine) fn protection(
        &self,
        spec: &OrderSpec,
        terms: &MarketSpec,
        touch: Option<Price>,
    ) -> Option<Price> {
        let taken = (spec.side, spec.outcome);
        Some(self.protected(terms, taken, spec.max_slippage_bps, touch?))
    }

    /// The price that lies so many basis points beyond the best opposite one; by default as many as
    /// the preset protects market orders with.
    pub(in crate::engine) fn protected(
        &self,
        terms: &MarketSpec,
        (side, outcome): (Side, Option<Outcome>),
        max_slippage_bps: Option<u32>,
        touch: Price,
    ) -> Price {
        let prediction = terms.kind == InstrumentKind::Prediction;
        let default = if prediction {
            self.rules.params().protection_event_bps
        } else {
            self.rules.params().protection_bps
        };
        let default = u32::try_from(default).unwrap_or(u32::MAX);
        let bps = max_slippage_bps.unwrap_or(default);
        let grid = terms.grid_of(outcome);
        protection_cap(side, touch, bps, &grid, prediction).unwrap_or(touch)
    }

    /// Worst price of a walk inside a bound. A market order's bound is its cap already.
    pub(in crate::engine) fn walk_cap(
        &self,
        spec: &OrderSpec,
        market: MarketId,
        bound: Price,
    ) -> Price {
        if spec.is_market || spec.max_slippage_bps.is_none() {
            return bound;
        }
        let pinned = [market];
        let markets = match spec.pinned {
            Some(_) => &pinned[..],
            None => &self.registry.symbol(spec.symbol).markets,
        };
        let Some(touch) = self.best_touch(markets, spec.side, spec.outcome) else { return bound };
        let cap = self.protection(spec, self.registry.market(market), Some(touch));
        cap.filter(|cap| within(spec.side, *cap, bound)).unwrap_or(bound)
    }

    /// A sell can fill above its bound, so its margin is reserved at the touch where that is higher.
    pub(in crate::engine) fn margin_price(
        &self,
        spec: &OrderSpec,
        market: MarketId,
        bound: Price,
    ) -> Price {
        match (spec.side, self.touch_of(market, spec.side, spec.outcome)) {
            (Side::Sell, Some(touch)) => bound.max(touch),
            _ => bound,
        }
    }
}
