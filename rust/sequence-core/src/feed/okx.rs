//! OKX v5: `books`, `books-l2-tbt`, `books50-l2-tbt`, `books5`, `bbo-tbt`, `trades`.
//!
//! A snapshot is followed by updates with absolute sizes; each names the `seqId` before it
//! (`prevSeqId`), in steps of any size. Quiet books repeat their id. The checksum is a CRC-32 over
//! the 25 best levels of both sides as they were written, bid and ask in turn; venues that stopped
//! computing it send 0, which says nothing. `books5` sends whole books. Sizes of swaps and futures
//! are in contracts, whose size a book does not tell, so only spot pairs have a symbol here.
//! Source: OKX API v5, "Order book channel", "Checksum", "Trades channel".

use std::collections::BTreeMap;

use super::crc32::Crc32;
use super::levels::{Reading, SideLevel, replace, required, trade_amounts};
use super::rules::Rules;
use super::session::{Lost, Session};
use super::stamp::{Stamp, Trade, millis};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::book::Book;
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::tape::flag;

/// Levels of a side under the checksum.
const CHECKSUM_LEVELS: usize = 25;

/// Price and size of a level as they were written.
type Written = (String, String);

/// What is kept of one instrument.
#[derive(Debug, Default)]
struct Folded {
    bids: BTreeMap<i64, Written>,
    asks: BTreeMap<i64, Written>,
    /// The book of a channel that sends whole books.
    whole: Book,
    last_id: Option<i64>,
    last_trade: u64,
}

/// Decoder of an OKX public connection.
#[derive(Debug)]
pub struct Okx {
    session: Session,
    books: Vec<Folded>,
    reading: Reading,
    texts: Vec<Written>,
}

impl Default for Okx {
    fn default() -> Self {
        Self::new()
    }
}

impl Okx {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        let session = Session::new(FeedVenue::Okx);
        Self { session, books: Vec::new(), reading: Reading::default(), texts: Vec::new() }
    }

    fn instrument(&mut self, name: Option<Raw<'_>>) -> Result<u32, FeedError> {
        let name = required(name, "instId")?.string()?;
        let instrument = self.session.instrument(&name, canonical)?;
        self.books.resize_with(self.session.instruments().len(), Folded::default);
        Ok(instrument)
    }

    fn book(
        &mut self,
        instrument: u32,
        row: Raw<'_>,
        snapshot: bool,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [bids, asks, time, checksum, previous, id] =
            row.scanner().fields(&["bids", "asks", "ts", "checksum", "prevSeqId", "seqId"])?;
        self.read_levels(required(bids, "bids")?, required(asks, "asks")?)?;
        let (id, previous) = (signed(id)?, signed(previous)?);
        let checksum = signed(checksum)?.filter(|checksum| *checksum != 0);
        let number = id.and_then(|id| u64::try_from(id).ok()).unwrap_or(0);
        let stamp = stamp.at(millis(time)).numbered(number);
        let Some(folded) = self.books.get_mut(instrument as usize) else { return Ok(()) };
        if !snapshot {
            if !self.session.is_live(instrument) {
                return Ok(());
            }
            if previous != folded.last_id {
                self.session.resync(instrument, stamp, out);
                return Ok(());
            }
        }
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return Ok(());
        }
        if snapshot {
            (folded.bids, folded.asks) = (BTreeMap::new(), BTreeMap::new());
        }
        folded.last_id = id;
        for (level, text) in self.reading.levels.iter().zip(&self.texts) {
            folded.set(level, text);
        }
        if let Some(checksum) = checksum {
            self.session.stats.checksums += 1;
            if i64::from(folded.checksum()) != checksum {
                self.session.resync(instrument, stamp, out);
                return Ok(());
            }
            self.session.stats.checksums_matched += 1;
        }
        if snapshot {
            self.session.snapshot(instrument, &self.reading.levels, stamp, out);
        } else {
            // Ids of OKX may turn back after a maintenance; the chain was judged here.
            self.session.update(instrument, &self.reading.levels, stamp.numbered(0), out);
        }
        Ok(())
    }

    /// A whole book of five levels, told as what it changes.
    fn whole(
        &mut self,
        instrument: u32,
        row: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [bids, asks, time] = row.scanner().fields(&["bids", "asks", "ts"])?;
        self.read_levels(required(bids, "bids")?, required(asks, "asks")?)?;
        let stamp = stamp.at(millis(time));
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return Ok(());
        }
        let Some(folded) = self.books.get_mut(instrument as usize) else { return Ok(()) };
        let mut changed = replace(&mut folded.whole, &self.reading.levels);
        if self.session.is_live(instrument) {
            if changed.is_empty() {
                changed.extend(self.reading.levels.first());
            }
            self.session.update(instrument, &changed, stamp, out);
        } else {
            self.session.snapshot(instrument, &self.reading.levels, stamp, out);
        }
        Ok(())
    }

    /// `[["price","size","0","orders"], …]`
    fn read_levels(&mut self, bids: Raw<'_>, asks: Raw<'_>) -> Result<(), FeedError> {
        self.reading.clear();
        self.texts.clear();
        for (side, list) in [(BookSide::Bid, bids), (BookSide::Ask, asks)] {
            let mut scanner = list.scanner();
            scanner.array()?;
            while scanner.element()? {
                let mut row = scanner.value()?.scanner();
                row.array()?;
                let mut texts = [""; 4];
                for text in &mut texts {
                    if !row.element()? {
                        break;
                    }
                    *text = row.value()?.decimal()?;
                }
                let [price, quantity, _, orders] = texts;
                self.reading.push(side, price, quantity, orders.parse().unwrap_or(0));
                if self.reading.levels.len() > self.texts.len() {
                    self.texts.push((price.to_owned(), quantity.to_owned()));
                }
            }
        }
        Ok(())
    }

    fn trade(
        &mut self,
        instrument: u32,
        row: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [side, price, quantity, id, time, source] =
            row.scanner().fields(&["side", "px", "sz", "tradeId", "ts", "source"])?;
        let hit = match &*required(side, "side")?.string()? {
            "buy" => Some(BookSide::Ask),
            "sell" => Some(BookSide::Bid),
            _ => None,
        };
        let (price, quantity) = trade_amounts(price, quantity)?;
        let id = required(id, "tradeId")?.unsigned()?;
        let Some(folded) = self.books.get_mut(instrument as usize) else { return Ok(()) };
        if id <= folded.last_trade {
            self.session.stats.duplicates += 1;
            return Ok(());
        }
        folded.last_trade = id;
        // A source other than 0 is an order of its own kind, matched beside the book.
        let beside = source.is_some_and(|source| !matches!(source.decimal(), Ok("0")));
        let flags = if beside { flag::OFF_BOOK } else { 0 };
        self.session.stats.prints += 1;
        out.push(stamp.at(millis(time)).print(Trade { hit, price, quantity, id, flags }));
        out.close(instrument);
        Ok(())
    }
}

