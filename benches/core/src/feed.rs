//! Frames for the decoder benchmarks: an opening that makes a book live, then updates over it.

use sequence_core::feed::FeedVenue;

/// Frames of one venue.
#[derive(Debug)]
pub struct Story {
    /// Whose frames.
    pub venue: FeedVenue,
    /// Makes the book live.
    pub opening: String,
    /// Updates, one message each.
    pub updates: Vec<String>,
}

/// One story per venue.
pub fn stories() -> Vec<Story> {
    vec![kraken(), coinbase(), hyperliquid(), kalshi(), polymarket(), binance()]
}

/// Updates of a story: enough that the opening does not count.
const UPDATES: u64 = 200;

/// A story that goes through its updates again and again.
fn repeat(updates: &[String; 2]) -> Vec<String> {
    (0..UPDATES / 2).flat_map(|_| updates.clone()).collect()
}

fn kraken() -> Story {
    let book = |kind: &str, body: &str| {
        format!(r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"ETH/USD",{body}}}]}}"#)
    };
    let rows = |from: u32, step: i64, size: &str| {
        let row = |at: u32| {
            let cents = i64::from(from) + step * i64::from(at);
            format!(r#"{{"price":{}.{:02},"qty":{size}}}"#, cents / 100, cents % 100)
        };
        (0..10).map(row).collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (rows(179_724, -1, "0.43393711"), rows(179_725, 1, "1.40355852"));
    let time = r#""timestamp":"2026-05-06T09:17:26.208075Z""#;
    let snapshot = format!(r#""bids":[{bids}],"asks":[{asks}],"checksum":254965286,{time}"#);
    let update = |size: &str, checksum: u32| {
        let change = format!(r#"{{"price":1797.24,"qty":{size}}}"#);
        book("update", &format!(r#""bids":[{change}],"asks":[],"checksum":{checksum},{time}"#))
    };
    Story {
        venue: FeedVenue::Kraken,
        opening: book("snapshot", &snapshot),
        updates: repeat(&[update("0.50000000", 2_607_363_782), update("0.43393711", 254_965_286)]),
    }
}

fn coinbase() -> Story {
    let update = |size: &str| {
        format!(
            r#"{{"type":"l2update","product_id":"SKL-USD","changes":[["buy","0.7885","{size}"]],"time":"2021-04-17T16:43:37.075351Z"}}"#
        )
    };
    Story {
        venue: FeedVenue::Coinbase,
        opening: r#"{"type":"snapshot","product_id":"SKL-USD","asks":[["0.7923","7441.5"]],"bids":[["0.7885","12"]]}"#.to_owned(),
        updates: repeat(&[update("12.5"), update("0.0")]),
    }
}

fn hyperliquid() -> Story {
    let side = |from: u32, step: i64, first: &str| {
        let row = |at: u32| {
            let price = i64::from(from) + step * i64::from(at);
            let size = if at == 0 { first } else { "3.0024" };
            format!(r#"{{"px":"{price}.0","sz":"{size}","n":6}}"#)
        };
        (0..20).map(row).collect::<Vec<_>>().join(",")
    };
    let book = |size: &str| {
        let (bids, asks) = (side(77_244, -1, size), side(77_245, 1, "8.54902"));
        format!(
            r#"{{"channel":"l2Book","data":{{"coin":"BTC","time":1787501389612,"levels":[[{bids}],[{asks}]]}}}}"#
        )
    };
    Story {
        venue: FeedVenue::Hyperliquid,
        opening: book("3.81117"),
        updates: repeat(&[book("3.9"), book("3.81117")]),
    }
}

fn kalshi() -> Story {
    let delta = |seq: u64| {
        let change = if seq.is_multiple_of(2) { "10.00" } else { "-10.00" };
        format!(
            r#"{{"type":"orderbook_delta","sid":1,"seq":{seq},"msg":{{"market_ticker":"KXGOLD15M-26AUG050800-00","market_id":"eab09b7f-31ea-42c8-ba7a-b230c49efe64","price_dollars":"0.5500","delta_fp":"{change}","side":"no","ts":"2026-08-05T11:45:36.564039Z","ts_ms":1785930336564}}}}"#
        )
    };
    let updates = (11..11 + UPDATES).map(delta).collect();
    Story { venue: FeedVenue::Kalshi, opening: kalshi_snapshot(), updates }
}

fn kalshi_snapshot() -> String {
    r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXGOLD15M-26AUG050800-00","market_id":"e","yes_dollars_fp":[["0.3400","285.00"]],"no_dollars_fp":[["0.5500","30.00"]]}}"#.to_owned()
}

fn polymarket() -> Story {
    let change = |size: &str, best: &str| {
        format!(
            r#"{{"market":"0x5d","price_changes":[{{"asset_id":"63691357964355397861776339416833450653158434687925250159757815624217137833471","price":"0.07","size":"{size}","side":"BUY","hash":"f3285de052f887d0ce2847581636a69c1046178d","best_bid":"{best}","best_ask":"0.09"}}],"timestamp":"1786728438403","event_type":"price_change"}}"#
        )
    };
    Story {
        venue: FeedVenue::Polymarket,
        opening: r#"{"market":"0x5d","asset_id":"63691357964355397861776339416833450653158434687925250159757815624217137833471","timestamp":"1786728432337","hash":"9","bids":[{"price":"0.06","size":"100"}],"asks":[{"price":"0.09","size":"25"}],"event_type":"book"}"#.to_owned(),
        updates: repeat(&[change("374.34", "0.07"), change("0", "0.06")]),
    }
}

fn binance() -> Story {
    let diff = |id: u64| {
        let size = if id.is_multiple_of(2) { "0.00000000" } else { "2.00000000" };
        format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":{id},"u":{id},"b":[["61737.70000000","{size}"],["55653.87000000","{size}"]],"a":[["61838.04000000","0.32332000"],["61862.50000000","{size}"]]}}}}"#
        )
    };
    let opening = r#"{"stream":"btcusdt@depthSnapshot","data":{"lastUpdateId":12,"bids":[["61737.60","3"]],"asks":[["61837.64","1.6"]]}}"#;
    Story {
        venue: FeedVenue::Binance,
        opening: opening.to_owned(),
        updates: (13..13 + UPDATES).map(diff).collect(),
    }
}

/// A price of Binance, so many steps of ten cents away from the touch.
fn priced(side: bool, away: u64) -> String {
    let cents = if side { 6_180_000 - 10 * away } else { 6_180_010 + 10 * away };
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A whole book of Binance with so many levels a side, and the number 100.
pub fn whole_book(levels: u64) -> String {
    let side = |side| {
        let row = |away| format!(r#"["{}","{}.5"]"#, priced(side, away), 1 + away % 9);
        (0..levels).map(row).collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"stream":"btcusdt@depthSnapshot","data":{{"lastUpdateId":100,"bids":[{}],"asks":[{}]}}}}"#,
        side(true),
        side(false)
    )
}

/// Frames that follow it, each with 44 levels a side, nine steps apart within 400 of the touch.
pub fn diffs(count: usize) -> Vec<String> {
    let side = |side: bool, nth: u64| {
        let row = |at: u64| {
            let (away, size) = (1 + 9 * at + (nth * 7 + at) % 9, (nth * 37 + at * 13) % 9_999 + 1);
            format!(r#"["{}","{}.{:03}"]"#, priced(side, away), size / 1_000, size % 1_000)
        };
        (0..44).map(row).collect::<Vec<_>>().join(",")
    };
    let frame = |nth: u64| {
        let (id, ms) = (101 + nth, 1_723_161_256_299 + nth);
        let (bids, asks) = (side(true, nth), side(false, nth));
        format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{ms},"s":"BTCUSDT","U":{id},"u":{id},"b":[{bids}],"a":[{asks}]}}}}"#
        )
    };
    (0..count as u64).map(frame).collect()
}
