//! A queue as several lists of lots: where a decrease leaves open which lot it was, every list draws
//! its own, and what the market shows next tells which of them can have been right.
//!
//! The first list is that of the likeliest choices. The others begin with the first doubt and end
//! with the level. All of them hold the same total at all times; own orders stand in each.

use crate::rng::{Stream, below};
use crate::sim::lots::{LotQueue, Unmatched};
use crate::sim::record::Held;

/// Weight of the list that fits best.
const WHOLE: u64 = 1 << 24;
/// What is left of a list's weight, of 16 parts: after a cancel of a size that others have and it has
/// not, a print larger than its front, and one smaller, which may have executed it in part. Doubles
/// of these score alike on the tapes of `benches/fidelity`; without the first, ES loses what it wins.
const LACKS_SIZE: u64 = 4;
const FRONT_TOO_SMALL: u64 = 2;
const FRONT_TOO_LARGE: u64 = 8;
const PARTS: u64 = 16;

/// How many lists are kept beside the first, and where their draws come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Several {
    /// 0 keeps the first alone.
    pub count: u32,
    /// The stream of the market. A draw is addressed by what it is about, so that it is the same
    /// whenever and in whose queue it is made.
    pub stream: Stream,
}

impl Several {
    /// The first list alone.
    pub const NONE: Self = Self { count: 0, stream: Stream::EMPTY };
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Guess {
    queue: LotQueue,
    weight: u64,
}

/// The lists of one level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Lists {
    first: LotQueue,
    guesses: Vec<Guess>,
}

impl From<LotQueue> for Lists {
    fn from(first: LotQueue) -> Self {
        Self { first, guesses: Vec::new() }
    }
}

impl Lists {
    /// The list of the likeliest choices.
    pub const fn first(&self) -> &LotQueue {
        &self.first
    }

    /// Whether there are others.
    pub const fn is_open(&self) -> bool {
        !self.guesses.is_empty()
    }

    /// Keeps the first list alone.
    pub fn close(&mut self) {
        self.guesses.clear();
    }

    /// Does the same to every list.
    #[inline]
    pub fn each(&mut self, mut change: impl FnMut(&mut LotQueue)) {
        change(&mut self.first);
        if self.is_open() {
            self.each_other(change);
        }
    }

    /// Most levels have no other.
    #[cold]
    fn each_other(&mut self, mut change: impl FnMut(&mut LotQueue)) {
        self.guesses.iter_mut().for_each(|guess| change(&mut guess.queue));
    }

    /// Forgets every external lot; own entries stay.
    pub fn clear_external(&mut self) {
        self.first.clear_external();
        self.close();
    }

    /// Spends a print's budget from the front of the first list, where there is no other. As
    /// [`LotQueue::walk`].
    pub fn walk_first(&mut self, budget: i64, on_own: impl FnMut(i64, i64) -> i64) {
        self.first.walk(budget, on_own);
    }

    /// Spends a print's budget on external lots alone.
    #[inline]
    pub fn consume(&mut self, size: i64) {
        self.each(|list| {
            list.walk(size, |_, _| 0);
        });
    }

    /// Removes an unexplained decrease, from every list by its own draw. True when it was the exact
    /// size of a known lot of the first.
    pub fn cancel(&mut self, held: &Held, unmatched: Unmatched, several: Several) -> bool {
        if several.count == 0 {
            self.close();
        } else if !self.is_open() && self.first.is_in_doubt(held) {
            let guess = Guess { queue: self.first.clone(), weight: WHOLE };
            self.guesses = vec![guess; several.count as usize];
        }
        let left = self.first.external();
        let matched = self.first.cancel(held, unmatched);
        if self.is_open() {
            self.draw(held, address(held.at_ns, left), several.stream);
        }
        matched
    }

