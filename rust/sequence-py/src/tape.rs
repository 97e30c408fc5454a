//! Tapes: records in memory, as bytes or as columns, and their conversion.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use sequence_core::ids::VenueId;
use sequence_core::number::{Price, Quantity};
use sequence_core::tape::{
    self, COLUMN_WIDTHS, Tape as CoreTape, TapeError, TapeFeed, TapeInstrument,
};

use crate::feed::Recording;
use crate::file::FileInput;

/// (venue, symbol, tick, lot) of an instrument.
type InstrumentArgument = (String, String, Option<i64>, Option<i64>);

/// Checked records, shared by every engine that plays them.
#[pyclass(frozen, module = "sequence._core")]
#[derive(Debug)]
pub(crate) struct Tape {
    tape: Mutex<CoreTape>,
}

impl Tape {
    /// A player of its own, at the start.
    pub(crate) fn rewound(&self) -> CoreTape {
        self.tape.lock().unwrap_or_else(std::sync::PoisonError::into_inner).rewound()
    }
}

#[pymethods]
impl Tape {
    /// Takes 64-byte records; `by_hand` makes books live at once and never stale.
    #[new]
    fn new(
        py: Python<'_>,
        records: PyBackedBytes,
        instruments: Vec<InstrumentArgument>,
        by_hand: bool,
    ) -> PyResult<Self> {
        let rows = instruments.into_iter().map(instrument).collect::<PyResult<Vec<_>>>()?;
        let feed = if by_hand { TapeFeed::Hand } else { TapeFeed::Venue };
        let made = py.detach(|| CoreTape::new(records.to_vec(), rows, feed));
        Ok(Self { tape: Mutex::new(made.map_err(refused)?) })
    }

    /// The same of the records in a file behind its first `head` bytes, read piece by piece. A
    /// `temporary` file is removed with its last user.
    #[staticmethod]
    #[pyo3(signature = (path, head, instruments, by_hand, *, temporary=false))]
    fn open(
        py: Python<'_>,
        path: PathBuf,
        head: u64,
        instruments: Vec<InstrumentArgument>,
        by_hand: bool,
        temporary: bool,
    ) -> PyResult<Self> {
        let input = Arc::new(FileInput::new(path, temporary));
        let rows = instruments.into_iter().map(instrument).collect::<PyResult<Vec<_>>>()?;
        let feed = if by_hand { TapeFeed::Hand } else { TapeFeed::Venue };
        let made = py.detach(|| CoreTape::open(input, head, rows, feed));
        Ok(Self { tape: Mutex::new(made.map_err(refused)?) })
    }

    /// Venue and symbol of each instrument.
    #[getter]
    fn instruments(&self) -> Names {
        let tape = self.rewound();
        let name = |row: &TapeInstrument| (row.venue.as_str(), row.symbol.clone());
        tape.instruments().iter().map(name).collect()
    }

    /// Whether its books are live at once and never stale.
    #[getter]
    fn by_hand(&self) -> bool {
        self.rewound().feed() == TapeFeed::Hand
    }

    /// Number of records.
    #[getter]
    fn events(&self) -> usize {
        self.rewound().events()
    }

    /// Receipt time of the first record, ns.
    #[getter]
    fn first_ns(&self) -> i64 {
        self.rewound().first_ns()
    }

    /// Latest receipt time, ns.
    #[getter]
    fn last_ns(&self) -> i64 {
        self.rewound().last_ns()
    }
}

fn instrument((venue, symbol, tick, lot): InstrumentArgument) -> PyResult<TapeInstrument> {
    let id = VenueId::parse(&venue).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let step = |value: Option<i64>| match value {
        Some(step) if step < 1 => Err(PyValueError::new_err("tick and lot are above 0")),
        other => Ok(other),
    };
    Ok(TapeInstrument {
        venue: id,
        symbol,
        tick: step(tick)?.map(Price),
        lot: step(lot)?.map(Quantity),
    })
}

pub(crate) fn refused(error: TapeError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Venue and symbol of each instrument.
type Names = Vec<(&'static str, String)>;

/// (venue, symbol, tick, lot) of an instrument that was decoded.
type InstrumentRow = (&'static str, String, Option<i64>, Option<i64>);

/// Decodes a whole raw recording: its instruments, and its records.
#[pyfunction]
pub(crate) fn recording_records<'py>(
    py: Python<'py>,
    recording: &Recording,
) -> PyResult<(Vec<InstrumentRow>, Bound<'py, PyBytes>)> {
    let mut replay = recording.rewound()?;
    let (instruments, records) = py.detach(|| tape::records_of(&mut replay)).map_err(refused)?;
    let row = |row: TapeInstrument| {
        let (tick, lot) = (row.tick.map(|tick| tick.0), row.lot.map(|lot| lot.0));
        (row.venue.as_str(), row.symbol, tick, lot)
    };
    Ok((instruments.into_iter().map(row).collect(), PyBytes::new(py, &records)))
}

/// Splits records into columns of fixed-width little-endian numbers, in the order of the fields;
/// the instrument, two bytes, comes last and is taken out of `count`.
#[pyfunction]
pub(crate) fn split_records(
    py: Python<'_>,
    records: PyBackedBytes,
) -> PyResult<Vec<Bound<'_, PyBytes>>> {
    let columns = py.detach(|| tape::split(&records)).map_err(refused)?;
    Ok(columns.iter().map(|column| PyBytes::new(py, column)).collect())
}

/// The reverse of `split_records`.
#[pyfunction]
pub(crate) fn join_records(
    py: Python<'_>,
    columns: Vec<PyBackedBytes>,
) -> PyResult<Bound<'_, PyBytes>> {
    let views: Vec<&[u8]> = columns.iter().map(|column| &**column).collect();
    let Ok(views) = <[&[u8]; COLUMN_WIDTHS.len()]>::try_from(views) else {
        let expected = COLUMN_WIDTHS.len();
        return Err(PyValueError::new_err(format!("records have {expected} columns")));
    };
    let records = py.detach(|| tape::join(&views)).map_err(refused)?;
    Ok(PyBytes::new(py, &records))
}

/// Keeps the records of some instruments: `renumber[old]` is the new number, or none.
#[pyfunction]
pub(crate) fn select_records(
    py: Python<'_>,
    records: PyBackedBytes,
    renumber: Vec<Option<u16>>,
) -> PyResult<Bound<'_, PyBytes>> {
    let kept = py.detach(|| tape::select(&records, &renumber)).map_err(refused)?;
    Ok(PyBytes::new(py, &kept))
}
