//! Decoders on frames shaped like the venues': what they pass on, what they give up, and that no
//! frame, however broken, makes them panic or emit something that is not a level.
#![cfg(test)]

use proptest::prelude::*;
use sequence_core::book::Book;
use sequence_core::feed::{
    Binance, Coinbase, Decoder, FeedBatch, FeedVenue, Hyperliquid, Kalshi, Kraken, Polymarket,
};
use sequence_core::ids::BookSide;
use sequence_core::number::{Price, Quantity};
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent};

#[path = "support/told.rs"]
mod told;
use told::{S, describe, tell};

const KRAKEN: [&str; 5] = [
    r#"{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":1}]}"#,
    r#"{"channel":"book","type":"snapshot","data":[{"symbol":"ETH/USD","bids":[{"price":1797.24,"qty":0.43393711}],"asks":[{"price":1797.25,"qty":1.40355852}],"checksum":1257516027,"timestamp":"2025-05-06T09:17:26.208075Z"}]}"#,
    r#"{"channel":"book","type":"update","data":[{"symbol":"ETH/USD","bids":[],"asks":[{"price":1797.25,"qty":0.00000000},{"price":1797.52,"qty":1.56601318}],"checksum":1,"timestamp":"2025-05-06T09:17:26.208075Z"}]}"#,
    r#"{"channel":"trade","type":"update","data":[{"symbol":"ETH/USD","side":"sell","price":1797.24,"qty":0.1,"ord_type":"market","trade_id":5,"timestamp":"2025-05-06T09:17:27.208075Z"}]}"#,
    r#"{"channel":"heartbeat"}"#,
];
const COINBASE: [&str; 5] = [
    r#"{"type":"snapshot","product_id":"SKL-USD","asks":[["0.7923","7441.5"]],"bids":[["0.7885","12"]]}"#,
    r#"{"type":"l2update","product_id":"SKL-USD","changes":[["buy","0.7886","5"],["sell","0.7923","0.0"]],"time":"2021-04-17T16:43:37.075351Z"}"#,
    r#"{"type":"match","trade_id":9,"maker_order_id":"a","taker_order_id":"b","side":"buy","size":"2","price":"0.7886","product_id":"SKL-USD","sequence":7,"time":"2021-04-17T16:43:38.000000Z"}"#,
    r#"{"channel":"l2_data","timestamp":"2026-08-24T22:34:13.793075885Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-08-24T22:34:13.483122Z","price_level":"78856.05","new_quantity":"0.0476177"}]}]}"#,
    r#"{"channel":"l2_data","timestamp":"2026-08-24T22:34:14.793075885Z","sequence_num":1,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"offer","price_level":"78856.06","new_quantity":"0.08"}]}]}"#,
];
const HYPERLIQUID: [&str; 4] = [
    r##"{"channel":"l2Book","data":{"coin":"#7510","time":1783444511403,"levels":[[{"px":"0.63031","sz":"496.0","n":1},{"px":"0.6301","sz":"684.0","n":2}],[{"px":"0.642","sz":"557.0","n":1}]],"fast":true}}"##,
    r##"{"channel":"l2Book","data":{"coin":"#7510","time":1783444511925,"levels":[[{"px":"0.63031","sz":"496.0","n":1}],[{"px":"0.642","sz":"500.0","n":1},{"px":"0.65","sz":"9.0","n":1}]]}}"##,
    r##"{"channel":"trades","data":[{"coin":"#7510","side":"A","px":"0.65","sz":"69.0","time":1783444323885,"hash":"0x61","tid":882735757424736,"users":["0x22","0x27"]}]}"##,
    r##"{"channel":"bbo","data":{"coin":"#7510","time":1783444517593,"bbo":[{"px":"0.3565","sz":"300.0","n":1},null]}}"##,
];
const KALSHI: [&str; 4] = [
    r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","market_id":"e","yes_dollars_fp":[["0.3400","285.00"]],"no_dollars_fp":[["0.5500","30.00"]]}}"#,
    r#"{"type":"orderbook_delta","sid":1,"seq":11,"msg":{"market_ticker":"KXA-1","market_id":"e","price_dollars":"0.5500","delta_fp":"-10.00","side":"no","ts":"2026-08-05T11:45:36.564039Z","ts_ms":1785930336564}}"#,
    r#"{"type":"trade","sid":2,"seq":4,"msg":{"trade_id":"c1b91bc8-0c36-682d-ba37-b2826d3d9435","market_ticker":"KXA-1","yes_price_dollars":"0.3400","no_price_dollars":"0.6600","count_fp":"1.47","taker_side":"no","ts":1785930338,"ts_ms":1785930338558}}"#,
    r#"{"type":"market_lifecycle_v2","sid":3,"msg":{"market_ticker":"KXA-1","event_type":"determined"}}"#,
];
const POLYMARKET: [&str; 4] = [
    r#"[{"market":"0x5d","asset_id":"11","timestamp":"1786728432337","hash":"9","bids":[{"price":"0.001","size":"2200.8"},{"price":"0.06","size":"100"}],"asks":[{"price":"0.999","size":"50"},{"price":"0.09","size":"25"}],"event_type":"book"}]"#,
    r#"{"market":"0x5d","price_changes":[{"asset_id":"11","price":"0.07","size":"374.34","side":"BUY","hash":"f","best_bid":"0.07","best_ask":"0.09"},{"asset_id":"22","price":"0.93","size":"374.34","side":"SELL","hash":"b","best_bid":"0.91","best_ask":"0.93"}],"timestamp":"1786728438403","event_type":"price_change"}"#,
    r#"{"market":"0x5d","asset_id":"22","price":"0.91","size":"2.46","fee_rate_bps":"0","side":"SELL","timestamp":"1786728467101","event_type":"last_trade_price","transaction_hash":"0x6c"}"#,
    r#"{"market":"0x5d","asset_id":"11","best_bid":"0.07","best_ask":"0.09","spread":"0.02","timestamp":"1786728467006","event_type":"best_bid_ask"}"#,
];
const BINANCE: [&str; 6] = [
    r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":10,"u":12,"b":[["61737.63","0"]],"a":[["61837.64","1.5"]]}}"#,
    r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":13,"u":15,"b":[["61737.70","2"]],"a":[]}}"#,
    r#"{"lastUpdateId":12,"bids":[["61737.60","3"]],"asks":[["61837.64","1.6"],["61838","4"]]}"#,
    r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255408,"s":"BTCUSDT","U":16,"u":16,"b":[],"a":[["61838","0"]]}}"#,
    r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63","q":"0.02","T":1723161255342,"m":true,"M":true}}"#,
    r#"{"stream":"btcusdt@bookTicker","data":{"u":17,"s":"BTCUSDT","b":"61837.63","B":"3.7","a":"61837.64","A":"1.5"}}"#,
];

