//! `Engine`: the trading state and its market sources behind one lock; time, and what proves it.
//!
//! Its other methods are in `accounts`, `control`, `events`, `market`, `orders`, `rows`, `stream`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use sequence_core::engine::Engine as CoreEngine;
use sequence_core::engine::view::Value;
use sequence_core::reject::Refusal;
use sequence_core::session::Session;

use crate::convert::{to_python, violations};
use crate::error::refused;

/// The deterministic core. Thread-safe: each call holds one lock and no Python object under it.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Engine {
    session: Mutex<Session>,
    pub(crate) seed: u64,
}

pub(crate) type Answer<T> = Result<T, Refusal>;

impl Engine {
    pub(crate) const fn of(session: Session, seed: u64) -> Self {
        Self { session: Mutex::new(session), seed }
    }

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

    /// The same; as its JSON text if `text` asks for it and the answer is not pending.
    pub(crate) fn view_or_text<'py>(
        &self,
        py: Python<'py>,
        text: bool,
        call: impl FnOnce(&mut Session) -> Answer<Value>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let answer = self.run(py, call)?;
        let is_pending = || answer.get("pending") == Some(&Value::Bool(true));
        if text && !is_pending() {
            return Ok(PyBytes::new(py, answer.json().as_bytes()).into_any());
        }
        to_python(py, &answer)
    }

    pub(crate) fn run<T>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut Session) -> Answer<T>,
    ) -> PyResult<T> {
        let answer = call(&mut self.lock());
        answer.map_err(|refusal| refused(py, &refusal))
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

    /// Why a recording could not be read to its end; `None` when nothing is wrong.
    fn unread_recording(&self) -> Option<String> {
        self.lock().unread_recording()
    }

    /// Commit number of the newest event; 0 before the first.
    #[getter]
    fn last_seq(&self) -> u64 {
        self.lock().engine.log().last_seq()
    }

    /// Listings so far: it grows with each.
    #[getter]
    fn market_count(&self) -> usize {
        self.lock().engine.registry().market_count()
    }

    /// Moves market sources and timers to `now_ns`; other threads are let in where that is work.
    fn advance(&self, py: Python<'_>, now_ns: i64) {
        if let Ok(mut session) = self.session.try_lock()
            && session.next_due_ns().is_none_or(|due_ns| due_ns > now_ns)
        {
            return session.advance(now_ns);
        }
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
}
