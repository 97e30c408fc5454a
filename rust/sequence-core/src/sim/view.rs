//! One account's picture of one price level: the record, the queue, and the account's own orders.
//!
//! Invariant: `E = max(R − T, 0) + P + σ` with `σ ≥ 0`, where `E` is the external size estimated to
//! stand here and `σ` (the surplus) is what own fills and hidden allowances leave alive compared
//! with the record. `σ` is derived, never stored.

use crate::sim::lists::{Lists, Several};
use crate::sim::lots::LotQueue;
use crate::sim::phi::Phi;
use crate::sim::ranks::{Ranks, serve};
use crate::sim::record::{DepthChange, Held, MAX_SIZE, Record};
use crate::sim::resting::{Lane, Resting, own_fill};
pub(crate) use crate::sim::step::Budget;
pub use crate::sim::step::{EntryPlace, Mode, StepRules};
use crate::sim::trust::Trust;

/// A level with own orders.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LevelView {
    record: Record,
    queue: Lists,
    /// `E` where the rule needs no list.
    scalar_external: i64,
    own: Ranks,
    mode: Mode,
    trust: Trust,
}

impl LevelView {
    /// A view that starts from what is known of the level.
    pub fn new(record: Record, mut queue: Lists, (mode, trust): (Mode, Trust)) -> Self {
        let external = queue.first().external();
        if matches!(mode, Mode::Scalar(_)) {
            queue = Lists::default();
        }
        Self { record, queue, scalar_external: external, own: Ranks::default(), mode, trust }
    }

    /// The feed's side of the level.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Own orders, first served first.
    pub const fn own(&self) -> &Ranks {
        &self.own
    }

    /// The rule in force.
    pub const fn mode(&self) -> &Mode {
        &self.mode
    }

    /// The market's rule changed. Rules other than the automatic choice keep theirs.
    pub(crate) fn follow(&mut self, mode: &Mode, trust: Trust, automatic: bool) {
        if !automatic || !matches!((&self.mode, mode), (Mode::Lots(_), Mode::Lots(_))) {
            return;
        }
        let was_careful = self.trust.careful_fills;
        self.mode.clone_from(mode);
        self.trust = trust;
        if was_careful && !trust.careful_fills {
            self.believe_again();
        }
    }

    /// Size that has to be printed before this order's turn, as far as fills are concerned.
    pub fn before(&self, own: &Resting) -> i64 {
        match self.lane() {
            Lane::Careful => own.careful,
            Lane::Sure => own.sure,
            _ => own.ahead,
        }
    }

    /// What the careful rule spread over the level was taken from lots before own orders too; a list
    /// that is believed alone from now on must not fill them by that.
    fn believe_again(&mut self) {
        self.queue.put_before(self.own.iter().map(|own| own.careful));
        for (own, place) in self.own.iter_mut().zip(self.queue.first().ahead()) {
            own.book(place, false, own.since_ns);
        }
    }

    /// The reading that a print has to reach to fill an order.
    const fn lane(&self) -> Lane {
        if self.trust.careful_fills {
            Lane::Careful
        } else if self.queue.is_open() {
            Lane::Sure
        } else {
            Lane::Main
        }
    }

    /// Open quantity of the first `count` own orders.
    pub(crate) fn own_ahead(&self, count: usize) -> i64 {
        self.queue.first().own_before(count)
    }

    /// The list alone decides.
    fn is_list(&self) -> bool {
        self.is_believed() && !self.queue.is_open()
    }

    fn is_believed(&self) -> bool {
        matches!(self.mode, Mode::Lots(_)) && self.trust == Trust::FULL
    }

    /// With several lists a fill waits until the likeliest one and half of all have let it through:
    /// each alone is early more often than both are late.
    fn agree(&mut self) {
        if self.queue.is_open() {
            for (own, place) in self.own.iter_mut().zip(self.queue.first().ahead()) {
                own.sure = own.ahead.max(place);
            }
        }
    }

    /// External size estimated to stand here, `E`.
    pub const fn external(&self) -> i64 {
        if matches!(self.mode, Mode::Scalar(_)) {
            self.scalar_external
        } else {
            self.queue.first().external()
        }
    }

    /// What own fills left alive compared with the record, `σ`.
    pub fn surplus(&self) -> i64 {
        self.external() - self.record.base() - self.record.held()
    }

