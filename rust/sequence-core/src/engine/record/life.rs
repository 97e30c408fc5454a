//! Funding rates, and settlements with what they paid.

use std::sync::Arc;

use super::RestoreError;
use super::cell::{Cell, Reader, Row, pack, row};
use super::position::{position_cells, read_position_cells};
use crate::command::Settlement;
use crate::engine::portfolio::settled::{Paid, Settled};
use crate::ids::{AccountId, AssetId, MarketId, RowIx, VenueId};
use crate::number::Price;

/// Stored value of a market that was declared void.
const VOID: i64 = -1;

pub(in crate::engine) fn funding_row(market: MarketId, rate_1e9: i64) -> Row {
    row![market.0, rate_1e9]
}

pub(in crate::engine) fn read_funding(row: &[Cell]) -> Result<(MarketId, i64), RestoreError> {
    let cells = &mut Reader::new("funding_rates", row);
    Ok((MarketId(cells.next()?), cells.next()?))
}

pub(in crate::engine) fn settlement_row(
    (venue, market): &(VenueId, Arc<str>),
    settled: &Settled,
) -> Row {
    let value = match settled.outcome {
        Settlement::Value(value) => value.0,
        Settlement::Void => VOID,
    };
    let mut paid = row![u64::try_from(settled.paid.len()).unwrap_or(u64::MAX)];
    for one in &settled.paid {
        let Paid { account, asset, row, units, payout, rounding, before, after } = one;
        paid.extend(row![account.0, asset.0, row.0, *units, *payout, *rounding]);
        paid.extend(position_cells(before));
        paid.extend(position_cells(after));
    }
    row![
        *venue,
        market.clone(),
        settled.number,
        value,
        settled.positions,
        settled.payout,
        pack(&paid),
    ]
}

pub(in crate::engine) type ReadSettlement = ((VenueId, Arc<str>), Settled);

pub(in crate::engine) fn read_settlement(row: &[Cell]) -> Result<ReadSettlement, RestoreError> {
    let cells = &mut Reader::new("settlements", row);
    let key = (cells.next()?, cells.next::<String>()?.into());
    let number = cells.next()?;
    let outcome = match cells.next::<i64>()? {
        VOID => Settlement::Void,
        value => Settlement::Value(Price(value)),
    };
    let (positions, payout) = (cells.next()?, cells.next()?);
    let packed = cells.packed()?;
    let cells = &mut Reader::new("settlements.paid", &packed);
    let mut paid = Vec::new();
    for _ in 0..cells.next::<u64>()? {
        paid.push(Paid {
            account: AccountId(cells.next()?),
            asset: AssetId(cells.next()?),
            row: RowIx(cells.next()?),
            units: cells.next()?,
            payout: cells.next()?,
            rounding: cells.next()?,
            before: read_position_cells(cells)?,
            after: read_position_cells(cells)?,
        });
    }
    Ok((key, Settled { number, outcome, positions, payout, paid }))
}
