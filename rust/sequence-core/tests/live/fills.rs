//! What a real venue's fills do: before the acknowledgement, after the end, with fees of its own.

use sequence_core::command::{Command, TextTold};
use sequence_core::ids::{AssetKind, Side};
use sequence_core::number::Money;
use sequence_core::reject::{DoneReason, RefusalKind};

use super::desk::{limit, px, qty};
use super::{ACK, USD, Venue, done, fill, row};

#[test]
fn a_fill_says_that_the_venue_has_the_order() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 100);
    venue.tell(fill("T-1", 4, 99)).unwrap();
    assert_eq!(venue.desk.row(id), ("PARTIAL", 10, 4));
    venue.tell(ACK).unwrap();
    assert_eq!(venue.desk.row(id), ("PARTIAL", 10, 4));
}

#[test]
fn an_end_waits_for_the_fills_before_it() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 100);
    venue.tell(ACK).unwrap();
    venue.tell(done(DoneReason::CancelledByClient, 7)).unwrap();
    assert_eq!(venue.desk.row(id), ("ACCEPTED", 10, 0));
    venue.tell(fill("T-2", 3, 100)).unwrap();
    assert_eq!(venue.desk.row(id), ("PARTIAL", 10, 3));
    venue.tell(fill("T-1", 4, 100)).unwrap();
    assert_eq!(venue.desk.row(id), ("CANCELLED", 10, 7));
    assert_eq!(venue.usd(), (Money((10_000 - 700 - 2) * USD), Money(0)));
}

#[test]
fn a_late_fill_opens_the_sums_and_not_the_status() {
    for (size, left) in [(2, 8), (10, 0)] {
        let mut venue = Venue::new("realistic");
        let id = venue.buy(10, 100);
        venue.tell(ACK).unwrap();
        venue.tell(done(DoneReason::CancelledByClient, 0)).unwrap();
        assert_eq!(venue.usd(), (Money(10_000 * USD), Money(0)));
        let version = venue.desk.order(id).version;
        venue.tell(fill("T-9", size, 100)).unwrap();
        assert_eq!(venue.desk.row(id), ("CANCELLED", 10, 10 - left));
        assert!(venue.desk.order(id).version > version, "whoever follows the order hears of it");
        let spent = i128::from(size) * 100 + 1;
        assert_eq!(venue.usd(), (Money((10_000 - spent) * USD), Money(0)));
        let held = venue.holds(AssetKind::Crypto, "ABC").0;
        assert_eq!(held, qty(size).to_money());
    }
}

#[test]
fn the_fee_is_the_venues_and_may_be_above_what_was_reserved_or_in_another_asset() {
    let mut venue = Venue::new("realistic");
    let account = venue.desk.account;
    let rows = [row(AssetKind::Crypto, "KFEE", 50)];
    venue.desk.apply(Command::SetPositions { account, rows: &rows, replace: false }).unwrap();
    let id = venue.buy(3, 100);
    let taken = |trade, fee, fee_asset| TextTold::Fill {
        trade,
        price: px(100),
        quantity: qty(1),
        fee: Money(fee),
        fee_asset,
        is_maker: false,
    };
    venue.tell(taken("T-1", 40 * USD, "USD")).unwrap();
    assert_eq!(venue.usd().0.0 + venue.usd().1.0, (10_000 - 140) * USD);
    venue.tell(taken("T-2", 7 * USD, "KFEE")).unwrap();
    assert_eq!(venue.holds(AssetKind::Crypto, "KFEE").0, Money(43 * USD));
    venue.tell(taken("T-3", -2 * USD, "USD")).unwrap();
    assert_eq!(venue.desk.row(id), ("FILLED", 3, 3));
    assert_eq!(venue.usd(), (Money((10_000 - 300 - 40 + 2) * USD), Money(0)));
    let unknown = taken("T-4", USD, "NOSUCH");
    assert_eq!(venue.tell(unknown).unwrap_err().field, "fee_asset");
}

#[test]
fn a_sale_brings_what_the_venue_says() {
    let mut venue = Venue::new("realistic");
    venue.desk.seed(AssetKind::Crypto, "ABC", 10);
    let id = venue.submit(limit(Side::Sell, 4, 100));
    venue.tell(fill("T-1", 4, 105)).unwrap();
    assert_eq!(venue.desk.row(id), ("FILLED", 4, 4));
    assert_eq!(venue.usd(), (Money((10_000 + 420 - 1) * USD), Money(0)));
    assert_eq!(venue.holds(AssetKind::Crypto, "ABC"), (qty(6).to_money(), Money(0)));
}

#[test]
fn a_fill_that_contradicts_is_refused_and_changes_nothing() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 100);
    venue.tell(ACK).unwrap();
    venue.tell(fill("T-1", 8, 100)).unwrap();
    let events = venue.events();
    for told in [
        fill("T-2", 3, 100),
        fill("T-3", 1, 20_000),
        done(DoneReason::CancelledByClient, 7),
        super::REFUSED,
    ] {
        assert_eq!(venue.tell(told).unwrap_err().kind, RefusalKind::Conflict, "{told:?}");
        assert_eq!(venue.events(), events, "{told:?}");
    }
    assert_eq!(venue.tell(fill("T-4", 0, 100)).unwrap_err().field, "quantity");
    // What was refused was not told: it can be told again once it fits.
    venue.tell(fill("T-2", 2, 100)).unwrap();
    assert_eq!(venue.desk.row(id), ("FILLED", 10, 10));
}
