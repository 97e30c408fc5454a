//! How well queues are estimated on a recording without order ids.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sequence_core::score::{self, MarketScore, RULES};
use sequence_core::venue::TradeDepth;

use crate::feed::Recording;
use crate::tape::{Tape, refused};

/// What can be played: frames of a venue, or records.
#[derive(FromPyObject)]
pub(crate) enum Source<'py> {
    Frames(PyRef<'py, Recording>),
    Records(PyRef<'py, Tape>),
}

/// Plays a recording to its end and scores each of its markets.
#[pyfunction]
pub(crate) fn score_recording<'py>(
    py: Python<'py>,
    source: Source<'_>,
) -> PyResult<Bound<'py, PyList>> {
    let scores = match source {
        Source::Records(tape) => {
            let mut tape = tape.rewound();
            py.detach(|| score::score(&mut tape))
        }
        Source::Frames(recording) => {
            let mut replay = recording.rewound()?;
            py.detach(|| score::score_replay(&mut replay)).map_err(refused)?
        }
    };
    let rows = PyList::empty(py);
    for score in &scores {
        rows.append(row(py, score)?)?;
    }
    Ok(rows)
}

fn row<'py>(py: Python<'py>, score: &MarketScore) -> PyResult<Bound<'py, PyDict>> {
    let (row, facts) = (PyDict::new(py), &score.facts);
    row.set_item("venue", score.venue.as_str())?;
    row.set_item("symbol", &score.symbol)?;
    row.set_item("messages", facts.messages)?;
    row.set_item("backwards", facts.backwards)?;
    row.set_item("span_ns", facts.span_ns)?;
    row.set_item("levels", facts.levels)?;
    row.set_item("prints", facts.prints)?;
    row.set_item("starts", facts.starts)?;
    row.set_item("feed_class", if facts.event_level { "event" } else { "conflated" })?;
    row.set_item("trade_depth", facts.trade_depth.map(TradeDepth::as_str))?;
    row.set_item("decreases", facts.decreases)?;
    row.set_item("match_rate_ppm", facts.match_rate_ppm)?;
    row.set_item("fronts", fronts(py, score)?)?;
    row.set_item("sizes", sizes(py, score)?)?;
    row.set_item("singles", singles(py, score)?)?;
    row.set_item("doubts", score.doubts())?;
    Ok(row)
}

/// A share in ppm where it may be read.
fn share(tells: bool, part: u64, whole: u64) -> Option<u64> {
    (tells && whole > 0).then(|| part.saturating_mul(1_000_000) / whole.max(1))
}

fn fronts<'py>(py: Python<'py>, score: &MarketScore) -> PyResult<Bound<'py, PyDict>> {
    let (row, tells, found) = (PyDict::new(py), score.tells_fronts(), score.fronts);
    row.set_item("tested", found.tested)?;
    row.set_item("right_ppm", share(tells, found.right, found.tested))?;
    let mean = score.tells_depth().then(|| found.before_ppm / found.listed.max(1));
    row.set_item("before_ppm", mean)?;
    Ok(row)
}

fn sizes<'py>(py: Python<'py>, score: &MarketScore) -> PyResult<Bound<'py, PyDict>> {
    let (row, tells, found) = (PyDict::new(py), score.tells_sizes(), &score.sizes);
    let rules = PyList::empty(py);
    for (choice, rule) in RULES.iter().zip(found.scores) {
        let of = PyDict::new(py);
        of.set_item("rule", choice.as_str())?;
        of.set_item("exact_ppm", share(score.tells_instants(), rule.exact, found.filled))?;
        let ended = found.filled + found.cancelled;
        of.set_item("early_ppm", share(tells, rule.early + rule.cancelled, ended))?;
        rules.append(of)?;
    }
    row.set_item("filled", found.filled)?;
    row.set_item("cancelled", found.cancelled)?;
    row.set_item("rules", rules)?;
    Ok(row)
}

fn singles<'py>(py: Python<'py>, score: &MarketScore) -> PyResult<Bound<'py, PyDict>> {
    let (row, tells, found) = (PyDict::new(py), score.tells_singles(), &score.singles);
    let rules = PyList::empty(py);
    for (choice, rule) in RULES.iter().zip(found.scores) {
        let of = PyDict::new(py);
        of.set_item("rule", choice.as_str())?;
        of.set_item("error_ppm", tells.then(|| rule.error_ppm / found.followed.max(1)))?;
        rules.append(of)?;
    }
    row.set_item("followed", found.followed)?;
    row.set_item("rules", rules)?;
    Ok(row)
}
