//! A small market whose orders are known.

use sequence_core::ids::BookSide::{Ask, Bid};
use sequence_core::rng::{Draws, Stream};
use sequence_fidelity::tape::{Event, Kind, Tape};

const SECOND: i64 = 1_000_000_000;

/// A market of ten minutes at two prices: orders of sizes that never repeat come, go and trade.
pub(crate) fn made_up(tick: i64, lot: i64) -> Tape {
    let mut draws = Draws::new(Stream::new(7, 0, "fidelity.test"));
    let mut open: Vec<(u64, sequence_core::ids::BookSide, i64)> = Vec::new();
    let mut events = Vec::new();
    for step in 0..6_000_i64 {
        let t = step * SECOND / 10;
        let side = if draws.chance(50) { Bid } else { Ask };
        let px = tick * if side == Bid { 100 } else { 101 };
        let event = |kind, qty, order| Event { t, kind, side, px, qty, order, last: true };
        let resting = open.iter().filter(|row| row.1 == side).count();
        if resting < 4 || draws.chance(45) {
            let order = step.unsigned_abs() + 1;
            let qty = lot * (1_000 + step);
            open.push((order, side, qty));
            events.push(event(Kind::Add, qty, order));
        } else {
            let trade = draws.chance(50);
            let pick = if trade { 0 } else { draws.roll(resting as u64) };
            let at = open.iter().enumerate().filter(|(_, row)| row.1 == side);
            let Some((at, _)) = at.into_iter().nth(usize::try_from(pick).unwrap_or(0)) else {
                continue;
            };
            let (order, _, qty) = open.remove(at);
            let kind = if trade { Kind::Execute } else { Kind::Reduce };
            events.push(event(kind, qty, order));
        }
    }
    let (name, sha256) = ("made-up".to_owned(), String::new());
    Tape { name, sha256, tick, lot, events }
}
