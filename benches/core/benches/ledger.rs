//! Cost of holding funds back and spending them, with a thousand other orders open.
//!
//! One call each of the named operations per iteration, in one thread, nothing else. A run ends
//! with a check of every law and of the amounts, so a wrong ledger cannot win.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use sequence_core::ids::{AccountId, AssetId, VenueId};
use sequence_core::ledger::{BalanceId, Ledger, LedgerError, ReservationId};
use sequence_core::number::Money;

const SEED: Money = Money(1_000_000_000_000_000_000);
const ORDER: Money = Money(90_090_150_150_000);

/// Twenty balances, each with fifty open orders.
fn busy() -> (Ledger, Vec<BalanceId>) {
    let mut ledger = Ledger::new();
    let rows: Vec<BalanceId> =
        (0..20).map(|row| ledger.open(AccountId(row / 5), VenueId(3), AssetId(row % 5))).collect();
    for row in &rows {
        assert_eq!(ledger.set_total(*row, SEED), Ok(()));
        for _ in 0..50 {
            assert!(ledger.reserve(*row, Money(1_000)).is_ok());
        }
    }
    (ledger, rows)
}

fn reserve_release(ledger: &mut Ledger, row: BalanceId) -> Result<Money, LedgerError> {
    let order = ledger.reserve(row, black_box(ORDER))?;
    ledger.release(black_box(order))
}

fn settle(ledger: &mut Ledger, order: ReservationId) -> Result<Money, LedgerError> {
    let (spent, fee) = (Money(23_996_020_000_000), Money(23_996_020_000));
    ledger.settle(order, black_box(spent), fee, Money(66_066_110_110_000))?;
    ledger.settle(black_box(order), Money(20_000), Money(-20_000), Money::ZERO)?;
    ledger.release(order)
}

fn ledger(criterion: &mut Criterion) {
    let (mut ledger, rows) = busy();
    let Some(row) = rows.get(7).copied() else { return };

    criterion.bench_function("ledger/reserve+release", |bench| {
        bench.iter(|| assert_eq!(reserve_release(&mut ledger, row), Ok(ORDER)));
    });
    assert_eq!(ledger.balance(row).total(), SEED);
    assert_eq!(ledger.balance(row).reserved, Money(50_000));

    criterion.bench_function("ledger/reserve+settle+settle+release+credit", |bench| {
        let back = Money(24_020_016_020_000);
        bench.iter(|| {
            let order = ledger.reserve(row, ORDER).and_then(|order| settle(&mut ledger, order));
            assert_eq!(order, Ok(Money::ZERO));
            assert_eq!(ledger.credit(row, back, Money::ZERO), Ok(()));
        });
    });
    assert_eq!(ledger.balance(row).total(), SEED);
    assert_eq!(ledger.open_reservations(), 1_000);
    assert_eq!(ledger.check(), []);

    criterion.bench_function("ledger/check of 20 balances and 1000 reservations", |bench| {
        bench.iter(|| assert!(black_box(&ledger).check().is_empty()));
    });
}

criterion_group!(benches, ledger);
criterion_main!(benches);
