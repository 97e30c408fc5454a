//! Who has to be judged at which mark.
//!
//! What a margin account has above maintenance is shared out among its positions; the mark at which
//! a position has used up its share is its trigger. As long as every mark stays inside the triggers
//! nobody can be short, so a message costs what it changes and not what everybody holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::portfolio::margin::Stake;
use crate::ids::{AccountId, MarketId};
use crate::number::Price;

const ONE: i128 = 100_000_000;

/// The mark at which an account is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Trigger {
    /// This mark, or a lower one.
    Below(Price),
    /// This mark, or a higher one.
    Above(Price),
}

impl Trigger {
    /// Every mark.
    pub(in crate::engine) const ALWAYS: Self = Self::Below(Price(i64::MAX));

    /// Where a position counted at `from` has lost `share` (1e-17), its own maintenance included.
    pub(in crate::engine) fn after_losing(
        share: i128,
        stake: &Stake,
        from: Price,
        maintenance_1e8: i64,
    ) -> Self {
        let size = i128::from(stake.quantity.0).abs();
        let fraction = i128::from(maintenance_1e8);
        let per_unit = if stake.quantity.0 > 0 { ONE - fraction } else { ONE + fraction };
        // One unit nearer than exact, for what rounding may add to maintenance.
        let moved = share.saturating_mul(ONE) / size.saturating_mul(per_unit).max(1) - 1;
        let moved = i64::try_from(moved.max(0)).unwrap_or(i64::MAX);
        if stake.quantity.0 > 0 {
            Self::Below(Price(from.0.saturating_sub(moved)))
        } else {
            Self::Above(Price(from.0.saturating_add(moved)))
        }
    }
}

/// Triggers of every market.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Triggers {
    armed: BTreeMap<(MarketId, AccountId), Trigger>,
    below: BTreeSet<(MarketId, Price, AccountId)>,
    above: BTreeSet<(MarketId, Price, AccountId)>,
}

impl Triggers {
    /// Sets the trigger of an account in a market; it replaces the one before.
    pub(in crate::engine) fn arm(&mut self, market: MarketId, account: AccountId, at: Trigger) {
        if self.armed.get(&(market, account)) == Some(&at) {
            return;
        }
        self.disarm(market, account);
        self.armed.insert((market, account), at);
        match at {
            Trigger::Below(price) => self.below.insert((market, price, account)),
            Trigger::Above(price) => self.above.insert((market, price, account)),
        };
    }

    /// True when nobody has one.
    #[inline]
    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    /// Takes the trigger of an account in a market away.
    pub(in crate::engine) fn disarm(&mut self, market: MarketId, account: AccountId) {
        match self.armed.remove(&(market, account)) {
            Some(Trigger::Below(price)) => self.below.remove(&(market, price, account)),
            Some(Trigger::Above(price)) => self.above.remove(&(market, price, account)),
            None => false,
        };
    }

    /// Accounts that have a trigger in a market, in order.
    pub(in crate::engine) fn of(&self, market: MarketId) -> impl Iterator<Item = AccountId> + '_ {
        let range = (market, AccountId(0))..=(market, AccountId(u32::MAX));
        self.armed.range(range).map(|((_, account), _)| *account)
    }

    /// Accounts whose trigger in a market this mark reaches, in order.
    pub(in crate::engine) fn reached(&self, market: MarketId, mark: Price) -> BTreeSet<AccountId> {
        if self.is_empty() {
            return BTreeSet::new();
        }
        let last = AccountId(u32::MAX);
        let falling = (market, mark, AccountId(0))..=(market, Price(i64::MAX), last);
        let rising = (market, Price(i64::MIN), AccountId(0))..=(market, mark, last);
        let found = self.below.range(falling).chain(self.above.range(rising));
        found.map(|(_, _, account)| *account).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Quantity, exact_notional};

    fn stake(quantity: i64, price: i64) -> Stake {
        let (quantity, price) = (Quantity(quantity), Price(price));
        let cost = exact_notional(price, quantity);
        Stake { market: MarketId(0), quantity, price, cost, is_at_entry: false }
    }

    #[test]
    fn a_trigger_is_where_the_share_is_used_up_and_not_later() {
        let five_percent = 5_000_000;
        for (quantity, price) in [(100_000_000, 50_000), (-300_000_000, 7_777), (1, 3)] {
            let stake = stake(quantity, price * 1_000_000_000);
            let share = exact_notional(Price(1_234_567_891), Quantity(quantity)).abs();
            let at = |price: Price| {
                let gain = exact_notional(price, stake.quantity) - stake.cost;
                let more = (exact_notional(price, stake.quantity).abs() - stake.notional()) / 20;
                gain - more + share
            };
            match Trigger::after_losing(share, &stake, stake.price, five_percent) {
                Trigger::Below(price) => {
                    assert!(at(Price(price.0 + 1)) > 0, "{quantity}: short above its trigger");
                }
                Trigger::Above(price) => {
                    assert!(at(Price(price.0 - 1)) > 0, "{quantity}: short below its trigger");
                }
            }
        }
    }

    #[test]
    fn a_mark_reaches_who_it_is_bad_for() {
        let (market, other) = (MarketId(1), MarketId(2));
        let mut triggers = Triggers::default();
        triggers.arm(market, AccountId(1), Trigger::Below(Price(90)));
        triggers.arm(market, AccountId(2), Trigger::Above(Price(110)));
        triggers.arm(other, AccountId(3), Trigger::ALWAYS);
        let reached = |triggers: &Triggers, mark| {
            triggers.reached(market, Price(mark)).into_iter().map(|id| id.0).collect::<Vec<_>>()
        };
        assert_eq!(reached(&triggers, 100), [0; 0]);
        assert_eq!(reached(&triggers, 90), [1]);
        assert_eq!(reached(&triggers, 110), [2]);
        triggers.arm(market, AccountId(1), Trigger::Below(Price(80)));
        assert_eq!(reached(&triggers, 90), [0; 0]);
        triggers.disarm(market, AccountId(2));
        assert_eq!(reached(&triggers, 200), [0; 0]);
        assert_eq!(triggers.reached(other, Price(i64::MAX - 1)).len(), 1);
    }
}
