//! Kraken spot, WebSocket v2: `book`, `trade`, `status`, `heartbeat`.
//!
//! Every book message carries a CRC-32 over the ten best levels of both sides, computed from the
//! digits of the wire text: so each level keeps the digits it came with (`0.00005100` is 5100,
//! not 51). After an update the book is cropped to the subscribed depth, or levels that Kraken no
//! longer maintains would return as ghosts. Source: Kraken API guide, "book checksum".

use super::crc32::Crc32;
use super::levels::{Reading, SideLevel, required, trade_amounts};
use super::rules::Rules;
use super::session::{Lost, Session};
use super::stamp::{Stamp, Trade, rfc3339};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::number::{Price, Quantity};
use crate::tape::{FeedStatus, flag};

/// Channels that change no book.
const HARMLESS: [&str; 6] = ["trade", "ticker", "ohlc", "instrument", "status", "heartbeat"];
/// Depths that can be subscribed to.
const DEPTHS: [usize; 5] = [10, 25, 100, 500, 1000];
/// Levels of a side under the checksum.
const CHECKSUM_LEVELS: usize = 10;

/// A level with the digits of its wire text.
#[derive(Debug, Clone, Copy)]
struct Row {
    price: Price,
    price_digits: u64,
    quantity: Quantity,
    quantity_digits: u64,
}

/// The book of one symbol. Without an acknowledgement its depth is not known: every depth that the
/// snapshot fits is folded beside the others until the checksums have refuted all but one.
#[derive(Debug, Clone, Default)]
struct Folded {
    /// Depth that was acknowledged.
    depth: Option<usize>,
    /// The one passed on.
    shown: DigitBook,
    /// Larger depths that may be the right one.
    others: Vec<DigitBook>,
}

/// What a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The checksum holds.
    Holds,
    /// It holds for another depth than the one passed on so far.
    Deeper,
    /// It holds for none.
    Fails,
}

/// A book whose checksum can be recomputed. Best level last, as in [`crate::book::Book`].
#[derive(Debug, Clone, Default)]
struct DigitBook {
    bids: Vec<Row>,
    asks: Vec<Row>,
    depth: Option<usize>,
}

/// Decoder of a Kraken v2 connection.
#[derive(Debug)]
pub struct Kraken {
    session: Session,
    books: Vec<Folded>,
    reading: Reading,
    digits: Vec<(u64, u64)>,
}

impl Default for Kraken {
    fn default() -> Self {
        Self::new()
    }
}

