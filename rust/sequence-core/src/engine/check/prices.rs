//! The laws of prices: what is displayed and what is ordered are prices of the market.

use crate::engine::Engine;
use crate::ids::BookSide;
use crate::order::{AtVenue, Order};
use crate::venue::TermsOrigin;
use crate::violation::Violation;

impl Engine {
    /// Displayed levels have a size, and a price above zero, in the range and on the grid. Steps that
    /// a caller names stay, whatever a recording displays.
    pub(in crate::engine) fn check_levels(&self, found: &mut Vec<Violation>) {
        for (id, sim) in self.exchange.markets() {
            let spec = self.registry.market(id);
            let stays = spec.grid.origins.grid == TermsOrigin::Caller;
            let sides = [BookSide::Bid, BookSide::Ask];
            for level in sides.into_iter().flat_map(|side| sim.market.book.levels(side)) {
                let fits = level.price.0 > 0 && (stays || spec.grid.contains(level.price));
                if level.quantity.0 <= 0 || !fits {
                    let symbol = &self.registry.symbol(spec.symbol).text;
                    let subject = format!("{symbol} at {}", spec.venue.as_str());
                    found.push(Violation::new("F2", subject, "a level of its grid", level.price));
                }
            }
        }
    }

    /// What a venue holds of a limit order has a price above zero, in the range and on the grid.
    pub(in crate::engine) fn check_leg_prices(
        &self,
        subject: &str,
        order: &Order,
        found: &mut Vec<Violation>,
    ) {
        let held = order.legs.iter().filter(|leg| leg.at_venue != AtVenue::Done);
        for leg in held.filter(|_| !order.spec.is_market) {
            let grid = self.registry.market(leg.market).grid_of(order.spec.outcome);
            if leg.bound.0 <= 0 || !grid.contains(leg.bound) {
                found.push(Violation::new("O6", subject, "a price of its market", leg.bound));
            }
        }
    }
}
