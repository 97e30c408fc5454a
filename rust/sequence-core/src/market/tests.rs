use super::*;
use crate::ids::VenueId;
use crate::number::{PRICE_ONE, Price, Quantity};
use crate::tape::{EventKind, FeedStatus, MarketEvent};

const SECOND: i64 = 1_000_000_000;
const T0: i64 = 1_776_657_000 * SECOND;

fn px(units: i64) -> Price {
    Price(units * PRICE_ONE)
}

fn level(side: BookSide, price: i64, quantity: i64, now: i64) -> MarketEvent {
    MarketEvent::level(side, px(price), Quantity(quantity), now, now)
}

fn snapshot(market: &mut Market, bid: i64, ask: i64, now: i64) {
    market.apply(&MarketEvent::new(EventKind::SnapshotBegin, now, now), now);
    market.apply(&level(BookSide::Bid, bid, 5, now), now);
    market.apply(&level(BookSide::Ask, ask, 5, now), now);
    market.apply(&MarketEvent::new(EventKind::SnapshotEnd, now, now).last(), now);
}

fn set(market: &mut Market, side: BookSide, price: i64, quantity: i64, now: i64) -> Change {
    market.apply(&level(side, price, quantity, now).last(), now)
}

fn live_market() -> Market {
    let mut market = Market::new(MarketConfig::live(5 * SECOND));
    snapshot(&mut market, 100, 101, T0);
    set(&mut market, BookSide::Bid, 99, 3, T0);
    assert_eq!(market.status(T0), MarketStatus::Ok);
    market
}

#[test]
fn a_snapshot_alone_is_not_live_until_the_first_update() {
    let mut market = Market::new(MarketConfig::live(5 * SECOND));
    assert_eq!(market.status(T0), MarketStatus::Syncing);
    snapshot(&mut market, 100, 101, T0);
    assert_eq!(market.status(T0), MarketStatus::Syncing);
    set(&mut market, BookSide::Bid, 100, 6, T0 + 1);
    assert_eq!(market.status(T0 + 1), MarketStatus::Ok);
}

#[test]
fn a_hand_fed_book_is_live_at_once_and_never_stale() {
    let mut market = Market::new(MarketConfig::hand_fed());
    snapshot(&mut market, 100, 101, T0);
    assert_eq!(market.status(T0 + 1_000_000 * SECOND), MarketStatus::Ok);
}

#[test]
fn a_gap_needs_a_snapshot_and_a_bridging_update() {
    let mut market = live_market();
    market.apply(&MarketEvent::status(FeedStatus::Resync, T0, T0), T0);
    assert_eq!(market.status(T0), MarketStatus::Resync);
    assert_eq!(set(&mut market, BookSide::Bid, 100, 9, T0), Change::None);
    assert_eq!(market.book.quantity_at(BookSide::Bid, px(100)), Quantity(5), "kept for marks");
    snapshot(&mut market, 200, 201, T0);
    assert_eq!(market.status(T0), MarketStatus::Resync);
    assert_eq!(market.book.depth(BookSide::Bid), 1, "the old levels are gone");
    set(&mut market, BookSide::Bid, 200, 9, T0);
    assert_eq!(market.status(T0), MarketStatus::Ok);
    assert_eq!(market.counters().gaps, 1);
}

#[test]
fn numbered_feeds_notice_gaps_and_ignore_repeats() {
    let mut market =
        Market::new(MarketConfig { contiguous: true, ..MarketConfig::live(5 * SECOND) });
    let numbered = |seq, size| {
        let mut event = level(BookSide::Bid, 100, size, T0).last();
        event.seq = seq;
        event
    };
    snapshot(&mut market, 100, 101, T0);
    market.apply(&numbered(8, 1), T0);
    market.apply(&numbered(9, 2), T0);
    let version = market.version;
    assert_eq!(market.apply(&numbered(9, 7), T0), Change::None);
    assert_eq!(market.apply(&numbered(3, 7), T0), Change::None);
    assert_eq!((market.version, market.counters().ignored), (version, 2));
    assert_eq!(market.book.quantity_at(BookSide::Bid, px(100)), Quantity(2));
    assert_eq!(market.apply(&numbered(11, 7), T0), Change::Status(MarketStatus::Resync));
    assert!(!market.is_live(T0));
}

