//! Order rows and the answer of a submit.

use super::{Value, page, page_value};
use crate::engine::Engine;
use crate::engine::portfolio::required::required;
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
        let row = self.desk.graph(graph);
        let Some(order) = row.order else { return self.run_submit_view(graph, replayed) };
        let now = self.desk.order(order);
        let order = match (&row.first_answer, replayed) {
            (Some(first), true) => first,
            _ => now,
        };
        Value::Map(vec![
            ("graph_id", row.id.to_string().into()),
            ("status", GraphStatus::of(order).as_str().into()),
            ("node_count", 1i64.into()),
            ("edge_count", 0i64.into()),
            ("is_sandbox", self.is_sandbox(order.spec.account)),
            ("orders", Value::List(vec![self.order_view_of(order, View::Answer { replayed })])),
        ])
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
            ("is_sandbox", self.is_sandbox(run.account)),
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
        self.desk.name_of(&order.spec)
    }

    pub(in crate::engine) fn order_view_of(&self, order: &Order, view: View) -> Value {
        let replayed = matches!(view, View::Answer { replayed: true });
        let spec = &order.spec;
        let symbol = self.registry.symbol(spec.symbol).canonical(spec.outcome);
        let reject = order.reject.map(crate::reject::RejectReason::as_str);
        let done = order.done.map(crate::reject::DoneReason::as_str).or(reject);
        let urgency: Value = spec.urgency.as_str().into();
        let horizon = Value::option(spec.horizon_ms);
        let rejected = order.status == OrderStatus::Rejected;
        let order_type = if spec.is_market { "market" } else { "limit" };
        let is_open = !order.status.is_terminal();
        let legs = order.legs.iter().map(|leg| self.leg_view(leg, !spec.is_market));
        Value::Map(vec![
            ("node_order_id", self.node_order_id(order).into()),
            ("graph_id", self.desk.graph(spec.graph).id.to_string().into()),
            ("node_id", spec.node_id.clone().into()),
            ("seq", spec.seq.into()),
            ("symbol", symbol.clone().into()),
            ("side", spec.side.as_str().into()),
            ("venue", Value::option(self.venue_of(order).map(VenueId::as_str))),
            ("instrument_type", spec.kind.as_str().into()),
            ("order_type", order_type.into()),
            ("limit_price_1e9", Value::option(order.limit_in_force())),
            ("tif", spec.tif.as_str().into()),
            ("policy", spec.policy.as_str().into()),
            ("urgency", urgency.clone()),
            ("max_slippage_bps", Value::option(spec.max_slippage_bps)),
            ("horizon_ms", horizon.clone()),
            ("qty_1e8", order.qty.into()),
            ("filled_qty_1e8", order.filled.into()),
            ("remaining_qty_1e8", order.remaining().into()),
            ("notional_usd_1e9", Value::option(spec.notional_usd)),
            ("avg_price_1e9", Value::option(order.avg_price())),
            ("filled_notional_usd_1e9", Value::option(order.notional_usd)),
            ("fees_usd_1e9", Value::option(order.fees_usd)),
            ("reserved", if is_open { self.reserved_view(order, replayed) } else { Value::Null }),
            ("status", order.status.as_str().into()),
            ("failure_reason", Value::option(reject.filter(|_| rejected))),
            ("failure_message", Value::option(order.message.clone())),
            ("done_reason", if is_open { Value::Null } else { Value::option(done) }),
            (
                "constraints",
                Value::Map(vec![
                    ("max_price_1e9", Value::option(order.limit)),
                    ("urgency", urgency),
                    ("horizon_ms", horizon),
                    ("participation_limit_bps", Value::Null),
                ]),
            ),
            ("legs", Value::List(legs.collect())),
            ("version", order.version.into()),
            ("event_seq", order.event_seq.into()),
            (
                "evidence",
                match view {
                    View::Row => self.not_filled_view(order),
                    View::Answer { .. } => Value::Null,
                },
            ),
            ("is_sandbox", self.is_sandbox(spec.account)),
            ("created_unix_ns", spec.created_ns.into()),
            ("updated_unix_ns", order.updated_ns.into()),
            ("created_seq", order.created_seq.into()),
            ("tag", Value::option(self.desk.graph(spec.graph).tag())),
            (
                "ack_ns",
                match view {
                    View::Row => Value::option(self.ack_ns(order)),
                    View::Answer { .. } => Value::Null,
                },
            ),
        ])
    }

    fn leg_view(&self, leg: &Leg, limited: bool) -> Value {
        let Cause { reject, message, done } = &leg.cause;
        let reject = reject.map(crate::reject::RejectReason::as_str);
        let rejected = leg.status == OrderStatus::Rejected;
        let done = done.map(crate::reject::DoneReason::as_str).or(reject);
        Value::Map(vec![
            ("venue", self.registry.market(leg.market).venue.as_str().into()),
            ("qty_1e8", leg.known().0.into()),
            ("filled_qty_1e8", leg.filled.into()),
            ("avg_price_1e9", Value::option(average_price(leg.fees.exact(), leg.filled))),
            ("status", leg.status.as_str().into()),
            ("limit_price_1e9", Value::option(limited.then_some(leg.known().1))),
            ("failure_reason", Value::option(reject.filter(|_| rejected))),
            ("failure_message", Value::option(message.clone())),
            ("done_reason", Value::option(done)),
        ])
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
    fn reserved_view(&self, order: &Order, replayed: bool) -> Value {
        let rows = order.legs.iter().filter_map(|leg| {
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
            Some(Value::Map(vec![
                ("asset", self.registry.asset_row(asset).code.clone().into()),
                ("qty_1e8", locked_units(amount).into()),
                ("venue", terms.venue.as_str().into()),
            ]))
        });
        Value::List(rows.collect())
    }
}

/// Whole wire units that cover an amount: what is locked is never understated.
fn locked_units(amount: Money) -> Quantity {
    let up = Money(amount.0.saturating_add(9));
    up.to_quantity_floor().unwrap_or(Quantity(i64::MAX))
}
