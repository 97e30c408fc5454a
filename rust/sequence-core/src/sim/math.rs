//! The four transcendental helpers of the simulator, in integers, and nowhere else.
//!
//! Real numbers travel as Q32: `x_q32 = ⌊x·2³²⌋` in an `i128`. On `[-10, 2]` the absolute error of
//! [`exp_q32`] and on `[0.5, 10⁶]` that of [`ln_q32`] is below 10⁻⁸.

use crate::number::NumberError;

/// 1 in Q32.
pub const ONE_Q32: i128 = 1 << 32;

const LN2_Q32: i64 = 2_977_044_471;
const LN2_Q62: i128 = 3_196_577_161_300_663_914;
const ONE_Q62: u64 = 1 << 62;
/// Largest power of two by which a Q32 result can be scaled and still fit.
const MAX_SHIFT: i64 = 90;

/// `eˣ`. Fails when the result does not fit.
pub fn exp_q32(x: i128) -> Result<i128, NumberError> {
    let Ok(x) = i64::try_from(x) else {
        // Far beyond everything that fits, or so small that nothing is left.
        return if x > 0 { Err(NumberError::Range) } else { Ok(0) };
    };
    let (n, rest) = (x.div_euclid(LN2_Q32), x.rem_euclid(LN2_Q32));
    if n > MAX_SHIFT {
        return Err(NumberError::Range);
    }
    // Below ln 2, so no sum reaches 2.
    let y = rest.unsigned_abs() << 30;
    let mut sum = ONE_Q62;
    for i in (1..=14).rev() {
        sum = ONE_Q62 + mul_q62(y, sum) / i;
    }
    let value = i128::from(sum >> 30);
    Ok(if n >= 0 { value << n } else { value >> (-n).min(127) })
}

/// `log₂ x`. Fails for `x ≤ 0`.
pub fn log2_q32(x: i128) -> Result<i128, NumberError> {
    if x <= 0 {
        return Err(NumberError::Range);
    }
    let bits = 128 - x.leading_zeros();
    if x == 1 << (bits - 1) {
        return Ok((i128::from(bits) - 33) * ONE_Q32);
    }
    let y = if bits <= 63 { x << (63 - bits) } else { x >> (bits - 63) };
    // From 1 to below 2, its square below 4.
    let mut y = u64::try_from(y).ok().ok_or(NumberError::Range)?;
    let mut fraction = 0_u32;
    for _ in 0..32 {
        y = mul_q62(y, y);
        let bit = y >> 63;
        fraction = fraction << 1 | u32::from(bit == 1);
        y >>= bit;
    }
    Ok((i128::from(bits) - 33) * ONE_Q32 + i128::from(fraction))
}

/// Product of two Q62 numbers below 4 whose product is below 4, rounded down.
fn mul_q62(a: u64, b: u64) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)) >> 62).unwrap_or(u64::MAX)
}

/// `ln x`. Fails for `x ≤ 0`.
pub fn ln_q32(x: i128) -> Result<i128, NumberError> {
    Ok((log2_q32(x)? * LN2_Q62) >> 62)
}

/// The integer square root, rounded down. Fails for negative numbers.
pub fn isqrt(n: i128) -> Result<i128, NumberError> {
    n.checked_isqrt().ok_or(NumberError::Range)
}

/// Half a byte more than the root of each upper byte of a number with one of its first two bits.
const FIRST_ROOTS: [u64; 192] = first_roots();

#[expect(clippy::indexing_slicing, reason = "while it is compiled")]
const fn first_roots() -> [u64; 192] {
    let mut roots = [0; 192];
    let mut at = 0;
    while at < roots.len() {
        let wide = 256 * (at as u64 + 64) + 128;
        let down = wide.isqrt();
        let nearest = if wide - down * down > down { down + 1 } else { down };
        roots[at] = if nearest > 255 { 255 } else { nearest };
        at += 1;
    }
    roots
}

