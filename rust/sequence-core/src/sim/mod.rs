//! The simulated venue: what happens to an order after it has left its client.

pub mod fees;
