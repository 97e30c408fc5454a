//! The only writer of trading state: one command in, events out.
//!
//! `apply` takes a command and the time. A [`Refusal`] changes nothing. Everything an account can
//! see is a consequence of the commands, the market events and the seed, in this order; nothing is
//! read from a clock, and nothing a user can see comes from a hash map.
//!
//! Reading order: [`Engine::apply`], then `desk/admit` (what is refused), `desk/place` (route and
//! reserve), `exchange/arrive` (meet the book), `desk/hear` and `desk/book` (reports, money and
//! positions), `desk/finish` (ends), `exchange/queues` (what market data does to resting orders),
//! `life` (what happens to accounts without an order of theirs).
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by the ids they gave out, and never shrink; no slice is indexed"
)]

mod bounds;
mod check;
mod desk;
mod exchange;
mod journal;
mod life;
mod portfolio;
pub mod record;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::Command;
use crate::event::{EventKind, EventLog};
use crate::ids::{AccountId, FillIx, GraphIx, MarketId, OrderId, RowIx, VenueId};
use crate::ledger::Ledger;
use crate::number::Money;
use crate::order::Order;
use crate::position::Position;
use crate::registry::Registry;
use crate::reject::Refusal;
use crate::risk::AccountLimits;
use crate::sim::preset::Params;
use crate::table::Table;
use crate::ulid::UlidSource;

use desk::account::RowKey;
use desk::finish::Cancel;
use desk::hear::Answer;

pub use desk::account::{Account, Graph, GraphId, GraphStatus};
pub use desk::fill::{CashTrail, Fill, FillCause};
pub use desk::risk::KillSwitch;
pub use exchange::evidence::{BookCite, Bounds, Evidence, LevelTaken, Liquidity, TapeCite};
pub use exchange::listing::FeedKind;
pub use exchange::market::MarketSim;
pub use journal::changes::Changes;
pub use journal::outbox::{Frame, Topic};
pub use journal::restore::TableRows;

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

/// What a timer does when it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Due {
    /// A leg reaches its venue.
    Arrive(OrderId, usize),
    /// A cancel reaches the venue of a leg.
    CancelArrive(OrderId, usize, Cancel),
    /// A change of a leg reaches its venue.
    Reshape(OrderId, usize),
    /// A replaced leg leaves for its venue again.
    SendAgain(OrderId, usize),
    /// An answer reaches the client.
    Deliver(OrderId, usize, Answer),
    /// The order's time is over.
    Expire(OrderId),
    /// The next slice of an order that chases the touch.
    Chase(OrderId),
    /// A funding boundary of a venue has passed.
    Funding(VenueId),
    /// 00:00 UTC.
    NewDay,
}

impl Due {
    /// Messages come before timers of the same instant. Funding is due right after its boundary,
    /// before anything else of that instant.
    const fn rank(&self) -> u8 {
        match self {
            Self::Arrive(..)
            | Self::CancelArrive(..)
            | Self::Reshape(..)
            | Self::SendAgain(..)
            | Self::Deliver(..) => 1,
            Self::Expire(_) | Self::Chase(_) | Self::NewDay => 2,
            Self::Funding(_) => 0,
        }
    }
}

/// Fixed when the engine is made: seed and parameters of the simulation.
#[derive(Debug, Clone)]
struct Rules {
    seed: u64,
    params: Params,
    preset: Arc<str>,
}

/// The present, and what is due when.
#[derive(Debug, Clone, Default)]
struct Agenda {
    now_ns: i64,
    timers: BTreeMap<(i64, u8, u64), Due>,
    timer_seq: u64,
}

/// Books, and what the simulated venues hold.
#[derive(Debug, Clone)]
struct Exchange {
    markets: Table<MarketId, MarketSim>,
    rest_seq: u64,
    takes: Vec<LevelTaken>,
    /// What venues told that no client has heard yet.
    told: std::collections::VecDeque<(OrderId, usize, Answer)>,
    /// Legs that ended for their clients and that their venues still hold.
    drops: Vec<(OrderId, usize)>,
    unclaimed: BTreeSet<MarketId>,
    books_age: bool,
    injected: Vec<desk::inject::Injected>,
}

