//! The venue's half of every leg: where its venue has it, what is open there, how it travelled.
//!
//! Only the exchange changes it. The client learns of changes one response delay later, and what
//! the order says of a leg is the desk's.

use crate::engine::seam::LegRef;
use crate::folded::Folds;
use crate::ids::OrderId;
use crate::number::Quantity;
use crate::order::{AtVenue, Leg};
use crate::sim::latency::{Draw, Transit};
use crate::table::History;

/// What a venue has of a leg.
#[derive(Debug, Clone)]
pub struct VenueLeg {
    /// Where the venue has it.
    pub state: AtVenue,
    /// What the venue still holds of it.
    pub open: Quantity,
    /// What the venue has matched of it, whoever knows.
    pub matched: Quantity,
    /// How its message travelled.
    pub transit: Transit,
    /// How the order that replaces it travels, when it left together with the change.
    pub again: Transit,
    /// When the last change of it is at the venue; where the new order leaves only once the client
    /// has heard that the old one is gone, from then on when it leaves. Ns; 0 before any.
    pub change_ns: i64,
    /// How a cancel of it travels; none where nothing takes time.
    pub leaving: Option<Box<Transit>>,
    /// It arrived before the book could be used, and waited.
    pub deferred: bool,
    /// Its number among legs by when they came to rest or to wait at a venue; 0 before. A smaller
    /// one stands ahead at the same price.
    pub place: u64,
}

const NO_TRANSIT: Transit = Transit {
    submit_ns: 0,
    entry_ns: 0,
    response_ns: 0,
    feed_ns: 0,
    feed_measured: false,
    arrive_ns: 0,
    session_hold_ns: 0,
    match_ns: 0,
    taker_delay_ns: 0,
    entry: Draw { latency_ns: 0, z_q32: 0, position_before: 0, position_after: 0 },
    stream_key: 0,
    load_ratio_q32: 0,
};

/// A leg that no venue has heard of.
static NOT_SENT: VenueLeg = VenueLeg::to_send(Quantity::ZERO);

impl VenueLeg {
    /// A leg that is about to be sent.
    pub const fn to_send(open: Quantity) -> Self {
        Self {
            state: AtVenue::Travelling,
            open,
            matched: Quantity::ZERO,
            transit: NO_TRANSIT,
            again: NO_TRANSIT,
            change_ns: 0,
            leaving: None,
            deferred: false,
            place: 0,
        }
    }

    /// A leg that its venue has filled as far as its client knows.
    pub fn known(leg: &Leg) -> Self {
        Self { matched: leg.filled, ..Self::to_send(leg.remaining()) }
    }

    /// Its venue filled part of it.
    pub(super) fn fill(&mut self, quantity: Quantity) {
        self.open = Quantity(self.open.0.saturating_sub(quantity.0).max(0));
        self.matched = Quantity(self.matched.0.saturating_add(quantity.0));
        if self.open.0 == 0 {
            self.state = AtVenue::Done;
        }
    }
}

/// Halves of the legs of one order. Most orders have one leg: it needs no list.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Halves {
    pub(in crate::engine) first: VenueLeg,
    pub(in crate::engine) more: Vec<VenueLeg>,
}

impl Default for Halves {
    fn default() -> Self {
        Self { first: NOT_SENT.clone(), more: Vec::new() }
    }
}

impl Halves {
    /// Nothing of the order is at a venue or on its way there.
    fn is_over(&self) -> bool {
        let is_over = |half: &VenueLeg| {
            let is_done = half.state == AtVenue::Done || half.open.0 == 0;
            is_done && half.leaving.is_none() && half.change_ns == 0
        };
        is_over(&self.first) && self.more.iter().all(is_over)
    }

    fn get(&self, at: usize) -> Option<&VenueLeg> {
        match at.checked_sub(1) {
            None => Some(&self.first),
            Some(at) => self.more.get(at),
        }
    }

    fn reach(&mut self, at: usize) -> &mut VenueLeg {
        let Some(at) = at.checked_sub(1) else { return &mut self.first };
        if self.more.len() <= at {
            self.more.resize(at + 1, NOT_SENT.clone());
        }
        &mut self.more[at]
    }
}

impl Folds for Halves {
    type Head = ();

    fn rests(&self) -> bool {
        self.is_over()
    }

    fn head(&self) {}

    fn kind(&self) -> usize {
        let is_left = self.first.leaving.is_some();
        2 * usize::from(self.first.matched == Quantity::ZERO) + usize::from(is_left)
    }
}

/// What the simulated venues have of every leg that was sent to them.
#[derive(Debug, Clone, Default)]
pub(super) struct Legs {
    orders: History<OrderId, Halves>,
}

impl Legs {
    /// What the venue has of a leg; of one that was never sent nothing.
    #[inline]
    pub(super) fn get(&self, (id, at): LegRef) -> &VenueLeg {
        self.orders.get(id).and_then(|halves| halves.get(at)).unwrap_or(&NOT_SENT)
    }

    /// The same to be changed.
    #[inline]
    pub(super) fn at(&mut self, (id, at): LegRef) -> &mut VenueLeg {
        self.orders.make(id);
        self.orders[id].reach(at)
    }

    /// A leg of an earlier process, or of an order that was let go of, as it was kept; another one is
    /// ignored.
    pub(super) fn put_back(&mut self, (id, at): LegRef, half: VenueLeg) {
        if let Some(halves) = self.orders.place(id) {
            *halves.reach(at) = half;
        }
    }

    /// A leg of before a restart is on its way again.
    pub(super) fn goes_on(&mut self, leg: LegRef, state: AtVenue, transit: Transit) {
        let there = self.at(leg);
        (there.state, there.transit) = (state, transit);
    }

    /// A change of a leg is on its way, or the order that replaces it waits to leave.
    pub(super) fn changes_at(&mut self, leg: LegRef, again: Transit, change_ns: i64) {
        let there = self.at(leg);
        (there.again, there.change_ns) = (again, change_ns);
    }

    /// A cancel of a leg is on its way.
    pub(super) fn leaves(&mut self, leg: LegRef, way: Transit) {
        self.at(leg).leaving = Some(Box::new(way));
    }

    /// A leg that ended for its client: whatever of it still travels is for nobody.
    pub(super) fn lets_go(&mut self, leg: LegRef) {
        let there = self.at(leg);
        (there.change_ns, there.leaving) = (0, None);
    }

    /// Lets go of rows that readers had read back from bytes.
    #[inline]
    pub(super) fn settle(&mut self) {
        self.orders.settle();
    }

    /// Nobody asks for the legs of an order any more.
    pub(super) fn forget(&mut self, id: OrderId) {
        self.orders.forget(id);
    }

    /// Orders whose legs changed at their venues since the last take.
    pub(super) fn touched(&self) -> &[OrderId] {
        self.orders.touched()
    }

    /// Starts to note what changes.
    pub(super) fn listen(&mut self) {
        self.orders.listen();
    }

    /// True when a take would give something.
    pub(super) fn is_touched(&self) -> bool {
        self.orders.is_touched()
    }

    /// Orders whose legs changed at their venues since the last call, oldest first.
    pub(super) fn take_touched(&mut self) -> Vec<OrderId> {
        self.orders.take_touched()
    }

    /// Orders of this process are numbered from here.
    pub(super) fn resume_at(&mut self, order: u32) {
        self.orders.resume_at(order);
    }
}
