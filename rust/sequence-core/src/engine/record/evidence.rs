//! The evidence of a fill and the journey of a message, packed: they are only read back whole.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, row};
use crate::engine::{BookCite, Bounds, Evidence, LevelTaken, Liquidity, TapeCite, VenueTrade};
use crate::ids::AssetId;
use crate::sim::latency::{Draw, Transit};
use crate::sim::queue::QueueFill;
use crate::sim::resting::Shadow;
use crate::sim::step::Mode;

/// Shape of the packed rows; a later shape gets another number.
const SHAPE: i64 = 3;
/// The shape before it: without the place of a level in its walk.
const WITHOUT_INDEX: i64 = 2;

pub(super) fn transit_cells(transit: &Transit) -> Row {
    let Transit {
        submit_ns,
        entry_ns,
        response_ns,
        feed_ns,
        feed_measured,
        arrive_ns,
        session_hold_ns,
        match_ns,
        taker_delay_ns,
        entry: Draw { latency_ns, z_q32, position_before, position_after },
        stream_key,
        load_ratio_q32,
    } = *transit;
    row![
        submit_ns,
        entry_ns,
        response_ns,
        feed_ns,
        feed_measured,
        arrive_ns,
        session_hold_ns,
        match_ns,
        taker_delay_ns,
        latency_ns,
        z_q32,
        position_before,
        position_after,
        stream_key,
        load_ratio_q32,
    ]
}

pub(super) fn read_transit(cells: &mut Reader<'_>) -> Result<Transit, RestoreError> {
    Ok(Transit {
        submit_ns: cells.next()?,
        entry_ns: cells.next()?,
        response_ns: cells.next()?,
        feed_ns: cells.next()?,
        feed_measured: cells.next()?,
        arrive_ns: cells.next()?,
        session_hold_ns: cells.next()?,
        match_ns: cells.next()?,
        taker_delay_ns: cells.next()?,
        entry: Draw {
            latency_ns: cells.next()?,
            z_q32: cells.next()?,
            position_before: cells.next()?,
            position_after: cells.next()?,
        },
        stream_key: cells.next()?,
        load_ratio_q32: cells.next()?,
    })
}

pub(super) fn evidence_cells(evidence: &Evidence) -> Row {
    let Evidence {
        transit,
        matched_ns,
        entry_deferred,
        book:
            BookCite { version, venue_seq, venue_ns, age_ns, status, interval_ns, best_bid, best_ask },
        event_level,
        liquidity,
        match_rate_ppm,
        decreases_seen,
    } = evidence;
    let mut cells = row![SHAPE, *matched_ns, *entry_deferred, *match_rate_ppm, *decreases_seen];
    cells.extend(row![
        *event_level,
        *version,
        *venue_seq,
        *venue_ns,
        *age_ns,
        *status,
        *interval_ns,
        *best_bid,
        *best_ask
    ]);
    cells.extend(transit_cells(transit));
    cells.extend(match liquidity {
        Liquidity::Taker(level, bounds) => taker_cells(level, bounds),
        Liquidity::Maker(fill, tape) => maker_cells(fill, tape),
        Liquidity::Venue(trade) => venue_cells(trade),
    });
    cells
}

pub(super) fn read_evidence(row: &[Cell]) -> Result<Evidence, RestoreError> {
    let cells = &mut Reader::new("fills.evidence", row);
    let shape: i64 = cells.next()?;
    if ![WITHOUT_INDEX, SHAPE].contains(&shape) {
        return Err(cells.error("is of a later version"));
    }
    let (matched_ns, entry_deferred) = (cells.next()?, cells.next()?);
    let (match_rate_ppm, decreases_seen) = (cells.next()?, cells.next()?);
    let event_level = cells.next()?;
    let book = BookCite {
        version: cells.next()?,
        venue_seq: cells.next()?,
        venue_ns: cells.next()?,
        age_ns: cells.next()?,
        status: cells.next()?,
        interval_ns: cells.next()?,
        best_bid: cells.next()?,
        best_ask: cells.next()?,
    };
    let transit = read_transit(cells)?;
    let liquidity = match cells.next::<String>()?.as_str() {
        "taker" => read_taker(cells, shape)?,
        "maker" => Liquidity::Maker(Box::new(read_maker(cells)?), read_tape(cells)?),
        "venue" => Liquidity::Venue(Box::new(read_venue(cells)?)),
        other => return Err(cells.error(format!("knows no liquidity {other:?}"))),
    };
    Ok(Evidence {
        transit,
        matched_ns,
        entry_deferred,
        book,
        event_level,
        liquidity,
        match_rate_ppm,
        decreases_seen,
    })
}

