//! Connections that are open now: frames are decoded and applied as they come.
//!
//! A connection keeps the sockets and the rules of a venue; here is only what a recording would
//! do with the same frames at the same times, so that playing back what was recorded gives the same
//! books and the same events.

use std::collections::BTreeMap;

use super::delay::{DelayView, Delays};
use super::steps::FedMarket;
use super::{Session, feed, market_of};
use crate::feed::{Decoder, FeedBatch, FeedError, FeedStats, FeedVenue, InstrumentList};

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
        /// Nothing is missing as the venue counts, and yet it cannot be: crossed for too long, or
        /// full of what is no level.
        Refuted = "refuted",
    }
);

/// One connection to a venue.
#[derive(Debug)]
pub struct LiveFeed {
    /// Its venue, and whether it is that of Binance's futures.
    of: (FeedVenue, bool),
    decoder: Box<dyn Decoder>,
    batch: FeedBatch,
    /// Market of each instrument, by its symbol; none where that is no symbol here.
    markets: BTreeMap<String, Option<FedMarket>>,
    states: Vec<LiveState>,
    delays: Delays,
}

/// What a connection brings.
#[derive(Debug, Clone, Copy)]
pub enum LiveInput<'a> {
    /// A frame.
    Frame(&'a [u8]),
    /// A book fetched over REST, which does not name its instrument.
    Book {
        /// The venue's own name of it.
        venue_symbol: &'a str,
        /// The answer.
        body: &'a [u8],
    },
}

/// What one frame did.
#[derive(Debug, Default)]
pub struct LiveStep {
    /// Books it joined or lost.
    pub changes: Vec<LiveChange>,
    /// Market events it brought to books.
    pub applied: usize,
    /// Market events of what is no symbol here.
    pub ignored: usize,
    /// Why it could not be read; it may have lost books then.
    pub error: Option<FeedError>,
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
        self.live.push(LiveFeed::new((venue, futures)));
        self.live.len() - 1
    }

    /// Lets every connection begin anew: what it knew is of books that are others now.
    pub(super) fn reopen_feeds(&mut self) {
        for live in &mut self.live {
            *live = LiveFeed::new(live.of);
        }
    }

    /// Applies what was received at `now_ns`.
    pub fn live(&mut self, feed: usize, input: LiveInput<'_>, now_ns: i64) -> LiveStep {
        self.live_step(feed, now_ns, |decoder, batch| match input {
            LiveInput::Frame(frame) => decoder.decode(frame, now_ns, batch),
            LiveInput::Book { venue_symbol, body } => {
                decoder.rest_answer(Some(venue_symbol), body, now_ns, batch)
            }
        })
    }

    /// Applies a list of instruments received at `now_ns`: which books it joined or lost.
    pub fn live_list(
        &mut self,
        feed: usize,
        list: &InstrumentList,
        now_ns: i64,
    ) -> Vec<LiveChange> {
        let listed = |decoder: &mut Box<dyn Decoder>, batch: &mut FeedBatch| {
            decoder.listed(list, now_ns, batch);
            Ok(())
        };
        self.live_step(feed, now_ns, listed).changes
    }

    /// The connection is gone at `now_ns`: its books are no books until their next snapshots.
    pub fn live_lost(&mut self, feed: usize, now_ns: i64) -> Vec<LiveChange> {
        let lost = |decoder: &mut Box<dyn Decoder>, batch: &mut FeedBatch| {
            decoder.disconnected(now_ns, batch);
            Ok(())
        };
        self.live_step(feed, now_ns, lost).changes
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
    ) -> LiveStep {
        // What was due before this frame happened before it.
        self.advance(now_ns.saturating_sub(1));
        let now_ns = now_ns.max(self.engine.now_ns());
        self.equity.moved(now_ns);
        let Self { engine, live, watch, .. } = self;
        let Some(LiveFeed { decoder, batch, markets, states, delays, .. }) = live.get_mut(number)
        else {
            return LiveStep::default();
        };
        batch.clear();
        let error = decode(decoder, batch).err();
        let mut step = LiveStep { error, ..LiveStep::default() };
        let named = decoder.take_terms();
        let instruments = decoder.instruments();
        states.resize(instruments.len(), LiveState::Waiting);
        for (at, terms) in named {
            if let Some(row) = instruments.get(at as usize)
                && let Some(market) = market_of(engine, markets, row.venue.venue_id(), &row.symbol)
            {
                engine.set_terms(market.id, &terms);
            }
        }
        for (at, events) in batch.messages() {
            let at = at as usize;
            let (Some(row), Some(state)) = (instruments.get(at), states.get_mut(at)) else {
                continue;
            };
            delays.note(events, now_ns);
            let market = market_of(engine, markets, row.venue.venue_id(), &row.symbol);
            let market = market.map(|market| {
                market.learn(engine, events);
                market.id
            });
            if let Some(id) = market {
                feed(engine, watch, id, events, now_ns);
                step.applied += events.len();
            } else {
                step.ignored += events.len();
            }
            let told = state_after(*state, events);
            let now = match market {
                Some(id) if told.is_whole() && engine.market(id).market.has_lost_its_book() => {
                    LiveState::Refuted
                }
                _ => told,
            };
            if now != *state {
                *state = now;
                step.changes.push(LiveChange {
                    venue_symbol: row.venue_symbol.clone(),
                    symbol: row.symbol.clone(),
                    state: now,
                    is_listed: market.is_some(),
                });
            }
        }
        self.advance(now_ns);
        step
    }
}

