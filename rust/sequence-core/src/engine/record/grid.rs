//! The grid of a market as one packed row, with who said each part: after a restart the same source
//! is believed before the same others.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, pack, row};
use crate::number::Price;
use crate::venue::{Bands, Grid, PriceGrid, TermsOrigins};

/// Names of the kinds of grids.
const KINDS: [&str; 6] =
    ["tick", "linear_cent", "deci_cent", "tapered_deci_cent", "significant_figures", "bands"];

pub(super) fn grid_cell(grid: &Grid) -> Cell {
    let Grid { prices, low, high, lot, min_qty, min_notional, origins } = *grid;
    let TermsOrigins { grid, range, lot: of_lot, min_qty: of_qty, min_notional: of_notional } =
        origins;
    let mut cells = row![low, high, lot, min_qty, min_notional];
    cells.extend(row![grid, range, of_lot, of_qty, of_notional]);
    cells.extend(price_cells(prices));
    pack(&cells).into()
}

fn price_cells(prices: PriceGrid) -> Row {
    let mut cells = row![prices.as_str()];
    match prices {
        PriceGrid::Tick(tick) => cells.push(tick.into()),
        PriceGrid::Figures { figures, decimals } => {
            cells.extend(row![u32::from(figures), u32::from(decimals)]);
        }
        PriceGrid::Bands(bands) => {
            cells.extend(bands.iter().flat_map(|(from, tick)| row![from, tick]));
        }
        PriceGrid::LinearCent | PriceGrid::DeciCent | PriceGrid::TaperedDeciCent => {}
    }
    cells
}

/// Reads a grid; `None` where the row is of a version that kept none.
pub(super) fn read_grid(cells: &mut Reader<'_>) -> Result<Option<Grid>, RestoreError> {
    let Some(packed) = cells.packed_or_null()? else { return Ok(None) };
    let cells = &mut Reader::new("markets.grid", &packed);
    let (low, high, lot) = (cells.next()?, cells.next()?, cells.next()?);
    let (min_qty, min_notional) = (cells.next()?, cells.next()?);
    let origins = TermsOrigins {
        grid: cells.next()?,
        range: cells.next()?,
        lot: cells.next()?,
        min_qty: cells.next()?,
        min_notional: cells.next()?,
    };
    let prices = read_prices(cells)?;
    let grid = Grid { prices, low, high, lot, min_qty, min_notional, origins };
    if grid.lot.0 <= 0 || grid.prices.fine_tick().0 <= 0 {
        return Err(cells.error("no steps"));
    }
    Ok(Some(grid))
}

fn read_prices(cells: &mut Reader<'_>) -> Result<PriceGrid, RestoreError> {
    let kind = cells.known(&KINDS)?;
    if let Some(named) = PriceGrid::parse(kind) {
        return Ok(named);
    }
    Ok(match kind {
        "tick" => PriceGrid::Tick(cells.next()?),
        "bands" => {
            let mut bands: Vec<(Price, Price)> = Vec::new();
            while cells.has_more() {
                bands.push((cells.next()?, cells.next()?));
            }
            PriceGrid::Bands(Bands::new(&bands).ok_or_else(|| cells.error("no bands"))?)
        }
        _ => {
            let (figures, decimals): (u32, u32) = (cells.next()?, cells.next()?);
            let narrow =
                |number: u32| u8::try_from(number).ok().ok_or_else(|| cells.error("figures"));
            PriceGrid::Figures { figures: narrow(figures)?, decimals: narrow(decimals)? }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::InstrumentKind;
    use crate::number::{Money, Quantity};
    use crate::venue::TermsOrigin;

    #[test]
    fn every_kind_of_grid_comes_back_with_its_sources() {
        let bands = [(Price(0), Price(1_000_000)), (Price(100_000_000), Price(10_000_000))];
        for prices in [
            PriceGrid::Tick(Price(7)),
            PriceGrid::LinearCent,
            PriceGrid::DeciCent,
            PriceGrid::TaperedDeciCent,
            PriceGrid::Figures { figures: 5, decimals: 1 },
            PriceGrid::Bands(Bands::new(&bands).unwrap()),
        ] {
            let mut grid = Grid {
                prices,
                low: Price(10_000_000),
                high: Price(990_000_000),
                lot: Quantity(3),
                min_qty: Quantity(9),
                min_notional: Money(5),
                ..Grid::finest(InstrumentKind::Prediction)
            };
            grid.origins.grid = TermsOrigin::Caller;
            grid.origins.range = TermsOrigin::Venue;
            grid.origins.lot = TermsOrigin::Learnt;
            grid.origins.min_qty = TermsOrigin::Rule;
            let row = vec![grid_cell(&grid)];
            assert_eq!(read_grid(&mut Reader::new("markets", &row)), Ok(Some(grid)));
        }
        assert_eq!(read_grid(&mut Reader::new("markets", &[Cell::Null])), Ok(None));
    }
}
