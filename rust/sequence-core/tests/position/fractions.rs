//! The obvious position: average cost in exact fractions, and sums over the list of fills.

use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::collection::vec;
use proptest::prelude::*;
use sequence_core::ids::Side;
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::position::{Execution, FillEffect, Position};

/// One fill of a generated sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deal {
    pub(crate) buy: bool,
    pub(crate) size: Size,
    pub(crate) price: i64,
    pub(crate) fee: i64,
}

/// Sizes sit on the edge: what closes exactly, one unit beside it, one unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    Units(i64),
    /// This much more than what is held.
    Beyond(i64),
    /// A part of what is held, in percent.
    Percent(i64),
}

/// Four billion units: at the highest price generated, forty such fills still fit 128 bits.
const LARGEST: i64 = 400_000_000_000_000_000;

impl Size {
    fn of(self, held: i64) -> i64 {
        let units = match self {
            Self::Units(units) => units,
            Self::Beyond(units) => held.abs().saturating_add(units),
            Self::Percent(percent) => held.abs().saturating_mul(percent) / 100,
        };
        units.clamp(1, LARGEST)
    }
}

pub(crate) fn deals() -> impl Strategy<Value = Vec<Deal>> {
    let size = prop_oneof![
        4 => (1..50i64).prop_map(Size::Units),
        3 => (1..1_000_000_000_000i64).prop_map(Size::Units),
        1 => Just(Size::Units(LARGEST)),
        4 => (-1..=1i64).prop_map(Size::Beyond),
        4 => (1..250i64).prop_map(Size::Percent),
    ];
    let price = prop_oneof![
        3 => 1..100i64,
        5 => 1..100_000_000_000_000i64,
        1 => Just(1_000_000_000_000_000_000),
    ];
    let deal = (any::<bool>(), size, price, -50..5_000i64)
        .prop_map(|(buy, size, price, fee)| Deal { buy, size, price, fee });
    vec(deal, 1..40)
}

/// Exact average-cost accounting, without any rounding.
struct Exact {
    held: BigInt,
    cost: BigRational,
    realized: BigRational,
    /// Proceeds of sells less cost of buys.
    cash: BigInt,
    fees: i128,
}

impl Exact {
    fn fill(&mut self, signed: i64, price: i64, fee: i64) {
        let (zero, price, signed) = (BigInt::from(0), BigInt::from(price), BigInt::from(signed));
        let opposite = (self.held > zero && signed < zero) || (self.held < zero && signed > zero);
        let fits = self.held.magnitude() >= signed.magnitude();
        let closing = match (opposite, fits) {
            (false, _) => zero.clone(),
            (true, true) => signed.clone(),
            (true, false) => -&self.held,
        };
        if closing != zero {
            let removed = &self.cost * BigRational::new(-&closing, self.held.clone());
            self.realized += BigRational::from(-&closing * &price) - &removed;
            self.cost -= removed;
        }
        self.cost += BigRational::from((&signed - &closing) * &price);
        self.cash -= &signed * &price;
        self.held += signed;
        self.fees += i128::from(fee);
    }
}

fn close_to(mine: i128, exact: &BigRational, units: usize) -> bool {
    let apart = BigRational::from(BigInt::from(mine)) - exact;
    let bound = BigRational::from(BigInt::from(units));
    -&bound <= apart && apart <= bound
}

fn execution(deal: Deal, units: i64, at_ns: i64) -> Execution {
    Execution {
        side: if deal.buy { Side::Buy } else { Side::Sell },
        quantity: Quantity(units),
        price: Some(Price(deal.price)),
        fee_usd: Some(Money(i128::from(deal.fee))),
        at_ns,
    }
}

/// Follows what is held: the ledger's part when the row is one of an asset.
struct Holder {
    row: Position,
    held: i64,
}

impl Holder {
    fn new(perp: bool) -> Self {
        let row = if perp { Position::perpetual(1, 0) } else { Position::asset(1, Price(0), 0) };
        Self { row, held: 0 }
    }

