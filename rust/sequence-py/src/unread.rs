//! `Unread`: private events that nobody reads yet, for readers that come back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use sequence_core::engine::{Frame, Topic};
use sequence_core::ids::AccountId;

use crate::stream::{FrameRow, Frames};

/// Number, time and JSON text.
type Event = (u64, i64, Arc<str>);

/// The newest events of each topic of each account.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Unread {
    capacity: usize,
    accounts: Mutex<BTreeMap<AccountId, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The epoch that began, and when.
    epoch: Option<(u64, i64)>,
    topics: BTreeMap<Topic, VecDeque<Event>>,
}

impl Kept {
    fn add(&mut self, frame: &Frame, capacity: usize) {
        match frame.topic {
            // Who follows no feed of alerts is told none later.
            Topic::Alert => {}
            Topic::Epoch => {
                self.epoch = Some((frame.seq, frame.ts_ns));
                self.topics.clear();
            }
            topic => {
                let events = self.topics.entry(topic).or_default();
                if events.len() >= capacity {
                    events.pop_front();
                }
                events.push_back((frame.seq, frame.ts_ns, Arc::clone(&frame.data)));
            }
        }
    }

    fn rows(self, account: AccountId) -> impl Iterator<Item = FrameRow> {
        let epoch = self
            .epoch
            .map(|(seq, ts_ns)| (account.0, Topic::Epoch.as_str(), seq, ts_ns, "null".to_owned()));
        let events = self.topics.into_iter().flat_map(move |(topic, events)| {
            let row = move |(seq, ts_ns, text): Event| {
                (account.0, topic.as_str(), seq, ts_ns, text.as_ref().to_owned())
            };
            events.into_iter().map(row)
        });
        epoch.into_iter().chain(events)
    }
}

#[pymethods]
impl Unread {
    #[new]
    const fn new(capacity: usize) -> Self {
        Self { capacity, accounts: Mutex::new(BTreeMap::new()) }
    }

    /// Keeps events; the oldest of a topic make room.
    fn keep(&self, py: Python<'_>, frames: &Frames) {
        py.detach(|| {
            let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
            for frame in frames.frames() {
                accounts.entry(frame.account).or_default().add(frame, self.capacity);
            }
        });
    }

    /// All of them, those of a topic in order, an epoch before what is of it; nothing stays.
    fn take(&self) -> Vec<FrameRow> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = std::mem::take(&mut *accounts);
        taken.into_iter().flat_map(|(account, kept)| kept.rows(account)).collect()
    }
}
