//! Orders that their size gives away: an add whose size no other lot of its level has. A fill or a
//! cancel of exactly that size is its own, so that entry, fill and cancel are known without ids.

use std::collections::BTreeMap;

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::score::rules::RULES;
use crate::sim::record::{Held, Record};

/// The rule that is never too early. An order that even it has filled before was partly filled, or is
/// another one than it seemed; such orders do not count.
const CAREFUL: usize = 1;

/// One rule against the orders that were recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SizeScore {
    /// Filled here at the instant at which the order was.
    pub exact: u64,
    /// Filled here before the order was.
    pub early: u64,
    /// Filled here before the order was cancelled.
    pub cancelled: u64,
}

/// An order that can be recognised, or one that has a twin.
#[derive(Debug, Clone, Copy)]
struct Lot {
    size: i64,
    key: Option<u64>,
}

#[derive(Debug, Clone, Default)]
struct Level {
    record: Record,
    lots: Vec<Lot>,
    /// Orders of a snapshot may stand before these.
    older: bool,
}

/// How an order that was followed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Filled by a print at this time, ns.
    Filled(i64),
    /// Cancelled at this time, ns.
    Cancelled(i64),
    /// Not recognised any more.
    Lost,
}

/// An order that is followed no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its key.
    pub key: u64,
    /// Its side.
    pub side: BookSide,
    /// Its price.
    pub price: Price,
    /// What became of it.
    pub end: End,
}

/// Every order that is followed, and what rules believed of those that ended.
#[derive(Debug, Clone, Default)]
pub struct SizeTest {
    levels: BTreeMap<(BookSide, i64), Level>,
    /// By key: when each rule filled the order.
    believed: BTreeMap<u64, [Option<i64>; RULES.len()]>,
    next_key: u64,
    /// Orders whose fill, and whose cancel, was recognised.
    pub filled: u64,
    /// The same for cancels.
    pub cancelled: u64,
    /// By rule.
    pub scores: [SizeScore; RULES.len()],
}

impl SizeTest {
    /// What the change of a level says: the key of an order that can be followed from now on, whose
    /// place is behind what was displayed before. Ended orders are added to `ended`.
    pub fn level(
        &mut self,
        (side, price): (BookSide, Price),
        (after, count): (Quantity, u32),
        (now_ns, hold_ns): (i64, i64),
        ended: &mut Vec<Ended>,
    ) -> Option<u64> {
        let level = self.levels.entry((side, price.0)).or_default();
        level.settle(now_ns, (side, price), ended);
        let change = level.record.depth(after.0, count);
        if change.decrease > 0 {
            level.record.hold(Held::new(change, now_ns, hold_ns));
            if hold_ns == 0 {
                level.settle(now_ns, (side, price), ended);
            }
        }
        if level.record.is_empty() {
            level.lose((side, price), ended);
            self.levels.remove(&(side, price.0));
            return None;
        }
        if change.increase == 0 {
            return None;
        }
        let mut is_alone = true;
        for twin in level.lots.iter_mut().filter(|lot| lot.size == change.increase) {
            is_alone = false;
            if let Some(key) = twin.key.take() {
                ended.push(Ended { key, side, price, end: End::Lost });
            }
        }
        let key = is_alone.then_some(self.next_key);
        level.lots.push(Lot { size: change.increase, key });
        if let Some(key) = key {
            self.believed.insert(key, Default::default());
            self.next_key += 1;
        }
        key
    }

    /// What a print says.
    pub fn print(
        &mut self,
        (side, price, quantity): (BookSide, Price, Quantity),
        now_ns: i64,
        ended: &mut Vec<Ended>,
    ) {
        let Some(level) = self.levels.get_mut(&(side, price.0)) else { return };
        while let Some(held) = level.record.overtaken(quantity.0) {
            level.take(held.size, (side, price), End::Cancelled(held.at_ns), ended);
        }
        level.record.print(quantity.0);
        level.wear(quantity.0, (side, price), ended);
        level.take(quantity.0, (side, price), End::Filled(now_ns), ended);
    }

    /// A rule has filled an order.
    pub fn believe(&mut self, rule: usize, key: u64, now_ns: i64) {
        let row = self.believed.get_mut(&key);
        if let Some(belief) = row.and_then(|row| row.get_mut(rule)) {
            *belief = belief.or(Some(now_ns));
        }
    }

