//! Order rows and the answer of a submit.

use std::sync::Arc;

use super::row::{Plain, Row};
use super::{Text, Value, page, page_value};
use crate::engine::portfolio::required::required;
use crate::engine::{Engine, Graph};
use crate::graph::GraphStatus;
use crate::ids::{AccountId, GraphIx, OrderId, Side, VenueId};
use crate::ledger::ReservationId;
use crate::number::{Money, Quantity};
use crate::order::{Cause, Leg, LegState, Order, OrderStatus, average_price};
use crate::reject::Refusal;

/// What a list of orders is narrowed to; `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter<'a> {
    /// Symbol text of any form.
    pub symbol: Option<&'a str>,
    /// One order.
    pub node_order_id: Option<&'a str>,
    /// One graph.
    pub graph_id: Option<&'a str>,
    /// Orders pinned to or routed only to this venue.
    pub venue: Option<VenueId>,
    /// Direction.
    pub side: Option<Side>,
    /// Any of these statuses.
    pub statuses: Option<&'a [OrderStatus]>,
    /// Orders that can still trade.
    pub open_only: bool,
    /// Rows created before this commit number.
    pub before_seq: Option<u64>,
}

impl OrderFilter<'_> {
    /// True when every order passes, or every open one.
    const fn is_empty(&self) -> bool {
        let Self { symbol, node_order_id, graph_id, venue, side, statuses, .. } = self;
        symbol.is_none()
            && node_order_id.is_none()
            && graph_id.is_none()
            && venue.is_none()
            && side.is_none()
            && statuses.is_none()
            && self.before_seq.is_none()
    }
}

/// Where an order row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum View {
    /// As it is now.
    Row,
    /// In the answer of a submit, which a replay repeats byte for byte: without the passing reasons
    /// why it has not filled.
    Answer {
        /// The first answer is given again.
        replayed: bool,
    },
}

impl Engine {
    /// Answer of a submit. A replay shows the order as the first answer did.
    pub fn submit_view(&self, graph: GraphIx, replayed: bool) -> Value {
        match self.desk.graph(graph).order {
            Some(_) => Value::of_row(|row| self.submit_row(graph, replayed, row)),
            None => self.run_submit_view(graph, replayed),
        }
    }

    /// The same as JSON text.
    pub fn submit_text(&self, graph: GraphIx, replayed: bool) -> String {
        match self.desk.graph(graph).order {
            Some(_) => {
                Text::default().of_row(|row| self.submit_row(graph, replayed, row)).to_owned()
            }
            None => self.run_submit_view(graph, replayed).json(),
        }
    }

    /// Id and symbol of the order of a graph of one, while it can still trade.
    pub fn open_order(&self, graph: GraphIx) -> Option<(String, Arc<str>)> {
        let order = self.desk.order(self.desk.graph(graph).order?);
        let spec = &order.spec;
        let symbol = || self.registry.symbol(spec.symbol).canonical(spec.outcome).clone();
        (!order.status.is_terminal()).then(|| (self.node_order_id(order), symbol()))
    }

    fn submit_row(&self, graph: GraphIx, replayed: bool, row: &mut impl Row) {
        let graph = self.desk.graph(graph);
        let now = graph.order.map(|order| self.desk.order(order));
        let first = graph.first_answer.as_deref().filter(|_| replayed);
        let Some(order) = first.or(now) else { return };
        row.put("graph_id", format_args!("{}", graph.id));
        row.put("status", GraphStatus::of(order).as_str());
        row.put("node_count", 1i64);
        row.put("edge_count", 0i64);
        row.put("is_sandbox", self.is_sandbox(order.spec.account));
        let view = View::Answer { replayed };
        row.rows("orders", [order], |row, order| self.order_row(order, view, row));
    }

    /// The same for a graph with a shape: the orders that it made so far.
    fn run_submit_view(&self, id: GraphIx, replayed: bool) -> Value {
        let Some(run) = self.graphs.get(id) else { return Value::Null };
        if replayed {
            return Value::Json(run.first_answer.as_ref().to_owned());
        }
        let mut orders: Vec<OrderId> =
            run.nodes.iter().flat_map(|node| node.orders.iter().copied()).collect();
        orders.sort_unstable();
        let row = |id| self.order_view_of(self.desk.order(id), View::Answer { replayed });
        Value::Map(vec![
            ("graph_id", self.desk.graph(id).id.to_string().into()),
            ("status", run.status.as_str().into()),
            ("node_count", super::count(run.nodes.len())),
            ("edge_count", super::count(run.edges.len())),
            ("is_sandbox", self.is_sandbox(run.account).into()),
            ("orders", Value::List(orders.into_iter().map(row).collect())),
        ])
    }

