//! Recordings: what they hold, and the check that a file folds cleanly.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sequence_core::book::Level;
use sequence_core::feed::{
    self, FeedStats, FeedVenue, MarketReport, Part, RecordingReport, Replay, ReplayError,
};
use sequence_core::ids::BookSide;

use crate::file::FileInput;

/// A recording, read and decoded as it is played.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Recording {
    replay: Mutex<Replay>,
}

impl Recording {
    /// A player of its own, at the start.
    pub(crate) fn rewound(&self) -> PyResult<Replay> {
        self.lock().rewound().map_err(refused)
    }

    fn of(replay: Replay) -> Self {
        Self { replay: Mutex::new(replay) }
    }

    /// No Python object is touched under the lock.
    fn lock(&self) -> MutexGuard<'_, Replay> {
        self.replay.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Recording {
    /// Finds out container and venue; `venue` decides where the frames do not say.
    #[new]
    #[pyo3(signature = (data, venue=None))]
    fn new(py: Python<'_>, data: &[u8], venue: Option<&str>) -> PyResult<Self> {
        let (data, venue) = (data.to_vec(), parse_venue(venue)?);
        let replay = py.detach(|| Replay::new(data, venue)).map_err(refused)?;
        Ok(Self::of(replay))
    }

    /// The same of a plain file, which is read piece by piece. A `temporary` one is removed with
    /// its last user.
    #[staticmethod]
    #[pyo3(signature = (path, venue=None, *, temporary=false))]
    fn open(py: Python<'_>, path: PathBuf, venue: Option<&str>, temporary: bool) -> PyResult<Self> {
        let input = Arc::new(FileInput::new(path, temporary));
        let venue = parse_venue(venue)?;
        let open = || Part::open(input, venue).and_then(|part| Replay::of(vec![part]));
        py.detach(open).map(Self::of).map_err(refused)
    }

    /// Why it holds no market at all; `None` when there is something to play.
    #[getter]
    fn refusal(&self) -> Option<String> {
        self.lock().outlook().refusal()
    }

    /// What whoever plays it should know: books that never come live, frames of no use.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.lock().outlook().warnings()
    }

    /// Counters of its first frames.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.lock().outlook().stats;
        stats_row(py, &stats)
    }

    /// Venue id of the frames.
    #[getter]
    fn venue(&self) -> &'static str {
        self.lock().venue().as_str()
    }

    /// Canonical symbols, in the order in which they first appear.
    #[getter]
    fn symbols(&self) -> Vec<String> {
        self.lock().instruments().iter().map(|instrument| instrument.symbol.clone()).collect()
    }

    /// Due time of the first frame, ns since the Unix epoch.
    #[getter]
    fn first_ns(&self) -> i64 {
        self.lock().first_ns()
    }

    /// Due time of the last frame, ns since the Unix epoch.
    #[getter]
    fn last_ns(&self) -> i64 {
        self.lock().last_ns()
    }

    /// Frames in the recording.
    #[getter]
    fn frames(&self) -> u64 {
        self.lock().frames()
    }

    /// Plays it to its end, folds every book and returns what was counted.
    fn check<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let replay = self.rewound()?;
        report_row(py, &py.detach(|| feed::check_replay(replay)))
    }

    /// When the next frame is due, ns since the Unix epoch; `None` at the end.
    fn next_ns(&self) -> Option<i64> {
        self.lock().next_due_ns()
    }
}

/// Puts recordings that are parts of one stream together.
#[pyfunction]
pub(crate) fn join_recordings(
    py: Python<'_>,
    recordings: Vec<PyRef<'_, Recording>>,
) -> PyResult<Vec<Recording>> {
    let parts: Vec<Part> =
        recordings.iter().flat_map(|recording| recording.lock().parts().to_vec()).collect();
    let join = || feed::streams(parts).into_iter().map(Replay::of).collect::<Result<Vec<_>, _>>();
    let joined = py.detach(join).map_err(refused)?;
    Ok(joined.into_iter().map(Recording::of).collect())
}

fn refused(error: ReplayError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Plays a recording to its end, folds every book and returns what was counted.
#[pyfunction]
#[pyo3(signature = (data, venue=None))]
pub(crate) fn check_recording<'py>(
    py: Python<'py>,
    data: &[u8],
    venue: Option<&str>,
) -> PyResult<Bound<'py, PyDict>> {
    let (data, venue) = (data.to_vec(), parse_venue(venue)?);
    report_row(py, &py.detach(|| feed::check_recording(data, venue)).map_err(refused)?)
}

fn report_row<'py>(py: Python<'py>, report: &RecordingReport) -> PyResult<Bound<'py, PyDict>> {
    let row = stats_row(py, &report.stats)?;
    row.set_item("venue", report.venue.as_str())?;
    row.set_item("first_ns", report.first_ns)?;
    row.set_item("last_ns", report.last_ns)?;
    row.set_item("messages", report.messages)?;
    row.set_item("backwards", report.backwards)?;
    row.set_item("unread", report.unread)?;
    let markets = PyList::empty(py);
    for market in &report.markets {
        markets.append(market_row(py, market)?)?;
    }
    row.set_item("markets", markets)?;
    Ok(row)
}

pub(crate) fn stats_row<'py>(py: Python<'py>, stats: &FeedStats) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    for (name, count) in [
        ("frames", stats.frames),
        ("rejected", stats.rejected),
        ("checksums", stats.checksums),
        ("checksums_matched", stats.checksums_matched),
        ("gaps", stats.gaps),
        ("holes", stats.holes),
        ("duplicates", stats.duplicates),
        ("listed", stats.listed),
        ("unknown", stats.unknown),
        ("dropped_levels", stats.dropped_levels),
        ("beyond_range", stats.beyond_range),
        ("rebases_equal", stats.rebases_equal),
        ("rebases_empty", stats.rebases_empty),
        ("rebases_changed", stats.rebases_changed),
        ("prints", stats.prints),
    ] {
        row.set_item(name, count)?;
    }
    Ok(row)
}

fn market_row<'py>(py: Python<'py>, market: &MarketReport) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("symbol", &market.instrument.symbol)?;
    row.set_item("venue_symbol", &market.instrument.venue_symbol)?;
    row.set_item("kind", market.instrument.kind.as_str())?;
    for (name, count) in [
        ("messages", market.messages),
        ("snapshots", market.snapshots),
        ("updates", market.updates),
        ("prints", market.prints),
        ("crossed", market.crossed),
        ("unfinished", market.unfinished),
    ] {
        row.set_item(name, count)?;
    }
    row.set_item("statuses", &market.statuses)?;
    row.set_item("bids", levels(market, BookSide::Bid))?;
    row.set_item("asks", levels(market, BookSide::Ask))?;
    Ok(row)
}

/// `(price_1e9, qty_1e8)` of a side, best first.
fn levels(market: &MarketReport, side: BookSide) -> Vec<(i64, i64)> {
    let units = |level: Level| (level.price.0, level.quantity.0);
    market.book.levels(side).map(units).collect()
}

fn parse_venue(venue: Option<&str>) -> PyResult<Option<FeedVenue>> {
    let Some(text) = venue else { return Ok(None) };
    FeedVenue::parse(text).map(Some).ok_or_else(|| {
        let known: Vec<_> = FeedVenue::ALL.iter().map(|venue| venue.as_str()).collect();
        PyValueError::new_err(format!("no decoder for venue {text:?}; known: {}", known.join(", ")))
    })
}
