//! What a position pays or gets at a funding boundary.

use crate::number::{Money, NumberError, Price, Quantity, exact_notional, mul_div_floor};

/// Scale of `quantity · mark · rate_1e9` over that of money.
const SCALE: i128 = 100_000_000_000_000_000;

/// Funding an account gets at a boundary; negative when it pays. Payer up, receiver down.
pub fn funding(quantity: Quantity, mark: Price, rate_1e9: i64) -> Result<Money, NumberError> {
    let notional = exact_notional(mark, quantity);
    mul_div_floor(-notional, i128::from(rate_1e9), SCALE).map(Money)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs_pay_shorts_and_the_payer_rounds_up() {
        for (held, mark, rate_1e9, paid) in [
            ("2", "61234.50", 100_000, "-12.2469"),
            ("-0.35", "61234.50", 100_000, "2.1432075"),
            ("0.12345678", "61234.567890123", -12_345, "0.093326009"),
            ("-0.12345678", "61234.567890123", -12_345, "-0.09332601"),
            ("0", "61234.50", 100_000, "0"),
        ] {
            let (held, mark) = (Quantity::parse(held).unwrap(), Price::parse(mark).unwrap());
            assert_eq!(funding(held, mark, rate_1e9), Ok(Money::parse(paid).unwrap()), "{held}");
        }
    }
}