#[test]
fn crossed_is_judged_between_messages_and_becomes_a_gap_after_five_seconds() {
    let mut market = live_market();
    market.apply(&level(BookSide::Bid, 101, 1, T0), T0);
    assert_eq!(market.status(T0), MarketStatus::Ok, "the message is not over");
    market.apply(&level(BookSide::Ask, 101, 0, T0), T0);
    market.apply(&level(BookSide::Ask, 102, 1, T0).last(), T0);
    assert_eq!(market.status(T0), MarketStatus::Ok);
    set(&mut market, BookSide::Bid, 102, 1, T0);
    assert_eq!(market.status(T0 + 5 * SECOND), MarketStatus::Crossed);
    assert_eq!(market.status(T0 + 5 * SECOND + 1), MarketStatus::Resync);
    set(&mut market, BookSide::Bid, 102, 0, T0 + 6 * SECOND);
    assert_eq!(market.status(T0 + 6 * SECOND), MarketStatus::Resync, "too late to uncross");
}

#[test]
fn a_cross_that_ends_in_time_is_forgiven() {
    let mut market = live_market();
    set(&mut market, BookSide::Bid, 101, 1, T0);
    assert_eq!(market.status(T0), MarketStatus::Crossed, "locked counts as crossed");
    set(&mut market, BookSide::Bid, 101, 0, T0 + 4 * SECOND);
    assert_eq!(market.status(T0 + 4 * SECOND), MarketStatus::Ok);
}

#[test]
fn silence_is_stale_and_only_an_update_ends_it() {
    let mut market = live_market();
    let heartbeat = MarketEvent::new(EventKind::Heartbeat, 0, 0).last();
    market.apply(&heartbeat, T0 + 4 * SECOND);
    assert_eq!(market.status(T0 + 9 * SECOND), MarketStatus::Ok, "a heartbeat is a message");
    assert_eq!(market.status(T0 + 9 * SECOND + 1), MarketStatus::Stale);
    market.apply(&heartbeat, T0 + 10 * SECOND);
    assert_eq!(market.status(T0 + 10 * SECOND), MarketStatus::Stale, "what was missed?");
    set(&mut market, BookSide::Bid, 100, 6, T0 + 11 * SECOND);
    assert_eq!(market.status(T0 + 11 * SECOND), MarketStatus::Ok);
}

#[test]
fn a_status_says_since_when_it_is_so_however_late_it_is_asked() {
    let mut market = Market::new(MarketConfig::live(5 * SECOND));
    assert_eq!(market.status_since_ns(T0), None, "nothing was heard");
    snapshot(&mut market, 100, 101, T0);
    set(&mut market, BookSide::Bid, 100, 6, T0 + 1);
    set(&mut market, BookSide::Bid, 100, 7, T0 + 2 * SECOND);
    assert_eq!(market.status_since_ns(T0 + 3 * SECOND), Some(T0 + 1), "live since its update");
    // Silence is noticed without a message, and is as old after the next one.
    let silent_ns = T0 + 7 * SECOND;
    assert_eq!(market.status_since_ns(T0 + 90 * SECOND), Some(silent_ns));
    market.apply(&MarketEvent::new(EventKind::Heartbeat, 0, 0).last(), T0 + 91 * SECOND);
    assert_eq!(market.status_since_ns(T0 + 92 * SECOND), Some(silent_ns));
    set(&mut market, BookSide::Bid, 100, 8, T0 + 93 * SECOND);
    assert_eq!(market.status_since_ns(T0 + 94 * SECOND), Some(T0 + 93 * SECOND));
    // So is a cross that stands too long.
    set(&mut market, BookSide::Bid, 101, 1, T0 + 94 * SECOND);
    assert_eq!(market.status_since_ns(T0 + 95 * SECOND), Some(T0 + 94 * SECOND));
    let lost_ns = T0 + 94 * SECOND + MAX_CROSSED_NS;
    assert_eq!(market.status_since_ns(T0 + 200 * SECOND), Some(lost_ns));
    set(&mut market, BookSide::Bid, 100, 9, T0 + 201 * SECOND);
    assert_eq!(market.status_since_ns(T0 + 202 * SECOND), Some(lost_ns));
    market.set_phase(TradingPhase::Resolved, T0 + 203 * SECOND);
    assert_eq!(market.status_since_ns(T0 + 204 * SECOND), Some(T0 + 203 * SECOND));
}

