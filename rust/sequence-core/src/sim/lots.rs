//! A price level's queue as a list of lots, front first, with own orders at their places.
//!
//! On an order-by-order feed every message reveals one order's size; remembering those sizes tells
//! which order a later cancel was. The list holds what is *estimated* to stand in the queue.

use std::collections::VecDeque;

use crate::sim::math::{HALF_Q32, ONE_Q32, pow_q32, ratio_q32, weighted_quantile};
use crate::sim::record::Held;

/// Rounds of proportional removal before the rest is taken from the back.
const MAX_ROUNDS: u32 = 8;
/// Which of several lots of the cancelled size is taken, as a share of them from the front.
const TIE_SHARE: (usize, usize) = (5, 6);
/// Added to a lot's age before its weight among equals: below it age says nothing.
const TIE_AGE_NS: u64 = 10_000_000;

/// How a decrease that matches no known lot is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unmatched {
    /// From the newest lot backwards: most cancels are of young orders.
    Back,
    /// Cumulative share `(Sᵢ/S)ᵏ` from the front.
    Power(u32),
    /// Feeds with one message per order event: one larger lot got smaller, the one at the weighted
    /// median of those lots with the third power of their place as weight; `Back` where none is
    /// larger. Shaving several lots would damage sizes by which later cancels are recognised.
    OneLot,
}

/// What a feed with order counts says about a decrease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountChange {
    /// No counts, or several orders at once.
    Unknown,
    /// One order left whole.
    OneLess,
    /// An order got smaller in place.
    Same,
}

impl CountChange {
    /// Orders fewer at the level, read as what happened.
    const fn of(fewer: Option<u32>) -> Self {
        match fewer {
            Some(0) => Self::Same,
            Some(1) => Self::OneLess,
            _ => Self::Unknown,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Unknown,
    Known,
    Own,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    size: i64,
    kind: Kind,
    /// When it was added, in ns.
    since_ns: i64,
}

/// The list. Its own entries stand in the order in which their owner keeps its orders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LotQueue {
    entries: VecDeque<Entry>,
    external: i64,
    own: usize,
}

impl LotQueue {
    /// Size of everybody else.
    pub const fn external(&self) -> i64 {
        self.external
    }

    /// Number of external lots.
    pub fn lots(&self) -> usize {
        self.entries.len() - self.own
    }

    /// Adds a lot at the back. `cap` bounds the lots kept; the two frontmost neighbours merge.
    pub fn append(&mut self, size: i64, known: bool, now_ns: i64, cap: usize) {
        if size > 0 {
            self.entries.push_back(Entry { size, kind: kind(known), since_ns: now_ns });
            self.external += size;
            self.enforce(cap);
        }
    }

    /// Adds `count` equal lots of unknown origin (one when the count is not given); what does not
    /// divide goes to the first.
    pub fn append_equal(&mut self, size: i64, count: u32, now_ns: i64, cap: usize) {
        let most = i64::try_from(cap).unwrap_or(i64::MAX).min(size);
        let lots = i64::from(count).min(most).max(1);
        let each = size / lots;
        self.append(each + size % lots, false, now_ns, cap);
        for _ in 1..lots {
            self.append(each, false, now_ns, cap);
        }
    }

    /// Adds a known lot just before the own entry `own`, or at the back when there is none.
    pub fn insert_before_own(&mut self, own: usize, size: i64, now_ns: i64, cap: usize) {
        if size <= 0 {
            return;
        }
        let mut places = self.entries.iter().enumerate().filter(|(_, e)| e.kind == Kind::Own);
        let at = places.nth(own).map_or(self.entries.len(), |(at, _)| at);
        self.entries.insert(at, Entry { size, kind: Kind::Known, since_ns: now_ns });
        self.external += size;
        self.enforce(cap);
    }

    /// Adds an own entry at the back.
    pub fn append_own(&mut self, size: i64) {
        self.entries.push_back(Entry { size, kind: Kind::Own, since_ns: 0 });
        self.own += 1;
    }

    /// Sets the size of an own entry; 0 removes it.
    pub fn set_own(&mut self, own: usize, size: i64) {
        let mut places = self.entries.iter().enumerate().filter(|(_, e)| e.kind == Kind::Own);
        let Some((at, _)) = places.nth(own) else { return };
        if size > 0 {
            if let Some(entry) = self.entries.get_mut(at) {
                entry.size = size;
            }
        } else {
            self.entries.remove(at);
            self.own -= 1;
        }
    }

