//! Presets: named, versioned, immutable sets of every parameter of the simulator.
//!
//! A client may override single values by their published key; the effective set is hashed into
//! every record, so two results with one hash were made under the same rules.

use crate::reject::text_enum;
use crate::rng::fnv1a64;
pub use crate::sim::choice::QueueChoice;

/// Version of the models; any change that alters an output raises it.
pub const MODEL_VERSION: &str = "sim-1.1.0";

text_enum!(
    /// Where size that appears in the first depth message after an entry is placed.
    EntryAmbiguity {
        /// Always behind.
        Behind = "behind",
        /// Behind on event-level feeds; on all others ahead when the order came in the second half
        /// of the interval.
        ByFeed = "by_feed",
        /// Always ahead.
        Ahead = "ahead",
    }
);

text_enum!(
    /// Which prices own impact moves.
    ImpactSides {
        /// No impact.
        Off = "off",
        /// Only against the account.
        AdverseOnly = "adverse_only",
        /// Both ways; for research, in no preset, excluded from scores.
        TwoSided = "two_sided",
    }
);

text_enum!(
    /// When the new order of an amend is sent.
    ReplaceGap {
        /// At the same instant.
        Atomic = "atomic",
        /// With the cancel; arrives not before it.
        Pipelined = "pipelined",
        /// When the cancel's acknowledgement is back.
        Sequential = "sequential",
    }
);

text_enum!(
    /// Whether an amend can keep its place.
    AmendMode {
        /// Never: it is a cancel and a new order.
        CancelReplace = "cancel_replace",
        /// A smaller size keeps its place.
        Native = "native",
    }
);

text_enum!(
    /// What happens when an order would reach an own resting order.
    SelfTrade {
        /// The incoming remainder is cancelled.
        CancelNewest = "cancel_newest",
        /// The resting order is cancelled.
        CancelOldest = "cancel_oldest",
        /// Both are.
        CancelBoth = "cancel_both",
    }
);

/// A value that a preset can hold: read from and shown as text.
trait Value: Sized {
    fn show(&self) -> String;
    fn read(text: &str) -> Option<Self>;
}

impl Value for i64 {
    fn show(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|value| *value >= 0)
    }
}

