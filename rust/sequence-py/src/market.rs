//! `Engine`: market data, and how markets pay and end.

use pyo3::prelude::*;
use sequence_core::command::{Command, Settlement};
use sequence_core::engine::{FeedKind, Reply};
use sequence_core::ids::{AccountId, BookSide};
use sequence_core::number::{Price, Quantity};
use sequence_core::reject::Refusal;
use sequence_core::session::Session;
use sequence_core::tape::{EventKind, MarketEvent, flag};

use crate::feed::Recording;
use crate::parse;
use crate::tape::Tape;

use crate::engine::{Answer, Engine};

const NO_BOOK: &str = "has no book yet: send a snapshot";

/// A settlement or a redemption: holdings and what they pay.
fn settled(session: &mut Session, command: Command<'_>, now_ns: i64) -> Answer<(u32, i128)> {
    match session.engine.apply(command, now_ns)? {
        Reply::Settled { positions, payout } => Ok((positions, payout.0)),
        other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
    }
}

impl Engine {
    fn market(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        now_ns: i64,
        events: Answer<Vec<MarketEvent>>,
        (ts_ns, first): (i64, bool),
    ) -> PyResult<()> {
        self.run(py, |session| {
            let (venue, events) = (parse::venue(venue)?, events?);
            let engine = &mut session.engine;
            let found = engine.find_market(venue, symbol);
            let market = match found {
                Some(market) => {
                    engine.claim(market, FeedKind::HandFed);
                    market
                }
                None if first => engine.list_market(venue, symbol, FeedKind::HandFed)?,
                None => return Err(Refusal::invalid("symbol", NO_BOOK)),
            };
            let events = parse::finish(events, ts_ns, now_ns);
            engine.apply(Command::Market { market, events: &events }, now_ns).map(|_| ())
        })
    }
}

#[pymethods]
impl Engine {
    /// Lists the demo market and opens its books.
    fn start_demo(&self, py: Python<'_>, now_ns: i64) -> PyResult<()> {
        self.run(py, |session| session.start_demo(self.seed, now_ns))
    }

    /// Plays a recording from its start, as the clock reaches its frames.
    fn add_recording(&self, py: Python<'_>, recording: &Recording) -> PyResult<()> {
        let replay = recording.rewound()?;
        py.detach(|| self.lock().add_recording(replay));
        Ok(())
    }

    /// Plays a tape from its start, as the clock reaches its messages; lists its instruments.
    fn add_tape(&self, py: Python<'_>, tape: &Tape) -> PyResult<()> {
        let tape = tape.rewound();
        self.run(py, |session| session.add_tape(tape))
    }

    /// Lists a symbol at a venue for hand-fed books; nothing happens when it is listed.
    fn list_market(&self, py: Python<'_>, venue: &str, symbol: &str) -> PyResult<()> {
        self.run(py, |session| {
            let venue = parse::venue(venue)?;
            session.engine.list_market(venue, symbol, FeedKind::HandFed).map(|_| ())
        })
    }

    /// Replaces a book. Levels are `(price_1e9, qty_1e8)`.
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn market_snapshot(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        bids: Vec<(i64, i64)>,
        asks: Vec<(i64, i64)>,
        ts_ns: i64,
        now_ns: i64,
    ) -> PyResult<()> {
        let mut events = vec![MarketEvent::new(EventKind::SnapshotBegin, ts_ns, now_ns)];
        let levels = parse::levels(BookSide::Bid, &bids, ts_ns, now_ns).and_then(|bids| {
            let asks = parse::levels(BookSide::Ask, &asks, ts_ns, now_ns)?;
            events.extend(bids.into_iter().chain(asks));
            events.push(MarketEvent::new(EventKind::SnapshotEnd, ts_ns, now_ns));
            Ok(events)
        });
        self.market(py, venue, symbol, now_ns, levels, (ts_ns, true))
    }

