//! What orders mean to a market whose terms change.

use crate::engine::desk::bench::Papers;
use crate::engine::seam::LegRef;
use crate::ids::MarketId;
use crate::order::LegState;

impl Papers<'_> {
    /// True while an order has an open leg at a market.
    pub(in crate::engine) fn trades_at(&self, id: MarketId) -> bool {
        let mut open = self.desk.accounts().flat_map(|(_, row)| row.open.keys());
        open.any(|order| {
            let mut legs = self.desk.orders[*order].legs.iter();
            legs.any(|leg| leg.market == id && leg.state != LegState::Done)
        })
    }

    /// Open legs at prices that a market does not have; a change on its way to one counts, too.
    pub(in crate::engine) fn off_grid(&self, id: MarketId) -> Vec<LegRef> {
        let terms = self.facts.registry.market(id);
        let mut off = Vec::new();
        for order in self.desk.sandboxes().flat_map(|(_, account)| account.open.keys()) {
            let row = &self.desk.orders[*order];
            let grid = terms.grid_of(row.spec.outcome);
            let legs = row.legs.iter().enumerate().filter(|(_, leg)| {
                let next = leg.reshape.as_deref().filter(|form| !form.at_venue);
                let fits = |price| row.spec.is_market || grid.contains(price);
                let stays = fits(leg.bound) && next.is_none_or(|form| fits(form.bound));
                leg.market == id && leg.state != LegState::Done && !stays
            });
            off.extend(legs.map(|(at, _)| (*order, at)));
        }
        off
    }
}
