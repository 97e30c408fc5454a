//! Whether a venue tells a trade before or after the depth that it took, and how much later, learnt
//! from its stream.

use crate::ids::BookSide;
use crate::number::Price;
use crate::sim::halves::{Half, Halves};
use crate::venue::TradeDepth;

/// How long a decrease may wait for the print that explains it, before the preset's factor: the
/// first until the stream has told, then the least that all but one print in [`LATE`] keep within.
/// A print that comes later takes from the queue what its decrease has taken already.
const WINDOWS_NS: [i64; 4] = [5_000_000, 10_000_000, 20_000_000, TOGETHER_NS];
const LATE: u64 = 2_000;
/// A print and a decrease further apart are not the same trade.
const TOGETHER_NS: i64 = 50_000_000;
/// Pairs needed before the stream is believed rather than the venue's row.
const ENOUGH_PAIRS: u64 = 100;
/// Depth first is an exception on a stream that tells trades first in at most one pair of this many:
/// there nothing waits for a print, so each such pair is a cancel that never was.
const RARE: u64 = 200;
/// A stream tells depth first when at most one pair in this many comes the other way round; its
/// decreases wait all the same.
const UNUSUAL: u64 = 10;

/// Counts which half of a trade came first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PairMeter {
    waiting: Halves,
    trade_first: u64,
    depth_first: u64,
    /// Those whose print came no sooner than each window ends.
    late: [u64; WINDOWS_NS.len()],
}

impl PairMeter {
    /// A print (`is_print`) or a decrease of depth of exactly `size`; true when its other half is
    /// found, which may change what is learnt.
    pub fn see(
        &mut self,
        is_print: bool,
        side: BookSide,
        price: Price,
        size: i64,
        at_ns: i64,
    ) -> bool {
        let half = Half { is_print, side, price, size, at_ns };
        let Some(first_ns) = self.waiting.take_other(half, TOGETHER_NS) else {
            self.waiting.push(half);
            return false;
        };
        if is_print {
            self.depth_first += 1;
            let lag_ns = at_ns.saturating_sub(first_ns);
            for (late, window_ns) in self.late.iter_mut().zip(WINDOWS_NS) {
                *late += u64::from(lag_ns >= window_ns);
            }
        } else {
            self.trade_first += 1;
        }
        true
    }

    /// Pairs whose print came first, and whose depth came first.
    pub const fn pairs(&self) -> (u64, u64) {
        (self.trade_first, self.depth_first)
    }

    /// How long decreases are held: on a feed that `row` describes as long as the stream has not
    /// told otherwise, times `factor_ppm`.
    pub fn hold_ns(&self, row: TradeDepth, factor_ppm: i64) -> i64 {
        let window_ns = match self.learnt().unwrap_or(row) {
            TradeDepth::TradeFirst => 0,
            TradeDepth::DepthFirst | TradeDepth::Unordered => self.window_ns(),
        };
        i64::try_from(i128::from(window_ns) * i128::from(factor_ppm) / 1_000_000)
            .unwrap_or(i64::MAX)
    }

    fn window_ns(&self) -> i64 {
        let [first, .., last] = WINDOWS_NS;
        if self.learnt().is_none() {
            return first;
        }
        let kept = self.late.iter().position(|late| late * LATE <= self.depth_first);
        kept.and_then(|at| WINDOWS_NS.get(at)).copied().unwrap_or(last)
    }

    /// What the stream does, once enough of it was seen.
    pub const fn learnt(&self) -> Option<TradeDepth> {
        let (trade, depth) = (self.trade_first, self.depth_first);
        if trade + depth < ENOUGH_PAIRS {
            return None;
        }
        Some(if depth * RARE <= trade {
            TradeDepth::TradeFirst
        } else if trade * UNUSUAL <= trade + depth {
            TradeDepth::DepthFirst
        } else {
            TradeDepth::Unordered
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trades(meter: &mut PairMeter, print_first: bool, times: i64) {
        for at in 0..times {
            for is_print in [print_first, !print_first] {
                meter.see(is_print, BookSide::Bid, Price(100), 7, at * 1_000_000_000);
            }
        }
    }

    #[test]
    fn the_order_of_a_stream_is_learnt_from_its_pairs() {
        let mut meter = PairMeter::default();
        trades(&mut meter, true, 99);
        assert_eq!(meter.learnt(), None, "not enough yet");
        trades(&mut meter, true, 1);
        assert_eq!(meter.learnt(), Some(TradeDepth::TradeFirst));
        trades(&mut meter, false, 1);
        assert_eq!((meter.pairs(), meter.learnt()), ((100, 1), Some(TradeDepth::Unordered)));
        let mut other = PairMeter::default();
        trades(&mut other, false, 94);
        trades(&mut other, true, 6);
        assert_eq!(other.learnt(), Some(TradeDepth::DepthFirst), "six of a hundred, as at Kalshi");
        trades(&mut other, true, 6);
        assert_eq!(other.learnt(), Some(TradeDepth::Unordered));
    }

    #[test]
    fn a_decrease_waits_as_long_as_prints_do() {
        const MS: i64 = 1_000_000;
        let mut meter = PairMeter::default();
        let pair = |meter: &mut PairMeter, lag_ns: i64, times: i64| {
            for at in 0..times {
                meter.see(false, BookSide::Ask, Price(100), 7, at * 1_000 * MS);
                meter.see(true, BookSide::Ask, Price(100), 7, at * 1_000 * MS + lag_ns);
            }
        };
        let hold = |meter: &PairMeter| meter.hold_ns(TradeDepth::DepthFirst, 1_000_000);
        assert_eq!(hold(&meter), 5 * MS, "until the stream has told");
        pair(&mut meter, 2 * MS, 5_000);
        assert_eq!(hold(&meter), 5 * MS);
        pair(&mut meter, 8 * MS, 3);
        assert_eq!(hold(&meter), 10 * MS, "three of five thousand are too many");
        pair(&mut meter, 12 * MS, 2);
        assert_eq!(hold(&meter), 10 * MS, "two are not");
        pair(&mut meter, 30 * MS, 3);
        assert_eq!(hold(&meter), 50 * MS);
        assert_eq!(meter.hold_ns(TradeDepth::DepthFirst, 2_000_000), 100 * MS);
        assert_eq!(meter.hold_ns(TradeDepth::DepthFirst, 0), 0);
    }

    #[test]
    fn cancels_and_other_prices_are_no_pairs() {
        let mut meter = PairMeter::default();
        for at in 0..1_000 {
            meter.see(false, BookSide::Bid, Price(100), 7, at);
        }
        meter.see(true, BookSide::Bid, Price(101), 7, 1_000);
        meter.see(true, BookSide::Ask, Price(100), 7, 1_000);
        meter.see(true, BookSide::Bid, Price(100), 8, 1_000);
        meter.see(true, BookSide::Bid, Price(100), 7, 1_000_000_000);
        assert_eq!(meter.pairs(), (0, 0));
    }
}
