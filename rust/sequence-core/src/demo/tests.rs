use super::*;
use crate::ids::{BookSide, VenueId};
use crate::market::{Change, Market, MarketConfig, Nbbo};
use crate::number::PRICE_ONE;
use crate::tape::EventKind;
use proptest::prelude::*;

const SECOND: i64 = 1_000_000_000;
const START: i64 = 1_776_657_000 * SECOND;

const fn book(
    symbol: &'static str,
    venue: &'static str,
    kind: InstrumentKind,
    grid: (i64, i64),
    touch: (i64, i64),
) -> DemoBook<'static> {
    DemoBook {
        symbol,
        venue,
        kind,
        tick: Price(grid.0),
        lot: Quantity(grid.1),
        bid: Price(touch.0),
        ask: Price(touch.1),
        volatility: Volatility::Normal,
    }
}

fn books() -> Vec<DemoBook<'static>> {
    use InstrumentKind::{Perp, Prediction, Spot};
    const CENT: i64 = PRICE_ONE / 100;
    let bitcoin = (74_349_440_000_000, 74_349_450_000_000);
    vec![
        book("BTC-USD", "binance", Spot, (CENT, 1_000), bitcoin),
        book("BTC-USD", "coinbase", Spot, (CENT, 1_000), bitcoin),
        book("BTC-USD", "kraken", Spot, (CENT, 1_000), bitcoin),
        book("XRP-USD", "kraken", Spot, (100_000, 10_000_000), (1_430_200_000, 1_430_300_000)),
        book(
            "BTC-USD-PERP",
            "okx",
            Perp,
            (10 * CENT, 1_000),
            (74_360_000_000_000, 74_360_100_000_000),
        ),
        book(
            "KXBTCZ-26DEC31-T99000",
            "kalshi",
            Prediction,
            (CENT, 100_000_000),
            (41 * CENT, 42 * CENT),
        ),
        book("ETH-USDC-ARB", "dex", Spot, (CENT, 10_000), (2_309_900_000_000, 2_310_600_000_000)),
    ]
}

type Tape = Vec<(usize, Vec<MarketEvent>)>;

fn run(market: &mut DemoMarket, until: i64) -> Tape {
    let mut tape = Tape::new();
    market
        .advance(until, &mut |index, message: &[MarketEvent]| tape.push((index, message.to_vec())));
    tape
}

fn markets() -> Vec<Market> {
    books()
        .iter()
        .map(|book| {
            let unit_price = book.kind == InstrumentKind::Prediction;
            let live = MarketConfig::live(5 * SECOND);
            Market::new(MarketConfig { strict: true, contiguous: true, unit_price, ..live })
        })
        .collect()
}

#[test]
fn every_book_opens_live_at_its_given_touch() {
    let mut demo = DemoMarket::new(42, &books(), START);
    assert_eq!(demo.next_due_ns(), Some(START));
    let mut markets = markets();
    for (index, message) in run(&mut demo, START) {
        for event in &message {
            markets[index].apply(event, START);
        }
    }
    for (market, book) in markets.iter().zip(books()) {
        assert!(market.is_live(START));
        assert_eq!(market.best(BookSide::Bid).map(|level| level.price), Some(book.bid));
        assert_eq!(market.best(BookSide::Ask).map(|level| level.price), Some(book.ask));
        for side in [BookSide::Bid, BookSide::Ask] {
            assert_eq!(market.book.depth(side), DEMO_LEVELS);
        }
    }
}

/// Applies a message and checks that prints come first and depth falls by exactly what traded.
fn apply_checked(market: &mut Market, message: &[MarketEvent], now: i64) -> usize {
    let mut prints = Vec::new();
    for event in message {
        match market.apply(event, now) {
            Change::Print { side: Some(side), price, quantity, .. } => {
                let best = market.best(side).expect("something to hit");
                assert!(!prints.is_empty() || best.price == price, "the touch is hit first");
                assert!(quantity <= market.book.quantity_at(side, price));
                prints.push((side, price, quantity));
            }
            Change::Level { side, price, before, after } if !prints.is_empty() => {
                let traded = prints.iter().find(|print| (print.0, print.1) == (side, price));
                assert_eq!(traded.map(|print| print.2.0), Some(before.0 - after.0));
            }
            Change::Status(status) => panic!("broken feed: {status:?}"),
            _ => {}
        }
    }
    prints.len().min(1)
}

