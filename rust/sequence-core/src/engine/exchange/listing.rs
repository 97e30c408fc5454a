//! Markets of listed symbols, as their sources feed them.

use crate::engine::exchange::market::SourceTraits;
use crate::engine::facts::Facts;
use crate::engine::floor::Floor;
use crate::engine::seam::LegEnd;
use crate::engine::{Engine, MarketSim};
use crate::ids::{InstrumentKind, MarketId, VenueId};
use crate::listing::{Source, enlist, find};
use crate::market::{MarketConfig, MarketStatus, TradingPhase};
use crate::number::Quantity;
use crate::order::LegState;
use crate::reject::{Refusal, RejectReason};
use crate::rng::Stream;
use crate::sim::fees::FeeSchedule;
use crate::venue::{PriceGrid, Terms};

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

impl Engine {
    /// Lists a symbol at a venue, or finds it listed. The symbol may have any known form.
    pub fn list_market(
        &mut self,
        venue: VenueId,
        text: &str,
        feed: FeedKind,
    ) -> Result<MarketId, Refusal> {
        let source = if feed == FeedKind::Recorded { Source::Venue } else { Source::Made };
        let rebates = self.rules.params().rebates;
        let market = enlist(&mut self.registry, venue, text, source, rebates)?;
        if market.index() < self.exchange.markets.len() {
            self.claim(market, feed);
        } else {
            let sim = self.facts().market_sim(market, feed);
            self.exchange.markets.push(sim);
        }
        Ok(market)
    }

    /// A source takes over a market that came back without one; who waits there goes on waiting.
    pub fn claim(&mut self, id: MarketId, feed: FeedKind) {
        if self.exchange.unclaimed.remove(&id) {
            let (mut sim, params) = (self.facts().market_sim(id, feed), *self.rules.params());
            if let Some(mark) = self.exchange.markets[id].last_mark() {
                sim.put_mark(mark.price, mark.as_of_ns);
            }
            for (account, world) in &self.exchange.markets[id].worlds {
                sim.world(*account, &params).waiting.clone_from(&world.waiting);
            }
            let now_ns = self.agenda.now_ns();
            if self.exchange.markets[id].market.status(now_ns) == MarketStatus::Resolved {
                sim.market.set_phase(TradingPhase::Resolved, now_ns);
            }
            self.exchange.markets[id] = sim;
        }
    }

    /// The market of a symbol text at a venue, when it is listed.
    pub fn find_market(&self, venue: VenueId, text: &str) -> Option<MarketId> {
        find(&self.registry, venue, text)
    }

    /// Takes what a source says of a market's grid, as far as it is to be believed before whoever
    /// spoke so far: instrument data of a feed, the header of a recording, a caller.
    pub fn set_terms(&mut self, id: MarketId, said: &Terms) {
        if self.registry.set_terms(id, said) {
            self.grid_changed(id);
        }
    }

    /// Takes steps finer than those in force: a level off them was seen. A caller's are kept.
    pub fn refine_steps(&mut self, id: MarketId, prices: Option<PriceGrid>, lot: Option<Quantity>) {
        if self.registry.refine(id, prices, lot) {
            self.grid_changed(id);
        }
    }

    fn grid_changed(&mut self, id: MarketId) {
        let lot = self.registry.market(id).grid.lot;
        self.exchange.markets[id].set_lot(lot);
        self.floor().end_off_grid(id);
    }

    /// How long a hand-fed book stays live without a message; `None` is for ever.
    pub fn set_max_age(&mut self, id: MarketId, max_age_ns: Option<i64>) {
        self.exchange.markets[id].set_max_age(max_age_ns.filter(|age| *age > 0));
    }

    /// The delay for takers that a market's rules name from now on.
    pub fn set_taker_delay(&mut self, id: MarketId, delay_ns: i64) {
        self.registry.set_taker_delay(id, delay_ns.max(0));
    }

    /// The fees of a market from now on. Open legs were reserved under the old ones, so a market
    /// that has one keeps them.
    pub fn set_fees(&mut self, id: MarketId, fees: FeeSchedule) -> Result<(), Refusal> {
        let mut open = self.desk.accounts().flat_map(|(_, row)| row.open.keys());
        let taken = open.any(|order| {
            let mut legs = self.desk.order(*order).legs.iter();
            legs.any(|leg| leg.market == id && leg.state != LegState::Done)
        });
        if taken {
            return Err(Refusal::conflict("the market has open orders"));
        }
        let fees = self.facts().credited(fees);
        self.registry.set_fees(id, fees);
        Ok(())
    }
}

impl Floor<'_> {
    /// The venue ends orders at prices that the market no longer has; clients hear of it with what
    /// the next command tells.
    fn end_off_grid(&mut self, id: MarketId) {
        let terms = self.registry.market(id);
        let mut off = Vec::new();
        for (_, account) in self.desk.sandboxes() {
            for order in account.open.keys() {
                let row = self.desk.order(*order);
                let grid = terms.grid_of(row.spec.outcome);
                let legs = row.legs.iter().enumerate().filter(|(_, leg)| {
                    // A change on its way to a price that is gone ends it too.
                    let next = leg.reshape.as_deref().filter(|form| !form.at_venue);
                    let fits = |price| row.spec.is_market || grid.contains(price);
                    let stays = fits(leg.bound) && next.is_none_or(|form| fits(form.bound));
                    leg.market == id && leg.state != LegState::Done && !stays
                });
                off.extend(legs.map(|(at, _)| (*order, at)));
            }
        }
        let text = "the market's tick changed: it has no such price any more";
        for (order, at) in off {
            self.end_at_venue(
                order,
                at,
                LegEnd::Rejected(RejectReason::ExchangeReject, text),
                self.agenda.now_ns(),
            );
        }
    }
}

impl Facts<'_> {
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

    /// Rebates are credited when the parameters say so.
    fn credited(&self, fees: FeeSchedule) -> FeeSchedule {
        if self.rules.params().rebates { fees } else { fees.without_rebates() }
    }
}
