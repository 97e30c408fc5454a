//! How far a market moves in a given time: what a router counts for the delay of a venue.

use crate::number::Price;
use crate::sim::math::isqrt;

/// Time over which moves of the mid are remembered, ns.
const WINDOW_NS: i64 = 60_000_000_000;
/// Least time between two mids that are compared, ns: within it a touch flickers rather than moves.
const PAUSE_NS: i64 = 100_000_000;
/// Moves are shares of the mid at 1e-8.
const UNIT: i128 = 100_000_000;
/// Assumed before anything is seen: one basis point in one second, about 60 % a year. It fades as
/// the window passes.
const PRIOR_SQUARES: i128 = 10_000 * 10_000 * 60;
/// No market is calmer than a quarter of that.
const FLOOR_SQUARES: i128 = PRIOR_SQUARES / 16;
/// Mean of the adverse half of a normal move, in thousandths of its deviation: `1/sqrt(2·pi)`.
const ADVERSE: i128 = 399;
/// Most that is expected of any move: five per cent.
const MOST_1E8: i128 = 5_000_000;

/// Sum of the squared moves of a mid, fading over the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moves {
    mid: Price,
    at_ns: i64,
    squares: i128,
}

impl Default for Moves {
    fn default() -> Self {
        Self { mid: Price(0), at_ns: 0, squares: PRIOR_SQUARES }
    }
}

impl Moves {
    /// Takes the mid of a good book.
    pub fn note(&mut self, mid: Price, now_ns: i64) {
        let passed = now_ns.saturating_sub(self.at_ns);
        if mid.0 <= 0 || (self.mid.0 > 0 && passed < PAUSE_NS) {
            return;
        }
        if self.mid.0 > 0 {
            let passed = passed.min(WINDOW_NS);
            self.squares -= self.squares * i128::from(passed) / i128::from(WINDOW_NS);
            let change = i128::from(mid.0) - i128::from(self.mid.0);
            let share = (change * UNIT / i128::from(self.mid.0)).clamp(-UNIT, UNIT);
            self.squares += share * share;
        }
        (self.mid, self.at_ns) = (mid, now_ns);
    }

    /// The adverse move to expect within a time, as a share of price (1e-8): the deviation of the
    /// last minute, scaled by the root of time.
    pub fn expected_1e8(&self, within_ns: i64) -> i64 {
        let within = i128::from(within_ns.max(0));
        let squares = self.squares.max(FLOOR_SQUARES).saturating_mul(within);
        let deviation = isqrt(squares / i128::from(WINDOW_NS)).unwrap_or(0);
        i64::try_from((deviation * ADVERSE / 1_000).min(MOST_1E8)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn an_unseen_market_moves_a_basis_point_a_second() {
        let moves = Moves::default();
        assert_eq!(moves.expected_1e8(SECOND), 3_990);
        assert_eq!(moves.expected_1e8(4 * SECOND), 7_980);
        assert_eq!(moves.expected_1e8(0), 0);
    }

    #[test]
    fn what_was_seen_replaces_what_was_assumed() {
        let (mut calm, mut wild) = (Moves::default(), Moves::default());
        for second in 1..240 {
            calm.note(Price(100_000_000), second * SECOND);
            wild.note(Price(100_000_000 + (second % 2) * 100_000), second * SECOND);
        }
        assert_eq!(calm.expected_1e8(SECOND), 997, "the calmest there is");
        // Ten basis points a second.
        let expected = wild.expected_1e8(SECOND);
        assert!((39_000..41_000).contains(&expected), "{expected}");
    }

    #[test]
    fn a_jump_is_forgotten_after_the_window_and_bounded_within_it() {
        let mut moves = Moves::default();
        moves.note(Price(100), SECOND);
        moves.note(Price(200), 2 * SECOND);
        assert_eq!(moves.expected_1e8(SECOND), 5_000_000);
        moves.note(Price(200), 100 * SECOND);
        assert_eq!(moves.expected_1e8(SECOND), 997);
    }

    #[test]
    fn a_touch_that_flickers_does_not_move() {
        let mut moves = Moves::default();
        moves.note(Price(100_000), SECOND);
        moves.note(Price(101_000), SECOND + PAUSE_NS - 1);
        assert_eq!(moves.expected_1e8(SECOND), 3_990);
    }
}
