//! What an integrity check reports: the law that is broken, where, and by how much.

use std::fmt;

/// One broken invariant. An empty list of these is the only good answer of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Short id of the law, such as `L1`.
    pub invariant: &'static str,
    /// What breaks it: an asset, a balance, an order.
    pub subject: String,
    /// What the law asks for.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl Violation {
    /// Puts a violation into words. Checks run rarely and violations never, so text is cheap.
    pub fn new(
        invariant: &'static str,
        subject: impl fmt::Display,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            invariant,
            subject: subject.to_string(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, subject, expected, found } = self;
        write!(f, "{invariant} {subject}: expected {expected}, found {found}")
    }
}
