//! One behaviour at the edge each, and the wrong line that it is there to find.

use sequence_core::command::{Command, Settlement, Submit, SubmitGraph};
use sequence_core::engine::{Engine, FeedKind};
use sequence_core::event::EventKind;
use sequence_core::graph::GraphSpec;
use sequence_core::ids::{AccountId, AssetKind, BookSide, FillIx, OrderId, Side, VenueId};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::order::{OrderStatus, TimeInForce};
use sequence_core::reject::{DoneReason, RefusalKind, RejectReason};
use sequence_core::risk::{AccountLimits, GraphRisk, Mode};
use sequence_core::session::Session;
use sequence_core::sim::preset::Params;
use sequence_core::sim::queue_io::FillCause;
use sequence_core::tape::{MarketEvent, flag};

use crate::desk::{Desk, MS, Place, SPOT, SYMBOL, limit, market, px, qty};
use crate::kept::Kept;

/// Wrong lines, and who notices each.
pub(crate) const NOTICED: [(&str, fn()); 23] = [
    ("amend_escapes_the_notional_limit", an_amend_keeps_the_notional_limit),
    ("answers_overtake", answers_of_one_line_come_in_their_order),
    ("daily_loss_one_unit_late", the_days_loss_is_reached_to_the_unit),
    ("delays_of_all_clients_together", each_client_draws_delays_of_its_own),
    ("fingerprint_without_limit", another_limit_is_another_request),
    ("fingerprint_without_metadata", other_metadata_is_another_request),
    ("fingerprint_without_reduce_only", reduce_only_is_another_request),
    ("flicker_forgets_what_was_taken", a_level_that_flickers_is_not_new),
    ("fok_in_part", a_book_that_shrinks_on_the_way_fills_no_part_of_all_or_nothing),
    ("large_print_is_through", a_large_print_at_the_price_is_no_print_through_it),
    ("legs_that_were_not_sent_keep_reservation", roots_that_cannot_all_be_paid_hold_nothing),
    ("live_key_passes_the_sandbox_switch", the_sandbox_switch_stops_live_keys_too),
    ("one_level_more", no_more_levels_are_taken_than_allowed),
    ("order_id_of_any_seq", an_order_has_one_sequence_number),
    ("payout_rounding_is_lost", what_a_payout_rounds_away_is_booked),
    ("restart_clears_switches", a_switch_stays_engaged_over_a_restart),
    ("restart_forgets_cancels", a_cancel_under_way_arrives_after_a_restart),
    ("restart_forgets_horizons", an_order_ends_with_its_horizon_after_a_restart),
    ("restart_repeats_fill_numbers", fills_are_numbered_on_after_a_restart),
    ("restart_stops_funding", funding_goes_on_after_a_restart),
    ("return_repeats_order_ids", orders_are_numbered_on_after_a_return_to_a_copy),
    ("route_ignores_fees_of_sells", a_sale_goes_where_it_brings_most_after_fees),
    ("taker_ignores_prints", what_prints_took_is_not_there),
];

const USD: i128 = 1_000_000_000;
const PERP: Place = Place { venue: "hyperliquid", symbol: "ABC-USD-PERP", whole: 1_000_000_000 };

/// A desk whose rows a store keeps, restarted.
pub(crate) struct Lives {
    pub(crate) desk: Desk,
    kept: Kept,
    preset: &'static str,
    params: Params,
}

impl Lives {
    fn new(preset: &'static str, place: Place) -> Self {
        Self::with(preset, Params::preset(preset).unwrap(), place)
    }

    pub(crate) fn with(preset: &'static str, params: Params, place: Place) -> Self {
        let mut engine = Engine::new(42, preset, params);
        engine.keep_changes().unwrap();
        let mut desk = Desk::on(engine, place);
        let cash = if place.venue == "hyperliquid" { "USDC" } else { "USD" };
        let kind = if cash == "USD" { AssetKind::Fiat } else { AssetKind::Crypto };
        desk.seed(kind, cash, 10_000);
        desk.book(&[(99, 50)], &[(110, 50)]);
        Self { desk, kept: Kept::default(), preset, params }
    }

