//! Which sets are compared where there are too many for all of them.
//!
//! First what the plain sweep would use, then ever fewer of it: a venue whose share is below its
//! smallest order is left out, each alone and one after the other. Where that still leaves a part
//! nowhere, sets whose smallest orders and room hold all of it are looked for, the best-priced first.
//! Each venue alone is tried as well. At most `venues²` sets and [`MOST_STEPS`] sums.

use super::{Best, Set, Venue};
use crate::number::Quantity;
use crate::router::{Remainder, Task};

/// Sets that hold all of an order and are compared.
const MOST_FITTING: usize = 64;
/// Sums that are made to find them.
const MOST_STEPS: usize = 1 << 18;

pub(super) fn search(task: Task<'_>, venues: &[Venue], best: &mut Best) {
    for alone in venues {
        best.try_set(task, vec![alone]);
    }
    shrink(task, venues.iter().collect(), best);
    if best.lacks() && task.remainder == Remainder::Take {
        let mut fitting = Fitting::new(task, venues);
        fitting.look(0, 0, 0);
        for set in fitting.found {
            best.try_set(task, set);
        }
    }
}

/// Leaves out what the order does not need, then what would get less than it takes.
fn shrink<'a>(task: Task<'a>, mut venues: Vec<&'a Venue>, best: &mut Best) {
    while !venues.is_empty() {
        let wishes = Set::new(task, venues.clone()).wishes();
        let wanted: Vec<(&Venue, i64)> =
            venues.iter().copied().zip(wishes).filter(|(_, wish)| *wish > 0).collect();
        let used: Vec<&Venue> = wanted.iter().map(|(venue, _)| *venue).collect();
        best.try_set(task, used.clone());
        resting(task, &venues, &used, best);
        let small = wanted.iter().filter(|(venue, wish)| *wish < venue.least);
        let small: Vec<(i128, usize)> =
            small.map(|(venue, wish)| (part(venue, *wish), venue.at)).collect();
        for (_, at) in &small {
            best.try_set(task, without(&used, *at));
        }
        let Some((_, least)) = small.into_iter().min() else { return };
        venues = without(&venues, least);
    }
}

/// What is not taken may rest at a venue that the sweep does not use.
fn resting<'a>(task: Task<'a>, venues: &[&'a Venue], used: &[&'a Venue], best: &mut Best) {
    let beside =
        |venue: &&&Venue| venue.rest.is_some() && used.iter().all(|one| one.at != venue.at);
    for venue in venues.iter().filter(beside) {
        best.try_set(task, used.iter().chain([venue]).copied().collect());
    }
}

/// How much of its smallest order a venue would get, in ppm.
fn part(venue: &Venue, wish: i64) -> i128 {
    i128::from(wish) * 1_000_000 / i128::from(venue.least.max(1))
}

fn without<'a>(venues: &[&'a Venue], at: usize) -> Vec<&'a Venue> {
    venues.iter().copied().filter(|venue| venue.at != at).collect()
}

/// Sets whose smallest orders fit into an order and whose room holds all of it.
struct Fitting<'a> {
    target: Quantity,
    venues: &'a [Venue],
    /// Room of each venue and all after it.
    room_from: Vec<i64>,
    picked: Vec<&'a Venue>,
    found: Vec<Vec<&'a Venue>>,
    steps: usize,
}

impl<'a> Fitting<'a> {
    fn new(task: Task<'_>, venues: &'a [Venue]) -> Self {
        let mut room_from: Vec<i64> = Vec::new();
        let mut room = 0i64;
        for venue in venues.iter().rev() {
            room = room.saturating_add(venue.most);
            room_from.push(room);
        }
        room_from.reverse();
        let (picked, found, steps) = (Vec::new(), Vec::new(), 0);
        Self { target: task.target, venues, room_from, picked, found, steps }
    }

    /// With a venue before without it, so that the best-priced sets come first.
    fn look(&mut self, at: usize, least: i64, most: i64) {
        self.steps += 1;
        if self.found.len() >= MOST_FITTING || self.steps > MOST_STEPS || least > self.target.0 {
            return;
        }
        if most >= self.target.0 {
            self.found.push(self.picked.clone());
            return;
        }
        let rest = self.room_from.get(at).copied().unwrap_or(0);
        let Some(venue) = self.venues.get(at) else { return };
        if most.saturating_add(rest) < self.target.0 {
            return;
        }
        self.picked.push(venue);
        self.look(at + 1, least.saturating_add(venue.least), most.saturating_add(venue.most));
        self.picked.pop();
        self.look(at + 1, least, most);
    }
}