    /// Counts an order that ended.
    pub fn count(&mut self, ended: &Ended) {
        let Some(believed) = self.believed.remove(&ended.key) else { return };
        let (End::Filled(truth) | End::Cancelled(truth)) = ended.end else { return };
        if believed.get(CAREFUL).is_some_and(|by| by.is_some_and(|ns| ns < truth)) {
            return;
        }
        match ended.end {
            End::Lost => {}
            End::Filled(_) => self.filled += 1,
            End::Cancelled(_) => self.cancelled += 1,
        }
        for (score, belief) in self.scores.iter_mut().zip(believed) {
            match (ended.end, belief) {
                (End::Filled(truth), Some(ns)) if ns == truth => score.exact += 1,
                (End::Filled(_), Some(_)) => score.early += 1,
                // What is held is known to be a cancel only later; a print in between would have
                // met nobody.
                (End::Cancelled(truth), Some(ns)) if ns < truth => score.cancelled += 1,
                _ => {}
            }
        }
    }

    /// A gap: nobody is recognised any more.
    pub fn forget(&mut self) {
        self.levels.clear();
        self.believed.clear();
    }

    /// A level of a snapshot: how many orders stand there, and of what sizes, is not known.
    pub fn snapshot(&mut self, side: BookSide, price: Price, quantity: Quantity) {
        let record = Record::new(quantity.0, 0);
        let level = Level { record, lots: Vec::new(), older: true };
        self.levels.insert((side, price.0), level);
    }
}

impl Level {
    fn settle(&mut self, now_ns: i64, at: (BookSide, Price), ended: &mut Vec<Ended>) {
        while let Some(held) = self.record.due(now_ns) {
            self.take(held.size, at, End::Cancelled(held.at_ns), ended);
        }
    }

    /// A print of another size took from the order that is known to be first: what is left of it has
    /// that size no longer.
    fn wear(&mut self, size: i64, (side, price): (BookSide, Price), ended: &mut Vec<Ended>) {
        let Some(first) = self.lots.first_mut().filter(|first| !self.older && first.size != size)
        else {
            return;
        };
        first.size -= size;
        let key = first.key.take();
        if first.size < 0 {
            self.lots.remove(0);
        }
        ended.extend(key.map(|key| Ended { key, side, price, end: End::Lost }));
    }

    /// Takes the lot of this size out, if there is one.
    fn take(
        &mut self,
        size: i64,
        (side, price): (BookSide, Price),
        end: End,
        ended: &mut Vec<Ended>,
    ) {
        let Some(at) = self.lots.iter().position(|lot| lot.size == size) else { return };
        if let Some(key) = self.lots.remove(at).key {
            ended.push(Ended { key, side, price, end });
        }
    }

    fn lose(&mut self, (side, price): (BookSide, Price), ended: &mut Vec<Ended>) {
        let keys = self.lots.drain(..).filter_map(|lot| lot.key);
        ended.extend(keys.map(|key| Ended { key, side, price, end: End::Lost }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: (BookSide, Price) = (BookSide::Bid, Price(70));

    fn ends(test: &mut SizeTest, print: i64) -> Vec<End> {
        let mut ended = Vec::new();
        test.print((AT.0, AT.1, Quantity(print)), 9, &mut ended);
        ended.iter().map(|order| order.end).collect()
    }

    fn added(test: &mut SizeTest, sizes: &[i64]) {
        for after in sizes {
            test.level(AT, (Quantity(*after), 0), (1, 0), &mut Vec::new());
        }
    }

    #[test]
    fn an_order_that_was_first_when_a_print_of_another_size_came_is_not_whole_any_more() {
        let mut test = SizeTest::default();
        added(&mut test, &[79, 104]);
        assert_eq!(ends(&mut test, 2), [End::Lost], "the first had it");
        assert_eq!(ends(&mut test, 79), [], "this is somebody else");
        assert_eq!(ends(&mut test, 25), [End::Filled(9)]);
    }

    #[test]
    fn what_a_snapshot_hides_may_have_been_first() {
        let mut test = SizeTest::default();
        test.snapshot(AT.0, AT.1, Quantity(10));
        added(&mut test, &[89]);
        assert_eq!(ends(&mut test, 2), []);
        assert_eq!(ends(&mut test, 79), [End::Filled(9)]);
    }
}
