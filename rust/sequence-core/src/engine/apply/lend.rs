//! What the conductor lends each room to work with: what it may read, and what it may change.

use crate::engine::Engine;
use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::exchange::listing::Listing;
use crate::engine::facts::{Facts, facts};
use crate::engine::floor::Floor;
use crate::engine::graph::carry::Errand;
use crate::engine::graph::run::Run;
use crate::engine::journal::recall::Recall;
use crate::engine::journal::resume::Resume;
use crate::engine::live::Wire;
use crate::ids::GraphIx;

impl Engine {
    /// The rules, what is listed, the books, and the time: to read.
    #[inline]
    pub(in crate::engine) const fn facts(&self) -> Facts<'_> {
        facts!(self)
    }

    /// What the desk decides by: to read.
    #[inline]
    pub(in crate::engine) const fn papers(&self) -> Papers<'_> {
        Papers { facts: self.facts(), desk: &self.desk, portfolio: &self.portfolio }
    }

    /// What the desk works with.
    #[inline]
    pub(in crate::engine) const fn bench(&mut self) -> Bench<'_> {
        Bench {
            facts: facts!(self),
            desk: &mut self.desk,
            portfolio: &mut self.portfolio,
            journal: &mut self.journal,
            agenda: &mut self.agenda,
            post: &mut self.post,
        }
    }

    /// The desk, at work for a graph.
    pub(super) const fn errand<'a>(&'a mut self, ix: GraphIx, run: &'a mut Run) -> Errand<'a> {
        Errand { bench: self.bench(), ix, run }
    }

    /// What the simulated venues work with.
    #[inline]
    pub(in crate::engine) const fn floor(&mut self) -> Floor<'_> {
        Floor {
            rules: &self.rules,
            registry: &self.registry,
            asked: self.desk.asked(),
            exchange: &mut self.exchange,
            agenda: &mut self.agenda,
            post: &mut self.post,
        }
    }

    /// The line to real venues.
    pub(super) const fn wire(&mut self) -> Wire<'_> {
        Wire {
            papers: Papers { facts: facts!(self), desk: &self.desk, portfolio: &self.portfolio },
            live: &mut self.live,
            journal: &mut self.journal,
            post: &mut self.post,
        }
    }

    /// What listing a symbol works with.
    pub(super) const fn listing(&mut self) -> Listing<'_> {
        Listing {
            rules: &self.rules,
            registry: &mut self.registry,
            exchange: &mut self.exchange,
            now_ns: self.agenda.now_ns(),
        }
    }

    /// Where orders of before a restart come back to.
    pub(super) const fn recalling(&mut self) -> Recall<'_> {
        Recall {
            registry: &self.registry,
            desk: &mut self.desk,
            portfolio: &mut self.portfolio,
            exchange: &mut self.exchange,
            graphs: &mut self.graphs,
        }
    }

    /// How they go on that were open when the process ended.
    pub(super) const fn resuming(&mut self, stopped_ns: i64) -> Resume<'_> {
        Resume {
            rules: &self.rules,
            registry: &self.registry,
            desk: &self.desk,
            exchange: &mut self.exchange,
            agenda: &mut self.agenda,
            stopped_ns,
        }
    }
}
