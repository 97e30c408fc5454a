//! What a market's own stream says of the list of lots: how often cancels are recognised, and which
//! front the prints of sweeps found right. From that: which rule, and how far it is believed.

use crate::sim::lots::Unmatched;
use crate::sim::step::Mode;

/// Decreases needed before the match rate decides anything.
const ENOUGH_DECREASES: u64 = 200;
/// Weight of the newest decrease is one in this many.
const MEMORY: i64 = 256;
/// Match rate from which unmatched decreases of conflated depth are taken from the back, in ppm;
/// below it they are spread over the level. Chosen on the first five twelfths of the tapes of
/// `benches/fidelity`: between the feeds on which either scored better (0.84 and 0.81).
const BACK_FROM_PPM: i64 = 820_000;
/// How far beyond a threshold the rate must go to change a choice once made, in ppm.
const HYSTERESIS_PPM: i64 = 50_000;
/// Exponent of the unmatched rule `power(k)` until one is given.
pub const POWER_K: u32 = 1;
/// Match rates from which a list that no sweep has tested yet is believed a little and wholly, ppm:
/// at one half, recognising a cancel is a toss of a coin.
const BELIEF_PPM: (i64, i64) = (500_000, 850_000);
/// How many tested fronts the match rate counts for.
const BELIEF_WEIGHT: i64 = 20;
/// Tested fronts that are remembered; beyond them old ones count half.
const TESTED_FRONTS: i64 = 256;

/// How far a list of lots is believed against the reading that every cancel came from behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trust {
    /// Weight of the list in the estimate, in ppm.
    pub ppm: i64,
    /// A print fills only what even the careful reading has let through: depth that is conflated
    /// hides orders that came and went, and a false fill costs more than a late one.
    pub careful_fills: bool,
}

impl Trust {
    /// The list alone.
    pub const FULL: Self = Self { ppm: 1_000_000, careful_fills: false };

    /// The estimate between what the careful reading and the list say, never above the first.
    pub fn blend(self, careful: i64, listed: i64) -> i64 {
        let gap = i128::from((careful - listed).max(0));
        careful - i64::try_from(gap * i128::from(self.ppm) / 1_000_000).unwrap_or(0)
    }
}

/// How often a decrease had exactly the size of a known lot, and how often fronts were right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MatchRate {
    rate_ppm: i64,
    seen: u64,
    choice: Choice,
    fixed: Option<Unmatched>,
    power_k: u32,
    event_level: bool,
    /// A decrease of no lot's size comes from the back, also where every message is one order.
    reduces_back: bool,
    /// Fronts of sweeps that only the list, and only the careful reading, had right.
    fronts: (i64, i64),
}

