//! What every part may read and none may change.

use crate::engine::exchange::Exchange;
use crate::engine::rules::Rules;
use crate::registry::Registry;

/// The rules, what is listed, the books, and the time.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Facts<'a> {
    pub(in crate::engine) rules: &'a Rules,
    pub(in crate::engine) registry: &'a Registry,
    pub(in crate::engine) exchange: &'a Exchange,
    pub(in crate::engine) now_ns: i64,
}

/// The facts of whoever owns or borrows them, while another of its parts changes.
macro_rules! facts {
    ($house:expr) => {
        $crate::engine::facts::Facts {
            rules: &$house.rules,
            registry: &$house.registry,
            exchange: &$house.exchange,
            now_ns: $house.agenda.now_ns(),
        }
    };
}
pub(in crate::engine) use facts;
