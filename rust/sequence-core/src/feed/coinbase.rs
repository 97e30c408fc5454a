//! Coinbase: the Exchange feed and Advanced Trade.
//!
//! Exchange `snapshot`/`l2update` carry no sequence number: the stream is trusted as long as the
//! connection lives, and an unreadable frame gives every book up. Advanced Trade numbers all
//! messages of a connection from 0 in `sequence_num`: a hole may have hit any book, so it gives
//! up all of them. A frame that cannot be read leaves no hole as long as its number can: it came,
//! and only what it said of books is lost. The side of a trade is the maker's on both feeds, which is the side that was
//! hit. Source: Coinbase API reference, "Matches", "Level2" and "Sequence numbers".

use super::levels::{Reading, required, row, trade_amounts};
use super::rules::Rules;
use super::session::{Lost, Session, member};
use super::stamp::{Stamp, Trade, rfc3339};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::tape::flag;

/// Messages that change no book.
const HARMLESS: [&str; 10] = [
    "match",
    "last_match",
    "ticker",
    "heartbeat",
    "subscriptions",
    "status",
    "error",
    "market_trades",
    "heartbeats",
    "candles",
];

/// Decoder of a Coinbase connection of either kind.
#[derive(Debug)]
pub struct Coinbase {
    session: Session,
    reading: Reading,
    /// Last `sequence_num` of an Advanced Trade connection.
    sequence: Option<u64>,
    /// Last trade id per instrument.
    trade_ids: Vec<u64>,
}

impl Default for Coinbase {
    fn default() -> Self {
        Self::new()
    }
}

impl Coinbase {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        let session = Session::new(FeedVenue::Coinbase);
        Self { session, reading: Reading::default(), sequence: None, trade_ids: Vec::new() }
    }

    fn instrument(&mut self, product: Option<Raw<'_>>) -> Result<u32, FeedError> {
        let product = required(product, "product_id")?.string()?;
        let instrument =
            self.session.instrument(&product, |text| (InstrumentKind::Spot, text.to_owned()))?;
        self.trade_ids.resize(self.session.instruments().len(), 0);
        Ok(instrument)
    }

    /// `[["buy","price","size"], …]`
    fn read_changes(&mut self, changes: Raw<'_>) -> Result<(), FeedError> {
        self.reading.clear();
        let mut scanner = changes.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [side, price, quantity] = row(&mut scanner)?;
            self.reading.push(book_side(side)?, price, quantity, 0);
        }
        Ok(())
    }

    fn apply(&mut self, instrument: u32, snapshot: bool, stamp: Stamp, out: &mut FeedBatch) {
        if !snapshot && !self.session.is_live(instrument) {
            return;
        }
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return;
        }
        if snapshot {
            self.session.snapshot(instrument, &self.reading.levels, stamp, out);
        } else {
            self.session.update(instrument, &self.reading.levels, stamp, out);
        }
    }

    fn trade(
        &mut self,
        frame: &[u8],
        flags: u16,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [product, side, price, quantity, id, sequence] = Scanner::new(frame)?.fields(&[
            "product_id",
            "side",
            "price",
            "size",
            "trade_id",
            "sequence",
        ])?;
        let instrument = self.instrument(product)?;
        let sequence = sequence.map_or(Ok(0), Raw::unsigned)?;
        let trade = read_trade(side, price, quantity, id, flags)?;
        self.print(instrument, trade, stamp.numbered(sequence), out);
        Ok(())
    }

    /// Trade ids of a product count up by one: what is not above the last has been seen.
    fn print(&mut self, instrument: u32, trade: Trade, stamp: Stamp, out: &mut FeedBatch) {
        let Some(last) = self.trade_ids.get_mut(instrument as usize) else { return };
        if trade.id != 0 && trade.id <= *last {
            self.session.stats.duplicates += 1;
            return;
        }
        *last = trade.id;
        self.session.stats.prints += 1;
        out.push(stamp.print(trade));
        out.close(instrument);
    }

    fn advanced(
        &mut self,
        channel: &str,
        sequence: Option<Raw<'_>>,
        events: Option<Raw<'_>>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let sequence = required(sequence, "sequence_num")?.unsigned()?;
        let stamp = stamp.numbered(sequence);
        match self.place(sequence) {
            Place::Next => {}
            Place::AfterGap => self.session.resync_all(stamp, out),
            Place::Seen => {
                self.session.stats.duplicates += 1;
                return Ok(());
            }
        }
        let mut scanner = match channel {
            "l2_data" | "market_trades" => required(events, "events")?.scanner(),
            "heartbeats" => {
                self.session.heartbeat_all(stamp, out);
                return Ok(());
            }
            _ => return Ok(()),
        };
        scanner.array()?;
        while scanner.element()? {
            let [kind, product, updates, trades] =
                scanner.fields(&["type", "product_id", "updates", "trades"])?;
            let snapshot = required(kind, "type")?.string()? == "snapshot";
            if channel == "market_trades" {
                self.advanced_trades(required(trades, "trades")?, snapshot, stamp, out)?;
            } else {
                let instrument = self.instrument(product)?;
                self.read_updates(required(updates, "updates")?)?;
                self.apply(instrument, snapshot, stamp, out);
            }
        }
        Ok(())
    }

    /// Takes the number of a message. Number 0 starts a new connection.
    fn place(&mut self, sequence: u64) -> Place {
        let place = match self.sequence {
            Some(last) if sequence == 0 && last > 0 => Place::AfterGap,
            Some(last) if sequence <= last => return Place::Seen,
            Some(last) if sequence - 1 > last => Place::AfterGap,
            _ => Place::Next,
        };
        self.sequence = Some(sequence);
        place
    }

    fn read_updates(&mut self, updates: Raw<'_>) -> Result<(), FeedError> {
        self.reading.clear();
        let mut scanner = updates.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [side, price, quantity] =
                scanner.fields(&["side", "price_level", "new_quantity"])?;
            let side = book_side(&required(side, "side")?.string()?)?;
            let price = required(price, "price_level")?.decimal()?;
            let quantity = required(quantity, "new_quantity")?.decimal()?;
            self.reading.push(side, price, quantity, 0);
        }
        Ok(())
    }

    /// Newest first on the wire; passed on in the order they happened.
    fn advanced_trades(
        &mut self,
        trades: Raw<'_>,
        history: bool,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let flags = if history { flag::BACKFILLED } else { 0 };
        let mut read = Vec::new();
        let mut scanner = trades.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [product, side, price, quantity, id, time] =
                scanner.fields(&["product_id", "side", "price", "size", "trade_id", "time"])?;
            let instrument = self.instrument(product)?;
            let trade = read_trade(side, price, quantity, id, flags)?;
            read.push((instrument, trade, stamp.at(rfc3339(time))));
        }
        read.sort_by_key(|(instrument, trade, _)| (*instrument, trade.id));
        for (instrument, trade, stamp) in read {
            self.print(instrument, trade, stamp, out);
        }
        Ok(())
    }
}

