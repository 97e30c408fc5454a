//! The tests on a market whose orders are known.

use super::*;
use crate::number::{Price, Quantity};
use crate::rng::{Draws, Stream};
use crate::tape::{EventKind, FeedStatus, MarketEvent, TapeFeed, TapeInstrument, flag};
use crate::venue::{HYPERLIQUID, KRAKEN};
use crate::{ids::BookSide, ids::VenueId};

const MS: i64 = 1_000_000;

fn event(t: i64, kind: EventKind, qty: i64, count: u32) -> MarketEvent {
    MarketEvent {
        ts_venue_ns: t,
        ts_local_ns: t,
        seq: 0,
        kind,
        side: Some(BookSide::Bid),
        flags: flag::LAST | flag::AGGRESSOR_KNOWN,
        count,
        price: Price(100_000_000_000),
        quantity: Quantity(qty),
        order_id: 0,
        match_id: 0,
    }
}

/// One level on which orders of sizes that never repeat come, trade first come first served in
/// sweeps of two, and are cancelled.
fn market(minutes: i64, counted: bool) -> Vec<MarketEvent> {
    let mut draws = Draws::new(Stream::new(3, 0, "score.test"));
    let mut queue: Vec<i64> = Vec::new();
    let mut events = vec![
        event(1, EventKind::SnapshotBegin, 0, 0),
        event(1, EventKind::SnapshotEnd, 0, 0),
        MarketEvent {
            side: Some(BookSide::Ask),
            price: Price(101_000_000_000),
            ..event(1, EventKind::LevelSet, 5, 0)
        },
        MarketEvent { price: Price(99_000_000_000), ..event(1, EventKind::LevelSet, 5, 0) },
    ];
    for step in 1..minutes * 600 {
        let t = step * 100 * MS;
        let mut left = Vec::new();
        if queue.len() < 4 || draws.chance(50) {
            queue.push(1_000 + step);
        } else if draws.chance(50) {
            left = queue.drain(..2).collect();
        } else {
            let at = usize::try_from(draws.roll(queue.len() as u64)).unwrap_or(0);
            queue.remove(at);
        }
        let shown = |queue: &[i64]| {
            let count = if counted { u32::try_from(queue.len()).unwrap_or(0) } else { 0 };
            event(t, EventKind::LevelSet, queue.iter().sum(), count)
        };
        for at in 0..left.len() {
            events.push(event(t, EventKind::Print, left[at], 0));
            let rest: Vec<i64> = left[at + 1..].iter().chain(&queue).copied().collect();
            events.push(shown(&rest));
        }
        if left.is_empty() {
            events.push(shown(&queue));
        }
    }
    events
}

fn scored(venue: VenueId, events: &[MarketEvent]) -> MarketScore {
    let records = events.iter().flat_map(MarketEvent::to_bytes).collect();
    let row = TapeInstrument { venue, symbol: "X-USD".to_owned(), tick: None, lot: None };
    let mut tape = Tape::new(records, vec![row], TapeFeed::Venue).unwrap();
    score(&mut tape).pop().unwrap()
}

#[test]
fn on_a_queue_that_is_known_every_front_and_every_fill_is_right() {
    let found = scored(KRAKEN, &market(20, false));
    assert!(found.tells_fronts() && found.tells_sizes(), "{:?}", found.facts);
    assert!(found.fronts.tested > 300, "{:?}", found.fronts);
    assert_eq!(found.fronts.right, found.fronts.tested);
    assert_eq!(found.fronts.before_ppm, 0);
    let sizes = &found.sizes;
    assert!(sizes.filled > 500 && sizes.cancelled > 500, "{} {}", sizes.filled, sizes.cancelled);
    assert_eq!(RULES[0], crate::sim::choice::QueueChoice::LotsAuto);
    let exact = SizeScore { exact: sizes.filled, early: 0, cancelled: 0 };
    assert_eq!(sizes.scores[0], exact);
    assert!(sizes.scores[4].early + sizes.scores[4].cancelled > 100, "cancels from ahead");
    let doubts = found.doubts();
    assert_eq!(doubts.len(), 1, "{doubts:?}");
    assert!(doubts[0].contains("does not count the orders"), "{doubts:?}");
}

#[test]
fn a_rule_that_takes_every_cancel_from_behind_is_never_early_and_often_late() {
    let found = scored(KRAKEN, &market(20, false)).sizes;
    let careful = found.scores[1];
    assert_eq!(RULES[1], crate::sim::choice::QueueChoice::RiskAverse);
    assert_eq!((careful.early, careful.cancelled), (0, 0));
    assert!(careful.exact < found.filled * 3 / 4, "{careful:?} of {}", found.filled);
}

