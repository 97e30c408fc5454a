//! One client's account: its graphs, orders, fills and rows, by epoch.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use crate::chunks::Chunks;
use crate::ids::{FillIx, GraphIx, OrderId, SymbolId};
use crate::json::{Scanner, Token};
use crate::order::Order;
use crate::reject::RejectReason;
use crate::risk::{GraphRisk, Mode};
use crate::rows::Rows as _;
use crate::sorted::SortedMap;
use crate::ulid::Ulid;

/// Name of a graph: made here, or the client's own idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GraphId {
    /// `graph_` and an identifier.
    Made(Ulid),
    /// The client's text.
    Client(Arc<str>),
}

impl GraphId {
    /// Reads a graph id; the text decides, so one id never has two forms.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("graph_").and_then(Ulid::parse) {
            Some(ulid) => Self::Made(ulid),
            None => Self::Client(text.into()),
        }
    }
}

/// Graphs by name.
#[derive(Debug, Clone)]
pub struct GraphNames {
    /// Names above every one before, in order: those made here, which only grow. In chunks, so that
    /// no order waits while all of them move.
    growing: Chunks<(Halves, GraphIx)>,
    others: BTreeMap<GraphId, GraphIx>,
}

impl GraphNames {
    const fn new() -> Self {
        Self { growing: Chunks::new(), others: BTreeMap::new() }
    }

    /// The graph of a name.
    pub fn get(&self, id: &GraphId) -> Option<GraphIx> {
        let made = match id {
            GraphId::Made(ulid) => self.made(*ulid),
            GraphId::Client(_) => None,
        };
        made.or_else(|| self.others.get(id).copied())
    }

    pub(in crate::engine) fn insert(&mut self, id: GraphId, graph: GraphIx) {
        match id {
            GraphId::Made(ulid)
                if self.growing.last().is_none_or(|(last, _)| *last < halves(ulid)) =>
            {
                self.growing.push((halves(ulid), graph));
            }
            _ => {
                self.others.insert(id, graph);
            }
        }
    }

    pub(in crate::engine) fn clear(&mut self) {
        *self = Self::new();
    }

    fn made(&self, ulid: Ulid) -> Option<GraphIx> {
        let wanted = halves(ulid);
        let at = self.growing.partition_point(|(name, _)| *name < wanted);
        self.growing.get(at).filter(|(name, _)| *name == wanted).map(|(_, graph)| *graph)
    }
}

/// A name in words of a machine, which take less room beside a number than one wide word.
type Halves = [u64; 2];

#[expect(clippy::cast_possible_truncation, reason = "the two halves")]
const fn halves(Ulid(name): Ulid) -> Halves {
    [(name >> 64) as u64, name as u64]
}

impl fmt::Display for GraphId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(ulid) => write!(f, "graph_{ulid}"),
            Self::Client(text) => f.write_str(text),
        }
    }
}

/// A graph: of one order, or of a shape.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Name.
    pub id: GraphId,
    /// Hash of the canonical request, for replays; `None`: that of its order as it stands.
    pub fingerprint: Option<u128>,
    /// Its order; `None` when it has a shape, which `graph` keeps.
    pub order: Option<OrderId>,
    /// The order as the first answer showed it, kept while the order can still change.
    pub first_answer: Option<Box<Order>>,
    /// Free JSON text of the client.
    pub metadata: Arc<str>,
    /// Its limits, where it has any of its own.
    pub(in crate::engine) limits: Option<Box<GraphRisk>>,
    /// Mode of the key that sent it.
    pub by: Mode,
}

impl Graph {
    /// Its limits.
    pub fn risk(&self) -> &GraphRisk {
        self.limits.as_deref().unwrap_or(&GraphRisk::NONE)
    }

    /// What the client calls its purpose: the text `tag` of its metadata.
    pub fn tag(&self) -> Option<String> {
        if &*self.metadata == "{}" {
            return None;
        }
        let [tag] = Scanner::of(&self.metadata).fields(&["tag"]).ok()?;
        match tag?.scanner().next_token() {
            Ok(Some(Token::String(text))) => Some(text.decode().into_owned()),
            _ => None,
        }
    }

