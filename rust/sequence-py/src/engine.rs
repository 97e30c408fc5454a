//! `Engine`: the trading state and its market sources behind one lock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sequence_core::command::{Command, PositionRow, Settlement, Size, Submit};
use sequence_core::engine::view::{FillFilter, OrderFilter, Value};
use sequence_core::engine::{Engine as CoreEngine, FeedKind, Reply};
use sequence_core::event::{Event as LogEvent, EventKind as LogKind};
use sequence_core::ids::{AccountId, BookSide};
use sequence_core::number::{Money, Price, Quantity};
use sequence_core::reject::Refusal;
use sequence_core::risk::GraphRisk;
use sequence_core::session::Session;
use sequence_core::tape::{EventKind, MarketEvent, flag};

use crate::control::graph_risk;
use crate::convert::{to_python, violations};
use crate::error::refused;
use crate::feed::Recording;
use crate::parse;
use crate::tape::Tape;

/// The deterministic core. Thread-safe: each call holds one lock and no Python object under it.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Engine {
    session: Mutex<Session>,
    seed: u64,
}

pub(crate) type Answer<T> = Result<T, Refusal>;
/// (venue, kind, symbol, quantity, entry price) of a position write.
type RowArgument = (String, String, String, i64, Option<i64>);

impl Engine {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a core call, then converts: the lock is gone before a Python object is touched.
    pub(crate) fn view<'py>(
        &self,
        py: Python<'py>,
        call: impl FnOnce(&mut Session) -> Answer<Value>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let answer = call(&mut self.lock());
        match answer {
            Ok(value) => to_python(py, &value),
            Err(refusal) => Err(refused(py, &refusal)),
        }
    }

    pub(crate) fn run<T>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut Session) -> Answer<T>,
    ) -> PyResult<T> {
        let answer = call(&mut self.lock());
        answer.map_err(|refusal| refused(py, &refusal))
    }

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
                None => return Err(Refusal::invalid("symbol", "has no book yet: send a snapshot")),
            };
            let events = parse::finish(events, ts_ns, now_ns);
            engine.apply(Command::Market { market, events: &events }, now_ns).map(|_| ())
        })
    }
}

/// The keyword arguments of `submit` and `preview`, as Python gives them.
struct OrderArguments<'a> {
    symbol: &'a str,
    side: &'a str,
    qty_1e8: Option<i64>,
    notional_1e9: Option<i128>,
    price_1e9: Option<i64>,
    venue: Option<&'a str>,
    graph_id: Option<&'a str>,
    node_id: &'a str,
    instrument_type: &'a str,
    policy: &'a str,
    urgency: &'a str,
    max_slippage_bps: Option<u32>,
    horizon_ms: Option<u64>,
    tif: Option<&'a str>,
    reduce_only: bool,
    metadata: &'a str,
    risk: GraphRisk,
    by: &'a str,
}

impl<'a> OrderArguments<'a> {
    fn parse(&self) -> Answer<Submit<'a>> {
        let size = match (self.qty_1e8, self.notional_1e9) {
            (Some(qty), None) => Size::Quantity(Quantity(qty)),
            (None, Some(usd)) => Size::Notional(Money(usd)),
            _ => return Err(Refusal::invalid("qty", "give exactly one of qty and notional")),
        };
        Ok(Submit {
            symbol: self.symbol,
            side: parse::side(self.side)?,
            size,
            limit: self.price_1e9.map(Price),
            venue: self.venue.map(parse::venue).transpose()?,
            graph_id: self.graph_id,
            node_id: self.node_id,
            kind_hint: parse::instrument_kind(self.instrument_type)?,
            policy: parse::policy(self.policy)?,
            urgency: parse::urgency(self.urgency)?,
            max_slippage_bps: self.max_slippage_bps,
            horizon_ms: self.horizon_ms,
            tif: self.tif.map(parse::time_in_force).transpose()?,
            reduce_only: self.reduce_only,
            metadata: self.metadata,
            risk: self.risk,
            by: parse::mode(self.by)?,
        })
    }
}

fn submit(
    session: &mut Session,
    account: u32,
    now_ns: i64,
    order: Submit<'_>,
) -> Answer<(sequence_core::ids::GraphIx, bool)> {
    let command = Command::Submit { account: AccountId(account), order };
    match session.engine.apply(command, now_ns)? {
        Reply::Submitted { graph, replayed } => Ok((graph, replayed)),
        other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
    }
}

