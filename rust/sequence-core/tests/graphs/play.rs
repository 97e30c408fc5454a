//! One account, two books, and graphs that live in them.

use std::collections::BTreeMap;

use sequence_core::command::{Amend, AmendEdge, AmendNode, Command, SubmitGraph};
use sequence_core::engine::view::{GraphFilter, Value};
use sequence_core::engine::{Engine, FeedKind, Reply};
use sequence_core::graph::{GraphSpec, Trigger};
use sequence_core::ids::{AccountId, BookSide, GraphIx, MarketId, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::risk::{FailureAction, GraphRisk, Mode, Runtime};
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, MarketEvent, flag};

use crate::draw::Draw;
use crate::kept::Kept;
use crate::made;

const START_NS: i64 = 1_776_657_600_000_000_000;
const MS: i64 = 1_000_000;
const ONE: i64 = 100_000_000;
const DOLLAR: i64 = 1_000_000_000;

/// How a life is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// One call for each thing that happens.
    Whole,
    /// Every wait in three calls, with reads between them.
    InParts,
    /// A restart now and then.
    ByRestarts,
}

/// An engine, and what became of its graphs.
pub(crate) struct Play {
    engine: Engine,
    account: AccountId,
    now_ns: i64,
    mids: [i64; 2],
    graphs: Vec<(String, GraphIx)>,
    /// Graphs that are over, as they were then.
    over: BTreeMap<GraphIx, String>,
    seen: BTreeMap<String, usize>,
    cut: Cut,
    restarts: Draw,
    kept: Kept,
    seed: u64,
}

fn engine() -> Engine {
    Engine::new(42, "instant", Params::preset("instant").unwrap())
}

impl Play {
    pub(crate) fn new(cut: Cut, seed: u64) -> Self {
        let mut engine = engine();
        engine.keep_changes().unwrap();
        let account = engine.account("alice");
        let mut play = Self {
            engine,
            account,
            now_ns: START_NS,
            mids: [2_310 * DOLLAR; 2],
            graphs: Vec::new(),
            over: BTreeMap::new(),
            seen: BTreeMap::new(),
            cut,
            restarts: Draw::new(seed ^ 0xabcd),
            kept: Kept::default(),
            seed,
        };
        play.apply(Command::Reset { account, initial: Quantity(20_000 * ONE) }).unwrap();
        play.books();
        play
    }

    fn apply(&mut self, command: Command<'_>) -> Result<Reply, String> {
        let reply = self
            .engine
            .apply(command, self.now_ns)
            .map_err(|refusal| format!("{} {}", refusal.field, refusal.message));
        assert_eq!(self.engine.check_invariants(), [], "seed {}", self.seed);
        self.kept.take(&mut self.engine);
        for (id, ix) in self.graphs.clone() {
            // A restart leaves what is over in the store.
            if self.engine.holds_graph(ix) && self.engine.graph_status(ix).is_terminal() {
                let now = outcome(&self.engine, ix);
                let before = self.over.entry(ix).or_insert_with(|| now.clone());
                assert_eq!(*before, now, "seed {}: {id} was over", self.seed);
            }
        }
        reply
    }

