//! A recording as a source: when it is due, and the same one read again for a copy.

use std::collections::BTreeMap;

use super::steps::FedMarket;
use super::{Recording, Source, TapeSource};
use crate::engine::{Engine, FeedKind};
use crate::feed::Replay;
use crate::ids::VenueId;
use crate::reject::Refusal;
use crate::tape::{TapeFeed, TapeInstrument};
use crate::venue::{PriceGrid, Terms, TermsOrigin};

impl Source {
    pub(super) fn next_due_ns(&self) -> Option<i64> {
        match self {
            Self::Raw(recording) => recording.replay.next_due_ns(),
            Self::Tape(source) => source.tape.next_due_ns(),
        }
    }

    /// The same recording at its start, and how far it was played.
    pub(super) fn rewound(&self) -> Option<Self> {
        Some(match self {
            Self::Raw(recording) => Self::Raw(Box::new(Recording {
                replay: recording.replay.rewound().ok()?,
                played_ns: recording.played_ns,
                markets: recording.markets.clone(),
            })),
            Self::Tape(source) => Self::Tape(Box::new(TapeSource {
                tape: source.tape.rewound(),
                played: source.played,
                markets: source.markets.clone(),
            })),
        })
    }

    /// Reads to where it was played, past what happened already.
    pub(super) fn catch_up(&mut self) {
        match self {
            Self::Raw(recording) => {
                if let Some(until_ns) = recording.played_ns {
                    recording.replay.advance(until_ns, &mut |_, _| {});
                }
            }
            Self::Tape(source) => {
                for _ in 0..source.played {
                    if source.tape.next_message().is_none() {
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn last_ns(&self) -> i64 {
        match self {
            Self::Raw(recording) => recording.replay.last_ns(),
            Self::Tape(source) => source.tape.last_ns(),
        }
    }
}

impl Recording {
    /// A recording at its start, with the instruments of its first frames listed.
    pub(super) fn listed(engine: &mut Engine, replay: Replay) -> Self {
        let mut markets = BTreeMap::new();
        let outlook = replay.outlook();
        for row in &outlook.instruments {
            let market = market_of(engine, &mut markets, row.venue.venue_id(), &row.symbol);
            if let Some((market, said)) = market.zip(outlook.terms.get(&row.symbol)) {
                engine.set_terms(market.id, said);
            }
        }
        Self { replay, played_ns: None, markets }
    }
}

/// Lists an instrument of a tape. A name that is no symbol here is skipped in a venue's recording,
/// as in its raw frames, and refused in one made by hand.
pub(super) fn list_tape_market(
    engine: &mut Engine,
    feed: TapeFeed,
    row: &TapeInstrument,
) -> Result<Option<FedMarket>, Refusal> {
    let kind = match feed {
        TapeFeed::Venue => FeedKind::Recorded,
        TapeFeed::Hand => FeedKind::HandFed,
    };
    let id = match engine.list_market(row.venue, &row.symbol, kind) {
        Ok(id) => id,
        Err(_unknown) if feed == TapeFeed::Venue => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let grid = row.tick.map(PriceGrid::Tick);
    engine.set_terms(id, &Terms { grid, lot: row.lot, ..Terms::of(TermsOrigin::Venue) });
    Ok(Some(FedMarket::new(id, feed == TapeFeed::Venue)))
}

/// The market of a recorded instrument, listed when it is first met; `None` when its name is no
/// symbol here.
pub(super) fn market_of<'a>(
    engine: &mut Engine,
    markets: &'a mut BTreeMap<String, Option<FedMarket>>,
    venue: VenueId,
    symbol: &str,
) -> Option<&'a mut FedMarket> {
    if !markets.contains_key(symbol) {
        let id = engine.list_market(venue, symbol, FeedKind::Recorded).ok();
        markets.insert(symbol.to_owned(), id.map(|id| FedMarket::new(id, true)));
    }
    markets.get_mut(symbol)?.as_mut()
}
