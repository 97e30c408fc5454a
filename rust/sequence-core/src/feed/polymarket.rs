//! Polymarket, market channel: `book`, `price_change`, `last_trade_price`, `best_bid_ask`.
//!
//! Sizes in `price_change` are absolute. The two tokens of a market publish mirrored books of the
//! same orders, so they are never added: each token is an instrument of its own.
//!
//! The venue sends whole books again and again; over a live one they are told as what they change,
//! so that what rests on an untouched level keeps its place.
//!
//! There is no sequence number. Each change names the best prices after it; when these contradict
//! the folded book three times in a row, the book is given up.

use super::levels::{
    Reading, SideLevel, parse_price, replace, required, same_levels, trade_amounts,
};
use super::rules::Rules;
use super::session::{Lost, Session};
use super::stamp::{Stamp, Trade, millis};
use super::terms::polymarket_terms;
use super::{FeedBatch, FeedError, FeedVenue};
use crate::book::Book;
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::number::{PRICE_ONE, Price};
use crate::tape::FeedStatus;

/// Contradictions in a row after which a book is given up.
const MAX_CONTRADICTIONS: u32 = 3;

/// Messages that change no book.
const HARMLESS: [&str; 4] = ["last_trade_price", "best_bid_ask", "market_resolved", "new_market"];

/// What is kept of one token.
#[derive(Debug, Default)]
struct Token {
    book: Book,
    contradictions: u32,
}

/// Decoder of a Polymarket market channel.
#[derive(Debug)]
pub struct Polymarket {
    session: Session,
    tokens: Vec<Token>,
    reading: Reading,
}

impl Default for Polymarket {
    fn default() -> Self {
        Self::new()
    }
}

impl Polymarket {
    /// A decoder that has heard nothing yet.
    pub fn new() -> Self {
        Self {
            session: Session::new(FeedVenue::Polymarket),
            tokens: Vec::new(),
            reading: Reading::default(),
        }
    }

    fn message(
        &mut self,
        message: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [kind, timestamp, asset, bids] =
            message.scanner().fields(&["event_type", "timestamp", "asset_id", "bids"])?;
        let stamp = stamp.at(millis(timestamp));
        let Some(kind) = kind else {
            // A book asked for over REST is the same without its kind.
            if asset.is_some() && bids.is_some() {
                return self.book(message, stamp, out);
            }
            self.session.other(message.text().as_bytes());
            return Ok(());
        };
        match &*kind.string()? {
            "book" => self.book(message, stamp, out),
            "price_change" => self.price_change(message, stamp, out),
            "last_trade_price" => self.trade(message, stamp, out),
            "tick_size_change" => self.new_tick(message, stamp, out),
            "best_bid_ask" => {
                let [asset] = message.scanner().fields(&["asset_id"])?;
                out.heartbeat(self.token(asset)?, stamp);
                Ok(())
            }
            "market_resolved" => self.resolved(message, stamp, out),
            "new_market" => Ok(()),
            _ => {
                self.session.other(message.text().as_bytes());
                Ok(())
            }
        }
    }

    /// The instrument of the token that a message names.
    fn token(&mut self, asset: Option<Raw<'_>>) -> Result<u32, FeedError> {
        let token = required(asset, "asset_id")?.string()?;
        let instrument = self
            .session
            .instrument(&token, |text| (InstrumentKind::Prediction, text.to_owned()))?;
        self.tokens.resize_with(self.session.instruments().len(), Token::default);
        Ok(instrument)
    }

