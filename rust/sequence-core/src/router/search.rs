//! The route where smallest orders, funds or lots are in the way: sets of venues are compared.
//!
//! Within a set each venue first gets its smallest share; the rest follows the best price, which is
//! optimal as every ladder only gets worse. Venues with a coarser lot than the finest of the set
//! get the lots just below and just above what that gives, and the finest fill what remains. Of more
//! venues than a handful not every set can be compared: [`crowd`] says which are.

mod crowd;

use super::{Candidate, Offer, Remainder, Task};
use crate::number::Quantity;

/// Of so few venues every set is looked at.
const EVERY: usize = 8;
/// Of more, every set of the best-priced ones.
const TOGETHER: usize = 6;
/// Venues of a set whose lots are tried both ways.
const MOST_COARSE: usize = 3;

#[derive(Debug)]
struct Venue {
    at: usize,
    lot: i64,
    least: i64,
    most: i64,
    /// Score of its best level.
    first: Option<i128>,
    /// Score and size of its levels in whole lots, best first, as far as the order reaches.
    levels: Vec<(i128, i64)>,
    /// Score of what rests here; none where nothing may.
    rest: Option<i128>,
}

/// What shares are worth; the least is the best. An order with a part that nobody can have is
/// refused, so that comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    /// What is left out, where it is more than lies between two lots.
    lacking: i64,
    unfilled: i64,
    unrouted: i64,
    cost: i128,
}

/// The best shares of all sets of the venues that `among` lets in, in candidate order.
pub(super) fn search<I>(
    task: Task<'_>,
    among: impl Fn(usize) -> bool,
    mut offers: impl FnMut(usize) -> I,
) -> Vec<Quantity>
where
    I: Iterator<Item = Offer>,
{
    let usable = task.candidates.iter().enumerate().filter(|(at, _)| among(*at));
    let mut venues: Vec<Venue> = usable
        .filter(|(_, candidate)| candidate.is_usable(task.target))
        .map(|(at, candidate)| Venue::new(task, at, candidate, offers(at)))
        .collect();
    let is_shown = |venue: &Venue| venue.first.is_some();
    if task.remainder == Remainder::Take && venues.iter().any(is_shown) {
        venues.retain(is_shown);
    }
    venues.sort_by_key(|venue| (venue.first.unwrap_or(i128::MAX), venue.at));
    let mut best = Best { worth: None, shares: vec![Quantity::ZERO; task.candidates.len()] };
    let together = if venues.len() > EVERY { TOGETHER } else { venues.len() };
    for bits in 1u32..1 << together {
        let used = (0..together).filter(|place| bits & (1 << place) != 0);
        best.try_set(task, used.filter_map(|place| venues.get(place)).collect());
    }
    if venues.len() > together {
        crowd::search(task, &venues, &mut best);
    }
    best.shares
}

impl Venue {
    fn new(
        task: Task<'_>,
        at: usize,
        candidate: &Candidate,
        offers: impl Iterator<Item = Offer>,
    ) -> Self {
        let (mut first, mut levels, mut left) = (None, Vec::new(), task.target.0);
        for offer in offers {
            if left <= 0 {
                break;
            }
            let score = task.score(offer.price, offer.cost_1e8);
            first = first.or(Some(score));
            let size = offer.size.floor_to(candidate.lot).0;
            if size > 0 {
                levels.push((score, size));
                left -= size;
            }
        }
        let rest = match task.remainder {
            Remainder::Take => None,
            Remainder::Rest(price) => candidate.rest_1e8.map(|cost| task.score(price, cost)),
        };
        let (least, most) = (candidate.least.0, candidate.room().0);
        Self { at, lot: candidate.lot.0.max(1), least, most, first, levels, rest }
    }

    /// What taking a share costs, and how much of it the book does not show.
    fn take(&self, share: i64) -> (i128, i64) {
        let (mut left, mut cost) = (share, 0i128);
        for (score, size) in &self.levels {
            let part = left.min(*size);
            cost = cost.saturating_add(score.saturating_mul(i128::from(part)));
            left -= part;
        }
        (cost, left)
    }
}

struct Best {
    worth: Option<Worth>,
    shares: Vec<Quantity>,
}

impl Best {
    /// True while a part of the order would go nowhere.
    const fn lacks(&self) -> bool {
        match self.worth {
            Some(worth) => worth.lacking > 0,
            None => true,
        }
    }

    /// Compares what a set can do, with each of its venues as the place of a remainder.
    fn try_set(&mut self, task: Task<'_>, venues: Vec<&Venue>) {
        let least = venues.iter().map(|venue| venue.least).fold(0, i64::saturating_add);
        if venues.is_empty() || least > task.target.0 {
            return;
        }
        let rests = task.remainder != Remainder::Take;
        let places = (0..venues.len()).filter(|_| rests).map(Some);
        let mut set = Set::new(task, venues);
        for place in places.chain([None]) {
            set.place = place;
            for shares in set.allocations() {
                self.take_if_better(&set, &shares);
            }
        }
    }

    fn take_if_better(&mut self, set: &Set<'_>, shares: &[i64]) {
        let Some(worth) = set.worth(shares) else { return };
        if self.worth.is_some_and(|known| known <= worth) {
            return;
        }
        self.worth = Some(worth);
        self.shares.fill(Quantity::ZERO);
        for (venue, share) in set.venues.iter().zip(shares) {
            if let Some(slot) = self.shares.get_mut(venue.at) {
                *slot = Quantity(*share);
            }
        }
    }
}

