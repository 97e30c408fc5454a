//! Fill rows.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, pack, row};
use super::evidence::{evidence_cells, read_evidence};
use crate::engine::{CashTrail, Engine, Fill};
use crate::ids::{AssetId, FillIx, MarketId, OrderId};
use crate::number::Money;
use crate::sim::fees::{FeeLeg, FeeParts};
use crate::ulid::Ulid;

pub(in crate::engine) fn fill_row(engine: &Engine, id: FillIx) -> Row {
    let fill = engine.fill(id);
    let spec = &engine.order(fill.order).spec;
    let symbol = engine.registry().symbol(spec.symbol).canonical(spec.outcome).clone();
    let mut cells = row![
        id.0,
        fill.id.to_string(),
        spec.account.0,
        spec.epoch,
        fill.order.0,
        spec.graph.0,
        fill.market.0,
        symbol,
        engine.registry().market(fill.market).venue,
    ];
    cells.extend(row![
        fill.price,
        fill.quantity,
        fill.notional_usd,
        fill.fee,
        fill.fee_asset.0,
        fill.fee_usd,
    ]);
    cells.extend(parts_cells(fill.fee_parts));
    cells.extend(row![
        fill.is_maker,
        fill.cause,
        fill.queue_ahead,
        fill.realized_usd,
        fill.event_seq,
        fill.ts_ns,
        pack(&charge_cells(fill)),
        pack(&evidence_cells(&fill.evidence)),
    ]);
    cells
}

pub(in crate::engine) fn read_fill(row: &[Cell]) -> Result<(FillIx, Fill), RestoreError> {
    let cells = &mut Reader::new("fills", row);
    let number = FillIx(cells.next()?);
    let text: String = cells.next()?;
    let id = Ulid::parse(&text).ok_or_else(|| cells.error(format!("no fill id: {text:?}")))?;
    let (_account, _epoch) = (cells.next::<u32>()?, cells.next::<u32>()?);
    let order = OrderId(cells.next()?);
    let _graph: u32 = cells.next()?;
    let market = MarketId(cells.next()?);
    let (_symbol, _venue) = (cells.next::<String>()?, cells.next::<String>()?);
    let (price, quantity, notional_usd) = (cells.next()?, cells.next()?, cells.next()?);
    let (fee, fee_asset, fee_usd) = (cells.next()?, AssetId(cells.next()?), cells.next()?);
    let fee_parts = read_parts(cells)?;
    let (is_maker, cause, queue_ahead) = (cells.next()?, cells.next()?, cells.next()?);
    let (realized_usd, event_seq, ts_ns) = (cells.next()?, cells.next()?, cells.next()?);
    let (fee_leg, cash) = read_charge(&cells.packed()?)?;
    let evidence = Box::new(read_evidence(&cells.packed()?)?);
    let fill = Fill {
        id,
        order,
        market,
        price,
        quantity,
        notional_usd,
        fee,
        fee_asset,
        fee_usd,
        fee_parts,
        fee_leg,
        cash,
        is_maker,
        cause,
        queue_ahead,
        realized_usd,
        evidence,
        event_seq,
        ts_ns,
    };
    Ok((number, fill))
}

fn parts_cells(parts: Option<FeeParts>) -> Row {
    let Some(FeeParts { trade_fee, rounding_fee, rebate }) = parts else {
        return vec![Cell::Null, Cell::Null, Cell::Null];
    };
    row![trade_fee, rounding_fee, rebate]
}

fn read_parts(cells: &mut Reader<'_>) -> Result<Option<FeeParts>, RestoreError> {
    let parts: [Option<Money>; 3] = [cells.next()?, cells.next()?, cells.next()?];
    Ok(match parts {
        [Some(trade_fee), Some(rounding_fee), Some(rebate)] => {
            Some(FeeParts { trade_fee, rounding_fee, rebate })
        }
        _ => None,
    })
}

fn charge_cells(fill: &Fill) -> Row {
    let FeeLeg { notional, fee, rate_1e8, parts, accumulator } = fill.fee_leg;
    let CashTrail { charged_before, charged_after, reserved_before, reserved_after, released } =
        fill.cash;
    let mut cells = row![notional, fee, rate_1e8, accumulator];
    cells.extend(parts_cells(parts));
    cells.extend(row![charged_before, charged_after, reserved_before, reserved_after, released]);
    cells
}

fn read_charge(row: &[Cell]) -> Result<(FeeLeg, CashTrail), RestoreError> {
    let cells = &mut Reader::new("fills.charge", row);
    let (notional, fee, rate_1e8, accumulator) =
        (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let parts = read_parts(cells)?;
    let leg = FeeLeg { notional, fee, rate_1e8, parts, accumulator };
    let cash = CashTrail {
        charged_before: cells.next()?,
        charged_after: cells.next()?,
        reserved_before: cells.next()?,
        reserved_after: cells.next()?,
        released: cells.next()?,
    };
    Ok((leg, cash))
}
