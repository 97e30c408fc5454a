//! How long messages take: drawn per leg from addressed streams, slower when the tape is busy.
//!
//! Entry is client to venue, response venue to client, feed venue to the client's book. Slow
//! periods cluster (`z` is kept per account, venue and leg), and messages of one connection never
//! overtake each other.

use crate::number::NumberError;
use crate::rng::Stream;
use crate::sim::math::{ONE_Q32, exp_q32, isqrt, ln_q32, mul_q32};

/// The 99 % quantile of the normal distribution, in Q32.
const NORMAL_P99_Q32: i128 = 9_991_588_038;
/// Values of the stream that one draw uses.
const VALUES_PER_DRAW: u64 = 6;
/// Seconds over which the average message rate is taken.
const LOAD_SECONDS: i64 = 600;

const MS: i64 = 1_000_000;

/// Median and 99th percentile of one leg, in ns; a median of 0 means "no delay, no draw".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leg {
    /// Median in a quiet market.
    pub p50_ns: i64,
    /// 99th percentile in a quiet market.
    pub p99_ns: i64,
    /// Lower bound.
    pub floor_ns: i64,
}

/// The three legs of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VenueLegs {
    /// Client to venue.
    pub entry: Leg,
    /// Venue to client.
    pub response: Leg,
    /// Venue to the client's book.
    pub feed: Leg,
    /// What the first order of a session takes longer to enter, in ns.
    pub first_order_ns: i64,
}

const fn leg(p50_ms: i64, p99_ms: i64) -> Leg {
    Leg { p50_ns: p50_ms * MS, p99_ns: p99_ms * MS, floor_ns: 0 }
}

const fn legs(entry: Leg, response: Leg, feed: Leg) -> VenueLegs {
    VenueLegs { entry, response, feed, first_order_ns: 0 }
}

const fn same(p50_ms: i64, p99_ms: i64) -> VenueLegs {
    let leg = leg(p50_ms, p99_ms);
    VenueLegs { entry: leg, response: leg, feed: leg, first_order_ns: 0 }
}

/// Legs of a venue by its id. Kalshi and Polymarket split a published round trip; all other rows
/// are assumed and wait for measurements.
pub fn venue_legs(venue: &str) -> VenueLegs {
    match venue {
        "kalshi" => legs(leg(45, 180), leg(30, 120), leg(30, 150)),
        "polymarket" => {
            VenueLegs { first_order_ns: 130 * MS, ..legs(leg(80, 320), leg(50, 200), leg(50, 250)) }
        }
        "coinbase" => same(15, 80),
        "kraken" => same(20, 120),
        "hyperliquid" => legs(leg(200, 900), leg(100, 400), leg(100, 400)),
        "dex" | "dex_ethereum" | "solana" => {
            legs(leg(2_000, 12_000), leg(1_000, 6_000), leg(1_000, 6_000))
        }
        _ => same(10, 60),
    }
}

impl Leg {
    /// The leg with its quantiles multiplied, in ppm: how presets scale the venue table.
    #[must_use]
    pub fn scaled(self, p50_ppm: i64, p99_ppm: i64) -> Self {
        if (p50_ppm, p99_ppm) == (1_000_000, 1_000_000) {
            return self;
        }
        let scale = |ns: i64, ppm: i64| {
            i64::try_from(i128::from(ns) * i128::from(ppm) / 1_000_000).unwrap_or(i64::MAX)
        };
        Self { p50_ns: scale(self.p50_ns, p50_ppm), p99_ns: scale(self.p99_ns, p99_ppm), ..self }
    }
}

impl Leg {
    /// How far the logarithm of its delays spreads, Q32; 0 where nothing is drawn.
    pub fn spread_q32(self) -> Result<i128, NumberError> {
        if self.p50_ns == 0 {
            return Ok(0);
        }
        let ratio = (i128::from(self.p99_ns.max(self.p50_ns)) << 32) / i128::from(self.p50_ns);
        Ok((ln_q32(ratio)? << 32) / NORMAL_P99_Q32)
    }
}

/// How draws depend on the past and on load; both in Q32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Persistence {
    /// Correlation of successive draws, `ρ`.
    pub rho_q32: i64,
    /// Exponent of the load factor, `β`.
    pub beta_q32: i64,
}

