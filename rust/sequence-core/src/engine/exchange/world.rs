//! One account in one market: what it took of a level (overlay), where its orders stand (queue), what
//! its own trading moved (impact).

use crate::ids::OrderId;
use crate::sim::impact::Impact;
use crate::sim::overlay::Overlay;
use crate::sim::queue::{QueueBook, QueueParams};

/// One account in one market.
#[derive(Debug, Clone, Hash)]
pub(in crate::engine) struct World {
    pub(in crate::engine) overlay: Overlay,
    pub(in crate::engine) queue: QueueBook,
    pub(in crate::engine) impact: Impact,
    /// Legs that arrived while the book could not be used.
    pub(in crate::engine) waiting: Vec<(OrderId, usize)>,
}

impl World {
    /// Of an account that has not traded, in a market whose last depth message came at this time.
    pub(in crate::engine) fn new(params: QueueParams, heard_ns: i64) -> Self {
        Self {
            overlay: Overlay::default(),
            queue: QueueBook::new(params).heard_at(heard_ns),
            impact: Impact::default(),
            waiting: Vec::new(),
        }
    }
}
