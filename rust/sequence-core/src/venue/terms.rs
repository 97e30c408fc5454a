//! What a source says of a market's grid and minimums, and whom of several to believe.

use super::PriceGrid;
use crate::number::{Money, Price, Quantity};

/// Who says it. An earlier one is believed before a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermsOrigin {
    /// Whoever runs the sandbox.
    Caller,
    /// The venue's own instrument data, or the header of a recording that knows it.
    Venue,
    /// A rule of the venue that is built in, and the demo market.
    Rule,
    /// The steps of every level seen so far.
    Learnt,
    /// Nobody: as fine as our numbers, and no minimum.
    Default,
}

impl TermsOrigin {
    /// Wire text. What is assumed where nobody knows is a rule of ours.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "given",
            Self::Venue => "venue",
            Self::Rule | Self::Default => "rule",
            Self::Learnt => "levels",
        }
    }
}

/// Terms of a market as one source tells them; what it leaves out it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Who says so.
    pub origin: TermsOrigin,
    /// Prices it quotes.
    pub grid: Option<PriceGrid>,
    /// Lowest and highest price, both allowed.
    pub range: Option<(Price, Price)>,
    /// Quantity step.
    pub lot: Option<Quantity>,
    /// Least quantity.
    pub min_qty: Option<Quantity>,
    /// Least notional.
    pub min_notional: Option<Money>,
}

impl Terms {
    /// Nothing said yet.
    pub const fn of(origin: TermsOrigin) -> Self {
        Self { origin, grid: None, range: None, lot: None, min_qty: None, min_notional: None }
    }

    /// True when nothing is said.
    pub const fn is_empty(&self) -> bool {
        self.grid.is_none()
            && self.range.is_none()
            && self.lot.is_none()
            && self.min_qty.is_none()
            && self.min_notional.is_none()
    }
}

/// Who said each of a market's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermsOrigins {
    /// Of the prices.
    pub grid: TermsOrigin,
    /// Of the lowest and highest price.
    pub range: TermsOrigin,
    /// Of the quantity step.
    pub lot: TermsOrigin,
    /// Of the least quantity.
    pub min_qty: TermsOrigin,
    /// Of the least notional.
    pub min_notional: TermsOrigin,
}

impl TermsOrigins {
    /// All terms from one source.
    pub const fn all(origin: TermsOrigin) -> Self {
        Self { grid: origin, range: origin, lot: origin, min_qty: origin, min_notional: origin }
    }
}

/// Takes what `said` knows better than whoever spoke before; true when that changed a term.
pub(crate) fn believe<T: PartialEq>(
    term: &mut T,
    origin: &mut TermsOrigin,
    said: Option<T>,
    by: TermsOrigin,
) -> bool {
    let Some(said) = said.filter(|_| by <= *origin) else { return false };
    *origin = by;
    let changed = *term != said;
    *term = said;
    changed
}