impl Kraken {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        let session = Session::new(FeedVenue::Kraken);
        Self { session, books: Vec::new(), reading: Reading::default(), digits: Vec::new() }
    }

    /// The acknowledgement of a book subscription names the depth to crop to.
    fn acknowledged(&mut self, method: Raw<'_>, result: Option<Raw<'_>>) -> Result<(), FeedError> {
        let Some(result) = result.filter(|result| result.is_object()) else { return Ok(()) };
        if method.string()? != "subscribe" {
            return Ok(());
        }
        let [channel, depth, symbol] = result.scanner().fields(&["channel", "depth", "symbol"])?;
        if let (Some(channel), Some(depth), Some(symbol)) = (channel, depth, symbol)
            && channel.string()? == "book"
        {
            let instrument = self.instrument(symbol)?;
            let depth = usize::try_from(depth.unsigned()?).ok().filter(|depth| *depth > 0);
            if let Some(book) = self.books.get_mut(instrument as usize) {
                book.depth = depth;
            }
        }
        Ok(())
    }

    fn instrument(&mut self, symbol: Raw<'_>) -> Result<u32, FeedError> {
        let symbol = symbol.string()?;
        let instrument = self
            .session
            .instrument(&symbol, |text| (InstrumentKind::Spot, text.replace('/', "-")))?;
        self.books.resize_with(self.session.instruments().len(), Folded::default);
        Ok(instrument)
    }

    fn book(
        &mut self,
        book: Raw<'_>,
        snapshot: bool,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [symbol, bids, asks, checksum, timestamp] =
            book.scanner().fields(&["symbol", "bids", "asks", "checksum", "timestamp"])?;
        let instrument = self.instrument(required(symbol, "symbol")?)?;
        let checksum = required(checksum, "checksum")?.unsigned()?;
        let stamp = stamp.at(rfc3339(timestamp));
        self.read_levels(bids, asks)?;
        self.session.stats.checksums += 1;
        if !snapshot && !self.session.is_live(instrument) {
            return Ok(());
        }
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return Ok(());
        }
        let Some(folded) = self.books.get_mut(instrument as usize) else { return Ok(()) };
        if snapshot {
            folded.start(&self.reading.levels);
        }
        let verdict = folded.fold(&mut self.reading.levels, &self.digits, checksum);
        self.session.stats.checksums_matched += u64::from(verdict != Verdict::Fails);
        match verdict {
            Verdict::Fails => self.session.resync(instrument, stamp, out),
            Verdict::Deeper => {
                let levels = folded.shown.levels();
                self.session.snapshot(instrument, &levels, stamp, out);
            }
            Verdict::Holds if snapshot => {
                self.session.snapshot(instrument, &self.reading.levels, stamp, out);
            }
            Verdict::Holds => self.session.update(instrument, &self.reading.levels, stamp, out),
        }
        Ok(())
    }

    fn read_levels(
        &mut self,
        bids: Option<Raw<'_>>,
        asks: Option<Raw<'_>>,
    ) -> Result<(), FeedError> {
        self.reading.clear();
        self.digits.clear();
        for (side, list) in [(BookSide::Bid, bids), (BookSide::Ask, asks)] {
            let Some(list) = list else { continue };
            let mut scanner = list.scanner();
            scanner.array()?;
            while scanner.element()? {
                let [price, quantity] = scanner.fields(&["price", "qty"])?;
                let price = required(price, "price")?.decimal()?;
                let quantity = required(quantity, "qty")?.decimal()?;
                self.reading.push(side, price, quantity, 0);
                if self.reading.levels.len() > self.digits.len() {
                    self.digits.push((plain_digits(price), plain_digits(quantity)));
                }
            }
        }
        Ok(())
    }

    fn trade(
        &mut self,
        trade: Raw<'_>,
        history: bool,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [symbol, side, price, quantity, id, timestamp] =
            trade.scanner().fields(&["symbol", "side", "price", "qty", "trade_id", "timestamp"])?;
        let instrument = self.instrument(required(symbol, "symbol")?)?;
        let hit = match &*required(side, "side")?.string()? {
            "buy" => Some(BookSide::Ask),
            "sell" => Some(BookSide::Bid),
            _ => None,
        };
        let (price, quantity) = trade_amounts(price, quantity)?;
        let id = id.map_or(Ok(0), Raw::unsigned)?;
        // The first message after subscribing repeats trades from before it.
        let flags = if history { flag::BACKFILLED } else { 0 };
        self.session.stats.prints += 1;
        out.push(stamp.at(rfc3339(timestamp)).print(Trade { hit, price, quantity, id, flags }));
        out.close(instrument);
        Ok(())
    }

    fn status(
        &mut self,
        status: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [system] = status.scanner().fields(&["system"])?;
        let status = match &*required(system, "system")?.string()? {
            "online" => FeedStatus::Open,
            "post_only" => FeedStatus::PostOnly,
            "maintenance" | "cancel_only" | "limit_only" => FeedStatus::Halted,
            _ => return Ok(()),
        };
        self.session.venue_status(status, stamp, out);
        Ok(())
    }
}

impl Rules for Kraken {
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
        let mut scanner = Scanner::new(frame)?;
        let [channel, kind, data, method, result] =
            scanner.fields(&["channel", "type", "data", "method", "result"])?;
        scanner.finish()?;
        if let Some(method) = method {
            return self.acknowledged(method, result);
        }
        let Some(channel) = channel else {
            self.session.other(frame);
            return Ok(());
        };
        match &*channel.string()? {
            "book" => {
                let snapshot = required(kind, "type")?.string()? == "snapshot";
                for_each(data, |book| self.book(book, snapshot, stamp, out))
            }
            "trade" => {
                let history = required(kind, "type")?.string()? == "snapshot";
                for_each(data, |trade| self.trade(trade, history, stamp, out))
            }
            "status" => for_each(data, |status| self.status(status, stamp, out)),
            "heartbeat" => {
                self.session.heartbeat_all(stamp, out);
                Ok(())
            }
            "ticker" | "ohlc" => Ok(()),
            _ => {
                self.session.other(frame);
                Ok(())
            }
        }
    }

    /// The next checksum would show a loss among the ten best levels, and in none below.
    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        Lost::of(frame, "channel", &HARMLESS, "symbol")
    }
}

impl Folded {
    /// Empties the book for a snapshot.
    fn start(&mut self, levels: &[SideLevel]) {
        let count = |side| levels.iter().filter(|level| level.side == side).count();
        let held = count(BookSide::Bid).max(count(BookSide::Ask));
        let acknowledged = self.depth.filter(|depth| *depth >= held);
        let fits: Vec<usize> = match acknowledged {
            Some(depth) => vec![depth],
            None => DEPTHS.into_iter().filter(|depth| *depth >= held).collect(),
        };
        let book = |depth: usize| DigitBook { depth: Some(depth), ..DigitBook::default() };
        let mut books = fits.into_iter().map(book);
        self.shown = books.next().unwrap_or_default();
        self.others = books.collect();
    }

