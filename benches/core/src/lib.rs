//! Fixtures shared by the benchmarks.

pub mod feed;
