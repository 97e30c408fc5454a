//! One market, and the copy of it that each account lives in.
//!
//! The record is shared and never edited; what an account did belongs to its [`World`].

use std::collections::{BTreeMap, VecDeque};

use crate::book::Book;
use crate::engine::exchange::evidence::TapeCite;
use crate::engine::exchange::mark::BookMark;
use crate::engine::exchange::message::{ClockOffset, DepthPace, Seen, differences, join_repeats};
use crate::engine::exchange::reach::Reach;
use crate::engine::exchange::world::World;
use crate::ids::{AccountId, BookSide};
use crate::market::{Change, Market, MarketConfig};
use crate::number::{Price, Quantity};
use crate::sim::counts::SnapshotCounts;
use crate::sim::latency::LoadMeter;
use crate::sim::lists::Several;
use crate::sim::moves::Moves;
use crate::sim::overlay::Resilience;
use crate::sim::pairing::PairMeter;
use crate::sim::preset::Params;
use crate::sim::tracker::LotTracker;
use crate::sim::trust::Trust;
use crate::sim::view::Mode;
use crate::tape::{EventKind, MarketEvent, flag};
use crate::venue::TradeDepth;

/// Prints whose mean distance in time sets the pace of impact.
const PACE_PRINTS: usize = 1_000;
/// Receipt minus venue stamp is bounded to this when it counts as a feed delay.
const MAX_FEED_DELAY_NS: i64 = 2_000_000_000;

/// What a source knows of its own timing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::engine) struct SourceTraits {
    /// Venue stamps are real, so the feed delay can be measured.
    pub(in crate::engine) stamped: bool,
    /// How much time one depth message covers at most; 0 where each is one order event.
    pub(in crate::engine) conflation_ns: i64,
    /// Which of a trade's messages comes first, as the venue's row says.
    pub(in crate::engine) trade_depth: TradeDepth,
}

impl SourceTraits {
    /// One message per order event; otherwise depth is conflated.
    pub(in crate::engine) const fn is_event_level(self) -> bool {
        self.conflation_ns == 0
    }
}

/// One market with the worlds of its accounts.
#[derive(Debug, Clone, Hash)]
pub struct MarketSim {
    /// The record.
    pub market: Market,
    pub(in crate::engine) tracker: LotTracker,
    pub(in crate::engine) load: LoadMeter,
    pub(in crate::engine) worlds: BTreeMap<AccountId, World>,
    pub(in crate::engine) traits: SourceTraits,
    max_age_ns: Option<i64>,
    pub(in crate::engine) resilience: Resilience,
    lot: i64,
    /// Changes of the message under way that may reach somebody, for the queues.
    changes: Vec<Seen>,
    reach: Reach,
    /// Prints of a gap that were fetched later, until the book is good again.
    missed: Vec<Seen>,
    /// The book before a snapshot, when it was good: a snapshot is then a set of changes.
    previous: Option<Book>,
    /// What the snapshot under way says beside sizes; nothing between snapshots.
    counts: SnapshotCounts,
    /// The queues missed something and must be matched to the book.
    lost: bool,
    prints: VecDeque<i64>,
    /// Venue stamp of the newest print: nothing older is news.
    print_stamp_ns: i64,
    clock: ClockOffset,
    delay_ns: Option<i64>,
    /// Connections of the feed so far: each begins with a snapshot that no known book precedes.
    epoch: u64,
    /// The last mid of a live book with two sides.
    last_mark: Option<BookMark>,
    /// It was seen here, not before a restart.
    has_marked: bool,
    pub(in crate::engine) depth_pace: DepthPace,
    /// How far its mid moves.
    pub(in crate::engine) moves: Moves,
    /// The message under way changes depth.
    depth: bool,
    /// Factor of how long a decrease waits where prints may come after it.
    pairing_ppm: i64,
    pairs: PairMeter,
}

