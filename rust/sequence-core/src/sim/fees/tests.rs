//! Fee goldens of every venue type, and the laws of sums and reservations.

use proptest::prelude::*;

use super::*;
use crate::ids::InstrumentKind;
use crate::listing::demo_listing;
use crate::symbol::Symbol;
use crate::venue::{BINANCE, BITGET, BYBIT, HYPERLIQUID, KALSHI, KRAKEN, POLYMARKET};

const MAKES: Charging = Charging { is_maker: true, joined: false };
const TAKES: Charging = Charging { is_maker: false, joined: false };

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn fill(
    state: &mut FeeState,
    schedule: &FeeSchedule,
    side: Side,
    qty: &str,
    price: &str,
) -> FeeLeg {
    let (price, qty) = (Price::parse(price).unwrap(), Quantity::parse(qty).unwrap());
    state.charge(schedule, side, price, qty, TAKES).unwrap()
}

fn cash(side: Side, leg: &FeeLeg) -> Money {
    match side {
        Side::Buy => Money(-leg.notional.0 - leg.fee.0),
        Side::Sell => Money(leg.notional.0 - leg.fee.0),
    }
}

/// `(trade fee, rounding fee, rebate, net fee, cash)`
fn kalshi_row(side: Side, leg: &FeeLeg) -> [Money; 5] {
    let parts = leg.parts.unwrap();
    [parts.trade_fee, parts.rounding_fee, parts.rebate, leg.fee, cash(side, leg)]
}

#[test]
fn a_taker_on_binance_pays_ten_basis_points() {
    let schedule = FeeSchedule::of(BINANCE, InstrumentKind::Spot, "");
    let leg = fill(&mut FeeState::default(), &schedule, Side::Buy, "0.1", "74349.45");
    assert_eq!((leg.notional, leg.fee), (money("7434.945"), money("7.434945")));
    assert!(!schedule.fee_default);
}

/// A schedule of an account whose balance has a hundredth of a cent.
fn kalshi_member(is_maker_series: bool) -> FeeSchedule {
    let mut schedule = FeeSchedule::kalshi(is_maker_series);
    if let FeeModel::Kalshi { balance_step, .. } = &mut schedule.model {
        *balance_step = Money(100_000);
    }
    schedule
}

fn polymarket(taker_rate_1e8: i64, rounding: FeeRounding) -> FeeSchedule {
    let model = FeeModel::Polymarket { taker_rate_1e8, rebate_rate_1e8: 0, rounding };
    FeeSchedule { model, ..FeeSchedule::polymarket(taker_rate_1e8, 0) }
}

#[test]
fn kalshi_fees_match_the_published_examples() {
    let venue = FeeSchedule::kalshi(false);
    for (side, qty, price, row) in [
        (Side::Buy, "10", "0.50", ["0.1750", "0.0050", "0", "0.18", "-5.18"]),
        (Side::Buy, "1", "0.55", ["0.0174", "0.0026", "0", "0.02", "-0.57"]),
        (Side::Sell, "100", "0.40", ["1.6800", "0", "0", "1.68", "38.32"]),
        (Side::Sell, "10", "0.55", ["0.1733", "0.0067", "0", "0.18", "5.32"]),
        (Side::Sell, "0.01", "0.0001", ["0", "0.000001", "0", "0.000001", "0"]),
    ] {
        let leg = fill(&mut FeeState::default(), &venue, side, qty, price);
        assert_eq!(kalshi_row(side, &leg), row.map(money), "{qty} at {price}");
    }
    let member = kalshi_member(false);
    let leg = fill(&mut FeeState::default(), &member, Side::Buy, "100", "0.37");
    let row = ["1.6317", "0", "0", "1.6317", "-38.6317"].map(money);
    assert_eq!(kalshi_row(Side::Buy, &leg), row);
}

