//! How paper fills are made: pure models that the engine calls, each with its own file.

pub mod explain;
pub mod lots;
pub mod math;
pub mod phi;
pub mod queue;
pub mod record;
pub mod resting;
pub mod tracker;
pub mod view;
