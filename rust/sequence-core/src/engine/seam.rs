//! What the desk and the venues tell each other, as data. Nothing here acts.
//!
//! The conductor empties the lists of [`Post`] in one order; between two commands they are empty.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::exchange::evidence::{Bounds, Evidence, Liquidity};
use crate::ids::{FillIx, OrderId};
use crate::number::{Price, Quantity};
use crate::reject::{DoneReason, RejectReason};
use crate::sim::latency::Transit;
use crate::sim::queue::FillCause;
use crate::sim::walk::Stop;

/// One venue's share of one order: the order, and the place of the leg in it.
pub(in crate::engine) type LegRef = (OrderId, usize);

/// The key of a leg in its queue. An order has fewer than 256 legs: one per venue.
pub(in crate::engine) fn queue_key(order: OrderId, leg: usize) -> u64 {
    u64::from(order.0) << 8 | (leg as u64 & 0xFF)
}

/// The leg of a key.
pub(in crate::engine) fn order_of(key: u64) -> (OrderId, usize) {
    (OrderId(u32::try_from(key >> 8).unwrap_or(u32::MAX)), (key & 0xFF) as usize)
}

/// Why a leg ended before it was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum LegEnd {
    /// The venue refused it.
    Rejected(RejectReason, &'static str),
    /// Its rest was withdrawn.
    Cancelled(DoneReason),
    /// Its rest cannot go on, for a reason that would have rejected it.
    Dropped(RejectReason, &'static str),
    /// Its time ran out.
    Expired,
}

/// A cancel on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Cancel {
    pub(in crate::engine) reason: DoneReason,
    /// When the venue has it, ns.
    pub(in crate::engine) arrive_ns: i64,
    /// What its answer takes, ns.
    pub(in crate::engine) response_ns: i64,
}

impl Cancel {
    /// A cancel that travels so.
    pub(in crate::engine) const fn on(way: &Transit, reason: DoneReason) -> Self {
        Self { reason, arrive_ns: way.arrive_ns, response_ns: way.response_ns }
    }
}

/// A fill the venue made, at a price in the order's own outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Matched {
    pub(in crate::engine) price: Price,
    pub(in crate::engine) quantity: Quantity,
    pub(in crate::engine) cause: FillCause,
    pub(in crate::engine) evidence: Box<Evidence>,
}

impl Matched {
    /// The displayed level it came from; none where a print or the queue gave it.
    pub(in crate::engine) fn level(&self) -> Option<Price> {
        match &self.evidence.liquidity {
            Liquidity::Taker(level, _) => Some(level.recorded),
            Liquidity::Maker(fill, _) => self.cause.is_quoted().then_some(fill.evidence_price),
            Liquidity::Venue(_) => None,
        }
    }
}

/// What a venue tells a client about one leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Told {
    /// The venue has it.
    Ack,
    /// Part of it traded.
    Fill(Matched),
    /// A real venue took this fill of it back.
    Reversed(FillIx),
    /// The rest is gone.
    Done(LegEnd),
    /// A real venue refused it, in its own words.
    Refused(RejectReason, Arc<str>),
    /// A change of it is in force.
    Amended,
    /// A change of it came too late, or was refused: it is as before.
    Unchanged,
}

/// What a venue told, and which leg it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct VenueReport {
    pub(in crate::engine) leg: LegRef,
    pub(in crate::engine) told: Told,
}

/// What the desk wants of the venue of a leg. A request names it; what it asks for is written before,
/// and a venue reads of that what `desk/asked` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum VenueRequest {
    /// A new leg.
    New(LegRef),
    /// The rest of a leg is to end.
    Cancel(LegRef, DoneReason),
    /// A leg is to take its new form.
    Amend(LegRef),
}

impl VenueRequest {
    /// The leg it is about.
    pub(in crate::engine) const fn leg(self) -> LegRef {
        match self {
            Self::New(leg) | Self::Cancel(leg, _) | Self::Amend(leg) => leg,
        }
    }
}

