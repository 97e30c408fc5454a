//! The simulated venues: books, queues, delays, fills.

pub(in crate::engine) mod arrive;
pub(in crate::engine) mod change;
pub(in crate::engine) mod evidence;
pub(in crate::engine) mod impact;
pub(in crate::engine) mod line;
pub(in crate::engine) mod listing;
pub(in crate::engine) mod market;
pub(in crate::engine) mod message;
pub(in crate::engine) mod queues;
pub(in crate::engine) mod rows;
