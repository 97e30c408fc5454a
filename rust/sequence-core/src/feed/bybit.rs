//! Bybit v5: `orderbook.DEPTH.SYMBOL` and `publicTrade.SYMBOL`.
//!
//! A snapshot is followed by deltas with absolute sizes whose `u` goes up by one; a later snapshot,
//! one with `u` 1 above all, is a restart of the service and replaces the book. Several depths of
//! one symbol are several streams of the same book: the deepest one subscribed to counts. `S` of a
//! trade is the taker; block trades (`BT`) met no book. Source: Bybit API v5, "Orderbook", "Trade".

use super::levels::{Sides, required, trade_amounts};
use super::pairs::split_pair;
use super::rules::Rules;
use super::seen::{Seen, id_of};
use super::session::{Lost, Session, member};
use super::stamp::{Stamp, Trade, millis};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::tape::flag;

/// Members of a book or of what changed in it.
const BOOK: [&str; 4] = ["s", "b", "a", "u"];

/// What is kept of one symbol.
#[derive(Debug, Default)]
struct Stream {
    /// Depth of the stream that is followed, 0 before the first.
    depth: u32,
    last_update: u64,
    trades: Seen,
}

/// Decoder of a Bybit public connection.
#[derive(Debug)]
pub struct Bybit {
    session: Session,
    streams: Vec<Stream>,
    linear: bool,
}

impl Default for Bybit {
    fn default() -> Self {
        Self::new()
    }
}

impl Bybit {
    /// For spot streams.
    pub fn new() -> Self {
        let session = Session::new(FeedVenue::Bybit);
        Self { session, streams: Vec::new(), linear: false }
    }

    /// For streams of linear contracts, whose instruments are perpetuals.
    pub fn linear() -> Self {
        Self { linear: true, ..Self::new() }
    }

    fn instrument(&mut self, symbol: Option<Raw<'_>>) -> Result<u32, FeedError> {
        let symbol = required(symbol, "s")?.string()?;
        let linear = self.linear;
        let instrument = self.session.instrument(&symbol, |text| canonical(text, linear))?;
        self.streams.resize_with(self.session.instruments().len(), Stream::default);
        Ok(instrument)
    }

    fn book<'a>(
        &mut self,
        [symbol, bids, asks, update]: [Option<Raw<'a>>; BOOK.len()],
        sides: Sides<'a>,
        (depth, snapshot): (u32, bool),
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let instrument = self.instrument(symbol)?;
        let update = required(update, "u")?.unsigned()?;
        // The first book after a restart of the service, whatever it is called.
        let snapshot = snapshot || update == 1;
        let reading = sides.read(required(bids, "b")?, required(asks, "a")?)?;
        let Some(stream) = self.streams.get_mut(instrument as usize) else { return Ok(()) };
        if depth < stream.depth || (depth > stream.depth && !snapshot) {
            return Ok(());
        }
        let stamp = stamp.numbered(update);
        if !snapshot {
            if !self.session.is_live(instrument) {
                return Ok(());
            }
            if update <= stream.last_update {
                self.session.stats.duplicates += 1;
                return Ok(());
            }
            if update != stream.last_update + 1 {
                self.session.resync(instrument, stamp, out);
                return Ok(());
            }
        }
        (stream.depth, stream.last_update) = (depth, update);
        if !self.session.accept(instrument, &reading, stamp, out) {
            return Ok(());
        }
        if snapshot {
            self.session.snapshot(instrument, &reading.levels, stamp, out);
        } else {
            self.session.update(instrument, &reading.levels, stamp, out);
        }
        Ok(())
    }

    fn trades(
        &mut self,
        data: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let mut scanner = data.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [symbol, side, price, quantity, id, time, block] =
                scanner.fields(&["s", "S", "p", "v", "i", "T", "BT"])?;
            let instrument = self.instrument(symbol)?;
            let hit = match &*required(side, "S")?.string()? {
                "Buy" => Some(BookSide::Ask),
                "Sell" => Some(BookSide::Bid),
                _ => None,
            };
            let (price, quantity) = trade_amounts(price, quantity)?;
            let id = id_of(&required(id, "i")?.string()?);
            let Some(stream) = self.streams.get_mut(instrument as usize) else { continue };
            if !stream.trades.first_time(id) {
                self.session.stats.duplicates += 1;
                continue;
            }
            let is_block = block.and_then(|raw| raw.bool().ok()).unwrap_or(false);
            let flags = if is_block { flag::OFF_BOOK } else { 0 };
            self.session.stats.prints += 1;
            out.push(stamp.at(millis(time)).print(Trade { hit, price, quantity, id, flags }));
            out.close(instrument);
        }
        Ok(())
    }
}

/// `BTCUSDT` is `BTC-USDT`, or its perpetual; `BTCPERP` is the perpetual in USDC.
pub(super) fn canonical(symbol: &str, linear: bool) -> (InstrumentKind, String) {
    if let Some(base) = symbol.strip_suffix("PERP").filter(|base| !base.is_empty()) {
        return (InstrumentKind::Perp, format!("{base}-USDC-PERP"));
    }
    match (split_pair(symbol), linear) {
        (Some(pair), true) => (InstrumentKind::Perp, format!("{pair}-PERP")),
        (Some(pair), false) => (InstrumentKind::Spot, pair),
        (None, true) => (InstrumentKind::Perp, symbol.to_owned()),
        (None, false) => (InstrumentKind::Spot, symbol.to_owned()),
    }
}

impl Rules for Bybit {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn read(&mut self, frame: &[u8], stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        let (mut scanner, mut sides) = (Scanner::new(frame)?, Sides::default());
        let names = ["topic", "type", "ts", "data", "op", "ret_msg"];
        let ([topic, kind, ts, data, op, ret], carried) =
            scanner.fields_through(&names, "data", &BOOK, |key, text| sides.ahead(key, text))?;
        scanner.finish()?;
        let Some(topic) = topic else {
            let said = [op, ret].into_iter().flatten().find_map(|raw| raw.string().ok());
            match said.as_deref() {
                Some("ping" | "pong") => self.session.heartbeat_all(stamp, out),
                Some(_) => {}
                None => self.session.other(frame),
            }
            return Ok(());
        };
        let topic = topic.string()?;
        let stamp = stamp.at(millis(ts));
        let mut parts = topic.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("orderbook"), Some(depth), Some(_)) => {
                let depth = depth.parse().ok().ok_or(FeedError::Field("topic"))?;
                let snapshot = required(kind, "type")?.string()? == "snapshot";
                let fields = carried.ok_or(FeedError::Field("data"))??;
                self.book(fields, sides, (depth, snapshot), stamp, out)
            }
            (Some("publicTrade"), Some(_), None) => {
                self.trades(required(data, "data")?, stamp, out)
            }
            (Some("tickers" | "kline" | "liquidation" | "allLiquidation"), ..) => Ok(()),
            _ => {
                self.session.other(frame);
                Ok(())
            }
        }
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        let Ok(text) = std::str::from_utf8(frame) else { return Lost::Every };
        match member(text, "topic") {
            Some(topic) if topic.starts_with("orderbook.") => {
                topic.rsplit('.').next().map_or(Lost::Every, Lost::Book)
            }
            Some(_) => Lost::Nothing,
            None if text.contains("\"ret_msg\"") => Lost::Nothing,
            None => Lost::Every,
        }
    }

    fn forget(&mut self) {
        for stream in &mut self.streams {
            stream.depth = 0;
        }
    }
}
