//! Whether and when a resting order will be reached: how much has to trade before its turn, against
//! how much traded on its side of this market lately.
//!
//! The model has one number: how many times over the prints of a minute, at the pace seen so far,
//! would use up what stands before the order. A table learnt from order-by-order data says how often
//! orders with that number were reached within the minute. It knows nothing of news, of the hour or
//! of who cancels, so it is right on average and not for an order; `benches/fidelity` says how right.

use crate::ids::BookSide;
use crate::sim::math::{ONE_Q32, exp_q32, log2_q32};

/// What a probability is about.
pub const HORIZON_NS: i64 = 60_000_000_000;
/// Prints on a side, in ten to twenty minutes, below which its pace is not known: less than three to
/// six a minute come in bursts, which one number does not tell.
pub const ENOUGH_PRINTS: u64 = 60;
/// `ln 2`, Q32.
const LN2_Q32: i128 = 2_977_044_471;
/// Half of the time over which the pace is judged.
const HALF_WINDOW_NS: i64 = 600_000_000_000;
/// Time below which nothing is said.
const LEAST_WINDOW_NS: i64 = 30_000_000_000;
/// `log₂` of that number at the first node of the table.
pub const FIRST_NODE: i64 = -5;
/// Nodes of the table.
pub const NODES: usize = 11;
/// Share of orders reached within a horizon, ppm, at nodes one doubling apart; learnt from the first
/// five twelfths of the tapes of `benches/fidelity`, each counting alike.
const REACHED_PPM: [i64; NODES] =
    [64_594, 64_594, 64_594, 64_594, 120_224, 214_359, 292_960, 427_206, 550_254, 677_338, 798_416];

/// Sizes printed on one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Pace {
    size: i64,
    prints: u64,
}

/// Both sides of a market over the last ten to twenty minutes in which its book could be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flow {
    now: [Pace; 2],
    before: [Pace; 2],
    /// When the two halves began, later by all the time that does not count; the first print tells
    /// the first.
    since_ns: Option<(i64, i64)>,
    /// When the book was last known to be usable.
    used_ns: Option<i64>,
    /// It cannot be used now.
    away: bool,
}

/// What is expected of a resting order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// Share of such orders that were reached within [`HORIZON_NS`], ppm.
    pub reached_ppm: i64,
    /// Time within which half of such orders were reached, ns; `None` where fewer ever were.
    pub wait_ns: Option<i64>,
    /// Time over which the pace was measured, ns; without that in which the book was not usable.
    pub window_ns: i64,
    /// Prints on its side in that time.
    pub prints: u64,
}

impl Flow {
    /// The book can be used at the end of a message, or not; `max_age_ns` of silence is as good as
    /// no book. Nothing is heard meanwhile, or not all of it, so that time is not one without trade.
    pub fn note(&mut self, usable: bool, max_age_ns: Option<i64>, now_ns: i64) {
        if !usable {
            self.away = true;
            return;
        }
        let away = std::mem::take(&mut self.away);
        let Some(gap_ns) = self.used_ns.replace(now_ns).map(|used| now_ns.saturating_sub(used))
        else {
            return;
        };
        if away || max_age_ns.is_some_and(|most| gap_ns > most) {
            self.since_ns = self
                .since_ns
                .map(|(begun, half)| (begun.saturating_add(gap_ns), half.saturating_add(gap_ns)));
        }
    }

    /// A print on the side that was hit; it counts while the book can be used.
    pub fn print(&mut self, side: BookSide, size: i64, now_ns: i64) {
        if self.away {
            return;
        }
        let (begun, half) = *self.since_ns.get_or_insert((now_ns, now_ns));
        if now_ns.saturating_sub(half) >= HALF_WINDOW_NS {
            self.before = std::mem::take(&mut self.now);
            self.since_ns = Some((if begun == half { begun } else { half }, now_ns));
        }
        let [bid, ask] = &mut self.now;
        let pace = if side == BookSide::Bid { bid } else { ask };
        pace.size = pace.size.saturating_add(size);
        pace.prints += 1;
    }

