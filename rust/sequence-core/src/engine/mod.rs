//! The only writer of trading state: one command in, events out.
//!
//! `apply` takes a command and the time. A [`Refusal`] changes nothing. Everything an account can
//! see is a consequence of the commands, the market events and the seed, in this order; nothing is
//! read from a clock, and nothing a user can see comes from a hash map.
//!
//! Reading order: [`Engine::apply`], then `desk/admit` (what is refused), `desk/place` (route and
//! reserve), `exchange/arrive` (meet the book), `desk/hear` and `desk/book` (reports, money and
//! positions), `desk/finish` (ends), `exchange/queues` (what market data does to resting orders),
//! `life` (what happens to accounts without an order of theirs), `graph` (orders that follow orders).
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by the ids they gave out, and never shrink; no slice is indexed"
)]

mod agenda;
mod apply;
mod bounds;
mod check;
mod desk;
mod exchange;
mod facts;
mod floor;
mod graph;
mod journal;
mod life;
mod live;
mod portfolio;
pub mod record;
mod rules;
mod seam;
pub mod view;

use crate::event::EventLog;
use crate::ids::{AccountId, FillIx, GraphIx, MarketId, OrderId};
use crate::ledger::Ledger;
use crate::number::Money;
use crate::order::Order;
use crate::registry::Registry;
use crate::reject::Refusal;
use crate::risk::Mode;
use crate::sim::preset::Params;

use agenda::Agenda;
use desk::Desk;
use exchange::Exchange;
use graph::Graphs;
use journal::Journal;
use live::Live;
use portfolio::Portfolio;
use rules::Rules;
use seam::Post;

pub use crate::graph::{GraphStatus, NodeStatus};
pub use crate::sim::queue::FillCause;
pub use crate::sim::walk::LevelTaken;
pub use desk::account::{Account, AccountMode, Graph, GraphId, KillSwitch};
pub use desk::fill::{CashTrail, Fill};
pub use desk::forget::Edge;
pub use desk::inject::Fate;
pub use exchange::evidence::{BookCite, Bounds, Evidence, Liquidity, TapeCite, VenueTrade};
pub use exchange::legs::VenueLeg;
pub use exchange::listing::FeedKind;
pub use exchange::market::MarketSim;
pub use journal::changes::{Changes, Left};
pub use journal::outbox::{Frame, Topic, newest_numbers};
pub use journal::recall::ShapeRows;
pub use journal::restore::TableRows;
pub use live::{LiveAsk, LiveRequest};

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing to say.
    Done,
    /// An order was admitted, or `replayed`: this graph id and body were known.
    Submitted {
        /// Graph of the order.
        graph: GraphIx,
        /// The first answer is given again; nothing happened.
        replayed: bool,
    },
    /// Orders were asked to cancel.
    Cancelled {
        /// Their graph.
        graph: GraphIx,
        /// The order named, when one was.
        order: Option<OrderId>,
        /// Orders this command ended.
        ended: Vec<OrderId>,
        /// It was cancelled before.
        already_terminal: bool,
    },
    /// An order was amended, or the amend is on its way.
    Amended {
        /// The order; its id and `seq` never change.
        order: OrderId,
        /// It keeps its place in the queue.
        native: bool,
    },
    /// What a waiting node will send was changed.
    NodeAmended {
        /// Its graph.
        graph: GraphIx,
        /// The node.
        node: usize,
        /// Nothing of it lost a place in a queue.
        native: bool,
    },
    /// What an edge waits for was changed.
    EdgeAmended {
        /// Its graph.
        graph: GraphIx,
        /// The edge.
        edge: usize,
    },
    /// A paused graph goes on.
    Resumed {
        /// The graph.
        graph: GraphIx,
    },
    /// Orders with an open leg at a venue were asked to cancel.
    VenueCancelled {
        /// The orders, oldest first.
        orders: Vec<OrderId>,
    },
    /// Rows of a position write or reset.
    Rows {
        /// Rows written, or venues seeded by a reset.
        written: u32,
        /// Rows deleted first.
        deleted: u32,
    },
    /// Holdings of an event market that were settled or redeemed.
    Settled {
        /// Holdings.
        positions: u32,
        /// What they pay: at once where the venue pays by itself, else when redeemed.
        payout: Money,
    },
}

