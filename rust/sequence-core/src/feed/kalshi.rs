//! Kalshi: `orderbook_snapshot`, `orderbook_delta`, `trade`.
//!
//! Both outcomes hold bids. The book passed on is the one YES book: a NO bid at `n` is a YES ask
//! at `1 - n`. A delta is a signed change, so the decoder folds sizes and passes on absolute ones;
//! a size below zero proves a lost delta and gives the book up.
//!
//! How gaps are judged: `seq` counts per subscription (`sid`), and one subscription covers many
//! markets. Where the answer to the subscription was heard, all that followed is here, and a hole
//! gives up every market of that `sid`: so it is on an open connection, and in its recording. A
//! recording cut down to one market holds no such answer and is full of holes that mean nothing:
//! there they are only counted, and what proves a loss is a negative size or a later snapshot that
//! differs. A delta with a `seq` at or below the last one of its `sid` was seen before; a snapshot
//! starts a new count. Trades are told apart by their id.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::ns_by_size;
use super::levels::{
    Reading, SideLevel, in_range, is_positive_number, parse_price, parse_quantity, required, row,
    same_levels,
};
use super::rules::Rules;
use super::seen::{Seen, id_of};
use super::session::{Lost, Session};
use super::stamp::{Stamp, Trade, millis, rfc3339};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::book::Book;
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::number::{PRICE_ONE, Price, Quantity};
use crate::tape::{FeedStatus, flag};
use crate::venue::{PriceGrid, Terms, TermsOrigin};

/// Messages that say nothing of a market's book or trades.
const QUIET: [&str; 4] = ["error", "ticker", "ticker_v2", "event_lifecycle"];
/// Messages that change no book.
const HARMLESS: [&str; 8] = [
    "trade",
    "subscribed",
    "unsubscribed",
    "error",
    "ticker",
    "ticker_v2",
    "event_lifecycle",
    "market_lifecycle_v2",
];

/// Decoder of a Kalshi connection.
#[derive(Debug)]
pub struct Kalshi {
    session: Session,
    books: Vec<Book>,
    /// Subscription each market's book comes from.
    sids: Vec<u64>,
    /// Last `seq` per subscription.
    sequences: BTreeMap<u64, u64>,
    trades: Seen,
    reading: Reading,
    /// Subscriptions of this connection that were heard from their beginning.
    whole: BTreeSet<u64>,
}

impl Default for Kalshi {
    fn default() -> Self {
        Self::new()
    }
}

