//! The shift that own taker fills put on the account's own later orders.
//!
//! Each fill contributes `(Y/2)·σ·√(v/V)`, decaying with the square root of time, so equal children
//! one `τ₀` apart sum to the square-root law. Buys raise what later buys pay, sells lower what later
//! sells get; no favourable price is ever moved. Nothing else is touched: not the record, not
//! resting orders, not marks, not other accounts.

use crate::ids::Side;
use crate::number::{NumberError, PRICE_ONE, Price, Quantity, mul_div_floor};
use crate::sim::math::{ONE_Q32, exp_q32, inverse_root, isqrt, ln_q32, mul_q32, root};

/// Contributions of one side kept per octave of age; beyond it the two closest in time merge.
const PER_OCTAVE: usize = 8;
/// The shift never exceeds this part of the mid, in basis points.
const MAX_SHIFT_BPS: i128 = 500;
/// Bounds of the time scale, in ns.
const TAU_MIN_NS: i64 = 10_000_000;
const TAU_MAX_NS: i64 = 60_000_000_000;

/// What the market looks like to the impact model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Daily volume (1e-8) and daily volatility: in price units, or for event contracts in
    /// log-odds at Q32.
    Daily {
        /// `V_D`.
        volume: Quantity,
        /// `σ_D` or `σ_ℓ`.
        volatility: i64,
    },
    /// Without daily figures: half the spread and the displayed size of the first five levels.
    Book {
        /// `h`.
        half_spread: i64,
        /// `A₅`.
        depth: Quantity,
    },
}

/// Prefactor of the model in ppm and its time scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImpactParams {
    /// `Y`, ppm; 0 switches impact off.
    pub prefactor_ppm: i64,
    /// Mean gap between prints, ns; clamped to 10 ms .. 60 s.
    pub tau0_ns: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Child {
    at_ns: i64,
    shift: i64,
}

/// Own impact of one account in one market.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Impact {
    buys: Vec<Child>,
    sells: Vec<Child>,
}

impl Impact {
    /// Adds what one walk filled.
    pub fn add(
        &mut self,
        side: Side,
        filled: Quantity,
        scale: Scale,
        params: ImpactParams,
        now_ns: i64,
    ) -> Result<(), NumberError> {
        let shift = contribution(filled, scale, params.prefactor_ppm)?;
        let children = self.children(side);
        // Age has moved everything since the last fill: what no longer counts is dropped here.
        children.retain(|child| counts(*child, params.tau0_ns, now_ns));
        if shift > 0 {
            children.push(Child { at_ns: now_ns, shift });
            bound(children, params.tau0_ns, now_ns);
        }
        Ok(())
    }

    /// Sum of the decayed contributions of a side: `D_up` for buys, `D_dn` for sells.
    pub fn shift(&self, side: Side, params: ImpactParams, now_ns: i64) -> Result<i64, NumberError> {
        let children = match side {
            Side::Buy => &self.buys,
            Side::Sell => &self.sells,
        };
        let kernel = Kernel::of(params.tau0_ns);
        children.iter().try_fold(0_i64, |sum, child| {
            sum.checked_add(kernel.left(*child, now_ns)?).ok_or(NumberError::Range)
        })
    }

    /// The same, never more than 500 basis points of the mid.
    pub fn capped_shift(
        &self,
        side: Side,
        params: ImpactParams,
        mid: Price,
        now_ns: i64,
    ) -> Result<i64, NumberError> {
        let cap = i128::from(mid.0) * MAX_SHIFT_BPS / 10_000;
        Ok(self.shift(side, params, now_ns)?.min(i64::try_from(cap).unwrap_or(i64::MAX)))
    }

    const fn children(&mut self, side: Side) -> &mut Vec<Child> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}

