//! What an account has already taken from displayed levels, and how it comes back.
//!
//! The record is never edited: own takes live here and decay with the venue's resilience time, so
//! that taking the same displayed unit twice needs time or recorded growth.

use crate::ids::BookSide;
use crate::mutant;
use crate::number::{Price, Quantity};
use crate::sim::math::exp_q32;

/// How long a deleted level's consumption is remembered, in resilience times.
const GHOST_TIMES: i64 = 10;

/// How consumed size comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resilience {
    /// Time constant in ns; `None` = what was taken never comes back by itself.
    pub tau_ns: Option<i64>,
    /// Remember the consumption of a deleted level, against flickering quotes.
    pub ghost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Consumed {
    side: BookSide,
    price: Price,
    /// Size taken as of `at_ns`, `c0`.
    size: i64,
    at_ns: i64,
    /// When the level was deleted, while it is gone.
    gone_ns: Option<i64>,
}

/// Consumption of one account in one market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Overlay {
    /// Few levels at a time; looked up by comparison.
    levels: Vec<Consumed>,
}

impl Overlay {
    /// True when nothing is consumed.
    pub const fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// Size still consumed at a level: `⌈c0·e^(−Δt/τ)⌉`. Reading never rebases.
    pub fn consumed(
        &self,
        side: BookSide,
        price: Price,
        now_ns: i64,
        rule: Resilience,
    ) -> Quantity {
        let found = self.levels.iter().find(|level| level.side == side && level.price == price);
        found
            .filter(|level| level.gone_ns.is_none())
            .map_or(Quantity::ZERO, |level| Quantity(decayed(level, now_ns, rule)))
    }

    /// Levels of which something was taken.
    pub fn levels(&self) -> impl Iterator<Item = (BookSide, Price)> + '_ {
        self.levels.iter().map(|level| (level.side, level.price))
    }

    /// An own take, or a crossing fill against this quote.
    pub fn take(
        &mut self,
        side: BookSide,
        price: Price,
        quantity: Quantity,
        now_ns: i64,
        rule: Resilience,
    ) {
        let fresh = Consumed { side, price, size: quantity.0, at_ns: now_ns, gone_ns: None };
        match self.find(side, price) {
            None => self.levels.push(fresh),
            Some(level) => {
                let kept = if level.gone_ns.is_some() { 0 } else { decayed(level, now_ns, rule) };
                *level = Consumed { size: kept.saturating_add(quantity.0), ..fresh };
            }
        }
    }

    /// A take that did not happen after all: the level has that much more again.
    pub fn give_back(
        &mut self,
        side: BookSide,
        price: Price,
        quantity: Quantity,
        now_ns: i64,
        rule: Resilience,
    ) {
        let Some(level) = self.find(side, price) else { return };
        if level.gone_ns.is_none() {
            level.size = decayed(level, now_ns, rule).saturating_sub(quantity.0);
            level.at_ns = now_ns;
        }
        self.levels.retain(|level| level.size > 0);
    }

    /// The recorded size of a level is now `quantity`. Growth changes nothing: only it is new.
    pub fn on_level(
        &mut self,
        side: BookSide,
        price: Price,
        quantity: Quantity,
        now_ns: i64,
        rule: Resilience,
    ) {
        if self.levels.is_empty() {
            return;
        }
        let Some(level) = self.find(side, price) else { return };
        if quantity.0 <= 0 {
            if rule.ghost && !mutant!("flicker_forgets_what_was_taken") {
                level.gone_ns.get_or_insert(now_ns);
            } else {
                level.size = 0;
            }
        } else {
            let forgotten = level.gone_ns.is_some_and(|gone| expired(gone, now_ns, rule));
            let left = if forgotten { 0 } else { decayed(level, now_ns, rule) };
            let returned = level.gone_ns.take().is_some();
            if returned || quantity.0 < left {
                level.size = left.min(quantity.0);
                level.at_ns = now_ns;
            }
        }
        self.levels.retain(|level| level.size > 0);
    }

    /// Matches every level to a book that was rebuilt: `displayed` gives its sizes.
    pub fn retain_levels(
        &mut self,
        displayed: impl Fn(BookSide, Price) -> Quantity,
        now_ns: i64,
        rule: Resilience,
    ) {
        let keys: Vec<_> = self.levels.iter().map(|level| (level.side, level.price)).collect();
        for (side, price) in keys {
            self.on_level(side, price, displayed(side, price), now_ns, rule);
        }
    }

    /// Drops what has decayed away.
    pub fn on_timer(&mut self, now_ns: i64, rule: Resilience) {
        self.levels.retain(|level| {
            let forgotten = level.gone_ns.is_some_and(|gone| expired(gone, now_ns, rule));
            !forgotten && decayed(level, now_ns, rule) > 0
        });
    }

    fn find(&mut self, side: BookSide, price: Price) -> Option<&mut Consumed> {
        self.levels.iter_mut().find(|level| level.side == side && level.price == price)
    }
}