/// How a venue goes on with what reached it, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum VenueStep {
    /// A leg arrives, or its delay is over.
    Arrive(LegRef),
    /// A cancel arrives.
    Cancel(LegRef, Cancel),
    /// A change of a leg arrives.
    Amend(LegRef),
    /// A replaced leg leaves for its venue again.
    SendAgain(LegRef),
}

impl VenueStep {
    /// The order that it is about.
    pub(in crate::engine) const fn order(self) -> OrderId {
        match self {
            Self::Arrive(leg) | Self::Cancel(leg, _) | Self::Amend(leg) | Self::SendAgain(leg) => {
                leg.0
            }
        }
    }
}

/// A walk under way: what it holds to, and why it will stop. What it takes the exchange knows.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Walk {
    pub(in crate::engine) bounds: Bounds,
    /// Venue time of its fills, ns.
    pub(in crate::engine) venue_ns: i64,
    pub(in crate::engine) stop: Stop,
}

/// How a venue goes on with a leg once its client has heard what it told so far.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Onward {
    /// A leg that was acknowledged meets its market.
    Meet(LegRef),
    /// A leg takes its next level.
    Take(LegRef, Walk),
}

/// What an amend of a node changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum NodeChange {
    /// This open order.
    Order(OrderId),
    /// What the node of this number will send.
    Waiting(usize),
}

/// What an order of a graph with a shape did, for its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum DeskNews {
    /// A venue has it.
    Accepted(OrderId),
    /// Part of it was booked.
    Filled(OrderId, FillIx),
    /// A fill of it was taken back.
    Reversed(OrderId, FillIx),
    /// It ended.
    Ended(OrderId),
    /// A change of it was answered.
    Amended(OrderId),
}

impl DeskNews {
    /// What it is about.
    pub(in crate::engine) const fn order(self) -> OrderId {
        match self {
            Self::Accepted(id)
            | Self::Filled(id, _)
            | Self::Reversed(id, _)
            | Self::Ended(id)
            | Self::Amended(id) => id,
        }
    }
}

/// What a venue made of the terms of a leg: its order says the same from then on. No client hears
/// of it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Reworked {
    /// A change of it is in force there.
    Changed,
    /// It is for this much less: no more of a position is left to reduce.
    Clipped(Quantity),
    /// It ended there before it was sent.
    Withdrawn,
}

/// What the parts have told each other and nobody has read yet.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Post {
    /// Legs that ended for their clients and that their venues still hold: read first.
    pub(in crate::engine) drops: Vec<LegRef>,
    /// What could not be booked of fills: the leg, the level it came from, and how much. Read with
    /// the drops.
    pub(in crate::engine) unbooked: Vec<(LegRef, Price, Quantity)>,
    /// What venues made of legs: read as soon as the venue is done.
    pub(in crate::engine) reworked: Vec<(LegRef, Reworked)>,
    /// What venues told and is visible now: read second.
    pub(in crate::engine) reports: VecDeque<VenueReport>,
    /// How venues go on with what is there already: taken before anybody hears.
    pub(in crate::engine) steps: VecDeque<VenueStep>,
    /// What a venue does next, after its client has heard it.
    pub(in crate::engine) onward: Option<Onward>,
    /// What the desk wants of venues: read third.
    pub(in crate::engine) requests: VecDeque<VenueRequest>,
    /// What orders did, for their graphs: read last.
    pub(in crate::engine) news: VecDeque<DeskNews>,
}

impl Post {
    /// A part of a fill could not be booked.
    pub(in crate::engine) fn give_back(&mut self, leg: LegRef, fill: &Matched, part: Quantity) {
        self.unbooked.extend(fill.level().map(|level| (leg, level, part)));
    }

    #[inline]
    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.drops.is_empty()
            && self.unbooked.is_empty()
            && self.reworked.is_empty()
            && self.reports.is_empty()
            && self.steps.is_empty()
            && self.onward.is_none()
            && self.requests.is_empty()
            && self.news.is_empty()
    }
}
