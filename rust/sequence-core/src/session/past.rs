//! Recordings that are gone on with: what they hold up to the present has happened.

use std::collections::BTreeSet;

use super::schedule::Schedule;
use super::source::market_of;
use super::{Recording, Session, Source, TapeSource};
use crate::engine::Engine;
use crate::feed::Heard;
use crate::ids::MarketId;

impl Session {
    /// Recordings that are added from here on were played up to the present by an earlier process,
    /// until [`Self::end_past`].
    pub fn begin_past(&mut self) {
        self.engine.begin_past();
    }

    /// Reads recordings up to the present, that instant included: books become what they were, and
    /// nothing is filled or told. Orders that wait for a book then meet it as it stands.
    pub fn end_past(&mut self) {
        let now_ns = self.engine.now_ns();
        // A schedule of their own: other sources are not read.
        let mut ahead = Schedule::default();
        for (at, source) in self.recordings.iter().enumerate() {
            ahead.set(at, source.next_due_ns());
        }
        let mut markets = BTreeSet::new();
        while let Some((at, due_ns)) = ahead.first().filter(|(_, due_ns)| *due_ns <= now_ns) {
            let until_ns = ahead.turn_of(at, now_ns);
            let Some(source) = self.recordings.get_mut(at) else { break };
            match source {
                Source::Raw(source) => source.read_past(&mut self.engine, due_ns, &mut markets),
                Source::Tape(source) => source.read_past(&mut self.engine, until_ns, &mut markets),
            }
            ahead.set(at, source.next_due_ns());
        }
        self.engine.end_past();
        for market in markets {
            // What waits meets the book as it stands, as after a time in which it counted as old.
            self.engine.hold_stale(market, false);
        }
        self.fire(now_ns);
        for source in 1..=self.recordings.len() {
            self.reschedule(source);
        }
        self.market_moved();
    }
}

impl Recording {
    fn read_past(&mut self, engine: &mut Engine, due_ns: i64, read: &mut BTreeSet<MarketId>) {
        let Self { replay, played_ns, markets } = self;
        *played_ns = Some(due_ns);
        replay.advance(due_ns, &mut |instrument, heard| {
            let venue = instrument.venue.venue_id();
            let market = market_of(engine, markets, venue, &instrument.symbol);
            let Some(market) = market else { return };
            read.insert(market.id);
            match heard {
                Heard::Terms(terms) => engine.set_terms(market.id, terms),
                Heard::Message(events) => {
                    market.learn(engine, events);
                    engine.read_past(market.id, events, due_ns);
                }
            }
        });
    }
}

impl TapeSource {
    fn read_past(&mut self, engine: &mut Engine, until_ns: i64, read: &mut BTreeSet<MarketId>) {
        while let Some(due_ns) = self.tape.next_due_ns().filter(|due_ns| *due_ns <= until_ns) {
            let Some((instrument, events)) = self.tape.next_message() else { return };
            self.played += 1;
            if let Some(Some(market)) = self.markets.get_mut(instrument) {
                read.insert(market.id);
                market.learn(engine, events);
                engine.read_past(market.id, events, due_ns);
            }
        }
    }
}
