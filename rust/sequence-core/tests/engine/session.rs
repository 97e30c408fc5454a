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
    let engine = Engine::new(7, preset, Params::preset(preset).unwrap());
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
    let fills = session.engine.account_row(account).fills.len();
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
