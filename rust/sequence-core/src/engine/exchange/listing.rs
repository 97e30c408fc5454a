//! Markets of listed symbols, as their sources feed them.

use crate::engine::MarketSim;
use crate::engine::exchange::Exchange;
use crate::engine::exchange::market::SourceTraits;
use crate::engine::floor::Floor;
use crate::engine::rules::Rules;
use crate::engine::seam::{LegEnd, LegRef};
use crate::ids::{InstrumentKind, MarketId, VenueId};
use crate::listing::{Source, enlist};
use crate::market::{MarketConfig, MarketStatus, TradingPhase};
use crate::registry::Registry;
use crate::reject::{Refusal, RejectReason};
use crate::rng::Stream;

/// How a source feeds a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedKind {
    /// By hand or from a source of whole books: live from the first snapshot.
    HandFed,
    /// Generated: live from the first update after a snapshot.
    Feed,
    /// Recorded from a venue, with its stamps.
    Recorded,
}

/// What listing a symbol writes: that it exists, and its book.
pub(in crate::engine) struct Listing<'a> {
    pub(in crate::engine) rules: &'a Rules,
    pub(in crate::engine) registry: &'a mut Registry,
    pub(in crate::engine) exchange: &'a mut Exchange,
    pub(in crate::engine) now_ns: i64,
}

impl Listing<'_> {
    /// Lists a symbol at a venue, or finds it listed.
    pub(in crate::engine) fn list(
        &mut self,
        venue: VenueId,
        text: &str,
        feed: FeedKind,
    ) -> Result<MarketId, Refusal> {
        let source = if feed == FeedKind::Recorded { Source::Venue } else { Source::Made };
        let market = enlist(self.registry, venue, text, source, self.rules.params().rebates)?;
        if market.index() < self.exchange.markets.len() {
            self.claim(market, feed);
        } else {
            let sim = self.market_sim(market, feed);
            self.exchange.markets.push(sim);
        }
        Ok(market)
    }

    /// A source takes over a market that came back without one; who waits there goes on waiting.
    pub(in crate::engine) fn claim(&mut self, id: MarketId, feed: FeedKind) {
        if !self.exchange.unclaimed.remove(&id) {
            return;
        }
        let (mut sim, params) = (self.market_sim(id, feed), *self.rules.params());
        let before = &self.exchange.markets[id];
        if let Some(mark) = before.last_mark() {
            sim.put_mark(mark.price, mark.as_of_ns);
        }
        for (account, world) in &before.worlds {
            sim.world(*account, &params).waiting.clone_from(&world.waiting);
        }
        if before.market.status(self.now_ns) == MarketStatus::Resolved {
            sim.market.set_phase(TradingPhase::Resolved, self.now_ns);
        }
        self.exchange.markets[id] = sim;
    }

    /// A market without a book yet, as this kind of source feeds it.
    fn market_sim(&self, id: MarketId, feed: FeedKind) -> MarketSim {
        let spec = self.registry.market(id);
        let age_ns = spec.venue.venue().max_age_ms.saturating_mul(1_000_000);
        let config = MarketConfig {
            live_on_snapshot: feed == FeedKind::HandFed,
            unit_price: spec.kind == InstrumentKind::Prediction,
            ..MarketConfig::live(age_ns)
        };
        let traits = SourceTraits {
            stamped: feed == FeedKind::Recorded,
            conflation_ns: if feed == FeedKind::Recorded { spec.venue.conflation_ns() } else { 0 },
            trade_depth: spec.venue.venue().trade_depth,
        };
        let (params, seed) = (self.rules.params(), self.rules.seed());
        let name =
            ["queue|", spec.venue.as_str(), "|", self.registry.symbol(spec.symbol).canonical(None)];
        let several = params.lists(Stream::of(seed, 0, &name));
        let mut sim = MarketSim::new(config, params, traits, spec.grid.lot).drawing(several);
        sim.set_ageing(self.exchange.books_age && feed != FeedKind::HandFed);
        sim
    }
}

impl Exchange {
    /// How long a hand-fed book stays live without a message; `None` is for ever.
    pub(in crate::engine) fn set_max_age(&mut self, id: MarketId, max_age_ns: Option<i64>) {
        self.markets[id].set_max_age(max_age_ns.filter(|age| *age > 0));
    }
}

impl Floor<'_> {
    /// The venue ends orders at prices that the market no longer has; clients hear of it with what
    /// the next command tells.
    pub(in crate::engine) fn end_off_grid(&mut self, off: &[LegRef]) {
        let text = "the market's tick changed: it has no such price any more";
        let now = self.agenda.now_ns();
        for (order, at) in off {
            let end = LegEnd::Rejected(RejectReason::ExchangeReject, text);
            self.end_at_venue(*order, *at, end, now);
        }
    }
}
