//! How far behind a venue its messages come, as far as two clocks can tell.

use std::collections::VecDeque;

use crate::tape::{EventKind, MarketEvent};

/// Messages remembered.
const KEPT: usize = 4_096;
/// Length of a slot, and the slots over which the least delay is looked for.
const SLOT_NS: i64 = 10_000_000_000;
const SLOTS: i64 = 6;

/// Differences between receipt and the venue's own time, of changes of books.
#[derive(Debug, Default)]
pub(super) struct Delays {
    last: VecDeque<i64>,
    /// Least difference of each slot: slot number, difference.
    least: VecDeque<(i64, i64)>,
}

/// What the last messages showed, in nanoseconds. All of it holds the difference of the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayView {
    /// Half of the messages took at most this long.
    pub p50_ns: i64,
    /// All but one in a hundred did.
    pub p99_ns: i64,
    /// The least in the last minute: the difference of the clocks and the shortest way. Negative
    /// where this clock is behind.
    pub offset_ns: i64,
}

impl Delays {
    /// Takes note of one message received at `now_ns`.
    pub(super) fn note(&mut self, events: &[MarketEvent], now_ns: i64) {
        // Snapshots and the prints that come with them are of any time.
        let Some(first) = events.first().filter(|first| first.kind == EventKind::LevelSet) else {
            return;
        };
        if first.ts_venue_ns == 0 {
            return;
        }
        let delay = now_ns.saturating_sub(first.ts_venue_ns);
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(delay);
        let slot = now_ns.div_euclid(SLOT_NS);
        match self.least.back_mut() {
            Some((at, least)) if *at == slot => *least = delay.min(*least),
            _ => self.least.push_back((slot, delay)),
        }
        while self.least.front().is_some_and(|(at, _)| slot - at >= SLOTS) {
            self.least.pop_front();
        }
    }

    /// `None` before the first message that says when it was.
    pub(super) fn view(&self) -> Option<DelayView> {
        let mut sorted: Vec<i64> = self.last.iter().copied().collect();
        sorted.sort_unstable();
        let at = |percent: usize| sorted.get((sorted.len() * percent / 100).min(sorted.len() - 1));
        let offset_ns = self.least.iter().map(|(_, least)| *least).min()?;
        Some(DelayView { p50_ns: *at(50)?, p99_ns: *at(99)?, offset_ns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BookSide;
    use crate::number::{Price, Quantity};

    const SECOND: i64 = 1_000_000_000;

    fn change(ts_venue_ns: i64) -> MarketEvent {
        MarketEvent::level(BookSide::Bid, Price(1), Quantity(1), ts_venue_ns, 0)
    }

    #[test]
    fn delays_hold_the_difference_of_the_clocks_and_forget_after_a_minute() {
        let mut delays = Delays::default();
        assert_eq!(delays.view(), None);
        for step in 1..=100 {
            delays.note(&[change(100 * SECOND - step)], 100 * SECOND);
        }
        let view = delays.view().unwrap();
        assert_eq!((view.p50_ns, view.p99_ns, view.offset_ns), (51, 100, 1));
        delays.note(&[change(200 * SECOND + 7)], 200 * SECOND);
        assert_eq!(delays.view().unwrap().offset_ns, -7);
        delays.note(&[MarketEvent { ts_venue_ns: 0, ..change(0) }], 300 * SECOND);
        assert_eq!(delays.view().unwrap().offset_ns, -7);
    }
}
