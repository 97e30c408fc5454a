//! `Engine`: frames of connections that are open now.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;
use sequence_core::feed::FeedVenue;
use sequence_core::listing;
use sequence_core::session::{LiveChange, LiveInput, LiveStep};
use sequence_core::symbol::Symbol;

use crate::catalogue::InstrumentList;
use crate::engine::Engine;
use crate::feed::stats_row;
use crate::parse;

/// Venue symbol, symbol here, state, and whether it can be traded.
type Change = (String, String, &'static str, bool);

/// The venue's own name where it is a book fetched over REST, the bytes, and when they came.
type Frame = (Option<String>, PyBackedBytes, i64);

#[pymethods]
impl Engine {
    /// Opens a connection to a venue whose frames can be decoded; the number names it below.
    #[pyo3(signature = (venue, *, futures=false))]
    fn open_feed(&self, venue: &str, futures: bool) -> PyResult<usize> {
        let venue = FeedVenue::parse(venue)
            .ok_or_else(|| PyValueError::new_err(format!("no decoder for venue {venue:?}")))?;
        Ok(self.lock().open_feed(venue, futures))
    }

    /// Applies a frame: the books it joined or lost, and why it could not be read.
    fn live_frame(
        &self,
        py: Python<'_>,
        feed: usize,
        frame: &[u8],
        now_ns: i64,
    ) -> (Vec<Change>, Option<String>) {
        told(py.detach(|| self.lock().live(feed, LiveInput::Frame(frame), now_ns)))
    }

    /// Applies a book fetched over REST.
    fn live_book(
        &self,
        py: Python<'_>,
        feed: usize,
        venue_symbol: &str,
        body: &[u8],
        now_ns: i64,
    ) -> (Vec<Change>, Option<String>) {
        let input = LiveInput::Book { venue_symbol, body };
        told(py.detach(|| self.lock().live(feed, input, now_ns)))
    }

    /// Applies frames, each at its time, or at the present where that is later; ends after the one
    /// that brings time to `until_ns`. For each that was applied how many market events it brought
    /// to books, how many were of no symbol here, and why it could not be read.
    fn live_frames(
        &self,
        py: Python<'_>,
        feed: usize,
        frames: Vec<Frame>,
        until_ns: Option<i64>,
    ) -> Vec<(usize, usize, Option<String>)> {
        py.detach(|| {
            let (mut session, mut steps) = (self.lock(), Vec::with_capacity(frames.len()));
            for (name, data, now_ns) in &frames {
                let input = match name {
                    Some(name) => LiveInput::Book { venue_symbol: name, body: data },
                    None => LiveInput::Frame(data),
                };
                let now_ns = session.engine.now_ns().max(*now_ns);
                let LiveStep { applied, ignored, error, .. } = session.live(feed, input, now_ns);
                steps.push((applied, ignored, error.map(|error| error.to_string())));
                if until_ns.is_some_and(|until| session.engine.now_ns() >= until) {
                    break;
                }
            }
            steps
        })
    }

    /// Applies a list of instruments: the books it joined or lost.
    fn live_list(
        &self,
        py: Python<'_>,
        feed: usize,
        rows: &InstrumentList,
        now_ns: i64,
    ) -> Vec<Change> {
        rows_of(py.detach(|| self.lock().live_list(feed, &rows.0, now_ns)))
    }

    /// Gives up the books of a connection that is gone.
    fn live_lost(&self, py: Python<'_>, feed: usize, now_ns: i64) -> Vec<Change> {
        rows_of(py.detach(|| self.lock().live_lost(feed, now_ns)))
    }

    /// How late the last messages of a connection came: half, and all but one in a hundred, and the
    /// least of the last minute, in nanoseconds by two clocks. None before one that says when it was.
    fn live_delay(&self, feed: usize) -> Option<(i64, i64, i64)> {
        let view = self.lock().live_delay(feed)?;
        Some((view.p50_ns, view.p99_ns, view.offset_ns))
    }

    /// What a connection's decoder has counted.
    fn live_stats<'py>(&self, py: Python<'py>, feed: usize) -> PyResult<Bound<'py, PyDict>> {
        let stats = self.lock().live_stats(feed).copied().unwrap_or_default();
        stats_row(py, &stats)
    }
}

/// How a venue itself writes a symbol: `venue_symbol("kraken", "BTC-USD") == "BTC/USD"`.
#[pyfunction]
pub(crate) fn venue_symbol(py: Python<'_>, venue: &str, symbol: &str) -> PyResult<String> {
    let id = parse::venue(venue).map_err(|refusal| crate::error::refused(py, &refusal))?;
    let symbol = Symbol::parse(symbol).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(listing::venue_symbol(id, &symbol))
}

fn told(step: LiveStep) -> (Vec<Change>, Option<String>) {
    (rows_of(step.changes), step.error.map(|error| error.to_string()))
}

fn rows_of(changes: Vec<LiveChange>) -> Vec<Change> {
    let row = |row: LiveChange| (row.venue_symbol, row.symbol, row.state.as_str(), row.is_listed);
    changes.into_iter().map(row).collect()
}
