//! Symbols, venues and exact numbers for Python.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString};
use sequence_core::ids::VenueId;
use sequence_core::number;
use sequence_core::symbol::{self, MAX_SYMBOL_CHARS, MIN_TOKEN_DIGITS, SymbolError};
use sequence_core::venue::{RedeemMode, VENUES, Venue};

use crate::columns::unreadable;

/// Adds everything here to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Symbol>()?;
    module.add_function(wrap_pyfunction!(parse_symbol, module)?)?;
    module.add_function(wrap_pyfunction!(parse_event_contract, module)?)?;
    module.add_function(wrap_pyfunction!(decimal_units, module)?)?;
    module.add_function(wrap_pyfunction!(format_units, module)?)?;
    let rows = VENUES.iter().map(|venue| venue_row(module.py(), venue));
    module.add("VENUES", PyList::new(module.py(), rows.collect::<PyResult<Vec<_>>>()?)?)?;
    module.add("PRICE_DECIMALS", number::PRICE_DECIMALS)?;
    module.add("QUANTITY_DECIMALS", number::QUANTITY_DECIMALS)?;
    module.add("MONEY_DECIMALS", number::MONEY_DECIMALS)?;
    module.add("PRICE_ONE", number::PRICE_ONE)?;
    module.add("QUANTITY_ONE", number::QUANTITY_ONE)?;
    module.add("MONEY_ONE", number::MONEY_ONE)?;
    module.add("MAX_UNITS", number::MAX_UNITS)?;
    module.add("MAX_SYMBOL_CHARS", MAX_SYMBOL_CHARS)?;
    module.add("MIN_TOKEN_DIGITS", MIN_TOKEN_DIGITS)
}

/// A parsed symbol: what its text says about the instrument, whether or not anybody lists it.
#[pyclass(frozen, eq, hash, get_all, module = "sequence._core")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Symbol {
    /// `spot`, `perp` or `prediction`.
    kind: &'static str,
    /// Canonical text.
    canonical: String,
    /// Base asset of a coin market.
    base: Option<String>,
    /// Quote asset of a coin market.
    quote: Option<String>,
    /// Chain of a swap.
    chain: Option<String>,
    /// Ticker, slug or token id of an event market.
    market_slug: Option<String>,
    /// `YES` or `NO`; None for a token id, which does not say.
    outcome: Option<&'static str>,
    /// Token id, when the text was one.
    token_id: Option<String>,
    /// The only venue this form can trade on, or the one that was asked about.
    venue: Option<&'static str>,
}

impl Symbol {
    fn new(parsed: &symbol::Symbol<'_>, venue: Option<VenueId>) -> Self {
        let (chain, token_id) = match parsed {
            symbol::Symbol::Swap { chain, .. } => (Some(*chain), None),
            symbol::Symbol::Token { token_id } => (None, Some(*token_id)),
            _ => (None, None),
        };
        Self {
            kind: parsed.kind().as_str(),
            canonical: parsed.canonical(),
            base: parsed.base().map(str::to_owned),
            quote: parsed.quote().map(str::to_owned),
            chain: chain.map(str::to_owned),
            market_slug: parsed.market_slug().map(str::to_owned),
            outcome: parsed.outcome().map(sequence_core::ids::Outcome::as_str),
            token_id: token_id.map(str::to_owned),
            venue: venue.or(parsed.venue_hint()).map(VenueId::as_str),
        }
    }
}

#[pymethods]
impl Symbol {
    fn __repr__(&self) -> String {
        format!("Symbol('{}', kind='{}')", self.canonical, self.kind)
    }

    fn __str__(&self) -> &str {
        &self.canonical
    }
}

/// Parse a symbol of any form, by its shape or as a given venue reads it.
#[pyfunction]
#[pyo3(signature = (text, *, venue=None))]
fn parse_symbol<'py>(
    text: &Bound<'py, PyString>,
    venue: Option<&str>,
) -> PyResult<Bound<'py, Symbol>> {
    let Some(venue) = venue else { return parsed_before(text) };
    let venue = VenueId::parse(venue).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let parsed =
        symbol::Symbol::parse_at(venue, text.to_str()?).map_err(|error| not_a_symbol(&error))?;
    Bound::new(text.py(), Symbol::new(&parsed, Some(venue)))
}