    /// The same account in a new process, with a book again.
    fn restart(&mut self, bid: i64, ask: i64) {
        self.restart_without_books();
        self.desk.book(&[(bid, 50)], &[(ask, 50)]);
    }

    pub(crate) fn restart_without_books(&mut self) {
        self.kept.take(&mut self.desk.engine);
        let desk = &mut self.desk;
        let mut engine = Engine::new(42, self.preset, self.params);
        engine.restore(&self.kept.rows(), desk.now_ns).unwrap();
        let place = desk.place;
        let venue = VenueId::parse(place.venue).unwrap();
        desk.market = engine.list_market(venue, place.symbol, FeedKind::HandFed).unwrap();
        desk.engine = engine;
    }
}

fn venue(name: &str) -> VenueId {
    VenueId::parse(name).unwrap()
}

fn levels(desk: &mut Desk, changes: &[(BookSide, i64, i64)]) {
    let now = desk.now_ns;
    let level = |(side, price, size): &(BookSide, i64, i64)| {
        MarketEvent::level(*side, px(*price), qty(*size), now, now)
    };
    let mut events: Vec<MarketEvent> = changes.iter().map(level).collect();
    events.last_mut().unwrap().flags |= flag::LAST;
    let market = desk.market;
    desk.apply(Command::Market { market, events: &events }).unwrap();
}

fn ioc(side: Side, size: i64, price: i64) -> Submit<'static> {
    Submit { tif: Some(TimeInForce::Ioc), ..limit(side, size, price) }
}

fn limited(limits: AccountLimits) -> Desk {
    let mut desk = Desk::new("instant", &[]);
    desk.engine.set_limits(limits);
    desk
}

fn is_conflict(desk: &mut Desk, order: Submit<'_>) {
    assert_eq!(desk.submit(order).unwrap_err().kind, RefusalKind::Conflict);
}

#[test]
fn an_order_ends_with_its_horizon_after_a_restart() {
    let mut lives = Lives::new("instant", SPOT);
    let order = Submit { horizon_ms: Some(1_000), ..limit(Side::Buy, 1, 90) };
    let id = lives.desk.submit(order).unwrap();
    lives.restart(99, 110);
    lives.desk.wait(999 * MS);
    assert_eq!(lives.desk.order(id).status, OrderStatus::Accepted);
    lives.desk.wait(MS);
    assert_eq!(lives.desk.order(id).status, OrderStatus::Expired);
}

#[test]
fn fills_are_numbered_on_after_a_restart() {
    let mut lives = Lives::new("instant", SPOT);
    lives.desk.submit(market(Side::Buy, 1)).unwrap();
    lives.restart(99, 110);
    let account = lives.desk.account;
    lives.desk.submit(market(Side::Buy, 1)).unwrap();
    assert!(lives.desk.engine.account_row(account).fills.iter().eq([&FillIx(1)]));
}

/// Two buys at 99; the first changes its total, which takes it behind the second.
fn replaced_in_the_queue(preset: &'static str) -> (Lives, [OrderId; 2]) {
    let mut lives = Lives::new(preset, SPOT);
    let ids = [(); 2].map(|()| lives.desk.buy(1, 99));
    lives.desk.wait(5_000 * MS);
    lives.desk.amend(ids[0], Some(2), None).unwrap();
    lives.desk.wait(5_000 * MS);
    (lives, ids)
}

fn filled(lives: &Lives, ids: [OrderId; 2]) -> [i64; 2] {
    ids.map(|id| lives.desk.row(id).2)
}

