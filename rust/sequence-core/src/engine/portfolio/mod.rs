//! What accounts have: margin, pairs of outcomes, marks.

pub(in crate::engine) mod margin;
pub(in crate::engine) mod marks;
pub(in crate::engine) mod netting;
pub(in crate::engine) mod perp;
pub(in crate::engine) mod required;
pub(in crate::engine) mod triggers;