/// The trading state of every account, and the markets they share.
#[derive(Debug, Clone)]
pub struct Engine {
    rules: Rules,
    agenda: Agenda,
    registry: Registry,
    exchange: Exchange,
    live: Live,
    desk: Desk,
    portfolio: Portfolio,
    graphs: Graphs,
    journal: Journal,
    post: Post,
}

impl Engine {
    /// An engine without markets and accounts. `preset` names where `params` come from.
    pub fn new(seed: u64, preset: &str, params: Params) -> Self {
        Self {
            rules: Rules::new(seed, preset, params),
            agenda: Agenda::default(),
            registry: Registry::default(),
            exchange: Exchange::default(),
            live: Live::default(),
            desk: Desk::new(),
            portfolio: Portfolio::default(),
            graphs: Graphs::default(),
            journal: Journal::new(seed),
            post: Post::default(),
        }
    }

    /// The sandbox account of a client, made on first use and not seeded.
    pub fn account(&mut self, client: &str) -> AccountId {
        self.desk.account_in(client, AccountMode::Sandbox)
    }

    /// The live account of a client: real venues fill its orders and tell so by
    /// [`Command::Report`](crate::command::Command::Report). Refused while a store keeps this
    /// engine: none has tables for what real venues were asked.
    pub fn live_account(&mut self, client: &str) -> Result<AccountId, Refusal> {
        if self.journal.is_kept() {
            return Err(Refusal::conflict(journal::changes::NO_TABLES));
        }
        // Its kill switches are those of the client, which the sandbox account holds.
        self.desk.account_in(client, AccountMode::Sandbox);
        Ok(self.desk.account_in(client, AccountMode::Live))
    }

    /// Keeps so many of the newest orders in memory whatever became of them, and older ones only
    /// while they go on; `None` keeps all. Where changes are kept, those go that are stored
    /// ([`Self::stored`]). For an engine without orders of its own: before the first one.
    pub fn keep_newest(&mut self, newest: Option<u32>) {
        self.desk.keep_newest(newest);
    }

    /// What of an account's past is in memory.
    pub fn edge(&self, account: AccountId) -> Edge {
        self.desk.edge(account)
    }

    /// Engine time, ns since the Unix epoch.
    pub const fn now_ns(&self) -> i64 {
        self.agenda.now_ns()
    }

    /// Name of the preset and the parameters in force.
    pub fn simulation(&self) -> (&str, &Params) {
        (self.rules.preset(), self.rules.params())
    }

    /// Requests to real venues since the last call, in the order made.
    pub fn take_requests(&mut self) -> Vec<LiveRequest> {
        self.live.take_requests()
    }

    /// What exists.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Balances and reservations.
    pub const fn ledger(&self) -> &Ledger {
        self.portfolio.ledger()
    }

    /// The event log.
    pub const fn log(&self) -> &EventLog {
        self.journal.log()
    }

    /// An account.
    pub fn account_row(&self, id: AccountId) -> &Account {
        self.desk.account(id)
    }

    /// The kill switch of an account in one mode.
    pub fn kill_switch(&self, account: AccountId, mode: Mode) -> &KillSwitch {
        self.desk.kill_switch(account, mode)
    }

    /// An order.
    pub fn order(&self, id: OrderId) -> &Order {
        self.desk.order(id)
    }

    /// What the simulated venue of an order's leg has of it.
    pub fn venue_leg(&self, id: OrderId, leg: usize) -> &VenueLeg {
        self.exchange.leg((id, leg))
    }

    /// A fill.
    pub fn fill(&self, id: FillIx) -> &Fill {
        self.desk.fill(id)
    }

    /// A market.
    pub fn market(&self, id: MarketId) -> &MarketSim {
        self.exchange.market(id)
    }

    /// A graph.
    pub fn graph(&self, id: GraphIx) -> &Graph {
        self.desk.graph(id)
    }

    /// Lets books go stale by age, or not: hand-fed books never do.
    pub fn set_books_age(&mut self, enabled: bool) {
        self.exchange.set_books_age(enabled);
    }

    /// When the next timer is due.
    pub fn next_timer_ns(&self) -> Option<i64> {
        self.agenda.next_ns()
    }
}
