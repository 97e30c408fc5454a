//! Identifiers like `graph_01JAB3C4D5E6F7G8H9JKMNPQRS`: 26 characters of Crockford base 32.
//!
//! 48 bits of milliseconds, 40 bits of a counter, 40 bits mixed from the seed: increasing within
//! an engine, and the same for the same seed, times and commands.

use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// A 128-bit identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ulid(pub u128);

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; LENGTH];
        let mut value = self.0;
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET.get((value & 31) as usize).copied().unwrap_or(b'0');
            value >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).or(Err(fmt::Error))?)
    }
}

impl Ulid {
    /// Reads the canonical text; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        // 26 characters hold 130 bits: the first may only carry three.
        if text.len() != LENGTH || text.as_bytes().first()? > &b'7' {
            return None;
        }
        let mut value = 0u128;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|symbol| *symbol == byte)?;
            value = (value << 5) | digit as u128;
        }
        Some(Self(value))
    }
}

/// Makes increasing identifiers.
#[derive(Debug, Clone)]
pub struct UlidSource {
    seed: u64,
    last_ms: u64,
    counter: u64,
}

impl UlidSource {
    /// A source for a seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, last_ms: 0, counter: 0 }
    }

    /// Time of the last identifier in ms, and how many were made.
    pub(crate) const fn position(&self) -> (u64, u64) {
        (self.last_ms, self.counter)
    }

    /// Goes on where an earlier process stopped.
    pub(crate) const fn resume(&mut self, (last_ms, counter): (u64, u64)) {
        (self.last_ms, self.counter) = (last_ms, counter);
    }

    /// The next identifier at this time.
    pub fn next(&mut self, now_ns: i64) -> Ulid {
        let now_ms = u64::try_from(now_ns / 1_000_000).unwrap_or(0);
        self.last_ms = self.last_ms.max(now_ms);
        self.counter += 1;
        let noise = crate::rng::mix64(self.seed ^ self.counter.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let time = u128::from(self.last_ms & 0xFFFF_FFFF_FFFF) << 80;
        let counter = u128::from(self.counter & 0xFF_FFFF_FFFF) << 40;
        Ulid(time | counter | u128::from(noise >> 24))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_increases() {
        let mut source = UlidSource::new(42);
        let mut last = source.next(0);
        for now in [0, 5, 1_776_657_000_000_000_000, 1_776_657_000_000_000_000] {
            let id = source.next(now);
            assert!(id > last && id.to_string() > last.to_string());
            assert_eq!(Ulid::parse(&id.to_string()), Some(id));
            last = id;
        }
    }

    #[test]
    fn other_text_is_not_an_identifier() {
        for text in [
            "",
            "01JAB3C4D5E6F7G8H9JKMNPQR",
            "81JAB3C4D5E6F7G8H9JKMNPQRS",
            "01JAB3C4D5E6F7G8H9JKMNPQRU",
        ] {
            assert_eq!(Ulid::parse(text), None, "{text}");
        }
    }
}
