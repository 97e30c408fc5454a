//! What must hold before any score counts.

use sequence_core::ids::BookSide::{Ask, Bid};
use sequence_core::number::{Price, Quantity};
use sequence_core::rng::mix64;
use sequence_core::sim::lists::Several;
use sequence_core::sim::lots::Unmatched;
use sequence_core::sim::queue::{Join, Print, QueueBook, QueueModel, QueueParams};
use sequence_core::sim::tracker::LevelEntry;
use sequence_core::sim::view::{EntryPlace, Mode, StepRules};

use crate::estimator::{LOTS_CAP, rules};
use crate::queue_twin::{Twin, TwinRule};
use crate::shadow;
use crate::tape::{Event, Kind, Tape};
use crate::truth::TruthBook;

/// Results of all gates of one tape.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gates {
    /// Executions, and the share that hit the order at the front of its level.
    pub executions: u64,
    pub fifo: f64,
    /// Executions of an order that others stood before.
    pub out_of_order: u64,
    /// Messages after which the book is crossed.
    pub crossed: u64,
    /// Events that name unknown orders or take more than there is.
    pub unexplained: u64,
    /// Size added less size removed less size still there.
    pub size_lost: i128,
    /// Fills before the cut that differ when garbage follows it.
    pub look_ahead: usize,
    /// Comparisons with the naive twin, and how many differed.
    pub twin_checks: u64,
    pub twin_differences: u64,
}

impl Gates {
    /// True when every score of the tape may be read.
    pub fn pass(&self) -> bool {
        self.fifo >= 0.95
            && self.crossed == 0
            && self.unexplained == 0
            && self.size_lost == 0
            && self.look_ahead == 0
            && self.twin_differences == 0
    }
}

