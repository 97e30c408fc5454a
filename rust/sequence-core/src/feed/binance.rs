//! Binance spot and USD-margined futures: `depthUpdate` bridged to a REST book, trades.
//!
//! A diff names the ids it covers (`U`..`u`); futures also name the last id before it (`pu`).
//! Diffs wait until a REST book arrives, those it contains are dropped, and the first one left
//! must reach over its `lastUpdateId`. From then on each diff must continue the one before.
//! `bookTicker` runs ahead of the diffs and only proves the connection alive. Where both `trade`
//! and `aggTrade` are subscribed, the kind seen first counts, or volume would double.
//! Source: Binance API documentation, "How to manage a local order book correctly".

use std::collections::VecDeque;

use super::levels::{Reading, Sides, replace, required, trade_amounts};
use super::pairs::split_pair;
use super::rules::Rules;
use super::session::{Lost, Session};
use super::stamp::{Stamp, Trade, millis};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::book::Book;
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::tape::flag;

/// Events that change no book.
const HARMLESS: [&str; 9] = [
    "trade",
    "aggTrade",
    "bookTicker",
    "24hrTicker",
    "24hrMiniTicker",
    "kline",
    "markPriceUpdate",
    "forceOrder",
    "serverShutdown",
];
/// Diffs that may wait for a REST book; older ones go first.
const MAX_WAITING: usize = 1_000;
/// Members of an event; `a` is the asks of a diff and the id of an aggregate trade.
const EVENT: [&str; 13] = ["e", "s", "E", "U", "u", "pu", "b", "a", "p", "q", "m", "t", "X"];
/// Members of a frame: an envelope, a REST book, or an event by itself.
const FRAME: [&str; 16] = [
    "stream",
    "data",
    "lastUpdateId",
    "e",
    "s",
    "E",
    "U",
    "u",
    "pu",
    "b",
    "a",
    "p",
    "q",
    "m",
    "t",
    "X",
];

/// One `depthUpdate`.
#[derive(Debug)]
struct Diff {
    first_id: u64,
    last_id: u64,
    /// Last id of the diff before (futures only).
    previous_id: Option<u64>,
    reading: Reading,
    stamp: Stamp,
}

/// Where the book of an instrument stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// No REST book yet.
    Waiting,
    /// A REST book with this id, and no diff over it yet.
    Bridging(u64),
    /// Contiguous up to this id.
    Following(u64),
}

#[derive(Debug)]
struct Pair {
    place: Place,
    waiting: VecDeque<Diff>,
    /// Event name of the trades that count.
    trade_kind: Option<&'static str>,
    last_trade: u64,
    /// The book of a partial-depth stream, which sends whole books; none where diffs are followed.
    whole: Option<Book>,
}

/// Decoder of a Binance connection.
#[derive(Debug)]
pub struct Binance {
    session: Session,
    pairs: Vec<Pair>,
    futures: bool,
    /// A REST book that came before anything said whose it is.
    nameless: Option<Vec<u8>>,
}

impl Default for Binance {
    fn default() -> Self {
        Self::new()
    }
}

impl Binance {
    /// For spot streams.
    pub fn new() -> Self {
        Self {
            session: Session::new(FeedVenue::Binance),
            pairs: Vec::new(),
            futures: false,
            nameless: None,
        }
    }

    /// For USD-margined futures streams, whose instruments are perpetuals.
    pub fn futures() -> Self {
        Self { futures: true, ..Self::new() }
    }

    /// A book that does not name its pair belongs to the only one there is.
    fn only_symbol(&self) -> Option<String> {
        match self.session.instruments() {
            [only] => Some(only.venue_symbol.clone()),
            _ => None,
        }
    }

    fn instrument(&mut self, symbol: &str) -> Result<u32, FeedError> {
        let futures = self.futures;
        let instrument = self.session.instrument(symbol, |text| canonical(text, futures))?;
        self.pairs.resize_with(self.session.instruments().len(), || Pair {
            place: Place::Waiting,
            waiting: VecDeque::new(),
            trade_kind: None,
            last_trade: 0,
            whole: None,
        });
        Ok(instrument)
    }

