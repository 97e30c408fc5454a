//! Venue frames become market events: one decoder per venue, bytes in, [`MarketEvent`]s out.
//!
//! A decoder remembers what it needs to judge a frame (sequence numbers, the book under a
//! checksum, trade ids) and nothing else. Whatever it cannot vouch for it does not pass on: a gap
//! or a failed checksum becomes a `Resync` status, and levels flow again only after a snapshot.
//! Frames come from outside, so nothing in here panics on any input.
//!
//! Start at [`Decoder`]; [`Replay`] drives a decoder from a recording.

pub mod capture;
mod check;
mod clock;
mod crc32;
mod levels;
mod lines;
mod outlook;
mod pairs;
mod part;
mod replay;
mod rules;
mod seen;
mod session;
mod stamp;
mod standing;
mod terms;
mod venues;

mod binance;
mod bybit;
mod coinbase;
mod hyperliquid;
mod kalshi;
mod kraken;
mod okx;
mod polymarket;

pub use binance::Binance;
pub use bybit::Bybit;
pub use check::{MarketReport, RecordingReport, check_recording, check_replay};
pub use coinbase::Coinbase;
pub use hyperliquid::Hyperliquid;
pub use kalshi::Kalshi;
pub use kraken::Kraken;
pub use lines::LineError;
pub use okx::Okx;
pub use outlook::Outlook;
pub use part::{Faults, Part};
pub use polymarket::Polymarket;
pub use replay::{Heard, Replay, ReplayError, streams};
pub use standing::Standing;
pub use terms::{InstrumentList, Listed};

use crate::ids::{InstrumentKind, VenueId};
use crate::json::JsonError;
use crate::reject::text_enum;
use crate::tape::{MarketEvent, flag};
use crate::venue::Terms;

text_enum!(
    /// Venues whose frames can be decoded.
    FeedVenue {
        /// Binance spot and USD-margined futures.
        Binance = "binance",
        /// Bybit v5, spot and linear.
        Bybit = "bybit",
        /// Coinbase Exchange and Advanced Trade.
        Coinbase = "coinbase",
        /// Hyperliquid.
        Hyperliquid = "hyperliquid",
        /// Kalshi.
        Kalshi = "kalshi",
        /// Kraken spot, WebSocket v2.
        Kraken = "kraken",
        /// OKX v5, spot.
        Okx = "okx",
        /// Polymarket, market channel.
        Polymarket = "polymarket",
    }
);

impl FeedVenue {
    /// Row of the venue table.
    pub const fn venue_id(self) -> VenueId {
        match self {
            Self::Binance => VenueId(0),
            Self::Bybit => VenueId(2),
            Self::Coinbase => VenueId(3),
            Self::Hyperliquid => VenueId(7),
            Self::Kalshi => VenueId(8),
            Self::Kraken => VenueId(9),
            Self::Okx => VenueId(10),
            Self::Polymarket => VenueId(11),
        }
    }

    /// A decoder for a recording of spot or, at Binance and Bybit, of futures.
    pub(crate) fn decoder_of(self, futures: bool) -> Box<dyn Decoder> {
        match self {
            Self::Binance if futures => Box::new(Binance::futures()),
            Self::Bybit if futures => Box::new(Bybit::linear()),
            _ => self.decoder(),
        }
    }

    /// What a name of the venue's own is here: kind and symbol. `futures` as for a connection.
    pub fn canonical(self, venue_symbol: &str, futures: bool) -> (InstrumentKind, String) {
        match self {
            Self::Binance => binance::canonical(venue_symbol, futures),
            Self::Bybit => bybit::canonical(venue_symbol, futures),
            Self::Hyperliquid => hyperliquid::canonical(venue_symbol),
            Self::Okx => okx::canonical(venue_symbol),
            Self::Kraken => (InstrumentKind::Spot, venue_symbol.replace('/', "-")),
            Self::Coinbase => (InstrumentKind::Spot, venue_symbol.to_owned()),
            Self::Kalshi | Self::Polymarket => {
                (InstrumentKind::Prediction, venue_symbol.to_owned())
            }
        }
    }

    /// A decoder in its initial state, for frames of a recording or of a live connection.
    pub fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::Binance => Box::new(Binance::new()),
            Self::Bybit => Box::new(Bybit::new()),
            Self::Coinbase => Box::new(Coinbase::new()),
            Self::Hyperliquid => Box::new(Hyperliquid::new()),
            Self::Kalshi => Box::new(Kalshi::new()),
            Self::Kraken => Box::new(Kraken::new()),
            Self::Okx => Box::new(Okx::new()),
            Self::Polymarket => Box::new(Polymarket::new()),
        }
    }
}

/// An instrument as a feed names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedInstrument {
    /// Where it trades.
    pub venue: FeedVenue,
    /// The venue's own name (`BTC/USD`, `BTCUSDT`, `#7510`).
    pub venue_symbol: String,
    /// The canonical name (`BTC-USD`, `KXGOLD15M-26AUG050000-00`, a token id).
    pub symbol: String,
    /// What it is.
    pub kind: InstrumentKind,
}

