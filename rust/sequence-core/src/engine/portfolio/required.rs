//! What a leg must hold for as long as it is open: the only place that says it.

use crate::ids::{InstrumentKind, Side};
use crate::ledger::LedgerError;
use crate::mutant;
use crate::number::{
    EXACT_PER_MONEY, Money, NumberError, Price, Quantity, exact_notional, mul_div_ceil,
};
use crate::order::Leg;
use crate::registry::MarketSpec;
use crate::sim::fees::FeeState;

/// What a leg must hold for its rest.
pub(in crate::engine) fn required(
    side: Side,
    terms: &MarketSpec,
    leg: &Leg,
) -> Result<Money, LedgerError> {
    let rest = leg.remaining();
    if rest.0 <= 0 {
        // It is full: a change on its way comes too late, and no form of it is filled any more.
        return Ok(Money::ZERO);
    }
    let needed = match (terms.kind, side) {
        (InstrumentKind::Perp, _) => perp_margin(terms, leg)?,
        (_, Side::Sell) => rest.to_money(),
        (_, Side::Buy) => buy_cost(terms, &leg.fees, leg.bound, rest)?,
    };
    // Whichever form is filled, the other may follow; and a change that travels may find part of
    // the leg filled in its old form.
    let Some(form) = leg.reshape.as_deref() else { return Ok(needed) };
    let course = form.travels.then(|| leg.dearest_course(terms.kind, side)).flatten();
    let other = course.or_else(|| leg.other_form());
    let also = other.map(|other| required(side, terms, &other)).transpose()?;
    Ok(needed.max(also.unwrap_or_default()))
}

/// Cash that the open part of a buy can still cost, fees included.
pub(in crate::engine) fn buy_cost(
    terms: &MarketSpec,
    fees: &FeeState,
    bound: Price,
    rest: Quantity,
) -> Result<Money, NumberError> {
    if mutant!("fee_not_reserved") {
        return Ok(Money::from_exact_ceil(exact_notional(bound, rest)));
    }
    fees.reserve_buy(&terms.fees, bound, rest, terms.grid.order_lot())
}

/// Margin of an exact notional (1e-17), rounded up.
pub(in crate::engine) fn margin(exact: i128, fraction_1e8: i64) -> Result<Money, NumberError> {
    mul_div_ceil(exact, i128::from(fraction_1e8), 100_000_000 * EXACT_PER_MONEY).map(Money)
}

/// Initial margin and fee bound of the part of a perp leg that opens.
fn perp_margin(terms: &MarketSpec, leg: &Leg) -> Result<Money, NumberError> {
    let opening = Quantity((leg.remaining().0 - leg.reducing.0).max(0));
    if opening.0 == 0 {
        return Ok(Money::ZERO);
    }
    let exact = exact_notional(leg.margin_at, opening);
    let margin = margin(exact, terms.initial_margin_1e8)?;
    margin.checked_add(leg.fees.fee_bound(
        &terms.fees,
        leg.margin_at,
        opening,
        terms.grid.order_lot(),
    )?)
}
