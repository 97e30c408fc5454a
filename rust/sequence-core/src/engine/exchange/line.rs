//! Messages between a client and its venues: how long they take, drawn once, when they are sent.
//!
//! Each account has a line to each venue. Draws come from streams addressed by purpose, venue and
//! client, so what others do never changes them; messages of one line never overtake each other.

use crate::engine::Engine;
use crate::ids::{AccountId, MarketId, VenueId};
use crate::rng::Stream;
use crate::sim::latency::{Draw, Leg, LegState, Persistence, Session, Transit, venue_legs};

/// Purpose of a message; each has its own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Purpose {
    /// A new order.
    Order,
    /// A cancel.
    Cancel,
}

/// One account's connection to one venue.
#[derive(Debug, Clone, Copy, Default, Hash)]
pub(in crate::engine) struct Line {
    entry: LegState,
    cancel: LegState,
    response: LegState,
    feed: LegState,
    inbound: Session,
    /// When the last answer becomes visible, ns.
    last_answer_ns: i64,
    /// The same of the last answer that waits for its time.
    last_waiting_ns: Option<i64>,
}

impl Line {
    /// What a line remembers, for keeping.
    pub(in crate::engine) const fn kept(&self) -> [i64; 11] {
        let Self { entry, cancel, response, feed, inbound, last_answer_ns, last_waiting_ns: _ } =
            self;
        let (arrival_ns, match_ns) = inbound.kept();
        [
            entry.z_q32,
            entry.position.cast_signed(),
            cancel.z_q32,
            cancel.position.cast_signed(),
            response.z_q32,
            response.position.cast_signed(),
            feed.z_q32,
            feed.position.cast_signed(),
            arrival_ns,
            match_ns,
            *last_answer_ns,
        ]
    }

    /// The line that remembered this.
    pub(in crate::engine) const fn from_kept(kept: [i64; 11]) -> Self {
        const fn leg(z_q32: i64, position: i64) -> LegState {
            LegState { z_q32, position: position.cast_unsigned() }
        }
        let [z0, at0, z1, at1, z2, at2, z3, at3, arrival_ns, match_ns, last_answer_ns] = kept;
        Self {
            entry: leg(z0, at0),
            cancel: leg(z1, at1),
            response: leg(z2, at2),
            feed: leg(z3, at3),
            inbound: Session::after((arrival_ns, match_ns)),
            last_answer_ns,
            // What waited is not on its way any more.
            last_waiting_ns: None,
        }
    }

    /// The time an answer becomes visible: not before those sent earlier. `None`: at once. An
    /// answer that waits for this very instant still comes first, so then this one waits too.
    fn answer_at(&mut self, visible_ns: i64, now_ns: i64) -> Option<i64> {
        self.last_answer_ns = self.last_answer_ns.max(visible_ns);
        if self.last_answer_ns <= now_ns && self.last_waiting_ns.is_none_or(|last| last < now_ns) {
            return None;
        }
        self.last_waiting_ns = Some(self.last_answer_ns);
        self.last_waiting_ns
    }
}

impl Engine {
    /// True when no message takes time: everything happens within the command.
    pub(in crate::engine) const fn is_instant(&self) -> bool {
        self.rules.params().latency_p50_ppm == 0
    }

    /// Sends a message to a venue now.
    pub(in crate::engine) fn send(
        &mut self,
        account: AccountId,
        market: MarketId,
        purpose: Purpose,
    ) -> Transit {
        let now = self.agenda.now_ns();
        if self.is_instant() {
            return Transit { submit_ns: now, arrive_ns: now, match_ns: now, ..Transit::default() };
        }
        let venue = self.registry.market(market).venue;
        let (p50, p99) = (self.rules.params().latency_p50_ppm, self.rules.params().latency_p99_ppm);
        let legs = venue_legs(venue.as_str());
        let load_ratio_q32 = self.exchange.markets[market].load.ratio_q32();
        let measured = self.exchange.markets[market].feed_delay_ns();
        let line = self.desk.accounts[account].lines.get(&venue).copied();
        let mut line = line.unwrap_or_default();
        let draw = |state: &mut LegState, leg: Leg, name: &str| {
            self.draw(state, leg.scaled(p50, p99), account, venue, name, load_ratio_q32)
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
        self.desk.accounts[account].lines.insert(venue, line);
        self.note_line(account, venue);
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

    fn draw(
        &self,
        state: &mut LegState,
        leg: Leg,
        account: AccountId,
        venue: VenueId,
        purpose: &str,
        load_ratio_q32: i64,
    ) -> (Draw, u64) {
        let row = &self.desk.accounts[account];
        let name = format!("{purpose}|{}|{}", venue.as_str(), row.client);
        let stream = Stream::new(self.rules.seed(), u64::from(row.draws), &name);
        let persistence = Persistence {
            rho_q32: q32_of_ppm(self.rules.params().latency_rho_ppm),
            beta_q32: q32_of_ppm(self.rules.params().latency_beta_ppm),
        };
        // A draw fails only for parameters outside their documented range: then nothing is late.
        let drawn = state.draw(stream, leg, persistence, load_ratio_q32).unwrap_or_default();
        (drawn, stream.key())
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
        if self.is_instant() {
            return None;
        }
        let (venue, now) = (self.registry.market(market).venue, self.agenda.now_ns());
        let earliest = venue_ns.saturating_add(response_ns).max(now);
        self.note_line(account, venue);
        self.desk.accounts[account].lines.entry(venue).or_default().answer_at(earliest, now)
    }

    fn note_line(&mut self, account: AccountId, venue: VenueId) {
        if self.is_kept() {
            self.desk.accounts[account].changed_lines.insert(venue);
        }
    }
}

fn q32_of_ppm(ppm: i64) -> i64 {
    let scaled = (i128::from(ppm) << 32) / 1_000_000;
    i64::try_from(scaled).unwrap_or(i64::MAX)
}