impl Value for bool {
    fn show(&self) -> String {
        self.to_string()
    }
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

macro_rules! text_values {
    ($($name:ident),+) => {
        $(impl Value for $name {
            fn show(&self) -> String {
                self.as_str().to_owned()
            }
            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        })+
    };
}
text_values!(QueueChoice, EntryAmbiguity, ImpactSides, ReplaceGap, AmendMode, SelfTrade);

macro_rules! params {
    ($($(#[$doc:meta])* $field:ident: $kind:ty = $key:literal),+ $(,)?) => {
        /// Every parameter of the simulator. Times in ns, shares in ppm, sizes in 1e-8.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Params { $($(#[$doc])* pub $field: $kind),+ }

        impl Params {
            /// Published keys with their values as text, in a fixed order.
            pub fn entries(&self) -> Vec<(&'static str, String)> {
                vec![$(($key, self.$field.show())),+]
            }

            /// Overrides one value by its published key. `None` when the key is not known or the
            /// text is not a value for it; nothing changes then.
            pub fn set(&mut self, key: &str, text: &str) -> Option<()> {
                match key {
                    $($key => self.$field = Value::read(text)?,)+
                    _ => return None,
                }
                Some(())
            }
        }
    };
}

params! {
    /// Queue estimator. Default: lots with the automatic unmatched rule (best measured).
    queue_model: QueueChoice = "queue.model",
    /// Hidden size assumed ahead at entry, ppm of the order. Default 0; adversarial is a guess.
    hidden_ahead_ppm: i64 = "queue.hidden_ahead_ppm",
    /// Where new size in the first depth message after an entry goes.
    entry_ambiguity: EntryAmbiguity = "queue.entry_ambiguity",
    /// Exponent of the unmatched rule `power(k)` on conflated depth: 1 spreads evenly, and how far
    /// that is believed is learnt.
    power_k: i64 = "queue.power_k",
    /// Lots kept per level. Initial: 512, a bound on memory.
    lots_cap: i64 = "queue.lots_cap",
    /// Lists of lots beside the likeliest of a level, where every message is one order event: each
    /// draws which of several lots a cancel was. Default 0, one list: others cost several times as
    /// much, and are farther from the truth on one file of three.
    queue_lists: i64 = "queue.lists",
    /// Multiple of the pairing window (5 ms) of feeds whose prints may follow depth, ppm; 0 switches
    /// holding off.
    pairing_ppm: i64 = "print.pairing_window_ppm",
    /// Resilience time on spot and perpetual books; 0 = consumed size never comes back. Initial.
    overlay_tau_ns: i64 = "overlay.tau_ns",
    /// Resilience time on event books; 0 = never. Initial.
    overlay_tau_event_ns: i64 = "overlay.tau_event_ns",
    /// Deleted levels are remembered for ten resilience times.
    overlay_ghost: bool = "overlay.ghost",
    /// Levels a walk looks at.
    max_levels: i64 = "walk.max_levels",
    /// Prefactor `Y` of own impact, ppm; 0 = off. 1 is the published order of magnitude.
    impact_ppm: i64 = "impact.Y_ppm",
    /// Which prices own impact moves.
    impact_sides: ImpactSides = "impact.sides",
    /// Protection of market orders on spot and perpetuals, basis points.
    protection_bps: i64 = "protection_bps",
    /// Protection of market orders on event contracts, basis points (at least five ticks).
    protection_event_bps: i64 = "protection_event_bps",
    /// Marketable limits further than this from the reference are rejected, basis points.
    fat_finger_bps: i64 = "fat_finger_bps",
    /// Multiple of the venue table's median delay, ppm; 0 = no delay and no draw.
    latency_p50_ppm: i64 = "latency.p50_ppm",
    /// Multiple of the venue table's 99th percentile, ppm.
    latency_p99_ppm: i64 = "latency.p99_ppm",
    /// Correlation of successive delays, ppm.
    latency_rho_ppm: i64 = "latency.rho_ppm",
    /// Exponent of load, ppm.
    latency_beta_ppm: i64 = "latency.beta_ppm",
    /// Live orders wait for the book they will meet (entry plus feed delay).
    live_hold: bool = "latency.live_hold",
    /// Whether an amend can keep its place.
    amend_mode: AmendMode = "amend.mode",
    /// When the new order of an amend is sent.
    replace_gap: ReplaceGap = "amend.replace_gap",
    /// Dated venue rules (taker delays, restarts, windows) apply.
    venue_rules: bool = "venue_rules",
    /// Multiple of each venue's maximum book age, ppm; 0 = books never age.
    max_age_ppm: i64 = "max_age_ppm",
    /// Maker rebates are credited.
    rebates: bool = "fees.rebates",
    /// Self-trade policy.
    stp: SelfTrade = "stp",
    /// Margin, funding and liquidation of perpetuals.
    margin: bool = "margin",
    /// Multiple of the liquidation fee, ppm.
    liquidation_fee_ppm: i64 = "liquidation_fee_ppm",
    /// Each order carries an optimistic and an adversarial reading.
    envelope: bool = "envelope",
}

const MS: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MS;

/// Middle of the road, and the default.
pub const REALISTIC: Params = Params {
    queue_model: QueueChoice::LotsAuto,
    hidden_ahead_ppm: 0,
    entry_ambiguity: EntryAmbiguity::ByFeed,
    power_k: 1,
    lots_cap: 512,
    queue_lists: 0,
    pairing_ppm: 1_000_000,
    overlay_tau_ns: 2 * SECOND,
    overlay_tau_event_ns: 30 * SECOND,
    overlay_ghost: false,
    max_levels: 100,
    impact_ppm: 1_000_000,
    impact_sides: ImpactSides::AdverseOnly,
    protection_bps: 500,
    protection_event_bps: 1_000,
    fat_finger_bps: 5_000,
    latency_p50_ppm: 1_000_000,
    latency_p99_ppm: 1_000_000,
    latency_rho_ppm: 700_000,
    latency_beta_ppm: 250_000,
    live_hold: true,
    amend_mode: AmendMode::CancelReplace,
    replace_gap: ReplaceGap::Pipelined,
    venue_rules: true,
    max_age_ppm: 1_000_000,
    rebates: false,
    stp: SelfTrade::CancelNewest,
    margin: true,
    liquidation_fee_ppm: 1_000_000,
    envelope: true,
};

/// Every doubt in the account's favour that evidence allows.
pub const OPTIMISTIC: Params = Params {
    queue_model: QueueChoice::LeastUniform,
    entry_ambiguity: EntryAmbiguity::Behind,
    overlay_tau_ns: 250 * MS,
    overlay_tau_event_ns: 5 * SECOND,
    impact_ppm: 0,
    impact_sides: ImpactSides::Off,
    latency_p50_ppm: 500_000,
    latency_p99_ppm: 500_000,
    latency_rho_ppm: 0,
    latency_beta_ppm: 0,
    rebates: true,
    ..REALISTIC
};

/// Harsh about money, not about counts.
pub const ADVERSARIAL: Params = Params {
    queue_model: QueueChoice::MostRiskAverse,
    hidden_ahead_ppm: 250_000,
    entry_ambiguity: EntryAmbiguity::Ahead,
    pairing_ppm: 2_000_000,
    overlay_tau_ns: 60 * SECOND,
    overlay_tau_event_ns: 600 * SECOND,
    overlay_ghost: true,
    max_levels: 50,
    impact_ppm: 1_500_000,
    latency_p50_ppm: 2_000_000,
    latency_p99_ppm: 3_000_000,
    latency_rho_ppm: 900_000,
    latency_beta_ppm: 500_000,
    replace_gap: ReplaceGap::Sequential,
    max_age_ppm: 500_000,
    liquidation_fee_ppm: 2_000_000,
    ..REALISTIC
};

/// For unit tests: everything in the same nanosecond, nothing comes back, nothing is drawn.
pub const INSTANT: Params = Params {
    entry_ambiguity: EntryAmbiguity::Behind,
    pairing_ppm: 0,
    overlay_tau_ns: 0,
    overlay_tau_event_ns: 0,
    impact_ppm: 0,
    impact_sides: ImpactSides::Off,
    latency_p50_ppm: 0,
    latency_p99_ppm: 0,
    latency_rho_ppm: 0,
    latency_beta_ppm: 0,
    live_hold: false,
    replace_gap: ReplaceGap::Atomic,
    venue_rules: false,
    max_age_ppm: 0,
    ..REALISTIC
};

/// Named presets.
pub const PRESETS: &[(&str, Params)] = &[
    ("optimistic", OPTIMISTIC),
    ("realistic", REALISTIC),
    ("adversarial", ADVERSARIAL),
    ("instant", INSTANT),
];

/// Why a value cannot replace that of a preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideError {
    /// No parameter has this key.
    Key,
    /// The text is not a value of the parameter's kind.
    Value,
    /// The number is outside what the parameter can mean: least and most.
    Range(i64, i64),
}

impl std::fmt::Display for OverrideError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key => f.write_str("no such parameter"),
            Self::Value => f.write_str("not a value of this parameter"),
            Self::Range(least, most) => write!(f, "must be from {least} to {most}"),
        }
    }
}

