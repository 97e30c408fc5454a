//! Graph objects and the answers of cancels.

use super::Value;
use super::row::{Plain, Row, Tree};
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
    fn plain_graph_view(&self, graph: &Graph, order: &Order) -> Value {
        Value::of_row(|tree| {
            let parts = |tree: &mut Tree| {
                tree.rows("nodes", [order], |row, order| self.node_row(order, row));
                tree.value("edges", Value::List(Vec::new()));
                tree.value("risk", super::controls::risk_view(graph.risk()));
            };
            self.graph_keys(order, Plain::Text(&graph.metadata), parts, tree);
        })
    }

    /// Writes the same without its parts.
    pub(in crate::engine) fn graph_row(&self, order: &Order, row: &mut impl Row) {
        let metadata = &self.desk.graph(order.spec.graph).metadata;
        self.graph_keys(order, Plain::Json(metadata), |_| {}, row);
    }

    fn graph_keys<R: Row>(
        &self,
        order: &Order,
        metadata: Plain<'_>,
        parts: impl FnOnce(&mut R),
        row: &mut R,
    ) {
        row.put("graph_id", format_args!("{}", self.desk.graph(order.spec.graph).id));
        row.put("status", GraphStatus::of(order).as_str());
        row.put("status_reason", Plain::Null);
        row.put("is_sandbox", self.is_sandbox(order.spec.account));
        row.put("node_count", 1i64);
        row.put("edge_count", 0i64);
        parts(row);
        row.put("pnl_usd_1e9", self.graph_pnl(order));
        row.put("fees_usd_1e9", order.fees_usd);
        row.put("metadata", metadata);
        row.put("created_unix_ns", order.spec.created_ns);
        row.put("updated_unix_ns", order.updated_ns);
    }

    pub(super) fn node_view(&self, order: &Order) -> Value {
        Value::of_row(|row| self.node_row(order, row))
    }

    fn node_row(&self, order: &Order, row: &mut impl Row) {
        let spec = &order.spec;
        row.put("node_id", &spec.node_id);
        row.put("kind", "order");
        row.put("parent_node", Plain::Null);
        row.map("instrument", |row| {
            row.put("symbol", self.registry.symbol(spec.symbol).canonical(spec.outcome));
            row.put("type", spec.kind.as_str());
            row.put("venue", spec.pinned.map(crate::ids::VenueId::as_str));
        });
        row.put("side", spec.side.as_str());
        match order.limit {
            None => row.put("order_type", "market"),
            Some(price) => row.map("order_type", |row| {
                row.map("limit", |row| row.put("price_1e9", price));
            }),
        }
        row.map("quantity", |row| match spec.notional_usd {
            Some(usd) => row.map("notional", |row| row.put("usd_1e9", usd)),
            None => row.map("fixed", |row| row.put("qty_1e8", order.qty)),
        });
        row.map("execution", |row| execution_keys(order, row));
        row.put("activation", "root");
        row.put("join", "any");
        row.put("status", node_status(order.status));
        row.put("activations", 1i64);
        row.put("qty_1e8", order.qty);
        row.put("filled_qty_1e8", order.filled);
        row.put("avg_price_1e9", order.avg_price());
        row.put("fees_usd_1e9", order.fees_usd);
        row.put("failure_reason", order.reject.map(crate::reject::RejectReason::as_str));
        row.list("node_order_ids", [format_args!("{}", self.desk.name_of(&order.spec))]);
        row.put("activated_unix_ns", spec.created_ns);
        row.put("done_unix_ns", order.status.is_terminal().then_some(order.updated_ns));
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

fn execution_keys(order: &Order, row: &mut impl Row) {
    let spec = &order.spec;
    row.put("policy", spec.policy.as_str());
    row.put("urgency", spec.urgency.as_str());
    row.put("max_slippage_bps", spec.max_slippage_bps);
    row.put("horizon_ms", spec.horizon_ms);
    row.put("tif", spec.tif.as_str());
    row.put("reduce_only", spec.reduce_only);
    row.put("pacing", Plain::Null);
}