impl MarketSim {
    pub(in crate::engine) fn new(
        config: MarketConfig,
        params: &Params,
        traits: SourceTraits,
        lot: Quantity,
    ) -> Self {
        let tau =
            if config.unit_price { params.overlay_tau_event_ns } else { params.overlay_tau_ns };
        let pairs = PairMeter::default();
        let hold = pairs.hold_ns(traits.trade_depth, params.pairing_ppm);
        let rate = params.match_rate(traits.is_event_level(), config.unit_price);
        let cap = usize::try_from(params.lots_cap).unwrap_or(512);
        let max_age = config.max_age_ns.map(|age| scaled(age, params.max_age_ppm));
        let max_age_ns = max_age.filter(|age| *age > 0);
        Self {
            market: Market::new(MarketConfig { max_age_ns, ..config }),
            tracker: LotTracker::new(hold, cap).with_rate(rate),
            load: LoadMeter::default(),
            worlds: BTreeMap::new(),
            traits,
            max_age_ns,
            resilience: Resilience {
                tau_ns: (tau > 0).then_some(tau),
                ghost: params.overlay_ghost,
            },
            lot: lot.0,
            changes: Vec::new(),
            reach: Reach::EVERYWHERE,
            missed: Vec::new(),
            previous: None,
            counts: SnapshotCounts::default(),
            lost: false,
            prints: VecDeque::new(),
            print_stamp_ns: 0,
            clock: ClockOffset::default(),
            delay_ns: None,
            epoch: 0,
            last_mark: None,
            has_marked: false,
            depth_pace: DepthPace::default(),
            moves: Moves::default(),
            depth: false,
            pairing_ppm: params.pairing_ppm,
            pairs,
        }
    }

    /// Queues draw from a stream of this market's own.
    #[must_use]
    pub(in crate::engine) fn drawing(mut self, several: Several) -> Self {
        self.tracker = self.tracker.with_lists(several);
        self
    }

    pub(in crate::engine) const fn set_ageing(&mut self, enabled: bool) {
        self.market.set_max_age(if enabled { self.max_age_ns } else { None });
    }

    /// How long the book stays live without a message; `None` is for ever.
    pub(in crate::engine) const fn set_max_age(&mut self, max_age_ns: Option<i64>) {
        self.max_age_ns = max_age_ns;
        self.market.set_max_age(max_age_ns);
    }

    pub(in crate::engine) const fn set_lot(&mut self, lot: Quantity) {
        self.lot = lot.0;
    }

    /// The mark now; that of a good book is remembered.
    #[inline]
    pub(in crate::engine) fn note_mark(&mut self, now_ns: i64) -> Option<BookMark> {
        let Some(mark) = self.live_mark(now_ns) else { return self.last_mark };
        self.last_mark = Some(BookMark { live: false, ..mark });
        self.has_marked = true;
        self.moves.note(mark.price, now_ns);
        Some(mark)
    }

    /// Puts the mark of an earlier process back.
    pub(in crate::engine) const fn put_mark(&mut self, price: Price, as_of_ns: i64) {
        self.last_mark = Some(BookMark { price, live: false, as_of_ns });
    }

    /// The last mark of a book that was good.
    pub(in crate::engine) const fn last_mark(&self) -> Option<BookMark> {
        self.last_mark
    }

    /// True when this process has seen a mark.
    pub(in crate::engine) const fn has_marked(&self) -> bool {
        self.has_marked
    }

    /// The measured delay of the feed; `None` where venue stamps do not tell.
    pub(in crate::engine) fn feed_delay_ns(&self) -> Option<i64> {
        if self.traits.stamped { self.delay_ns } else { None }
    }

    /// Mean distance of the last prints in time, ns.
    pub(in crate::engine) fn print_gap_ns(&self) -> i64 {
        match (self.prints.front(), self.prints.back()) {
            (Some(first), Some(last)) if self.prints.len() > 1 => {
                let gaps = i64::try_from(self.prints.len() - 1).unwrap_or(1);
                last.saturating_sub(*first) / gaps
            }
            _ => 1_000_000_000,
        }
    }

