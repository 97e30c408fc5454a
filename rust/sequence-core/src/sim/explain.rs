//! Why a resting order has not been filled: one reason at a time, with its numbers.

use crate::ids::BookSide;
use crate::number::{Price, Quantity};
use crate::reject::text_enum;
use crate::sim::queue::{QueueBook, better};
use crate::sim::resting::{PassedBy, Resting};
use crate::sim::view::LevelView;

text_enum!(
    /// Reasons in order of precedence; the first three belong to the engine.
    NotFilledReason {
        /// Not arrived yet, or held back with the feed.
        InFlight = "IN_FLIGHT",
        /// The venue's taker delay is running.
        TakerDelay = "TAKER_DELAY",
        /// The market's book is not fit to fill on.
        WaitingBook = "WAITING_BOOK",
        /// A decrease is held and may be a trade.
        Pairing = "PAIRING",
        /// Better prices of others stand before it.
        NotAtTouch = "NOT_AT_TOUCH",
        /// At the touch, with size ahead.
        QueueAhead = "QUEUE_AHEAD",
        /// Prints came, but own orders ahead used them up.
        BudgetUsed = "BUDGET_USED",
        /// Evidence was below the fill quantum.
        LotTooSmall = "LOT_TOO_SMALL",
        /// Prints came inside the spread with an unknown aggressor.
        UnresolvedPrint = "UNRESOLVED_PRINT",
        /// First in the queue, no print since.
        NoPrint = "NO_PRINT",
    }
);

/// The queue's part of the answer to "why is my order not filled?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFilled {
    /// The one reason.
    pub reason: NotFilledReason,
    /// Time of the last change of place or state, in ns.
    pub since_ns: i64,
    /// Size ahead now.
    pub ahead_now: Quantity,
    /// Size ahead at entry.
    pub ahead_entry: Quantity,
    /// Size ahead in the optimistic reading.
    pub ahead_low: Quantity,
    /// Size ahead in the adversarial reading.
    pub ahead_high: Quantity,
    /// Size the optimistic reading has filled.
    pub filled_low: Quantity,
    /// Size the adversarial reading has filled.
    pub filled_high: Quantity,
    /// Open own quantity before it at its price.
    pub own_ahead: Quantity,
    /// Price steps between the order and the best price of others; 0 at the touch.
    pub distance_ticks: i64,
    /// Size printed at the level since entry.
    pub prints_at_level: Quantity,
    /// Size printed through the level since entry.
    pub prints_through: Quantity,
    /// Part of the size ahead that cancels took.
    pub cancels_ahead: Quantity,
    /// When something will happen by itself, in ns.
    pub next_wake_ns: Option<i64>,
}

impl QueueBook {
    /// Why an order is not filled at `now_ns`. `best` is the best price of others on its side,
    /// `tick` the price step there. `None` when the order does not rest here.
    pub fn explain(
        &self,
        side: BookSide,
        price: Price,
        order: u64,
        best: Option<Price>,
        tick: Price,
        now_ns: i64,
    ) -> Option<NotFilled> {
        let mut view = std::borrow::Cow::Borrowed(self.level(side, price)?);
        if view.record().next_deadline().is_some_and(|due| due <= now_ns) {
            // What was held is a cancel by now; the queue itself notices at its next event.
            view.to_mut().settle(now_ns, &self.params().rules);
        }
        let (at, own) = view.own().find(order)?;
        let own_ahead = view.own_ahead(at);
        let distance = best
            .filter(|best| better(side, *best, price))
            .map_or(0, |best| (best.0 - price.0).abs() / tick.0.max(1));
        Some(NotFilled {
            reason: reason(&view, own, own_ahead, distance),
            since_ns: own.since_ns,
            ahead_now: Quantity(own.ahead),
            ahead_entry: Quantity(own.entry_ahead),
            ahead_low: Quantity(own.low.ahead),
            ahead_high: Quantity(own.high.ahead),
            filled_low: Quantity(own.low.filled),
            filled_high: Quantity(own.high.filled),
            own_ahead: Quantity(own_ahead),
            distance_ticks: distance,
            prints_at_level: Quantity(own.prints_at_level),
            prints_through: Quantity(own.prints_through),
            cancels_ahead: Quantity(own.cancels_ahead),
            next_wake_ns: view.record().next_deadline(),
        })
    }
}

fn reason(view: &LevelView, own: &Resting, own_ahead: i64, distance: i64) -> NotFilledReason {
    if view.record().held() > 0 {
        return NotFilledReason::Pairing;
    }
    if distance > 0 {
        return NotFilledReason::NotAtTouch;
    }
    if own.ahead > 0 || own_ahead > 0 {
        return NotFilledReason::QueueAhead;
    }
    match own.passed_by {
        PassedBy::BudgetUsed => NotFilledReason::BudgetUsed,
        PassedBy::TooSmall => NotFilledReason::LotTooSmall,
        PassedBy::Unresolved => NotFilledReason::UnresolvedPrint,
        PassedBy::NoPrint => NotFilledReason::NoPrint,
    }
}