#[test]
fn kalshi_makers_pay_on_listed_series_only() {
    let (price, qty) = (Price::parse("0.37").unwrap(), Quantity::parse("100").unwrap());
    let mut state = FeeState::default();
    let leg = state.charge(&FeeSchedule::kalshi(true), Side::Buy, price, qty, MAKES).unwrap();
    let row = ["0.4080", "0.0020", "0", "0.41", "-37.41"].map(money);
    assert_eq!(kalshi_row(Side::Buy, &leg), row);
    let mut state = FeeState::default();
    let leg = state.charge(&FeeSchedule::kalshi(false), Side::Buy, price, qty, MAKES).unwrap();
    assert_eq!(leg.fee, Money::ZERO);
}

#[test]
fn the_kalshi_accumulator_gives_back_whole_cents() {
    let venue = FeeSchedule::kalshi(false);
    let mut state = FeeState::default();
    let first = fill(&mut state, &venue, Side::Buy, "100", "0.37");
    let row = ["1.6317", "0.0083", "0", "1.6400", "-38.64"].map(money);
    assert_eq!((kalshi_row(Side::Buy, &first), first.accumulator), (row, money("0.0083")));
    let second = fill(&mut state, &venue, Side::Buy, "50", "0.36");
    let row = ["0.8064", "0.0036", "0.01", "0.8000", "-18.80"].map(money);
    assert_eq!((kalshi_row(Side::Buy, &second), second.accumulator), (row, money("0.0019")));
}

#[test]
fn many_small_kalshi_fills_cost_what_one_costs() {
    let venue = FeeSchedule::kalshi(false);
    for (fills, qty, price, fees) in [
        (3, "1", "0.055", &["0.0050", "0.0050", "0.0050"][..]),
        (6, "1", "0.50", &["0.02", "0.02", "0.02", "0.02", "0.01", "0.02"][..]),
        (4, "0.07", "0.4217", &["0.010481", "0.000481", "0.000481", "0.000481"][..]),
    ] {
        let mut state = FeeState::default();
        let mut paid = Money::ZERO;
        for fee in fees {
            let leg = fill(&mut state, &venue, Side::Buy, qty, price);
            assert_eq!(leg.fee, money(fee), "{qty} at {price}");
            paid = Money(paid.0 - cash(Side::Buy, &leg).0);
        }
        let whole = Quantity(Quantity::parse(qty).unwrap().0 * fills).to_string();
        let once = fill(&mut FeeState::default(), &venue, Side::Buy, &whole, price);
        assert_eq!(paid, Money(-cash(Side::Buy, &once).0), "{qty} at {price}");
    }
}

#[test]
fn polymarket_fees_round_half_up_or_down() {
    for (qty, price, rate_1e8, half_up, floor) in [
        ("100", "0.50", 7_200_000, "1.8", "1.8"),
        ("100", "0.05", 3_000_000, "0.1425", "0.1425"),
        ("10", "0.65", 7_200_000, "0.1638", "0.1638"),
        ("100", "0.37", 7_000_000, "1.6317", "1.6317"),
        ("7", "0.33", 7_000_000, "0.10834", "0.10833"),
        ("7", "0.33", 3_000_000, "0.04643", "0.04643"),
        ("123.45", "0.615", 4_000_000, "1.16919", "1.16919"),
        ("0.02", "0.01", 7_000_000, "0.00001", "0.00001"),
        ("0.01", "0.01", 7_000_000, "0", "0"),
    ] {
        for (rounding, fee) in [(FeeRounding::HalfUp, half_up), (FeeRounding::Floor, floor)] {
            let venue = polymarket(rate_1e8, rounding);
            let leg = fill(&mut FeeState::default(), &venue, Side::Buy, qty, price);
            assert_eq!(leg.fee, money(fee), "{qty} at {price}, {rounding:?}");
        }
    }
}

