//! Frames at the edges: older wire formats, terms that venues name, and books that are confirmed
//! without a change.
#![cfg(test)]

use sequence_core::feed::{
    Binance, Decoder, FeedBatch, FeedVenue, Hyperliquid, Kalshi, Kraken, Polymarket,
};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::venue::{PriceGrid, Terms};

#[path = "support/told.rs"]
mod told;
use told::{S, tell};

#[test]
fn kalshi_frames_in_cents_and_of_2025_are_the_same_books() {
    let today = [
        r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","yes_dollars_fp":[["0.3400","285.00"]],"no_dollars_fp":[["0.5500","30.00"]]}}"#,
        r#"{"type":"orderbook_delta","sid":1,"seq":11,"msg":{"market_ticker":"KXA-1","price_dollars":"0.5500","delta_fp":"-10.00","side":"no"}}"#,
        r#"{"type":"trade","sid":2,"seq":4,"msg":{"market_ticker":"KXA-1","yes_price_dollars":"0.3400","count_fp":"5.00","taker_side":"no"}}"#,
    ];
    let cents = [
        r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","yes":[[34,285]],"no":[[55,30]]}}"#,
        r#"{"type":"orderbook_delta","sid":1,"seq":11,"msg":{"market_ticker":"KXA-1","price":55,"delta":-10,"side":"no"}}"#,
        r#"{"type":"trade","sid":2,"seq":4,"msg":{"market_ticker":"KXA-1","yes_price":34,"no_price":66,"count":5,"taker_side":"no","ts":1669149841}}"#,
    ];
    let between = [
        r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","yes":[[34,285]],"no":[[55,30]],"yes_dollars":[["0.3400",285]],"no_dollars":[["0.5500",30]]}}"#,
        r#"{"type":"orderbook_delta","sid":1,"seq":11,"msg":{"market_ticker":"KXA-1","price":55,"price_dollars":"0.5500","delta":-10,"side":"no"}}"#,
        r#"{"type":"trade","sid":2,"seq":4,"msg":{"market_ticker":"KXA-1","yes_price":34,"yes_price_dollars":"0.3400","count":5,"taker_side":"no"}}"#,
    ];
    let expected =
        ["KXA-1: [, bid 0.34 285, ask 0.45 30, ]", "KXA-1: ask 0.45 20", "KXA-1: print bid 0.34 5"];
    for frames in [today, cents, between] {
        assert_eq!(tell(&mut Kalshi::new(), &frames), expected);
    }
}

#[test]
fn a_kalshi_book_under_names_that_are_not_known_is_not_an_empty_one() {
    let renamed = r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","yes_v9":[["0.3400","285.00"]]}}"#;
    assert_eq!(tell(&mut Kalshi::new(), &[renamed]), ["error field"]);
    let empty = r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","market_id":"e"}}"#;
    assert_eq!(tell(&mut Kalshi::new(), &[empty]), ["KXA-1: [, ]"]);
    let both = r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","yes":[],"no":null}}"#;
    assert_eq!(tell(&mut Kalshi::new(), &[both]), ["KXA-1: [, ]"]);
}

#[test]
fn polymarket_frames_of_one_token_are_read_as_those_of_several() {
    let book = r#"{"market":"0x5d","asset_id":"11","timestamp":"1786728432337","bids":[{"price":"0.06","size":"100"}],"asks":[{"price":"0.09","size":"25"}]}"#;
    let old = r#"{"event_type":"price_change","market":"0x5d","asset_id":"11","changes":[{"price":"0.07","side":"BUY","size":"374.34"},{"price":"0.09","side":"SELL","size":"0"}],"timestamp":"1786728438403"}"#;
    assert_eq!(
        tell(&mut Polymarket::new(), &[book, old]),
        ["11: [, bid 0.06 100, ask 0.09 25, ]", "11: bid 0.07 374.34, ask 0.09 0"]
    );
}