#[test]
fn a_book_that_stands_still_under_live_trades_is_stale() {
    let mut market = live_market();
    let hit = MarketEvent::print(None, px(101), Quantity(1), T0, T0).last();
    for second in 1..=6 {
        market.apply(&hit, T0 + second * SECOND);
        // Messages that repeat the old stamp do not count as movement.
        set_with_stamp(&mut market, T0, T0 + second * SECOND);
        assert_eq!(market.status(T0 + second * SECOND), MarketStatus::Ok);
    }
    market.apply(&hit, T0 + 7 * SECOND);
    assert_eq!(market.status(T0 + 7 * SECOND), MarketStatus::Stale);
    set_with_stamp(&mut market, T0 + 8 * SECOND, T0 + 8 * SECOND);
    assert_eq!(market.status(T0 + 8 * SECOND), MarketStatus::Ok);
}

fn set_with_stamp(market: &mut Market, stamp: i64, now: i64) {
    let event = MarketEvent::level(BookSide::Bid, px(100), Quantity(7), stamp, now).last();
    market.apply(&event, now);
}

#[test]
fn a_venue_clock_an_hour_off_changes_nothing() {
    for offset in [-3_600 * SECOND, 3_600 * SECOND] {
        let mut market = live_market();
        for second in 1..20 {
            let now = T0 + second * SECOND;
            set_with_stamp(&mut market, now + offset, now);
            assert_eq!(market.status(now), MarketStatus::Ok);
        }
    }
}

#[test]
fn impossible_ticks_are_dropped_and_a_burst_of_them_is_a_gap() {
    let mut market = live_market();
    let before = market.book.clone();
    for (price, size) in [(0, 1), (-1, 1), (-1, 0)] {
        assert_eq!(set(&mut market, BookSide::Ask, price, size, T0), Change::None);
    }
    assert_eq!(market.status(T0), MarketStatus::Ok);
    assert_eq!((&market.book, market.counters().dropped), (&before, 3));
    let negative = set(&mut market, BookSide::Ask, 101, -1, T0 + SECOND);
    assert_eq!(negative, Change::Status(MarketStatus::Resync));
}

#[test]
fn a_level_far_away_is_a_level_however_often_it_changes() {
    let mut market = live_market();
    for size in 1..10 {
        for (side, price) in [(BookSide::Bid, 1), (BookSide::Ask, 10_050), (BookSide::Ask, 900_000)]
        {
            let change = set(&mut market, side, price, size, T0);
            assert!(matches!(change, Change::Level { .. }), "{change:?}");
        }
    }
    assert_eq!(market.status(T0), MarketStatus::Ok);
    assert_eq!(market.counters().dropped, 0);
    assert_eq!(market.book.quantity_at(BookSide::Bid, px(1)), Quantity(9));
    assert_eq!(market.best(BookSide::Bid).map(|level| level.price), Some(px(100)));
}

#[test]
fn a_print_far_away_is_not_believed_and_proves_nothing_about_the_levels() {
    let mut market = live_market();
    for price in [1, 10_050, 900_000, 1, 1, 1] {
        let event = MarketEvent::print(None, px(price), Quantity(1), T0, T0).last();
        assert_eq!(market.apply(&event, T0), Change::None, "{price}");
    }
    assert_eq!((market.status(T0), market.last_trade()), (MarketStatus::Ok, None));
    assert_eq!(market.counters().dropped, 6);
}

