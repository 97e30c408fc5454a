//! Hyperliquid: `l2Book` and `trades`.
//!
//! Every `l2Book` frame is the whole visible book. The first one becomes a snapshot; later ones
//! are compared with the book before and become the levels that changed and those that traded, so
//! that what rests on an untouched level keeps its place. Trades repeat across reconnects and are told apart by `tid`;
//! the first `trades` frame of a coin repeats history. `bbo` runs ahead of the book and only
//! proves the connection alive. The two coins of an outcome market (`#NNN0`, `#NNN1`) mirror each
//! other and are listed separately: adding them would double the liquidity.

use std::collections::BTreeSet;

use super::levels::{Reading, SideLevel, replace, required, trade_amounts};
use super::rules::Rules;
use super::seen::Seen;
use super::session::{Lost, Session};
use super::stamp::{Stamp, Trade, millis};
use super::{FeedBatch, FeedError, FeedVenue};
use crate::book::Book;
use crate::ids::{BookSide, InstrumentKind};
use crate::json::{Raw, Scanner};
use crate::number::Price;
use crate::tape::flag;

/// Channels that change no book.
const HARMLESS: [&str; 8] = [
    "trades",
    "bbo",
    "pong",
    "subscriptionResponse",
    "allMids",
    "activeAssetCtx",
    "candle",
    "error",
];
/// Traded levels remembered until the next frame of the book.
const MAX_PRINTED: usize = 256;

/// What is kept of one coin.
#[derive(Debug, Default)]
struct Coin {
    book: Book,
    book_time_ns: i64,
    had_trades: bool,
    seen: Seen,
    /// An update was passed on since the last snapshot.
    updated: bool,
    /// Levels that traded since the last frame.
    printed: Vec<(BookSide, Price)>,
}

/// Decoder of a Hyperliquid connection.
#[derive(Debug)]
pub struct Hyperliquid {
    session: Session,
    coins: Vec<Coin>,
    reading: Reading,
}

impl Default for Hyperliquid {
    fn default() -> Self {
        Self::new()
    }
}

impl Hyperliquid {
    /// A decoder that has seen nothing.
    pub fn new() -> Self {
        let session = Session::new(FeedVenue::Hyperliquid);
        Self { session, coins: Vec::new(), reading: Reading::default() }
    }

    fn instrument(&mut self, coin: Option<Raw<'_>>) -> Result<u32, FeedError> {
        let coin = required(coin, "coin")?.string()?;
        let instrument = self.session.instrument(&coin, canonical)?;
        self.coins.resize_with(self.session.instruments().len(), Coin::default);
        Ok(instrument)
    }

    fn book(&mut self, data: Raw<'_>, stamp: Stamp, out: &mut FeedBatch) -> Result<(), FeedError> {
        let [coin, time, levels] = data.scanner().fields(&["coin", "time", "levels"])?;
        let instrument = self.instrument(coin)?;
        let stamp = stamp.at(millis(time));
        self.read_sides(required(levels, "levels")?)?;
        let Some(coin) = self.coins.get_mut(instrument as usize) else { return Ok(()) };
        if stamp.venue_ns < coin.book_time_ns {
            self.session.stats.duplicates += 1;
            return Ok(());
        }
        if !self.session.accept(instrument, &self.reading, stamp, out) {
            return Ok(());
        }
        coin.book_time_ns = stamp.venue_ns;
        let live = self.session.is_live(instrument);
        let mut changed = replace(&mut coin.book, &self.reading.levels);
        if live {
            coin.confirm(&self.reading.levels, &mut changed);
            self.session.update(instrument, &changed, stamp, out);
        } else {
            coin.updated = false;
            coin.printed.clear();
            self.session.snapshot(instrument, &self.reading.levels, stamp, out);
        }
        Ok(())
    }

