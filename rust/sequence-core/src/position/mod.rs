//! Position rows: what a holding cost, what it gained, and where it is in its life.
//!
//! A row never copies what the ledger knows. For fiat, crypto and event contracts the quantity is
//! the ledger total; only a perpetual, which is no asset, carries its own. So the functions that
//! need a quantity take it: `held`, signed, as it was *before* the change they book (see
//! [`Position::held`]). A row is a small copy: change the copy, book the money, then store it.
//!
//! Sums are exact at 1e-17 and rounded once, when they are read.

mod closing;
mod cost;
mod funding;
mod lifecycle;

use crate::hash::StateHasher;
use crate::ids::{ReservationId, Side};
use crate::number::{EXACT_PER_MONEY, Money, Price, Quantity, exact_notional};

pub use cost::AverageCost;
pub use funding::funding;
pub use lifecycle::{Lifecycle, PositionError, Resolution};

use cost::{CostEffect, checked, step};

type Result<T> = std::result::Result<T, PositionError>;

/// One execution, as a position sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// Direction.
    pub side: Side,
    /// Size, above 0.
    pub quantity: Quantity,
    /// Price in USD terms; `None` where nothing says what its quote is worth.
    pub price: Option<Price>,
    /// Fee in USD; negative: a rebate. `None` as for the price.
    pub fee_usd: Option<Money>,
    /// Time of the fill.
    pub at_ns: i64,
}

/// What a fill did to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillEffect {
    /// Quantity held afterwards.
    pub after: Quantity,
    /// Size of the part that closed.
    pub closed: Quantity,
    /// Size of the part that opened; both are above 0 when the fill crosses zero.
    pub opened: Quantity,
    /// Change of the realised P&L. The sum over fills does not depend on how they were split, so
    /// this is also the cash a perpetual pays or gets. `None` where cost or price is not known.
    pub realized: Option<Money>,
}

/// Everything a row keeps besides its number, its perpetual part and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Exact cost (1e-17) of `units`; `None` where a part was paid with what nothing valued.
    pub(crate) cost: Option<i128>,
    /// Quantity the cost is for.
    pub(crate) units: i64,
    /// Exact realised P&L (1e-17); `None` where a part of it is not known.
    pub(crate) realized: Option<i128>,
    /// Fees paid less rebates, USD; `None` as for the P&L.
    pub(crate) fees: Option<Money>,
    /// Where it is in its life.
    pub(crate) lifecycle: Lifecycle,
    /// How its market ended.
    pub(crate) resolution: Option<Resolution>,
}

/// What a perpetual has instead of a ledger balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Perp {
    /// Signed quantity.
    pub quantity: Quantity,
    /// The reservation that holds its margin.
    pub margin: Option<ReservationId>,
    /// An order changed it. One that was only written by hand is never liquidated.
    pub is_traded: bool,
}

/// One row of the positions table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Number of the row: stable, and never given to another row.
    pub id: u64,
    /// Set on rows of perpetuals only.
    pub perp: Option<Perp>,
    /// Time of the last change.
    pub updated_ns: i64,
    average: AverageCost,
    realized: i128,
    fees: Money,
    /// A part of what is held was paid with what nothing valued in USD.
    unpriced: bool,
    /// The same of what was realised and of fees.
    unsummed: bool,
    lifecycle: Lifecycle,
    resolution: Option<Resolution>,
}

impl Position {
    /// A row of an asset, with nothing in it yet. `entry` is what a unit costs that no fill
    /// priced: 1 USD for what is pegged to it, else 0.
    pub const fn asset(id: u64, entry: Price, at_ns: i64) -> Self {
        Self {
            id,
            perp: None,
            updated_ns: at_ns,
            average: AverageCost::at(entry),
            realized: 0,
            fees: Money::ZERO,
            unpriced: false,
            unsummed: false,
            lifecycle: Lifecycle::Closed { closed_at_ns: at_ns },
            resolution: None,
        }
    }

    /// A row of a perpetual, flat.
    pub const fn perpetual(id: u64, at_ns: i64) -> Self {
        let perp = Perp { quantity: Quantity::ZERO, margin: None, is_traded: false };
        Self { perp: Some(perp), ..Self::asset(id, Price(0), at_ns) }
    }

