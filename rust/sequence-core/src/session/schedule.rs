//! Which source is due next: a sorted set, so that a message costs the same beside many others.

use std::collections::BTreeSet;

/// Due times of numbered sources.
#[derive(Debug, Clone, Default)]
pub(super) struct Schedule {
    sorted: BTreeSet<(i64, usize)>,
    by_source: Vec<Option<i64>>,
}

impl Schedule {
    /// A source is due at this time next; `None` when it has ended.
    pub(super) fn set(&mut self, source: usize, due_ns: Option<i64>) {
        if self.by_source.len() <= source {
            self.by_source.resize(source + 1, None);
        }
        let Some(known) = self.by_source.get_mut(source) else { return };
        if *known == due_ns {
            return;
        }
        if let Some(old) = std::mem::replace(known, due_ns) {
            self.sorted.remove(&(old, source));
        }
        if let Some(due_ns) = due_ns {
            self.sorted.insert((due_ns, source));
        }
    }

    /// The source that is due first, and when; of several, the one with the lowest number.
    pub(super) fn first(&self) -> Option<(usize, i64)> {
        self.sorted.first().map(|(due, source)| (*source, *due))
    }

    /// Until when a source may be played before another one is due.
    pub(super) fn turn_of(&self, source: usize, now_ns: i64) -> i64 {
        let other = self.sorted.iter().find(|(_, other)| *other != source);
        other.map_or(now_ns, |(due, other)| {
            let limit = if *other < source { due - 1 } else { *due };
            limit.min(now_ns)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A slow twin walks all sources.
        #[test]
        fn the_next_source_and_its_turn_equal_a_slow_twin(
            changes in prop::collection::vec((0usize..6, prop::option::of(0i64..9)), 1..60),
        ) {
            let mut schedule = Schedule::default();
            let mut twin = [None; 6];
            for (source, due) in changes {
                schedule.set(source, due);
                twin[source] = due;
                let dues = || twin.iter().enumerate().filter_map(|(at, due)| Some((at, (*due)?)));
                let first = dues().min_by_key(|(at, due)| (*due, *at));
                prop_assert_eq!(schedule.first(), first);
                let Some((first, _)) = first else { continue };
                let others = dues().filter(|(at, _)| *at != first);
                let limits = others.map(|(at, due)| if at < first { due - 1 } else { due });
                prop_assert_eq!(schedule.turn_of(first, 99), limits.fold(99, i64::min));
            }
        }
    }
}