    /// One order by id.
    pub fn order_by_id(&self, account: AccountId, id: &str) -> Result<Value, Refusal> {
        match self.find_order(account, id) {
            Ok((_, Some(order))) => Ok(self.order_view(order)),
            Ok((graph, None)) => match self.desk.graph(graph).order {
                Some(order) => Ok(self.order_view(order)),
                None => Err(Refusal::not_found(format!("{id:?} is a graph of many orders"))),
            },
            Err(refusal) => Err(refusal),
        }
    }

    /// A page of orders, newest first.
    pub fn orders_view(
        &self,
        account: AccountId,
        filter: &OrderFilter<'_>,
        limit: usize,
        offset: usize,
    ) -> Value {
        let (ids, total) = page(self.matching_orders(account, filter), limit, offset);
        let rows = ids.into_iter().map(|id| self.order_view(id)).collect();
        page_value("orders", rows, total, limit, offset)
    }

    /// Orders of an account that pass a filter, newest first.
    pub fn matching_orders(
        &self,
        account: AccountId,
        filter: &OrderFilter<'_>,
    ) -> impl Iterator<Item = OrderId> {
        let named = |text: Option<&str>| text.map(|id| self.find_order(account, id).ok());
        let (order, graph) = (named(filter.node_order_id), named(filter.graph_id));
        let symbol = filter.symbol.map(|text| self.facts().resolve_text(text));
        let owner = self.desk.account(account);
        // Open ones are few; of all others a filter looks at the heads.
        let all = (!filter.open_only).then(|| owner.orders.iter().rev().copied());
        let open = filter.open_only.then(|| owner.open.keys().rev().copied());
        let newest = all.into_iter().flatten().chain(open.into_iter().flatten());
        let takes_all = filter.is_empty();
        newest.filter(move |id| {
            if takes_all {
                return true;
            }
            let Some(head) = self.desk.order_head(*id) else { return false };
            let in_graph = |found: &Option<Option<(GraphIx, Option<OrderId>)>>| match found {
                None => true,
                Some(None) => false,
                Some(Some((graph, _))) => head.graph == *graph,
            };
            let same_symbol = match symbol {
                None => true,
                Some(None) => false,
                Some(Some(found)) => (found.symbol, found.outcome) == (head.symbol, head.outcome),
            };
            // Where an order went its legs say: they are read back last.
            let goes_to = |venue| match head.pinned {
                Some(pinned) => pinned == venue,
                None => {
                    self.desk.peek_order(*id).and_then(|row| self.venue_of(&row)) == Some(venue)
                }
            };
            in_graph(&order)
                && in_graph(&graph)
                && same_symbol
                && filter.side.is_none_or(|side| head.side == side)
                && filter.statuses.is_none_or(|statuses| statuses.contains(&head.status))
                && filter.before_seq.is_none_or(|seq| head.created_seq < seq)
                && filter.venue.is_none_or(goes_to)
        })
    }

    /// One order row.
    pub fn order_view(&self, id: OrderId) -> Value {
        self.order_view_of(self.desk.order(id), View::Row)
    }

    /// The pinned venue, or the one venue of all legs.
    pub(in crate::engine) fn venue_of(&self, order: &Order) -> Option<VenueId> {
        let mut venues = order.legs.iter().map(|leg| self.registry.market(leg.market).venue);
        let first = venues.next();
        order.spec.pinned.or_else(|| first.filter(|venue| venues.all(|other| other == *venue)))
    }

    /// Text of an order's id.
    pub fn node_order_id(&self, order: &Order) -> String {
        self.desk.name_of(&order.spec).to_string()
    }

    fn order_view_of(&self, order: &Order, view: View) -> Value {
        Value::of_row(|row| self.order_row(order, view, row))
    }

    /// Writes the row of an order.
    pub(in crate::engine) fn order_row(&self, order: &Order, view: View, row: &mut impl Row) {
        let (spec, graph) = (&order.spec, self.desk.graph(order.spec.graph));
        self.asked_keys(order, graph, row);
        self.state_keys(order, view, row);
        row.map("constraints", |row| {
            row.put("max_price_1e9", order.limit);
            row.put("urgency", spec.urgency.as_str());
            row.put("horizon_ms", spec.horizon_ms);
            row.put("participation_limit_bps", Plain::Null);
        });
        row.rows("legs", order.legs.iter(), |row, leg| self.leg_row(leg, !spec.is_market, row));
        row.put("version", order.version);
        row.put("event_seq", order.event_seq);
        match view {
            View::Row => self.not_filled_key("evidence", order, row),
            View::Answer { .. } => row.put("evidence", Plain::Null),
        }
        row.put("is_sandbox", self.is_sandbox(spec.account));
        row.put("created_unix_ns", spec.created_ns);
        row.put("updated_unix_ns", order.updated_ns);
        row.put("created_seq", order.created_seq);
        row.put("tag", graph.tag().as_ref());
        row.put("ack_ns", if view == View::Row { self.ack_ns(order) } else { None });
    }