    /// What an order on `side` with `ahead` before it may expect; `None` where the pace is not known.
    pub fn outlook(&self, side: BookSide, ahead: i64, now_ns: i64) -> Option<Outlook> {
        let (pace, window_ns) = self.pace(side, now_ns)?;
        let times = self.times(side, ahead, now_ns)?;
        // At this pace the number grows with time: half are reached where it comes to `half`.
        let wait_ns = half_way().and_then(|half| {
            let scale = exp_q32(((half - times) * LN2_Q32) >> 32).ok()?;
            i64::try_from((i128::from(HORIZON_NS) * scale) >> 32).ok()
        });
        let reached_ppm = reached_ppm(times);
        Some(Outlook { reached_ppm, wait_ns, window_ns, prints: pace.prints })
    }

    /// `log₂` (Q32) of how many times over the prints of one horizon would use up `ahead` and the
    /// print that serves the order itself.
    pub fn times(&self, side: BookSide, ahead: i64, now_ns: i64) -> Option<i128> {
        let (pace, window_ns) = self.pace(side, now_ns)?;
        let usual = i128::from(pace.size) / i128::from(pace.prints);
        let need = i128::from(ahead.max(0)) + usual + 1;
        let traded = i128::from(pace.size) * i128::from(HORIZON_NS) / i128::from(window_ns);
        log2_q32(traded.checked_mul(ONE_Q32)? / need + 1).ok()
    }

    /// What traded on a side, and in what time; `None` when that is too little.
    fn pace(&self, side: BookSide, now_ns: i64) -> Option<(Pace, i64)> {
        let (begun_ns, _) = self.since_ns?;
        let window_ns = now_ns.saturating_sub(begun_ns);
        let pick = |[bid, ask]: [Pace; 2]| if side == BookSide::Bid { bid } else { ask };
        let (now, before) = (pick(self.now), pick(self.before));
        let pace =
            Pace { size: now.size.saturating_add(before.size), prints: now.prints + before.prints };
        let known = pace.prints >= ENOUGH_PRINTS && window_ns >= LEAST_WINDOW_NS && pace.size > 0;
        known.then_some((pace, window_ns))
    }
}

/// The table between its nodes.
fn reached_ppm(times_q32: i128) -> i64 {
    let place = (times_q32 - i128::from(FIRST_NODE) * ONE_Q32).max(0);
    let node = usize::try_from(place / ONE_Q32).unwrap_or(usize::MAX);
    let last = REACHED_PPM.len() - 1;
    let at = |node: usize| REACHED_PPM.get(node.min(last)).copied().unwrap_or(0);
    let (low, high) = (at(node), at(node.saturating_add(1)));
    let part = (i128::from(high - low) * (place % ONE_Q32)) / ONE_Q32;
    low + i64::try_from(part).unwrap_or(0)
}

