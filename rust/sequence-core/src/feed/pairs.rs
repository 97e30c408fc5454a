//! Pairs that venues write without a separator.

/// Quote assets, longest first where one ends with another.
const QUOTES: [&str; 33] = [
    "FDUSD", "USDT", "USDC", "TUSD", "BUSD", "USDS", "USDP", "BIDR", "BKRW", "IDRT", "DOGE",
    "BVND", "GYEN", "BTC", "ETH", "BNB", "EUR", "GBP", "TRY", "BRL", "JPY", "AUD", "RUB", "UAH",
    "NGN", "ZAR", "PAX", "XRP", "TRX", "DAI", "VAI", "UST", "USD",
];

/// `BTCUSDT` as `BTC-USDT`; `None` for what ends with no known quote asset.
pub(super) fn split_pair(symbol: &str) -> Option<String> {
    QUOTES.iter().find_map(|quote| {
        let base = symbol.strip_suffix(quote).filter(|base| !base.is_empty())?;
        Some(format!("{base}-{quote}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_ends_with_its_quote_asset() {
        for (symbol, pair) in [
            ("BTCUSDT", Some("BTC-USDT")),
            ("ETHBTC", Some("ETH-BTC")),
            ("BTCFDUSD", Some("BTC-FDUSD")),
            ("BTCTUSD", Some("BTC-TUSD")),
            ("BNBNGN", Some("BNB-NGN")),
            ("USDTBIDR", Some("USDT-BIDR")),
            ("BTCUSDT_240628", None),
            ("BTCUSD_PERP", None),
            ("USDT", None),
        ] {
            assert_eq!(split_pair(symbol).as_deref(), pair, "{symbol}");
        }
    }
}
