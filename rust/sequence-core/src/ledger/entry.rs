//! The words of the ledger: keys, balances, the other sides of an entry, and what can go wrong.

use std::fmt;

use crate::ids::{AccountId, AssetId, VenueId};
use crate::number::{Money, NumberError};
use crate::position::PositionError;

/// Bound of every balance and of every contra total, in units: 1e27 of an asset.
///
/// A million times the largest possible charge, and small enough that sums of a hundred such
/// amounts cannot leave 128 bits.
pub const MAX_AMOUNT: i128 = 1_000_000_000_000_000_000_000_000_000_000_000_000;

/// Whose, where and of what. Balances are read in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceKey {
    /// The client in one mode.
    pub account: AccountId,
    /// Where it is kept; balances never move between venues by themselves.
    pub venue: VenueId,
    /// What it is counted in.
    pub asset: AssetId,
}

/// Row of one balance in its ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BalanceId(pub(super) u32);

/// The two stored parts of a balance, in 1e-9 of the asset. Neither is ever negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Free to be spent or reserved.
    pub available: Money,
    /// Held back by open reservations.
    pub reserved: Money,
}

impl Balance {
    /// Both parts together; [`MAX_AMOUNT`] keeps the sum far inside 128 bits.
    pub const fn total(self) -> Money {
        Money(self.available.0 + self.reserved.0)
    }
}

/// The other side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contra {
    /// The world outside: seeds, deposits, withdrawals, reset corrections.
    External,
    /// The counterparty of trades, funding and settlements.
    Venue,
    /// Fees paid, less rebates.
    Fees,
    /// What rounding leaves over.
    Rounding,
    /// Losses beyond what an account has.
    Insurance,
}

/// Totals of the other sides, for one asset.
///
/// Law L1: `Σ balances + venue + fees + rounding + insurance = external`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContraTotals {
    /// Deposits − withdrawals + seeds + corrections; positive when money came in.
    pub external: Money,
    /// What the venues gained from the accounts; negative when the accounts gained.
    pub venue: Money,
    /// What the accounts paid in fees.
    pub fees: Money,
    /// What rounding left over.
    pub rounding: Money,
    /// Negative by the losses it took over.
    pub insurance: Money,
}

/// Why the ledger did not do what was asked. Nothing has changed when one of these is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerError {
    /// Less is there than is needed: available for a reservation, reserved for a settlement.
    Insufficient {
        /// What can be used.
        available: Money,
        /// What was asked for.
        needed: Money,
    },
    /// The reservation was released or settled before.
    Ended,
    /// The new total is below what open reservations hold.
    BelowReserved {
        /// What they hold.
        reserved: Money,
    },
    /// The fee of a sale is above what the sale brings.
    FeeAboveProceeds {
        /// What it brings.
        proceeds: Money,
        /// What was asked for.
        fee: Money,
    },
    /// An amount that must not be negative is.
    Negative,
    /// A balance or a contra total would pass [`MAX_AMOUNT`].
    Range,
    /// The id was not made by this ledger.
    Unknown,
    /// Two reservations of different balances.
    Mismatch,
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient { available, needed } => {
                write!(f, "{needed} needed, {available} available")
            }
            Self::Ended => f.write_str("the reservation has ended"),
            Self::BelowReserved { reserved } => write!(f, "{reserved} is held by open orders"),
            Self::FeeAboveProceeds { proceeds, fee } => {
                write!(f, "a fee of {fee} is above the proceeds of {proceeds}")
            }
            Self::Negative => f.write_str("the amount is negative"),
            Self::Range => f.write_str("the amount is out of range"),
            Self::Unknown => f.write_str("no such balance"),
            Self::Mismatch => f.write_str("the reservations belong to different balances"),
        }
    }
}

impl std::error::Error for LedgerError {}

impl From<NumberError> for LedgerError {
    fn from(_: NumberError) -> Self {
        Self::Range
    }
}

impl From<PositionError> for LedgerError {
    fn from(_: PositionError) -> Self {
        Self::Range
    }
}