#[test]
fn levels_with_one_order_are_followed_where_orders_are_counted() {
    let found = scored(HYPERLIQUID, &market(60, true));
    assert!(found.facts.counted > 0 && !found.facts.event_level);
    assert!(found.doubts().iter().any(|said| said.contains("comes in intervals")));
    assert!(!found.tells_sizes());
    let mut single = Vec::new();
    for (step, (qty, count)) in [(50, 1), (80, 2), (30, 1)].repeat(40).into_iter().enumerate() {
        let t = (i64::try_from(step).unwrap() + 2) * 500 * MS;
        single.push(event(t, EventKind::LevelSet, qty, count));
    }
    let mut events = market(0, true);
    events.extend(single);
    let found = scored(HYPERLIQUID, &events);
    assert!(found.singles.followed > 30 && found.tells_singles(), "{:?}", found.singles);
}

/// Fronts tested and right where a snapshot shows three equal orders and a sweep takes two.
fn fronts_after_a_snapshot(count: u32) -> (u64, u64) {
    let mut events = Vec::new();
    for round in 0..40 {
        let t = (round + 1) * 1_000 * MS;
        events.push(event(t, EventKind::SnapshotBegin, 0, 0));
        events.push(event(t, EventKind::LevelSet, 90, count));
        events.push(event(t, EventKind::SnapshotEnd, 0, 0));
        events.extend([event(t + MS, EventKind::Print, 30, 0); 2]);
    }
    let fronts = scored(HYPERLIQUID, &events).fronts;
    (fronts.tested, fronts.right)
}

#[test]
fn a_snapshot_that_counts_orders_shows_the_first_of_equal_ones() {
    assert_eq!(fronts_after_a_snapshot(3), (40, 40));
    assert_eq!(fronts_after_a_snapshot(0), (40, 0));
}

#[test]
fn what_a_recording_cannot_tell_is_said() {
    let said = |events: &[MarketEvent]| scored(KRAKEN, events).doubts().join("\n");
    let whole = market(20, false);

    let short = said(&whole[..60]);
    assert!(short.contains("30 are needed"), "{short}");

    let quiet: Vec<_> =
        whole.iter().filter(|event| event.kind != EventKind::Print).copied().collect();
    assert!(said(&quiet).contains("no trade in it"));
    assert!(!scored(KRAKEN, &quiet).tells_sizes(), "no rule fills without a trade");

    let few = scored(KRAKEN, &whole[..whole.len() / 200]);
    assert!(few.tells_sizes() && !few.tells_instants(), "{} filled", few.sizes.filled);
    assert!(few.doubts().join("\n").contains("needed to say how many fills"));

    let touch: Vec<_> =
        whole.iter().filter(|e| e.price != Price(99_000_000_000)).copied().collect();
    let found = scored(KRAKEN, &touch);
    assert!(!found.tells_fronts() && !found.tells_sizes());
    assert!(found.doubts().join("\n").contains("only ever shows the best level"));

    let mut shuffled = whole.clone();
    for pair in shuffled[4..].chunks_mut(2) {
        pair.swap(0, pair.len() - 1);
    }
    let found = scored(KRAKEN, &shuffled);
    assert!(found.is_out_of_order() && !found.tells_sizes());
    assert!(found.doubts()[0].contains("were received before the one in front of them"));

    let half = whole.len() / 2;
    let (t, lost) = (whole[half].ts_local_ns, FeedStatus::Down as u32);
    let mut torn = whole[..half].to_vec();
    torn.push(event(t, EventKind::Status, 0, lost));
    torn.push(event(t, EventKind::Status, 0, lost));
    let prints = whole[half..].iter().filter(|event| event.kind == EventKind::Print);
    torn.extend(prints);
    let found = scored(KRAKEN, &torn);
    assert_eq!(found.facts.gaps, 1, "{:?}", found.facts);
    let text = found.doubts().join("\n");
    let ends = torn.last().map_or(0, |event| event.ts_local_ns);
    let percent = (ends - t) * 100 / (ends - whole[0].ts_local_ns);
    let unknown = format!("unknown for {percent} % of the time");
    assert!(percent > 45 && text.contains("was lost once") && text.contains(&unknown), "{text}");

    let ids: Vec<_> =
        (1..100).map(|t| MarketEvent { order_id: 7, ..event(t, EventKind::Add, 5, 0) }).collect();
    let found = scored(KRAKEN, &ids).doubts();
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("names single orders and shows no levels"), "{found:?}");
}
