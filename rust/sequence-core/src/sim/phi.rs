//! Share of an unexplained decrease that stood ahead of an own order: the scalar queue rules.
//!
//! `F` is the size ahead, `B` the size behind, `x = F/(F+B)`. Each rule answers with the part of
//! the decrease it credits to the front, before what cannot come from behind is added.

use std::sync::Arc;

use crate::number::{NumberError, mul_div_floor};
use crate::sim::learnt;
use crate::sim::math::{ONE_Q32, ln_q32, pow_q32, ratio_q32};

/// One scalar rule. All arithmetic is Q32 with floors; `Uniform` is exact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Phi {
    /// φ = 0: cancels come from behind as long as there is something behind.
    RiskAverse,
    /// Only prints move the order until the level is deleted. Widely used; badly late.
    TradeOnly,
    /// φ = 1: the lower bound of the size ahead; for comparison only.
    AllAhead,
    /// φ = x.
    Uniform,
    /// φ = xⁿ/(xⁿ + (1−x)ⁿ).
    PowerRatio(u32),
    /// φ = ln(1+F)/(ln(1+F) + ln(1+B)), sizes in lots.
    LogRatio,
    /// φ = 1 − Bⁿ/(F+B)ⁿ.
    PowerGap(u32),
    /// φ = 1 − ln(1+B)/ln(1+F+B), sizes in lots.
    LogGap,
    /// φ = xⁿ.
    PowerX(u32),
    /// φ = (1+k)F/((1+k)F + B), `k` in Q32 with −1 < k ≤ 0.
    Bias(i64),
    /// Piecewise linear through `(i/m, φᵢ)`, φ in Q32, learnt from order-by-order data.
    Table(Arc<[i64]>),
}

impl Phi {
    /// Stable name, as used in records and score files.
    pub fn name(&self) -> String {
        match self {
            Self::RiskAverse => "risk_averse".to_owned(),
            Self::TradeOnly => "trade_only".to_owned(),
            Self::AllAhead => "all_ahead".to_owned(),
            Self::Uniform => "uniform".to_owned(),
            Self::PowerRatio(n) => format!("power_ratio({n})"),
            Self::LogRatio => "log_ratio".to_owned(),
            Self::PowerGap(n) => format!("power_gap({n})"),
            Self::LogGap => "log_gap".to_owned(),
            Self::PowerX(n) => format!("power_x({n})"),
            Self::Bias(k) => format!("bias({k}/2^32)"),
            Self::Table(_) => "table".to_owned(),
        }
    }

    /// The name of a rule that users can choose; others are just "scalar".
    pub const fn label(&self) -> &'static str {
        match self {
            Self::RiskAverse => "risk_averse",
            Self::TradeOnly => "trade_only",
            Self::AllAhead => "all_ahead",
            Self::Uniform => "uniform",
            Self::PowerRatio(2) => "power_ratio(2)",
            Self::PowerRatio(3) => "power_ratio(3)",
            Self::LogRatio => "log_ratio",
            Self::PowerGap(2) => "power_gap(2)",
            Self::LogGap => "log_gap",
            Self::PowerX(2) => "power_x(2)",
            Self::PowerX(3) => "power_x(3)",
            Self::Table(_) => "table",
            _ => "scalar",
        }
    }

    /// The learnt table.
    pub fn learnt() -> Self {
        Self::Table(Arc::from(learnt::PHI_Q32))
    }

    /// The rule of a name; `table` is the learnt one, `bias` needs a number and has no plain name.
    pub fn parse(name: &str) -> Option<Self> {
        let (base, n) = match name.split_once('(') {
            None => (name, None),
            Some((base, rest)) => (base, Some(rest.strip_suffix(')')?.parse::<u32>().ok()?)),
        };
        let n = n.filter(|n| (1..=16).contains(n));
        match (base, n) {
            ("risk_averse", None) => Some(Self::RiskAverse),
            ("trade_only", None) => Some(Self::TradeOnly),
            ("all_ahead", None) => Some(Self::AllAhead),
            ("uniform", None) => Some(Self::Uniform),
            ("table", None) => Some(Self::learnt()),
            ("log_ratio", None) => Some(Self::LogRatio),
            ("log_gap", None) => Some(Self::LogGap),
            ("power_ratio", Some(n)) => Some(Self::PowerRatio(n)),
            ("power_gap", Some(n)) => Some(Self::PowerGap(n)),
            ("power_x", Some(n)) => Some(Self::PowerX(n)),
            _ => None,
        }
    }

    /// New size ahead after an unexplained decrease `d` of a level that showed `f + b` in all.
    ///
    /// `total_after` bounds the answer: nobody can stand behind more than what is left.
    /// `lot` is the instrument's lot step. A rule that cannot be computed credits nothing.
    pub fn advance(&self, v: i64, d: i64, total_before: i64, lot: i64) -> i64 {
        let total_after = (total_before - d).max(0);
        if matches!(self, Self::TradeOnly) {
            return v;
        }
        let behind = (total_before - v).max(0);
        let credited = self.credit(v, behind, d, lot).unwrap_or(0).clamp(0, d);
        let excess = (d - credited - behind).max(0);
        (v - credited - excess).clamp(0, total_after)
    }

    /// `⌊φ·d⌋`.
    fn credit(&self, f: i64, b: i64, d: i64, lot: i64) -> Option<i64> {
        let (f, b, d) = (i128::from(f), i128::from(b), i128::from(d));
        if f + b == 0 {
            return Some(0);
        }
        let credited = match self {
            Self::RiskAverse | Self::TradeOnly => 0,
            Self::AllAhead => d,
            Self::Uniform => mul_div_floor(f, d, f + b).ok()?,
            _ => (self.phi_q32(f, b, i128::from(lot.max(1))).ok()? * d) >> 32,
        };
        i64::try_from(credited).ok()
    }

    fn phi_q32(&self, f: i128, b: i128, lot: i128) -> Result<i128, NumberError> {
        let x = ratio_q32(f, f + b);
        let ln_one_plus = |size: i128| ln_q32(ONE_Q32 + (size << 32) / lot);
        Ok(match self {
            Self::PowerRatio(n) => {
                let (ahead, behind) = (pow_q32(x, *n), pow_q32(ONE_Q32 - x, *n));
                if ahead + behind == 0 { x } else { (ahead << 32) / (ahead + behind) }
            }
            Self::LogRatio => {
                let (ahead, behind) = (ln_one_plus(f)?, ln_one_plus(b)?);
                if ahead + behind == 0 { x } else { (ahead << 32) / (ahead + behind) }
            }
            Self::PowerGap(n) => ONE_Q32 - pow_q32((b << 32) / (f + b), *n),
            Self::LogGap => {
                let whole = ln_one_plus(f + b)?;
                if whole == 0 { x } else { ONE_Q32 - (ln_one_plus(b)? << 32) / whole }
            }
            Self::PowerX(n) => pow_q32(x, *n),
            Self::Bias(k) => {
                let ahead = (ONE_Q32 + i128::from(*k)) * f;
                (ahead << 32) / (ahead + (b << 32)).max(1)
            }
            Self::Table(nodes) => interpolate(nodes, x),
            Self::RiskAverse | Self::TradeOnly => 0,
            Self::AllAhead => ONE_Q32,
            Self::Uniform => x,
        })
    }
}

