//! Time: who comes first, what is drawn, when it is seen.

use sequence_core::engine::FeedKind;
use sequence_core::ids::{AccountId, BookSide, OrderId, Side};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::rng::{Draws, Stream};
use sequence_core::tape::{EventKind, MarketEvent};

use crate::lab::{CENT, Lab, MS, ONE, SECOND, START_NS, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_999 * CENT;

fn quiet(preset: &str) -> (Lab, sequence_core::ids::MarketId) {
    let mut lab = Lab::new(preset);
    let id = lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
    (lab, id)
}

#[test]
fn g8_fills_before_the_cancel_arrives_stand_and_none_comes_after() {
    let (mut held, mut beaten) = (0, 0);
    for seed in 0..40 {
        let mut lab = Lab::seeded(seed, "realistic", |_| {});
        let id = lab.market("kraken", "LAB-USD", &[(BID - CENT, ONE)], &[(ASK, ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, 10 * ONE, Some(BID)));
        lab.pass(10 * SECOND);
        assert!(lab.cancel(lab.me, order));
        // The market trades through every five milliseconds while the cancel travels.
        for _ in 0..400 {
            lab.pass(5 * MS);
            lab.print(id, Some(BookSide::Bid), BID - CENT, ONE / 100);
        }
        lab.pass(10 * SECOND);
        let filled = lab.filled(order);
        assert_eq!(lab.order(order).status, OrderStatus::Cancelled);
        assert!(filled < 4 * ONE, "the cancel came in the end");
        if filled > 0 {
            beaten += 1;
        } else {
            held += 1;
        }
        lab.print(id, Some(BookSide::Bid), BID - CENT, 50 * ONE);
        lab.pass(10 * SECOND);
        assert_eq!(lab.filled(order), filled, "an acknowledged cancel is final");
        lab.proven(lab.me);
    }
    assert!(beaten > held, "{beaten} {held}");
}

#[test]
fn messages_and_answers_of_one_line_never_overtake() {
    for preset in ["optimistic", "realistic", "adversarial"] {
        let (mut lab, _) = quiet(preset);
        let mut orders = Vec::new();
        for at in 0..300 {
            let price = BID - (at % 50) * CENT;
            orders.push(lab.place(ask("LAB-USD", Side::Buy, ONE / 100, Some(price))));
            lab.pass(3 * MS);
        }
        let legs: Vec<_> = orders.iter().map(|id| lab.engine().venue_leg(*id, 0).transit).collect();
        for pair in legs.windows(2) {
            assert!(pair[0].arrive_ns <= pair[1].arrive_ns, "{preset}");
            assert!(pair[0].match_ns <= pair[1].match_ns, "{preset}");
        }
        lab.pass(60 * SECOND);
        let seen: Vec<i64> = orders.iter().map(|id| lab.order(*id).updated_ns).collect();
        assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]), "{preset}");
    }
}

#[test]
fn a_cancel_never_meets_the_book_before_its_order() {
    for seed in 0..200 {
        let mut lab = Lab::seeded(seed, "adversarial", |_| {});
        lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
        lab.pass(MS);
        lab.cancel(lab.me, order);
        lab.pass(60 * SECOND);
        assert_eq!(lab.order(order).status, OrderStatus::Filled, "seed {seed}");
    }
}

#[test]
fn an_order_is_held_with_the_feed_and_answered_after_its_own_way() {
    let (mut lab, _) = quiet("realistic");
    let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
    let leg = lab.engine().venue_leg(order, 0).transit;
    assert!(leg.entry_ns > 0 && leg.feed_ns > 0 && leg.response_ns > 0);
    assert_eq!(leg.arrive_ns, START_NS + leg.entry_ns);
    assert_eq!(leg.match_ns, leg.arrive_ns + leg.feed_ns);
    lab.pass(10 * SECOND);
    let fill = lab.fills(lab.me)[0];
    assert_eq!(fill.evidence.matched_ns, leg.match_ns);
    assert_eq!(fill.ts_ns, leg.match_ns.max(leg.arrive_ns + leg.response_ns));
}