impl LiveFeed {
    fn new(of: (FeedVenue, bool)) -> Self {
        let (venue, futures) = of;
        Self {
            of,
            decoder: venue.decoder_of(futures),
            batch: FeedBatch::new(),
            markets: BTreeMap::new(),
            states: Vec::new(),
            delays: Delays::default(),
        }
    }
}

impl LiveState {
    /// True when the venue's own numbers find nothing missing.
    const fn is_whole(self) -> bool {
        matches!(self, Self::Joined | Self::Live)
    }
}

/// What a message makes of the book it belongs to.
fn state_after(before: LiveState, events: &[MarketEvent]) -> LiveState {
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
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::sim::preset::Params;

    const SECOND: i64 = 1_000_000_000;
    const T0: i64 = 1_776_657_000 * SECOND;
    const TOUCH: &str = r#"{"side":"bid","price_level":"99","new_quantity":"1"},{"side":"offer","price_level":"101","new_quantity":"1"}"#;
    const CROSS: &str = r#"{"side":"bid","price_level":"102","new_quantity":"1"}"#;
    const QUIET: &str = r#"{"side":"bid","price_level":"90","new_quantity":"1"}"#;

    fn states(
        session: &mut Session,
        at_s: i64,
        number: u32,
        kind: &str,
        levels: &str,
    ) -> Vec<LiveState> {
        let frame = format!(
            r#"{{"channel":"l2_data","timestamp":"2026-08-24T22:34:13Z","sequence_num":{number},"events":[{{"type":"{kind}","product_id":"BTC-USD","updates":[{levels}]}}]}}"#
        );
        let step = session.live(0, LiveInput::Frame(frame.as_bytes()), T0 + at_s * SECOND);
        assert_eq!(step.error, None);
        step.changes.iter().map(|change| change.state).collect()
    }

    #[test]
    fn a_book_that_stays_crossed_is_told_once_and_comes_back_with_its_next_snapshot() {
        let mut session =
            Session::new(Engine::new(1, "instant", Params::preset("instant").unwrap()));
        assert_eq!(session.open_feed(FeedVenue::Coinbase, false), 0);
        assert_eq!(states(&mut session, 0, 0, "snapshot", TOUCH), [LiveState::Joined]);
        assert_eq!(states(&mut session, 1, 1, "update", CROSS), [LiveState::Live]);
        assert_eq!(states(&mut session, 5, 2, "update", QUIET), []);
        assert_eq!(states(&mut session, 7, 3, "update", QUIET), [LiveState::Refuted]);
        assert_eq!(states(&mut session, 8, 4, "update", QUIET), []);
        let lost = session.live_lost(0, T0 + 9 * SECOND);
        assert_eq!(lost.iter().map(|row| row.state).collect::<Vec<_>>(), [LiveState::Resync]);
        assert_eq!(states(&mut session, 10, 0, "snapshot", TOUCH), [LiveState::Joined]);
        assert_eq!(states(&mut session, 11, 1, "update", QUIET), [LiveState::Live]);
    }
}