    fn note(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    fn market(&mut self, at: usize) -> MarketId {
        let (venue, symbol) = [("kraken", "ETH-USD"), ("hyperliquid", "ETH-USD-PERP")][at];
        let venue = VenueId::parse(venue).unwrap();
        self.engine.list_market(venue, symbol, FeedKind::HandFed).unwrap()
    }

    fn feed(&mut self, at: usize, mut events: Vec<MarketEvent>) {
        let market = self.market(at);
        events.last_mut().unwrap().flags |= flag::LAST;
        self.apply(Command::Market { market, events: &events }).unwrap();
    }

    fn books(&mut self) {
        for at in 0..2 {
            let now = self.now_ns;
            let level = |side, price, size| {
                MarketEvent::level(side, Price(price), Quantity(size), now, now)
            };
            let mid = self.mids[at];
            let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, now, now)];
            for step in 0..3 {
                let away = DOLLAR / 2 + step * DOLLAR;
                // More than is ever taken: a restart does not keep what was taken of a level.
                events.push(level(BookSide::Bid, mid - away, 100_000 * ONE));
                events.push(level(BookSide::Ask, mid + away, 100_000 * ONE));
            }
            events.push(MarketEvent::new(EventKind::SnapshotEnd, now, now));
            self.feed(at, events);
        }
    }

    fn print(&mut self, draw: &mut Draw) {
        let at = usize::from(draw.once_in(3));
        let mut event = MarketEvent::new(EventKind::Print, self.now_ns, self.now_ns);
        let rested = if draw.once_in(2) { BookSide::Bid } else { BookSide::Ask };
        // Between the whole prices of books and those of nodes.
        let step = i64::try_from(draw.below(40)).unwrap() - 20;
        event.price = Price(self.mids[at] + step * DOLLAR + 110_000_000);
        event.quantity = Quantity(i64::try_from(draw.below(50) + 1).unwrap() * ONE / 10);
        event.side = Some(rested);
        event.flags |= flag::AGGRESSOR_KNOWN;
        self.feed(at, vec![event]);
    }

    pub(crate) fn submit(&mut self, draw: &mut Draw) {
        let text = made::graph(draw);
        let risk = risk(draw);
        let id = format!("g{}", self.graphs.len() + self.seen.get("refused").unwrap_or(&0));
        let before = self.engine.state_hash();
        let spec = GraphSpec::parse(&text).unwrap();
        let (spec, metadata, by) = (&spec, "{}", Mode::Sandbox);
        let graph = SubmitGraph { spec, graph_id: Some(&id), metadata, wallet: None, risk, by };
        match self.apply(Command::SubmitGraph { account: self.account, graph }) {
            Ok(Reply::Submitted { graph, .. }) => self.graphs.push((id, graph)),
            Ok(other) => unreachable!("{other:?}"),
            Err(_) => {
                assert_eq!(self.engine.state_hash(), before, "a refused graph left something");
                self.note("refused");
            }
        }
    }

    fn wait(&mut self, ms: i64) {
        if self.cut == Cut::InParts {
            let end = self.now_ns + ms * MS;
            for part in [3, 2] {
                self.now_ns += (end - self.now_ns) / part;
                self.apply(Command::Advance).unwrap();
                let filter = GraphFilter::default();
                drop(self.engine.graphs_view(self.account, filter, 10, 0).json());
            }
            self.now_ns = end;
        } else {
            self.now_ns += ms * MS;
        }
        self.apply(Command::Advance).unwrap();
    }

    /// One thing happens.
    pub(crate) fn step(&mut self, draw: &mut Draw) {
        match draw.below(20) {
            0..=5 => self.wait(i64::try_from(draw.below(700) + 1).unwrap()),
            6..=10 => self.print(draw),
            11..=14 => {
                for at in 0..2 {
                    let step = i64::try_from(draw.below(31)).unwrap() - 15;
                    self.mids[at] =
                        (self.mids[at] + step * DOLLAR).clamp(2_200 * DOLLAR, 2_400 * DOLLAR);
                }
                self.books();
            }
            15 => self.switch(draw),
            16 => self.end_something(draw),
            17 => self.amend(draw),
            18 => self.resume(draw),
            _ => self.submit(draw),
        }
        // What a restart needs is there in every life, so that they can be compared.
        self.books();
        if self.cut == Cut::ByRestarts && self.restarts.once_in(2) {
            self.restart();
        }
    }

    fn restart(&mut self) {
        let before = self.engine.state_hash();
        self.engine = engine();
        self.engine.restore(&self.kept.rows(), self.now_ns).unwrap();
        assert_eq!(self.engine.state_hash(), before);
        assert_eq!(self.engine.check_invariants(), [], "seed {}", self.seed);
        self.books();
        self.apply(Command::Advance).unwrap();
    }

    fn some(&self, draw: &mut Draw) -> Option<(String, GraphIx)> {
        let count = u64::try_from(self.graphs.len()).unwrap();
        (count > 0).then(|| self.graphs[usize::try_from(draw.below(count)).unwrap()].clone())
    }

    fn switch(&mut self, draw: &mut Draw) {
        let (account, mode) = (self.account, Mode::Sandbox);
        let command = if draw.once_in(3) {
            Command::EngageSwitch { account, mode, by: "key", reason: None }
        } else {
            Command::ClearSwitch { account, mode }
        };
        self.apply(command).unwrap();
    }

    fn end_something(&mut self, draw: &mut Draw) {
        let Some((id, _)) = self.some(draw) else { return };
        let order = format!("graph:{id}:n{}:1", draw.below(4));
        let account = self.account;
        let command = if draw.once_in(2) {
            Command::CancelGraph { account, id: &id }
        } else {
            Command::CancelOrder { account, id: &order }
        };
        let _refused = self.apply(command);
    }

    fn amend(&mut self, draw: &mut Draw) {
        let Some((id, _)) = self.some(draw) else { return };
        let (account, by) = (self.account, Mode::Sandbox);
        let node_id = format!("n{}", draw.below(4));
        let units = Quantity(i64::try_from(draw.below(30) + 1).unwrap() * ONE / 10);
        let edge_id = format!("e0_{}_{}", draw.pick(&["n0", "n1", "start"]), draw.below(4));
        let command = if draw.once_in(2) {
            let change = Amend { id: &id, new_qty: Some(units), by, ..Amend::default() };
            let keys = (None, None, None);
            let change = AmendNode {
                node_id: &node_id,
                change,
                max_slippage_bps: keys.0,
                horizon_ms: keys.1,
                urgency: keys.2,
            };
            Command::AmendNode { account, change }
        } else {
            let trigger = Some(Trigger::Timeout { ms: draw.below(2000) });
            let change =
                AmendEdge { id: &id, edge_id: &edge_id, trigger, by, ..Default::default() };
            Command::AmendEdge { account, change }
        };
        if self.apply(command).is_ok() {
            self.note("amended");
        }
    }

    fn resume(&mut self, draw: &mut Draw) {
        let Some((id, _)) = self.some(draw) else { return };
        let command = Command::Resume { account: self.account, id: &id, by: Mode::Sandbox };
        if self.apply(command).is_ok() {
            self.note("resumed");
        }
    }

    /// Time passes, and what still goes on is cancelled.
    pub(crate) fn end(&mut self) {
        self.wait(5_000);
        for (id, ix) in self.graphs.clone() {
            if !self.over.contains_key(&ix) {
                self.apply(Command::CancelGraph { account: self.account, id: &id }).unwrap();
            }
            assert!(self.over.contains_key(&ix), "{id} goes on after its cancel");
        }
        let statuses = ["COMPLETED", "CANCELLED", "REJECTED", "FAILED"];
        for (_, text) in self.over.clone() {
            for word in statuses.into_iter().chain(["FILLED", "SKIPPED", "EXPIRED"]) {
                if text.contains(&format!("\"status\":\"{word}\"")) {
                    self.note(word);
                }
            }
            for word in ["pacing_parent", "flatten.1"] {
                if text.contains(word) {
                    self.note(word);
                }
            }
            if text.contains("\"spent\":true") {
                self.note("fired");
            }
        }
    }

    pub(crate) fn count(&self) -> u64 {
        u64::try_from(self.graphs.len()).unwrap()
    }

    pub(crate) fn seen(&self) -> BTreeMap<String, usize> {
        self.seen.clone()
    }

    /// Hashes of the events and of the state.
    pub(crate) fn hashes(&self) -> (u64, u64) {
        (self.engine.log().hash(), self.engine.state_hash())
    }

    /// How every graph ended, and the state.
    pub(crate) fn ends(&self) -> (Vec<String>, u64) {
        (self.over.values().cloned().collect(), self.engine.state_hash())
    }
}

