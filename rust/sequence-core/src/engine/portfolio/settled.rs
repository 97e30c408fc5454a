//! What event markets ended with, and what perpetuals pay: known per market, not per account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::Settlement;
use crate::engine::portfolio::Portfolio;
use crate::ids::{AccountId, AssetId, MarketId, RowIx, VenueId};
use crate::number::Money;
use crate::position::Position;

/// One holding that was paid, with what it takes to pay it back.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Paid {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) asset: AssetId,
    pub(in crate::engine) row: RowIx,
    /// Ledger amount of the outcome that left.
    pub(in crate::engine) units: Money,
    pub(in crate::engine) payout: Money,
    /// What the payment left to the rounding account.
    pub(in crate::engine) rounding: Money,
    /// The row before it was paid, and after: a row that differs was written anew since.
    pub(in crate::engine) before: Position,
    pub(in crate::engine) after: Position,
}

/// The newest resolution of one event market.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Settled {
    /// From 1; a correction is the next one.
    pub(in crate::engine) number: u32,
    pub(in crate::engine) outcome: Settlement,
    /// Holdings under this resolution, and what they pay in all.
    pub(in crate::engine) positions: u32,
    pub(in crate::engine) payout: Money,
    pub(in crate::engine) paid: Vec<Paid>,
}

/// An event market: its venue, and its name there without outcome.
pub(in crate::engine) type EventKey = (VenueId, Arc<str>);

/// Resolutions and rates.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    settled: BTreeMap<EventKey, Settled>,
    /// Funding rates by perpetual (1e-9 per boundary).
    rates: BTreeMap<MarketId, i64>,
    /// Venues whose next funding boundary has a timer.
    funding_armed: BTreeSet<VenueId>,
    /// Changed since the last take, while a store listens.
    touched: Option<TermsTouched>,
}

/// Perpetuals whose rate was set, and event markets that were settled, or paid.
pub(in crate::engine) type TermsTouched = (BTreeSet<MarketId>, BTreeSet<EventKey>);

impl Terms {
    /// Starts to note what changes.
    pub(super) fn listen(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// Has the next take give all of them.
    pub(super) fn touch_all(&mut self) {
        let rates = self.rates.keys().copied().collect();
        self.touched = Some((rates, self.settled.keys().cloned().collect()));
    }

    /// True when a take would give something.
    pub(super) fn is_touched(&self) -> bool {
        let touched = self.touched.as_ref();
        touched.is_some_and(|(rates, settled)| !rates.is_empty() || !settled.is_empty())
    }
}

impl Portfolio {
    /// How a market ended.
    pub(in crate::engine) fn settled(&self, key: &EventKey) -> Option<&Settled> {
        self.terms.settled.get(key)
    }

    /// Every event market that ended.
    pub(in crate::engine) fn all_settled(&self) -> impl Iterator<Item = &EventKey> {
        self.terms.settled.keys()
    }

    /// How a market ended, to be written anew.
    pub(in crate::engine) fn take_settled(&mut self, key: &EventKey) -> Option<Settled> {
        self.terms.settled.remove(key)
    }

    /// A market ended so.
    pub(in crate::engine) fn put_settled(&mut self, key: EventKey, settled: Settled) {
        if let Some((_, touched)) = &mut self.terms.touched {
            touched.insert(key.clone());
        }
        self.terms.settled.insert(key, settled);
    }

    /// What a perpetual pays at each boundary; 0 when nothing was set.
    pub(in crate::engine) fn rate(&self, market: MarketId) -> i64 {
        self.terms.rates.get(&market).copied().unwrap_or_default()
    }

    /// Sets what a perpetual pays at each boundary; false when it is known.
    pub(in crate::engine) fn set_rate(&mut self, market: MarketId, rate_1e9: i64) -> bool {
        let is_new = self.terms.rates.insert(market, rate_1e9) != Some(rate_1e9);
        if let Some((touched, _)) = self.terms.touched.as_mut().filter(|_| is_new) {
            touched.insert(market);
        }
        is_new
    }

    /// Rates and settlements that changed since the last call.
    pub(in crate::engine) fn take_touched_terms(&mut self) -> TermsTouched {
        self.terms.touched.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// A venue's next boundary gets a timer; false when it has one.
    pub(in crate::engine) fn arm_funding(&mut self, venue: VenueId) -> bool {
        self.terms.funding_armed.insert(venue)
    }

    /// The timer of a venue's boundary fired.
    pub(in crate::engine) fn disarm_funding(&mut self, venue: VenueId) {
        self.terms.funding_armed.remove(&venue);
    }
}