#[test]
fn polymarket_numbers_without_the_zero_before_their_point_are_the_same_numbers() {
    let book = r#"{"event_type":"book","asset_id":"11","timestamp":"1786728432337","bids":[{"price":"0.06","size":"100"}],"asks":[{"price":"0.09","size":"0.5"}],"tick_size":"0.01","min_order_size":"5"}"#;
    let change = r#"{"event_type":"price_change","market":"0x5d","timestamp":"1786728438403","price_changes":[{"asset_id":"11","price":"0.07","side":"BUY","size":"374.34","best_bid":"0.07","best_ask":"0.09"}]}"#;
    let trade = r#"{"event_type":"last_trade_price","asset_id":"11","price":"0.07","side":"SELL","size":"0.25","timestamp":"1786728438404"}"#;
    let written = [book, change, trade];
    let short = written.map(|frame| frame.replace("\"0.", "\"."));
    let mut decoders = [(); 2].map(|()| Polymarket::new());
    let told = tell(&mut decoders[0], &written);
    assert_eq!(told[0], "11: [, bid 0.06 100, ask 0.09 0.5, ]");
    assert_eq!(tell(&mut decoders[1], &short.each_ref().map(String::as_str)), told);
    let [terms, short_terms] = decoders.map(|mut decoder| decoder.take_terms());
    assert_eq!(short_terms[0].1.grid, terms[0].1.grid);
}

#[test]
fn another_tick_is_another_book_and_its_terms_are_told() {
    let book = r#"{"event_type":"book","asset_id":"11","timestamp":"1786728432337","bids":[{"price":"0.06","size":"100"}],"asks":[],"tick_size":"0.01","min_order_size":"5"}"#;
    let change = r#"{"event_type":"tick_size_change","asset_id":"11","old_tick_size":"0.01","new_tick_size":"0.001","timestamp":"1786728432338"}"#;
    let mut decoder = Polymarket::new();
    assert_eq!(tell(&mut decoder, &[book])[0], "11: [, bid 0.06 100, ]");
    let first = decoder.take_terms();
    assert_eq!((first[0].0, first[0].1.grid), (0, Some(PriceGrid::LinearCent)));
    assert_eq!(first[0].1.min_qty, Some(Quantity(500_000_000)));
    assert_eq!(tell(&mut decoder, &[change]), ["11: resync"]);
    assert_eq!(decoder.take_terms()[0].1.grid, Some(PriceGrid::DeciCent));
    assert!(tell(&mut decoder, &[book])[0].starts_with("11: open, ["));
}

#[test]
fn equal_hyperliquid_frames_make_a_book_live_and_confirm_what_traded() {
    let book = r#"{"channel":"l2Book","data":{"coin":"BTC","time":1783444511403,"levels":[[{"px":"100","sz":"4","n":1}],[{"px":"101","sz":"5","n":1}]]}}"#;
    let trades = |tid: u32| {
        format!(
            r#"{{"channel":"trades","data":[{{"coin":"BTC","side":"B","px":"101","sz":"2","time":1783444511404,"tid":{tid}}}]}}"#
        )
    };
    let told = tell(
        &mut Hyperliquid::new(),
        &[book, book, book, &trades(1), book, &trades(2), book, book],
    );
    assert_eq!(
        told,
        [
            "BTC-USD-PERP: [, bid 100 4, ask 101 5, ]",
            "BTC-USD-PERP: bid 100 4",
            "BTC-USD-PERP: alive",
            "BTC-USD-PERP: print ask 101 2 old",
            "BTC-USD-PERP: ask 101 5",
            "BTC-USD-PERP: print ask 101 2",
            "BTC-USD-PERP: ask 101 5",
            "BTC-USD-PERP: alive",
        ]
    );
}

