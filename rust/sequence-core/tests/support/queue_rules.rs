//! The rules that tests of the queue step by.

use sequence_core::sim::lists::Several;
use sequence_core::sim::view::{EntryPlace, StepRules};

/// One list, every shadow, lots of any size.
pub(crate) fn step_rules(entry: EntryPlace, hold_ns: i64, fill_quantum: i64) -> StepRules {
    StepRules {
        hold_ns,
        fill_quantum,
        lot_step: 1,
        lots_cap: 512,
        several: Several::NONE,
        entry,
        shadows: true,
    }
}
