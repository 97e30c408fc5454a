//! The trading sandbox as a pure state machine.
//!
//! Nothing here knows Python, reads a clock, opens a file or a socket, starts a thread or draws
//! an unseeded random number. Time, seeds and market data come in as arguments; every answer is a
//! value. Start reading at [`number`], then [`book`], then the engine.
#![warn(missing_docs)]

pub mod amend_body;
pub mod book;
mod chunks;
pub mod command;
pub mod demo;
pub mod digest;
pub mod engine;
pub mod event;
pub mod feed;
mod folded;
pub mod graph;
pub mod hash;
pub mod ids;
pub mod input;
pub mod json;
mod ladder;
pub mod ledger;
pub mod listing;
pub mod market;
pub mod mutant;
pub mod nearest;
pub mod number;
pub mod order;
pub mod order_body;
mod pack;
pub mod position;
pub mod registry;
pub mod reject;
pub mod risk;
pub mod rng;
pub mod router;
mod rows;
pub mod score;
pub mod session;
pub mod sim;
pub mod sorted;
pub mod submit;
pub mod symbol;
mod table;
pub mod tape;
pub mod ulid;
pub mod venue;
pub mod violation;
