//! Orders that only reduce, while something is on its way: the whole of them travels, and what is
//! open when their venue has them decides.

use sequence_core::engine::view::Value;
use sequence_core::ids::{InstrumentKind, OrderId, Side};
use sequence_core::order::{OrderStatus, TimeInForce};

use crate::lab::{Ask, CENT, Lab, ONE, SECOND, ask};

const ASK: i64 = 10_000 * CENT;
const BID: i64 = 9_990 * CENT;
const TICK: i64 = 10 * CENT;
const NOTHING: (OrderStatus, &str) = (OrderStatus::Rejected, "INVALID_PARAMS");
const CLIPPED: (OrderStatus, &str) = (OrderStatus::Cancelled, "INVALID_PARAMS");
const FILLED: (OrderStatus, &str) = (OrderStatus::Filled, "FILLED");

/// A perpetual at a venue, and the two sides of a book that take whatever comes.
#[derive(Clone, Copy)]
struct Desk {
    venue: &'static str,
    symbol: &'static str,
    /// The side that opens.
    opens: Side,
}

const LONG: Desk = Desk { venue: "hyperliquid", symbol: "BTC-USD-PERP", opens: Side::Buy };
const SHORT: Desk = Desk { opens: Side::Sell, ..LONG };
const BINANCE: Desk = Desk { venue: "binance", symbol: "BTC-USDT-PERP", opens: Side::Buy };
const SIDES: [Desk; 2] = [LONG, SHORT];

impl Desk {
    fn lab(self, seed: u64) -> Lab {
        // With every other seed clients hear of fills later than their venues know of them.
        let mut lab = Lab::seeded(seed, "realistic", |params| {
            params.impact_ppm = 0;
            params.live_hold = seed.is_multiple_of(2);
        });
        lab.market(self.venue, self.symbol, &[(BID, 99 * ONE)], &[(ASK, 99 * ONE)]);
        lab
    }

    fn order(self, side: Side, qty: i64) -> Ask<'static> {
        let limit = if side == Side::Buy { ASK } else { BID };
        let kind = InstrumentKind::Perp;
        let order = ask(self.symbol, side, qty, Some(limit)).on(self.venue);
        Ask { kind, ..order }.tif(TimeInForce::Ioc)
    }

    fn open(self, qty: i64) -> Ask<'static> {
        self.order(self.opens, qty)
    }

    fn exit(self, qty: i64) -> Ask<'static> {
        Ask { reduce_only: true, ..self.order(self.opens.opposite(), qty) }
    }

    /// An exit that rests beyond the market.
    fn waits(self, qty: i64) -> Ask<'static> {
        let away = if self.opens == Side::Buy { ASK + TICK } else { BID - TICK };
        Ask { limit: Some(away), ..self.exit(qty) }.tif(TimeInForce::Gtc)
    }
}

/// What is open at a venue, never below 0 here.
fn open_at(lab: &Lab, venue: &str) -> i128 {
    let rows = lab.engine().positions_view(lab.me, None, None, true);
    let rows = rows.get("positions").unwrap().rows().to_vec();
    let perps = rows.iter().filter(|row| {
        let instrument = row.get("instrument").unwrap();
        instrument.get("kind").and_then(Value::text) == Some("perp")
            && row.get("venue").and_then(Value::text) == Some(venue)
    });
    perps.filter_map(|row| row.get("qty_1e8")?.int()).map(i128::abs).sum()
}

fn ones(count: i64) -> i128 {
    i128::from(count * ONE)
}

#[test]
fn what_opens_before_an_exit_arrives_is_closed_by_it() {
    for (desk, seed) in SIDES.into_iter().flat_map(|desk| (0..20).map(move |seed| (desk, seed))) {
        let mut lab = desk.lab(seed);
        let opens = lab.place(desk.open(2 * ONE));
        let exit = lab.place(desk.exit(5 * ONE));
        assert_eq!(lab.order(exit).status, OrderStatus::New, "it travels, whatever is open now");
        lab.pass(10 * SECOND);
        assert_eq!(lab.ended(opens), FILLED);
        assert_eq!((lab.ended(exit), lab.filled(exit)), (CLIPPED, 2 * ONE), "seed {seed}");
        assert_eq!(open_at(&lab, desk.venue), 0);
    }
}

