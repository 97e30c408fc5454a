//! Orders of a live account: what they do is what their venue reports, and nothing else. No
//! simulated venue touches them, whatever the books say.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "tests: values are made where they are used"
)]

#[path = "../support/desk.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod desk;

mod ends;
mod fills;
mod reversals;

use desk::{Desk, MS, limit, px, qty};
use sequence_core::command::{Command, PositionRow, Submit, TextTold};
use sequence_core::engine::{LiveAsk, LiveRequest, Reply};
use sequence_core::ids::{AssetId, AssetKind, OrderId, Side, VenueId};
use sequence_core::number::{Money, Quantity};
use sequence_core::reject::{DoneReason, Refusal, RefusalKind, RejectReason};
use sequence_core::risk::Mode;

pub(crate) const USD: i128 = 1_000_000_000;

/// A live account with 10,000 USD at one venue, beside a sandbox account of the same client.
pub(crate) struct Venue {
    pub(crate) desk: Desk,
    pub(crate) names: Vec<String>,
}

impl Venue {
    pub(crate) fn new(preset: &str) -> Self {
        let mut desk = Desk::new(preset, &[]);
        desk.account = desk.engine.live_account("alice").unwrap();
        desk.seed(AssetKind::Fiat, "USD", 10_000);
        Self { desk, names: Vec::new() }
    }

    pub(crate) fn submit(&mut self, order: Submit<'_>) -> OrderId {
        let id = self.desk.submit(Submit { by: Mode::Live, ..order }).unwrap();
        let asked = self.desk.engine.take_requests();
        let [LiveRequest { client_order_id, ask: LiveAsk::New { .. }, .. }] = &asked[..] else {
            panic!("{asked:?}")
        };
        self.names.push(client_order_id.to_string());
        id
    }

    pub(crate) fn buy(&mut self, size: i64, price: i64) -> OrderId {
        self.submit(limit(Side::Buy, size, price))
    }

    /// The venue tells something of the newest order.
    pub(crate) fn tell(&mut self, told: TextTold<'_>) -> Result<(), Refusal> {
        let name = self.names.last().unwrap().clone();
        self.tell_of(&name, told)
    }

    pub(crate) fn tell_of(&mut self, name: &str, told: TextTold<'_>) -> Result<(), Refusal> {
        let (venue, venue_ns) = (VenueId::parse("kraken").unwrap(), self.desk.now_ns);
        let report = Command::Report { venue, client_order_id: name, venue_ns, told };
        assert_eq!(self.desk.apply(report)?, Reply::Done);
        Ok(())
    }

    /// What the last requests asked for, without their names.
    pub(crate) fn asked(&mut self) -> Vec<LiveAsk> {
        self.desk.engine.take_requests().into_iter().map(|request| request.ask).collect()
    }

    /// Free and reserved money of the account in an asset.
    pub(crate) fn holds(&self, kind: AssetKind, code: &str) -> (Money, Money) {
        let engine = &self.desk.engine;
        let venue = VenueId::parse("kraken").unwrap();
        let asset: AssetId = engine.registry().find_asset(kind, code).unwrap();
        let found = engine.ledger().find(self.desk.account, venue, asset).unwrap();
        let balance = engine.ledger().balance(found);
        (balance.available, balance.reserved)
    }

    pub(crate) fn usd(&self) -> (Money, Money) {
        self.holds(AssetKind::Fiat, "USD")
    }

    /// Hash of every event so far: equal when nothing happened.
    pub(crate) fn events(&self) -> u64 {
        self.desk.engine.log().hash()
    }
}

pub(crate) const ACK: TextTold<'static> = TextTold::Ack { venue_order: "O-1" };

pub(crate) const fn fill(trade: &str, size: i64, price: i64) -> TextTold<'_> {
    TextTold::Fill {
        trade,
        price: px(price),
        quantity: qty(size),
        fee: Money(USD),
        fee_asset: "USD",
        is_maker: true,
    }
}

pub(crate) const fn done(reason: DoneReason, filled: i64) -> TextTold<'static> {
    TextTold::Done { reason, filled: qty(filled) }
}

#[test]
fn an_order_is_what_its_venue_reports_and_no_book_touches_it() {
    for preset in ["instant", "realistic", "adversarial"] {
        let mut venue = Venue::new(preset);
        // It would take 5 at 110 in the sandbox, at once.
        let id = venue.buy(10, 120);
        venue.desk.wait(60_000 * MS);
        venue.desk.book(&[(99, 5)], &[(100, 50)]);
        venue.desk.sold(99, 50);
        assert_eq!(venue.desk.row(id), ("NEW", 10, 0), "{preset}");
        venue.tell(ACK).unwrap();
        venue.desk.book(&[(80, 5)], &[(81, 50)]);
        assert_eq!(venue.desk.row(id), ("ACCEPTED", 10, 0), "{preset}");
        venue.tell(fill("T-1", 4, 110)).unwrap();
        assert_eq!(venue.desk.row(id), ("PARTIAL", 10, 4), "{preset}");
        venue.tell(fill("T-2", 6, 100)).unwrap();
        assert_eq!(venue.desk.row(id), ("FILLED", 10, 10), "{preset}");
        // 4 at 110, 6 at 100, and what the venue took: no schedule of ours.
        assert_eq!(venue.usd(), (Money((10_000 - 440 - 600 - 2) * USD), Money(0)), "{preset}");
        let fill = venue.desk.engine.account_row(venue.desk.account).fills.iter().next().unwrap();
        let fill = venue.desk.engine.fill(*fill);
        assert_eq!((fill.fee, fill.is_maker), (Money(USD), true));
        assert_eq!(fill.evidence.trade().unwrap().id.as_ref(), "T-1");
    }
}

