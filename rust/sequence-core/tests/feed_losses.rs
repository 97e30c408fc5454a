//! Frames that cannot be read, or that hold what our numbers cannot: they cost no more than they must.
#![cfg(test)]

use sequence_core::feed::{Coinbase, Decoder, FeedBatch, FeedVenue, Kalshi};

#[path = "support/told.rs"]
mod told;
use told::{S, tell};

const COINBASE_BOOK: &str = r#"{"type":"snapshot","product_id":"SKL-USD","asks":[["0.7923","7441.5"]],"bids":[["0.7885","12"]]}"#;
const COINBASE_OTHER: &str =
    r#"{"type":"snapshot","product_id":"BTC-USD","asks":[["101","1"]],"bids":[["100","1"]]}"#;

#[test]
fn an_unreadable_trade_or_ticker_costs_no_book() {
    let cases: [(FeedVenue, &str, [&str; 3]); 4] = [
        (
            FeedVenue::Coinbase,
            COINBASE_BOOK,
            [
                r#"{"type":"match","product_id":"SKL-USD","price":"x"}"#,
                r#"{"type":"last_match","product_id":"SKL-USD","trade_id":1,"side":"bu"#,
                r#"{"type":"ticker","product_id":7}"#,
            ],
        ),
        (
            FeedVenue::Coinbase,
            r#"{"channel":"l2_data","timestamp":"2026-08-24T22:34:13Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","price_level":"1","new_quantity":"1"}]}]}"#,
            [
                r#"{"channel":"market_trades","timestamp":"2026-08-24T22:34:13Z","sequence_num":1,"events":[{"type":"update","trades":[{"product_id":"BTC-USD","price":"-"}]}]}"#,
                r#"{"channel":"market_trades","timestamp":"2026-08-24T22:34:13Z","sequence_num":1,"events":7}"#,
                r#"{"channel":"heartbeats","timestamp":"2026-08-24T22:34:13Z","events":[]}"#,
            ],
        ),
        (
            FeedVenue::Kalshi,
            r#"{"type":"orderbook_snapshot","sid":1,"seq":10,"msg":{"market_ticker":"KXA-1","yes_dollars_fp":[["0.3400","285.00"]]}}"#,
            [
                r#"{"type":"trade","sid":2,"seq":4,"msg":{"market_ticker":"KXA-1","taker_side":"no"}}"#,
                r#"{"type":"trade","sid":2,"seq":5,"msg":{"market_ticker":"KXA-1","yes_price_dollars":"2"#,
                r#"{"type":"ticker","msg":"#,
            ],
        ),
        (
            FeedVenue::Polymarket,
            r#"{"event_type":"book","asset_id":"11","timestamp":"1786728432337","bids":[{"price":"0.06","size":"100"}],"asks":[]}"#,
            [
                r#"{"event_type":"last_trade_price","asset_id":"11","price":"7","size":"1","side":"BUY"}"#,
                r#"{"event_type":"last_trade_price","asset_id":"11"}"#,
                r#"{"event_type":"best_bid_ask"}"#,
            ],
        ),
    ];
    for (venue, book, broken) in cases {
        for frame in broken {
            let mut decoder = venue.decoder();
            let told = tell(&mut *decoder, &[book, frame]);
            assert!(told[1].starts_with("error"), "{told:?}");
            assert_eq!((told.len(), decoder.stats().gaps), (2, 0), "{frame}");
            assert_eq!(decoder.stats().rejected, 1);
        }
    }
}

#[test]
fn an_unreadable_change_costs_the_book_it_names_and_no_other() {
    let broken = r#"{"type":"l2update","product_id":"SKL-USD","changes":[["buy","0.78"#;
    let mut decoder = Coinbase::new();
    let told = tell(&mut decoder, &[COINBASE_BOOK, COINBASE_OTHER, broken]);
    assert_eq!(told[2..], ["error json", "SKL-USD: resync"]);
    let nameless = r#"{"type":"l2update","changes":[["buy","0.78"#;
    let told = tell(&mut Coinbase::new(), &[COINBASE_BOOK, COINBASE_OTHER, nameless]);
    assert_eq!(told[2..], ["error json", "SKL-USD: resync", "BTC-USD: resync"]);
    let delta = r#"{"type":"orderbook_delta","sid":1,"seq":12,"msg":{"market_ticker":"KXA-1","price_dollars":"x"}}"#;
    let book = |name: &str, seq: u32| {
        format!(
            r#"{{"type":"orderbook_snapshot","sid":1,"seq":{seq},"msg":{{"market_ticker":"{name}","yes_dollars_fp":[["0.34","2"]]}}}}"#
        )
    };
    let told = tell(&mut Kalshi::new(), &[&book("KXA-1", 10), &book("KXB-1", 11), delta]);
    assert_eq!(told[2..], ["error field", "KXA-1: resync"]);
}

