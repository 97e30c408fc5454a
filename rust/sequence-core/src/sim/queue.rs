//! The maker queue of one account in one market: every resting order, every event that moves it.
//!
//! Feed it each depth change and each print of the market; it answers with the fills they are
//! evidence for. A fill needs a print or an opposite quote: a decrease never fills, a touch never
//! fills, and the own fills of one print never exceed it. Levels without own orders cost two
//! comparisons.

use crate::book::Book;
use crate::ids::BookSide;
use crate::mutant;
use crate::number::{Price, Quantity};
use crate::sim::lists::Several;
use crate::sim::lots::Unmatched;
use crate::sim::phi::Phi;
pub use crate::sim::queue_io::{FillCause, Join, Print, QueueFill, QueueModel, QueueParams};
use crate::sim::resting::{PassedBy, Place, Resting, Shadow};
use crate::sim::tracker::LevelEntry;
use crate::sim::trust::Trust;
use crate::sim::view::{Budget, LevelView, Mode};
use crate::sim::walk::left_of;

/// Levels of a side, best first; a price that comes or goes moves a word of each behind it.
type Levels = Vec<(Price, Box<LevelView>)>;

/// Every resting order of one account in one market.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueueBook {
    params: QueueParams,
    bids: Levels,
    asks: Levels,
    /// Time of the market's last depth message.
    last_message_ns: i64,
    /// An order joined since the last message ended. Most messages meet no new order, and then
    /// need not look at every level.
    joined: bool,
    /// The market's rule, once known.
    policy: Option<Mode>,
    trust: Trust,
}

/// What the evidence of one step is.
#[derive(Debug, Clone, Copy)]
struct Evidence {
    cause: FillCause,
    price: Price,
    size: Quantity,
}

impl QueueBook {
    /// An empty queue book.
    pub fn new(mut params: QueueParams) -> Self {
        if params.model != QueueModel::Auto {
            params.rules.several = Several::NONE;
        }
        Self {
            params,
            bids: Vec::new(),
            asks: Vec::new(),
            last_message_ns: 0,
            joined: false,
            policy: None,
            trust: Trust::FULL,
        }
    }

    /// The same, of a market whose last depth message came at this time.
    #[must_use]
    pub const fn heard_at(mut self, last_message_ns: i64) -> Self {
        self.last_message_ns = last_message_ns;
        self
    }

    /// Parameters in force.
    pub const fn params(&self) -> &QueueParams {
        &self.params
    }

    /// True when nothing rests.
    pub const fn is_empty(&self) -> bool {
        self.bids.is_empty() && self.asks.is_empty()
    }

    /// Own best price of a side.
    pub fn best(&self, side: BookSide) -> Option<Price> {
        self.side(side).first().map(|(price, _)| *price)
    }

    /// Own best and worst price of a side.
    pub fn ends(&self, side: BookSide) -> Option<(Price, Price)> {
        let levels = self.side(side);
        levels.first().zip(levels.last()).map(|((best, _), (worst, _))| (*best, *worst))
    }

    /// The view of a level, while an own order rests there.
    pub fn level(&self, side: BookSide, price: Price) -> Option<&LevelView> {
        let at = position(self.side(side), side, price).ok()?;
        self.side(side).get(at).map(|(_, view)| &**view)
    }

    /// Views of a side with their prices, best first.
    pub fn levels(&self, side: BookSide) -> impl Iterator<Item = (Price, &LevelView)> {
        self.side(side).iter().map(|(price, view)| (*price, &**view))
    }

    /// Puts an order at the back of its queue. `entry` is what is known of the level.
    pub fn join(&mut self, join: Join, entry: LevelEntry) {
        let band_hidden = ppm_of(join.quantity.0, self.params.band_hidden_ppm);
        let hidden = ppm_of(join.quantity.0, self.params.hidden_ahead_ppm);
        self.set_policy(&(entry.policy.clone(), entry.trust));
        let mode = self.mode(entry.policy, entry.unmatched);
        let trust = if self.params.model == QueueModel::Auto { entry.trust } else { Trust::FULL };
        let rules = self.params.rules;
        let views = self.side_mut(join.side);
        let at = match position(views, join.side, join.price) {
            Ok(at) => at,
            Err(at) => {
                let view = LevelView::new(entry.record, entry.queue, (mode, trust));
                views.insert(at, (join.price, Box::new(view)));
                at
            }
        };
        let Some((_, view)) = views.get_mut(at) else { return };
        view.settle(join.now_ns, &rules);
        view.join(resting(join), hidden, band_hidden);
        self.joined = true;
    }

