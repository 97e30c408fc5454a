use super::*;

fn queue(lots: &[i64]) -> LotQueue {
    let mut queue = LotQueue::default();
    for lot in lots {
        queue.append(*lot, true, 0, 512);
    }
    queue
}

fn held(size: i64, fewer: Option<u32>) -> Held {
    Held { size, at_ns: 0, later: 0, deadline_ns: 0, fewer }
}

/// Places of the own entries after a cancel.
fn ahead_after(mut queue: LotQueue, size: i64, fewer: Option<u32>) -> Vec<i64> {
    queue.cancel(&held(size, fewer), Unmatched::Back);
    queue.ahead().collect()
}

#[test]
fn among_many_equal_lots_the_one_at_five_sixths_is_taken() {
    // Twelve equal lots: the tenth goes, so an order behind nine of them stays where it is.
    let mut lots = queue(&[1; 9]);
    lots.append_own(5);
    lots.append(1, true, 0, 512);
    lots.append_own(5);
    lots.append(1, true, 0, 512);
    lots.append(1, true, 0, 512);
    assert_eq!(ahead_after(lots, 1, None), [9, 9]);
    let mut few = queue(&[1, 1, 1]);
    few.append_own(5);
    few.append(1, true, 0, 512);
    assert_eq!(ahead_after(few, 1, None), [3], "the newest of up to five");
}

#[test]
fn order_counts_tell_a_cancel_from_a_reduction() {
    let with_own = || {
        let mut lots = LotQueue::default();
        lots.append_equal(90, 3, 0, 512);
        lots.append(10, true, 0, 512);
        lots.append_own(5);
        lots.append(40, true, 0, 512);
        lots
    };
    assert_eq!(ahead_after(with_own(), 10, Some(1)), [90], "the known ten left");
    assert_eq!(ahead_after(with_own(), 10, Some(0)), [100], "the forty got smaller");
    assert_eq!(ahead_after(with_own(), 25, Some(1)), [75], "an unknown order left");
}

#[test]
fn the_two_frontmost_lots_merge_beyond_the_cap() {
    let mut lots = LotQueue::default();
    for size in [4, 5, 6] {
        lots.append(size, true, 0, 2);
    }
    assert_eq!((lots.lots(), lots.external()), (2, 15));
    assert!(!lots.cancel(&held(4, None), Unmatched::Back), "no longer known");
    assert_eq!(lots.external(), 11);
}

#[test]
fn what_was_taken_from_before_an_own_order_comes_back_from_behind_it() {
    let mut lots = queue(&[2, 3]);
    lots.append_own(5);
    lots.append(4, true, 0, 512);
    lots.append_own(5);
    lots.append(6, true, 0, 512);
    lots.put_before(0, 9);
    assert_eq!(lots.ahead().collect::<Vec<_>>(), [9, 13], "the newest first");
    lots.put_before(1, 100);
    assert_eq!(lots.ahead().collect::<Vec<_>>(), [9, 15], "no more than there is");
    lots.put_before(0, 1);
    lots.put_before(7, 1);
    assert_eq!(lots.ahead().collect::<Vec<_>>(), [9, 15], "never nearer");
    assert_eq!(lots.external(), 15);
}
