//! Execution graphs: nodes that are orders, and edges that start, withdraw or reduce them.
//!
//! A graph of one plain order has no [`Run`] and nothing here runs for it. For every other one the
//! desk says what its orders did ([`DeskNews`]). [`Work`] reads the whole engine and changes one
//! [`Run`]: edges fire, nodes start and end. What it wants of the other parts is a list of
//! [`want::Want`]s, which the conductor has carried out by the desk's own functions ([`carry`]). That
//! makes news again, at the back of the list: there is no recursion.
//!
//! Reading order: `shape` (what is refused), `expand` (what pacing becomes), `submit` (how a graph
//! begins), `react` (news to firings), `edges` (triggers and conditions), `sizing`, `nodes` (a node
//! starts), `status` (how nodes and graphs end), `watch` (prices), `pacing`, `totals`, `guard`,
//! `stop`; `carry` is the desk at work for a graph, `apply/graphs` the conductor's side.

mod amend;
pub(in crate::engine) mod carry;
mod change;
mod chase;
mod edges;
mod expand;
mod guard;
mod live;
pub(in crate::engine) mod marked;
mod nodes;
mod pacing;
mod parts;
mod price;
mod react;
mod reduce;
pub(in crate::engine) mod run;
mod shape;
mod sizing;
pub(in crate::engine) mod status;
mod stop;
mod submit;
pub(in crate::engine) mod totals;
pub(in crate::engine) mod waits;
mod want;
mod watch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::engine::Engine;
use crate::engine::seam::DeskNews;
use crate::hash::StateHasher;
use crate::ids::{AccountId, GraphIx, OrderId, ReservationId, SymbolId, VenueId};
use crate::number::Quantity;
use crate::reject::DoneReason;
use run::{Firing, Run};
pub(in crate::engine) use submit::{Begun, Entry, of_only_node};

/// What is to be done with one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Task {
    /// One of its orders did something.
    News(DeskNews),
    /// An edge does what it is there for.
    Carry(Firing),
    /// It begins: its first orders are sent, all of them or none.
    Begin,
    /// They were.
    Began,
    /// A time of it has come: this one.
    Wake(i64),
    /// A book of this symbol changed.
    Look(SymbolId),
    /// Its limits are looked at, as of a time.
    Guard(i64),
    /// Its owner cancels it.
    Cancel,
    /// It was stopped, and its nodes are to end.
    Settle,
    /// It was paused and goes on.
    Resume,
    /// An edge of it waits for something else.
    Amended(usize),
}

/// One graph at work: reads the engine, changes the graph.
pub(in crate::engine) struct Work<'a> {
    engine: &'a Engine,
    ix: GraphIx,
    run: &'a mut Run,
}

impl<'a> Work<'a> {
    /// A graph that was taken out of [`Graphs`] to work on.
    pub(in crate::engine) const fn on(engine: &'a Engine, ix: GraphIx, run: &'a mut Run) -> Self {
        Self { engine, ix, run }
    }
}

/// Every graph that has a shape, and what they wait for.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Graphs {
    runs: BTreeMap<GraphIx, Option<Box<Run>>>,
    /// Graphs that look at the prices of a symbol.
    watched: BTreeMap<SymbolId, BTreeSet<GraphIx>>,
    /// Graphs that count what trades in a symbol.
    metered: BTreeMap<SymbolId, BTreeSet<GraphIx>>,
    /// What was asked for, in order.
    asked: VecDeque<(GraphIx, Task)>,
    /// What fired and waits until every fact is known.
    fired: Vec<Firing>,
    /// What of it is carried out now, cancels first.
    batch: VecDeque<Firing>,
    /// Graphs with something due, by its time.
    due: BTreeSet<(i64, GraphIx)>,
    /// Graphs whose limits are to be looked at once what fired until then was carried out.
    risky: BTreeSet<(i64, GraphIx)>,
    /// When what is being done was due; none but of what is due.
    doing_ns: Option<i64>,
    /// Changed since the last take, while a store listens.
    touched: Option<BTreeSet<GraphIx>>,
}

impl Graphs {
    /// A graph, unless it is being worked on.
    pub(in crate::engine) fn get(&self, id: GraphIx) -> Option<&Run> {
        self.runs.get(&id)?.as_deref()
    }

    /// A graph as it is kept: nothing of it changed.
    pub(in crate::engine) fn load(&mut self, id: GraphIx, mut run: Box<Run>) {
        self.index(id, &mut run);
        self.runs.insert(id, Some(run));
    }

    /// Takes a graph to work on; [`Self::put`] gives it back.
    pub(in crate::engine) fn take(&mut self, id: GraphIx) -> Option<Box<Run>> {
        self.runs.get_mut(&id)?.take()
    }

