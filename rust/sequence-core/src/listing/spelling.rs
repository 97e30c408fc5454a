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

use super::settlement_asset;
use crate::ids::VenueId;
use crate::symbol::Symbol;
use crate::venue::{BINANCE, BITGET, BYBIT, CRYPTOCOM, HYPERLIQUID, KRAKEN, OKX};

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