    /// `[[bids], [asks]]`, each level `{px, sz, n}`.
    fn read_sides(&mut self, levels: Raw<'_>) -> Result<(), FeedError> {
        self.reading.clear();
        let mut sides = levels.scanner();
        sides.array()?;
        for side in [BookSide::Bid, BookSide::Ask] {
            if !sides.element()? {
                return Err(FeedError::Field("levels"));
            }
            sides.array()?;
            while sides.element()? {
                let [price, quantity, orders] = sides.fields(&["px", "sz", "n"])?;
                let price = required(price, "px")?.decimal()?;
                let quantity = required(quantity, "sz")?.decimal()?;
                let orders = orders.and_then(|orders| orders.unsigned().ok()).unwrap_or(0);
                let orders = u32::try_from(orders).unwrap_or(0);
                self.reading.push(side, price, quantity, orders);
            }
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
        let mut touched = BTreeSet::new();
        while scanner.element()? {
            let [coin, side, price, quantity, time, tid] =
                scanner.fields(&["coin", "side", "px", "sz", "time", "tid"])?;
            let instrument = self.instrument(coin)?;
            // The venue names the taker's side: B bought, so the asks were hit.
            let hit = match &*required(side, "side")?.string()? {
                "B" => Some(BookSide::Ask),
                "A" => Some(BookSide::Bid),
                _ => None,
            };
            let (price, quantity) = trade_amounts(price, quantity)?;
            let id = required(tid, "tid")?.unsigned()?;
            let Some(coin) = self.coins.get_mut(instrument as usize) else { continue };
            touched.insert(instrument);
            if !coin.seen.first_time(id) {
                self.session.stats.duplicates += 1;
                continue;
            }
            let flags = if coin.had_trades { 0 } else { flag::BACKFILLED };
            if let Some(side) = hit.filter(|_| coin.printed.len() < MAX_PRINTED) {
                coin.printed.push((side, price));
            }
            let trade = Trade { hit, price, quantity, id, flags };
            self.session.stats.prints += 1;
            out.push(stamp.at(millis(time)).print(trade));
            out.close(instrument);
        }
        for instrument in touched {
            if let Some(coin) = self.coins.get_mut(instrument as usize) {
                coin.had_trades = true;
            }
        }
        Ok(())
    }
}

impl Coin {
    /// Adds levels that did not change and must be told all the same: those that traded, as the new
    /// frame shows what is left of them, and one of a first frame that equals its snapshot, as it
    /// shows that the snapshot still holds.
    fn confirm(&mut self, levels: &[SideLevel], changed: &mut Vec<SideLevel>) {
        let known = changed.len();
        for (side, price) in self.printed.drain(..) {
            let same = |level: &&SideLevel| level.side == side && level.price == price;
            if let Some(level) =
                levels.iter().find(same).filter(|_| !changed.iter().any(|level| same(&level)))
            {
                changed.push(*level);
            }
        }
        if changed.len() == known && known == 0 && !self.updated {
            changed.extend(levels.first());
        }
        self.updated |= !changed.is_empty();
    }
}

/// Outcome coins start with `#`; spot pairs are `BASE/QUOTE` or an index `@107`; the rest are perps.
pub(super) fn canonical(coin: &str) -> (InstrumentKind, String) {
    if coin.starts_with('#') {
        (InstrumentKind::Prediction, coin.to_owned())
    } else if coin.starts_with('@') {
        (InstrumentKind::Spot, coin.to_owned())
    } else if coin.contains('/') {
        (InstrumentKind::Spot, coin.replace('/', "-"))
    } else {
        (InstrumentKind::Perp, format!("{}-USD-PERP", thousands(coin)))
    }
}

/// `kPEPE`, a thousand of a cheap coin, is `KPEPE`.
fn thousands(coin: &str) -> String {
    match coin.strip_prefix('k').filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())) {
        Some(rest) => format!("K{rest}"),
        None => coin.to_owned(),
    }
}

impl Rules for Hyperliquid {
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
        let [channel, data] = scanner.fields(&["channel", "data"])?;
        scanner.finish()?;
        let Some(channel) = channel else {
            self.session.other(frame);
            return Ok(());
        };
        match &*channel.string()? {
            "l2Book" => self.book(required(data, "data")?, stamp, out),
            "trades" => self.trades(required(data, "data")?, stamp, out),
            "bbo" => {
                let [coin, time] = required(data, "data")?.scanner().fields(&["coin", "time"])?;
                let instrument = self.instrument(coin)?;
                out.heartbeat(instrument, stamp.at(millis(time)));
                Ok(())
            }
            "pong" => {
                self.session.heartbeat_all(stamp, out);
                Ok(())
            }
            "subscriptionResponse" | "allMids" | "activeAssetCtx" | "candle" => Ok(()),
            _ => {
                self.session.other(frame);
                Ok(())
            }
        }
    }

    fn lost<'a>(&mut self, frame: &'a [u8]) -> Lost<'a> {
        Lost::of(frame, "channel", &HARMLESS, "coin")
    }

    fn forget(&mut self) {
        for coin in &mut self.coins {
            coin.had_trades = false;
            coin.book_time_ns = 0;
        }
    }
}
