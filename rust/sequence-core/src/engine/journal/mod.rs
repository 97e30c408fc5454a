//! What happened, for whoever reads or keeps it, and back from what was kept.

pub(in crate::engine) mod changes;
pub(in crate::engine) mod graphs;
pub(in crate::engine) mod known;
pub(in crate::engine) mod outbox;
pub(in crate::engine) mod recall;
pub(in crate::engine) mod restore;
pub(in crate::engine) mod resume;
pub(in crate::engine) mod tell;
pub(in crate::engine) mod touched;

use crate::event::{EventKind, EventLog};
use crate::ids::AccountId;
use crate::ulid::{Ulid, UlidSource};

/// What happened, for whoever reads or keeps it.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Journal {
    ulids: UlidSource,
    log: EventLog,
    outbox: Option<Box<outbox::Outbox>>,
    kept: Option<changes::Kept>,
    faults: Vec<(String, String)>,
}

impl Journal {
    pub(in crate::engine) fn new(seed: u64) -> Self {
        Self {
            ulids: UlidSource::new(seed),
            log: EventLog::default(),
            outbox: None,
            kept: None,
            faults: Vec::new(),
        }
    }

    /// Every event, and their hash.
    pub(in crate::engine) const fn log(&self) -> &EventLog {
        &self.log
    }

    /// Adds an event; its commit number.
    pub(in crate::engine) fn tell(&mut self, now: i64, account: AccountId, kind: EventKind) -> u64 {
        self.log.push(now, account, kind)
    }

    /// Events and ids go on after those of before a restart.
    pub(in crate::engine) fn go_on_after(&mut self, (seq, hash): (u64, u64), ulid: (u64, u64)) {
        self.log.resume(seq, hash);
        self.ulids.resume(ulid);
    }

    /// What was told, what waits for readers, and ids: all of it goes on from another way.
    pub(in crate::engine) fn go_on_from(&mut self, before: &mut Self) {
        self.outbox = before.outbox.take();
        std::mem::swap(&mut self.log, &mut before.log);
        std::mem::swap(&mut self.ulids, &mut before.ulids);
    }

    /// An id that nothing else has.
    pub(in crate::engine) fn make_id(&mut self, now_ns: i64) -> Ulid {
        self.ulids.next(now_ns)
    }

    /// The id that is made next.
    pub(in crate::engine) fn peek_id(&self, now_ns: i64) -> Ulid {
        self.ulids.clone().next(now_ns)
    }

    /// Keeps what should never have happened, for the laws to show.
    pub(in crate::engine) fn keep_fault(&mut self, subject: String, error: String) {
        self.faults.push((subject, error));
    }

    /// True while changes are noted for a store.
    pub(in crate::engine) const fn is_kept(&self) -> bool {
        self.kept.is_some()
    }

    /// What should never have happened.
    pub(in crate::engine) fn faults(&self) -> &[(String, String)] {
        &self.faults
    }
}