/// Runs all gates.
pub fn run(tape: &Tape) -> Gates {
    let mut gates = truth(tape);
    gates.look_ahead = look_ahead(tape);
    for (rule, unmatched) in
        [(TwinRule::Back, Unmatched::Back), (TwinRule::Power(3), Unmatched::Power(3))]
    {
        twin(tape, rule, unmatched, &mut gates);
    }
    gates
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn truth(tape: &Tape) -> Gates {
    let (mut book, mut gates) = (TruthBook::default(), Gates::default());
    let (mut first, mut added, mut removed) = (0_u64, 0_i128, 0_i128);
    for event in &tape.events {
        let Some(effect) = book.apply(event) else { continue };
        match event.kind {
            Kind::Add => added += i128::from(effect.qty),
            _ => removed += i128::from(effect.qty),
        }
        if event.kind == Kind::Execute {
            gates.executions += 1;
            first += u64::from(effect.was_first);
        }
        gates.crossed += u64::from(event.last && book.is_crossed());
    }
    let left: i128 = [Bid, Ask]
        .into_iter()
        .flat_map(|side| book.side(side).values().map(|level| i128::from(level.qty)))
        .sum();
    gates.fifo = first as f64 / gates.executions.max(1) as f64;
    gates.out_of_order = gates.executions - first;
    gates.unexplained = book.unexplained;
    gates.size_lost = added - removed - left;
    gates
}

/// Replaces everything after a cut by garbage: what was said before the cut must not change.
fn look_ahead(tape: &Tape) -> usize {
    let (Some(first), Some(last)) = (tape.events.first(), tape.events.last()) else { return 0 };
    let cut = first.t + (last.t - first.t).min(1_200_000_000_000) / 2;
    let until = cut + (cut - first.t);
    let garbage = Tape {
        events: tape
            .events
            .iter()
            .filter(|event| event.t <= until)
            .enumerate()
            .map(|(at, event)| if event.t > cut { spoil(at as u64, event) } else { *event })
            .collect(),
        ..tape.clone()
    };
    let rules: Vec<_> = rules().into_iter().filter(|rule| rule.name == "lots/auto").collect();
    let (real, fake) =
        (shadow::run(tape, &rules, 0, until), shadow::run(&garbage, &rules, 0, i64::MAX));
    let told = |pass: &shadow::Pass| -> Vec<Option<i64>> {
        let before = pass.shadows.iter().take_while(|shadow| shadow.t <= cut).count();
        let filled = pass.beliefs.iter().flat_map(|belief| belief.filled.iter().take(before));
        filled.map(|t| Some(*t).filter(|t| *t <= cut)).collect()
    };
    told(&real).iter().zip(told(&fake)).filter(|(a, b)| **a != *b).count()
}

fn spoil(at: u64, event: &Event) -> Event {
    let noise = mix64(at);
    let kind = if noise & 1 == 0 { Kind::Add } else { Kind::Execute };
    let qty = event.qty * (1 + i64::try_from(noise % 7).unwrap_or(0));
    Event { kind, qty, order: if noise & 2 == 0 { event.order } else { noise }, ..*event }
}

/// Follows orders on the tape with the production queue and with the naive one, side by side.
fn twin(tape: &Tape, rule: TwinRule, unmatched: Unmatched, gates: &mut Gates) {
    const EVERY: usize = 3_000;
    const FOLLOWED: usize = 2_500;
    let mut book = TruthBook::default();
    for (at, event) in tape.events.iter().enumerate() {
        if at % EVERY == 0 && at > 0 {
            for side in [Bid, Ask] {
                let Some(px) = book.best(side) else { continue };
                let rest = tape.events.get(at..(at + FOLLOWED).min(tape.events.len()));
                follow(
                    (side, px),
                    book.qty(side, px),
                    rest.unwrap_or_default(),
                    (rule, unmatched),
                    gates,
                );
            }
        }
        book.apply(event);
    }
}

fn follow(
    (side, px): (sequence_core::ids::BookSide, i64),
    mut shown: i64,
    events: &[Event],
    (rule, unmatched): (TwinRule, Unmatched),
    gates: &mut Gates,
) {
    let (price, size) = (Price(px), (shown / 3).max(1));
    let rules = StepRules {
        hold_ns: 0,
        fill_quantum: 1,
        lot_step: 1,
        lots_cap: LOTS_CAP,
        several: Several::NONE,
        entry: EntryPlace::Behind,
        shadows: false,
    };
    let model = QueueModel::Fixed(Mode::Lots(unmatched));
    let params = QueueParams { model, hidden_ahead_ppm: 0, band_hidden_ppm: 0, rules };
    let mut book = QueueBook::new(params);
    let mut twin = Twin::new(rule, 0, shown.into());
    for order in [1, 2] {
        let quantity = Quantity(size);
        let join = Join { order, side, price, quantity, seq: order, now_ns: 0 };
        book.join(join, LevelEntry::displayed(Quantity(shown)));
        twin.join(order, size.into(), 0);
    }
    let mut out = Vec::new();
    for event in events.iter().filter(|event| (event.side, event.px) == (side, px)) {
        out.clear();
        if event.kind == Kind::Execute {
            let quantity = Quantity(event.qty);
            let print = Print { hit: Some(side), price, quantity, external: quantity };
            book.on_print(print, 0, &mut out);
            let fills = twin.print(event.qty.into(), 0);
            let ours = out.iter().map(|fill| (fill.order, i128::from(fill.quantity.0)));
            gates.compare(ours.eq(fills));
        }
        let after = match event.kind {
            Kind::Add => shown + event.qty,
            Kind::Reduce | Kind::Execute => (shown - event.qty).max(0),
            Kind::Hidden => shown,
        };
        book.on_level(side, price, (Quantity(shown), Quantity(after)), 0, 0, &mut out);
        shown = after;
        if twin.ahead().is_empty() {
            return;
        }
        twin.depth(after.into(), 0);
        let own = book.level(side, price).into_iter().flat_map(|view| view.own().iter());
        let ours = own.map(|own| (own.order, i128::from(own.ahead)));
        gates.compare(ours.eq(twin.ahead()));
    }
}

impl Gates {
    fn compare(&mut self, equal: bool) {
        self.twin_checks += 1;
        self.twin_differences += u64::from(!equal);
    }
}
