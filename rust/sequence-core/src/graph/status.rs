//! How far a graph and its nodes have come: words of the wire.

use super::Word;
use crate::order::{Order, OrderStatus};
use crate::reject::{DoneReason, text_enum};

text_enum!(
    /// Status of a graph.
    GraphStatus {
        /// Recorded, nothing acknowledged.
        Accepted = "ACCEPTED",
        /// Acknowledged, work left.
        Running = "RUNNING",
        /// Paused.
        Paused = "PAUSED",
        /// Done with at least one fill.
        Completed = "COMPLETED",
        /// Cancelled, or nothing filled and nothing rejected or expired.
        Cancelled = "CANCELLED",
        /// Nothing filled and a node rejected.
        Rejected = "REJECTED",
        /// Nothing filled and a node expired.
        Expired = "EXPIRED",
        /// Ended by a failure action.
        Failed = "FAILED",
    }
);

impl GraphStatus {
    /// True when nothing can happen to the graph any more.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Accepted | Self::Running | Self::Paused)
    }

    /// Status of a one-node graph, which its order decides.
    pub fn of(order: &Order) -> Self {
        Self::of_ended(order.status, order.filled.0 > 0, order.done)
    }

    /// The same from what a store keeps of the order.
    pub const fn of_ended(status: OrderStatus, filled: bool, done: Option<DoneReason>) -> Self {
        match status {
            OrderStatus::New => Self::Accepted,
            OrderStatus::Accepted | OrderStatus::Partial => Self::Running,
            OrderStatus::Rejected => Self::Rejected,
            // A remainder that no market could take is an end; a withdrawal is a cancel.
            OrderStatus::Cancelled if !filled || is_withdrawal(done) => Self::Cancelled,
            OrderStatus::Expired if !filled => Self::Expired,
            OrderStatus::Filled | OrderStatus::Cancelled | OrderStatus::Expired => Self::Completed,
        }
    }
}

const fn is_withdrawal(done: Option<DoneReason>) -> bool {
    use DoneReason::{
        CancelledByClient, GraphCancelled, Replaced, Reset, RootRejected, VenueCancelAll,
    };
    matches!(
        done,
        Some(CancelledByClient | GraphCancelled | VenueCancelAll | RootRejected | Replaced | Reset)
    )
}

text_enum!(
    /// Status of a node.
    NodeStatus {
        /// Not activated yet.
        Waiting = "WAITING",
        /// It has an open order, or may get another one.
        Working = "WORKING",
        /// Filled.
        Filled = "FILLED",
        /// Cancelled.
        Cancelled = "CANCELLED",
        /// Rejected.
        Rejected = "REJECTED",
        /// Its time ran out.
        Expired = "EXPIRED",
        /// It can never start any more.
        Skipped = "SKIPPED",
    }
);

impl NodeStatus {
    /// True when nothing can happen to the node any more.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Waiting | Self::Working)
    }

    /// The trigger that this end fires.
    pub(crate) const fn word(self) -> Option<Word> {
        match self {
            Self::Filled => Some(Word::FullFill),
            Self::Cancelled => Some(Word::Cancel),
            Self::Rejected => Some(Word::Reject),
            Self::Expired => Some(Word::Expire),
            Self::Waiting | Self::Working | Self::Skipped => None,
        }
    }
}
