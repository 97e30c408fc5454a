//! Graph objects and the answers of cancels.

use super::Value;
use crate::engine::graph::run::Run;
use crate::engine::{Engine, Graph, Reply};
use crate::graph::GraphStatus;
use crate::ids::{AccountId, GraphIx};
use crate::order::{Order, OrderStatus};
use crate::reject::Refusal;

impl Engine {
    /// A graph by its id or that of one of its orders.
    pub fn graph_by_id(&self, account: AccountId, id: &str) -> Result<Value, Refusal> {
        self.find_order(account, id).map(|(graph, _)| self.graph_view(graph))
    }

    /// One graph object. `metadata` is the client's JSON text, to be parsed by whoever shows it.
    pub fn graph_view(&self, id: GraphIx) -> Value {
        let graph = self.desk.graph(id);
        let Some(order) = graph.order else {
            return self.graphs.get(id).map_or(Value::Null, |run| self.run_view(id, run));
        };
        self.plain_graph_view(graph, self.desk.order(order))
    }

    /// The graph of one order, as that order is given.
    pub(super) fn plain_graph_view(&self, graph: &Graph, order: &Order) -> Value {
        Value::Map(vec![
            ("graph_id", graph.id.to_string().into()),
            ("status", GraphStatus::of(order).as_str().into()),
            ("status_reason", Value::Null),
            ("is_sandbox", self.is_sandbox(order.spec.account)),
            ("node_count", 1i64.into()),
            ("edge_count", 0i64.into()),
            ("nodes", Value::List(vec![self.node_view(order)])),
            ("edges", Value::List(Vec::new())),
            ("risk", super::controls::risk_view(graph.risk())),
            ("pnl_usd_1e9", self.graph_pnl(order).into()),
            ("fees_usd_1e9", Value::option(order.fees_usd)),
            ("metadata", graph.metadata.clone().into()),
            ("created_unix_ns", order.spec.created_ns.into()),
            ("updated_unix_ns", order.updated_ns.into()),
        ])
    }

    pub(super) fn node_view(&self, order: &Order) -> Value {
        let spec = &order.spec;
        let symbol = self.registry.symbol(spec.symbol).canonical(spec.outcome).clone();
        let order_type = match order.limit {
            None => "market".into(),
            Some(price) => {
                Value::Map(vec![("limit", Value::Map(vec![("price_1e9", price.into())]))])
            }
        };
        let (sizing, size) = match spec.notional_usd {
            Some(usd) => ("notional", Value::Map(vec![("usd_1e9", usd.into())])),
            None => ("fixed", Value::Map(vec![("qty_1e8", order.qty.into())])),
        };
        let done = order.status.is_terminal().then_some(order.updated_ns);
        Value::Map(vec![
            ("node_id", spec.node_id.clone().into()),
            ("kind", "order".into()),
            ("parent_node", Value::Null),
            (
                "instrument",
                Value::Map(vec![
                    ("symbol", symbol.into()),
                    ("type", spec.kind.as_str().into()),
                    ("venue", Value::option(spec.pinned.map(crate::ids::VenueId::as_str))),
                ]),
            ),
            ("side", spec.side.as_str().into()),
            ("order_type", order_type),
            ("quantity", Value::Map(vec![(sizing, size)])),
            ("execution", execution_view(order)),
            ("activation", "root".into()),
            ("join", "any".into()),
            ("status", node_status(order.status).into()),
            ("activations", 1i64.into()),
            ("qty_1e8", order.qty.into()),
            ("filled_qty_1e8", order.filled.into()),
            ("avg_price_1e9", Value::option(order.avg_price())),
            ("fees_usd_1e9", Value::option(order.fees_usd)),
            (
                "failure_reason",
                Value::option(order.reject.map(crate::reject::RejectReason::as_str)),
            ),
            ("node_order_ids", Value::List(vec![self.node_order_id(order).into()])),
            ("activated_unix_ns", spec.created_ns.into()),
            ("done_unix_ns", Value::option(done)),
        ])
    }

