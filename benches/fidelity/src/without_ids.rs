//! The tests that need no order ids: on recordings of venues that give none, pooled by venue, and
//! on the tapes, where their answers can be held against the truth.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use sequence_core::feed::{Part, Replay};
use sequence_core::ids::BookSide;
use sequence_core::input::Bytes;
use sequence_core::number::{Price, Quantity};
use sequence_core::score::fronts::{FrontTest, Fronts};
use sequence_core::score::sizes::{End, Ended, SizeTest};
use sequence_core::score::{self, MarketScore, RULES, SingleScore, SizeScore};
use sequence_core::sim::preset::{Params, REALISTIC};
use sequence_core::sim::tracker::{LotTracker, MatchRate};
use sequence_core::tape::{Tape as Records, TapeFeed, records_of};

use crate::estimator::{LOTS_CAP, SEVERAL_LISTS};
use crate::feed::Conflator;
use crate::tape::{Kind, Tape};
use crate::truth::TruthBook;

/// What the markets of one venue say together.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    pub markets: usize,
    pub fronts: Fronts,
    pub filled: u64,
    pub cancelled: u64,
    pub sizes: [SizeScore; RULES.len()],
    pub followed: u64,
    pub singles: [SingleScore; RULES.len()],
}

/// Scores recordings: unpacked frames of one venue each. Files whose names agree up to the first dot
/// are parts of one stream.
/// Several lists are scored beside the default, where every message is one order event.
pub fn pools(paths: &[String]) -> Result<BTreeMap<String, Pool>, String> {
    let mut streams: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    for path in paths {
        let failed = |error: &dyn std::fmt::Display| format!("{path}: {error}");
        let data = std::fs::read(Path::new(path)).map_err(|error| failed(&error))?;
        let part =
            Part::open(Arc::new(Bytes(data.into())), None).map_err(|error| failed(&error))?;
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
        streams.entry(name.split('.').next().unwrap_or_default()).or_default().push(part);
    }
    let several = Params { queue_lists: SEVERAL_LISTS.into(), ..REALISTIC };
    let mut pools: BTreeMap<String, Pool> = BTreeMap::new();
    for (name, parts) in streams {
        let failed = |error: &dyn std::fmt::Display| format!("{name}: {error}");
        let mut replay = Replay::of(parts).map_err(|error| failed(&error))?;
        let (instruments, records) = records_of(&mut replay).map_err(|error| failed(&error))?;
        for (params, suffix) in [(REALISTIC, ""), (several, ", several lists")] {
            let tape = Records::new(records.clone(), instruments.clone(), TapeFeed::Venue);
            let mut tape = tape.map_err(|error| failed(&error))?;
            for score in score::score_under(&mut tape, &params) {
                if score.facts.event_level || suffix.is_empty() {
                    let name = format!("{}{suffix}", score.venue.as_str());
                    pools.entry(name).or_default().add(&score);
                }
            }
        }
    }
    Ok(pools)
}

impl Pool {
    fn add(&mut self, score: &MarketScore) {
        self.markets += 1;
        self.fronts.tested += score.fronts.tested;
        self.fronts.right += score.fronts.right;
        self.fronts.listed += score.fronts.listed;
        self.fronts.before_ppm += score.fronts.before_ppm;
        if score.facts.event_level {
            self.filled += score.sizes.filled;
            self.cancelled += score.sizes.cancelled;
            for (sum, of) in self.sizes.iter_mut().zip(score.sizes.scores) {
                sum.exact += of.exact;
                sum.early += of.early;
                sum.cancelled += of.cancelled;
            }
        }
        self.followed += score.singles.followed;
        for (sum, of) in self.singles.iter_mut().zip(score.singles.scores) {
            sum.error_ppm += of.error_ppm;
        }
    }
}

/// The same tests on a tape whose orders are known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Proof {
    pub fronts: Fronts,
    /// Orders that their size gave away, and those of them that truly ended so at that instant.
    pub recognised: u64,
    pub truly: u64,
}

/// Runs them on event-level depth.
pub fn prove(tape: &Tape) -> Proof {
    let mut run = Run {
        tracker: LotTracker::new(0, LOTS_CAP).with_rate(MatchRate::default()),
        fronts: FrontTest::default(),
        sizes: SizeTest::default(),
        names: HashMap::new(),
        ended: HashMap::new(),
        proof: Proof::default(),
    };
    let (mut truth, mut feed, mut changes) = (TruthBook::default(), Conflator::new(0), Vec::new());
    let mut added = None;
    for event in &tape.events {
        let Some(effect) = truth.apply(event) else { continue };
        feed.touch(effect.side, effect.px);
        let at = (effect.side, Price(effect.px));
        if event.kind == Kind::Add {
            added = Some((at, effect.qty, event.order));
        } else if truth.order(event.order).is_none() {
            run.ended.insert(event.order, (event.kind, event.t));
        }
        if event.kind == Kind::Execute {
            run.print((at.0, at.1, Quantity(effect.qty)), event.t);
        }
        changes.clear();
        feed.after(event.t, &truth, &mut changes);
        for change in &changes {
            let at = (change.side, Price(change.px));
            let grown = change.after - change.before;
            let order = added.filter(|(to, qty, _)| *to == at && *qty == grown);
            run.level(at, Quantity(change.after), change.t, order.map(|(_, _, order)| order));
        }
    }
    Proof { fronts: run.fronts.found, ..run.proof }
}

struct Run {
    tracker: LotTracker,
    fronts: FrontTest,
    sizes: SizeTest,
    /// By key: which order it is.
    names: HashMap<u64, u64>,
    /// Orders that are gone: how and when.
    ended: HashMap<u64, (Kind, i64)>,
    proof: Proof,
}

impl Run {
    fn print(&mut self, print: (BookSide, Price, Quantity), t: i64) {
        self.fronts.print(&mut self.tracker, print, (t, t));
        self.tracker.on_print(print.0, print.1, print.2, t, t);
        let mut ended = Vec::new();
        self.sizes.print(print, t, &mut ended);
        self.check(&ended);
    }

    fn level(&mut self, at: (BookSide, Price), after: Quantity, t: i64, order: Option<u64>) {
        let mut ended = Vec::new();
        let key = self.sizes.level(at, (after, 0), (t, 0), &mut ended);
        if let (Some(key), Some(order)) = (key, order) {
            self.names.insert(key, order);
        }
        self.tracker.on_level(at.0, at.1, after, 0, t);
        self.check(&ended);
    }

    fn check(&mut self, ended: &[Ended]) {
        for order in ended {
            let Some(name) = self.names.remove(&order.key) else { continue };
            let said = match order.end {
                End::Filled(t) => (Kind::Execute, t),
                End::Cancelled(t) => (Kind::Reduce, t),
                End::Lost => continue,
            };
            self.proof.recognised += 1;
            self.proof.truly += u64::from(self.ended.get(&name) == Some(&said));
        }
    }
}
