//! Fixed-point numbers: [`Price`] at 1e-9, [`Quantity`] at 1e-8, [`Money`] at 1e-9 of its asset.
//!
//! Text becomes an integer and an integer becomes text without a float on the way. Arithmetic is
//! checked: a value outside its type is an error of the caller's command, never a wrapped or
//! saturated number. Whoever divides names the direction of the rounding.

use std::fmt;

/// Decimals of a [`Price`].
pub const PRICE_DECIMALS: u32 = 9;
/// Decimals of a [`Quantity`].
pub const QUANTITY_DECIMALS: u32 = 8;
/// Decimals of [`Money`].
pub const MONEY_DECIMALS: u32 = 9;
/// Units of a [`Price`] in one unit of the quote asset.
pub const PRICE_ONE: i64 = 1_000_000_000;
/// Units of a [`Quantity`] in one unit of the base asset.
pub const QUANTITY_ONE: i64 = 100_000_000;
/// Units of [`Money`] in one unit of an asset.
pub const MONEY_ONE: i128 = 1_000_000_000;
/// `price × quantity` is at 1e-17; dividing by this gives [`Money`] units.
pub const EXACT_PER_MONEY: i128 = 100_000_000;
/// The same as a divisor of [`div_floor`].
pub(crate) const PER_MONEY: u64 = 100_000_000;
/// Largest price or quantity accepted from outside, in units.
pub const MAX_UNITS: i64 = 9_000_000_000_000_000_000;

/// Why a number was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// The text is not a decimal number.
    Syntax,
    /// More decimals than the scale holds; carries the number of decimals allowed.
    TooManyDecimals(u32),
    /// The value does not fit its type.
    Range,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("is not a decimal number"),
            Self::TooManyDecimals(n) => write!(f, "has more than {n} decimals"),
            Self::Range => f.write_str("is out of range"),
        }
    }
}

impl std::error::Error for NumberError {}

/// A price in 1e-9 of the quote asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Price(pub i64);

/// A quantity in 1e-8 of the base asset; signed where it is a position or a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(pub i64);

/// An amount of one asset in units of 1e-9; every ledger amount is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(pub i128);

impl Price {
    /// Parses decimal text exactly.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        to_i64(parse_decimal(text.as_bytes(), PRICE_DECIMALS)?).map(Self)
    }

    /// The largest multiple of `tick` not above this price.
    pub fn floor_to(self, tick: Self) -> Self {
        if tick.0 <= 1 { self } else { Self(self.0 - self.0.rem_euclid(tick.0)) }
    }

    /// The smallest multiple of `tick` not below this price.
    pub fn ceil_to(self, tick: Self) -> Result<Self, NumberError> {
        let floor = self.floor_to(tick);
        if floor == self {
            Ok(self)
        } else {
            floor.0.checked_add(tick.0).map(Self).ok_or(NumberError::Range)
        }
    }
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Parses decimal text exactly.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        to_i64(parse_decimal(text.as_bytes(), QUANTITY_DECIMALS)?).map(Self)
    }

    /// The largest multiple of `lot` not above this quantity (toward minus infinity).
    pub fn floor_to(self, lot: Self) -> Self {
        if lot.0 <= 1 { self } else { Self(self.0 - self.0.rem_euclid(lot.0)) }
    }

    /// The same quantity as a ledger amount. Exact: 1e-8 is ten units of 1e-9.
    pub fn to_money(self) -> Money {
        Money(i128::from(self.0) * 10)
    }

    /// Checked sum.
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        self.0.checked_add(other.0).map(Self).ok_or(NumberError::Range)
    }

    /// Checked difference.
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        self.0.checked_sub(other.0).map(Self).ok_or(NumberError::Range)
    }
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Parses decimal text exactly.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        parse_decimal(text.as_bytes(), MONEY_DECIMALS).map(Self)
    }

    /// From an exact `price × quantity` (1e-17), rounded up: what a payer owes.
    pub fn from_exact_ceil(exact: i128) -> Self {
        let floor = div_floor::<PER_MONEY>(exact);
        Self(if floor.wrapping_mul(EXACT_PER_MONEY) == exact { floor } else { floor + 1 })
    }

    /// From an exact `price × quantity` (1e-17), rounded down: what a receiver gets.
    pub fn from_exact_floor(exact: i128) -> Self {
        Self(div_floor::<PER_MONEY>(exact))
    }

    /// Checked sum.
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        self.0.checked_add(other.0).map(Self).ok_or(NumberError::Range)
    }

    /// Checked difference.
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        self.0.checked_sub(other.0).map(Self).ok_or(NumberError::Range)
    }

    /// Whole quantity units (1e-8) in this amount, rounded down.
    pub fn to_quantity_floor(self) -> Result<Quantity, NumberError> {
        to_i64(div_floor::<10>(self.0)).map(Quantity)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_decimal(i128::from(self.0), PRICE_DECIMALS))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_decimal(i128::from(self.0), QUANTITY_DECIMALS))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_decimal(self.0, MONEY_DECIMALS))
    }
}

