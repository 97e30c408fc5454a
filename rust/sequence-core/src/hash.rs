//! State and event hashes: two runs that agree here agree everywhere.
//!
//! Not a cryptographic hash. It tells honest runs apart, it does not resist an attacker. Every
//! value is written with a fixed width and text with its length, so that neighbouring fields
//! cannot trade bytes and still hash alike.

use std::fmt;
use std::hash::Hasher;

/// 64-bit FNV-1a of a byte string: turns names of random streams and the like into seeds.
pub const fn fnv1a64(bytes: &[u8]) -> u64 {
    fnv1a64_on(0xcbf2_9ce4_8422_2325, bytes)
}

/// The same of pieces as if they were one text.
pub fn fnv1a64_of(pieces: &[&str]) -> u64 {
    pieces.iter().fold(fnv1a64(&[]), |hash, piece| fnv1a64_on(hash, piece.as_bytes()))
}

const fn fnv1a64_on(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        // `From` is not const; widening a byte loses nothing.
        hash = (hash ^ *first as u64).wrapping_mul(0x0100_0000_01b3);
        rest = tail;
    }
    hash
}

/// The finaliser of `SplitMix64`: a bijection of 64-bit words that spreads every bit.
pub const fn mix64(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The words that bytes are hashed as: how many there are, then eight in each, zeros behind the last.
pub(crate) fn words_of(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let (whole, rest) = bytes.as_chunks::<8>();
    let rest = (!rest.is_empty()).then(|| {
        let mut word = [0u8; 8];
        for (to, from) in word.iter_mut().zip(rest) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    });
    let whole = whole.iter().map(|word| u64::from_le_bytes(*word));
    [bytes.len() as u64].into_iter().chain(whole).chain(rest)
}

/// The words that a signed 128-bit number is hashed as, low half first.
#[expect(clippy::cast_possible_truncation, reason = "each half is cut out on purpose")]
pub(crate) const fn wide_words(value: i128) -> [u64; 2] {
    let bits = value.cast_unsigned();
    [bits as u64, (bits >> 64) as u64]
}

/// Folds a canonical walk over the state into 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateHasher(u64);

impl StateHasher {
    /// Starts a hash. Chains go on from the value of [`StateHasher::finish`].
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One word; every other method ends here.
    pub const fn word(&mut self, word: u64) {
        // The odd constant keeps a run of zero words from standing still.
        self.0 = mix64(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ mix64(word));
    }

    /// A signed 64-bit number.
    pub const fn signed(&mut self, value: i64) {
        self.word(value.cast_unsigned());
    }

    /// A signed 128-bit number, low half first.
    pub const fn wide(&mut self, value: i128) {
        let [low, high] = wide_words(value);
        self.word(low);
        self.word(high);
    }

    /// Bytes, with their length in front.
    pub fn bytes(&mut self, bytes: &[u8]) {
        for word in words_of(bytes) {
            self.word(word);
        }
    }

    /// Text, with its length in front.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// The hash so far.
    pub const fn finish(self) -> u64 {
        self.0
    }
}

/// Derived hashes go through the same words: nothing depends on the width of a machine word, nor on
/// a seed of the process.
impl Hasher for StateHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.bytes(bytes);
    }

    fn write_u8(&mut self, value: u8) {
        self.word(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.word(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.word(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    fn write_i64(&mut self, value: i64) {
        self.signed(value);
    }

    fn write_isize(&mut self, value: isize) {
        self.signed(value as i64);
    }

    fn write_i128(&mut self, value: i128) {
        self.wide(value);
    }
}

impl fmt::Display for StateHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(walk: impl FnOnce(&mut StateHasher)) -> u64 {
        let mut hasher = StateHasher::new(0);
        walk(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn names_hash_to_their_published_values() {
        assert_eq!(fnv1a64(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a64(b"lat.entry|kalshi|acct-1"), 0x331b_eb99_fb5b_719f);
        assert_eq!(
            mix64(1_234_567_u64.wrapping_add(0x9e37_79b9_7f4a_7c15)),
            6_457_827_717_110_365_317
        );
    }

    #[test]
    fn neighbouring_fields_cannot_trade_bytes() {
        let split = |a: &str, b: &str| {
            of(|hasher| {
                hasher.text(a);
                hasher.text(b);
            })
        };
        assert_ne!(split("ab", "c"), split("a", "bc"));
        assert_ne!(of(|h| h.text("a")), of(|h| h.text("a\0")));
        assert_ne!(of(|h| h.wide(1)), of(|h| h.wide(1 << 64)));
        assert_ne!(of(|h| h.signed(-1)), of(|h| h.wide(-1)));
    }

    #[test]
    fn a_hash_goes_on_from_where_it_stopped() {
        let mut whole = StateHasher::new(7);
        whole.word(1);
        let mut rest = StateHasher::new(whole.finish());
        whole.word(2);
        rest.word(2);
        assert_eq!(whole, rest);
        assert_eq!(StateHasher::new(255).to_string(), "00000000000000ff");
    }
}