    /// Moves every own entry to the front, in order: the market has traded through this price.
    pub fn own_to_front(&mut self) {
        let (own, rest): (Vec<Entry>, Vec<Entry>) =
            self.entries.iter().partition(|entry| entry.kind == Kind::Own);
        self.entries = own.into_iter().chain(rest).collect();
    }

    /// Forgets every external lot; own entries stay.
    pub fn clear_external(&mut self) {
        self.entries.retain(|entry| entry.kind == Kind::Own);
        self.external = 0;
    }

    /// Size of the first external lot.
    pub fn front(&self) -> Option<i64> {
        self.entries.iter().find(|entry| entry.kind != Kind::Own).map(|entry| entry.size)
    }

    /// External size before the first lot of exactly this size.
    pub fn before(&self, size: i64) -> Option<i64> {
        let mut before = 0;
        for entry in self.entries.iter().filter(|entry| entry.kind != Kind::Own) {
            if entry.size == size {
                return Some(before);
            }
            before += entry.size;
        }
        None
    }

    /// Removes a decrease from the newest lots that stood there, whatever their sizes.
    pub fn cancel_back(&mut self, held: &Held) {
        let size = held.size.min(self.external);
        let mut taken = self.take_back(size, 0, self.stood(held));
        taken += self.take_back(size - taken, 0, self.entries.len());
        self.external -= taken;
        self.sweep();
    }

    /// External size before each own entry, in order.
    pub fn ahead(&self) -> impl Iterator<Item = i64> + '_ {
        let mut before = 0;
        self.entries.iter().filter_map(move |entry| {
            if entry.kind == Kind::Own {
                return Some(before);
            }
            before += entry.size;
            None
        })
    }

    /// Open quantity of the first `count` own entries.
    pub fn own_before(&self, count: usize) -> i64 {
        let own = self.entries.iter().filter(|entry| entry.kind == Kind::Own);
        own.take(count).map(|entry| entry.size).sum()
    }

    /// Spends a print's budget from the front. `on_own(budget, size)` says how much an own entry
    /// takes, asked of one after the other. Returns the external size consumed.
    pub fn walk(&mut self, budget: i64, mut on_own: impl FnMut(i64, i64) -> i64) -> i64 {
        let (mut left, mut consumed) = (budget, 0);
        for entry in &mut self.entries {
            if left == 0 {
                break;
            }
            let taken = if entry.kind == Kind::Own {
                on_own(left, entry.size)
            } else {
                let taken = left.min(entry.size);
                consumed += taken;
                taken
            };
            entry.size -= taken;
            left -= taken;
        }
        self.external -= consumed;
        self.sweep();
        consumed
    }

    /// Removes an unexplained decrease from lots that stood there when it was seen. True when it was
    /// the exact size of a known one.
    pub fn cancel(&mut self, held: &Held, unmatched: Unmatched) -> bool {
        self.remove(held, unmatched, None)
    }

    /// The same where among several lots that one is taken before which `share` (Q32) of the weight
    /// of all stands.
    pub fn cancel_drawn(&mut self, held: &Held, unmatched: Unmatched, share: u32) -> bool {
        self.remove(held, unmatched, Some(share))
    }

    /// True when more than one lot may be the one that a decrease is of.
    pub fn is_in_doubt(&self, held: &Held) -> bool {
        let is_same = |entry: &&Entry| entry.kind == Kind::Known && entry.size == held.size;
        let same = self.entries.iter().take(self.stood(held)).filter(is_same);
        held.size < self.external && same.count() != 1
    }

    /// Sees to it that an own entry has at least `ahead` before it: what is missing there is taken
    /// from behind it, the newest first.
    pub fn put_before(&mut self, own: usize, ahead: i64) {
        let mut places = self.entries.iter().enumerate().filter(|(_, e)| e.kind == Kind::Own);
        let Some((at, _)) = places.nth(own) else { return };
        let missing = ahead - self.ahead().nth(own).unwrap_or(ahead);
        let mut left = missing.max(0);
        let behind = self.entries.iter_mut().skip(at + 1).filter(|e| e.kind != Kind::Own);
        for entry in behind.rev() {
            let take = left.min(entry.size);
            entry.size -= take;
            left -= take;
        }
        let size = missing.max(0) - left;
        self.entries.insert(at, Entry { size, kind: Kind::Unknown, since_ns: 0 });
        self.sweep();
    }

