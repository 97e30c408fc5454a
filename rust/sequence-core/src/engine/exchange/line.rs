//! Messages between a client and its venues: how long they take, drawn once, when they are sent.
//!
//! Each account has a line to each venue. Draws come from streams addressed by purpose, venue and
//! client, so what others do never changes them; messages of one line never overtake each other.

use crate::engine::facts::Facts;
use crate::engine::floor::Floor;
use crate::ids::{AccountId, MarketId, VenueId};
use crate::mutant;
use crate::rng::Stream;
use crate::sim::latency::{Conditions, Leg, LegState, Persistence, Transit, venue_legs};

/// Purpose of a message; each has its own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Purpose {
    /// A new order.
    Order,
    /// A cancel.
    Cancel,
}

impl Facts<'_> {
    /// True when no message takes time: everything happens within the command.
    pub(in crate::engine) const fn is_instant(&self) -> bool {
        self.rules.params().latency_p50_ppm == 0
    }
}

impl Floor<'_> {
    /// Sends a message to a venue now.
    pub(in crate::engine) fn send(
        &mut self,
        account: AccountId,
        market: MarketId,
        purpose: Purpose,
    ) -> Transit {
        let now = self.agenda.now_ns();
        if self.facts().is_instant() {
            return Transit { submit_ns: now, arrive_ns: now, match_ns: now, ..Transit::default() };
        }
        let venue = self.registry.market(market).venue;
        let (p50, p99) = (self.rules.params().latency_p50_ppm, self.rules.params().latency_p99_ppm);
        let legs = venue_legs(venue.as_str());
        let load_ratio_q32 = self.exchange.markets[market].load.ratio_q32();
        let persistence = Persistence {
            rho_q32: q32_of_ppm(self.rules.params().latency_rho_ppm),
            beta_q32: q32_of_ppm(self.rules.params().latency_beta_ppm),
        };
        let conditions = Conditions::new(persistence, load_ratio_q32);
        let measured = self.exchange.markets[market].feed_delay_ns();
        let mut line = self.exchange.lines.of(account).get(&venue).copied().unwrap_or_default();
        let (seed, owner) = (self.rules.seed(), self.asked.owner(account));
        let mut draw = |state: &mut LegState, leg: Leg, purpose: &str| {
            let leg = leg.scaled(p50, p99);
            let stream = stream_of(seed, owner, venue, purpose);
            let spread = self.exchange.lines.spread_q32(leg);
            // It fails only for parameters outside their documented range: then nothing is late.
            let drawn = state.draw_in(&conditions, stream, leg, spread).unwrap_or_default();
            (drawn, stream.key())
        };
        let first = purpose == Purpose::Order && line.entry.position == 0;
        let (mut entry, stream_key) = match purpose {
            Purpose::Order => draw(&mut line.entry, legs.entry, "lat.entry"),
            Purpose::Cancel => draw(&mut line.cancel, legs.entry, "lat.cancel"),
        };
        if first && self.rules.params().venue_rules {
            entry.latency_ns = entry.latency_ns.saturating_add(legs.first_order_ns);
        }
        let (response, _) = draw(&mut line.response, legs.response, "lat.response");
        let feed_ns = match measured {
            Some(delay) => delay,
            None => draw(&mut line.feed, legs.feed, "lat.feed").0.latency_ns,
        };
        let (arrive_ns, session_hold_ns) = line.inbound.arrive(now, entry.latency_ns);
        let hold_ns = if self.rules.params().live_hold { feed_ns } else { 0 };
        let match_ns = line.inbound.meet(arrive_ns.saturating_add(hold_ns));
        *self.exchange.lines.at(account, venue) = line;
        Transit {
            submit_ns: now,
            entry_ns: entry.latency_ns,
            response_ns: response.latency_ns,
            feed_ns,
            feed_measured: measured.is_some(),
            arrive_ns,
            session_hold_ns,
            match_ns,
            taker_delay_ns: 0,
            entry,
            stream_key,
            load_ratio_q32,
        }
    }

    /// When an answer to something that happened at the venue at `venue_ns` becomes visible;
    /// `None`: at once.
    pub(in crate::engine) fn visible_at(
        &mut self,
        account: AccountId,
        market: MarketId,
        venue_ns: i64,
        response_ns: i64,
    ) -> Option<i64> {
        if self.facts().is_instant() {
            return None;
        }
        let (venue, now) = (self.registry.market(market).venue, self.agenda.now_ns());
        let earliest = venue_ns.saturating_add(response_ns).max(now);
        self.exchange.lines.at(account, venue).answer_at(earliest, now)
    }
}

/// Where the delays of a client's messages to a venue come from.
fn stream_of(seed: u64, (client, epoch): (&str, u32), venue: VenueId, purpose: &str) -> Stream {
    let client = if mutant!("delays_of_all_clients_together") { "" } else { client };
    Stream::of(seed, epoch.into(), &[purpose, "|", venue.as_str(), "|", client])
}

fn q32_of_ppm(ppm: i64) -> i64 {
    match i32::try_from(ppm) {
        Ok(ppm) => (i64::from(ppm) << 32) / 1_000_000,
        Err(_) => i64::try_from((i128::from(ppm) << 32) / 1_000_000).unwrap_or(i64::MAX),
    }
}
