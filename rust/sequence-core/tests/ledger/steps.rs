//! Random sequences on the edge: all of it, one unit more, one unit, the largest value.

use proptest::collection::vec;
use proptest::prelude::*;
use sequence_core::hash::StateHasher;
use sequence_core::ids::{AccountId, AssetId, VenueId};
use sequence_core::ledger::{
    BalanceId, BalanceKey, Contra, Ledger, LedgerError, MAX_AMOUNT, ReservationId,
};
use sequence_core::number::Money;

use crate::model::{Model, SIDES};

/// An amount relative to what is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Units(i128),
    Percent(i128),
    AllBut(i128),
}

impl Part {
    fn of(self, whole: i128) -> i128 {
        match self {
            Self::Units(units) => units,
            Self::Percent(percent) => whole / 100 * percent + whole % 100 * percent / 100,
            Self::AllBut(units) => whole - units,
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        8 => Just(Part::AllBut(0)),
        3 => Just(Part::AllBut(-1)),
        3 => Just(Part::AllBut(1)),
        2 => Just(Part::Percent(101)),
        10 => (1..100i128).prop_map(Part::Percent),
        4 => (0..20i128).prop_map(Part::Units),
        1 => Just(Part::Units(-1)),
        1 => Just(Part::Units(i128::from(i64::MAX) + 1)),
        1 => prop::sample::select(vec![MAX_AMOUNT, MAX_AMOUNT + 1, -MAX_AMOUNT]).prop_map(Part::Units),
    ]
}

fn seed() -> impl Strategy<Value = Part> {
    prop_oneof![
        6 => (0..2_000i128).prop_map(Part::Units),
        3 => Just(Part::Units(1_000_000_000_000_000_000)),
        2 => Just(Part::Units(90_000_000_000_000_000_000)),
        2 => part(),
    ]
}

/// One operation. Rows and reservations are picked modulo how many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    SetTotal(usize, Part),
    Reserve(usize, Part),
    Resize(usize, Part),
    Release(usize),
    Settle(usize, Part, Part, Part, bool),
    Credit(usize, Part, Part, bool),
    Book(usize, Part, bool, Part),
    Post(usize, Contra, Part, bool),
    RoundOff(usize, Part),
}

fn step() -> impl Strategy<Value = Step> {
    let row = || 0..4usize;
    let held = || 0..12usize;
    let rebate = || prop::bool::weighted(0.2);
    prop_oneof![
        3 => (row(), seed()).prop_map(|(r, a)| Step::SetTotal(r, a)),
        6 => (row(), part()).prop_map(|(r, a)| Step::Reserve(r, a)),
        3 => (held(), part()).prop_map(|(r, a)| Step::Resize(r, a)),
        4 => held().prop_map(Step::Release),
        5 => (held(), part(), part(), part(), rebate())
            .prop_map(|(r, a, f, k, m)| Step::Settle(r, a, f, k, m)),
        4 => (row(), part(), part(), rebate()).prop_map(|(r, a, f, m)| Step::Credit(r, a, f, m)),
        2 => (row(), part(), any::<bool>(), part()).prop_map(|(r, a, l, f)| Step::Book(r, a, l, f)),
        2 => (row(), prop::sample::select(SIDES.to_vec()), part(), any::<bool>())
            .prop_map(|(r, s, a, l)| Step::Post(r, s, a, l)),
        1 => (row(), part()).prop_map(|(r, a)| Step::RoundOff(r, a)),
    ]
}

/// Up to forty steps after four seeds.
pub(crate) fn sequences() -> impl Strategy<Value = Vec<Step>> {
    (vec(seed(), 4), vec(step(), 1..40)).prop_map(|(seeds, steps)| {
        let seeds = seeds.into_iter().enumerate().map(|(row, part)| Step::SetTotal(row, part));
        seeds.chain(steps).collect()
    })
}

/// The ledger under test, and every id it ever gave out.
pub(crate) struct Fixture {
    pub(crate) ledger: Ledger,
    pub(crate) rows: Vec<BalanceId>,
    pub(crate) keys: Vec<BalanceKey>,
    reservations: Vec<ReservationId>,
}

type Answer = Result<i128, LedgerError>;

impl Fixture {
    pub(crate) fn new() -> Self {
        let mut ledger = Ledger::new();
        let key = |account, asset| BalanceKey {
            account: AccountId(account),
            venue: VenueId(3),
            asset: AssetId(asset),
        };
        let keys = vec![key(1, 0), key(0, 0), key(0, 2), key(1, 2)];
        let rows = keys.iter().map(|k| ledger.open(k.account, k.venue, k.asset)).collect();
        Self { ledger, rows, keys, reservations: Vec::new() }
    }

    fn free(&self, row: usize) -> i128 {
        self.ledger.balance(self.rows[row]).available.0
    }

    fn held(&self, reservation: usize) -> i128 {
        self.ledger.reserved(self.reservations[reservation]).map_or(5, |held| held.0)
    }

    fn pick(&self, n: usize) -> Option<usize> {
        n.checked_rem(self.reservations.len())
    }

