//! The prices a market quotes.

use crate::number::{NumberError, PRICE_ONE, Price};

const CENT: Price = Price(10_000_000);
const DECI_CENT: Price = Price(1_000_000);
/// Below this and above its complement the tapered grid is fine.
const TAPER: i64 = 100_000_000;

/// Which prices are on the grid of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceGrid {
    /// One tick everywhere.
    Tick(Price),
    /// Event contract, one tick of its own everywhere.
    UnitTick(Price),
    /// Event contract, 0.01 everywhere.
    LinearCent,
    /// Event contract, 0.001 everywhere.
    DeciCent,
    /// Event contract, 0.001 below 0.10 and above 0.90, 0.01 between.
    TaperedDeciCent,
}

impl PriceGrid {
    /// Wire text; a market with one tick of its own shows the tick only.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tick(_) | Self::UnitTick(_) => "tick",
            Self::LinearCent => "linear_cent",
            Self::DeciCent => "deci_cent",
            Self::TaperedDeciCent => "tapered_deci_cent",
        }
    }

    /// Parses the wire text of an event grid.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LinearCent, Self::DeciCent, Self::TaperedDeciCent]
            .into_iter()
            .find(|grid| grid.as_str() == text)
    }

    /// Whether prices are probabilities, strictly between 0 and 1.
    pub const fn is_event(self) -> bool {
        !matches!(self, Self::Tick(_))
    }

    /// Distance between prices around `price`; the finer one where two zones meet.
    pub const fn tick_at(self, price: Price) -> Price {
        match self {
            Self::Tick(tick) | Self::UnitTick(tick) => tick,
            Self::LinearCent => CENT,
            Self::TaperedDeciCent if price.0 > TAPER && price.0 < PRICE_ONE - TAPER => CENT,
            Self::DeciCent | Self::TaperedDeciCent => DECI_CENT,
        }
    }

    /// The coarsest tick: what a listing shows.
    pub const fn nominal_tick(self) -> Price {
        match self {
            Self::Tick(tick) | Self::UnitTick(tick) => tick,
            Self::LinearCent | Self::TaperedDeciCent => CENT,
            Self::DeciCent => DECI_CENT,
        }
    }

    /// The finest tick: in force near 0 and 1 on a tapered grid.
    pub const fn fine_tick(self) -> Price {
        match self {
            Self::TaperedDeciCent => DECI_CENT,
            _ => self.nominal_tick(),
        }
    }

    /// Whether an order may have this price: on the grid and inside its range.
    pub fn contains(self, price: Price) -> bool {
        let inside = price.0 > 0 && (!self.is_event() || price.0 < PRICE_ONE);
        inside && price.floor_to(self.tick_at(price)) == price
    }

    /// The highest grid price not above `price`; zero when there is none.
    pub fn floor(self, price: Price) -> Price {
        price.floor_to(self.tick_at(price))
    }

    /// The lowest grid price not below `price`.
    pub fn ceil(self, price: Price) -> Result<Price, NumberError> {
        price.ceil_to(self.tick_at(price))
    }

    /// The next grid price above.
    pub fn above(self, price: Price) -> Result<Price, NumberError> {
        self.ceil(Price(price.0.checked_add(1).ok_or(NumberError::Range)?))
    }

    /// The next grid price below; zero or less when there is none.
    pub fn below(self, price: Price) -> Result<Price, NumberError> {
        Ok(self.floor(Price(price.0.checked_sub(1).ok_or(NumberError::Range)?)))
    }
}
