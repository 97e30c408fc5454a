//! An engine and the sources that feed it, moved through time together.
//!
//! Sources are the demo market, recordings and open connections; hand-fed books go to the engine
//! directly. Whatever is due is applied in one order of time: market messages first, then timers of
//! the same instant. How a stretch of time is cut into `advance` calls changes nothing, but for the
//! demo market after more than an hour without a call: it leaves that time out.

mod branch;
mod by_hand;
mod catalogue;
mod catalogue_text;
mod delay;
mod desk;
mod equity;
mod live;
mod marks;
mod past;
mod prices;
mod schedule;
mod source;
mod steps;
mod thinned;
mod watch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::command::Command;
use crate::demo::{DemoBook, DemoMarket, Volatility};
use crate::engine::view::Value;
use crate::engine::{Engine, FeedKind};
use crate::feed::{Heard, Replay};
use crate::ids::{AccountId, InstrumentKind, MarketId, VenueId};
use crate::listing::{DEMO_LISTINGS, DemoListing};
use crate::reject::Refusal;
use crate::rng::{Stream, below};
use crate::tape::{MarketEvent, Tape, TapeInstrument};
use equity::{Equity, Extremes, Kept};
use marks::Marks;
use prices::Prices;
use schedule::Schedule;
use source::market_of;
use steps::FedMarket;
use watch::Watch;

pub use catalogue::Catalogue;
pub use catalogue_text::CatalogueRow;
pub use delay::DelayView;
pub use desk::DeskOrder;
pub use live::{LiveChange, LiveFeed, LiveInput, LiveState, LiveStep};
pub use prices::Bars;
pub use watch::{Pace, Told, Wanted};

/// A pause of the demo market longer than this is skipped rather than generated.
const LONGEST_DEMO_GAP_NS: i64 = 3_600_000_000_000;

/// An engine with its sources.
#[derive(Debug)]
pub struct Session {
    /// The trading state.
    pub engine: Engine,
    demo: Option<Demo>,
    recordings: Vec<Source>,
    /// Due times: 0 is the demo market, recordings follow.
    schedule: Schedule,
    live: Vec<LiveFeed>,
    /// What was noted on the way; nothing depends on it.
    marks: Marks,
    equity: Equity,
    prices: Prices,
    /// Somebody wants to be told what the sources say.
    watch: Option<Watch>,
}

/// When to stop before the time asked for.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Never,
    /// After the log grew beyond this number.
    Logged(u64),
    /// When the watch has something to tell.
    Told,
}

#[derive(Debug, Clone)]
struct Demo {
    market: DemoMarket,
    ids: Vec<MarketId>,
}

/// A recording in either form.
#[derive(Debug)]
enum Source {
    Raw(Box<Recording>),
    Tape(Box<TapeSource>),
}

/// A venue's frames, decoded as they are played.
#[derive(Debug)]
struct Recording {
    replay: Replay,
    /// Until when it was played.
    played_ns: Option<i64>,
    /// Market of each instrument, by its symbol; none where that is no symbol here.
    markets: BTreeMap<String, Option<FedMarket>>,
}

/// Records, played as they are.
#[derive(Debug)]
struct TapeSource {
    tape: Tape,
    /// Messages that were played.
    played: u64,
    /// Market of each instrument, and whether the first levels say what its steps are.
    markets: Vec<Option<FedMarket>>,
}

impl Session {
    /// A session without sources.
    pub fn new(engine: Engine) -> Self {
        Self {
            engine,
            demo: None,
            recordings: Vec::new(),
            live: Vec::new(),
            schedule: Schedule::default(),
            marks: Marks::default(),
            equity: Equity::default(),
            prices: Prices::default(),
            watch: None,
        }
    }

    /// Lists the built-in demo market and opens its books at `now_ns`.
    pub fn start_demo(&mut self, seed: u64, now_ns: i64) -> Result<(), Refusal> {
        self.start_demo_beside(seed, now_ns, |_, _| false).map(drop)
    }

