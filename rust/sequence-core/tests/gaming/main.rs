//! Strategies that try to earn what no real market would give, and the controls
//! that show that each test could fail.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod clock;
mod ends;
mod envelope;
mod events;
mod evidence;
mod exits;
mod lab;
mod profit;
mod queue;
mod random;
mod rebates;
mod taking;