impl std::error::Error for OverrideError {}

/// Least and most of a number: beyond them it has no meaning, or the arithmetic no room.
fn range(key: &str) -> (i64, i64) {
    match key {
        "queue.power_k" => (1, 16),
        "queue.lots_cap" => (1, 65_536),
        "queue.lists" => (0, 256),
        "walk.max_levels" => (1, 10_000),
        "latency.rho_ppm" => (0, 999_999),
        "protection_bps" | "protection_event_bps" | "fat_finger_bps" => (0, 1_000_000),
        _ if key.ends_with("_ppm") => (0, 100_000_000),
        // A year.
        _ => (0, 31_536_000_000_000_000),
    }
}

impl Params {
    /// Overrides one value by its published key, or says why not; nothing changes then.
    pub fn replace(&mut self, key: &str, text: &str) -> Result<(), OverrideError> {
        if !self.entries().iter().any(|(known, _)| *known == key) {
            return Err(OverrideError::Key);
        }
        let mut changed = *self;
        changed.set(key, text).ok_or(OverrideError::Value)?;
        if let Ok(number) = text.parse::<i64>() {
            let (least, most) = range(key);
            if !(least..=most).contains(&number) {
                return Err(OverrideError::Range(least, most));
            }
        }
        *self = changed;
        Ok(())
    }