    /// Limits in the form a graph keeps them.
    pub(in crate::engine) fn limits(risk: &GraphRisk) -> Option<Box<GraphRisk>> {
        (*risk != GraphRisk::NONE).then(|| Box::new(*risk))
    }
}

/// Halts new orders of an account in one mode; open ones are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KillSwitch {
    /// New orders are refused.
    pub engaged: bool,
    /// Text for people, of the last engagement.
    pub reason: Option<Arc<str>>,
    /// When it was engaged first.
    pub engaged_at_ns: Option<i64>,
    /// Key that engaged it first.
    pub engaged_by: Option<Arc<str>>,
    /// When it was cleared last.
    pub cleared_at_ns: Option<i64>,
}

impl KillSwitch {
    /// Never engaged.
    pub const OFF: Self = Self {
        engaged: false,
        reason: None,
        engaged_at_ns: None,
        engaged_by: None,
        cleared_at_ns: None,
    };
}

/// Profit and loss of one UTC day, for the daily loss limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct LossDay {
    /// Days since the Unix epoch.
    pub(in crate::engine) day: i64,
    /// Realised plus unrealised less fees when the day began, USD.
    pub(in crate::engine) start: i128,
    /// The limit was reached; it holds until the day ends.
    pub(in crate::engine) breached: bool,
}

impl LossDay {
    pub(in crate::engine) const NEW: Self = Self { day: i64::MIN, start: 0, breached: false };
}

/// Who fills the orders of an account. Money, orders, limits and epochs of the two never mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum AccountMode {
    /// The simulated venues.
    #[default]
    Sandbox,
    /// Real venues, by what they report.
    Live,
}

impl AccountMode {
    /// Stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Live => "live",
        }
    }
}

/// One client's orders and rows, in the sandbox or live.
#[derive(Debug, Clone)]
pub struct Account {
    /// Client id.
    pub client: Arc<str>,
    /// Who fills its orders.
    pub mode: AccountMode,
    /// Number of resets; 0 = never seeded.
    pub epoch: u32,
    /// The reset that its delays are drawn for. Going back to a copy begins an epoch, so that no
    /// number is told twice, but draws on: the same messages take as long as in another branch.
    pub(in crate::engine) draws: u32,
    /// Graphs of the epoch by name.
    pub graphs: GraphNames,
    /// Orders of the epoch, in order of creation.
    pub orders: Chunks<OrderId>,
    /// Fills of the epoch, in order of booking.
    pub fills: Chunks<FillIx>,
    /// Orders that can still trade.
    pub open: SortedMap<OrderId, ()>,
    /// Orders of the epoch that were rejected here, by reason; a store counts those of before.
    pub rejects: BTreeMap<RejectReason, u64>,
    /// When orders were admitted, for the last second at least while a rate limit is set.
    pub(in crate::engine) submits: VecDeque<i64>,
    /// Kill switches by mode; they outlive a reset.
    pub(in crate::engine) switches: [KillSwitch; 2],
    /// Profit and loss of the UTC day.
    pub(in crate::engine) day: LossDay,
    /// Symbols whose books value what it holds, while a loss limit is set.
    pub(in crate::engine) marked_by: BTreeSet<SymbolId>,
    /// Sum over the ended orders of the epoch, of what they add to the state hash; counted only
    /// while changes are kept.
    pub(in crate::engine) ended_hash: u64,
}

impl Account {
    /// The epoch of the last reset: what was kept since then is of this account's present life.
    pub const fn first_epoch(&self) -> u32 {
        self.draws
    }

    /// An account that was never seeded.
    pub const fn new(client: Arc<str>, mode: AccountMode) -> Self {
        Self {
            client,
            mode,
            epoch: 0,
            draws: 0,
            graphs: GraphNames::new(),
            orders: Chunks::new(),
            fills: Chunks::new(),
            open: SortedMap::new(),
            rejects: BTreeMap::new(),
            submits: VecDeque::new(),
            switches: [KillSwitch::OFF, KillSwitch::OFF],
            day: LossDay::NEW,
            marked_by: BTreeSet::new(),
            ended_hash: 0,
        }
    }
}