/// One leg of one account at one venue: where its stream stands and how slow it has been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct LegState {
    /// Slowness, standard normal, Q32.
    pub z_q32: i64,
    /// Values of the stream used so far.
    pub position: u64,
}

/// One drawn delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Draw {
    /// The delay in ns.
    pub latency_ns: i64,
    /// Slowness after the draw, Q32.
    pub z_q32: i64,
    /// Stream position before.
    pub position_before: u64,
    /// Stream position after.
    pub position_after: u64,
}

/// What all draws of one message have in common, worked out once; Q32.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    rho: i64,
    /// Weight of what is new in a draw, `√(1 − ρ²)`.
    fresh: Result<i128, NumberError>,
    /// What load adds to the exponent.
    busy: Result<i128, NumberError>,
}

impl Conditions {
    /// `load_ratio_q32` is the message rate over its average.
    pub fn new(persistence: Persistence, load_ratio_q32: i64) -> Self {
        let rho = i128::from(persistence.rho_q32);
        let busy = ln_q32(ONE_Q32 + i128::from(load_ratio_q32.max(0)));
        Self {
            rho: persistence.rho_q32,
            fresh: isqrt((1_i128 << 64) - rho * rho),
            busy: busy.map(|busy| mul_q32(i128::from(persistence.beta_q32), busy)),
        }
    }
}

impl LegState {
    /// Draws the next delay. `load_ratio_q32` is the message rate over its average.
    pub fn draw(
        &mut self,
        stream: Stream,
        leg: Leg,
        persistence: Persistence,
        load_ratio_q32: i64,
    ) -> Result<Draw, NumberError> {
        let conditions = Conditions::new(persistence, load_ratio_q32);
        self.draw_in(&conditions, stream, leg, leg.spread_q32())
    }

    /// The same with what does not change from draw to draw given.
    pub fn draw_in(
        &mut self,
        conditions: &Conditions,
        stream: Stream,
        leg: Leg,
        spread_q32: Result<i128, NumberError>,
    ) -> Result<Draw, NumberError> {
        let before = self.position;
        if leg.p50_ns == 0 {
            let (z_q32, position_before, position_after) = (self.z_q32, before, before);
            return Ok(Draw { latency_ns: leg.floor_ns, z_q32, position_before, position_after });
        }
        let (rho, fresh) = (i128::from(conditions.rho), conditions.fresh?);
        let z = (rho * i128::from(self.z_q32) + fresh * noise_q32(stream, before)) >> 32;
        self.position = before + VALUES_PER_DRAW;
        self.z_q32 = i64::try_from(z).unwrap_or(0);
        let exponent = mul_q32(spread_q32?, z) + conditions.busy?;
        Ok(Draw {
            latency_ns: latency(leg, exponent)?,
            z_q32: self.z_q32,
            position_before: before,
            position_after: self.position,
        })
    }
}

/// Twelve uniform halves less their mean: mean 0, variance 1, never beyond ±6. Q32.
fn noise_q32(stream: Stream, position: u64) -> i128 {
    let sum: i128 = (0..VALUES_PER_DRAW)
        .map(|n| stream.value(position + n))
        .map(|value| i128::from(value >> 32) + i128::from(value & 0xffff_ffff))
        .sum();
    sum - 6 * ONE_Q32
}

/// The delay: log-normal around the median, times the load factor.
fn latency(leg: Leg, exponent_q32: i128) -> Result<i64, NumberError> {
    let value = mul_q32(i128::from(leg.p50_ns), exp_q32(exponent_q32)?);
    let value = i64::try_from(value).ok().ok_or(NumberError::Range)?;
    Ok(value.max(leg.floor_ns))
}

/// Message rate of one instrument: the last whole second over the average of ten minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct LoadMeter {
    second: i64,
    current: i64,
    last: i64,
    average_q32: i64,
}

impl LoadMeter {
    /// A message was received.
    pub fn on_message(&mut self, now_ns: i64) {
        let second = now_ns.div_euclid(1_000_000_000);
        if second > self.second {
            let quiet = (second - self.second - 1).min(LOAD_SECONDS * 10);
            self.roll(self.current);
            self.last = self.current;
            for _ in 0..quiet {
                self.roll(0);
                self.last = 0;
            }
            (self.second, self.current) = (second, 0);
        }
        self.current += 1;
    }

