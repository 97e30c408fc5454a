use std::sync::Arc;

use super::*;
use crate::pack::Unpacker;

/// A row that rests once it is even.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number(u64, Arc<str>);

impl Pack for Number {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
        self.1.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self(Pack::unpack(from)?, Pack::unpack(from)?))
    }
}

impl Folds for Number {
    type Head = u64;

    fn rests(&self) -> bool {
        self.0.is_multiple_of(2)
    }

    fn head(&self) -> u64 {
        self.0
    }
}

fn number(value: usize) -> Number {
    Number(value as u64, format!("number {value}").into())
}

fn many(count: usize) -> Folded<Number> {
    let mut rows = Folded::default();
    for value in 0..count {
        rows.push(number(value));
    }
    rows
}

/// Positions whose row is bytes.
fn folded(rows: &Folded<Number>) -> Vec<usize> {
    let is_bytes = |at: &usize| {
        let chunk = rows.full.get(at / CHUNK);
        chunk.is_some_and(|chunk| matches!(chunk.place(at % CHUNK), Some(Place::Folded(_))))
    };
    (0..rows.len()).filter(is_bytes).collect()
}

#[test]
fn every_row_is_read_as_it_was_written() {
    let rows = many(9 * CHUNK + 3);
    assert!(!folded(&rows).is_empty());
    assert!(folded(&rows).iter().all(|at| at % 2 == 0), "only what rests");
    for at in 0..rows.len() {
        assert_eq!(rows.get(at), Some(&number(at)));
        assert_eq!(*rows.peek(at).unwrap(), number(at));
        assert_eq!(rows.head(at), Some(at as u64));
    }
    assert!(rows.get(rows.len()).is_none() && rows.peek(rows.len() + CHUNK).is_none());
}

#[test]
fn a_row_that_rests_later_is_folded_later_and_one_that_is_written_stands() {
    let mut rows = many(4 * CHUNK);
    assert!(!folded(&rows).contains(&1) && folded(&rows).contains(&2));
    *rows.get_mut(1).unwrap() = number(100);
    *rows.get_mut(2).unwrap() = number(7);
    assert!(!folded(&rows).contains(&2));
    for value in 0..9 * CHUNK {
        rows.push(number(value));
    }
    assert!(folded(&rows).contains(&1) && !folded(&rows).contains(&2));
    assert_eq!((rows.get(1), rows.get(2)), (Some(&number(100)), Some(&number(7))));
    assert_eq!(rows.get(0), Some(&number(0)), "its neighbours move with it");
}

#[test]
fn a_row_that_is_written_again_and_again_leaves_nothing_behind() {
    let mut rows = Folded::default();
    let more = |rows: &mut Folded<Number>| (0..CHUNK).for_each(|at| rows.push(number(2 * at)));
    (0..4).for_each(|_| more(&mut rows));
    for turn in 0..50 {
        *rows.get_mut(2).unwrap() = number(100 + 2 * turn);
        assert!(!folded(&rows).contains(&2));
        more(&mut rows);
        assert!(folded(&rows).contains(&2), "it rests again");
    }
    assert_eq!((rows.get(2), rows.get(1)), (Some(&number(198)), Some(&number(2))));
    let Chunk::Folded { blocks, .. } = &*rows.full[0] else { panic!("it is folded") };
    assert!(blocks.len() <= CHUNK);
}

#[test]
fn what_was_read_back_goes_with_the_next_change() {
    let mut rows = many(4 * CHUNK);
    let place = |rows: &Folded<Number>| std::ptr::from_ref(rows.get(0).unwrap());
    let first = place(&rows);
    assert_eq!(first, place(&rows), "read once");
    rows.settle();
    *rows.get_mut(0).unwrap() = number(8);
    assert_eq!(rows.get(0), Some(&number(8)));
}

#[test]
fn a_copy_keeps_its_own_rows() {
    let mut rows = many(4 * CHUNK);
    rows.get(0).unwrap();
    let mut copy = rows.clone();
    *copy.get_mut(0).unwrap() = number(50);
    copy.push(number(1));
    rows.push(number(3));
    assert_eq!((rows.get(0), copy.get(0)), (Some(&number(0)), Some(&number(50))));
    let at = 4 * CHUNK;
    assert_eq!((rows.get(at), copy.get(at)), (Some(&number(3)), Some(&number(1))));
}

#[test]
fn positions_that_were_skipped_have_no_row() {
    let mut rows = many(CHUNK + 1);
    rows.skip(3 * CHUNK);
    for value in 0..4 * CHUNK {
        rows.push(number(value));
    }
    let gone = CHUNK + 1..4 * CHUNK + 1;
    for at in 0..rows.len() {
        assert_eq!(rows.get(at).is_none(), gone.contains(&at));
        assert_eq!(rows.get_mut(at).is_none(), gone.contains(&at));
        assert_eq!(rows.peek(at).is_none(), gone.contains(&at));
        assert_eq!(rows.head(at).is_none(), gone.contains(&at));
    }
    assert_eq!(rows.get(4 * CHUNK + 1), Some(&number(0)));
}
