//! A real venue takes fills back: what it gave goes, what it took comes. What had ended stays so.

use sequence_core::command::{Command, TextTold};
use sequence_core::ids::{AssetKind, FillIx, Side};
use sequence_core::number::Money;
use sequence_core::reject::{DoneReason, RefusalKind};

use super::desk::{Desk, Place, limit, market, qty};
use super::{ACK, REFUSED, Submit, USD, Venue, done, fill, row};

const fn reversed(trade: &str) -> TextTold<'_> {
    TextTold::Reversed { trade }
}

/// The fills of the account, oldest first: quantity, and whether it was taken back.
fn fills(venue: &Venue) -> Vec<(i64, bool)> {
    let engine = &venue.desk.engine;
    let row = |ix: &FillIx| (engine.fill(*ix).quantity.0 / 100_000_000, engine.fill(*ix).reversed);
    engine.account_row(venue.desk.account).fills.iter().map(row).collect()
}

#[test]
fn a_purchase_that_is_taken_back_is_as_if_it_had_not_been() {
    for preset in ["instant", "realistic"] {
        let mut venue = Venue::new(preset);
        let id = venue.buy(10, 100);
        venue.tell(ACK).unwrap();
        let before = (venue.usd(), venue.holds(AssetKind::Fiat, "USD"));
        venue.tell(fill("T-1", 4, 99)).unwrap();
        let version = venue.desk.order(id).version;
        venue.tell(reversed("T-1")).unwrap();
        assert_eq!((venue.usd(), venue.holds(AssetKind::Fiat, "USD")), before, "{preset}");
        assert_eq!(venue.holds(AssetKind::Crypto, "ABC").0, Money(0));
        assert_eq!(venue.desk.row(id), ("ACCEPTED", 10, 0));
        assert_eq!(venue.desk.order(id).legs[0].status.as_str(), "ACCEPTED");
        let order = venue.desk.order(id);
        assert_eq!((order.exact, order.notional_usd), (0, Some(Money(0))));
        assert_eq!(order.fees_usd, Some(Money(0)));
        assert!(order.version > version, "whoever follows the order hears of it");
        assert_eq!(fills(&venue), [(4, true)]);
        // What may trade again trades: it is held for.
        venue.tell(fill("T-2", 10, 100)).unwrap();
        assert_eq!(venue.desk.row(id), ("FILLED", 10, 10), "{preset}");
        assert_eq!(fills(&venue), [(4, true), (10, false)]);
    }
}

#[test]
fn an_open_order_is_partial_only_while_something_of_it_is_filled() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 100);
    venue.tell(fill("T-1", 4, 99)).unwrap();
    venue.tell(fill("T-2", 2, 99)).unwrap();
    venue.tell(reversed("T-1")).unwrap();
    assert_eq!(venue.desk.row(id), ("PARTIAL", 10, 2));
    venue.tell(reversed("T-2")).unwrap();
    assert_eq!(venue.desk.row(id), ("ACCEPTED", 10, 0));
    venue.tell(fill("T-3", 1, 99)).unwrap();
    assert_eq!(venue.desk.row(id), ("PARTIAL", 10, 1));
    venue.tell(reversed("T-3")).unwrap();
    // Nothing of it traded: its venue may still refuse it.
    venue.tell(REFUSED).unwrap();
    assert_eq!(venue.desk.row(id), ("REJECTED", 10, 0));
    assert_eq!(venue.usd(), (Money(10_000 * USD), Money(0)));
}

