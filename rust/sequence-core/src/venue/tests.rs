//! The venue table against the wire contract, and grids.

use proptest::prelude::*;

use super::*;
use crate::number::{PRICE_ONE, Price};

#[test]
fn ids_are_rows_in_order_of_their_text() {
    assert!(VENUES.is_sorted_by_key(|venue| venue.id));
    for id in VenueId::all() {
        assert_eq!(VenueId::parse(id.as_str()), Ok(id));
    }
    for (id, text) in [
        (BINANCE, "binance"),
        (BITGET, "bitget"),
        (BYBIT, "bybit"),
        (COINBASE, "coinbase"),
        (CRYPTOCOM, "cryptocom"),
        (DEX, "dex"),
        (DEX_ETHEREUM, "dex_ethereum"),
        (HYPERLIQUID, "hyperliquid"),
        (KALSHI, "kalshi"),
        (KRAKEN, "kraken"),
        (OKX, "okx"),
        (POLYMARKET, "polymarket"),
        (SOLANA, "solana"),
    ] {
        assert_eq!(id.as_str(), text);
    }
}

#[test]
fn an_unknown_venue_names_the_known_ones() {
    let message = "unknown venue \"foo\"; known: binance, bitget, bybit, coinbase, cryptocom, dex, \
                   dex_ethereum, hyperliquid, kalshi, kraken, okx, polymarket, solana";
    assert_eq!(VenueId::parse("foo").unwrap_err().to_string(), message);
    assert!(VenueId::parse("Binance").is_err());
}

#[test]
fn a_reset_seeds_nine_venues_and_fifteen_cash_rows() {
    let seeded: Vec<_> = VENUES.iter().filter(|venue| venue.seeded).collect();
    assert_eq!(seeded.len(), 9);
    assert_eq!(seeded.iter().map(|venue| venue.cash.len()).sum::<usize>(), 15);
    assert!(VENUES.iter().all(|venue| venue.seeded != venue.cash.is_empty()));
}

#[test]
fn margin_goes_with_perpetuals_and_post_only_with_books() {
    for venue in &VENUES {
        assert_eq!(venue.initial_margin_1e8.is_some(), venue.trades(InstrumentKind::Perp));
        assert_eq!(venue.post_only, venue.class != VenueClass::Dex);
        let quiet = matches!(venue.class, VenueClass::Dex | VenueClass::Prediction);
        assert_eq!(venue.max_age_ms, if quiet { 30_000 } else { 5_000 });
    }
}

#[test]
fn a_day_ends_after_now_and_at_midnight() {
    const DAY_NS: i64 = 86_400_000_000_000;
    let venue = BINANCE.venue();
    assert_eq!(venue.next_day_end_ns(0), DAY_NS);
    assert_eq!(venue.next_day_end_ns(DAY_NS - 1), DAY_NS);
    assert_eq!(venue.next_day_end_ns(DAY_NS), 2 * DAY_NS);
}

#[test]
fn the_tapered_grid_is_fine_at_both_ends() {
    let grid = PriceGrid::TaperedDeciCent;
    for (text, on_grid) in [
        ("0.001", true),
        ("0.099", true),
        ("0.1", true),
        ("0.101", false),
        ("0.11", true),
        ("0.899", false),
        ("0.9", true),
        ("0.901", true),
        ("0.999", true),
        ("0.9995", false),
        ("0", false),
        ("1", false),
    ] {
        assert_eq!(grid.contains(Price::parse(text).unwrap()), on_grid, "{text}");
    }
    assert_eq!(grid.above(Price(100_000_000)), Ok(Price(110_000_000)));
    assert_eq!(grid.below(Price(100_000_000)), Ok(Price(99_000_000)));
    assert_eq!(grid.below(Price(900_000_000)), Ok(Price(890_000_000)));
}

proptest! {
    #[test]
    fn rounding_to_a_grid_brackets_the_price(units in 1_000_000..PRICE_ONE - 1_000_000, row in 0..4usize) {
        let tick = PriceGrid::Tick(Price(7_000_000));
        let grid = [PriceGrid::LinearCent, PriceGrid::DeciCent, PriceGrid::TaperedDeciCent, tick]
            [row];
        let price = Price(units);
        let (floor, ceil) = (grid.floor(price), grid.ceil(price).unwrap());
        prop_assert!(floor <= price && price <= ceil);
        prop_assert!(floor.0 == 0 || grid.contains(floor));
        prop_assert!(ceil.0 >= PRICE_ONE || grid.contains(ceil));
        prop_assert_eq!(floor == ceil, grid.contains(price));
        prop_assert!(grid.below(price).unwrap() < price && price < grid.above(price).unwrap());
    }
}
