//! The rules of one step of a queue: which estimator, which bounds, what a print has left.

use crate::sim::lists::Several;
use crate::sim::lots::Unmatched;
use crate::sim::phi::Phi;

/// The queue rule of one view; chosen when the view is made and kept for its life.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mode {
    /// One number per order.
    Scalar(Phi),
    /// A list of lots.
    Lots(Unmatched),
    /// The smaller of a scalar rule and the lots (optimistic).
    Least(Phi, Unmatched),
    /// The larger of a scalar rule and the lots (adversarial).
    Most(Phi, Unmatched),
}

impl Mode {
    /// Every name that [`Self::name`] gives, for reading records back.
    pub const NAMES: [&'static str; 18] = [
        "scalar",
        "lots/back",
        "lots/power",
        "lots/one_lot",
        "min(uniform,lots)",
        "max(risk_averse,lots)",
        "risk_averse",
        "trade_only",
        "all_ahead",
        "uniform",
        "power_ratio(2)",
        "power_ratio(3)",
        "log_ratio",
        "power_gap(2)",
        "log_gap",
        "power_x(2)",
        "power_x(3)",
        "table",
    ];

    /// Name of the rule, for records.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Scalar(phi) => phi.label(),
            Self::Lots(Unmatched::Back) => "lots/back",
            Self::Lots(Unmatched::Power(_)) => "lots/power",
            Self::Lots(Unmatched::OneLot) => "lots/one_lot",
            Self::Least(..) => "min(uniform,lots)",
            Self::Most(..) => "max(risk_averse,lots)",
        }
    }
}

/// Numbers every step needs. Sizes in 1e-8, times in ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepRules {
    /// How long an unexplained decrease is held for a print; 0 where prints come first.
    pub hold_ns: i64,
    /// Smallest fill that does not complete an order.
    pub fill_quantum: i64,
    /// Unit in which logarithmic rules count sizes.
    pub lot_step: i64,
    /// Most lots kept per level.
    pub lots_cap: usize,
    /// Lists beside the first, while the list is believed whole.
    pub several: Several,
    /// Where size that appears in the first depth message after an entry is placed.
    pub entry: EntryPlace,
    /// Each order carries an optimistic and an adversarial reading; else theirs stand still.
    pub shadows: bool,
}

/// Where size that appears in the first depth message after an entry is placed: it may have
/// arrived before the order, inside the same conflation interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryPlace {
    /// All of it behind: right on event-level feeds.
    Behind,
    /// All of it on the likelier side: ahead when the order came in the second half of the
    /// interval, which is no longer than a message covers, ns. Splitting it by time is no closer, and
    /// a split lot is never recognised again.
    ByTime(i64),
    /// All of it ahead.
    Ahead,
}

/// What is left of one print, in each reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) main: i64,
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Budget {
    pub(crate) const fn new(size: i64) -> Self {
        Self { main: size, low: size, high: size }
    }
}
