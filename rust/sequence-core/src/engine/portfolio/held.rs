//! Which position rows each account has, by venue and asset.

use crate::ids::{AccountId, AssetId, RowIx, VenueId};
use crate::sorted::SortedMap;
use crate::table::Dense as _;

/// Rows of one account.
pub(in crate::engine) type Held = SortedMap<(VenueId, AssetId), RowIx>;

/// Rows of every account that ever had one.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct HeldRows {
    by_account: Vec<Held>,
    /// Accounts that got or lost a row since the last take; `None` when nobody asks.
    touched: Option<Vec<AccountId>>,
}

impl HeldRows {
    /// Rows of an account.
    #[inline]
    pub(in crate::engine) fn of(&self, account: AccountId) -> &Held {
        static NONE: Held = SortedMap::new();
        self.by_account.get(account.index()).unwrap_or(&NONE)
    }

    /// The row of an asset at a venue.
    #[inline]
    pub(in crate::engine) fn find(
        &self,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
    ) -> Option<RowIx> {
        self.of(account).get(&(venue, asset)).copied()
    }

    /// An account has a row from now on.
    pub(in crate::engine) fn insert(
        &mut self,
        account: AccountId,
        key: (VenueId, AssetId),
        row: RowIx,
    ) {
        self.note(account);
        if self.by_account.len() <= account.index() {
            self.by_account.resize_with(account.index() + 1, Held::new);
        }
        if let Some(held) = self.by_account.get_mut(account.index()) {
            held.insert(key, row);
        }
    }

    /// An account has none any more.
    pub(in crate::engine) fn clear(&mut self, account: AccountId) {
        self.note(account);
        if let Some(held) = self.by_account.get_mut(account.index()) {
            held.clear();
        }
    }

    fn note(&mut self, account: AccountId) {
        if let Some(touched) = &mut self.touched {
            touched.push(account);
        }
    }

    /// Starts to note accounts whose rows come and go.
    pub(in crate::engine) fn listen(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// Notes every account that has rows, while somebody listens.
    pub(in crate::engine) fn touch_all(&mut self) {
        let count = u32::try_from(self.by_account.len()).unwrap_or(u32::MAX);
        if let Some(touched) = &mut self.touched {
            touched.extend((0..count).map(AccountId::from_index));
        }
    }

    /// True when a take would give something.
    pub(in crate::engine) fn is_touched(&self) -> bool {
        self.touched.as_ref().is_some_and(|touched| !touched.is_empty())
    }

    /// Accounts that got or lost a row since the last call.
    pub(in crate::engine) fn take_touched(&mut self) -> Vec<AccountId> {
        self.touched.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