impl Folded {
    fn set(&mut self, level: &SideLevel, text: &Written) {
        let side = match level.side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        if level.quantity.0 > 0 {
            side.insert(level.price.0, text.clone());
        } else {
            side.remove(&level.price.0);
        }
    }

    /// Signed, as OKX writes it: `bid:size:ask:size:…` over the best levels, the longer side alone
    /// where the other has ended.
    fn checksum(&self) -> i32 {
        let mut crc = Crc32::new();
        let mut first = true;
        let mut bids = self.bids.values().rev();
        let mut asks = self.asks.values();
        for _ in 0..CHECKSUM_LEVELS {
            for (price, size) in [bids.next(), asks.next()].into_iter().flatten() {
                if !std::mem::replace(&mut first, false) {
                    crc.update(b":");
                }
                crc.update(price.as_bytes());
                crc.update(b":");
                crc.update(size.as_bytes());
            }
        }
        i32::from_le_bytes(crc.finish().to_le_bytes())
    }
}

fn signed(raw: Option<Raw<'_>>) -> Result<Option<i64>, FeedError> {
    let Some(raw) = raw else { return Ok(None) };
    raw.decimal()?.parse().map(Some).ok().ok_or(FeedError::Field("seqId"))
}

/// Spot pairs are `BTC-USDT`; whatever has more parts is a contract.
pub(super) fn canonical(name: &str) -> (InstrumentKind, String) {
    match name.matches('-').count() {
        1 => (InstrumentKind::Spot, name.to_owned()),
        _ => (InstrumentKind::Perp, format!("{name} (contracts)")),
    }
}

impl Rules for Okx {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn read(&mut self, frame: &[u8], stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        let mut scanner = Scanner::new(frame)?;
        let [arg, action, data, event] = scanner.fields(&["arg", "action", "data", "event"])?;
        scanner.finish()?;
        let (Some(arg), Some(data)) = (arg, data) else {
            if event.is_none() {
                self.session.other(frame);
            }
            return Ok(());
        };
        let [channel, name] = arg.scanner().fields(&["channel", "instId"])?;
        let channel = required(channel, "channel")?.string()?;
        let known = match &*channel {
            "books" | "books-l2-tbt" | "books50-l2-tbt" | "books5" | "trades" | "trades-all"
            | "bbo-tbt" => true,
            "tickers" | "mark-price" | "funding-rate" | "index-tickers" | "status" => return Ok(()),
            _ => false,
        };
        if !known {
            self.session.other(frame);
            return Ok(());
        }
        let instrument = self.instrument(name)?;
        let mut scanner = data.scanner();
        scanner.array()?;
        while scanner.element()? {
            let row = scanner.value()?;
            match &*channel {
                "trades" | "trades-all" => self.trade(instrument, row, stamp, out)?,
                "books5" => self.whole(instrument, row, stamp, out)?,
                "bbo-tbt" => out.heartbeat(instrument, stamp),
                _ => {
                    let snapshot = required(action, "action")?.string()? == "snapshot";
                    self.book(instrument, row, snapshot, stamp, out)?;
                }
            }
        }
        Ok(())
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        // Without ids a lost update shows in the next checksum, where there is one.
        Lost::of(frame, "channel", &["trades", "tickers", "bbo-tbt"], "instId")
    }
}
