//! Several venue messages as one command: checked first, so all of them are applied, or none.

use std::collections::BTreeMap;

use crate::command::MarketRow;
use crate::engine::facts::Facts;
use crate::ids::{BookSide, InstrumentKind, MarketId};
use crate::listing::{Source, enlist, find};
use crate::number::{PRICE_ONE, Price};
use crate::reject::Refusal;
use crate::tape::{EventKind, MarketEvent};
use crate::venue::{Grid, TermsOrigin};

const NO_BOOK: &str = "has no book yet: send a snapshot";

impl Facts<'_> {
    /// Says which row cannot be applied, by its place. What passes cannot fail any more: market
    /// data itself is never refused.
    pub(in crate::engine) fn check_rows(&self, rows: &[MarketRow<'_>]) -> Result<(), Refusal> {
        // What the rows before will have listed; copied only when one lists something.
        let mut listed = None;
        let mut grids: BTreeMap<MarketId, Grid> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let known = listed.as_ref().unwrap_or(self.registry);
            let refused = |refusal: Refusal| Refusal {
                field: format!("events[{at}].{}", refusal.field).into(),
                ..refusal
            };
            let market = match find(known, row.venue, row.symbol) {
                Some(market) => market,
                None if row.is_first => {
                    let registry = listed.get_or_insert_with(|| self.registry.clone());
                    let rebates = self.rules.params().rebates;
                    enlist(registry, row.venue, row.symbol, Source::Made, rebates)
                        .map_err(refused)?
                }
                None => return Err(refused(Refusal::invalid("symbol", NO_BOOK))),
            };
            let known = listed.as_ref().unwrap_or(self.registry);
            let spec = known.market(market);
            let grid = grids.entry(market).or_insert(spec.grid);
            grid.set(&row.said);
            check_grid(grid, spec.kind, row.events).map_err(refused)?;
        }
        Ok(())
    }

    /// A book with levels that its market's grid no longer has is of another time: it is not live
    /// until it is sent again.
    pub(in crate::engine) fn shows_off_grid(&self, id: MarketId) -> bool {
        let grid = self.registry.market(id).grid;
        let book = &self.exchange.markets[id].market.book;
        let off = |side| book.levels(side).any(|level| !grid.contains(level.price));
        grid.origins.grid == TermsOrigin::Caller && (off(BookSide::Bid) || off(BookSide::Ask))
    }
}

pub(in crate::engine) fn shown_level(event: &MarketEvent) -> Option<(BookSide, Price)> {
    let shown = event.kind == EventKind::LevelSet && event.quantity.0 > 0;
    event.side.filter(|_| shown).map(|side| (side, event.price))
}

/// A grid that a market of this kind can have, and levels on it where a caller named it.
fn check_grid(grid: &Grid, kind: InstrumentKind, events: &[MarketEvent]) -> Result<(), Refusal> {
    if grid.origins.grid != TermsOrigin::Caller {
        return Ok(());
    }
    if kind == InstrumentKind::Prediction && PRICE_ONE % grid.prices.fine_tick().0.max(1) != 0 {
        return Err(Refusal::invalid("tick_1e9", "must divide 1: YES and NO share a grid"));
    }
    for (side, price) in events.iter().filter_map(shown_level) {
        if !grid.prices.contains(price) {
            let name = if side == BookSide::Bid { "bids" } else { "asks" };
            let text = format!("{price} is off the tick of {} given", grid.tick_at(price));
            return Err(Refusal::invalid(name, text));
        }
    }
    Ok(())
}
