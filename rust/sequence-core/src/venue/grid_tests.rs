//! Grids: which prices they have, how they round, and whom they believe.

use proptest::prelude::*;

use super::*;
use crate::ids::{Outcome, Side};
use crate::number::{PRICE_ONE, Price, Quantity};

fn px(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn figures(decimals: u8) -> PriceGrid {
    PriceGrid::Figures { figures: 5, decimals }
}

fn bands(rows: &[(&str, &str)]) -> PriceGrid {
    let rows: Vec<_> = rows.iter().map(|(from, tick)| (px(from), px(tick))).collect();
    PriceGrid::Bands(Bands::new(&rows).unwrap())
}

fn grid(prices: PriceGrid, kind: InstrumentKind) -> Grid {
    Grid { prices, ..Grid::finest(kind) }
}

#[test]
fn the_tapered_grid_is_fine_at_both_ends() {
    let named = PriceGrid::TaperedDeciCent;
    let written = bands(&[("0", "0.001"), ("0.1", "0.01"), ("0.9", "0.001")]);
    for (text, on_grid) in [
        ("0.001", true),
        ("0.099", true),
        ("0.1", true),
        ("0.101", false),
        ("0.11", true),
        ("0.899", false),
        ("0.9", true),
        ("0.901", true),
        ("0.999", true),
        ("0.9995", false),
        ("0", false),
        ("1", false),
    ] {
        for prices in [named, written] {
            let grid = grid(prices, InstrumentKind::Prediction);
            assert_eq!(grid.contains(px(text)), on_grid, "{text}");
            assert_eq!(grid.of(Some(Outcome::No)).contains(px(text)), on_grid, "{text}");
        }
    }
    for prices in [named, written] {
        assert_eq!(prices.above(px("0.1")), Ok(px("0.11")));
        assert_eq!(prices.below(px("0.1")), Ok(px("0.099")));
        assert_eq!(prices.below(px("0.9")), Ok(px("0.89")));
        assert_eq!(prices.bands(), written.bands());
    }
}

#[test]
fn the_venues_own_examples_of_significant_figures_hold() {
    // The examples of Hyperliquid's page on tick and lot size.
    for (decimals, text, valid) in [
        (6, "1234.5", true),
        (6, "1234.56", false),
        (6, "0.001234", true),
        (6, "0.0012345", false),
        (5, "0.01234", true),
        (5, "0.012345", false),
        (6, "123456", true),
        (6, "12345.6", false),
        (8, "0.0001234", true),
        (7, "0.0001234", true),
        (5, "0.0001234", false),
        (1, "70000.1", false),
        (1, "70000", true),
        (1, "9999.9", true),
        (1, "9999.95", false),
    ] {
        assert_eq!(figures(decimals).contains(px(text)), valid, "{text} with {decimals}");
    }
    assert_eq!(figures(1).ceil(px("9999.95")), Ok(px("10000")));
    assert_eq!(figures(1).below(px("10000")), Ok(px("9999.9")));
}

#[test]
fn ranges_that_do_not_meet_are_no_grid() {
    for rows in [
        &[("0.1", "0.1")][..],
        &[("0", "0")],
        &[("0", "0.03"), ("0.1", "0.01")],
        &[("0", "0.01"), ("0.1", "0.03")],
        &[("0", "0.01"), ("0.2", "0.1"), ("0.2", "0.01")],
        &[("0", "1"), ("1", "1"), ("2", "1"), ("3", "1"), ("4", "1")],
        &[],
    ] {
        let rows: Vec<_> = rows.iter().map(|(from, tick)| (px(from), px(tick))).collect();
        assert_eq!(Bands::new(&rows), None, "{rows:?}");
    }
}

#[test]
fn rounding_toward_passive_ends_at_the_range_and_a_cap_stays_inside_it() {
    let cents = grid(PriceGrid::LinearCent, InstrumentKind::Prediction);
    assert_eq!(cents.passive(Side::Buy, px("0.004")), None);
    assert_eq!(cents.passive(Side::Sell, px("0.995")), None);
    assert_eq!(cents.passive(Side::Buy, px("0.995")), Some(px("0.99")));
    assert_eq!(cents.passive(Side::Sell, px("0.004")), Some(px("0.01")));
    assert_eq!(cents.outward(Side::Buy, px("0.995")), px("0.99"));
    assert_eq!(cents.outward(Side::Sell, px("0.004")), px("0.01"));
    assert_eq!(cents.outward(Side::Buy, px("0.401")), px("0.41"));
    assert_eq!(cents.outward(Side::Sell, px("0.409")), px("0.4"));
    let refusal = cents.check_passive(Side::Buy, px("0.004")).unwrap_err();
    assert_eq!(refusal.message, "leaves the range; the lowest price is 0.01");
    let refusal = cents.check_price(px("0.415")).unwrap_err();
    assert_eq!(refusal.message, "is off the tick of 0.01; nearest valid: 0.41 and 0.42");
}

#[test]
fn the_better_source_of_each_part_is_believed() {
    let mut grid = Grid::finest(InstrumentKind::Spot);
    let lot = |origin, units| Terms { lot: Some(Quantity(units)), ..Terms::of(origin) };
    assert!(grid.set(&lot(TermsOrigin::Learnt, 5)));
    assert!(grid.set(&lot(TermsOrigin::Rule, 6)));
    assert!(!grid.set(&lot(TermsOrigin::Learnt, 7)), "a rule is known better than levels");
    assert!(grid.set(&lot(TermsOrigin::Venue, 10)));
    assert!(grid.set(&lot(TermsOrigin::Venue, 20)), "the venue may change its mind");
    assert!(grid.refine(None, Some(Quantity(4))), "a level proves the venue's data wrong");
    assert!(grid.set(&lot(TermsOrigin::Caller, 30)));
    assert!(!grid.refine(None, Some(Quantity(3))), "a caller is never proved wrong");
    assert_eq!((grid.lot, grid.origins.lot), (Quantity(30), TermsOrigin::Caller));
    assert_eq!((grid.min_qty, grid.origins.grid), (Quantity(1), TermsOrigin::Default));
}

#[test]
fn a_lot_that_levels_show_binds_no_order_and_one_that_is_named_binds_all() {
    let mut grid = Grid::finest(InstrumentKind::Spot);
    let lot = |origin| Terms { lot: Some(Quantity(100)), ..Terms::of(origin) };
    for (origin, binds) in [(TermsOrigin::Learnt, false), (TermsOrigin::Rule, true)] {
        grid.set(&lot(origin));
        for units in [50, 150] {
            assert_eq!(grid.check_lot(Quantity(units)).is_err(), binds, "{origin:?} {units}");
            assert_eq!(grid.check_minimums(Quantity(units), None), Ok(()));
        }
    }
    // The lot of a rule that a level proved wrong is a guess from then on.
    assert!(grid.refine(None, Some(Quantity(10))));
    assert_eq!((grid.check_lot(Quantity(5)), grid.lot), (Ok(()), Quantity(10)));
    let mut event = Grid::finest(InstrumentKind::Prediction);
    event.set(&lot(TermsOrigin::Rule));
    assert!(event.refine(None, Some(Quantity(10))));
    assert_eq!(event.order_lot(), Quantity(10));
}

#[test]
fn a_step_becomes_as_fine_as_what_it_must_divide() {
    for (given, units, found) in [
        (1_000, 5_000, 1_000),
        (1_000, 5_500, 100),
        (1_000, 1, 1),
        (250, 500, 250),
        (250, 300, 50),
        (25, 301, 1),
        (50_000, 70_000, 10_000),
        (1_000, 0, 1_000),
        (1, 7, 1),
    ] {
        assert_eq!(common_step(given, units), found, "{given} {units}");
    }
}

#[test]
fn an_event_grid_becomes_finer_only_where_it_must() {
    let covering = |prices: &[i64]| {
        let at = |grid: PriceGrid, price: &i64| grid.covering(Price(*price * 10_000));
        prices.iter().fold(PriceGrid::LinearCent, at)
    };
    assert_eq!(covering(&[50_000, 1_000]), PriceGrid::LinearCent);
    assert_eq!(covering(&[50_000, 99_500]), PriceGrid::TaperedDeciCent);
    assert_eq!(covering(&[99_500, 50_100]), PriceGrid::DeciCent);
    assert_eq!(covering(&[77_485]), PriceGrid::Tick(Price(10_000)));
    assert_eq!(covering(&[50_100, 50_110]), PriceGrid::Tick(Price(100_000)));
}

fn any_grid() -> impl Strategy<Value = (PriceGrid, InstrumentKind)> {
    let event = InstrumentKind::Prediction;
    prop_oneof![
        Just((PriceGrid::LinearCent, event)),
        Just((PriceGrid::DeciCent, event)),
        Just((PriceGrid::TaperedDeciCent, event)),
        (1i64..20_000_000).prop_map(|tick| (PriceGrid::Tick(Price(tick)), InstrumentKind::Spot)),
        (0u8..9, 1u8..8).prop_map(|(decimals, figures)| {
            (PriceGrid::Figures { figures, decimals }, InstrumentKind::Perp)
        }),
        Just((bands(&[("0", "0.0001"), ("0.01", "0.01"), ("10", "0.5")]), InstrumentKind::Spot)),
    ]
}

proptest! {
    #[test]
    fn rounding_to_a_grid_brackets_the_price(
        (prices, kind) in any_grid(),
        units in prop_oneof![1..PRICE_ONE, 1..400_000 * PRICE_ONE],
    ) {
        let grid = grid(prices, kind);
        let price = Price(units);
        let (floor, ceil) = (grid.floor(price), grid.ceil(price));
        prop_assert!(floor.is_none_or(|floor| floor <= price && grid.contains(floor)));
        prop_assert!(ceil.is_none_or(|ceil| ceil >= price && grid.contains(ceil)));
        prop_assert_eq!(floor == Some(price), grid.contains(price));
        prop_assert_eq!(ceil == Some(price), grid.contains(price));
        for side in [Side::Buy, Side::Sell] {
            prop_assert!(grid.contains(grid.outward(side, price)));
            prop_assert!(grid.passive(side, price).is_none_or(|price| grid.contains(price)));
        }
    }

    #[test]
    fn no_price_lies_between_two_neighbours(
        (prices, kind) in any_grid(),
        units in 1..300 * PRICE_ONE,
        between in 1..i64::MAX,
    ) {
        let grid = grid(prices, kind);
        let price = prices.floor(Price(units));
        let above = prices.above(price).unwrap();
        if above.0 - price.0 > 1 {
            let inside = Price(price.0 + 1 + between % (above.0 - price.0 - 1));
            prop_assert!(!grid.contains(inside), "{price} {inside} {above}");
        }
    }
}