#[test]
fn an_exit_that_finds_nothing_is_rejected_by_its_venue() {
    for desk in SIDES {
        let mut lab = desk.lab(1);
        let exit = lab.place(desk.exit(ONE));
        assert_eq!(lab.order(exit).status, OrderStatus::New);
        lab.pass(10 * SECOND);
        assert_eq!(lab.ended(exit), NOTHING);
        assert_eq!(lab.engine().ledger().open_reservations(), 0);
    }
}

#[test]
fn a_preview_says_what_a_venue_would_leave_of_an_exit() {
    for desk in SIDES {
        let mut lab = desk.lab(8);
        let told = |lab: &Lab, exit| {
            let seen = lab.preview(exit);
            let fails = seen.get("would_fail").and_then(|row| row.get("code")?.text());
            (seen.get("fillable_qty_1e8").unwrap().int(), fails.map(str::to_owned))
        };
        let refused = (Some(0), Some("INVALID_PARAMS".to_owned()));
        assert_eq!(told(&lab, desk.exit(ONE)), refused);
        lab.place(desk.open(2 * ONE));
        lab.pass(10 * SECOND);
        assert_eq!(told(&lab, desk.exit(5 * ONE)), (Some(ones(2)), None));
        assert_eq!(told(&lab, desk.exit(5 * ONE).tif(TimeInForce::Fok)), refused);
    }
}

#[test]
fn of_several_exits_at_once_later_ones_find_what_earlier_ones_left() {
    for desk in SIDES {
        let mut lab = desk.lab(2);
        lab.place(desk.open(3 * ONE));
        lab.pass(10 * SECOND);
        let exits = [2, 2, 2].map(|qty| lab.place(desk.exit(qty * ONE)));
        lab.pass(10 * SECOND);
        let found = exits.map(|id| (lab.ended(id), lab.filled(id)));
        assert_eq!(found, [(FILLED, 2 * ONE), (CLIPPED, ONE), (NOTHING, 0)]);
        assert_eq!(open_at(&lab, desk.venue), 0);
    }
}

#[test]
fn a_position_that_shrinks_or_turns_before_an_exit_arrives_is_not_closed_twice() {
    for desk in SIDES {
        for (closes, left) in [(2, 1), (3, 0), (5, 0)] {
            let mut lab = desk.lab(3);
            lab.place(desk.open(3 * ONE));
            lab.pass(10 * SECOND);
            lab.place(desk.order(desk.opens.opposite(), closes * ONE));
            let exit = lab.place(desk.exit(3 * ONE));
            lab.pass(10 * SECOND);
            let expected = if left > 0 { CLIPPED } else { NOTHING };
            assert_eq!((lab.ended(exit), lab.filled(exit)), (expected, left * ONE));
            assert_eq!(open_at(&lab, desk.venue), ones((closes - 3).max(0)));
        }
    }
}

#[test]
fn a_fill_or_kill_exit_is_for_what_is_open_when_it_arrives() {
    for desk in SIDES {
        for (grows, end) in [(2, FILLED), (1, NOTHING)] {
            let mut lab = desk.lab(4);
            lab.place(desk.open(3 * ONE));
            lab.pass(10 * SECOND);
            lab.place(desk.open(grows * ONE));
            let exit = lab.place(desk.exit(5 * ONE).tif(TimeInForce::Fok));
            lab.pass(10 * SECOND);
            assert_eq!(lab.ended(exit), end, "{grows}");
            assert_eq!(open_at(&lab, desk.venue), ones(if end == FILLED { 0 } else { 4 }));
        }
    }
}