/// Where the table says one half.
fn half_way() -> Option<i128> {
    let node = REACHED_PPM
        .windows(2)
        .position(|pair| matches!(pair, [low, high] if *low < 500_000 && *high >= 500_000))?;
    let (low, high) = (*REACHED_PPM.get(node)?, *REACHED_PPM.get(node + 1)?);
    let part = i128::from(500_000 - low) * ONE_Q32 / i128::from(high - low);
    Some((i128::from(FIRST_NODE) + i128::try_from(node).ok()?) * ONE_Q32 + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// Ten units trade on the bid once a second.
    fn flow(seconds: i64) -> Flow {
        let mut flow = Flow::default();
        for second in 0..seconds {
            flow.print(BookSide::Bid, 10, second * SECOND);
        }
        flow
    }

    #[test]
    fn the_more_stands_before_an_order_the_less_and_the_later_it_is_reached() {
        let flow = flow(300);
        let outlooks: Vec<Outlook> = [0, 10, 100, 1_000, 10_000, 100_000]
            .iter()
            .filter_map(|ahead| flow.outlook(BookSide::Bid, *ahead, 300 * SECOND))
            .collect();
        assert_eq!(outlooks.len(), 6);
        for pair in outlooks.windows(2) {
            let [near, far] = pair else { continue };
            assert!(near.reached_ppm >= far.reached_ppm, "{near:?} {far:?}");
            assert!(near.wait_ns < far.wait_ns, "{near:?} {far:?}");
        }
        let [first, .., last] = outlooks.as_slice() else { return };
        assert!(first.reached_ppm > 790_000 && last.reached_ppm < 70_000, "{first:?} {last:?}");
        assert_eq!((first.window_ns, first.prints), (300 * SECOND, 300));
    }

    #[test]
    fn half_are_reached_in_the_time_that_is_said() {
        // Where the wait is the horizon itself, the share is one half.
        let flow = flow(300);
        let half = (0..1_000)
            .filter_map(|ahead| flow.outlook(BookSide::Bid, ahead, 300 * SECOND))
            .find(|seen| seen.wait_ns.is_some_and(|wait| wait >= HORIZON_NS));
        let ppm = half.map(|seen| seen.reached_ppm);
        assert!(ppm.is_some_and(|ppm| (ppm - 500_000).abs() < 5_000), "{half:?}");
    }

    #[test]
    fn too_little_trade_tells_nothing() {
        assert_eq!(Flow::default().outlook(BookSide::Bid, 0, 10), None, "none at all");
        assert_eq!(flow(59).outlook(BookSide::Bid, 0, 300 * SECOND), None, "too few prints");
        assert_eq!(flow(300).outlook(BookSide::Ask, 0, 300 * SECOND), None, "the other side");
        let mut burst = Flow::default();
        for _ in 0..100 {
            burst.print(BookSide::Bid, 10, SECOND);
        }
        assert_eq!(burst.outlook(BookSide::Bid, 0, SECOND), None, "too short a time");
        assert_eq!(burst.outlook(BookSide::Bid, i64::MAX, 0), None, "time that went back");
    }

    #[test]
    fn time_without_a_usable_book_is_no_time_without_trade() {
        let whole = flow(300).outlook(BookSide::Bid, 100, 300 * SECOND);
        let away_s = 3_600;
        for max_age_ns in [None, Some(5 * SECOND)] {
            let mut flow = Flow::default();
            for second in 0..300 {
                let later = if second < 200 { 0 } else { away_s };
                let now_ns = (second + later) * SECOND;
                if second == 200 && max_age_ns.is_none() {
                    flow.note(false, None, 220 * SECOND);
                    flow.print(BookSide::Bid, 1_000, 230 * SECOND);
                }
                flow.note(true, max_age_ns, now_ns);
                flow.print(BookSide::Bid, 10, now_ns);
            }
            // The book was last known to be good a second before it came back.
            let seen = flow.outlook(BookSide::Bid, 100, (301 + away_s) * SECOND);
            assert_eq!(seen, whole, "{max_age_ns:?}");
        }
        let mut quiet = flow(200);
        quiet.note(true, None, 199 * SECOND);
        quiet.note(true, None, 900 * SECOND);
        let window = quiet.outlook(BookSide::Bid, 100, 900 * SECOND).map(|seen| seen.window_ns);
        assert_eq!(window, Some(900 * SECOND), "a quiet market was there all the time");
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let mut flow = flow(300);
        for minute in 0..60 {
            flow.print(BookSide::Ask, 10, minute * 60 * SECOND);
        }
        assert_eq!(flow.outlook(BookSide::Bid, 0, 3_600 * SECOND), None);
        let late = (3_600..3_700).map(|second| second * SECOND);
        late.for_each(|now_ns| flow.print(BookSide::Bid, 10, now_ns));
        let seen = flow.outlook(BookSide::Bid, 0, 3_700 * SECOND);
        let window = seen.map_or(0, |seen| seen.window_ns);
        assert!((600 * SECOND..=1_300 * SECOND).contains(&window), "{seen:?}");
    }
}
