//! The worked example of a limit buy filled in parts, to the last unit.

use sequence_core::ids::{AccountId, AssetId, VenueId};
use sequence_core::ledger::{Balance, Contra, Ledger, LedgerError};
use sequence_core::number::{Money, Price, Quantity, div_ceil, exact_notional};

fn usd(text: &str) -> Money {
    Money::parse(text).unwrap()
}

/// `⌈(exact + L·rem)/10⁸⌉ + ⌈(exact + L·rem)·bps/10¹²⌉`: the dearest the order can become.
fn bound(exact: i128, limit: Price, rest: Quantity, bps: i128) -> i128 {
    let dearest = exact + exact_notional(limit, rest);
    div_ceil(dearest, 100_000_000) + div_ceil(dearest * bps, 1_000_000_000_000)
}

#[test]
fn partial_fills_release_the_price_improvement_and_nothing_else() {
    let mut ledger = Ledger::new();
    let cash = ledger.open(AccountId(0), VenueId(3), AssetId(0));
    ledger.set_total(cash, usd("100000")).unwrap();
    let limit = Price::parse("60000.10").unwrap();
    let mut rest = Quantity::parse("1.5").unwrap();
    let mut exact = 0;
    let order = ledger.reserve(cash, Money(bound(0, limit, rest, 10))).unwrap();
    assert_eq!(ledger.reserved(order), Ok(usd("90090.15015")));

    let mut charged = Money::ZERO;
    let mut fees = Money::ZERO;
    for (quantity, price, charge, fee, reserved, released) in [
        ("0.4", "59990.05", "23996.02", "23.99602", "66066.11011", "4.02402"),
        (
            "0.33333333",
            "60000.099999999",
            "20000.033133333",
            "20.000033134",
            "46046.076943533",
            "0",
        ),
    ] {
        let quantity = Quantity::parse(quantity).unwrap();
        exact += exact_notional(Price::parse(price).unwrap(), quantity);
        rest = rest.checked_sub(quantity).unwrap();
        let charge_now = Money(Money::from_exact_ceil(exact).0 - charged.0);
        let fee_now = Money(div_ceil(exact * 10, 1_000_000_000_000) - fees.0);
        assert_eq!((charge_now, fee_now), (usd(charge), usd(fee)));
        charged = Money(charged.0 + charge_now.0);
        fees = Money(fees.0 + fee_now.0);
        let keep = Money(bound(exact, limit, rest, 10) - charged.0 - fees.0);
        assert_eq!(ledger.settle(order, charge_now, fee_now, keep), Ok(usd(released)));
        assert_eq!(ledger.reserved(order), Ok(usd(reserved)));
        assert_eq!(ledger.check(), []);
    }
    assert_eq!(ledger.release(order), Ok(usd("46046.076943533")));
    assert_eq!(ledger.release(order), Err(LedgerError::Ended));
    let available = Money(usd("100000").0 - charged.0 - fees.0);
    assert_eq!(ledger.balance(cash), Balance { available, reserved: Money::ZERO });
    assert_eq!(ledger.contra(AssetId(0)).fees, fees);
    assert_eq!(ledger.contra(AssetId(0)).venue, charged);
}

#[test]
fn a_balance_is_found_again_and_accounts_do_not_see_each_other() {
    let mut ledger = Ledger::new();
    let (mine, other) = (AccountId(4), AccountId(5));
    let late = ledger.open(mine, VenueId(9), AssetId(0));
    let early = ledger.open(mine, VenueId(2), AssetId(7));
    ledger.open(other, VenueId(0), AssetId(1));
    assert_eq!(ledger.open(mine, VenueId(9), AssetId(0)), late);
    assert_eq!(ledger.find(mine, VenueId(2), AssetId(7)), Some(early));
    assert_eq!(ledger.find(other, VenueId(2), AssetId(7)), None);
    let listed: Vec<_> = ledger.balances(mine).map(|(id, _, _)| id).collect();
    assert_eq!(listed, [early, late]);
    assert_eq!(ledger.key(late).map(|key| (key.account, key.venue)), Some((mine, VenueId(9))));
}

#[test]
fn an_id_of_another_ledger_is_refused() {
    let mut ledger = Ledger::new();
    let mut other = Ledger::new();
    let id = other.open(AccountId(0), VenueId(0), AssetId(0));
    other.set_total(id, Money(5)).unwrap();
    let reservation = other.reserve(id, Money(5)).unwrap();
    assert_eq!(ledger.set_total(id, Money(1)), Err(LedgerError::Unknown));
    assert_eq!(ledger.reserve(id, Money(1)), Err(LedgerError::Unknown));
    assert_eq!(ledger.release(reservation), Err(LedgerError::Ended));
    assert_eq!(ledger.round_off(AssetId(0), Money(1)), Err(LedgerError::Unknown));
    assert_eq!((ledger.balance(id), ledger.key(id)), (Balance::default(), None));
}

#[test]
fn a_loss_beyond_the_cash_is_taken_over_by_the_insurance() {
    let mut ledger = Ledger::new();
    let cash = ledger.open(AccountId(0), VenueId(7), AssetId(0));
    ledger.set_total(cash, usd("100")).unwrap();
    let short = LedgerError::Insufficient { available: usd("100"), needed: usd("131") };
    assert_eq!(ledger.book(cash, usd("-130"), usd("1")), Err(short));
    ledger.post(cash, Contra::Insurance, usd("31")).unwrap();
    ledger.book(cash, usd("-130"), usd("1")).unwrap();
    assert_eq!(ledger.balance(cash), Balance::default());
    assert_eq!(ledger.contra(AssetId(0)).insurance, usd("-31"));
    assert_eq!(ledger.check(), []);
}

#[test]
fn the_hash_sees_every_amount_and_not_the_order_of_opening() {
    let hash = |ledger: &Ledger| {
        let mut hasher = sequence_core::hash::StateHasher::default();
        ledger.hash_into(&mut hasher);
        hasher.finish()
    };
    let keys = [(AccountId(0), AssetId(0)), (AccountId(1), AssetId(1))];
    let build = |order: [usize; 2]| {
        let mut ledger = Ledger::new();
        for at in order {
            let id = ledger.open(keys[at].0, VenueId(0), keys[at].1);
            ledger.set_total(id, Money(7)).unwrap();
        }
        ledger
    };
    let (mut one, two) = (build([0, 1]), build([1, 0]));
    assert_eq!(hash(&one), hash(&two));
    one.open(AccountId(2), VenueId(0), AssetId(5));
    assert_eq!(hash(&one), hash(&two));
    let id = one.find(AccountId(0), VenueId(0), AssetId(0)).unwrap();
    let held = one.reserve(id, Money(1)).unwrap();
    assert_ne!(hash(&one), hash(&two));
    one.release(held).unwrap();
    assert_eq!(hash(&one), hash(&two));
    one.round_off(AssetId(1), Money(1)).unwrap();
    assert_ne!(hash(&one), hash(&two));
}