fn risk(draw: &mut Draw) -> GraphRisk {
    let actions = [FailureAction::CancelAll, FailureAction::Pause, FailureAction::Flatten];
    let action = |draw: &mut Draw| actions[usize::try_from(draw.below(3)).unwrap()];
    let runtime = match draw.below(8) {
        0 => Runtime { max_loss: Some(Money(i128::from(20 * DOLLAR))), ..Runtime::NONE },
        1 => Runtime { max_unhedged: Some(Quantity(ONE)), ..Runtime::NONE },
        2 => Runtime { max_duration_ms: Some(2_500), ..Runtime::NONE },
        _ => Runtime::NONE,
    };
    let on_runtime_breach = action(draw);
    let on_node_reject = if draw.once_in(3) { action(draw) } else { FailureAction::Continue };
    GraphRisk { runtime, on_runtime_breach, on_node_reject, ..GraphRisk::NONE }
}

/// What a graph came to: statuses, fills and firings, nothing that goes on with the market.
fn outcome(engine: &Engine, ix: GraphIx) -> String {
    let Value::Map(keys) = engine.graph_view(ix) else { return String::new() };
    let lasting = keys.into_iter().filter(|(key, _)| !["pnl_usd_1e9"].contains(key));
    Value::Map(lasting.collect()).json()
}