/// A settlement or a redemption: holdings and what they pay.
fn settled(session: &mut Session, command: Command<'_>, now_ns: i64) -> Answer<(u32, i128)> {
    match session.engine.apply(command, now_ns)? {
        Reply::Settled { positions, payout } => Ok((positions, payout.0)),
        other => Err(Refusal::conflict(format!("unexpected reply {other:?}"))),
    }
}

#[pymethods]
impl Engine {
    /// An engine without markets and accounts.
    #[new]
    #[pyo3(signature = (*, seed=42, preset="instant", overrides=None))]
    fn new(seed: u64, preset: &str, overrides: Option<BTreeMap<String, String>>) -> PyResult<Self> {
        let params = crate::sim::build(preset, &overrides.unwrap_or_default())?;
        let engine = CoreEngine::new(seed, preset, params);
        Ok(Self { session: Mutex::new(Session::new(engine)), seed })
    }

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

    /// Moves towards `now_ns` and stops at the first change of an account: (time, stopped).
    fn advance_to_change(&self, py: Python<'_>, now_ns: i64) -> (i64, bool) {
        py.detach(|| {
            let mut session = self.lock();
            let changed = session.advance_to_change(now_ns);
            (session.engine.now_ns(), changed)
        })
    }

    /// When the last recording ends, or `None` without recordings.
    fn last_recorded_ns(&self) -> Option<i64> {
        self.lock().last_recorded_ns()
    }

    /// Commit number of the newest event; 0 before the first.
    #[getter]
    fn last_seq(&self) -> u64 {
        self.lock().engine.log().last_seq()
    }

    /// Moves market sources and timers to `now_ns`.
    fn advance(&self, py: Python<'_>, now_ns: i64) {
        py.detach(|| self.lock().advance(now_ns));
    }

    /// When something happens next, or `None`.
    fn next_due_ns(&self) -> Option<i64> {
        self.lock().next_due_ns()
    }