#[test]
fn what_was_told_before_leaves_no_trace() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 100);
    for told in [ACK, fill("T-1", 4, 100), done(DoneReason::CancelledByClient, 4)] {
        venue.tell(told).unwrap();
        let (row, version) = (venue.desk.row(id), venue.desk.order(id).version);
        let (usd, events) = (venue.usd(), venue.events());
        venue.desk.wait(MS);
        venue.tell(told).unwrap();
        venue.tell(ACK).unwrap();
        assert_eq!((venue.desk.row(id), venue.desk.order(id).version), (row, version));
        assert_eq!((venue.usd(), venue.events()), (usd, events), "{told:?}");
    }
    assert_eq!(venue.desk.row(id), ("CANCELLED", 10, 4));
}

#[test]
fn a_report_about_nothing_is_refused() {
    let mut venue = Venue::new("instant");
    let id = venue.buy(10, 100);
    let events = venue.events();
    assert_eq!(venue.tell_of("no such name", ACK).unwrap_err().kind, RefusalKind::NotFound);
    let binance = VenueId::parse("binance").unwrap();
    let name = venue.names[0].clone();
    let report = Command::Report { venue: binance, client_order_id: &name, venue_ns: 0, told: ACK };
    assert_eq!(venue.desk.apply(report).unwrap_err().kind, RefusalKind::NotFound);
    assert_eq!((venue.events(), venue.desk.row(id).0), (events, "NEW"));
}

#[test]
fn the_same_order_has_the_same_name_and_another_one_another() {
    let names = |mut venue: Venue| {
        for graph_id in ["g-1", "g-2"] {
            venue.submit(Submit { graph_id: Some(graph_id), ..limit(Side::Buy, 1, 100) });
        }
        venue.names
    };
    let (first, again) = (names(Venue::new("instant")), names(Venue::new("adversarial")));
    assert_eq!(first, again);
    assert_ne!(first[0], first[1]);
    assert!(first.iter().all(|name| name.len() == 32));
}

#[test]
fn the_two_accounts_of_a_client_share_a_kill_switch_and_nothing_else() {
    let mut venue = Venue::new("instant");
    let (live, sandbox) = (venue.desk.account, venue.desk.engine.account("alice"));
    assert_ne!(live, sandbox);
    venue.desk.account = sandbox;
    let (by, mode) = ("key", Mode::Live);
    venue.desk.apply(Command::EngageSwitch { account: sandbox, mode, by, reason: None }).unwrap();
    venue.desk.account = live;
    let order = Submit { by: Mode::Live, ..limit(Side::Buy, 1, 100) };
    assert_eq!(venue.desk.submit(order).unwrap_err().kind, RefusalKind::Conflict);
    venue.desk.apply(Command::ClearSwitch { account: live, mode }).unwrap();
    venue.buy(1, 100);
    assert_eq!(venue.desk.engine.account_row(sandbox).open.len(), 0);
}

#[test]
fn a_live_account_takes_orders_of_live_keys_and_never_starts_over() {
    let mut venue = Venue::new("instant");
    let account = venue.desk.account;
    let refused = [
        venue.desk.submit(limit(Side::Buy, 1, 100)).unwrap_err(),
        venue.desk.apply(Command::Reset { account, initial: Quantity(1) }).unwrap_err(),
    ];
    assert!(refused.iter().all(|refusal| refusal.kind == RefusalKind::Conflict));
    venue.buy(1, 100);
    let replace = Command::SetPositions { account, rows: &[], replace: true };
    assert_eq!(venue.desk.apply(replace).unwrap_err().kind, RefusalKind::Conflict);
    let mut kept = Desk::new("instant", &[]);
    kept.engine.keep_changes().unwrap();
    assert_eq!(kept.engine.live_account("alice").unwrap_err().kind, RefusalKind::Conflict);
}

/// The same requests and reports once more.
#[test]
fn a_history_of_reports_replays_to_the_same_hashes() {
    let run = || {
        let mut venue = Venue::new("realistic");
        venue.buy(10, 100);
        venue.tell(ACK).unwrap();
        venue.tell(fill("T-1", 3, 100)).unwrap();
        venue.tell(TextTold::Unknown).unwrap();
        venue.tell(done(DoneReason::CancelledByClient, 3)).unwrap();
        let engine = &venue.desk.engine;
        (engine.log().hash(), engine.state_hash(), engine.world_hash())
    };
    assert_eq!(run(), run());
}

/// A position row of whole units.
pub(crate) fn row(kind: AssetKind, symbol: &str, whole: i64) -> PositionRow<'_> {
    let venue = VenueId::parse("kraken").unwrap();
    PositionRow { venue, kind, symbol, quantity: qty(whole), entry: None }
}

pub(crate) const REFUSED: TextTold<'static> = TextTold::Reject {
    reason: RejectReason::InsufficientBalance,
    text: "EOrder:Insufficient funds",
};