#[test]
fn the_table_is_sorted_and_what_it_lacks_is_flagged() {
    assert!(FEE_TABLE.is_sorted_by_key(|row| (row.venue, row.kind)));
    for (venue, kind, maker, taker) in [
        (KRAKEN, InstrumentKind::Spot, 250_000, 400_000),
        (BYBIT, InstrumentKind::Perp, 20_000, 55_000),
        (HYPERLIQUID, InstrumentKind::Perp, 15_000, 45_000),
        (KALSHI, InstrumentKind::Prediction, 0, 3_500_000),
    ] {
        let schedule = FeeSchedule::of(venue, kind, "");
        let reported = schedule.reported();
        assert_eq!((reported.maker_rate_1e8, reported.taker_rate_1e8), (maker, taker));
        assert!(!schedule.fee_default);
    }
    let unknown = FeeSchedule::of(BITGET, InstrumentKind::Perp, "");
    assert_eq!(unknown.reported(), FeeSchedule::bps(100_000, 100_000).reported());
    assert!(unknown.fee_default);
    assert_eq!(unknown.effective_from.to_string(), "2026-01-01");
    assert_eq!(FeeSchedule::kalshi(true).reported().maker_rate_1e8, 875_000);
}

#[test]
fn an_event_market_without_a_schedule_pays_the_rate_of_its_category() {
    for (category, bps) in [
        ("crypto", 360),
        ("sports", 250),
        ("politics", 200),
        ("geopolitics", 0),
        ("culture", 250),
        ("", 250),
    ] {
        let schedule = FeeSchedule::of(POLYMARKET, InstrumentKind::Prediction, category);
        let reported = schedule.reported();
        assert_eq!((reported.taker_rate_1e8, reported.maker_rate_1e8), (bps * 10_000, 0));
        assert!(schedule.fee_default && reported.model == "quadratic", "{category}");
    }
    let demo = Symbol::parse("btc-updown-5m-1776537600").unwrap();
    let schedule = demo_listing(&demo).unwrap().fee_schedule(POLYMARKET);
    assert!(!schedule.fee_default && schedule.model.rate_1e8(false) == 7_200_000);
    let own = FeeSchedule::polymarket(3_000_000, 0);
    assert_eq!(own.reported().taker_rate_1e8, 1_500_000);
    assert_eq!(own.share_at(Price(50_000_000), false), 2_850_000);
    assert_eq!(own.share_at(Price(50_000_000), true), 0);
}

#[test]
fn a_rebate_is_rounded_toward_zero() {
    let schedule = FeeSchedule::bps(-1_000, 10_000);
    let mut state = FeeState::default();
    let leg = state.charge(&schedule, Side::Buy, Price(199_999), Quantity(100_000_000), MAKES);
    assert_eq!(leg.unwrap().fee, Money(-1));
}

#[test]
fn the_fee_of_a_dust_sale_waits_for_fills_that_can_pay_it() {
    let schedule = FeeSchedule::bps(0, 50_000_000);
    let mut state = FeeState::default();
    let mut sell = |price, qty| {
        let leg = state.charge(&schedule, Side::Sell, Price(price), Quantity(qty), TAKES).unwrap();
        (leg.notional.0, leg.fee.0)
    };
    // Half of 1.5 units is rounded up to 1, half of the third fill's 4.5 in all to 3.
    assert_eq!(sell(1, 50_000_000), (0, 0));
    assert_eq!(sell(1, 100_000_000), (1, 1));
    assert_eq!(sell(3, 100_000_000), (3, 2));
}

#[test]
fn no_polymarket_sale_costs_more_than_it_brings() {
    let dear = FeeSchedule::polymarket(RATE_ONE, 0);
    let leg = fill(&mut FeeState::default(), &dear, Side::Sell, "16", "0.000001");
    assert_eq!((leg.notional, leg.fee), (money("0.000016"), money("0.000016")));
}

#[test]
fn a_refused_fill_changes_nothing() {
    let mut state = FeeState::default();
    let venue = FeeSchedule::kalshi(false);
    fill(&mut state, &venue, Side::Buy, "3", "0.5");
    let before = state;
    let above_one = Price(PRICE_ONE + 1);
    assert!(state.charge(&venue, Side::Buy, above_one, Quantity(1), TAKES).is_err());
    assert!(state.charge(&venue, Side::Buy, Price(1), Quantity(-1), TAKES).is_err());
    assert_eq!(state, before);
}