    /// Engine time.
    #[getter]
    fn now_ns(&self) -> i64 {
        self.lock().engine.now_ns()
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

    /// Whether books go stale by age. Hand-fed books never do.
    fn set_max_age(&self, enabled: bool) {
        self.lock().engine.set_books_age(enabled);
    }

    /// Handle of a client's sandbox account, made on first use and not seeded.
    fn account(&self, client: &str) -> u32 {
        self.lock().engine.account(client).0
    }

    /// Number of the account's epoch; 0 = never seeded.
    fn epoch(&self, account: u32) -> u32 {
        self.lock().engine.account_row(AccountId(account)).epoch
    }

    /// Starts over with `initial_balance_1e8` of each seeded cash asset.
    fn reset<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        initial_balance_1e8: i64,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let initial = Quantity(initial_balance_1e8);
            let command = Command::Reset { account: AccountId(account), initial };
            match session.engine.apply(command, now_ns)? {
                Reply::Rows { written, deleted } => Ok(Value::Map(vec![
                    ("venues_seeded", written.into()),
                    ("deleted", deleted.into()),
                ])),
                _ => Ok(Value::Null),
            }
        })
    }

    /// Writes position rows, all or none; returns (written, deleted).
    fn set_positions(
        &self,
        py: Python<'_>,
        account: u32,
        rows: Vec<RowArgument>,
        replace: bool,
        now_ns: i64,
    ) -> PyResult<(u32, u32)> {
        self.run(py, |session| {
            let rows = rows
                .iter()
                .map(|(venue, kind, symbol, quantity, entry)| {
                    Ok(PositionRow {
                        venue: parse::venue(venue)?,
                        kind: parse::asset_kind(kind)?,
                        symbol,
                        quantity: Quantity(*quantity),
                        entry: entry.map(Price),
                    })
                })
                .collect::<Answer<Vec<_>>>()?;
            let account = AccountId(account);
            let command = Command::SetPositions { account, rows: &rows, replace };
            match session.engine.apply(command, now_ns)? {
                Reply::Rows { written, deleted } => Ok((written, deleted)),
                _ => Ok((0, 0)),
            }
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

    /// Positions and totals.
    #[pyo3(signature = (account, *, venues=None, kinds=None, include_closed=false))]
    fn positions<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        venues: Option<Vec<String>>,
        kinds: Option<Vec<String>>,
        include_closed: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let venues = parse::venues(venues)?;
            let kinds = kinds
                .map(|list| list.iter().map(|kind| parse::asset_kind(kind)).collect())
                .transpose()?;
            let kinds: Option<Vec<_>> = kinds;
            Ok(session.engine.positions_view(
                AccountId(account),
                venues.as_deref(),
                kinds.as_deref(),
                include_closed,
            ))
        })
    }

    /// Submits an order; returns (the answer, whether it is a replay).
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an order")]
    #[pyo3(signature = (account, now_ns, *, symbol, side, qty_1e8=None, notional_1e9=None, price_1e9=None,
        venue=None, graph_id=None, node_id="order", instrument_type="spot", policy="sor",
        urgency="medium", max_slippage_bps=None, horizon_ms=None, tif=None, reduce_only=false,
        metadata="{}", risk=None, by="sandbox"))]
    fn submit<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        now_ns: i64,
        symbol: &str,
        side: &str,
        qty_1e8: Option<i64>,
        notional_1e9: Option<i128>,
        price_1e9: Option<i64>,
        venue: Option<&str>,
        graph_id: Option<&str>,
        node_id: &str,
        instrument_type: &str,
        policy: &str,
        urgency: &str,
        max_slippage_bps: Option<u32>,
        horizon_ms: Option<u64>,
        tif: Option<&str>,
        reduce_only: bool,
        metadata: &str,
        risk: Option<Bound<'py, PyDict>>,
        by: &str,
    ) -> PyResult<(Bound<'py, PyAny>, bool)> {
        let risk = graph_risk(risk.as_ref())?.map_err(|refusal| refused(py, &refusal))?;
        let arguments = OrderArguments {
            symbol,
            side,
            qty_1e8,
            notional_1e9,
            price_1e9,
            venue,
            graph_id,
            node_id,
            instrument_type,
            policy,
            urgency,
            max_slippage_bps,
            horizon_ms,
            tif,
            reduce_only,
            metadata,
            risk,
            by,
        };
        let (view, replayed) = self.run(py, |session| {
            let (graph, replayed) = submit(session, account, now_ns, arguments.parse()?)?;
            Ok((session.engine.submit_view(graph, replayed), replayed))
        })?;
        Ok((to_python(py, &view)?, replayed))
    }

    /// Submits an order on the shortest path and returns `(status, filled_qty_1e8, avg_price_1e9)`.
    #[expect(clippy::too_many_arguments, reason = "the arguments of an order")]
    #[pyo3(signature = (account, now_ns, symbol, side, qty_1e8, price_1e9=None, venue=None, tif=None))]
    fn place(
        &self,
        py: Python<'_>,
        account: u32,
        now_ns: i64,
        symbol: &str,
        side: &str,
        qty_1e8: i64,
        price_1e9: Option<i64>,
        venue: Option<&str>,
        tif: Option<&str>,
    ) -> PyResult<(&'static str, i64, Option<i64>)> {
        let arguments = OrderArguments {
            symbol,
            side,
            qty_1e8: Some(qty_1e8),
            notional_1e9: None,
            price_1e9,
            venue,
            graph_id: None,
            node_id: "order",
            instrument_type: "spot",
            policy: "sor",
            urgency: "medium",
            max_slippage_bps: None,
            horizon_ms: None,
            tif,
            reduce_only: false,
            metadata: "{}",
            risk: GraphRisk::default(),
            by: "sandbox",
        };
        self.run(py, |session| {
            let (graph, _) = submit(session, account, now_ns, arguments.parse()?)?;
            let order = session.engine.order(session.engine.graph(graph).order);
            Ok((order.status.as_str(), order.filled.0, order.avg_price().map(|price| price.0)))
        })
    }

    /// What an order would do now.
    #[expect(clippy::too_many_arguments, reason = "the keyword arguments of an order")]
    #[pyo3(signature = (account, *, symbol, side, qty_1e8=None, notional_1e9=None, price_1e9=None,
        venue=None, instrument_type="spot", by="sandbox"))]
    fn preview<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        symbol: &str,
        side: &str,
        qty_1e8: Option<i64>,
        notional_1e9: Option<i128>,
        price_1e9: Option<i64>,
        venue: Option<&str>,
        instrument_type: &str,
        by: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = OrderArguments {
            symbol,
            side,
            qty_1e8,
            notional_1e9,
            price_1e9,
            venue,
            graph_id: None,
            node_id: "order",
            instrument_type,
            policy: "sor",
            urgency: "medium",
            max_slippage_bps: None,
            horizon_ms: None,
            tif: None,
            reduce_only: false,
            metadata: "{}",
            risk: GraphRisk::default(),
            by,
        };
        self.view(py, |session| {
            session.engine.preview_view(AccountId(account), &arguments.parse()?)
        })
    }

    /// Cancels an order, or a graph when the id is one.
    fn cancel_order<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        node_order_id: &str,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let command = Command::CancelOrder { account: AccountId(account), id: node_order_id };
            let reply = session.engine.apply(command, now_ns)?;
            Ok(session.engine.order_cancel_view(&reply))
        })
    }

    /// Cancels a graph.
    fn cancel_graph<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
        now_ns: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let command = Command::CancelGraph { account: AccountId(account), id: graph_id };
            let reply = session.engine.apply(command, now_ns)?;
            Ok(session.engine.graph_cancel_view(&reply))
        })
    }

    /// One order row.
    fn order<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        node_order_id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.order_by_id(AccountId(account), node_order_id))
    }

    /// A page of orders, newest first.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, *, limit=50, offset=0, symbol=None, node_order_id=None, graph_id=None,
        venue=None, side=None, statuses=None, open_only=false, before_seq=None))]
    fn orders<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
        offset: usize,
        symbol: Option<&str>,
        node_order_id: Option<&str>,
        graph_id: Option<&str>,
        venue: Option<&str>,
        side: Option<&str>,
        statuses: Option<Vec<String>>,
        open_only: bool,
        before_seq: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let statuses: Option<Vec<_>> = statuses
                .map(|list| list.iter().map(|text| parse::order_status(text)).collect())
                .transpose()?;
            let filter = OrderFilter {
                symbol,
                node_order_id,
                graph_id,
                venue: venue.map(parse::venue).transpose()?,
                side: side.map(parse::side).transpose()?,
                statuses: statuses.as_deref(),
                open_only,
                before_seq,
            };
            Ok(session.engine.orders_view(AccountId(account), &filter, limit, offset))
        })
    }

    /// One graph object; `metadata` is JSON text.
    fn graph<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        graph_id: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.graph_by_id(AccountId(account), graph_id))
    }

    /// A page of fills, newest first.
    #[expect(clippy::too_many_arguments, reason = "the filters of the list")]
    #[pyo3(signature = (account, *, limit=50, offset=0, symbol=None, node_order_id=None, graph_id=None,
        venue=None, since_ns=None, until_ns=None, before_seq=None))]
    fn fills<'py>(
        &self,
        py: Python<'py>,
        account: u32,
        limit: usize,
        offset: usize,
        symbol: Option<&str>,
        node_order_id: Option<&str>,
        graph_id: Option<&str>,
        venue: Option<&str>,
        since_ns: Option<i64>,
        until_ns: Option<i64>,
        before_seq: Option<u64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let filter = FillFilter {
                symbol,
                node_order_id,
                graph_id,
                venue: venue.map(parse::venue).transpose()?,
                since_ns,
                until_ns,
                before_seq,
            };
            Ok(session.engine.fills_view(AccountId(account), &filter, limit, offset))
        })
    }

    /// Consolidated quote with depth.
    fn quote<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        depth: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.quote_view(symbol, depth))
    }

    /// Quotes of the symbols given, or of all, whose depth is younger than `max_age_s`.
    fn quotes<'py>(
        &self,
        py: Python<'py>,
        symbols: Option<Vec<String>>,
        max_age_s: i64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let max_age_ns = max_age_s.saturating_mul(1_000_000_000);
        self.view(py, |session| Ok(session.engine.quotes_view(symbols.as_deref(), max_age_ns)))
    }

    /// Symbol rows with their listings.
    #[pyo3(signature = (venue=None, instrument_type=None))]
    fn symbols<'py>(
        &self,
        py: Python<'py>,
        venue: Option<&str>,
        instrument_type: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let venue = venue.map(parse::venue).transpose()?;
            let kind = instrument_type.map(parse::instrument_kind).transpose()?;
            Ok(session.engine.symbols_view(venue, kind))
        })
    }

    /// One symbol row by any of its names.
    fn symbol<'py>(&self, py: Python<'py>, symbol: &str) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| session.engine.symbol_by_text(symbol))
    }

    /// Maker and taker fees of a ticker.
    #[pyo3(signature = (ticker, venues=None))]
    fn fees<'py>(
        &self,
        py: Python<'py>,
        ticker: &str,
        venues: Option<Vec<String>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.view(py, |session| {
            let venues = parse::venues(venues)?;
            session.engine.fees_view(ticker, venues.as_deref())
        })
    }

    /// Laws that do not hold; empty when all do.
    fn check_invariants<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let found = self.lock().engine.check_invariants();
        violations(py, &found)
    }

    /// Hash of the trading state.
    fn state_hash(&self) -> String {
        format!("{:016x}", self.lock().engine.state_hash())
    }

    /// Hash of the trading state and of everything it stands on.
    fn world_hash(&self) -> String {
        format!("{:016x}", self.lock().engine.world_hash())
    }

    /// Hash over every event since the start.
    fn event_hash(&self) -> String {
        format!("{:016x}", self.lock().engine.log().hash())
    }

    /// Events after a commit number, oldest first.
    fn events<'py>(
        &self,
        py: Python<'py>,
        since_seq: u64,
        limit: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        let events: Vec<_> = {
            let engine = &self.lock().engine;
            let named = |event: &LogEvent| (*event, node_order_id(engine, &event.kind));
            engine.log().since(since_seq).take(limit).map(named).collect()
        };
        let rows: Vec<_> = events
            .iter()
            .map(|(event, order)| {
                let dict = PyDict::new(py);
                dict.set_item("seq", event.seq)?;
                dict.set_item("ts_ns", event.ts_ns)?;
                dict.set_item("account", event.account.0)?;
                dict.set_item("type", event.kind.name())?;
                let data = event_data(py, &event.kind)?;
                if let Some(order) = order {
                    data.set_item("node_order_id", order)?;
                }
                dict.set_item("data", data)?;
                Ok(dict)
            })
            .collect::<PyResult<_>>()?;
        PyList::new(py, rows)
    }
}

