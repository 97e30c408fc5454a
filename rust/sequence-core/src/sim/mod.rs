//! The simulated venue: how paper fills are made, by pure models with a file each.

pub mod choice;
pub mod counts;
pub mod explain;
pub mod fees;
pub mod impact;
mod ladder;
pub mod latency;
pub mod learnt;
mod level;
pub mod lots;
pub mod math;
pub mod moves;
pub mod outlook;
pub mod overlay;
pub mod pairing;
pub mod phi;
pub mod preset;
pub mod queue;
pub mod queue_io;
pub mod record;
pub mod resting;
pub mod shipped;
pub mod step;
pub mod tracker;
pub mod trust;
pub mod view;
pub mod walk;
