//! Messages that matter to nobody: the book follows them with what is learnt of it, and nobody else
//! is asked.
//!
//! Most of a recording passes while no order is under way, no graph looks and no limit counts a day.
//! That is found out once for a stretch of messages; each of them then moves its market and whoever
//! rests there, and the first that meets somebody ends the stretch.

use crate::engine::Engine;
use crate::ids::MarketId;
use crate::tape::MarketEvent;

impl Engine {
    /// Whether the next messages concern nobody but who rests or holds something in their markets:
    /// all else that a command looks for would not be found, until one of them meets somebody.
    pub(crate) fn is_dull(&mut self) -> bool {
        self.desk.recount();
        self.is_quiet()
            && self.desk.first_to_keep().is_none()
            && !self.desk.limits_days()
            && !self.graphs.meters()
            && !self.graphs.watches()
    }

    /// Applies the events of one message in a dull stretch, before the next timer; false when it met
    /// somebody, which ends the stretch. It does what [`Engine::apply`] does with them.
    pub(crate) fn pass(&mut self, id: MarketId, events: &[MarketEvent], now_ns: i64) -> bool {
        self.agenda.move_to(now_ns);
        let now_ns = self.agenda.now_ns();
        debug_assert!(self.agenda.next_ns().is_none_or(|due_ns| due_ns > now_ns));
        if !events.last().is_some_and(MarketEvent::is_last) {
            self.exchange.apply(id, events, now_ns);
            return true;
        }
        let is_unmet = self.exchange.pass(id, events, now_ns);
        if (is_unmet && !self.portfolio.awaits_marks()) || !self.after_message(id, true) {
            return true;
        }
        if !self.is_quiet() {
            self.carry();
        }
        if !self.is_quiet() {
            self.judge_changed();
            self.react();
            self.tell_readers();
        }
        debug_assert!(self.post.is_empty(), "between two messages nothing is unread");
        false
    }
}
