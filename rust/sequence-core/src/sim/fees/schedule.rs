//! Which fee applies where, from which day on.
//!
//! Public base tiers, dated. They are data: a deployment may replace any row.

use std::fmt;

use super::RATE_ONE;
use crate::ids::{InstrumentKind, VenueId};
use crate::number::{Money, PRICE_ONE, Price};
use crate::reject::text_enum;
use crate::venue;

text_enum!(
    /// How Polymarket rounds a fill's fee to 0.00001.
    FeeRounding {
        /// To the nearest, half up: the dearer reading.
        HalfUp = "half_up",
        /// Down.
        Floor = "floor",
    }
);

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Year.
    pub year: u16,
    /// Month, from 1.
    pub month: u8,
    /// Day, from 1.
    pub day: u8,
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// How a fee is computed. Rates are at 1e-8: 10 bps = `100_000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeeModel {
    /// A share of the notional; a negative maker rate is a rebate.
    Bps {
        /// For resting fills.
        maker_rate_1e8: i64,
        /// For fills that take.
        taker_rate_1e8: i64,
    },
    /// `rate × contracts × p × (1 − p)`, and the balance rounded.
    Kalshi {
        /// For resting fills; zero but on listed series.
        maker_rate_1e8: i64,
        /// For fills that take.
        taker_rate_1e8: i64,
        /// The trade fee is a multiple of this.
        trade_fee_step: Money,
        /// Balances are multiples of this.
        balance_step: Money,
    },
    /// `rate × contracts × p × (1 − p)`, from takers only.
    Polymarket {
        /// For fills that take.
        taker_rate_1e8: i64,
        /// Share that makers get back elsewhere; for information.
        rebate_rate_1e8: i64,
        /// Of each fill.
        rounding: FeeRounding,
    },
}

/// A fee model and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeeSchedule {
    /// How it is computed.
    pub model: FeeModel,
    /// Stable name of the rule, for evidence.
    pub rule_id: &'static str,
    /// First day of validity.
    pub effective_from: Date,
    /// A fallback stands in for data nobody has.
    pub fee_default: bool,
}

/// What `GET /v1/fees` reports. Of event venues the value at p = 0.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedFees {
    /// Maker share of cost (1e-8); divided by 10 000 it is bps.
    pub maker_rate_1e8: i64,
    /// Taker share of cost (1e-8).
    pub taker_rate_1e8: i64,
    /// `bps` or `quadratic`.
    pub model: &'static str,
}

/// One row of the base-tier table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeRow {
    /// Venue.
    pub venue: VenueId,
    /// Spot or perp.
    pub kind: InstrumentKind,
    /// Maker rate (1e-8).
    pub maker_rate_1e8: i64,
    /// Taker rate (1e-8).
    pub taker_rate_1e8: i64,
    /// First day of validity.
    pub effective_from: Date,
}

/// Date of the table below.
const START_OF_2026: Date = Date { year: 2026, month: 1, day: 1 };

/// Rates in tenths of a basis point.
const fn row(venue: VenueId, kind: InstrumentKind, maker: i64, taker: i64) -> FeeRow {
    FeeRow {
        venue,
        kind,
        maker_rate_1e8: maker * 1_000,
        taker_rate_1e8: taker * 1_000,
        effective_from: START_OF_2026,
    }
}

const SPOT: InstrumentKind = InstrumentKind::Spot;
const PERP: InstrumentKind = InstrumentKind::Perp;

/// Base tiers: maker and taker in tenths of a basis point.
pub static FEE_TABLE: [FeeRow; 14] = [
    row(venue::BINANCE, SPOT, 100, 100),
    row(venue::BINANCE, PERP, 20, 50),
    row(venue::BITGET, SPOT, 100, 100),
    row(venue::BYBIT, SPOT, 100, 100),
    row(venue::BYBIT, PERP, 20, 55),
    row(venue::COINBASE, SPOT, 400, 600),
    row(venue::CRYPTOCOM, SPOT, 250, 500),
    row(venue::DEX, SPOT, 300, 300),
    row(venue::DEX_ETHEREUM, SPOT, 300, 300),
    row(venue::HYPERLIQUID, PERP, 15, 45),
    row(venue::KRAKEN, SPOT, 250, 400),
    row(venue::OKX, SPOT, 80, 100),
    row(venue::OKX, PERP, 20, 50),
    row(venue::SOLANA, SPOT, 250, 250),
];

/// Used where the table has no row.
const DEFAULT_RATE_1E8: i64 = 100_000;

impl FeeSchedule {
    /// The schedule of a listing that brings none of its own. `category` matters on polymarket.
    pub fn of(venue: VenueId, kind: InstrumentKind, category: &str) -> Self {
        match (kind, venue) {
            (InstrumentKind::Prediction, venue::KALSHI) => Self::kalshi(false),
            (InstrumentKind::Prediction, venue::POLYMARKET) => Self::polymarket_category(category),
            _ => FEE_TABLE.iter().find(|row| row.venue == venue && row.kind == kind).map_or(
                Self { fee_default: true, ..Self::bps(DEFAULT_RATE_1E8, DEFAULT_RATE_1E8) },
                |row| Self {
                    effective_from: row.effective_from,
                    ..Self::bps(row.maker_rate_1e8, row.taker_rate_1e8)
                },
            ),
        }
    }

