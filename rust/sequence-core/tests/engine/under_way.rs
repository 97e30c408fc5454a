//! Messages on their way when a process ends.

use sequence_core::sim::preset::Params;

use crate::desk::{MS, SPOT, qty};
use crate::edges::Lives;

#[test]
fn a_cancel_of_what_its_venue_filled_has_as_far_to_go_whatever_was_ordered_since() {
    let mut params = Params::preset("realistic").unwrap();
    params.live_hold = false;
    let mut lives = Lives::with("realistic", params, SPOT);
    // It is cancelled, and filled before the cancel comes; its client knows of neither.
    let id = lives.desk.buy(1, 110);
    lives.desk.cancel(id).unwrap();
    while lives.desk.engine.venue_leg(id, 0).matched != qty(1) {
        lives.desk.wait(MS / 10);
    }
    assert_eq!(lives.desk.order(id).filled, qty(0));
    let way = |lives: &Lives| lives.desk.engine.venue_leg(id, 0).leaving.clone();
    let before = way(&lives).unwrap();
    for _ in 0..20 {
        lives.desk.buy(1, 50);
    }
    lives.restart_without_books();
    assert_eq!(way(&lives).unwrap(), before);
}
