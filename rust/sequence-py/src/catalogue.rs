//! `Catalogue`: what venues list, whether or not it is subscribed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sequence_core::feed::{self, FeedVenue};
use sequence_core::session;

use crate::convert::to_python;
use crate::{error, parse};

/// A list of instruments as a venue sent it, read; its length is the number of its rows.
#[pyclass(frozen, module = "sequence._core")]
pub(crate) struct InstrumentList(pub(crate) feed::InstrumentList);

#[pymethods]
impl InstrumentList {
    #[new]
    fn new(py: Python<'_>, venue: &str, body: &[u8]) -> PyResult<Self> {
        let venue = decoded(venue)?;
        py.detach(|| feed::InstrumentList::read(venue, body))
            .map(Self)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    fn __len__(&self) -> usize {
        self.0.rows().len()
    }
}

/// Rows of the venues' lists of instruments.
#[pyclass(frozen, module = "sequence._core")]
pub(crate) struct Catalogue(Mutex<session::Catalogue>);

impl Catalogue {
    fn lock(&self) -> MutexGuard<'_, session::Catalogue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Catalogue {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Takes a list as the venue sent it.
    #[pyo3(signature = (rows, *, futures=false, whole=true))]
    fn take(&self, py: Python<'_>, rows: &InstrumentList, futures: bool, whole: bool) {
        py.detach(|| self.lock().take(&rows.0, futures, whole));
    }

    /// Takes rows that `text` wrote; returns how many there were.
    #[pyo3(signature = (venue, text, *, futures=false))]
    fn read_text(&self, venue: &str, text: &str, futures: bool) -> PyResult<usize> {
        Ok(self.lock().read_text(decoded(venue)?, futures, text))
    }

    /// The rows of one list as lines, ordered by name.
    #[pyo3(signature = (venue, *, futures=false))]
    fn text(&self, py: Python<'_>, venue: &str, futures: bool) -> PyResult<String> {
        let venue = decoded(venue)?;
        Ok(py.detach(|| self.lock().text(venue, futures)))
    }

    /// What a symbol is at a venue: `trading`, `post_only`, `halted`, `closed`; None where it is not
    /// listed.
    fn status(&self, venue: &str, symbol: &str, now_ns: i64) -> PyResult<Option<&'static str>> {
        Ok(self.lock().status(decoded(venue)?, symbol, now_ns))
    }

    /// The row of one symbol by any of its names; None where nobody lists it.
    fn symbol<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        now_ns: i64,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let row = self.lock().symbol_view(symbol, now_ns);
        row.map(|row| to_python(py, &row)).transpose()
    }

    /// The symbols of all venues or one, ordered.
    #[pyo3(signature = (venue=None))]
    fn names(&self, py: Python<'_>, venue: Option<&str>) -> PyResult<Vec<String>> {
        let venue = venue.map(parse::venue).transpose();
        let venue = venue.map_err(|refusal| error::refused(py, &refusal))?;
        Ok(self.lock().names(venue).into_iter().map(str::to_owned).collect())
    }

    /// Symbol rows like those of the engine, with what each venue says beside.
    #[pyo3(signature = (now_ns, venue=None, instrument_type=None))]
    fn symbols<'py>(
        &self,
        py: Python<'py>,
        now_ns: i64,
        venue: Option<&str>,
        instrument_type: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let filters = venue.map(parse::venue).transpose().and_then(|venue| {
            Ok((venue, instrument_type.map(parse::instrument_kind).transpose()?))
        });
        let (venue, kind) = filters.map_err(|refusal| error::refused(py, &refusal))?;
        let rows = self.lock().symbols_view(venue, kind, now_ns);
        to_python(py, &rows)
    }
}

fn decoded(venue: &str) -> PyResult<FeedVenue> {
    FeedVenue::parse(venue)
        .ok_or_else(|| PyValueError::new_err(format!("no decoder for venue {venue:?}")))
}
