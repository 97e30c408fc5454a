//! What readers of private streams are told: whole rows, numbered without gaps, in order.
//!
//! Filled only while somebody listens. The desk notes an order as it changes; the conductor has the
//! notes made into rows before anything travels on. What a command changes after that without a new
//! version is added when the frames are taken, so the newest frame of an order is the row that a
//! read returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::journal::Journal;
use crate::engine::view::{Value, View};
use crate::engine::{Account, Engine, GraphStatus};
use crate::event::EventKind;
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::order::{Order, OrderStatus};
use crate::reject::text_enum;

text_enum!(
    /// What a frame is about.
    Topic {
        /// An order row.
        Orders = "orders",
        /// A fill row.
        Fills = "fills",
        /// A graph row.
        Graphs = "graphs",
        /// A change inside a graph.
        GraphsDetail = "graphs.detail",
        /// How an order was split.
        Routing = "routing",
        /// A new epoch began: numbers start again at 1.
        Epoch = "epoch",
        /// Something a person should see.
        Alert = "alert",
    }
);

impl Topic {
    /// Those whose frames are numbered within an epoch.
    pub const NUMBERED: [Self; 5] =
        [Self::Orders, Self::Fills, Self::Graphs, Self::GraphsDetail, Self::Routing];
}

/// One message to the readers of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whose.
    pub account: AccountId,
    /// What about.
    pub topic: Topic,
    /// Number within account, topic and epoch, from 1 without gaps; the epoch itself for
    /// [`Topic::Epoch`].
    pub seq: u64,
    /// Engine time of the change.
    pub ts_ns: i64,
    /// The row, as JSON text: a fraction of what its values take while they wait for a reader.
    pub data: Arc<str>,
}

/// The newest number of each topic that some frames hold; a new epoch begins all of an account anew.
pub fn newest_numbers(frames: &[Frame]) -> BTreeMap<(AccountId, Topic), u64> {
    let mut newest = BTreeMap::new();
    for frame in frames {
        match frame.topic {
            Topic::Alert => {}
            Topic::Epoch => {
                for topic in Topic::NUMBERED {
                    newest.insert((frame.account, topic), 0);
                }
            }
            topic => {
                newest.insert((frame.account, topic), frame.seq);
            }
        }
    }
    newest
}

/// What readers are to be told, and is no row yet: the desk notes it and knows no reader.
#[derive(Debug, Clone)]
enum Note {
    /// An order has a new version: this one.
    Order(OrderId, Box<Order>),
    /// It was routed and its legs are reserved.
    Route(Box<Order>),
    /// A fill was booked.
    Fill(FillIx),
}

/// Frames that were not taken yet.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Outbox {
    frames: Vec<Frame>,
    /// What becomes a frame before anything else does, and when it was noted.
    noted: Vec<(i64, Note)>,
    seqs: BTreeMap<(AccountId, Topic), u64>,
    /// Where numbers start for accounts that had traded before anybody listened.
    bases: BTreeMap<AccountId, u64>,
    /// Where numbers go on that a process before this one gave.
    resumed: BTreeMap<(AccountId, Topic), u64>,
    /// Frame of the newest row of each order that changed since the last take.
    changed: BTreeMap<OrderId, usize>,
    graphs: BTreeMap<GraphIx, GraphStatus>,
    /// Newest event that alerts were made of.
    seen_seq: u64,
}

impl Outbox {
    fn push(&mut self, account: AccountId, topic: Topic, ts_ns: i64, data: &Value) -> usize {
        let base = self.base(account, topic);
        let seq = self.seqs.entry((account, topic)).or_insert(base);
        *seq += 1;
        let data = data.json().into();
        self.frames.push(Frame { account, topic, seq: *seq, ts_ns, data });
        self.frames.len() - 1
    }

    fn base(&self, account: AccountId, topic: Topic) -> u64 {
        let resumed = self.resumed.get(&(account, topic)).or_else(|| self.bases.get(&account));
        resumed.copied().unwrap_or_default()
    }

    /// Forgets which graphs readers know, and starts with these.
    pub(in crate::engine) fn follow(&mut self, graphs: BTreeMap<GraphIx, GraphStatus>) {
        self.graphs = graphs;
    }
}

