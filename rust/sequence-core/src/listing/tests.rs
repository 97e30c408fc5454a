//! Listings against the wire contract: settlement, rules, spellings.

use super::*;
use crate::ids::AssetKind;
use crate::symbol::Symbol;
use crate::venue::{
    BINANCE, BYBIT, COINBASE, CRYPTOCOM, DEX, HYPERLIQUID, KALSHI, KRAKEN, OKX, POLYMARKET,
};

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
            assert_eq!(listing_rules(*venue, &symbol).lot, row.lot);
        }
    }
    let (yes, no) = DEMO_LISTINGS[11].tokens.unwrap();
    for token_id in [yes, no] {
        assert_eq!(demo_listing(&Symbol::Token { token_id }), Some(&DEMO_LISTINGS[11]));
    }
}

#[test]
fn hand_fed_symbols_have_default_rules_and_no_minimum() {
    for (venue, text, tick, lot) in [
        (BINANCE, "FOO-USD", 10_000_000, 1_000),
        (KALSHI, "KXFOO-1:NO", 10_000_000, 100_000_000),
        (POLYMARKET, "foo-1", 10_000_000, 1_000_000),
    ] {
        let rules = listing_rules(venue, &Symbol::parse(text).unwrap());
        assert_eq!((rules.grid.nominal_tick().0, rules.lot.0), (tick, lot), "{text}");
        assert_eq!((rules.min_qty, rules.min_notional.0), (rules.lot, 0), "{text}");
    }
    let demo = listing_rules(BINANCE, &Symbol::parse("BTC-USD").unwrap());
    assert_eq!(demo.min_notional.0, 5_000_000_000);
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