    /// What no lot matches is a smaller order in every other list, and newest orders in the rest:
    /// which of the two a market's people do is as open as whose order it was.
    fn draw(&mut self, held: &Held, at: u64, stream: Stream) {
        let mut factors = Vec::with_capacity(self.guesses.len());
        for (nth, guess) in (0_u64..).zip(&mut self.guesses) {
            let word = stream.value(at.wrapping_add(nth << 48));
            let unmatched = if nth % 2 == 0 { Unmatched::OneLot } else { Unmatched::Back };
            let share = u32::try_from(word >> 32).unwrap_or(u32::MAX);
            let matched = guess.queue.cancel_drawn(held, unmatched, share);
            factors.push(if matched { PARTS } else { LACKS_SIZE });
        }
        if factors.contains(&PARTS) {
            self.weigh(&factors, stream.value(!at));
        }
    }

    /// A print is about to take from the order at the front.
    pub fn judge(&mut self, size: i64, now_ns: i64, several: Several) {
        let fits = |guess: &Guess| match guess.queue.front().map_or(0, |front| front - size) {
            0 => PARTS,
            1.. => FRONT_TOO_LARGE,
            _ => FRONT_TOO_SMALL,
        };
        if self.is_open() {
            let factors: Vec<u64> = self.guesses.iter().map(fits).collect();
            self.weigh(&factors, several.stream.value(!address(now_ns, size)));
        }
    }

    /// Multiplies the weights; where they are worth fewer than half of the lists, these are drawn
    /// anew by them.
    fn weigh(&mut self, factors: &[u64], word: u64) {
        let scaled = self.guesses.iter().zip(factors).map(|(guess, part)| guess.weight * part);
        let scaled: Vec<u64> = scaled.collect();
        let most = scaled.iter().copied().max().unwrap_or(0).max(1);
        let (mut sum, mut squares) = (0_u128, 0_u128);
        for (guess, weight) in self.guesses.iter_mut().zip(scaled) {
            guess.weight = (weight * WHOLE / most).max(1);
            sum += u128::from(guess.weight);
            squares += u128::from(guess.weight).pow(2);
        }
        if sum * sum * 2 < squares * (self.guesses.len() as u128) {
            self.draw_anew(word);
        }
    }

    /// Every list as often as its weight says.
    fn draw_anew(&mut self, word: u64) {
        let total: u64 = self.guesses.iter().map(|guess| guess.weight).sum();
        let step = total.div_ceil(self.guesses.len() as u64).max(1);
        let (mut next, mut before) = (below(word, step.min(total)), 0);
        let mut drawn = Vec::with_capacity(self.guesses.len());
        for guess in &self.guesses {
            before += guess.weight;
            while next < before {
                drawn.push(Guess { queue: guess.queue.clone(), weight: WHOLE });
                next += step;
            }
        }
        self.guesses = drawn;
    }

    /// External size before each own entry, in order: half of the weight has at most so much.
    pub fn ahead(&self) -> impl Iterator<Item = i64> + '_ {
        let alone = (!self.is_open()).then(|| self.first.ahead());
        alone.into_iter().flatten().chain(self.medians())
    }

    /// None where there is one list.
    fn medians(&self) -> Vec<i64> {
        if !self.is_open() {
            return Vec::new();
        }
        let lists: Vec<(u64, Vec<i64>)> =
            self.guesses.iter().map(|one| (one.weight, one.queue.ahead().collect())).collect();
        let median = |at: usize| {
            let places = lists.iter().filter_map(|(weight, all)| Some((*all.get(at)?, *weight)));
            weighted_middle(places.collect())
        };
        (0..self.first.ahead().count()).map(median).collect()
    }

    /// Size of the first external lot, in most lists.
    pub fn front(&self) -> Option<i64> {
        let weight_of = |front: Option<i64>| {
            let same = self.guesses.iter().filter(|other| other.queue.front() == front);
            same.map(|other| other.weight).sum::<u64>()
        };
        let fronts = self.guesses.iter().map(|guess| guess.queue.front());
        fronts.max_by_key(|front| (weight_of(*front), *front)).unwrap_or_else(|| self.first.front())
    }

    /// Brings each own entry back to at least so much before it, from what stands behind.
    pub fn put_before(&mut self, ahead: impl Iterator<Item = i64>) {
        self.close();
        for (own, ahead) in ahead.enumerate() {
            self.first.put_before(own, ahead);
        }
    }
}