#[test]
fn a_snapshot_a_hundred_times_away_is_the_new_book() {
    for factor in [100, 1_000_000] {
        for (bid, ask) in [(100 * factor, 101 * factor), (100, 101)] {
            let mut market = live_market();
            snapshot(&mut market, bid, ask, T0);
            set(&mut market, BookSide::Bid, bid - 1, 1, T0);
            assert_eq!(market.status(T0), MarketStatus::Ok);
            assert_eq!(market.best(BookSide::Bid).map(|level| level.price), Some(px(bid)));
            assert_eq!(market.best(BookSide::Ask).map(|level| level.price), Some(px(ask)));
            let event = MarketEvent::print(None, px(ask), Quantity(1), T0, T0).last();
            assert!(matches!(market.apply(&event, T0), Change::Print { .. }));
            // And back again.
            snapshot(&mut market, 100, 101, T0);
            set(&mut market, BookSide::Bid, 99, 1, T0);
            assert_eq!(market.best(BookSide::Bid).map(|level| level.price), Some(px(100)));
        }
    }
}

#[test]
fn a_touch_too_wide_to_have_a_middle_moves_no_reference() {
    let mut market = live_market();
    set(&mut market, BookSide::Ask, 101, 0, T0);
    set(&mut market, BookSide::Ask, 1_000_000, 1, T0);
    let far = MarketEvent::print(None, px(500_000), Quantity(1), T0, T0).last();
    assert_eq!(market.apply(&far, T0), Change::None);
    let near = MarketEvent::print(None, px(100), Quantity(1), T0, T0).last();
    assert!(matches!(market.apply(&near, T0), Change::Print { .. }));
}

#[test]
fn a_new_snapshot_starts_with_a_clean_record_of_drops() {
    let mut market = live_market();
    for _ in 0..3 {
        set(&mut market, BookSide::Bid, 0, 1, T0);
    }
    snapshot(&mut market, 100, 101, T0);
    set(&mut market, BookSide::Bid, 99, 1, T0);
    set(&mut market, BookSide::Bid, 0, 1, T0);
    assert_eq!(market.status(T0), MarketStatus::Ok);
}

#[test]
fn impossible_ticks_far_apart_are_only_counted() {
    let mut market = live_market();
    for half in 0..20 {
        set(&mut market, BookSide::Bid, 0, 1, T0 + half * SECOND / 2);
        set(&mut market, BookSide::Bid, 99, 1 + half, T0 + half * SECOND / 2);
    }
    assert_eq!(
        (market.status(T0 + 10 * SECOND), market.counters().dropped),
        (MarketStatus::Ok, 20)
    );
}

#[test]
fn an_event_market_keeps_its_far_levels_and_refuses_prices_outside_zero_and_one() {
    let mut market = Market::new(MarketConfig { unit_price: true, ..MarketConfig::hand_fed() });
    market.apply(&MarketEvent::new(EventKind::SnapshotBegin, 0, 0), T0);
    for (side, price) in [
        (BookSide::Bid, PRICE_ONE / 1_000),
        (BookSide::Bid, PRICE_ONE / 2),
        (BookSide::Ask, PRICE_ONE - PRICE_ONE / 1_000),
        (BookSide::Ask, PRICE_ONE),
    ] {
        market.apply(&MarketEvent::level(side, Price(price), Quantity(1), 0, 0), T0);
    }
    market.apply(&MarketEvent::new(EventKind::SnapshotEnd, 0, 0).last(), T0);
    assert_eq!(market.book.depth(BookSide::Bid), 2);
    assert_eq!(market.book.depth(BookSide::Ask), 1);
}

#[test]
fn an_unknown_removal_is_ignored_except_at_strict_venues() {
    for strict in [false, true] {
        let mut market = live_market();
        market.config.strict = strict;
        set(&mut market, BookSide::Bid, 98, 0, T0);
        assert_eq!(market.counters().unknown_deletes, 1);
        assert_eq!(market.is_live(T0), !strict);
    }
}

#[test]
fn the_depth_is_capped_and_removals_beyond_the_cap_prove_nothing() {
    let config = MarketConfig { max_levels: 8, strict: true, ..MarketConfig::hand_fed() };
    let mut market = Market::new(config);
    snapshot(&mut market, 100, 101, T0);
    for price in (101..200).rev() {
        set(&mut market, BookSide::Ask, price, 1, T0);
    }
    assert!((8..=9).contains(&market.book.depth(BookSide::Ask)));
    assert_eq!(market.best(BookSide::Ask).map(|level| level.price), Some(px(101)));
    assert!(market.counters().cropped > 0);
    set(&mut market, BookSide::Ask, 150, 0, T0);
    assert!(market.is_live(T0));
    set(&mut market, BookSide::Bid, 99, 0, T0);
    assert!(!market.is_live(T0));
}