/// `(Y/2)·σ_D·√(v/V_D)`, or `Y·h·√(v/A₅)` without daily figures, rounded down.
fn contribution(filled: Quantity, scale: Scale, prefactor_ppm: i64) -> Result<i64, NumberError> {
    let (volume, unit, divisor) = match scale {
        Scale::Daily { volume, volatility } => (volume, volatility, 2_000_000_i128),
        Scale::Book { half_spread, depth } => (depth, half_spread, 1_000_000_i128),
    };
    if filled.0 <= 0 || volume.0 <= 0 || prefactor_ppm <= 0 {
        return Ok(0);
    }
    let ratio = i128::from(filled.0).checked_mul(1 << 64).ok_or(NumberError::Range)?;
    let root = isqrt(ratio / i128::from(volume.0))?;
    let scaled = i128::from(prefactor_ppm) * i128::from(unit);
    let shift = mul_div_floor(scaled, root, divisor << 32)?;
    i64::try_from(shift).ok().ok_or(NumberError::Range)
}

/// `I·(1 + Δt/τ₀)^(−1/2)`, rounded down, of one time scale.
struct Kernel {
    tau: u64,
    /// `√τ₀` with 32 bits, and twice by how many its number was moved for that.
    root: u64,
    up: u32,
}

impl Kernel {
    fn of(tau0_ns: i64) -> Self {
        let tau = scale(tau0_ns);
        let up = tau.leading_zeros() & !1;
        Self { tau, root: root(tau << up), up }
    }

    fn left(&self, child: Child, now_ns: i64) -> Result<i64, NumberError> {
        let age = now_ns.saturating_sub(child.at_ns).max(0).unsigned_abs();
        if age == 0 {
            return Ok(child.shift);
        }
        let left = (i128::from(child.shift) * i128::from(self.at(age))) >> 32;
        i64::try_from(left).ok().ok_or(NumberError::Range)
    }

    /// `⌊2³²·√(τ₀/(τ₀ + age))⌋` of an age above 0: the greatest `k` with `k²·(τ₀ + age) ≤ τ₀·2⁶⁴`.
    /// A product is near it, and a step or two are left.
    fn at(&self, age: u64) -> u64 {
        let whole = self.tau.saturating_add(age);
        let up = whole.leading_zeros() & !1;
        let near = self.root * inverse_root(whole << up);
        // Roots of numbers that were moved by two bits are moved by one.
        let mut kernel = (near >> (31 + (self.up - up) / 2)).min(u64::from(u32::MAX));
        let most = u128::from(self.tau) << 64;
        let whole = u128::from(whole);
        let mut found = u128::from(kernel * kernel) * whole;
        while found > most {
            kernel -= 1;
            found -= u128::from(2 * kernel + 1) * whole;
        }
        loop {
            let more = found + u128::from(2 * kernel + 1) * whole;
            if more > most {
                return kernel;
            }
            (kernel, found) = (kernel + 1, more);
        }
    }
}

/// Whether anything is left of a contribution: what [`Kernel::left`] says is above 0, without its root.
fn counts(child: Child, tau0_ns: i64, now_ns: i64) -> bool {
    if child.shift <= 0 {
        return false;
    }
    // The least kernel that leaves 1: `kernel·shift ≥ 2³²`. A kernel reaches it where its square
    // does, and the square is `τ·2⁶⁴/(τ + age)`, rounded down.
    let tau = scale(tau0_ns);
    let age = now_ns.saturating_sub(child.at_ns).max(0).unsigned_abs();
    // A shift of 2¹⁶ needs no kernel above 2¹⁶, and that square is reached for longer than a year.
    if child.shift >= 1 << 16 && (tau + age) >> 32 < tau {
        return true;
    }
    let least = u128::from((1_u64 << 32).div_ceil(child.shift.unsigned_abs()));
    let (tau, age) = (u128::from(tau), u128::from(age));
    (least * least).checked_mul(tau + age).is_some_and(|needed| needed <= tau << 64)
}

/// The time scale within its bounds.
fn scale(tau0_ns: i64) -> u64 {
    tau0_ns.clamp(TAU_MIN_NS, TAU_MAX_NS).unsigned_abs()
}

/// The time scale and the age of a contribution.
fn ends(child: Child, tau0_ns: i64, now_ns: i64) -> u64 {
    scale(tau0_ns) + now_ns.saturating_sub(child.at_ns).max(0).unsigned_abs()
}

