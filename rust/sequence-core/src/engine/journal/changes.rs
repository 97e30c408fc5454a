//! Which rows changed since the last take: what a store keeps, and when.
//!
//! Tables note the rows that were reached for writing: one push, and nothing while nobody listens.
//! A take turns them into rows as they are now, so a row that changed many times is kept once.

use std::collections::BTreeMap;

use super::Journal;
use crate::engine::exchange::Exchange;
use crate::engine::exchange::mark::BookMark;
use crate::engine::record::Row;
use crate::event::Event;
use crate::ids::{AssetId, FillIx, GraphIx, MarketId, OrderId};
use crate::registry::Registry;
use crate::table::Dense as _;

/// Why a live account and a store exclude each other.
pub(in crate::engine) const NO_TABLES: &str = "a store cannot keep what real venues are asked";

/// What of the registry was kept.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Kept {
    assets: usize,
    markets: usize,
    /// Markets whose steps or marks changed after they were kept.
    stepped: Vec<MarketId>,
    /// Marks of books as they were kept.
    marks: BTreeMap<MarketId, BookMark>,
    /// When marks were kept last; `None` when they are due.
    marks_ns: Option<i64>,
    /// Marks are wanted now, whatever else changed.
    marks_wanted: bool,
    /// The first commit number that may not be stored yet.
    unstored: u64,
    /// What was kept of a way that was left is to go.
    left: Option<Left>,
}

/// Where a way begins that was left for a copy: rows from these numbers on are not of this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// First order.
    pub order: OrderId,
    /// First graph.
    pub graph: GraphIx,
    /// First fill.
    pub fill: FillIx,
}

impl Left {
    /// Everything that either of two ways has to leave.
    fn least(before: Option<Self>, now: Self) -> Self {
        let Some(before) = before else { return now };
        Self {
            order: before.order.min(now.order),
            graph: before.graph.min(now.graph),
            fill: before.fill.min(now.fill),
        }
    }
}

/// What changed of the registry.
pub(in crate::engine) struct Listed {
    pub(super) assets: Vec<AssetId>,
    pub(super) markets: Vec<MarketId>,
    pub(super) left: Option<Left>,
}

/// Marks are kept with what else changes, but not more often than this.
const MARKS_EVERY_NS: i64 = 1_000_000_000;

/// Rows to write and rows to delete, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows of each table that has any, in the order of [`crate::engine::record::TABLES`].
    pub rows: Vec<(&'static str, Vec<Row>)>,
    /// Ids of position rows that are gone.
    pub deleted_positions: Vec<u64>,
    /// A copy was returned to: first rows from here on go, and every row of the tables that are not
    /// numbered like orders; those that stay are among `rows`.
    pub left: Option<Left>,
}

impl Kept {
    /// Adds each market whose mark is another one than the one kept, when marks are due or wanted.
    fn note_marks(&mut self, exchange: &Exchange, now_ns: i64) {
        let recent = self.marks_ns.is_some_and(|last| now_ns.saturating_sub(last) < MARKS_EVERY_NS);
        if recent && !self.marks_wanted {
            return;
        }
        (self.marks_ns, self.marks_wanted) = (Some(now_ns), false);
        for (id, sim) in exchange.markets() {
            let Some(mark) = sim.last_mark() else { continue };
            if self.marks.insert(id, mark) != Some(mark) {
                self.stepped.push(id);
            }
        }
    }

    /// What of the registry changed.
    fn take_listed(&mut self, registry: &Registry) -> Listed {
        let first = std::mem::replace(&mut self.assets, registry.asset_count());
        let number = |at| AssetId::from_index(u32::try_from(at).unwrap_or(u32::MAX));
        let mut markets = std::mem::take(&mut self.stepped);
        markets.sort_unstable();
        markets.dedup();
        markets.retain(|id| id.index() < self.markets);
        markets.extend(registry.markets().skip(self.markets).map(|(id, _)| id));
        self.markets = registry.market_count();
        Listed {
            assets: (first..self.assets).map(number).collect(),
            markets,
            left: self.left.take(),
        }
    }
}

impl Journal {
    /// Starts to note what a store has to keep.
    pub(in crate::engine) fn keep(&mut self) {
        self.log.listen();
        self.kept.get_or_insert_default();
    }

    /// What is listed and marked now is what is kept: it was put back.
    pub(in crate::engine) fn keep_from_here(&mut self, registry: &Registry, exchange: &Exchange) {
        if let Some(kept) = &mut self.kept {
            kept.assets = registry.asset_count();
            kept.markets = registry.market_count();
            kept.stepped.clear();
            let marks = exchange.markets();
            kept.marks = marks.filter_map(|(id, sim)| Some((id, sim.last_mark()?))).collect();
        }
    }

    /// Has the next take give every row in memory, after what is from `left` on went; events go on.
    pub(in crate::engine) fn keep_anew(&mut self, left: Left) {
        self.kept = Some(Kept { marks_wanted: true, left: Some(left), ..Kept::default() });
    }

    /// Everything that a store has to leave: from here on, and what it was to leave before.
    pub(in crate::engine) fn left_with(&self, now: Left) -> Left {
        Left::least(self.kept.as_ref().and_then(|kept| kept.left), now)
    }

    /// True when a take would give something that is noted here.
    pub(in crate::engine) fn is_touched(&self, registry: &Registry) -> bool {
        self.log.is_touched()
            || self.kept.as_ref().is_some_and(|kept| {
                kept.assets < registry.asset_count()
                    || kept.marks_wanted
                    || kept.left.is_some()
                    || !kept.stepped.is_empty()
                    || registry.has_stepped()
                    || kept.markets < registry.market_count()
            })
    }

    /// What changed of the registry since the last call; `None` while no store keeps
    /// it. Marks count as changed only when something else did.
    pub(in crate::engine) fn take_listed(
        &mut self,
        (registry, exchange): (&mut Registry, &Exchange),
        has_changes: bool,
        now_ns: i64,
    ) -> Option<Listed> {
        let kept = self.kept.as_mut()?;
        if has_changes {
            kept.note_marks(exchange, now_ns);
        }
        kept.stepped.extend(registry.take_stepped());
        Some(kept.take_listed(registry))
    }

    /// Events since the last call, oldest first.
    pub(in crate::engine) fn take_events(&mut self) -> Vec<Event> {
        self.log.take_new()
    }

    /// The id that was made last, for a store.
    pub(super) fn last_id(&self) -> (u64, u64) {
        self.ulids.position()
    }

    /// Everything that was told up to a commit number is stored.
    pub(in crate::engine) const fn note_stored(&mut self, seq: u64) {
        if let Some(kept) = &mut self.kept
            && kept.unstored <= seq
        {
            kept.unstored = seq.saturating_add(1);
        }
    }

    /// The first commit number that a store may not have yet; without a store there is none.
    pub(in crate::engine) const fn unstored(&self) -> u64 {
        match &self.kept {
            Some(kept) => kept.unstored,
            None => u64::MAX,
        }
    }

    /// Has the next take give the marks as they are.
    pub(in crate::engine) fn want_marks(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.marks_wanted = true;
        }
    }
}
