//! What functions of the desk work with: what they may read, and what they may change.
//!
//! Venues are not there to be changed: what the desk wants of them it posts, and what they tell it
//! hears later. Readers and graphs are not there at all.

use crate::engine::agenda::Agenda;
use crate::engine::desk::Desk;
use crate::engine::facts::Facts;
use crate::engine::journal::Journal;
use crate::engine::portfolio::Portfolio;
use crate::engine::seam::Post;

/// What the desk decides by: the facts, its own rows, and what accounts have.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Papers<'a> {
    pub(in crate::engine) facts: Facts<'a>,
    pub(in crate::engine) desk: &'a Desk,
    pub(in crate::engine) portfolio: &'a Portfolio,
}

/// What the desk writes while it works.
pub(in crate::engine) struct Bench<'a> {
    pub(in crate::engine) facts: Facts<'a>,
    pub(in crate::engine) desk: &'a mut Desk,
    pub(in crate::engine) portfolio: &'a mut Portfolio,
    pub(in crate::engine) journal: &'a mut Journal,
    pub(in crate::engine) agenda: &'a mut Agenda,
    pub(in crate::engine) post: &'a mut Post,
}

impl Bench<'_> {
    /// The same to read.
    #[inline]
    pub(in crate::engine) const fn papers(&self) -> Papers<'_> {
        Papers { facts: self.facts, desk: self.desk, portfolio: self.portfolio }
    }
}
