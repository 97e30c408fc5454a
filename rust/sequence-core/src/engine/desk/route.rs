//! From an order to shares per venue: what each venue offers, takes at least, and can be paid.

use crate::engine::bounds::{TOO_SMALL_A_POSITION, refusal_of, within};
use crate::engine::desk::bench::Papers;
use crate::engine::desk::minimums::Exit;
use crate::ids::{MarketId, Side};
use crate::mutant;
use crate::number::{EXACT_PER_MONEY, Price, Quantity};
use crate::order::{Order, OrderSpec, TimeInForce, book_price, book_side};
use crate::reject::{RejectReason, Rejected};
use crate::router::{Candidate, Offer, Remainder, Route, route};
use crate::sim::walk::is_before;
use crate::venue::Grid;

/// Added to the maker cost of a book that is not live, as a share of price (1e-8): an order rests
/// there only when no other venue can have it.
const UNSEEN_1E8: i64 = 100_000_000;
/// The same for a venue where the order would meet one of its own account, and end.
const OWN_1E8: i64 = 2 * UNSEEN_1E8;

/// A venue that an order may use.
pub(in crate::engine) struct Place {
    pub(in crate::engine) market: MarketId,
    /// Worst price of a share there; what reservations are made at.
    pub(in crate::engine) bound: Price,
    pub(super) candidate: Candidate,
    /// What the venue's delay may cost.
    risk_1e8: i64,
}

