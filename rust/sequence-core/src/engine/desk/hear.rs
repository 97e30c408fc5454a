//! From venue to client: what a venue decides becomes visible one response delay later.
//!
//! A leg has two lives. At its venue it is open until filled or ended there; to its client it
//! changes when the message about it arrives. Money and positions move with the client's life, so
//! what a client reads is always consistent. Messages of one line arrive in the order sent.

use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::seam::{DeskNews, LegEnd, Told, VenueReport};
use crate::event::EventKind;
use crate::ids::OrderId;
use crate::mutant;
use crate::number::Quantity;
use crate::order::{LegState, OrderStatus};

/// Version of an order; status, known quantity and filled quantity of one of its legs.
pub(in crate::engine) type Shown = (u32, Option<(OrderStatus, Quantity, Quantity)>);

impl Bench<'_> {
    /// The client learns of it. A leg that ended for its client hears nothing more.
    pub(in crate::engine) fn hear(&mut self, report: VenueReport) {
        let VenueReport { leg: (id, at), told } = report;
        let before = self.papers().shown(id, at);
        let Some(leg) = self.desk.orders[id].legs.get_mut(at) else { return };
        if leg.state == LegState::Done && !mutant!("fill_after_cancel") {
            match told {
                // A real venue filled it all the same.
                Told::Fill(matched) if matched.evidence.trade().is_some() => {
                    self.book_fill(id, at, matched);
                }
                Told::Fill(matched) => {
                    self.post.give_back((id, at), &matched, matched.quantity);
                }
                Told::Reversed(fill) => self.reverse_fill((id, at), fill),
                _ => {}
            }
            return;
        }
        match told {
            Told::Ack => {
                leg.state = LegState::Working;
                // A leg that went again after a restart may be known already, and partly filled.
                leg.status =
                    if leg.filled.0 > 0 { OrderStatus::Partial } else { OrderStatus::Accepted };
                let status = self.desk.orders[id].status;
                let hides = mutant!("acknowledgement_hides_a_fill");
                if status == OrderStatus::New || (hides && status == OrderStatus::Partial) {
                    self.set_status(id, OrderStatus::Accepted);
                    self.tell_graph(id, DeskNews::Accepted(id));
                }
            }
            Told::Fill(matched) => self.book_fill(id, at, matched),
            Told::Reversed(fill) => self.reverse_fill((id, at), fill),
            Told::Done(end) => self.end_leg(id, at, end),
            Told::Refused(reason, text) => {
                self.desk.put_words(id, at, text);
                self.end_leg(id, at, LegEnd::Rejected(reason, "the venue rejected it"));
            }
            Told::Amended => self.reshape_answered(id, at, true),
            Told::Unchanged => self.reshape_answered(id, at, false),
        }
        self.settle_amend(id);
        self.finish_if_done(id);
        self.note_leg(id, at, before);
    }

    /// A leg is part of the row: when it alone changed, the row still has a new version.
    pub(in crate::engine) fn note_leg(&mut self, id: OrderId, at: usize, before: Shown) {
        let now = self.papers().shown(id, at);
        if now.0 == before.0 && now.1 != before.1 {
            self.touch(id);
        }
    }

    /// Records that an order's row changed: version, time, commit number, event.
    pub(in crate::engine) fn touch(&mut self, id: OrderId) {
        let now = self.facts.now_ns;
        let order = &mut self.desk.orders[id];
        order.version += 1;
        order.updated_ns = now;
        let kind = EventKind::OrderChanged {
            order: id,
            version: order.version,
            status: order.status,
            filled: order.filled,
        };
        let seq = self.journal.tell(now, order.spec.account, kind);
        order.event_seq = seq;
        self.journal.note_order(now, id, &self.desk.orders[id]);
    }
}

impl Papers<'_> {
    /// What the order's row says of a leg, and in which version.
    pub(in crate::engine) fn shown(&self, id: OrderId, at: usize) -> Shown {
        let order = &self.desk.orders[id];
        let leg = order.legs.get(at).map(|leg| (leg.status, leg.known().0, leg.filled));
        (order.version, leg)
    }
}