#[test]
fn an_order_that_holds_what_goes_back_is_named_and_ends_first() {
    let mut venue = Venue::new("realistic");
    venue.buy(4, 100);
    venue.tell(fill("T-1", 4, 100)).unwrap();
    let bought = venue.names[0].clone();
    let sale = venue.submit(Submit { graph_id: Some("exit"), ..limit(Side::Sell, 3, 120) });
    venue.tell(ACK).unwrap();
    let before = (venue.events(), venue.holds(AssetKind::Crypto, "ABC"), venue.usd());
    let held = venue.tell_of(&bought, reversed("T-1")).unwrap_err();
    assert_eq!(held.kind, RefusalKind::Conflict);
    assert!(held.message.contains("graph:exit:"), "{}", held.message);
    assert_eq!((venue.events(), venue.holds(AssetKind::Crypto, "ABC"), venue.usd()), before);
    let (account, id) = (venue.desk.account, "exit");
    venue.desk.apply(Command::CancelOrder { account, id }).unwrap();
    // Asked for is not gone: it may still sell.
    assert!(venue.tell_of(&bought, reversed("T-1")).is_err());
    venue.tell(done(DoneReason::CancelledByClient, 0)).unwrap();
    assert_eq!(venue.desk.row(sale).0, "CANCELLED");
    venue.tell_of(&bought, reversed("T-1")).unwrap();
    assert_eq!(venue.usd(), (Money(10_000 * USD), Money(0)));
    assert_eq!(venue.holds(AssetKind::Crypto, "ABC"), (Money(0), Money(0)));
}

#[test]
fn cash_of_a_sale_that_another_order_holds_goes_back_when_that_has_ended() {
    let mut venue = Venue::new("instant");
    venue.desk.seed(AssetKind::Crypto, "ABC", 4);
    venue.submit(limit(Side::Sell, 4, 100));
    venue.tell(fill("T-1", 4, 100)).unwrap();
    let sold = venue.names[0].clone();
    venue.submit(Submit { graph_id: Some("entry"), ..limit(Side::Buy, 103, 100) });
    let held = venue.tell_of(&sold, reversed("T-1")).unwrap_err();
    assert!(held.message.contains("graph:entry:"), "{}", held.message);
    venue.tell(REFUSED).unwrap();
    venue.tell_of(&sold, reversed("T-1")).unwrap();
    assert_eq!(venue.holds(AssetKind::Crypto, "ABC"), (qty(4).to_money(), Money(0)));
}

#[test]
fn a_sale_that_is_taken_back_brings_its_units_again() {
    let mut venue = Venue::new("realistic");
    venue.desk.seed(AssetKind::Crypto, "ABC", 10);
    let id = venue.submit(limit(Side::Sell, 4, 100));
    venue.tell(fill("T-1", 3, 105)).unwrap();
    venue.tell(reversed("T-1")).unwrap();
    assert_eq!(venue.usd(), (Money(10_000 * USD), Money(0)));
    let held = (qty(6).to_money(), qty(4).to_money());
    assert_eq!(venue.holds(AssetKind::Crypto, "ABC"), held, "the open order holds all of it again");
    assert_eq!(venue.desk.row(id), ("ACCEPTED", 4, 0));
    venue.tell(done(DoneReason::CancelledByClient, 0)).unwrap();
    assert_eq!(venue.holds(AssetKind::Crypto, "ABC"), (qty(10).to_money(), Money(0)));
}

#[test]
fn what_had_ended_stays_ended_with_less_filled() {
    for (told, word) in [(None, "FILLED"), (Some(done(DoneReason::Halted, 4)), "CANCELLED")] {
        let mut venue = Venue::new("realistic");
        let size = if told.is_some() { 10 } else { 4 };
        let id = venue.buy(size, 100);
        venue.tell(fill("T-1", 1, 100)).unwrap();
        venue.tell(fill("T-2", 3, 100)).unwrap();
        if let Some(told) = told {
            venue.tell(told).unwrap();
        }
        assert_eq!(venue.desk.row(id), (word, size, 4));
        venue.tell(reversed("T-2")).unwrap();
        assert_eq!(venue.desk.row(id), (word, size, 1));
        assert_eq!(venue.usd(), (Money((10_000 - 100 - 1) * USD), Money(0)));
        // What it told before is no news, now as then.
        let events = venue.events();
        if let Some(told) = told {
            venue.tell(told).unwrap();
        }
        venue.tell(fill("T-2", 3, 100)).unwrap();
        venue.tell(reversed("T-2")).unwrap();
        assert_eq!((venue.events(), venue.desk.row(id)), (events, (word, size, 1)));
    }
}

