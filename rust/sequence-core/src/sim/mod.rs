//! How paper fills are made: pure models that the engine calls, each with its own file.

pub mod math;
pub mod phi;
