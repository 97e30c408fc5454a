//! One market of a recording, as a client saw it, with every test on it.

use crate::ids::{BookSide, InstrumentKind, VenueId};
use crate::market::{Change, Market, MarketConfig};
use crate::number::{Price, Quantity};
use crate::rng::Stream;
use crate::score::fronts::{FrontTest, Fronts};
use crate::score::probes;
use crate::score::rules::RULES;
use crate::score::singles::SingleTest;
use crate::score::sizes::{Ended, SizeTest};
use crate::sim::counts::SnapshotCounts;
use crate::sim::pairing::PairMeter;
use crate::sim::preset::{Params, REALISTIC};
use crate::sim::queue::{Join, QueueBook};
use crate::sim::tracker::LotTracker;
use crate::tape::{EventKind, FeedStatus, MarketEvent, TapeInstrument, flag};
use crate::venue::TradeDepth;

/// Lots kept per level, as in the presets.
const LOTS_CAP: usize = 512;
/// Orders are followed at levels with one order as long as they are among so many best ones.
const FOLLOWED_LEVELS: usize = 5;

/// What a recording is made of, as far as it bears on what can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Messages, and those received before the one in front of them.
    pub messages: u64,
    /// Messages whose time of receipt lies before that of an earlier one.
    pub backwards: u64,
    /// Time from the first to the last message, ns.
    pub span_ns: i64,
    /// Changed levels.
    pub levels: u64,
    /// Those that said how many orders stand there.
    pub counted: u64,
    /// Most levels that one side ever showed.
    pub deepest: usize,
    /// Trades.
    pub prints: u64,
    /// Trades of which it is not known which side was hit.
    pub sideless: u64,
    /// Events that name single orders.
    pub orders: u64,
    /// Snapshots and gaps, each of which starts anew.
    pub starts: u64,
    /// Times that the book was lost, and how long it was not known then, ns.
    pub gaps: u64,
    /// That time.
    pub away_ns: i64,
    /// The venue sends one message per order event.
    pub event_level: bool,
    /// Which half of a trade came first, as far as the recording has told.
    pub trade_depth: Option<TradeDepth>,
    /// Decreases, and the share of them with the size of a known lot, ppm.
    pub decreases: u64,
    /// The share.
    pub match_rate_ppm: i64,
}

/// How the recording was written, where it is one of frames: all its markets together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Frames.
    pub frames: u64,
    /// Those with a time before that of an earlier one.
    pub backwards: u64,
    /// Frames and lines that cannot be read.
    pub unread: u64,
}

/// One market of a recording, scored.
#[derive(Debug, Clone)]
pub struct MarketScore {
    /// Its venue.
    pub venue: VenueId,
    /// Its symbol, as the recording has it.
    pub symbol: String,
    /// What the recording holds.
    pub facts: Facts,
    /// How it was written.
    pub written: Written,
    /// Fronts of sweeps.
    pub fronts: Fronts,
    /// Orders that their size gives away.
    pub sizes: SizeTest,
    /// Levels with one order.
    pub singles: SingleTest,
}

/// Scores one market while it is played.
#[derive(Debug, Clone)]
pub struct Scorer {
    score: MarketScore,
    market: Market,
    tracker: LotTracker,
    pairs: PairMeter,
    row: TradeDepth,
    hold_ns: i64,
    queues: [QueueBook; RULES.len()],
    fronts: FrontTest,
    in_snapshot: bool,
    counts: SnapshotCounts,
    first_ns: Option<i64>,
    /// Since when the book is lost.
    lost_ns: Option<i64>,
    heard_ns: i64,
    /// A level with one order changed in the message under way.
    single: Vec<(BookSide, Price)>,
    ended: Vec<Ended>,
}

