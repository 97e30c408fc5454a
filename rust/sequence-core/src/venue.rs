//! The venues: what each one trades, what it seeds, and the rules that differ from one to the next.
//!
//! [`VENUES`] is sorted by id text and a [`VenueId`] is a row of it, so ids compare like their text.

use std::fmt;

use crate::ids::{AssetKind, InstrumentKind, VenueId};
use crate::nearest::did_you_mean;
use crate::reject::{Refusal, text_enum};

mod bands;
mod grid;
#[cfg(test)]
mod grid_tests;
mod prices;
mod terms;
#[cfg(test)]
mod tests;

pub use bands::{Bands, MAX_BANDS};
pub use grid::Grid;
pub use prices::{PriceGrid, common_step};
pub use terms::{Terms, TermsOrigin, TermsOrigins};

text_enum!(
    /// Class of a venue, as `GET /v1/venues` shows it.
    VenueClass {
        /// Centralised exchange.
        Cex = "cex",
        /// Perpetuals on a chain.
        PerpDex = "perp_dex",
        /// Event contracts.
        Prediction = "prediction",
        /// Swaps on a chain: takers only.
        Dex = "dex",
    }
);

text_enum!(
    /// What an amendment does to a resting order.
    AmendMode {
        /// Always to the back of the queue.
        CancelReplace = "cancel_replace",
        /// A pure decrease keeps its place.
        NativeAtomic = "native_atomic",
    }
);

text_enum!(
    /// How a won event contract becomes cash.
    RedeemMode {
        /// The venue pays by itself.
        AutoSettled = "auto_settled",
        /// The holder asks a relayer.
        RelayerSubmitted = "relayer_submitted",
    }
);

text_enum!(
    /// Which of a trade's two messages a venue sends first.
    TradeDepth {
        /// The print; the depth that follows is explained by it, and nothing has to be held.
        TradeFirst = "trade_first",
        /// The depth; a decrease is held until the print may have come.
        DepthFirst = "depth_first",
        /// Either, or not known: decreases are held.
        Unordered = "unordered",
    }
);

/// A cash asset: kind and code. `USD` and `USDC` are never the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CashAsset<'a> {
    /// Fiat or crypto.
    pub kind: AssetKind,
    /// Code, `USDC`.
    pub code: &'a str,
}

/// One venue. Margin fractions are at 1e-8; `None` where nothing is traded on margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Venue {
    /// Wire text of the id.
    pub id: &'static str,
    /// Class.
    pub class: VenueClass,
    /// What it trades.
    pub kinds: &'static [InstrumentKind],
    /// Seeded by a reset; the others are accepted and hold no money until configured.
    pub seeded: bool,
    /// Cash rows written by a reset.
    pub cash: &'static [CashAsset<'static>],
    /// Takes post-only orders.
    pub post_only: bool,
    /// Default initial margin fraction of its perpetuals.
    pub initial_margin_1e8: Option<i64>,
    /// Default maintenance margin fraction of its perpetuals.
    pub maintenance_margin_1e8: Option<i64>,
    /// A book older than this is stale.
    pub max_age_ms: i64,
    /// When `day` orders end, in seconds after midnight UTC.
    pub day_end_utc_s: i64,
    /// Default amendment mode.
    pub amend_mode: AmendMode,
    /// `None` where nothing is redeemed.
    pub redeem_mode: Option<RedeemMode>,
    /// Whether prints come before depth, until the stream itself has told.
    pub trade_depth: TradeDepth,
    /// Orders that its minimum size and value do not apply to.
    pub below_minimum: BelowMinimum,
    /// Resting exits count against the position that a further reduce-only order may close.
    pub counts_exits: bool,
}

/// Orders that a venue takes below its minimum size and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BelowMinimum {
    /// None.
    Nothing,
    /// Orders marked reduce-only.
    ReduceOnly,
    /// Orders that only close a position, marked or not.
    Closing,
    /// Orders that take and never rest.
    Taking,
}