#[test]
fn the_venue_decides_what_trades_and_the_end_is_final() {
    let mut market = live_market();
    for (status, expected) in [
        (FeedStatus::Halted, MarketStatus::Halted),
        (FeedStatus::Open, MarketStatus::Ok),
        (FeedStatus::PostOnly, MarketStatus::PostOnly),
        (FeedStatus::Closed, MarketStatus::Closed),
        (FeedStatus::Open, MarketStatus::Closed),
    ] {
        let change = market.apply(&MarketEvent::status(status, T0, T0), T0);
        assert_eq!(change, Change::Status(expected));
    }
    market.set_phase(TradingPhase::Resolved, T0);
    assert_eq!(market.status(T0), MarketStatus::Resolved);
}

#[test]
fn a_print_without_a_side_is_read_by_price_alone() {
    let mut market = live_market();
    set(&mut market, BookSide::Ask, 101, 0, T0);
    set(&mut market, BookSide::Ask, 104, 1, T0);
    for (price, expected) in [
        (100, Some(BookSide::Bid)),
        (102, None),
        (104, Some(BookSide::Ask)),
        (105, Some(BookSide::Ask)),
    ] {
        let event = MarketEvent::print(None, px(price), Quantity(1), T0, T0).last();
        let Change::Print { side, .. } = market.apply(&event, T0) else { panic!("a print") };
        assert_eq!(side, expected, "{price}");
    }
    let mut off_book = MarketEvent::print(None, px(150), Quantity(1), T0, T0).last();
    off_book.flags |= crate::tape::flag::OFF_BOOK;
    assert_eq!(market.apply(&off_book, T0), Change::None);
    assert_eq!(market.last_trade().map(|trade| trade.price), Some(px(105)));
}

#[test]
fn the_best_over_venues_sums_equal_prices_and_leaves_out_what_is_not_live() {
    let (mut a, mut b, mut c) = (live_market(), live_market(), live_market());
    set(&mut b, BookSide::Ask, 101, 0, T0);
    set(&mut b, BookSide::Ask, 102, 4, T0);
    snapshot(&mut c, 110, 111, T0);
    let markets = [(VenueId(0), &a), (VenueId(3), &b), (VenueId(5), &c)];
    let best = Nbbo::of(markets, T0);
    assert_eq!(
        (best.bid, best.bid_size, best.bid_venue),
        (px(100), Quantity(10), Some(VenueId(0)))
    );
    assert_eq!((best.ask, best.ask_size, best.live), (px(101), Quantity(5), true));
    assert_eq!(best.mid(), Some(Price(100_500_000_000)));
    let asks = consolidated([&a, &b, &c], BookSide::Ask, 10, T0);
    assert_eq!(asks.iter().map(|level| level.price).collect::<Vec<_>>(), [px(101), px(102)]);
    let bids = consolidated([&a, &b], BookSide::Bid, 1, T0);
    assert_eq!(bids, [Level { price: px(100), quantity: Quantity(10) }]);

    let later = T0 + 60 * SECOND;
    assert_eq!(Nbbo::of(markets, later), Nbbo { live: false, ..best }, "the last one is repeated");
    set(&mut a, BookSide::Bid, 100, 5, later);
    let alone = Nbbo::of([(VenueId(0), &a), (VenueId(3), &b)], later);
    assert_eq!((alone.bid_size, alone.live, alone.last_update_ns), (Quantity(5), true, later));
    assert_eq!(Nbbo::of([], later), Nbbo::default());
}

#[test]
fn venues_can_be_crossed_against_each_other() {
    let (a, mut b) = (live_market(), live_market());
    set(&mut b, BookSide::Ask, 101, 0, T0);
    set(&mut b, BookSide::Ask, 103, 1, T0);
    set(&mut b, BookSide::Bid, 102, 1, T0);
    let best = Nbbo::of([(VenueId(0), &a), (VenueId(1), &b)], T0);
    assert!(best.crossed && best.live);
}