impl Papers<'_> {
    /// The venues of an order as the router sees them. `touch` is the best opposite price of all.
    pub(in crate::engine) fn places(
        &self,
        order: &Order,
        markets: &[MarketId],
        touch: Option<Price>,
    ) -> Vec<Place> {
        let mut places: Vec<Place> =
            markets.iter().map(|market| self.place_at(order, *market, touch)).collect();
        if order.spec.tif == TimeInForce::PostOnly {
            let crosses =
                |place: &Place| self.facts.would_cross(order.spec.ask(), place.market, place.bound);
            let crossed: Vec<bool> = places.iter().map(crosses).collect();
            // Where every venue would be crossed, one of them says so.
            if !crossed.iter().all(|crossed| *crossed) {
                for (place, _) in places.iter_mut().zip(crossed).filter(|(_, crossed)| *crossed) {
                    place.candidate.rest_1e8 = None;
                }
            }
        }
        if order.spec.reduce_only {
            self.share_exit(order, &mut places);
        }
        places
    }

    fn place_at(&self, order: &Order, market: MarketId, touch: Option<Price>) -> Place {
        let (spec, sim) = (&order.spec, self.facts.exchange.market(market));
        let terms = self.terms_for(market, Exit::of(spec), order.qty);
        let bound = self.facts.bound_at(order, market, touch).unwrap_or_default();
        // A venue judges a limit by its price, and what has none by the price it meets.
        let expected = match order.limit {
            Some(limit) => terms.grid_of(spec.outcome).passive(spec.side, limit),
            None => self.facts.touch_of(market, spec.side, spec.outcome).or(touch),
        };
        let maker_1e8 = terms.fees.share_at(bound, true);
        let unseen = !sim.market.is_live(self.facts.now_ns);
        let own = spec.rests() && self.facts.stopping_own(spec.ask(), market, bound).is_some();
        let shunned_1e8 = i64::from(unseen) * UNSEEN_1E8 + i64::from(own) * OWN_1E8;
        let resting_1e8 = maker_1e8.saturating_add(shunned_1e8);
        Place {
            market,
            bound,
            risk_1e8: self.facts.delay_risk(market, spec.urgency).sum_1e8(),
            candidate: Candidate {
                lot: terms.grid.order_lot(),
                least: least_share(&terms.grid, expected.unwrap_or(bound)),
                most: self.headroom(order, market, bound),
                rest_1e8: spec.rests().then_some(resting_1e8),
            },
        }
    }

    /// What the order takes where; 0 for a venue that it does not use.
    pub(in crate::engine) fn shares(
        &self,
        order: &Order,
        places: &[Place],
    ) -> Result<Vec<Quantity>, Rejected> {
        let spec = &order.spec;
        if spec.tif == TimeInForce::Fok {
            return self.fill_or_kill(order, places);
        }
        let Route { shares, unrouted, short_of_funds } = self.routed(order, places);
        let nothing = shares.iter().all(|share| share.0 == 0);
        if nothing && (spec.reduce_only || !short_of_funds) {
            return Err(why_nowhere(order, places));
        }
        check_shares(order, unrouted, short_of_funds)?;
        Ok(shares)
    }

    /// How an order would be split if every venue could be paid for all of it: market, bound, share.
    pub(in crate::engine) fn unfunded_shares(
        &self,
        order: &Order,
        markets: &[MarketId],
        touch: Option<Price>,
    ) -> Vec<(MarketId, Price, Quantity)> {
        let mut places = self.places(order, markets, touch);
        for place in &mut places {
            place.candidate.most = order.qty;
        }
        let shares = self.routed(order, &places).shares;
        let used = places.iter().zip(shares).filter(|(_, share)| share.0 > 0);
        used.map(|(place, share)| (place.market, place.bound, share)).collect()
    }

    fn routed(&self, order: &Order, places: &[Place]) -> Route {
        let spec = &order.spec;
        let remainder = match order.limit.filter(|_| spec.rests()) {
            Some(limit) => Remainder::Rest(limit),
            None => Remainder::Take,
        };
        let candidates: Vec<Candidate> = places.iter().map(|place| place.candidate).collect();
        route(spec.side, order.qty, remainder, &candidates, |at| {
            let place = places.get(at).filter(|_| spec.tif != TimeInForce::PostOnly);
            self.routable(spec, place)
        })
    }

    /// All at one venue or nothing: a promise over several venues could be broken by one of them.
    fn fill_or_kill(&self, order: &Order, places: &[Place]) -> Result<Vec<Quantity>, Rejected> {
        let mut best: Option<(i128, usize)> = None;
        let (mut poor, mut misfit) = (false, None);
        for (at, place) in places.iter().enumerate() {
            let Some(cost) = self.sweep_cost(order, place) else { continue };
            let Candidate { lot, least, most, .. } = place.candidate;
            if order.qty < least || order.qty.floor_to(lot) != order.qty {
                misfit = misfit.or(Some(place.market));
            } else if most < order.qty {
                poor = true;
            } else if best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, at));
            }
        }
        if let Some((_, chosen)) = best {
            let share = |at| if at == chosen { order.qty } else { Quantity::ZERO };
            return Ok((0..places.len()).map(share).collect());
        }
        self.check_fok_can_meet(order, places)?;
        Err(match misfit {
            _ if poor && !order.spec.reduce_only => lacks_funds(order),
            Some(market) => {
                let venue = self.facts.registry.market(market).venue.as_str();
                let text = format!("FOK: {} is off the lot or minimum of {venue}", order.qty);
                (RejectReason::InvalidParams, text)
            }
            None => (RejectReason::ExchangeReject, "FOK: no venue can fill it in full".to_owned()),
        })
    }

    /// Names what keeps a fill-or-kill order from every venue, before its size is looked at.
    fn check_fok_can_meet(&self, order: &Order, places: &[Place]) -> Result<(), Rejected> {
        let spec = &order.spec;
        let now = self.facts.now_ns;
        let refusals = places.iter().map(|place| {
            refusal_of(spec.ask(), self.facts.exchange.market(place.market).market.status(now))
        });
        // One venue that could fill it is enough to judge the size.
        match refusals.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().next()) {
            Some((reason, text)) => Err((reason, text.to_owned())),
            None if spec.reduce_only && places.iter().all(|at| at.candidate.most < order.qty) => {
                Err((RejectReason::InvalidParams, TOO_SMALL_A_POSITION.to_owned()))
            }
            None => Ok(()),
        }
    }

    /// All-in cost of taking everything from one venue; `None` when it displays less.
    fn sweep_cost(&self, order: &Order, place: &Place) -> Option<i128> {
        let (mut left, mut cost) = (order.qty, 0i128);
        for offer in self.routable(&order.spec, Some(place)) {
            let whole = offer.size < left;
            let taken = if whole { offer.size.floor_to(place.candidate.lot) } else { left };
            let sign = if order.spec.side == Side::Buy { 1 } else { -1 };
            let share = 100_000_000 + sign * i128::from(offer.cost_1e8);
            let price = sign * i128::from(offer.price.0) * share;
            cost = cost.saturating_add(price.saturating_mul(i128::from(taken.0)));
            left = Quantity(left.0 - taken.0);
            if left.0 == 0 {
                return Some(cost);
            }
        }
        None
    }

    /// True when a venue shows something inside the bound of an order.
    pub(in crate::engine) fn offers_any(&self, spec: &OrderSpec, place: &Place) -> bool {
        self.routable(spec, Some(place)).next().is_some()
    }

    /// What the order could take at a venue inside its bound, best first, at the prices its walk
    /// would pay: own impact counts, and what lies behind an own order is out of reach.
    fn routable<'a>(
        &'a self,
        spec: &OrderSpec,
        place: Option<&Place>,
    ) -> impl Iterator<Item = Offer> + use<'a> {
        let (side, outcome, account) = (spec.side, spec.outcome, spec.account);
        let most = usize::try_from(self.facts.rules.params().max_levels).unwrap_or(usize::MAX);
        let cap =
            place.map_or(Price(0), |place| self.facts.walk_cap(spec, place.market, place.bound));
        let live = place.filter(|place| {
            self.facts.exchange.market(place.market).market.is_live(self.facts.now_ns)
        });
        let taker = book_side(side, outcome);
        let found = live.map(|place| {
            let own = self.facts.stopping_own(spec.ask(), place.market, place.bound);
            let offers = self.facts.offers(account, place.market, taker).take_while(move |level| {
                own.is_none_or(|own| is_before(taker, level.recorded, own))
            });
            (offers, self.facts.registry.market(place.market).fees, place.risk_1e8)
        });
        found.into_iter().flat_map(move |(offers, fees, risk_1e8)| {
            offers
                .take(most)
                .map(move |level| (book_price(level.effective, outcome), level.available()))
                .take_while(move |(price, _)| within(side, *price, cap))
                .filter(|(_, size)| size.0 > 0)
                .map(move |(price, size)| Offer {
                    price,
                    size,
                    cost_1e8: if mutant!("route_ignores_fees_of_sells") && side == Side::Sell {
                        risk_1e8
                    } else {
                        fees.share_at(price, false).saturating_add(risk_1e8)
                    },
                })
        })
    }
}

