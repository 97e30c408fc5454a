//! Recordings: what they hold, and the check that a file folds cleanly.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sequence_core::book::Level;
use sequence_core::feed::{self, FeedStats, FeedVenue, MarketReport, Replay};
use sequence_core::ids::BookSide;

/// A recording, unpacked in memory and decoded as it is played.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Recording {
    replay: Mutex<Replay>,
}

impl Recording {
    /// A player of its own, at the start.
    pub(crate) fn rewound(&self) -> PyResult<Replay> {
        let rewound = self.lock().rewound();
        rewound.map_err(|error| PyValueError::new_err(error.to_string()))
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
        let replay = py
            .detach(|| Replay::new(data, venue))
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self { replay: Mutex::new(replay) })
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

    /// When the next frame is due, ns since the Unix epoch; `None` at the end.
    fn next_ns(&self) -> Option<i64> {
        self.lock().next_due_ns()
    }
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
    let report = py
        .detach(|| feed::check_recording(data, venue))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let row = stats_row(py, &report.stats)?;
    row.set_item("venue", report.venue.as_str())?;
    row.set_item("first_ns", report.first_ns)?;
    row.set_item("last_ns", report.last_ns)?;
    row.set_item("messages", report.messages)?;
    row.set_item("backwards", report.backwards)?;
    let markets = PyList::empty(py);
    for market in &report.markets {
        markets.append(market_row(py, market)?)?;
    }
    row.set_item("markets", markets)?;
    Ok(row)
}

fn stats_row<'py>(py: Python<'py>, stats: &FeedStats) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    for (name, count) in [
        ("frames", stats.frames),
        ("rejected", stats.rejected),
        ("checksums", stats.checksums),
        ("checksums_matched", stats.checksums_matched),
        ("gaps", stats.gaps),
        ("holes", stats.holes),
        ("duplicates", stats.duplicates),
        ("dropped_levels", stats.dropped_levels),
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