impl Scorer {
    /// A market before its first message, its default queue under these parameters.
    pub fn new(instrument: &TapeInstrument, params: &Params) -> Self {
        let venue = instrument.venue;
        let event_level = !venue.is_conflated();
        let row = venue.venue().trade_depth;
        let pairs = PairMeter::default();
        let hold_ns = pairs.hold_ns(row, REALISTIC.pairing_ppm);
        let lot = instrument.lot.map_or(1, |lot| lot.0.max(1));
        let unit_price = venue.venue().trades(InstrumentKind::Prediction);
        let stream = Stream::of(0, 0, &["queue|", venue.as_str(), "|", &instrument.symbol]);
        let several = params.lists(stream);
        let queues = RULES.map(|queue_model| {
            let params = Params { queue_model, envelope: false, ..REALISTIC };
            let mut queue = params.queue(lot, venue.conflation_ns(), hold_ns);
            queue.rules.fill_quantum = 1;
            queue.rules.several = several;
            QueueBook::new(queue)
        });
        let rate = REALISTIC.match_rate(event_level, unit_price);
        let facts = Facts { event_level, ..Facts::default() };
        Self {
            score: MarketScore {
                venue,
                symbol: instrument.symbol.clone(),
                facts,
                written: Written::default(),
                fronts: Fronts::default(),
                sizes: SizeTest::default(),
                singles: SingleTest::default(),
            },
            market: Market::new(MarketConfig { unit_price, ..MarketConfig::hand_fed() }),
            tracker: LotTracker::new(hold_ns, LOTS_CAP).with_rate(rate).with_lists(several),
            pairs,
            row,
            hold_ns,
            queues,
            fronts: FrontTest::default(),
            in_snapshot: false,
            counts: SnapshotCounts::default(),
            first_ns: None,
            lost_ns: None,
            heard_ns: i64::MIN,
            single: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// A message that was due at `now_ns`, which never goes back.
    pub fn message(&mut self, events: &[MarketEvent], now_ns: i64) {
        let first_ns = *self.first_ns.get_or_insert(now_ns);
        let facts = &mut self.score.facts;
        facts.messages += 1;
        facts.span_ns = now_ns.saturating_sub(first_ns);
        let heard = events.iter().map(|event| event.ts_local_ns).find(|ns| *ns > 0);
        if let Some(heard_ns) = heard {
            facts.backwards += u64::from(heard_ns < self.heard_ns);
            self.heard_ns = self.heard_ns.max(heard_ns);
        }
        let mut depth = false;
        for event in events {
            depth |= self.event(event, now_ns);
        }
        if depth {
            for queue in &mut self.queues {
                queue.on_message_end(now_ns);
            }
            self.follow_singles(now_ns);
        }
    }

    /// Everything that was found.
    pub fn finish(mut self) -> MarketScore {
        let last_ns = self.first_ns.unwrap_or(0).saturating_add(self.score.facts.span_ns);
        self.find(last_ns);
        let rate = self.tracker.match_rate();
        let facts = &mut self.score.facts;
        (facts.decreases, facts.match_rate_ppm) = (rate.seen(), rate.ppm());
        facts.trade_depth = self.pairs.learnt();
        self.score.fronts = self.fronts.found;
        self.score
    }

    /// The book is lost, for as long as no snapshot comes.
    fn lose(&mut self, now_ns: i64) {
        if self.lost_ns.is_none() && self.market.has_snapshot() {
            self.lost_ns = Some(now_ns);
            self.score.facts.gaps += 1;
        }
    }

    /// It is known again, or the recording ends.
    fn find(&mut self, now_ns: i64) {
        let away_ns = self.lost_ns.take().map_or(0, |lost_ns| now_ns.saturating_sub(lost_ns));
        self.score.facts.away_ns += away_ns;
    }

    /// Takes one event in; true when it belongs to depth.
    fn event(&mut self, event: &MarketEvent, now_ns: i64) -> bool {
        let facts = &mut self.score.facts;
        match event.kind {
            EventKind::Print => facts.prints += 1,
            EventKind::Add
            | EventKind::Reduce
            | EventKind::Delete
            | EventKind::Execute
            | EventKind::HiddenExecute => facts.orders += 1,
            EventKind::Status
                if FeedStatus::from_code(event.count).is_some_and(FeedStatus::loses) =>
            {
                self.lose(now_ns);
                self.start_over();
            }
            _ => {}
        }
        match self.market.apply(event, now_ns) {
            Change::Level { side, price, before, after } => {
                self.score.facts.levels += 1;
                self.score.facts.counted += u64::from(event.count > 0);
                if self.in_snapshot {
                    self.counts.note(side, price, event.count);
                } else if self.market.has_snapshot() {
                    self.level((side, price), (before, after), (event.count, now_ns));
                }
                let depth = self.market.book.depth(side);
                self.score.facts.deepest = self.score.facts.deepest.max(depth);
                true
            }
            Change::Print { side, price, quantity, flags } if flags & flag::BACKFILLED == 0 => {
                let Some(side) = side else {
                    self.score.facts.sideless += 1;
                    return false;
                };
                let stamped = event.ts_venue_ns > 0;
                let stamp_ns = if stamped { event.ts_venue_ns } else { now_ns };
                self.print((side, price, quantity), (now_ns, stamp_ns));
                false
            }
            Change::SnapshotBegun => {
                self.start_over();
                self.counts.begin();
                self.in_snapshot = true;
                true
            }
            Change::SnapshotEnded => {
                self.in_snapshot = false;
                self.find(now_ns);
                self.end_snapshot();
                true
            }
            _ => false,
        }
    }

    fn level(
        &mut self,
        at: (BookSide, Price),
        sizes: (Quantity, Quantity),
        (count, now_ns): (u32, i64),
    ) {
        let ((side, price), (before, after)) = (at, sizes);
        if after < before {
            self.pairs.see(false, side, price, before.0 - after.0, now_ns);
            self.learn_hold();
        }
        self.score.singles.pass(side, price, now_ns);
        let times = (now_ns, self.hold_ns);
        let key = self.score.sizes.level(at, (after, count), times, &mut self.ended);
        self.end_orders();
        if let Some(key) = key.filter(|_| self.score.facts.event_level) {
            self.join(key, at, before, now_ns);
        }
        // As in the engine, a book whose sides overlap fills nobody.
        let fills = after > before && !self.market.book.is_crossed();
        let test = &mut self.score.sizes;
        for (rule, queue) in self.queues.iter_mut().enumerate() {
            if fills {
                probes::cross(queue, at, |key| test.believe(rule, key, now_ns));
            }
            queue.on_level(side, price, sizes, count, now_ns, &mut Vec::new());
        }
        self.tracker.on_level(side, price, after, count, now_ns);
        self.follow_policy();
        if let Some(key) = self.score.singles.level(side, price, after, (count, now_ns)) {
            self.leave(at, key);
        }
        if count == 1 {
            self.single.push(at);
        }
        self.refresh_single(at);
    }

    fn print(&mut self, print: (BookSide, Price, Quantity), (now_ns, stamp_ns): (i64, i64)) {
        let (side, price, quantity) = print;
        self.pairs.see(true, side, price, quantity.0, now_ns);
        self.learn_hold();
        self.fronts.print(&mut self.tracker, print, (now_ns, stamp_ns));
        self.score.singles.pass(side, price, now_ns);
        let test = &mut self.score.sizes;
        for (rule, queue) in self.queues.iter_mut().enumerate() {
            probes::print(queue, print, now_ns, |key| test.believe(rule, key, now_ns));
        }
        self.tracker.on_print(side, price, quantity, now_ns, stamp_ns);
        self.follow_policy();
        self.score.sizes.print(print, now_ns, &mut self.ended);
        self.end_orders();
        if let Some(key) = self.score.singles.print(side, price, quantity) {
            self.leave((side, price), key);
        }
        self.refresh_single((side, price));
    }

    fn join(&mut self, key: u64, at: (BookSide, Price), displayed: Quantity, now_ns: i64) {
        let (side, price) = at;
        for queue in &mut self.queues {
            let entry = self.tracker.entry(side, price, displayed, now_ns);
            let quantity = Quantity::ZERO;
            queue.join(Join { order: key, side, price, quantity, seq: key, now_ns }, entry);
        }
    }

    fn leave(&mut self, (side, price): (BookSide, Price), key: u64) {
        for queue in &mut self.queues {
            queue.remove(side, price, key);
        }
    }

    fn end_orders(&mut self) {
        let mut ended = std::mem::take(&mut self.ended);
        for order in ended.drain(..) {
            self.score.sizes.count(&order);
            self.leave((order.side, order.price), order.key);
        }
        self.ended = ended;
    }

    /// Somebody joins behind the one order of each level that the message left so.
    fn follow_singles(&mut self, now_ns: i64) {
        let mut singles = std::mem::take(&mut self.single);
        for (side, price) in singles.drain(..) {
            let best = self.market.book.levels(side).take(FOLLOWED_LEVELS);
            let near = best.into_iter().find(|level| level.price == price);
            let Some(level) = near.filter(|_| self.score.singles.key(side, price).is_none()) else {
                continue;
            };
            let key = self.score.singles.join(side, price, level.quantity, now_ns);
            self.join(key, (side, price), level.quantity, now_ns);
            self.refresh_single((side, price));
        }
        self.single = singles;
    }

    /// What every rule has before the order that is followed at a level; 0 once it is filled.
    fn refresh_single(&mut self, (side, price): (BookSide, Price)) {
        let Some(key) = self.score.singles.key(side, price) else { return };
        for (rule, queue) in self.queues.iter().enumerate() {
            let own = queue.level(side, price).and_then(|view| view.own().find(key));
            let ahead = own.map_or(0, |(_, own)| own.ahead);
            self.score.singles.believe(rule, side, price, ahead);
        }
    }

    fn learn_hold(&mut self) {
        let hold_ns = self.pairs.hold_ns(self.row, REALISTIC.pairing_ppm);
        if hold_ns != self.hold_ns {
            self.hold_ns = hold_ns;
            self.tracker.set_hold(hold_ns);
            for queue in &mut self.queues {
                queue.set_hold(hold_ns);
            }
        }
    }

    fn follow_policy(&mut self) {
        let policy = self.tracker.policy();
        if let Some(default) = self.queues.first_mut() {
            default.set_policy(&policy);
        }
    }

    /// Nothing is known any more of who stands where.
    fn start_over(&mut self) {
        self.score.facts.starts += 1;
        self.tracker.clear();
        self.fronts.forget();
        self.score.sizes.forget();
        self.score.singles.forget();
        self.single.clear();
        for queue in &mut self.queues {
            *queue = QueueBook::new(queue.params().clone());
        }
    }

    fn end_snapshot(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        for side in [BookSide::Bid, BookSide::Ask] {
            for level in self.market.book.levels(side) {
                let count = counts.at(side, level.price);
                self.tracker.on_snapshot_level(side, level.price, level.quantity, count);
                self.score.sizes.snapshot(side, level.price, level.quantity);
            }
        }
        self.follow_policy();
    }
}
