//! Fixtures shared by the benchmarks.

pub mod feed;
pub mod replay;