/// Linear interpolation through nodes that stand at equal distances over `[0, 1]`.
fn interpolate(nodes: &[i64], x: i128) -> i128 {
    let Some(intervals) = nodes.len().checked_sub(1).filter(|n| *n > 0) else {
        return 0;
    };
    let position = x * i128::try_from(intervals).unwrap_or(1);
    let at = usize::try_from(position >> 32).unwrap_or(0).min(intervals - 1);
    let (low, high) = match nodes.get(at..=at + 1) {
        Some([low, high]) => (i128::from(*low), i128::from(*high)),
        _ => (0, 0),
    };
    let fraction = position - (i128::try_from(at).unwrap_or(0) << 32);
    low + (((high - low) * fraction) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every family, with the size ahead after worked example 13.1's last decrease.
    fn families() -> Vec<(Phi, i64)> {
        vec![
            (Phi::RiskAverse, 60),
            (Phi::AllAhead, 40),
            (Phi::Uniform, 48),
            (Phi::PowerRatio(2), 47),
            (Phi::PowerRatio(3), 45),
            (Phi::LogRatio, 50),
            (Phi::PowerGap(2), 44),
            (Phi::LogGap, 57),
            (Phi::PowerX(2), 53),
            (Phi::PowerX(3), 56),
            (Phi::Bias(-(1 << 31)), 52),
            (Phi::learnt(), 57),
            (Phi::TradeOnly, 60),
        ]
    }

    #[test]
    fn each_family_credits_its_share_of_a_decrease() {
        for (phi, expected) in families() {
            assert_eq!(phi.advance(60, 20, 100, 1), expected, "{}", phi.name());
        }
    }

    #[test]
    fn what_cannot_come_from_behind_comes_from_the_front() {
        assert_eq!(Phi::PowerX(3).advance(30, 25, 40, 1), 15);
        assert_eq!(Phi::RiskAverse.advance(70, 10, 70, 1), 60);
    }

    #[test]
    fn a_table_is_linear_between_its_nodes() {
        let half = 1_i64 << 31;
        let table = Phi::Table(Arc::from([0, half, 1 << 32]));
        assert_eq!(table.advance(60, 20, 100, 1), 49, "0.6 minus a unit of Q32, floored");
        assert_eq!(Phi::Table(Arc::from([])).advance(60, 20, 100, 1), 60);
    }

    #[test]
    fn names_read_back() {
        for (phi, _) in families().into_iter().filter(|(phi, _)| !matches!(phi, Phi::Bias(_))) {
            assert_eq!(Phi::parse(&phi.name()), Some(phi));
        }
        assert_eq!(Phi::parse("power_x(0)"), None);
    }

    proptest! {
        #[test]
        fn the_size_ahead_stays_between_zero_and_what_is_left(
            total in 1_i64..1 << 60, ahead in 0.0..=1.0_f64, cut in 0.0..=1.0_f64, which in 0_usize..12,
        ) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss,
                clippy::float_arithmetic, reason = "drawing test sizes over sixty binary orders")]
            let part = |share: f64| ((total as f64) * share) as i64;
            let (v, d) = (part(ahead).min(total), part(cut).min(total));
            let (phi, _) = families().swap_remove(which);
            let after = phi.advance(v, d, total, 1_000);
            prop_assert!((0..=(total - d)).contains(&after));
            prop_assert!(after <= v);
        }
    }
}