    /// The same without the venues and symbols that something else feeds: what is made up is never
    /// at a venue that is real, nor beside a real book of the same symbol. Returns the symbols that
    /// are made up.
    pub fn start_demo_beside(
        &mut self,
        seed: u64,
        now_ns: i64,
        is_real: impl Fn(VenueId, &str) -> bool,
    ) -> Result<BTreeSet<&'static str>, Refusal> {
        let listed = || {
            let all = DEMO_LISTINGS
                .iter()
                .flat_map(|row| row.venues.iter().map(move |venue| (row, *venue)));
            all.filter(|(row, venue)| !is_real(*venue, row.symbol))
        };
        let books: Vec<DemoBook<'_>> = listed().map(|(row, venue)| demo_book(row, venue)).collect();
        let ids = listed()
            .map(|(row, venue)| self.engine.list_market(venue, row.symbol, FeedKind::Feed))
            .collect::<Result<_, _>>()?;
        for (row, venue) in listed().filter(|(row, _)| row.kind == InstrumentKind::Perp) {
            let rate_1e9 = demo_funding_rate(seed, row, venue);
            let command = Command::SetFundingRate { venue, symbol: row.symbol, rate_1e9 };
            self.engine.apply(command, now_ns)?;
        }
        self.demo = Some(Demo { market: DemoMarket::new(seed, &books, now_ns), ids });
        self.reschedule(0);
        self.advance(now_ns);
        Ok(listed().map(|(row, _)| row.symbol).collect())
    }

    /// Adds a recording and lists the instruments of its first frames; its events come as the clock
    /// reaches them.
    pub fn add_recording(&mut self, replay: Replay) {
        let recording = Recording::listed(&mut self.engine, replay);
        self.recordings.push(Source::Raw(Box::new(recording)));
        self.reschedule(self.recordings.len());
    }

    /// Adds a tape and lists its instruments; its events come as the clock reaches them.
    pub fn add_tape(&mut self, tape: Tape) -> Result<(), Refusal> {
        let feed = tape.feed();
        let listed = |row: &TapeInstrument| source::list_tape_market(&mut self.engine, feed, row);
        let markets = tape.instruments().iter().map(listed).collect::<Result<_, _>>()?;
        self.recordings.push(Source::Tape(Box::new(TapeSource { tape, played: 0, markets })));
        self.reschedule(self.recordings.len());
        Ok(())
    }

    /// Moves everything to `now_ns`.
    pub fn advance(&mut self, now_ns: i64) {
        self.run(now_ns, Stop::Never);
        self.fire(now_ns);
    }

    /// Moves towards `now_ns` and stops after the first thing that changes an account. Returns
    /// true when it stopped for that; the engine's time is then when it happened.
    pub fn advance_to_change(&mut self, now_ns: i64) -> bool {
        let seen = self.engine.log().last_seq();
        if self.run(now_ns, Stop::Logged(seen)) {
            return true;
        }
        self.fire(now_ns);
        self.engine.log().last_seq() != seen
    }

    /// Tells from here on what is wanted.
    pub fn watch(&mut self, wanted: Wanted) {
        self.watch = Some(Watch::new(wanted, &self.engine));
    }

    /// Tells nothing any more; what happened to markets and was not told yet.
    pub fn unwatch(&mut self) -> VecDeque<Told> {
        self.watch.take().map(Watch::untold).unwrap_or_default()
    }

    /// Moves towards `now_ns` and stops with the first thing to tell; `None` at the end. The
    /// engine's time is then when it happened.
    pub fn advance_to_told(&mut self, now_ns: i64) -> Option<Told> {
        if !self.run(now_ns, Stop::Told) {
            self.fire(now_ns);
        }
        let engine = &self.engine;
        self.watch.as_mut().and_then(|watch| watch.next(engine))
    }

    fn stops(&self, stop: Stop) -> bool {
        must_stop(&self.engine, self.watch.as_ref(), stop)
    }

    /// Applies what is due up to `now_ns`; true when it stopped before.
    fn run(&mut self, now_ns: i64, stop: Stop) -> bool {
        if matches!(stop, Stop::Told) && self.stops(stop) {
            return true;
        }
        self.skip_demo_gap(now_ns);
        loop {
            self.note();
            let source = self.schedule.first().filter(|(_, due)| *due <= now_ns);
            let timer = self.engine.next_timer_ns().filter(|due| *due <= now_ns);
            let noted_ns = self.next_noted_ns().filter(|due| *due <= now_ns);
            let next_ns = source.map(|(_, due)| due).into_iter().chain(timer).min();
            if let Some(at_ns) = noted_ns
                && next_ns.is_none_or(|next| at_ns < next)
            {
                // Everything of that instant has happened.
                self.take_notes(at_ns);
                continue;
            }
            if let Some(next_ns) = next_ns {
                self.equity.moved(next_ns);
            }
            match (source, timer) {
                (Some((source, due)), timer) if timer.is_none_or(|timer| due <= timer) => {
                    self.play(source, due, noted_ns.unwrap_or(now_ns), stop);
                }
                (_, Some(timer)) => self.fire(timer),
                _ => return false,
            }
            if self.stops(stop) {
                return true;
            }
        }
    }

    /// When something happens next.
    pub fn next_due_ns(&self) -> Option<i64> {
        let source = self.schedule.first().map(|(_, due)| due);
        source.into_iter().chain(self.engine.next_timer_ns()).min()
    }

    /// When the last recording ends; `None` without recordings.
    pub fn last_recorded_ns(&self) -> Option<i64> {
        self.recordings.iter().map(Source::last_ns).max()
    }

    /// Why a recording could not be read to its end, where that happened: its books are given up.
    pub fn unread_recording(&self) -> Option<String> {
        self.recordings.iter().find_map(|source| match source {
            Source::Raw(recording) => recording.replay.failed().map(|error| error.to_string()),
            Source::Tape(source) => source.tape.failed().map(|kind| kind.to_string()),
        })
    }

    /// Begins the course of an account's value, before its first order.
    pub fn begin_equity(&mut self, account: AccountId) {
        self.equity.begin(&self.engine, account);
    }

    /// Takes the course of an account's value back from a store.
    pub fn put_back_equity(&mut self, account: AccountId, kept: &[Kept], extremes: Extremes) {
        self.equity.put_back(account, kept, extremes);
    }

    /// The course of an account's value after `since_ns`: the newest `limit` samples.
    pub fn equity_view(&self, account: AccountId, since_ns: i64, limit: usize) -> Value {
        self.equity.rows(account, since_ns, limit)
    }

    /// Notes the present price of every symbol that is followed.
    pub fn sample_prices(&mut self) {
        self.prices.sample(&self.engine);
    }

    /// Prices of a symbol by bar, oldest first; it is followed from now on.
    pub fn prices_view(&mut self, symbol: &str, wanted: Bars) -> Value {
        self.prices.rows(&self.engine, symbol, wanted)
    }

    /// Prices around the fills of an account, newest first, of before a commit number.
    pub fn marks_view(&self, account: AccountId, limit: usize, before: Option<u64>) -> Value {
        Value::List(self.marks.rows(&self.engine, account, limit, before))
    }

    /// Books were changed past the sources of this session: what accounts are worth may have, too.
    pub fn market_moved(&mut self) {
        self.equity.moved(self.engine.now_ns());
    }

    fn note(&mut self) {
        self.marks.note(&self.engine);
        self.equity.hear(self.engine.log().last_seq(), self.engine.now_ns());
    }

    fn next_noted_ns(&self) -> Option<i64> {
        self.marks.next_due_ns().into_iter().chain(self.equity.next_due_ns()).min()
    }

    fn take_notes(&mut self, at_ns: i64) {
        self.marks.take(&self.engine, at_ns);
        if self.equity.next_due_ns().is_some_and(|due| due <= at_ns) {
            self.equity.take(&self.engine, at_ns);
        }
    }

    fn fire(&mut self, at_ns: i64) {
        // Time passing is never refused.
        let passed = self.engine.apply(Command::Advance, at_ns);
        debug_assert!(passed.is_ok());
    }

    /// Notes when a source is due next.
    fn reschedule(&mut self, source: usize) {
        let due_ns = match source.checked_sub(1) {
            None => self.demo.as_ref().and_then(|demo| demo.market.next_due_ns()),
            Some(at) => self.recordings.get(at).and_then(Source::next_due_ns),
        };
        self.schedule.set(source, due_ns);
    }

    fn play(&mut self, source: usize, due_ns: i64, now_ns: i64, stop: Stop) {
        let until_ns = self.schedule.turn_of(source, now_ns);
        let (engine, watch) = (&mut self.engine, &mut self.watch);
        match source.checked_sub(1) {
            None => {
                let Some(demo) = &mut self.demo else { return };
                let ids = &demo.ids;
                demo.market.advance(due_ns, &mut |book, events| {
                    if let Some(id) = ids.get(book) {
                        feed(engine, watch, *id, events, due_ns);
                    }
                });
            }
            Some(at) => match self.recordings.get_mut(at) {
                Some(Source::Raw(recording)) => {
                    let Recording { replay, played_ns, markets } = &mut **recording;
                    *played_ns = Some(due_ns);
                    replay.advance(due_ns, &mut |instrument, heard| {
                        let venue = instrument.venue.venue_id();
                        let Some(market) = market_of(engine, markets, venue, &instrument.symbol)
                        else {
                            return;
                        };
                        match heard {
                            Heard::Terms(terms) => engine.set_terms(market.id, terms),
                            Heard::Message(events) => {
                                market.learn(engine, events);
                                feed(engine, watch, market.id, events, due_ns);
                            }
                        }
                    });
                }
                Some(Source::Tape(source)) => play_tape(engine, watch, source, until_ns, stop),
                None => {}
            },
        }
        self.reschedule(source);
    }

    fn skip_demo_gap(&mut self, now_ns: i64) {
        let Some(demo) = &mut self.demo else { return };
        let due = demo.market.next_due_ns().unwrap_or(now_ns);
        if now_ns.saturating_sub(due) > LONGEST_DEMO_GAP_NS {
            demo.market.skip_to(now_ns);
            self.reschedule(0);
        }
    }
}