#[test]
fn binance_counts_the_exits_that_it_has_and_not_those_on_their_way() {
    let mut lab = BINANCE.lab(5);
    lab.place(BINANCE.open(2 * ONE));
    lab.pass(10 * SECOND);
    let exits = [(); 2].map(|()| lab.place(BINANCE.waits(2 * ONE)));
    lab.pass(10 * SECOND);
    assert_eq!(lab.order(exits[0]).status, OrderStatus::Accepted);
    assert_eq!(lab.ended(exits[1]), NOTHING);
    lab.place(BINANCE.open(ONE));
    let more = lab.place(BINANCE.exit(3 * ONE));
    lab.pass(10 * SECOND);
    assert_eq!((lab.ended(more), lab.filled(more)), (CLIPPED, ONE));
}

/// What an order's legs are for, and what was asked of it.
fn sizes(lab: &Lab, id: OrderId) -> (i64, i64) {
    let order = lab.order(id);
    (order.legs.iter().map(|leg| leg.qty.0).sum::<i64>() / ONE, order.qty.0 / ONE)
}

#[test]
fn an_amended_exit_is_for_what_is_open_when_the_change_arrives() {
    for desk in SIDES {
        let mut lab = desk.lab(6);
        lab.place(desk.open(ONE));
        lab.pass(10 * SECOND);
        let exit = lab.place(desk.waits(3 * ONE));
        lab.pass(10 * SECOND);
        assert_eq!(sizes(&lab, exit), (1, 3));
        // Another order makes the position larger while the change travels.
        lab.place(desk.open(ONE));
        assert!(lab.amend(exit, Some(5 * ONE), None));
        lab.pass(10 * SECOND);
        assert_eq!(sizes(&lab, exit), (2, 5));
        assert_eq!(lab.order(exit).status, OrderStatus::Accepted);
        // And one that travels while the exit itself does.
        let exit = lab.place(desk.waits(4 * ONE));
        assert!(lab.amend(exit, Some(6 * ONE), None));
        lab.pass(10 * SECOND);
        assert_eq!(sizes(&lab, exit), (2, 6));
        // Its position is gone when the change arrives: the venue takes it off the book.
        lab.place(desk.order(desk.opens.opposite(), 2 * ONE));
        assert!(lab.amend(exit, Some(2 * ONE), Some(lab.order(exit).limit.unwrap().0)));
        lab.pass(10 * SECOND);
        assert_eq!(lab.ended(exit), NOTHING);
        assert_eq!(open_at(&lab, desk.venue), 0);
    }
}

#[test]
fn an_exit_over_two_venues_goes_where_something_is_open_or_opens() {
    for opens in [Side::Buy, Side::Sell] {
        let [here, there] =
            ["bybit", "okx"].map(|venue| Desk { venue, symbol: "BTC-USDT-PERP", opens });
        let mut lab = here.lab(7);
        lab.market(there.venue, there.symbol, &[(BID, 99 * ONE)], &[(ASK, 99 * ONE)]);
        let anywhere = |qty| here.exit(qty).on("");
        lab.place(here.open(2 * ONE));
        lab.pass(10 * SECOND);
        lab.place(there.open(3 * ONE));
        let exit = lab.place(anywhere(5 * ONE));
        lab.pass(10 * SECOND);
        assert_eq!((lab.ended(exit), lab.filled(exit)), (FILLED, 5 * ONE));
        // More than is open anywhere: what is there is closed, at each venue its own.
        lab.place(here.open(ONE));
        lab.place(there.open(2 * ONE));
        let exit = lab.place(anywhere(9 * ONE));
        lab.pass(10 * SECOND);
        assert_eq!((lab.ended(exit), lab.filled(exit)), (CLIPPED, 3 * ONE));
        // Nothing anywhere.
        let exit = lab.place(anywhere(ONE));
        lab.pass(10 * SECOND);
        assert_eq!(lab.ended(exit), NOTHING);
        // All of it at one venue or nothing.
        lab.place(there.open(2 * ONE));
        let [large, fits] = [3, 2].map(|qty| lab.place(anywhere(qty * ONE).tif(TimeInForce::Fok)));
        lab.pass(10 * SECOND);
        assert_eq!([lab.ended(large), lab.ended(fits)], [NOTHING, FILLED]);
    }
}
