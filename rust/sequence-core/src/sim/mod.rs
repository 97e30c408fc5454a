//! How paper fills are made: pure models that the engine calls, each with its own file.

pub mod explain;
pub mod impact;
pub mod latency;
pub mod lots;
pub mod math;
pub mod overlay;
pub mod phi;
pub mod preset;
pub mod queue;
pub mod record;
pub mod resting;
pub mod tracker;
pub mod view;
pub mod walk;