impl Kalshi {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        Self {
            session: Session::new(FeedVenue::Kalshi),
            books: Vec::new(),
            sids: Vec::new(),
            sequences: BTreeMap::new(),
            trades: Seen::default(),
            reading: Reading::default(),
            whole: BTreeSet::new(),
        }
    }

    fn instrument(&mut self, ticker: Option<Raw<'_>>) -> Result<u32, FeedError> {
        let ticker = required(ticker, "market_ticker")?.string()?;
        let instrument = self
            .session
            .instrument(&ticker, |text| (InstrumentKind::Prediction, text.to_owned()))?;
        self.books.resize_with(self.session.instruments().len(), Book::new);
        self.sids.resize(self.session.instruments().len(), 0);
        Ok(instrument)
    }

    /// From here on every message of a subscription is heard.
    fn subscribed(&mut self, msg: Option<Raw<'_>>) -> Result<(), FeedError> {
        let Some(msg) = msg else { return Ok(()) };
        let [sid] = msg.scanner().fields(&["sid"])?;
        if let Some(sid) = sid {
            self.whole.insert(sid.unsigned()?);
        }
        Ok(())
    }

    /// False for a message seen before.
    fn in_sequence(
        &mut self,
        sid: u64,
        seq: u64,
        snapshot: bool,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> bool {
        if seq == 0 {
            return true;
        }
        let last = self.sequences.insert(sid, seq);
        match last {
            Some(last) if seq <= last && !snapshot => {
                self.sequences.insert(sid, last);
                self.session.stats.duplicates += 1;
                return false;
            }
            Some(last) if seq > last + 1 => {
                self.session.stats.holes += 1;
                if self.whole.contains(&sid) {
                    self.give_up(sid, stamp, out);
                }
            }
            _ => {}
        }
        true
    }

    fn give_up(&mut self, sid: u64, stamp: Stamp, out: &mut FeedBatch) {
        for (instrument, of) in (0u32..).zip(&self.sids) {
            if *of == sid && self.session.is_live(instrument) {
                self.session.resync(instrument, stamp, out);
            }
        }
    }

    fn snapshot(
        &mut self,
        msg: Raw<'_>,
        sid: u64,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [ticker, yes, no, yes_dollars, no_dollars, yes_cents, no_cents] =
            msg.scanner().fields(&[
                "market_ticker",
                "yes_dollars_fp",
                "no_dollars_fp",
                "yes_dollars",
                "no_dollars",
                "yes",
                "no",
            ])?;
        let instrument = self.instrument(ticker)?;
        self.reading.clear();
        for (dollars, cents, outcome) in [
            (yes.or(yes_dollars), yes_cents, BookSide::Bid),
            (no.or(no_dollars), no_cents, BookSide::Ask),
        ] {
            // An outcome without bids is left out or null.
            let written = [(dollars, Unit::Dollars), (cents, Unit::Cents)].into_iter();
            let mut lists = written.filter_map(|(list, unit)| Some((list?, unit)));
            if let Some((list, unit)) = lists.find(|(list, _)| list.is_array()) {
                self.read_bids(list, outcome, unit)?;
            }
        }
        if self.reading.levels.is_empty() {
            check_is_empty(msg)?;
        }
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return Ok(());
        }
        let live = self.session.is_live(instrument);
        let levels = &self.reading.levels;
        let Some(book) = self.books.get_mut(instrument as usize) else { return Ok(()) };
        if live {
            let stats = &mut self.session.stats;
            match (same_levels(book, levels), levels.is_empty()) {
                (true, _) => stats.rebases_equal += 1,
                (false, true) => stats.rebases_empty += 1,
                (false, false) => stats.rebases_changed += 1,
            }
        }
        book.clear();
        keep(book, levels);
        if let Some(of) = self.sids.get_mut(instrument as usize) {
            *of = sid;
        }
        self.session.snapshot(instrument, levels, stamp, out);
        Ok(())
    }

    fn read_bids(&mut self, list: Raw<'_>, side: BookSide, unit: Unit) -> Result<(), FeedError> {
        let mut scanner = list.scanner();
        scanner.array()?;
        while scanner.element()? {
            let [price, quantity] = row(&mut scanner)?;
            match unit {
                Unit::Dollars => self.reading.push(side, price, quantity, 0),
                Unit::Cents => self.reading.push(side, &dollars_of(price), quantity, 0),
            }
        }
        let mut dropped = 0;
        self.reading.levels.retain_mut(|level| {
            let kept = level.side != side || to_yes(level);
            dropped += u32::from(!kept);
            kept
        });
        self.reading.dropped += dropped;
        Ok(())
    }

    fn delta(&mut self, msg: Raw<'_>, stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        let [ticker, side, price, delta, ts_ms, ts, cents, contracts] = msg.scanner().fields(&[
            "market_ticker",
            "side",
            "price_dollars",
            "delta_fp",
            "ts_ms",
            "ts",
            "price",
            "delta",
        ])?;
        let instrument = self.instrument(ticker)?;
        let stamp = stamp.at(if ts_ms.is_some() { millis(ts_ms) } else { time(ts) });
        let side = match &*required(side, "side")?.string()? {
            "yes" => BookSide::Bid,
            "no" => BookSide::Ask,
            _ => return Err(FeedError::Field("side")),
        };
        let price = price_of(price, cents, "price_dollars")?;
        let change = change_of(required(delta.or(contracts), "delta_fp")?.decimal()?)?;
        let mut level = SideLevel { side, price, quantity: Quantity::ZERO, orders: 0 };
        // What is certain to win or to lose is no level, and hides none.
        let is_certain = price.0 == 0 || price.0 == PRICE_ONE;
        if !is_certain && !to_yes(&mut level) {
            return Err(FeedError::Field("price_dollars"));
        }
        if !self.session.is_live(instrument) {
            return Ok(());
        }
        let total = change.and_then(|change| self.total(instrument, level, change));
        self.reading.clear();
        self.reading.dropped = u32::from(is_certain);
        match total {
            _ if is_certain => {}
            Some(quantity) if quantity.0 < 0 => self.reading.bad_size = true,
            Some(quantity) => self.reading.levels.push(SideLevel { quantity, ..level }),
            None => self.reading.beyond = 1,
        }
        if self.session.accept(instrument, &self.reading, stamp, out) {
            let levels = &self.reading.levels;
            if let Some(book) = self.books.get_mut(instrument as usize) {
                keep(book, levels);
            }
            self.session.update(instrument, levels, stamp, out);
        }
        Ok(())
    }

    /// The size of a level after a signed change; none where our numbers cannot hold it.
    fn total(&self, instrument: u32, level: SideLevel, change: Quantity) -> Option<Quantity> {
        let held = self.books.get(instrument as usize)?.quantity_at(level.side, level.price);
        held.checked_add(change).ok().filter(|total| total.0 < 0 || in_range(total.0, 0))
    }

    fn trade(&mut self, msg: Raw<'_>, stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        let [ticker, price, count, taker, id, ts_ms, ts, cents, contracts, block] =
            msg.scanner().fields(&[
                "market_ticker",
                "yes_price_dollars",
                "count_fp",
                "taker_side",
                "trade_id",
                "ts_ms",
                "ts",
                "yes_price",
                "count",
                "is_block_trade",
            ])?;
        let instrument = self.instrument(ticker)?;
        // A taker of YES bought from the YES asks; a taker of NO sold YES to the YES bids.
        let hit = match &*required(taker, "taker_side")?.string()? {
            "yes" => Some(BookSide::Ask),
            "no" => Some(BookSide::Bid),
            _ => None,
        };
        let price = price_of(price, cents, "yes_price_dollars")?;
        let quantity = required(count.or(contracts), "count_fp")?.decimal()?;
        let quantity = parse_quantity(quantity).filter(|quantity| quantity.0 > 0);
        let quantity = quantity.ok_or(FeedError::Field("count_fp"))?;
        if price.0 <= 0 || price.0 >= PRICE_ONE {
            return Err(FeedError::Field("yes_price_dollars"));
        }
        // A block was agreed between two parties and met no book.
        let is_block = block.and_then(|raw| raw.bool().ok()).unwrap_or(false);
        let flags = if is_block { flag::OFF_BOOK } else { 0 };
        let id = id.and_then(|id| id.string().ok()).map_or(0, |text| id_of(&text));
        if id != 0 && !self.trades.first_time(id) {
            self.session.stats.duplicates += 1;
            return Ok(());
        }
        self.session.stats.prints += 1;
        let trade = Trade { hit, price, quantity, id, flags };
        let stamp = stamp.at(if ts_ms.is_some() { millis(ts_ms) } else { time(ts) });
        out.push(stamp.print(trade));
        out.close(instrument);
        Ok(())
    }

    fn lifecycle(
        &mut self,
        msg: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [ticker, event, structure] =
            msg.scanner().fields(&["market_ticker", "event_type", "price_level_structure"])?;
        let ticker = required(ticker, "market_ticker")?.string()?;
        // Told of every market, subscribed or not.
        let Some(instrument) = self.session.heard_of(&ticker) else { return Ok(()) };
        let grid = structure.map(Raw::string).transpose()?;
        if let Some(grid) = grid.and_then(|text| PriceGrid::parse(&text)) {
            let terms = Terms { grid: Some(grid), ..Terms::of(TermsOrigin::Venue) };
            self.session.know(&ticker, terms);
        }
        let status = match &*required(event, "event_type")?.string()? {
            "activated" => FeedStatus::Open,
            "deactivated" => FeedStatus::Halted,
            "determined" | "settled" => FeedStatus::Closed,
            _ => return Ok(()),
        };
        self.session.trades(instrument, status, stamp, out);
        Ok(())
    }
}

