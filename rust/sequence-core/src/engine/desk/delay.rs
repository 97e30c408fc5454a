//! What the delay of a venue may cost an order that takes there: a part of the router's score.

use crate::engine::facts::Facts;
use crate::ids::MarketId;
use crate::order::Urgency;
use crate::sim::latency::venue_legs;

/// What a venue's delay may cost, as shares of price (1e-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) struct DelayRisk {
    /// While the order is on its way, times the weight of its urgency.
    pub(in crate::engine) latency_1e8: i64,
    /// Since the book was last heard of.
    pub(in crate::engine) freshness_1e8: i64,
}

impl DelayRisk {
    pub(in crate::engine) const fn sum_1e8(self) -> i64 {
        self.latency_1e8.saturating_add(self.freshness_1e8)
    }
}

impl Facts<'_> {
    /// How far the market is expected to move against an order until it arrives, and how far it may
    /// have moved since its book was last heard of. An order without delay meets the book it sees.
    pub(in crate::engine) fn delay_risk(&self, market: MarketId, urgency: Urgency) -> DelayRisk {
        let (weight, of) = match urgency {
            Urgency::Low => (1, 2),
            Urgency::Medium => (1, 1),
            Urgency::High => (2, 1),
        };
        let plain = self.plain_risk(market);
        DelayRisk { latency_1e8: plain.latency_1e8.saturating_mul(weight) / of, ..plain }
    }

    /// The same before an order's urgency weighs it.
    pub(in crate::engine) fn plain_risk(&self, market: MarketId) -> DelayRisk {
        if self.is_instant() {
            return DelayRisk::default();
        }
        let (sim, delay_ns) = (self.exchange.market(market), self.delay_ns(market));
        DelayRisk {
            latency_1e8: sim.moves.expected_1e8(delay_ns),
            freshness_1e8: sim.moves.expected_1e8(sim.market.age_ns(self.now_ns)),
        }
    }

    /// How long an order needs until it meets the book of a market, at the median (ns).
    pub(in crate::engine) fn delay_ns(&self, market: MarketId) -> i64 {
        if self.is_instant() {
            return 0;
        }
        let (sim, terms) = (self.exchange.market(market), self.registry.market(market));
        let params = self.rules.params();
        let (p50, p99) = (params.latency_p50_ppm, params.latency_p99_ppm);
        let legs = venue_legs(terms.venue.as_str());
        let entry_ns = legs.entry.scaled(p50, p99).p50_ns;
        // The book that is seen is as old as its way here, and is met as much later.
        let feed_ns = || sim.feed_delay_ns().unwrap_or_else(|| legs.feed.scaled(p50, p99).p50_ns);
        let hold_ns = if params.live_hold { feed_ns() } else { 0 };
        let rule_ns = if params.venue_rules { terms.taker_delay_ns } else { 0 };
        entry_ns.saturating_add(hold_ns).saturating_add(rule_ns)
    }
}
