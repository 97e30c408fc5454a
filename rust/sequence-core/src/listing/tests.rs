//! Listings against the wire contract: settlement, rules, spellings.

use super::*;
use crate::ids::{AssetKind, VenueId};
use crate::number::{MONEY_ONE, Money, Price, Quantity};
use crate::symbol::Symbol;
use crate::venue::{
    BINANCE, BYBIT, COINBASE, CRYPTOCOM, DEX, Grid, HYPERLIQUID, KALSHI, KRAKEN, OKX, POLYMARKET,
    TermsOrigin,
};

fn px(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn hand_fed(venue: VenueId, text: &str) -> Grid {
    hand_fed_grid(venue, &Symbol::parse(text).unwrap())
}

#[test]
fn listings_settle_in_what_the_venue_holds() {
    for (venue, text, code) in [
        (COINBASE, "BTC-USD", "USD"),
        (KRAKEN, "BTC-USD", "USD"),
        (BINANCE, "BTC-USD", "USDT"),
        (BYBIT, "BTC-USD", "USDT"),
        (OKX, "BTC-USD", "USDT"),
        (DEX, "ETH-USD", "USDC"),
        (DEX, "ETH-USDC-ARB", "USDC"),
        (KRAKEN, "BTC-USDC", "USDC"),
        (KRAKEN, "BTC-EUR", "EUR"),
        (HYPERLIQUID, "BTC-EUR", "EUR"),
        (HYPERLIQUID, "BTC-USDT", "USDC"),
        (BINANCE, "BTC-EUR-PERP", "EUR"),
        (BINANCE, "ETH-BTC-PERP", "BTC"),
        (HYPERLIQUID, "BTC-USD-PERP", "USDC"),
        (BINANCE, "BTC-USD-PERP", "USDT"),
        (BINANCE, "BTC-USDC-PERP", "USDC"),
        (KALSHI, "KXFOO-1", "USD"),
        (POLYMARKET, "foo-1", "USDC"),
    ] {
        let asset = settlement_asset(venue, &Symbol::parse(text).unwrap());
        assert_eq!(asset.code, code, "{text} at {}", venue.as_str());
        let fiat = matches!(code, "USD" | "EUR");
        assert_eq!(asset.kind, if fiat { AssetKind::Fiat } else { AssetKind::Crypto });
    }
}

#[test]
fn every_demo_listing_parses_and_keeps_its_own_rules() {
    for row in &DEMO_LISTINGS {
        let symbol = Symbol::parse(row.symbol).unwrap();
        assert_eq!(symbol.kind(), row.kind, "{}", row.symbol);
        assert_eq!(demo_listing(&symbol), Some(row));
        assert!(row.venues.is_sorted() && row.bid < row.ask);
        assert!(row.grid.contains(row.bid) && row.grid.contains(row.ask), "{}", row.symbol);
        assert_eq!(row.min_qty.floor_to(row.lot), row.min_qty);
        assert!(row.venues.iter().all(|venue| venue.venue().trades(row.kind)));
        for venue in row.venues {
            assert_eq!(Symbol::parse_at(*venue, row.symbol), Ok(symbol));
            let grid = hand_fed_grid(*venue, &symbol);
            let (bid, ask) = row.touch_at(*venue);
            assert_eq!(grid.lot, row.lot);
            assert!(bid < ask && grid.contains(bid) && grid.contains(ask), "{}", row.symbol);
        }
    }
    let (yes, no) = DEMO_LISTINGS[11].tokens.unwrap();
    for token_id in [yes, no] {
        assert_eq!(demo_listing(&Symbol::Token { token_id }), Some(&DEMO_LISTINGS[11]));
    }
}

#[test]
fn a_hand_fed_market_is_as_fine_as_our_numbers_and_has_no_minimum() {
    for (venue, text, tick, lot) in [
        (BINANCE, "SHIB-USDT", 1, 1),
        (KRAKEN, "FOO-EUR", 1, 1),
        (BINANCE, "FOO-USD-PERP", 1, 1),
        (KALSHI, "KXFOO-1:NO", 10_000_000, 100_000_000),
        (POLYMARKET, "foo-1", 1_000_000, 1_000_000),
    ] {
        let grid = hand_fed(venue, text);
        assert_eq!((grid.shown_tick(None).0, grid.lot.0), (tick, lot), "{text}");
        assert_eq!((grid.min_qty, grid.min_notional), (Quantity(1), Money::ZERO), "{text}");
    }
    assert_eq!(hand_fed(BINANCE, "BTC-USD").min_notional, Money(5 * MONEY_ONE));
}

#[test]
fn each_venues_rule_is_its_own() {
    for (coin, valid, off) in [
        ("BTC-USD-PERP", "74360", "74360.1"),
        ("ETH-USD-PERP", "2310.4", "2310.41"),
        ("SOL-USD-PERP", "84.231", "84.2312"),
        ("FOO-USD-PERP", "0.081234", "0.0812345"),
    ] {
        for grid in
            [hand_fed(HYPERLIQUID, coin), recorded_grid(HYPERLIQUID, &Symbol::parse(coin).unwrap())]
        {
            assert!(grid.contains(px(valid)), "{coin} {valid}");
            assert!(!grid.contains(px(off)), "{coin} {off}");
        }
    }
    assert_eq!(hand_fed(HYPERLIQUID, "BTC-USD-PERP").min_notional, Money(10 * MONEY_ONE));
    assert_eq!(hand_fed(BINANCE, "BTC-USD-PERP").min_notional, Money(5 * MONEY_ONE));
    let recorded = |venue, text: &str| recorded_grid(venue, &Symbol::parse(text).unwrap());
    let polymarket = recorded(POLYMARKET, "foo-1");
    assert_eq!((polymarket.min_qty.0, polymarket.lot.0), (500_000_000, 1_000_000));
    assert_eq!(recorded(KRAKEN, "BTC-USD").min_notional, Money(MONEY_ONE / 2));
    assert_eq!(recorded(KRAKEN, "ETH-BTC").min_notional, Money::ZERO);
    assert_eq!(recorded(COINBASE, "BTC-USD").origins.grid, TermsOrigin::Default);
}

#[test]
fn each_venue_is_written_its_own_way() {
    for (venue, text, theirs) in [
        (BINANCE, "BTC-USD", "BTCUSDT"),
        (BINANCE, "BTC-USD-PERP", "BTCUSDT"),
        (BYBIT, "BTC-USDC-PERP", "BTCPERP"),
        (COINBASE, "BTC-USD", "BTC-USD"),
        (CRYPTOCOM, "BTC-USD", "BTC_USD"),
        (DEX, "ETH-USDC-ARB", "ETH-USDC-ARB"),
        (HYPERLIQUID, "KPEPE-USD-PERP", "kPEPE"),
        (KALSHI, "KXFOO-1:NO", "KXFOO-1"),
        (KRAKEN, "BTC-USD", "BTC/USD"),
        (OKX, "BTC-USD", "BTC-USDT"),
        (OKX, "BTC-USD-PERP", "BTC-USDT-SWAP"),
        (POLYMARKET, "foo-1:no", "foo-1"),
    ] {
        let symbol = Symbol::parse(text).unwrap();
        assert_eq!(venue_symbol(venue, &symbol), theirs, "{text} at {}", venue.as_str());
    }
}
