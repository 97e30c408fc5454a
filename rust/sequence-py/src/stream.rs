//! `Engine`, third part: what streams show, and copies of the state to return to.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sequence_core::engine::view::Value;
use sequence_core::engine::{Fate, Frame, Topic, newest_numbers};
use sequence_core::ids::AccountId;
use sequence_core::nearest::did_you_mean;
use sequence_core::reject::{Refusal, RejectReason};
use sequence_core::session::Session;

use crate::convert::to_python;
use crate::engine::Engine;
use crate::error::refused;
use crate::parse;

/// (account, topic, seq, `ts_ns`, data as JSON text).
pub(crate) type FrameRow = (u32, &'static str, u64, i64, String);

/// A copy of the trading state and its market.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Snapshot {
    session: std::sync::Mutex<Session>,
}

/// Private events that were taken and are not Python objects yet.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Frames {
    frames: Vec<Frame>,
}

impl Frames {
    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

#[pymethods]
impl Frames {
    /// Each as (account, topic, seq, `ts_ns`, JSON text), in order. Other threads run meanwhile.
    fn rows(&self, py: Python<'_>) -> Vec<FrameRow> {
        let row = |frame: &Frame| {
            (frame.account.0, frame.topic.as_str(), frame.seq, frame.ts_ns, frame.data.to_string())
        };
        py.detach(|| self.frames.iter().map(row).collect())
    }

    fn __len__(&self) -> usize {
        self.frames.len()
    }

    /// The newest number of each topic in them, as (account, topic, seq).
    fn numbers(&self) -> Vec<(u32, &'static str, u64)> {
        let newest = newest_numbers(&self.frames);
        newest.into_iter().map(|((id, topic), seq)| (id.0, topic.as_str(), seq)).collect()
    }
}

#[pymethods]
impl Engine {
    /// Starts or stops to keep private events for `take_frames`.
    fn listen(&self, enabled: bool) {
        self.lock().engine.listen(enabled);
    }

    /// True while private events are kept.
    #[getter]
    fn is_heard(&self) -> bool {
        self.lock().engine.is_heard()
    }

    /// Brings private events up to the present, as a take would; how many wait for one.
    fn settle_frames(&self) -> usize {
        self.lock().engine.settle_frames()
    }

    /// Private events since the last take.
    fn take_frames(&self) -> Frames {
        Frames { frames: self.lock().engine.take_frames() }
    }

    /// The number that the first private event of a topic of an account follows.
    fn frame_base(&self, account: u32, topic: &str) -> PyResult<u64> {
        Ok(self.lock().engine.frame_base(AccountId(account), topic_of(topic)?))
    }

    /// Keeps private events from now on, numbered after those that were told of all so far.
    fn resume_frames(&self, told: Vec<(u32, String, u64)>) -> PyResult<()> {
        let named = |(id, topic, seq): (u32, String, u64)| {
            topic_of(&topic).map(|topic| (AccountId(id), topic, seq))
        };
        let told = told.into_iter().map(named).collect::<PyResult<Vec<_>>>()?;
        self.lock().engine.resume_frames(told);
        Ok(())
    }

    /// Open order rows and open graph rows as JSON texts, oldest first.
    fn open_rows(&self, account: u32) -> (Vec<String>, Vec<String>) {
        let (orders, graphs) = self.lock().engine.open_rows(AccountId(account));
        let texts = |rows: Vec<Value>| rows.iter().map(Value::json).collect();
        (texts(orders), texts(graphs))
    }

    /// Best prices of a symbol as JSON text and when they changed; `None` while a side is empty.
    fn price_tick(&self, py: Python<'_>, symbol: &str) -> PyResult<Option<(String, i64)>> {
        let tick = self.lock().engine.price_tick(symbol);
        let tick = tick.map_err(|refusal| refused(py, &refusal))?;
        Ok(tick.map(|(value, ts_ns)| (value.json(), ts_ns)))
    }

    /// The consolidated book as JSON text and when it changed; `None` before its first message.
    fn book_frame(
        &self,
        py: Python<'_>,
        symbol: &str,
        depth: usize,
    ) -> PyResult<Option<(String, i64)>> {
        let frame = self.lock().engine.book_frame(symbol, depth);
        let frame = frame.map_err(|refusal| refused(py, &refusal))?;
        Ok(frame.map(|(value, ts_ns)| (value.json(), ts_ns)))
    }

    /// The same, each level `[price, size, {venue: size}]`.
    fn depth_frame(
        &self,
        py: Python<'_>,
        symbol: &str,
        depth: usize,
    ) -> PyResult<Option<(String, i64)>> {
        let frame = self.lock().engine.depth_frame(symbol, depth);
        let frame = frame.map_err(|refusal| refused(py, &refusal))?;
        Ok(frame.map(|(value, ts_ns)| (value.json(), ts_ns)))
    }

    /// Best prices of a symbol at each venue as JSON text and when one was last heard of.
    fn venues_frame(&self, py: Python<'_>, symbol: &str) -> PyResult<Option<(String, i64)>> {
        let frame = self.lock().engine.venues_frame(symbol);
        let frame = frame.map_err(|refusal| refused(py, &refusal))?;
        Ok(frame.map(|(value, ts_ns)| (value.json(), ts_ns)))
    }