    /// Sets levels to new absolute sizes; 0 removes.
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn market_delta(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        bids: Vec<(i64, i64)>,
        asks: Vec<(i64, i64)>,
        ts_ns: i64,
        now_ns: i64,
    ) -> PyResult<()> {
        let levels = parse::levels(BookSide::Bid, &bids, ts_ns, now_ns).and_then(|mut events| {
            events.extend(parse::levels(BookSide::Ask, &asks, ts_ns, now_ns)?);
            Ok(events)
        });
        self.market(py, venue, symbol, now_ns, levels, (ts_ns, false))
    }

    /// A trade; `side` is that of the aggressor.
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    #[pyo3(signature = (venue, symbol, price_1e9, qty_1e8, side, ts_ns, now_ns))]
    fn market_trade(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        price_1e9: i64,
        qty_1e8: i64,
        side: Option<&str>,
        ts_ns: i64,
        now_ns: i64,
    ) -> PyResult<()> {
        let events = side.map(parse::side).transpose().and_then(|side| {
            if price_1e9 < 1 || qty_1e8 < 1 {
                return Err(Refusal::invalid("trade", "needs a price and a size above 0"));
            }
            let mut event = MarketEvent::new(EventKind::Print, ts_ns, now_ns);
            (event.price, event.quantity) = (Price(price_1e9), Quantity(qty_1e8));
            event.side = side.map(sequence_core::ids::Side::takes);
            if side.is_some() {
                event.flags |= flag::AGGRESSOR_KNOWN;
            }
            Ok(vec![event])
        });
        self.market(py, venue, symbol, now_ns, events, (ts_ns, false))
    }

    /// Announces a status: open, resync, halted, `post_only`, closed or down.
    fn market_status(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        status: &str,
        now_ns: i64,
    ) -> PyResult<()> {
        let events = parse::feed_status(status).map(|status| {
            let mut event = MarketEvent::new(EventKind::Status, now_ns, now_ns);
            event.count = status as u32;
            vec![event]
        });
        self.market(py, venue, symbol, now_ns, events, (now_ns, false))
    }

    /// How long the book of one symbol stays live without a message; `None` is for ever.
    fn set_book_max_age(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        max_age_ns: Option<i64>,
    ) -> PyResult<()> {
        self.run(py, |session| {
            let venue = parse::venue(venue)?;
            let market = session.engine.find_market(venue, symbol);
            let market = market.ok_or_else(|| Refusal::invalid("symbol", NO_BOOK))?;
            session.engine.set_max_age(market, max_age_ns);
            Ok(())
        })
    }

    /// Whether books go stale by age. Hand-fed books never do.
    fn set_max_age(&self, enabled: bool) {
        self.lock().engine.set_books_age(enabled);
    }

    /// Sets what longs of a perpetual pay at each funding boundary, a share of notional at 1e-9.
    fn set_funding_rate(
        &self,
        py: Python<'_>,
        venue: &str,
        symbol: &str,
        rate_1e9: i64,
        now_ns: i64,
    ) -> PyResult<()> {
        self.run(py, |session| {
            let venue = parse::venue(venue)?;
            let command = Command::SetFundingRate { venue, symbol, rate_1e9 };
            session.engine.apply(command, now_ns).map(|_| ())
        })
    }

    /// Ends an event market at a value (1e-9), or `None` for void; (holdings, payout at 1e-9).
    fn settle(
        &self,
        py: Python<'_>,
        venue: &str,
        market_slug: &str,
        value_1e9: Option<i64>,
        now_ns: i64,
    ) -> PyResult<(u32, i128)> {
        self.run(py, |session| {
            let outcome = value_1e9.map_or(Settlement::Void, |v| Settlement::Value(Price(v)));
            let venue = parse::venue(venue)?;
            settled(session, Command::Settle { venue, market_slug, outcome }, now_ns)
        })
    }

    /// Claims resolved holdings of an event market; (holdings, cash at 1e-9).
    fn redeem(
        &self,
        py: Python<'_>,
        account: u32,
        venue: &str,
        market_slug: &str,
        now_ns: i64,
    ) -> PyResult<(u32, i128)> {
        self.run(py, |session| {
            let (account, venue) = (AccountId(account), parse::venue(venue)?);
            settled(session, Command::Redeem { account, venue, market_slug }, now_ns)
        })
    }
}