#[test]
fn a_fee_in_another_asset_comes_back_in_it() {
    let mut venue = Venue::new("realistic");
    let account = venue.desk.account;
    let rows = [row(AssetKind::Crypto, "KFEE", 50)];
    venue.desk.apply(Command::SetPositions { account, rows: &rows, replace: false }).unwrap();
    venue.buy(1, 100);
    let TextTold::Fill { trade, price, quantity, is_maker, .. } = fill("T-1", 1, 100) else {
        unreachable!()
    };
    let (fee, fee_asset) = (Money(7 * USD), "KFEE");
    venue.tell(TextTold::Fill { trade, price, quantity, fee, fee_asset, is_maker }).unwrap();
    assert_eq!(venue.holds(AssetKind::Crypto, "KFEE").0, Money(43 * USD));
    venue.tell(reversed("T-1")).unwrap();
    assert_eq!(venue.holds(AssetKind::Crypto, "KFEE").0, Money(50 * USD));
    assert_eq!(venue.usd(), (Money(10_000 * USD), Money(0)));
}

#[test]
fn what_is_not_there_to_be_taken_back_is_a_question() {
    let mut venue = Venue::new("instant");
    let id = venue.buy(4, 100);
    let never = venue.tell(reversed("T-1")).unwrap_err();
    assert_eq!(never.kind, RefusalKind::NotFound);
    venue.tell(fill("T-1", 4, 100)).unwrap();
    let bought = venue.names[0].clone();
    // Three of the four are sold on.
    venue.submit(limit(Side::Sell, 3, 100));
    venue.tell(fill("T-2", 3, 100)).unwrap();
    let events = venue.events();
    let gone = venue.tell_of(&bought, reversed("T-1")).unwrap_err();
    assert_eq!(gone.kind, RefusalKind::Conflict);
    // A trade of one order is none of another.
    let other = venue.tell_of(&bought, reversed("T-2")).unwrap_err();
    assert_eq!((other.kind, venue.events()), (RefusalKind::NotFound, events));
    venue.desk.seed(AssetKind::Crypto, "ABC", 4);
    venue.tell_of(&bought, reversed("T-1")).unwrap();
    assert_eq!(venue.desk.row(id), ("FILLED", 4, 0));
    assert_eq!(venue.holds(AssetKind::Crypto, "ABC"), (Money(0), Money(0)));
}

#[test]
fn profit_is_the_same_sum_as_without_the_trade() {
    let mut venue = Venue::new("instant");
    venue.buy(10, 100);
    venue.tell(fill("T-1", 4, 90)).unwrap();
    let alone = venue.desk.engine.daily_pnl(venue.desk.account);
    venue.tell(fill("T-2", 6, 100)).unwrap();
    venue.tell(reversed("T-2")).unwrap();
    assert_eq!(venue.desk.engine.daily_pnl(venue.desk.account), alone);
}

#[test]
fn a_perpetual_is_refused_before_it_leaves_a_trace() {
    let perp = Place { symbol: "BTC-USD-PERP", ..super::desk::SPOT };
    let mut desk = Desk::at(perp, "instant", &[]);
    desk.account = desk.engine.live_account("alice").unwrap();
    let order = super::Submit {
        symbol: perp.symbol,
        kind_hint: sequence_core::ids::InstrumentKind::Perp,
        by: super::Mode::Live,
        ..market(Side::Buy, 1)
    };
    let refused = desk.submit(super::Submit { limit: Some(super::px(100)), ..order }).unwrap_err();
    assert_eq!((refused.kind, &*refused.field), (RefusalKind::Validation, "symbol"));
}