#[test]
fn ten_minutes_look_like_a_market() {
    let books = books();
    let mut demo = DemoMarket::new(7, &books, START);
    let mut markets = markets();
    let (mut messages, mut trades) = (vec![0; books.len()], vec![0; books.len()]);
    let mut tightest_spread_seen = 0;
    for (index, message) in run(&mut demo, START + 600 * SECOND) {
        let now = message[0].ts_local_ns;
        messages[index] += 1;
        trades[index] += apply_checked(&mut markets[index], &message, now);
        let (market, book) = (&markets[index], &books[index]);
        assert!(now == START || market.is_live(now));
        for side in [BookSide::Bid, BookSide::Ask] {
            assert!(market.book.depth(side) >= 20, "{} {}", book.symbol, market.book.depth(side));
        }
        for event in message.iter().filter(|event| event.kind != EventKind::SnapshotBegin) {
            assert_eq!((event.price.0 % book.tick.0, event.quantity.0 % book.lot.0), (0, 0));
        }
        if now > START {
            let best =
                Nbbo::of((0..3).map(|venue| (VenueId(venue), &markets[usize::from(venue)])), now);
            assert!(best.live && best.bid < best.ask, "venues never cross");
            tightest_spread_seen += usize::from(best.ask.0 - best.bid.0 == books[0].tick.0);
        }
    }
    assert!(tightest_spread_seen * 10 > messages.iter().sum::<usize>() * 8, "mostly tight");
    for (index, book) in books.iter().enumerate() {
        let expected =
            if book.kind == InstrumentKind::Prediction { 600..1_300 } else { 2_400..3_600 };
        assert!(expected.contains(&messages[index]), "{} {}", book.symbol, messages[index]);
        assert!((200..=600).contains(&trades[index]), "{} {}", book.symbol, trades[index]);
        let bid = markets[index].best(BookSide::Bid).map(|level| level.price);
        let is_still = bid == Some(book.bid);
        assert!(!is_still || book.symbol != "BTC-USD", "prices move");
    }
}

#[test]
fn an_event_market_keeps_its_levels_inside_zero_and_one_for_days() {
    let book = DemoBook { volatility: Volatility::Lively, ..books()[5] };
    let mut demo = DemoMarket::new(3, &[book], START);
    let mut market = markets().remove(5);
    demo.advance(START + 100_000 * SECOND, &mut |_, message: &[MarketEvent]| {
        for event in message {
            market.apply(event, event.ts_local_ns);
        }
        for side in [BookSide::Bid, BookSide::Ask] {
            assert!(market.book.depth(side) >= 20);
        }
    });
    assert_eq!(market.counters().dropped, 0);
    assert_ne!(market.best(BookSide::Bid).map(|level| level.price), Some(book.bid));
}

#[test]
fn a_skip_sends_whole_books_at_the_prices_that_stood() {
    let mut demo = DemoMarket::new(42, &books(), START);
    let mut markets = markets();
    let mut play = |demo: &mut DemoMarket, until: i64| {
        for (index, message) in run(demo, until) {
            for event in &message {
                markets[index].apply(event, event.ts_local_ns);
            }
        }
        markets[0].best(BookSide::Bid).map_or(0, |level| level.price.0)
    };
    let before = play(&mut demo, START + 60 * SECOND);
    let later = START + 90_000 * SECOND;
    demo.skip_to(later);
    assert_eq!(demo.next_due_ns(), Some(later));
    let after = play(&mut demo, later);
    assert!((before - after).abs() < 10 * PRICE_ONE, "{before} {after}");
    assert!(markets.iter().all(|market| market.is_live(later)));
}

#[test]
fn another_book_changes_nothing_for_the_rest() {
    let all = books();
    let tape = run(&mut DemoMarket::new(42, &all, START), START + 20 * SECOND);
    let fewer = run(&mut DemoMarket::new(42, &all[..4], START), START + 20 * SECOND);
    let kept: Tape = tape.into_iter().filter(|(index, _)| *index < 4).collect();
    assert_eq!(kept, fewer);
}

#[test]
fn a_seed_decides() {
    let at = |seed| run(&mut DemoMarket::new(seed, &books(), START), START + SECOND);
    assert_ne!(at(1), at(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn how_time_is_sliced_changes_nothing(
        seed in any::<u64>(), steps in prop::collection::vec(0..3 * SECOND, 1..12),
    ) {
        let end = START + steps.iter().sum::<i64>();
        let whole = run(&mut DemoMarket::new(seed, &books(), START), end);
        let mut demo = DemoMarket::new(seed, &books(), START);
        let mut now = START;
        let mut sliced = Tape::new();
        for step in steps {
            now += step;
            sliced.extend(run(&mut demo, now));
        }
        let mut times = whole.iter().map(|(_, message)| message[0].ts_local_ns);
        let mut last = 0;
        prop_assert!(times.all(|time| std::mem::replace(&mut last, time) <= time));
        prop_assert_eq!(whole, sliced);
    }
}
