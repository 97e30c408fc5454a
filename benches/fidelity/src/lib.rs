//! Scores the queue estimators of `sequence-core` against order-by-order data.
//!
//! [`tape`] reads the truth, [`truth`] rebuilds every order's place, [`feed`] shows what a client
//! would have seen, [`estimator`] runs the production queue on it,
//! [`client`] every preset as it ships, message by message. [`shadow`] and [`real`] are the
//! two designs, [`fit`] learns the table, [`taker`] the walks, [`without_ids`] the tests
//! for recordings that name no orders, [`gates`] what must hold before any score is read.
#![expect(clippy::float_arithmetic, reason = "scores are statistics, not state")]
#![expect(clippy::indexing_slicing, reason = "dense tables of one size, built in this program")]

pub mod client;
pub mod estimator;
pub mod feed;
pub mod fit;
pub mod gates;
pub mod outlook;
#[path = "../../../rust/sequence-core/tests/support/queue_twin.rs"]
#[expect(dead_code, reason = "the tests of the core use the rest")]
mod queue_twin;
pub mod real;
pub mod report;
pub mod score;
pub mod shadow;
pub mod speed;
pub mod taker;
pub mod tape;
pub mod truth;
pub mod without_ids;