    /// What the row keeps, for keeping elsewhere.
    pub(crate) fn kept(&self) -> Kept {
        let (cost, units) = self.average.parts();
        Kept {
            cost: (!self.unpriced).then_some(cost),
            units,
            realized: (!self.unsummed).then_some(self.realized),
            fees: (!self.unsummed).then_some(self.fees),
            lifecycle: self.lifecycle,
            resolution: self.resolution,
        }
    }

    /// The row that kept this; `None` for a cost of nothing.
    pub(crate) fn from_kept(
        id: u64,
        perp: Option<Perp>,
        updated_ns: i64,
        kept: Kept,
    ) -> Option<Self> {
        Some(Self {
            id,
            perp,
            updated_ns,
            average: AverageCost::from_parts(kept.cost.unwrap_or(0), kept.units)?,
            realized: kept.realized.unwrap_or(0),
            fees: kept.fees.unwrap_or_default(),
            unpriced: kept.cost.is_none(),
            unsummed: kept.realized.is_none() || kept.fees.is_none(),
            lifecycle: kept.lifecycle,
            resolution: kept.resolution,
        })
    }

    /// The signed quantity: its own for a perpetual, else the ledger total in whole 1e-8.
    pub fn held(&self, ledger_total: Money) -> Result<Quantity> {
        Ok(self.perp.map_or_else(|| ledger_total.to_quantity_floor(), |perp| Ok(perp.quantity))?)
    }

    /// Writes a row as a whole: quantity and entry price set, P&L and fees restarted at 0.
    ///
    /// The margin reservation is the caller's to release first; the row forgets it.
    pub fn configure(&mut self, quantity: Quantity, entry: Price, at_ns: i64) {
        let perp = self.perp.map(|_| Perp { quantity, margin: None, is_traded: false });
        *self = Self { perp, ..Self::asset(self.id, entry, at_ns) };
        self.touch(quantity, at_ns);
    }

    /// Books a fill. `held` is the signed quantity before it; nothing changes on an error.
    pub fn apply_fill(&mut self, held: Quantity, fill: Execution) -> Result<FillEffect> {
        let mut average = self.average;
        let price = fill.price.unwrap_or_default();
        let effect = average.fill(held, fill.side, fill.quantity, price)?;
        let is_known = effect.closed.0 == 0 || (fill.price.is_some() && !self.unpriced);
        let gain = if is_known { effect.realized } else { 0 };
        let realized = checked(self.realized.checked_add(gain))?;
        let fees = self.fees.checked_add(fill.fee_usd.unwrap_or_default())?;
        let change = is_known.then(|| Money(step(self.realized, realized)));
        (self.average, self.realized, self.fees) = (average, realized, fees);
        self.unsummed |= !is_known || fill.fee_usd.is_none();
        if effect.opened.0 > 0 {
            let begins_anew = effect.opened.0 == effect.after.0.saturating_abs();
            self.unpriced = fill.price.is_none() || (self.unpriced && !begins_anew);
        }
        if let Some(perp) = &mut self.perp {
            perp.quantity = effect.after;
            perp.is_traded = true;
        }
        self.touch(effect.after, fill.at_ns);
        let CostEffect { after, closed, opened, .. } = effect;
        Ok(FillEffect { after, closed, opened, realized: change })
    }

    /// Notes that the quantity is now `held` for a reason that is no fill of this row: the cash
    /// leg of a trade, a transfer. The average cost stays.
    pub fn touch(&mut self, held: Quantity, at_ns: i64) {
        self.updated_ns = at_ns;
        self.lifecycle = match (self.lifecycle, held.0 == 0) {
            (Lifecycle::Active | Lifecycle::Closed { .. }, false) => Lifecycle::Active,
            (Lifecycle::Active, true) => Lifecycle::Closed { closed_at_ns: at_ns },
            (state, _) => state,
        };
    }

    /// The market has an outcome. A corrected outcome replaces one that was not paid out yet.
    pub fn resolve(&mut self, resolution: Resolution, at_ns: i64) -> Result<()> {
        match self.lifecycle {
            Lifecycle::Redeemed { .. } => return Err(PositionError::Redeemed),
            Lifecycle::Closed { .. } => {}
            Lifecycle::Active | Lifecycle::Resolved { .. } => {
                self.lifecycle = Lifecycle::Resolved { resolved_at_ns: at_ns };
            }
        }
        self.resolution = Some(resolution);
        self.updated_ns = at_ns;
        Ok(())
    }

