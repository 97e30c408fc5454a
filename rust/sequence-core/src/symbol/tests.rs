//! Symbol forms: what reads as what, and what each refusal says.

use proptest::prelude::*;

use super::*;
use crate::ids::AssetKind;
use crate::venue::{BINANCE, KALSHI, POLYMARKET};

const TOKEN: &str = "93306292450753343873001379745548936703270056748899305193655114461097692136642";

fn pair<'a>(base: &'a str, quote: &'a str) -> Symbol<'a> {
    Symbol::Pair { base, quote }
}

fn perp<'a>(base: &'a str, quote: &'a str) -> Symbol<'a> {
    Symbol::Perp { base, quote }
}

fn ticker(ticker: &str, outcome: Outcome) -> Symbol<'_> {
    Symbol::Ticker { ticker, outcome }
}

fn slug(slug: &str, outcome: Outcome) -> Symbol<'_> {
    Symbol::Slug { slug, outcome }
}

#[test]
fn every_documented_form_reads_as_documented() {
    use Outcome::{No, Yes};
    let page = "https://polymarket.com/event/btc-updown-5m-1776537600";
    for (text, symbol) in [
        ("BTC-USD", pair("BTC", "USD")),
        ("ETH-USDT", pair("ETH", "USDT")),
        ("1INCH-BTC", pair("1INCH", "BTC")),
        ("ETH2.S-ETH", pair("ETH2.S", "ETH")),
        ("INX-USD", pair("INX", "USD")),
        ("BTC-USD-PERP", perp("BTC", "USD")),
        ("ETH-PERP", perp("ETH", "USD")),
        ("BTC-USDC-PERP", perp("BTC", "USDC")),
        ("ETH-USDC-ARB", Symbol::Swap { base: "ETH", quote: "USDC", chain: "ARB" }),
        ("KXBTCZ-26DEC31-T99000", ticker("KXBTCZ-26DEC31-T99000", Yes)),
        ("KXBTCZ-26DEC31-T99000:YES", ticker("KXBTCZ-26DEC31-T99000", Yes)),
        ("KXBTCZ-26DEC31-T99000:no", ticker("KXBTCZ-26DEC31-T99000", No)),
        ("KXNBA-26-TOR", ticker("KXNBA-26-TOR", Yes)),
        ("KXFIRST-BTC", ticker("KXFIRST-BTC", Yes)),
        ("INX-23DEC29-B4500", ticker("INX-23DEC29-B4500", Yes)),
        ("NASDAQ100U-23DEC29-T16000", ticker("NASDAQ100U-23DEC29-T16000", Yes)),
        ("538APPROVE-23DEC06-B37.3", ticker("538APPROVE-23DEC06-B37.3", Yes)),
        ("GTA6-24DEC31", ticker("GTA6-24DEC31", Yes)),
        ("COMMENCEMENT-UCLA", ticker("COMMENCEMENT-UCLA", Yes)),
        ("TIME-23-EM", ticker("TIME-23-EM", Yes)),
        ("btc-updown-5m-1776537600", slug("btc-updown-5m-1776537600", Yes)),
        ("btc-updown-5m-1776537600:yes", slug("btc-updown-5m-1776537600", Yes)),
        ("btc-updown-5m-1776537600:NO", slug("btc-updown-5m-1776537600", No)),
        ("btc-usd", slug("btc-usd", Yes)),
        (TOKEN, Symbol::Token { token_id: TOKEN }),
        (page, slug("btc-updown-5m-1776537600", Yes)),
    ] {
        assert_eq!(Symbol::parse(text), Ok(symbol), "{text}");
    }
    for tail in ["?tid=1", "#comments", "/", "/?a=b#c"] {
        let text = format!("{page}{tail}");
        assert_eq!(Symbol::parse(&text), Ok(slug("btc-updown-5m-1776537600", Yes)), "{text}");
    }
}