    /// Which of a trade's messages comes first: as learnt, else as the venue's row says.
    pub fn trade_depth(&self) -> TradeDepth {
        self.pairs.learnt().unwrap_or(self.traits.trade_depth)
    }

    /// One half of a trade may have come; what is learnt from it holds for the next message.
    fn learn_order(&mut self, is_print: bool, side: BookSide, price: Price, at: (i64, i64)) {
        let (size, now_ns) = at;
        if !self.pairs.see(is_print, side, price, size, now_ns) {
            return;
        }
        let hold_ns = self.hold_ns();
        if hold_ns != self.tracker.hold_ns() {
            self.tracker.set_hold(hold_ns);
            for world in self.worlds.values_mut() {
                world.queue.set_hold(hold_ns);
            }
        }
    }

    /// How long decreases are held now.
    fn hold_ns(&self) -> i64 {
        self.pairs.hold_ns(self.traits.trade_depth, self.pairing_ppm)
    }

    /// The account's world, made on first use.
    pub(in crate::engine) fn world(&mut self, account: AccountId, params: &Params) -> &mut World {
        let (lot, conflation_ns, hold_ns) = (self.lot, self.traits.conflation_ns, self.hold_ns());
        // Its first order meets the market as its second will.
        let heard_ns = self.market.last_update_ns().unwrap_or(0);
        let mut params = params.queue(lot, conflation_ns, hold_ns);
        params.rules.several = self.tracker.several();
        self.worlds.entry(account).or_insert_with(|| {
            self.reach.told = None;
            World::new(params, heard_ns)
        })
    }

    /// Some events come. Of a message that is not whole nobody knows yet whom it meets.
    #[inline]
    fn begin(&mut self, is_whole: bool) {
        if !self.worlds.is_empty() {
            let reach = if is_whole { Reach::of(self.worlds.values()) } else { Reach::EVERYWHERE };
            self.reach = reach.going_on(self.reach);
        }
    }

    /// Applies events to the record; none but the last ends a message.
    pub(in crate::engine) fn read(&mut self, events: &[MarketEvent], now_ns: i64) {
        self.begin(events.last().is_some_and(MarketEvent::is_last));
        for event in events {
            self.apply(event, now_ns);
        }
    }

    /// Applies one event to the record and keeps what it means for the worlds.
    #[inline]
    pub(in crate::engine) fn apply(&mut self, event: &MarketEvent, now_ns: i64) {
        if event.kind == EventKind::LevelSet {
            self.apply_level(event, now_ns);
        } else {
            self.apply_other(event, now_ns);
        }
        if event.is_last() {
            self.measure(event, now_ns);
        }
    }

    #[inline]
    fn apply_level(&mut self, event: &MarketEvent, now_ns: i64) {
        self.depth = true;
        let Ok((side, before)) = self.market.apply_level(event, now_ns) else { return };
        let (price, after) = (event.price, event.quantity);
        if after < before && self.previous.is_none() {
            self.learn_order(false, side, price, (before.0 - after.0, now_ns));
        }
        if self.level(side, price, (after, event.count), now_ns) {
            self.reach.moved |= !self.worlds.is_empty();
            if self.reach.has(side, price) {
                self.keep(|sim| sim.seen(Change::Level { side, price, before, after }, event));
            }
        }
    }

