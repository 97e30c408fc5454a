//! Since when a market has its status.

use std::hash::{Hash, Hasher};

use super::{MAX_CROSSED_NS, Market, MarketStatus, NEVER};

/// A status and when it began. It decides nothing, so it is part of no hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    status: MarketStatus,
    at_ns: i64,
}

impl Since {
    /// Nothing was heard yet.
    pub(super) const NEVER: Self = Self { status: MarketStatus::Syncing, at_ns: NEVER };
}

impl Hash for Since {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Market {
    /// Since when the status is what it is, ns; `None` before anything was heard.
    pub fn status_since_ns(&self, now_ns: i64) -> Option<i64> {
        if self.since.at_ns == NEVER {
            return None;
        }
        let is_noted = self.status(now_ns) == self.since.status;
        Some(if is_noted { self.since.at_ns } else { self.turned_ns().min(now_ns) })
    }

    /// Whether the book could be used when a message ended last.
    pub(crate) const fn was_live(&self) -> bool {
        self.since.status.is_live()
    }

    /// Notes the status of a time, and that it began then if it is another than before.
    pub(super) fn note_status(&mut self, at_ns: i64) {
        let status = self.status(at_ns);
        if status != self.since.status || self.since.at_ns == NEVER {
            self.since = Since { status, at_ns };
        }
    }

    /// When time alone ended the status that the last message left.
    fn turned_ns(&self) -> i64 {
        match (self.crossed_since, self.config.max_age_ns) {
            (Some(since), _) => since.saturating_add(MAX_CROSSED_NS),
            (None, Some(max_age)) => self.message_ns.saturating_add(max_age),
            (None, None) => self.message_ns,
        }
    }
}
