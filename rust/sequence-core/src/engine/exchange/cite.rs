//! What is known at the moment of a fill, written down as its evidence.

use crate::engine::exchange::evidence::{BookCite, Evidence, Liquidity};
use crate::engine::floor::Floor;
use crate::ids::{BookSide, MarketId, OrderId};
use crate::number::Price;
use crate::order::LegAsk;

impl Floor<'_> {
    /// The book as it is now.
    pub(in crate::engine) fn cite(&mut self, market: MarketId) -> BookCite {
        let (sim, now) = (&mut self.exchange.markets[market], self.agenda.now_ns());
        let interval_ns = sim.depth_pace.interval_ns();
        let book = &sim.market;
        let price = |side| book.best(side).map_or(Price(0), |level| level.price);
        BookCite {
            version: book.version,
            venue_seq: book.venue_seq(),
            venue_ns: book.venue_stamp_ns(),
            age_ns: book.age_ns(now),
            status: book.status(now),
            interval_ns,
            best_bid: price(BookSide::Bid),
            best_ask: price(BookSide::Ask),
        }
    }

    /// What is known now of a fill of a leg.
    pub(in crate::engine) fn evidence(
        &mut self,
        id: OrderId,
        at: usize,
        liquidity: Liquidity,
    ) -> Box<Evidence> {
        let leg = self.asked.leg((id, at));
        let market = leg.map_or(MarketId(0), LegAsk::market);
        let book = self.cite(market);
        let there = self.exchange.leg((id, at));
        let sim = &self.exchange.markets[market];
        let rate = sim.tracker.match_rate();
        Box::new(Evidence {
            transit: there.transit,
            matched_ns: self.agenda.now_ns(),
            entry_deferred: there.deferred,
            book,
            event_level: sim.traits.is_event_level(),
            liquidity,
            match_rate_ppm: rate.ppm(),
            decreases_seen: rate.seen(),
        })
    }
}