impl Journal {
    /// An order has a new version.
    #[inline]
    pub(in crate::engine) fn note_order(&mut self, now_ns: i64, id: OrderId, order: &Order) {
        self.note(now_ns, || Note::Order(id, Box::new(order.clone())));
    }

    /// An order was routed and its legs are reserved.
    #[inline]
    pub(in crate::engine) fn note_route(&mut self, now_ns: i64, order: &Order) {
        self.note(now_ns, || Note::Route(Box::new(order.clone())));
    }

    /// A fill was booked.
    #[inline]
    pub(in crate::engine) fn note_fill(&mut self, now_ns: i64, fill: FillIx) {
        self.note(now_ns, || Note::Fill(fill));
    }

    fn note(&mut self, now_ns: i64, note: impl FnOnce() -> Note) {
        if let Some(outbox) = &mut self.outbox {
            outbox.noted.push((now_ns, note()));
        }
    }
}

impl Engine {
    /// Starts or stops to keep frames.
    ///
    /// Numbers of an account that has traded already start above its newest commit number, which is
    /// above every number it was ever given: a reader that resumes sees a gap, never a repeat.
    pub fn listen(&mut self, enabled: bool) {
        if enabled == self.journal.outbox.is_some() {
            return;
        }
        let last_seq = self.journal.log.last_seq();
        // Orders that ended before a restart are not in memory, so a kept account counts as one.
        let kept = self.journal.is_kept();
        let has_past = |row: &Account| row.epoch > 0 && (kept || !row.orders.is_empty());
        let with_past = self.desk.accounts().filter(|(_, row)| has_past(row));
        let bases = with_past.map(|(id, _)| (id, last_seq)).collect();
        let outbox = Outbox { bases, seen_seq: last_seq, ..Outbox::default() };
        self.journal.outbox = enabled.then(|| Box::new(outbox));
    }

    /// True while frames are kept.
    pub const fn is_heard(&self) -> bool {
        self.journal.outbox.is_some()
    }

    /// The number that the first frame of a topic of an account follows.
    pub fn frame_base(&self, account: AccountId, topic: Topic) -> u64 {
        let outbox = self.journal.outbox.as_deref();
        outbox.map(|outbox| outbox.base(account, topic)).unwrap_or_default()
    }

    /// Keeps frames from now on, numbered after those that were told of everything so far.
    pub fn resume_frames(&mut self, told: impl IntoIterator<Item = (AccountId, Topic, u64)>) {
        self.listen(true);
        if let Some(outbox) = self.journal.outbox.as_deref_mut() {
            outbox.resumed = told.into_iter().map(|(id, topic, seq)| ((id, topic), seq)).collect();
        }
    }

    /// Frames since the last take, in order.
    pub fn take_frames(&mut self) -> Vec<Frame> {
        self.settle_frames();
        self.journal
            .outbox
            .as_deref_mut()
            .map(|outbox| std::mem::take(&mut outbox.frames))
            .unwrap_or_default()
    }

    /// Brings rows and alerts up to the present, as a take would; how many frames wait for one.
    pub fn settle_frames(&mut self) -> usize {
        self.tell_readers();
        self.finish_rows(None);
        self.publish_alerts();
        self.journal.outbox.as_deref().map_or(0, |outbox| outbox.frames.len())
    }

    /// Makes rows of what was noted: of an order as it was, with what else is true of it now.
    pub(in crate::engine) fn tell_readers(&mut self) {
        let noted = match self.journal.outbox.as_deref_mut() {
            Some(outbox) if !outbox.noted.is_empty() => std::mem::take(&mut outbox.noted),
            _ => return,
        };
        for (ts_ns, note) in noted {
            match note {
                Note::Order(id, order) => self.tell_order(ts_ns, id, &order),
                Note::Route(order) => {
                    let row = self.routing_view(&order);
                    self.push_frame(order.spec.account, Topic::Routing, ts_ns, &row);
                }
                Note::Fill(id) => {
                    let account = self.desk.order(self.desk.fill(id).order).spec.account;
                    let row = self.fill_view(id);
                    self.push_frame(account, Topic::Fills, ts_ns, &row);
                }
            }
        }
    }