#[test]
fn kraken_passes_a_book_on_while_its_checksum_holds() {
    assert_eq!(
        tell(&mut Kraken::new(), &KRAKEN),
        [
            "ETH-USD: [, bid 1797.24 0.43393711, ask 1797.25 1.40355852, ]",
            "ETH-USD: resync",
            "ETH-USD: print bid 1797.24 0.1",
            "ETH-USD: alive",
        ]
    );
    let again = [KRAKEN[1], KRAKEN[2], KRAKEN[2], KRAKEN[1]];
    let told = tell(&mut Kraken::new(), &again);
    assert_eq!(told[1..], ["ETH-USD: resync", &told[0].replace("[,", "open, [,")]);
}

#[test]
fn coinbase_trades_name_the_side_that_was_hit() {
    assert_eq!(
        tell(&mut Coinbase::new(), &COINBASE[..3]),
        [
            "SKL-USD: [, bid 0.7885 12, ask 0.7923 7441.5, ]",
            "SKL-USD: bid 0.7886 5, ask 0.7923 0",
            "SKL-USD: print bid 0.7886 2",
        ]
    );
}

#[test]
fn a_hole_in_the_connection_sequence_gives_every_coinbase_book_up() {
    let later = COINBASE[4].replace("\"sequence_num\":1", "\"sequence_num\":3");
    let mut decoder = Coinbase::new();
    let told = tell(&mut decoder, &[COINBASE[3], COINBASE[4], COINBASE[4], &later, COINBASE[3]]);
    assert_eq!(
        told,
        [
            "BTC-USD: [, bid 78856.05 0.0476177, ]",
            "BTC-USD: ask 78856.06 0.08",
            "BTC-USD: resync",
            "BTC-USD: open, [, bid 78856.05 0.0476177, ]",
        ]
    );
    assert_eq!((decoder.stats().duplicates, decoder.stats().gaps), (1, 1));
}

