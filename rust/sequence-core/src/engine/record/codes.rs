//! Closed sets as texts in cells.

use super::cell::{Cell, FromCell};
use crate::engine::{FillCause, GraphStatus, NodeStatus};
use crate::ids::{AssetKind, BookSide, InstrumentKind, Outcome, Side, VenueId};
use crate::market::MarketStatus;
use crate::order::{AtVenue, LegState, OrderStatus, Policy, TimeInForce, Urgency};
use crate::reject::{DoneReason, RejectReason};
use crate::risk::{FailureAction, Mode};
use crate::sim::fees::FeeRounding;
use crate::venue::TermsOrigin;

macro_rules! wire_codes {
    ($($name:ty),+ $(,)?) => {
        $(impl From<$name> for Cell {
            fn from(value: $name) -> Self {
                Self::Name(value.as_str())
            }
        }

        impl FromCell for $name {
            fn from_cell(cell: &Cell) -> Option<Self> {
                <$name>::parse(cell.as_text()?)
            }
        })+
    };
}

wire_codes!(
    AssetKind,
    OrderStatus,
    TimeInForce,
    Policy,
    Urgency,
    RejectReason,
    DoneReason,
    FillCause,
    MarketStatus,
    Mode,
    FailureAction,
    FeeRounding,
    GraphStatus,
    NodeStatus,
);

macro_rules! codes {
    ($name:ty { $($variant:ident = $text:literal),+ $(,)? }) => {
        impl From<$name> for Cell {
            fn from(value: $name) -> Self {
                Self::Name(match value { $(<$name>::$variant => $text),+ })
            }
        }

        impl FromCell for $name {
            fn from_cell(cell: &Cell) -> Option<Self> {
                match cell.as_text()? { $($text => Some(<$name>::$variant),)+ _ => None }
            }
        }
    };
}

codes!(Side { Buy = "buy", Sell = "sell" });
codes!(BookSide { Bid = "bid", Ask = "ask" });
codes!(Outcome { Yes = "YES", No = "NO" });
codes!(InstrumentKind { Spot = "spot", Perp = "perp", Prediction = "prediction" });
codes!(TermsOrigin {
    Caller = "caller", Venue = "venue", Rule = "rule", Learnt = "learnt", Default = "default",
});
codes!(LegState { InFlight = "in_flight", Working = "working", Done = "done" });
codes!(AtVenue {
    Travelling = "travelling", Delayed = "delayed", Waiting = "waiting", Resting = "resting", Chasing = "chasing", Held = "held",
    Done = "done",
});

impl From<VenueId> for Cell {
    fn from(value: VenueId) -> Self {
        Self::Name(value.as_str())
    }
}

impl FromCell for VenueId {
    fn from_cell(cell: &Cell) -> Option<Self> {
        Self::parse(cell.as_text()?).ok()
    }
}
