//! Rows that were read back from bytes, until the next change.

use std::sync::{Mutex, OnceLock, PoisonError};

use super::CHUNK;
use crate::chunks::Chunks;
use crate::rows::Rows as _;

type Slots<V> = Box<[OnceLock<Box<V>>]>;

/// Rows read back, by chunk. A copy begins without any.
#[derive(Debug)]
pub(super) struct ReadBack<V> {
    /// In chunks of their own, so that no order waits while all of them move.
    chunks: Chunks<OnceLock<Slots<V>>>,
    /// Chunks that have some.
    used: Mutex<Vec<usize>>,
}

impl<V> Default for ReadBack<V> {
    fn default() -> Self {
        Self { chunks: Chunks::new(), used: Mutex::default() }
    }
}

impl<V: Clone> Clone for ReadBack<V> {
    fn clone(&self) -> Self {
        let mut copy = Self::default();
        self.chunks.iter().for_each(|_| copy.grow());
        copy
    }
}

impl<V: Clone> ReadBack<V> {
    /// Room for one chunk more.
    pub(super) fn grow(&mut self) {
        self.chunks.push(OnceLock::new());
    }

    /// The row at a position, made when nobody looked at it since the last change.
    pub(super) fn get(&self, at: usize, make: impl FnOnce() -> Option<V>) -> Option<&V> {
        let chunk = at / CHUNK;
        let slots = self.chunks.get(chunk)?.get_or_init(|| {
            self.used.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
            (0..CHUNK).map(|_| OnceLock::new()).collect()
        });
        let slot = slots.get(at % CHUNK)?;
        if let Some(row) = slot.get() {
            return Some(row);
        }
        let made = Box::new(make()?);
        Some(slot.get_or_init(|| made))
    }

    /// Lets go of all of them.
    #[inline]
    pub(super) fn forget(&mut self) {
        let used = self.used.get_mut().unwrap_or_else(PoisonError::into_inner);
        if used.is_empty() {
            return;
        }
        for chunk in used.drain(..) {
            if let Some(slots) = self.chunks.get_mut(chunk) {
                slots.take();
            }
        }
    }
}