/// Where the draws of an event are: a time and a size that no other event of its level has.
const fn address(at_ns: i64, size: i64) -> u64 {
    at_ns.cast_unsigned().rotate_left(20) ^ size.cast_unsigned()
}

fn weighted_middle(mut places: Vec<(i64, u64)>) -> i64 {
    places.sort_unstable();
    let total: u64 = places.iter().map(|(_, weight)| weight).sum();
    let mut before = 0;
    let at_half = |(_, weight): &&(i64, u64)| {
        before += weight;
        2 * before >= total
    };
    places.iter().find(at_half).map_or(0, |(ahead, _)| *ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn several() -> Several {
        Several { count: 16, stream: Stream::new(7, 0, "queue") }
    }

    fn held(size: i64, at_ns: i64) -> Held {
        Held { size, at_ns, later: 0, deadline_ns: at_ns, fewer: None }
    }

    /// Lots of these sizes, an own order, and lots behind it.
    fn queue(before: &[i64], behind: &[i64]) -> Lists {
        let mut first = LotQueue::default();
        for (at, size) in (0..).zip(before) {
            first.append(*size, true, at, 512);
        }
        first.append_own(1);
        for (at, size) in (100..).zip(behind) {
            first.append(*size, true, at, 512);
        }
        first.into()
    }

    #[test]
    fn lists_begin_with_the_first_doubt_and_end_with_the_level() {
        let mut lists = queue(&[5, 7], &[7, 9]);
        lists.cancel(&held(9, 1_000), Unmatched::OneLot, several());
        assert!(!lists.is_open(), "only one lot has that size");
        lists.cancel(&held(7, 2_000), Unmatched::OneLot, several());
        assert!(lists.is_open(), "either of two");
        assert!(lists.guesses.iter().all(|guess| guess.queue.external() == 12));
        let places: std::collections::BTreeSet<i64> =
            lists.guesses.iter().filter_map(|guess| guess.queue.ahead().next()).collect();
        assert_eq!(places, [5, 12].into(), "some drew the one, some the other");
        lists.clear_external();
        assert!(!lists.is_open());
    }

    #[test]
    fn a_print_tells_which_lists_were_right() {
        let mut lists = queue(&[7, 5], &[7]);
        lists.cancel(&held(7, 2_000), Unmatched::OneLot, several());
        for print in [5, 5, 5] {
            lists.judge(print, 3_000 + print, several());
        }
        assert_eq!(lists.front(), Some(5), "the seven in front was the one that left");
        assert!(lists.ahead().eq([5]));
        lists.consume(5);
        assert!(lists.ahead().eq([0]));
        assert!(lists.guesses.iter().all(|guess| guess.queue.external() == 7));
    }

    #[test]
    fn the_same_stream_draws_the_same_whoever_asks() {
        let run = |stream: Stream| {
            let mut lists = queue(&[3; 9], &[3; 9]);
            for at in 1..8 {
                let several = Several { count: 16, stream };
                lists.cancel(&held(3, at * 1_000), Unmatched::OneLot, several);
                lists.judge(3, at * 1_000 + 1, several);
            }
            lists
        };
        assert_eq!(run(several().stream), run(several().stream));
        assert_ne!(run(several().stream), run(Stream::new(8, 0, "queue")));
    }

    #[test]
    fn none_are_kept_where_none_are_asked_for() {
        let mut lists = queue(&[7, 5], &[7]);
        lists.cancel(&held(7, 2_000), Unmatched::OneLot, several());
        lists.cancel(&held(5, 3_000), Unmatched::OneLot, Several::NONE);
        assert!(!lists.is_open());
    }
}
