//! Orders, their legs and their graphs.
//!
//! The first answer of a graph is kept as the order it showed, packed: a replay after a restart is
//! built from it by the same code as before.

use super::RestoreError;
use super::cell::{Cell, Reader, Row, pack, row};
use super::evidence::{read_transit, transit_cells};
use super::risk::{read_risk, risk_cells};
use crate::engine::{Engine, Graph, GraphId, VenueLeg};
use crate::ids::{AccountId, GraphIx, MarketId, OrderId};
use crate::ledger::ReservationId;

use crate::number::{Money, Price};
use crate::order::{Amending, AtVenue, Cause, Leg, LegState, Order, OrderSpec, Reshape};
use crate::registry::Registry;
use crate::sim::fees::FeeState;

pub(in crate::engine) fn order_row(engine: &Engine, id: OrderId) -> Row {
    let order = engine.order(id);
    let spec = &order.spec;
    let symbol = engine.registry().symbol(spec.symbol).canonical(spec.outcome).clone();
    let mut cells = row![
        id.0,
        spec.account.0,
        spec.epoch,
        spec.graph.0,
        spec.node_id.clone(),
        spec.seq,
        symbol,
        spec.kind,
        spec.side,
        engine.venue_of(order),
        spec.pinned,
        spec.tif,
        spec.policy,
        spec.urgency,
    ];
    cells.extend(row![
        spec.max_slippage_bps,
        spec.horizon_ms,
        spec.reduce_only,
        spec.notional_usd,
        spec.is_market,
        spec.created_ns,
        order.created_seq,
    ]);
    cells.extend(progress_cells(order));
    cells
}

/// What of an order changes while it lives.
fn progress_cells(order: &Order) -> Row {
    row![
        order.qty,
        order.limit,
        order.filled,
        order.exact,
        order.notional_usd,
        order.fees_usd,
        order.status,
        order.reject,
        order.message.clone(),
        order.done,
        order.version,
        order.event_seq,
        order.updated_ns,
        order.expires_ns,
        order.amending.map(|amending| {
            let Amending { total, limit, rest, rest_after } = amending;
            pack(&[limit.into(), rest.into(), rest_after.into(), total.into()])
        }),
    ]
}

fn read_amending(cells: &mut Reader<'_>) -> Result<Option<Amending>, RestoreError> {
    let Some(packed) = cells.packed_or_null()? else { return Ok(None) };
    let cells = &mut Reader::new("orders.amending", &packed);
    let (limit, rest, rest_after) = (cells.next()?, cells.next()?, cells.next()?);
    Ok(Some(Amending { limit, rest, rest_after, total: cells.next()? }))
}

/// Reads an order; its legs are in their own rows.
pub(in crate::engine) fn read_order(
    registry: &Registry,
    row: &[Cell],
) -> Result<(OrderId, Order), RestoreError> {
    let cells = &mut Reader::new("orders", row);
    let id = OrderId(cells.next()?);
    let (account, epoch) = (AccountId(cells.next()?), cells.next()?);
    let (graph, node_id, seq) = (GraphIx(cells.next()?), cells.next::<String>()?, cells.next()?);
    let text: String = cells.next()?;
    let found = registry.resolve(&text);
    let found = found.ok_or_else(|| cells.error(format!("unknown symbol {text:?}")))?;
    let (kind, side, _venue) = (cells.next()?, cells.next()?, cells.next::<Option<String>>()?);
    let spec = OrderSpec {
        account,
        epoch,
        graph,
        node_id: node_id.into(),
        seq,
        symbol: found.symbol,
        outcome: found.outcome,
        kind,
        side,
        pinned: cells.next()?,
        tif: cells.next()?,
        policy: cells.next()?,
        urgency: cells.next()?,
        max_slippage_bps: cells.next()?,
        horizon_ms: cells.next()?,
        reduce_only: cells.next()?,
        notional_usd: cells.next()?,
        is_market: cells.next()?,
        created_ns: cells.next()?,
    };
    let created_seq = cells.next()?;
    Ok((id, read_progress(cells, spec, created_seq)?))
}

fn read_progress(
    cells: &mut Reader<'_>,
    spec: OrderSpec,
    created_seq: u64,
) -> Result<Order, RestoreError> {
    Ok(Order {
        spec,
        qty: cells.next()?,
        limit: cells.next()?,
        filled: cells.next()?,
        exact: cells.next()?,
        notional_usd: cells.next()?,
        fees_usd: cells.next()?,
        status: cells.next()?,
        reject: cells.next()?,
        message: cells.next::<Option<String>>()?.map(Into::into),
        done: cells.next()?,
        legs: Vec::new(),
        version: cells.next()?,
        event_seq: cells.next()?,
        created_seq,
        updated_ns: cells.next()?,
        expires_ns: cells.next()?,
        amending: read_amending(cells)?,
    })
}

