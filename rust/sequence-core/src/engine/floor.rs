//! What the simulated venues work with: what they may read, and what they may change.
//!
//! Of orders they read what was asked of venues; money and the journal are not there at all. What a
//! venue makes of a leg it tells by reports, and what its order has to say of it at once by `Post`.

use crate::engine::agenda::Agenda;
use crate::engine::desk::asked::Asked;
use crate::engine::exchange::Exchange;
use crate::engine::facts::{Facts, facts};
use crate::engine::rules::Rules;
use crate::engine::seam::Post;
use crate::registry::Registry;

/// What the simulated venues read and write while they work.
pub(in crate::engine) struct Floor<'a> {
    pub(in crate::engine) rules: &'a Rules,
    pub(in crate::engine) registry: &'a Registry,
    pub(in crate::engine) asked: Asked<'a>,
    pub(in crate::engine) exchange: &'a mut Exchange,
    pub(in crate::engine) agenda: &'a mut Agenda,
    pub(in crate::engine) post: &'a mut Post,
}

impl Floor<'_> {
    /// The rules, what is listed, the books, and the time.
    #[inline]
    pub(in crate::engine) const fn facts(&self) -> Facts<'_> {
        facts!(self)
    }
}
