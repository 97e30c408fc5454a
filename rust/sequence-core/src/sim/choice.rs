//! The queue rules a user can choose by name.

use crate::reject::text_enum;
use crate::sim::lots::Unmatched;
use crate::sim::phi::Phi;
use crate::sim::queue_io::QueueModel;
use crate::sim::step::Mode;
use crate::sim::tracker::MatchRate;

text_enum!(
    /// How queues are estimated: the default and its two shadows, then every published rule.
    QueueChoice {
        /// Lots, with the unmatched rule chosen by the stream's match rate.
        LotsAuto = "lots/auto",
        /// The smaller of `uniform` and the lots.
        LeastUniform = "min(uniform,lots)",
        /// The larger of `risk_averse` and the lots.
        MostRiskAverse = "max(risk_averse,lots)",
        /// Lots, unmatched decreases from the newest backwards.
        LotsBack = "lots/back",
        /// Lots, unmatched decreases by `queue.power_k`.
        LotsPower = "lots/power",
        /// Cancels come from behind.
        RiskAverse = "risk_averse",
        /// Only prints move an order.
        TradeOnly = "trade_only",
        /// Cancels come from ahead.
        AllAhead = "all_ahead",
        /// Cancels are spread evenly.
        Uniform = "uniform",
        /// `xⁿ/(xⁿ + (1−x)ⁿ)`, n = 2.
        PowerRatio2 = "power_ratio(2)",
        /// The same, n = 3.
        PowerRatio3 = "power_ratio(3)",
        /// Ratio of logarithms.
        LogRatio = "log_ratio",
        /// `1 − (1−x)ⁿ`, n = 2.
        PowerGap2 = "power_gap(2)",
        /// Gap of logarithms.
        LogGap = "log_gap",
        /// `xⁿ`, n = 2.
        PowerX2 = "power_x(2)",
        /// The same, n = 3.
        PowerX3 = "power_x(3)",
        /// Learnt from order-by-order data.
        Table = "table",
    }
);

impl QueueChoice {
    /// The estimator of the name; `power_k` is the exponent of the lots' unmatched rule. Rules
    /// with a number in their name keep it.
    pub fn model(self, power_k: u32) -> QueueModel {
        let phi = match self {
            Self::LotsAuto => return QueueModel::Auto,
            Self::LeastUniform => return QueueModel::Optimistic,
            Self::MostRiskAverse => return QueueModel::Adversarial,
            Self::LotsBack => return QueueModel::Fixed(Mode::Lots(Unmatched::Back)),
            Self::LotsPower => return QueueModel::Fixed(Mode::Lots(Unmatched::Power(power_k))),
            Self::RiskAverse => Phi::RiskAverse,
            Self::TradeOnly => Phi::TradeOnly,
            Self::AllAhead => Phi::AllAhead,
            Self::Uniform => Phi::Uniform,
            Self::PowerRatio2 => Phi::PowerRatio(2),
            Self::PowerRatio3 => Phi::PowerRatio(3),
            Self::LogRatio => Phi::LogRatio,
            Self::PowerGap2 => Phi::PowerGap(2),
            Self::LogGap => Phi::LogGap,
            Self::PowerX2 => Phi::PowerX(2),
            Self::PowerX3 => Phi::PowerX(3),
            Self::Table => Phi::learnt(),
        };
        QueueModel::Fixed(Mode::Scalar(phi))
    }

    /// Where the match rate of a stream starts: a fixed list of lots is kept by its own rule even
    /// while nobody rests there.
    pub const fn rate(self, power_k: u32) -> MatchRate {
        match self {
            Self::LotsBack => MatchRate::fixed(Unmatched::Back),
            Self::LotsPower => MatchRate::fixed(Unmatched::Power(power_k)),
            _ => MatchRate::with_power(power_k),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_rule_has_its_name_and_its_rule() {
        let mut seen: Vec<QueueModel> = Vec::new();
        for choice in QueueChoice::ALL {
            let model = choice.model(3);
            assert!(!seen.contains(&model), "{} is another name of a rule", choice.as_str());
            if let QueueModel::Fixed(mode) = &model {
                assert_eq!(mode.name(), choice.as_str());
            }
            if let QueueModel::Fixed(Mode::Scalar(phi)) = &model {
                assert_eq!(Phi::parse(choice.as_str()).as_ref(), Some(phi));
            }
            seen.push(model);
        }
    }
}
