//! The arithmetic of taking liquidity, as pure functions over levels best first.

use crate::ids::Side;
use crate::mutant;
use crate::number::{NumberError, Price, Quantity, mul_div_ceil, mul_div_floor};
use crate::venue::Grid;

/// Ticks by which an event contract's protection is at least away from its reference.
const EVENT_MIN_TICKS: i64 = 5;

/// One level a taker met. Prices are those of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelTaken {
    /// Recorded price.
    pub recorded: Price,
    /// Price after own impact, rounded against the account.
    pub effective: Price,
    /// Recorded size.
    pub displayed: Quantity,
    /// Prints that depth had not shown yet.
    pub printed: Quantity,
    /// What the account had already taken.
    pub consumed_before: Quantity,
    /// What this fill took.
    pub taken: Quantity,
    /// Its place among the levels that this walk took from, from 0; `None` in rows of before it was
    /// kept.
    pub index: Option<u32>,
}

impl LevelTaken {
    /// What is left of the level for the account.
    pub fn available(&self) -> Quantity {
        left_of(self.displayed, self.printed, self.consumed_before)
    }
}

/// What a level still has for an account: displayed, less prints that depth has not shown yet, less
/// what the account took; none of both can make it less than nothing.
pub fn left_of(displayed: Quantity, printed: Quantity, consumed: Quantity) -> Quantity {
    let shown = displayed.0.saturating_sub(printed.0).max(0);
    Quantity(shown.saturating_sub(consumed.0).max(0))
}

/// Bounds of a walk, in prices of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkBounds {
    /// Direction of the taker in the book.
    pub taker: Side,
    /// Worst effective price it may pay.
    pub cap: Price,
    /// The nearest own order, which it must not meet.
    pub own: Option<Price>,
    /// Levels looked at.
    pub max_levels: usize,
    /// It takes from one level only.
    pub one_level: bool,
    /// Smallest fill that does not complete the order.
    pub fill_quantum: Quantity,
}

/// Why a walk stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Everything was taken.
    Filled,
    /// The next level is worse than allowed.
    Bound,
    /// The book has no more levels.
    Empty,
    /// Enough levels were looked at.
    Levels,
    /// The next level is an own order, or lies behind one.
    SelfTrade,
}

/// Walks levels best first, adds each take to `takes` and says why it stopped.
pub fn walk(
    levels: impl Iterator<Item = LevelTaken>,
    quantity: Quantity,
    bounds: &WalkBounds,
    takes: &mut Vec<LevelTaken>,
) -> Stop {
    let mut left = quantity;
    if left.0 == 0 {
        return Stop::Filled;
    }
    for (looked_at, mut level) in levels.enumerate() {
        if bounds.own.is_some_and(|own| !is_before(bounds.taker, level.recorded, own)) {
            return Stop::SelfTrade;
        }
        let inside = !is_before(bounds.taker, bounds.cap, level.effective);
        if !inside && !mutant!("limit_ignored") {
            return Stop::Bound;
        }
        let most = bounds.max_levels.saturating_add(usize::from(mutant!("one_level_more")));
        if looked_at >= most || (bounds.one_level && !takes.is_empty()) {
            return Stop::Levels;
        }
        let available = level.available();
        let taken = if available < left { available.floor_to(bounds.fill_quantum) } else { left };
        if taken.0 > 0 {
            left = Quantity(left.0.saturating_sub(taken.0));
            level.taken = taken;
            level.index = u32::try_from(takes.len()).ok();
            takes.push(level);
        }
        if left.0 == 0 {
            return Stop::Filled;
        }
    }
    if bounds.own.is_some() { Stop::SelfTrade } else { Stop::Empty }
}

