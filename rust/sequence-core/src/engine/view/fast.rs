//! What a strategy in the same process reads as plain numbers: no row, no name, no copy.

use std::sync::Arc;

use crate::engine::Engine;
use crate::engine::desk::forget::FORGOTTEN;
use crate::ids::{AccountId, MarketId, OrderId, Outcome, VenueId};
use crate::number::{Money, Quantity};
use crate::order::Order;
use crate::reject::Refusal;

impl Engine {
    /// The market of a symbol text at a venue, and the outcome that the text names.
    pub fn find_outcome(
        &self,
        venue: VenueId,
        text: &str,
    ) -> Result<(MarketId, Option<Outcome>), Refusal> {
        let Some(market) = self.find_market(venue, text) else {
            let venue = venue.as_str();
            return Err(Refusal::not_found(format!("{text} is not listed at {venue}")));
        };
        Ok((market, self.registry.resolve(text).and_then(|found| found.outcome)))
    }

    /// Venue and canonical name of a market's outcome; `None` where there is no such market.
    pub fn market_name(
        &self,
        market: MarketId,
        outcome: Option<Outcome>,
    ) -> Option<(VenueId, Arc<str>)> {
        if market.0 as usize >= self.registry.market_count() {
            return None;
        }
        let spec = self.registry.market(market);
        let name = self.registry.symbol(spec.symbol).canonical(outcome);
        Some((spec.venue, name.clone()))
    }

    /// What an account holds of a market, negative when short.
    pub fn position_at(
        &self,
        account: AccountId,
        market: MarketId,
        outcome: Option<Outcome>,
    ) -> Quantity {
        let spec = self.registry.market(market);
        self.portfolio.held(account, spec.venue, spec.held(outcome))
    }

    /// What an account can still spend where a market is settled.
    pub fn cash_at(&self, account: AccountId, market: MarketId) -> Money {
        let spec = self.registry.market(market);
        self.portfolio.spendable(self.facts(), account, spec.venue, spec.settle)
    }

    /// Why a number names no order here: none was given it, or it left memory when it had ended.
    fn not_here(&self, order: OrderId) -> Refusal {
        let was_given = order < self.next_ids().0 && !self.holds_order(order);
        Refusal::not_found(if was_given && self.desk.forgets() {
            format!("order {} {FORGOTTEN}", order.0)
        } else {
            format!("there is no order {}", order.0)
        })
    }

    /// An order of an account by its number.
    pub fn own_order(&self, account: AccountId, order: OrderId) -> Result<&Order, Refusal> {
        let found = self.holds_order(order).then(|| self.order(order));
        found.filter(|order| order.spec.account == account).ok_or_else(|| self.not_here(order))
    }
}