pub(in crate::engine) fn leg_row(engine: &Engine, id: OrderId, at: usize, leg: &Leg) -> Row {
    let held = leg.reservation.and_then(|held| engine.ledger().reserved(held).ok());
    let mut cells = row![id.0, u64::try_from(at).unwrap_or(u64::MAX)];
    let there = engine.exchange.leg((id, at));
    cells.extend(leg_cells(leg, there, held));
    cells.extend(later_leg_cells(leg, there));
    cells
}

/// What later versions keep of a leg, after everything that the first one kept.
fn later_leg_cells(leg: &Leg, there: &VenueLeg) -> Row {
    let Cause { reject, message, done } = leg.cause.clone();
    row![leg.fees.carried, reject, message, done, there.place]
}

fn read_later_leg_cells(
    cells: &mut Reader<'_>,
    leg: &mut Leg,
    there: &mut VenueLeg,
) -> Result<(), RestoreError> {
    leg.fees.carried = cells.next()?;
    leg.cause = Cause {
        reject: cells.next()?,
        message: cells.next::<Option<String>>()?.map(Into::into),
        done: cells.next()?,
    };
    there.place = cells.next()?;
    Ok(())
}

fn leg_cells(leg: &Leg, there: &VenueLeg, held: Option<Money>) -> Row {
    let mut cells = row![
        leg.market.0,
        leg.qty,
        leg.filled,
        leg.bound,
        leg.cap,
        leg.margin_at,
        held,
        leg.reducing,
        leg.state,
        leg.status,
        if leg.held { AtVenue::Held } else { there.state },
        leg.cancelling,
        leg.reference,
        there.deferred,
    ];
    cells.extend(leg.fees.sums().map(Cell::from));
    cells.push(pack(&way_cells(leg, there)).into());
    cells.push(leg.reshape.as_deref().map(|form| pack(&reshape_cells(form, there))).into());
    cells
}

/// How a leg travelled, and after it how its cancel does.
fn way_cells(leg: &Leg, there: &VenueLeg) -> Row {
    let mut cells = transit_cells(&there.transit);
    if let Some(way) = there.leaving.as_deref().filter(|_| leg.state != LegState::Done) {
        cells.extend(transit_cells(way));
    }
    cells
}

fn read_way(packed: &[Cell], there: &mut VenueLeg) -> Result<(), RestoreError> {
    let cells = &mut Reader::new("legs.transit", packed);
    there.transit = read_transit(cells)?;
    if cells.has_more() {
        there.leaving = Some(Box::new(read_transit(cells)?));
    }
    Ok(())
}

fn reshape_cells(form: &Reshape, there: &VenueLeg) -> Row {
    let Reshape { qty, bound, cap, margin_at, reducing, at_venue, travels } = *form;
    let mut cells = row![qty, bound, cap, margin_at, reducing, at_venue, travels];
    cells.extend(transit_cells(&there.again));
    cells.extend(row![there.change_ns]);
    cells
}

fn read_reshape(
    cells: &mut Reader<'_>,
    there: &mut VenueLeg,
) -> Result<Option<Reshape>, RestoreError> {
    let Some(packed) = cells.packed_or_null()? else { return Ok(None) };
    let cells = &mut Reader::new("legs.reshape", &packed);
    let form = Reshape {
        qty: cells.next()?,
        bound: cells.next()?,
        cap: cells.next()?,
        margin_at: cells.next()?,
        reducing: cells.next()?,
        at_venue: cells.next()?,
        travels: cells.next()?,
    };
    there.again = read_transit(cells)?;
    // The first version sent a change again.
    there.change_ns = if cells.has_more() { cells.next()? } else { 0 };
    Ok(Some(form))
}

/// Reads a leg and what it held; the caller gives it its reservation.
pub(in crate::engine) fn read_leg(
    row: &[Cell],
) -> Result<(OrderId, Leg, VenueLeg, Option<Money>), RestoreError> {
    let cells = &mut Reader::new("legs", row);
    let (order, _at) = (OrderId(cells.next()?), cells.next::<u32>()?);
    let (mut leg, mut there, held) = read_leg_cells(cells)?;
    read_later_leg_cells(cells, &mut leg, &mut there)?;
    Ok((order, leg, there, held))
}