    /// Rate over average, Q32; the average counts as at least one message a second.
    pub fn ratio_q32(&self) -> i64 {
        let average = i128::from(self.average_q32.max(1 << 32));
        i64::try_from((i128::from(self.last) << 64) / average).unwrap_or(i64::MAX)
    }

    fn roll(&mut self, count: i64) {
        let target = i64::try_from(i128::from(count) << 32).unwrap_or(i64::MAX);
        self.average_q32 += (target - self.average_q32).div_euclid(LOAD_SECONDS);
    }
}

/// The delays and times of one message, drawn when it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transit {
    /// When the client sent it, ns.
    pub submit_ns: i64,
    /// Client to venue, ns.
    pub entry_ns: i64,
    /// Venue to client, ns.
    pub response_ns: i64,
    /// Venue to the client's book, ns.
    pub feed_ns: i64,
    /// The feed delay is that of the last message received, not a draw.
    pub feed_measured: bool,
    /// When it reached the venue, ns.
    pub arrive_ns: i64,
    /// How long the order of messages on the connection held it, ns.
    pub session_hold_ns: i64,
    /// Local time at which it meets the book, ns.
    pub match_ns: i64,
    /// How long the venue held it because it would take, ns.
    pub taker_delay_ns: i64,
    /// The entry draw.
    pub entry: Draw,
    /// Key of the entry stream.
    pub stream_key: u64,
    /// Message rate over its average at the time of the draw, Q32.
    pub load_ratio_q32: i64,
}

impl Transit {
    /// The same message, later by so much.
    pub(crate) const fn later_by(self, by_ns: i64) -> Self {
        Self {
            submit_ns: self.submit_ns.saturating_add(by_ns),
            arrive_ns: self.arrive_ns.saturating_add(by_ns),
            match_ns: self.match_ns.saturating_add(by_ns),
            ..self
        }
    }
}

/// The order of messages on one connection: none overtakes an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Session {
    last_ns: i64,
    last_match_ns: i64,
}

impl Session {
    /// Arrival of the last message and when it met the book, for keeping.
    pub(crate) const fn kept(self) -> (i64, i64) {
        (self.last_ns, self.last_match_ns)
    }

    /// A connection whose last message arrived and met the book then.
    pub(crate) const fn after((last_ns, last_match_ns): (i64, i64)) -> Self {
        Self { last_ns, last_match_ns }
    }

    /// A message is on its way that was sent before: none that is sent from here on overtakes it.
    pub(crate) fn follow(&mut self, arrive_ns: i64, match_ns: i64) {
        self.last_ns = self.last_ns.max(arrive_ns);
        self.last_match_ns = self.last_match_ns.max(match_ns);
    }

    /// Arrival of a message sent at `sent_ns`, and how long the order of messages held it.
    pub fn arrive(&mut self, sent_ns: i64, latency_ns: i64) -> (i64, i64) {
        let alone = sent_ns.saturating_add(latency_ns);
        let arrival = alone.max(self.last_ns);
        self.last_ns = arrival;
        (arrival, arrival - alone)
    }

