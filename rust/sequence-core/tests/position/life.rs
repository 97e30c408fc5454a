//! Named cases: flips, entry prices, the life of a row, settlement.

use sequence_core::hash::StateHasher;
use sequence_core::ids::Side;
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::position::{Execution, Lifecycle, Position, PositionError, Resolution};

fn usd(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

fn fill(side: Side, units: &str, at: &str) -> Execution {
    Execution {
        side,
        quantity: quantity(units),
        price: Some(price(at)),
        fee_usd: Some(usd("0.5")),
        at_ns: 7,
    }
}

#[test]
fn a_fill_across_zero_realises_the_closed_part_only() {
    let mut row = Position::perpetual(1, 0);
    row.configure(quantity("2"), price("100"), 0);
    let effect = row.apply_fill(quantity("2"), fill(Side::Sell, "3", "110")).unwrap();
    assert_eq!((effect.closed, effect.opened), (quantity("2"), quantity("1")));
    assert_eq!((effect.after, effect.realized), (quantity("-1"), Some(usd("20"))));
    assert_eq!((row.entry_price(), row.fees()), (price("110"), usd("0.5")));
    assert_eq!(row.unrealized(quantity("-1"), price("104")), Ok(usd("6")));
    assert_eq!(row.held(usd("9")), Ok(quantity("-1")));
}

#[test]
fn the_entry_price_is_the_average_of_fills_half_up() {
    let mut row = Position::asset(1, Price(0), 0);
    row.apply_fill(Quantity::ZERO, fill(Side::Buy, "1", "0.000000001")).unwrap();
    row.apply_fill(quantity("1"), fill(Side::Buy, "1", "0.000000002")).unwrap();
    assert_eq!(row.entry_price(), Price(2));
    row.apply_fill(quantity("2"), fill(Side::Buy, "1", "0.000000001")).unwrap();
    assert_eq!(row.entry_price(), Price(1));
    assert_eq!(row.held(Money(19)), Ok(Quantity(1)));
}

#[test]
fn cash_keeps_its_price_when_it_runs_out_and_comes_back() {
    let mut row = Position::asset(4, price("1"), 5);
    assert_eq!(row.lifecycle(), Lifecycle::Closed { closed_at_ns: 5 });
    row.touch(quantity("10"), 6);
    assert_eq!((row.lifecycle(), row.updated_ns), (Lifecycle::Active, 6));
    row.touch(Quantity::ZERO, 7);
    assert_eq!(row.lifecycle(), Lifecycle::Closed { closed_at_ns: 7 });
    row.touch(Quantity::ZERO, 8);
    assert_eq!(row.lifecycle(), Lifecycle::Closed { closed_at_ns: 7 });
    row.touch(quantity("3"), 9);
    assert_eq!(row.unrealized(quantity("3"), price("1")), Ok(Money::ZERO));
    assert_eq!((row.entry_price(), row.lifecycle().is_terminal()), (price("1"), false));
}

#[test]
fn writing_a_row_starts_its_gains_and_fees_again() {
    let mut row = Position::asset(9, Price(0), 0);
    row.configure(quantity("5"), price("0.40"), 1);
    row.apply_fill(quantity("5"), fill(Side::Sell, "2", "0.55")).unwrap();
    assert_eq!((row.realized(), row.fees()), (usd("0.3"), usd("0.5")));
    row.configure(quantity("1"), price("0.10"), 2);
    assert_eq!((row.id, row.realized(), row.fees()), (9, Money::ZERO, Money::ZERO));
    assert_eq!((row.entry_price(), row.lifecycle()), (price("0.1"), Lifecycle::Active));
    row.configure(Quantity::ZERO, price("0.10"), 3);
    assert_eq!(row.lifecycle(), Lifecycle::Closed { closed_at_ns: 3 });
}

#[test]
fn a_resolved_market_pays_each_holding_once() {
    let mut row = Position::asset(1, Price(0), 0);
    row.configure(quantity("37"), price("0.42"), 1);
    assert_eq!(row.redeem(quantity("37"), 2), Err(PositionError::NotResolved));
    row.resolve(Resolution::Pays(price("1")), 2).unwrap();
    row.resolve(Resolution::Pays(price("0.5")), 3).unwrap();
    assert_eq!((row.lifecycle().as_str(), row.settled_mark()), ("resolved", Some(price("0.5"))));
    row.touch(quantity("37"), 4);
    assert_eq!(row.redeem(quantity("37"), 5), Ok(usd("18.5")));
    assert_eq!(row.realized(), usd("2.96"));
    let (resolved_at_ns, redeemed_at_ns, payout) = (3, 5, usd("18.5"));
    assert_eq!(row.lifecycle(), Lifecycle::Redeemed { resolved_at_ns, redeemed_at_ns, payout });
    assert!(row.lifecycle().is_terminal());
    assert_eq!(row.redeem(quantity("37"), 6), Err(PositionError::NotResolved));
    assert_eq!(row.resolve(Resolution::Void, 6), Err(PositionError::Redeemed));
    row.touch(Quantity::ZERO, 7);
    assert_eq!(row.lifecycle().as_str(), "redeemed");
}

#[test]
fn a_void_market_pays_back_what_the_rest_cost() {
    let mut row = Position::asset(1, Price(0), 0);
    row.apply_fill(Quantity::ZERO, fill(Side::Buy, "12", "0.42")).unwrap();
    row.apply_fill(quantity("12"), fill(Side::Sell, "2", "0.50")).unwrap();
    row.resolve(Resolution::Void, 8).unwrap();
    assert_eq!(row.settled_mark(), Some(price("0.42")));
    assert_eq!(row.redeem(quantity("10"), 9), Ok(usd("4.2")));
    assert_eq!(row.realized(), usd("0.16"));
}

#[test]
fn a_number_out_of_range_changes_nothing() {
    let mut row = Position::perpetual(1, 0);
    row.configure(Quantity(i64::MAX), Price(i64::MAX), 0);
    let before = row;
    let more = fill(Side::Buy, "1", "1");
    assert_eq!(row.apply_fill(Quantity(i64::MAX), more), Err(PositionError::Range));
    assert_eq!(row, before);
    let loss =
        Execution { side: Side::Sell, quantity: Quantity(i64::MAX), price: Some(Price(1)), ..more };
    for _ in 0..2 {
        assert!(row.apply_fill(Quantity(i64::MAX), loss).is_ok());
    }
    let before = row;
    assert_eq!(row.apply_fill(Quantity(i64::MAX), loss), Err(PositionError::Range));
    assert_eq!(row, before);
}

#[test]
fn the_hash_sees_every_field() {
    let hash = |row: &Position| {
        let mut hasher = StateHasher::default();
        row.hash_into(&mut hasher);
        hasher.finish()
    };
    let mut rows = vec![Position::asset(1, Price(0), 0), Position::asset(2, Price(0), 0)];
    rows.push(Position::perpetual(1, 0));
    let mut row = Position::asset(1, Price(3), 0);
    rows.push(row);
    row.apply_fill(Quantity::ZERO, fill(Side::Buy, "2", "1")).unwrap();
    rows.push(row);
    row.apply_fill(quantity("2"), fill(Side::Sell, "1", "2")).unwrap();
    rows.push(row);
    row.resolve(Resolution::Pays(price("1")), 7).unwrap();
    rows.push(row);
    row.resolve(Resolution::Void, 7).unwrap();
    rows.push(row);
    row.redeem(quantity("1"), 7).unwrap();
    rows.push(row);
    let mut seen: Vec<u64> = rows.iter().map(hash).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), rows.len());
}