    /// The preset of a name.
    pub fn preset(name: &str) -> Option<Self> {
        PRESETS.iter().find(|(known, _)| *known == name).map(|(_, params)| *params)
    }

    /// Identifies the model version and every effective value.
    pub fn hash(&self) -> u64 {
        let mut text = String::from(MODEL_VERSION);
        for (key, value) in self.entries() {
            text.push('\n');
            text.push_str(key);
            text.push('=');
            text.push_str(&value);
        }
        fnv1a64(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_own_hash_and_every_value_counts() {
        let hashes: std::collections::BTreeSet<u64> =
            PRESETS.iter().map(|(_, params)| params.hash()).collect();
        assert_eq!(hashes.len(), PRESETS.len());
        for (key, value) in REALISTIC.entries() {
            let other = match value.as_str() {
                "true" => "false",
                "false" => "true",
                "lots/auto" => "min(uniform,lots)",
                "by_feed" => "behind",
                "adverse_only" => "two_sided",
                "cancel_replace" => "native",
                "pipelined" => "atomic",
                "cancel_newest" => "cancel_both",
                _ => "77",
            };
            let mut changed = REALISTIC;
            assert_eq!(changed.set(key, other), Some(()), "{key}");
            assert_ne!(changed.hash(), REALISTIC.hash(), "{key}");
        }
    }

    #[test]
    fn a_value_that_means_nothing_is_refused_with_its_reason() {
        let mut params = REALISTIC;
        for (key, text, error) in [
            ("queue.depth", "1", OverrideError::Key),
            ("stp", "cancel", OverrideError::Value),
            ("queue.power_k", "-1", OverrideError::Value),
            ("queue.power_k", "0", OverrideError::Range(1, 16)),
            ("latency.rho_ppm", "1000000", OverrideError::Range(0, 999_999)),
        ] {
            assert_eq!(params.replace(key, text), Err(error), "{key}");
        }
        assert_eq!(params, REALISTIC);
        assert_eq!(params.replace("queue.power_k", "4"), Ok(()));
        assert_eq!(params.power_k, 4);
    }

    #[test]
    fn every_preset_is_made_of_values_that_could_be_overrides() {
        for (name, preset) in PRESETS {
            let mut params = INSTANT;
            for (key, text) in preset.entries() {
                assert_eq!(params.replace(key, &text), Ok(()), "{name} {key}");
            }
            assert_eq!(params, *preset);
        }
    }

    #[test]
    fn an_unknown_key_or_value_changes_nothing() {
        let mut params = REALISTIC;
        for (key, text) in [("queue.depth", "1"), ("queue.power_k", "-1"), ("stp", "cancel")] {
            assert_eq!(params.set(key, text), None);
        }
        assert_eq!(params, REALISTIC);
        assert_eq!(Params::preset("instant"), Some(INSTANT));
        assert_eq!(Params::preset("default"), None);
    }
}