/// Reserves, fills, reserves again: `(reserved before, reserved after, released)`.
fn step(
    state: &mut FeeState,
    schedule: &FeeSchedule,
    terms: (&str, &str, &str),
    fill_at: Option<(&str, &str)>,
) -> (Money, Money, Money) {
    let (limit, open, quantum) = terms;
    let (limit, quantum) = (Price::parse(limit).unwrap(), Quantity::parse(quantum).unwrap());
    let open = Quantity::parse(open).unwrap();
    let before = state.reserve_buy(schedule, limit, open, quantum).unwrap();
    let Some((qty, price)) = fill_at else { return (before, before, Money::ZERO) };
    let leg = fill(state, schedule, Side::Buy, qty, price);
    let open = Quantity(open.0 - Quantity::parse(qty).unwrap().0);
    let after = state.reserve_buy(schedule, limit, open, quantum).unwrap();
    (before, after, Money(before.0 - after.0 - leg.notional.0 - leg.fee.0))
}

#[test]
fn a_spot_reservation_follows_its_fills() {
    let schedule = FeeSchedule::bps(100_000, 100_000);
    let mut state = FeeState::default();
    let terms = ("60000.10", "1.5", "0.00000001");
    let first = step(&mut state, &schedule, terms, Some(("0.4", "59990.05")));
    let expected = ["90090.15015", "66066.11011", "4.02402"].map(money);
    assert_eq!(first, expected.into());
    let terms = ("60000.10", "1.1", "0.00000001");
    let second = step(&mut state, &schedule, terms, Some(("0.33333333", "60000.099999999")));
    let expected = ["66066.11011", "46046.076943533", "0"].map(money);
    assert_eq!(second, expected.into());
}

#[test]
fn event_reservations_follow_their_fills() {
    let mut state = FeeState::default();
    let terms = ("0.40", "100", "1");
    let kalshi = step(&mut state, &FeeSchedule::kalshi(false), terms, Some(("30", "0.38")));
    assert_eq!(kalshi, ["41.70", "29.19", "0.61"].map(money).into());
    for (rounding, reserved) in [(FeeRounding::HalfUp, "111.985"), (FeeRounding::Floor, "111.98")] {
        let schedule = polymarket(4_000_000, rounding);
        let terms = ("0.55", "200", "0.01");
        let (before, ..) = step(&mut FeeState::default(), &schedule, terms, None);
        assert_eq!(before, money(reserved));
    }
}

#[derive(Debug, Clone)]
struct Case {
    schedule: FeeSchedule,
    limit: Price,
    quantum: Quantity,
    /// Fills as (quantity in quanta, price in parts per thousand of the limit, maker).
    fills: Vec<(i64, i64, bool)>,
    /// Left open at the end, in quanta.
    rest: i64,
}

fn schedules() -> impl Strategy<Value = FeeSchedule> {
    prop_oneof![
        (-50_000..200_000i64, 0..700_000i64).prop_map(|(m, t)| FeeSchedule::bps(m, t)),
        any::<bool>().prop_map(FeeSchedule::kalshi),
        any::<bool>().prop_map(kalshi_member),
        (0..10_000_000i64).prop_map(|rate| FeeSchedule::polymarket(rate, 0)),
        (0..10_000_000i64).prop_map(|rate| polymarket(rate, FeeRounding::Floor)),
    ]
}

fn cases() -> impl Strategy<Value = Case> {
    let fills = prop::collection::vec((1..2_000i64, 0..=1_000i64, any::<bool>()), 0..12);
    let limit = prop_oneof![1..PRICE_ONE, (1..100i64).prop_map(|cents| cents * 10_000_000)];
    let quantum = prop_oneof![Just(1), Just(1_000), Just(1_000_000), Just(100_000_000)];
    (schedules(), limit, quantum, fills, 0..50i64, any::<bool>()).prop_map(
        |(schedule, limit, quantum, fills, rest, dear)| {
            // Pairs reach any price; event contracts stay below one.
            let dear = dear && !schedule.model.is_quadratic();
            let limit = Price(if dear { limit * 90_000 } else { limit });
            Case { schedule, limit, quantum: Quantity(quantum), fills, rest }
        },
    )
}