    fn tell_order(&mut self, ts_ns: i64, id: OrderId, order: &Order) {
        let (account, graph) = (order.spec.account, order.spec.graph);
        let row = self.order_view_of(order, View::Row);
        // Nothing is true of it later that is not true now.
        let is_final = order.status.is_terminal() && order == self.desk.order(id);
        // A graph with a shape tells its own status.
        let is_plain = self.desk.find_graph(graph).is_some_and(|graph| graph.order.is_some());
        let Some(outbox) = self.journal.outbox.as_deref_mut() else { return };
        let at = outbox.push(account, Topic::Orders, ts_ns, &row);
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
        let row = self.plain_row_view(order);
        self.push_frame(account, Topic::Graphs, ts_ns, &row);
    }

    /// An epoch began: what was said so far stands, the next number is 1.
    pub(in crate::engine) fn publish_epoch(&mut self, account: AccountId, epoch: u32) {
        if self.journal.outbox.is_none() {
            return;
        }
        self.tell_readers();
        self.finish_rows(Some(account));
        let now_ns = self.agenda.now_ns();
        let Some(outbox) = self.journal.outbox.as_deref_mut() else { return };
        outbox.bases.remove(&account);
        outbox.resumed.retain(|(owner, _), _| *owner != account);
        outbox.seqs.retain(|(owner, _), _| *owner != account);
        let seq = u64::from(epoch);
        outbox.frames.push(Frame {
            account,
            topic: Topic::Epoch,
            seq,
            ts_ns: now_ns,
            data: Value::Null.json().into(),
        });
    }

    pub(in crate::engine) fn publish(&mut self, account: AccountId, topic: Topic, data: &Value) {
        self.tell_readers();
        if topic == Topic::Alert {
            // Of what came before it first.
            self.publish_alerts();
        }
        self.push_frame(account, topic, self.agenda.now_ns(), data);
    }

    fn push_frame(&mut self, account: AccountId, topic: Topic, now_ns: i64, data: &Value) {
        if let Some(outbox) = self.journal.outbox.as_deref_mut() {
            outbox.push(account, topic, now_ns, data);
        }
    }

    /// Brings the newest frame of each changed order up to its row as it is now.
    fn finish_rows(&mut self, only: Option<AccountId>) {
        let Some(outbox) = self.journal.outbox.as_deref_mut() else { return };
        let all = std::mem::take(&mut outbox.changed);
        let (now, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|(id, _)| {
            only.is_none_or(|account| self.desk.order(*id).spec.account == account)
        });
        outbox.changed.extend(later);
        let row = |(id, at)| (at, self.order_view(id).json().into());
        let rows: Vec<_> = now.into_iter().map(row).collect();
        let Some(outbox) = self.journal.outbox.as_deref_mut() else { return };
        for (at, row) in rows {
            if let Some(frame) = outbox.frames.get_mut(at) {
                frame.data = row;
            }
        }
    }

    /// Alerts come from the event log: what happened is told once, wherever it happened. Only why
    /// a graph was stopped its log does not hold.
    fn publish_alerts(&mut self) {
        let Some(outbox) = self.journal.outbox.as_deref() else { return };
        let events = self.journal.log.since(outbox.seen_seq);
        let alerts: Vec<_> = events
            .filter_map(|event| Some((event.account, event.ts_ns, self.alert(&event.kind)?)))
            .collect();
        let last_seq = self.journal.log.last_seq();
        let Some(outbox) = self.journal.outbox.as_deref_mut() else { return };
        outbox.seen_seq = last_seq;
        for (account, ts_ns, data) in alerts {
            outbox.push(account, Topic::Alert, ts_ns, &data);
        }
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
        let order = self.desk.order(id);
        let reason = order.reject.map_or("UNKNOWN", crate::reject::RejectReason::as_str);
        let (kind, severity) = match reason {
            "DAILY_LOSS_LIMIT" => ("daily_loss_limit", "critical"),
            _ => ("order_rejected", "warning"),
        };
        let text = match &order.message {
            Some(message) => format!("{reason}: {message}"),
            None => reason.to_owned(),
        };
        let graph = self.desk.graph(order.spec.graph).id.to_string();
        let named = [("node_order_id", self.node_order_id(order)), ("graph_id", graph)];
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
