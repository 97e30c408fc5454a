//! Trading rules of listings: the built-in demo market, and defaults for hand-fed symbols.

use crate::ids::{InstrumentKind, VenueId};
use crate::number::{MONEY_ONE, Money, Price, QUANTITY_ONE, Quantity};
use crate::sim::fees::FeeSchedule;
use crate::symbol::Symbol;
use crate::venue::{
    BINANCE, BYBIT, COINBASE, DEX, HYPERLIQUID, KALSHI, KRAKEN, OKX, POLYMARKET, PriceGrid,
    TermsOrigin, VenueClass,
};

/// One symbol of the demo market, listed at several venues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoListing {
    /// Canonical symbol; of an event market the ticker or slug without outcome.
    pub symbol: &'static str,
    /// What it trades.
    pub kind: InstrumentKind,
    /// Where it trades, in order of id.
    pub venues: &'static [VenueId],
    /// Price grid.
    pub grid: PriceGrid,
    /// Lot step.
    pub lot: Quantity,
    /// Smallest order.
    pub min_qty: Quantity,
    /// First best bid; of an event market in YES prices.
    pub bid: Price,
    /// First best ask.
    pub ask: Price,
    /// Category of an event market, else empty.
    pub category: &'static str,
    /// YES and NO token ids, where the venue has them.
    pub tokens: Option<(&'static str, &'static str)>,
    /// Fee rate of the market's own schedule (1e-8), where it has one.
    pub fee_rate_1e8: Option<i64>,
}

const fn coin(
    symbol: &'static str,
    kind: InstrumentKind,
    venues: &'static [VenueId],
    (tick, lot): (i64, i64),
    (bid, ask): (i64, i64),
) -> DemoListing {
    DemoListing {
        symbol,
        kind,
        venues,
        grid: PriceGrid::Tick(Price(tick)),
        lot: Quantity(lot),
        min_qty: Quantity(lot),
        bid: Price(bid),
        ask: Price(ask),
        category: "",
        tokens: None,
        fee_rate_1e8: None,
    }
}

const SPOT: InstrumentKind = InstrumentKind::Spot;
const PERP: InstrumentKind = InstrumentKind::Perp;
const PERP_VENUES: &[VenueId] = &[BINANCE, BYBIT, HYPERLIQUID, OKX];
const WIDE: &[VenueId] = &[BINANCE, BYBIT, COINBASE, DEX, KRAKEN, OKX];
const DOLLAR: &[VenueId] = &[BINANCE, BYBIT, COINBASE, KRAKEN, OKX];
const CENT: i64 = 10_000_000;
/// Maker rebate of the demo event market's own schedule.
const MAKER_REBATE_1E8: i64 = 20_000_000;

/// The demo market, by symbol within spot, perp, prediction (wire contract, 4.4).
pub static DEMO_LISTINGS: [DemoListing; 12] = [
    coin("BTC-USD", SPOT, DOLLAR, (CENT, 1_000), (74_349_440_000_000, 74_349_450_000_000)),
    coin(
        "BTC-USDT",
        SPOT,
        &[BINANCE, BYBIT, KRAKEN, OKX],
        (CENT, 1_000),
        (74_351_100_000_000, 74_351_110_000_000),
    ),
    coin(
        "BTC-USDC",
        SPOT,
        &[BINANCE, COINBASE, KRAKEN],
        (CENT, 1_000),
        (74_350_200_000_000, 74_350_220_000_000),
    ),
    coin("ETH-USD", SPOT, WIDE, (CENT, 10_000), (2_310_150_000_000, 2_310_160_000_000)),
    coin("ETH-USDC-ARB", SPOT, &[DEX], (CENT, 10_000), (2_309_900_000_000, 2_310_600_000_000)),
    coin("SOL-USD", SPOT, WIDE, (CENT, 1_000_000), (84_210_000_000, 84_220_000_000)),
    coin("XRP-USD", SPOT, DOLLAR, (100_000, 10_000_000), (1_430_200_000, 1_430_300_000)),
    coin(
        "BTC-USD-PERP",
        PERP,
        PERP_VENUES,
        (10 * CENT, 1_000),
        (74_360_000_000_000, 74_360_100_000_000),
    ),
    coin("ETH-USD-PERP", PERP, PERP_VENUES, (CENT, 10_000), (2_310_400_000_000, 2_310_410_000_000)),
    coin("SOL-USD-PERP", PERP, PERP_VENUES, (CENT, 1_000_000), (84_230_000_000, 84_240_000_000)),
    DemoListing {
        symbol: "KXBTCZ-26DEC31-T99000",
        kind: InstrumentKind::Prediction,
        venues: &[KALSHI],
        grid: PriceGrid::LinearCent,
        lot: Quantity(QUANTITY_ONE),
        min_qty: Quantity(QUANTITY_ONE),
        bid: Price(410_000_000),
        ask: Price(420_000_000),
        category: "crypto",
        tokens: None,
        fee_rate_1e8: None,
    },
    DemoListing {
        symbol: "btc-updown-5m-1776537600",
        kind: InstrumentKind::Prediction,
        venues: &[POLYMARKET],
        grid: PriceGrid::LinearCent,
        lot: Quantity(QUANTITY_ONE / 100),
        min_qty: Quantity(5 * QUANTITY_ONE),
        bid: Price(500_000_000),
        ask: Price(510_000_000),
        category: "crypto",
        // SHA-256 of "<slug>:YES" and "<slug>:NO" as decimal integers.
        tokens: Some((
            "93306292450753343873001379745548936703270056748899305193655114461097692136642",
            "8642286428128787274581473202247781053865910959467468251291152783778559745940",
        )),
        fee_rate_1e8: Some(7_200_000),
    },
];

