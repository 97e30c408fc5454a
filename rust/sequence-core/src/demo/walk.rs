//! The hidden price of one underlying: a bounded random walk at irregular steps.

use super::{DemoBook, Volatility};
use crate::ids::InstrumentKind;
use crate::number::PRICE_ONE;
use crate::rng::{Draws, Stream};

/// Widest excursion of a coin from its start, in parts per billion.
const COIN_RANGE_PPB: i64 = 400_000_000;
/// Bids of event markets stay between these, so that both sides have room for their levels.
const EVENT_RANGE: (i64, i64) = (260_000_000, 730_000_000);
const MS: i64 = 1_000_000;

/// The price as an offset from the start: parts per billion of the start price for coins, units
/// of 1e-9 for event markets.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    draws: Draws,
    offset_ppb: i64,
    step_ppb: i64,
    range_ppb: (i64, i64),
    /// Shortest time between steps and what may be added to it, ns.
    pause_ns: (i64, i64),
}

impl Walk {
    pub(super) fn new(seed: u64, name: &str, book: &DemoBook<'_>) -> Self {
        let is_event = book.kind == InstrumentKind::Prediction;
        let normal = if is_event { PRICE_ONE / 250 } else { 40_000 };
        let step_ppb = match book.volatility {
            Volatility::Calm => normal * 2 / 5,
            Volatility::Normal => normal,
            Volatility::Lively => normal * 2,
        };
        let range_ppb = if is_event {
            let (low, high) = EVENT_RANGE;
            ((low - book.bid.0).min(0), (high - book.bid.0).max(0))
        } else {
            (-COIN_RANGE_PPB, COIN_RANGE_PPB)
        };
        let pause_ns = if is_event { (4_000 * MS, 8_000 * MS) } else { (700 * MS, 1_000 * MS) };
        let draws = Draws::new(Stream::new(seed, 0, &format!("demo.price|{name}|")));
        Self { draws, offset_ppb: 0, step_ppb, range_ppb, pause_ns }
    }

    /// Moves the price and returns its new offset.
    pub(super) fn step(&mut self) -> i64 {
        // Four uniform 16-bit numbers: near enough to a normal one, with a spread of 37,837.
        let word = self.draws.word();
        let sum: i64 = [word, word >> 16, word >> 32, word >> 48]
            .into_iter()
            .map(|part| i64::try_from(part & 0xFFFF).unwrap_or(0) - 32_768)
            .sum();
        let move_ppb = (sum * self.step_ppb).div_euclid(37_837);
        let (low, high) = self.range_ppb;
        let moved = self.offset_ppb + move_ppb;
        let inside = if (low..=high).contains(&moved) { moved } else { self.offset_ppb - move_ppb };
        self.offset_ppb = inside.clamp(low, high);
        self.offset_ppb
    }

    /// Time of the step after `now_ns`.
    pub(super) fn schedule(&mut self, now_ns: i64) -> i64 {
        let (shortest, spread) = self.pause_ns;
        now_ns.saturating_add(self.draws.between(shortest, spread))
    }
}
