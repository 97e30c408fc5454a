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
use crate::venue::{PriceGrid, Terms, TermsOrigin, common_step};

/// Compares the levels of a message with the steps in force. With `adopts`, the first levels of a
/// market whose steps nobody named are taken for its steps.
pub(super) fn learn(engine: &mut Engine, id: MarketId, events: &[MarketEvent], adopts: bool) {
    let spec = engine.registry().market(id);
    if adopts && is_unknown(spec) && adopt(engine, id, events) {
        return;
    }
    let spec = engine.registry().market(id);
    let (prices, lot) = (&spec.grid.prices, spec.grid.lot);
    let (mut off_grid, mut off_lot) = (false, false);
    for event in levels(events) {
        off_grid |= !prices.contains(event.price);
        off_lot |= event.quantity.floor_to(lot) != event.quantity;
    }
    if off_grid || off_lot {
        refine(engine, id, events, off_grid);
    }
}

/// Makes the steps in force fine enough for levels that are off them.
#[cold]
fn refine(engine: &mut Engine, id: MarketId, events: &[MarketEvent], off_grid: bool) {
    let grid = engine.registry().market(id).grid;
    let prices = levels(events).fold(grid.prices, |prices, event| prices.covering(event.price));
    let lot = levels(events).fold(grid.lot.0, |lot, event| common_step(lot, event.quantity.0));
    engine.refine_steps(id, off_grid.then_some(prices), Some(Quantity(lot)));
}

/// Whether nobody has named the steps of a pair or perpetual. Event markets begin at a cent.
fn is_unknown(spec: &MarketSpec) -> bool {
    let nobody = TermsOrigin::Default;
    spec.kind != InstrumentKind::Prediction
        && (spec.grid.origins.grid == nobody || spec.grid.origins.lot == nobody)
}

/// Takes the steps of the first levels for what nobody named; false when there are none.
fn adopt(engine: &mut Engine, id: MarketId, events: &[MarketEvent]) -> bool {
    let tick = levels(events).fold(PRICE_ONE, |tick, event| common_step(tick, event.price.0));
    let lot = levels(events).fold(QUANTITY_ONE, |lot, event| common_step(lot, event.quantity.0));
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
