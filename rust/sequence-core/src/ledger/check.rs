//! The laws of the ledger, recomputed from nothing but the stored rows. No check repairs.

use super::{Balance, Ledger};
use crate::hash::StateHasher;
use crate::ids::AssetId;
use crate::number::Money;
use crate::violation::Violation;

impl Ledger {
    /// Every broken law of every balance; empty when all is well. Cost: one walk over all rows.
    ///
    /// L1: each asset is conserved. L2: reserved is the sum of the open reservations. L3: nothing
    /// is negative. Whether each reservation is the *right* one is for the orders to say.
    pub fn check(&self) -> Vec<Violation> {
        let mut found = self.check_conservation();
        self.check_reservations(&mut found);
        self.check_signs(&mut found);
        found
    }

    fn check_conservation(&self) -> Vec<Violation> {
        let mut totals = vec![0i128; self.contra.len()];
        for row in &self.rows {
            if let Some(total) = totals.get_mut(row.key.asset.index()) {
                *total = total.saturating_add(row.balance.total().0);
            }
        }
        let mut found = Vec::new();
        for (asset, (total, contra)) in (0u32..).zip(totals.iter().zip(&self.contra)) {
            let sides = [contra.venue, contra.fees, contra.rounding, contra.insurance];
            let sum = sides.iter().fold(*total, |sum, side| sum.saturating_add(side.0));
            if sum != contra.external.0 {
                let subject = format!("asset {asset}");
                found.push(Violation::new("L1", subject, contra.external, Money(sum)));
            }
        }
        found
    }

    fn check_reservations(&self, found: &mut Vec<Violation>) {
        let mut held = vec![0i128; self.rows.len()];
        for reservation in self.slots.live() {
            if reservation.amount < Money::ZERO {
                let subject = format!("reservation of balance {}", reservation.balance.0);
                found.push(Violation::new("L3", subject, ">= 0", reservation.amount));
            }
            if let Some(sum) = held.get_mut(reservation.balance.0 as usize) {
                *sum = sum.saturating_add(reservation.amount.0);
            }
        }
        for (row, sum) in self.rows.iter().zip(held) {
            if row.balance.reserved.0 != sum {
                let subject = format!("{:?}", row.key);
                found.push(Violation::new("L2", subject, Money(sum), row.balance.reserved));
            }
        }
    }

    fn check_signs(&self, found: &mut Vec<Violation>) {
        for row in &self.rows {
            let Balance { available, reserved } = row.balance;
            for (part, amount) in [("available", available), ("reserved", reserved)] {
                if amount < Money::ZERO {
                    let subject = format!("{:?} {part}", row.key);
                    found.push(Violation::new("L3", subject, ">= 0", amount));
                }
            }
        }
    }

    /// Writes the state in key order, so that a ledger rebuilt from its rows hashes alike.
    ///
    /// Empty balances and unused assets are left out: having opened them is not a difference. A
    /// reservation is hashed by whoever holds its id, through [`Ledger::reserved`].
    pub fn hash_into(&self, hasher: &mut StateHasher) {
        let balances = self.by_key.keys().flat_map(|account| self.balances(*account));
        for (_, key, balance) in balances {
            if balance != Balance::default() {
                hasher.word(u64::from(key.account.0));
                hasher.word(u64::from(key.venue.0));
                hasher.word(u64::from(key.asset.0));
                hasher.wide(balance.available.0);
                hasher.wide(balance.reserved.0);
            }
        }
        for asset in (0u32..).map(AssetId).take(self.contra.len()) {
            let totals = self.contra(asset);
            if totals != super::ContraTotals::default() {
                hasher.word(u64::from(asset.0));
                let sides = [totals.external, totals.venue, totals.fees, totals.rounding];
                for side in sides.into_iter().chain([totals.insurance]) {
                    hasher.wide(side.0);
                }
            }
        }
    }
}
