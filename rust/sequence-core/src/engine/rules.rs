//! What is fixed when an engine is made.

use std::sync::Arc;

use crate::sim::fees::FeeSchedule;
use crate::sim::preset::Params;

/// What a venue takes for liquidating, 50 bps, before the preset's factor. Initial.
const LIQUIDATION_FEE_1E8: i64 = 500_000;

/// Seed and parameters of the simulation. Nothing changes them.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Rules {
    seed: u64,
    params: Params,
    /// Of the parameters: every fill names it.
    params_hash: u64,
    preset: Arc<str>,
}

impl Rules {
    pub(in crate::engine) fn new(seed: u64, preset: &str, params: Params) -> Self {
        let params_hash = params.hash();
        Self { seed, params, params_hash, preset: preset.into() }
    }

    /// Key of every random stream.
    pub(in crate::engine) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The parameters in force.
    pub(in crate::engine) const fn params(&self) -> &Params {
        &self.params
    }

    /// Their hash.
    pub(in crate::engine) const fn params_hash(&self) -> u64 {
        self.params_hash
    }

    /// What a liquidation costs.
    pub(in crate::engine) fn liquidation_fees(&self) -> FeeSchedule {
        let rate = i128::from(LIQUIDATION_FEE_1E8) * i128::from(self.params.liquidation_fee_ppm);
        let rate = i64::try_from(rate / 1_000_000).unwrap_or(LIQUIDATION_FEE_1E8);
        FeeSchedule::bps(rate, rate)
    }

    /// The preset they come from.
    pub(in crate::engine) fn preset(&self) -> &str {
        &self.preset
    }
}
