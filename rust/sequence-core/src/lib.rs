//! The trading sandbox as a pure state machine.
//!
//! Nothing here knows Python, reads a clock, opens a file or a socket, starts a thread or draws
//! an unseeded random number. Time, seeds and market data come in as arguments; every answer is a
//! value. Start reading at [`number`], then [`book`], then the engine.
#![warn(missing_docs)]

pub mod book;
pub mod ids;
pub mod number;
pub mod reject;
pub mod rng;
pub mod sim;
pub mod tape;
