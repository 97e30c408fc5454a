//! The book and the market against slow, obvious twins: whatever a feed does, both hold the same
//! levels and give the same answer about using them.

mod twin;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sequence_core::book::{Book, Level};
use sequence_core::ids::{BookSide, VenueId};
use sequence_core::market::{Market, MarketConfig, MarketStatus, Nbbo, consolidated};
use sequence_core::number::{Price, Quantity};
use twin::{Frame, SECOND, START, Session, TwinMarket, sessions};

const SIDES: [BookSide; 2] = [BookSide::Bid, BookSide::Ask];

fn levels(book: &Book, side: BookSide) -> Vec<(i64, i64)> {
    book.levels(side).map(|level| (level.price.0, level.quantity.0)).collect()
}

/// Plays a session into both; `check` sees them after every frame, with the frame's events.
fn play(
    session: &Session,
    mut check: impl FnMut(&mut Market, &TwinMarket, &Frame, i64) -> Result<(), TestCaseError>,
) -> Result<Market, TestCaseError> {
    let mut market = Market::new(session.config);
    let mut twin = TwinMarket::new(session.config);
    let mut now = START;
    for (pause, frame) in &session.frames {
        now += pause;
        for event in frame.events(twin.number_of(frame), now) {
            market.apply(&event, now);
        }
        twin.receive(frame, now);
        check(&mut market, &twin, frame, now)?;
    }
    Ok(market)
}

/// Compares market and twin after every frame and reports every status seen.
fn compare(session: &Session) -> Result<BTreeSet<MarketStatus>, TestCaseError> {
    let mut seen = BTreeSet::new();
    play(session, |market, twin, frame, now| {
        for side in SIDES {
            prop_assert_eq!(levels(&market.book, side), twin.levels(side));
        }
        for later in [0, SECOND, 5 * SECOND, 5 * SECOND + 1] {
            let status = market.status(now + later);
            prop_assert_eq!(status, twin.status(now + later), "{:?} + {}", frame, later);
            prop_assert!(!status.is_live() || !market.book.is_crossed());
            seen.insert(status);
        }
        Ok(())
    })?;
    Ok(seen)
}

/// All levels of a side over several books, best first.
fn merged(markets: &[&Market], side: BookSide) -> Vec<Level> {
    let mut sizes: BTreeMap<i64, i64> = BTreeMap::new();
    for (price, quantity) in markets.iter().flat_map(|market| levels(&market.book, side)) {
        *sizes.entry(price).or_default() += quantity;
    }
    let level = |(price, size)| Level { price: Price(price), quantity: Quantity(size) };
    match side {
        BookSide::Bid => sizes.into_iter().rev().map(level).collect(),
        BookSide::Ask => sizes.into_iter().map(level).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_market_equals_its_twin_after_any_frames(session in sessions()) {
        compare(&session)?;
    }

    #[test]
    fn a_repeated_message_changes_nothing(session in sessions()) {
        play(&session, |market, twin, frame, now| {
            let number = twin.last_number();
            if matches!(frame, Frame::Delta { .. }) && number != 0 {
                let before = (market.version, market.book.clone(), market.status(now));
                for event in frame.events(number, now) {
                    market.apply(&event, now);
                }
                let after = (market.version, market.book.clone(), market.status(now));
                prop_assert_eq!(before, after);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_book_equals_a_sorted_map(
        changes in prop::collection::vec((0..2usize, 1..40i64, -1..4i64), 0..200),
        limit in 1..30usize,
    ) {
        let mut book = Book::new();
        let mut maps: [BTreeMap<i64, i64>; 2] = Default::default();
        for (side, price, quantity) in changes {
            let before = book.set(SIDES[side], Price(price), Quantity(quantity));
            let known = maps[side].remove(&price).unwrap_or(0);
            prop_assert_eq!(before, Quantity(known));
            if quantity > 0 {
                maps[side].insert(price, quantity);
            }
            let shown = book.quantity_at(SIDES[side], Price(price));
            prop_assert_eq!(shown, Quantity(quantity.max(0)));
        }
        let bids: Vec<_> = maps[0].iter().rev().map(|(price, size)| (*price, *size)).collect();
        let asks: Vec<_> = maps[1].iter().map(|(price, size)| (*price, *size)).collect();
        let crossed = bids.first().zip(asks.first()).is_some_and(|(bid, ask)| bid.0 >= ask.0);
        prop_assert_eq!(book.is_crossed(), crossed);
        for (side, expected) in SIDES.into_iter().zip([&bids, &asks]) {
            prop_assert_eq!(&levels(&book, side), expected);
            prop_assert_eq!(book.depth(side), expected.len());
            prop_assert_eq!(book.best(side).map(|level| level.price.0), expected.first().map(|l| l.0));
        }
        book.crop(limit);
        for (side, expected) in SIDES.into_iter().zip([&bids, &asks]) {
            prop_assert_eq!(levels(&book, side), &expected[..expected.len().min(limit)]);
        }
    }

    #[test]
    fn the_best_over_venues_equals_a_plain_scan(
        sessions in prop::collection::vec(sessions(), 1..5), later in 0..8 * SECOND,
        limit in 0..20usize,
    ) {
        let mut markets = Vec::new();
        for session in &sessions {
            markets.push(play(session, |_, _, _, _| Ok(()))?);
        }
        let newest = markets.iter().filter_map(Market::last_update_ns).max().unwrap_or(START);
        let now = newest + later;
        let live: Vec<&Market> = markets.iter().filter(|market| market.is_live(now)).collect();
        let best = Nbbo::of((0..).map(VenueId).zip(&markets), now);
        prop_assert_eq!(best.live, !live.is_empty());
        for side in SIDES {
            let mut expected = merged(&live, side);
            if best.live {
                prop_assert_eq!(best.best(side), expected.first().copied());
            }
            expected.truncate(limit);
            prop_assert_eq!(consolidated(&markets, side, limit, now), expected);
        }
        if best.live {
            let crossed = best.bid.0 > 0 && best.ask.0 > 0 && best.bid > best.ask;
            prop_assert_eq!(best.crossed, crossed);
            let updated = live.iter().filter_map(|market| market.last_update_ns()).max();
            prop_assert_eq!(Some(best.last_update_ns), updated);
        }
    }
}

#[test]
fn the_sessions_reach_every_status_a_feed_can_cause() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..300 {
        let session = sessions().new_tree(&mut runner).expect("a session").current();
        seen.extend(compare(&session).expect("twins agree"));
    }
    let by_result = [MarketStatus::Pending, MarketStatus::Resolved];
    let expected: BTreeSet<_> =
        MarketStatus::ALL.iter().copied().filter(|status| !by_result.contains(status)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn ten_thousand_levels_cost_no_more_than_the_limit() {
    let mut market = Market::new(MarketConfig { strict: true, ..MarketConfig::hand_fed() });
    let mut twin = TwinMarket::new(*market.config());
    let frame = Frame::Snapshot {
        bids: (0..10_000).map(|nth| (20_000 - (nth * 7) % 10_000, 1 + nth % 7)).collect(),
        asks: (0..10_000).map(|nth| (20_001 + nth, 1)).collect(),
    };
    for event in frame.events(0, START) {
        market.apply(&event, START);
    }
    twin.receive(&frame, START);
    for side in SIDES {
        assert_eq!(levels(&market.book, side), twin.levels(side));
        assert_eq!(market.book.depth(side), MarketConfig::MAX_LEVELS);
    }
    assert!(market.is_live(START) && market.counters().cropped > 0);
}