    /// Puts an own order at the back. `hidden` is an allowance for size that is not displayed;
    /// `band_hidden` the same for the adversarial shadow.
    pub(crate) fn join(&mut self, mut order: Resting, hidden: i64, band_hidden: i64) {
        if hidden > 0 {
            self.scalar_external += hidden;
            self.queue.each(|list| list.append(hidden, false, order.joined_ns, usize::MAX));
        }
        // Nobody overtakes an own order that came earlier, even where a rule leaves it behind.
        let earlier = self.own.iter().rev().find(|own| !own.probe).map_or(0, |own| own.ahead);
        let ahead = self.external().max(earlier);
        order.ahead = ahead;
        order.careful = ahead;
        order.sure = ahead;
        order.entry_ahead = ahead;
        order.entry_displayed = self.record.displayed();
        order.low.ahead = ahead - hidden;
        order.low.remaining = order.remaining;
        order.high.ahead = ahead - hidden + band_hidden.max(hidden);
        order.high.remaining = order.remaining;
        order.high.hidden = band_hidden.max(hidden) - hidden;
        self.queue.each(|list| list.append_own(order.remaining));
        self.own.push(order);
    }

    /// Takes an order out; true when no own order is left.
    pub(crate) fn remove(&mut self, order: u64) -> bool {
        if let Some(at) = self.own.remove(order) {
            self.queue.each(|list| list.set_own(at, 0));
        }
        self.own.is_empty()
    }

    /// Makes an order smaller without losing its place.
    pub(crate) fn shrink(&mut self, order: u64, remaining: i64) {
        if let Some((at, own)) = self.own.find_mut(order) {
            let cut = own.remaining - remaining;
            own.remaining = remaining;
            own.low.remaining = (own.low.remaining - cut).max(0);
            own.high.remaining = (own.high.remaining - cut).clamp(0, remaining.max(0));
            self.queue.each(|list| list.set_own(at, remaining));
        }
    }

    /// Rule 1: a print at this price by an aggressor of the other side. `recorded` is the part of
    /// it that the record's size contains.
    pub(crate) fn print_at(&mut self, recorded: i64, budget: Budget, now: i64, rules: &StepRules) {
        self.record.print(recorded);
        self.queue.judge(recorded, now, rules.several);
        if rules.shadows {
            serve(&mut self.own, Lane::Low, budget.low, rules.fill_quantum);
            serve(&mut self.own, Lane::High, budget.high, rules.fill_quantum);
        }
        if self.is_list() {
            self.walk_list(budget.main, rules);
            for (own, place) in self.own.iter_mut().zip(self.queue.first().ahead()) {
                own.careful = (own.careful - budget.main).max(place);
                own.book(place, true, now);
            }
            self.sync_list();
        } else {
            self.serve_scalar(budget.main, now, rules);
        }
        let missing = self.record.base() + self.record.held() - self.external();
        if missing > 0 {
            self.queue.each(|list| list.append(missing, false, now, rules.lots_cap));
            self.scalar_external += missing;
        }
    }

    fn walk_list(&mut self, budget: i64, rules: &StepRules) {
        let mut own = self.own.iter_mut();
        self.queue.walk_first(budget, |left, size| {
            let taken = own_fill(left, size, rules.fill_quantum);
            if let Some(order) = own.next() {
                order.taken = taken;
                order.budget = left;
                order.remaining -= taken;
            }
            taken
        });
    }

    fn serve_scalar(&mut self, budget: i64, now: i64, rules: &StepRules) {
        let lane = self.lane();
        let consumed = serve(&mut self.own, lane, budget, rules.fill_quantum);
        self.scalar_external = (self.scalar_external - consumed).max(0);
        self.queue.consume(consumed);
        let places = self.queue.ahead().chain(std::iter::repeat(0));
        for (own, listed) in self.own.iter_mut().zip(places) {
            let scalar = (own.ahead - consumed).max(0);
            own.careful = (own.careful - consumed).max(0);
            let ahead = match self.mode {
                // A rule that came to believe the list less does not move an order back.
                Mode::Lots(_) => self.trust.blend(own.careful, listed).min(own.ahead),
                _ => combine(&self.mode, scalar, listed),
            };
            own.book(ahead, true, now);
        }
        self.agree();
        self.sync_list();
    }

