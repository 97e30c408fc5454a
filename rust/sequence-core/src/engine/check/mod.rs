//! Laws that hold between two commands, and hashes of the state.

mod graphs;
pub(in crate::engine) mod laws;
pub(in crate::engine) mod prices;
pub(in crate::engine) mod queues;
