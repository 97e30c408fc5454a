//! A batch of market messages is checked whole before the first is applied.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it should be"
)]

use sequence_core::command::{Command, MarketRow};
use sequence_core::engine::Engine;
use sequence_core::ids::{BookSide, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::reject::Refusal;
use sequence_core::sim::preset::Params;
use sequence_core::tape::{EventKind, MarketEvent};
use sequence_core::venue::{Terms, TermsOrigin};

const NOW_NS: i64 = 1_776_657_600_000_000_000;
const ONE: i64 = 100_000_000;

fn engine() -> Engine {
    let mut engine = Engine::new(1, "instant", Params::preset("instant").unwrap());
    engine.keep_changes().unwrap();
    let account = engine.account("alice");
    engine.apply(Command::Reset { account, initial: Quantity(ONE) }, NOW_NS).unwrap();
    engine
}

fn book(bid: i64) -> Vec<MarketEvent> {
    let level = |side, price| {
        MarketEvent::level(side, Price(price * 1_000_000_000), Quantity(ONE), NOW_NS, NOW_NS)
    };
    let mark = |kind| MarketEvent::new(kind, NOW_NS, NOW_NS);
    let (begin, end) = (mark(EventKind::SnapshotBegin), mark(EventKind::SnapshotEnd).last());
    vec![begin, level(BookSide::Bid, bid), level(BookSide::Ask, bid + 1), end]
}

/// Applies rows of `(venue, symbol, is a snapshot)`, each with a book of its own.
fn apply(engine: &mut Engine, rows: &[(&str, &str, bool)]) -> Result<(), Refusal> {
    let books: Vec<_> = (100..).take(rows.len()).map(book).collect();
    let mut messages = Vec::new();
    for ((venue, symbol, is_first), events) in rows.iter().zip(&books) {
        let venue = VenueId::parse(venue).unwrap();
        let said = Terms::of(TermsOrigin::Caller);
        messages.push(MarketRow { venue, symbol, is_first: *is_first, events, said });
    }
    engine.apply(Command::MarketRows { rows: &messages }, NOW_NS).map(|_| ())
}

#[test]
fn a_row_may_name_what_an_earlier_one_lists_however_it_is_spelled() {
    let mut engine = engine();
    let rows = [("kraken", "ABC-USD", true), ("kraken", "ABC-USD", false), ("kalshi", "KXA", true)];
    let aliases = [("kalshi", "KXA:NO", false)];
    apply(&mut engine, &[&rows[..], &aliases].concat()).unwrap();
    let kraken = engine.find_market(VenueId::parse("kraken").unwrap(), "ABC-USD").unwrap();
    assert_eq!(engine.market(kraken).market.best(BookSide::Bid).unwrap().price.0, 101_000_000_000);
    assert_eq!(engine.check_invariants(), []);
}

#[test]
fn one_row_that_cannot_be_applied_leaves_nothing() {
    for (bad, field) in [
        (("kraken", "XYZ-USD", false), "events[2].symbol"),
        (("binance", "ABC-USD", false), "events[2].symbol"),
        (("kraken", "", true), "events[2].symbol"),
        (("kraken", "no symbol at all", true), "events[2].symbol"),
    ] {
        let mut engine = engine();
        apply(&mut engine, &[("kraken", "OLD-USD", true)]).unwrap();
        let (state, world) = (engine.state_hash(), engine.world_hash());
        let _ = engine.take_changes();
        let rows = [("kraken", "ABC-USD", true), ("kraken", "OLD-USD", false), bad];
        assert_eq!(apply(&mut engine, &rows).unwrap_err().field, field);
        assert_eq!((engine.state_hash(), engine.world_hash()), (state, world));
        assert!(!engine.has_changes());
        assert_eq!(engine.registry().market_count(), 1);
    }
}
