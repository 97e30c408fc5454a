//! What a graph wants of the other parts, and firings that are not carried out yet.

use crate::command::Size;
use crate::engine::journal::outbox::Topic;
use crate::engine::view::Value;
use crate::event::EventKind;
use crate::ids::{GraphIx, OrderId};
use crate::ledger::ReservationId;
use crate::number::{Money, Price, Quantity};
use crate::reject::{DoneReason, RejectReason};

/// An edge whose trigger came and whose condition held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Firing {
    pub(in crate::engine) graph: GraphIx,
    pub(in crate::engine) edge: usize,
    /// It activates its target; others come first.
    pub(in crate::engine) starts: bool,
    pub(in crate::engine) at_ns: i64,
    /// Quantity and USD value of the fill that fired it.
    pub(in crate::engine) fill: (Quantity, Money),
}

/// A node of the first commit: one that is sent, or one that only reserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Root {
    pub(in crate::engine) node: usize,
    /// How much at which price; `None` reserves.
    pub(in crate::engine) sends: Option<(Size, Option<Price>)>,
}

/// What a graph wants of the other parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Want {
    /// An order of a node.
    Send {
        /// The node.
        node: usize,
        /// How much.
        size: Size,
        /// Its price; `None` is at market.
        limit: Option<Price>,
    },
    /// The first orders, all of them or none.
    Roots(Vec<Root>),
    /// An open order is to end at its venues.
    Cancel(OrderId, DoneReason),
    /// One of the first orders is not sent, because of itself (a reason) or of another one.
    Unplace(OrderId, Option<RejectReason>, Box<str>),
    /// An open order becomes smaller, and ends where its rest would be too small.
    Reduce(usize, OrderId, Quantity),
    /// An open order gets another price.
    Price(OrderId, Price),
    /// What a node holds is free again.
    Release(ReservationId),
    /// An event for the log.
    Tell(EventKind),
    /// A row for readers.
    Show(Topic, Value),
}