/// Plays messages in a row until another source or a timer comes first.
fn play_tape(
    engine: &mut Engine,
    watch: &mut Option<Watch>,
    source: &mut TapeSource,
    until_ns: i64,
    stop: Stop,
) {
    let TapeSource { tape, played, markets } = source;
    let known = engine.next_ids();
    let (mut timer_ns, mut is_dull) = (engine.next_timer_ns(), engine.is_dull());
    while let Some(due_ns) = tape.next_due_ns().filter(|due| *due <= until_ns) {
        if timer_ns.is_some_and(|timer| timer < due_ns) {
            return;
        }
        let Some((instrument, events)) = tape.next_message() else { return };
        *played += 1;
        if let Some(Some(market)) = markets.get_mut(instrument) {
            let at_ns = engine.now_ns().max(due_ns);
            let is_plain = market.fits(engine, events);
            if is_plain && is_dull && timer_ns.is_none_or(|timer| timer > at_ns) {
                is_dull = engine.pass(market.id, events, at_ns);
                if let Some(watch) = watch {
                    watch.saw(engine, market.id, events);
                }
                if is_dull {
                    if must_stop(engine, watch.as_ref(), stop) {
                        return;
                    }
                    continue;
                }
            } else {
                if !is_plain {
                    market.learn(engine, events);
                }
                feed(engine, watch, market.id, events, due_ns);
            }
        }
        // A new fill is noted at its own time.
        if engine.next_ids() != known || must_stop(engine, watch.as_ref(), stop) {
            return;
        }
        (timer_ns, is_dull) = (engine.next_timer_ns(), engine.is_dull());
    }
}

