//! The built-in demo market.

use super::grids::significant_figures;
use crate::ids::{InstrumentKind, VenueId};
use crate::number::{Price, QUANTITY_ONE, Quantity};
use crate::sim::fees::FeeSchedule;
use crate::symbol::Symbol;
use crate::venue::{
    BINANCE, BYBIT, COINBASE, DEX, HYPERLIQUID, KALSHI, KRAKEN, OKX, POLYMARKET, PriceGrid,
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
    /// Price grid; [`DemoListing::prices_at`] knows the venues that have another one.
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

/// The demo market, by symbol within spot, perp, prediction.
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
    /// Price grid at a venue.
    pub fn prices_at(&self, venue: VenueId) -> PriceGrid {
        match venue {
            HYPERLIQUID => significant_figures(self.kind, self.symbol),
            _ => self.grid,
        }
    }

    /// Tick of the demo's own quotes at a venue: never finer than the row's.
    pub fn tick_at(&self, venue: VenueId) -> Price {
        self.prices_at(venue).tick_at(self.bid).max(self.grid.nominal_tick())
    }

    /// First best bid and ask at a venue, on its grid and at least a tick apart.
    pub fn touch_at(&self, venue: VenueId) -> (Price, Price) {
        let tick = self.tick_at(venue);
        let bid = self.bid.floor_to(tick);
        let ask = self.ask.ceil_to(tick).unwrap_or(self.ask);
        (bid, ask)
    }

    /// Fees at a venue: of the market itself where it has a schedule, else of the venue.
    pub fn fee_schedule(&self, venue: VenueId) -> FeeSchedule {
        match self.fee_rate_1e8 {
            Some(rate) => FeeSchedule::polymarket(rate, MAKER_REBATE_1E8),
            None => FeeSchedule::of(venue, self.kind, self.category),
        }
    }
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