#[test]
fn a_rest_book_before_the_first_diff_waits_for_its_name() {
    let rest = r#"{"lastUpdateId":12,"bids":[["61737.60","3"]],"asks":[["61838","4"]]}"#;
    let diff = r#"{"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":13,"u":15,"b":[["61737.70","2"]],"a":[]}"#;
    assert_eq!(
        tell(&mut Binance::new(), &[rest, diff]),
        ["BTC-USDT: [, bid 61737.6 3, ask 61838 4, ]", "BTC-USDT: bid 61737.7 2"]
    );
}

fn terms(venue: FeedVenue, list: &str, book: &str) -> Terms {
    let mut decoder = venue.decoder();
    let mut batch = FeedBatch::new();
    decoder.rest_answer(None, list.as_bytes(), S, &mut batch).unwrap();
    assert!(decoder.take_terms().is_empty(), "nobody trades it yet");
    assert_eq!(decoder.stats().unknown, 0);
    decoder.decode(book.as_bytes(), 2 * S, &mut batch).unwrap();
    let told = decoder.take_terms();
    assert_eq!(told.len(), 1, "{list}");
    told[0].1
}

#[test]
fn every_venue_says_its_steps_in_its_own_words() {
    let cents = |units: i64| Some(PriceGrid::Tick(Price(units)));
    let binance = terms(
        FeedVenue::Binance,
        r#"{"timezone":"UTC","exchangeFilters":[],"symbols":[{"symbol":"BTCUSDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01000000"},{"filterType":"LOT_SIZE","minQty":"0.00002000","stepSize":"0.00001000"},{"filterType":"NOTIONAL","minNotional":"5.00000000"},{"filterType":"MARKET_LOT_SIZE","minQty":"0.0","stepSize":"0.0"}]}]}"#,
        r#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":13,"u":15,"b":[],"a":[]}"#,
    );
    assert_eq!((binance.grid, binance.lot), (cents(10_000_000), Some(Quantity(1_000))));
    assert_eq!(binance.min_qty, Some(Quantity(2_000)));
    assert_eq!(binance.min_notional, Some(Money(5_000_000_000)));
    let coinbase = terms(
        FeedVenue::Coinbase,
        r#"[{"id":"SKL-USD","base_min_size":"5","quote_increment":"0.0001","base_increment":"0.1","min_market_funds":"1.0"}]"#,
        r#"{"type":"snapshot","product_id":"SKL-USD","asks":[["0.7923","7441.5"]],"bids":[]}"#,
    );
    assert_eq!((coinbase.grid, coinbase.lot), (cents(100_000), Some(Quantity(10_000_000))));
    let book = r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":1,"qty":1,"trade_id":5,"timestamp":"2025-05-06T09:17:27Z"}]}"#;
    for list in [
        r#"{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[{"symbol":"BTC/USD","qty_increment":0.00000001,"price_increment":0.1,"qty_min":0.0001,"cost_min":0.5}]}}"#,
        r#"{"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,"ordermin":"0.0001","costmin":"0.5"}}}"#,
    ] {
        let kraken = terms(FeedVenue::Kraken, list, book);
        assert_eq!((kraken.grid, kraken.lot), (cents(100_000_000), Some(Quantity(1))));
        assert_eq!(
            (kraken.min_qty, kraken.min_notional),
            (Some(Quantity(10_000)), Some(Money(500_000_000)))
        );
    }
    let hyperliquid = terms(
        FeedVenue::Hyperliquid,
        r#"[{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40}]},[{"funding":"0.1"}]]"#,
        r#"{"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[],[]]}}"#,
    );
    assert_eq!(hyperliquid.lot, Some(Quantity(1_000)));
    let kalshi = terms(
        FeedVenue::Kalshi,
        r#"{"response":{"event":{"title":"x"},"markets":[{"ticker":"KXA-1","price_level_structure":"tapered_deci_cent","fractional_trading_enabled":true}]}}"#,
        r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1"}}"#,
    );
    assert_eq!(
        (kalshi.grid, kalshi.lot),
        (Some(PriceGrid::TaperedDeciCent), Some(Quantity(1_000_000)))
    );
    for list in [
        r#"[{"clobTokenIds":"[\"11\",\"22\"]","orderPriceMinTickSize":0.001,"orderMinSize":5}]"#,
        r#"{"data":[{"minimum_tick_size":0.001,"minimum_order_size":5,"tokens":[{"token_id":"11"},{"token_id":"22"}]}]}"#,
    ] {
        let polymarket = terms(
            FeedVenue::Polymarket,
            list,
            r#"{"event_type":"book","asset_id":"11","timestamp":"1","bids":[],"asks":[]}"#,
        );
        assert_eq!(
            (polymarket.grid, polymarket.min_qty),
            (Some(PriceGrid::DeciCent), Some(Quantity(500_000_000)))
        );
    }
}

