//! Keeping a ledger and getting it back: which rows were written, and rows put back as they were.
//!
//! Putting back is not an entry: nothing moves. Whether the rows belong together is for
//! [`Ledger::check`] to say, which a restored engine asks before it serves.

use super::{Balance, BalanceId, BalanceKey, ContraTotals, Held, Ledger, ReservationId, Result};
use crate::ids::AssetId;
use crate::number::Money;
use crate::table::Dense as _;

impl Ledger {
    /// Starts to note which balances and contra totals are written.
    pub(crate) fn listen(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// Notes every balance and every total, while somebody listens.
    pub(crate) fn touch_all(&mut self) {
        let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
        let (rows, contra) = (count(self.rows.len()), count(self.contra.len()));
        if let Some((balances, assets)) = &mut self.touched {
            balances.extend((0..rows).map(BalanceId));
            assets.extend((0..contra).map(AssetId::from_index));
        }
    }

    /// True when a take would give something.
    pub(crate) fn is_touched(&self) -> bool {
        self.touched
            .as_ref()
            .is_some_and(|(balances, assets)| !balances.is_empty() || !assets.is_empty())
    }

    /// Balances and assets written since the last call, each once.
    pub(crate) fn take_touched(&mut self) -> (Vec<BalanceId>, Vec<AssetId>) {
        let (mut balances, mut assets) =
            self.touched.as_mut().map(std::mem::take).unwrap_or_default();
        balances.sort_unstable();
        balances.dedup();
        assets.sort_unstable();
        assets.dedup();
        (balances, assets)
    }

    /// Puts a balance back, held parts included.
    pub(crate) fn put_back(&mut self, key: BalanceKey, balance: Balance) {
        let id = self.open(key.account, key.venue, key.asset);
        if let Some(row) = self.rows.get_mut(id.0 as usize) {
            row.balance = balance;
        }
    }

    /// Puts the totals of an asset back.
    pub(crate) fn put_back_contra(&mut self, asset: AssetId, totals: ContraTotals) {
        if self.contra.len() <= asset.index() {
            self.contra.resize(asset.index() + 1, ContraTotals::default());
        }
        if let Some(slot) = self.contra.get_mut(asset.index()) {
            *slot = totals;
        }
    }

    /// Gives a reservation that a balance already counts as reserved its holder back.
    pub(crate) fn adopt(&mut self, balance: BalanceId, amount: Money) -> Result<ReservationId> {
        self.slots.insert(Held { balance, amount })
    }
}
