//! What happened, in order: the private event log and its hash.
//!
//! Every change of an account appends one [`Event`]. The running hash covers all fields of all
//! events, so two runs are equal exactly when their hashes are. The log itself is bounded.

use std::collections::VecDeque;

use crate::graph::{GraphStatus, NodeStatus};
use crate::hash::mix64;
use crate::ids::{AccountId, AssetId, FillIx, GraphIx, MarketId, OrderId, RowIx, VenueId};
use crate::number::{Money, Quantity};
use crate::order::OrderStatus;
use crate::reject::text_enum;
use crate::risk::{FailureAction, Mode};

/// Events kept for readers; older ones are forgotten, the hash is not.
pub const LOG_CAPACITY: usize = 100_000;

/// Events from which on a log has room for all that it will keep: no later one moves them.
const LONG_LOG: usize = 4_096;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Commit number, from 1 without gaps.
    pub seq: u64,
    /// Engine time.
    pub ts_ns: i64,
    /// Whose.
    pub account: AccountId,
    /// What.
    pub kind: EventKind,
}

/// What happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A new epoch began: with default balances, or with the state of a copy.
    AccountReset {
        /// Number of the epoch, from 1.
        epoch: u32,
        /// The newest event that the copy knows: those between it and this one are of a way that
        /// was left. 0 with default balances.
        back_to: u64,
    },
    /// Positions were written by hand.
    PositionsSet {
        /// Rows written.
        written: u32,
        /// Rows deleted first.
        deleted: u32,
    },
    /// A kill switch was engaged or cleared.
    KillSwitchSet {
        /// Its mode.
        mode: Mode,
        /// New orders are refused from now on.
        engaged: bool,
    },
    /// An order was recorded or changed.
    OrderChanged {
        /// The order.
        order: OrderId,
        /// Its row version.
        version: u32,
        /// Its status after the change.
        status: OrderStatus,
        /// Filled so far.
        filled: Quantity,
    },
    /// A fill was booked.
    OrderFilled {
        /// The order.
        order: OrderId,
        /// The fill.
        fill: FillIx,
        /// Words of the fill that the hash covers: price, quantity, fee.
        words: [i64; 3],
    },
    /// An event market ended, or its end was corrected. Belongs to [`PUBLIC`].
    MarketSettled {
        /// Venue.
        venue: VenueId,
        /// Hash of the market's name.
        market: u64,
        /// Number of the resolution, from 1.
        number: u32,
        /// What YES pays (1e-9); -1 when void.
        value_1e9: i64,
    },
    /// A holding of an event market was paid, or its payment taken back.
    PositionPaid {
        /// The row.
        row: RowIx,
        /// Number of the resolution.
        number: u32,
        /// Cash, negative when taken back.
        payout: Money,
    },
    /// Pairs of YES and NO became cash.
    PairsNetted {
        /// Row of the YES outcome.
        row: RowIx,
        /// Pairs, each worth 1.
        pairs: Quantity,
    },
    /// The funding rate of a perpetual changed. Belongs to [`PUBLIC`].
    FundingRateSet {
        /// Market.
        market: MarketId,
        /// New rate.
        rate_1e9: i64,
    },
    /// A perpetual paid or got funding.
    FundingPaid {
        /// Its row.
        row: RowIx,
        /// The boundary, ns.
        boundary_ns: i64,
        /// Cash, negative when paid.
        amount: Money,
    },
    /// A graph with a shape has another status.
    GraphChanged {
        /// The graph.
        graph: GraphIx,
        /// Its new status.
        status: GraphStatus,
    },
    /// A node of a graph has another status.
    NodeChanged {
        /// The graph.
        graph: GraphIx,
        /// Number of the node.
        node: u32,
        /// Its new status.
        status: NodeStatus,
    },
    /// An edge of a graph fired, or will not any more.
    EdgeFired {
        /// The graph.
        graph: GraphIx,
        /// Number of the edge.
        edge: u32,
        /// How often it fired.
        fired: u32,
    },
    /// A failure action was taken on a graph.
    GraphBreached {
        /// The graph.
        graph: GraphIx,
        /// What was done.
        action: FailureAction,
        /// A runtime limit was broken; otherwise a node was rejected.
        by_limit: bool,
    },
    /// Equity fell below maintenance: orders end and positions close.
    LiquidationStarted {
        /// Venue.
        venue: VenueId,
        /// What margin is counted in.
        asset: AssetId,
    },
    /// A real venue took a fill back.
    FillReversed {
        /// The order.
        order: OrderId,
        /// The fill.
        fill: FillIx,
    },
    /// A real venue told something of a leg.
    VenueTold {
        /// The order.
        order: OrderId,
        /// Place of the leg in it.
        leg: u32,
        /// What.
        word: VenueWord,
        /// When, by the venue's clock, ns.
        venue_ns: i64,
    },
}

