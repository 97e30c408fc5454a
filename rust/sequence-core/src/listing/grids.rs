//! Rules of venues that are built in, each with where it is written, and what is assumed where
//! nobody knows a market's grid.

use super::demo_listing;
use crate::ids::{InstrumentKind, VenueId};
use crate::number::{MONEY_ONE, Money, Price, QUANTITY_ONE, Quantity};
use crate::symbol::Symbol;
use crate::venue::{
    BINANCE, BITGET, BYBIT, COINBASE, Grid, HYPERLIQUID, KALSHI, KRAKEN, OKX, POLYMARKET,
    PriceGrid, Terms, TermsOrigin, VenueClass,
};

/// Grid of a hand-fed market before its caller says more: that of the demo market, else the
/// venue's price rule, else as fine as our numbers and without minimums.
pub fn hand_fed_grid(venue: VenueId, symbol: &Symbol<'_>) -> Grid {
    if let Some(demo) = demo_grid(venue, symbol) {
        return demo;
    }
    let mut grid = Grid::finest(symbol.kind());
    let minimums = Terms { min_qty: None, min_notional: None, ..rules_of(venue, symbol) };
    // A quarter of a cent is a price of newer Polymarket markets; their own data says which.
    let polymarket = (venue == POLYMARKET).then_some(PriceGrid::Tick(Price(1_000_000)));
    grid.set(&Terms { grid: polymarket.or(minimums.grid), ..minimums });
    grid
}

/// Grid of a market of a recording before its data says more: the venue's rules alone.
pub fn recorded_grid(venue: VenueId, symbol: &Symbol<'_>) -> Grid {
    let mut grid = Grid::finest(symbol.kind());
    grid.set(&rules_of(venue, symbol));
    grid
}

fn demo_grid(venue: VenueId, symbol: &Symbol<'_>) -> Option<Grid> {
    let row = demo_listing(symbol)?;
    let mut grid = Grid::finest(row.kind);
    grid.set(&Terms {
        grid: Some(row.prices_at(venue)),
        range: Some((grid.low, grid.high)),
        lot: Some(row.lot),
        min_qty: Some(row.min_qty),
        min_notional: Some(demo_min_notional(venue)),
        ..Terms::of(TermsOrigin::Rule)
    });
    Some(grid)
}

fn demo_min_notional(venue: VenueId) -> Money {
    match venue.venue().class {
        VenueClass::PerpDex => hyperliquid_min_notional(),
        VenueClass::Cex => Money(5 * MONEY_ONE),
        VenueClass::Dex => Money(MONEY_ONE),
        VenueClass::Prediction => Money::ZERO,
    }
}

/// What a venue asks of every market of a kind. Steps of pairs differ from one to the next, so
/// exchanges name none here.
fn rules_of(venue: VenueId, symbol: &Symbol<'_>) -> Terms {
    let kind = symbol.kind();
    let rules = Terms::of(TermsOrigin::Rule);
    let is_event = kind == InstrumentKind::Prediction;
    match venue {
        HYPERLIQUID => Terms {
            grid: Some(significant_figures(kind, &symbol.canonical())),
            min_notional: Some(hyperliquid_min_notional()),
            ..rules
        },
        // Markets without a `price_level_structure` trade in cents and whole contracts
        // (<https://docs.kalshi.com/getting_started/subpenny_pricing>).
        KALSHI if is_event => Terms {
            grid: Some(PriceGrid::LinearCent),
            lot: Some(Quantity(QUANTITY_ONE)),
            min_qty: Some(Quantity(QUANTITY_ONE)),
            ..rules
        },
        // `minimum_tick_size` is 0.01 until a market comes near 0 or 1, `minimum_order_size` 5
        // (<https://docs.polymarket.com/trading/orders/create>); shares have two decimals.
        POLYMARKET if is_event => Terms {
            grid: Some(PriceGrid::LinearCent),
            lot: Some(Quantity(QUANTITY_ONE / 100)),
            min_qty: Some(Quantity(5 * QUANTITY_ONE)),
            ..rules
        },
        _ if is_event => {
            Terms { grid: Some(PriceGrid::LinearCent), lot: Some(Quantity(QUANTITY_ONE)), ..rules }
        }
        _ => Terms { min_notional: exchange_min_notional(venue, symbol), ..rules },
    }
}

/// Least order value of dollar pairs.
fn exchange_min_notional(venue: VenueId, symbol: &Symbol<'_>) -> Option<Money> {
    let (Symbol::Pair { quote, .. } | Symbol::Perp { quote, .. }) = symbol else { return None };
    if !matches!(*quote, "USD" | "USDT" | "USDC") {
        return None;
    }
    let tenths = match venue {
        // `NOTIONAL` of `GET /api/v3/exchangeInfo`, `MIN_NOTIONAL` of `GET /fapi/v1/exchangeInfo`;
        // `minOrderAmt` and `minNotionalValue` of `GET /v5/market/instruments-info`.
        BINANCE | BYBIT => 50,
        // `quote_min_size` of `GET /api/v3/brokerage/market/products`, `minTradeUSDT` of
        // `GET /api/v2/spot/public/symbols`.
        COINBASE | BITGET => 10,
        // `costmin` of `GET /0/public/AssetPairs`.
        KRAKEN => 5,
        // Lots only: `minSz` of `GET /api/v5/public/instruments`.
        OKX => 0,
        _ => return None,
    };
    Some(Money(tenths * MONEY_ONE / 10))
}

/// "Order must have minimum value of $10."
/// (<https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/error-responses>)
const fn hyperliquid_min_notional() -> Money {
    Money(10 * MONEY_ONE)
}

/// At most 5 significant figures and `6 - szDecimals` decimals for perpetuals, `8 - szDecimals`
/// for spot; integers always
/// (<https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/tick-and-lot-size>).
pub(super) fn significant_figures(kind: InstrumentKind, symbol: &str) -> PriceGrid {
    let most = if kind == InstrumentKind::Perp { 6 } else { 8 };
    let base = symbol.split('-').next().unwrap_or(symbol);
    PriceGrid::Figures { figures: 5, decimals: most - size_decimals(base).min(most) }
}

/// `szDecimals` of `POST /info {"type": "meta"}`, of the coins we list; 0, where the price has the
/// most decimals, for those whose own data must say.
fn size_decimals(coin: &str) -> u8 {
    match coin {
        "BTC" => 5,
        "ETH" => 4,
        "SOL" => 2,
        _ => 0,
    }
}