#[test]
fn thirty_digits_are_a_token_and_twenty_nine_a_slug() {
    let (short, long) = ("1".repeat(29), "1".repeat(30));
    assert_eq!(Symbol::parse(&short), Ok(slug(&short, Outcome::Yes)));
    assert_eq!(Symbol::parse(&long), Ok(Symbol::Token { token_id: &long }));
    let event = parse_event_contract(&short).unwrap();
    assert_eq!((event.market_slug, event.token_id), (&*short, None));
    let event = parse_event_contract(&long).unwrap();
    assert_eq!((event.outcome, event.token_id), (Outcome::Yes, Some(&*long)));
}

#[test]
fn an_error_names_the_column_and_what_was_expected() {
    let too_long = "A".repeat(129);
    let token_no = format!("{TOKEN}:NO");
    for (text, message) in [
        ("", "column 1 is the end of the text, expected a symbol, like BTC-USD"),
        (" BTC-USD", "column 1 is ' ', expected an ASCII letter or digit"),
        ("BTC-USD ", "column 8 is ' ', expected an ASCII letter, a digit or one of . _ : -"),
        ("ВТС-USD", "column 1 is U+0412, expected an ASCII letter or digit"),
        ("ＢＴＣ-USD", "column 1 is U+FF22, expected an ASCII letter or digit"),
        (
            "BTC\u{200b}-USD",
            "column 4 is U+200B, expected an ASCII letter, a digit or one of . _ : -",
        ),
        ("BTC-USD\0", "column 8 is U+0000, expected an ASCII letter, a digit or one of . _ : -"),
        ("XRP/USD", "column 4 is '/', expected '-': pairs are written BTC-USD here"),
        (
            "BTC",
            "column 4 is the end of the text, expected '-': a pair is BASE-QUOTE, like BTC-USD",
        ),
        (
            "BTC-",
            "column 5 is the end of the text, expected a part after the dash, like KXBTCZ-26DEC31",
        ),
        ("KX-:YES", "column 4 is ':', expected a part after the dash, like KXBTCZ-26DEC31"),
        ("KXFOO:MAYBE", "column 7 is 'M', expected YES or NO after the colon"),
        ("KXFOO:", "column 7 is the end of the text, expected YES or NO after the colon"),
        ("KXFOO:YES:NO", "column 7 is 'Y', expected YES or NO after the colon"),
        (":YES", "column 1 is ':', expected an ASCII letter or digit"),
        (
            "FEDDECISION-23SEP-H>25",
            "column 20 is '>', expected an ASCII letter, a digit or one of . _ : -",
        ),
        (&too_long, "column 129 is 'A', expected the end: a symbol has at most 128 characters"),
        (&token_no, "column 78 is ':', expected the end: a token id is one outcome already"),
        (
            "https://polymarket.com/event/a b",
            "column 31 is ' ', expected an ASCII letter, a digit or one of . _ : -",
        ),
    ] {
        let error = Symbol::parse(text).map(|symbol| symbol.canonical());
        assert_eq!(error.map_err(|error| error.to_string()), Err(message.to_owned()), "{text:?}");
    }
}

#[test]
fn event_contracts_of_configuration_are_exact() {
    for (text, slug, outcome) in [
        ("KXFOO-BAR:YES", "KXFOO-BAR", Outcome::Yes),
        ("KXFOO-BAR:NO", "KXFOO-BAR", Outcome::No),
        ("MARKET-SLUG", "MARKET-SLUG", Outcome::Yes),
        ("KXFOO-BAR", "KXFOO-BAR", Outcome::Yes),
        ("btc-updown-5m-1", "btc-updown-5m-1", Outcome::Yes),
    ] {
        let expected = EventContract { market_slug: slug, outcome, token_id: None };
        assert_eq!(parse_event_contract(text), Ok(expected), "{text}");
    }
    let (fits, too_long) = ("a".repeat(124), "a".repeat(125));
    assert!(parse_event_contract(&fits).is_ok());
    let token_yes = format!("{TOKEN}:YES");
    for text in
        ["", ":YES", "KXFOO-BAR:yes", "KXFOO:MAYBE", "A:YES:NO", "A:YES:", "A:", "A B", "ä", "a/b"]
            .into_iter()
            .chain([&*too_long, &*token_yes])
    {
        assert!(parse_event_contract(text).is_err(), "{text:?}");
    }
    let message = parse_event_contract("KXFOO:MAYBE").map_err(|error| error.to_string());
    let expected = "column 7 is 'M', expected exactly YES or NO after the colon";
    assert_eq!(message, Err(expected.to_owned()));
}