text_enum!(
    /// What a real venue told.
    VenueWord {
        /// It has the order.
        Ack = "ack",
        /// It refused the order.
        Reject = "reject",
        /// Part of it traded.
        Fill = "fill",
        /// The rest is gone.
        Done = "done",
        /// A change is in force.
        Amended = "amended",
        /// A change was refused.
        AmendRefused = "amend_refused",
        /// No answer came.
        Unknown = "unknown",
        /// It took back what it had told as traded.
        Reversed = "reversed",
    }
);

/// Owner of events that concern no single account.
pub const PUBLIC: AccountId = AccountId(u32::MAX);

impl EventKind {
    /// Stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AccountReset { .. } => "account_reset",
            Self::PositionsSet { .. } => "positions_set",
            Self::KillSwitchSet { .. } => "kill_switch_set",
            Self::OrderChanged { .. } => "order_changed",
            Self::OrderFilled { .. } => "order_filled",
            Self::MarketSettled { .. } => "market_settled",
            Self::PositionPaid { .. } => "position_paid",
            Self::PairsNetted { .. } => "pairs_netted",
            Self::FundingRateSet { .. } => "funding_rate_set",
            Self::FundingPaid { .. } => "funding_paid",
            Self::LiquidationStarted { .. } => "liquidation_started",
            Self::GraphChanged { .. } => "graph_changed",
            Self::NodeChanged { .. } => "node_changed",
            Self::EdgeFired { .. } => "edge_fired",
            Self::GraphBreached { .. } => "graph_breached",
            Self::FillReversed { .. } => "fill_reversed",
            Self::VenueTold { .. } => "venue_told",
        }
    }

    /// The fields as words, the same on every platform.
    pub(crate) fn words(&self) -> [u64; 5] {
        match *self {
            Self::AccountReset { epoch, back_to } => [1, u64::from(epoch), back_to, 0, 0],
            Self::PositionsSet { written, deleted } => {
                [2, u64::from(written), u64::from(deleted), 0, 0]
            }
            Self::KillSwitchSet { mode, engaged } => [5, mode as u64, u64::from(engaged), 0, 0],
            Self::OrderChanged { order, version, status, filled } => [
                3 | (status as u64) << 8,
                u64::from(order.0),
                u64::from(version),
                filled.0.cast_unsigned(),
                0,
            ],
            Self::OrderFilled { order, fill, words: [price, quantity, fee] } => [
                4 | u64::from(order.0) << 8,
                u64::from(fill.0),
                price.cast_unsigned(),
                quantity.cast_unsigned(),
                fee.cast_unsigned(),
            ],
            Self::MarketSettled { venue, market, number, value_1e9 } => {
                [5, u64::from(venue.0), market, u64::from(number), value_1e9.cast_unsigned()]
            }
            Self::PositionPaid { row, number, payout } => {
                [6, u64::from(row.0), u64::from(number), low_word(payout), 0]
            }
            Self::PairsNetted { row, pairs } => {
                [7, u64::from(row.0), pairs.0.cast_unsigned(), 0, 0]
            }
            Self::FundingRateSet { market, rate_1e9 } => {
                [8, u64::from(market.0), rate_1e9.cast_unsigned(), 0, 0]
            }
            Self::FundingPaid { row, boundary_ns, amount } => {
                [9, u64::from(row.0), boundary_ns.cast_unsigned(), low_word(amount), 0]
            }
            Self::LiquidationStarted { venue, asset } => {
                [10, u64::from(venue.0), u64::from(asset.0), 0, 0]
            }
            Self::GraphChanged { graph, status } => [11, u64::from(graph.0), status as u64, 0, 0],
            Self::NodeChanged { graph, node, status } => {
                [12, u64::from(graph.0), u64::from(node), status as u64, 0]
            }
            Self::EdgeFired { graph, edge, fired } => {
                [13, u64::from(graph.0), u64::from(edge), u64::from(fired), 0]
            }
            Self::GraphBreached { graph, action, by_limit } => {
                [14, u64::from(graph.0), action as u64, u64::from(by_limit), 0]
            }
            Self::FillReversed { order, fill } => [16, u64::from(order.0), u64::from(fill.0), 0, 0],
            Self::VenueTold { order, leg, word, venue_ns } => [
                15 | (word as u64) << 8,
                u64::from(order.0),
                u64::from(leg),
                venue_ns.cast_unsigned(),
                0,
            ],
        }
    }
}