    fn event<'a>(
        &mut self,
        fields: [Option<Raw<'a>>; EVENT.len()],
        sides: Sides<'a>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [
            event,
            symbol,
            time,
            first,
            last,
            previous,
            bids,
            a,
            price,
            quantity,
            maker,
            id,
            class,
        ] = fields;
        let Some(symbol) = symbol else { return Ok(()) };
        let symbol = symbol.string()?;
        let instrument = self.instrument(&symbol)?;
        if let Some(book) = self.nameless.take() {
            self.rest_book(&symbol, Scanner::new(&book)?, stamp, out)?;
        }
        let stamp = stamp.at(millis(time));
        let event = event.map(Raw::string).transpose()?;
        match event.as_deref() {
            Some("depthUpdate") => {
                let reading = sides.read(required(bids, "b")?, required(a, "a")?)?;
                let last_id = required(last, "u")?.unsigned()?;
                let diff = Diff {
                    first_id: required(first, "U")?.unsigned()?,
                    last_id,
                    previous_id: previous.map(Raw::unsigned).transpose()?,
                    reading,
                    stamp: stamp.numbered(last_id),
                };
                self.diff(instrument, diff, out);
            }
            Some("trade") => {
                let trade = read_trade(price, quantity, maker, id, class)?;
                self.trade(instrument, "trade", trade, stamp, out);
            }
            Some("aggTrade") => {
                let trade = read_trade(price, quantity, maker, a, class)?;
                self.trade(instrument, "aggTrade", trade, stamp, out);
            }
            Some("bookTicker") | None => out.heartbeat(instrument, stamp),
            _ => {}
        }
        Ok(())
    }

    fn rest_book(
        &mut self,
        symbol: &str,
        mut scanner: Scanner<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [last_update, bids, asks, time] =
            scanner.fields(&["lastUpdateId", "bids", "asks", "E"])?;
        let instrument = self.instrument(symbol)?;
        let id = required(last_update, "lastUpdateId")?.unsigned()?;
        let mut reading = Reading::default();
        reading.pairs(BookSide::Bid, required(bids, "bids")?)?;
        reading.pairs(BookSide::Ask, required(asks, "asks")?)?;
        let stamp = stamp.at(millis(time)).numbered(id);
        let Some(pair) = self.pairs.get_mut(instrument as usize) else { return Ok(()) };
        if matches!(pair.place, Place::Following(last) if id < last) {
            self.session.stats.duplicates += 1;
            return Ok(());
        }
        // Diffs that waited must reach back to the book, or it is too old to be of use.
        let reaches = pair.waiting.iter().find(|diff| diff.last_id > id);
        if reaches.is_some_and(|diff| !bridges(diff, id)) {
            self.session.resync(instrument, stamp, out);
            return Ok(());
        }
        if !self.session.accept(instrument, &reading, stamp, out) {
            return Ok(());
        }
        pair.place = Place::Bridging(id);
        let waiting = std::mem::take(&mut pair.waiting);
        self.session.snapshot(instrument, &reading.levels, stamp, out);
        for mut diff in waiting {
            diff.stamp.local_ns = stamp.local_ns;
            self.diff(instrument, diff, out);
        }
        Ok(())
    }

    /// The best levels of a book, whole: told as what they change.
    fn whole_book(
        &mut self,
        symbol: &str,
        data: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [bids, asks, time, b, a] = data.scanner().fields(&["bids", "asks", "E", "b", "a"])?;
        let instrument = self.instrument(symbol)?;
        let mut reading = Reading::default();
        reading.pairs(BookSide::Bid, required(bids.or(b), "bids")?)?;
        reading.pairs(BookSide::Ask, required(asks.or(a), "asks")?)?;
        let live = self.session.is_live(instrument);
        let Some(pair) = self.pairs.get_mut(instrument as usize) else { return Ok(()) };
        if live && pair.whole.is_none() {
            return Ok(());
        }
        let stamp = stamp.at(millis(time));
        if !self.session.accept(instrument, &reading, stamp, out) {
            return Ok(());
        }
        let mut changed = replace(pair.whole.get_or_insert_default(), &reading.levels);
        if live {
            if changed.is_empty() {
                changed.extend(reading.levels.first());
            }
            self.session.update(instrument, &changed, stamp, out);
        } else {
            self.session.snapshot(instrument, &reading.levels, stamp, out);
        }
        Ok(())
    }

    fn diff(&mut self, instrument: u32, diff: Diff, out: &mut FeedBatch) {
        let Some(pair) = self.pairs.get_mut(instrument as usize) else { return };
        if pair.whole.is_some() {
            return;
        }
        let known = match pair.place {
            Place::Waiting => 0,
            Place::Bridging(id) | Place::Following(id) => id,
        };
        if pair.place != Place::Waiting && diff.last_id <= known {
            self.session.stats.duplicates += u64::from(matches!(pair.place, Place::Following(_)));
            return;
        }
        let continues = match pair.place {
            Place::Waiting => false,
            Place::Bridging(id) => bridges(&diff, id),
            Place::Following(id) => match diff.previous_id {
                Some(previous) => previous == id,
                None => diff.first_id <= id + 1,
            },
        };
        if !continues {
            self.hold(instrument, diff, out);
        } else if self.session.accept(instrument, &diff.reading, diff.stamp, out) {
            pair.place = Place::Following(diff.last_id);
            self.session.update(instrument, &diff.reading.levels, diff.stamp, out);
        } else {
            pair.place = Place::Waiting;
        }
    }

    /// Books that follow their diffs are alive; one that no diff has joined yet proves nothing.
    fn alive(&self, stamp: Stamp, out: &mut FeedBatch) {
        for (instrument, pair) in (0u32..).zip(&self.pairs) {
            if matches!(pair.place, Place::Following(_)) {
                out.heartbeat(instrument, stamp);
            }
        }
    }

    /// Keeps a diff for the next REST book; a book that was followed is given up.
    fn hold(&mut self, instrument: u32, diff: Diff, out: &mut FeedBatch) {
        let Some(pair) = self.pairs.get_mut(instrument as usize) else { return };
        if pair.place != Place::Waiting {
            pair.place = Place::Waiting;
            self.session.resync(instrument, diff.stamp, out);
        }
        if pair.waiting.len() >= MAX_WAITING {
            pair.waiting.pop_front();
        }
        pair.waiting.push_back(diff);
    }

    fn trade(
        &mut self,
        instrument: u32,
        kind: &'static str,
        trade: Trade,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) {
        let Some(pair) = self.pairs.get_mut(instrument as usize) else { return };
        if *pair.trade_kind.get_or_insert(kind) != kind {
            return;
        }
        if trade.id != 0 && trade.id <= pair.last_trade {
            self.session.stats.duplicates += 1;
            return;
        }
        pair.last_trade = trade.id;
        self.session.stats.prints += 1;
        out.push(stamp.print(trade));
        out.close(instrument);
    }
}

