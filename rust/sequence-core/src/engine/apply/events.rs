//! Commands about event markets that ended, and about what perpetuals pay.

use crate::command::Settlement;
use crate::engine::life::settle::EventMarket;
use crate::engine::{Engine, Reply};
use crate::ids::{AccountId, MarketId, VenueId};
use crate::market::TradingPhase;
use crate::number::{PRICE_ONE, Price};
use crate::reject::Refusal;

impl Engine {
    /// Settles a whole event market: every order in it ends, and none comes any more.
    pub(in crate::engine) fn settle(
        &mut self,
        venue: VenueId,
        slug: &str,
        outcome: Settlement,
    ) -> Result<Reply, Refusal> {
        if let Settlement::Value(Price(value)) = outcome
            && !(0..=PRICE_ONE).contains(&value)
        {
            return Err(Refusal::invalid("value", "must lie between 0 and 1"));
        }
        let event = self.event_market(venue, slug)?;
        if let Some(market) = event.market {
            let accounts: Vec<AccountId> = self.desk.sandboxes().map(|(id, _)| id).collect();
            self.bench().end_orders_in(&accounts, market);
            self.exchange.set_phase(market, TradingPhase::Resolved, self.agenda.now_ns());
            // What waited for a price of it waits for nothing any more.
            self.graphs.look(self.registry.market(market).symbol);
        }
        Ok(self.bench().settle_event(&event, outcome))
    }

    /// Pays an account what its resolved holdings of a market are worth.
    pub(in crate::engine) fn redeem(
        &mut self,
        account: AccountId,
        venue: VenueId,
        slug: &str,
    ) -> Result<Reply, Refusal> {
        let event = self.event_market(venue, slug)?;
        Ok(self.bench().redeem_event(account, &event))
    }

    /// The event market a text names at a venue. What it pays in is an asset from here on.
    fn event_market(&mut self, venue: VenueId, slug: &str) -> Result<EventMarket, Refusal> {
        let cash = self.papers().unlisted_cash(venue, slug)?;
        let cash = cash.map(|(kind, code)| self.registry.asset(kind, code));
        self.papers().event_market(venue, slug, cash)
    }

    /// The funding rate of a market, 0 when none was set.
    pub fn funding_rate(&self, market: MarketId) -> i64 {
        self.portfolio.rate(market)
    }
}
