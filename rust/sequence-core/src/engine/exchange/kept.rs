//! What of the venues a store has to keep, and back: their halves of legs, and lines.

use std::collections::BTreeSet;

use crate::engine::exchange::Exchange;
use crate::engine::exchange::legs::VenueLeg;
use crate::engine::exchange::lines::{Line, LinesOf};
use crate::engine::seam::LegRef;
use crate::ids::{AccountId, OrderId, VenueId};
use crate::order::AtVenue;
use crate::sim::latency::Transit;

impl Exchange {
    /// Starts to note what changes of lines and legs.
    pub(in crate::engine) fn listen(&mut self) {
        self.lines.listen();
        self.legs.listen();
    }

    /// Has the next take give every line; legs are given with their orders.
    pub(in crate::engine) fn touch_all(&mut self) {
        self.lines.touch_all();
    }

    /// True when one of them changed since the last take.
    pub(in crate::engine) fn is_touched(&self) -> bool {
        self.lines.is_used() || self.legs.is_touched()
    }

    /// Lines that were used since the last call.
    pub(in crate::engine) fn take_touched_lines(&mut self) -> BTreeSet<(AccountId, VenueId)> {
        self.lines.take_used()
    }

    /// Orders whose legs changed at their venues since the last call, oldest first.
    pub(in crate::engine) fn take_touched_orders(&mut self) -> Vec<OrderId> {
        self.legs.take_touched()
    }

    /// The same, to look at, in any order and some of them twice.
    pub(in crate::engine) fn touched_orders(&self) -> &[OrderId] {
        self.legs.touched()
    }

    /// Every line of an account.
    pub(in crate::engine) fn lines_of(&self, account: AccountId) -> &LinesOf {
        self.lines.of(account)
    }

    /// Orders of this process are numbered from here.
    pub(in crate::engine) fn resume_at(&mut self, order: u32) {
        self.legs.resume_at(order);
    }

    /// A line of before a restart, as it was kept.
    pub(in crate::engine) fn put_back_line(
        &mut self,
        (account, venue): (AccountId, VenueId),
        line: Line,
    ) {
        self.lines.put_back(account, venue, line);
    }

    /// A leg of before a restart, as it was kept.
    pub(in crate::engine) fn put_back_leg(&mut self, leg: LegRef, half: VenueLeg) {
        self.legs.put_back(leg, half);
    }

    /// A message of before a restart is on its way: none that is sent later overtakes it.
    pub(in crate::engine) fn follow(&mut self, line: (AccountId, VenueId), times: (i64, i64)) {
        self.lines.follow(line, times);
    }

    /// A leg of before a restart is on its way again.
    pub(in crate::engine) fn leg_goes_on(&mut self, leg: LegRef, state: AtVenue, way: Transit) {
        self.legs.goes_on(leg, state, way);
    }

    /// A change of it is on its way again, or the order that replaces it waits to leave.
    pub(in crate::engine) fn leg_changes_at(&mut self, leg: LegRef, again: Transit, at_ns: i64) {
        self.legs.changes_at(leg, again, at_ns);
    }

    /// A cancel of it is on its way again.
    pub(in crate::engine) fn leg_leaves(&mut self, leg: LegRef, way: Transit) {
        self.legs.leaves(leg, way);
    }
}