/// The exact product of a price and a quantity, at 1e-17. One such product always fits.
pub fn exact_notional(price: Price, quantity: Quantity) -> i128 {
    i128::from(price.0) * i128::from(quantity.0)
}

/// `⌊n / D⌋` for a constant `D` above 0.
///
/// Nearly every amount fits one machine word once the powers of two of `D` are shifted out, and
/// dividing a word by a constant is a multiplication; a division of 128 bits is not.
pub(crate) fn div_floor<const D: u64>(n: i128) -> i128 {
    let shift = D.trailing_zeros();
    // A negative number is mirrored at −½, which turns its floor into the floor of a positive one.
    let sign = n >> 127;
    let size = (n ^ sign) >> shift;
    let quotient = match u64::try_from(size) {
        Ok(word) => i128::from(word / (D >> shift)),
        Err(_) => size / i128::from(D >> shift),
    };
    quotient ^ sign
}

/// Quotient rounded toward plus infinity. `d` must be positive.
pub fn div_ceil(n: i128, d: i128) -> i128 {
    let floor = n.div_euclid(d);
    if n.rem_euclid(d) == 0 { floor } else { floor + 1 }
}

/// `⌊a·b/d⌋` with a 256-bit product. Fails when `d` is not positive or the result does not fit.
pub fn mul_div_floor(a: i128, b: i128, d: i128) -> Result<i128, NumberError> {
    mul_div(a, b, d).map(|(quotient, _)| quotient)
}

/// `⌈a·b/d⌉` with a 256-bit product. Fails when `d` is not positive or the result does not fit.
pub fn mul_div_ceil(a: i128, b: i128, d: i128) -> Result<i128, NumberError> {
    let (quotient, exact) = mul_div(a, b, d)?;
    if exact { Ok(quotient) } else { quotient.checked_add(1).ok_or(NumberError::Range) }
}

/// Floor of `a·b/d`, and whether the division was exact.
fn mul_div(a: i128, b: i128, d: i128) -> Result<(i128, bool), NumberError> {
    if d <= 0 {
        return Err(NumberError::Range);
    }
    // Nearly every product of sizes fits one machine word, which divides many times faster.
    if let (Ok(a), Ok(b), Ok(d)) = (u64::try_from(a), u64::try_from(b), u64::try_from(d))
        && let Some(product) = a.checked_mul(b)
    {
        return Ok((i128::from(product / d), product % d == 0));
    }
    if let Some(product) = a.checked_mul(b) {
        return Ok((product.div_euclid(d), product.rem_euclid(d) == 0));
    }
    let negative = (a < 0) != (b < 0);
    let (high, low) = wide_mul(a.unsigned_abs(), b.unsigned_abs());
    let (quotient, remainder) = wide_div(high, low, d.unsigned_abs()).ok_or(NumberError::Range)?;
    let magnitude = i128::try_from(quotient).or(Err(NumberError::Range))?;
    match (negative, remainder == 0) {
        (false, exact) => Ok((magnitude, exact)),
        (true, true) => Ok((-magnitude, true)),
        (true, false) => Ok((-magnitude - 1, false)),
    }
}

/// 128 × 128 → 256 bits, as (high, low).
fn wide_mul(a: u128, b: u128) -> (u128, u128) {
    const MASK: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & MASK, b >> 64, b & MASK);
    let low = a0 * b0;
    let mid1 = a1 * b0 + (low >> 64);
    let mid2 = a0 * b1 + (mid1 & MASK);
    (a1 * b1 + (mid1 >> 64) + (mid2 >> 64), (mid2 << 64) | (low & MASK))
}

