//! What readers of private streams are told: whole rows, numbered without gaps, in order.
//!
//! Filled only while somebody listens. The desk notes an order as it changes; the conductor has the
//! notes made into rows before anything travels on. What a command changes after that without a new
//! version is added when the frames are taken, so the newest frame of an order is the row that a
//! read returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::GraphStatus;
use crate::engine::journal::Journal;
use crate::engine::view::{Text, Value};
use crate::ids::{AccountId, FillIx, GraphIx, OrderId};
use crate::order::Order;
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
pub(super) enum Note {
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
    pub(super) frames: Vec<Frame>,
    /// Where rows are written before each has as much memory as it needs.
    text: Text,
    /// What becomes a frame before anything else does, and when it was noted.
    pub(super) noted: Vec<(i64, Note)>,
    seqs: BTreeMap<(AccountId, Topic), u64>,
    /// Where numbers start for accounts that had traded before anybody listened.
    bases: BTreeMap<AccountId, u64>,
    /// Where numbers go on that a process before this one gave.
    resumed: BTreeMap<(AccountId, Topic), u64>,
    /// Frame of the newest row of each order that changed since the last take.
    pub(super) changed: BTreeMap<OrderId, usize>,
    pub(super) graphs: BTreeMap<GraphIx, GraphStatus>,
    /// Newest event that alerts were made of.
    pub(super) seen_seq: u64,
}

impl Outbox {
    /// Adds a frame of the row that something writes; its place among those that wait.
    pub(super) fn push(
        &mut self,
        account: AccountId,
        topic: Topic,
        ts_ns: i64,
        row: impl FnOnce(&mut Text),
    ) -> usize {
        let data = self.written(row);
        self.push_text(account, topic, ts_ns, data)
    }

    /// The text of a row.
    pub(super) fn written(&mut self, row: impl FnOnce(&mut Text)) -> Arc<str> {
        self.text.of_row(row).into()
    }

    /// Adds a frame whose text is there.
    pub(super) fn push_text(
        &mut self,
        account: AccountId,
        topic: Topic,
        ts_ns: i64,
        data: Arc<str>,
    ) -> usize {
        let base = self.base(account, topic);
        let seq = self.seqs.entry((account, topic)).or_insert(base);
        *seq += 1;
        self.frames.push(Frame { account, topic, seq: *seq, ts_ns, data });
        self.frames.len() - 1
    }

    fn base(&self, account: AccountId, topic: Topic) -> u64 {
        let resumed = self.resumed.get(&(account, topic)).or_else(|| self.bases.get(&account));
        resumed.copied().unwrap_or_default()
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

impl Journal {
    /// Starts or stops to keep frames. Numbers of an account that has traded already start at the
    /// newest commit number, which is above every number it was ever given: a reader that resumes
    /// sees a gap, never a repeat.
    pub(in crate::engine) fn hear(&mut self, enabled: bool, with_past: &[AccountId]) {
        let seen_seq = self.log.last_seq();
        let bases = with_past.iter().map(|id| (*id, seen_seq)).collect();
        let outbox = Outbox { bases, seen_seq, ..Outbox::default() };
        self.outbox = enabled.then(|| Box::new(outbox));
    }

    /// True while frames are kept.
    pub(in crate::engine) const fn is_heard(&self) -> bool {
        self.outbox.is_some()
    }

    /// True when something was noted that is no row yet.
    #[inline]
    pub(in crate::engine) fn has_noted(&self) -> bool {
        self.outbox.as_ref().is_some_and(|outbox| !outbox.noted.is_empty())
    }

    /// The number that the first frame of a topic of an account follows.
    pub(in crate::engine) fn frame_base(&self, account: AccountId, topic: Topic) -> u64 {
        self.outbox.as_deref().map(|outbox| outbox.base(account, topic)).unwrap_or_default()
    }

    /// Numbers go on after those that a process before this one gave.
    pub(in crate::engine) fn number_after(
        &mut self,
        told: impl IntoIterator<Item = (AccountId, Topic, u64)>,
    ) {
        if let Some(outbox) = self.outbox.as_deref_mut() {
            outbox.resumed = told.into_iter().map(|(id, topic, seq)| ((id, topic), seq)).collect();
        }
    }

    /// Frames that wait to be taken.
    pub(in crate::engine) fn frames(&self) -> &[Frame] {
        self.outbox.as_deref().map_or(&[], |outbox| &outbox.frames)
    }

    /// Frames since the last take, in order.
    pub(in crate::engine) fn take_frames(&mut self) -> Vec<Frame> {
        let outbox = self.outbox.as_deref_mut();
        outbox.map(|outbox| std::mem::take(&mut outbox.frames)).unwrap_or_default()
    }

    /// Adds a frame.
    pub(in crate::engine) fn push_frame(
        &mut self,
        account: AccountId,
        topic: Topic,
        now_ns: i64,
        data: &Value,
    ) {
        if let Some(outbox) = self.outbox.as_deref_mut() {
            outbox.push_text(account, topic, now_ns, data.json().into());
        }
    }

    /// An epoch of an account begins: the next number is 1.
    pub(in crate::engine) fn begin_numbers(&mut self, account: AccountId, epoch: u32, ts_ns: i64) {
        let Some(outbox) = self.outbox.as_deref_mut() else { return };
        outbox.bases.remove(&account);
        outbox.resumed.retain(|(owner, _), _| *owner != account);
        outbox.seqs.retain(|(owner, _), _| *owner != account);
        let (seq, data) = (u64::from(epoch), Value::Null.json().into());
        outbox.frames.push(Frame { account, topic: Topic::Epoch, seq, ts_ns, data });
    }

    /// The outbox, to be worked on beside the engine; [`Self::put_outbox`] gives it back.
    pub(in crate::engine) const fn lift_outbox(&mut self) -> Option<Box<Outbox>> {
        self.outbox.take()
    }

    /// Gives the outbox back.
    pub(in crate::engine) fn put_outbox(&mut self, outbox: Box<Outbox>) {
        self.outbox = Some(outbox);
    }

    /// Forgets which graphs readers know, and starts with these.
    pub(in crate::engine) fn follow_graphs(&mut self, graphs: BTreeMap<GraphIx, GraphStatus>) {
        if let Some(outbox) = self.outbox.as_deref_mut() {
            outbox.graphs = graphs;
        }
    }
}