    fn remove(&mut self, held: &Held, unmatched: Unmatched, drawn: Option<u32>) -> bool {
        let (size, count) = (held.size, CountChange::of(held.fewer));
        let share = drawn.unwrap_or(HALF_Q32);
        if size >= self.external {
            let known = |e: &Entry| e.kind == Kind::Known && e.size == size;
            let exact = self.entries.iter().any(known);
            self.clear_external();
            return exact;
        }
        let stood = self.stood(held);
        if count != CountChange::Same
            && let Some(at) = match (drawn, unmatched) {
                (None, Unmatched::Back | Unmatched::Power(_)) => self.matching(size, stood),
                _ => self.likeliest(size, (held.at_ns, stood), share),
            }
        {
            self.entries.remove(at);
            self.external -= size;
            return true;
        }
        let whole = |e: &Entry| e.kind == Kind::Unknown && e.size >= size;
        if count == CountChange::OneLess
            && let Some(at) = self.entries.iter().take(stood).rposition(whole)
        {
            if let Some(entry) = self.entries.get_mut(at) {
                entry.size -= size;
            }
            self.external -= size;
            self.sweep();
            return false;
        }
        let floor = if count == CountChange::Same { size } else { 0 };
        self.spread(size, (floor, stood), (unmatched, share));
        false
    }

    /// Entries before this position stood there when the decrease was seen; those behind it came
    /// later. Of one instant are those that fit into the size that came since.
    fn stood(&self, held: &Held) -> usize {
        let mut left = held.later;
        let is_later = |entry: &&Entry| {
            let same = entry.since_ns == held.at_ns && entry.size <= left;
            let later = entry.kind == Kind::Own || entry.since_ns > held.at_ns || same;
            left -= if later && entry.kind != Kind::Own { entry.size } else { 0 };
            later
        };
        if held.later == 0 {
            return self.entries.len();
        }
        self.entries.len() - self.entries.iter().rev().take_while(is_later).count()
    }

    /// The known lot of exactly this size that left. Among several the newest is the likeliest,
    /// but not by much: with cancels that grow with the third to fourth power of the place in the
    /// queue, half of the weight lies behind the place at five sixths, so that one is taken (the
    /// newest of up to five).
    fn matching(&self, size: i64, stood: usize) -> Option<usize> {
        let candidates = || {
            let all = self.entries.iter().take(stood).enumerate();
            all.filter(move |(_, e)| e.kind == Kind::Known && e.size == size).map(|(at, _)| at)
        };
        let count = candidates().count();
        candidates().nth((count * TIE_SHARE.0).div_ceil(TIE_SHARE.1).checked_sub(1)?)
    }

    /// The same on a feed with one message per order event, where the age of a lot is known and
    /// says more than its place: where `share` of the
    /// weight `place^¾ / (age + 10 ms)^½` is reached; half is the likeliest.
    fn likeliest(&self, size: i64, (at_ns, stood): (i64, usize), share: u32) -> Option<usize> {
        let is_same = |entry: &Entry| entry.kind == Kind::Known && entry.size == size;
        let mut same = self.entries.iter().take(stood).enumerate().filter(|(_, e)| is_same(e));
        let (first, _) = same.next()?;
        if same.next().is_none() {
            // Mostly it is the only one, and needs no weight.
            return Some(first);
        }
        let mut place = 0_u64;
        let weighted =
            self.entries.iter().take(stood).enumerate().filter_map(move |(at, entry)| {
                place += u64::from(entry.kind != Kind::Own);
                is_same(entry)
                    .then(|| (at, tie_weight(place, at_ns.saturating_sub(entry.since_ns))))
            });
        weighted_quantile(weighted, share)
    }

    /// The lot that got smaller by `size`: larger than it, usually far back.
    fn reduced(&self, size: i64, stood: usize, share: u32) -> Option<usize> {
        let mut place = 0_u64;
        let weighted =
            self.entries.iter().take(stood).enumerate().filter_map(move |(at, entry)| {
                place += u64::from(entry.kind != Kind::Own);
                let larger = entry.kind != Kind::Own && entry.size > size;
                larger.then(|| (at, place.saturating_pow(3)))
            });
        weighted_quantile(weighted, share)
    }