#[test]
fn an_unreadable_frame_costs_the_books_of_a_feed_without_sequence() {
    let told = tell(&mut Coinbase::new(), &[COINBASE[0], "<html>", COINBASE[1], COINBASE[0]]);
    assert_eq!(told[1..3], ["error json", "SKL-USD: resync"]);
    assert!(told[3].starts_with("SKL-USD: open, ["), "{told:?}");
}

#[test]
fn hyperliquid_tells_what_changed_between_two_books() {
    let mut decoder = Hyperliquid::new();
    let frames = [
        HYPERLIQUID[0],
        HYPERLIQUID[1],
        HYPERLIQUID[0],
        HYPERLIQUID[2],
        HYPERLIQUID[2],
        HYPERLIQUID[3],
    ];
    assert_eq!(
        tell(&mut decoder, &frames),
        [
            "#7510: [, bid 0.63031 496, bid 0.6301 684, ask 0.642 557, ]",
            "#7510: bid 0.6301 0, ask 0.642 500, ask 0.65 9",
            "#7510: print bid 0.65 69 old",
            "#7510: alive",
        ]
    );
    assert_eq!(decoder.stats().duplicates, 2, "the older book and the repeated trade");
}

#[test]
fn kalshi_no_bids_are_yes_asks() {
    assert_eq!(
        tell(&mut Kalshi::new(), &KALSHI),
        [
            "KXA-1: [, bid 0.34 285, ask 0.45 30, ]",
            "KXA-1: ask 0.45 20",
            "KXA-1: print bid 0.34 1.47",
            "KXA-1: status 5",
        ]
    );
}

#[test]
fn a_size_below_zero_proves_a_lost_delta() {
    let more = KALSHI[1].replace("-10.00", "-30.01");
    let told = tell(&mut Kalshi::new(), &[KALSHI[0], &more, KALSHI[0]]);
    assert_eq!(told[1], "KXA-1: resync");
    assert!(told[2].starts_with("KXA-1: open, ["), "{told:?}");
}

#[test]
fn a_kalshi_hole_counts_only_where_every_market_is_seen() {
    let later = KALSHI[1].replace("\"seq\":11", "\"seq\":13");
    let mut loose = Kalshi::new();
    assert_eq!(tell(&mut loose, &[KALSHI[0], &later])[1], "KXA-1: ask 0.45 20");
    assert_eq!(loose.stats().holes, 1);
    let subscribed = r#"{"id":1,"type":"subscribed","msg":{"channel":"orderbook_delta","sid":1}}"#;
    let told = tell(&mut Kalshi::new(), &[subscribed, KALSHI[0], &later]);
    assert_eq!(told[1..], ["KXA-1: resync"]);
}

#[test]
fn an_answer_of_kalshi_is_counted_with_the_messages_of_its_subscription() {
    let subscribed = r#"{"id":1,"type":"subscribed","msg":{"channel":"orderbook_delta","sid":1}}"#;
    let answer = r#"{"id":2,"sid":1,"seq":12,"type":"ok","msg":{"market_tickers":["KXA-1"]}}"#;
    let later = KALSHI[1].replace("\"seq\":11", "\"seq\":13");
    let told = tell(&mut Kalshi::new(), &[subscribed, KALSHI[0], KALSHI[1], answer, &later]);
    assert!(told.iter().all(|line| !line.contains("resync")), "{told:?}");
    let told = tell(&mut Kalshi::new(), &[subscribed, KALSHI[0], KALSHI[1], &later]);
    assert_eq!(told.last().map(String::as_str), Some("KXA-1: resync"));
}

#[test]
fn the_mirror_token_is_never_added() {
    let mut alone = Polymarket::new();
    assert_eq!(
        tell(&mut alone, &POLYMARKET),
        [
            "11: [, bid 0.001 2200.8, bid 0.06 100, ask 0.999 50, ask 0.09 25, ]",
            "11: bid 0.07 374.34",
            "22: print bid 0.91 2.46",
            "11: alive",
        ]
    );
}

#[test]
fn best_prices_that_keep_contradicting_the_book_give_it_up() {
    let wrong = POLYMARKET[1].replace("\"best_bid\":\"0.07\"", "\"best_bid\":\"0.08\"");
    let told =
        tell(&mut Polymarket::new(), &[POLYMARKET[0], &wrong, &wrong, &wrong, POLYMARKET[0]]);
    assert_eq!(told[3], "11: resync");
    assert!(told[4].starts_with("11: open, ["), "{told:?}");
}

