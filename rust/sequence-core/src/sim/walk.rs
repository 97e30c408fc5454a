//! The arithmetic of taking liquidity, as pure functions over levels best first.

use crate::ids::Side;
use crate::number::{NumberError, Price, Quantity, mul_div_ceil, mul_div_floor};
use crate::venue::Grid;

/// Ticks by which an event contract's protection is at least away from its reference.
const EVENT_MIN_TICKS: i64 = 5;

/// A level as the taker meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedLevel {
    /// Recorded price.
    pub price: Price,
    /// Recorded size.
    pub displayed: Quantity,
    /// Prints that depth has not shown yet.
    pub printed: Quantity,
    /// Size this account already took.
    pub consumed: Quantity,
}

impl OfferedLevel {
    /// What is left for this account: `max(max(R − T, 0) − c, 0)`.
    pub fn available(&self) -> Quantity {
        let shown = self.displayed.0.saturating_sub(self.printed.0).max(0);
        Quantity(shown.saturating_sub(self.consumed.0).max(0))
    }
}

/// Bounds of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkBounds {
    /// Worst price of the order itself, if it has one.
    pub limit: Option<Price>,
    /// Worst price that protection allows, if any.
    pub cap: Option<Price>,
    /// Levels looked at.
    pub max_levels: usize,
    /// Price step at which effective prices are rounded against the account.
    pub tick: Price,
    /// Smallest fill that does not complete the order.
    pub fill_quantum: Quantity,
    /// Own impact, added to asks or taken from bids; never negative.
    pub shift: i64,
}

/// One level's part of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkStep {
    /// The level as met.
    pub level: OfferedLevel,
    /// Price paid: recorded price, own impact, rounded against the account.
    pub price: Price,
    /// Size taken.
    pub taken: Quantity,
}

/// Why a walk stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkEnd {
    /// Everything was taken.
    Complete,
    /// The next level is worse than the limit.
    Limit,
    /// The next level is worse than protection allows.
    Cap,
    /// Enough levels were looked at.
    MaxLevels,
    /// The book has no more levels.
    BookEnd,
}

/// Walks levels best first and reports each take to `on_step`. Returns what is left, and why.
pub fn walk(
    side: Side,
    quantity: Quantity,
    levels: impl Iterator<Item = OfferedLevel>,
    bounds: &WalkBounds,
    mut on_step: impl FnMut(WalkStep),
) -> Result<(Quantity, WalkEnd), NumberError> {
    let mut left = quantity.0;
    for (looked_at, level) in levels.enumerate() {
        if left == 0 {
            break;
        }
        if looked_at >= bounds.max_levels {
            return Ok((Quantity(left), WalkEnd::MaxLevels));
        }
        let price = effective_price(side, level.price, bounds)?;
        if let Some(end) = beyond(side, price, bounds) {
            return Ok((Quantity(left), end));
        }
        let available = level.available().0;
        let taken = if available >= left {
            left
        } else {
            Quantity(available).floor_to(bounds.fill_quantum).0
        };
        if taken > 0 {
            left -= taken;
            on_step(WalkStep { level, price, taken: Quantity(taken) });
        }
    }
    let end = if left == 0 { WalkEnd::Complete } else { WalkEnd::BookEnd };
    Ok((Quantity(left), end))
}

fn effective_price(side: Side, price: Price, bounds: &WalkBounds) -> Result<Price, NumberError> {
    let shift = bounds.shift.max(0);
    match side {
        _ if shift == 0 => Ok(price),
        Side::Buy => {
            Price(price.0.checked_add(shift).ok_or(NumberError::Range)?).ceil_to(bounds.tick)
        }
        Side::Sell => Ok(Price(price.0.saturating_sub(shift)).floor_to(bounds.tick)),
    }
}

fn beyond(side: Side, price: Price, bounds: &WalkBounds) -> Option<WalkEnd> {
    let worse = |bound: Option<Price>| {
        bound.is_some_and(|bound| match side {
            Side::Buy => price > bound,
            Side::Sell => price < bound,
        })
    };
    if worse(bounds.limit) {
        return Some(WalkEnd::Limit);
    }
    worse(bounds.cap).then_some(WalkEnd::Cap)
}