fn read_leg_cells(cells: &mut Reader<'_>) -> Result<(Leg, VenueLeg, Option<Money>), RestoreError> {
    let (market, qty, filled) = (MarketId(cells.next()?), cells.next()?, cells.next()?);
    let (bound, cap, margin_at) = (cells.next()?, cells.next()?, cells.next()?);
    let held = cells.next()?;
    let mut leg = Leg {
        market,
        qty,
        filled,
        fees: FeeState::default(),
        bound,
        cap,
        margin_at,
        reservation: None,
        reducing: cells.next()?,
        state: cells.next()?,
        status: cells.next()?,
        held: false,
        cancelling: None,
        reshape: None,
        reference: Price(0),
        cause: Cause::default(),
    };
    let mut there = VenueLeg { state: cells.next()?, ..VenueLeg::known(&leg) };
    if there.state == AtVenue::Held {
        (leg.held, there.state) = (true, AtVenue::Travelling);
    }
    (leg.cancelling, leg.reference, there.deferred) = (cells.next()?, cells.next()?, cells.next()?);
    let mut sums = [0i128; 6];
    for sum in &mut sums {
        *sum = cells.next()?;
    }
    leg.fees = FeeState::from_sums(sums, 0);
    read_way(&cells.packed()?, &mut there)?;
    leg.reshape = read_reshape(cells, &mut there)?.map(Box::new);
    Ok((leg, there, held))
}

/// Whose a graph is, and in which epoch it was made.
fn owner_of(engine: &Engine, id: GraphIx) -> (AccountId, u32) {
    match (engine.graph(id).order, engine.graphs.get(id)) {
        (Some(order), _) => {
            let spec = &engine.order(order).spec;
            (spec.account, spec.epoch)
        }
        (None, Some(run)) => (run.account, run.epoch),
        (None, None) => (AccountId(0), 0),
    }
}

pub(in crate::engine) fn graph_row(engine: &Engine, id: GraphIx) -> Row {
    let graph = engine.graph(id);
    let (account, epoch) = owner_of(engine, id);
    row![
        id.0,
        account.0,
        epoch,
        graph.id.to_string(),
        graph.order.map_or(-1, |order| i64::from(order.0)),
        format!("{:032x}", engine.papers().fingerprint(id)),
        graph.metadata.clone(),
        graph.first_answer.as_deref().map(|first| pack(&snapshot_cells(first))),
        pack(&risk_cells(graph.risk())),
        graph.by,
    ]
}

/// Reads a graph of this order; returns whose it is, too.
pub(in crate::engine) fn read_graph(
    row: &[Cell],
    order_of: impl Fn(OrderId) -> Option<Order>,
) -> Result<(GraphIx, AccountId, Graph), RestoreError> {
    let cells = &mut Reader::new("graphs", row);
    let (id, account, _epoch) =
        (GraphIx(cells.next()?), AccountId(cells.next()?), cells.next::<u32>()?);
    let (name, order) = (cells.next::<String>()?, cells.next::<i64>()?);
    // A graph with a shape has none of its own.
    let order = u32::try_from(order).ok().map(OrderId);
    let digits: String = cells.next()?;
    let Ok(fingerprint) = u128::from_str_radix(&digits, 16) else {
        return Err(cells.error(format!("no fingerprint: {digits:?}")));
    };
    let metadata: String = cells.next()?;
    let first: Option<String> = cells.next()?;
    let of = match order {
        None => None,
        Some(order) => {
            let missing = || cells.error(format!("order {} is missing", order.0));
            Some(order_of(order).ok_or_else(missing)?)
        }
    };
    let first_answer = match first.zip(of) {
        None => None,
        Some((text, of)) => Some(Box::new(read_snapshot(&text, of)?)),
    };
    let risk = read_risk(&cells.packed()?)?;
    let (id_of_graph, by) = (GraphId::parse(&name), cells.next()?);
    let (metadata, limits) = (metadata.into(), Graph::limits(&risk));
    let fingerprint = Some(fingerprint);
    let graph = Graph { id: id_of_graph, fingerprint, order, first_answer, metadata, limits, by };
    Ok((id, account, graph))
}

fn snapshot_cells(order: &Order) -> Row {
    let mut cells = progress_cells(order);
    cells.push(u64::try_from(order.legs.len()).unwrap_or(u64::MAX).into());
    // What its venues had of it then is no part of an answer.
    let there = VenueLeg::to_send(order.qty);
    for leg in &order.legs {
        // What an open leg held is computed from the leg; that it held something is what counts.
        cells.extend(leg_cells(leg, &there, leg.reservation.map(|_| Money::ZERO)));
    }
    for leg in &order.legs {
        cells.extend(later_leg_cells(leg, &there));
    }
    cells
}

fn read_snapshot(text: &str, of: Order) -> Result<Order, RestoreError> {
    let cells = super::cell::unpack(text).unwrap_or_default();
    let cells = &mut Reader::new("graphs.first_answer", &cells);
    let mut order = read_progress(cells, of.spec, of.created_seq)?;
    for _ in 0..cells.next::<u64>()? {
        let (mut leg, _, held) = read_leg_cells(cells)?;
        leg.reservation = held.map(|_| ReservationId::ended());
        order.legs.push(leg);
    }
    // Answers of the first version end here.
    let mut there = VenueLeg::to_send(order.qty);
    for leg in &mut order.legs {
        if cells.has_more() {
            read_later_leg_cells(cells, leg, &mut there)?;
        }
    }
    Ok(order)
}
