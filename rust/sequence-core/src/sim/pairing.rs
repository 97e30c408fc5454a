//! Whether a venue tells a trade before or after the depth that it took, learnt from its stream.

use std::collections::VecDeque;

use crate::ids::BookSide;
use crate::number::Price;
use crate::venue::TradeDepth;

/// How long a decrease waits for the print that may explain it, before the preset's factor.
pub const PAIRING_WINDOW_NS: i64 = 5_000_000;
/// Messages of each kind that wait for their other half.
const REMEMBERED: usize = 16;
/// A print and a decrease further apart are not the same trade.
const TOGETHER_NS: i64 = 50_000_000;
/// Pairs needed before the stream is believed rather than the venue's row.
const ENOUGH_PAIRS: u64 = 100;
/// The rarer order has to be rarer than one in this many.
const RARE: u64 = 200;

/// How long decreases are held on a feed that tells trades in this order.
pub const fn hold_ns(order: TradeDepth, window_ns: i64) -> i64 {
    match order {
        TradeDepth::TradeFirst => 0,
        TradeDepth::DepthFirst | TradeDepth::Unordered => window_ns,
    }
}

/// One half of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Half {
    is_print: bool,
    side: BookSide,
    price: Price,
    size: i64,
    at_ns: i64,
}

/// Counts which half of a trade came first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PairMeter {
    waiting: VecDeque<Half>,
    trade_first: u64,
    depth_first: u64,
}

impl PairMeter {
    /// A print (`is_print`) or a decrease of depth of exactly `size`.
    pub fn see(&mut self, is_print: bool, side: BookSide, price: Price, size: i64, at_ns: i64) {
        let half = Half { is_print, side, price, size, at_ns };
        let other = self.waiting.iter().position(|seen| {
            (seen.is_print, seen.side, seen.price, seen.size) == (!is_print, side, price, size)
                && at_ns.saturating_sub(seen.at_ns) <= TOGETHER_NS
        });
        if let Some(at) = other {
            self.waiting.remove(at);
            let count = if is_print { &mut self.depth_first } else { &mut self.trade_first };
            *count += 1;
            return;
        }
        if self.waiting.len() >= REMEMBERED {
            self.waiting.pop_front();
        }
        self.waiting.push_back(half);
    }

    /// Pairs whose print came first, and whose depth came first.
    pub const fn pairs(&self) -> (u64, u64) {
        (self.trade_first, self.depth_first)
    }

    /// What the stream does, once enough of it was seen.
    pub const fn learnt(&self) -> Option<TradeDepth> {
        let (trade, depth) = (self.trade_first, self.depth_first);
        if trade + depth < ENOUGH_PAIRS {
            return None;
        }
        Some(if depth * RARE <= trade {
            TradeDepth::TradeFirst
        } else if trade * RARE <= depth {
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
        trades(&mut other, false, 100);
        assert_eq!(other.learnt(), Some(TradeDepth::DepthFirst));
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
