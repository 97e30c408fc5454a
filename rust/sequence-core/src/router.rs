//! Smart order routing: one order to shares per venue. A pure function of what it is given.
//!
//! The sweep repeatedly takes the level with the best all-in price (price and taker fee) over all
//! eligible venues, each venue limited by what the client can fund there. Ties go to the venue
//! first in id order, so the same inputs give the same route. What no displayed level covers goes
//! to one venue: the best-priced one for orders that take, the cheapest maker for those that rest.
//! Shares below a venue's minimums are dropped and absorbed by the venues that remain.
//! Cost: candidates × levels touched.

use crate::ids::Side;
use crate::number::{Money, Price, Quantity, exact_notional};

/// One venue the order may use. Prices are in the order's own outcome.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Quantity step of the venue.
    pub lot: Quantity,
    /// Least quantity of a share.
    pub min_qty: Quantity,
    /// Least notional of a share, judged at the price bound.
    pub min_notional: Money,
    /// Worst price a share may pay; what reservations are made at.
    pub bound: Price,
    /// Taker fee as a share of price (1e-8).
    pub taker_rate_1e8: i64,
    /// Maker fee as a share of price (1e-8).
    pub maker_rate_1e8: i64,
    /// Most the client can fund at the bound.
    pub headroom: Quantity,
}

/// What happens to quantity that no displayed level covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remainder {
    /// Sent along with the best-priced share, where it finds nothing or new liquidity. With
    /// nothing displayed anywhere the first venue gets it all, and its book decides.
    Take,
    /// Rests at the cheapest maker.
    Rest,
}

/// A route: quantities by candidate, in candidate order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Quantity per candidate; 0 = not used.
    pub shares: Vec<Quantity>,
    /// What no share holds: below every lot or minimum, or beyond what can be funded.
    pub unrouted: Quantity,
    /// Liquidity or a resting place existed that the client could not fund.
    pub short_of_funds: bool,
}

/// Routes `qty`. `levels(i)` yields the levels of candidate `i`, best first, inside its bound.
pub fn route<I>(
    side: Side,
    qty: Quantity,
    remainder: Remainder,
    candidates: &[Candidate],
    mut levels: impl FnMut(usize) -> I,
) -> Route
where
    I: Iterator<Item = (Price, Quantity)>,
{
    let mut dropped = vec![false; candidates.len()];
    loop {
        let mut sweep = Sweep::new(side, qty, candidates, &dropped);
        sweep.take((0..candidates.len()).map(&mut levels).collect());
        sweep.place_rest(remainder);
        match sweep.smallest_below_minimum() {
            None => return sweep.route,
            Some(at) => {
                if let Some(flag) = dropped.get_mut(at) {
                    *flag = true;
                }
            }
        }
    }
}

struct Sweep<'a> {
    side: Side,
    candidates: &'a [Candidate],
    dropped: &'a [bool],
    route: Route,
    first_price: Vec<Option<Price>>,
}

impl<'a> Sweep<'a> {
    fn new(side: Side, qty: Quantity, candidates: &'a [Candidate], dropped: &'a [bool]) -> Self {
        let route = Route {
            shares: vec![Quantity::ZERO; candidates.len()],
            unrouted: qty,
            short_of_funds: false,
        };
        Self { side, candidates, dropped, route, first_price: vec![None; candidates.len()] }
    }

    /// Price with the taker fee, comparable across venues: lower is better for either side.
    fn score(&self, candidate: &Candidate, price: Price) -> i128 {
        let rate = i128::from(candidate.taker_rate_1e8);
        match self.side {
            Side::Buy => i128::from(price.0) * (100_000_000 + rate),
            Side::Sell => -i128::from(price.0) * (100_000_000 - rate),
        }
    }

    fn free(&self, at: usize) -> Quantity {
        let headroom = self.candidates.get(at).map_or(Quantity::ZERO, |c| c.headroom);
        let used = self.route.shares.get(at).copied().unwrap_or_default();
        Quantity((headroom.0 - used.0).max(0))
    }

    fn take<I: Iterator<Item = (Price, Quantity)>>(&mut self, mut ladders: Vec<I>) {
        let mut heads: Vec<Option<(Price, Quantity)>> = ladders
            .iter_mut()
            .zip(self.dropped)
            .map(|(ladder, dropped)| if *dropped { None } else { ladder.next() })
            .collect();
        self.first_price = heads.iter().map(|head| head.map(|(price, _)| price)).collect();
        while self.route.unrouted.0 > 0 {
            let Some(at) = self.best_head(&heads) else { return };
            let (Some(head), Some(ladder)) = (heads.get_mut(at), ladders.get_mut(at)) else {
                return;
            };
            let Some((_, size)) = *head else { return };
            let taken = self.give(at, size);
            if self.route.unrouted.0 == 0 {
                return;
            }
            *head = if taken { ladder.next() } else { None };
        }
    }

    fn best_head(&self, heads: &[Option<(Price, Quantity)>]) -> Option<usize> {
        heads
            .iter()
            .zip(self.candidates)
            .enumerate()
            .filter_map(|(at, (head, c))| head.map(|(price, _)| (self.score(c, price), at)))
            .min()
            .map(|(_, at)| at)
    }

