//! What orders hold back: from whom, how much, and nothing once they are gone.

use crate::engine::desk::Desk;
use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::engine::portfolio::margin::MarginKey;
use crate::engine::portfolio::required::required;
use crate::engine::seam::LegRef;
use crate::ids::{InstrumentKind, MarketId, OrderId, Side};
use crate::ledger::{BalanceId, LedgerError};
use crate::mutant;
use crate::order::OrderSpec;
use crate::registry::Registry;

/// Whose, where and of what an order's reservation at a market is.
pub(in crate::engine) fn funded_by(
    registry: &Registry,
    spec: &OrderSpec,
    market: MarketId,
) -> MarginKey {
    let terms = registry.market(market);
    let asset = match (terms.kind, spec.side) {
        (InstrumentKind::Perp, _) | (_, Side::Buy) => terms.settle,
        (_, Side::Sell) if mutant!("sell_reserves_quote") => terms.settle,
        (_, Side::Sell) => terms.held(spec.outcome),
    };
    (spec.account, terms.venue, asset)
}

impl Desk {
    /// The balance that an order reserves from at a market.
    pub(in crate::engine) fn funding(
        &self,
        money: &mut Portfolio,
        registry: &Registry,
        id: OrderId,
        market: MarketId,
    ) -> BalanceId {
        let (account, venue, asset) = funded_by(registry, &self.orders[id].spec, market);
        money.open_balance(account, venue, asset)
    }

    /// Reserves what the legs from a place on need. Where that fails they have to be dropped.
    pub(super) fn reserve_legs(
        &mut self,
        money: &mut Portfolio,
        facts: Facts<'_>,
        (id, first): LegRef,
    ) -> Result<(), LedgerError> {
        for at in first..self.orders[id].legs.len() {
            let order = &self.orders[id];
            let Some(leg) = order.legs.get(at) else { continue };
            let amount = required(order.spec.side, facts.registry.market(leg.market), leg)?;
            let key = funded_by(facts.registry, &order.spec, leg.market);
            money.check_spendable(facts, key, amount)?;
            let balance = money.open_balance(key.0, key.1, key.2);
            let reservation = money.reserve(balance, amount)?;
            self.hold((id, at), reservation);
        }
        Ok(())
    }

    /// The legs from a place on were never sent: they are gone, and hold nothing.
    pub(in crate::engine) fn drop_legs(&mut self, money: &mut Portfolio, (id, first): LegRef) {
        for mut leg in self.orders[id].legs.drain(first..) {
            if let Some(reservation) = leg.reservation.take()
                && !mutant!("legs_that_were_not_sent_keep_reservation")
            {
                // It was made a moment ago and ends here, once.
                let released = money.release(reservation);
                debug_assert!(released.is_ok());
            }
        }
    }

    /// Sets a leg's reservation to what its forms need.
    pub(super) fn hold_required(
        &self,
        money: &mut Portfolio,
        registry: &Registry,
        (id, at): LegRef,
    ) -> Result<(), LedgerError> {
        let order = &self.orders[id];
        let Some((leg, held)) = order.legs.get(at).and_then(|leg| Some((leg, leg.reservation?)))
        else {
            return Ok(());
        };
        let needed = required(order.spec.side, registry.market(leg.market), leg)?;
        money.resize(held, needed)
    }
}
