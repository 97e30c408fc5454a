//! Balances and reservations: what an account has, and what its open orders hold back of it.
//!
//! Every amount is an integer of 1e-9 of its asset, and every entry has legs that sum to zero per
//! asset: what leaves a balance arrives at another side ([`Contra`]). Spending has two phases.
//! [`Ledger::reserve`] holds an amount back; [`Ledger::settle`] spends from it as fills arrive; a
//! reservation ends exactly once, by [`Ledger::release`].
//!
//! The ledger knows no price, order or rounding rule. Each operation computes every new value
//! first and writes afterwards, so one that fails has changed nothing. None allocates, except for
//! a new balance or more open reservations than ever before.

mod check;
mod entry;
mod keep;
mod slots;
mod sums;

use std::collections::BTreeMap;

pub use crate::ids::ReservationId;
use crate::ids::{AccountId, AssetId, VenueId};
use crate::mutant;
use crate::number::Money;
use crate::sorted::SortedMap;

pub use entry::{Balance, BalanceId, BalanceKey, Contra, ContraTotals, LedgerError, MAX_AMOUNT};

use slots::{Held, Slots};
use sums::{
    add, add_within, bounded, hold_back, moved, not_negative, pay_in, sub, sub_within, wrong_fee,
};

type Result<T> = std::result::Result<T, LedgerError>;

#[derive(Debug, Clone, Copy)]
struct Row {
    key: BalanceKey,
    balance: Balance,
}

/// All balances of all accounts. Plain data: a clone is a snapshot.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    rows: Vec<Row>,
    by_key: BTreeMap<AccountId, SortedMap<(VenueId, AssetId), BalanceId>>,
    contra: Vec<ContraTotals>,
    slots: Slots,
    /// Balances and assets written since the last take; `None` when nobody asks.
    touched: Option<(Vec<BalanceId>, Vec<AssetId>)>,
}

impl Ledger {
    /// A ledger without balances.
    pub fn new() -> Self {
        Self::default()
    }

    /// The balance of this key, made empty if there is none yet.
    pub fn open(&mut self, account: AccountId, venue: VenueId, asset: AssetId) -> BalanceId {
        if let Some(found) = self.find(account, venue, asset) {
            return found;
        }
        let key = BalanceKey { account, venue, asset };
        // Ids are 32 bits by design; memory ends long before four billion rows do.
        let id = BalanceId(u32::try_from(self.rows.len()).unwrap_or(u32::MAX));
        self.rows.push(Row { key, balance: Balance::default() });
        self.by_key.entry(account).or_default().insert((venue, asset), id);
        if self.contra.len() <= asset.index() {
            self.contra.resize(asset.index() + 1, ContraTotals::default());
        }
        id
    }

    /// The balance of this key, if it was ever opened.
    pub fn find(&self, account: AccountId, venue: VenueId, asset: AssetId) -> Option<BalanceId> {
        self.by_key.get(&account)?.get(&(venue, asset)).copied()
    }

    /// Both parts of a balance. An id of another ledger has nothing.
    pub fn balance(&self, id: BalanceId) -> Balance {
        self.row(id).map(|row| row.balance).unwrap_or_default()
    }

    /// Whose, where and of what.
    pub fn key(&self, id: BalanceId) -> Option<BalanceKey> {
        self.row(id).ok().map(|row| row.key)
    }

