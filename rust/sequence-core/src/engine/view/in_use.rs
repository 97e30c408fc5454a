//! Whose books matter though nobody asks for them.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::ids::{AccountId, AssetId, InstrumentKind, OrderId, Outcome, SymbolId, VenueId};
use crate::number::Quantity;
use crate::registry::MarketSpec;

/// A symbol, and the venue where it matters; `None` where any does.
type InUse = BTreeSet<(SymbolId, Option<VenueId>)>;

impl Engine {
    /// Symbols of open orders, of graphs that go on and of what is held, each once, with the venue
    /// where it matters; `None` where any does.
    pub fn symbols_in_use(&self) -> Vec<(&str, Option<VenueId>)> {
        let mut found = InUse::new();
        for (account, row) in self.desk.accounts() {
            for order in row.open.keys() {
                self.note_order(*order, &mut found);
            }
            self.note_holdings(account, &mut found);
        }
        for (_, run) in self.graphs.iter().filter(|(_, run)| !run.status.is_terminal()) {
            let nodes = run.nodes.iter().filter(|node| !node.status.is_terminal());
            found.extend(nodes.map(|node| (node.symbol, node.spec.venue)));
            found.extend(run.waits.symbols().into_iter().flatten().map(|symbol| (symbol, None)));
        }
        let text = |symbol| &*self.registry.symbol(symbol).text;
        found.into_iter().map(|(symbol, venue)| (text(symbol), venue)).collect()
    }

    fn note_order(&self, id: OrderId, found: &mut InUse) {
        let order = self.desk.order(id);
        let open = order.legs.iter().filter(|leg| !leg.status.is_terminal());
        let before = found.len();
        found.extend(open.map(|leg| {
            let market = self.registry.market(leg.market);
            (market.symbol, Some(market.venue))
        }));
        if found.len() == before {
            found.insert((order.spec.symbol, None));
        }
    }

    fn note_holdings(&self, account: AccountId, found: &mut InUse) {
        for (venue, asset) in self.portfolio.rows_of(account).iter().map(|(key, _)| *key) {
            if self.portfolio.held(account, venue, asset) != Quantity::ZERO {
                let markets = self.registry.markets().map(|(_, market)| market);
                let here = markets.filter(|market| market.venue == venue);
                let symbols = here.filter(|market| self.is_held_as(market, asset));
                found.extend(symbols.map(|market| (market.symbol, Some(venue))));
            }
        }
    }

    fn is_held_as(&self, market: &MarketSpec, asset: AssetId) -> bool {
        let is_event = self.registry.symbol(market.symbol).kind == InstrumentKind::Prediction;
        market.held(None) == asset || (is_event && market.held(Some(Outcome::No)) == asset)
    }
}
