//! Real venues: what is asked of them and what they told, leg by leg. Nothing here knows how a
//! venue is reached, and nothing of it is money: the desk books what is heard.

pub(in crate::engine) mod ask;
pub(in crate::engine) mod report;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::engine::desk::bench::Papers;
use crate::engine::journal::Journal;
use crate::engine::seam::{LegEnd, LegRef, Post};
use crate::hash::StateHasher;
use crate::ids::MarketId;
use crate::number::Quantity;
pub use ask::{LiveAsk, LiveRequest};

/// How far a leg got at a real venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum LiveState {
    /// Asked for, not answered.
    Sent,
    /// The venue has it.
    Open,
    /// Over there.
    Done,
}

/// The venue's half of a leg, as far as it told.
#[derive(Debug, Clone)]
struct LiveLeg {
    market: MarketId,
    state: LiveState,
    /// Nobody could say where it stands: its venue has to be asked again.
    unknown: bool,
    /// The venue's own name of it, once it has one.
    venue_order: Option<Arc<str>>,
    filled: Quantity,
    /// What it had filled and took back.
    reversed: Quantity,
    /// It is over once this much of it was told as filled: a fill is still missing.
    ending: Option<(LegEnd, Quantity)>,
}

/// What the line to real venues works with: orders to read, and what was said to write.
pub(in crate::engine) struct Wire<'a> {
    pub(in crate::engine) papers: Papers<'a>,
    pub(in crate::engine) live: &'a mut Live,
    pub(in crate::engine) journal: &'a mut Journal,
    pub(in crate::engine) post: &'a mut Post,
}

/// What real venues were asked and what they told.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Live {
    legs: BTreeMap<LegRef, LiveLeg>,
    names: BTreeMap<Arc<str>, LegRef>,
    /// Trades that were told, for ever, and whether they were taken back: a market's venue names
    /// each of them once.
    trades: BTreeMap<(MarketId, Arc<str>), bool>,
    outgoing: Vec<LiveRequest>,
    next_seq: u64,
}

impl Live {
    /// Requests since the last call, in the order made.
    pub(in crate::engine) fn take_requests(&mut self) -> Vec<LiveRequest> {
        std::mem::take(&mut self.outgoing)
    }

    /// Folds what venues were asked and told into a hash; nothing where no account is live.
    pub(in crate::engine) fn hash_into(&self, hasher: &mut StateHasher) {
        for (leg, held) in &self.legs {
            leg.hash(hasher);
            (held.state, held.unknown).hash(hasher);
            hasher.signed(held.filled.0);
        }
        for trade in &self.trades {
            trade.hash(hasher);
        }
    }
}
