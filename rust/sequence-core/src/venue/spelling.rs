//! How each venue itself writes a symbol.
//!
//! | Venue | Spot | Perpetual |
//! |---|---|---|
//! | binance, bybit, bitget | `BTCUSDT` | `BTCUSDT`; bybit in USDC `BTCPERP` |
//! | coinbase | `BTC-USD` | |
//! | cryptocom | `BTC_USD` | |
//! | kraken | `BTC/USD` (its newer feed; the older one says `XBT`) | |
//! | okx | `BTC-USDT` | `BTC-USDT-SWAP` |
//! | hyperliquid | | `BTC`; thousands of a cheap coin `kPEPE` |
//! | kalshi, polymarket | ticker; slug or token id | |
//! | dex, `dex_ethereum`, solana | as here | |
//!
//! A pair in `USD` is written with what the venue settles it in.

use super::{
    BINANCE, BITGET, BYBIT, COINBASE, CRYPTOCOM, HYPERLIQUID, KALSHI, KRAKEN, OKX, POLYMARKET,
    settlement_asset,
};
use crate::ids::{InstrumentKind, VenueId};
use crate::symbol::{Symbol, is_quote_code};

/// Coins hyperliquid trades by the thousand: its name, ours.
const THOUSANDS: [(&str, &str); 7] = [
    ("kBONK", "KBONK"),
    ("kDOGS", "KDOGS"),
    ("kFLOKI", "KFLOKI"),
    ("kLUNC", "KLUNC"),
    ("kNEIRO", "KNEIRO"),
    ("kPEPE", "KPEPE"),
    ("kSHIB", "KSHIB"),
];

/// The venue's own spelling of a symbol.
pub fn venue_symbol(venue: VenueId, symbol: &Symbol<'_>) -> String {
    match *symbol {
        Symbol::Ticker { ticker: market, .. }
        | Symbol::Slug { slug: market, .. }
        | Symbol::Token { token_id: market } => market.to_owned(),
        Symbol::Pair { base, quote } => {
            let quote = if quote == "USD" { settlement_asset(venue, symbol).code } else { quote };
            pair_spelling(venue, base, quote)
        }
        Symbol::Perp { base, .. } => {
            perp_spelling(venue, base, settlement_asset(venue, symbol).code)
        }
        Symbol::Swap { .. } => symbol.canonical(),
    }
}

fn pair_spelling(venue: VenueId, base: &str, quote: &str) -> String {
    match venue {
        BINANCE | BYBIT | BITGET => format!("{base}{quote}"),
        KRAKEN => format!("{base}/{quote}"),
        CRYPTOCOM => format!("{base}_{quote}"),
        _ => format!("{base}-{quote}"),
    }
}

fn perp_spelling(venue: VenueId, base: &str, quote: &str) -> String {
    match venue {
        HYPERLIQUID => {
            let coin = THOUSANDS.iter().find(|(_, ours)| *ours == base);
            coin.map_or(base, |(theirs, _)| theirs).to_owned()
        }
        BYBIT if quote == "USDC" => format!("{base}PERP"),
        OKX => format!("{base}-{quote}-SWAP"),
        _ => format!("{base}{quote}"),
    }
}

/// Canonical text of a venue's own spelling; `None` for what has no symbol here, such as indexed
/// spot names (`@107`), other builders' markets (`xyz:AAPL`) and dark pools (`XBTUSD.d`).
///
/// A joined spelling is split before the longest known quote, so `BTCUSDT` is in `USDT`.
pub fn from_venue_symbol(venue: VenueId, kind: InstrumentKind, text: &str) -> Option<String> {
    let canonical = match (venue, kind) {
        (KALSHI | POLYMARKET, _) => text.to_owned(),
        (HYPERLIQUID, InstrumentKind::Perp) => {
            let coin = THOUSANDS.iter().find(|(theirs, _)| *theirs == text);
            let coin = coin.map_or(text, |(_, ours)| ours);
            format!("{coin}-USD-PERP")
        }
        (_, InstrumentKind::Perp) => perp_of(venue, text)?,
        _ => {
            let (base, quote) = split_pair(venue, text)?;
            format!("{}-{}", modern(venue, base), modern(venue, quote))
        }
    };
    Symbol::parse_at(venue, &canonical).ok()?;
    Some(canonical)
}

fn perp_of(venue: VenueId, text: &str) -> Option<String> {
    let (base, quote) = match (venue, text.strip_suffix("PERP")) {
        (BYBIT, Some(base)) => (base, "USDC"),
        _ => match text.strip_suffix("-SWAP") {
            Some(pair) => pair.split_once('-')?,
            None => split_joined(text)?,
        },
    };
    // Perpetuals settled in USDT are the ones everybody calls USD here.
    let quote = if quote == "USDT" { "USD" } else { quote };
    Some(format!("{base}-{quote}-PERP"))
}

fn split_pair(venue: VenueId, text: &str) -> Option<(&str, &str)> {
    match venue {
        BINANCE | BYBIT | BITGET => split_joined(text),
        KRAKEN => text.split_once('/'),
        CRYPTOCOM => text.split_once('_'),
        COINBASE | OKX => text.split_once('-'),
        _ => None,
    }
}

/// Splits before the longest known quote.
fn split_joined(text: &str) -> Option<(&str, &str)> {
    (1..text.len())
        .filter_map(|at| text.split_at_checked(at))
        .find(|(_, quote)| is_quote_code(quote))
}

/// Kraken's older names of two coins.
fn modern(venue: VenueId, code: &str) -> &str {
    match (venue, code) {
        (KRAKEN, "XBT") => "BTC",
        (KRAKEN, "XDG") => "DOGE",
        _ => code,
    }
}