    /// What is no level: prints, snapshots, and what a source says of itself.
    #[inline(never)]
    fn apply_other(&mut self, event: &MarketEvent, now_ns: i64) {
        if event.kind == EventKind::SnapshotBegin {
            self.counts.begin();
            let good = self.market.is_live(now_ns);
            self.previous = good.then(|| self.market.book.clone());
        }
        self.depth |= event.kind == EventKind::SnapshotEnd;
        let change = self.market.apply(event, now_ns);
        match change {
            Change::Print { .. } if event.flags & flag::BACKFILLED != 0 => {
                self.late_print(change, event, now_ns);
            }
            Change::Print { side, price, quantity, .. } => {
                if let Some(side) = side {
                    self.note_use(self.market.is_live(now_ns), now_ns);
                    self.learn_order(true, side, price, (quantity.0, now_ns));
                    self.tracker.on_print(side, price, quantity, now_ns, stamp(event, now_ns));
                }
                self.print_stamp_ns = self.print_stamp_ns.max(event.ts_venue_ns);
                self.note_print(now_ns);
                self.keep(|sim| sim.seen(change, event));
            }
            Change::SnapshotEnded => self.end_snapshot(now_ns),
            Change::Level { .. } | Change::SnapshotBegun | Change::Status(_) | Change::None => {}
        }
    }

    /// A change, with where the tape has it.
    fn seen(&self, change: Change, event: &MarketEvent) -> Seen {
        let cite = TapeCite {
            version: self.market.version,
            venue_seq: event.seq,
            trade_id: event.match_id,
            backfilled: event.flags & flag::BACKFILLED != 0,
            epoch: self.epoch,
        };
        Seen { change, count: event.count, cite }
    }

    fn note_use(&mut self, usable: bool, now_ns: i64) {
        self.tracker.note_use(usable, self.market.config().max_age_ns, now_ns);
    }

    /// A level shows a size and orders; false while a snapshot is under way, which says at its end
    /// what it changed.
    fn level(
        &mut self,
        side: BookSide,
        price: Price,
        (after, count): (Quantity, u32),
        now_ns: i64,
    ) -> bool {
        if self.previous.is_some() || !self.market.has_snapshot() {
            self.counts.note(side, price, count);
            return false;
        }
        self.tracker.on_level(side, price, after, count, now_ns);
        true
    }

    /// A print of the past. The book that is displayed already contains it, so it says something
    /// only of a gap, and only when it is newer than every print that was seen.
    fn late_print(&mut self, change: Change, event: &MarketEvent, now_ns: i64) {
        if event.ts_venue_ns <= self.print_stamp_ns {
            return;
        }
        self.print_stamp_ns = event.ts_venue_ns;
        if !self.market.is_live(now_ns) && !self.worlds.is_empty() {
            self.missed.push(self.seen(change, event));
        }
    }

    /// Keeps a change where somebody is there to meet it.
    #[inline]
    fn keep(&mut self, seen: impl FnOnce(&Self) -> Seen) {
        if !self.worlds.is_empty() {
            self.changes.push(seen(self));
        }
    }

    /// A snapshot of a good book is the set of its differences; otherwise everything is new. Where
    /// it shows the size of before although prints took some of it, that much came back.
    fn end_snapshot(&mut self, now_ns: i64) {
        let counts = std::mem::take(&mut self.counts);
        let Some(before) = self.previous.take() else { return self.start_over(&counts) };
        self.show(differences(&before, &self.market.book), &counts, now_ns);
        let book = &self.market.book;
        let unshown = self.tracker.unshown().into_iter().map(|(side, price)| {
            let shown = book.quantity_at(side, price);
            Change::Level { side, price, before: shown, after: shown }
        });
        self.show(unshown.collect(), &counts, now_ns);
    }

    /// What a snapshot says of levels.
    fn show(&mut self, changes: Vec<Change>, counts: &SnapshotCounts, now_ns: i64) {
        let cite = self.cite_book();
        for change in changes {
            let Change::Level { side, price, after, .. } = change else { continue };
            let count = counts.at(side, price);
            if self.level(side, price, (after, count), now_ns) {
                self.reach.moved |= !self.worlds.is_empty();
                self.keep(|_| Seen { change, count, cite });
            }
        }
    }