    /// Marked P&L of the graph's fills, without fees.
    fn graph_pnl(&self, order: &Order) -> i128 {
        let spec = &order.spec;
        let nbbo = self.nbbo(spec.symbol);
        let Some(mid) = nbbo.mid() else { return 0 };
        let mark = crate::order::book_price(mid, spec.outcome);
        let value = crate::number::exact_notional(mark, order.filled);
        let gain = match spec.side {
            crate::ids::Side::Buy => value - order.exact,
            crate::ids::Side::Sell => order.exact - value,
        };
        gain / crate::number::EXACT_PER_MONEY
    }

    /// Answer of an order cancel.
    pub fn order_cancel_view(&self, reply: &Reply) -> Value {
        let Reply::Cancelled { graph, order, already_terminal, .. } = reply else {
            return Value::Null;
        };
        let Some(one) = order.or(self.desk.graph(*graph).order) else {
            return self.run_cancel_view(*graph, *already_terminal);
        };
        let row = self.desk.order(one);
        let status = match order {
            Some(_) => row.status.as_str(),
            None => GraphStatus::of(row).as_str(),
        };
        Value::Map(vec![
            ("node_order_id", Value::option(order.map(|_| self.node_order_id(row)))),
            ("graph_id", self.desk.graph(*graph).id.to_string().into()),
            ("status", status.into()),
            ("filled_qty_1e8", row.filled.into()),
            ("already_terminal", (*already_terminal).into()),
            ("pending", (!row.status.is_terminal()).into()),
            ("exchange_ns", Value::option(row.status.is_terminal().then_some(row.updated_ns))),
        ])
    }

    /// Answer of a graph cancel.
    pub fn graph_cancel_view(&self, reply: &Reply) -> Value {
        let Reply::Cancelled { graph, ended, already_terminal, .. } = reply else {
            return Value::Null;
        };
        let status = self.graph_status(*graph);
        let ended = ended.iter().map(|id| self.node_order_id(self.desk.order(*id)).into());
        Value::Map(vec![
            ("graph_id", self.desk.graph(*graph).id.to_string().into()),
            ("status", status.as_str().into()),
            ("cancelled_orders", Value::List(ended.collect())),
            ("already_terminal", (*already_terminal).into()),
            ("pending", (!status.is_terminal()).into()),
        ])
    }

    /// The same for a graph with a shape that was named among orders.
    fn run_cancel_view(&self, graph: GraphIx, already_terminal: bool) -> Value {
        let status = self.graph_status(graph);
        let own = |run: &Run| {
            let nodes = run.nodes.iter().enumerate().filter(|(_, node)| node.pace.is_none());
            nodes.map(|(at, _)| run.sums_of(&self.desk, at).filled).sum::<i128>()
        };
        Value::Map(vec![
            ("node_order_id", Value::Null),
            ("graph_id", self.desk.graph(graph).id.to_string().into()),
            ("status", status.as_str().into()),
            ("filled_qty_1e8", self.graphs.get(graph).map_or(0, own).into()),
            ("already_terminal", already_terminal.into()),
            ("pending", (!status.is_terminal()).into()),
        ])
    }
}

const fn node_status(status: OrderStatus) -> &'static str {
    if status.is_terminal() { status.as_str() } else { "WORKING" }
}

fn execution_view(order: &Order) -> Value {
    let spec = &order.spec;
    Value::Map(vec![
        ("policy", spec.policy.as_str().into()),
        ("urgency", spec.urgency.as_str().into()),
        ("max_slippage_bps", Value::option(spec.max_slippage_bps)),
        ("horizon_ms", Value::option(spec.horizon_ms)),
        ("tif", spec.tif.as_str().into()),
        ("reduce_only", spec.reduce_only.into()),
        ("pacing", Value::Null),
    ])
}
