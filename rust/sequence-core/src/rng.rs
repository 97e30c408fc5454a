//! Addressed random numbers: value `n` of a named stream, computed without any state.
//!
//! A stream is a function of the run's seed, the account's reset count and its name, so another
//! account's activity never changes a draw, and a fill can name the exact values it used.

/// FNV-1a, 64 bits: turns a stream name into a number.
pub const fn fnv1a64(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0000_0100_0000_01b3);
        rest = tail;
    }
    hash
}

/// The output function of `SplitMix64`.
pub const fn mix64(value: u64) -> u64 {
    let z = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One named stream; copying it costs nothing and shares nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stream {
    key: u64,
}

impl Stream {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The stream `name` (`"<purpose>|<venue>|<account>"`) after `epoch` resets.
    pub const fn new(seed: u64, epoch: u64, name: &str) -> Self {
        Self { key: mix64(seed.wrapping_add(epoch) ^ fnv1a64(name.as_bytes())) }
    }

    /// The number that identifies the stream in records.
    pub const fn key(self) -> u64 {
        self.key
    }

    /// Value at position `n`, counted from 0.
    pub const fn u64_at(self, n: u64) -> u64 {
        mix64(self.key.wrapping_add(n.wrapping_add(1).wrapping_mul(Self::STEP)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_fixed_by_seed_and_name() {
        let name = "lat.entry|kalshi|acct-1";
        assert_eq!(fnv1a64(name.as_bytes()), 0x331b_eb99_fb5b_719f);
        let stream = Stream::new(42, 0, name);
        assert_eq!(stream.key(), 0xcdff_9010_13ce_3dc5);
        let first: Vec<u64> = (0..3).map(|n| stream.u64_at(n)).collect();
        assert_eq!(first, [0xf05f_ce94_b69a_acca, 0x7fe9_87c2_fe9f_67b0, 0x1017_f6df_cfdd_c765]);
    }

    #[test]
    fn the_mixer_is_plain_splitmix64() {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        assert_eq!(mix64(1_234_567_u64.wrapping_add(step)), 6_457_827_717_110_365_317);
    }
}