/// Whether a taker meets one price of the book before another.
pub(crate) const fn is_before(taker: Side, price: Price, other: Price) -> bool {
    match taker {
        Side::Buy => price.0 < other.0,
        Side::Sell => price.0 > other.0,
    }
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
            taker: Side::Buy,
            cap: Price(i64::MAX),
            own: None,
            max_levels: 100,
            one_level: false,
            fill_quantum: Quantity(1),
        }
    }

    fn level(price_cents: i64, size: i64) -> LevelTaken {
        LevelTaken {
            recorded: Price(price_cents * CENT),
            effective: Price(price_cents * CENT),
            displayed: Quantity(size),
            printed: Quantity::ZERO,
            consumed_before: Quantity::ZERO,
            taken: Quantity::ZERO,
            index: None,
        }
    }

    /// What was taken, what is left, and why it stopped.
    fn run(
        quantity: i64,
        levels: &[LevelTaken],
        bounds: &WalkBounds,
    ) -> (Vec<LevelTaken>, i64, Stop) {
        let mut takes = Vec::new();
        let stop = walk(levels.iter().copied(), Quantity(quantity), bounds, &mut takes);
        let left = quantity - takes.iter().map(|take| take.taken.0).sum::<i64>();
        (takes, left, stop)
    }

    #[test]
    fn a_second_walk_meets_what_came_back() {
        let rule = Resilience { tau_ns: Some(2_000_000_000), ghost: false };
        let mut asks = [level(10_000, 5 * ONE), level(10_001, 8 * ONE)];
        let mut overlay = Overlay::default();
        let (first, left, stop) = run(10 * ONE, &asks, &bounds());
        assert_eq!((left, stop), (0, Stop::Filled));
        for take in first {
            assert_eq!(take.taken, Quantity(5 * ONE));
            overlay.take(BookSide::Ask, take.recorded, take.taken, 0, rule);
        }
        for ask in &mut asks {
            ask.consumed_before =
                overlay.consumed(BookSide::Ask, ask.recorded, 1_000_000_000, rule);
        }
        assert_eq!(asks.map(|ask| ask.available().0), [196_734_670, 496_734_670]);
        let (second, ..) = run(6 * ONE, &asks, &bounds());
        let taken: Vec<i64> = second.iter().map(|take| take.taken.0).collect();
        assert_eq!(taken, [196_734_670, 403_265_330]);
        let exact: i128 =
            second.iter().map(|t| crate::number::exact_notional(t.effective, t.taken)).sum();
        assert_eq!(exact, 60_004_032_653_300_000_000);
        let (_, left, stop) = run(7 * ONE, &asks, &bounds());
        assert_eq!((left, stop), (7 * ONE - 693_469_340, Stop::Empty), "a FOK would reject");
    }

    #[test]
    fn protection_stops_a_market_order() {
        let reference = Price(20_000 * CENT);
        let of = |kind| Grid { prices: PriceGrid::Tick(Price(CENT)), ..Grid::finest(kind) };
        let (coin, event) = (of(InstrumentKind::Spot), of(InstrumentKind::Prediction));
        let cap = protection_cap(Side::Buy, reference, 10, &coin, false).unwrap();
        assert_eq!(cap, Price(20_020 * CENT));
        let floor = protection_cap(Side::Sell, reference, 10, &coin, false);
        assert_eq!(floor, Ok(Price(19_980 * CENT)));
        let asks = [level(20_000, ONE), level(20_015, ONE), level(20_021, 5 * ONE)];
        let (takes, left, stop) = run(3 * ONE, &asks, &WalkBounds { cap, ..bounds() });
        assert_eq!((takes.len(), left, stop), (2, ONE, Stop::Bound));
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
        asks[0].consumed_before = Quantity(ONE);
        asks[1].printed = Quantity(ONE / 2);
        asks[1].effective = Price(102 * CENT);
        let (takes, left, stop) = run(ONE, &asks, &bounds());
        assert_eq!((left, stop), (ONE / 2, Stop::Empty));
        assert_eq!((takes[0].effective, takes[0].taken), (Price(102 * CENT), Quantity(ONE / 2)));
        let near = WalkBounds { cap: Price(101 * CENT), ..bounds() };
        assert_eq!(run(ONE, &asks, &near).2, Stop::Bound, "the cap is on what is paid");
        let (_, left, stop) = run(ONE, &asks, &WalkBounds { max_levels: 1, ..bounds() });
        assert_eq!((left, stop), (ONE, Stop::Levels));
    }

    #[test]
    fn a_walk_stops_before_an_own_order_on_either_side() {
        let levels = [level(100, ONE), level(101, ONE)];
        let own = WalkBounds { own: Some(Price(101 * CENT)), ..bounds() };
        assert_eq!(run(2 * ONE, &levels, &own).2, Stop::SelfTrade);
        assert_eq!(run(ONE, &levels, &own).2, Stop::Filled);
        let bids = [level(101, ONE), level(100, ONE)];
        let sells = WalkBounds { taker: Side::Sell, cap: Price(1), ..bounds() };
        let own = WalkBounds { own: Some(Price(100 * CENT)), ..sells };
        assert_eq!(run(2 * ONE, &bids, &own).2, Stop::SelfTrade);
        assert_eq!(run(3 * ONE, &bids, &sells).1, ONE);
        assert_eq!(run(2 * ONE, &bids, &WalkBounds { one_level: true, ..sells }).2, Stop::Levels);
    }

    #[test]
    fn a_fill_below_the_quantum_is_made_only_to_complete() {
        let asks = [level(100, 15), level(101, 100)];
        let quantum = WalkBounds { fill_quantum: Quantity(10), ..bounds() };
        let (takes, left, _) = run(23, &asks, &quantum);
        let taken: Vec<i64> = takes.iter().map(|take| take.taken.0).collect();
        assert_eq!((taken, left), (vec![10, 13], 0));
    }
}
