//! `Engine`: market data, and how markets pay and end.

use std::collections::BTreeSet;

use pyo3::prelude::*;
use sequence_core::command::{Command, MarketRow, Settlement};
use sequence_core::engine::Reply;
use sequence_core::ids::{AccountId, BookSide, VenueId};
use sequence_core::number::Price;
use sequence_core::reject::Refusal;
use sequence_core::session::Session;
use sequence_core::tape::{EventKind, MarketEvent};
use sequence_core::venue::Terms;

use crate::feed::Recording;
use crate::parse::{self, Given};
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

/// One message as Python writes it: what it is, venue, symbol, the venue's stamp, bids, asks, the
/// trade with the side of its aggressor, the status, and what is said of the grid.
type Row = (
    String,
    String,
    String,
    i64,
    Vec<(i64, i64)>,
    Vec<(i64, i64)>,
    Option<(i64, i64, Option<String>)>,
    Option<String>,
    Option<Given>,
);

/// A row read: where it belongs, its events, what it says of the grid.
type Message = (VenueId, Vec<MarketEvent>, Terms);

/// The events of a row, where it belongs, and what it says of the grid.
fn message(row: &Row, now_ns: i64) -> Answer<Message> {
    let (kind, venue, _, ts_ns, bids, asks, trade, status, given) = row;
    let (venue, said) = (parse::venue(venue)?, parse::terms(*given)?);
    if kind == "listing" {
        return Ok((venue, Vec::new(), said));
    }
    let levels = || -> Answer<Vec<MarketEvent>> {
        let mut events = parse::levels(BookSide::Bid, bids, *ts_ns, now_ns)?;
        events.extend(parse::levels(BookSide::Ask, asks, *ts_ns, now_ns)?);
        Ok(events)
    };
    let (events, ts_ns) = match (kind.as_str(), trade, status) {
        ("snapshot", ..) => {
            let mark = |kind| MarketEvent::new(kind, *ts_ns, now_ns);
            let mut events = vec![mark(EventKind::SnapshotBegin)];
            events.extend(levels()?);
            events.push(mark(EventKind::SnapshotEnd));
            (events, *ts_ns)
        }
        ("delta", ..) => (levels()?, *ts_ns),
        ("trade", Some(trade), _) => (vec![print(trade, *ts_ns, now_ns)?], *ts_ns),
        ("status", _, Some(status)) => {
            let status = parse::feed_status(status)?;
            (vec![MarketEvent::status(status, now_ns, now_ns)], now_ns)
        }
        _ => return Err(Refusal::invalid("type", "needs what its type says")),
    };
    Ok((venue, parse::finish(events, ts_ns, now_ns), said))
}

fn print(trade: &(i64, i64, Option<String>), ts_ns: i64, now_ns: i64) -> Answer<MarketEvent> {
    let (price_1e9, qty_1e8, side) = trade;
    let side = side.as_deref().map(parse::side).transpose()?;
    let hit = side.map(sequence_core::ids::Side::takes);
    parse::print(hit, (*price_1e9, *qty_1e8), ts_ns, now_ns)
}

/// Applies rows in order, all or none. What is wrong is named by the first row that is.
fn apply_rows(session: &mut Session, rows: &[Row], now_ns: i64) -> Answer<()> {
    let mut messages = Vec::with_capacity(rows.len());
    let mut unread = Ok(());
    for (at, row) in rows.iter().enumerate() {
        match message(row, now_ns) {
            Ok(message) => messages.push(message),
            Err(refusal) => {
                let field = match &*refusal.field {
                    "" => format!("events[{at}]"),
                    field => format!("events[{at}].{field}"),
                };
                unread = Err(Refusal { field: field.into(), ..refusal });
                break;
            }
        }
    }
    let read: Vec<MarketRow<'_>> = messages
        .iter()
        .zip(rows)
        .map(|((venue, events, said), row)| MarketRow {
            venue: *venue,
            symbol: &row.2,
            is_first: matches!(&*row.0, "snapshot" | "listing"),
            events,
            said: *said,
        })
        .collect();
    if unread.is_err() {
        session.engine.check_market_rows(&read)?;
        return unread;
    }
    session.engine.apply(Command::MarketRows { rows: &read }, now_ns)?;
    session.market_moved();
    Ok(())
}

impl Engine {
    /// A batch of one row; its fields are named without their place.
    fn market(&self, py: Python<'_>, row: Row, now_ns: i64) -> PyResult<()> {
        self.run(py, |session| {
            apply_rows(session, &[row], now_ns).map_err(|refusal| {
                let field = refusal.field.strip_prefix("events[0].").unwrap_or_default().to_owned();
                Refusal { field: field.into(), ..refusal }
            })
        })
    }
}