    /// Fills in the amounts from what is there, then does the step on both.
    pub(crate) fn run(&mut self, step: Step, model: &mut Model) -> Option<(Answer, Answer)> {
        let unit = |result: Result<(), LedgerError>| result.map(|()| 0);
        Some(match step {
            Step::SetTotal(r, part) => {
                let whole = self.ledger.balance(self.rows[r]);
                let total = part.of(whole.reserved.0);
                let id = self.rows[r];
                (unit(self.ledger.set_total(id, Money(total))), unit(model.set_total(r, total)))
            }
            Step::Reserve(r, part) => {
                let amount = part.of(self.free(r));
                let mine = self.ledger.reserve(self.rows[r], Money(amount));
                let theirs = model.reserve(r, amount);
                self.reservations.extend(mine.ok());
                (mine.map(|_| 0), theirs.map(|_| 0))
            }
            Step::Resize(n, part) => {
                let n = self.pick(n)?;
                let id = self.reservations[n];
                let row = self.ledger.balance_of(id).map(|row| self.ledger.balance(row));
                let amount = part.of(self.held(n) + row.map_or(0, |row| row.available.0));
                (unit(self.ledger.resize(id, Money(amount))), unit(model.resize(n, amount)))
            }
            Step::Release(n) => {
                let n = self.pick(n)?;
                let mine = self.ledger.release(self.reservations[n]).map(|held| held.0);
                (mine, model.release(n))
            }
            Step::Settle(n, spent, fee, keep, rebate) => {
                let n = self.pick(n)?;
                let (spent, fee) = spend(self.held(n), spent, fee, rebate);
                let keep = keep.of(self.held(n) - spent - fee);
                let id = self.reservations[n];
                let mine = self.ledger.settle(id, Money(spent), Money(fee), Money(keep));
                (mine.map(|rest| rest.0), model.settle(n, spent, fee, keep))
            }
            Step::Credit(r, amount, fee, rebate) => {
                let amount = amount.of(1_000);
                let fee = if rebate { -fee.of(10) } else { fee.of(amount) };
                let mine = self.ledger.credit(self.rows[r], Money(amount), Money(fee));
                (unit(mine), unit(model.credit(r, amount, fee)))
            }
            Step::Book(r, part, loss, fee) => {
                let change = signed(part.of(self.free(r)), loss);
                let fee = fee.of(self.free(r) + change);
                let mine = self.ledger.book(self.rows[r], Money(change), Money(fee));
                (unit(mine), unit(model.book(r, change, fee)))
            }
            Step::Post(r, side, part, loss) => {
                let change = signed(part.of(self.free(r)), loss);
                let mine = self.ledger.post(self.rows[r], side, Money(change));
                (unit(mine), unit(model.post(r, side, change)))
            }
            Step::RoundOff(r, part) => {
                let amount = part.of(100);
                let mine = self.ledger.round_off(self.keys[r].asset, Money(amount));
                (unit(mine), unit(model.round_off(r, amount)))
            }
        })
    }

    fn hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        self.ledger.hash_into(&mut hasher);
        hasher.finish()
    }

    /// Every number of the ledger beside the model's.
    fn differences(&self, model: &Model) -> Option<String> {
        for (row, id) in self.rows.iter().enumerate() {
            let balance = self.ledger.balance(*id);
            let mine = (balance.total().0, balance.reserved.0);
            let theirs = (model.total(row), model.reserved(row));
            if mine != theirs {
                return Some(format!("row {row}: {mine:?}, model {theirs:?}"));
            }
            let contra = self.ledger.contra(self.keys[row].asset);
            let mine =
                [contra.external, contra.venue, contra.fees, contra.rounding, contra.insurance]
                    .map(|side| side.0);
            let theirs = SIDES.map(|side| model.side(self.keys[row].asset, side));
            if mine != theirs {
                return Some(format!("sides of row {row}: {mine:?}, model {theirs:?}"));
            }
        }
        let mine = self.reservations.iter().map(|id| self.ledger.reserved(*id).map(|held| held.0));
        let theirs = (0..model.made).map(|n| model.held(n).map(|(_, held)| held));
        let live = theirs.clone().flatten().count();
        let same = mine.eq(theirs) && self.ledger.open_reservations() == live;
        (!same).then(|| "reservations differ".to_owned())
    }
}

fn spend(held: i128, spent: Part, fee: Part, rebate: bool) -> (i128, i128) {
    let spent = spent.of(held);
    (spent, if rebate { -fee.of(100) } else { fee.of(held - spent) })
}

fn signed(amount: i128, loss: bool) -> i128 {
    if loss { -amount } else { amount }
}

/// Runs the steps; the first difference from the model, or the first broken law, is the error.
pub(crate) fn compare(steps: &[Step]) -> Result<(), String> {
    let mut fixture = Fixture::new();
    let mut model = Model::new(fixture.keys.clone());
    for step in steps {
        let before = fixture.hash();
        let Some((mine, theirs)) = fixture.run(*step, &mut model) else { continue };
        if mine != theirs {
            return Err(format!("{step:?}: {mine:?}, model {theirs:?}"));
        }
        if mine.is_err() && fixture.hash() != before {
            return Err(format!("{step:?}: refused with {mine:?}, and something changed"));
        }
        if let Some(difference) = fixture.differences(&model) {
            return Err(format!("{step:?}: {difference}"));
        }
        if let Some(violation) = fixture.ledger.check().first() {
            return Err(format!("{step:?}: {violation}"));
        }
    }
    Ok(())
}

/// Runs the steps; the laws they break, without asking the model.
pub(crate) fn broken_laws(steps: &[Step]) -> Vec<&'static str> {
    let mut fixture = Fixture::new();
    let mut model = Model::new(fixture.keys.clone());
    for step in steps {
        fixture.run(*step, &mut model);
        let violations = fixture.ledger.check();
        if !violations.is_empty() {
            return violations.iter().map(|violation| violation.invariant).collect();
        }
    }
    Vec::new()
}
