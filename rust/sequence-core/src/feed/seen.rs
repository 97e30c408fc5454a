//! Ids that came before, as many as matter.

use std::collections::{BTreeSet, VecDeque};

/// Ids remembered; venues repeat trades of seconds ago, not of yesterday.
const REMEMBERED: usize = 8_192;

/// The last ids of one stream.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: BTreeSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    /// True the first time an id is shown.
    pub(super) fn first_time(&mut self, id: u64) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

/// A number for an id of a trade: itself, or the first 64 bits of a UUID, which tell trades apart.
pub(super) fn id_of(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| {
        let digits = text.chars().filter_map(|c| c.to_digit(16)).take(16);
        digits.fold(0, |head, digit| head << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_new_once_and_again_only_after_thousands_of_others() {
        let mut seen = Seen::default();
        assert!(seen.first_time(7));
        assert!(!seen.first_time(7));
        for id in 100..100 + REMEMBERED as u64 {
            assert!(seen.first_time(id));
        }
        assert!(seen.first_time(7));
    }
}