    /// Gives a graph back, and takes over what it fired and looks at.
    pub(in crate::engine) fn put(&mut self, id: GraphIx, mut run: Box<Run>) {
        self.fired.append(&mut run.fired);
        if let Some(due_ns) = run.due_ns.take() {
            self.due.insert((due_ns, id));
        }
        if std::mem::take(&mut run.is_risky) {
            self.risky.insert((self.doing_ns.unwrap_or(i64::MAX), id));
        }
        self.index(id, &mut run);
        if let Some(touched) = &mut self.touched {
            touched.insert(id);
        }
        self.runs.insert(id, Some(run));
    }

    /// Has a graph be found under the symbols that it looks at.
    fn index(&mut self, id: GraphIx, run: &mut Run) {
        let [prices, trades] = std::mem::take(&mut run.wants_to_watch);
        exchange(&mut self.watched, id, &mut run.watching[0], prices);
        exchange(&mut self.metered, id, &mut run.watching[1], trades);
    }

    /// Asks for something to be done with a graph.
    pub(in crate::engine) fn ask(&mut self, id: GraphIx, task: Task) {
        self.asked.push_back((id, task));
    }

    /// Asks a graph to end.
    pub(in crate::engine) fn cancel(&mut self, id: GraphIx) {
        self.ask(id, Task::Cancel);
    }

    /// Asks a paused graph to go on.
    pub(in crate::engine) fn resume(&mut self, id: GraphIx) {
        self.ask(id, Task::Resume);
    }

    /// What is to be done next: facts, then cancels, then activations in body order, then what is
    /// due, then the limits.
    pub(in crate::engine) fn next_task(&mut self) -> Option<(GraphIx, Task)> {
        if let Some(asked) = self.asked.pop_front() {
            if let (_, Task::Wake(due_ns)) = asked {
                self.doing_ns = Some(due_ns);
            }
            return Some(asked);
        }
        if self.batch.is_empty() && !self.fired.is_empty() {
            let key = |firing: &Firing| (firing.at_ns, firing.starts, firing.graph, firing.edge);
            self.fired.sort_by_key(key);
            self.batch.extend(self.fired.drain(..));
        }
        if let Some(firing) = self.batch.pop_front() {
            return Some((firing.graph, Task::Carry(firing)));
        }
        // Of one time, what is due before the limits.
        let is_first =
            |due: &&(i64, GraphIx)| self.risky.first().is_none_or(|(at, _)| due.0 <= *at);
        if self.due.first().is_some_and(|due| is_first(&due)) {
            let (due_ns, id) = self.due.pop_first()?;
            self.doing_ns = Some(due_ns);
            return Some((id, Task::Wake(due_ns)));
        }
        let Some((as_of_ns, id)) = self.risky.pop_first() else {
            self.doing_ns = None;
            return None;
        };
        Some((id, Task::Guard(as_of_ns)))
    }

    /// True when nothing is to be done.
    #[inline]
    pub(in crate::engine) fn is_idle(&self) -> bool {
        self.asked.is_empty()
            && self.fired.is_empty()
            && self.batch.is_empty()
            && self.due.is_empty()
            && self.risky.is_empty()
    }

    /// A book of a symbol changed: graphs that look at it are asked to.
    pub(in crate::engine) fn look(&mut self, symbol: SymbolId) {
        let Some(graphs) = self.watched.get(&symbol) else { return };
        self.asked.extend(graphs.iter().map(|id| (*id, Task::Look(symbol))));
    }

    /// True when a graph is told of books of a symbol.
    pub(in crate::engine) fn looks_at(&self, id: GraphIx, symbol: SymbolId) -> bool {
        self.watched.get(&symbol).is_some_and(|graphs| graphs.contains(&id))
    }

    /// True while some graph looks at prices.
    pub(in crate::engine) fn watches(&self) -> bool {
        !self.watched.is_empty()
    }

    /// True when a graph takes a share of what some market trades.
    #[inline]
    pub(in crate::engine) fn meters(&self) -> bool {
        !self.metered.is_empty()
    }

    /// What a market traded counts for graphs that take a share of it.
    pub(in crate::engine) fn meter(&mut self, market: (VenueId, SymbolId), traded: Quantity) {
        let Some(graphs) = self.metered.get(&market.1) else { return };
        for id in graphs.clone() {
            if let Some(mut run) = self.take(id) {
                run.meter(market, traded);
                self.put(id, run);
            }
        }
    }

