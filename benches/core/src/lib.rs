//! Fixtures shared by the benchmarks.

pub mod desk;
pub mod feed;
pub mod replay;