/// Symbols of texts that were parsed by their shape: a bot names the same few again and again, and
/// to make the object takes ten times what parsing does. Nobody can change one, so nobody can tell
/// whether it was handed out before.
static PARSED: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
/// Most texts that are remembered; when there are more, all are forgotten at once.
const MOST_PARSED: usize = 1_024;

/// The symbol of a text, the same object where the text was parsed not long ago.
fn parsed_before<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, Symbol>> {
    let py = text.py();
    // A subclass may have a hash and an equality of its own, and says what its text is only here.
    let plain = text.is_exact_instance_of::<PyString>();
    let table = PARSED.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    if plain && let Some(found) = table.get_item(text)? {
        return Ok(found.cast_into::<Symbol>()?);
    }
    let parsed = symbol::Symbol::parse(text.to_str()?).map_err(|error| not_a_symbol(&error))?;
    let symbol = Bound::new(py, Symbol::new(&parsed, None))?;
    // A page's address can be of any length.
    if plain && text.len()? <= MAX_SYMBOL_CHARS {
        if table.len() >= MOST_PARSED {
            table.clear();
        }
        table.set_item(text, &symbol)?;
    }
    Ok(symbol)
}

/// Parse an event contract of sandbox configuration to `(market_slug, outcome, token_id)`.
#[pyfunction]
fn parse_event_contract(text: &str) -> PyResult<(&str, &'static str, Option<&str>)> {
    let event = symbol::parse_event_contract(text).map_err(|error| not_a_symbol(&error))?;
    Ok((event.market_slug, event.outcome.as_str(), event.token_id))
}

/// Decimal text as an integer of `10**-decimals` units, exactly.
#[pyfunction]
fn decimal_units(text: &str, decimals: u32) -> PyResult<i128> {
    check_decimals(decimals)?;
    number::parse_decimal(text.as_bytes(), decimals)
        .map_err(|error| PyValueError::new_err(unreadable(text, error)))
}

/// Decimal text of `units` at `10**-decimals`; `fixed` keeps trailing zeros.
#[pyfunction]
#[pyo3(signature = (units, decimals, *, fixed=false))]
fn format_units(units: i128, decimals: u32, fixed: bool) -> PyResult<String> {
    check_decimals(decimals)?;
    let format = if fixed { number::format_fixed } else { number::format_decimal };
    Ok(format(units, decimals))
}

fn check_decimals(decimals: u32) -> PyResult<()> {
    if decimals <= 30 { Ok(()) } else { Err(PyValueError::new_err("decimals is at most 30")) }
}

fn not_a_symbol(error: &SymbolError) -> PyErr {
    PyValueError::new_err(format!("not a symbol: {error}"))
}

/// One row of `GET /v1/venues`, without its live status.
fn venue_row<'py>(py: Python<'py>, venue: &Venue) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("venue", venue.id)?;
    row.set_item("class", venue.class.as_str())?;
    let kinds: Vec<_> = venue.kinds.iter().map(|kind| kind.as_str()).collect();
    row.set_item("instrument_types", kinds)?;
    row.set_item("seeded", venue.seeded)?;
    let cash = PyList::empty(py);
    for asset in venue.cash {
        let entry = PyDict::new(py);
        entry.set_item("kind", asset.kind.as_str())?;
        entry.set_item("symbol", asset.code)?;
        cash.append(entry)?;
    }
    row.set_item("cash_assets", cash)?;
    row.set_item("post_only", venue.post_only)?;
    row.set_item("initial_margin_1e8", venue.initial_margin_1e8)?;
    row.set_item("maintenance_margin_1e8", venue.maintenance_margin_1e8)?;
    row.set_item("max_age_ms", venue.max_age_ms)?;
    row.set_item("amend_mode", venue.amend_mode.as_str())?;
    row.set_item("redeem_mode", venue.redeem_mode.map(RedeemMode::as_str))?;
    Ok(row)
}