/// Octave of an age, given as [`ends`]: 0 up to one `τ₀`, then one per doubling.
fn octave(end: u64, tau0_ns: i64) -> u32 {
    // `⌊log₂(end / τ)⌋` without the division.
    let tau = scale(tau0_ns);
    let doublings = end.ilog2() - tau.ilog2();
    if tau << doublings <= end { doublings } else { doublings - 1 }
}

/// Merges the two closest neighbours of every octave that holds too many, until none does.
///
/// Contributions stand in order of time, so that those of an octave follow each other; what two were
/// merged into lies between them, so that octaves before it stay as they are.
fn bound(children: &mut Vec<Child>, tau0_ns: i64, now_ns: i64) {
    let mut from = 0;
    while let Some(rest) = children.get(from..).filter(|rest| rest.len() > PER_OCTAVE) {
        let run = first_octave(rest, tau0_ns, now_ns);
        match closest(run) {
            Some(at) if run.len() > PER_OCTAVE => merge(children, from + at),
            _ => from += run.len().max(1),
        }
    }
}

/// The oldest contributions, as far as they are of one octave.
fn first_octave(children: &[Child], tau0_ns: i64, now_ns: i64) -> &[Child] {
    let Some(oldest) = children.first() else { return children };
    let since = ends(*oldest, tau0_ns, now_ns);
    let begins = scale(tau0_ns) << octave(since, tau0_ns);
    let count = children.partition_point(|child| ends(*child, tau0_ns, now_ns) >= begins);
    children.get(..count).unwrap_or(children)
}

/// Position of the first of the pair that is closest in time.
fn closest(run: &[Child]) -> Option<usize> {
    let gaps = run.windows(2).map(|pair| match pair {
        [a, b] => b.at_ns - a.at_ns,
        _ => i64::MAX,
    });
    gaps.zip(0..).min().map(|(_, at)| at)
}

/// Makes one contribution of the one at a position and the next one.
fn merge(children: &mut Vec<Child>, at: usize) {
    let removed = children.remove(at + 1);
    if let Some(kept) = children.get_mut(at) {
        let weight = i128::from(kept.shift) + i128::from(removed.shift);
        let sum = i128::from(kept.at_ns) * i128::from(kept.shift)
            + i128::from(removed.at_ns) * i128::from(removed.shift);
        kept.at_ns = i64::try_from(sum.div_euclid(weight.max(1))).unwrap_or(kept.at_ns);
        kept.shift = kept.shift.saturating_add(removed.shift);
    }
}

/// Daily volatility of an event contract in log-odds: `σ_p/(p(1−p))`, Q32.
pub fn log_odds_volatility(volatility: i64, price: Price) -> Result<i64, NumberError> {
    let (p, one) = (i128::from(price.0), i128::from(PRICE_ONE));
    let odds = p * (one - p);
    if odds <= 0 {
        return Err(NumberError::Range);
    }
    let value = mul_div_floor(i128::from(volatility) << 32, one, odds)?;
    i64::try_from(value).ok().ok_or(NumberError::Range)
}

