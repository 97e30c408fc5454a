//! Copies of a session: branches that go on by themselves, and states to return to.

use super::{Session, Source};
use crate::ids::AccountId;

impl Session {
    /// A copy of the state and its sources; `None` while connections are open, or where a recording
    /// cannot be opened again. Its recordings stand at their start: [`Self::catch_up`] moves them on.
    pub fn fork(&self) -> Option<Self> {
        if !self.live.is_empty() {
            return None;
        }
        Some(Self {
            engine: self.engine.clone(),
            demo: self.demo.clone(),
            recordings: self.recordings.iter().map(Source::rewound).collect::<Option<_>>()?,
            schedule: self.schedule.clone(),
            live: Vec::new(),
            marks: self.marks.clone(),
            equity: self.equity.clone(),
            prices: self.prices.clone(),
            watch: None,
        })
    }

    /// Reads the recordings of a copy to where they were, without playing them: done once, before
    /// time moves on.
    pub fn catch_up(&mut self) {
        self.recordings.iter_mut().for_each(Source::catch_up);
    }

    /// Goes back to a copy; time does not: its sources are played up to the present. Every seeded
    /// account begins a new epoch; those that were seeded after the copy was made are returned.
    pub fn return_to(&mut self, mut copy: Self, now_ns: i64) -> Vec<AccountId> {
        copy.catch_up();
        let Self { engine, demo, recordings, schedule, marks, equity, .. } = copy;
        let before = std::mem::replace(&mut self.engine, engine);
        (self.demo, self.recordings, self.schedule) = (demo, recordings, schedule);
        (self.marks, self.equity) = (marks, equity);
        self.reopen_feeds();
        let unknown = self.engine.continue_from(before);
        self.advance(now_ns);
        unknown
    }
}