#[test]
fn e13_17_answers_wait_for_the_later_of_the_match_and_the_way_back() {
    for seed in 0..100 {
        let mut lab = Lab::seeded(seed, "realistic", |_| {});
        lab.market("kraken", "LAB-USD", &[(BID, ONE)], &[(ASK, 10 * ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
        let leg = lab.engine().venue_leg(order, 0).transit;
        lab.pass(10 * SECOND);
        let seen = lab.fills(lab.me)[0].ts_ns;
        assert_eq!(seen, leg.match_ns.max(leg.arrive_ns + leg.response_ns), "seed {seed}");
    }
}

#[test]
fn a_delay_of_nothing_draws_nothing_and_others_draw_in_a_fixed_order() {
    let (mut lab, _) = quiet("instant");
    let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
    assert_eq!(lab.engine().venue_leg(order, 0).transit.entry.position_after, 0);
    let (mut lab, _) = quiet("realistic");
    for at in 0..5 {
        // A refusal on arrival takes its draw like any other message.
        let price = if at == 2 { ASK } else { BID - at * CENT };
        let order =
            lab.place(ask("LAB-USD", Side::Buy, ONE, Some(price)).tif(TimeInForce::PostOnly));
        let draw = lab.engine().venue_leg(order, 0).transit.entry;
        let at = u64::try_from(at).unwrap();
        assert_eq!((draw.position_before, draw.position_after), (6 * at, 6 * at + 6));
    }
}

/// Delays of one account's orders while another account does what it likes.
fn delays(noise: bool) -> Vec<(i64, i64, i64)> {
    let (mut lab, _) = quiet("realistic");
    let bob = lab.account("bob");
    let mut found = Vec::new();
    for at in 0..20 {
        if noise {
            lab.place_for(bob, ask("LAB-USD", Side::Buy, ONE, Some(BID - at * CENT)));
            lab.preview(ask("LAB-USD", Side::Buy, ONE, None));
        }
        let order = lab.place(ask("LAB-USD", Side::Buy, ONE / 100, Some(BID)));
        let leg = lab.engine().venue_leg(order, 0).transit;
        found.push((leg.entry_ns, leg.response_ns, leg.feed_ns));
        lab.pass(10 * MS);
    }
    found
}

#[test]
fn d4_what_others_do_never_changes_a_draw() {
    assert_eq!(delays(false), delays(true));
}

#[test]
fn g16_looking_changes_nothing_and_tells_nothing_of_draws_to_come() {
    let (mut lab, id) = quiet("realistic");
    let order = lab.place(ask("LAB-USD", Side::Buy, 20 * ONE, Some(ASK)));
    lab.pass(10 * SECOND);
    let rests = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    let before = (lab.engine().world_hash(), lab.engine().log().hash());
    for _ in 0..10 {
        lab.preview(ask("LAB-USD", Side::Buy, 9 * ONE, None));
        lab.preview(ask("LAB-USD", Side::Sell, ONE, Some(BID)));
        lab.why(order);
        lab.why(rests);
        lab.records(lab.me);
        lab.lawful();
    }
    assert_eq!((lab.engine().world_hash(), lab.engine().log().hash()), before);
    // Nothing shown of an order on its way says how long it will take, but when to look again.
    let shown = lab.why(rests);
    assert!(shown.get("rng").is_none() && shown.get("latency").is_none());
    lab.print(id, Some(BookSide::Ask), ASK, ONE);
}

/// The same messages in the same nanosecond, with the clients in a given order.
fn race(order: &[usize]) -> Vec<(OrderStatus, i64, i128, i64)> {
    let mut lab = Lab::new("instant");
    let id = lab.market("kraken", "LAB-USD", &[(BID, 3 * ONE)], &[(ASK, 4 * ONE)]);
    let clients: Vec<AccountId> =
        ["a", "b", "c", "d", "e", "f"].map(|name| lab.account(name)).into();
    let mut placed: Vec<Option<OrderId>> = vec![None; clients.len()];
    for who in order {
        let sent = match who {
            0 => ask("LAB-USD", Side::Buy, 3 * ONE, Some(ASK)),
            1 => ask("LAB-USD", Side::Buy, 9 * ONE, Some(ASK)).tif(TimeInForce::Ioc),
            2 => ask("LAB-USD", Side::Buy, 2 * ONE, Some(BID)),
            3 => ask("LAB-USD", Side::Buy, 5 * ONE, Some(ASK)).tif(TimeInForce::Fok),
            4 => ask("LAB-USD", Side::Buy, 4 * ONE, Some(BID)).tif(TimeInForce::PostOnly),
            _ => ask("LAB-USD", Side::Buy, 6 * ONE, None),
        };
        placed[*who] = Some(lab.place_for(clients[*who], sent));
    }
    lab.print(id, Some(BookSide::Bid), BID, 4 * ONE);
    placed
        .into_iter()
        .map(|order| {
            let order = lab.order(order.unwrap());
            (order.status, order.filled.0, order.exact, order.updated_ns)
        })
        .collect()
}

#[test]
fn g17_who_of_several_clients_came_first_in_a_nanosecond_changes_nobody() {
    let mut draws = Draws::new(Stream::new(7, 0, "race"));
    let expected = race(&[0, 1, 2, 3, 4, 5]);
    let ended: Vec<OrderStatus> = expected.iter().map(|row| row.0).collect();
    assert!(ended.contains(&OrderStatus::Filled) && ended.contains(&OrderStatus::Rejected));
    for _ in 0..10_000 {
        let mut order = [0, 1, 2, 3, 4, 5];
        for at in (1..order.len()).rev() {
            let with = usize::try_from(draws.roll(at as u64 + 1)).unwrap();
            order.swap(at, with);
        }
        assert_eq!(race(&order), expected, "{order:?}");
    }
}

#[test]
fn g17_at_one_instant_the_market_moves_before_orders_cancels_and_expiries() {
    let mut lab = Lab::new("realistic");
    let id = lab.market("kraken", "LAB-USD", &[(BID - CENT, ONE)], &[(ASK, ONE)]);
    let mut short = ask("LAB-USD", Side::Buy, ONE, Some(BID));
    short.horizon_ms = Some(5_000);
    let order = lab.place(short);
    lab.pass(4 * SECOND);
    lab.now_ns += SECOND;
    lab.print(id, Some(BookSide::Bid), BID - CENT, ONE);
    lab.pass(10 * SECOND);
    assert_eq!(lab.order(order).status, OrderStatus::Filled, "a fill beats an expiry");
}

#[test]
fn answers_due_at_the_instant_of_a_fill_come_first() {
    for seed in 0..50 {
        let mut lab = Lab::seeded(seed, "realistic", |_| {});
        let id = lab.market("kraken", "LAB-USD", &[(BID - CENT, ONE)], &[(ASK, ONE)]);
        let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
        let leg = lab.engine().venue_leg(order, 0).transit;
        let seen = leg.match_ns.max(leg.arrive_ns + leg.response_ns);
        lab.pass(leg.match_ns - lab.now_ns);
        lab.now_ns = seen.max(lab.now_ns);
        lab.print(id, Some(BookSide::Bid), BID - CENT, ONE);
        lab.pass(10 * SECOND);
        assert_eq!(lab.order(order).status, OrderStatus::Filled, "seed {seed}");
    }
}

#[test]
fn the_venue_clock_may_be_an_hour_off() {
    let mut lab = Lab::new("realistic");
    let id = lab.list("kraken", "LAB-USD", FeedKind::Recorded);
    let hour = 3_600 * SECOND;
    let send = |lab: &mut Lab, late_ns: i64, price: i64| {
        let (now, stamp) = (lab.now_ns, lab.now_ns - hour - late_ns);
        let bid = MarketEvent::level(BookSide::Bid, Price(price - CENT), Quantity(ONE), stamp, now);
        let ask = MarketEvent::level(BookSide::Ask, Price(price), Quantity(ONE), stamp, now);
        let begin = MarketEvent::new(EventKind::SnapshotBegin, stamp, now);
        let end = MarketEvent::new(EventKind::SnapshotEnd, stamp, now).last();
        lab.send(id, &[begin, bid, ask, end]);
        lab.send(
            id,
            &[MarketEvent::level(BookSide::Ask, Price(price), Quantity(2 * ONE), stamp, now)
                .last()],
        );
    };
    send(&mut lab, 0, ASK);
    lab.pass(SECOND);
    send(&mut lab, 80 * MS, ASK);
    let order = lab.place(ask("LAB-USD", Side::Buy, ONE, Some(ASK)));
    let leg = lab.engine().venue_leg(order, 0).transit;
    assert!(leg.feed_measured);
    assert_eq!(leg.feed_ns, 80 * MS);
}

#[test]
fn the_hash_of_the_world_sees_what_no_account_has_yet() {
    let (mut lab, id) = quiet("instant");
    let hashes = |lab: &Lab| (lab.engine().state_hash(), lab.engine().world_hash());
    let changes: [fn(&mut Lab, sequence_core::ids::MarketId); 4] = [
        |lab, id| lab.level(id, BookSide::Bid, BID - CENT, ONE),
        |lab, id| lab.print(id, Some(BookSide::Bid), BID, ONE / 10),
        |lab, id| lab.level(id, BookSide::Bid, BID, 2 * ONE),
        |lab, id| lab.status(id, sequence_core::tape::FeedStatus::Resync),
    ];
    lab.place(ask("LAB-USD", Side::Buy, ONE, Some(BID)));
    for change in changes {
        let before = hashes(&lab);
        let copy = lab.engine().clone();
        change(&mut lab, id);
        let after = hashes(&lab);
        assert_eq!(after.0, before.0, "no account has more or less");
        assert_ne!(after.1, before.1, "what comes next may be different");
        assert_eq!(copy.world_hash(), before.1, "a copy is the same world");
    }
}
