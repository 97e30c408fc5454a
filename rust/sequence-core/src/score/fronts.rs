//! Fronts: in a sweep every print but the last finished the order that was first at its level.

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::sim::tracker::LotTracker;

/// Fronts that sweeps have shown, against what the list of lots had there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fronts {
    /// Prints that finished an order at a level whose lots are known.
    pub tested: u64,
    /// Those whose size was that of the first lot.
    pub right: u64,
    /// Those whose size some lot had.
    pub listed: u64,
    /// Sum over these of the size before that lot over the size of the level, in ppm.
    pub before_ppm: u64,
}

/// A print and what the list said of its level, until the next print tells whether it was the last.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    side: BookSide,
    stamp_ns: i64,
    right: bool,
    /// Size before the lot of the print's size, and of the level.
    before: Option<(i64, i64)>,
}

/// The test, one market at a time.
#[derive(Debug, Clone, Default)]
pub struct FrontTest {
    waiting: Option<Waiting>,
    /// What it found.
    pub found: Fronts,
}

impl FrontTest {
    /// A print; the tracker has not seen it yet. Prints of one sweep have one `stamp_ns`.
    pub fn print(
        &mut self,
        tracker: &mut LotTracker,
        (side, price, quantity): (BookSide, Price, Quantity),
        (now_ns, stamp_ns): (i64, i64),
    ) {
        if let Some(last) = self.waiting.take()
            && (last.side, last.stamp_ns) == (side, stamp_ns)
        {
            self.found.count(&last);
        }
        let Some(level) = tracker.met(side, price, quantity, now_ns) else { return };
        let (right, first) = (level.front() == Some(quantity.0), level.first());
        let before = if right { Some(0) } else { first.before(quantity.0) };
        let before = before.map(|before| (before, first.external()));
        self.waiting = Some(Waiting { side, stamp_ns, right, before });
    }

    /// A gap: the next print belongs to another sweep.
    pub const fn forget(&mut self) {
        self.waiting = None;
    }
}

impl Fronts {
    fn count(&mut self, print: &Waiting) {
        self.tested += 1;
        self.right += u64::from(print.right);
        if let Some((before, level)) = print.before {
            self.listed += 1;
            let ppm = i128::from(before) * 1_000_000 / i128::from(level.max(1));
            self.before_ppm += u64::try_from(ppm).unwrap_or(0);
        }
    }
}
