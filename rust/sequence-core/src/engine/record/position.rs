//! Rows of `positions_v2`.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, row};
use crate::engine::Engine;
use crate::engine::portfolio::RowKey;
use crate::ids::{AccountId, AssetId, RowIx};
use crate::number::{Money, Quantity};
use crate::position::{Kept, Lifecycle, Perp, Position, Resolution};

/// Stored mark of a market that was declared void.
const VOID: i64 = -1;

pub(in crate::engine) fn position_row(engine: &Engine, id: RowIx) -> Row {
    let portfolio = &engine.portfolio;
    let (position, key) = (portfolio.position(id), portfolio.row_key(id));
    let margin = position.perp.and_then(|perp| perp.margin);
    let ledger = engine.ledger();
    let held = margin.and_then(|margin| ledger.reserved(margin).ok());
    let balance = margin.and_then(|margin| ledger.balance_of(margin).ok());
    let margin_asset = balance.and_then(|balance| ledger.key(balance)).map(|key| key.asset.0);
    let mut cells = row![position.id, key.account.0, key.venue, key.asset.0, true];
    cells.extend(row![held, margin_asset]);
    cells.extend(kept_cells(position));
    cells.push(portfolio.spelling(id).map(str::to_owned).into());
    cells
}

/// A row as it is, without its margin: what a settlement may have to put back.
pub(super) fn position_cells(position: &Position) -> Row {
    let mut cells = row![position.id];
    cells.extend(kept_cells(position));
    cells
}

pub(super) fn read_position_cells(cells: &mut Reader<'_>) -> Result<Position, RestoreError> {
    let id = cells.next()?;
    read_kept(id, cells)
}

fn kept_cells(position: &Position) -> Row {
    let kept = position.kept();
    let mut cells = row![
        position.perp.map(|perp| perp.quantity),
        position.perp.map(|perp| perp.is_traded),
        position.updated_ns,
        kept.cost,
        kept.units,
        kept.realized,
        kept.fees,
    ];
    cells.extend(lifecycle_cells(kept.lifecycle));
    cells.push(Cell::from(kept.resolution.map(|resolution| match resolution {
        Resolution::Void => VOID,
        Resolution::Pays(mark) => mark.0,
    })));
    cells
}

fn read_kept(id: u64, cells: &mut Reader<'_>) -> Result<Position, RestoreError> {
    let (quantity, is_traded) = (cells.next::<Option<Quantity>>()?, cells.next()?);
    let updated_ns = cells.next()?;
    let (cost, units, realized, fees) =
        (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let lifecycle = read_lifecycle(cells)?;
    let resolution = cells.next::<Option<i64>>()?.map(|mark| match mark {
        VOID => Resolution::Void,
        mark => Resolution::Pays(crate::number::Price(mark)),
    });
    let kept = Kept { cost, units, realized, fees, lifecycle, resolution };
    let perp = quantity.zip(is_traded);
    let perp = perp.map(|(quantity, is_traded)| Perp { quantity, margin: None, is_traded });
    Position::from_kept(id, perp, updated_ns, kept)
        .ok_or_else(|| cells.error("a cost of no quantity"))
}

/// A position row, whose it is, the margin it held in which asset, and how it was first written.
pub(in crate::engine) struct ReadPosition {
    pub(in crate::engine) row: RowIx,
    pub(in crate::engine) key: RowKey,
    pub(in crate::engine) position: Position,
    pub(in crate::engine) margin: Option<(AssetId, Money)>,
    pub(in crate::engine) spelt: Option<String>,
}

pub(in crate::engine) fn read_position(row: &[Cell]) -> Result<ReadPosition, RestoreError> {
    let cells = &mut Reader::new("positions_v2", row);
    let id: u64 = cells.next()?;
    let key = RowKey {
        account: AccountId(cells.next()?),
        venue: cells.next()?,
        asset: AssetId(cells.next()?),
        balance: None,
    };
    let _is_sandbox: bool = cells.next()?;
    let (held, margin_asset) = (cells.next::<Option<Money>>()?, cells.next::<Option<u32>>()?);
    let position = read_kept(id, cells)?;
    let spelt = cells.next()?;
    let number = id.checked_sub(1).and_then(|at| u32::try_from(at).ok());
    let row = RowIx(number.ok_or_else(|| cells.error(format!("no position id: {id}")))?);
    let margin = margin_asset.map(AssetId).zip(held);
    Ok(ReadPosition { row, key, position, margin, spelt })
}

fn lifecycle_cells(lifecycle: Lifecycle) -> Row {
    let none = None::<i64>;
    let name = lifecycle.as_str();
    match lifecycle {
        Lifecycle::Active => row![name, none, none, none, none],
        Lifecycle::Closed { closed_at_ns } => row![name, closed_at_ns, none, none, none],
        Lifecycle::Resolved { resolved_at_ns } => row![name, none, resolved_at_ns, none, none],
        Lifecycle::Redeemed { resolved_at_ns, redeemed_at_ns, payout } => {
            row![name, none, resolved_at_ns, redeemed_at_ns, payout]
        }
    }
}

fn read_lifecycle(cells: &mut Reader<'_>) -> Result<Lifecycle, RestoreError> {
    let name: String = cells.next()?;
    let times: [Option<i64>; 3] = [cells.next()?, cells.next()?, cells.next()?];
    let payout: Option<Money> = cells.next()?;
    match (name.as_str(), times, payout) {
        ("active", ..) => Ok(Lifecycle::Active),
        ("closed", [Some(closed_at_ns), ..], _) => Ok(Lifecycle::Closed { closed_at_ns }),
        ("resolved", [_, Some(resolved_at_ns), _], _) => Ok(Lifecycle::Resolved { resolved_at_ns }),
        ("redeemed", [_, Some(resolved_at_ns), Some(redeemed_at_ns)], Some(payout)) => {
            Ok(Lifecycle::Redeemed { resolved_at_ns, redeemed_at_ns, payout })
        }
        _ => Err(cells.error(format!("no lifecycle: {name:?}"))),
    }
}
