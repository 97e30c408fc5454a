//! What is fixed when an engine is made.

use std::sync::Arc;

use crate::sim::preset::Params;

/// Seed and parameters of the simulation. Nothing changes them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Rules {
    seed: u64,
    params: Params,
    preset: Arc<str>,
}

impl Rules {
    pub(in crate::engine) fn new(seed: u64, preset: &str, params: Params) -> Self {
        Self { seed, params, preset: preset.into() }
    }

    /// Key of every random stream.
    pub(in crate::engine) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The parameters in force.
    pub(in crate::engine) const fn params(&self) -> &Params {
        &self.params
    }

    /// The preset they come from.
    pub(in crate::engine) fn preset(&self) -> &str {
        &self.preset
    }
}
