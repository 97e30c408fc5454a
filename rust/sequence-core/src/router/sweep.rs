//! The plain sweep: best level first, in whole lots, as far as the funds of each venue go.

use super::{Candidate, Offer, Remainder, Task};
use crate::number::Quantity;

pub(super) struct Sweep<'a> {
    task: Task<'a>,
    /// Quantity per candidate so far.
    pub(super) shares: Vec<Quantity>,
    /// What no share holds yet.
    left: Quantity,
    /// Score of the best level of each venue.
    first: Vec<Option<i128>>,
    /// Venues whose lot kept them from a part of what the order wanted there.
    pub(super) blocked: Vec<bool>,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(task: Task<'a>) -> Self {
        let venues = task.candidates.len();
        Self {
            task,
            shares: vec![Quantity::ZERO; venues],
            left: task.target,
            first: vec![None; venues],
            blocked: vec![false; venues],
        }
    }

    /// Takes what the ladders of the venues show, the best-scored level of all first.
    pub(super) fn take<I: Iterator<Item = Offer>>(&mut self, mut ladders: Vec<I>) {
        let target = self.task.target;
        let mut heads: Vec<Option<Offer>> = ladders
            .iter_mut()
            .zip(self.task.candidates)
            .map(|(ladder, venue)| if venue.is_usable(target) { ladder.next() } else { None })
            .collect();
        let score = |offer: Offer| self.task.score(offer.price, offer.cost_1e8);
        self.first = heads.iter().map(|head| head.map(score)).collect();
        while self.left.0 > 0 {
            let Some(at) = self.best(&heads) else { return };
            let (Some(head), Some(ladder)) = (heads.get_mut(at), ladders.get_mut(at)) else {
                return;
            };
            let Some(offer) = *head else { return };
            *head = if self.give(at, offer.size) { ladder.next() } else { None };
        }
    }

    fn best(&self, heads: &[Option<Offer>]) -> Option<usize> {
        let scored = heads.iter().enumerate().filter_map(|(at, head)| {
            head.map(|offer| (self.task.score(offer.price, offer.cost_1e8), at))
        });
        scored.min().map(|(_, at)| at)
    }

    /// Adds up to `size` to a share; false when the venue can take no more.
    fn give(&mut self, at: usize, size: Quantity) -> bool {
        let Some((venue, share)) = self.task.candidates.get(at).zip(self.shares.get_mut(at)) else {
            return false;
        };
        let wanted = self.left.min(size.floor_to(venue.lot));
        let added = wanted.floor_to(venue.lot).min(Quantity(venue.room().0 - share.0));
        if let Some(blocked) = self.blocked.get_mut(at) {
            *blocked |= wanted.floor_to(venue.lot) < wanted;
        }
        *share = Quantity(share.0 + added.0);
        self.left.0 -= added.0;
        added == wanted
    }

    /// True when the sweep came to a venue.
    pub(super) fn touched(&self, at: usize) -> bool {
        self.shares.get(at).is_some_and(|share| share.0 > 0) || self.blocked.get(at) == Some(&true)
    }

    /// Places what no level covered; false when a venue would refuse its share, or more could be
    /// placed than is.
    pub(super) fn finish(&mut self) -> bool {
        // A coarse lot may fill what the sweep gave to finer ones, and leave none of it.
        if self.left.0 > 0 && self.blocked.contains(&true) {
            return false;
        }
        let placed = self.left.0 == 0
            || match self.task.remainder {
                Remainder::Take => self.send_along(),
                Remainder::Rest(_) => self.rest(),
            };
        let takes = |(share, venue): (&Quantity, &Candidate)| share.0 == 0 || *share >= venue.least;
        placed && self.shares.iter().zip(self.task.candidates).all(takes)
    }

    /// Sends the rest to the best-priced venues that have room for it.
    fn send_along(&mut self) -> bool {
        let shows = self.first.iter().any(Option::is_some);
        for at in self.usable(|first, _| if shows { first } else { Some(0) }) {
            self.give(at, self.left);
        }
        self.left.0 == 0
    }

    /// Lets the rest wait at the one venue with the lowest maker cost that has room for it.
    fn rest(&mut self) -> bool {
        for at in self.usable(|_, venue| venue.rest_1e8.map(i128::from)) {
            let (Some(venue), Some(share)) = (self.task.candidates.get(at), self.shares.get(at))
            else {
                continue;
            };
            let wanted = Quantity(share.0 + self.left.0);
            let total = wanted.floor_to(venue.lot);
            if total > *share && total >= venue.least && wanted <= venue.most {
                self.give(at, self.left);
                return true;
            }
        }
        false
    }

    /// Venues that can be used and have a key, the least first.
    fn usable(&self, key: impl Fn(Option<i128>, &Candidate) -> Option<i128>) -> Vec<usize> {
        let venues = self.first.iter().zip(self.task.candidates).enumerate();
        let mut found: Vec<(i128, usize)> = venues
            .filter(|(_, (_, venue))| venue.is_usable(self.task.target))
            .filter_map(|(at, (first, venue))| Some((key(*first, venue)?, at)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, at)| at).collect()
    }
}