/// The smallest share a market takes at a price, in whole lots.
fn least_share(grid: &Grid, price: Price) -> Quantity {
    let worth = grid.min_notional.0.saturating_mul(EXACT_PER_MONEY);
    let price = i128::from(price.0.max(1));
    let by_value = i64::try_from(worth / price + i128::from(worth % price != 0));
    let least = grid.min_qty.0.max(by_value.unwrap_or(i64::MAX)).max(1);
    let lot = grid.order_lot().0.max(1);
    Quantity((least / lot + i64::from(least % lot != 0)).saturating_mul(lot))
}

/// Why no venue takes any of an order that could be paid for.
fn why_nowhere(order: &Order, places: &[Place]) -> Rejected {
    let small = places.iter().map(|place| place.candidate.least).min();
    if let Some(least) = small.filter(|least| *least > order.qty) {
        let text = format!("{} is below the smallest order of every venue, {least}", order.qty);
        return (RejectReason::InvalidParams, text);
    }
    let stale = order.spec.is_market;
    let reason = if stale { RejectReason::StaleVenue } else { RejectReason::InvalidParams };
    (reason, "no venue can take any of it".to_owned())
}

fn lacks_funds(order: &Order) -> Rejected {
    let text = format!("not enough funds to {} {}", order.spec.side.as_str(), order.qty);
    (RejectReason::InsufficientBalance, text)
}

/// A lack of funds refuses the whole order: half of what was asked for is not what was asked. What
/// only reduces needs none.
pub(in crate::engine) fn check_shares(
    order: &Order,
    unrouted: Quantity,
    short_of_funds: bool,
) -> Result<(), Rejected> {
    let lacks = unrouted.0 > 0 || order.spec.pinned.is_some();
    if short_of_funds && lacks && !order.spec.reduce_only {
        return Err(lacks_funds(order));
    }
    Ok(())
}
