//! The venue table against the wire contract.

use super::*;

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
