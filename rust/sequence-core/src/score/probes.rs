//! Probes: orders of no size that keep a place in a queue and disturb nobody, with the two ways in
//! which the market reaches them.

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::sim::queue::{Print, QueueBook, better};

/// Moves a queue by a print on the side that was hit. `filled` is told every probe it would have
/// filled, which then leaves: at its price whatever nothing is left before, and all at better ones.
pub fn print(
    book: &mut QueueBook,
    (hit, price, quantity): (BookSide, Price, Quantity),
    now_ns: i64,
    mut filled: impl FnMut(u64),
) {
    let mut gone = Vec::new();
    for (at, view) in book.levels(hit) {
        let through = better(hit, at, price);
        if !through && at != price {
            break;
        }
        let reached = view.own().iter().filter(|own| through || view.before(own) < quantity.0);
        gone.extend(reached.map(|own| (at, own.order)));
    }
    for (at, key) in gone {
        book.remove(hit, at, key);
        filled(key);
    }
    let print = Print { hit: Some(hit), price, quantity, external: quantity };
    book.on_print(print, now_ns, &mut Vec::new());
}

/// Takes the probes out that a quote appearing on `side` crosses, and tells `filled`.
pub fn cross(book: &mut QueueBook, (side, price): (BookSide, Price), mut filled: impl FnMut(u64)) {
    let own = match side {
        BookSide::Bid => BookSide::Ask,
        BookSide::Ask => BookSide::Bid,
    };
    let mut gone = Vec::new();
    for (at, view) in book.levels(own) {
        if better(own, price, at) {
            break;
        }
        gone.extend(view.own().iter().map(|own| (at, own.order)));
    }
    for (at, key) in gone {
        book.remove(own, at, key);
        filled(key);
    }
}
