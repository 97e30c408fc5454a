use std::fmt::Debug;

use proptest::prelude::*;

use super::*;

fn returns<T: Pack + PartialEq + Debug>(values: &[T]) -> usize {
    let mut to = Packer::default();
    for value in values {
        value.pack(&mut to);
    }
    let bytes = to.take();
    let mut from = Unpacker::new(&bytes);
    for value in values {
        assert_eq!(T::unpack(&mut from).as_ref(), Some(value));
    }
    assert!(from.rest().is_empty());
    for cut in 0..bytes.len() {
        let mut from = Unpacker::new(&bytes[..cut]);
        assert!((0..values.len()).any(|_| T::unpack(&mut from).is_none()));
    }
    bytes.len()
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
    returns(&ends);
    returns::<u64>(&ends.iter().map(|end| end.cast_unsigned()).collect::<Vec<_>>());
    let wide = |by: u32| ends.iter().map(|end| i128::from(*end) << by).collect::<Vec<_>>();
    for by in (0..=64).step_by(8) {
        returns(&wide(by));
    }
    returns::<i128>(&[i128::MIN, i128::MAX, 0, -1]);
    returns(&[u128::MAX, 0]);
    returns(&[Some(Arc::<str>::from("a text")), None, Some(Arc::from(""))]);
}

#[test]
fn each_number_returns_after_each_other() {
    let ends = around_powers();
    for (before, after) in ends.iter().flat_map(|one| ends.iter().map(move |two| (*one, *two))) {
        let mut to = Packer::default();
        for value in [before, after, before] {
            value.pack(&mut to);
        }
        let bytes = to.take();
        let mut from = Unpacker::new(&bytes);
        let read = [(); 3].map(|()| i64::unpack(&mut from));
        assert_eq!(read, [before, after, before].map(Some));
    }
}

#[test]
fn numbers_of_one_kind_cost_little_after_the_first() {
    let now: i64 = 1_700_000_000_000_000_000;
    assert!(returns(&[now]) <= 9);
    assert!(returns(&[now, now + 250_000, 5, now + 250_001]) <= 9 + 3 + 1 + 1);
    let price: i64 = 74_350_000_000_000;
    assert!(returns(&[now, price, now + 1, price + 10_000_000]) <= 9 + 7 + 1 + 4);
}

proptest! {
    #[test]
    fn numbers_return(
        wide in proptest::collection::vec((any::<i128>(), 0..128_u32), 0..9),
        plain in proptest::collection::vec((any::<u64>(), 0..64_u32), 0..9),
    ) {
        returns(&plain.iter().map(|(bits, by)| bits >> by).collect::<Vec<u64>>());
        returns(&plain.iter().map(|(bits, by)| bits.cast_signed() >> by).collect::<Vec<i64>>());
        returns(&wide.iter().map(|(bits, by)| bits >> by).collect::<Vec<i128>>());
    }
}
