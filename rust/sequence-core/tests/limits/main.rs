//! Limits of the account and of a graph: which ones refuse, which ones reject, and until when.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../support/desk.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod desk;

use desk::{Desk, MS, limit, market, px, qty};
use sequence_core::command::{Command, PositionRow, Submit};
use sequence_core::ids::{AssetKind, Side, VenueId};
use sequence_core::number::{Money, Price};
use sequence_core::reject::{RefusalKind, RejectReason};
use sequence_core::risk::{AccountLimits, GraphRisk, Mode, VenueSet};

const USD: i128 = 1_000_000_000;

fn limited(limits: AccountLimits) -> Desk {
    let mut desk = Desk::new("instant", &[]);
    desk.engine.set_limits(limits);
    desk
}

/// Ten units of what the desk trades, bought at a price that nobody traded at.
fn written_by_hand(desk: &mut Desk, entry: Price) {
    let row = PositionRow {
        venue: VenueId::parse("kraken").unwrap(),
        kind: AssetKind::Crypto,
        symbol: "ABC",
        quantity: qty(10),
        entry: Some(entry),
    };
    let account = desk.account;
    desk.apply(Command::SetPositions { account, rows: &[row], replace: false }).unwrap();
}

fn reason(desk: &Desk, order: sequence_core::ids::OrderId) -> Option<RejectReason> {
    desk.order(order).reject
}

#[test]
fn orders_above_the_notional_limit_are_refused() {
    let most = Some(Money(500 * USD));
    let mut desk = limited(AccountLimits { max_order_notional: most, ..AccountLimits::default() });
    desk.buy(5, 100);
    let refused = desk.submit(limit(Side::Buy, 6, 100)).unwrap_err();
    assert_eq!(
        (refused.kind, &*refused.field),
        (RefusalKind::Validation, "max_order_notional_1e9")
    );
    assert_eq!(desk.submit(market(Side::Buy, 5)).unwrap_err().kind, RefusalKind::Validation);
}

#[test]
fn more_open_orders_than_allowed_are_refused() {
    let mut desk = limited(AccountLimits { max_open_orders: Some(2), ..AccountLimits::default() });
    let first = desk.buy(1, 90);
    desk.buy(1, 90);
    let refused = desk.submit(limit(Side::Buy, 1, 90)).unwrap_err();
    assert!(refused.message.contains("more than 2 open orders"));
    desk.cancel(first).unwrap();
    desk.buy(1, 90);
}

#[test]
fn a_refused_order_does_not_count_for_the_rate() {
    let mut desk = limited(AccountLimits { max_order_rate: Some(2), ..AccountLimits::default() });
    let bad = || Submit { symbol: "NOPE-USD", ..limit(Side::Buy, 1, 90) };
    for _ in 0..5 {
        assert_eq!(desk.submit(bad()).unwrap_err().kind, RefusalKind::Validation);
    }
    desk.buy(1, 90);
    desk.buy(1, 90);
    assert_eq!(desk.submit(limit(Side::Buy, 1, 90)).unwrap_err().kind, RefusalKind::RateLimited);
    desk.wait(999 * MS);
    assert!(desk.submit(limit(Side::Buy, 1, 90)).is_err());
    desk.wait(MS);
    desk.buy(1, 90);
}

#[test]
fn the_position_limit_counts_open_orders_and_lets_positions_shrink() {
    let mut desk =
        limited(AccountLimits { max_position: Some(qty(3)), ..AccountLimits::default() });
    let held = desk.submit(market(Side::Buy, 2)).unwrap();
    assert_eq!(reason(&desk, held), None);
    desk.buy(1, 90);
    let over = desk.buy(1, 90);
    assert_eq!(reason(&desk, over), Some(RejectReason::PositionLimit));
    let sale = desk.submit(market(Side::Sell, 2)).unwrap();
    assert_eq!(reason(&desk, sale), None);
}