    /// Proportional fees.
    pub const fn bps(maker_rate_1e8: i64, taker_rate_1e8: i64) -> Self {
        let model = FeeModel::Bps { maker_rate_1e8, taker_rate_1e8 };
        Self { model, rule_id: "bps", effective_from: START_OF_2026, fee_default: false }
    }

    /// Kalshi's fees; makers pay on listed series only. Trade fee in steps of $0.0001, balance in cents.
    pub const fn kalshi(is_maker_series: bool) -> Self {
        Self {
            model: FeeModel::Kalshi {
                maker_rate_1e8: if is_maker_series { 1_750_000 } else { 0 },
                taker_rate_1e8: 7_000_000,
                trade_fee_step: Money(100_000),
                balance_step: Money(10_000_000),
            },
            rule_id: if is_maker_series { "kalshi_maker_series" } else { "kalshi" },
            effective_from: START_OF_2026,
            fee_default: false,
        }
    }

    /// A Polymarket market's own schedule.
    pub const fn polymarket(taker_rate_1e8: i64, rebate_rate_1e8: i64) -> Self {
        let rounding = FeeRounding::HalfUp;
        Self {
            model: FeeModel::Polymarket { taker_rate_1e8, rebate_rate_1e8, rounding },
            rule_id: "polymarket",
            effective_from: START_OF_2026,
            fee_default: false,
        }
    }

    /// Without a schedule of its own a market pays the highest rate on record of its category.
    fn polymarket_category(category: &str) -> Self {
        let (rate, rebate) = match category {
            "crypto" => (7_200_000, 20_000_000),
            "finance" | "politics" | "mentions" | "tech" => (4_000_000, 25_000_000),
            "geopolitics" => (0, 25_000_000),
            // Sports has been 0.03 too; economics, culture, weather, other and unknown are 0.05.
            _ => (5_000_000, 25_000_000),
        };
        let rule_id = "polymarket_category";
        Self { rule_id, fee_default: true, ..Self::polymarket(rate, rebate) }
    }

    /// The same schedule for accounts that are credited no rebates: no rate is below zero.
    #[must_use]
    pub fn without_rebates(mut self) -> Self {
        match &mut self.model {
            FeeModel::Bps { maker_rate_1e8, taker_rate_1e8 }
            | FeeModel::Kalshi { maker_rate_1e8, taker_rate_1e8, .. } => {
                *maker_rate_1e8 = (*maker_rate_1e8).max(0);
                *taker_rate_1e8 = (*taker_rate_1e8).max(0);
            }
            FeeModel::Polymarket { taker_rate_1e8, .. } => {
                *taker_rate_1e8 = (*taker_rate_1e8).max(0);
            }
        }
        self
    }

    /// What the fee endpoint shows.
    pub const fn reported(&self) -> ReportedFees {
        let (maker, taker) = (self.model.rate_1e8(true), self.model.rate_1e8(false));
        if self.model.is_quadratic() {
            let (maker_rate_1e8, taker_rate_1e8) = (maker / 2, taker / 2);
            ReportedFees { maker_rate_1e8, taker_rate_1e8, model: "quadratic" }
        } else {
            ReportedFees { maker_rate_1e8: maker, taker_rate_1e8: taker, model: "bps" }
        }
    }

    /// Fee as a share of cost at a price (1e-8), rounded up: what routing adds to a price.
    pub fn share_at(&self, price: Price, is_maker: bool) -> i64 {
        let rate = self.model.rate_1e8(is_maker);
        if !self.model.is_quadratic() {
            return rate;
        }
        let left = i128::from((PRICE_ONE - price.0).clamp(0, PRICE_ONE));
        let share = (i128::from(rate) * left + i128::from(PRICE_ONE) - 1) / i128::from(PRICE_ONE);
        i64::try_from(share).unwrap_or(RATE_ONE)
    }
}

impl FeeModel {
    /// Rate of a fill's liquidity side (1e-8).
    pub const fn rate_1e8(&self, is_maker: bool) -> i64 {
        match *self {
            Self::Bps { maker_rate_1e8, taker_rate_1e8 }
            | Self::Kalshi { maker_rate_1e8, taker_rate_1e8, .. } => {
                if is_maker {
                    maker_rate_1e8
                } else {
                    taker_rate_1e8
                }
            }
            Self::Polymarket { taker_rate_1e8, .. } => {
                if is_maker {
                    0
                } else {
                    taker_rate_1e8
                }
            }
        }
    }

    /// Whether rounding may add to each fill of a purchase, so that a reservation counts fills.
    pub(super) const fn rounds_up_fills(&self) -> bool {
        match self {
            Self::Bps { .. } => false,
            Self::Kalshi { .. } => true,
            Self::Polymarket { rounding, .. } => matches!(rounding, FeeRounding::HalfUp),
        }
    }

    /// The dearer of both sides, never below zero: what a reservation counts on.
    pub(super) fn worst_rate_1e8(&self) -> i64 {
        self.rate_1e8(true).max(self.rate_1e8(false)).max(0)
    }

    /// Fees follow `p × (1 − p)`.
    pub const fn is_quadratic(&self) -> bool {
        !matches!(self, Self::Bps { .. })
    }
}