const fn fiat(code: &'static str) -> CashAsset<'static> {
    CashAsset { kind: AssetKind::Fiat, code }
}

const fn crypto(code: &'static str) -> CashAsset<'static> {
    CashAsset { kind: AssetKind::Crypto, code }
}

const SPOT: &[InstrumentKind] = &[InstrumentKind::Spot];
const PERP: &[InstrumentKind] = &[InstrumentKind::Perp];
const SPOT_AND_PERP: &[InstrumentKind] = &[InstrumentKind::Spot, InstrumentKind::Perp];
const PREDICTION: &[InstrumentKind] = &[InstrumentKind::Prediction];
const USDT_USDC: &[CashAsset<'static>] = &[crypto("USDT"), crypto("USDC")];
const USDC: &[CashAsset<'static>] = &[crypto("USDC")];

/// Fresh for 5 s, post-only, nothing seeded; the rows below say where they differ.
const fn venue(id: &'static str, class: VenueClass, kinds: &'static [InstrumentKind]) -> Venue {
    Venue {
        id,
        class,
        kinds,
        seeded: false,
        cash: &[],
        post_only: true,
        initial_margin_1e8: None,
        maintenance_margin_1e8: None,
        max_age_ms: 5_000,
        day_end_utc_s: 0,
        amend_mode: AmendMode::CancelReplace,
        redeem_mode: None,
        trade_depth: TradeDepth::Unordered,
        below_minimum: BelowMinimum::Nothing,
        counts_exits: false,
    }
}

/// What it takes below its minimums; each row says its source.
const fn takes_below(row: Venue, below_minimum: BelowMinimum) -> Venue {
    Venue { below_minimum, ..row }
}

const fn counting_exits(row: Venue) -> Venue {
    Venue { counts_exits: true, ..row }
}

const fn on_margin(row: Venue) -> Venue {
    Venue { initial_margin_1e8: Some(10_000_000), maintenance_margin_1e8: Some(5_000_000), ..row }
}

const fn seeded(row: Venue, cash: &'static [CashAsset<'static>]) -> Venue {
    Venue { seeded: true, cash, ..row }
}

/// Quiet event markets and pools are normal, so their connections count for 30 s.
const fn quiet(row: Venue) -> Venue {
    Venue { max_age_ms: 30_000, ..row }
}

/// Source: recordings of its feed. Kalshi: 31,185 trades of 16 markets, 95 % after their depth.
const fn depth_first(row: Venue) -> Venue {
    Venue { trade_depth: TradeDepth::DepthFirst, ..row }
}

const fn redeems(row: Venue, mode: RedeemMode) -> Venue {
    Venue { redeem_mode: Some(mode), ..row }
}

/// Pools have no resting orders.
const fn pool(id: &'static str) -> Venue {
    quiet(Venue { post_only: false, ..venue(id, VenueClass::Dex, SPOT) })
}

const fn event_venue(id: &'static str, mode: RedeemMode) -> Venue {
    quiet(redeems(venue(id, VenueClass::Prediction, PREDICTION), mode))
}

const fn cex(id: &'static str, kinds: &'static [InstrumentKind]) -> Venue {
    venue(id, VenueClass::Cex, kinds)
}

/// Every venue, sorted by id.
pub static VENUES: [Venue; 13] = [
    // Error -4164 of its futures: the notional must be no smaller "unless you choose reduce only";
    // error -2022 refuses a reduce-only order beyond what open ones leave of the position.
    // Source: developers.binance.com/docs/derivatives/usds-margined-futures/error-code.
    counting_exits(takes_below(
        seeded(on_margin(cex("binance", SPOT_AND_PERP)), USDT_USDC),
        BelowMinimum::ReduceOnly,
    )),
    cex("bitget", SPOT),
    // Assumed for the next three perpetual venues: whatever only closes is let through.
    takes_below(seeded(on_margin(cex("bybit", SPOT_AND_PERP)), USDT_USDC), BelowMinimum::Closing),
    seeded(cex("coinbase", SPOT), &[fiat("USD"), crypto("USDC")]),
    cex("cryptocom", SPOT),
    seeded(pool("dex"), USDC),
    pool("dex_ethereum"),
    takes_below(
        seeded(on_margin(venue("hyperliquid", VenueClass::PerpDex, PERP)), USDC),
        BelowMinimum::Closing,
    ),
    depth_first(seeded(event_venue("kalshi", RedeemMode::AutoSettled), &[fiat("USD")])),
    seeded(cex("kraken", SPOT), &[fiat("USD"), crypto("USDC"), crypto("USDT")]),
    takes_below(seeded(on_margin(cex("okx", SPOT_AND_PERP)), USDT_USDC), BelowMinimum::Closing),
    // Five shares are the least of orders that can rest (GTC, GTD), not of those that take.
    // Source: github.com/Polymarket/py-clob-client/issues/301.
    takes_below(
        seeded(event_venue("polymarket", RedeemMode::RelayerSubmitted), USDC),
        BelowMinimum::Taking,
    ),
    pool("solana"),
];

macro_rules! venue_ids {
    ($($name:ident = $row:literal),+ $(,)?) => {
        $(
            #[doc = concat!("Row ", stringify!($row), " of [`VENUES`].")]
            pub const $name: VenueId = VenueId($row);
        )+
    };
}

venue_ids!(
    BINANCE = 0,
    BITGET = 1,
    BYBIT = 2,
    COINBASE = 3,
    CRYPTOCOM = 4,
    DEX = 5,
    DEX_ETHEREUM = 6,
    HYPERLIQUID = 7,
    KALSHI = 8,
    KRAKEN = 9,
    OKX = 10,
    POLYMARKET = 11,
    SOLANA = 12,
);

/// A text that names no venue. Displays as the wire message, with the known ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVenue(pub String);

impl fmt::Display for UnknownVenue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = did_you_mean(&self.0, VENUES.iter().map(|venue| venue.id));
        write!(f, "unknown venue \"{}\"{near}; known: ", self.0)?;
        for (row, venue) in VENUES.iter().enumerate() {
            let comma = if row == 0 { "" } else { ", " };
            write!(f, "{comma}{}", venue.id)?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownVenue {}

impl From<UnknownVenue> for Refusal {
    fn from(error: UnknownVenue) -> Self {
        Self::invalid("venue", error.to_string())
    }
}

impl VenueId {
    /// Every venue, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0u8..).zip(&VENUES).map(|(row, _)| Self(row))
    }

    /// Reads an id, exactly as written in [`VENUES`].
    pub fn parse(text: &str) -> Result<Self, UnknownVenue> {
        Self::all()
            .zip(&VENUES)
            .find_map(|(id, venue)| (venue.id == text).then_some(id))
            .ok_or_else(|| UnknownVenue(text.to_owned()))
    }

    /// Its public depth sums several order events into one message.
    pub const fn is_conflated(self) -> bool {
        self.conflation_ns() > 0
    }

    /// How much time one of its depth messages covers at most, ns; 0 where each is one order event.
    /// Sources: `depth@100ms` of Binance; `level2_batch` of Coinbase, every 50 ms; Hyperliquid's
    /// `l2Book`, at least every half a second.
    pub const fn conflation_ns(self) -> i64 {
        match self {
            BINANCE => 100_000_000,
            COINBASE => 50_000_000,
            HYPERLIQUID => 500_000_000,
            _ => 0,
        }
    }

    /// Its row. An id that no table made reads as the last one.
    pub fn venue(self) -> &'static Venue {
        let [.., last] = &VENUES;
        VENUES.get(self.index()).unwrap_or(last)
    }

    /// Wire text.
    pub fn as_str(self) -> &'static str {
        self.venue().id
    }
}

impl Venue {
    /// Trades instruments of this kind.
    pub fn trades(&self, kind: InstrumentKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// First end of the trading day after `now_ns`.
    pub fn next_day_end_ns(&self, now_ns: i64) -> i64 {
        const DAY_NS: i64 = 86_400_000_000_000;
        let offset = self.day_end_utc_s * 1_000_000_000;
        let day = now_ns.saturating_sub(offset).div_euclid(DAY_NS);
        day.saturating_add(1).saturating_mul(DAY_NS).saturating_add(offset)
    }
}

/// Government money by its code.
pub fn is_fiat(code: &str) -> bool {
    matches!(
        code,
        "USD"
            | "EUR"
            | "GBP"
            | "JPY"
            | "AUD"
            | "CAD"
            | "CHF"
            | "AED"
            | "BRL"
            | "TRY"
            | "SGD"
            | "KRW"
            | "MXN"
    )
}