    /// Rules 2 and 3: evidence beyond this price fills own orders whatever stands ahead. After a
    /// print through (`jump`) they are first. Returns what is left of the budget.
    pub(crate) fn fill_beyond(
        &mut self,
        budget: Budget,
        jump: bool,
        now: i64,
        quantum: i64,
    ) -> Budget {
        let mut left = budget;
        for own in self.own.iter_mut() {
            own.budget = left.main;
            own.taken = own_fill(left.main, own.remaining, quantum);
            own.remaining -= own.taken;
            left.main -= own.taken;
            for (shadow, budget) in [(&mut own.low, &mut left.low), (&mut own.high, &mut left.high)]
            {
                let taken = own_fill(*budget, shadow.remaining, quantum);
                shadow.fill(taken);
                *budget -= taken;
            }
            if jump {
                own.careful = 0;
                own.sure = 0;
                own.book(0, false, now);
                own.high.ahead = 0;
            }
        }
        if jump {
            self.queue.each(LotQueue::own_to_front);
        }
        self.sync_list();
        left
    }

    /// Rules 4 and 5: the level now shows `displayed`, with `count` orders (0 = not given).
    ///
    /// `last_message` is the time of the market's depth message before this one.
    pub(crate) fn depth(
        &mut self,
        (displayed, count): (i64, u32),
        now: i64,
        last_message: i64,
        rules: &StepRules,
    ) {
        self.settle(now, rules);
        let change = self.record.depth(displayed, count);
        if change.increase > 0 {
            self.increase(change.increase, (last_message, now), rules);
        }
        self.end_entry();
        if change.decrease > 0 {
            let held = Held::new(change, now, rules.hold_ns);
            if rules.hold_ns > 0 {
                self.record.hold(held);
            } else {
                self.cancel(&held, now, rules);
            }
        }
        self.clear_if_empty(now);
    }

    /// Applies held decreases that are due as cancels.
    pub(crate) fn settle(&mut self, now: i64, rules: &StepRules) {
        if self.record.held() == 0 {
            return;
        }
        while let Some(held) = self.record.due(now) {
            self.cancel(&held, held.deadline_ns, rules);
        }
        self.clear_if_empty(now);
    }

    /// Applies the held decreases that a print of `size` shows to be cancels.
    pub(crate) fn overtake(&mut self, size: i64, now: i64, rules: &StepRules) {
        while let Some(held) = self.record.overtaken(size) {
            self.cancel(&held, now, rules);
        }
    }

    /// A depth message of the instrument has passed: later increases are behind.
    pub(crate) fn end_entry(&mut self) {
        for own in self.own.iter_mut() {
            own.fresh = false;
        }
    }

    /// After a gap: the level shows `displayed`, and nothing of what happened in between is known.
    pub(crate) fn resync(&mut self, displayed: i64, now: i64, rules: &StepRules) {
        let external = self.external();
        let displayed = displayed.clamp(0, MAX_SIZE);
        self.record = Record::new(displayed, 0);
        if displayed < external {
            let lost = DepthChange { decrease: external - displayed, increase: 0, fewer: None };
            self.cancel(&Held::new(lost, now, 0), now, rules);
        } else if displayed > external {
            self.end_entry();
            self.increase(displayed - external, (now, now), rules);
        }
        self.clear_if_empty(now);
    }

    /// Orders that this step filled: calls `emit` for each and drops the completed ones.
    pub(crate) fn take_fills(&mut self, mut emit: impl FnMut(&Resting, i64)) {
        if self.own.iter().all(|own| own.taken == 0) {
            return;
        }
        let mut own_ahead: i64 = 0;
        for own in self.own.iter_mut() {
            let open_before = own.remaining.saturating_add(own.taken);
            if own.taken > 0 {
                emit(own, own_ahead);
                own.taken = 0;
            }
            own_ahead = own_ahead.saturating_add(open_before);
        }
        self.own.retain(|own| own.remaining > 0 || own.probe);
    }

    /// Starts a step that may fill: what is due is applied first.
    pub(crate) fn begin(&mut self, now: i64, rules: &StepRules) {
        self.settle(now, rules);
        self.own.iter_mut().for_each(Resting::begin);
    }

    /// Notes a print that has been applied.
    pub(crate) fn note_print(&mut self, size: i64, through: bool, known: bool, now: i64) {
        for own in self.own.iter_mut() {
            own.note_print(size, through, known, now);
        }
    }

