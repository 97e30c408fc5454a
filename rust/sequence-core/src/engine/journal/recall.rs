//! Orders of before a restart, and ended ones that memory let go of, loaded when somebody asks: whole,
//! or not at all.
//!
//! A row that names what is not there is refused by its number before anything is loaded: what
//! reads it later takes every id for one that exists.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Known, Result};
use crate::engine::desk::Desk;
use crate::engine::desk::reserve::funded_by;
use crate::engine::exchange::Exchange;
use crate::engine::exchange::legs::VenueLeg;
use crate::engine::graph::Graphs;
use crate::engine::portfolio::Portfolio;
use crate::engine::record::{RestoreError, Row, read_fill, read_graph, read_leg, read_order};
use crate::engine::seam::LegRef;
use crate::engine::{Fill, Graph};
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::ledger::ReservationId;
use crate::number::Money;
use crate::order::{Leg, Order};
use crate::registry::Registry;

/// Rows of a graph's own, its nodes and its edges.
#[derive(Debug, Clone, Copy, Default)]
pub struct ShapeRows<'a> {
    /// One per graph.
    pub runs: &'a [Row],
    /// In order, graph by graph.
    pub nodes: &'a [Row],
    /// In order, graph by graph.
    pub edges: &'a [Row],
}

/// Rows that were read and fit together, and what open legs held.
#[derive(Default)]
struct Read {
    orders: BTreeMap<OrderId, Order>,
    held: Vec<(OrderId, usize, Money)>,
    there: Vec<(LegRef, VenueLeg)>,
    graphs: Vec<(GraphIx, AccountId, Graph)>,
    fills: Vec<(FillIx, Fill)>,
}

/// Where orders come back to: the desk has them, the portfolio what they hold, the exchange what
/// venues have of them, and graphs what their nodes are.
pub(in crate::engine) struct Recall<'a> {
    pub(in crate::engine) registry: &'a Registry,
    pub(in crate::engine) desk: &'a mut Desk,
    pub(in crate::engine) portfolio: &'a mut Portfolio,
    pub(in crate::engine) exchange: &'a mut Exchange,
    pub(in crate::engine) graphs: &'a mut Graphs,
}

impl Recall<'_> {
    pub(super) const fn known(&self) -> Known<'_> {
        Known { registry: self.registry, desk: self.desk }
    }

    /// Loads orders with their legs, graphs and fills.
    pub(in crate::engine) fn load(
        &mut self,
        orders: &[Row],
        legs: &[Row],
        graphs: &[Row],
        fills: &[Row],
        shapes: ShapeRows<'_>,
    ) -> Result<()> {
        let mut read = Read::default();
        self.read_orders(orders, legs, &mut read)?;
        self.read_graphs(graphs, &mut read)?;
        self.read_fills(fills, &mut read)?;
        for (id, at, held) in read.held {
            let Some(order) = read.orders.get_mut(&id) else { continue };
            let Some(leg) = order.legs.get(at).cloned() else { continue };
            let adopted = self.adopt(order, &leg, held)?;
            if let Some(leg) = order.legs.get_mut(at) {
                leg.reservation = Some(adopted);
            }
        }
        for (id, account, graph) in read.graphs {
            self.desk.load_graph(id, account, graph);
        }
        for (id, order) in read.orders {
            self.desk.load_order(id, order);
        }
        for (leg, there) in read.there {
            self.exchange.put_back_leg(leg, there);
        }
        for (id, fill) in read.fills {
            self.desk.load_fill(id, fill);
        }
        self.recall_runs(shapes)
    }

    fn read_orders(&self, orders: &[Row], legs: &[Row], read: &mut Read) -> Result<()> {
        for row in orders {
            let (id, order) = read_order(self.registry, row)?;
            self.known().account("orders", order.spec.account)?;
            read.orders.insert(id, order);
        }
        for row in legs {
            let (id, leg, there, held) = read_leg(row)?;
            self.known().market("legs", leg.market)?;
            let Some(order) = read.orders.get_mut(&id) else { continue };
            if let Some(held) = held {
                read.held.push((id, order.legs.len(), held));
            }
            read.there.push(((id, order.legs.len()), there));
            order.legs.push(leg);
        }
        for (id, order) in &read.orders {
            let filled: i128 = order.legs.iter().map(|leg| i128::from(leg.filled.0)).sum();
            if filled != i128::from(order.filled.0) {
                let message = format!("order {} filled {}, its legs {filled}", id.0, order.filled);
                return Err(RestoreError { table: "legs", message });
            }
        }
        Ok(())
    }

    fn read_graphs(&self, graphs: &[Row], read: &mut Read) -> Result<()> {
        for row in graphs {
            let (id, account, graph) = read_graph(row, |order| read.orders.get(&order).cloned())?;
            self.known().account("graphs", account)?;
            let first = graph.first_answer.as_deref();
            for leg in first.map_or(&[][..], |answer| &answer.legs) {
                self.known().market("graphs", leg.market)?;
            }
            read.graphs.push((id, account, graph));
        }
        let known: BTreeSet<GraphIx> = read.graphs.iter().map(|(id, ..)| *id).collect();
        for (id, order) in &read.orders {
            let graph = order.spec.graph;
            if !known.contains(&graph) && self.desk.find_graph(graph).is_none() {
                return Err(missing("graphs", graph.0, "order", id.0));
            }
        }
        Ok(())
    }

    fn read_fills(&self, fills: &[Row], read: &mut Read) -> Result<()> {
        for row in fills {
            let (id, fill) = read_fill(row)?;
            self.known().market("fills", fill.market)?;
            self.known().asset("fills", fill.fee_asset)?;
            if !read.orders.contains_key(&fill.order) && self.desk.find_order(fill.order).is_none()
            {
                return Err(missing("orders", fill.order.0, "fill", id.0));
            }
            read.fills.push((id, fill));
        }
        Ok(())
    }

    fn adopt(&mut self, order: &Order, leg: &Leg, held: Money) -> Result<ReservationId> {
        let (account, venue, asset) = funded_by(self.registry, &order.spec, leg.market);
        let balance = self.portfolio.open_balance(account, venue, asset);
        let adopted = self.portfolio.adopt(balance, held);
        adopted.map_err(|error| RestoreError { table: "legs", message: error.to_string() })
    }
}

fn missing(table: &'static str, number: u32, by: &str, of: u32) -> RestoreError {
    RestoreError { table, message: format!("{number} is missing, {by} {of} belongs to it") }
}
