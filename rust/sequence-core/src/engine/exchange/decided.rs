//! What tests decided that a venue does with an order, whatever the market has.

use crate::engine::Fate;
use crate::engine::floor::Floor;
use crate::engine::seam::{LegEnd, LegRef};
use crate::ids::OrderId;
use crate::number::Quantity;
use crate::order::TimeInForce;
use crate::reject::DoneReason;
use crate::sim::walk::{LevelTaken, Stop};

impl Floor<'_> {
    /// How a leg ends at once, where that was decided.
    pub(super) fn decided_end(&self, id: OrderId) -> Option<LegEnd> {
        match self.asked.fate(id)? {
            Fate::Cancel => Some(LegEnd::Cancelled(DoneReason::Halted)),
            Fate::Expire => Some(LegEnd::Expired),
            Fate::Reject(_) | Fate::Partial => None,
        }
    }

    /// Leaves of a walk what fills half of a leg at most, where that was decided; why it stops.
    pub(super) fn halved(&self, (id, at): LegRef, takes: &mut Vec<LevelTaken>, stop: Stop) -> Stop {
        if self.asked.fate(id) != Some(Fate::Partial) {
            return stop;
        }
        let Some(leg) = self.asked.leg((id, at)) else { return stop };
        if self.asked.terms(id).tif() == TimeInForce::Fok {
            // It is whole or nothing, whoever asks for less.
            return stop;
        }
        let lot = self.registry.market(leg.market()).grid.order_lot().0.max(1);
        let most = leg.qty().0 / 2 / lot * lot;
        let mut left = (most - self.exchange.leg((id, at)).matched.0).max(0);
        for take in takes.iter_mut() {
            take.taken = Quantity(take.taken.0.min(left));
            left -= take.taken.0;
        }
        takes.retain(|take| take.taken.0 > 0);
        if left == 0 { Stop::Empty } else { stop }
    }
}
