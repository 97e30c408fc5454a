//! Halves of trades that wait for their other half.
//!
//! Nearly every decrease is a cancel and finds nothing, so that is what has to be quick: each half has
//! a short key of what tells it from others, and the keys of all are compared at once.

use std::hash::{Hash, Hasher};

use crate::ids::BookSide;
use crate::number::Price;

/// Halves that wait; the oldest makes room.
const REMEMBERED: usize = 16;

/// A print, or a decrease of depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Half {
    pub(super) is_print: bool,
    pub(super) side: BookSide,
    pub(super) price: Price,
    pub(super) size: i64,
    pub(super) at_ns: i64,
}

impl Half {
    const NONE: Self =
        Self { is_print: false, side: BookSide::Bid, price: Price(0), size: 0, at_ns: 0 };

    /// The same for both halves of a trade; others share it by chance alone.
    const fn key(&self) -> u64 {
        let price = self.price.0.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        price.rotate_left(32) ^ self.size.cast_unsigned() ^ self.side as u64
    }

    /// Whether the two are one trade.
    fn is_other_of(&self, half: &Self, together_ns: i64) -> bool {
        (self.is_print, self.side, self.price, self.size)
            == (!half.is_print, half.side, half.price, half.size)
            && half.at_ns.saturating_sub(self.at_ns) <= together_ns
    }
}

/// The newest halves, in the order in which they came.
#[derive(Debug, Clone)]
pub(super) struct Halves {
    /// Keys by place; those of free places are of no half.
    keys: [u32; REMEMBERED],
    waiting: [Half; REMEMBERED],
    /// Place of the oldest.
    first: usize,
    count: usize,
}

impl Default for Halves {
    fn default() -> Self {
        Self { keys: [0; REMEMBERED], waiting: [Half::NONE; REMEMBERED], first: 0, count: 0 }
    }
}

impl PartialEq for Halves {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Halves {}

impl Hash for Halves {
    /// Of what waits, wherever it is kept.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.count.hash(state);
        for half in self.iter() {
            half.hash(state);
        }
    }
}

impl Halves {
    /// Takes the oldest other half out that came no more than `together_ns` before; says when.
    pub(super) fn take_other(&mut self, half: Half, together_ns: i64) -> Option<i64> {
        let key = short(half.key());
        // Without a way out on the first that fits, so that many are compared by one instruction.
        if self.keys.iter().map(|known| u32::from(*known == key)).sum::<u32>() == 0 {
            return None;
        }
        let (nth, other) =
            self.iter().enumerate().find(|(_, seen)| seen.is_other_of(&half, together_ns))?;
        let at_ns = other.at_ns;
        for nth in nth + 1..self.count {
            self.put(nth - 1, self.nth(nth));
        }
        self.count -= 1;
        Some(at_ns)
    }

    /// Lets a half wait.
    pub(super) fn push(&mut self, half: Half) {
        if self.count == REMEMBERED {
            self.first = (self.first + 1) % REMEMBERED;
            self.count -= 1;
        }
        self.put(self.count, half);
        self.count += 1;
    }

    fn iter(&self) -> impl Iterator<Item = Half> + '_ {
        (0..self.count).map(|nth| self.nth(nth))
    }

    fn nth(&self, nth: usize) -> Half {
        self.waiting.get((self.first + nth) % REMEMBERED).copied().unwrap_or(Half::NONE)
    }

    fn put(&mut self, nth: usize, half: Half) {
        let at = (self.first + nth) % REMEMBERED;
        if let (Some(place), Some(key)) = (self.waiting.get_mut(at), self.keys.get_mut(at)) {
            (*place, *key) = (half, short(half.key()));
        }
    }
}

/// Half of the bits of a key that are all mixed.
fn short(key: u64) -> u32 {
    let folded = key ^ (key >> 32);
    u32::try_from(folded & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::StateHasher;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn hash_of(value: impl Hash) -> u64 {
        let mut hasher = StateHasher::new(0);
        value.hash(&mut hasher);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn halves_are_found_as_in_a_list_that_is_looked_through(
            steps in prop::collection::vec(
                ((any::<bool>(), any::<bool>()), 1..4i64, 1..12i64, 0..6i64), 1..300,
            ),
        ) {
            let (mut halves, mut list) = (Halves::default(), VecDeque::<Half>::new());
            let (together_ns, mut at_ns) = (20, 0);
            for ((is_print, is_bid), price, size, later) in steps {
                at_ns += later;
                let side = if is_bid { BookSide::Bid } else { BookSide::Ask };
                let half = Half { is_print, side, price: Price(price), size, at_ns };
                let other = list.iter().position(|seen| seen.is_other_of(&half, together_ns));
                let expected = other.and_then(|at| list.remove(at)).map(|seen| seen.at_ns);
                prop_assert_eq!(halves.take_other(half, together_ns), expected);
                if expected.is_none() {
                    if list.len() == REMEMBERED {
                        list.pop_front();
                    }
                    list.push_back(half);
                    halves.push(half);
                }
                prop_assert!(halves.iter().eq(list.iter().copied()));
                prop_assert_eq!(hash_of(&halves), hash_of(&list));
            }
        }
    }
}
