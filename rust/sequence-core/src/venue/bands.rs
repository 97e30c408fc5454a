//! Ranges of prices with a tick of their own.

use crate::number::{PRICE_ONE, Price};

/// Most ranges of one market.
pub const MAX_BANDS: usize = 4;

/// A tick for each range of prices; a range reaches up to where the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bands {
    first: Price,
    /// Where a range begins, and its tick; a beginning of 0 is unused.
    above: [(Price, Price); MAX_BANDS - 1],
}

impl Bands {
    /// Ranges as (first price, tick), in order of price, the first from 0. `None` where they are no
    /// grid: a tick of 0, out of order, too many, or a range that begins between two ticks.
    pub fn new(bands: &[(Price, Price)]) -> Option<Self> {
        let (&(Price(0), first), rest) = bands.split_first()? else { return None };
        let mut below = (Price(0), first);
        for band in rest {
            let meets = |tick: Price| tick.0 > 0 && band.0.0 % tick.0 == 0;
            if band.0 <= below.0 || !meets(below.1) || !meets(band.1) {
                return None;
            }
            below = *band;
        }
        let mut above = [(Price(0), Price(0)); MAX_BANDS - 1];
        above.get_mut(..rest.len())?.copy_from_slice(rest);
        (first.0 > 0).then_some(Self { first, above })
    }

    /// The ranges, as (first price, tick), lowest first.
    pub fn iter(&self) -> impl Iterator<Item = (Price, Price)> + '_ {
        let above = self.above.iter().copied().take_while(|(from, _)| from.0 > 0);
        std::iter::once((Price(0), self.first)).chain(above)
    }

    /// The tick at a price; the finer one where two ranges meet.
    pub fn tick_at(&self, price: Price) -> Price {
        let mut tick = self.first;
        for (from, next) in self.iter().skip(1) {
            if price == from {
                return tick.min(next);
            }
            if price > from {
                tick = next;
            }
        }
        tick
    }

    /// The same ranges as the other outcome of a binary market quotes them.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let bands: Vec<(Price, Price)> = self.iter().collect();
        let ends = bands.iter().skip(1).map(|(from, _)| *from).chain([Price(PRICE_ONE)]);
        let flip =
            |((_, tick), end): (&(Price, Price), Price)| (Price((PRICE_ONE - end.0).max(0)), *tick);
        let mut flipped: Vec<_> = bands.iter().zip(ends).map(flip).collect();
        flipped.reverse();
        Self::new(&flipped).unwrap_or(*self)
    }

    /// The finest tick.
    pub fn finest(&self) -> Price {
        self.iter().map(|(_, tick)| tick).min().unwrap_or(self.first)
    }
}