/// What clients asked for and what they know of it.
#[derive(Debug, Clone)]
struct Desk {
    accounts: Table<AccountId, Account>,
    clients: BTreeMap<Arc<str>, AccountId>,
    graphs: Table<GraphIx, Graph>,
    orders: Table<OrderId, Order>,
    fills: Table<FillIx, Fill>,
    texts: [Arc<str>; 2],
    limits: AccountLimits,
}

/// What accounts have.
#[derive(Debug, Clone)]
struct Portfolio {
    ledger: Ledger,
    rows: Table<RowIx, Position>,
    row_keys: Table<RowIx, RowKey>,
    life: life::state::Life,
}

/// What happened, for whoever reads or keeps it.
#[derive(Debug, Clone)]
struct Journal {
    ulids: UlidSource,
    log: EventLog,
    outbox: Option<Box<journal::outbox::Outbox>>,
    kept: Option<journal::changes::Kept>,
    faults: Vec<(String, String)>,
}

/// The trading state of every account, and the markets they share.
#[derive(Debug, Clone)]
pub struct Engine {
    rules: Rules,
    agenda: Agenda,
    registry: Registry,
    exchange: Exchange,
    desk: Desk,
    portfolio: Portfolio,
    journal: Journal,
}

impl Engine {
    /// An engine without markets and accounts. `preset` names where `params` come from.
    pub fn new(seed: u64, preset: &str, params: Params) -> Self {
        Self {
            rules: Rules { seed, params, preset: preset.into() },
            agenda: Agenda::default(),
            registry: Registry::default(),
            exchange: Exchange {
                markets: Table::default(),
                rest_seq: 0,
                takes: Vec::new(),
                told: std::collections::VecDeque::new(),
                drops: Vec::new(),
                unclaimed: BTreeSet::new(),
                books_age: true,
                injected: Vec::new(),
            },
            desk: Desk {
                accounts: Table::default(),
                clients: BTreeMap::new(),
                graphs: Table::default(),
                orders: Table::default(),
                fills: Table::default(),
                texts: [Arc::from(""), Arc::from("")],
                limits: AccountLimits::default(),
            },
            portfolio: Portfolio {
                ledger: Ledger::new(),
                rows: Table::default(),
                row_keys: Table::default(),
                life: life::state::Life::default(),
            },
            journal: Journal {
                ulids: UlidSource::new(seed),
                log: EventLog::default(),
                outbox: None,
                kept: None,
                faults: Vec::new(),
            },
        }
    }

    /// Applies one command. Time never goes back: an earlier `now_ns` counts as the latest seen.
    pub fn apply(&mut self, command: Command<'_>, now_ns: i64) -> Result<Reply, Refusal> {
        let now_ns = self.agenda.now_ns.max(now_ns);
        // What was due before this instant happened before it; market data of the same instant
        // comes first, so a fill beats a cancel and an expiry.
        let market_data = matches!(command, Command::Market { .. } | Command::MarketRows { .. });
        let first = if market_data { (now_ns, 1) } else { (now_ns.saturating_add(1), 0) };
        self.run_timers(first);
        self.agenda.now_ns = now_ns;
        let reply = self.perform(command);
        self.hand_over();
        self.judge_changed();
        reply
    }

    fn perform(&mut self, command: Command<'_>) -> Result<Reply, Refusal> {
        match command {
            Command::Market { market, events } => {
                self.market_message(market, events);
                Ok(Reply::Done)
            }
            Command::MarketRows { rows } => self.market_rows(rows),
            Command::Advance => Ok(Reply::Done),
            Command::Submit { account, order } => self.submit(account, &order),
            Command::CancelOrder { account, id } => self.cancel_order(account, id),
            Command::CancelGraph { account, id } => self.cancel_graph(account, id),
            Command::Amend { account, change } => self.amend(account, &change),
            Command::AmendNode { account, change } => self.amend_node(account, &change),
            Command::Resume { account, id, by } => self.resume(account, id, by),
            Command::CancelVenue { account, venue } => Ok(self.cancel_venue(account, venue)),
            Command::EngageSwitch { account, mode, by, reason } => {
                Ok(self.engage_switch(account, mode, by, reason))
            }
            Command::ClearSwitch { account, mode } => Ok(self.clear_switch(account, mode)),
            Command::SetPositions { account, rows, replace } => {
                self.set_positions(account, rows, replace)
            }
            Command::Settle { venue, market_slug, outcome } => {
                self.settle(venue, market_slug, outcome)
            }
            Command::Redeem { account, venue, market_slug } => {
                self.redeem(account, venue, market_slug)
            }
            Command::SetFundingRate { venue, symbol, rate_1e9 } => {
                self.set_funding_rate(venue, symbol, rate_1e9)
            }
            Command::Reset { account, initial } => self.reset(account, initial),
        }
    }

