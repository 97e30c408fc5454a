//! Accounts with their lines and balances; assets and markets, which give every other row its ids.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, row};
use super::grid::{grid_cell, read_grid};
use crate::engine::desk::account::LossDay;
use crate::engine::exchange::lines::Line;
use crate::engine::{Account, AccountMode, Engine, KillSwitch};
use crate::ids::{AccountId, AssetId, AssetKind, MarketId, VenueId};
use crate::ledger::{Balance, BalanceId, BalanceKey, ContraTotals};
use crate::number::{Price, Quantity};
use crate::risk::Mode;
use crate::venue::{Grid, PriceGrid};

pub(in crate::engine) fn asset_row(engine: &Engine, id: AssetId) -> Row {
    let asset = engine.registry().asset_row(id);
    row![id.0, asset.kind, asset.code.clone()]
}

pub(in crate::engine) fn read_asset(
    row: &[Cell],
) -> Result<(AssetId, AssetKind, String), RestoreError> {
    let cells = &mut Reader::new("assets", row);
    Ok((AssetId(cells.next()?), cells.next()?, cells.next()?))
}

pub(in crate::engine) fn contra_row(engine: &Engine, asset: AssetId) -> Row {
    let ContraTotals { external, venue, fees, rounding, insurance } = engine.ledger().contra(asset);
    row![asset.0, external, venue, fees, rounding, insurance]
}

pub(in crate::engine) fn read_contra(
    row: &[Cell],
) -> Result<(AssetId, ContraTotals), RestoreError> {
    let cells = &mut Reader::new("contra", row);
    let asset = AssetId(cells.next()?);
    let totals = ContraTotals {
        external: cells.next()?,
        venue: cells.next()?,
        fees: cells.next()?,
        rounding: cells.next()?,
        insurance: cells.next()?,
    };
    Ok((asset, totals))
}

/// A listing with its last mark and its grid. A tick that is one number has a column of its own.
pub(in crate::engine) fn market_row(engine: &Engine, id: MarketId) -> Row {
    let spec = engine.registry().market(id);
    let tick = if let PriceGrid::Tick(tick) = spec.grid.prices { Some(tick) } else { None };
    let symbol = engine.registry().symbol(spec.symbol).text.clone();
    let mark = engine.market(id).last_mark();
    let (price, as_of_ns) = (mark.map(|mark| mark.price), mark.map(|mark| mark.as_of_ns));
    let mut cells = row![id.0, spec.venue, symbol, tick, spec.grid.lot, price, as_of_ns];
    cells.push(grid_cell(&spec.grid));
    cells
}

/// A listing as it was kept.
pub(in crate::engine) struct ReadMarket {
    pub(in crate::engine) id: MarketId,
    pub(in crate::engine) venue: VenueId,
    pub(in crate::engine) symbol: String,
    /// Tick and lot, all that the first version kept of a grid.
    pub(in crate::engine) steps: (Option<Price>, Quantity),
    /// Last mark, with its time.
    pub(in crate::engine) mark: Option<(Price, i64)>,
    pub(in crate::engine) grid: Option<Grid>,
}

pub(in crate::engine) fn read_market(row: &[Cell]) -> Result<ReadMarket, RestoreError> {
    let cells = &mut Reader::new("markets", row);
    let id = MarketId(cells.next()?);
    let (venue, symbol, tick, lot) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let (price, as_of_ns) = (cells.next::<Option<Price>>()?, cells.next::<Option<i64>>()?);
    let (steps, mark) = ((tick, lot), price.zip(as_of_ns));
    Ok(ReadMarket { id, venue, symbol, steps, mark, grid: read_grid(cells)? })
}

pub(in crate::engine) fn account_row(id: AccountId, account: &Account) -> Row {
    let LossDay { day, start, breached } = account.day;
    let (epoch, draws) = (account.epoch, account.draws);
    row![id.0, account.client.clone(), epoch, account.ended_hash, day, start, breached, draws]
}

pub(in crate::engine) fn read_account(row: &[Cell]) -> Result<(AccountId, Account), RestoreError> {
    let cells = &mut Reader::new("accounts", row);
    let id = AccountId(cells.next()?);
    let mut account = Account::new(cells.next::<String>()?.into(), AccountMode::Sandbox);
    (account.epoch, account.ended_hash) = (cells.next()?, cells.next()?);
    account.day = LossDay { day: cells.next()?, start: cells.next()?, breached: cells.next()? };
    account.draws = cells.next()?;
    Ok((id, account))
}

pub(in crate::engine) fn switch_row(id: AccountId, mode: Mode, switch: &KillSwitch) -> Row {
    let KillSwitch { engaged, reason, engaged_at_ns, engaged_by, cleared_at_ns } = switch;
    row![id.0, mode, *engaged, reason.clone(), *engaged_at_ns, engaged_by.clone(), *cleared_at_ns,]
}

pub(in crate::engine) fn read_switch(
    row: &[Cell],
) -> Result<(AccountId, Mode, KillSwitch), RestoreError> {
    let cells = &mut Reader::new("kill_switches", row);
    let (id, mode) = (AccountId(cells.next()?), cells.next()?);
    let switch = KillSwitch {
        engaged: cells.next()?,
        reason: cells.next::<Option<String>>()?.map(Into::into),
        engaged_at_ns: cells.next()?,
        engaged_by: cells.next::<Option<String>>()?.map(Into::into),
        cleared_at_ns: cells.next()?,
    };
    Ok((id, mode, switch))
}

pub(in crate::engine) fn line_row(id: AccountId, venue: VenueId, line: &Line) -> Row {
    let mut cells = row![id.0, venue];
    cells.extend(line.kept().map(Cell::from));
    cells
}

pub(in crate::engine) fn read_line(
    row: &[Cell],
) -> Result<(AccountId, VenueId, Line), RestoreError> {
    let cells = &mut Reader::new("lines", row);
    let (id, venue) = (AccountId(cells.next()?), cells.next()?);
    let mut kept = [0i64; 11];
    for word in &mut kept {
        *word = cells.next()?;
    }
    Ok((id, venue, Line::from_kept(kept)))
}

pub(in crate::engine) fn balance_row(engine: &Engine, id: BalanceId) -> Option<Row> {
    let BalanceKey { account, venue, asset } = engine.ledger().key(id)?;
    let Balance { available, reserved } = engine.ledger().balance(id);
    Some(row![account.0, venue, asset.0, available, reserved])
}

pub(in crate::engine) fn read_balance(row: &[Cell]) -> Result<(BalanceKey, Balance), RestoreError> {
    let cells = &mut Reader::new("balances", row);
    let account = AccountId(cells.next()?);
    let (venue, asset) = (cells.next()?, AssetId(cells.next()?));
    let balance = Balance { available: cells.next()?, reserved: cells.next()? };
    Ok((BalanceKey { account, venue, asset }, balance))
}