/// The public id of the order an event is about.
fn node_order_id(engine: &CoreEngine, kind: &LogKind) -> Option<String> {
    match kind {
        LogKind::OrderChanged { order, .. } | LogKind::OrderFilled { order, .. } => {
            Some(engine.node_order_id(engine.order(*order)))
        }
        _ => None,
    }
}

fn event_data<'py>(py: Python<'py>, kind: &LogKind) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    match kind {
        LogKind::AccountReset { epoch } => dict.set_item("epoch", epoch)?,
        LogKind::PositionsSet { written, deleted } => {
            dict.set_item("written", written)?;
            dict.set_item("deleted", deleted)?;
        }
        LogKind::KillSwitchSet { mode, engaged } => {
            dict.set_item("mode", mode.as_str())?;
            dict.set_item("engaged", engaged)?;
        }
        LogKind::OrderChanged { order, version, status, filled } => {
            dict.set_item("order", order.0)?;
            dict.set_item("version", version)?;
            dict.set_item("status", status.as_str())?;
            dict.set_item("filled_qty_1e8", filled.0)?;
        }
        LogKind::OrderFilled { order, fill, words: [price, quantity, fee] } => {
            dict.set_item("order", order.0)?;
            dict.set_item("fill", fill.0)?;
            dict.set_item("price_1e9", price)?;
            dict.set_item("qty_1e8", quantity)?;
            dict.set_item("fee_1e9", fee)?;
        }
        LogKind::MarketSettled { venue, number, value_1e9, .. } => {
            dict.set_item("venue", venue.as_str())?;
            dict.set_item("number", number)?;
            dict.set_item("value_1e9", (*value_1e9 >= 0).then_some(value_1e9))?;
        }
        LogKind::PositionPaid { row, number, payout } => {
            dict.set_item("row", row.0)?;
            dict.set_item("number", number)?;
            dict.set_item("payout_1e9", payout.0)?;
        }
        LogKind::PairsNetted { row, pairs } => {
            dict.set_item("row", row.0)?;
            dict.set_item("pairs_1e8", pairs.0)?;
        }
        LogKind::FundingRateSet { market, rate_1e9 } => {
            dict.set_item("market", market.0)?;
            dict.set_item("rate_1e9", rate_1e9)?;
        }
        LogKind::FundingPaid { row, boundary_ns, amount } => {
            dict.set_item("row", row.0)?;
            dict.set_item("boundary_ns", boundary_ns)?;
            dict.set_item("amount_1e9", amount.0)?;
        }
        LogKind::LiquidationStarted { venue, asset } => {
            dict.set_item("venue", venue.as_str())?;
            dict.set_item("asset", asset.0)?;
        }
    }
    Ok(dict)
}
