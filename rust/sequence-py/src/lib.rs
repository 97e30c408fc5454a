//! `sequence._core`: converts in, calls the core, converts out.
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments are owned because Python objects are converted before the call"
)]

use pyo3::prelude::*;

mod control;
mod convert;
mod engine;
mod error;
mod feed;
mod json;
mod parse;
mod stream;
mod symbols;

#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::error::Refusal;
    #[pymodule_export]
    use crate::feed::{Recording, check_recording};
    #[pymodule_export]
    use crate::json::{JsonError, parse_json};
    #[pymodule_export]
    use crate::stream::Snapshot;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        module.add("BUILD_PROFILE", profile)?;
        crate::symbols::register(module)
    }
}