    /// What was asked for.
    fn asked_keys(&self, order: &Order, graph: &Graph, row: &mut impl Row) {
        let spec = &order.spec;
        row.put("node_order_id", format_args!("{}", self.desk.name_of(&order.spec)));
        row.put("graph_id", format_args!("{}", graph.id));
        row.put("node_id", &spec.node_id);
        row.put("seq", spec.seq);
        row.put("symbol", self.registry.symbol(spec.symbol).canonical(spec.outcome));
        row.put("side", spec.side.as_str());
        row.put("venue", self.venue_of(order).map(VenueId::as_str));
        row.put("instrument_type", spec.kind.as_str());
        row.put("order_type", if spec.is_market { "market" } else { "limit" });
        row.put("limit_price_1e9", order.limit_in_force());
        row.put("tif", spec.tif.as_str());
        row.put("policy", spec.policy.as_str());
        row.put("urgency", spec.urgency.as_str());
        row.put("max_slippage_bps", spec.max_slippage_bps);
        row.put("horizon_ms", spec.horizon_ms);
    }

    /// What became of it so far.
    fn state_keys(&self, order: &Order, view: View, row: &mut impl Row) {
        let reject = order.reject.map(crate::reject::RejectReason::as_str);
        let done = order.done.map(crate::reject::DoneReason::as_str).or(reject);
        let rejected = order.status == OrderStatus::Rejected;
        row.put("qty_1e8", order.qty);
        row.put("filled_qty_1e8", order.filled);
        row.put("remaining_qty_1e8", order.remaining());
        row.put("notional_usd_1e9", order.spec.notional_usd);
        row.put("avg_price_1e9", order.avg_price());
        row.put("filled_notional_usd_1e9", order.notional_usd);
        row.put("fees_usd_1e9", order.fees_usd);
        if order.status.is_terminal() {
            row.put("reserved", Plain::Null);
        } else {
            self.reserved_key(order, view == (View::Answer { replayed: true }), row);
        }
        row.put("status", order.status.as_str());
        row.put("failure_reason", reject.filter(|_| rejected));
        row.put("failure_message", order.message.as_ref());
        row.put("done_reason", done.filter(|_| order.status.is_terminal()));
    }

    fn leg_row(&self, leg: &Leg, limited: bool, row: &mut impl Row) {
        let Cause { reject, message, done } = &leg.cause;
        let reject = reject.map(crate::reject::RejectReason::as_str);
        let rejected = leg.status == OrderStatus::Rejected;
        row.put("venue", self.registry.market(leg.market).venue.as_str());
        row.put("qty_1e8", leg.known().0);
        row.put("filled_qty_1e8", leg.filled);
        row.put("avg_price_1e9", average_price(leg.fees.exact(), leg.filled));
        row.put("status", leg.status.as_str());
        row.put("limit_price_1e9", limited.then_some(leg.known().1));
        row.put("failure_reason", reject.filter(|_| rejected));
        row.put("failure_message", message.as_ref());
        row.put("done_reason", done.map(crate::reject::DoneReason::as_str).or(reject));
    }

    /// From sending to the first answer of a venue, as it was drawn; `None` while none is here, where
    /// nothing travels, and of a real venue, whose answers carry no such time.
    fn ack_ns(&self, order: &Order) -> Option<i64> {
        let id = self.id_of(order)?;
        let times = order.legs.iter().enumerate().filter_map(|(at, leg)| {
            let transit = &self.venue_leg(id, at).transit;
            let heard = leg.state != LegState::InFlight && transit.submit_ns > 0;
            let took_ns = transit.arrive_ns.saturating_add(transit.response_ns) - transit.submit_ns;
            (heard && took_ns > 0).then_some(took_ns)
        });
        times.min()
    }

    /// Current reservations. A replayed answer shows what was held then: that of its open legs.
    fn reserved_key(&self, order: &Order, replayed: bool, row: &mut impl Row) {
        let held = order.legs.iter().filter_map(|leg| {
            let id: ReservationId = leg.reservation?;
            let terms = self.registry.market(leg.market);
            let amount = if replayed {
                required(order.spec.side, terms, leg).ok()?
            } else {
                self.portfolio.ledger().reserved(id).ok()?
            };
            let funded_by_cash =
                order.spec.kind == crate::ids::InstrumentKind::Perp || order.spec.side == Side::Buy;
            let asset = if funded_by_cash { terms.settle } else { terms.held(order.spec.outcome) };
            Some((asset, amount, terms.venue))
        });
        row.rows("reserved", held, |row, (asset, amount, venue)| {
            row.put("asset", &self.registry.asset_row(asset).code);
            row.put("qty_1e8", locked_units(amount));
            row.put("venue", venue.as_str());
        });
    }
}

/// Whole wire units that cover an amount: what is locked is never understated.
fn locked_units(amount: Money) -> Quantity {
    let up = Money(amount.0.saturating_add(9));
    up.to_quantity_floor().unwrap_or(Quantity(i64::MAX))
}