    /// Spreads a decrease over the lots larger than `floor` before position `stood`, or over all
    /// where these are too small.
    fn spread(
        &mut self,
        size: i64,
        (floor, stood): (i64, usize),
        (unmatched, share): (Unmatched, u32),
    ) {
        let mut left = size;
        if unmatched == Unmatched::OneLot
            && let Some(at) = self.reduced(size, stood, share)
            && let Some(entry) = self.entries.get_mut(at)
        {
            entry.size -= size;
            self.external -= size;
            return;
        }
        let power = match unmatched {
            Unmatched::Power(k) => Some(k),
            Unmatched::Back | Unmatched::OneLot => None,
        };
        if let Some(k) = power {
            for _ in 0..MAX_ROUNDS {
                if left == 0 {
                    break;
                }
                left -= self.spread_once(left, (floor, stood), k);
            }
        }
        for (floor, stood) in [(floor, stood), (0, stood), (0, self.entries.len())] {
            left -= self.take_back(left, floor, stood);
        }
        self.external -= size - left;
        self.sweep();
    }

    fn spread_once(&mut self, size: i64, (floor, stood): (i64, usize), k: u32) -> i64 {
        let eligible = |entry: &&Entry| entry.kind != Kind::Own && entry.size > floor;
        let all = self.entries.iter().take(stood).filter(eligible);
        let total: i128 = all.map(|entry| i128::from(entry.size)).sum();
        let (mut before, mut credited, mut taken) = (0_i128, 0_i64, 0);
        for entry in self.entries.iter_mut().take(stood).filter(|entry| eligible(&&**entry)) {
            before += i128::from(entry.size);
            // The last share is exactly 1, so every round hands out its whole decrease.
            let weight = pow_q32(ratio_q32(before, total), k).min(ONE_Q32);
            let upto = i64::try_from((i128::from(size) * weight) >> 32).unwrap_or(size);
            let take = entry.size.min(upto - credited);
            credited = upto;
            taken += take;
            entry.size -= take;
        }
        taken
    }

    fn take_back(&mut self, size: i64, floor: i64, stood: usize) -> i64 {
        let mut left = size;
        for entry in self.entries.iter_mut().take(stood).rev() {
            if left == 0 {
                break;
            }
            if entry.kind != Kind::Own && entry.size > floor {
                let take = left.min(entry.size);
                left -= take;
                entry.size -= take;
            }
        }
        size - left
    }

    /// Drops external lots that are used up; own entries leave through [`Self::set_own`].
    fn sweep(&mut self) {
        let used_up = |entry: &Entry| entry.size == 0 && entry.kind != Kind::Own;
        while self.entries.front().is_some_and(used_up) {
            self.entries.pop_front();
        }
        if self.entries.iter().any(used_up) {
            self.entries.retain(|entry| !used_up(entry));
        }
    }

    fn enforce(&mut self, cap: usize) {
        if self.lots() <= cap.max(1) {
            return;
        }
        let external = |at: usize| self.entries.get(at).is_some_and(|e| e.kind != Kind::Own);
        let Some(at) = (1..self.entries.len()).find(|at| external(at - 1) && external(*at)) else {
            return;
        };
        let merged = self.entries.remove(at).map_or(0, |entry| entry.size);
        if let Some(entry) = self.entries.get_mut(at - 1) {
            entry.size += merged;
            entry.kind = Kind::Unknown;
        }
    }
}

/// `place^¾ / (age + 10 ms)^½` as an integer. Exponents in quarters were compared on the first five
/// twelfths of the tapes of `benches/fidelity`.
fn tie_weight(place: u64, age_ns: i64) -> u64 {
    let age = age_ns.max(0).unsigned_abs().saturating_add(TIE_AGE_NS);
    // The least divisor is 9,765, so the product stays below 2^62; a lot that is a day old keeps ten
    // bits.
    let place = place.min(1 << 16);
    (((place << 46) / (age >> 10)) * (place << 8).isqrt()).isqrt()
}

const fn kind(known: bool) -> Kind {
    if known { Kind::Known } else { Kind::Unknown }
}

#[cfg(test)]
mod tests;