/// Why a frame was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedError {
    /// Not JSON, or a field of another type than the venue documents.
    Json(JsonError),
    /// A field that the message needs is missing or has a value it cannot have.
    Field(&'static str),
    /// More instruments than one connection can reasonably carry.
    TooManyInstruments,
}

impl From<JsonError> for FeedError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl std::fmt::Display for FeedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => write!(f, "frame rejected: {error}"),
            Self::Field(name) => write!(f, "frame rejected: field {name} is missing or wrong"),
            Self::TooManyInstruments => f.write_str("frame rejected: too many instruments"),
        }
    }
}

impl std::error::Error for FeedError {}

/// What a decoder has seen, for health pages and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedStats {
    /// Frames handed in.
    pub frames: u64,
    /// Frames rejected with a [`FeedError`].
    pub rejected: u64,
    /// Frames that carried a checksum.
    pub checksums: u64,
    /// Checksums that matched the folded book.
    pub checksums_matched: u64,
    /// Times a book was given up: a gap, a failed checksum, a negative size.
    pub gaps: u64,
    /// Sequence numbers missing where a hole proves nothing (Kalshi, one market of several).
    pub holes: u64,
    /// Messages or prints ignored because they came before.
    pub duplicates: u64,
    /// Instruments whose terms the venue's own data named.
    pub listed: u64,
    /// Frames that were read and are of no kind that is known here.
    pub unknown: u64,
    /// Levels dropped: no number, or not positive.
    pub dropped_levels: u64,
    /// Levels whose price or size our numbers cannot hold. Their books are given up.
    pub beyond_range: u64,
    /// Snapshots over a live book that showed what the book already held.
    pub rebases_equal: u64,
    /// Snapshots over a live book that emptied it.
    pub rebases_empty: u64,
    /// Snapshots over a live book that changed it.
    pub rebases_changed: u64,
    /// Prints passed on.
    pub prints: u64,
}

/// Decoded messages, reused from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct FeedBatch {
    events: Vec<MarketEvent>,
    /// Instrument and end of each closed message.
    messages: Vec<(u32, usize)>,
}

impl FeedBatch {
    /// An empty batch.
    pub const fn new() -> Self {
        Self { events: Vec::new(), messages: Vec::new() }
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.messages.clear();
    }

    /// True when there is no message.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Number of messages.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Messages in order: the instrument's index and its events, the last one flagged `LAST`.
    pub fn messages(&self) -> impl Iterator<Item = (u32, &[MarketEvent])> {
        let starts = std::iter::once(0).chain(self.messages.iter().map(|(_, end)| *end));
        self.messages.iter().zip(starts).map(|((instrument, end), start)| {
            (*instrument, self.events.get(start..*end).unwrap_or_default())
        })
    }

    fn push(&mut self, event: MarketEvent) {
        self.events.push(event);
    }

    /// Ends the message of an instrument; without events since the last one there is none.
    fn close(&mut self, instrument: u32) {
        if self.events.len() > self.closed_len()
            && let Some(last) = self.events.last_mut()
        {
            last.flags |= flag::LAST;
            self.messages.push((instrument, self.events.len()));
        }
    }

    /// Drops events that belong to no closed message.
    fn abandon(&mut self) {
        self.events.truncate(self.closed_len());
    }

    fn closed_len(&self) -> usize {
        self.messages.last().map_or(0, |(_, end)| *end)
    }
}

/// Turns the frames of one connection into messages.
///
/// After an error the batch holds complete messages only, and the decoder stays usable. Venues
/// without sequence numbers or checksums cannot tell what a broken frame would have changed, so
/// their decoders give up every book until its next snapshot.
pub trait Decoder: std::fmt::Debug + Send {
    /// Whose frames these are.
    fn venue(&self) -> FeedVenue;

    /// Decodes one frame received at `recv_ns` (ns since the Unix epoch) and appends to `out`.
    fn decode(&mut self, frame: &[u8], recv_ns: i64, out: &mut FeedBatch) -> Result<(), FeedError>;

    /// Decodes an answer over REST: a book, which does not name its instrument, or the venue's list
    /// of instruments.
    fn rest_answer(
        &mut self,
        venue_symbol: Option<&str>,
        body: &[u8],
        recv_ns: i64,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let _ = venue_symbol;
        self.decode(body, recv_ns, out)
    }

    /// Takes a list of instruments that was read before: what its text would do as a frame.
    fn listed(&mut self, list: &InstrumentList, recv_ns: i64, out: &mut FeedBatch);

    /// Decodes a list of instruments of an unknown time: grids hold, whether they trade may not.
    fn undated_list(&mut self, frame: &[u8], recv_ns: i64, out: &mut FeedBatch);

    /// What the venue's own data said since the last call, by instrument.
    fn take_terms(&mut self) -> Vec<(u32, Terms)>;

    /// The connection is gone: every live book goes to `Resync` until its next snapshot.
    fn disconnected(&mut self, recv_ns: i64, out: &mut FeedBatch);

    /// Instruments seen so far; the index is the number in the batch.
    fn instruments(&self) -> &[FeedInstrument];

    /// Counters.
    fn stats(&self) -> &FeedStats;
}