/// A message of Coinbase's numbered feed.
fn numbered(channel: &str, number: u32, events: &str) -> String {
    format!(
        r#"{{"channel":"{channel}","client_id":"","timestamp":"2026-08-24T22:34:13Z","sequence_num":{number},"events":[{events}]}}"#
    )
}

/// A book, or a change of one, of Coinbase's numbered feed.
fn of_level(kind: &str, product: &str, size: &str) -> String {
    format!(
        r#"{{"type":"{kind}","product_id":"{product}","updates":[{{"side":"bid","price_level":"9","new_quantity":"{size}"}}]}}"#
    )
}

#[test]
fn a_torn_trade_of_a_numbered_feed_is_no_hole_and_hides_none() {
    let book = numbered("l2_data", 0, &of_level("snapshot", "BTC-USD", "1"));
    let trade = r#"{"type":"update","trades":[{"trade_id":"7","product_id":"BTC-USD","price":"9","size":"1","side":"BUY","time":"2026-08-24T22:34:13Z"}]}"#;
    let change = |number| numbered("l2_data", number, &of_level("update", "BTC-USD", "2"));
    let whole = numbered("market_trades", 1, trade);
    for length in 1..whole.len() {
        // Before its number is whole, nobody knows that this is the message which is missing.
        let has_number = length > whole.find(",\"events").unwrap();
        let lost: &[&str] = if has_number { &[] } else { &["BTC-USD: resync"] };
        let told = tell(&mut Coinbase::new(), &[&book, &whole[..length], &change(2)]);
        let went_on = told.last().unwrap() == "BTC-USD: bid 9 2";
        assert_eq!(went_on, has_number, "{}: {told:?}", &whole[..length]);
        assert_eq!(told.iter().filter(|line| lost.contains(&line.as_str())).count(), lost.len());
    }
    let torn = |number| numbered("market_trades", number, trade).replace("\"time\"", "");
    let told = |frames: &[&str]| tell(&mut Coinbase::new(), frames)[1..].to_vec();
    // A message is missing before it, or after it.
    assert_eq!(told(&[&book, &torn(2), &change(3)]), ["error json", "BTC-USD: resync"]);
    assert_eq!(told(&[&book, &torn(1), &change(3)]), ["error json", "BTC-USD: resync"]);
    // It came before: what follows is not older than it.
    assert_eq!(
        told(&[&book, &change(1), &torn(1), &change(2)]),
        ["BTC-USD: bid 9 2", "error json", "BTC-USD: bid 9 2"]
    );
    // Cut in the middle of its number, it is none.
    let twelfth = numbered("market_trades", 12, trade);
    let cut = twelfth.split_once("2,\"events").unwrap().0;
    assert_eq!(told(&[&book, cut, &change(1)]), ["error json", "BTC-USD: bid 9 2"]);
}

#[test]
fn an_unreadable_message_of_several_books_costs_all_of_them() {
    let books = [("BTC-USD", 0), ("ETH-USD", 1)]
        .map(|(product, number)| numbered("l2_data", number, &of_level("snapshot", product, "1")));
    let fine = of_level("update", "BTC-USD", "2");
    let broken = of_level("update", "ETH-USD", "2").replace("\"side\"", "\"way\"");
    for events in [format!("{fine},{broken}"), format!("{broken},{fine}")] {
        let frame = numbered("l2_data", 2, &events);
        let told = tell(&mut Coinbase::new(), &[&books[0], &books[1], &frame]);
        let tail = &told[told.len() - 2..];
        assert_eq!(tail, ["BTC-USD: resync", "ETH-USD: resync"], "{frame}");
    }
}

