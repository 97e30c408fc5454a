//! What happened, for whoever reads or keeps it, and back from what was kept.

pub(in crate::engine) mod changes;
pub(in crate::engine) mod outbox;
mod recall;
pub(in crate::engine) mod restore;
pub(in crate::engine) mod rewind;
