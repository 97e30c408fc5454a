//! Samples in order of time, the older the sparser: one a second for twenty minutes, then one in ten
//! seconds for six hours, then one a minute for a week.

use std::collections::VecDeque;

pub(super) const SECOND_NS: i64 = 1_000_000_000;
/// Seconds between samples, and how many are kept, from the newest to the oldest.
const TIERS: [(i64, usize); 3] = [(1, 1_200), (10, 2_160), (60, 10_080)];

/// What is sampled says when it was.
pub(super) trait Timed {
    fn ts_ns(&self) -> i64;
}

/// Samples of one thing; memory is bounded.
#[derive(Debug, Clone)]
pub(super) struct Thinned<T> {
    tiers: [VecDeque<T>; 3],
}

impl<T> Default for Thinned<T> {
    fn default() -> Self {
        Self { tiers: Default::default() }
    }
}

impl<T: Timed> Thinned<T> {
    /// Adds the newest sample; an older one may move to a sparser tier, or out.
    pub(super) fn add(&mut self, sample: T) {
        let mut carried = Some(sample);
        for (tier, (step_s, kept)) in self.tiers.iter_mut().zip(TIERS) {
            let Some(sample) = carried.take() else { return };
            let slot = |ts_ns: i64| ts_ns.div_euclid(step_s * SECOND_NS);
            if tier.back().is_some_and(|last| slot(last.ts_ns()) == slot(sample.ts_ns())) {
                return;
            }
            tier.push_back(sample);
            carried = if tier.len() > kept { tier.pop_front() } else { None };
        }
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &T> {
        self.tiers.iter().flat_map(|tier| tier.iter().rev())
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        for tier in &mut self.tiers {
            tier.retain(&keep);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Timed for i64 {
        fn ts_ns(&self) -> i64 {
            *self
        }
    }

    #[test]
    fn the_newest_are_dense_and_the_oldest_sparse() {
        let mut kept = Thinned::default();
        let seconds = 40_000;
        for second in 0..seconds {
            kept.add(second * SECOND_NS);
        }
        let found: Vec<i64> = kept.newest_first().map(|ts_ns| ts_ns / SECOND_NS).collect();
        assert_eq!(found.first(), Some(&(seconds - 1)));
        assert_eq!(found.get(1_199), Some(&(seconds - 1_200)), "one a second");
        let steps: Vec<i64> = found.windows(2).map(|pair| pair[0] - pair[1]).collect();
        assert!(steps.is_sorted(), "never denser again");
        assert_eq!((steps.first(), steps.last()), (Some(&1), Some(&60)));
        assert!(found.len() < 1_200 + 2_160 + 400, "{}", found.len());
    }

    #[test]
    fn a_second_sample_of_a_second_is_let_go() {
        let mut kept = Thinned::default();
        for ts_ns in [5, 6, SECOND_NS, SECOND_NS + 1] {
            kept.add(ts_ns);
        }
        assert_eq!(kept.newest_first().copied().collect::<Vec<_>>(), [SECOND_NS, 5]);
    }
}