/// An empty book is one whose lists are empty, not one whose lists have names we do not know.
fn check_is_empty(msg: Raw<'_>) -> Result<(), FeedError> {
    let names = ["yes_dollars_fp", "no_dollars_fp", "yes_dollars", "no_dollars", "yes", "no"];
    let known = msg.scanner().fields(&names)?.into_iter().flatten();
    let known = known.filter(|list| list.is_array()).count();
    let lists = msg.text().matches(":[").count() + msg.text().matches(": [").count();
    if lists > known { Err(FeedError::Field("yes_dollars_fp")) } else { Ok(()) }
}

/// How a price is written: since 2025 in dollars, before in whole cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Dollars,
    Cents,
}

/// A price in dollars, or the older one in cents.
fn price_of(
    dollars: Option<Raw<'_>>,
    cents: Option<Raw<'_>>,
    name: &'static str,
) -> Result<Price, FeedError> {
    let parsed = match (dollars, cents) {
        (None, Some(cents)) => parse_price(&dollars_of(cents.decimal()?)),
        (dollars, _) => parse_price(required(dollars, name)?.decimal()?),
    };
    parsed.ok_or(FeedError::Field(name))
}

fn keep(book: &mut Book, levels: &[SideLevel]) {
    for level in levels {
        book.set(level.side, level.price, level.quantity);
    }
}