fn part(limit: Price, thousandths: i64) -> Price {
    Price(limit.0 / 1_000 * thousandths + limit.0 % 1_000 * thousandths / 1_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_fill_needs_more_than_was_reserved_for_it(case in cases()) {
        let Case { schedule, limit, quantum, fills, rest } = case;
        let total: i64 = fills.iter().map(|(quanta, ..)| quanta).sum::<i64>() + rest;
        let mut open = Quantity(total * quantum.0);
        let mut state = FeeState::default();
        let mut reserved = state.reserve_buy(&schedule, limit, open, quantum).unwrap();
        for (quanta, thousandths, is_maker) in fills {
            let (price, qty) = (part(limit, thousandths), Quantity(quanta * quantum.0));
            let bound = state.fee_bound(&schedule, limit, open, quantum).unwrap();
            open = Quantity(open.0 - qty.0);
            let joined = FeeState::joins(&schedule, Side::Buy, open, quantum);
            let how = Charging { is_maker, joined };
            let leg = state.charge(&schedule, Side::Buy, price, qty, how).unwrap();
            let after = state.reserve_buy(&schedule, limit, open, quantum).unwrap();
            let cost = leg.notional.0 + leg.fee.0;
            prop_assert!(after.0 >= 0 && leg.notional.0 >= 0);
            prop_assert!(reserved.0 - cost - after.0 >= 0, "released {}", reserved.0 - cost - after.0);
            if let FeeModel::Bps { .. } = schedule.model {
                let left = state.fee_bound(&schedule, limit, open, quantum).unwrap();
                prop_assert!(bound.0 - leg.fee.0 - left.0 >= 0);
            }
            reserved = after;
        }
    }

    #[test]
    fn no_sale_takes_cash(case in cases()) {
        let mut state = FeeState::default();
        for (quanta, thousandths, is_maker) in case.fills {
            let (price, qty) = (part(case.limit, thousandths), Quantity(quanta * case.quantum.0));
            let leg = state.charge(&case.schedule, Side::Sell, price, qty, Charging { is_maker, joined: false }).unwrap();
            prop_assert!(leg.fee <= leg.notional);
        }
    }

    #[test]
    fn slicing_an_order_changes_no_proportional_cost(
        price in 1..i64::MAX / 1_000_000,
        slices in prop::collection::vec(1..1_000_000_000i64, 1..20),
        rate in -100_000..1_000_000i64,
    ) {
        let schedule = FeeSchedule::bps(rate, rate);
        let mut state = FeeState::default();
        for slice in &slices {
            state.charge(&schedule, Side::Buy, Price(price), Quantity(*slice), TAKES).unwrap();
        }
        let mut once = FeeState::default();
        let whole = Quantity(slices.iter().sum());
        once.charge(&schedule, Side::Buy, Price(price), whole, TAKES).unwrap();
        prop_assert_eq!(state, once);
    }

    #[test]
    fn the_net_kalshi_fee_of_an_order_is_never_negative(
        fills in prop::collection::vec((1..5_000i64, 1..10_000i64, any::<bool>()), 1..20),
        sells in any::<bool>(),
    ) {
        let side = if sells { Side::Sell } else { Side::Buy };
        let schedule = FeeSchedule::kalshi(false);
        let mut state = FeeState::default();
        for (hundredths, centicents, is_maker) in fills {
            let price = Price(centicents * 100_000);
            let qty = Quantity(hundredths * 1_000_000);
            let leg = state.charge(&schedule, side, price, qty, Charging { is_maker, joined: false }).unwrap();
            prop_assert!(leg.accumulator.0 >= 0 && leg.accumulator.0 <= 10_000_000);
            prop_assert_eq!(cash(side, &leg).0 % 10_000_000, 0);
            prop_assert!(state.paid().0 >= 0);
        }
    }

    #[test]
    fn the_largest_numbers_are_counted_or_refused(
        price in 0..=crate::number::MAX_UNITS,
        qty in 0..=crate::number::MAX_UNITS,
        schedule in schedules(),
    ) {
        let mut state = FeeState::default();
        let leg = state.charge(&schedule, Side::Buy, Price(price), Quantity(qty), TAKES);
        let reserve = FeeState::default()
            .reserve_buy(&schedule, Price(price), Quantity(qty), Quantity(1));
        if schedule.model.is_quadratic() && price > PRICE_ONE {
            prop_assert!(leg.is_err() && reserve.is_err());
        } else {
            let leg = leg.unwrap();
            prop_assert!(leg.notional.0 + leg.fee.0 <= reserve.unwrap().0);
        }
    }
}

#[test]
fn rounding_is_reserved_for_a_thousand_fills_at_most() {
    let (price, lot) = (Price::parse("0.65").unwrap(), Quantity(100_000_000));
    let whole = |contracts: i64| Quantity(contracts * lot.0);
    let reserve = |schedule: &FeeSchedule, qty, lot| {
        FeeState::default().reserve_buy(schedule, price, qty, lot).unwrap()
    };
    let kalshi = FeeSchedule::kalshi(false);
    // 975.00 + 23.8875 + 1,000 steps of 0.0001 + 0.01.
    assert_eq!(reserve(&kalshi, whole(1_500), lot), money("999.00"));
    // On the smallest lot there is no more to round.
    assert_eq!(reserve(&kalshi, whole(1_500), Quantity(1)), money("999.00"));
}

#[test]
fn a_fine_lot_reserves_no_more_at_polymarket() {
    let (price, hundred) = (Price::parse("0.5").unwrap(), Quantity::parse("100").unwrap());
    let schedule = FeeSchedule::polymarket(5_000_000, 0);
    for lot in [1, 100, 10_000, 1_000_000] {
        let held = FeeState::default().reserve_buy(&schedule, price, hundred, Quantity(lot));
        // 50 + 1.25, and half a step of 0.00001 for each of a thousand fills.
        assert_eq!(held.unwrap(), money("51.255"), "{lot}");
    }
    let (mut state, mut open) = (FeeState::default(), hundred);
    let mut paid = 0;
    for _ in 0..100 {
        open = Quantity(open.0 - 100_000_000);
        let joined = FeeState::joins(&schedule, Side::Buy, open, Quantity(100));
        let how = Charging { is_maker: false, joined };
        let one = state.charge(&schedule, Side::Buy, price, Quantity(100_000_000), how).unwrap();
        paid += one.fee.0;
    }
    assert_eq!(Money(paid), money("1.25"), "slices cost what the whole costs");
}

#[test]
fn a_fill_beyond_the_thousand_is_rounded_with_its_predecessor() {
    let (schedule, lot) = (FeeSchedule::kalshi(false), Quantity(1));
    let (price, mut open) = (Price::parse("0.5").unwrap(), Quantity(1_003));
    let mut state = FeeState::default();
    let mut fees = Vec::new();
    while open.0 > 997 {
        open = Quantity(open.0 - 1);
        let joined = FeeState::joins(&schedule, Side::Buy, open, lot);
        let how = Charging { is_maker: false, joined };
        let leg = state.charge(&schedule, Side::Buy, price, Quantity(1), how).unwrap();
        fees.push((leg.parts.unwrap().trade_fee, joined));
    }
    // One step pays for all of the dust before the last thousand, and then each pays its own.
    let (step, none) = (money("0.0001"), Money::ZERO);
    let shared = [(step, true), (none, true), (none, true), (none, false)];
    assert_eq!(fees, [&shared[..], &[(step, false), (step, false)]].concat());
}