#[test]
fn frames_of_no_known_kind_are_counted() {
    for (venue, frame) in [
        (FeedVenue::Kraken, r#"{"channel":"level9","type":"update","data":[]}"#),
        (FeedVenue::Hyperliquid, r#"{"channel":"l9","data":{}}"#),
        (FeedVenue::Coinbase, r#"{"type":"level9","product_id":"X"}"#),
        (FeedVenue::Kalshi, r#"{"type":"orderbook_v9","msg":{}}"#),
        (FeedVenue::Polymarket, r#"{"event_type":"book9"}"#),
        (FeedVenue::Binance, r#"{"topic":"orderbook"}"#),
        (FeedVenue::Bybit, r#"{"topic":"orderbook9"}"#),
        (FeedVenue::Okx, r#"{"arg":{"channel":"books9","instId":"BTC-USDT"},"data":[]}"#),
    ] {
        let mut decoder = venue.decoder();
        decoder.decode(frame.as_bytes(), S, &mut FeedBatch::new()).unwrap();
        assert_eq!(decoder.stats().unknown, 1, "{frame}");
    }
}

/// CRC-32 of the ten best levels of a side list, as Kraken computes it.
fn checksum(asks: &[(i64, i64)], bids: &[(i64, i64)]) -> u32 {
    let digits: String = [asks, bids]
        .iter()
        .flat_map(|side| side.iter().take(10))
        .fold(String::new(), |text, (price, size)| format!("{text}{price}{size}"));
    let bit = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    let crc = digits
        .bytes()
        .fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| bit(crc)));
    !crc
}

/// A Kraken connection of a book of this depth, without an acknowledgement.
struct ThinBook {
    depth: usize,
    bids: Vec<(i64, i64)>,
    asks: Vec<(i64, i64)>,
}

impl ThinBook {
    fn frame(&self, kind: &str, bids: &[(i64, i64)]) -> String {
        let side = |levels: &[(i64, i64)]| {
            let rows: Vec<_> = levels
                .iter()
                .map(|(price, size)| format!(r#"{{"price":{price},"qty":{size}}}"#))
                .collect();
            rows.join(",")
        };
        let asks = if kind == "snapshot" { side(&self.asks) } else { String::new() };
        let checksum = checksum(&self.asks, &self.bids);
        format!(
            r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"ETH/USD","bids":[{}],"asks":[{asks}],"checksum":{checksum},"timestamp":"2025-05-06T09:17:26.208075Z"}}]}}"#,
            side(bids)
        )
    }

    fn set(&mut self, price: i64, size: i64) -> String {
        self.bids.retain(|(known, _)| *known != price);
        if size > 0 {
            self.bids.push((price, size));
        }
        self.bids.sort_unstable_by(|a, b| b.cmp(a));
        // What falls out is not told.
        self.bids.truncate(self.depth);
        self.frame("update", &[(price, size)])
    }
}

#[test]
fn the_depth_of_a_thin_kraken_book_is_learnt_from_its_checksums() {
    for depth in [10, 25, 100] {
        let mut book = ThinBook {
            depth,
            bids: (0..6).map(|n| (1_000 - n, 5)).collect(),
            asks: (0..6).map(|n| (1_001 + n, 5)).collect(),
        };
        let mut frames = vec![book.frame("snapshot", &book.bids.clone())];
        // It grows beyond ten levels, shrinks from its best, and what lay behind comes forward.
        for step in 0..3 {
            frames.extend((0..40).map(|n| book.set(990 - n, 7 + step)));
            frames.extend((0..6).map(|n| book.set(1_000 - n, 0)));
            frames.extend((0..35).map(|n| book.set(990 - n, 0)));
            frames.extend((0..6).map(|n| book.set(1_000 - n, 9 + step)));
        }
        let mut decoder = Kraken::new();
        let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
        tell(&mut decoder, &frames);
        let stats = decoder.stats();
        assert_eq!((stats.gaps, stats.checksums_matched), (0, frames.len() as u64), "{depth}");
    }
}

#[test]
fn a_torn_change_of_kraken_costs_its_book_though_the_best_levels_are_right() {
    let (asks, bids) = ([(101, 5)], [(99, 5)]);
    let sum = checksum(&asks, &bids);
    let book = |symbol: &str| {
        format!(
            r#"{{"channel":"book","type":"snapshot","data":[{{"symbol":"{symbol}","bids":[{{"price":99,"qty":5}}],"asks":[{{"price":101,"qty":5}}],"checksum":{sum},"timestamp":"2026-08-24T22:34:13Z"}}]}}"#
        )
    };
    let books = [book("BTC/USD"), book("ETH/USD")];
    let cases: [(&str, &[&str]); 4] = [
        (
            r#"{"channel":"book","type":"update","data":[{"symbol":"ETH/USD","bids":[{"pri"#,
            &["error json", "ETH-USD: resync"],
        ),
        (r#"{"channel":"trade","type":"update","data":[{"symbol":"ETH/USD","si"#, &["error json"]),
        (r#"{"channel":"heartb"#, &["error json", "BTC-USD: resync", "ETH-USD: resync"]),
        ("<html>", &["error json", "BTC-USD: resync", "ETH-USD: resync"]),
    ];
    for (frame, expected) in cases {
        let told = tell(&mut Kraken::new(), &[&books[0], &books[1], frame]);
        assert_eq!(&told[2..], expected, "{frame}");
    }
}

#[test]
fn a_stream_of_whole_binance_books_is_told_as_what_changes() {
    let book = |bid: &str, id: u32| {
        format!(
            r#"{{"stream":"btcusdt@depth5@100ms","data":{{"lastUpdateId":{id},"bids":[["{bid}","3"]],"asks":[["102","4"]]}}}}"#
        )
    };
    let futures = r#"{"stream":"btcusdt@depth5","data":{"e":"depthUpdate","E":1723161255408,"s":"BTCUSDT","U":16,"u":19,"pu":12,"b":[["101","3"]],"a":[["102","4"]]}}"#;
    let diff = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255408,"s":"BTCUSDT","U":5,"u":6,"b":[["90","1"]],"a":[]}}"#;
    assert_eq!(
        tell(
            &mut Binance::new(),
            &[&book("100", 1), &book("100", 1), &book("101", 2), futures, diff]
        ),
        [
            "BTC-USDT: [, bid 100 3, ask 102 4, ]",
            "BTC-USDT: bid 100 3",
            "BTC-USDT: bid 100 0, bid 101 3",
            "BTC-USDT: bid 101 3",
        ]
    );
}

#[test]
fn a_contract_whose_name_cannot_be_split_keeps_it() {
    let trade = |symbol: &str| {
        format!(
            r#"{{"e":"trade","E":1,"s":"{symbol}","t":1,"p":"1","q":"1","T":1,"X":"MARKET","m":true}}"#
        )
    };
    for (symbol, name) in [
        ("BTCUSDT", "BTC-USDT-PERP"),
        ("BTCUSD_PERP", "BTCUSD_PERP"),
        ("BTCUSDT_240628", "BTCUSDT_240628"),
        ("FOOBAR", "FOOBAR"),
    ] {
        let mut decoder = Binance::futures();
        tell(&mut decoder, &[&trade(symbol)]);
        assert_eq!(decoder.instruments()[0].symbol, name);
    }
    let mut decoder = Hyperliquid::new();
    let trade = |coin: &str| {
        format!(
            r#"{{"channel":"trades","data":[{{"coin":"{coin}","side":"B","px":"1","sz":"1","time":1,"tid":1}}]}}"#
        )
    };
    tell(&mut decoder, &[&trade("kPEPE"), &trade("xyz:TSLA"), &trade("BTC")]);
    let names: Vec<_> = decoder.instruments().iter().map(|row| row.symbol.as_str()).collect();
    assert_eq!(names, ["KPEPE-USD-PERP", "xyz:TSLA-USD-PERP", "BTC-USD-PERP"]);
}

/// What a decoder tells of one frame that comes in a minute.
fn at_minute(decoder: &mut dyn Decoder, minute: i64, frame: &str) -> (Vec<String>, Vec<Terms>) {
    let mut batch = FeedBatch::new();
    decoder.decode(frame.as_bytes(), minute * 60 * S, &mut batch).unwrap();
    let told = batch.messages().map(|(_, events)| told::describe(&events[0])).collect();
    (told, decoder.take_terms().into_iter().map(|(_, terms)| terms).collect())
}

#[test]
fn a_list_that_was_on_its_way_takes_back_nothing_that_the_feed_said() {
    let kalshi_list = r#"{"market":{"ticker":"KXA-1","status":"active","close_time":"2099-12-31T00:00:00Z","price_level_structure":"linear_cent"}}"#;
    let polymarket_list = r#"[{"conditionId":"0x1","clobTokenIds":"[\"11\", \"12\"]","orderPriceMinTickSize":0.01,"orderMinSize":5,"closed":false,"active":true,"acceptingOrders":true}]"#;
    let cases: [(FeedVenue, &str, &str, &str, &str); 2] = [
        (
            FeedVenue::Kalshi,
            r#"{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXA-1","yes_dollars_fp":[["0.3400","285.00"]]}}"#,
            kalshi_list,
            r#"{"type":"market_lifecycle_v2","sid":9,"seq":1,"msg":{"market_ticker":"KXA-1","event_type":"price_level_structure_updated","price_level_structure":"deci_cent"}}"#,
            r#"{"type":"market_lifecycle_v2","sid":9,"seq":2,"msg":{"market_ticker":"KXA-1","event_type":"determined"}}"#,
        ),
        (
            FeedVenue::Polymarket,
            r#"{"event_type":"book","asset_id":"11","timestamp":"1786728432337","bids":[{"price":"0.06","size":"100"}],"asks":[]}"#,
            polymarket_list,
            r#"{"event_type":"tick_size_change","asset_id":"11","old_tick_size":"0.01","new_tick_size":"0.001"}"#,
            r#"{"event_type":"market_resolved","assets_ids":["11","12"]}"#,
        ),
    ];
    for (venue, book, list, grid, end) in cases {
        let mut decoder = venue.decoder();
        let decoder = &mut *decoder;
        at_minute(decoder, 1, book);
        let coarse = at_minute(decoder, 2, list).1[0].grid;
        let (_, terms) = at_minute(decoder, 3, grid);
        let fine = terms[0].grid;
        assert_ne!(fine, coarse, "{venue:?}");
        let (told, _) = at_minute(decoder, 4, end);
        assert_eq!(told, ["status 5"], "{venue:?}: closed");
        // Asked for before all that was said, it comes after it; what else it has holds.
        let (told, terms) = at_minute(decoder, 5, list);
        assert!(told.is_empty(), "{venue:?} trades again: {told:?}");
        assert!(terms.iter().all(|terms| terms.grid == fine), "{venue:?}: {terms:?}");
        // No list is on its way for so long: it is news.
        let (_, terms) = at_minute(decoder, 15, list);
        assert_eq!(terms[0].grid, coarse, "{venue:?}");
    }
}
