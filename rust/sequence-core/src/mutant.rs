//! Bugs on purpose: one switchable wrong line each, so that the tests can be tested.
//!
//! `mutant!("name")` stands where the wrong line would be. In every shipped build it is the
//! constant `false` and the compiler removes the branch. The cargo feature `mutants` turns it into
//! a switch of the running thread. Two builds enable that feature: this crate's own tests (through
//! a dev-dependency on itself), so one test build serves all mutants and tests still run in
//! parallel; and the debug build of the Python library, whose tests switch one on for a whole
//! process. A mutant that no test kills is a hole in the tests.

/// True while the named mutant is switched on; always false in a shipped build.
#[macro_export]
macro_rules! mutant {
    ($name:literal) => {
        $crate::mutant::is_active($name)
    };
}

/// Without the feature no mutant exists.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "the constant must reach the branch it removes")]
pub const fn is_active(_name: &str) -> bool {
    false
}

#[cfg(feature = "mutants")]
mod switch {
    use std::cell::Cell;

    thread_local! {
        static ACTIVE: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Whether the named mutant is the one switched on in this thread.
    pub fn is_active(name: &str) -> bool {
        ACTIVE.get() == Some(name)
    }

    /// Switches one mutant on in this thread for good.
    pub fn switch_on(name: &'static str) {
        ACTIVE.set(Some(name));
    }

    /// Puts the switch back, also when the code under test panics.
    struct Restore(Option<&'static str>);

    impl Drop for Restore {
        fn drop(&mut self) {
            ACTIVE.set(self.0);
        }
    }

    /// Runs `body` with one mutant switched on in this thread.
    pub fn with<R>(name: &'static str, body: impl FnOnce() -> R) -> R {
        let _restore = Restore(ACTIVE.replace(Some(name)));
        body()
    }
}

#[cfg(feature = "mutants")]
pub use switch::{is_active, switch_on, with};

#[cfg(all(test, feature = "mutants"))]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_lives_as_long_as_its_body_and_alone() {
        assert!(!mutant!("left_is_right"));
        let inside = with("left_is_right", || (mutant!("left_is_right"), mutant!("other")));
        assert_eq!(inside, (true, false));
        let panicked = std::panic::catch_unwind(|| {
            with("left_is_right", || assert!(!mutant!("left_is_right")));
        });
        assert!(panicked.is_err());
        assert!(!mutant!("left_is_right"));
    }
}
