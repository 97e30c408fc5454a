//! A feed as frames, and a market that is slow and obvious: sorted maps and whole messages.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sequence_core::ids::BookSide;
use sequence_core::market::{MarketConfig, MarketStatus};
use sequence_core::number::{Price, Quantity};
use sequence_core::tape::{EventKind, FeedStatus, MarketEvent};

pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const START: i64 = 1_776_657_000 * SECOND;

/// Sequence number of a delta, relative to what the market has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    None,
    Next,
    Repeated,
    Skipping,
}

/// One message of a feed.
#[derive(Debug, Clone)]
pub(crate) enum Frame {
    Snapshot { bids: Vec<(i64, i64)>, asks: Vec<(i64, i64)> },
    Delta { number: Number, is_stamped: bool, changes: Vec<(bool, i64, i64)> },
    Print { price: i64 },
    Heartbeat,
    Status(FeedStatus),
}

/// A feed's rules and its messages, each with the pause before it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) config: MarketConfig,
    pub(crate) frames: Vec<(i64, Frame)>,
}

pub(crate) fn sessions() -> impl Strategy<Value = Session> {
    let config = (any::<[bool; 4]>(), prop::sample::select(vec![4, 9, 1_000])).prop_map(
        |([ages, live_on_snapshot, strict, contiguous], max_levels)| MarketConfig {
            max_age_ns: ages.then_some(5 * SECOND),
            live_on_snapshot,
            max_levels,
            strict,
            contiguous,
            unit_price: false,
        },
    );
    let pause = prop_oneof![
        8 => 0..SECOND / 2,
        3 => SECOND..2 * SECOND,
        1 => prop::sample::select(vec![5 * SECOND, 5 * SECOND + 1, 9 * SECOND]),
    ];
    let frames = prop::collection::vec((pause, frame()), 1..40);
    (config, frames).prop_map(|(config, mut frames)| {
        // Most sessions start as feeds do; those that do not are covered by what follows a gap.
        let opening = Frame::Snapshot { bids: vec![(9_998, 5)], asks: vec![(10_002, 5)] };
        if config.max_levels != 4 {
            frames.insert(0, (0, opening));
        }
        Session { config, frames }
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    // Whole books may be crossed, and may carry orders far from any price.
    let far = || prop::sample::select(vec![50i64, 2_000_000]);
    let bid = prop_oneof![20 => 9_990..10_000i64, 1 => far()];
    let ask = prop_oneof![20 => 9_999..10_010i64, 1 => far()];
    let bids = prop::collection::vec((bid, 1..5i64), 0..12);
    let asks = prop::collection::vec((ask, 1..5i64), 0..12);
    let price = prop_oneof![
        30 => 9_992..10_008i64,
        1 => prop::sample::select(vec![0, -1, 50, 2_000_000]),
    ];
    // Bids live below and asks above the middle; some changes cross it.
    let quiet = (any::<bool>(), 0..8i64, 0..4i64).prop_map(|(is_bid, away, quantity)| {
        let price = if is_bid { 9_999 - away } else { 10_001 + away };
        (is_bid, price, quantity)
    });
    let wild = (any::<bool>(), price, -1..3i64);
    let change = prop_oneof![12 => quiet, 1 => wild];
    let number = prop_oneof![
        4 => Just(Number::None),
        16 => Just(Number::Next),
        2 => Just(Number::Repeated),
        1 => Just(Number::Skipping),
    ];
    let delta = (number, any::<bool>(), prop::collection::vec(change, 1..4))
        .prop_map(|(number, is_stamped, changes)| Frame::Delta { number, is_stamped, changes });
    let status = prop_oneof![
        4 => Just(FeedStatus::Resync),
        2 => Just(FeedStatus::Down),
        6 => Just(FeedStatus::Open),
        2 => Just(FeedStatus::Halted),
        2 => Just(FeedStatus::PostOnly),
        1 => Just(FeedStatus::Closed),
    ];
    prop_oneof![
        24 => delta,
        5 => (bids, asks).prop_map(|(bids, asks)| Frame::Snapshot { bids, asks }),
        5 => (9_990..10_010i64).prop_map(|price| Frame::Print { price }),
        1 => far().prop_map(|price| Frame::Print { price }),
        2 => Just(Frame::Heartbeat),
        2 => status.prop_map(Frame::Status),
    ]
}

impl Frame {
    /// The frame as events; `number` is the sequence number of a delta.
    pub(crate) fn events(&self, number: u64, now: i64) -> Vec<MarketEvent> {
        let level = |is_bid: bool, price: i64, quantity: i64, stamp: i64, seq: u64| {
            let side = if is_bid { BookSide::Bid } else { BookSide::Ask };
            let mut event = MarketEvent::level(side, Price(price), Quantity(quantity), stamp, now);
            event.seq = seq;
            event
        };
        let mut events = match self {
            Self::Snapshot { bids, asks } => {
                let mut edge = MarketEvent::new(EventKind::SnapshotBegin, now, now);
                edge.seq = 100;
                let mut events = vec![edge];
                events
                    .extend(bids.iter().map(|(price, size)| level(true, *price, *size, now, 100)));
                events
                    .extend(asks.iter().map(|(price, size)| level(false, *price, *size, now, 100)));
                edge.kind = EventKind::SnapshotEnd;
                events.push(edge);
                events
            }
            Self::Delta { is_stamped, changes, .. } => {
                let stamp = if *is_stamped { now } else { 1 };
                changes
                    .iter()
                    .map(|(bid, price, size)| level(*bid, *price, *size, stamp, number))
                    .collect()
            }
            Self::Print { price } => {
                vec![MarketEvent::print(None, Price(*price), Quantity(1), now, now)]
            }
            Self::Heartbeat => vec![MarketEvent::new(EventKind::Heartbeat, now, now)],
            Self::Status(status) => vec![MarketEvent::status(*status, now, now)],
        };
        if let Some(end) = events.last_mut() {
            *end = end.last();
        }
        events
    }
}

/// Why a feed is not usable, in the order in which it recovers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    WaitsForSnapshot,
    WaitsForUpdate,
    Flows,
}

#[derive(Debug, Clone)]
pub(crate) struct TwinMarket {
    config: MarketConfig,
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    /// Best price ever left out for lack of room, per side.
    lost_bid: Option<i64>,
    lost_ask: Option<i64>,
    feed: Feed,
    had_gap: bool,
    venue: FeedStatus,
    seq: u64,
    taken: u64,
    stamp: i64,
    crossed_at: Option<i64>,
    mid: Option<i64>,
    drops: Vec<i64>,
    heard_at: Option<i64>,
    missed_something: bool,
    prints_on_still_book: Vec<i64>,
}

impl TwinMarket {
    pub(crate) fn new(config: MarketConfig) -> Self {
        Self {
            config,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            lost_bid: None,
            lost_ask: None,
            feed: Feed::WaitsForSnapshot,
            had_gap: false,
            venue: FeedStatus::Open,
            seq: 0,
            taken: 0,
            stamp: 0,
            crossed_at: None,
            mid: None,
            drops: Vec::new(),
            heard_at: None,
            missed_something: false,
            prints_on_still_book: Vec::new(),
        }
    }

    pub(crate) fn levels(&self, side: BookSide) -> Vec<(i64, i64)> {
        match side {
            BookSide::Bid => self.bids.iter().rev().map(|(price, size)| (*price, *size)).collect(),
            BookSide::Ask => self.asks.iter().map(|(price, size)| (*price, *size)).collect(),
        }
    }

    /// Sequence number of the last delta taken, 0 when that had none.
    pub(crate) fn last_number(&self) -> u64 {
        self.taken
    }

    /// The sequence number a frame carries.
    pub(crate) fn number_of(&self, frame: &Frame) -> u64 {
        if let Frame::Delta { number, .. } = frame { self.number(*number) } else { 0 }
    }

    fn number(&self, number: Number) -> u64 {
        match number {
            Number::None => 0,
            Number::Next => self.seq + 1,
            Number::Repeated => self.seq,
            Number::Skipping => self.seq + 2,
        }
    }

    pub(crate) fn status(&self, now: i64) -> MarketStatus {
        let crossed_for = self.crossed_at.map(|since| now - since);
        let silent = self.heard_at.is_none_or(|heard| now - heard > 5 * SECOND);
        let frozen = match self.prints_on_still_book[..] {
            [first, .., last] => last - first > 5 * SECOND,
            _ => false,
        };
        let stale = self.config.max_age_ns.is_some() && (silent || frozen || self.missed_something);
        match (self.venue, self.feed) {
            (FeedStatus::Closed, _) => MarketStatus::Closed,
            (FeedStatus::Halted, _) => MarketStatus::Halted,
            (_, Feed::WaitsForSnapshot | Feed::WaitsForUpdate) if self.had_gap => {
                MarketStatus::Resync
            }
            (_, Feed::WaitsForSnapshot | Feed::WaitsForUpdate) => MarketStatus::Syncing,
            _ if crossed_for.is_some_and(|time| time > 5 * SECOND) => MarketStatus::Resync,
            _ if crossed_for.is_some() => MarketStatus::Crossed,
            _ if stale => MarketStatus::Stale,
            (FeedStatus::PostOnly, _) => MarketStatus::PostOnly,
            _ => MarketStatus::Ok,
        }
    }

    pub(crate) fn receive(&mut self, frame: &Frame, now: i64) {
        if self.crossed_at.is_some_and(|since| now - since > 5 * SECOND) {
            self.gap();
        }
        if self.heard_at.is_some_and(|heard| now - heard > 5 * SECOND) {
            self.missed_something = true;
        }
        self.heard_at = Some(now);
        match frame {
            Frame::Snapshot { bids, asks } => self.snapshot(bids, asks, now),
            Frame::Delta { number, is_stamped, changes } => {
                self.delta(self.number(*number), if *is_stamped { now } else { 1 }, changes, now);
            }
            // A print too far from the book is not believed, and proves nothing about it.
            Frame::Print { price } if self.is_far(*price) => {}
            Frame::Print { .. } => self.prints_on_still_book.push(now),
            Frame::Status(FeedStatus::Resync | FeedStatus::Down) => self.gap(),
            Frame::Status(status) if self.venue != FeedStatus::Closed => self.venue = *status,
            Frame::Heartbeat | Frame::Status(_) => {}
        }
        if self.feed != Feed::WaitsForSnapshot {
            let best_bid = self.bids.keys().next_back().copied();
            let best_ask = self.asks.keys().next().copied();
            match best_bid.zip(best_ask) {
                Some((bid, ask)) if bid >= ask => {
                    self.crossed_at.get_or_insert(now);
                }
                Some((bid, ask)) => {
                    self.crossed_at = None;
                    if ask < bid * 100 {
                        self.mid = Some(bid.midpoint(ask));
                    }
                }
                None => self.crossed_at = None,
            }
        }
    }

    fn gap(&mut self) {
        self.feed = Feed::WaitsForSnapshot;
        self.had_gap = true;
        self.crossed_at = None;
    }

    fn drop_tick(&mut self, now: i64) {
        self.drops.push(now);
        if self.drops.iter().filter(|time| now - **time <= SECOND).count() > 3 {
            self.gap();
        }
    }

    fn flows(&mut self) {
        self.feed = Feed::Flows;
        self.had_gap = false;
    }

    fn is_far(&self, price: i64) -> bool {
        self.mid.is_some_and(|mid| price <= mid / 100 || price >= mid * 100)
    }

    fn snapshot(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)], now: i64) {
        self.bids.clear();
        self.asks.clear();
        (self.lost_bid, self.lost_ask) = (None, None);
        self.drops.clear();
        (self.crossed_at, self.mid) = (None, None);
        (self.seq, self.stamp) = (100, now);
        let bids = bids.iter().map(|(price, size)| (true, *price, *size));
        let asks = asks.iter().map(|(price, size)| (false, *price, *size));
        for (is_bid, price, size) in bids.chain(asks) {
            self.put(is_bid, price, size);
        }
        self.keep_best(self.config.max_levels);
        self.prints_on_still_book.clear();
        self.feed = Feed::WaitsForUpdate;
        if self.config.live_on_snapshot {
            self.missed_something = false;
            self.flows();
        }
    }

    fn delta(&mut self, seq: u64, stamp: i64, changes: &[(bool, i64, i64)], now: i64) {
        self.taken = 0;
        if self.feed == Feed::WaitsForSnapshot || (seq != 0 && seq <= self.seq) {
            return;
        }
        if self.config.contiguous && self.seq != 0 && seq > self.seq + 1 {
            return self.gap();
        }
        let mut took_one = false;
        for (is_bid, price, size) in changes.iter().copied() {
            if price <= 0 || size < 0 {
                self.drop_tick(now);
                if self.feed == Feed::WaitsForSnapshot {
                    return;
                }
                if self.config.strict && size < 0 {
                    return self.gap();
                }
                continue;
            }
            took_one = true;
            self.taken = seq;
            self.missed_something = false;
            if seq > self.seq || stamp > self.stamp {
                self.prints_on_still_book.clear();
            }
            self.seq = self.seq.max(seq);
            self.stamp = self.stamp.max(stamp);
            if !self.put(is_bid, price, size) && self.config.strict {
                return self.gap();
            }
        }
        if took_one && self.feed == Feed::WaitsForUpdate {
            self.flows();
        }
    }

    /// Sets a level; false when it removes one that ought to be there and is not.
    fn put(&mut self, is_bid: bool, price: i64, size: i64) -> bool {
        let limit = self.config.max_levels;
        let levels = if is_bid { &mut self.bids } else { &mut self.asks };
        if size == 0 {
            let beyond = if is_bid {
                self.lost_bid.is_some_and(|lost| price <= lost)
            } else {
                self.lost_ask.is_some_and(|lost| price >= lost)
            };
            return levels.remove(&price).is_some() || beyond;
        }
        let is_worst =
            levels.keys().all(|known| if is_bid { price < *known } else { price > *known });
        if levels.len() >= limit && is_worst {
            self.leave_out(is_bid, price);
            return true;
        }
        levels.insert(price, size);
        if levels.len() > limit + limit / 8 {
            self.keep_best(limit);
        }
        true
    }

    fn keep_best(&mut self, limit: usize) {
        while self.bids.len() > limit {
            let Some((price, _)) = self.bids.pop_first() else { break };
            self.leave_out(true, price);
        }
        while self.asks.len() > limit {
            let Some((price, _)) = self.asks.pop_last() else { break };
            self.leave_out(false, price);
        }
    }

    fn leave_out(&mut self, is_bid: bool, price: i64) {
        if is_bid {
            self.lost_bid = Some(self.lost_bid.map_or(price, |lost| lost.max(price)));
        } else {
            self.lost_ask = Some(self.lost_ask.map_or(price, |lost| lost.min(price)));
        }
    }
}