    /// The sandbox account of a client, made on first use and not seeded.
    pub fn account(&mut self, client: &str) -> AccountId {
        if let Some(found) = self.desk.clients.get(client) {
            return *found;
        }
        let client: Arc<str> = client.into();
        let id = self.desk.accounts.push(Account::new(client.clone()));
        self.desk.clients.insert(client, id);
        id
    }

    /// Engine time, ns since the Unix epoch.
    pub const fn now_ns(&self) -> i64 {
        self.agenda.now_ns
    }

    /// Name of the preset and the parameters in force.
    pub fn simulation(&self) -> (&str, &Params) {
        (&self.rules.preset, &self.rules.params)
    }

    /// What exists.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Balances and reservations.
    pub const fn ledger(&self) -> &Ledger {
        &self.portfolio.ledger
    }

    /// The event log.
    pub const fn log(&self) -> &EventLog {
        &self.journal.log
    }

    /// An account.
    pub fn account_row(&self, id: AccountId) -> &Account {
        &self.desk.accounts[id]
    }

    /// An order.
    pub fn order(&self, id: OrderId) -> &Order {
        &self.desk.orders[id]
    }

    /// A fill.
    pub fn fill(&self, id: FillIx) -> &Fill {
        &self.desk.fills[id]
    }

    /// A market.
    pub fn market(&self, id: MarketId) -> &MarketSim {
        &self.exchange.markets[id]
    }

    /// A graph.
    pub fn graph(&self, id: GraphIx) -> &Graph {
        &self.desk.graphs[id]
    }

    /// Lets books go stale by age, or not: hand-fed books never do.
    pub fn set_books_age(&mut self, enabled: bool) {
        self.exchange.books_age = enabled;
        for market in self.exchange.markets.rows_mut() {
            market.set_ageing(enabled);
        }
    }

    fn add_timer(&mut self, due_ns: i64, due: Due) {
        self.agenda.timer_seq += 1;
        self.agenda.timers.insert((due_ns, due.rank(), self.agenda.timer_seq), due);
    }

    /// When the next timer is due.
    pub fn next_timer_ns(&self) -> Option<i64> {
        self.agenda.timers.first_key_value().map(|((due, ..), _)| *due)
    }

    /// Fires what is due before an instant and rank, each at its own time.
    fn run_timers(&mut self, first: (i64, u8)) {
        while let Some(entry) = self.agenda.timers.first_entry() {
            let (due_ns, rank, _) = *entry.key();
            if (due_ns, rank) >= first {
                return;
            }
            self.agenda.now_ns = self.agenda.now_ns.max(due_ns);
            match entry.remove() {
                Due::Arrive(order, leg) => self.arrive(order, leg),
                Due::CancelArrive(order, leg, cancel) => self.cancel_arrives(order, leg, cancel),
                Due::Deliver(order, leg, answer) => self.deliver(order, leg, answer),
                Due::Reshape(order, leg) => self.reshape_arrives(order, leg),
                Due::SendAgain(order, leg) => self.send_again(order, leg),
                Due::Expire(order) => self.expire(order),
                Due::Chase(order) => self.chase(order),
                Due::Funding(venue) => self.pay_funding(venue),
                Due::NewDay => self.new_day(),
            }
            self.hand_over();
            self.judge_changed();
        }
    }

    /// Records that an order's row changed: version, time, commit number, event.
    fn touch(&mut self, id: OrderId) {
        let now = self.agenda.now_ns;
        let order = &mut self.desk.orders[id];
        order.version += 1;
        order.updated_ns = now;
        let kind = EventKind::OrderChanged {
            order: id,
            version: order.version,
            status: order.status,
            filled: order.filled,
        };
        let seq = self.journal.log.push(now, order.spec.account, kind);
        order.event_seq = seq;
        self.publish_order(id);
    }
}