    /// Pays a resolved holding out, once, and returns the cash: the ledger removes the units.
    pub fn redeem(&mut self, held: Quantity, at_ns: i64) -> Result<Money> {
        let (Lifecycle::Resolved { resolved_at_ns }, Some(resolution)) =
            (self.lifecycle, self.resolution)
        else {
            return Err(PositionError::NotResolved);
        };
        let cost = self.average.of(held)?;
        let exact = match resolution {
            Resolution::Pays(mark) => exact_notional(mark, held),
            Resolution::Void => cost,
        };
        self.realized =
            checked(exact.checked_sub(cost).and_then(|gain| self.realized.checked_add(gain)))?;
        self.unsummed |= self.unpriced;
        let payout = Money::from_exact_floor(exact);
        self.lifecycle = Lifecycle::Redeemed { resolved_at_ns, redeemed_at_ns: at_ns, payout };
        self.updated_ns = at_ns;
        Ok(payout)
    }

    /// Whether its cost in USD is known: all of what is held was paid with what something valued.
    pub const fn is_priced(&self) -> bool {
        !self.unpriced
    }

    /// Whether its realised P&L and its fees are known in USD.
    pub const fn is_summed(&self) -> bool {
        !self.unsummed
    }

    /// Where it is in its life.
    pub const fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    /// Weighted average of its fills without fees, or the configured price; half up.
    pub fn entry_price(&self) -> Price {
        self.average.entry_price()
    }

    /// Exact cost of `held` at 1e-17; negative for a short.
    pub fn cost(&self, held: Quantity) -> Result<i128> {
        Ok(self.average.of(held)?)
    }

    /// P&L of closing fills and settlement, without fees, rounded down.
    pub fn realized(&self) -> Money {
        Money::from_exact_floor(self.realized)
    }

    /// Fees paid less rebates.
    pub const fn fees(&self) -> Money {
        self.fees
    }

    /// `(mark − entry) × held` with the exact average as entry, rounded toward zero.
    pub fn unrealized(&self, held: Quantity, mark: Price) -> Result<Money> {
        let gain = checked(exact_notional(mark, held).checked_sub(self.average.of(held)?))?;
        Ok(Money(gain / EXACT_PER_MONEY))
    }

    /// How its market ended, when it did.
    pub const fn resolution(&self) -> Option<Resolution> {
        self.resolution
    }

    /// Mark of a resolved market; a void one counts at entry.
    pub fn settled_mark(&self) -> Option<Price> {
        self.resolution.map(|resolution| match resolution {
            Resolution::Pays(mark) => mark,
            Resolution::Void => self.entry_price(),
        })
    }

    /// Writes the row, without the margin reservation: its amount is hashed by the caller.
    pub fn hash_into(&self, hasher: &mut StateHasher) {
        hasher.word(self.id);
        hasher.word(u64::from(self.perp.is_some()));
        hasher.word(u64::from(self.perp.is_some_and(|perp| perp.is_traded)));
        hasher.signed(self.perp.unwrap_or_default().quantity.0);
        hasher.signed(self.updated_ns);
        self.average.hash_into(hasher);
        hasher.wide(self.realized);
        hasher.wide(self.fees.0);
        hasher.text(self.lifecycle.as_str());
        let (times, paid) = match self.lifecycle {
            Lifecycle::Active => ([0, 0], Money::ZERO),
            Lifecycle::Closed { closed_at_ns } => ([closed_at_ns, 0], Money::ZERO),
            Lifecycle::Resolved { resolved_at_ns } => ([resolved_at_ns, 0], Money::ZERO),
            Lifecycle::Redeemed { resolved_at_ns, redeemed_at_ns, payout } => {
                ([resolved_at_ns, redeemed_at_ns], payout)
            }
        };
        for time in times {
            hasher.signed(time);
        }
        hasher.wide(paid.0);
        hasher.signed(match self.resolution {
            None => -2,
            Some(Resolution::Void) => -1,
            Some(Resolution::Pays(mark)) => mark.0,
        });
        if self.unpriced || self.unsummed {
            hasher.word(u64::from(self.unpriced) << 1 | u64::from(self.unsummed));
        }
    }
}