    /// Where the tape has the book as it is now.
    pub(in crate::engine) const fn cite_book(&self) -> TapeCite {
        TapeCite {
            version: self.market.version,
            venue_seq: self.market.venue_seq(),
            trade_id: 0,
            backfilled: false,
            epoch: self.epoch,
        }
    }

    /// Nothing is known of the levels but their size, and their orders where these are counted;
    /// queues and overlays are matched to it.
    fn start_over(&mut self, counts: &SnapshotCounts) {
        self.epoch += 1;
        self.tracker.clear();
        for side in [BookSide::Bid, BookSide::Ask] {
            for level in self.market.book.levels(side) {
                let count = counts.at(side, level.price);
                self.tracker.on_snapshot_level(side, level.price, level.quantity, count);
            }
        }
        (self.lost, self.reach.moved) = (true, false);
        self.changes.clear();
    }

    /// Takes the changes of the message that ended, and whether the queues lost something before.
    ///
    /// A message can pass through sizes that never stood at the venue, so each of its levels comes
    /// once between two prints, with what it was and what it became.
    pub(in crate::engine) fn take_changes(&mut self) -> (Vec<Seen>, bool) {
        let mut changes = std::mem::take(&mut self.changes);
        join_repeats(&mut changes);
        (changes, std::mem::take(&mut self.lost))
    }

    /// Whether the message that ended changed levels.
    pub(in crate::engine) const fn take_moved(&mut self) -> bool {
        std::mem::replace(&mut self.reach.moved, false)
    }

    /// How queues estimate now, unless they were told.
    pub(in crate::engine) fn new_policy(&mut self) -> Option<(Mode, Trust)> {
        let rate = *self.tracker.match_rate();
        (self.reach.told.replace(rate) != Some(rate)).then(|| self.tracker.policy())
    }

    /// Takes the prints of a gap.
    pub(in crate::engine) fn take_missed(&mut self) -> Vec<Seen> {
        std::mem::take(&mut self.missed)
    }

    /// Gives the emptied list back, so that no message allocates.
    pub(in crate::engine) fn return_changes(&mut self, mut changes: Vec<Seen>) {
        changes.clear();
        self.changes = changes;
    }

    /// Without worlds there is nobody to tell.
    pub(in crate::engine) fn settle_without_worlds(&mut self) {
        self.changes.clear();
        self.missed.clear();
        (self.lost, self.reach.moved) = (false, false);
    }

    /// The message cannot be used: what it changed is found out at the next live one.
    pub(in crate::engine) fn lose_changes(&mut self) {
        self.changes.clear();
        (self.lost, self.reach.moved) = (true, false);
    }

    fn note_print(&mut self, now_ns: i64) {
        if self.prints.len() >= PACE_PRINTS {
            self.prints.pop_front();
        }
        self.prints.push_back(now_ns);
    }

    /// A message ended: load, pace of depth, the feed delay less the venue's clock offset, use.
    #[inline(never)]
    fn measure(&mut self, event: &MarketEvent, now_ns: i64) {
        if std::mem::take(&mut self.depth) {
            self.depth_pace.on_message(now_ns);
        }
        self.load.on_message(now_ns);
        if event.ts_venue_ns > 0 {
            let raw = now_ns.saturating_sub(event.ts_venue_ns);
            let offset = self.clock.lowest(raw, now_ns);
            self.delay_ns = Some(raw.saturating_sub(offset).clamp(0, MAX_FEED_DELAY_NS));
        }
        self.note_use(self.market.was_live(), now_ns);
    }
}

/// Prints with one venue stamp are one sweep; without stamps those that came at one instant are.
const fn stamp(event: &MarketEvent, now_ns: i64) -> i64 {
    if event.ts_venue_ns > 0 { event.ts_venue_ns } else { now_ns }
}

fn scaled(value: i64, ppm: i64) -> i64 {
    i64::try_from(i128::from(value) * i128::from(ppm) / 1_000_000).unwrap_or(i64::MAX)
}
