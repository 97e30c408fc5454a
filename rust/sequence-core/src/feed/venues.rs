//! Whose frame a frame is, judged by the names of its members and what they hold.
//!
//! Several venues use the same few words, so a name alone decides nothing that another venue could
//! have sent as well.

use super::FeedVenue;
use crate::json::{Raw, Scanner};

/// Members looked at.
const NAMES: [&str; 30] = [
    "topic",
    "arg",
    "ret_msg",
    "conn_id",
    "channel",
    "type",
    "event_type",
    "stream",
    "e",
    "lastUpdateId",
    "msg",
    "product_id",
    "sequence_num",
    "channels",
    "method",
    "data",
    "event",
    "asset_id",
    "bids",
    "exchangeFilters",
    "base_increment",
    "universe",
    "price_level_structure",
    "market",
    "minimum_tick_size",
    "clobTokenIds",
    "result",
    "jsonrpc",
    "subscription",
    "s",
];
const KRAKEN_CHANNELS: [&str; 8] =
    ["book", "trade", "ticker", "ohlc", "status", "heartbeat", "instrument", "level3"];
const COINBASE_TYPES: [&str; 15] = [
    "snapshot",
    "l2update",
    "match",
    "last_match",
    "ticker",
    "heartbeat",
    "subscriptions",
    "error",
    "received",
    "open",
    "done",
    "change",
    "activate",
    "status",
    "level2",
];
const KALSHI_TYPES: [&str; 12] = [
    "orderbook_snapshot",
    "orderbook_delta",
    "trade",
    "ticker",
    "ticker_v2",
    "subscribed",
    "unsubscribed",
    "ok",
    "error",
    "market_lifecycle_v2",
    "event_lifecycle",
    "fill",
];
const BINANCE_EVENTS: [&str; 8] = [
    "depthUpdate",
    "trade",
    "aggTrade",
    "bookTicker",
    "markPriceUpdate",
    "kline",
    "24hrTicker",
    "24hrMiniTicker",
];

/// The members of a frame, by name.
struct Members<'a>([Option<Raw<'a>>; NAMES.len()]);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<Raw<'a>> {
        let found = NAMES.iter().zip(&self.0).find(|(known, _)| **known == name);
        found.and_then(|(_, raw)| *raw)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn is_one_of(&self, name: &str, known: &[&str]) -> bool {
        let text = self.get(name).and_then(|raw| raw.string().ok());
        text.is_some_and(|text| known.contains(&&*text))
    }
}