/// An event price moved by `shift_q32` in log-odds (positive for asks, negative for bids). It
/// cannot leave (0, 1); rounding to the tick is the caller's.
pub fn shift_in_log_odds(price: Price, shift_q32: i64) -> Result<Price, NumberError> {
    let x = (i128::from(price.0) << 32) / i128::from(PRICE_ONE);
    if x <= 0 || x >= ONE_Q32 {
        return Err(NumberError::Range);
    }
    let moved = ln_q32((x << 32) / (ONE_Q32 - x))? + i128::from(shift_q32);
    let e = exp_q32(-moved.abs())?;
    let share = if moved >= 0 { 1 << 64 } else { e << 32 } / (ONE_Q32 + e);
    let value = mul_q32(share, i128::from(PRICE_ONE));
    i64::try_from(value).ok().map(Price).ok_or(NumberError::Range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The formula as it is written.
    fn decayed(child: Child, tau0_ns: i64, now_ns: i64) -> Result<i64, NumberError> {
        let age = now_ns.saturating_sub(child.at_ns).max(0);
        let tau = i128::from(tau0_ns.clamp(TAU_MIN_NS, TAU_MAX_NS));
        let root = isqrt((tau << 64) / (tau + i128::from(age)))?;
        i64::try_from((i128::from(child.shift) * root) >> 32).ok().ok_or(NumberError::Range)
    }

    proptest! {
        #[test]
        fn a_kernel_is_the_root_to_its_last_unit(
            tau in prop_oneof![TAU_MIN_NS..100_000_000_i64, TAU_MIN_NS..=TAU_MAX_NS],
            age in prop_oneof![
                1..1_000_i64,
                1..1_000_000_000_000_i64,
                (0..63_u32).prop_flat_map(|power| 1_i64 << power..=i64::MAX >> (62 - power)),
            ],
            near in 0..3_i64,
        ) {
            let kernel = Kernel::of(tau);
            let exact = |age: i64| {
                isqrt((i128::from(tau) << 64) / (i128::from(tau) + i128::from(age))).unwrap()
            };
            prop_assert_eq!(i128::from(kernel.at(age.unsigned_abs())), exact(age));
            // And where the root is whole, or nearly: at a multiple that is a square.
            let of = (age % 3_000 + 2).pow(2);
            let age = (of - 1).saturating_mul(tau).saturating_add(near - 1);
            prop_assert_eq!(i128::from(kernel.at(age.unsigned_abs())), exact(age));
        }

        #[test]
        fn a_contribution_counts_as_long_as_something_is_left(
            shift in prop_oneof![1..10_i64, 1..1_000_000_000_i64, 1..i64::MAX],
            tau in prop_oneof![0..100_000_000_i64, 0..i64::MAX],
            age in prop_oneof![0..1_000_i64, 0..1_000_000_000_000_i64, 0..i64::MAX],
        ) {
            let child = Child { at_ns: 0, shift };
            let left = Kernel::of(tau).left(child, age).unwrap();
            prop_assert_eq!(counts(child, tau, age), left > 0);
            prop_assert_eq!(Ok(left), decayed(child, tau, age));
        }

        #[test]
        fn an_octave_is_a_doubling_of_the_age(
            tau in prop_oneof![0..100_000_000_i64, 0..i64::MAX],
            age in prop_oneof![0..1_000_000_000_000_i64, 0..i64::MAX],
        ) {
            let found = octave(ends(Child { at_ns: 0, shift: 1 }, tau, age), tau);
            prop_assert_eq!(found, (age / tau.clamp(TAU_MIN_NS, TAU_MAX_NS) + 1).ilog2());
        }
    }

    /// The same, looking at all of them again after each merge.
    fn bound_slowly(children: &mut Vec<Child>, tau: i64, now: i64) {
        let octave_of = |child: &Child| octave(ends(*child, tau, now), tau);
        loop {
            let mut from = 0;
            let mut runs = children.chunk_by(|a, b| octave_of(a) == octave_of(b));
            let Some(run) = runs.find(|run| {
                let is_crowded = run.len() > PER_OCTAVE;
                from += if is_crowded { 0 } else { run.len() };
                is_crowded
            }) else {
                return;
            };
            let at = from + closest(run).unwrap();
            merge(children, at);
        }
    }

    proptest! {
        #[test]
        fn octaves_are_bounded_in_one_pass(
            steps in proptest::collection::vec((0..40_u32, 1..1_000_000_i64), 0..90),
            tau in 0..1_000_000_000_i64,
        ) {
            let mut now = 0;
            let mut children = Vec::new();
            for (power, shift) in steps {
                now += (1_i64 << power) - 1;
                children.push(Child { at_ns: now, shift });
            }
            let mut slowly = children.clone();
            bound(&mut children, tau, now);
            bound_slowly(&mut slowly, tau, now);
            prop_assert_eq!(children, slowly);
        }
    }

    const ONE: i64 = 100_000_000;
    const TAU: i64 = 1_000_000_000;
    const PARAMS: ImpactParams = ImpactParams { prefactor_ppm: 1_000_000, tau0_ns: TAU };
    const DAY: Scale =
        Scale::Daily { volume: Quantity(20_000 * ONE), volatility: 1_200_000_000_000 };

    #[test]
    fn e13_18_a_child_decays_and_children_add_up() {
        let mut impact = Impact::default();
        impact.add(Side::Buy, Quantity(2 * ONE), DAY, PARAMS, 0).unwrap();
        for (times, expected) in
            [(0, 5_999_999_865), (1, 4_242_640_590), (3, 2_999_999_932), (8, 1_999_999_954)]
        {
            assert_eq!(impact.shift(Side::Buy, PARAMS, times * TAU), Ok(expected));
        }
        impact.add(Side::Buy, Quantity(8 * ONE), DAY, PARAMS, 3 * TAU).unwrap();
        assert_eq!(impact.shift(Side::Buy, PARAMS, 3 * TAU), Ok(14_999_999_803));
        assert_eq!(impact.shift(Side::Sell, PARAMS, 3 * TAU), Ok(0));
    }

    #[test]
    fn e13_18_a_hundred_children_follow_the_square_root_law() {
        let mut impact = Impact::default();
        for child in 0..100 {
            impact.add(Side::Buy, Quantity(2 * ONE), DAY, PARAMS, child * TAU).unwrap();
        }
        let shift = impact.shift(Side::Buy, PARAMS, 99 * TAU).unwrap();
        let exact: i64 = (0..100)
            .map(|at| {
                decayed(Child { at_ns: at * TAU, shift: 5_999_999_865 }, TAU, 99 * TAU).unwrap()
            })
            .sum();
        assert_eq!(exact / 1_000, 111_537_620);
        assert!(
            (shift - exact).abs() * 1_000 < exact,
            "merging old children moves little: {shift}"
        );
        assert!(impact.buys.len() <= 7 * PER_OCTAVE);
    }

    #[test]
    fn e13_18_event_prices_stay_inside_their_bounds() {
        for (price, shift, expected, cent) in [
            (400_000_000, (1_i64 << 32) / 10, 424_222_038, 430_000_000),
            (970_000_000, 1 << 31, 981_586_728, 990_000_000),
        ] {
            let moved = shift_in_log_odds(Price(price), shift).unwrap();
            assert_eq!(moved, Price(expected));
            assert_eq!(moved.ceil_to(Price(10_000_000)), Ok(Price(cent)));
        }
        let far = shift_in_log_odds(Price(970_000_000), 30 << 32).unwrap();
        assert!(far.0 <= PRICE_ONE);
        assert_eq!(log_odds_volatility(250_000_000, Price(500_000_000)), Ok(1 << 32));
    }

    #[test]
    fn the_shift_grows_with_the_root_of_the_number_of_children() {
        let sum = |children: i64| {
            let mut impact = Impact::default();
            for child in 0..children {
                impact.add(Side::Sell, Quantity(ONE), DAY, PARAMS, child * TAU).unwrap();
            }
            impact.shift(Side::Sell, PARAMS, (children - 1) * TAU).unwrap()
        };
        let (hundred, many) = (sum(100), sum(10_000));
        // Slope of ln D between 100 and 10,000 children within 0.02 of one half.
        let ratio = i128::from(many) * 1_000 / i128::from(hundred);
        assert!((9_120..=10_970).contains(&ratio), "{ratio}");
    }

    #[test]
    fn without_daily_figures_the_book_gives_the_scale() {
        let scale = Scale::Book { half_spread: 5_000_000, depth: Quantity(100 * ONE) };
        assert_eq!(contribution(Quantity(ONE), scale, 1_000_000), Ok(499_999));
        assert_eq!(contribution(Quantity(ONE), DAY, 0), Ok(0));
        let mut impact = Impact::default();
        impact.add(Side::Buy, Quantity(20_000 * ONE), DAY, PARAMS, 0).unwrap();
        let capped = impact.capped_shift(Side::Buy, PARAMS, Price(1_000_000_000), 0);
        assert_eq!(capped, Ok(50_000_000));
    }
}
