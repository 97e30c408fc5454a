//! The past of a recording, read where an engine goes on in the middle of it.

use crate::engine::Engine;
use crate::ids::MarketId;
use crate::tape::MarketEvent;

impl Engine {
    /// What sources say from here on is of before the present, until [`Self::end_past`]: nothing is
    /// filled, ended or told by it.
    pub fn begin_past(&mut self) {
        self.exchange.set_reads_past(true);
    }

    /// Messages of the past, received at `at_ns`: the market becomes what it was then.
    pub fn read_past(&mut self, id: MarketId, events: &[MarketEvent], at_ns: i64) {
        self.exchange.read_past(id, events, at_ns);
    }

    /// The present is reached. Who waits for a book meets it with what its market says next, or
    /// with [`Self::hold_stale`] at once.
    pub fn end_past(&mut self) {
        self.exchange.set_reads_past(false);
    }
}