/// `depth5`, `depth10@100ms` and so on are streams of whole books; `depth@100ms` is one of diffs.
fn is_partial(kind: &str) -> bool {
    kind.strip_prefix("depth").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The answer to a subscription.
fn is_answer(frame: &[u8]) -> bool {
    frame.starts_with(b"{\"result\":") || frame.starts_with(b"{\"id\":")
}

/// A diff continues a REST book when it covers the book's id or starts right behind it.
fn bridges(diff: &Diff, id: u64) -> bool {
    diff.previous_id.is_some_and(|previous| previous <= id) || diff.first_id <= id.saturating_add(1)
}

fn read_trade(
    price: Option<Raw<'_>>,
    quantity: Option<Raw<'_>>,
    maker: Option<Raw<'_>>,
    id: Option<Raw<'_>>,
    class: Option<Raw<'_>>,
) -> Result<Trade, FeedError> {
    let (price, quantity) = trade_amounts(price, quantity)?;
    // `m`: the buyer was the maker, so a bid was hit.
    let buyer_made = required(maker, "m")?.bool()?;
    let hit = Some(if buyer_made { BookSide::Bid } else { BookSide::Ask });
    let id = required(id, "trade id")?.unsigned()?;
    // Insurance fund and deleveraging fills do not come from the book.
    let on_book = class.is_none_or(|class| class.text() == "\"MARKET\"");
    let flags = if on_book { 0 } else { flag::OFF_BOOK };
    Ok(Trade { hit, price, quantity, id, flags })
}

/// `BTCUSDT` is `BTC-USDT`; what ends with no known quote asset keeps its name.
pub(super) fn canonical(symbol: &str, futures: bool) -> (InstrumentKind, String) {
    match (split_pair(symbol), futures) {
        (Some(pair), true) => (InstrumentKind::Perp, format!("{pair}-PERP")),
        (Some(pair), false) => (InstrumentKind::Spot, pair),
        (None, true) => (InstrumentKind::Perp, symbol.to_owned()),
        (None, false) => (InstrumentKind::Spot, symbol.to_owned()),
    }
}

impl Rules for Binance {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn read(&mut self, frame: &[u8], stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        if frame.starts_with(b"[") {
            self.session.other(frame);
            return Ok(());
        }
        let (mut scanner, mut sides) = (Scanner::new(frame)?, Sides::default());
        let ([stream, data, last_update, event @ ..], carried) =
            scanner.fields_through(&FRAME, "data", &EVENT, |key, text| sides.ahead(key, text))?;
        scanner.finish()?;
        if last_update.is_some() {
            return match self.only_symbol() {
                Some(only) => self.rest_book(&only, Scanner::new(frame)?, stamp, out),
                None if self.session.instruments().is_empty() => {
                    // It came before the first diff, which says whose it is.
                    self.nameless = Some(frame.to_vec());
                    Ok(())
                }
                None => Err(FeedError::Field("symbol")),
            };
        }
        let Some(data) = data else {
            return match event {
                [None, None, ..] => {
                    if is_answer(frame) {
                        // What was sent before it has come: the books are as they were.
                        self.alive(stamp, out);
                    } else {
                        self.session.other(frame);
                    }
                    Ok(())
                }
                _ => self.event(event, sides, stamp, out),
            };
        };
        if let Some(stream) = stream
            && let Some((pair, kind)) = stream.string()?.split_once('@')
        {
            let pair = pair.to_ascii_uppercase();
            if kind == "depthSnapshot" {
                return self.rest_book(&pair, data.scanner(), stamp, out);
            }
            if is_partial(kind) {
                return self.whole_book(&pair, data, stamp, out);
            }
        }
        match carried {
            Some(fields) => self.event(fields?, sides, stamp, out),
            None => Ok(()),
        }
    }

    fn read_book(
        &mut self,
        venue_symbol: &str,
        body: &[u8],
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        self.rest_book(venue_symbol, Scanner::new(body)?, stamp, out)
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        let lost = match Lost::of(frame, "e", &HARMLESS, "s") {
            Lost::Book(name) if self.session.heard_of(name).is_none() => Lost::Every,
            lost => lost,
        };
        for (row, pair) in self.session.instruments().iter().zip(&mut self.pairs) {
            if lost == Lost::Every || lost == Lost::Book(&row.venue_symbol) {
                pair.place = Place::Waiting;
            }
        }
        lost
    }

    fn forget(&mut self) {
        for pair in &mut self.pairs {
            pair.place = Place::Waiting;
            pair.waiting.clear();
        }
    }
}
