//! Presets and parameters of the simulator.

use std::collections::BTreeMap;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use sequence_core::sim::preset::{PRESETS, Params};

/// A preset with values replaced by their published keys.
pub(crate) fn build(preset: &str, overrides: &BTreeMap<String, String>) -> PyResult<Params> {
    let Some(mut params) = Params::preset(preset) else {
        let known: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
        let message = format!("preset: {preset:?} is not one of {}", known.join(", "));
        return Err(PyValueError::new_err(message));
    };
    for (key, text) in overrides {
        params
            .replace(key, text)
            .map_err(|error| PyValueError::new_err(format!("{key}: {error}")))?;
    }
    Ok(params)
}

/// The preset's effective parameters, every published key with its value as text, and their hash.
#[pyfunction]
#[pyo3(signature = (preset, overrides=None))]
pub(crate) fn sim_config<'py>(
    py: Python<'py>,
    preset: &str,
    overrides: Option<BTreeMap<String, String>>,
) -> PyResult<(Bound<'py, PyDict>, String)> {
    let params = build(preset, &overrides.unwrap_or_default())?;
    Ok((entries(py, &params)?, format!("{:016x}", params.hash())))
}

/// Parameters of every preset: `{preset: {key: value as text}}`.
#[pyfunction]
pub(crate) fn sim_presets(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let presets = PyDict::new(py);
    for (name, params) in PRESETS {
        presets.set_item(name, entries(py, params)?)?;
    }
    Ok(presets)
}

fn entries<'py>(py: Python<'py>, params: &Params) -> PyResult<Bound<'py, PyDict>> {
    let values = PyDict::new(py);
    for (key, value) in params.entries() {
        values.set_item(key, value)?;
    }
    Ok(values)
}
