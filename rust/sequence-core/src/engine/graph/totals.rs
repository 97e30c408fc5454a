//! What a graph bought and sold, summed as it fills: its limits and its profit read a few sums,
//! however many nodes it has.

use std::collections::BTreeMap;

use crate::ids::{Outcome, Side, SymbolId};
use crate::number::{EXACT_PER_MONEY, Money, Price};
use crate::order::OrderSpec;

/// Fills of one symbol and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Traded {
    /// Bought less sold (1e-8).
    pub(in crate::engine) net: i128,
    /// Paid less received, without fees, in the quote (1e-17).
    spent: i128,
    /// In USD; `None` once nothing valued one of them.
    fees: Option<Money>,
}

impl Default for Traded {
    fn default() -> Self {
        Self { net: 0, spent: 0, fees: Some(Money::ZERO) }
    }
}

impl Traded {
    /// What it is worth at a price, less what it cost, in the quote at 1e-9, rounded down.
    pub(in crate::engine) fn gain(&self, mark: Price) -> i128 {
        (i128::from(mark.0) * self.net - self.spent).div_euclid(EXACT_PER_MONEY)
    }
}

/// A fill, or all fills of an order together.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Part {
    /// Units (1e-8).
    pub(in crate::engine) units: i128,
    /// Σ price × quantity (1e-17).
    pub(in crate::engine) exact: i128,
    /// In USD, where something valued it.
    pub(in crate::engine) fees: Option<Money>,
}

/// Sums by what was traded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Totals(BTreeMap<(SymbolId, Option<Outcome>), Traded>);

impl Totals {
    /// An order filled.
    pub(in crate::engine) fn add(&mut self, order: &OrderSpec, part: Part) {
        let sign = if order.side == Side::Buy { 1 } else { -1 };
        let traded = self.0.entry((order.symbol, order.outcome)).or_default();
        traded.net += sign * part.units;
        traded.spent += sign * part.exact;
        let sum = |(sum, fees): (Money, Money)| Money(sum.0 + fees.0);
        traded.fees = traded.fees.zip(part.fees).map(sum);
    }

    /// Fees of all fills, in USD at 1e-9; `None` where nothing valued one of them.
    pub(in crate::engine) fn fees(&self) -> Option<i128> {
        self.0.values().map(|traded| traded.fees.map(|fees| fees.0)).sum()
    }

    /// Everything that was traded.
    pub(in crate::engine) fn iter(
        &self,
    ) -> impl Iterator<Item = (SymbolId, Option<Outcome>, &Traded)> {
        self.0.iter().map(|((symbol, outcome), traded)| (*symbol, *outcome, traded))
    }
}