#[test]
fn the_position_limit_counts_an_amend_on_its_way() {
    let mut desk = Desk::new("realistic", &[]);
    desk.engine
        .set_limits(AccountLimits { max_position: Some(qty(3)), ..AccountLimits::default() });
    let growing = desk.buy(1, 90);
    desk.wait(5_000 * MS);
    desk.amend(growing, Some(3), None).unwrap();
    let over = desk.buy(1, 90);
    assert_eq!(reason(&desk, over), Some(RejectReason::PositionLimit));
    desk.wait(5_000 * MS);
    desk.amend(growing, Some(2), None).unwrap();
    let early = desk.buy(1, 90);
    assert_eq!(reason(&desk, early), Some(RejectReason::PositionLimit), "it may be too late");
    desk.wait(5_000 * MS);
    let fits = desk.buy(1, 90);
    assert_eq!(reason(&desk, fits), None);
}

#[test]
fn a_days_loss_stops_orders_until_midnight_utc() {
    let most = Some(Money(20 * USD));
    let mut desk = limited(AccountLimits { daily_loss: most, ..AccountLimits::default() });
    desk.submit(market(Side::Buy, 5)).unwrap();
    assert_eq!(desk.engine.daily_pnl(desk.account).unwrap().0.signum(), -1, "spread and fees");
    desk.book(&[(104, 5)], &[(106, 5)]);
    let rejected = desk.buy(1, 90);
    assert_eq!(reason(&desk, rejected), Some(RejectReason::DailyLossLimit));
    desk.book(&[(120, 5)], &[(122, 5)]);
    let still = desk.buy(1, 90);
    assert_eq!(reason(&desk, still), Some(RejectReason::DailyLossLimit), "it holds for the day");
    desk.wait(86_400_000 * MS);
    desk.book(&[(120, 5)], &[(122, 5)]);
    let next_day = desk.buy(1, 90);
    assert_eq!(reason(&desk, next_day), None);
}

#[test]
fn a_loss_that_a_mark_showed_stands_although_it_recovered() {
    for side in [Side::Buy, Side::Sell] {
        let most = Some(Money(50 * USD));
        let mut desk = limited(AccountLimits { daily_loss: most, ..AccountLimits::default() });
        // It is lost on the way down, before any order looks.
        written_by_hand(&mut desk, px(100));
        desk.submit(market(side, 1)).unwrap();
        desk.book(&[(90, 5)], &[(92, 5)]);
        desk.book(&[(100, 5)], &[(102, 5)]);
        let rejected = desk.buy(1, 90);
        assert_eq!(reason(&desk, rejected), Some(RejectReason::DailyLossLimit), "{side:?}");
    }
}

#[test]
fn a_position_written_by_hand_is_no_loss() {
    let most = Some(Money(USD));
    let mut desk = limited(AccountLimits { daily_loss: most, ..AccountLimits::default() });
    desk.buy(1, 90);
    written_by_hand(&mut desk, px(5_000));
    assert_eq!(desk.engine.daily_pnl(desk.account), Some(Money(0)));
    let order = desk.buy(1, 90);
    assert_eq!(reason(&desk, order), None);
}

#[test]
fn a_position_written_by_hand_can_lose_before_the_first_order() {
    let most = Some(Money(50 * USD));
    let mut desk = limited(AccountLimits { daily_loss: most, ..AccountLimits::default() });
    written_by_hand(&mut desk, px(100));
    desk.book(&[(90, 5)], &[(92, 5)]);
    desk.book(&[(100, 5)], &[(102, 5)]);
    let order = desk.buy(1, 90);
    assert_eq!(reason(&desk, order), Some(RejectReason::DailyLossLimit));
}

#[test]
fn a_days_loss_stops_amends_but_pure_decreases() {
    let most = Some(Money(20 * USD));
    let mut desk = limited(AccountLimits { daily_loss: most, ..AccountLimits::default() });
    let resting = desk.buy(4, 90);
    desk.submit(market(Side::Buy, 5)).unwrap();
    desk.book(&[(94, 5)], &[(96, 5)]);
    for (total, price) in [(Some(5), None), (None, Some(96)), (None, Some(89)), (Some(3), Some(91))]
    {
        let refused = desk.amend(resting, total, price).unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Conflict);
        assert!(refused.message.contains("DAILY_LOSS_LIMIT"), "{}", refused.message);
    }
    desk.amend(resting, Some(3), None).unwrap();
    assert_eq!(desk.order(resting).qty, qty(3));
}