fn decayed(level: &Consumed, now_ns: i64, rule: Resilience) -> i64 {
    let Some(tau) = rule.tau_ns else { return level.size };
    let age = i128::from(now_ns.saturating_sub(level.at_ns).max(0));
    let exponent = -((age << 32) / i128::from(tau.max(1)));
    let share = exp_q32(exponent).unwrap_or(0);
    let left = (i128::from(level.size) * share + ((1 << 32) - 1)) >> 32;
    i64::try_from(left).unwrap_or(level.size)
}

fn expired(gone_ns: i64, now_ns: i64, rule: Resilience) -> bool {
    let limit = rule.tau_ns.map(|tau| tau.saturating_mul(GHOST_TIMES));
    limit.is_some_and(|limit| now_ns.saturating_sub(gone_ns) > limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use BookSide::Ask;

    const P: Price = Price(100);
    const TWO_SECONDS: Resilience = Resilience { tau_ns: Some(2_000_000_000), ghost: false };
    const NEVER: Resilience = Resilience { tau_ns: None, ghost: false };

    fn taken(size: i64, rule: Resilience) -> Overlay {
        let mut overlay = Overlay::default();
        overlay.take(Ask, P, Quantity(size), 0, rule);
        overlay
    }

    #[test]
    fn what_was_taken_comes_back_with_the_resilience_time() {
        let overlay = taken(500_000_000, TWO_SECONDS);
        let left = overlay.consumed(Ask, P, 1_000_000_000, TWO_SECONDS);
        assert_eq!(left, Quantity(303_265_330));
        assert_eq!(overlay.consumed(Ask, P, 1_000_000_000, NEVER), Quantity(500_000_000));
    }

    #[test]
    fn growth_is_new_size_and_shrinking_caps_what_is_consumed() {
        let mut overlay = taken(22, NEVER);
        overlay.on_level(Ask, P, Quantity(40), 1, NEVER);
        assert_eq!(overlay.consumed(Ask, P, 1, NEVER), Quantity(22));
        overlay.on_level(Ask, P, Quantity(9), 2, NEVER);
        assert_eq!(overlay.consumed(Ask, P, 2, NEVER), Quantity(9));
        overlay.on_level(Ask, P, Quantity(0), 3, NEVER);
        assert!(overlay.is_empty());
    }

    #[test]
    fn a_ghost_remembers_a_level_that_flickers() {
        let ghost = Resilience { ghost: true, ..TWO_SECONDS };
        let mut overlay = taken(10, ghost);
        overlay.on_level(Ask, P, Quantity(0), 1, ghost);
        assert_eq!(overlay.consumed(Ask, P, 1, ghost), Quantity::ZERO);
        overlay.on_level(Ask, P, Quantity(6), 2, ghost);
        assert_eq!(overlay.consumed(Ask, P, 2, ghost), Quantity(6));
        overlay.on_level(Ask, P, Quantity(0), 3, ghost);
        overlay.on_level(Ask, P, Quantity(6), 30_000_000_000, ghost);
        assert!(overlay.is_empty(), "ten resilience times later it is forgotten");
    }
}
