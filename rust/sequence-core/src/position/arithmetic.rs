//! Arithmetic of what is held: value, payout, margin, funding and the price of a liquidation.

use super::cost::checked;
use crate::number::{
    EXACT_PER_MONEY, Money, NumberError, Price, Quantity, exact_notional, mul_div_ceil,
    mul_div_floor,
};

/// Units of a ratio (`_1e8`) in one.
pub const RATIO_ONE: i128 = 100_000_000;
/// Scale of `quantity · mark · rate_1e9` over that of money.
const FUNDING_SCALE: i128 = 100_000_000_000_000_000;

/// Margin for an exact notional at 1e-17: `⌈fraction · |notional|⌉`.
pub fn margin(notional_exact: i128, fraction_1e8: i64) -> Result<Money, NumberError> {
    let size = checked(notional_exact.checked_abs())?;
    mul_div_ceil(size, i128::from(fraction_1e8), RATIO_ONE * EXACT_PER_MONEY).map(Money)
}

/// Funding an account gets at a boundary; negative when it pays. Payer up, receiver down.
pub fn funding(quantity: Quantity, mark: Price, rate_1e9: i64) -> Result<Money, NumberError> {
    let notional = exact_notional(mark, quantity);
    mul_div_floor(-notional, i128::from(rate_1e9), FUNDING_SCALE).map(Money)
}

/// The last mark at which a lone position is still safe, given its exact cost and collateral.
///
/// A long is liquidated below it, a short above it: `(e ∓ K/|q|) / (1 ∓ MMF)`. `None`: no mark
/// above 0 liquidates it, or nothing is held.
pub fn liquidation_price(
    quantity: Quantity,
    cost_exact: i128,
    collateral: Money,
    maintenance_1e8: i64,
) -> Result<Option<Price>, NumberError> {
    let buffer = checked(collateral.0.checked_mul(EXACT_PER_MONEY))?;
    let size = i128::from(quantity.0).abs();
    let maintenance = i128::from(maintenance_1e8);
    let price = match quantity.0.signum() {
        1 => {
            let debt = checked(cost_exact.checked_sub(buffer))?;
            mul_div_ceil(debt, RATIO_ONE, size * (RATIO_ONE - maintenance))?
        }
        -1 => {
            let assets = checked(cost_exact.checked_abs().and_then(|c| c.checked_add(buffer)))?;
            mul_div_floor(assets, RATIO_ONE, size * (RATIO_ONE + maintenance))?
        }
        _ => 0,
    };
    Ok(i64::try_from(price).ok().filter(|price| *price > 0).map(Price))
}

/// Value of a quantity at a price, rounded toward zero; signed like the quantity.
pub fn value(quantity: Quantity, price: Price) -> Money {
    Money(exact_notional(price, quantity) / EXACT_PER_MONEY)
}

/// Cash a settlement pays for a holding: `⌊quantity · mark⌋`.
pub fn payout(quantity: Quantity, mark: Price) -> Money {
    Money::from_exact_floor(exact_notional(mark, quantity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn longs_pay_shorts_and_the_payer_rounds_up() {
        for (held, mark, rate_1e9, paid) in [
            ("2", "61234.50", 100_000, "-12.2469"),
            ("-0.35", "61234.50", 100_000, "2.1432075"),
            ("0.12345678", "61234.567890123", -12_345, "0.093326009"),
            ("-0.12345678", "61234.567890123", -12_345, "-0.09332601"),
            ("0", "61234.50", 100_000, "0"),
        ] {
            assert_eq!(funding(quantity(held), price(mark), rate_1e9), Ok(usd(paid)), "{held}");
        }
    }

    #[test]
    fn liquidation_starts_where_equity_meets_maintenance() {
        let (cost, collateral, five_percent) =
            (3_000_000_000_000_000_000_000, usd("3500"), 5_000_000);
        let long = liquidation_price(quantity("0.5"), cost, collateral, five_percent);
        let short = liquidation_price(quantity("-0.5"), -cost, collateral, five_percent);
        assert_eq!(long, Ok(Some(price("55789.473684211"))));
        assert_eq!(short, Ok(Some(price("63809.523809523"))));
        assert_eq!(liquidation_price(quantity("0.5"), cost, usd("30000"), five_percent), Ok(None));
        assert_eq!(liquidation_price(Quantity::ZERO, 0, collateral, five_percent), Ok(None));
    }

    #[test]
    fn margin_rounds_up_and_ignores_the_direction() {
        assert_eq!(
            margin(exact_notional(price("60000"), quantity("0.5")), 10_000_000),
            Ok(usd("3000"))
        );
        assert_eq!(margin(-1, 10_000_000), Ok(Money(1)));
        assert_eq!(margin(0, 10_000_000), Ok(Money::ZERO));
    }

    #[test]
    fn value_goes_toward_zero_and_payout_down() {
        assert_eq!(value(Quantity(237_848_346_884), price("1")), Money(2_378_483_468_840));
        assert_eq!(value(Quantity(-1), Price(1)), Money::ZERO);
        assert_eq!(payout(quantity("37"), price("0.5")), usd("18.5"));
        assert_eq!(payout(quantity("0.01234567"), price("0.333333333")), Money(4_115_223));
        assert_eq!(payout(quantity("0.01234567"), price("0.666666667")), Money(8_230_446));
    }
}