impl DemoListing {
    /// Fees at a venue: of the market itself where it has a schedule, else of the venue.
    pub fn fee_schedule(&self, venue: VenueId) -> FeeSchedule {
        match self.fee_rate_1e8 {
            Some(rate) => FeeSchedule::polymarket(rate, MAKER_REBATE_1E8),
            None => FeeSchedule::of(venue, self.kind, self.category),
        }
    }
}

/// Rules an order must keep at one listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingRules {
    /// Price grid.
    pub grid: PriceGrid,
    /// Lot step.
    pub lot: Quantity,
    /// Smallest order.
    pub min_qty: Quantity,
    /// Smallest order value.
    pub min_notional: Money,
    /// Whether these are rules, or what is assumed where nobody knows any.
    pub origin: TermsOrigin,
}

/// The demo row of a symbol, by market: any outcome of an event market finds it.
pub fn demo_listing(symbol: &Symbol<'_>) -> Option<&'static DemoListing> {
    let by_token = |row: &DemoListing, token: &str| {
        row.tokens.is_some_and(|(yes, no)| token == yes || token == no)
    };
    let same = |row: &DemoListing| match symbol {
        Symbol::Token { token_id } => by_token(row, token_id),
        Symbol::Ticker { ticker: market, .. } | Symbol::Slug { slug: market, .. } => {
            row.symbol == *market
        }
        coin => Symbol::parse(row.symbol).is_ok_and(|listed| listed == *coin),
    };
    DEMO_LISTINGS.iter().find(|row| same(row))
}

/// Rules of a listing: those of the demo market, else the defaults of a hand-fed symbol, which
/// have no minimum (wire contract, 7.6).
pub fn listing_rules(venue: VenueId, symbol: &Symbol<'_>) -> ListingRules {
    match demo_listing(symbol) {
        Some(row) => ListingRules {
            grid: row.grid,
            lot: row.lot,
            min_qty: row.min_qty,
            min_notional: min_notional(venue.venue().class),
            origin: TermsOrigin::Rule,
        },
        None => default_rules(venue, symbol.kind()),
    }
}

fn min_notional(class: VenueClass) -> Money {
    match class {
        VenueClass::Cex => Money(5 * MONEY_ONE),
        // Source: hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/error-responses.
        VenueClass::PerpDex => Money(10 * MONEY_ONE),
        VenueClass::Dex => Money(MONEY_ONE),
        VenueClass::Prediction => Money::ZERO,
    }
}

fn default_rules(venue: VenueId, kind: InstrumentKind) -> ListingRules {
    let (grid, lot) = match (kind, venue) {
        (InstrumentKind::Prediction, POLYMARKET) => (PriceGrid::LinearCent, QUANTITY_ONE / 100),
        (InstrumentKind::Prediction, _) => (PriceGrid::LinearCent, QUANTITY_ONE),
        _ => (PriceGrid::Tick(Price(CENT)), 1_000),
    };
    ListingRules {
        grid,
        lot: Quantity(lot),
        min_qty: Quantity(lot),
        min_notional: Money::ZERO,
        origin: TermsOrigin::Default,
    }
}