    /// Takes an order out. False when it does not rest here.
    pub fn remove(&mut self, side: BookSide, price: Price, order: u64) -> bool {
        let views = self.side_mut(side);
        let Ok(at) = position(views, side, price) else { return false };
        let Some((_, view)) = views.get_mut(at) else { return false };
        let before = view.own().len();
        let is_over = view.remove(order);
        let rested = view.own().len() < before;
        if is_over {
            views.remove(at);
        }
        rested
    }

    /// Amends in place: a smaller quantity keeps its place. Anything else is remove and join.
    pub fn shrink(&mut self, side: BookSide, price: Price, order: u64, remaining: Quantity) {
        if remaining.0 <= 0 {
            self.remove(side, price, order);
        } else if let Some(view) = self.view_mut(side, price) {
            view.shrink(order, remaining.0);
        }
    }

    /// The market's rule, for every level alike: also those whose orders joined under another.
    /// Places move only with the next event. Fixed rules stay.
    #[inline]
    pub fn set_policy(&mut self, policy: &(Mode, Trust)) {
        let (mode, trust) = policy;
        if self.trust != *trust || self.policy.as_ref() != Some(mode) {
            self.follow(mode, *trust);
        }
    }

    fn follow(&mut self, mode: &Mode, trust: Trust) {
        for (_, view) in self.bids.iter_mut().chain(&mut self.asks) {
            view.follow(mode, trust, self.params.model == QueueModel::Auto);
        }
        (self.policy, self.trust) = (Some(mode.clone()), trust);
    }

    /// How long decreases are held from now on; those that are held keep their time.
    pub const fn set_hold(&mut self, hold_ns: i64) {
        self.params.rules.hold_ns = hold_ns;
    }

    /// A level of `side` changed from `before` to `after` (absolute sizes, `count` orders or 0).
    ///
    /// Moves the queue at that price, and fills own orders of the other side that an appearing or
    /// growing quote crosses.
    pub fn on_level(
        &mut self,
        side: BookSide,
        price: Price,
        (before, after): (Quantity, Quantity),
        count: u32,
        now_ns: i64,
        out: &mut Vec<QueueFill>,
    ) {
        let views = match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        if let Ok(at) = position(views, side, price)
            && let Some((_, view)) = views.get_mut(at)
        {
            view.depth((after.0, count), now_ns, self.last_message_ns, &self.params.rules);
        }
        if after > before && self.crosses(side, price) {
            let evidence =
                Evidence { cause: FillCause::Crossing, price, size: Quantity(after.0 - before.0) };
            self.cross(opposite(side), evidence, now_ns, out);
        }
    }

    /// A depth message of the market has been applied whole, whatever levels it named. Needed on
    /// conflated feeds: size that appears later than the first message after an entry stands
    /// behind it.
    pub fn on_message_end(&mut self, now_ns: i64) {
        self.last_message_ns = now_ns;
        if !std::mem::take(&mut self.joined) {
            return;
        }
        for (_, view) in self.bids.iter_mut().chain(&mut self.asks) {
            view.end_entry();
        }
    }

    /// A print happened.
    pub fn on_print(&mut self, print: Print, now_ns: i64, out: &mut Vec<QueueFill>) {
        match print.hit {
            Some(side) => self.print_side(side, print, now_ns, out),
            None => {
                for side in [BookSide::Bid, BookSide::Ask] {
                    self.print_side(side, print, now_ns, out);
                }
            }
        }
    }