    /// Local time at which a message meets the book: held with the feed, whose delay differs from
    /// one message to the next, it still meets it no earlier than the messages before it.
    pub fn meet(&mut self, held_until_ns: i64) -> i64 {
        self.last_match_ns = self.last_match_ns.max(held_until_ns);
        self.last_match_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHO: Persistence = Persistence { rho_q32: 3_006_477_107, beta_q32: 1 << 30 };

    #[test]
    fn e13_16_draws_are_addressed_and_reproducible() {
        let stream = Stream::new(42, 0, "lat.entry|kalshi|acct-1");
        assert_eq!(noise_q32(stream, 0), 4_050_104_769);
        assert_eq!(noise_q32(stream, 6), 3_890_924_831);
        let (mut state, leg) = (LegState::default(), venue_legs("kalshi").entry);
        let first = state.draw(stream, leg, RHO, 0).unwrap();
        assert_eq!((first.latency_ns, first.z_q32), (67_219_633, 2_892_353_332));
        assert_eq!((first.position_before, first.position_after), (0, 6));
        let second = state.draw(stream, leg, RHO, 0).unwrap();
        assert_eq!((second.latency_ns, second.z_q32), (87_628_397, 4_803_323_451));
        for (z, ratio, expected) in [
            (1 << 32, 0, 81_660_683),
            (-(1 << 32), 0, 24_797_734),
            (0, 1 << 32, 53_514_320),
            (0, 4 << 32, 67_290_695),
            (2_892_353_332, 4 << 32, 100_516_797),
        ] {
            let busy = Conditions::new(RHO, ratio).busy.unwrap();
            let exponent = mul_q32(leg.spread_q32().unwrap(), z) + busy;
            assert_eq!(latency(leg, exponent), Ok(expected));
        }
    }

    #[test]
    fn a_leg_without_delay_draws_nothing() {
        let mut state = LegState::default();
        let draw = state.draw(Stream::new(1, 0, "x"), Leg::default(), RHO, 0).unwrap();
        assert_eq!((draw, state), (Draw::default(), LegState::default()));
    }

    #[test]
    fn e13_17_orders_are_held_and_never_overtake() {
        let mut session = Session::default();
        assert_eq!(session.arrive(0, 80), (80, 0));
        assert_eq!(session.arrive(10, 20), (80, 50));
        assert!(Session::default().arrive(10, 20).0 > 25, "the fill at 25 stands");
    }

    #[test]
    fn a_busy_second_raises_the_load() {
        let mut meter = LoadMeter::default();
        for second in 0..60 {
            for _ in 0..if second == 59 { 40 } else { 10 } {
                meter.on_message(second * 1_000_000_000);
            }
        }
        let calm = meter.ratio_q32();
        meter.on_message(60_000_000_000);
        assert!(meter.ratio_q32() > 3 * calm);
        meter.on_message(3_000_000_000_000);
        assert_eq!(meter.ratio_q32(), 0, "nothing came in the last whole second");
    }

    /// Draws per row; the bar is a million, which `make soak` draws.
    fn draws() -> usize {
        let set = std::env::var("SEQUENCE_DRAWS").ok().and_then(|text| text.parse().ok());
        set.unwrap_or(400_000)
    }

    #[test]
    fn b11_quantiles_come_out_as_the_table_says() {
        for venue in ["kalshi", "polymarket", "binance", "coinbase", "kraken", "hyperliquid", "dex"]
        {
            let rows = venue_legs(venue);
            for (name, leg) in
                [("entry", rows.entry), ("response", rows.response), ("feed", rows.feed)]
            {
                let stream = Stream::new(7, 0, &format!("lat.{name}|{venue}|a"));
                let mut state = LegState::default();
                let mut drawn: Vec<i64> = (0..draws())
                    .map(|_| state.draw(stream, leg, Persistence::default(), 0).unwrap().latency_ns)
                    .collect();
                drawn.sort_unstable();
                let (p50, p99) = (drawn[drawn.len() / 2], drawn[drawn.len() / 100 * 99]);
                assert!((p50 - leg.p50_ns).abs() * 100 <= leg.p50_ns, "{venue} {name} {p50}");
                assert!((p99 - leg.p99_ns).abs() * 100 <= 3 * leg.p99_ns, "{venue} {name} {p99}");
            }
        }
    }

    #[test]
    fn b11_slow_messages_follow_slow_ones_as_often_as_asked() {
        for rho_ppm in [0_i64, 700_000, 900_000] {
            let rho_q32 = (rho_ppm << 32) / 1_000_000;
            let (stream, leg) =
                (Stream::new(7, 0, "lat.entry|kraken|a"), venue_legs("kraken").entry);
            let mut state = LegState::default();
            let (mut last, mut pairs, mut squares) = (0_i128, 0_i128, 0_i128);
            for _ in 0..draws() {
                let persistence = Persistence { rho_q32, beta_q32: 0 };
                let z = i128::from(state.draw(stream, leg, persistence, 0).unwrap().z_q32);
                pairs += (last * z) >> 32;
                squares += (z * z) >> 32;
                last = z;
            }
            // ln L is a straight line in z, so both have one correlation.
            let found_ppm = i64::try_from(pairs * 1_000_000 / squares).unwrap();
            assert!((found_ppm - rho_ppm).abs() <= 20_000, "{found_ppm} for {rho_ppm}");
        }
    }
}