    fn fill(&mut self, fill: Execution) -> FillEffect {
        let effect = self.row.apply_fill(Quantity(self.held), fill).unwrap();
        self.held = effect.after.0;
        effect
    }
}

/// Compares every number after every fill and returns the last state of the row.
pub(crate) fn replay(may_go_short: bool, deals: &[Deal]) -> Result<Position, String> {
    let mut holder = Holder::new(may_go_short);
    let zero = || BigRational::from(BigInt::from(0));
    let mut exact =
        Exact { held: 0.into(), cost: zero(), realized: zero(), cash: 0.into(), fees: 0 };
    let mut told = 0;
    for (at, deal) in deals.iter().enumerate() {
        let mut units = deal.size.of(holder.held);
        if !deal.buy && !may_go_short {
            units = units.min(holder.held);
        }
        if units == 0 {
            continue;
        }
        let signed = if deal.buy { units } else { -units };
        let Some(expected) = holder.held.checked_add(signed) else { continue };
        let held = holder.held;
        let effect = holder.fill(execution(*deal, units, i64::try_from(at).unwrap()));
        exact.fill(signed, deal.price, deal.fee);
        told += effect.realized.unwrap().0;

        let row = &holder.row;
        let same = |ok: bool, what: &str| {
            if ok { Ok(()) } else { Err(format!("fill {at} {deal:?} on {held}: {what}: {row:?}")) }
        };
        let fills = at + 1;
        let cost = row.cost(Quantity(holder.held)).unwrap();
        let scale = BigRational::from(BigInt::from(100_000_000));
        let realized = &exact.realized / &scale;
        same(effect.after.0 == expected && exact.held == expected.into(), "P1 quantity")?;
        same(row.perp.is_none_or(|perp| perp.quantity.0 == expected), "own quantity")?;
        same(effect.closed.0 + effect.opened.0 == units, "parts")?;
        same(close_to(cost, &exact.cost, fills), "cost basis")?;
        same(expected != 0 || cost == 0, "nothing held costs nothing")?;
        same(told == row.realized().0, "sum of effects")?;
        same(close_to(told, &realized, 2), "realised")?;
        same(row.fees().0 == exact.fees, "fees")?;
        for mark in [1, deal.price, 70_000_000_000_000] {
            let unrealized = row.unrealized(Quantity(expected), Price(mark)).unwrap();
            let value = &exact.held * BigInt::from(mark);
            let identity = BigRational::from(&exact.cash + value) / &scale;
            same(close_to(told + unrealized.0, &identity, 2), "P3 identity")?;
        }
    }
    Ok(holder.row)
}

/// P2: each fill cut in two, also at zero, gives the same row and the same gains.
pub(crate) fn same_when_split(deals: &[Deal], cuts: &[i64]) -> Result<(), String> {
    let (mut whole, mut split) = (Holder::new(true), Holder::new(true));
    for (deal, percent) in deals.iter().zip(cuts) {
        let units = deal.size.of(whole.held);
        let signed = if deal.buy { units } else { -units };
        if whole.held.checked_add(signed).is_none() {
            continue;
        }
        let crosses = whole.held.signum() * signed.signum() < 0 && units > whole.held.abs();
        let first = if crosses && percent % 2 == 0 {
            whole.held.abs()
        } else {
            units / 100 * percent + units % 100 * percent / 100
        };
        let gain = whole.fill(execution(*deal, units, 0)).realized.unwrap().0;
        let mut gains = 0;
        for part in [first, units - first].into_iter().filter(|part| *part > 0) {
            let fee = if part == first { 0 } else { deal.fee };
            let fee = if part == units { deal.fee } else { fee };
            gains += split.fill(execution(Deal { fee, ..*deal }, part, 0)).realized.unwrap().0;
        }
        let cost = |holder: &Holder| holder.row.cost(Quantity(holder.held));
        let entries = (whole.row.entry_price(), split.row.entry_price());
        let same = gain == gains && cost(&whole) == cost(&split) && entries.0 == entries.1;
        if !same || whole.held != split.held {
            return Err(format!("{deal:?} cut at {first}: {:?} and {:?}", whole.row, split.row));
        }
    }
    Ok(())
}