/// The worst price that protection allows, on the grid: a cap between two prices is the worse one,
/// so that a level inside the tolerance is never out of reach.
///
/// `reference` is the best opposite price when the order was submitted, so drift on the way counts
/// as slippage. Event contracts get at least five ticks. The cap stays inside the market's range.
pub fn protection_cap(
    side: Side,
    reference: Price,
    bps: u32,
    grid: &Grid,
    is_event: bool,
) -> Result<Price, NumberError> {
    let (price, bps) = (i128::from(reference.0), i128::from(bps));
    let narrow = |value: i128| i64::try_from(value).ok().map(Price).ok_or(NumberError::Range);
    let tick = grid.tick_at(reference).0.max(1);
    let reach = if is_event { tick.saturating_mul(EVENT_MIN_TICKS) } else { 0 };
    let cap = match side {
        Side::Buy => {
            let cap = narrow(mul_div_ceil(price, 10_000 + bps, 10_000)?)?;
            Price(cap.0.max(reference.0.checked_add(reach).ok_or(NumberError::Range)?))
        }
        Side::Sell => {
            let share = (10_000 - bps).max(0);
            let cap = narrow(mul_div_floor(price, share, 10_000)?)?;
            Price(cap.0.min(reference.0.saturating_sub(reach)))
        }
    };
    Ok(grid.outward(side, cap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{BookSide, InstrumentKind};
    use crate::sim::overlay::{Overlay, Resilience};
    use crate::venue::PriceGrid;

    const ONE: i64 = 100_000_000;
    const CENT: i64 = 10_000_000;

    fn bounds() -> WalkBounds {
        WalkBounds {
            limit: None,
            cap: None,
            max_levels: 100,
            tick: Price(CENT),
            fill_quantum: Quantity(1),
            shift: 0,
        }
    }

    fn level(price_cents: i64, size: i64) -> OfferedLevel {
        OfferedLevel {
            price: Price(price_cents * CENT),
            displayed: Quantity(size),
            printed: Quantity::ZERO,
            consumed: Quantity::ZERO,
        }
    }

    fn run(
        quantity: i64,
        levels: &[OfferedLevel],
        bounds: &WalkBounds,
    ) -> (Vec<WalkStep>, i64, WalkEnd) {
        let mut steps = Vec::new();
        let levels = levels.iter().copied();
        let (left, end) =
            walk(Side::Buy, Quantity(quantity), levels, bounds, |step| steps.push(step)).unwrap();
        (steps, left.0, end)
    }

    #[test]
    fn e13_10_a_second_walk_meets_what_came_back() {
        let rule = Resilience { tau_ns: Some(2_000_000_000), ghost: false };
        let mut asks = [level(10_000, 5 * ONE), level(10_001, 8 * ONE)];
        let mut overlay = Overlay::default();
        let (first, left, end) = run(10 * ONE, &asks, &bounds());
        assert_eq!((left, end), (0, WalkEnd::Complete));
        for step in first {
            assert_eq!(step.taken, Quantity(5 * ONE));
            overlay.take(BookSide::Ask, step.level.price, step.taken, 0, rule);
        }
        for ask in &mut asks {
            ask.consumed = overlay.consumed(BookSide::Ask, ask.price, 1_000_000_000, rule);
        }
        assert_eq!(asks.map(|ask| ask.available().0), [196_734_670, 496_734_670]);
        let (second, ..) = run(6 * ONE, &asks, &bounds());
        let taken: Vec<i64> = second.iter().map(|step| step.taken.0).collect();
        assert_eq!(taken, [196_734_670, 403_265_330]);
        let exact: i128 =
            second.iter().map(|step| crate::number::exact_notional(step.price, step.taken)).sum();
        assert_eq!(exact, 60_004_032_653_300_000_000);
        let (_, left, end) = run(7 * ONE, &asks, &bounds());
        assert_eq!((left, end), (7 * ONE - 693_469_340, WalkEnd::BookEnd), "a FOK would reject");
    }

    #[test]
    fn e13_11_protection_stops_a_market_order() {
        let reference = Price(20_000 * CENT);
        let of = |kind| Grid { prices: PriceGrid::Tick(Price(CENT)), ..Grid::finest(kind) };
        let (coin, event) = (of(InstrumentKind::Spot), of(InstrumentKind::Prediction));
        let cap = protection_cap(Side::Buy, reference, 10, &coin, false).unwrap();
        assert_eq!(cap, Price(20_020 * CENT));
        let floor = protection_cap(Side::Sell, reference, 10, &coin, false);
        assert_eq!(floor, Ok(Price(19_980 * CENT)));
        let asks = [level(20_000, ONE), level(20_015, ONE), level(20_021, 5 * ONE)];
        let (steps, left, end) = run(3 * ONE, &asks, &WalkBounds { cap: Some(cap), ..bounds() });
        assert_eq!((steps.len(), left, end), (2, ONE, WalkEnd::Cap));
        let cap = protection_cap(Side::Buy, Price(2 * CENT), 1_000, &event, true);
        assert_eq!(cap, Ok(Price(7 * CENT)));
        let floor = protection_cap(Side::Sell, Price(2 * CENT), 1_000, &event, true);
        assert_eq!(floor, Ok(Price(CENT)), "never at or beyond zero");
    }

    #[test]
    fn a_cap_between_two_prices_is_the_worse_one() {
        let coin =
            Grid { prices: PriceGrid::Tick(Price(CENT)), ..Grid::finest(InstrumentKind::Spot) };
        let near = Price(8 * CENT);
        assert_eq!(protection_cap(Side::Buy, near, 500, &coin, false), Ok(Price(9 * CENT)));
        assert_eq!(protection_cap(Side::Sell, near, 500, &coin, false), Ok(Price(7 * CENT)));
        let low = protection_cap(Side::Sell, Price(CENT), 9_999, &coin, false);
        assert_eq!(low, Ok(Price(CENT)), "no price is zero");
    }

    #[test]
    fn a_consumed_level_is_skipped_and_impact_is_paid() {
        let mut asks = [level(100, ONE), level(101, ONE)];
        asks[0].consumed = Quantity(ONE);
        asks[1].printed = Quantity(ONE / 2);
        let (steps, left, end) = run(ONE, &asks, &WalkBounds { shift: 1, ..bounds() });
        assert_eq!((left, end), (ONE / 2, WalkEnd::BookEnd));
        assert_eq!((steps[0].price, steps[0].taken), (Price(102 * CENT), Quantity(ONE / 2)));
        let (_, left, end) = run(ONE, &asks, &WalkBounds { max_levels: 1, ..bounds() });
        assert_eq!((left, end), (ONE, WalkEnd::MaxLevels));
    }

    #[test]
    fn a_fill_below_the_quantum_is_made_only_to_complete() {
        let asks = [level(100, 15), level(101, 100)];
        let quantum = WalkBounds { fill_quantum: Quantity(10), ..bounds() };
        let (steps, left, _) = run(23, &asks, &quantum);
        let taken: Vec<i64> = steps.iter().map(|step| step.taken.0).collect();
        assert_eq!((taken, left), (vec![10, 13], 0));
    }
}