#[test]
fn binance_diffs_bridge_the_rest_book_and_nothing_else() {
    assert_eq!(
        tell(&mut Binance::new(), &BINANCE),
        [
            "BTC-USDT: [, bid 61737.6 3, ask 61837.64 1.6, ask 61838 4, ]",
            "BTC-USDT: bid 61737.7 2",
            "BTC-USDT: ask 61838 0",
            "BTC-USDT: print bid 61837.63 0.02",
            "BTC-USDT: alive",
        ]
    );
    let too_old = BINANCE[2].replace(":12", ":8");
    let told = tell(&mut Binance::new(), &[BINANCE[0], BINANCE[1], &too_old, BINANCE[2]]);
    assert_eq!(told[0], "BTC-USDT: resync");
    assert!(told[1].starts_with("BTC-USDT: open, ["), "{told:?}");
}

#[test]
fn a_gap_in_binance_ids_waits_for_the_next_rest_book() {
    let gap = BINANCE[3].replace("\"U\":16,\"u\":16", "\"U\":18,\"u\":19");
    let rest = BINANCE[2].replace(":12", ":18");
    let mut decoder = Binance::new();
    let told = tell(
        &mut decoder,
        &[BINANCE[0], BINANCE[2], BINANCE[1], BINANCE[1], &gap, BINANCE[3], &rest],
    );
    assert_eq!(
        told[2..4].to_vec(),
        ["BTC-USDT: resync", "BTC-USDT: open, [, bid 61737.6 3, ask 61837.64 1.6, ask 61838 4, ]"]
    );
    assert_eq!(told[4], "BTC-USDT: ask 61838 0");
    assert_eq!(decoder.stats().gaps, 1);
}

#[test]
fn what_is_no_level_is_dropped_and_too_many_give_the_book_up() {
    let bad = |price: &str, size: &str| {
        format!(
            r#"{{"type":"l2update","product_id":"SKL-USD","changes":[["buy","{price}","{size}"]],"time":"2021-04-17T16:43:37Z"}}"#
        )
    };
    for price in ["0", "-1", "NaN", "0.0.1", ""] {
        let told = tell(&mut Coinbase::new(), &[COINBASE[0], &bad(price, "1")]);
        assert_eq!(told[1..], ["SKL-USD: alive"], "{price}");
    }
    // What stood at that price would go on standing.
    for size in ["x", "0x1", "NaN", "", "1.0.0", "-1"] {
        let told = tell(&mut Coinbase::new(), &[COINBASE[0], &bad("0.1", size)]);
        assert_eq!(told[1..], ["SKL-USD: resync"], "{size}");
    }
    let four = bad("0", "1").replace(r#"["buy","0","1"]"#, &[r#"["buy","0","1"]"#; 4].join(","));
    assert_eq!(tell(&mut Coinbase::new(), &[COINBASE[0], &four])[1..], ["SKL-USD: resync"]);
}

#[test]
fn a_lost_connection_gives_every_live_book_up_once() {
    let mut decoder = Coinbase::new();
    tell(&mut decoder, &[COINBASE[0]]);
    let mut batch = FeedBatch::new();
    decoder.disconnected(S, &mut batch);
    decoder.disconnected(2 * S, &mut batch);
    let told: Vec<_> = batch.messages().map(|(_, events)| describe(&events[0])).collect();
    assert_eq!(told, ["resync"]);
}

fn stories() -> [(FeedVenue, &'static [&'static str]); 6] {
    [
        (FeedVenue::Kraken, &KRAKEN),
        (FeedVenue::Coinbase, &COINBASE),
        (FeedVenue::Hyperliquid, &HYPERLIQUID),
        (FeedVenue::Kalshi, &KALSHI),
        (FeedVenue::Polymarket, &POLYMARKET),
        (FeedVenue::Binance, &BINANCE),
    ]
}

/// Decodes and checks what must hold of any output; returns whether the frame was accepted.
fn survives(decoder: &mut dyn Decoder, frame: &[u8], recv_ns: i64) -> bool {
    let mut batch = FeedBatch::new();
    let accepted = decoder.decode(frame, recv_ns, &mut batch).is_ok();
    for (instrument, events) in batch.messages() {
        assert!((instrument as usize) < decoder.instruments().len());
        let ends: Vec<_> = events.iter().map(MarketEvent::is_last).collect();
        assert_eq!(ends.iter().filter(|last| **last).count(), 1);
        assert_eq!(ends.last(), Some(&true));
        for event in events {
            assert_eq!(event.ts_local_ns, recv_ns);
            match event.kind {
                EventKind::LevelSet => assert!(event.price.0 > 0 && event.quantity.0 >= 0),
                EventKind::Print => assert!(event.price.0 > 0 && event.quantity.0 > 0),
                EventKind::Status => assert!((1..=7).contains(&event.count)),
                _ => {}
            }
        }
    }
    accepted
}