#[test]
fn orders_at_one_price_keep_their_order_over_restarts() {
    for preset in ["instant", "realistic"] {
        let (mut lives, ids) = replaced_in_the_queue(preset);
        lives.restart_without_books();
        lives.restart(98, 110);
        lives.desk.sold(99, 1);
        lives.desk.wait(5_000 * MS);
        assert_eq!(filled(&lives, ids), [0, 1], "{preset}");
        lives.desk.sold(99, 1);
        lives.desk.wait(5_000 * MS);
        assert_eq!(filled(&lives, ids), [1, 1], "{preset}");
    }
}

#[test]
fn an_order_of_after_a_restart_stands_behind_those_of_before() {
    let (mut lives, ids) = replaced_in_the_queue("instant");
    lives.restart(98, 110);
    let later = lives.desk.buy(1, 99);
    lives.restart(98, 110);
    lives.desk.sold(99, 3);
    assert_eq!(filled(&lives, ids), [2, 1]);
    assert_eq!(filled(&lives, [later, ids[1]]), [0, 1]);
}

#[test]
fn funding_goes_on_after_a_restart() {
    let mut lives = Lives::new("instant", PERP);
    let rate = Command::SetFundingRate {
        venue: venue("hyperliquid"),
        symbol: PERP.symbol,
        rate_1e9: 1_000_000,
    };
    lives.desk.apply(rate).unwrap();
    lives.desk.submit(Submit { symbol: PERP.symbol, ..market(Side::Buy, 1) }).unwrap();
    lives.restart(99, 110);
    let seen = lives.desk.engine.log().last_seq();
    lives.desk.wait(3_600_000 * MS);
    let paid =
        |event: &sequence_core::event::Event| matches!(event.kind, EventKind::FundingPaid { .. });
    assert_eq!(lives.desk.engine.log().since(seen).filter(|event| paid(event)).count(), 1);
}

#[test]
fn a_switch_stays_engaged_over_a_restart() {
    let mut lives = Lives::new("instant", SPOT);
    let (account, mode) = (lives.desk.account, Mode::Sandbox);
    lives.desk.apply(Command::EngageSwitch { account, mode, by: "key", reason: None }).unwrap();
    lives.restart(99, 110);
    is_conflict(&mut lives.desk, limit(Side::Buy, 1, 90));
}

#[test]
fn a_cancel_under_way_arrives_after_a_restart() {
    let mut lives = Lives::new("realistic", SPOT);
    let id = lives.desk.buy(1, 90);
    lives.desk.wait(5_000 * MS);
    assert_eq!(lives.desk.order(id).status, OrderStatus::Accepted);
    lives.desk.cancel(id).unwrap();
    assert_eq!(lives.desk.order(id).status, OrderStatus::Accepted, "it is under way");
    lives.restart(99, 110);
    lives.desk.wait(5_000 * MS);
    assert_eq!(lives.desk.order(id).status, OrderStatus::Cancelled);
}

#[test]
fn orders_are_numbered_on_after_a_return_to_a_copy() {
    let mut session = Session::new(Desk::new("instant", &[]).engine);
    let now = session.engine.now_ns();
    let submit = |session: &mut Session| {
        let order = limit(Side::Buy, 1, 90);
        session.engine.apply(Command::Submit { account: AccountId(0), order }, now).unwrap();
        *session.engine.account_row(AccountId(0)).orders.last().unwrap()
    };
    submit(&mut session);
    let copy = session.fork().unwrap();
    assert_eq!(submit(&mut session), OrderId(1));
    session.return_to(copy, now);
    assert_eq!(submit(&mut session), OrderId(2));
}

#[test]
fn another_limit_is_another_request() {
    let mut desk = Desk::new("instant", &[]);
    let named = |price| Submit { graph_id: Some("g"), ..limit(Side::Buy, 1, price) };
    desk.submit(named(90)).unwrap();
    desk.submit(named(90)).unwrap();
    is_conflict(&mut desk, named(91));
}

