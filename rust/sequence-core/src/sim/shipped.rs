//! What a preset makes of the queues of a market: the engine and whatever scores it ask here.

use crate::rng::Stream;
use crate::sim::lists::Several;
use crate::sim::preset::{ADVERSARIAL, EntryAmbiguity, Params};
use crate::sim::queue_io::QueueParams;
use crate::sim::step::{EntryPlace, StepRules};
use crate::sim::trust::MatchRate;

impl Params {
    /// What these parameters make of a queue on a feed: `lot` in 1e-8, decreases held for `hold_ns`,
    /// depth messages that cover `conflation_ns` at most (0 = one order event each).
    pub fn queue(&self, lot: i64, conflation_ns: i64, hold_ns: i64) -> QueueParams {
        QueueParams {
            model: self.queue_model.model(self.unmatched_k()),
            hidden_ahead_ppm: self.hidden_ahead_ppm,
            band_hidden_ppm: ADVERSARIAL.hidden_ahead_ppm,
            rules: StepRules {
                hold_ns,
                fill_quantum: lot,
                lot_step: lot,
                lots_cap: usize::try_from(self.lots_cap).unwrap_or(512),
                entry: match self.entry_ambiguity {
                    EntryAmbiguity::ByFeed if conflation_ns > 0 => {
                        EntryPlace::ByTime(conflation_ns)
                    }
                    EntryAmbiguity::Behind | EntryAmbiguity::ByFeed => EntryPlace::Behind,
                    EntryAmbiguity::Ahead => EntryPlace::Ahead,
                },
                several: Several::NONE,
                shadows: self.envelope,
            },
        }
    }

    /// How many lists of lots a level of a market keeps, with draws from the market's own stream.
    pub fn lists(&self, stream: Stream) -> Several {
        Several { count: u32::try_from(self.queue_lists).unwrap_or(0), stream }
    }

    /// Where the match rate of a market begins: by its feed, and by whether prices are shares of one.
    pub fn match_rate(&self, event_level: bool, unit_price: bool) -> MatchRate {
        self.queue_model.rate(self.unmatched_k()).on_feed(event_level).on_events(unit_price)
    }

    /// The exponent of the lots' unmatched rule; checked to be from 1 to 16 where it is set.
    fn unmatched_k(&self) -> u32 {
        u32::try_from(self.power_k).unwrap_or(3)
    }
}