/// Venues that are all used, and the one of them where a remainder may rest.
struct Set<'a> {
    task: Task<'a>,
    venues: Vec<&'a Venue>,
    /// Score, venue and size of all levels, best first; ties in the order of venue ids.
    levels: Vec<(i128, usize, usize, i64)>,
    place: Option<usize>,
}

impl<'a> Set<'a> {
    fn new(task: Task<'a>, venues: Vec<&'a Venue>) -> Self {
        let mut levels = Vec::new();
        for (place, venue) in venues.iter().enumerate() {
            levels
                .extend(venue.levels.iter().map(|(score, size)| (*score, venue.at, place, *size)));
        }
        // Levels of one venue stay in their order: the sort is stable.
        levels.sort_by_key(|(score, at, ..)| (*score, *at));
        Self { task, venues, levels, place: None }
    }

    /// Shares to compare: the finest lots throughout, and the coarser ones rounded both ways.
    fn allocations(&self) -> Vec<Vec<i64>> {
        let finest = self.venues.iter().map(|venue| venue.lot).min().unwrap_or(1);
        let coarse = self.venues.iter().enumerate().filter(|(_, venue)| venue.lot > finest);
        let coarse: Vec<(usize, i64)> =
            coarse.map(|(place, venue)| (place, venue.lot)).take(MOST_COARSE).collect();
        let free = vec![None; self.venues.len()];
        let Some(smooth) = self.fill(&free, coarse.is_empty()) else { return Vec::new() };
        if coarse.is_empty() {
            return vec![smooth];
        }
        let rounded = (0u32..1 << coarse.len()).filter_map(|ups| {
            let mut fixed = free.clone();
            for (bit, (place, lot)) in coarse.iter().enumerate() {
                let share = smooth.get(*place)?;
                let up = if ups & (1 << bit) == 0 { 0 } else { *lot };
                *fixed.get_mut(*place)? = Some(share - share % lot + up);
            }
            self.fill(&fixed, true)
        });
        rounded.collect()
    }

    /// The share of each venue if none had a smallest one.
    fn wishes(&self) -> Vec<i64> {
        let mut filling =
            Filling { whole: false, left: self.task.target.0, shares: vec![0; self.venues.len()] };
        for (_, _, place, size) in &self.levels {
            if let Some(venue) = self.venues.get(*place) {
                filling.add(*place, venue, *size);
            }
        }
        let everywhere = (0..self.venues.len()).filter(|_| self.task.remainder == Remainder::Take);
        for place in everywhere {
            if let Some(venue) = self.venues.get(place) {
                filling.add(place, venue, i64::MAX);
            }
        }
        filling.shares
    }

    /// Fills the venues: those with a fixed share get it, the others the best prices. `None` when a
    /// share would be below its least or above its most. `whole` keeps whole lots.
    fn fill(&self, fixed: &[Option<i64>], whole: bool) -> Option<Vec<i64>> {
        let mut filling = Filling { whole, left: self.task.target.0, shares: Vec::new() };
        for (venue, fixed) in self.venues.iter().zip(fixed) {
            let share = fixed.unwrap_or(venue.least);
            if share < venue.least || share > venue.most || share > filling.left {
                return None;
            }
            filling.shares.push(share);
            filling.left -= share;
        }
        let is_open = |place: &usize| fixed.get(*place) == Some(&None);
        // What a venue has to get is the best of what it shows.
        let mut skip = filling.shares.clone();
        for (_, _, place, size) in self.levels.iter().filter(|level| is_open(&level.2)) {
            let skip = skip.get_mut(*place)?;
            let skipped = (*skip).min(*size);
            *skip -= skipped;
            filling.add(*place, self.venues.get(*place)?, size - skipped);
        }
        let everywhere = (0..self.venues.len()).filter(|_| self.task.remainder == Remainder::Take);
        for place in everywhere.chain(self.place).filter(is_open) {
            filling.add(place, self.venues.get(place)?, i64::MAX);
        }
        Some(filling.shares)
    }

    /// What shares are worth; `None` where they break a rule: off a lot, or resting where nothing
    /// may rest.
    fn worth(&self, shares: &[i64]) -> Option<Worth> {
        let target = self.task.target.0;
        let mut worth = Worth { lacking: 0, unfilled: target, unrouted: target, cost: 0 };
        for (place, (venue, share)) in self.venues.iter().zip(shares).enumerate() {
            if share % venue.lot != 0 {
                return None;
            }
            let (cost, beyond) = venue.take(*share);
            worth.unfilled -= share - beyond;
            worth.unrouted -= share;
            worth.cost = worth.cost.saturating_add(cost);
            if beyond > 0 && self.task.remainder != Remainder::Take {
                let price = venue.rest.filter(|_| self.place == Some(place))?;
                worth.cost = worth.cost.saturating_add(price.saturating_mul(i128::from(beyond)));
            }
        }
        let coarsest = self.venues.iter().map(|venue| venue.lot).max().unwrap_or(1);
        worth.lacking = if worth.unrouted < coarsest { 0 } else { worth.unrouted };
        Some(worth)
    }
}

struct Filling {
    whole: bool,
    left: i64,
    shares: Vec<i64>,
}

impl Filling {
    fn add(&mut self, place: usize, venue: &Venue, size: i64) {
        let Some(share) = self.shares.get_mut(place) else { return };
        let added = size.min(self.left).min(venue.most - *share).max(0);
        let added = if self.whole { added - added % venue.lot } else { added };
        *share += added;
        self.left -= added;
    }
}