    /// Applies held decreases that are due.
    pub fn on_timer(&mut self, now_ns: i64) {
        let rules = self.params.rules;
        for (_, view) in self.bids.iter_mut().chain(&mut self.asks) {
            view.settle(now_ns, &rules);
        }
    }

    /// When [`Self::on_timer`] next has work.
    pub fn next_deadline(&self) -> Option<i64> {
        let views = self.bids.iter().chain(&self.asks);
        views.filter_map(|(_, view)| view.record().next_deadline()).min()
    }

    /// The book was rebuilt after a gap: queues are matched to what is displayed now, and own
    /// orders that it crosses fill at their own price from the displayed size, less what the
    /// account already `consumed` of it.
    pub fn on_resync(
        &mut self,
        book: &Book,
        consumed: impl Fn(BookSide, Price) -> Quantity,
        now_ns: i64,
        out: &mut Vec<QueueFill>,
    ) {
        let rules = self.params.rules;
        for side in [BookSide::Bid, BookSide::Ask] {
            for (price, view) in self.side_mut(side) {
                view.resync(book.quantity_at(side, *price).0, now_ns, &rules);
            }
            for level in book.levels(opposite(side)) {
                if !self.crosses(opposite(side), level.price) {
                    break;
                }
                let cause = FillCause::ResyncCross;
                let taken = consumed(opposite(side), level.price);
                let size = left_of(level.quantity, Quantity::ZERO, taken);
                let evidence = Evidence { cause, price: level.price, size };
                self.cross(side, evidence, now_ns, out);
            }
        }
    }

    /// True when a quote of `side` at `price` is at or through an own order.
    fn crosses(&self, side: BookSide, price: Price) -> bool {
        self.best(opposite(side)).is_some_and(|own| match side {
            BookSide::Ask => price <= own,
            BookSide::Bid => price >= own,
        })
    }

    fn cross(&mut self, own: BookSide, evidence: Evidence, now: i64, out: &mut Vec<QueueFill>) {
        let rules = self.params.rules;
        let mut budget = Budget::new(evidence.size.0);
        for (price, view) in self.side_mut(own) {
            let reached = match own {
                BookSide::Bid => *price >= evidence.price,
                BookSide::Ask => *price <= evidence.price,
            };
            if !reached {
                break;
            }
            let displayed = view.record().displayed();
            view.begin(now, &rules);
            budget = view.fill_beyond(budget, false, now, rules.fill_quantum);
            emit(own, *price, view, evidence, displayed, out);
        }
        self.drop_empty(own);
    }

    fn print_side(&mut self, side: BookSide, print: Print, now: i64, out: &mut Vec<QueueFill>) {
        let rules = self.params.rules;
        let mut budget = Budget::new(print.quantity.0);
        let (mut touched, known) = (false, print.hit.is_some());
        for (price, view) in self.side_mut(side) {
            let mut better = better(side, *price, print.price);
            if mutant!("large_print_is_through") {
                better |= *price == print.price && print.quantity.0 > view.record().displayed();
            }
            if !better && *price != print.price {
                break;
            }
            touched = true;
            let displayed = view.record().displayed();
            let cause = if better { FillCause::Through } else { FillCause::Queue };
            if known && !better {
                view.overtake(print.external.0, now, &rules);
            }
            view.begin(now, &rules);
            if better {
                budget = view.fill_beyond(budget, true, now, rules.fill_quantum);
            } else if known {
                view.print_at(print.external.0, budget, now, &rules);
            }
            view.note_print(print.quantity.0, better, known, now);
            let evidence = Evidence { cause, price: print.price, size: print.quantity };
            emit(side, *price, view, evidence, displayed, out);
        }
        if touched {
            self.drop_empty(side);
        }
    }

    fn drop_empty(&mut self, side: BookSide) {
        self.side_mut(side).retain(|(_, view)| !view.own().is_empty());
    }

    fn mode(&self, policy: Mode, unmatched: Unmatched) -> Mode {
        match &self.params.model {
            QueueModel::Auto => policy,
            QueueModel::Fixed(mode) => mode.clone(),
            QueueModel::Optimistic => Mode::Least(Phi::Uniform, unmatched),
            QueueModel::Adversarial => Mode::Most(Phi::RiskAverse, unmatched),
        }
    }

