//! What happens to accounts without an order of their owner.

pub(in crate::engine) mod configure;
pub(in crate::engine) mod funding;
pub(in crate::engine) mod liquidate;
pub(in crate::engine) mod payout;
pub(in crate::engine) mod settle;