#[test]
fn a_change_of_kalshi_at_no_price_or_beyond_ours_says_what_it_is() {
    let book = r#"{"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"KXA-1","yes_dollars_fp":[["0.3400","89999999999"]]}}"#;
    let change = |number: u32, price: &str, size: &str| {
        format!(
            r#"{{"type":"orderbook_delta","sid":1,"seq":{number},"msg":{{"market_ticker":"KXA-1","price_dollars":"{price}","delta_fp":"{size}","side":"yes"}}}}"#
        )
    };
    let told = |price: &str, size: &str| {
        let mut decoder = Kalshi::new();
        let frames = [change(2, price, size), change(3, "0.2000", "1")];
        let told = tell(&mut decoder, &[book, &frames[0], &frames[1]]);
        (told[1..].to_vec(), decoder.stats().dropped_levels, decoder.stats().beyond_range)
    };
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    for price in ["0", "0.0000", "1", "1.0000"] {
        for size in ["5", "-5", "1e400"] {
            let kept = lines(&["KXA-1: alive", "KXA-1: bid 0.2 1"]);
            assert_eq!(told(price, size), (kept, 1, 0), "{price} {size}");
        }
    }
    for size in ["2", "1e400", "-1e400", "0.000000001"] {
        assert_eq!(told("0.3400", size), (lines(&["KXA-1: unfit"]), 0, 1), "{size}");
    }
    assert_eq!(told("0.3000", "-1"), (lines(&["KXA-1: resync"]), 0, 0));
    for (price, size) in [("34", "1"), ("-0.1", "1"), ("x", "1"), ("0.3400", "x")] {
        let refused = lines(&["error field", "KXA-1: resync"]);
        assert_eq!(told(price, size), (refused, 0, 0), "{price} {size}");
    }
    // Several of them in a moment are no slip.
    let frames: Vec<_> = (2..7).map(|number| change(number, "0", "5")).collect();
    let mut decoder = Kalshi::new();
    let mut batch = FeedBatch::new();
    for frame in [book].into_iter().chain(frames.iter().map(String::as_str)) {
        decoder.decode(frame.as_bytes(), 60 * S, &mut batch).unwrap();
    }
    assert_eq!(decoder.stats().gaps, 1);
}

#[test]
fn a_number_beyond_ours_gives_its_book_up_and_says_so() {
    for (price, size) in [
        ("0.0000000311", "1"),
        ("0.1", "90000000001"),
        ("1e30", "1"),
        ("0.1", "1e400"),
        ("1e-400", "1"),
    ] {
        let update = format!(
            r#"{{"type":"l2update","product_id":"SKL-USD","changes":[["sell","{price}","{size}"]],"time":"2021-04-17T16:43:37Z"}}"#
        );
        let mut decoder = Coinbase::new();
        let told = tell(&mut decoder, &[COINBASE_BOOK, &update]);
        assert_eq!(told[1..], ["SKL-USD: unfit"], "{price} {size}");
        assert_eq!((decoder.stats().beyond_range, decoder.stats().dropped_levels), (1, 0));
        let snapshot =
            COINBASE_BOOK.replace("\"0.7923\",\"7441.5\"", &format!("\"{price}\",\"{size}\""));
        let told = tell(&mut Coinbase::new(), &[&snapshot]);
        assert_eq!(told, ["SKL-USD: unfit"], "never a live book without its best level");
    }
    // Zeros behind what we can hold are no loss.
    let fine = COINBASE_BOOK.replace("0.7923", "0.7923000000000");
    assert_eq!(
        tell(&mut Coinbase::new(), &[&fine])[0],
        "SKL-USD: [, bid 0.7885 12, ask 0.7923 7441.5, ]"
    );
}