fn feed(
    engine: &mut Engine,
    watch: &mut Option<Watch>,
    market: MarketId,
    events: &[MarketEvent],
    due_ns: i64,
) {
    // Market data is never refused: what makes no sense is counted by the market.
    let applied = engine.apply(Command::Market { market, events }, due_ns);
    debug_assert!(applied.is_ok());
    if let Some(watch) = watch {
        watch.saw(engine, market, events);
    }
}

fn must_stop(engine: &Engine, watch: Option<&Watch>, stop: Stop) -> bool {
    match stop {
        Stop::Never => false,
        Stop::Logged(seen) => engine.log().last_seq() != seen,
        Stop::Told => watch.is_some_and(|watch| watch.has_news(engine)),
    }
}

/// A small rate, positive more often than not: longs mostly pay.
fn demo_funding_rate(seed: u64, row: &DemoListing, venue: VenueId) -> i64 {
    let stream = Stream::new(seed, 0, &format!("funding|{}|{}", venue.as_str(), row.symbol));
    i64::try_from(below(stream.value(0), 200_001)).unwrap_or_default() - 50_000
}

fn demo_book(row: &'static DemoListing, venue: VenueId) -> DemoBook<'static> {
    let (bid, ask) = row.touch_at(venue);
    DemoBook {
        symbol: row.symbol,
        venue: venue.as_str(),
        kind: row.kind,
        tick: row.tick_at(venue),
        lot: row.lot,
        bid,
        ask,
        volatility: Volatility::Normal,
    }
}