    fn view_mut(&mut self, side: BookSide, price: Price) -> Option<&mut LevelView> {
        let views = self.side_mut(side);
        let at = position(views, side, price).ok()?;
        views.get_mut(at).map(|(_, view)| &mut **view)
    }

    const fn side(&self, side: BookSide) -> &Levels {
        match side {
            BookSide::Bid => &self.bids,
            BookSide::Ask => &self.asks,
        }
    }

    const fn side_mut(&mut self, side: BookSide) -> &mut Levels {
        match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        }
    }
}

const fn opposite(side: BookSide) -> BookSide {
    match side {
        BookSide::Bid => BookSide::Ask,
        BookSide::Ask => BookSide::Bid,
    }
}

/// True when `price` is served before `other` on this side.
pub(crate) fn better(side: BookSide, price: Price, other: Price) -> bool {
    match side {
        BookSide::Bid => price > other,
        BookSide::Ask => price < other,
    }
}

/// Most messages are about prices beyond all own orders, which two comparisons tell.
#[inline]
fn position(
    views: &[(Price, Box<LevelView>)],
    side: BookSide,
    price: Price,
) -> Result<usize, usize> {
    match (views.first(), views.last()) {
        (Some((best, _)), Some((worst, _)))
            if !better(side, price, *best) && !better(side, *worst, price) =>
        {
            search(views, side, price)
        }
        (Some((best, _)), _) if !better(side, price, *best) => Err(views.len()),
        _ => Err(0),
    }
}

fn search(views: &[(Price, Box<LevelView>)], side: BookSide, price: Price) -> Result<usize, usize> {
    views.binary_search_by(|(at, _)| match side {
        BookSide::Bid => price.cmp(at),
        BookSide::Ask => at.cmp(&price),
    })
}

pub(super) fn resting(join: Join) -> Resting {
    Resting {
        order: join.order,
        seq: join.seq,
        remaining: join.quantity.0,
        ahead: 0,
        careful: 0,
        sure: 0,
        entry_ahead: 0,
        entry_displayed: 0,
        prints_ahead: 0,
        cancels_ahead: 0,
        prints_at_level: 0,
        prints_through: 0,
        probe: join.quantity.0 == 0,
        fresh: true,
        passed_by: PassedBy::NoPrint,
        joined_ns: join.now_ns,
        since_ns: join.now_ns,
        low: Shadow::default(),
        high: Shadow::default(),
        start: Place::default(),
        taken: 0,
        budget: 0,
    }
}

/// `⌊quantity·ppm/10⁶⌋`.
fn ppm_of(quantity: i64, ppm: i64) -> i64 {
    i64::try_from(i128::from(quantity) * i128::from(ppm) / 1_000_000).unwrap_or(0)
}

fn emit(
    side: BookSide,
    price: Price,
    view: &mut LevelView,
    evidence: Evidence,
    displayed: i64,
    out: &mut Vec<QueueFill>,
) {
    let surplus = Quantity(view.surplus());
    let estimator = view.mode().name();
    view.take_fills(|own, own_ahead| {
        out.push(QueueFill {
            order: own.order,
            side,
            price,
            quantity: Quantity(own.taken),
            remaining: Quantity(own.remaining),
            cause: evidence.cause,
            estimator,
            ahead_before: Quantity(own.start.ahead),
            ahead_after: Quantity(own.ahead),
            ahead_entry: Quantity(own.entry_ahead),
            prints_ahead: Quantity(own.start.prints_ahead),
            cancels_ahead: Quantity(own.start.cancels_ahead),
            own_ahead: Quantity(own_ahead),
            surplus,
            displayed_entry: Quantity(own.entry_displayed),
            displayed_before: Quantity(displayed),
            evidence_price: evidence.price,
            evidence_size: evidence.size,
            budget_before: Quantity(own.budget),
            low: own.low,
            high: own.high,
        });
    });
}
