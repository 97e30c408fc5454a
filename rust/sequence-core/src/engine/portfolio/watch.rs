//! Which margin accounts are judged, and when: after every change of their cash or positions, and
//! when a mark reaches a trigger.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::engine::portfolio::margin::{MarginKey, Standing};
use crate::engine::portfolio::triggers::{Trigger, Triggers};
use crate::ids::{AccountId, AssetId, MarketId, RowIx, VenueId};
use crate::mutant;
use crate::number::Price;
use crate::registry::MarketSpec;

/// Positions are closed until equity is this share of maintenance, in tenths.
pub(in crate::engine) const TARGET_TENTHS: i128 = 11;

/// Positions of margin accounts, and where each account stands with its judgement.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    /// Open positions of margin accounts.
    holdings: BTreeMap<MarginKey, BTreeSet<(MarketId, RowIx)>>,
    /// The marks at which they are judged.
    triggers: Triggers,
    /// Margin accounts that changed since they were judged.
    unjudged: BTreeSet<MarginKey>,
    /// A judgement is under way: what it changes is its own business.
    judging: bool,
    /// Margin accounts whose liquidation waits for more of the book.
    liquidating: BTreeSet<MarginKey>,
}

impl Portfolio {
    /// Open positions of a margin account, by market.
    pub(super) fn holdings(&self, key: MarginKey) -> impl Iterator<Item = &(MarketId, RowIx)> + '_ {
        self.watch.holdings.get(&key).into_iter().flatten()
    }

    /// A position opened, changed or closed: its margin account counts it, or does not any more.
    pub(in crate::engine) fn hold(&mut self, facts: Facts<'_>, row: RowIx) {
        let key = self.row_keys[row];
        let Some(market) = facts.perp_market(key.venue, key.asset) else { return };
        let settle = facts.registry.market(market).settle;
        let margin_key = (key.account, key.venue, settle);
        let watch = &mut self.watch;
        let perp = self.rows[row].perp.unwrap_or_default();
        if perp.is_traded && perp.quantity.0 != 0 {
            watch.holdings.entry(margin_key).or_default().insert((market, row));
            watch.unjudged.insert(margin_key);
        } else if let Some(held) = watch.holdings.get_mut(&margin_key) {
            held.remove(&(market, row));
            watch.triggers.disarm(market, key.account);
            if held.is_empty() {
                watch.holdings.remove(&margin_key);
                watch.liquidating.remove(&margin_key);
                watch.unjudged.remove(&margin_key);
            } else {
                watch.unjudged.insert(margin_key);
            }
        }
    }

    /// Cash moved: whoever holds positions against it is judged before anything else happens.
    pub(super) fn cash_moved(&mut self, account: AccountId, venue: VenueId, asset: AssetId) {
        let key = (account, venue, asset);
        let judged = !mutant!("cash_moves_unjudged");
        if judged && self.watch.holdings.contains_key(&key) {
            self.watch.unjudged.insert(key);
        }
    }

    /// Whether the mark of some market may take somebody below maintenance.
    #[inline]
    pub(in crate::engine) fn awaits_marks(&self) -> bool {
        !self.watch.triggers.is_empty()
    }

    /// A market has a new mark: whoever it may have taken below maintenance is judged by it.
    pub(in crate::engine) fn judge_mark(
        &mut self,
        facts: Facts<'_>,
        market: MarketId,
        mark: Price,
    ) {
        let reached = self.watch.triggers.reached(market, mark);
        if reached.is_empty() {
            return;
        }
        let terms = facts.registry.market(market);
        let (venue, settle) = (terms.venue, terms.settle);
        let keys = reached.into_iter().map(|account| (account, venue, settle));
        self.watch.unjudged.extend(keys);
    }

    /// A market became live, or no longer is: its positions may count at another price.
    pub(in crate::engine) fn judge_holders(&mut self, facts: Facts<'_>, market: MarketId) {
        let MarketSpec { venue, settle, .. } = *facts.registry.market(market);
        // Who holds it and was judged has a trigger there; who was not is judged anyway.
        let Watch { triggers, unjudged, .. } = &mut self.watch;
        unjudged.extend(triggers.of(market).map(|account| (account, venue, settle)));
    }

    /// True when something changed that was not judged yet.
    #[inline]
    pub(in crate::engine) fn has_unjudged(&self) -> bool {
        !self.watch.unjudged.is_empty()
    }

    /// Begins to judge what changed; false when nothing did, or a judgement is under way.
    pub(in crate::engine) fn begin_judging(&mut self) -> bool {
        let begins = !self.watch.judging && !self.watch.unjudged.is_empty();
        self.watch.judging |= begins;
        begins
    }

    /// The next margin account to judge; none ends the judgement.
    pub(in crate::engine) fn next_to_judge(&mut self) -> Option<MarginKey> {
        let next = self.watch.unjudged.pop_first();
        self.watch.judging = next.is_some();
        next
    }

    /// What a liquidation changed of its own account was judged as it went on.
    pub(in crate::engine) fn judged(&mut self, key: MarginKey) {
        self.watch.unjudged.remove(&key);
    }

    /// Below maintenance; or not above where a liquidation ends that has begun.
    pub(in crate::engine) fn must_liquidate(&self, facts: Facts<'_>, key: MarginKey) -> bool {
        let Some(standing) = self.standing(facts, key) else { return false };
        standing.surplus(self.cash_of(key)) < 0
            || (self.watch.liquidating.contains(&key)
                && self.missing_tenths(facts, key).is_some_and(|missing| missing > 0))
    }

    /// Ten times what is missing to where a liquidation ends, at 1e-17; `None` when nothing is
    /// held.
    pub(in crate::engine) fn missing_tenths(
        &self,
        facts: Facts<'_>,
        key: MarginKey,
    ) -> Option<i128> {
        let standing = self.standing(facts, key)?;
        let target = standing.maintenance.saturating_mul(TARGET_TENTHS);
        Some(target.saturating_sub(standing.equity(self.cash_of(key)).saturating_mul(10)))
    }

    /// A liquidation begins; false when it had.
    pub(in crate::engine) fn begin_liquidation(&mut self, key: MarginKey) -> bool {
        self.watch.liquidating.insert(key)
    }

    /// A margin account was judged: a liquidation that had to wait ends with its cause, and these
    /// are the marks at which the account is judged next.
    pub(in crate::engine) fn arm_triggers(&mut self, facts: Facts<'_>, key: MarginKey) {
        if self.missing_tenths(facts, key).is_none_or(|missing| missing <= 0) {
            self.watch.liquidating.remove(&key);
        }
        let (account, venue, _) = key;
        let fraction = venue.venue().maintenance_margin_1e8.unwrap_or_default();
        let mut stakes = self.stakes(facts, key);
        for stake in &mut stakes {
            // A gain does not count while its book is not live.
            let entry = self.entry_of(key, stake.market);
            *stake = stake.without_gain(entry);
        }
        let surplus = Standing::of(&stakes, fraction).surplus(self.cash_of(key));
        let waits = surplus <= 0 || self.watch.liquidating.contains(&key);
        let share = surplus / i128::try_from(stakes.len()).unwrap_or(1).max(1);
        for stake in &stakes {
            let trigger = if waits {
                Trigger::ALWAYS
            } else {
                Trigger::after_losing(share, stake, stake.price, fraction)
            };
            self.watch.triggers.arm(stake.market, account, trigger);
        }
    }

    fn entry_of(&self, key: MarginKey, market: MarketId) -> Price {
        let row = self.holdings(key).find(|(at, _)| *at == market);
        row.map_or(Price(0), |(_, row)| self.rows[*row].entry_price())
    }
}