#[pymethods]
impl Engine {
    /// Lists the demo market and opens its books, but at venues and of symbols that are real: which
    /// symbols it makes up.
    #[pyo3(signature = (now_ns, *, venues=Vec::new(), symbols=Vec::new()))]
    fn start_demo(
        &self,
        py: Python<'_>,
        now_ns: i64,
        venues: Vec<String>,
        symbols: Vec<String>,
    ) -> PyResult<BTreeSet<&'static str>> {
        let is_real = |venue: VenueId, symbol: &str| {
            venues.iter().any(|real| real == venue.as_str())
                || symbols.iter().any(|real| real == symbol)
        };
        self.run(py, |session| session.start_demo_beside(self.seed, now_ns, is_real))
    }

    /// Symbols of open orders, graphs and holdings, each with the venue where it matters, if one does.
    fn symbols_in_use(&self) -> Vec<(String, Option<&'static str>)> {
        let session = self.lock();
        let rows = session.engine.symbols_in_use().into_iter();
        rows.map(|(symbol, venue)| (symbol.to_owned(), venue.map(VenueId::as_str))).collect()
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

    /// Recordings that are added from here on were played up to the present by an earlier process.
    fn begin_past(&self) {
        self.lock().begin_past();
    }

    /// Reads them up to the present: books become what they were, nothing is filled or told.
    fn end_past(&self, py: Python<'_>) {
        py.detach(|| self.lock().end_past());
    }

    /// Lists a symbol at a venue for hand-fed books, with what `given` says of its grid.
    #[pyo3(signature = (venue, symbol, given=None))]
    fn list_market(
        &self,
        py: Python<'_>,
        venue: String,
        symbol: String,
        given: Option<Given>,
    ) -> PyResult<()> {
        let (none, now_ns) = (Vec::new(), self.lock().engine.now_ns());
        let kind = "listing".into();
        let row = (kind, venue, symbol, now_ns, none.clone(), none, None, None, given);
        self.market(py, row, now_ns)
    }

    /// Applies messages in order, all or none: `(type, venue, symbol, ts_ns, bids, asks, trade,
    /// status, grid)`, levels as `(price_1e9, qty_1e8)`, a trade with the side of its aggressor,
    /// the grid as tick, lot, least quantity and least notional.
    fn market_rows(&self, py: Python<'_>, rows: Vec<Row>, now_ns: i64) -> PyResult<()> {
        self.run(py, |session| apply_rows(session, &rows, now_ns))
    }

    /// Replaces a book. Levels are `(price_1e9, qty_1e8)`; `given` says the market's grid.
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    #[pyo3(signature = (venue, symbol, bids, asks, ts_ns, now_ns, given=None))]
    fn market_snapshot(
        &self,
        py: Python<'_>,
        venue: String,
        symbol: String,
        bids: Vec<(i64, i64)>,
        asks: Vec<(i64, i64)>,
        ts_ns: i64,
        now_ns: i64,
        given: Option<Given>,
    ) -> PyResult<()> {
        let kind = "snapshot".into();
        self.market(py, (kind, venue, symbol, ts_ns, bids, asks, None, None, given), now_ns)
    }

    /// Sets levels to new absolute sizes; 0 removes.
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn market_delta(
        &self,
        py: Python<'_>,
        venue: String,
        symbol: String,
        bids: Vec<(i64, i64)>,
        asks: Vec<(i64, i64)>,
        ts_ns: i64,
        now_ns: i64,
    ) -> PyResult<()> {
        let kind = "delta".into();
        self.market(py, (kind, venue, symbol, ts_ns, bids, asks, None, None, None), now_ns)
    }

    /// A trade; `side` is that of the aggressor.
    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    #[pyo3(signature = (venue, symbol, price_1e9, qty_1e8, side, ts_ns, now_ns))]
    fn market_trade(
        &self,
        py: Python<'_>,
        venue: String,
        symbol: String,
        price_1e9: i64,
        qty_1e8: i64,
        side: Option<String>,
        ts_ns: i64,
        now_ns: i64,
    ) -> PyResult<()> {
        let (none, trade) = (Vec::new(), Some((price_1e9, qty_1e8, side)));
        let kind = "trade".into();
        let row = (kind, venue, symbol, ts_ns, none.clone(), none, trade, None, None);
        self.market(py, row, now_ns)
    }

    /// Announces a status: open, resync, halted, `post_only`, closed or down.
    fn market_status(
        &self,
        py: Python<'_>,
        venue: String,
        symbol: String,
        status: String,
        now_ns: i64,
    ) -> PyResult<()> {
        let none = Vec::new();
        let (kind, status) = ("status".into(), Some(status));
        let row = (kind, venue, symbol, now_ns, none.clone(), none, None, status, None);
        self.market(py, row, now_ns)
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