    /// Adds up to `size` to a share; false when the venue can take no more.
    fn give(&mut self, at: usize, size: Quantity) -> bool {
        let Some(candidate) = self.candidates.get(at) else { return false };
        let wanted = self.route.unrouted.min(size);
        let allowed = wanted.min(self.free(at));
        self.route.short_of_funds |= allowed < wanted;
        let Some(share) = self.route.shares.get_mut(at) else { return false };
        let total = Quantity(share.0.saturating_add(allowed.0)).floor_to(candidate.lot);
        let added = total.0 - share.0;
        *share = total;
        self.route.unrouted.0 -= added;
        allowed == wanted && (added > 0 || wanted < self.route.unrouted)
    }

    fn place_rest(&mut self, remainder: Remainder) {
        if self.route.unrouted.0 <= 0 {
            return;
        }
        let mut order: Vec<usize> =
            (0..self.candidates.len()).filter(|at| self.dropped.get(*at) == Some(&false)).collect();
        order.sort_by_key(|at| (self.rest_key(*at, remainder), *at));
        let displays = |at: usize| self.first_price.get(at).copied().flatten().is_some();
        if remainder == Remainder::Take && order.iter().any(|at| displays(*at)) {
            order.retain(|at| displays(*at));
        }
        for at in order {
            let before = self.route.unrouted;
            self.give(at, before);
            if self.route.unrouted.0 <= 0
                || (remainder == Remainder::Rest && self.route.unrouted < before)
            {
                return;
            }
        }
    }

    fn rest_key(&self, at: usize, remainder: Remainder) -> i128 {
        let Some(candidate) = self.candidates.get(at) else { return i128::MAX };
        match remainder {
            Remainder::Rest => i128::from(candidate.maker_rate_1e8),
            Remainder::Take => self
                .first_price
                .get(at)
                .copied()
                .flatten()
                .map_or(i128::MAX, |price| self.score(candidate, price)),
        }
    }

    /// The smallest share that its venue would refuse.
    fn smallest_below_minimum(&self) -> Option<usize> {
        self.route
            .shares
            .iter()
            .zip(self.candidates)
            .enumerate()
            .filter(|(_, (share, c))| share.0 > 0 && is_below_minimum(c, **share))
            .min_by_key(|(at, (share, _))| (**share, *at))
            .map(|(at, _)| at)
    }
}

/// True when the venue would refuse this quantity at the bound.
pub fn is_below_minimum(candidate: &Candidate, share: Quantity) -> bool {
    let notional = Money::from_exact_floor(exact_notional(candidate.bound, share));
    share < candidate.min_qty || notional < candidate.min_notional
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOT: i64 = 1_000;

    fn venue(rate: i64, headroom: i64) -> Candidate {
        Candidate {
            lot: Quantity(LOT),
            min_qty: Quantity(LOT),
            min_notional: Money(0),
            bound: Price(200),
            taker_rate_1e8: rate,
            maker_rate_1e8: rate / 2,
            headroom: Quantity(headroom),
        }
    }

    fn sweep(qty: i64, rest: Remainder, venues: &[Candidate], books: &[&[(i64, i64)]]) -> Route {
        route(Side::Buy, Quantity(qty), rest, venues, |at| {
            books[at].iter().map(|(price, size)| (Price(*price), Quantity(*size)))
        })
    }

    #[test]
    fn fees_decide_between_equal_prices_and_ties_go_to_the_first_venue() {
        let venues = [venue(60_000_000, i64::MAX), venue(0, i64::MAX), venue(0, i64::MAX)];
        let books: [&[(i64, i64)]; 3] = [&[(100, 9_000)], &[(110, 5_000)], &[(110, 5_000)]];
        assert_eq!(
            sweep(8_000, Remainder::Take, &venues, &books).shares,
            [0, 5_000, 3_000].map(Quantity)
        );
    }

    #[test]
    fn a_venue_takes_no_more_than_the_client_can_fund_there() {
        let venues = [venue(0, 2_000), venue(1_000_000, i64::MAX)];
        let books: [&[(i64, i64)]; 2] = [&[(100, 9_000)], &[(101, 9_000)]];
        let routed = sweep(5_000, Remainder::Take, &venues, &books);
        assert_eq!(routed.shares, [2_000, 3_000].map(Quantity));
        assert_eq!(routed.unrouted, Quantity::ZERO);
    }

    #[test]
    fn a_lack_of_funds_shows() {
        let routed = sweep(5_000, Remainder::Take, &[venue(0, 2_000)], &[&[(100, 9_000)]]);
        assert!(routed.short_of_funds);
        assert_eq!(routed.unrouted, Quantity(3_000));
    }

    #[test]
    fn what_is_not_displayed_rests_at_the_cheapest_maker() {
        let venues = [venue(500, i64::MAX), venue(100, i64::MAX)];
        let routed = sweep(9_000, Remainder::Rest, &venues, &[&[(100, 2_000)], &[]]);
        assert_eq!(routed.shares, [2_000, 7_000].map(Quantity));
    }

    #[test]
    fn shares_below_a_minimum_are_absorbed() {
        let mut small = venue(0, i64::MAX);
        small.min_qty = Quantity(4_000);
        let venues = [small, venue(0, i64::MAX)];
        let routed = sweep(5_000, Remainder::Take, &venues, &[&[(100, 2_000)], &[(101, 9_000)]]);
        assert_eq!(routed.shares, [0, 5_000].map(Quantity));
    }

    #[test]
    fn below_every_lot_nothing_is_routed() {
        let routed = sweep(900, Remainder::Take, &[venue(0, i64::MAX)], &[&[(100, 2_000)]]);
        assert_eq!((routed.shares, routed.unrouted), (vec![Quantity::ZERO], Quantity(900)));
    }
}