/// 256 / 128 by shift and subtract; `None` when the quotient needs more than 128 bits.
fn wide_div(high: u128, low: u128, d: u128) -> Option<(u128, u128)> {
    if high >= d {
        return None;
    }
    let (mut remainder, mut quotient) = (high, 0u128);
    for bit in (0..128).rev() {
        let carry = remainder >> 127;
        remainder = (remainder << 1) | ((low >> bit) & 1);
        if carry == 1 || remainder >= d {
            remainder = remainder.wrapping_sub(d);
            quotient |= 1 << bit;
        }
    }
    Some((quotient, remainder))
}

/// Reads decimal text (`-12.5`, `1e-3`) as an integer scaled by `10^decimals`, exactly.
///
/// Accepts the JSON number grammar: no leading `+`, no leading zeros, digits on both sides of the
/// point. Exponents are allowed as long as the value is exact at the scale. The cost is one pass;
/// digits are bounded by 64 so that hostile input stays cheap.
pub fn parse_decimal(text: &[u8], decimals: u32) -> Result<i128, NumberError> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (mantissa, exponent) = split_exponent(rest)?;
    let (whole, fraction) = split_point(mantissa)?;
    let magnitude = scale_digits(whole, fraction, exponent, decimals)?;
    Ok(if negative { -magnitude } else { magnitude })
}

fn split_exponent(text: &[u8]) -> Result<(&[u8], i32), NumberError> {
    let Some(at) = text.iter().position(|c| matches!(c, b'e' | b'E')) else {
        return Ok((text, 0));
    };
    let (mantissa, tail) = text.split_at(at);
    let tail = tail.get(1..).unwrap_or_default();
    let (sign, digits) = match tail {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NumberError::Syntax);
    }
    let mut value = 0i32;
    for digit in digits {
        // Beyond four digits only zero can be meant; the cap keeps the sum in range.
        value = (value * 10 + i32::from(digit - b'0')).min(99_999);
    }
    Ok((mantissa, sign * value))
}

fn split_point(mantissa: &[u8]) -> Result<(&[u8], &[u8]), NumberError> {
    let (whole, fraction) = match mantissa.iter().position(|c| *c == b'.') {
        None => (mantissa, &[][..]),
        Some(at) => {
            let fraction = mantissa.get(at + 1..).unwrap_or_default();
            if fraction.is_empty() {
                return Err(NumberError::Syntax);
            }
            (mantissa.split_at(at).0, fraction)
        }
    };
    let leading_zero = whole.len() > 1 && whole.first() == Some(&b'0');
    let digits_only = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if whole.is_empty() || leading_zero || !digits_only {
        return Err(NumberError::Syntax);
    }
    Ok((whole, fraction))
}

fn scale_digits(
    whole: &[u8],
    fraction: &[u8],
    exponent: i32,
    decimals: u32,
) -> Result<i128, NumberError> {
    let trailing = fraction.iter().rev().take_while(|c| **c == b'0').count();
    let fraction = fraction.split_at(fraction.len() - trailing).0;
    let mut value = 0i128;
    for digit in whole.iter().chain(fraction) {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i128::from(digit - b'0')))
            .ok_or(NumberError::Range)?;
    }
    if value == 0 {
        return Ok(0);
    }
    let places = i64::try_from(fraction.len()).or(Err(NumberError::Range))?;
    let mut shift = i64::from(decimals) + i64::from(exponent) - places;
    while shift < 0 {
        if value % 10 != 0 {
            return Err(NumberError::TooManyDecimals(decimals));
        }
        value /= 10;
        shift += 1;
    }
    if shift > 38 {
        return Err(NumberError::Range);
    }
    for _ in 0..shift {
        value = value.checked_mul(10).ok_or(NumberError::Range)?;
    }
    Ok(value)
}