/// Where a message stands among those of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After the last one.
    Next,
    /// After some that did not come.
    AfterGap,
    /// It came before.
    Seen,
}

/// The number of a frame that cannot be read, where it stands before the damage.
fn number_of(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("\"sequence_num\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    // Digits up to the end may be the first ones of more.
    let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
    rest.get(..end)?.parse().ok()
}

fn read_trade(
    side: Option<Raw<'_>>,
    price: Option<Raw<'_>>,
    quantity: Option<Raw<'_>>,
    id: Option<Raw<'_>>,
    flags: u16,
) -> Result<Trade, FeedError> {
    let hit = Some(book_side(&required(side, "side")?.string()?)?);
    let (price, quantity) = trade_amounts(price, quantity)?;
    let id = id.map_or(Ok(0), Raw::unsigned)?;
    Ok(Trade { hit, price, quantity, id, flags })
}

fn book_side(text: &str) -> Result<BookSide, FeedError> {
    match text {
        "buy" | "bid" | "BUY" => Ok(BookSide::Bid),
        "sell" | "offer" | "ask" | "SELL" => Ok(BookSide::Ask),
        _ => Err(FeedError::Field("side")),
    }
}

impl Rules for Coinbase {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn read(&mut self, frame: &[u8], stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        if frame.trim_ascii_start().starts_with(b"[") {
            self.session.other(frame);
            return Ok(());
        }
        let mut scanner = Scanner::new(frame)?;
        let [kind, product, bids, asks, changes, time, channel, sequence, events, timestamp] =
            scanner.fields(&[
                "type",
                "product_id",
                "bids",
                "asks",
                "changes",
                "time",
                "channel",
                "sequence_num",
                "events",
                "timestamp",
            ])?;
        scanner.finish()?;
        if let Some(channel) = channel {
            let stamp = stamp.at(rfc3339(timestamp));
            return self.advanced(&channel.string()?, sequence, events, stamp, out);
        }
        let Some(kind) = kind else {
            self.session.other(frame);
            return Ok(());
        };
        let stamp = stamp.at(rfc3339(time));
        match &*kind.string()? {
            "snapshot" => {
                let instrument = self.instrument(product)?;
                self.reading.clear();
                self.reading.pairs(BookSide::Bid, required(bids, "bids")?)?;
                self.reading.pairs(BookSide::Ask, required(asks, "asks")?)?;
                self.apply(instrument, true, stamp, out);
            }
            "l2update" => {
                let instrument = self.instrument(product)?;
                self.read_changes(required(changes, "changes")?)?;
                self.apply(instrument, false, stamp, out);
            }
            "match" => return self.trade(frame, 0, stamp, out),
            "last_match" => return self.trade(frame, flag::BACKFILLED, stamp, out),
            "ticker" | "heartbeat" => {
                let instrument = self.instrument(product)?;
                out.heartbeat(instrument, stamp);
            }
            "subscriptions" | "status" | "error" => {}
            _ => self.session.other(frame),
        }
        Ok(())
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        let Ok(text) = std::str::from_utf8(frame) else { return Lost::Every };
        let Some(channel) = member(text, "channel") else {
            return Lost::of(frame, "type", &HARMLESS, "product_id");
        };
        let number = number_of(text).filter(|number| self.sequence != Some(*number));
        let is_after_gap = number.is_some_and(|number| self.place(number) == Place::AfterGap);
        // A message of books may be of several, and hold what was read beside what was not.
        if is_after_gap || !HARMLESS.contains(&channel) { Lost::Every } else { Lost::Nothing }
    }

    fn forget(&mut self) {
        self.sequence = None;
    }
}
