//! Addressed random numbers: the n-th value of a named stream is a function of its address.
//!
//! Nothing is drawn from a shared generator, so that what one account, market or model does never
//! moves the numbers of another.

use crate::hash::fnv1a64_of;
pub use crate::hash::{fnv1a64, mix64};

/// Distance between neighbouring states of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A named stream of 64-bit values. It holds no position: the caller says which value it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Stream {
    start: u64,
}

impl Stream {
    /// Of what draws nothing.
    pub const EMPTY: Self = Self { start: 0 };

    /// The stream of a run, an epoch (resets so far) and a name, `purpose|venue|account`.
    pub const fn new(run_seed: u64, epoch: u64, name: &str) -> Self {
        Self { start: mix64(run_seed.wrapping_add(epoch) ^ fnv1a64(name.as_bytes())) }
    }

    /// The same with the name in pieces: who draws often makes no text for it.
    pub fn of(run_seed: u64, epoch: u64, name: &[&str]) -> Self {
        Self { start: mix64(run_seed.wrapping_add(epoch) ^ fnv1a64_of(name)) }
    }

    /// The number that identifies the stream in records.
    pub const fn key(self) -> u64 {
        self.start
    }

    /// The value at a position.
    pub const fn value(self, position: u64) -> u64 {
        mix64(self.start.wrapping_add(position.wrapping_add(1).wrapping_mul(GOLDEN)))
    }
}

/// Maps a random word onto `0..bound`; 0 when the bound is 0.
///
/// The bias is below `bound / 2^64`, and no word is ever drawn again, so positions stay fixed.
pub fn below(word: u64, bound: u64) -> u64 {
    let wide = u128::from(word) * u128::from(bound);
    u64::try_from(wide >> 64).unwrap_or(0)
}

/// A stream read from its start, one value after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    stream: Stream,
    position: u64,
}

impl Draws {
    /// The values of a stream, in order.
    pub const fn new(stream: Stream) -> Self {
        Self { stream, position: 0 }
    }

    /// The next word.
    pub const fn word(&mut self) -> u64 {
        let word = self.stream.value(self.position);
        self.position = self.position.wrapping_add(1);
        word
    }

    /// The next value of `0..bound`.
    pub fn roll(&mut self, bound: u64) -> u64 {
        below(self.word(), bound)
    }

    /// True in this many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    /// A number from `low` to below `low + width`.
    pub fn between(&mut self, low: i64, width: i64) -> i64 {
        let extra = self.roll(width.max(0).unsigned_abs());
        low.saturating_add_unsigned(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_match_the_published_vectors() {
        let name = "lat.entry|kalshi|acct-1";
        let stream = Stream::new(42, 0, name);
        assert_eq!(fnv1a64(name.as_bytes()), 0x331b_eb99_fb5b_719f);
        assert_eq!(stream.start, 0xcdff_9010_13ce_3dc5);
        assert_eq!(Stream::of(42, 0, &["lat.entry", "|", "kalshi", "|", "acct-1"]), stream);
        assert_eq!(
            [stream.value(0), stream.value(1), stream.value(2)],
            [0xf05f_ce94_b69a_acca, 0x7fe9_87c2_fe9f_67b0, 0x1017_f6df_cfdd_c765]
        );
        assert_eq!(mix64(1_234_567 + GOLDEN), 6_457_827_717_110_365_317);
    }

    #[test]
    fn values_fall_below_their_bound() {
        assert_eq!(below(u64::MAX, 10), 9);
        assert_eq!(below(0, 10), 0);
        assert_eq!(below(u64::MAX, 0), 0);
        assert_eq!(below(1 << 63, 10), 5);
        let mut draws = Draws::new(Stream::new(1, 0, "test"));
        assert!((0..100).all(|_| (-5..5).contains(&draws.between(-5, 10))));
        assert_eq!(draws.word(), draws.stream.value(100));
    }
}
