//! How time is cut into pieces, and what else runs beside it, changes nothing.

use sequence_core::command::{Command, Size, Submit};
use sequence_core::engine::Engine;
use sequence_core::ids::Side;
use sequence_core::number::{Price, Quantity};
use sequence_core::order::{Policy, TimeInForce};
use sequence_core::session::Session;
use sequence_core::sim::preset::{PRESETS, Params};

const START_NS: i64 = 1_776_657_000_000_000_000;
const SECOND_NS: i64 = 1_000_000_000;

fn order(round: i64) -> Submit<'static> {
    let limit = match round % 4 {
        0 => None,
        1 => Some(74_340),
        2 => Some(74_349),
        _ => Some(74_355),
    };
    let side = if round % 3 == 0 { Side::Sell } else { Side::Buy };
    let size = Size::Quantity(Quantity(10_000_000 + round * 1_000));
    Submit {
        limit: limit.map(|usd: i64| Price(usd * 1_000_000_000)),
        policy: if round % 5 == 0 { Policy::AggressiveChase } else { Policy::Sor },
        horizon_ms: (round % 2 == 0).then_some(2_500),
        tif: (round % 7 == 0 && limit.is_some()).then_some(TimeInForce::PostOnly),
        ..Submit::new("BTC-USD", side, size)
    }
}

/// Twelve seconds of the demo market with an order a second; state and event hash, and fills.
fn trade(preset: &str, slices: i64) -> (u64, u64, usize) {
    trade_keeping(preset, slices, None)
}

/// The same with so many of the newest orders in memory.
fn trade_keeping(preset: &str, slices: i64, newest: Option<u32>) -> (u64, u64, usize) {
    let mut engine = Engine::new(7, preset, Params::preset(preset).unwrap());
    engine.keep_newest(newest);
    let mut session = Session::new(engine);
    session.start_demo(7, START_NS).unwrap();
    let account = session.engine.account("alice");
    let initial = Quantity(100_000_000_000_000);
    session.engine.apply(Command::Reset { account, initial }, START_NS).unwrap();
    for round in 1..=12 {
        for slice in 1..=slices {
            session.advance(START_NS + (round - 1) * SECOND_NS + SECOND_NS * slice / slices);
            assert_eq!(session.engine.check_invariants(), []);
        }
        let command = Command::Submit { account, order: order(round) };
        session.engine.apply(command, START_NS + round * SECOND_NS).unwrap();
    }
    session.advance(START_NS + 20 * SECOND_NS);
    assert_eq!(session.engine.check_invariants(), []);
    let fills = session.engine.account_row(account).fills.iter().count();
    (session.engine.log().hash(), session.engine.world_hash(), fills)
}

#[test]
fn the_way_time_is_sliced_changes_nothing() {
    for (preset, _) in PRESETS {
        let whole = trade(preset, 1);
        assert!(whole.2 > 5, "{preset}: only {} fills", whole.2);
        assert_eq!(whole, trade(preset, 1), "{preset}: two equal runs");
        assert_eq!(whole, trade(preset, 4), "{preset}: four slices");
        assert_eq!(whole, trade(preset, 27), "{preset}: 27 slices");
    }
}

#[test]
fn what_is_forgotten_changes_nothing_that_is_decided() {
    for (preset, _) in PRESETS {
        let (log, world, fills) = trade(preset, 4);
        for newest in [0, 1, 3] {
            let kept = trade_keeping(preset, 4, Some(newest));
            assert_eq!((kept.0, kept.1), (log, world), "{preset}: {newest} kept");
            assert!(kept.2 < fills, "{preset}: {} of {fills} fills are here", kept.2);
        }
    }
}

#[test]
fn an_order_that_was_forgotten_is_refused_by_name_and_never_sent_twice() {
    let params = Params::preset("instant").unwrap();
    let mut session = Session::new(Engine::new(7, "instant", params));
    session.engine.keep_newest(Some(2));
    session.start_demo(7, START_NS).unwrap();
    let account = session.engine.account("alice");
    let initial = Quantity(100_000_000_000_000);
    session.engine.apply(Command::Reset { account, initial }, START_NS).unwrap();
    let named = |name: &'static str, limit: Option<i64>| Submit {
        graph_id: Some(name),
        limit: limit.map(|usd| Price(usd * 1_000_000_000)),
        ..Submit::new("BTC-USD", Side::Buy, Size::Quantity(Quantity(10_000_000)))
    };
    let names = ["rests", "one", "two", "three", "four", "five"];
    for (at, name) in names.into_iter().enumerate() {
        let order = named(name, (at == 0).then_some(72_000));
        session.engine.apply(Command::Submit { account, order }, START_NS).unwrap();
    }
    session.engine.apply(Command::Advance, START_NS).unwrap();
    let engine = &mut session.engine;
    assert_eq!(engine.check_invariants(), []);
    assert!(engine.find_order(account, "rests").is_ok(), "what goes on stays");
    assert!(engine.find_order(account, "five").is_ok());
    let gone = engine.find_order(account, "one").unwrap_err();
    assert!(gone.message.contains("\"one\" ended, and is not kept"), "{}", gone.message);
    assert!(!engine.find_order(account, "never").unwrap_err().message.contains("kept"));
    let (before, order) = (engine.log().last_seq(), named("one", None));
    let again = engine.apply(Command::Submit { account, order }, START_NS).unwrap_err();
    assert!(again.message.contains("was used before"), "{}", again.message);
    assert_eq!(engine.log().last_seq(), before);
}