/// The integer square root of a machine word, rounded down: two steps of Heron's rule from a table,
/// as Python's `math.isqrt` takes them, which leave at most one too many.
pub(crate) fn root(n: u64) -> u64 {
    let up = n.leading_zeros() & !1;
    let Some(wide) = n.checked_shl(up) else { return 0 };
    let upper = usize::try_from(wide >> 56).unwrap_or(0);
    let Some(first) = upper.checked_sub(64).and_then(|at| FIRST_ROOTS.get(at)) else { return 0 };
    let second = (first << 7) + (wide >> 41) / first;
    let third = (second << 15) + (wide >> 17) / second;
    let found = third.min(u64::from(u32::MAX)) >> (up / 2);
    found - u64::from(found * found > n)
}

/// `2²⁴/√(256·n + 128)` of each upper byte of a number with one of its first two bits.
const FIRST_INVERSES: [u64; 192] = first_inverses();

#[expect(clippy::indexing_slicing, reason = "while it is compiled")]
const fn first_inverses() -> [u64; 192] {
    let mut roots = [0; 192];
    let mut at = 0;
    while at < roots.len() {
        let wide = 256 * (at as u64 + 64) + 128;
        roots[at] = ((1 << 48) / wide).isqrt();
        at += 1;
    }
    roots
}

/// `2⁶³/√n` within six parts of 2³², never above 2³², of a number with one of its first two bits: two
/// steps of Newton's rule from a table, without a division.
pub(crate) fn inverse_root(n: u64) -> u64 {
    let upper = usize::try_from(n >> 56).unwrap_or(0);
    let Some(first) = upper.checked_sub(64).and_then(|at| FIRST_INVERSES.get(at)) else { return 0 };
    let n = n >> 32;
    let three = 3 << 62;
    let second = (first * ((three - n * ((first * first) >> 2)) >> 31)) >> 17;
    let second = second.min(u64::from(u32::MAX));
    let third = (second * ((three - n * ((second * second) >> 32)) >> 32)) >> 31;
    third.min(1 << 32)
}

/// Product of two Q32 numbers, rounded down. Both must be below 2⁹⁴ in magnitude of their product.
pub const fn mul_q32(a: i128, b: i128) -> i128 {
    (a * b) >> 32
}

/// `part/whole` in Q32, rounded down, for `0 ≤ part` and `0 < whole`.
pub(crate) fn ratio_q32(part: i128, whole: i128) -> i128 {
    // Sizes of a level nearly always fit: one division of machine words instead of a wide one.
    if let (Ok(part), Ok(whole)) = (u32::try_from(part), u64::try_from(whole)) {
        return i128::from((u64::from(part) << 32) / whole.max(1));
    }
    (part << 32) / whole
}

/// `xⁿ` in Q32 with a floor after every product, for `x` in `[0, 1]`.
pub fn pow_q32(x: i128, n: u32) -> i128 {
    // The first product, of one, is the number itself.
    (1..n).fold(if n == 0 { ONE_Q32 } else { x }, |power, _| mul_q32(power, x))
}

/// One half as a share in Q32.
pub const HALF_Q32: u32 = 1 << 31;