#[test]
fn an_unreadable_change_costs_its_book_at_once_and_the_next_whole_one_brings_it_back() {
    let bybit = |kind: &str, update: u32, pair: &str| {
        format!(
            r#"{{"topic":"orderbook.50.{pair}","type":"{kind}","ts":1672304484978,"data":{{"s":"{pair}","b":[["9","1"]],"a":[],"u":{update},"seq":1}}}}"#
        )
    };
    let hyperliquid = |coin: &str, time: u32| {
        format!(
            r#"{{"channel":"l2Book","data":{{"coin":"{coin}","time":{time},"levels":[[{{"px":"9","sz":"1","n":1}}],[]]}}}}"#
        )
    };
    let cases: [(FeedVenue, [String; 5], [&str; 2]); 2] = [
        (
            FeedVenue::Bybit,
            [
                bybit("snapshot", 10, "BTCUSDT"),
                bybit("snapshot", 20, "ETHUSDT"),
                bybit("delta", 11, "BTCUSDT").replace("\"b\"", "\"bids\""),
                bybit("delta", 21, "ETHUSDT"),
                bybit("snapshot", 30, "BTCUSDT"),
            ],
            ["BTC-USDT: resync", "BTC-USDT: open, [, bid 9 1, ]"],
        ),
        (
            FeedVenue::Hyperliquid,
            [
                hyperliquid("BTC", 1),
                hyperliquid("ETH", 1),
                hyperliquid("BTC", 2).replace("\"px\"", "\"price\""),
                hyperliquid("ETH", 2),
                hyperliquid("BTC", 3),
            ],
            ["BTC-USD-PERP: resync", "BTC-USD-PERP: open, [, bid 9 1, ]"],
        ),
    ];
    for (venue, frames, [lost, back]) in cases {
        let told = tell(&mut *venue.decoder(), &frames.each_ref().map(String::as_str));
        assert_eq!(told[2], "error field", "{told:?}");
        assert_eq!((told[3].as_str(), told.last().unwrap().as_str()), (lost, back), "{told:?}");
        assert_eq!(told.iter().filter(|line| line.ends_with("resync")).count(), 1, "{told:?}");
    }
}

#[test]
fn an_unreadable_change_of_binance_is_joined_again_by_a_fetched_book() {
    let diff = |first: u32, last: u32, pair: &str| {
        format!(
            r#"{{"stream":"x@depth@100ms","data":{{"e":"depthUpdate","E":1,"s":"{pair}","U":{first},"u":{last},"b":[["9","1"]],"a":[]}}}}"#
        )
    };
    let mut decoder = FeedVenue::Binance.decoder();
    let decoder = &mut *decoder;
    let fetch = |decoder: &mut dyn Decoder, body: &str| {
        let mut batch = FeedBatch::new();
        let read = decoder.rest_answer(Some("BTCUSDT"), body.as_bytes(), 60 * S, &mut batch);
        (read.is_ok(), batch.len())
    };
    let book = |id: u32| format!(r#"{{"lastUpdateId":{id},"bids":[["9","2"]],"asks":[]}}"#);
    tell(decoder, &[&diff(1, 10, "BTCUSDT")]);
    assert_eq!(fetch(decoder, &book(9)), (true, 2), "the book, and the diff that joins it");
    assert_eq!(tell(decoder, &[&diff(11, 12, "BTCUSDT")]), ["BTC-USDT: bid 9 1"]);
    let torn = diff(13, 14, "BTCUSDT").replace("\"U\"", "\"first\"");
    assert_eq!(tell(decoder, &[&torn]), ["error field", "BTC-USDT: resync"]);
    // What follows it joins nothing, until a book is fetched that has it.
    assert!(tell(decoder, &[&diff(15, 16, "BTCUSDT")]).is_empty());
    assert!(!fetch(decoder, "<html>").0);
    assert_eq!(fetch(decoder, &book(14)), (true, 2));
    assert_eq!(tell(decoder, &[&diff(17, 18, "BTCUSDT")]), ["BTC-USDT: bid 9 1"]);
    // A trade, and a document that cannot be read, cost nothing.
    let trade = r#"{"stream":"x@trade","data":{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"x"}}"#;
    assert_eq!(tell(decoder, &[trade]).iter().filter(|line| line.ends_with("resync")).count(), 0);
    assert_eq!(fetch(decoder, "<html>"), (false, 0));
    assert_eq!(tell(decoder, &[&diff(19, 20, "BTCUSDT")]), ["BTC-USDT: bid 9 1"]);
}
