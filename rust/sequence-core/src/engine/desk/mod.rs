//! What clients asked for and what they know of it: admission, legs, reports, ends.

pub(in crate::engine) mod account;
pub(in crate::engine) mod admit;
pub(in crate::engine) mod amend;
pub(in crate::engine) mod book;
pub(in crate::engine) mod fill;
pub(in crate::engine) mod fingerprint;
pub(in crate::engine) mod finish;
pub(in crate::engine) mod free;
pub(in crate::engine) mod hear;
pub(in crate::engine) mod inject;
pub(in crate::engine) mod place;
pub(in crate::engine) mod risk;