/// A signed change of a size; none where it is a number beyond ours.
fn change_of(text: &str) -> Result<Option<Quantity>, FeedError> {
    let is_number = || is_positive_number(text.strip_prefix('-').unwrap_or(text));
    match parse_quantity(text) {
        Some(change) => Ok(Some(change)),
        None if is_number() => Ok(None),
        None => Err(FeedError::Field("delta_fp")),
    }
}

/// Cents as dollars, exactly; what is no number stays none.
fn dollars_of(cents: &str) -> String {
    format!("{cents}e-2")
}

/// A time in RFC 3339, or the older one in seconds, in ns; 0 when unusable.
fn time(raw: Option<Raw<'_>>) -> i64 {
    let number = raw.and_then(|raw| raw.decimal().ok()).and_then(ns_by_size);
    number.unwrap_or_else(|| rfc3339(raw))
}

/// Turns a bid of an outcome into its level of the YES book; false outside `(0, 1)`.
fn to_yes(level: &mut SideLevel) -> bool {
    if level.price.0 <= 0 || level.price.0 >= PRICE_ONE {
        return false;
    }
    if level.side == BookSide::Ask {
        level.price = Price(PRICE_ONE - level.price.0);
    }
    true
}

impl Rules for Kalshi {
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
        let [kind, sid, seq, msg] = scanner.fields(&["type", "sid", "seq", "msg"])?;
        scanner.finish()?;
        let Some(kind) = kind else {
            self.session.other(frame);
            return Ok(());
        };
        let kind = kind.string()?;
        if !matches!(
            &*kind,
            "orderbook_snapshot" | "orderbook_delta" | "trade" | "market_lifecycle_v2"
        ) {
            match &*kind {
                "subscribed" => self.subscribed(msg)?,
                // The answers to changes of a subscription are counted with its messages.
                "ok" | "unsubscribed" => {
                    let (sid, seq) = (number(sid)?, number(seq)?);
                    self.in_sequence(sid, seq, false, stamp, out);
                    self.session.heartbeat_all(stamp, out);
                }
                kind if !QUIET.contains(&kind) => self.session.other(frame),
                _ => {}
            }
            return Ok(());
        }
        let (sid, seq) = (number(sid)?, number(seq)?);
        let msg = required(msg, "msg")?;
        let stamp = stamp.numbered(seq);
        if kind.starts_with("orderbook")
            && !self.in_sequence(sid, seq, kind == "orderbook_snapshot", stamp, out)
        {
            return Ok(());
        }
        match &*kind {
            "orderbook_snapshot" => self.snapshot(msg, sid, stamp, out),
            "orderbook_delta" => self.delta(msg, stamp, out),
            "trade" => self.trade(msg, stamp, out),
            _ => self.lifecycle(msg, stamp, out),
        }
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        Lost::of(frame, "type", &HARMLESS, "market_ticker")
    }

    fn forget(&mut self) {
        self.sequences.clear();
        self.whole.clear();
    }
}

fn number(raw: Option<Raw<'_>>) -> Result<u64, FeedError> {
    Ok(raw.map_or(Ok(0), Raw::unsigned)?)
}
