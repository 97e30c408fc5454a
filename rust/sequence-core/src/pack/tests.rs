use std::fmt::Debug;

use proptest::prelude::*;

use super::*;

fn returns<T: Pack + PartialEq + Debug>(values: &[T]) -> usize {
    written(values, None).0
}

/// Bytes of the values beside an example, once they were read as they are; and the values as one.
fn written<T: Pack + PartialEq + Debug>(
    values: &[T],
    example: Option<&Example>,
) -> (usize, Example) {
    let mut to = Packer::default();
    to.start();
    for value in values {
        value.pack(&mut to);
    }
    assert!(to.is_whole());
    let numbers = example.map_or(&[][..], |example| example);
    to.finish(numbers);
    let (bytes, said) = (to.take(), to.example());
    let mut from = Unpacker::new(&bytes, numbers);
    for value in values {
        assert_eq!(T::unpack(&mut from).as_ref(), Some(value));
    }
    assert!(from.rest().is_empty());
    for cut in 0..bytes.len() {
        let mut from = Unpacker::new(&bytes[..cut], numbers);
        assert!((0..values.len()).any(|_| T::unpack(&mut from).is_none()));
    }
    (bytes.len(), said)
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
        to.finish(&[]);
        let bytes = to.take();
        let mut from = Unpacker::new(&bytes, &[]);
        let read = [(); 3].map(|()| i64::unpack(&mut from));
        assert_eq!(read, [before, after, before].map(Some));
    }
}

#[test]
fn numbers_of_one_kind_cost_little_after_the_first() {
    let now: i64 = 1_700_000_000_000_000_000;
    assert!(returns(&[now]) <= 1 + 9);
    assert!(returns(&[now, now + 250_000, 5, now + 250_001]) <= 1 + 9 + 4 + 1 + 1);
    let price: i64 = 74_350_000_000_000;
    assert!(returns(&[now, price, now + 1, price + 10_000_000]) <= 1 + 9 + 7 + 2 + 4);
}

#[test]
fn what_the_example_says_too_takes_a_bit() {
    let row = [1_700_000_000_000_000_000_i64, 74_350_000_000_000, 5, 0, -1, 250, 250, 0];
    let (alone, example) = written(&row, None);
    assert!(alone > 20);
    assert_eq!(written(&row, Some(&example)).0, 1);
    let next = row.map(|number| if number > 1 << 40 { number + 1_000 } else { number });
    assert!(written(&next, Some(&example)).0 <= 1 + 2 + 2);
    let text = [Arc::<str>::from("a text of more than one word"), Arc::from("")];
    let (_, example) = written(&text, None);
    assert_eq!(written(&text, Some(&example)).0, 1);
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

    #[test]
    fn numbers_return_beside_any_example(
        example in proptest::collection::vec((any::<u64>(), 0..64_u32), 0..12),
        same in any::<u16>(),
        wide in proptest::collection::vec((any::<i128>(), 0..128_u32), 9),
        plain in proptest::collection::vec((any::<u64>(), 0..64_u32), 9),
        texts in proptest::collection::vec(".{0,20}", 0..4),
    ) {
        let example: Example = example.iter().map(|(bits, by)| bits >> by).collect();
        let pick = |at: usize, other: u64| match example.get(at) {
            Some(number) if same >> at & 1 == 1 => *number,
            _ => other,
        };
        let plain = plain.iter().enumerate().map(|(at, (bits, by))| pick(at, bits >> by));
        let plain: Vec<u64> = plain.collect();
        let beside = Some(&example);
        written(&plain, beside);
        written(&plain.iter().map(|number| number.cast_signed()).collect::<Vec<_>>(), beside);
        let wide = wide.iter().zip(&plain).map(|((bits, by), other)| match by {
            0..60 => i128::from(other.cast_signed()),
            _ => bits >> (by - 60),
        });
        written(&wide.collect::<Vec<i128>>(), beside);
        written(&plain.iter().map(|number| u128::from(*number) << 50).collect::<Vec<_>>(), beside);
        written(&texts.iter().map(|text| Arc::from(&**text)).collect::<Vec<Arc<str>>>(), beside);
    }
}
