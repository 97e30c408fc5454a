//! The laws of prices: what is displayed and what is ordered are prices of the market.

use crate::engine::Engine;
use crate::ids::{BookSide, OrderId};
use crate::order::{AtVenue, LegState, Order};
use crate::venue::TermsOrigin;
use crate::violation::Violation;

impl Engine {
    /// Displayed levels have a size, and a price above zero, in the range and on the grid. Steps that
    /// a caller names stay, whatever a recording displays.
    pub(in crate::engine) fn check_levels(&self, found: &mut Vec<Violation>) {
        for (id, sim) in self.exchange.markets() {
            let spec = self.registry.market(id);
            let stays = spec.grid.origins.grid == TermsOrigin::Caller;
            let sides = [BookSide::Bid, BookSide::Ask];
            for level in sides.into_iter().flat_map(|side| sim.market.book.levels(side)) {
                let fits = level.price.0 > 0 && (stays || spec.grid.contains(level.price));
                if level.quantity.0 <= 0 || !fits {
                    let symbol = &self.registry.symbol(spec.symbol).text;
                    let subject = format!("{symbol} at {}", spec.venue.as_str());
                    found.push(Violation::new("F2", subject, "a level of its grid", level.price));
                }
            }
        }
    }

    /// What a venue holds of an open limit order has a price above zero, in the range and on the grid.
    pub(in crate::engine) fn check_leg_prices(
        &self,
        subject: &str,
        (id, order): (OrderId, &Order),
        found: &mut Vec<Violation>,
    ) {
        let legs = order.legs.iter().enumerate().filter(|_| !order.spec.is_market);
        let open = legs.filter(|(_, leg)| leg.state != LegState::Done);
        for (_, leg) in open.filter(|(at, _)| self.venue_leg(id, *at).state != AtVenue::Done) {
            let grid = self.registry.market(leg.market).grid_of(order.spec.outcome);
            if leg.bound.0 <= 0 || !grid.contains(leg.bound) {
                found.push(Violation::new("O6", subject, "a price of its market", leg.bound));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, MarketRow, Size, Submit};
    use crate::ids::{MarketId, OrderId, Side, VenueId};
    use crate::number::{PRICE_ONE, Price, QUANTITY_ONE, Quantity};
    use crate::sim::preset::Params;
    use crate::tape::{EventKind, MarketEvent};
    use crate::venue::{Grid, PriceGrid, Terms};

    const NOW_NS: i64 = 1_776_657_600_000_000_000;

    /// A book of 99.5 and 101, and a bid of the account at 98.25.
    fn resting() -> (Engine, MarketId) {
        let mut engine = Engine::new(1, "instant", Params::preset("instant").unwrap());
        let account = engine.account("alice");
        let initial = Quantity(10_000 * QUANTITY_ONE);
        engine.apply(Command::Reset { account, initial }, NOW_NS).unwrap();
        let venue = VenueId::parse("kraken").unwrap();
        let level = |side, price| {
            MarketEvent::level(side, Price(price), Quantity(QUANTITY_ONE), NOW_NS, NOW_NS)
        };
        let mark = |kind| MarketEvent::new(kind, NOW_NS, NOW_NS);
        let events = [
            mark(EventKind::SnapshotBegin),
            level(BookSide::Bid, 99 * PRICE_ONE + PRICE_ONE / 2),
            level(BookSide::Ask, 101 * PRICE_ONE),
            mark(EventKind::SnapshotEnd).last(),
        ];
        let said = Terms::of(TermsOrigin::Venue);
        let row = MarketRow { venue, symbol: "ABC-USD", is_first: true, events: &events, said };
        engine.apply(Command::MarketRows { rows: &[row] }, NOW_NS).unwrap();
        let order = Submit {
            limit: Some(Price(98 * PRICE_ONE + PRICE_ONE / 4)),
            venue: Some(venue),
            ..Submit::new("ABC-USD", Side::Buy, Size::Quantity(Quantity(QUANTITY_ONE)))
        };
        engine.apply(Command::Submit { account, order }, NOW_NS).unwrap();
        assert_eq!(engine.check_invariants(), []);
        let market = engine.find_market(venue, "ABC-USD").unwrap();
        (engine, market)
    }

    fn broken(engine: &Engine) -> Vec<(&'static str, String)> {
        let found = engine.check_invariants().into_iter();
        found.map(|law| (law.invariant, law.found)).collect()
    }

    #[test]
    fn a_price_off_the_grid_or_out_of_the_range_is_found() {
        let (off_tick, off_half) = (("O6", "98.25".to_owned()), ("F2", "99.5".to_owned()));
        let one = |units: i64| Price(units * PRICE_ONE);
        for (change, wrong) in [
            (
                &(|grid: Grid| Grid { prices: PriceGrid::Tick(one(1)), ..grid }) as &dyn Fn(_) -> _,
                2,
            ),
            (&|grid| Grid { prices: PriceGrid::Tick(Price(PRICE_ONE / 2)), ..grid }, 1),
            (&|grid| Grid { low: one(99), ..grid }, 1),
            (&|grid| Grid { low: Price(98 * PRICE_ONE + PRICE_ONE / 4), ..grid }, 0),
        ] {
            let (mut engine, market) = resting();
            let grid = engine.registry().market(market).grid;
            engine.registry.put_grid(market, change(grid));
            let expected = [off_tick.clone(), off_half.clone()];
            assert_eq!(broken(&engine), expected[..wrong]);
        }
    }

    #[test]
    fn an_order_at_no_price_at_all_is_found_and_a_callers_grid_excuses_only_levels() {
        for units in [0, -PRICE_ONE] {
            let (mut engine, _) = resting();
            engine.desk.order_mut(OrderId(0)).legs[0].bound = Price(units);
            assert!(broken(&engine).contains(&("O6", Price(units).to_string())));
        }
        let (mut engine, market) = resting();
        let mut grid = engine.registry().market(market).grid;
        (grid.prices, grid.origins.grid) = (PriceGrid::Tick(Price(7)), TermsOrigin::Caller);
        engine.registry.put_grid(market, grid);
        assert!(broken(&engine).iter().all(|(law, _)| *law == "O6"));
    }
}
