//! One queue rule under test: the production code, fed with what a client would see.

use sequence_core::ids::BookSide;
use sequence_core::number::{Price, Quantity};
use sequence_core::rng::Stream;
use sequence_core::score::probes;
use sequence_core::sim::lists::Several;
use sequence_core::sim::lots::Unmatched;
use sequence_core::sim::phi::Phi;
use sequence_core::sim::preset::{EntryAmbiguity, PRESETS, Params};
use sequence_core::sim::queue::{Join, QueueBook, QueueModel, QueueParams};
use sequence_core::sim::tracker::{LotTracker, MatchRate};
use sequence_core::sim::view::{EntryPlace, Mode, StepRules};

use crate::feed::LevelChange;

/// Lots kept per level, as in the presets.
pub const LOTS_CAP: usize = 512;

/// The default with several lists of lots, where every message is one order event.
pub const SEVERAL: &str = "lots/32 lists";
pub const SEVERAL_LISTS: u32 = 32;

/// A rule by name.
#[derive(Debug, Clone)]
pub struct Rule {
    pub name: &'static str,
    pub model: QueueModel,
    /// How the shared lots are kept while nobody rests there; `None` = by match rate.
    pub base: Option<Unmatched>,
    /// Where size in the first message after an entry goes; `None` = by the feed.
    pub entry: Option<EntryPlace>,
    /// Lists of lots beside the likeliest.
    pub lists: u32,
}

/// Every preset as a rule. A shadow has no size, so size assumed hidden in proportion to it is
/// nothing; these feeds tell trades first, so nothing is held once that is learnt.
pub fn presets() -> Vec<Rule> {
    let rule = |(name, params): &(&'static str, Params)| Rule {
        name,
        model: params.queue(1, 0, 0).model,
        base: None,
        lists: 0,
        entry: match params.entry_ambiguity {
            EntryAmbiguity::ByFeed => None,
            EntryAmbiguity::Behind => Some(EntryPlace::Behind),
            EntryAmbiguity::Ahead => Some(EntryPlace::Ahead),
        },
    };
    PRESETS.iter().map(rule).collect()
}

/// Every rule that is compared, the default last.
pub fn rules() -> Vec<Rule> {
    let scalar = |name, phi| Rule {
        name,
        model: QueueModel::Fixed(Mode::Scalar(phi)),
        base: None,
        lists: 0,
        entry: None,
    };
    let lots = |name, unmatched| Rule {
        name,
        model: QueueModel::Fixed(Mode::Lots(unmatched)),
        base: Some(unmatched),
        lists: 0,
        entry: None,
    };
    vec![
        scalar("risk_averse", Phi::RiskAverse),
        scalar("trade_only", Phi::TradeOnly),
        scalar("all_ahead", Phi::AllAhead),
        scalar("uniform", Phi::Uniform),
        scalar("power_ratio(2)", Phi::PowerRatio(2)),
        scalar("power_ratio(3)", Phi::PowerRatio(3)),
        scalar("log_ratio", Phi::LogRatio),
        scalar("power_gap(2)", Phi::PowerGap(2)),
        scalar("log_gap", Phi::LogGap),
        scalar("power_x(2)", Phi::PowerX(2)),
        scalar("power_x(3)", Phi::PowerX(3)),
        scalar("table", Phi::learnt()),
        lots("lots/one_lot", Unmatched::OneLot),
        lots("lots/back", Unmatched::Back),
        lots("lots/power(3)", Unmatched::Power(3)),
        Rule {
            name: SEVERAL,
            model: QueueModel::Auto,
            base: None,
            entry: None,
            lists: SEVERAL_LISTS,
        },
        Rule { name: "lots/auto", model: QueueModel::Auto, base: None, entry: None, lists: 0 },
    ]
}

/// A rule with its state.
#[derive(Debug, Clone)]
pub struct Estimator {
    pub tracker: LotTracker,
    pub book: QueueBook,
}

impl Estimator {
    /// The rule at the start of a tape; `lot` is the instrument's lot step.
    pub fn new(rule: Rule, lot: i64, entry: EntryPlace) -> Self {
        let event_level = entry == EntryPlace::Behind;
        let rate = rule.base.map_or_else(MatchRate::default, MatchRate::fixed);
        let rate = rate.on_feed(event_level);
        let several = Several { count: rule.lists, stream: Stream::new(0, 0, "queue") };
        let rules = StepRules {
            several,
            hold_ns: 0,
            fill_quantum: 1,
            lot_step: lot,
            lots_cap: LOTS_CAP,
            entry: rule.entry.unwrap_or(entry),
            shadows: false,
        };
        let params =
            QueueParams { model: rule.model, hidden_ahead_ppm: 0, band_hidden_ppm: 0, rules };
        let tracker = LotTracker::new(0, LOTS_CAP).with_rate(rate).with_lists(several);
        Self { tracker, book: QueueBook::new(params) }
    }

    /// A level as a snapshot shows it.
    pub fn snapshot(&mut self, side: BookSide, px: i64, qty: i64) {
        self.tracker.on_snapshot_level(side, Price(px), Quantity(qty), 0);
    }

    /// A probe joins the back of a level that displays `displayed`; returns the size ahead.
    pub fn join(&mut self, key: u64, side: BookSide, px: i64, displayed: i64, t: i64) -> i64 {
        let entry = self.tracker.entry(side, Price(px), Quantity(displayed), t);
        let price = Price(px);
        let join = Join { order: key, side, price, quantity: Quantity(0), seq: key, now_ns: t };
        self.book.join(join, entry);
        let view = self.book.level(side, price);
        view.and_then(|view| view.own().iter().next_back()).map_or(0, |own| own.ahead)
    }

    /// A print; `filled` is called for every probe that it would have filled.
    pub fn print(&mut self, hit: BookSide, px: i64, qty: i64, t: i64, filled: impl FnMut(u64)) {
        let (price, quantity) = (Price(px), Quantity(qty));
        // As in the engine: what is shared first, then the rule, then the account's own queue.
        self.tracker.on_print(hit, price, quantity, t, t);
        self.book.set_policy(&self.tracker.policy());
        probes::print(&mut self.book, (hit, price, quantity), t, filled);
    }

    /// A depth message; `filled` is called for every probe that the quote crosses.
    pub fn level(&mut self, change: &LevelChange, filled: impl FnMut(u64)) {
        let LevelChange { t, side, px, before, after } = *change;
        self.tracker.on_level(side, Price(px), Quantity(after), 0, t);
        self.book.set_policy(&self.tracker.policy());
        if after > before {
            probes::cross(&mut self.book, (side, Price(px)), filled);
        }
        let sizes = (Quantity(before), Quantity(after));
        self.book.on_level(side, Price(px), sizes, 0, t, &mut Vec::new());
    }
}
