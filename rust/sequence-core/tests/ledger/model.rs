//! The obvious ledger: a list of entries, and every number recomputed from all of them each time.

use sequence_core::ids::AssetId;
use sequence_core::ledger::{BalanceKey, Contra, LedgerError, MAX_AMOUNT};
use sequence_core::number::Money;

pub(crate) const SIDES: [Contra; 5] =
    [Contra::External, Contra::Venue, Contra::Fees, Contra::Rounding, Contra::Insurance];

type Result<T> = std::result::Result<T, LedgerError>;

#[derive(Debug, Clone, Copy)]
enum Entry {
    /// A balance changes by `amount`, which comes from a side.
    Leg { row: usize, side: Contra, amount: i128 },
    /// The venue leaves something to rounding.
    Rounding { asset: AssetId, amount: i128 },
    /// A reservation changes by `amount`.
    Hold { reservation: usize, row: usize, amount: i128 },
    /// A reservation ends.
    End { reservation: usize },
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) rows: Vec<BalanceKey>,
    entries: Vec<Entry>,
    pub(crate) made: usize,
}

impl Model {
    pub(crate) fn new(rows: Vec<BalanceKey>) -> Self {
        Self { rows, entries: Vec::new(), made: 0 }
    }

    pub(crate) fn total(&self, row: usize) -> i128 {
        let mine = |entry: &Entry| match *entry {
            Entry::Leg { row: r, amount, .. } if r == row => amount,
            _ => 0,
        };
        self.entries.iter().map(mine).sum()
    }

    pub(crate) fn reserved(&self, row: usize) -> i128 {
        let live = (0..self.made).filter_map(|r| self.held(r).ok());
        live.filter(|(r, _)| *r == row).map(|(_, amount)| amount).sum()
    }

    fn available(&self, row: usize) -> i128 {
        self.total(row) - self.reserved(row)
    }

    /// Row and amount of a live reservation.
    pub(crate) fn held(&self, reservation: usize) -> Result<(usize, i128)> {
        let mut found = None;
        for entry in &self.entries {
            match *entry {
                Entry::Hold { reservation: r, row, amount } if r == reservation => {
                    found = Some((row, found.map_or(0, |(_, held)| held) + amount));
                }
                Entry::End { reservation: r } if r == reservation => found = None,
                _ => {}
            }
        }
        found.ok_or(LedgerError::Ended)
    }

    pub(crate) fn side(&self, asset: AssetId, side: Contra) -> i128 {
        let sign = if side == Contra::External { 1 } else { -1 };
        let part = |entry: &Entry| match *entry {
            Entry::Leg { row, side: s, amount } if s == side && self.asset(row) == asset => {
                sign * amount
            }
            Entry::Rounding { asset: a, amount } if a == asset => match side {
                Contra::Venue => -amount,
                Contra::Rounding => amount,
                _ => 0,
            },
            _ => 0,
        };
        self.entries.iter().map(part).sum()
    }

    fn asset(&self, row: usize) -> AssetId {
        self.rows[row].asset
    }

    pub(crate) fn set_total(&mut self, row: usize, total: i128) -> Result<()> {
        not_negative(total)?;
        let reserved = self.reserved(row);
        if total < reserved {
            return Err(LedgerError::BelowReserved { reserved: Money(reserved) });
        }
        let amount = total - self.total(row);
        self.commit(&[Entry::Leg { row, side: Contra::External, amount }])
    }

    pub(crate) fn reserve(&mut self, row: usize, amount: i128) -> Result<usize> {
        not_negative(amount)?;
        enough(self.available(row), amount)?;
        let reservation = self.made;
        self.made += 1;
        self.commit(&[Entry::Hold { reservation, row, amount }])?;
        Ok(reservation)
    }

    pub(crate) fn resize(&mut self, reservation: usize, amount: i128) -> Result<()> {
        let (row, held) = self.held(reservation)?;
        not_negative(amount)?;
        enough(self.available(row), amount - held)?;
        self.commit(&[Entry::Hold { reservation, row, amount: amount - held }])
    }

    pub(crate) fn release(&mut self, reservation: usize) -> Result<i128> {
        let (_, held) = self.held(reservation)?;
        self.commit(&[Entry::End { reservation }])?;
        Ok(held)
    }

    pub(crate) fn settle(
        &mut self,
        reservation: usize,
        spent: i128,
        fee: i128,
        keep: i128,
    ) -> Result<i128> {
        let (row, held) = self.held(reservation)?;
        not_negative(spent)?;
        not_negative(keep)?;
        in_range(fee)?;
        enough(held, spent + fee + keep)?;
        let paid = [
            Entry::Leg { row, side: Contra::Venue, amount: -spent },
            Entry::Leg { row, side: Contra::Fees, amount: -fee },
        ];
        let rest = Entry::Hold { reservation, row, amount: keep - held };
        self.commit(&[paid[0], paid[1], rest])?;
        Ok(held - spent - fee - keep)
    }

    pub(crate) fn credit(&mut self, row: usize, amount: i128, fee: i128) -> Result<()> {
        not_negative(amount)?;
        if fee > amount {
            let (proceeds, fee) = (Money(amount), Money(fee));
            return Err(LedgerError::FeeAboveProceeds { proceeds, fee });
        }
        self.book(row, amount, fee)
    }

    pub(crate) fn book(&mut self, row: usize, change: i128, fee: i128) -> Result<()> {
        in_range(change)?;
        in_range(fee)?;
        enough(self.available(row), fee - change)?;
        self.commit(&[
            Entry::Leg { row, side: Contra::Venue, amount: change },
            Entry::Leg { row, side: Contra::Fees, amount: -fee },
        ])
    }

    pub(crate) fn post(&mut self, row: usize, side: Contra, change: i128) -> Result<()> {
        in_range(change)?;
        enough(self.available(row), -change)?;
        self.commit(&[Entry::Leg { row, side, amount: change }])
    }

    pub(crate) fn round_off(&mut self, row: usize, amount: i128) -> Result<()> {
        in_range(amount)?;
        self.commit(&[Entry::Rounding { asset: self.asset(row), amount }])
    }

    /// Takes the entries in, or none of them when a sum leaves its range.
    fn commit(&mut self, entries: &[Entry]) -> Result<()> {
        let before = self.entries.len();
        self.entries.extend_from_slice(entries);
        let totals = (0..self.rows.len()).map(|row| self.total(row));
        let sides =
            (0..self.rows.len()).flat_map(|row| SIDES.map(|side| self.side(self.asset(row), side)));
        let outcome = totals.chain(sides).try_for_each(in_range);
        if outcome.is_err() {
            self.entries.truncate(before);
        }
        outcome
    }
}

fn enough(available: i128, needed: i128) -> Result<()> {
    let (short, available, needed) = (needed > available, Money(available), Money(needed));
    if short { Err(LedgerError::Insufficient { available, needed }) } else { Ok(()) }
}

fn not_negative(amount: i128) -> Result<()> {
    in_range(amount)?;
    if amount < 0 { Err(LedgerError::Negative) } else { Ok(()) }
}

fn in_range(amount: i128) -> Result<()> {
    if amount.abs() > MAX_AMOUNT { Err(LedgerError::Range) } else { Ok(()) }
}
