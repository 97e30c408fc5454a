//! Sums of the ledger. Amounts from outside and amounts to be stored are bounded, so nothing in
//! between can leave 128 bits; the sums are checked all the same.

use super::Result;
use super::entry::{Balance, Contra, ContraTotals, LedgerError, MAX_AMOUNT};
use crate::mutant;
use crate::number::Money;

/// Moves `amount` from available to reserved; a negative amount moves it back.
pub(super) fn hold_back(balance: Balance, amount: Money) -> Result<Balance> {
    let funds = if mutant!("spend_total") { balance.total() } else { balance.available };
    if amount > funds {
        return Err(LedgerError::Insufficient { available: balance.available, needed: amount });
    }
    Ok(Balance {
        available: sub(balance.available, amount)?,
        reserved: add(balance.reserved, amount)?,
    })
}

/// What is available after `net` came in, or went out when it is negative.
pub(super) fn pay_in(balance: Balance, net: Money) -> Result<Money> {
    let available = add(balance.available, net)?;
    if available < Money::ZERO && !mutant!("dust_fee") {
        let needed = Money(-net.0);
        return Err(LedgerError::Insufficient { available: balance.available, needed });
    }
    bounded(add(available, balance.reserved)?)?;
    Ok(available)
}

/// The other sides after `change` went from `side` to a balance.
pub(super) fn moved(mut contra: ContraTotals, side: Contra, change: Money) -> Result<ContraTotals> {
    match side {
        Contra::External => contra.external = add_within(contra.external, change)?,
        Contra::Venue => contra.venue = sub_within(contra.venue, change)?,
        Contra::Fees => contra.fees = sub_within(contra.fees, change)?,
        Contra::Rounding => contra.rounding = sub_within(contra.rounding, change)?,
        Contra::Insurance => contra.insurance = sub_within(contra.insurance, change)?,
    }
    Ok(contra)
}

/// The fee leg; a unit too much under a mutant.
pub(super) fn wrong_fee(fee: Money) -> Money {
    if mutant!("fee_off_by_one") { Money(fee.0 + 1) } else { fee }
}

/// An amount from outside that must not be negative.
pub(super) fn not_negative(amount: Money) -> Result<()> {
    bounded(amount)?;
    if amount < Money::ZERO { Err(LedgerError::Negative) } else { Ok(()) }
}

/// Any amount from outside, and any amount about to be stored.
pub(super) fn bounded(amount: Money) -> Result<()> {
    let fits = (-MAX_AMOUNT..=MAX_AMOUNT).contains(&amount.0);
    if fits { Ok(()) } else { Err(LedgerError::Range) }
}

/// A sum to be stored.
pub(super) fn add_within(a: Money, b: Money) -> Result<Money> {
    let sum = add(a, b)?;
    bounded(sum).map(|()| sum)
}

/// A difference to be stored.
pub(super) fn sub_within(a: Money, b: Money) -> Result<Money> {
    let difference = sub(a, b)?;
    bounded(difference).map(|()| difference)
}

pub(super) fn add(a: Money, b: Money) -> Result<Money> {
    let sum = a.0.checked_add(b.0).ok_or(LedgerError::Range)?;
    Ok(Money(if mutant!("i64_wrap") { wrap(sum) } else { sum }))
}

pub(super) fn sub(a: Money, b: Money) -> Result<Money> {
    a.0.checked_sub(b.0).map(Money).ok_or(LedgerError::Range)
}

/// What a careless 64-bit sum would give; only a mutant asks.
fn wrap(sum: i128) -> i128 {
    let low = sum.rem_euclid(1 << 64);
    if low >= 1 << 63 { low - (1 << 64) } else { low }
}