    /// Folds a message and compares checksums. What the crop of the book passed on takes away is
    /// added to `levels`.
    fn fold(
        &mut self,
        levels: &mut Vec<SideLevel>,
        digits: &[(u64, u64)],
        checksum: u64,
    ) -> Verdict {
        let changed = digits.len();
        let mut unseen = Vec::new();
        for book in &mut self.others {
            for (level, digits) in levels.iter().zip(digits) {
                book.set(level, *digits);
            }
            book.crop(&mut unseen);
        }
        for (level, digits) in levels.iter().take(changed).zip(digits) {
            self.shown.set(level, *digits);
        }
        self.shown.crop(levels);
        self.others.retain(|book| u64::from(book.checksum()) == checksum);
        if u64::from(self.shown.checksum()) == checksum {
            return Verdict::Holds;
        }
        if self.others.is_empty() {
            return Verdict::Fails;
        }
        self.shown = self.others.remove(0);
        Verdict::Deeper
    }
}

impl DigitBook {
    /// All levels, as they would be passed on.
    fn levels(&self) -> Vec<SideLevel> {
        let of = |side, rows: &[Row]| {
            let level = move |row: &Row| {
                let (price, quantity) = (row.price, row.quantity);
                SideLevel { side, price, quantity, orders: 0 }
            };
            rows.iter().map(level).collect::<Vec<_>>()
        };
        let mut levels = of(BookSide::Bid, &self.bids);
        levels.extend(of(BookSide::Ask, &self.asks));
        levels
    }

    fn set(&mut self, level: &SideLevel, (price_digits, quantity_digits): (u64, u64)) {
        let rows = match level.side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        let found = rows.binary_search_by(|row| match level.side {
            BookSide::Bid => row.price.cmp(&level.price),
            BookSide::Ask => level.price.cmp(&row.price),
        });
        let (price, quantity) = (level.price, level.quantity);
        let row = Row { price, price_digits, quantity, quantity_digits };
        match (found, quantity.0 > 0) {
            (Ok(at), true) => {
                if let Some(slot) = rows.get_mut(at) {
                    *slot = row;
                }
            }
            (Ok(at), false) => {
                rows.remove(at);
            }
            (Err(at), true) => rows.insert(at, row),
            (Err(_), false) => {}
        }
    }

    /// Drops what lies beyond the depth and adds the removals to what is passed on.
    fn crop(&mut self, passed_on: &mut Vec<SideLevel>) {
        let Some(depth) = self.depth else { return };
        for (side, rows) in [(BookSide::Bid, &mut self.bids), (BookSide::Ask, &mut self.asks)] {
            let excess = rows.len().saturating_sub(depth);
            for row in rows.drain(..excess) {
                let (price, quantity) = (row.price, Quantity::ZERO);
                passed_on.push(SideLevel { side, price, quantity, orders: 0 });
            }
        }
    }

    /// Asks from the lowest up, then bids from the highest down: price digits, size digits.
    fn checksum(&self) -> u32 {
        let mut crc = Crc32::new();
        for rows in [&self.asks, &self.bids] {
            for row in rows.iter().rev().take(CHECKSUM_LEVELS) {
                crc.update_digits(row.price_digits);
                crc.update_digits(row.quantity_digits);
            }
        }
        crc.finish()
    }
}

/// Calls `each` for the elements of the array `data`.
fn for_each<'a>(
    data: Option<Raw<'a>>,
    mut each: impl FnMut(Raw<'a>) -> Result<(), FeedError>,
) -> Result<(), FeedError> {
    let mut scanner = required(data, "data")?.scanner();
    scanner.array()?;
    while scanner.element()? {
        each(scanner.value()?)?;
    }
    Ok(())
}

/// The digits of a number written as a plain decimal, without point and leading zeros.
///
/// `0.00005100` and `5.100e-5` are both 5100. What does not fit is 0 and fails the checksum.
fn plain_digits(text: &str) -> u64 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let mut digits = 0u64;
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        let Some(next) =
            digits.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')))
        else {
            return 0;
        };
        digits = next;
    }
    // A positive net exponent writes zeros before the point; a negative one only moves it.
    let exponent = exponent.parse::<i64>().unwrap_or(0);
    let zeros = exponent.saturating_sub(i64::try_from(decimals).unwrap_or(i64::MAX));
    for _ in 0..zeros.clamp(0, 20) {
        digits = digits.checked_mul(10).unwrap_or(0);
    }
    digits
}