/// The low 64 bits of an amount: sums of one account stay far inside them.
fn low_word(amount: Money) -> u64 {
    u64::try_from(amount.0 & i128::from(u64::MAX)).unwrap_or(u64::MAX)
}

/// The hash of a log before its first event.
pub const FIRST_HASH: u64 = 0xCBF2_9CE4_8422_2325;

/// The hash of a log after one more event.
pub fn fold(hash: u64, (seq, ts_ns, account): (u64, i64, AccountId), words: [u64; 5]) -> u64 {
    let head = [seq, ts_ns.cast_unsigned(), u64::from(account.0)];
    head.into_iter().chain(words).fold(hash, |hash, word| mix64(hash ^ word))
}

/// The log and its hash.
#[derive(Debug, Clone)]
pub struct EventLog {
    next_seq: u64,
    hash: u64,
    recent: VecDeque<Event>,
    /// Newest event that was taken for keeping; `u64::MAX` when nobody keeps them.
    taken: u64,
}

impl Default for EventLog {
    fn default() -> Self {
        Self { next_seq: 1, hash: FIRST_HASH, recent: VecDeque::new(), taken: u64::MAX }
    }
}

impl EventLog {
    /// Appends an event and returns its commit number.
    pub fn push(&mut self, ts_ns: i64, account: AccountId, kind: EventKind) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.hash = fold(self.hash, (seq, ts_ns, account), kind.words());
        // Not read from the event itself, which is the one that was used longest ago.
        let oldest = seq - self.recent.len() as u64;
        if self.recent.len() >= LOG_CAPACITY && oldest <= self.taken {
            self.recent.pop_front();
        }
        if self.recent.len() == LONG_LOG {
            self.recent.reserve_exact(LOG_CAPACITY - LONG_LOG);
        }
        self.recent.push_back(Event { seq, ts_ns, account, kind });
        seq
    }

    /// Commit number of the newest event, 0 before the first.
    pub const fn last_seq(&self) -> u64 {
        self.next_seq - 1
    }

    /// Hash over every event since the start.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// Goes on after the last event of an earlier process.
    pub(crate) fn resume(&mut self, last_seq: u64, hash: u64) {
        self.next_seq = last_seq + 1;
        self.hash = hash;
    }

    /// Keeps every event from here on until it was taken.
    pub(crate) fn listen(&mut self) {
        self.taken = self.last_seq();
    }

    /// True when there are events that were not taken.
    pub(crate) const fn is_touched(&self) -> bool {
        self.taken < self.last_seq()
    }

    /// Events since the last call, oldest first.
    pub(crate) fn take_new(&mut self) -> Vec<Event> {
        let events = self.since(self.taken).copied().collect();
        self.taken = self.last_seq();
        events
    }

    /// Kept events after `seq`, oldest first.
    pub fn since(&self, seq: u64) -> impl Iterator<Item = &Event> {
        let from = self.recent.partition_point(|event| event.seq <= seq);
        self.recent.range(from..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logs_have_equal_hashes_and_any_change_shows() {
        let log = |filled| {
            let mut log = EventLog::default();
            log.push(1, AccountId(0), EventKind::AccountReset { epoch: 1, back_to: 0 });
            let status = OrderStatus::Accepted;
            let kind = EventKind::OrderChanged { order: OrderId(0), version: 1, status, filled };
            log.push(2, AccountId(0), kind);
            log.hash()
        };
        assert_eq!(log(Quantity(5)), log(Quantity(5)));
        assert_ne!(log(Quantity(5)), log(Quantity(6)));
    }

    #[test]
    fn readers_resume_after_a_number() {
        let mut log = EventLog::default();
        for epoch in 1..=5 {
            log.push(0, AccountId(0), EventKind::AccountReset { epoch, back_to: 0 });
        }
        assert_eq!(log.since(3).map(|event| event.seq).collect::<Vec<_>>(), [4, 5]);
    }
}
