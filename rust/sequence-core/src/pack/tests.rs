use std::fmt::Debug;

use proptest::prelude::*;

use super::*;

/// The rows return from one block, also when another stands between them; its bytes, and columns.
fn returns<T: Pack + PartialEq + Debug>(rows: &[Vec<T>]) -> usize {
    let mut to = Packer::default();
    let said: Vec<_> = rows
        .iter()
        .map(|row| {
            to.row(|to| (-1_i64).pack(to));
            to.row(|to| row.iter().for_each(|value| value.pack(to))).unwrap()
        })
        .collect();
    let block = Block::new(&mut to, &said);
    for (nth, row) in rows.iter().enumerate() {
        let mut from = block.reader(nth);
        for value in row {
            assert_eq!(T::unpack(&mut from).as_ref(), Some(value));
        }
        assert!(from.is_at_end() && from.next().is_none());
    }
    block.bytes()
}

/// Numbers around every power of two, whatever their sign.
fn around_powers() -> Vec<i64> {
    let at = |power: u32| [-1, 0, 1].map(|by| (1_i64 << power).wrapping_add(by));
    let ups: Vec<i64> = (0..64).flat_map(at).collect();
    ups.iter().flat_map(|up| [*up, up.wrapping_neg()]).collect()
}

#[test]
fn the_ends_of_every_range_return() {
    let ends = around_powers();
    returns(std::slice::from_ref(&ends));
    returns(&[ends.iter().map(|end| end.cast_unsigned()).collect::<Vec<u64>>()]);
    for by in (0..=64).step_by(8) {
        returns(&[ends.iter().map(|end| i128::from(*end) << by).collect::<Vec<_>>()]);
    }
    returns(&[vec![i128::MIN, i128::MAX, 0, -1]]);
    returns(&[vec![u128::MAX, 0], vec![0, u128::MAX]]);
    returns(&[vec![Some(Arc::<str>::from("a text")), None, Some(Arc::from(""))]]);
}

#[test]
fn each_number_returns_after_and_beside_each_other() {
    let ends = around_powers();
    for (one, two) in ends.iter().flat_map(|one| ends.iter().map(move |two| (*one, *two))) {
        returns(&[vec![one, two, one]]);
        returns(&[vec![one.cast_unsigned()], vec![two.cast_unsigned()], vec![one.cast_unsigned()]]);
    }
}

#[test]
fn what_every_row_says_takes_no_bytes_of_theirs() {
    let now: i64 = 1_700_000_000_000_000_000;
    let row = |nth: i64| vec![now + nth, now + nth + 250_000, 74_350_000_000_000, 5, 0, -1];
    assert_eq!(returns(&[row(0), row(0), row(0)]), 0);
    let rows: Vec<_> = (0..60).map(row).collect();
    assert_eq!(returns(&rows), rows.len(), "the first time, and the second lies as close to it");
    let far: Vec<_> = (0..60).map(|nth| row(nth * 1_000_000)).collect();
    assert_eq!(returns(&far), 4 * far.len());
    let texts = ["a text of more than one word", "a text of more than two word"];
    assert_eq!(
        returns(&texts.map(|text| vec![Arc::<str>::from(text)])),
        2 * 7,
        "of the one word that differs"
    );
}

#[test]
fn a_row_with_a_value_that_no_number_says_leaves_none() {
    let mut to = Packer::default();
    assert_eq!(to.row(|to| 1_u64.pack(to)), Some((0, 1)));
    let none = |to: &mut Packer| {
        7_u64.pack(to);
        to.give_up();
    };
    assert_eq!(to.row(none), None);
    assert_eq!(to.row(|to| 2_u64.pack(to)), Some((1, 2)));
}

proptest! {
    #[test]
    fn rows_of_numbers_return(
        wide in proptest::collection::vec(proptest::array::uniform5((any::<i128>(), 0..128_u32)), 0..9),
        plain in proptest::collection::vec(proptest::array::uniform5((any::<u64>(), 0..64_u32)), 0..9),
        same in any::<u8>(),
    ) {
        // Some columns say the same in every row.
        let plain: Vec<Vec<u64>> = plain.iter().map(|row| {
            let first = row.iter().zip(&plain[0]).enumerate();
            first.map(|(at, (own, first))| if same >> at & 1 == 1 { first } else { own })
                .map(|(bits, by)| bits >> by).collect()
        }).collect();
        returns(&plain);
        // Near each other or not, and of a length that is the same only where no half is needed.
        for row in &plain {
            returns(&[row.iter().map(|number| number.cast_signed()).collect::<Vec<_>>()]);
            returns(&[row.iter().map(|number| u128::from(*number) << 50).collect::<Vec<_>>()]);
        }
        for row in &wide {
            returns(&[row.iter().map(|(bits, by)| bits >> by).collect::<Vec<i128>>()]);
        }
    }

    #[test]
    fn texts_return(texts in proptest::collection::vec(".{0,20}", 0..4)) {
        returns(&[texts.iter().map(|text| Arc::from(&**text)).collect::<Vec<Arc<str>>>()]);
    }
}