impl Default for MatchRate {
    fn default() -> Self {
        Self::with_power(POWER_K)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
enum Choice {
    #[default]
    Undecided,
    Power,
    Back,
}

impl MatchRate {
    /// Share of matched decreases, in ppm.
    pub const fn ppm(&self) -> i64 {
        self.rate_ppm
    }

    /// Decreases seen.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Tested fronts that only the list, and only the careful reading, had right.
    pub const fn fronts(&self) -> (i64, i64) {
        self.fronts
    }

    /// Nothing seen yet on a feed with one message per order event; `power_k` is the exponent of
    /// `power(k)` where that is chosen.
    pub const fn with_power(power_k: u32) -> Self {
        let (choice, fixed) = (Choice::Undecided, None);
        let (rate_ppm, seen, event_level, fronts) = (0, 0, true, (0, 0));
        let reduces_back = false;
        Self { rate_ppm, seen, choice, fixed, power_k, event_level, reduces_back, fronts }
    }

    /// The same for a feed whose depth may be conflated.
    #[must_use]
    pub const fn on_feed(self, event_level: bool) -> Self {
        Self { event_level, ..self }
    }

    /// The same for a market whose prices are shares of one. On the first five twelfths of 16
    /// recordings of Kalshi the newest lots give what matches none with 3 of 2,890 fills too early,
    /// one larger lot with 5 (and finds 89 instead of 88 % at their instant): too early costs more.
    #[must_use]
    pub const fn on_events(self, unit_price: bool) -> Self {
        Self { reduces_back: unit_price, ..self }
    }

    /// A rate that has its choice made for it: for comparing fixed rules.
    pub const fn fixed(unmatched: Unmatched) -> Self {
        Self { fixed: Some(unmatched), ..Self::with_power(POWER_K) }
    }

    /// The queue rule that suits the stream.
    pub const fn policy(&self) -> Mode {
        Mode::Lots(self.unmatched())
    }

    /// How the shared lists are kept: their sizes must stay whole, so that cancels are recognised.
    pub const fn base(&self) -> Unmatched {
        match self.fixed {
            Some(unmatched) => unmatched,
            None if self.event_level && self.reduces_back => Unmatched::Back,
            None => Unmatched::OneLot,
        }
    }

    /// How a decrease is spread that no lot matches.
    pub const fn unmatched(&self) -> Unmatched {
        match (self.fixed, self.choice) {
            (Some(unmatched), _) => unmatched,
            (None, _) if self.is_proven() => self.base(),
            (None, Choice::Back) => Unmatched::Back,
            (None, Choice::Power | Choice::Undecided) => Unmatched::Power(self.power_k),
        }
    }

    /// How far the list is believed: wholly where every message is one order, else as far as sweeps
    /// have confirmed it, starting from the match rate.
    pub fn trust(&self) -> Trust {
        if self.fixed.is_some() || self.is_proven() {
            return Trust::FULL;
        }
        let (listed, careful) = self.fronts;
        let (none, whole) = BELIEF_PPM;
        let seen = i64::try_from(self.seen.min(ENOUGH_DECREASES)).unwrap_or(0);
        let belief = (self.rate_ppm - none).clamp(0, whole - none) * 1_000_000 / (whole - none);
        let belief = belief * seen / ENOUGH_DECREASES.cast_signed();
        let ppm = (listed * 1_000_000 + BELIEF_WEIGHT * belief)
            .div_euclid(listed + careful + BELIEF_WEIGHT);
        Trust { ppm, careful_fills: true }
    }

    /// True when fronts are to be tested: the rule is open and the feed may be conflated.
    pub const fn is_tested(&self) -> bool {
        self.fixed.is_none() && !self.event_level
    }

    /// The automatic list is believed whole, so that several of it may be kept.
    pub const fn is_whole(&self) -> bool {
        self.fixed.is_none() && self.is_proven()
    }

    /// One message per order event, as far as the match rate has not said otherwise.
    const fn is_proven(&self) -> bool {
        self.event_level && matches!(self.choice, Choice::Undecided | Choice::Back)
    }

    /// Two fronts that differed were tested.
    pub(crate) const fn tell(&mut self, listed: bool, careful: bool) {
        if listed {
            self.fronts.0 += 1;
        }
        if careful {
            self.fronts.1 += 1;
        }
        if self.fronts.0 + self.fronts.1 > TESTED_FRONTS {
            self.fronts = (self.fronts.0 / 2, self.fronts.1 / 2);
        }
    }

    /// Counts one decrease. Until `MEMORY` of them the rate is the plain mean, so that the choice
    /// after 200 rests on all of them.
    pub(crate) fn count(&mut self, hit: bool) {
        self.seen += 1;
        let weight = i64::try_from(self.seen).unwrap_or(MEMORY).min(MEMORY);
        let target = if hit { 1_000_000 } else { 0 };
        self.rate_ppm += (target - self.rate_ppm).div_euclid(weight);
        if self.seen >= ENOUGH_DECREASES {
            self.choose();
        }
    }

    fn choose(&mut self) {
        let margin = match self.choice {
            Choice::Undecided => 0,
            Choice::Power => HYSTERESIS_PPM,
            Choice::Back => -HYSTERESIS_PPM,
        };
        let back = self.rate_ppm >= BACK_FROM_PPM + margin;
        self.choice = if back { Choice::Back } else { Choice::Power };
    }
}