#[test]
fn other_metadata_is_another_request() {
    let mut desk = Desk::new("instant", &[]);
    let named = |metadata| Submit { graph_id: Some("g"), metadata, ..limit(Side::Buy, 1, 90) };
    desk.submit(named(r#"{"tag":"one"}"#)).unwrap();
    is_conflict(&mut desk, named(r#"{"tag":"other"}"#));
}

#[test]
fn reduce_only_is_another_request() {
    let mut desk = Desk::at(PERP, "instant", &[]);
    desk.seed(AssetKind::Crypto, "USDC", 10_000);
    desk.book(&[(99, 50)], &[(110, 50)]);
    desk.submit(Submit { symbol: PERP.symbol, ..market(Side::Buy, 1) }).unwrap();
    let named = |reduce_only| Submit {
        symbol: PERP.symbol,
        graph_id: Some("g"),
        reduce_only,
        ..limit(Side::Sell, 1, 120)
    };
    desk.submit(named(true)).unwrap();
    is_conflict(&mut desk, named(false));
}

#[test]
fn the_sandbox_switch_stops_live_keys_too() {
    for mode in [Mode::Sandbox, Mode::Live] {
        let mut desk = Desk::new("instant", &[]);
        let account = desk.account;
        desk.apply(Command::EngageSwitch { account, mode, by: "key", reason: None }).unwrap();
        is_conflict(&mut desk, Submit { by: Mode::Live, ..limit(Side::Buy, 1, 90) });
    }
}

#[test]
fn an_amend_keeps_the_notional_limit() {
    let max_order_notional = Some(Money(500 * USD));
    let mut desk = limited(AccountLimits { max_order_notional, ..AccountLimits::default() });
    let id = desk.buy(5, 99);
    assert!(desk.amend(id, Some(6), None).is_err(), "594 USD");
    assert!(desk.amend(id, None, Some(101)).is_err(), "505 USD");
    desk.amend(id, None, Some(100)).unwrap();
}

#[test]
fn the_days_loss_is_reached_to_the_unit() {
    // A book of 98 to 100 values ten units 10 USD lower than one of 99 to 101.
    for (most, reached) in [(10 * USD, true), (10 * USD + 1, false)] {
        let daily_loss = Some(Money(most));
        let mut desk = limited(AccountLimits { daily_loss, ..AccountLimits::default() });
        desk.book(&[(99, 50)], &[(101, 50)]);
        desk.seed(AssetKind::Crypto, "ABC", 10);
        desk.buy(1, 90);
        desk.book(&[(98, 50)], &[(100, 50)]);
        let id = desk.buy(1, 90);
        let wanted = reached.then_some(RejectReason::DailyLossLimit);
        assert_eq!(desk.order(id).reject, wanted, "a limit of {most}");
    }
}

#[test]
fn what_a_payout_rounds_away_is_booked() {
    const EVENT: Place = Place { venue: "kalshi", symbol: "KXTEST-B", whole: 10_000_000 };
    let mut desk = Desk::at(EVENT, "instant", &[]);
    let account = desk.account;
    let row = |symbol| sequence_core::command::PositionRow {
        venue: venue("kalshi"),
        kind: AssetKind::EventContract,
        symbol,
        quantity: Quantity(1_234_567),
        entry: None,
    };
    let rows = [row("KXTEST-B:YES"), row("KXTEST-B:NO")];
    desk.apply(Command::SetPositions { account, rows: &rows, replace: false }).unwrap();
    let outcome = Settlement::Value(Price(333_333_333));
    desk.apply(Command::Settle { venue: venue("kalshi"), market_slug: "KXTEST-B", outcome })
        .unwrap();
    let cash = |(_, asset): &(_, &sequence_core::registry::Asset)| &*asset.code == "USD";
    let (usd, _) = desk.engine.registry().assets().find(cash).unwrap();
    assert_eq!(desk.engine.ledger().contra(usd).rounding, Money(1));
}

#[test]
fn no_more_levels_are_taken_than_allowed() {
    let mut desk = Desk::new("instant", &[("walk.max_levels", "2")]);
    desk.book(&[(99, 5)], &[(100, 1), (101, 1), (102, 1)]);
    let id = desk.submit(market(Side::Buy, 3)).unwrap();
    assert_eq!(desk.row(id), ("CANCELLED", 3, 2));
    assert_eq!(desk.order(id).done, Some(DoneReason::MaxLevels));
}

#[test]
fn what_prints_took_is_not_there() {
    let mut desk = Desk::new("instant", &[]);
    desk.book(&[(99, 5)], &[(100, 5)]);
    desk.print(BookSide::Ask, 100, 3);
    let id = desk.submit(ioc(Side::Buy, 5, 100)).unwrap();
    assert_eq!(desk.row(id), ("CANCELLED", 5, 2));
}

#[test]
fn a_book_that_shrinks_on_the_way_fills_no_part_of_all_or_nothing() {
    let mut desk = Desk::new("realistic", &[]);
    desk.book(&[(99, 5)], &[(100, 1), (101, 2)]);
    let whole = Submit { tif: Some(TimeInForce::Fok), ..limit(Side::Buy, 3, 101) };
    let id = desk.submit(whole).unwrap();
    desk.book(&[(99, 5)], &[(100, 1)]);
    desk.wait(1_000 * MS);
    assert_eq!(desk.row(id), ("REJECTED", 3, 0));
}

#[test]
fn a_level_that_flickers_is_not_new() {
    for (ghost, filled) in [("true", 0), ("false", 1)] {
        let mut desk = Desk::new("instant", &[("overlay.ghost", ghost)]);
        desk.book(&[(99, 5)], &[(100, 1)]);
        desk.submit(ioc(Side::Buy, 1, 100)).unwrap();
        levels(&mut desk, &[(BookSide::Ask, 100, 0)]);
        levels(&mut desk, &[(BookSide::Ask, 100, 1)]);
        let id = desk.submit(ioc(Side::Buy, 1, 100)).unwrap();
        assert_eq!(desk.row(id).2, filled, "ghost {ghost}");
    }
}

#[test]
fn a_large_print_at_the_price_is_no_print_through_it() {
    let mut desk = Desk::new("instant", &[]);
    desk.book(&[(99, 5)], &[(110, 5)]);
    desk.buy(1, 99);
    desk.sold(99, 50);
    let fills = &desk.engine.account_row(desk.account).fills;
    let causes: Vec<_> = fills.iter().map(|id| desk.engine.fill(*id).cause).collect();
    assert_eq!(causes, [FillCause::Queue]);
}

#[test]
fn a_sale_goes_where_it_brings_most_after_fees() {
    // 100 less 40 basis points is 99.60 at kraken; 99.80 less 10 is 99.70 at binance.
    let mut desk = Desk::new("instant", &[]);
    let account = desk.account;
    let at = venue("binance");
    let other = desk.engine.list_market(at, SYMBOL, FeedKind::HandFed).unwrap();
    let row = |venue| sequence_core::command::PositionRow {
        venue,
        kind: AssetKind::Crypto,
        symbol: "ABC",
        quantity: qty(10),
        entry: None,
    };
    let rows = [row(at), row(venue("kraken"))];
    desk.apply(Command::SetPositions { account, rows: &rows, replace: false }).unwrap();
    desk.book(&[(100, 5)], &[(110, 5)]);
    let kraken = std::mem::replace(&mut desk.market, other);
    levels_of_a_snapshot(&mut desk, Price(99_800_000_000), px(110));
    let id = desk.submit(market(Side::Sell, 1)).unwrap();
    let legs: Vec<_> = desk.order(id).legs.iter().map(|leg| leg.market).collect();
    assert_eq!(legs, [other], "kraken is {kraken:?}");
}

fn levels_of_a_snapshot(desk: &mut Desk, bid: Price, ask: Price) {
    use sequence_core::tape::EventKind;
    let now = desk.now_ns;
    let mut events = [
        MarketEvent::new(EventKind::SnapshotBegin, now, now),
        MarketEvent::level(BookSide::Bid, bid, qty(5), now, now),
        MarketEvent::level(BookSide::Ask, ask, qty(5), now, now),
        MarketEvent::new(EventKind::SnapshotEnd, now, now),
    ];
    events[3].flags |= flag::LAST;
    let market = desk.market;
    desk.apply(Command::Market { market, events: &events }).unwrap();
}

#[test]
fn an_order_has_one_sequence_number() {
    let mut desk = Desk::new("instant", &[]);
    let order = Submit { graph_id: Some("g"), ..limit(Side::Buy, 1, 90) };
    let id = desk.submit(order).unwrap();
    let name = desk.engine.node_order_id(desk.order(id));
    let (head, seq) = name.rsplit_once(':').unwrap();
    assert!(desk.engine.find_order(desk.account, &name).is_ok());
    for other in ["0", "2", "01", "x", ""] {
        assert_ne!(other, seq);
        assert!(desk.engine.find_order(desk.account, &format!("{head}:{other}")).is_err());
    }
}

/// When each of some orders was acknowledged, ns; they are sent a millisecond apart.
fn acknowledged(desk: &mut Desk, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    let mut seen = vec![0; count];
    while seen.contains(&0) {
        if ids.len() < count {
            ids.push(desk.buy(1, 80));
        }
        desk.wait(MS);
        for (at, id) in ids.iter().enumerate() {
            if seen[at] == 0 && desk.order(*id).status == OrderStatus::Accepted {
                seen[at] = desk.now_ns;
            }
        }
    }
    seen
}

#[test]
fn answers_of_one_line_come_in_their_order() {
    let mut desk = Desk::new("realistic", &[]);
    let seen = acknowledged(&mut desk, 60);
    assert!(seen.is_sorted(), "{seen:?}");
}

#[test]
fn each_client_draws_delays_of_its_own() {
    let mut desk = Desk::new("realistic", &[]);
    let other = desk.engine.account("bob");
    desk.apply(Command::Reset { account: other, initial: qty(1_000_000) }).unwrap();
    let sent = |desk: &Desk, id| {
        let legs = &desk.order(id).legs;
        assert_eq!(legs.len(), 1);
        (legs[0].market == desk.market, desk.engine.venue_leg(id, 0).transit.entry_ns)
    };
    let order = || Submit { venue: Some(venue("kraken")), ..limit(Side::Buy, 1, 80) };
    let mut delays = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        for (at, account) in [desk.account, other].into_iter().enumerate() {
            desk.apply(Command::Submit { account, order: order() }).unwrap();
            let id = *desk.engine.account_row(account).orders.last().unwrap();
            delays[at].push(sent(&desk, id));
        }
    }
    assert_ne!(delays[0], delays[1]);
}

#[test]
fn roots_that_cannot_all_be_paid_hold_nothing() {
    let mut desk = Desk::new("instant", &[]);
    let root = |name| {
        format!(
            r#"{{"node_id":"{name}","instrument":{{"symbol":"{SYMBOL}","venue":"kraken"}},
            "side":"buy","order_type":{{"limit":{{"price_1e9":90000000000}}}},
            "quantity":{{"fixed":{{"qty_1e8":6000000000}}}}}}"#
        )
    };
    let text = format!(r#"{{"nodes":[{},{}],"edges":[]}}"#, root("a"), root("b"));
    let spec = GraphSpec::parse(&text).unwrap();
    let (spec, risk, by) = (&spec, GraphRisk::default(), Mode::Sandbox);
    let graph = SubmitGraph { spec, graph_id: None, metadata: "{}", wallet: None, risk, by };
    desk.apply(Command::SubmitGraph { account: desk.account, graph }).unwrap();
    // All of the money is free again.
    let id = desk.buy(100, 99);
    assert_eq!(desk.order(id).status, OrderStatus::Accepted);
}