fn venue_cells(trade: &VenueTrade) -> Row {
    let VenueTrade { id, quantity, fee, fee_asset, is_maker, venue_ns } = trade;
    row!["venue", id.clone(), *quantity, *fee, fee_asset.0, *is_maker, *venue_ns]
}

fn read_venue(cells: &mut Reader<'_>) -> Result<VenueTrade, RestoreError> {
    Ok(VenueTrade {
        id: cells.next::<String>()?.into(),
        quantity: cells.next()?,
        fee: cells.next()?,
        fee_asset: AssetId(cells.next()?),
        is_maker: cells.next()?,
        venue_ns: cells.next()?,
    })
}

fn taker_cells(level: &LevelTaken, bounds: &Bounds) -> Row {
    let LevelTaken { recorded, effective, displayed, printed, consumed_before, taken, index } =
        *level;
    let Bounds { limit, cap, reference, shift } = *bounds;
    row![
        "taker",
        recorded,
        effective,
        displayed,
        printed,
        consumed_before,
        taken,
        limit,
        cap,
        reference,
        shift,
        index,
    ]
}

fn read_taker(cells: &mut Reader<'_>, shape: i64) -> Result<Liquidity, RestoreError> {
    let mut level = LevelTaken {
        recorded: cells.next()?,
        effective: cells.next()?,
        displayed: cells.next()?,
        printed: cells.next()?,
        consumed_before: cells.next()?,
        taken: cells.next()?,
        index: None,
    };
    let bounds = Bounds {
        limit: cells.next()?,
        cap: cells.next()?,
        reference: cells.next()?,
        shift: cells.next()?,
    };
    if shape > WITHOUT_INDEX {
        level.index = cells.next()?;
    }
    Ok(Liquidity::Taker(level, bounds))
}

fn maker_cells(fill: &QueueFill, tape: &TapeCite) -> Row {
    let QueueFill {
        order,
        side,
        price,
        quantity,
        remaining,
        cause,
        estimator,
        ahead_before,
        ahead_after,
        ahead_entry,
        prints_ahead,
        cancels_ahead,
        own_ahead,
        surplus,
        displayed_entry,
        displayed_before,
        evidence_price,
        evidence_size,
        budget_before,
        low,
        high,
    } = *fill;
    let mut cells = row!["maker", order, side, price, quantity, remaining, cause, estimator];
    cells.extend(row![ahead_before, ahead_after, ahead_entry, prints_ahead, cancels_ahead]);
    cells.extend(row![own_ahead, surplus, displayed_entry, displayed_before]);
    cells.extend(row![evidence_price, evidence_size, budget_before]);
    for Shadow { ahead, remaining, filled, hidden } in [low, high] {
        cells.extend(row![ahead, remaining, filled, hidden]);
    }
    let TapeCite { version, venue_seq, trade_id, backfilled, epoch } = *tape;
    cells.extend(row![version, venue_seq, trade_id, backfilled, epoch]);
    cells
}

fn read_maker(cells: &mut Reader<'_>) -> Result<QueueFill, RestoreError> {
    Ok(QueueFill {
        order: cells.next()?,
        side: cells.next()?,
        price: cells.next()?,
        quantity: cells.next()?,
        remaining: cells.next()?,
        cause: cells.next()?,
        estimator: cells.known(&Mode::NAMES)?,
        ahead_before: cells.next()?,
        ahead_after: cells.next()?,
        ahead_entry: cells.next()?,
        prints_ahead: cells.next()?,
        cancels_ahead: cells.next()?,
        own_ahead: cells.next()?,
        surplus: cells.next()?,
        displayed_entry: cells.next()?,
        displayed_before: cells.next()?,
        evidence_price: cells.next()?,
        evidence_size: cells.next()?,
        budget_before: cells.next()?,
        low: read_shadow(cells)?,
        high: read_shadow(cells)?,
    })
}

fn read_tape(cells: &mut Reader<'_>) -> Result<TapeCite, RestoreError> {
    Ok(TapeCite {
        version: cells.next()?,
        venue_seq: cells.next()?,
        trade_id: cells.next()?,
        backfilled: cells.next()?,
        epoch: cells.next()?,
    })
}

fn read_shadow(cells: &mut Reader<'_>) -> Result<Shadow, RestoreError> {
    let (ahead, remaining) = (cells.next()?, cells.next()?);
    Ok(Shadow { ahead, remaining, filled: cells.next()?, hidden: cells.next()? })
}
