//! How well queues are estimated on a recording that names no orders: three tests whose answers the
//! feed itself gives.
//!
//! - [`fronts`]: in a sweep every print but the last finished the order that was first.
//! - [`sizes`]: an order whose size nobody else at its level has is recognised when it leaves.
//! - [`singles`]: where a feed counts orders, a level with one order shows that order's size.
//!
//! [`market`] runs the lots that ship, and rules beside them, on what a client saw; [`doubts`] says
//! what that cannot tell, and why. Counts and sums only: whoever shows them divides.

pub mod doubts;
pub mod fronts;
pub mod market;
pub mod probes;
mod rules;
pub mod singles;
pub mod sizes;
#[cfg(test)]
mod tests;

pub use doubts::ENOUGH;
pub use fronts::Fronts;
pub use market::{Facts, MarketScore, Written};
pub use rules::RULES;
pub use singles::SingleScore;
pub use sizes::SizeScore;

use crate::feed::Replay;
use crate::sim::preset::{Params, REALISTIC};
use crate::tape::{Tape, TapeError, TapeFeed, records_of};
use market::Scorer;

/// Plays a tape to its end and scores every instrument of it.
pub fn score(tape: &mut Tape) -> Vec<MarketScore> {
    score_under(tape, &REALISTIC)
}

/// The same of frames of a venue; what their files lose is told with each market.
pub fn score_replay(replay: &mut Replay) -> Result<Vec<MarketScore>, TapeError> {
    let (instruments, records) = records_of(replay)?;
    let mut scores = score(&mut Tape::new(records, instruments, TapeFeed::Venue)?);
    let faults = replay.faults();
    let unread = faults.unread + replay.stats().rejected;
    let written = Written { frames: replay.frames(), backwards: faults.backwards, unread };
    for score in &mut scores {
        score.written = written;
    }
    Ok(scores)
}

/// The same where each level keeps as many lists as these parameters say.
pub fn score_under(tape: &mut Tape, params: &Params) -> Vec<MarketScore> {
    let scorer = |instrument| Scorer::new(instrument, params);
    let mut scorers: Vec<Scorer> = tape.instruments().iter().map(scorer).collect();
    while let Some(due_ns) = tape.next_due_ns() {
        let Some((at, events)) = tape.next_message() else { break };
        if let Some(scorer) = scorers.get_mut(at) {
            scorer.message(events, due_ns);
        }
    }
    scorers.into_iter().map(Scorer::finish).collect()
}