#[test]
fn the_profit_of_the_day_is_told_without_a_limit() {
    let mut desk = limited(AccountLimits::default());
    desk.submit(market(Side::Buy, 5)).unwrap();
    let paid = desk.engine.daily_pnl(desk.account).unwrap();
    assert!(paid.0 < 0, "spread and fees");
    desk.book(&[(104, 5)], &[(106, 5)]);
    let gained = desk.engine.daily_pnl(desk.account).unwrap();
    assert!(gained.0 > paid.0);
    desk.wait(86_400_000 * MS);
    assert_eq!(desk.engine.daily_pnl(desk.account), Some(Money(0)), "a new day");
}

fn with(change: impl FnOnce(&mut GraphRisk)) -> GraphRisk {
    let mut risk = GraphRisk::default();
    change(&mut risk);
    risk
}

#[test]
fn admission_risk_refuses() {
    let mut desk = Desk::new("instant", &[]);
    let most = Some(Money(500 * USD));
    let okx = VenueSet::of([VenueId::parse("okx").unwrap()]);
    for (risk, field) in [
        (with(|risk| risk.admission.max_notional = most), "risk.admission.max_notional_usd"),
        (
            with(|risk| risk.admission.max_order_notional = most),
            "risk.admission.max_order_notional_usd",
        ),
        (with(|risk| risk.admission.allowed_venues = okx), "risk.admission.allowed_venues"),
    ] {
        let refused = desk.submit(Submit { risk, ..limit(Side::Buy, 6, 100) }).unwrap_err();
        assert_eq!((refused.kind, &*refused.field), (RefusalKind::Validation, field));
    }
}

#[test]
fn pre_trade_risk_rejects() {
    let mut desk = Desk::new("instant", &[]);
    for (risk, expected) in [
        (
            with(|risk| risk.pre_trade.max_order_notional = Some(Money(500 * USD))),
            RejectReason::Risk,
        ),
        (with(|risk| risk.pre_trade.max_spread_bps = Some(100)), RejectReason::Risk),
        (with(|risk| risk.pre_trade.max_position = Some(qty(5))), RejectReason::PositionLimit),
        (
            with(|risk| risk.pre_trade.max_price_deviation_bps = Some(10)),
            RejectReason::PriceDeviation,
        ),
    ] {
        let order = desk.submit(Submit { risk, ..limit(Side::Buy, 6, 111) }).unwrap();
        assert_eq!(reason(&desk, order), Some(expected), "{risk:?}");
    }
    desk.wait(10 * MS);
    let risk = with(|risk| risk.pre_trade.max_quote_age_ms = Some(5));
    let order = desk.submit(Submit { risk, ..limit(Side::Buy, 1, 100) }).unwrap();
    assert_eq!(reason(&desk, order), Some(RejectReason::StaleVenue));
}

#[test]
fn a_live_keys_sandbox_order_is_stopped_by_either_switch() {
    let mut desk = Desk::new("instant", &[]);
    let account = desk.account;
    let engage = Command::EngageSwitch { account, mode: Mode::Live, by: "key_1", reason: None };
    desk.apply(engage).unwrap();
    desk.buy(1, 90);
    let live = Submit { by: Mode::Live, ..limit(Side::Buy, 1, 90) };
    let refused = desk.submit(live).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Conflict);
    assert!(refused.message.contains("kill switch"));
}

#[test]
fn engaging_again_keeps_the_first_time_and_clearing_twice_is_clearing_once() {
    let mut desk = Desk::new("instant", &[]);
    let (account, mode) = (desk.account, Mode::Sandbox);
    let engage = |by, reason| Command::EngageSwitch { account, mode, by, reason };
    desk.apply(engage("key_1", Some("first"))).unwrap();
    let first = desk.engine.kill_switch(account, mode).clone();
    desk.wait(MS);
    desk.apply(engage("key_2", None)).unwrap();
    let second = desk.engine.kill_switch(account, mode).clone();
    assert_eq!(second.engaged_at_ns, first.engaged_at_ns);
    assert_eq!(second.engaged_by, first.engaged_by);
    assert_eq!(second.reason, None);
    desk.apply(Command::ClearSwitch { account, mode }).unwrap();
    let cleared = desk.engine.kill_switch(account, mode).clone();
    desk.wait(MS);
    desk.apply(Command::ClearSwitch { account, mode }).unwrap();
    assert_eq!(*desk.engine.kill_switch(account, mode), cleared);
}
