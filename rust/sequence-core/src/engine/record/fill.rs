//! Fill rows.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, pack, row};
use super::evidence::{evidence_cells, read_evidence};
use crate::engine::{CashTrail, Engine, Fill};
use crate::ids::{AssetId, FillIx, MarketId, OrderId};
use crate::number::Money;
use crate::sim::fees::{Date, FeeLeg, FeeModel, FeeParts, FeeSchedule, FeeState};
use crate::ulid::Ulid;

/// Names of fee rules.
pub(super) const RULES: [&str; 5] =
    ["bps", "kalshi", "kalshi_maker_series", "polymarket", "polymarket_category"];

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
    cells.extend(parts_cells(fill.fee_leg.parts));
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
    // The charge has them too.
    let _parts = read_parts(cells)?;
    let (is_maker, cause, queue_ahead) = (cells.next()?, cells.next()?, cells.next()?);
    let (realized_usd, event_seq, ts_ns) = (cells.next()?, cells.next()?, cells.next()?);
    let Charge { fee_leg, cash, fee_rule, fees_before } = read_charge(&cells.packed()?)?;
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
        fee_leg,
        fee_rule,
        fees_before,
        cash,
        is_maker,
        cause,
        queue_ahead,
        realized_usd,
        // Only real venues take fills back, and no store keeps theirs.
        reversed: false,
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

/// What a fill was charged, and by which rule.
struct Charge {
    fee_leg: FeeLeg,
    cash: CashTrail,
    fee_rule: FeeSchedule,
    fees_before: FeeState,
}

fn charge_cells(fill: &Fill) -> Row {
    let FeeLeg { notional, fee, rate_1e8, parts, accumulator, joined } = fill.fee_leg;
    let CashTrail { charged_before, charged_after, reserved_before, reserved_after, released } =
        fill.cash;
    let mut cells = row![notional, fee, rate_1e8, accumulator];
    cells.extend(parts_cells(parts));
    cells.extend(row![charged_before, charged_after, reserved_before, reserved_after, released]);
    cells.extend(fill.fees_before.sums().map(Cell::from));
    cells.extend(rule_cells(&fill.fee_rule));
    cells.extend(row![fill.fees_before.carried, joined]);
    cells
}

fn read_charge(row: &[Cell]) -> Result<Charge, RestoreError> {
    let cells = &mut Reader::new("fills.charge", row);
    let (notional, fee, rate_1e8, accumulator) =
        (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
    let parts = read_parts(cells)?;
    let cash = CashTrail {
        charged_before: cells.next()?,
        charged_after: cells.next()?,
        reserved_before: cells.next()?,
        reserved_after: cells.next()?,
        released: cells.next()?,
    };
    let mut sums = [0i128; 6];
    for sum in &mut sums {
        *sum = cells.next()?;
    }
    let fee_rule = read_rule(cells)?;
    // Fills of the first version end here.
    let (carried, joined) =
        if cells.has_more() { (cells.next()?, cells.next()?) } else { (0, false) };
    let fees_before = FeeState::from_sums(sums, carried);
    let fee_leg = FeeLeg { notional, fee, rate_1e8, parts, accumulator, joined };
    Ok(Charge { fee_leg, cash, fee_rule, fees_before })
}

fn rule_cells(rule: &FeeSchedule) -> Row {
    let FeeSchedule { model, rule_id, effective_from, fee_default } = *rule;
    let Date { year, month, day } = effective_from;
    let mut cells = row![rule_id, u32::from(year), u32::from(month), u32::from(day), fee_default];
    cells.extend(match model {
        FeeModel::Bps { maker_rate_1e8, taker_rate_1e8 } => {
            row!["bps", maker_rate_1e8, taker_rate_1e8]
        }
        FeeModel::Kalshi { maker_rate_1e8, taker_rate_1e8, trade_fee_step, balance_step } => {
            row!["kalshi", maker_rate_1e8, taker_rate_1e8, trade_fee_step, balance_step]
        }
        FeeModel::Polymarket { taker_rate_1e8, rebate_rate_1e8, rounding } => {
            row!["polymarket", taker_rate_1e8, rebate_rate_1e8, rounding]
        }
    });
    cells
}

fn read_rule(cells: &mut Reader<'_>) -> Result<FeeSchedule, RestoreError> {
    let rule_id = cells.known(&RULES)?;
    let (year, month, day): (u32, u32, u32) = (cells.next()?, cells.next()?, cells.next()?);
    let narrow = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    let effective_from = Date {
        year: u16::try_from(year).unwrap_or(u16::MAX),
        month: narrow(month),
        day: narrow(day),
    };
    let fee_default = cells.next()?;
    let model = match cells.known(&["bps", "kalshi", "polymarket"])? {
        "bps" => FeeModel::Bps { maker_rate_1e8: cells.next()?, taker_rate_1e8: cells.next()? },
        "kalshi" => FeeModel::Kalshi {
            maker_rate_1e8: cells.next()?,
            taker_rate_1e8: cells.next()?,
            trade_fee_step: cells.next()?,
            balance_step: cells.next()?,
        },
        _ => FeeModel::Polymarket {
            taker_rate_1e8: cells.next()?,
            rebate_rate_1e8: cells.next()?,
            rounding: cells.next()?,
        },
    };
    Ok(FeeSchedule { model, rule_id, effective_from, fee_default })
}