    fn increase(&mut self, size: i64, interval: (i64, i64), rules: &StepRules) {
        self.scalar_external += size;
        let mut placed = 0;
        let (last_message, now) = interval;
        for (at, own) in self.own.iter_mut().enumerate().filter(|(_, own)| own.fresh) {
            let part = match rules.entry {
                EntryPlace::Behind => 0,
                // After a silence the message still covers no more than its own interval.
                EntryPlace::ByTime(covered_ns)
                    if own.entry_displayed > 0
                        && in_first_half(
                            own.joined_ns,
                            (last_message.max(now.saturating_sub(covered_ns)), now),
                        ) =>
                {
                    0
                }
                EntryPlace::ByTime(covered_ns)
                    if own.joined_ns <= now.saturating_sub(covered_ns) =>
                {
                    0
                }
                EntryPlace::ByTime(_) | EntryPlace::Ahead => size,
            };
            self.queue.each(|list| {
                list.insert_before_own(at, part - placed, interval.1, rules.lots_cap);
            });
            placed = placed.max(part);
            own.ahead += placed;
            own.careful += placed;
            own.sure += placed;
            own.entry_ahead += placed;
            own.high.ahead += size;
        }
        self.queue.each(|list| list.append(size - placed, true, interval.1, rules.lots_cap));
    }

    /// A decrease that no print explains. What came to the level since it was seen is behind it.
    fn cancel(&mut self, held: &Held, now: i64, rules: &StepRules) {
        let (total, size) = (self.external(), held.size);
        if let Mode::Lots(unmatched) | Mode::Least(_, unmatched) | Mode::Most(_, unmatched) =
            self.mode
        {
            let several = if self.is_believed() { rules.several } else { Several::NONE };
            self.queue.cancel(held, unmatched, several);
        }
        self.scalar_external = (total - size).max(0);
        let places = self.queue.ahead().chain(std::iter::repeat(0));
        let mut before = 0;
        for (own, listed) in self.own.iter_mut().zip(places) {
            let move_up = |phi: &Phi, ahead: i64, total: i64, step: i64| {
                phi.advance(ahead, size, (total - held.later).max(ahead), step)
            };
            let scalar = match &self.mode {
                Mode::Scalar(phi) | Mode::Least(phi, _) | Mode::Most(phi, _) => {
                    move_up(phi, own.ahead, total, rules.lot_step)
                }
                Mode::Lots(_) => listed,
            };
            own.careful = move_up(&Phi::RiskAverse, own.careful, total, 1);
            if rules.shadows {
                let (low, high) = (own.low.ahead, own.high.ahead);
                own.low.ahead = move_up(&Phi::Uniform, low, total, 1);
                own.high.ahead = move_up(&Phi::RiskAverse, high, total + own.high.hidden, 1);
            }
            // Nobody overtakes an own order that came earlier; probes are alone in their world.
            let alone = match self.mode {
                Mode::Lots(_) => self.trust.blend(own.careful, listed).min(own.ahead),
                _ => combine(&self.mode, scalar, listed),
            };
            let ahead = if own.probe { alone } else { alone.max(before) };
            before = if own.probe { before } else { ahead };
            own.book(ahead, false, now);
        }
        self.agree();
    }

    fn clear_if_empty(&mut self, now: i64) {
        if !self.record.is_empty() {
            return;
        }
        self.queue.clear_external();
        self.scalar_external = 0;
        for own in self.own.iter_mut() {
            own.careful = 0;
            own.book(0, false, now);
            own.high.ahead = 0;
            own.high.hidden = 0;
        }
    }

    /// Brings the list's own entries to the open quantities, last first so that places hold.
    fn sync_list(&mut self) {
        let mut at = self.own.len();
        for own in self.own.iter().rev() {
            at -= 1;
            if own.taken > 0 {
                self.queue.each(|list| list.set_own(at, own.remaining));
            }
        }
    }
}

/// True when `joined` lies in the first half of an interval of known length.
fn in_first_half(joined: i64, (from, to): (i64, i64)) -> bool {
    2 * (i128::from(joined) - i128::from(from)) < i128::from(to) - i128::from(from)
}

fn combine(mode: &Mode, scalar: i64, listed: i64) -> i64 {
    match mode {
        Mode::Scalar(_) => scalar,
        Mode::Lots(_) => listed,
        Mode::Least(..) => scalar.min(listed),
        Mode::Most(..) => scalar.max(listed),
    }
}
