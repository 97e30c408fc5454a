//! Market data of before the present: books become what they were, and nobody meets them.
//!
//! After a restart a recording is read up to where it was played. What it did to orders then is in
//! the store; what it did to the market is found out here: books, statuses, marks, paces.

use crate::engine::exchange::Exchange;
use crate::engine::exchange::market::MarketSim;
use crate::ids::MarketId;
use crate::tape::MarketEvent;

impl Exchange {
    /// What is heard from here on is of the past, or no longer.
    pub(in crate::engine) const fn set_reads_past(&mut self, past: bool) {
        self.reads_past = past;
    }

    /// True while what is heard is of the past.
    pub(in crate::engine) const fn reads_past(&self) -> bool {
        self.reads_past
    }

    /// Applies messages of the past, received at `at_ns`. Where somebody stands in a queue the book
    /// is of the present already, and goes on from it.
    pub(in crate::engine) fn read_past(
        &mut self,
        id: MarketId,
        events: &[MarketEvent],
        at_ns: i64,
    ) {
        let sim = &mut self.markets[id];
        if sim.worlds.values().all(|world| world.queue.is_empty()) {
            for message in events.split_inclusive(MarketEvent::is_last) {
                sim.read_past(message, at_ns);
            }
        }
    }
}

impl MarketSim {
    fn read_past(&mut self, message: &[MarketEvent], at_ns: i64) {
        self.read(message, at_ns);
        if message.last().is_some_and(MarketEvent::is_last) {
            self.note_mark(at_ns);
            self.pass_unmet(at_ns);
        }
    }
}
