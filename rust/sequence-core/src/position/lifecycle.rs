//! The life of a position row, how an event market can end, and why a position does not change.

use std::fmt;

use crate::number::{Money, NumberError, Price};

/// Where a row is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Something is held.
    Active,
    /// Nothing is held; a later credit makes the row active again.
    Closed {
        /// When the quantity became 0.
        closed_at_ns: i64,
    },
    /// The event market has an outcome; the holding waits to be claimed.
    Resolved {
        /// When the market resolved.
        resolved_at_ns: i64,
    },
    /// Paid out. Final.
    Redeemed {
        /// When the market resolved.
        resolved_at_ns: i64,
        /// When the payout was made.
        redeemed_at_ns: i64,
        /// What was paid.
        payout: Money,
    },
}

impl Lifecycle {
    /// Wire text of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed { .. } => "closed",
            Self::Resolved { .. } => "resolved",
            Self::Redeemed { .. } => "redeemed",
        }
    }

    /// Terminal rows are listed only when asked for.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Closed { .. } | Self::Redeemed { .. })
    }
}

/// How an event market ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Each unit pays this much, between 0 and 1.
    Pays(Price),
    /// The market never counted: what is held is paid back at cost.
    Void,
}

/// Why a position did not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PositionError {
    /// A number leaves its type.
    Range,
    /// A payout of a market without an outcome, or a second one.
    NotResolved,
    /// The position was paid out before.
    Redeemed,
}

impl fmt::Display for PositionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Range => "a number is out of range",
            Self::NotResolved => "the market is not resolved",
            Self::Redeemed => "the position was paid out before",
        })
    }
}

impl std::error::Error for PositionError {}

impl From<NumberError> for PositionError {
    fn from(_: NumberError) -> Self {
        Self::Range
    }
}