/// Whose frame this is; `None` for what several venues could have sent, and what none has.
pub(super) fn venue_of(frame: &[u8]) -> Option<FeedVenue> {
    let mut scanner = Scanner::new(frame).ok()?;
    if frame.trim_ascii_start().starts_with(b"[") {
        scanner.array().ok()?;
        if !scanner.element().ok()? {
            return None;
        }
    }
    let members = Members(scanner.fields(&NAMES).ok()?);
    let rules = [
        (FeedVenue::Polymarket, is_polymarket as fn(&Members<'_>) -> bool),
        (FeedVenue::Binance, is_binance),
        (FeedVenue::Bybit, is_bybit),
        (FeedVenue::Okx, is_okx),
        (FeedVenue::Coinbase, is_coinbase),
        (FeedVenue::Kalshi, is_kalshi),
        (FeedVenue::Hyperliquid, is_hyperliquid),
        (FeedVenue::Kraken, is_kraken),
    ];
    rules.into_iter().find(|(_, rule)| rule(&members)).map(|(venue, _)| venue)
}

fn is_polymarket(of: &Members<'_>) -> bool {
    of.has("event_type")
        || (of.has("asset_id") && of.has("bids"))
        || of.has("minimum_tick_size")
        || of.has("clobTokenIds")
}

fn is_binance(of: &Members<'_>) -> bool {
    let combined = of.get("stream").is_some_and(|stream| stream.text().contains('@'));
    combined
        || (of.is_one_of("e", &BINANCE_EVENTS) && of.has("s"))
        || (of.has("lastUpdateId") && of.has("bids"))
        || of.has("exchangeFilters")
}

fn is_bybit(of: &Members<'_>) -> bool {
    let topic = of.get("topic").and_then(|topic| topic.string().ok());
    let known = ["orderbook.", "publicTrade.", "tickers.", "kline."];
    topic.is_some_and(|topic| known.iter().any(|name| topic.starts_with(name)))
        || (of.has("ret_msg") && of.has("conn_id"))
        || of.get("result").is_some_and(|raw| raw.text().contains("\"lotSizeFilter\""))
}

fn is_okx(of: &Members<'_>) -> bool {
    // Bitget writes the same, with names without a dash.
    let named = of.get("arg").filter(|arg| arg.is_object()).and_then(|arg| {
        let [name] = arg.scanner().fields(&["instId"]).ok()?;
        name?.string().ok()
    });
    named.is_some_and(|name| name.contains('-'))
        || of.get("data").is_some_and(|data| data.text().contains("\"tickSz\""))
}

fn is_coinbase(of: &Members<'_>) -> bool {
    let exchange = of.is_one_of("type", &COINBASE_TYPES);
    of.has("sequence_num")
        || (exchange && (of.has("product_id") || of.has("channels")))
        || of.has("base_increment")
}

fn is_kalshi(of: &Members<'_>) -> bool {
    let market = of.get("market").is_some_and(|raw| raw.text().contains("\"ticker\""));
    (of.is_one_of("type", &KALSHI_TYPES) && of.has("msg"))
        || of.has("price_level_structure")
        || market
}

fn is_hyperliquid(of: &Members<'_>) -> bool {
    // Other venues have a channel of trades, too: theirs name no coin.
    let coins = of.get("data").is_some_and(|data| data.text().contains("\"coin\""));
    let channel = of.is_one_of("channel", &["l2Book", "trades", "bbo", "activeAssetCtx"]);
    (channel && coins && !of.has("event"))
        || of.is_one_of("channel", &["subscriptionResponse", "allMids"])
        || (of.has("method") && of.has("subscription"))
        || of.has("universe")
}

fn is_kraken(of: &Members<'_>) -> bool {
    let talk = of.is_one_of("method", &["subscribe", "unsubscribe", "pong"]);
    let pairs = of.get("result").is_some_and(|raw| raw.text().contains("\"wsname\""));
    let data = of.is_one_of("type", &["snapshot", "update"]) && of.has("data");
    let alive = of.is_one_of("channel", &["heartbeat"]) && !of.has("type") && !of.has("event");
    let foreign = of.has("jsonrpc") || of.has("event");
    !foreign && ((of.is_one_of("channel", &KRAKEN_CHANNELS) && (data || alive)) || talk || pairs)
}

/// A frame that only the venue's futures send: Binance's diffs name the id before them there, its
/// best prices their event, its trades where they happened; Bybit's trades name the tick direction.
pub(super) fn is_futures(frame: &[u8]) -> bool {
    const SIGNS: [&[u8]; 7] = [
        b"\"pu\":",
        b"\"e\":\"bookTicker\"",
        b"\"e\":\"markPriceUpdate\"",
        b"\"X\":\"MARKET\"",
        b"\"futuresType\":",
        b"\"L\":\"PlusTick\"",
        b"\"L\":\"MinusTick\"",
    ];
    SIGNS.iter().any(|sign| frame.windows(sign.len()).any(|window| window == *sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_several_venues_use_decide_nothing() {
        for frame in [
            r#"{"channel":"trades","data":[{"symbol":"BTC_USDT","price":"1"}]}"#,
            r#"{"event":"subscribed","channel":"trades","chanId":17}"#,
            r#"{"seqnum":1,"event":"snapshot","channel":"l2","symbol":"BTC-USD","bids":[]}"#,
            r#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC","data":{}}}"#,
            r#"{"channel":"book","event":"subscribed"}"#,
            "[17,[[1,2,3]]]",
            r#"{"method":"ping"}"#,
            r#"{"topic":"trade.BTCUSD","type":"snapshot","data":{}}"#,
            r#"{"arg":{"instType":"sp","channel":"books","instId":"BTCUSDT"},"data":[]}"#,
        ] {
            assert_eq!(venue_of(frame.as_bytes()), None, "{frame}");
        }
    }

    #[test]
    fn frames_and_lists_of_instruments_name_their_venue() {
        for (frame, venue) in [
            (r#"{"channel":"heartbeat"}"#, FeedVenue::Kraken),
            (r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot"}"#, FeedVenue::Bybit),
            (r#"{"event":"subscribe","arg":{"instId":"BTC-USDT"}}"#, FeedVenue::Okx),
            (r#"{"channel":"instrument","type":"snapshot","data":{}}"#, FeedVenue::Kraken),
            (r#"{"channel":"trades","data":[{"coin":"BTC"}]}"#, FeedVenue::Hyperliquid),
            (r#"{"universe":[{"name":"BTC","szDecimals":5}]}"#, FeedVenue::Hyperliquid),
            (r#"[{"id":"BTC-USD","base_increment":"0.1"}]"#, FeedVenue::Coinbase),
            (r#"{"exchangeFilters":[],"symbols":[]}"#, FeedVenue::Binance),
            (r#"{"market":"0x1","asset_id":"1","bids":[],"asks":[]}"#, FeedVenue::Polymarket),
            (r#"{"market":{"ticker":"KX-1","price_level_structure":"x"}}"#, FeedVenue::Kalshi),
        ] {
            assert_eq!(venue_of(frame.as_bytes()), Some(venue), "{frame}");
        }
    }
}
