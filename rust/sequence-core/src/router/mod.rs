//! Smart order routing: one order to shares per venue. A pure function of what it is given.
//!
//! The sweep repeatedly takes the level with the best all-in price over all venues, each venue
//! limited by what the client can fund there. Ties go to the venue first in id order, so the same
//! inputs give the same route. What no displayed level covers goes along with the best-priced share
//! of an order that takes, or rests at the one venue with the lowest maker cost that can fund it.
//!
//! Every ladder only gets worse, so the sweep is optimal wherever no venue's smallest order or lot
//! is in its way. Where one is, or no room is left, [`search`] looks at sets of venues instead: as
//! much as possible is filled, and that at the least cost.
//! Cost of the sweep: candidates × levels touched.

mod search;
mod sweep;
#[cfg(test)]
mod tests;

use crate::ids::Side;
use crate::number::{Price, Quantity};
use search::search;
use sweep::Sweep;

/// One venue the order may use. Prices are in the order's own outcome.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Quantity step of the venue.
    pub lot: Quantity,
    /// Smallest share the venue takes at the expected price, in whole lots.
    pub least: Quantity,
    /// Largest share the client can fund.
    pub most: Quantity,
    /// What resting costs here, as a share of price (1e-8); `None` where nothing may rest.
    pub rest_1e8: Option<i64>,
}

impl Candidate {
    /// True when some share of an order can go here.
    fn is_usable(&self, qty: Quantity) -> bool {
        self.least <= self.room().min(qty)
    }

    /// The largest share, in whole lots.
    fn room(&self) -> Quantity {
        self.most.floor_to(self.lot)
    }
}

/// What a venue offers: a price, how much of it, and what a fill costs on top as a share of price
/// (1e-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Price paid.
    pub price: Price,
    /// Size left for the client, above 0.
    pub size: Quantity,
    /// Fee and risk on top.
    pub cost_1e8: i64,
}

/// What happens to quantity that no displayed level covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remainder {
    /// Sent along with the best-priced share, where it finds nothing or new liquidity. With
    /// nothing displayed anywhere the first venue gets it all, and its book decides.
    Take,
    /// Rests at this price, at one venue.
    Rest(Price),
}

/// A route: quantities by candidate, in candidate order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Quantity per candidate; 0 = not used.
    pub shares: Vec<Quantity>,
    /// What no share holds: below every lot or minimum, or beyond what can be funded.
    pub unrouted: Quantity,
    /// With more funds at a venue more could have been routed.
    pub short_of_funds: bool,
}

/// What is to be routed, and to whom.
#[derive(Debug, Clone, Copy)]
struct Task<'a> {
    side: Side,
    /// What lots of the venues that can be used add up to.
    target: Quantity,
    remainder: Remainder,
    candidates: &'a [Candidate],
}

impl Task<'_> {
    /// Price with what a fill costs on top, comparable across venues: lower is better for either
    /// side.
    fn score(&self, price: Price, cost_1e8: i64) -> i128 {
        let cost = i128::from(cost_1e8);
        match self.side {
            Side::Buy => i128::from(price.0) * (100_000_000 + cost),
            Side::Sell => -i128::from(price.0) * (100_000_000 - cost),
        }
    }
}

/// Routes `qty`. `offers(i)` yields the levels of candidate `i`, best first, inside its bound.
pub fn route<I>(
    side: Side,
    qty: Quantity,
    remainder: Remainder,
    candidates: &[Candidate],
    mut offers: impl FnMut(usize) -> I,
) -> Route
where
    I: Iterator<Item = Offer>,
{
    let usable = candidates.iter().filter(|candidate| candidate.is_usable(qty));
    let step = usable.map(|candidate| candidate.lot.0).reduce(common_step);
    let target = qty.floor_to(step.map_or(qty, Quantity));
    let task = Task { side, target, remainder, candidates };
    let mut sweep = Sweep::new(task);
    sweep.take((0..candidates.len()).map(&mut offers).collect());
    let shares = if !sweep.finish() {
        search(task, |_| true, offers)
    } else if sweep.blocked.contains(&true) {
        search(task, |at| sweep.touched(at), offers)
    } else {
        sweep.shares
    };
    let routed: i64 = shares.iter().map(|share| share.0).sum();
    // What is left between two lots of the venues used is no lack of money.
    let lot = |(share, candidate): (&Quantity, &Candidate)| (share.0 > 0).then_some(candidate.lot);
    let coarsest = shares.iter().zip(candidates).filter_map(lot).max().unwrap_or(Quantity(1));
    let poor = |candidate: &Candidate| candidate.room() < target && candidate.least <= qty;
    let short_of_funds = target.0 - routed >= coarsest.0 && candidates.iter().any(poor);
    Route { shares, unrouted: Quantity(qty.0 - routed), short_of_funds }
}

/// The greatest step that divides both: what shares in these lots can add up to.
fn common_step(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { common_step(b, a % b) }
}