    /// Why each open order of an account has not filled, oldest first.
    fn open_evidence<'py>(
        &self,
        py: Python<'py>,
        account: u32,
    ) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        let found = self.lock().engine.open_evidence(AccountId(account));
        found.into_iter().map(|(id, record)| Ok((id, to_python(py, &record)?))).collect()
    }

    /// How many orders of an account were rejected since the last start, by reason.
    fn rejects(&self, account: u32) -> BTreeMap<&'static str, u64> {
        let session = self.lock();
        let counts = &session.engine.account_row(AccountId(account)).rejects;
        counts.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
    }

    /// Open orders, profit and loss of the day, net value and breached limits of an account.
    fn risk_state<'py>(&self, py: Python<'py>, account: u32) -> PyResult<Bound<'py, PyAny>> {
        let state = self.lock().engine.risk_state_view(AccountId(account));
        to_python(py, &state)
    }

    /// Decides what becomes of the next orders of an account: `reject` with a reason, `cancel`,
    /// `expire` or `partial`.
    #[pyo3(signature = (account, fate, reason="EXCHANGE_REJECT", count=1, venue=None, symbol=None))]
    #[expect(clippy::too_many_arguments, reason = "one keyword each in Python")]
    fn decide_next(
        &self,
        py: Python<'_>,
        account: u32,
        fate: &str,
        reason: &str,
        count: u32,
        venue: Option<&str>,
        symbol: Option<&str>,
    ) -> PyResult<()> {
        self.run(py, |session| {
            let found = fate_of(fate, reason)?;
            let venue = venue.map(parse::venue).transpose()?;
            for _ in 0..count {
                session.engine.decide_next(AccountId(account), found, venue, symbol);
            }
            Ok(())
        })
    }

    /// Treats a book as old whatever comes, or no longer.
    fn hold_stale(&self, py: Python<'_>, venue: &str, symbol: &str, held: bool) -> PyResult<()> {
        self.run(py, |session| {
            let market = session.engine.find_market(parse::venue(venue)?, symbol);
            let market = market.ok_or_else(|| Refusal::not_found("no such market"))?;
            session.engine.hold_stale(market, held);
            Ok(())
        })
    }

    /// Takes back what was decided so and met no order yet; how many.
    fn forget_decided(&self, py: Python<'_>, account: u32, fate: &str) -> PyResult<usize> {
        self.run(py, |session| {
            let fate = fate_of(fate, RejectReason::ExchangeReject.as_str())?;
            Ok(session.engine.forget_decided(AccountId(account), fate))
        })
    }

    /// Orders still to be met so.
    fn decided_left(&self, py: Python<'_>, account: u32, fate: &str) -> PyResult<usize> {
        self.run(py, |session| {
            let fate = fate_of(fate, RejectReason::ExchangeReject.as_str())?;
            Ok(session.engine.decided_left(AccountId(account), fate))
        })
    }

    /// Accounts that were seeded.
    fn seeded_accounts(&self) -> usize {
        self.lock().engine.seeded_accounts()
    }

    /// A copy of the state to return to; `ValueError` while connections to venues are open.
    fn snapshot(&self) -> PyResult<Snapshot> {
        let session = self.lock().fork().ok_or_else(no_copy)?;
        Ok(Snapshot { session: std::sync::Mutex::new(session) })
    }

    /// An engine of its own with a copy of the state, which goes on as this one would.
    fn fork(&self, py: Python<'_>) -> PyResult<Self> {
        let session = py.detach(|| {
            let mut copy = self.lock().fork();
            if let Some(made) = &mut copy {
                made.catch_up();
                // Nobody hears it yet.
                made.engine.listen(false);
            }
            copy
        });
        Ok(Self::of(session.ok_or_else(no_copy)?, self.seed))
    }

    /// Returns to a copy. Every seeded account begins a new epoch with the rows of the copy; those
    /// that were seeded after it was made have nothing, and are returned.
    fn restore(&self, snapshot: &Snapshot, now_ns: i64) -> PyResult<Vec<u32>> {
        let copy =
            snapshot.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fork();
        let copy = copy.ok_or_else(no_copy)?;
        let unknown = self.lock().return_to(copy, now_ns);
        Ok(unknown.into_iter().map(|account| account.0).collect())
    }
}

fn no_copy() -> PyErr {
    PyValueError::new_err("a state with open connections to venues cannot be copied")
}

fn topic_of(text: &str) -> PyResult<Topic> {
    Topic::parse(text).ok_or_else(|| PyValueError::new_err(format!("no topic: {text}")))
}

/// What is said of a text that is no reason: the nearest, and all there are.
fn fate_of(text: &str, reason: &str) -> Result<Fate, Refusal> {
    match text {
        "cancel" => Ok(Fate::Cancel),
        "expire" => Ok(Fate::Expire),
        "partial" => Ok(Fate::Partial),
        _ => RejectReason::parse(reason).map(Fate::Reject).ok_or_else(|| unknown_reason(reason)),
    }
}

fn unknown_reason(text: &str) -> Refusal {
    let known = || RejectReason::ALL.iter().map(|reason| reason.as_str());
    let near = did_you_mean(text, known());
    let all: Vec<&str> = known().collect();
    Refusal::invalid("reason", format!("unknown reason {text:?}{near}; known: {}", all.join(", ")))
}
