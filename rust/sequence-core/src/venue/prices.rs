//! Which prices are multiples of a market's tick, where the tick may depend on the price.

use super::Bands;
use crate::number::{NumberError, PRICE_DECIMALS, PRICE_ONE, Price};

const CENT: Price = Price(10_000_000);
const DECI_CENT: Price = Price(1_000_000);
/// Below this and above its complement the tapered grid is fine.
const TAPER: i64 = 100_000_000;

/// Which prices are on the grid of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceGrid {
    /// One tick everywhere.
    Tick(Price),
    /// Event contract, 0.01 everywhere.
    LinearCent,
    /// Event contract, 0.001 everywhere.
    DeciCent,
    /// Event contract, 0.001 below 0.10 and above 0.90, 0.01 between.
    TaperedDeciCent,
    /// So many significant figures and decimals at most; whole numbers always.
    Figures {
        /// Most significant figures.
        figures: u8,
        /// Most decimals.
        decimals: u8,
    },
    /// A tick of its own for each range of prices.
    Bands(Bands),
}

impl PriceGrid {
    /// Wire text; what has no name of its own shows its ticks only.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tick(_) => "tick",
            Self::LinearCent => "linear_cent",
            Self::DeciCent => "deci_cent",
            Self::TaperedDeciCent => "tapered_deci_cent",
            Self::Figures { .. } => "significant_figures",
            Self::Bands(_) => "bands",
        }
    }

    /// Parses the wire text of an event grid.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LinearCent, Self::DeciCent, Self::TaperedDeciCent]
            .into_iter()
            .find(|grid| grid.as_str() == text)
    }

    /// Distance between prices around `price`; the finer one where two zones meet.
    pub fn tick_at(self, price: Price) -> Price {
        match self {
            Self::Tick(tick) => tick,
            Self::LinearCent => CENT,
            Self::TaperedDeciCent if price.0 > TAPER && price.0 < PRICE_ONE - TAPER => CENT,
            Self::DeciCent | Self::TaperedDeciCent => DECI_CENT,
            Self::Figures { figures, decimals } => figures_tick(price, figures, decimals),
            Self::Bands(bands) => bands.tick_at(price),
        }
    }

    /// The tick a listing shows where no price is known: the coarsest of an event contract, else
    /// the finest.
    pub fn nominal_tick(self) -> Price {
        match self {
            Self::LinearCent | Self::TaperedDeciCent => CENT,
            other => other.fine_tick(),
        }
    }

    /// The finest tick: in force near 0 and 1 on a tapered grid.
    pub fn fine_tick(self) -> Price {
        match self {
            Self::Tick(tick) => tick,
            Self::LinearCent => CENT,
            Self::DeciCent | Self::TaperedDeciCent => DECI_CENT,
            Self::Figures { decimals, .. } => figures_tick(Price(0), 1, decimals),
            Self::Bands(bands) => bands.finest(),
        }
    }

    /// Ticks by range of prices, as (first price, tick); empty where one tick is in force
    /// everywhere or the price decides.
    pub fn bands(self) -> Vec<(Price, Price)> {
        match self {
            Self::Tick(_) | Self::LinearCent | Self::DeciCent | Self::Figures { .. } => Vec::new(),
            Self::TaperedDeciCent => vec![
                (Price(0), DECI_CENT),
                (Price(TAPER), CENT),
                (Price(PRICE_ONE - TAPER), DECI_CENT),
            ],
            Self::Bands(bands) => bands.iter().collect(),
        }
    }

    /// The coarsest grid that has this price too and everything this one has.
    #[must_use]
    pub fn covering(self, price: Price) -> Self {
        if price.0 <= 0 || self.contains(price) {
            return self;
        }
        let named = [Self::TaperedDeciCent, Self::DeciCent];
        let finer = |grid: &&Self| grid.contains(price) && grid.has_all_of(self);
        match named.iter().find(finer) {
            Some(grid) => *grid,
            None => Self::Tick(Price(common_step(self.fine_tick().0, price.0))),
        }
    }

    /// Whether every price of another event grid is a price of this one.
    const fn has_all_of(self, other: Self) -> bool {
        match other {
            Self::LinearCent => true,
            Self::TaperedDeciCent => matches!(self, Self::DeciCent),
            _ => false,
        }
    }

    /// Whether a price is on the grid.
    #[inline]
    pub fn contains(self, price: Price) -> bool {
        let tick = match self {
            Self::Tick(tick) => tick,
            other => other.tick_at(price),
        };
        price.0 > 0 && price.floor_to(tick) == price
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

/// The coarsest step that divides both the one before and `units`; of a power of ten, again one.
pub fn common_step(step: i64, units: i64) -> i64 {
    let (mut step, mut rest) = (step.max(1), units.max(0));
    let decimal = step == power_in(step);
    while rest != 0 {
        (step, rest) = (rest, step % rest);
    }
    if decimal { power_in(step) } else { step }
}

/// The largest power of ten that divides a number above 0.
fn power_in(units: i64) -> i64 {
    let mut power = 1i64;
    while let Some(next) = power.checked_mul(10).filter(|next| units % next == 0) {
        power = next;
    }
    power
}

/// The tick of a number with so many figures and decimals at most; 1 where that is finer.
fn figures_tick(price: Price, figures: u8, decimals: u8) -> Price {
    let leading = price.0.max(1).ilog10();
    let by_figures = leading.saturating_sub(u32::from(figures).saturating_sub(1));
    let by_decimals = PRICE_DECIMALS.saturating_sub(u32::from(decimals));
    Price(10i64.pow(by_figures.max(by_decimals).min(PRICE_DECIMALS)))
}
