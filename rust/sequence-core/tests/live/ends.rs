//! How live orders end and change: cancels, rejects, expiries, amends and silence.

use sequence_core::command::{Submit, TextTold};
use sequence_core::engine::LiveAsk;
use sequence_core::ids::Side;
use sequence_core::number::Money;
use sequence_core::reject::{DoneReason, RefusalKind, RejectReason};

use super::desk::{MS, limit, px, qty};
use super::{ACK, REFUSED, USD, Venue, done, fill};

#[test]
fn a_cancel_is_asked_for_and_the_venue_says_what_became_of_it() {
    let mut venue = Venue::new("instant");
    let id = venue.buy(10, 100);
    venue.tell(ACK).unwrap();
    venue.desk.cancel(id).unwrap();
    assert_eq!(venue.asked(), [LiveAsk::Cancel]);
    assert_eq!(venue.desk.row(id), ("ACCEPTED", 10, 0), "its venue has not answered");
    venue.tell(fill("T-1", 4, 100)).unwrap();
    venue.tell(done(DoneReason::CancelledByClient, 4)).unwrap();
    assert_eq!(venue.desk.row(id), ("CANCELLED", 10, 4));
    assert_eq!(venue.desk.order(id).done, Some(DoneReason::CancelledByClient));
    assert_eq!(venue.usd(), (Money((10_000 - 400 - 1) * USD), Money(0)));
}

#[test]
fn a_fill_of_the_whole_beats_a_cancel() {
    let mut venue = Venue::new("instant");
    let id = venue.buy(10, 100);
    venue.tell(ACK).unwrap();
    venue.desk.cancel(id).unwrap();
    venue.tell(fill("T-1", 10, 100)).unwrap();
    venue.tell(done(DoneReason::Filled, 10)).unwrap();
    assert_eq!(venue.desk.row(id), ("FILLED", 10, 10));
    assert_eq!(venue.desk.order(id).done, Some(DoneReason::Filled));
}

#[test]
fn a_venue_rejects_in_its_own_words() {
    for acked in [false, true] {
        let mut venue = Venue::new("realistic");
        let id = venue.buy(10, 100);
        if acked {
            venue.tell(ACK).unwrap();
        }
        venue.tell(REFUSED).unwrap();
        venue.tell(REFUSED).unwrap();
        let order = venue.desk.order(id);
        assert_eq!(venue.desk.row(id), ("REJECTED", 10, 0));
        assert_eq!(order.reject, Some(RejectReason::InsufficientBalance));
        assert_eq!(order.message.as_deref(), Some("EOrder:Insufficient funds"));
        assert_eq!(venue.usd(), (Money(10_000 * USD), Money(0)));
        let late = venue.tell(fill("T-1", 1, 100)).unwrap_err();
        assert_eq!(late.kind, RefusalKind::Conflict);
    }
}

#[test]
fn only_the_venue_says_that_time_is_over() {
    let mut venue = Venue::new("realistic");
    let horizon_ms = Some(50);
    let id = venue.submit(Submit { horizon_ms, ..limit(Side::Buy, 10, 100) });
    venue.tell(ACK).unwrap();
    venue.desk.wait(60 * MS);
    assert_eq!(venue.asked(), [LiveAsk::Cancel]);
    assert_eq!(venue.desk.row(id).0, "ACCEPTED");
    venue.tell(fill("T-1", 1, 100)).unwrap();
    venue.tell(done(DoneReason::CancelledByClient, 1)).unwrap();
    assert_eq!(venue.desk.row(id), ("EXPIRED", 10, 1));
}

#[test]
fn an_amend_is_in_force_when_the_venue_says_so() {
    for preset in ["instant", "realistic"] {
        let mut venue = Venue::new(preset);
        let id = venue.buy(10, 90);
        venue.tell(ACK).unwrap();
        venue.desk.amend(id, Some(12), Some(95)).unwrap();
        assert_eq!(venue.asked(), [LiveAsk::Amend { qty: qty(12), bound: px(95) }]);
        // A fill in the old form, while the change travels.
        venue.tell(fill("T-1", 2, 90)).unwrap();
        assert_eq!(venue.desk.order(id).limit, Some(px(90)), "{preset}");
        let other = TextTold::Amended { qty: qty(13), price: Some(px(95)) };
        assert_eq!(venue.tell(other).unwrap_err().kind, RefusalKind::Conflict);
        venue.tell(TextTold::Amended { qty: qty(12), price: Some(px(95)) }).unwrap();
        assert_eq!(
            (venue.desk.row(id), venue.desk.order(id).limit),
            (("PARTIAL", 12, 2), Some(px(95)))
        );
        venue.tell(fill("T-2", 10, 95)).unwrap();
        assert_eq!(venue.desk.row(id), ("FILLED", 12, 12), "{preset}");
    }
}

#[test]
fn an_amend_that_is_refused_leaves_the_order_as_it_was() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 90);
    venue.tell(ACK).unwrap();
    let reserved = venue.usd();
    venue.desk.amend(id, Some(20), Some(95)).unwrap();
    assert_ne!(venue.usd(), reserved, "both forms are paid for");
    venue.tell(TextTold::AmendRefused).unwrap();
    let events = venue.events();
    venue.tell(TextTold::AmendRefused).unwrap();
    assert_eq!(
        (venue.desk.row(id), venue.desk.order(id).limit),
        (("ACCEPTED", 10, 0), Some(px(90)))
    );
    assert_eq!((venue.usd(), venue.events()), (reserved, events));
}

#[test]
fn silence_changes_nothing_but_a_note() {
    let mut venue = Venue::new("realistic");
    let id = venue.buy(10, 100);
    let (row, usd, events) = (venue.desk.row(id), venue.usd(), venue.events());
    venue.tell(TextTold::Unknown).unwrap();
    assert_eq!((venue.desk.row(id), venue.usd()), (row, usd));
    assert_ne!(venue.events(), events);
    venue.tell(ACK).unwrap();
    venue.tell(done(DoneReason::Halted, 0)).unwrap();
    assert_eq!(venue.desk.row(id).0, "CANCELLED");
    assert_eq!(venue.desk.order(id).done, Some(DoneReason::Halted));
}