    /// Every graph, in order of creation.
    pub(in crate::engine) fn iter(&self) -> impl DoubleEndedIterator<Item = (GraphIx, &Run)> {
        self.runs.iter().filter_map(|(id, run)| Some((*id, run.as_deref()?)))
    }

    /// The order of a node, by the number of its activation.
    pub(in crate::engine) fn order_of(
        &self,
        id: GraphIx,
        node: &str,
        seq: &str,
    ) -> Option<OrderId> {
        let run = self.get(id)?;
        let node = &run.nodes[run.find(node)?];
        let seq: usize = seq.parse().ok().filter(|number: &usize| number.to_string() == seq)?;
        node.orders.get(seq.checked_sub(1)?).copied()
    }

    /// Open orders of a graph, oldest first.
    pub(in crate::engine) fn open_orders(&self, id: GraphIx) -> Vec<OrderId> {
        let nodes = self.get(id).into_iter().flat_map(|run| &run.nodes);
        let mut open: Vec<OrderId> = nodes.flat_map(|node| node.open.iter().copied()).collect();
        open.sort_unstable();
        open
    }

    /// Every graph of an account ends, for a reason of the account's: nothing of it starts any
    /// more. What its nodes held is handed back; their orders are withdrawn by whoever asks.
    pub(in crate::engine) fn drop_all(
        &mut self,
        account: AccountId,
        reason: DoneReason,
    ) -> Vec<ReservationId> {
        let mut held = Vec::new();
        for id in self.open_runs() {
            if self.get(id).is_none_or(|run| run.account != account) {
                continue;
            }
            let Some(mut run) = self.take(id) else { continue };
            held.extend(run.drop_for(reason));
            self.put(id, run);
            self.ask(id, Task::Settle);
        }
        held
    }

    /// Graphs that go on.
    pub(in crate::engine) fn open_runs(&self) -> Vec<GraphIx> {
        let open = self.iter().filter(|(_, run)| !run.status.is_terminal());
        open.map(|(id, _)| id).collect()
    }

    /// Reservations that nodes hold before they have orders.
    pub(in crate::engine) fn held_count(&self) -> usize {
        self.iter().flat_map(|(_, run)| &run.nodes).map(|node| node.held.len()).sum()
    }

    /// Starts to note which graphs change.
    pub(in crate::engine) fn listen(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// Notes every graph, with all that it is made of.
    pub(in crate::engine) fn touch_all(&mut self) {
        for run in self.runs.values_mut().flatten() {
            run.kept = Default::default();
        }
        let all: BTreeSet<GraphIx> = self.runs.keys().copied().collect();
        self.touched = Some(all);
    }

    /// True when a take would give something.
    pub(in crate::engine) fn is_touched(&self) -> bool {
        self.touched.as_ref().is_some_and(|touched| !touched.is_empty())
    }

    /// Graphs that changed since the last call, with the places of their nodes and edges that did.
    pub(in crate::engine) fn take_touched(&mut self) -> Vec<(GraphIx, [Vec<usize>; 2])> {
        let touched = self.touched.as_mut().map(std::mem::take).unwrap_or_default();
        let mut places = |id| {
            let run = self.runs.get_mut(&id)?.as_mut()?;
            Some((id, [run.nodes.take_unkept(), run.edges.take_unkept()]))
        };
        touched.into_iter().filter_map(&mut places).collect()
    }

    /// Digests of a graph's rows as they are kept, of nodes and of edges.
    pub(in crate::engine) fn kept_mut(&mut self, id: GraphIx) -> Option<&mut [Vec<u64>; 2]> {
        Some(&mut self.runs.get_mut(&id)?.as_mut()?.kept)
    }

    /// What open graphs add to the state hash; nothing without any.
    pub(in crate::engine) fn hash_into(&self, hasher: &mut StateHasher) {
        for (id, run) in self.iter().filter(|(_, run)| !run.status.is_terminal()) {
            hasher.word(u64::from(id.0));
            run.hash_into(hasher);
        }
    }
}

/// Replaces the symbols under which a graph is found; `None` leaves them as they are.
fn exchange(
    index: &mut BTreeMap<SymbolId, BTreeSet<GraphIx>>,
    id: GraphIx,
    before: &mut Vec<SymbolId>,
    after: Option<Vec<SymbolId>>,
) {
    let Some(after) = after.filter(|after| after != before) else { return };
    for symbol in std::mem::replace(before, after) {
        if let Some(graphs) = index.get_mut(&symbol) {
            graphs.remove(&id);
            if graphs.is_empty() {
                index.remove(&symbol);
            }
        }
    }
    for symbol in before {
        index.entry(*symbol).or_default().insert(id);
    }
}
