//! Where one venue shows levels, and how large they are.
//!
//! Prices are counted in ticks. Below the touch the grid is cut into cells of a few ticks, and each
//! cell holds one level at a fixed place, so that levels stay where they are while the touch moves.

use super::{DEMO_LEVELS, DemoBook};
use crate::ids::{BookSide, InstrumentKind};
use crate::number::{PRICE_ONE, Price, QUANTITY_ONE, Quantity, exact_notional};
use crate::rng::{Stream, below};

/// One level per this part of the price: about 0.07 basis points.
const CELLS_PER_PRICE: i64 = 150_000;
/// Mean value of a level of a coin, in 1e-17 of the quote asset: 60,000.
const LEVEL_VALUE: i128 = 6_000_000_000_000_000_000_000;
/// Mean size of a level of an event market: 600 contracts.
const LEVEL_CONTRACTS: i64 = 600 * QUANTITY_ONE;

/// The fixed facts of one book.
#[derive(Debug, Clone)]
pub(super) struct Ladder {
    grid: Stream,
    tick: i64,
    lot: i64,
    /// Ticks per cell.
    pub(super) cell: i64,
    /// Highest price shown, in ticks.
    top: i64,
    mean_lots: i64,
}

impl Ladder {
    pub(super) fn new(seed: u64, name: &str, book: &DemoBook<'_>) -> Self {
        let (tick, lot) = (book.tick.0.max(1), book.lot.0.max(1));
        let is_event = book.kind == InstrumentKind::Prediction;
        let lot_value = exact_notional(book.bid, Quantity(lot)).max(1);
        let mean_lots = if is_event {
            LEVEL_CONTRACTS / lot
        } else {
            i64::try_from(LEVEL_VALUE / lot_value).unwrap_or(i64::MAX / 1_000)
        };
        Self {
            grid: Stream::new(seed, 0, &format!("demo.grid|{name}")),
            tick,
            lot,
            cell: if is_event { 1 } else { (book.bid.0 / tick / CELLS_PER_PRICE).max(1) },
            top: if is_event { (PRICE_ONE - 1) / tick } else { i64::MAX / tick },
            mean_lots: mean_lots.clamp(10, i64::MAX / 1_000 / lot),
        }
    }

    pub(super) const fn to_ticks(&self, price: Price) -> i64 {
        price.0.div_euclid(self.tick)
    }

    pub(super) const fn to_price(&self, ticks: i64) -> Price {
        Price(ticks * self.tick)
    }

    /// Prices of one side from its touch outward, best first.
    pub(super) fn prices(&self, side: BookSide, touch: i64, prices: &mut Vec<Price>) {
        prices.clear();
        prices.push(self.to_price(touch));
        let mut cell = touch.div_euclid(self.cell);
        while prices.len() < DEMO_LEVELS {
            let at = cell * self.cell + self.place(cell);
            let beyond_touch = match side {
                BookSide::Bid => at < touch,
                BookSide::Ask => at > touch,
            };
            if at < 1 || at > self.top {
                break;
            }
            if beyond_touch {
                prices.push(self.to_price(at));
            }
            cell += if side == BookSide::Bid { -1 } else { 1 };
        }
    }

    /// A size for a level at this distance (in levels) from the touch; deeper levels are larger.
    pub(super) fn size(&self, word: u64, depth: usize) -> Quantity {
        let mean = self.mean_lots;
        let spread = u64::try_from(mean * 8 / 5).unwrap_or(0);
        let lots = mean / 5 + i64::try_from(below(word, spread)).unwrap_or(0);
        let depth = i64::try_from(depth.min(DEMO_LEVELS)).unwrap_or(0);
        Quantity((lots * (10 + depth) / 10).max(1) * self.lot)
    }

    /// A part of a size, at least one lot and on the lot grid.
    pub(super) fn part(&self, quantity: Quantity, percent: u64) -> Quantity {
        let percent = i64::try_from(percent.min(100)).unwrap_or(100);
        Quantity((quantity.0 / self.lot * percent / 100).max(1) * self.lot)
    }

    fn place(&self, cell: i64) -> i64 {
        let width = self.cell.unsigned_abs();
        i64::try_from(below(self.grid.value(cell.cast_unsigned()), width)).unwrap_or(0)
    }
}
