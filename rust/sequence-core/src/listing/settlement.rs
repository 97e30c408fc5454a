//! What a symbol settles in at a venue.

use crate::ids::{AssetKind, VenueId};
use crate::registry::is_usd_pegged;
use crate::symbol::Symbol;
use crate::venue::{
    BINANCE, BITGET, BYBIT, CashAsset, DEX, DEX_ETHEREUM, HYPERLIQUID, KALSHI, OKX, POLYMARKET,
    SOLANA, is_fiat,
};

/// What a listing settles in. `X-USD` is quoted in dollars everywhere and
/// settles in what the venue really holds; other quotes settle in themselves, and one that is no
/// dollar never in another asset: a price in euros is no amount of USDT.
pub fn settlement_asset<'a>(venue: VenueId, symbol: &Symbol<'a>) -> CashAsset<'a> {
    let foreign =
        symbol.quote().filter(|quote| *quote != "USD" && !is_usd_pegged(AssetKind::Crypto, quote));
    let code = match (symbol, venue) {
        _ if foreign.is_some() => foreign.unwrap_or_default(),
        (_, KALSHI) => "USD",
        (_, POLYMARKET | HYPERLIQUID) | (Symbol::Perp { quote: "USDC", .. }, _) => "USDC",
        (Symbol::Pair { quote, .. } | Symbol::Swap { quote, .. }, _) if *quote != "USD" => quote,
        (Symbol::Perp { .. }, _) | (_, BINANCE | BYBIT | OKX | BITGET) => "USDT",
        (_, DEX | DEX_ETHEREUM | SOLANA) => "USDC",
        _ => "USD",
    };
    CashAsset { kind: if is_fiat(code) { AssetKind::Fiat } else { AssetKind::Crypto }, code }
}
