//! `sequence._core`: converts in, calls the core, converts out.
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments are owned because Python objects are converted before the call"
)]

use pyo3::prelude::*;

mod accounts;
mod answer;
mod book;
mod catalogue;
mod columns;
mod control;
mod convert;
mod desk;
mod digest;
mod drive;
mod engine;
mod error;
mod events;
mod explain;
mod feed;
mod file;
mod graphs;
mod journal;
mod json;
mod live;
mod market;
mod order_body;
mod orders;
mod parse;
mod research;
mod rows;
mod score;
mod sim;
mod stream;
mod symbols;
mod tape;
mod unread;
mod venues;

#[cfg(all(feature = "mutants", not(debug_assertions)))]
compile_error!("a library with mutants must not be shipped: they are for debug builds");

/// Switches the mutant on that the environment names, for tests of the tests.
#[cfg(feature = "mutants")]
fn switch_mutant_on() {
    if let Ok(name) = std::env::var("SEQUENCE_MUTANT") {
        sequence_core::mutant::switch_on(name.leak());
    }
}

#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::book::Book;
    #[pymodule_export]
    use crate::catalogue::{Catalogue, InstrumentList};
    #[pymodule_export]
    use crate::digest::{digested, event_link, row_digest};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::error::Refusal;
    #[pymodule_export]
    use crate::explain::{explain_fill, explain_wait, near_names, verify_fill};
    #[pymodule_export]
    use crate::feed::{Recording, check_recording, join_recordings};
    #[pymodule_export]
    use crate::journal::Journal;
    #[pymodule_export]
    use crate::json::{JsonError, parse_json};
    #[pymodule_export]
    use crate::live::venue_symbol;
    #[pymodule_export]
    use crate::order_body::{AmendBody, OrderBody};
    #[pymodule_export]
    use crate::score::score_recording;
    #[pymodule_export]
    use crate::sim::{sim_config, sim_presets};
    #[pymodule_export]
    use crate::stream::{Frames, Snapshot};
    #[pymodule_export]
    use crate::tape::{Tape, join_records, recording_records, select_records, split_records};

    #[pymodule_export]
    use crate::answer::Answer;
    #[pymodule_export]
    use crate::unread::Unread;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        #[cfg(feature = "mutants")]
        crate::switch_mutant_on();
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        module.add("BUILD_PROFILE", profile)?;
        module.add("Panic", module.py().get_type::<pyo3::panic::PanicException>())?;
        module.add("MAX_SLIPPAGE_BPS", sequence_core::order_body::MAX_SLIPPAGE_BPS)?;
        module.add("MAX_HORIZON_MS", sequence_core::order_body::MAX_HORIZON_MS)?;
        module.add("MODEL_VERSION", sequence_core::sim::preset::MODEL_VERSION)?;
        let reasons = sequence_core::reject::RejectReason::ALL.iter().map(|reason| reason.as_str());
        module.add("REJECT_REASONS", pyo3::types::PyTuple::new(module.py(), reasons)?)?;
        crate::symbols::register(module)
    }
}
