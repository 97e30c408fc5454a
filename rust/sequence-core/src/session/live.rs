//! Connections that are open now: frames are decoded and applied as they come.
//!
//! A connection keeps the sockets and the rules of a venue; here is only what a recording would
//! do with the same frames at the same times, so that playing back what was recorded gives the same
//! books and the same events.

use std::collections::BTreeMap;

use super::delay::{DelayView, Delays};
use super::{Session, feed, market_of, steps};
use crate::feed::{Decoder, FeedBatch, FeedError, FeedStats, FeedVenue};
use crate::ids::MarketId;
use crate::reject::text_enum;
use crate::tape::{EventKind, FeedStatus, MarketEvent};

text_enum!(
    /// Whether the book of an instrument is joined to its feed.
    LiveState {
        /// No complete book yet.
        Waiting = "waiting",
        /// A snapshot, and nothing since that shows it to be the present.
        Joined = "joined",
        /// A snapshot and all that changed since.
        Live = "live",
        /// Something is missing: not a book until the next snapshot.
        Resync = "resync",
    }
);

/// One connection to a venue.
#[derive(Debug)]
pub struct LiveFeed {
    decoder: Box<dyn Decoder>,
    batch: FeedBatch,
    /// Market of each instrument, by its symbol; none where that is no symbol here.
    ids: BTreeMap<String, Option<MarketId>>,
    states: Vec<LiveState>,
    delays: Delays,
}

/// An instrument whose book was joined or lost by a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveChange {
    /// The venue's own name.
    pub venue_symbol: String,
    /// The name here.
    pub symbol: String,
    /// What the book is now.
    pub state: LiveState,
    /// False when the name is no symbol here: nothing of it can be traded.
    pub is_listed: bool,
}

impl Session {
    /// Opens a connection; the number names it in the calls below. `futures` tells Binance's
    /// USD-margined streams from its spot streams.
    pub fn open_feed(&mut self, venue: FeedVenue, futures: bool) -> usize {
        let decoder = venue.decoder_of(futures);
        let (ids, states, delays) = (BTreeMap::new(), Vec::new(), Delays::default());
        self.live.push(LiveFeed { decoder, batch: FeedBatch::new(), ids, states, delays });
        self.live.len() - 1
    }

    /// Applies one frame received at `now_ns`: which books it joined or lost. A frame that cannot be
    /// read may have lost books too.
    pub fn live_frame(
        &mut self,
        feed: usize,
        frame: &[u8],
        now_ns: i64,
    ) -> (Vec<LiveChange>, Option<FeedError>) {
        self.live_step(feed, now_ns, |decoder, batch| decoder.decode(frame, now_ns, batch))
    }

    /// Applies a book fetched over REST, received at `now_ns`.
    pub fn live_book(
        &mut self,
        feed: usize,
        venue_symbol: &str,
        body: &[u8],
        now_ns: i64,
    ) -> (Vec<LiveChange>, Option<FeedError>) {
        self.live_step(feed, now_ns, |decoder, batch| {
            decoder.rest_answer(Some(venue_symbol), body, now_ns, batch)
        })
    }

    /// The connection is gone at `now_ns`: its books are no books until their next snapshots.
    pub fn live_lost(&mut self, feed: usize, now_ns: i64) -> Vec<LiveChange> {
        let lost = |decoder: &mut Box<dyn Decoder>, batch: &mut FeedBatch| {
            decoder.disconnected(now_ns, batch);
            Ok(())
        };
        self.live_step(feed, now_ns, lost).0
    }

    /// Counters of a connection; `None` where there is none.
    pub fn live_stats(&self, feed: usize) -> Option<&FeedStats> {
        self.live.get(feed).map(|live| live.decoder.stats())
    }

    /// How late the messages of a connection come; `None` before one that says when it was.
    pub fn live_delay(&self, feed: usize) -> Option<DelayView> {
        self.live.get(feed)?.delays.view()
    }

    fn live_step(
        &mut self,
        number: usize,
        now_ns: i64,
        decode: impl FnOnce(&mut Box<dyn Decoder>, &mut FeedBatch) -> Result<(), FeedError>,
    ) -> (Vec<LiveChange>, Option<FeedError>) {
        // What was due before this frame happened before it.
        self.advance(now_ns.saturating_sub(1));
        let now_ns = now_ns.max(self.engine.now_ns());
        self.equity.moved(now_ns);
        let Self { engine, live, watch, .. } = self;
        let Some(LiveFeed { decoder, batch, ids, states, delays }) = live.get_mut(number) else {
            return (Vec::new(), None);
        };
        batch.clear();
        let error = decode(decoder, batch).err();
        let named = decoder.take_terms();
        let instruments = decoder.instruments();
        states.resize(instruments.len(), LiveState::Waiting);
        for (at, terms) in named {
            if let Some(row) = instruments.get(at as usize)
                && let Some(id) = market_of(engine, ids, row.venue.venue_id(), &row.symbol)
            {
                engine.set_terms(id, &terms);
            }
        }
        let mut changes = Vec::new();
        for (at, events) in batch.messages() {
            let at = at as usize;
            let (Some(row), Some(state)) = (instruments.get(at), states.get_mut(at)) else {
                continue;
            };
            delays.note(events, now_ns);
            let market = market_of(engine, ids, row.venue.venue_id(), &row.symbol);
            if let Some(id) = market {
                steps::learn(engine, id, events, true);
                feed(engine, watch, id, events, now_ns);
            }
            if let Some(now) = state_after(*state, events).filter(|now| now != state) {
                *state = now;
                changes.push(LiveChange {
                    venue_symbol: row.venue_symbol.clone(),
                    symbol: row.symbol.clone(),
                    state: now,
                    is_listed: market.is_some(),
                });
            }
        }
        self.advance(now_ns);
        (changes, error)
    }
}

/// What a message makes of the book it belongs to; `None` when it changes nothing about that.
fn state_after(before: LiveState, events: &[MarketEvent]) -> Option<LiveState> {
    let mut state = before;
    let mut is_snapshot = false;
    for event in events {
        state = match event.kind {
            EventKind::SnapshotBegin => {
                is_snapshot = true;
                state
            }
            EventKind::SnapshotEnd => LiveState::Joined,
            EventKind::Status
                if matches!(
                    FeedStatus::from_code(event.count),
                    Some(FeedStatus::Resync | FeedStatus::Unfit)
                ) =>
            {
                LiveState::Resync
            }
            EventKind::LevelSet if state == LiveState::Joined && !is_snapshot => LiveState::Live,
            _ => state,
        };
    }
    (state != before).then_some(state)
}