/// Decimal text of an integer scaled by `10^decimals`, without trailing zeros (`0.29`, `1`, `-3.5`).
pub fn format_decimal(value: i128, decimals: u32) -> String {
    let padded = format_fixed(value, decimals);
    if decimals == 0 {
        return padded;
    }
    padded.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Decimal text with exactly `decimals` digits after the point (`15000000000.000000000`).
pub fn format_fixed(value: i128, decimals: u32) -> String {
    let width = decimals as usize;
    let digits = format!("{:0>1$}", value.unsigned_abs(), width + 1);
    let (whole, fraction) = digits.split_at(digits.len() - width);
    let sign = if value < 0 { "-" } else { "" };
    if width == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn to_i64(value: i128) -> Result<i64, NumberError> {
    i64::try_from(value).or(Err(NumberError::Range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_becomes_units_exactly() {
        for (text, units) in [
            ("0.29", 29_000_000),
            ("1.15", 115_000_000),
            ("2.01", 201_000_000),
            ("4.02", 402_000_000),
            ("1e-8", 1),
            ("1", QUANTITY_ONE),
            ("-0.5", -50_000_000),
            ("1.0E-7", 10),
            ("5e2", 50_000_000_000),
            ("0.10000000000", 10_000_000),
        ] {
            assert_eq!(Quantity::parse(text), Ok(Quantity(units)), "{text}");
        }
    }

    #[test]
    fn what_is_not_exact_or_not_a_number_is_refused() {
        for text in ["0.30000000000000004", "1e-9", "4.9e-324", "1e-400"] {
            assert_eq!(Quantity::parse(text), Err(NumberError::TooManyDecimals(8)), "{text}");
        }
        for text in
            ["", "-", "01", "+1", ".5", "5.", "0x10", "1_000", "NaN", "1e", "1e+", "１２", "1 "]
        {
            assert_eq!(Quantity::parse(text), Err(NumberError::Syntax), "{text}");
        }
        for text in ["1e400", "9223372036854775808", &"9".repeat(5000)] {
            assert_eq!(Quantity::parse(text), Err(NumberError::Range), "{text}");
        }
        assert_eq!(Quantity::parse("0e99999"), Ok(Quantity::ZERO));
    }

    #[test]
    fn rounding_goes_where_its_name_says() {
        assert_eq!(Money::from_exact_ceil(1), Money(1));
        assert_eq!(Money::from_exact_floor(-1), Money(-1));
        assert_eq!(div_ceil(-3, 2), -1);
        assert_eq!(Price(-7).floor_to(Price(5)), Price(-10));
        assert_eq!(Price(7).ceil_to(Price(5)), Ok(Price(10)));
    }

    #[test]
    fn totals_print_with_every_decimal() {
        assert_eq!(format_fixed(15_000_000_000_000_000_000, 9), "15000000000.000000000");
        assert_eq!(format_fixed(-5, 9), "-0.000000005");
        assert_eq!(format_decimal(100_000, 0), "100000");
        assert_eq!(Quantity(150_000_000).to_string(), "1.5");
    }

    proptest! {
        #[test]
        fn text_round_trips(units in any::<i64>()) {
            prop_assert_eq!(Price::parse(&Price(units).to_string()), Ok(Price(units)));
        }

        #[test]
        fn constants_divide_like_variables(n in any::<i128>(), shift in 0..127u32) {
            for n in [n >> shift, -(n >> shift).saturating_abs(), n] {
                prop_assert_eq!(div_floor::<10>(n), n.div_euclid(10));
                prop_assert_eq!(div_floor::<7>(n), n.div_euclid(7));
                prop_assert_eq!(div_floor::<PER_MONEY>(n), n.div_euclid(EXACT_PER_MONEY));
            }
        }

        #[test]
        fn wide_products_agree_with_narrow_ones(a in any::<i64>(), b in any::<i64>(), d in 1..i64::MAX) {
            let (a, b, d) = (i128::from(a), i128::from(b), i128::from(d));
            prop_assert_eq!(mul_div_floor(a, b, d), Ok((a * b).div_euclid(d)));
            prop_assert_eq!(mul_div_ceil(a, b, d), Ok(div_ceil(a * b, d)));
        }

        #[test]
        fn a_wide_product_divides_back(a in any::<i128>(), d in 1..i128::MAX) {
            prop_assert_eq!(mul_div_floor(a, d, d), Ok(a));
            prop_assert_eq!(mul_div_ceil(a, d, d), Ok(a));
        }

        #[test]
        fn floor_and_ceil_bracket(a in any::<i128>(), b in any::<i128>(), d in 1..i128::MAX) {
            if let (Ok(low), Ok(high)) = (mul_div_floor(a, b, d), mul_div_ceil(a, b, d)) {
                prop_assert!(high - low <= 1);
            }
        }
    }
}
