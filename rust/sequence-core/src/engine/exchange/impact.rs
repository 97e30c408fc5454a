//! What an account's own taking does to the prices it meets next.

use crate::engine::facts::Facts;
use crate::engine::floor::Floor;
use crate::ids::{AccountId, BookSide, InstrumentKind, MarketId, Side};
use crate::number::{Price, Quantity};
use crate::sim::impact::{ImpactParams, Scale, log_odds_volatility, shift_in_log_odds};
use crate::sim::preset::ImpactSides;

/// Levels whose size stands for the depth of a book in the impact model.
const IMPACT_LEVELS: usize = 5;

impl Facts<'_> {
    /// What own impact adds to the recorded prices that this side takes: price units, or log-odds
    /// Q32 on event markets. Up for asks and down for bids, so always against the account; both
    /// ways only in the two-sided reading that exists for research.
    pub(in crate::engine) fn impact_shift(
        &self,
        account: AccountId,
        market: MarketId,
        taker: Side,
    ) -> i64 {
        if self.rules.params().impact_sides == ImpactSides::Off
            || self.rules.params().impact_ppm == 0
        {
            return 0;
        }
        let sim = &self.exchange.markets[market];
        let Some(world) = sim.worlds.get(&account) else { return 0 };
        let params = self.impact_params(market);
        let prediction = self.registry.market(market).kind == InstrumentKind::Prediction;
        let mid = self.mid_of(market);
        let of = |side: Side| {
            let shift = if prediction {
                world.impact.shift(side, params, self.now_ns)
            } else {
                world.impact.capped_shift(side, params, mid, self.now_ns)
            };
            shift.unwrap_or(0)
        };
        match (self.rules.params().impact_sides, taker) {
            (ImpactSides::TwoSided, _) => of(Side::Buy).saturating_sub(of(Side::Sell)),
            (_, Side::Buy) => of(Side::Buy),
            (_, Side::Sell) => -of(Side::Sell),
        }
    }

    fn impact_params(&self, market: MarketId) -> ImpactParams {
        let tau0_ns = self.exchange.markets[market].print_gap_ns();
        ImpactParams { prefactor_ppm: self.rules.params().impact_ppm, tau0_ns }
    }

    fn mid_of(&self, market: MarketId) -> Price {
        let book = &self.exchange.markets[market].market;
        let price = |side| book.best(side).map_or(0, |level| level.price.0);
        Price(price(BookSide::Bid).midpoint(price(BookSide::Ask)))
    }

    /// A recorded price after own impact, rounded to the grid against the account.
    pub(in crate::engine) fn shifted(
        &self,
        market: MarketId,
        taker: Side,
        price: Price,
        shift: i64,
    ) -> Price {
        if shift == 0 {
            return price;
        }
        let terms = self.registry.market(market);
        let tick = terms.grid.tick_at(price);
        let moved = match terms.kind {
            InstrumentKind::Prediction => shift_in_log_odds(price, shift).unwrap_or(price),
            _ => Price(price.0.saturating_add(shift).max(tick.0)),
        };
        let rounded = terms.grid.outward(taker, moved);
        match (self.rules.params().impact_sides, taker) {
            (ImpactSides::TwoSided, _) => rounded,
            (_, Side::Buy) => rounded.max(price),
            (_, Side::Sell) => rounded.min(price),
        }
    }
}

impl Floor<'_> {
    /// What a walk filled enters the account's impact as one child. Without daily figures the
    /// spread and the depth of the book give the scale.
    pub(in crate::engine) fn add_impact(
        &mut self,
        account: AccountId,
        market: MarketId,
        taker: Side,
        filled: Quantity,
    ) {
        if self.rules.params().impact_sides == ImpactSides::Off
            || self.rules.params().impact_ppm == 0
        {
            return;
        }
        let book = &self.exchange.markets[market].market.book;
        let near = book.levels(taker.takes()).take(IMPACT_LEVELS);
        let depth = Quantity(near.map(|level| level.quantity.0).fold(0, i64::saturating_add));
        let mid = self.facts().mid_of(market);
        let touch = book.best(taker.takes()).map_or(mid, |level| level.price);
        let half_spread = (touch.0 - mid.0).abs();
        let prediction = self.registry.market(market).kind == InstrumentKind::Prediction;
        let half_spread = if prediction {
            log_odds_volatility(half_spread, mid).unwrap_or(0)
        } else {
            half_spread
        };
        let (params, now) = (self.facts().impact_params(market), self.agenda.now_ns());
        if let Some(world) = self.exchange.markets[market].worlds.get_mut(&account) {
            let scale = Scale::Book { half_spread, depth };
            // A number beyond its range adds no impact rather than stopping the fill.
            let added = world.impact.add(taker, filled, scale, params, now);
            debug_assert!(added.is_ok());
        }
    }
}
