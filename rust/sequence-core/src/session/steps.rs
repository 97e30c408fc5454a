//! Price and size steps of a recorded market, learnt from every level it shows.
//!
//! A recording that does not name its steps is believed to be as fine as what it has shown so far:
//! the largest power of ten, at most 1, that divides every price, and the same of sizes. A level off
//! the steps in force proves them wrong, whoever named them (a caller excepted), and makes them
//! finer. They never become coarser, so what rests on the grid stays on it.

use crate::engine::Engine;
use crate::ids::{InstrumentKind, MarketId};
use crate::number::{PRICE_ONE, Price, QUANTITY_ONE, Quantity};
use crate::registry::MarketSpec;
use crate::tape::{EventKind, MarketEvent};
use crate::venue::{PriceGrid, Terms, TermsOrigin};

/// Compares the levels of a message with the steps in force. With `adopts`, the first levels of a
/// market whose steps nobody named are taken for its steps.
pub(super) fn learn(engine: &mut Engine, id: MarketId, events: &[MarketEvent], adopts: bool) {
    let spec = engine.registry().market(id);
    if adopts && is_unknown(spec) && adopt(engine, id, events) {
        return;
    }
    let spec = engine.registry().market(id);
    let levels = || levels(events);
    let off_grid = levels().any(|event| !spec.grid.contains(event.price));
    let off_lot = levels().any(|event| event.quantity.floor_to(spec.lot) != event.quantity);
    if off_grid || off_lot {
        let grid =
            off_grid.then(|| levels().fold(spec.grid, |grid, event| finer(grid, event.price)));
        let lot = levels().fold(spec.lot.0, |lot, event| step(lot, event.quantity.0));
        engine.refine_steps(id, grid, Some(Quantity(lot)));
    }
}

/// Whether nobody has named the steps of a pair or perpetual. Event markets begin at a cent.
fn is_unknown(spec: &MarketSpec) -> bool {
    let nobody = TermsOrigin::Default;
    spec.kind != InstrumentKind::Prediction
        && (spec.origins.grid == nobody || spec.origins.lot == nobody)
}

/// Takes the steps of the first levels for what nobody named; false when there are none.
fn adopt(engine: &mut Engine, id: MarketId, events: &[MarketEvent]) -> bool {
    let tick = levels(events).fold(PRICE_ONE, |tick, event| step(tick, event.price.0));
    let lot = levels(events).fold(QUANTITY_ONE, |lot, event| step(lot, event.quantity.0));
    if levels(events).next().is_none() {
        return false;
    }
    let (grid, lot) = (Some(PriceGrid::Tick(Price(tick))), Some(Quantity(lot)));
    engine.set_terms(id, &Terms { grid, lot, ..Terms::of(TermsOrigin::Learnt) });
    true
}

fn levels(events: &[MarketEvent]) -> impl Iterator<Item = &MarketEvent> {
    let shown = |event: &&MarketEvent| event.price.0 > 0 && event.quantity.0 > 0;
    events.iter().filter(|event| event.kind == EventKind::LevelSet).filter(shown)
}

/// A grid that has this price too.
fn finer(grid: PriceGrid, price: Price) -> PriceGrid {
    if grid.contains(price) {
        return grid;
    }
    let tick = step(grid.fine_tick().0, price.0);
    match grid {
        PriceGrid::Tick(_) => PriceGrid::Tick(Price(tick)),
        PriceGrid::LinearCent if PriceGrid::TaperedDeciCent.contains(price) => {
            PriceGrid::TaperedDeciCent
        }
        PriceGrid::LinearCent | PriceGrid::TaperedDeciCent
            if PriceGrid::DeciCent.contains(price) =>
        {
            PriceGrid::DeciCent
        }
        _ => PriceGrid::UnitTick(Price(tick)),
    }
}

/// The coarsest step that divides both the one before and `units`; of a power of ten, again one.
fn step(step: i64, units: i64) -> i64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_becomes_as_fine_as_what_it_must_divide() {
        for (given, units, found) in [
            (1_000, 5_000, 1_000),
            (1_000, 5_500, 100),
            (1_000, 1, 1),
            (250, 500, 250),
            (250, 300, 50),
            (25, 301, 1),
            (50_000, 70_000, 10_000),
            (1_000, 0, 1_000),
            (1, 7, 1),
        ] {
            assert_eq!(step(given, units), found, "{given} {units}");
        }
    }

    #[test]
    fn an_event_grid_becomes_finer_only_where_it_must() {
        let grid = |prices: &[i64]| {
            let at = |grid, price: &i64| finer(grid, Price(*price * 10_000));
            prices.iter().fold(PriceGrid::LinearCent, at)
        };
        assert_eq!(grid(&[50_000, 1_000]), PriceGrid::LinearCent);
        assert_eq!(grid(&[50_000, 99_500]), PriceGrid::TaperedDeciCent);
        assert_eq!(grid(&[99_500, 50_100]), PriceGrid::DeciCent);
        assert_eq!(grid(&[77_485]), PriceGrid::UnitTick(Price(10_000)));
        assert_eq!(grid(&[50_100, 50_110]), PriceGrid::UnitTick(Price(100_000)));
    }
}