    /// The balances of one account, by venue, then asset.
    pub fn balances(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (BalanceId, BalanceKey, Balance)> {
        let of_account = self.by_key.get(&account).into_iter().flat_map(SortedMap::iter);
        of_account.map(move |((venue, asset), id)| {
            (*id, BalanceKey { account, venue: *venue, asset: *asset }, self.balance(*id))
        })
    }

    /// The other sides of one asset.
    pub fn contra(&self, asset: AssetId) -> ContraTotals {
        self.contra.get(asset.index()).copied().unwrap_or_default()
    }

    /// What a reservation holds now, or [`LedgerError::Ended`].
    pub fn reserved(&self, id: ReservationId) -> Result<Money> {
        self.slots.get(id).map(|held| held.amount)
    }

    /// The balance a reservation holds back from.
    pub fn balance_of(&self, id: ReservationId) -> Result<BalanceId> {
        self.slots.get(id).map(|held| held.balance)
    }

    /// Reservations that have not ended, those of 0 included.
    pub fn open_reservations(&self) -> usize {
        self.slots.live().count()
    }

    /// Seeds or corrects a balance; the difference comes from outside. Reservations stay.
    pub fn set_total(&mut self, id: BalanceId, total: Money) -> Result<()> {
        let Row { key, balance } = self.row(id)?;
        let mut contra = self.contra(key.asset);
        not_negative(total)?;
        if total < balance.reserved {
            return Err(LedgerError::BelowReserved { reserved: balance.reserved });
        }
        let change = sub(total, balance.total())?;
        contra.external = add_within(contra.external, change)?;
        let available = add(balance.available, change)?;
        let reserved =
            if mutant!("refresh_clears_reserved") { Money::ZERO } else { balance.reserved };
        let hit = if mutant!("reset_hits_neighbour") { BalanceId(id.0 ^ 1) } else { id };
        self.write(hit, Balance { available, reserved });
        self.write_contra(key.asset, contra);
        Ok(())
    }

    /// Holds `amount` back. A reservation of 0 is one too, and ends like any other.
    pub fn reserve(&mut self, id: BalanceId, amount: Money) -> Result<ReservationId> {
        let balance = self.row(id)?.balance;
        not_negative(amount)?;
        let after = hold_back(balance, amount)?;
        let reservation = self.slots.insert(Held { balance: id, amount })?;
        self.write(id, after);
        Ok(reservation)
    }

    /// Changes what a reservation holds; growth comes out of what is available.
    pub fn resize(&mut self, id: ReservationId, amount: Money) -> Result<()> {
        let held = self.slots.get(id)?;
        let balance = self.row(held.balance)?.balance;
        not_negative(amount)?;
        let after = hold_back(balance, sub(amount, held.amount)?)?;
        if mutant!("amend_keeps_reservation") {
            return Ok(());
        }
        self.slots.set(id, amount);
        self.write(held.balance, after);
        Ok(())
    }

    /// Ends a reservation and returns what it held, which is available again.
    pub fn release(&mut self, id: ReservationId) -> Result<Money> {
        let held = self.slots.get(id)?;
        let balance = self.row(held.balance)?.balance;
        let after = hold_back(balance, Money(-held.amount.0))?;
        if !mutant!("double_release") {
            self.slots.end(id);
        }
        if !mutant!("cancel_keeps_reservation") {
            self.write(held.balance, after);
        }
        Ok(held.amount)
    }

    /// Spends from a reservation: `spent` to the venue, `fee` to the fees (negative: a rebate).
    ///
    /// The reservation holds `keep` afterwards and lives on, also with 0. What is neither spent
    /// nor kept becomes available at once and is returned, so price improvement is never locked.
    pub fn settle(
        &mut self,
        id: ReservationId,
        spent: Money,
        fee: Money,
        keep: Money,
    ) -> Result<Money> {
        let held = self.slots.get(id)?;
        let Row { key, balance } = self.row(held.balance)?;
        let mut contra = self.contra(key.asset);
        not_negative(spent)?;
        not_negative(keep)?;
        bounded(fee)?;
        let paid = add(spent, fee)?;
        let needed = add(paid, keep)?;
        if needed > held.amount {
            return Err(LedgerError::Insufficient { available: held.amount, needed });
        }
        let mut released = sub(held.amount, needed)?;
        let mut keep = keep;
        if mutant!("improvement_not_freed") {
            (keep, released) = (add(keep, released)?, Money::ZERO);
        } else if mutant!("partial_releases_all") {
            (keep, released) = (Money::ZERO, add(keep, released)?);
        }
        let after = Balance {
            available: add(balance.available, released)?,
            reserved: sub(balance.reserved, sub(held.amount, keep)?)?,
        };
        bounded(after.total())?;
        contra.venue = add_within(contra.venue, spent)?;
        contra.fees = add_within(contra.fees, wrong_fee(fee))?;
        self.slots.set(id, keep);
        self.write(held.balance, after);
        self.write_contra(key.asset, contra);
        Ok(released)
    }

    /// Books the proceeds of a sale, or the asset a purchase brings; the fee is cut from them.
    ///
    /// `amount` comes from the venue, `fee` of it goes to the fees (negative: a rebate on top).
    pub fn credit(&mut self, id: BalanceId, amount: Money, fee: Money) -> Result<()> {
        not_negative(amount)?;
        if fee > amount && !mutant!("dust_fee") {
            return Err(LedgerError::FeeAboveProceeds { proceeds: amount, fee });
        }
        self.book(id, amount, fee)
    }

    /// Books a gain or loss against the venue and a fee, both on what is available: perpetual
    /// P&L, funding, settlement. Fails when the account cannot pay it.
    pub fn book(&mut self, id: BalanceId, change: Money, fee: Money) -> Result<()> {
        let Row { key, balance } = self.row(id)?;
        let mut contra = self.contra(key.asset);
        bounded(change)?;
        bounded(fee)?;
        let arrives =
            if mutant!("rounding_creates_money") { add(change, Money(1))? } else { change };
        let net = sub(arrives, if mutant!("fee_twice") { add(fee, fee)? } else { fee })?;
        let available = pay_in(balance, net)?;
        contra.venue = sub_within(contra.venue, change)?;
        contra.fees = add_within(contra.fees, wrong_fee(fee))?;
        self.write(id, Balance { available, ..balance });
        self.write_contra(key.asset, contra);
        Ok(())
    }

    /// One entry between what is available and one other side; `change` is the account's part.
    pub fn post(&mut self, id: BalanceId, side: Contra, change: Money) -> Result<()> {
        let Row { key, balance } = self.row(id)?;
        bounded(change)?;
        let available = pay_in(balance, change)?;
        let contra = moved(self.contra(key.asset), side, change)?;
        self.write(id, Balance { available, ..balance });
        self.write_contra(key.asset, contra);
        Ok(())
    }

    /// Books what a rounding left at the venue to the rounding account.
    pub fn round_off(&mut self, asset: AssetId, amount: Money) -> Result<()> {
        let mut contra = *self.contra.get(asset.index()).ok_or(LedgerError::Unknown)?;
        bounded(amount)?;
        contra.venue = sub_within(contra.venue, amount)?;
        contra.rounding = add_within(contra.rounding, amount)?;
        self.write_contra(asset, contra);
        Ok(())
    }

    fn row(&self, id: BalanceId) -> Result<Row> {
        self.rows.get(id.0 as usize).copied().ok_or(LedgerError::Unknown)
    }

    fn write(&mut self, id: BalanceId, balance: Balance) {
        if let Some((balances, _)) = &mut self.touched {
            balances.push(id);
        }
        if let Some(row) = self.rows.get_mut(id.0 as usize) {
            row.balance = balance;
        }
    }

    fn write_contra(&mut self, asset: AssetId, totals: ContraTotals) {
        if let Some((_, assets)) = &mut self.touched {
            assets.push(asset);
        }
        if let Some(slot) = self.contra.get_mut(asset.index()) {
            *slot = totals;
        }
    }
}