    fn book(
        &mut self,
        message: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [asset, bids, asks, tick, least] = message.scanner().fields(&[
            "asset_id",
            "bids",
            "asks",
            "tick_size",
            "min_order_size",
        ])?;
        let instrument = self.token(asset)?;
        let terms = polymarket_terms(tick, least);
        if !terms.is_empty() {
            self.session.know(&required(asset, "asset_id")?.string()?, terms);
        }
        self.reading.clear();
        let names = ["price", "size"];
        self.reading.objects(BookSide::Bid, required(bids, "bids")?, &names)?;
        self.reading.objects(BookSide::Ask, required(asks, "asks")?, &names)?;
        drop_impossible(&mut self.reading);
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return Ok(());
        }
        let levels = &self.reading.levels;
        let Some(token) = self.tokens.get_mut(instrument as usize) else { return Ok(()) };
        let live = self.session.is_live(instrument);
        if live {
            let stats = &mut self.session.stats;
            match (same_levels(&token.book, levels), levels.is_empty()) {
                (true, _) => stats.rebases_equal += 1,
                (false, true) => stats.rebases_empty += 1,
                (false, false) => stats.rebases_changed += 1,
            }
        }
        token.contradictions = 0;
        let mut changed = replace(&mut token.book, levels);
        if live {
            // A whole book again is told as what it changes, and one that equals the one before
            // shows that it still holds.
            if changed.is_empty() {
                changed.extend(levels.first());
            }
            self.session.update(instrument, &changed, stamp, out);
        } else {
            self.session.snapshot(instrument, levels, stamp, out);
        }
        Ok(())
    }

    /// Another tick is another book: the venue starts over with a new one.
    fn new_tick(
        &mut self,
        message: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [asset, tick] = message.scanner().fields(&["asset_id", "new_tick_size"])?;
        let instrument = self.token(asset)?;
        let terms = polymarket_terms(Some(required(tick, "new_tick_size")?), None);
        if terms.is_empty() {
            return Err(FeedError::Field("new_tick_size"));
        }
        self.session.know(&required(asset, "asset_id")?.string()?, terms);
        self.session.resync(instrument, stamp, out);
        Ok(())
    }

    /// Changes of one frame may concern several tokens; those of one token are one message.
    fn price_change(
        &mut self,
        message: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        // Until 2025 a frame was of one token, named beside the list.
        let [changes, of_one, one] =
            message.scanner().fields(&["price_changes", "changes", "asset_id"])?;
        let mut scanner = required(changes.or(of_one), "price_changes")?.scanner();
        scanner.array()?;
        let mut changes: Vec<(u32, Reading, [Option<Price>; 2])> = Vec::new();
        while scanner.element()? {
            let [asset, side, price, quantity, bid, ask] =
                scanner.fields(&["asset_id", "side", "price", "size", "best_bid", "best_ask"])?;
            let instrument = self.token(asset.or(one))?;
            let side = match &*required(side, "side")?.string()? {
                "BUY" => BookSide::Bid,
                "SELL" => BookSide::Ask,
                _ => return Err(FeedError::Field("side")),
            };
            let price = required(price, "price")?.decimal()?;
            let quantity = required(quantity, "size")?.decimal()?;
            if !changes.iter().any(|(known, ..)| *known == instrument) {
                changes.push((instrument, Reading::default(), [None; 2]));
            }
            let known = changes.iter_mut().find(|(known, ..)| *known == instrument);
            if let Some((_, reading, best)) = known {
                reading.push(side, price, quantity, 0);
                *best = [named_price(bid), named_price(ask)];
            }
        }
        for (instrument, mut reading, best) in changes {
            drop_impossible(&mut reading);
            self.change(instrument, &reading, best, stamp, out);
        }
        Ok(())
    }

    fn change(
        &mut self,
        instrument: u32,
        reading: &Reading,
        best: [Option<Price>; 2],
        stamp: Stamp,
        out: &mut FeedBatch,
    ) {
        if !self.session.is_live(instrument)
            || !self.session.accept(instrument, reading, stamp, out)
        {
            return;
        }
        let Some(token) = self.tokens.get_mut(instrument as usize) else { return };
        for level in &reading.levels {
            token.book.set(level.side, level.price, level.quantity);
        }
        if token.contradicts(best) {
            token.contradictions += 1;
        } else {
            token.contradictions = 0;
        }
        if token.contradictions >= MAX_CONTRADICTIONS {
            self.session.resync(instrument, stamp, out);
        } else {
            self.session.update(instrument, &reading.levels, stamp, out);
        }
    }

    fn trade(
        &mut self,
        message: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [asset, side, price, quantity] =
            message.scanner().fields(&["asset_id", "side", "price", "size"])?;
        let (price, quantity) = trade_amounts(price, quantity)?;
        if price.0 >= PRICE_ONE {
            return Err(FeedError::Field("price"));
        }
        // The venue names the taker's side.
        let hit = match &*required(side, "side")?.string()? {
            "BUY" => BookSide::Ask,
            "SELL" => BookSide::Bid,
            _ => return Err(FeedError::Field("side")),
        };
        let instrument = self.token(asset)?;
        self.session.stats.prints += 1;
        out.push(stamp.print(Trade { hit: Some(hit), price, quantity, id: 0, flags: 0 }));
        out.close(instrument);
        Ok(())
    }

    fn resolved(
        &mut self,
        message: Raw<'_>,
        stamp: Stamp,
        out: &mut FeedBatch,
    ) -> Result<(), FeedError> {
        let [assets] = message.scanner().fields(&["assets_ids"])?;
        let mut scanner = required(assets, "assets_ids")?.scanner();
        scanner.array()?;
        while scanner.element()? {
            // Told of every market, subscribed or not.
            if let Some(instrument) = self.session.heard_of(&scanner.value()?.string()?) {
                self.session.trades(instrument, FeedStatus::Closed, stamp, out);
            }
        }
        Ok(())
    }
}

impl Token {
    /// The best prices the venue names are not those of the folded book.
    fn contradicts(&self, [bid, ask]: [Option<Price>; 2]) -> bool {
        let differs = |named: Option<Price>, side, none: i64| {
            let held = self.book.best(side).map_or(Price(none), |level| level.price);
            named.is_some_and(|named| named != held)
        };
        // An empty side is named as the end of the price range.
        differs(bid, BookSide::Bid, 0) || differs(ask, BookSide::Ask, PRICE_ONE)
    }
}

/// Levels outside `(0, 1)` cannot exist.
fn drop_impossible(reading: &mut Reading) {
    let before = reading.levels.len();
    reading.levels.retain(|level: &SideLevel| level.price.0 < PRICE_ONE);
    let dropped = before - reading.levels.len();
    reading.dropped = reading.dropped.saturating_add(u32::try_from(dropped).unwrap_or(u32::MAX));
}

fn named_price(raw: Option<Raw<'_>>) -> Option<Price> {
    raw.and_then(|raw| raw.decimal().ok()).and_then(parse_price)
}

impl Rules for Polymarket {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn read(&mut self, frame: &[u8], stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        let mut scanner = Scanner::new(frame)?;
        let whole = scanner.value()?;
        scanner.finish()?;
        if !whole.is_array() {
            return self.message(whole, stamp, out);
        }
        let mut scanner = whole.scanner();
        scanner.array()?;
        while scanner.element()? {
            self.message(scanner.value()?, stamp, out)?;
        }
        Ok(())
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        // A frame may change the books of several tokens.
        match Lost::of(frame, "event_type", &HARMLESS, "") {
            Lost::Nothing => Lost::Nothing,
            Lost::Book(_) | Lost::Every => Lost::Every,
        }
    }
}
