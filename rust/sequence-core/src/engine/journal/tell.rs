//! What was noted becomes rows: of an order as it was, with what else is true of it now.

use super::outbox::{Note, Outbox, Topic};
use crate::engine::view::{Text, Value, View};
use crate::engine::{Engine, GraphStatus};
use crate::event::EventKind;
use crate::ids::{AccountId, OrderId};
use crate::order::{Order, OrderStatus};

/// Makes frames: everything to read, the outbox to write.
pub(in crate::engine) struct Teller<'a> {
    pub(in crate::engine) engine: &'a Engine,
    pub(in crate::engine) outbox: &'a mut Outbox,
}

impl Teller<'_> {
    /// Makes rows of what was noted.
    pub(in crate::engine) fn tell_noted(&mut self) {
        for (ts_ns, note) in std::mem::take(&mut self.outbox.noted) {
            match note {
                Note::Order(id, order) => self.tell_order(ts_ns, id, &order),
                Note::Route(order) => {
                    let row = |row: &mut Text| self.engine.routing_row(&order, row);
                    self.outbox.push(order.spec.account, Topic::Routing, ts_ns, row);
                }
                Note::Fill(id) => {
                    let order = self.engine.fill(id).order;
                    let account = self.engine.order(order).spec.account;
                    let row = |row: &mut Text| self.engine.fill_row(id, row);
                    self.outbox.push(account, Topic::Fills, ts_ns, row);
                }
            }
        }
    }

    fn tell_order(&mut self, ts_ns: i64, id: OrderId, order: &Order) {
        let (engine, outbox) = (self.engine, &mut *self.outbox);
        let (account, graph) = (order.spec.account, order.spec.graph);
        // Nothing is true of it later that is not true now.
        let is_final = order.status.is_terminal() && order == engine.order(id);
        // A graph with a shape tells its own status.
        let is_plain = engine.desk.find_graph(graph).is_some_and(|graph| graph.order.is_some());
        let row = |row: &mut Text| engine.order_row(order, View::Row, row);
        let at = outbox.push(account, Topic::Orders, ts_ns, row);
        if is_final {
            outbox.changed.remove(&id);
        } else {
            outbox.changed.insert(id, at);
        }
        let status = GraphStatus::of(order);
        if !is_plain || outbox.graphs.get(&graph) == Some(&status) {
            return;
        }
        if status.is_terminal() {
            outbox.graphs.remove(&graph);
        } else {
            outbox.graphs.insert(graph, status);
        }
        outbox.push(account, Topic::Graphs, ts_ns, |row| engine.graph_row(order, row));
    }

    /// Brings the newest frame of each changed order up to its row as it is now.
    pub(in crate::engine) fn finish_rows(&mut self, only: Option<AccountId>) {
        let all = std::mem::take(&mut self.outbox.changed);
        let (now, later) = all.into_iter().partition(|(id, _)| {
            only.is_none_or(|account| self.engine.order(*id).spec.account == account)
        });
        self.outbox.changed = later;
        for (id, at) in now {
            let order = self.engine.order(id);
            let data = self.outbox.written(|row| self.engine.order_row(order, View::Row, row));
            if let Some(frame) = self.outbox.frames.get_mut(at) {
                frame.data = data;
            }
        }
    }

    /// Alerts come from the event log: what happened is told once, wherever it happened. Only why
    /// a graph was stopped its log does not hold.
    pub(in crate::engine) fn tell_alerts(&mut self) {
        let log = self.engine.log();
        for event in log.since(self.outbox.seen_seq) {
            if let Some(data) = self.alert(&event.kind) {
                let data = data.json().into();
                self.outbox.push_text(event.account, Topic::Alert, event.ts_ns, data);
            }
        }
        self.outbox.seen_seq = log.last_seq();
    }

    fn alert(&self, event: &EventKind) -> Option<Value> {
        match *event {
            EventKind::KillSwitchSet { mode, engaged: true } => {
                let text = format!("the kill switch of mode {} is engaged", mode.as_str());
                Some(alert("kill_switch_engaged", "critical", text))
            }
            EventKind::KillSwitchSet { mode, engaged: false } => {
                let text = format!("the kill switch of mode {} is cleared", mode.as_str());
                Some(alert("kill_switch_cleared", "info", text))
            }
            EventKind::LiquidationStarted { venue, .. } => {
                let text = format!("positions at {} are liquidated", venue.as_str());
                Some(with(alert("liquidation", "critical", text), &[("venue", venue.as_str())]))
            }
            EventKind::OrderChanged { order, status: OrderStatus::Rejected, .. } => {
                Some(self.rejection(order))
            }
            _ => None,
        }
    }

    fn rejection(&self, id: OrderId) -> Value {
        let order = self.engine.order(id);
        let reason = order.reject.map_or("UNKNOWN", crate::reject::RejectReason::as_str);
        let (kind, severity) = match reason {
            "DAILY_LOSS_LIMIT" => ("daily_loss_limit", "critical"),
            _ => ("order_rejected", "warning"),
        };
        let text = match &order.message {
            Some(message) => format!("{reason}: {message}"),
            None => reason.to_owned(),
        };
        let graph = self.engine.graph(order.spec.graph).id.to_string();
        let named = [("node_order_id", self.engine.node_order_id(order)), ("graph_id", graph)];
        with(alert(kind, severity, text), &named.each_ref().map(|(key, id)| (*key, id.as_str())))
    }
}

/// What is told of a graph whose limit was broken, or one of whose nodes was rejected.
pub(in crate::engine) fn breach(graph: &str, why: &str) -> Value {
    with(alert("runtime_breach", "critical", why.to_owned()), &[("graph_id", graph)])
}

fn alert(kind: &'static str, severity: &'static str, message: String) -> Value {
    let mut keys =
        vec![("kind", kind.into()), ("severity", severity.into()), ("message", message.into())];
    keys.extend(["venue", "edge_id", "node_order_id", "graph_id"].map(|key| (key, Value::Null)));
    Value::Map(keys)
}

fn with(alert: Value, named: &[(&str, &str)]) -> Value {
    let Value::Map(keys) = alert else { return alert };
    let filled = keys.into_iter().map(|(key, value)| {
        let found = named.iter().find(|(name, _)| *name == key);
        (key, found.map_or(value, |(_, text)| (*text).to_owned().into()))
    });
    Value::Map(filled.collect())
}