/// The position at which a share (Q32) of the weight is reached from the front.
pub fn weighted_quantile(
    weighted: impl Iterator<Item = (usize, u64)> + Clone,
    share_q32: u32,
) -> Option<usize> {
    let mut all = weighted.clone();
    let first = all.next()?;
    let Some(second) = all.next() else { return Some(first.0) };
    let mut total = u128::from(first.1) + u128::from(second.1);
    total += all.map(|(_, weight)| u128::from(weight)).sum::<u128>();
    let mut before = 0;
    let mut last = first.0;
    for (at, weight) in weighted {
        before += u128::from(weight);
        last = at;
        if before << 32 >= total * u128::from(share_q32) {
            break;
        }
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::mul_div_floor;
    use proptest::prelude::*;

    /// The published form, in wide integers throughout.
    fn slow_exp_q32(x: i128) -> Result<i128, NumberError> {
        let (n, one) = (x.div_euclid(2_977_044_471), 1_i128 << 62);
        let y = x.rem_euclid(2_977_044_471) << 30;
        let sum = (1..=14).rev().fold(one, |sum, i| one + ((y * sum) >> 62).div_euclid(i));
        let value = sum >> 30;
        if n > 90 {
            return Err(NumberError::Range);
        }
        Ok(if n >= 0 { value << n } else { value >> (-n).min(127) })
    }

    fn slow_log2_q32(x: i128) -> i128 {
        let bits = i128::from(128 - x.leading_zeros());
        let mut y = if bits <= 63 { x << (63 - bits) } else { x >> (bits - 63) };
        let mut fraction = 0;
        for _ in 0..32 {
            y = (y * y) >> 62;
            fraction <<= 1;
            if y >= 1_i128 << 63 {
                fraction += 1;
                y >>= 1;
            }
        }
        (bits - 33) * ONE_Q32 + fraction
    }

    proptest! {
        #[test]
        fn machine_words_give_what_wide_integers_give(
            x in prop_oneof![-20 * ONE_Q32..20 * ONE_Q32, -(1_i128 << 66)..1 << 66, any::<i128>()],
            shift in 0..127_u32,
        ) {
            prop_assert_eq!(exp_q32(x >> shift), slow_exp_q32(x >> shift));
            let positive = ((x >> shift) & i128::MAX).max(1);
            prop_assert_eq!(log2_q32(positive), Ok(slow_log2_q32(positive)));
        }

        #[test]
        fn a_ratio_is_the_wide_division_whatever_its_size(
            part in 0..=1_i128 << 60, whole in 1..=1_i128 << 60, shift in 0..40_u32,
        ) {
            let (part, whole) = (part >> shift, (whole >> shift).max(1));
            prop_assert_eq!(ratio_q32(part, whole), (part << 32) / whole);
        }
    }

    #[test]
    fn the_published_vectors_hold() {
        assert_eq!(exp_q32(ONE_Q32), Ok(11_674_931_556));
        assert_eq!(exp_q32(-ONE_Q32), Ok(1_580_030_168));
        assert_eq!(exp_q32(-(ONE_Q32 / 2)), Ok(2_605_029_346));
        assert_eq!(ln_q32(3 * ONE_Q32), Ok(4_718_503_850));
        assert_eq!(ln_q32(10 * ONE_Q32), Ok(9_889_527_670));
    }

    #[test]
    fn the_ends_of_every_upper_byte_have_their_root() {
        for upper in 0..=255_u64 {
            for n in [upper << 56, (upper << 56) | (u64::MAX >> 8)] {
                assert_eq!(root(n), n.isqrt(), "{n}");
                assert_eq!(root(n >> 1), (n >> 1).isqrt(), "{n}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert_eq!(exp_q32(100 * ONE_Q32), Err(NumberError::Range));
        assert_eq!(exp_q32(-100 * ONE_Q32), Ok(0));
        assert_eq!(ln_q32(0), Err(NumberError::Range));
        assert_eq!(isqrt(-1), Err(NumberError::Range));
    }

    proptest! {
        #[test]
        fn exponential_and_logarithm_undo_each_other(x in 0..(2 * ONE_Q32)) {
            let back = ln_q32(exp_q32(x).unwrap()).unwrap();
            prop_assert!((back - x).abs() <= 43, "{x} came back as {back}");
        }

        #[test]
        fn the_root_of_a_word_is_its_root(n in any::<u64>(), by in 0..64_u32, near in 0..3_u64) {
            let n = n >> by;
            prop_assert_eq!(root(n), n.isqrt());
            let square = n.isqrt().pow(2).saturating_add(near).saturating_sub(1);
            prop_assert_eq!(root(square), square.isqrt());
        }

        #[test]
        fn an_inverse_root_is_near(n in 1..u64::MAX, by in 0..64_u32) {
            let n = n >> by;
            prop_assume!(n > 0);
            let n = n << (n.leading_zeros() & !1);
            let found = i128::from(inverse_root(n));
            prop_assert!(found <= 1 << 32);
            let square = mul_div_floor(found * found, i128::from(n), 1 << 63).unwrap();
            // Twice six parts, since it is squared.
            prop_assert!((square - (1 << 63)).abs() <= 13 << 31, "{n}: {found}");
        }

        #[test]
        fn a_root_squared_brackets_its_argument(n in 0..i128::MAX) {
            let root = isqrt(n).unwrap();
            prop_assert!(root * root <= n);
            prop_assert!((root + 1).checked_mul(root + 1).is_none_or(|above| above > n));
        }
    }
}
