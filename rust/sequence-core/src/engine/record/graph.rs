//! Graphs with a shape: the graph, its nodes, its edges, in tables of their own.
//!
//! What a node or an edge was asked for is its JSON text, as the wire has it; what became of it is
//! in columns, and what nobody searches for is packed. A node's orders are rows of `orders`.

use std::sync::Arc;

use super::RestoreError;
use super::cell::{Cell, Reader, Row, pack, row};
use crate::engine::graph::run::{Edge, Ending, Firing, Node, Pace, Role, Run, Watchdog};
use crate::graph::{EdgeSpec, NodeSpec, Pacing};
use crate::ids::{AccountId, GraphIx, MarketId};
use crate::ledger::Ledger;
use crate::number::{Money, Quantity};
use crate::registry::{Registry, Resolved};
use crate::reject::Refusal;
use crate::risk::VenueSet;

type Result<T> = std::result::Result<T, RestoreError>;

const ENDINGS: [Ending; 5] =
    [Ending::No, Ending::Cancelled, Ending::Unplaced, Ending::Failed, Ending::Flattening];

fn number(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

pub(in crate::engine) fn run_row(id: GraphIx, run: &Run) -> Row {
    let Watchdog { loss_base, looked_ns, look_ns, unhedged_ns, end_ns, told } = run.dog;
    let ending = ENDINGS.iter().position(|ending| *ending == run.ending).unwrap_or_default();
    let mut state = row![
        number(ending),
        run.paused,
        run.withdrawn,
        run.acked,
        run.venues.bits(),
        loss_base,
        looked_ns,
        look_ns,
        unhedged_ns,
        end_ns,
        told,
    ];
    for firing in &run.parked {
        let Firing { edge, starts, at_ns, fill: (quantity, usd), .. } = *firing;
        state.extend(row![number(edge), starts, at_ns, quantity, usd]);
    }
    row![
        id.0,
        run.account.0,
        run.epoch,
        run.status,
        run.reason.clone(),
        run.created_ns,
        run.updated_ns,
        run.first_answer.clone(),
        pack(&state),
    ]
}

/// Reads a graph without its nodes and edges.
pub(in crate::engine) fn read_run(row: &[Cell]) -> Result<(GraphIx, Run)> {
    let cells = &mut Reader::new("graph_runs", row);
    let (id, account) = (GraphIx(cells.next()?), AccountId(cells.next()?));
    let (epoch, status, reason) = (cells.next()?, cells.next()?, cells.next::<Option<String>>()?);
    let (created_ns, updated_ns) = (cells.next()?, cells.next()?);
    let first_answer: String = cells.next()?;
    let state = cells.packed()?;
    let cells = &mut Reader::new("graph_runs.state", &state);
    let ending = ENDINGS.get(place(cells)?).copied();
    let ending = ending.ok_or_else(|| cells.error("no such ending"))?;
    let (paused, withdrawn, acked) = (cells.next()?, cells.next()?, cells.next()?);
    let venues = VenueSet::from_bits(cells.next()?);
    let dog = Watchdog {
        loss_base: cells.next()?,
        looked_ns: cells.next()?,
        look_ns: cells.next()?,
        unhedged_ns: cells.next()?,
        end_ns: cells.next()?,
        told: cells.next()?,
    };
    let mut parked = Vec::new();
    while cells.has_more() {
        let (edge, starts, at_ns) = (place(cells)?, cells.next()?, cells.next()?);
        let fill = (cells.next()?, cells.next()?);
        parked.push(Firing { graph: id, edge, starts, at_ns, fill });
    }
    let run = Run {
        status,
        reason: reason.map(Into::into),
        ending,
        paused,
        withdrawn,
        acked,
        parked,
        dog,
        updated_ns,
        first_answer: first_answer.into(),
        ..Run::at_rest(account, epoch, venues, created_ns)
    };
    Ok((id, run))
}

/// A place in a list.
fn place(cells: &mut Reader<'_>) -> Result<usize> {
    let at: i64 = cells.next()?;
    usize::try_from(at).map_err(|_negative| cells.error(format!("no place {at}")))
}

/// A row of a node, whose symbol and reservations these know.
pub(in crate::engine) fn node_row(
    (registry, ledger): (&Registry, &Ledger),
    id: GraphIx,
    at: usize,
    node: &Node,
) -> Row {
    let (role, parent) = match node.role {
        Role::Order => ("order", -1),
        Role::Parent => ("parent", -1),
        Role::Slice { parent, .. } => ("slice", number(parent)),
        Role::Flatten => ("flatten", -1),
    };
    let symbol = registry.symbol(node.symbol).canonical(node.outcome).clone();
    row![
        id.0,
        number(at),
        node.spec.id.clone(),
        role,
        parent,
        node.spec.value().json(),
        symbol,
        node.status,
        node.failure,
        node.activated_ns,
        node.done_ns,
        node.barred,
        node.planned,
        (!node.held.is_empty()).then(|| pack(&held_cells(ledger, node))),
        pack(&node_state(node)),
    ]
}

/// What a node holds before it has an order: market and amount, one after the other.
fn held_cells(ledger: &Ledger, node: &Node) -> Row {
    let held = node
        .held
        .iter()
        .flat_map(|(market, held)| row![market.0, ledger.reserved(*held).unwrap_or_default()]);
    held.collect()
}

fn node_state(node: &Node) -> Row {
    let (slice, offset_ns) = match node.role {
        Role::Slice { number: slice, offset_ns, .. } => (number(slice), offset_ns),
        _ => (0, 0),
    };
    let mut cells = row![
        slice,
        offset_ns,
        node.reduced,
        node.owed,
        node.said,
        node.due_ns,
        node.priced_ns,
        node.version,
        node.arrival,
        node.unsent,
    ];
    if let Some(pace) = node.pace.as_deref() {
        cells.extend(row![
            pace.tick_ns,
            pace.end_ns,
            pace.closed,
            pace.expired,
            pace.volume,
            pace.own,
        ]);
        if chases(&node.spec) {
            cells.extend(row![pace.bound]);
        }
        cells.extend(pace.shares.iter().map(|share| Cell::from(*share)));
    }
    cells
}

/// A node that was read, and what it held by market.
pub(in crate::engine) struct ReadNode {
    pub(in crate::engine) graph: GraphIx,
    pub(in crate::engine) node: Node,
    pub(in crate::engine) held: Vec<(MarketId, Money)>,
}

/// Reads a node without its orders.
pub(in crate::engine) fn read_node(registry: &Registry, row: &[Cell]) -> Result<ReadNode> {
    let cells = &mut Reader::new("graph_nodes", row);
    let (graph, _at) = (GraphIx(cells.next()?), place(cells)?);
    let _name: String = cells.next()?;
    let role = cells.known(&["order", "parent", "slice", "flatten"])?;
    let parent: i64 = cells.next()?;
    let spec = NodeSpec::parse(&cells.next::<String>()?).map_err(|why| unread(cells, &why))?;
    let text: String = cells.next()?;
    let found = registry.resolve(&text);
    let found: Resolved = found.ok_or_else(|| cells.error(format!("unknown symbol {text:?}")))?;
    let kind = registry.symbol(found.symbol).kind;
    let mut node = Node::at_rest(Arc::new(spec), Role::Order, found, kind);
    node.status = cells.next()?;
    node.failure = cells.next()?;
    (node.activated_ns, node.done_ns) = (cells.next()?, cells.next()?);
    (node.barred, node.planned) = (cells.next()?, cells.next()?);
    let mut held = Vec::new();
    if let Some(packed) = cells.packed_or_null()? {
        let cells = &mut Reader::new("graph_nodes.held", &packed);
        while cells.has_more() {
            held.push((MarketId(cells.next()?), cells.next()?));
        }
    }
    let state = cells.packed()?;
    let cells = &mut Reader::new("graph_nodes.state", &state);
    let (slice, offset_ns) = (place(cells)?, cells.next()?);
    (node.reduced, node.owed, node.said) = (cells.next()?, cells.next()?, cells.next()?);
    (node.due_ns, node.priced_ns) = (cells.next()?, cells.next()?);
    (node.version, node.arrival) = (cells.next()?, cells.next()?);
    node.unsent = cells.next()?;
    node.role = match role {
        "parent" => Role::Parent,
        "flatten" => Role::Flatten,
        "slice" => {
            let parent = usize::try_from(parent).map_err(|_none| cells.error("no parent"))?;
            Role::Slice { parent, number: slice, offset_ns }
        }
        _ => Role::Order,
    };
    if node.role == Role::Parent {
        node.pace = Some(Box::new(read_pace(cells, chases(&node.spec))?));
    }
    Ok(ReadNode { graph, node, held })
}

/// True of a parent that keeps the price it chases to.
const fn chases(spec: &NodeSpec) -> bool {
    matches!(spec.execution.pacing, Some(Pacing::Chase { .. }))
}

fn read_pace(cells: &mut Reader<'_>, chases: bool) -> Result<Pace> {
    let mut pace = Pace {
        tick_ns: cells.next()?,
        end_ns: cells.next()?,
        closed: cells.next()?,
        expired: cells.next()?,
        volume: cells.next()?,
        own: cells.next()?,
        ..Pace::default()
    };
    if chases {
        pace.bound = cells.next()?;
    }
    while cells.has_more() {
        pace.shares.push(cells.next::<Quantity>()?);
    }
    Ok(pace)
}

pub(in crate::engine) fn edge_row(id: GraphIx, at: usize, edge: &Edge) -> Row {
    row![
        id.0,
        number(at),
        edge.spec.id.clone(),
        edge.from.map_or(-1, number),
        number(edge.to),
        edge.spec.value().json(),
        edge.fired,
        edge.spent,
        edge.given,
        edge.residual,
        edge.last_fired_ns,
        edge.armed_ns,
        edge.due_ns,
        edge.best,
        edge.version,
    ]
}

/// Reads an edge and whose it is.
pub(in crate::engine) fn read_edge(row: &[Cell]) -> Result<(GraphIx, Edge)> {
    let cells = &mut Reader::new("graph_edges", row);
    let (graph, _at) = (GraphIx(cells.next()?), place(cells)?);
    let _name: String = cells.next()?;
    let from: i64 = cells.next()?;
    let to = place(cells)?;
    let spec = EdgeSpec::parse(&cells.next::<String>()?).map_err(|why| unread(cells, &why))?;
    let edge = Edge {
        spec,
        from: usize::try_from(from).ok(),
        to,
        fired: cells.next()?,
        spent: cells.next()?,
        pending: 0,
        given: cells.next()?,
        residual: cells.next()?,
        last_fired_ns: cells.next()?,
        armed_ns: cells.next()?,
        due_ns: cells.next()?,
        best: cells.next()?,
        version: cells.next()?,
    };
    Ok((graph, edge))
}

fn unread(cells: &Reader<'_>, why: &Refusal) -> RestoreError {
    cells.error(format!("{}: {}", why.field, why.message))
}
