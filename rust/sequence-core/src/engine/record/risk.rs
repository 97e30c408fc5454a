//! The limits of a graph, packed: they are only read back whole.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, row};
use crate::risk::{Admission, GraphRisk, PreTrade, Runtime, VenueSet};

pub(super) fn risk_cells(risk: &GraphRisk) -> Row {
    let GraphRisk { admission, pre_trade, runtime, on_runtime_breach, on_node_reject } = *risk;
    let Admission { max_notional, max_order_notional, allowed_venues } = admission;
    let mut cells = row![max_notional, max_order_notional, allowed_venues.bits()];
    let PreTrade {
        max_order_notional,
        max_price_deviation_bps,
        max_spread_bps,
        max_quote_age_ms,
        max_position,
    } = pre_trade;
    cells.extend(row![
        max_order_notional,
        max_price_deviation_bps,
        max_spread_bps,
        max_quote_age_ms,
        max_position,
    ]);
    let Runtime { max_loss, max_unhedged, unhedged_grace_ms, max_duration_ms } = runtime;
    cells.extend(row![max_loss, max_unhedged, max_duration_ms, on_runtime_breach, on_node_reject]);
    if unhedged_grace_ms != Runtime::GRACE_MS {
        cells.push(unhedged_grace_ms.into());
    }
    cells
}

pub(super) fn read_risk(row: &[Cell]) -> Result<GraphRisk, RestoreError> {
    let cells = &mut Reader::new("graphs.risk", row);
    let mut risk = GraphRisk {
        admission: Admission {
            max_notional: cells.next()?,
            max_order_notional: cells.next()?,
            allowed_venues: VenueSet::from_bits(cells.next()?),
        },
        pre_trade: PreTrade {
            max_order_notional: cells.next()?,
            max_price_deviation_bps: cells.next()?,
            max_spread_bps: cells.next()?,
            max_quote_age_ms: cells.next()?,
            max_position: cells.next()?,
        },
        runtime: Runtime {
            max_loss: cells.next()?,
            max_unhedged: cells.next()?,
            max_duration_ms: cells.next()?,
            ..Runtime::NONE
        },
        on_runtime_breach: cells.next()?,
        on_node_reject: cells.next()?,
    };
    if cells.has_more() {
        risk.runtime.unhedged_grace_ms = cells.next()?;
    }
    Ok(risk)
}