#[test]
fn every_proper_prefix_of_a_frame_is_rejected() {
    for (venue, frames) in stories() {
        let mut decoder = venue.decoder();
        for frame in frames {
            for end in 0..frame.len() {
                assert!(!survives(&mut *decoder, &frame.as_bytes()[..end], S), "{venue:?} {end}");
            }
        }
        let whole: usize = frames.iter().map(|frame| frame.len()).sum();
        assert_eq!(decoder.stats().rejected, whole as u64);
    }
}

fn hostile() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1e400",
        "-0",
        "NaN",
        "\"\\ud800\"",
        "9223372036854775808",
        "-9223372036854775809",
        "null",
        "[]",
        "{}",
        "\"\"",
        "0",
        "-1",
        "true",
        "\"0.5\"",
        "\"1e-400\"",
        "18446744073709551616",
        "\"99999999999999999999999999999999999999999999999999999999999999999999999999999999\"",
    ])
}

proptest! {
    #[test]
    fn broken_frames_never_panic_and_never_pass_garbage_on(
        story in 0usize..6,
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0u8..5, any::<prop::sample::Index>(), any::<u8>(), hostile()), 1..25),
    ) {
        let (venue, frames) = stories()[story];
        let mut decoder = venue.decoder();
        for (second, (which, how, place, byte, value)) in (0i64..).zip(steps) {
            let mut frame = frames[which.index(frames.len())].as_bytes().to_vec();
            let place = place.index(frame.len());
            match how {
                0 => {}
                1 => frame.truncate(place),
                2 => frame[place] ^= 1 << (byte % 8),
                3 => frame[place] = byte,
                _ => {
                    // Another value after a colon or a comma: right grammar, wrong type or size.
                    let text = String::from_utf8(frame).unwrap();
                    let from = text[..place].rfind([':', ',', '[']).map_or(0, |at| at + 1);
                    let to = text[from..].find([',', '}', ']']).map_or(text.len(), |at| from + at);
                    frame = [&text[..from], value, &text[to..]].concat().into_bytes();
                }
            }
            survives(&mut *decoder, &frame, second * S);
        }
    }

    #[test]
    fn any_bytes_never_panic(frame in prop::collection::vec(any::<u8>(), 0..300), story in 0usize..6) {
        survives(&mut *stories()[story].0.decoder(), &frame, S);
    }

    /// A slow twin folds the same signed changes in a map.
    #[test]
    fn folded_kalshi_sizes_equal_a_slow_twin(changes in prop::collection::vec((1i64..99, -40i64..60, any::<bool>()), 1..60)) {
        let mut decoder = Kalshi::new();
        tell(&mut decoder, &[KALSHI[0]]);
        let mut twin = std::collections::BTreeMap::from([((false, 34), 285i64), ((true, 55), 30)]);
        let mut book = Book::new();
        book.set(BookSide::Bid, Price(340_000_000), Quantity(28_500_000_000));
        book.set(BookSide::Ask, Price(450_000_000), Quantity(3_000_000_000));
        for (seq, (cents, change, no)) in changes.into_iter().enumerate() {
            let held = twin.entry((no, cents)).or_insert(0);
            let frame = KALSHI[1]
                .replace("\"seq\":11", &format!("\"seq\":{}", seq + 11))
                .replace("0.5500", &format!("0.{cents:02}00"))
                .replace("-10.00", &format!("{change}.00"))
                .replace("\"no\"", if no { "\"no\"" } else { "\"yes\"" });
            let mut batch = FeedBatch::new();
            decoder.decode(frame.as_bytes(), S, &mut batch).unwrap();
            let (_, events) = batch.messages().next().unwrap();
            if *held + change < 0 {
                prop_assert!(FeedStatus::from_code(events[0].count).is_some_and(FeedStatus::loses));
                return Ok(());
            }
            *held += change;
            for event in events {
                book.set(event.side.unwrap(), event.price, event.quantity);
            }
        }
        for ((no, cents), held) in twin {
            let (side, price) = if no { (BookSide::Ask, 100 - cents) } else { (BookSide::Bid, cents) };
            let shown = book.quantity_at(side, Price(price * 10_000_000));
            prop_assert_eq!(shown, Quantity(held * 100_000_000));
        }
    }
}