#[test]
fn configured_rows_follow_the_pattern_of_their_kind() {
    for (kind, good) in [
        (AssetKind::Fiat, &["USD", "EUR"][..]),
        (AssetKind::Crypto, &["USDC", "BTC", "1INCH", "ETH2.S", "A_B-C"][..]),
        (AssetKind::EventContract, &["KXMARKET-FOO:YES", TOKEN][..]),
        (AssetKind::Perp, &["BTC-USD-PERP", "1000PEPE-USDT-PERP"][..]),
    ] {
        for text in good {
            assert!(parse_configured(kind, text).is_ok(), "{text}");
        }
    }
    let long = "A".repeat(33);
    for (kind, bad) in [
        (AssetKind::Fiat, &["", "usd", "US D", ".USD", "-USD", long.as_str()][..]),
        (AssetKind::Crypto, &["btc", "BTC:YES", "ВТС"][..]),
        (
            AssetKind::Perp,
            &["BTC-USD", "ETH-PERP", "BTC-USD-PERP-X", "-USD-PERP", "A-B-C-PERP"][..],
        ),
        (AssetKind::Perp, &["btc-usd-perp", "BTC--PERP", "BTC-ABCDEFGHIJK-PERP"][..]),
    ] {
        for text in bad {
            assert!(parse_configured(kind, text).is_err(), "{kind:?} {text:?}");
        }
    }
}

#[test]
fn a_known_venue_settles_what_the_shape_cannot() {
    assert_eq!(Symbol::parse_at(BINANCE, "LBJR-BOS"), Ok(pair("LBJR", "BOS")));
    assert_eq!(Symbol::parse_at(BINANCE, "BTC-PERP"), Ok(perp("BTC", "USD")));
    assert!(Symbol::parse_at(BINANCE, "btc-usd").is_err());
    assert!(Symbol::parse_at(BINANCE, "BTC-USD:YES").is_err());
    assert_eq!(Symbol::parse_at(KALSHI, "FED-BTC:no"), Ok(ticker("FED-BTC", Outcome::No)));
    assert_eq!(Symbol::parse_at(POLYMARKET, "FED-BTC"), Ok(slug("FED-BTC", Outcome::Yes)));
    assert_eq!(Symbol::parse_at(POLYMARKET, TOKEN), Ok(Symbol::Token { token_id: TOKEN }));
}

proptest! {
    #[test]
    fn canonical_text_is_a_fixed_point(text in "[A-Za-z0-9][A-Za-z0-9._:-]{0,40}(:(yes|NO))?") {
        if let Ok(symbol) = Symbol::parse(&text) {
            let canonical = symbol.canonical();
            prop_assert_eq!(Symbol::parse(&canonical), Ok(symbol));
        }
    }

    #[test]
    fn any_text_gets_a_symbol_or_a_column_inside_it(text in "\\PC{0,140}") {
        if let Err(error) = Symbol::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column));
            prop_assert_eq!(text.chars().nth(error.column - 1), error.found);
        }
    }

    #[test]
    fn a_configured_event_contract_round_trips(text in "[A-Za-z0-9._-]{1,124}(:YES|:NO)?") {
        if let Ok(event) = parse_event_contract(&text) {
            let canonical = event.to_string();
            prop_assert_eq!(parse_event_contract(&canonical), Ok(event));
        } else {
            let digits = text.split(':').next().unwrap_or_default();
            prop_assert!(text.contains(':') && digits.bytes().all(|c| c.is_ascii_digit()));
        }
    }
}
