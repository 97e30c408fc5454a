//! Random steps, drawn on the edges: all of the money, one lot more, one lot, the largest value.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// One of the markets a sequence trades in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) venue: &'static str,
    pub(crate) book: &'static str,
    pub(crate) cash: (&'static str, &'static str),
    /// First price and step of the grid that prices are drawn from.
    pub(crate) grid: (i64, i64),
    pub(crate) lot: i64,
    /// Taker rate, 1e-8.
    pub(crate) taker: i64,
}

const CENT: i64 = 10_000_000;

pub(crate) const PLACES: [Place; 4] = [
    Place {
        venue: "kraken",
        book: "ABC-USD",
        cash: ("fiat", "USD"),
        grid: (9_800 * CENT, 50 * CENT),
        lot: 1_000,
        taker: 400_000,
    },
    Place {
        venue: "binance",
        book: "ABC-USD",
        cash: ("crypto", "USDT"),
        grid: (9_800 * CENT, 50 * CENT),
        lot: 1_000,
        taker: 100_000,
    },
    Place {
        venue: "kalshi",
        book: "KXTEST-A",
        cash: ("fiat", "USD"),
        grid: (30 * CENT, 5 * CENT),
        lot: 100_000_000,
        taker: 7_000_000,
    },
    Place {
        venue: "hyperliquid",
        book: "ABC-USD-PERP",
        cash: ("crypto", "USDC"),
        grid: (9_800 * CENT, 50 * CENT),
        lot: 1_000,
        taker: 45_000,
    },
];

/// Steps of the grid: half of them below a fair price, half above.
pub(crate) const RUNGS: i64 = 9;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    Lots(i64),
    Fraction,
    All,
    OneLotMore,
    Largest,
    Notional(u32),
}

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) place: usize,
    pub(crate) no: bool,
    pub(crate) buys: bool,
    pub(crate) size: Size,
    pub(crate) rung: Option<i64>,
    pub(crate) routed: bool,
    pub(crate) extras: &'static str,
    pub(crate) key: Option<u8>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    As(bool),
    Level { place: usize, ask: bool, rung: i64, size: &'static str },
    Book { place: usize, middle: i64, size: &'static str },
    Trade { place: usize, buys: Option<bool>, rung: i64, size: &'static str },
    Status { place: usize, status: &'static str },
    Advance(&'static str),
    Order(Request),
    Cancel(usize),
    Again(usize),
    Seed { place: usize, base: bool, amount: &'static str },
    Replace { place: usize, amount: &'static str },
    Reset(&'static str),
}

fn size() -> impl Strategy<Value = Size> {
    prop_oneof![
        8 => (1..6i64).prop_map(Size::Lots),
        3 => Just(Size::Fraction),
        4 => Just(Size::All),
        3 => Just(Size::OneLotMore),
        1 => Just(Size::Largest),
        2 => (1..600u32).prop_map(Size::Notional),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let extras = select(vec![
        "",
        "",
        "",
        "",
        "tif=ioc",
        "tif=fok",
        "tif=fok",
        "tif=post_only",
        "tif=day",
        "reduce_only",
        "reduce_only",
        "slippage=100",
        "horizon=300",
        "policy=aggressive_chase",
        "policy=aggressive_chase horizon=700",
    ]);
    let rung = prop_oneof![3 => (0..RUNGS).prop_map(Some), 2 => Just(None)];
    let key = prop_oneof![4 => Just(None), 1 => (0..3u8).prop_map(Some)];
    (0..PLACES.len(), any::<bool>(), any::<bool>(), size(), rung, any::<bool>(), extras, key)
        .prop_map(|(place, no, buys, size, rung, routed, extras, key)| Request {
            place,
            no,
            buys,
            size,
            rung,
            routed,
            extras,
            key,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let place = || 0..PLACES.len();
    let sizes = || select(vec!["0", "1", "2", "3", "5", "0.00001", "0.000015", "1.5"]);
    let rung = || 0..RUNGS;
    let amount = || select(vec!["0", "1", "100.4", "250", "1000", "99999.99999999", "90000000000"]);
    let status = select(vec!["open", "open", "resync", "halted", "post_only", "down", "closed"]);
    prop_oneof![
        3 => any::<bool>().prop_map(Step::As),
        8 => (place(), any::<bool>(), rung(), sizes())
            .prop_map(|(place, ask, rung, size)| Step::Level { place, ask, rung, size }),
        3 => (place(), 1..RUNGS - 1, sizes())
            .prop_map(|(place, middle, size)| Step::Book { place, middle, size }),
        9 => (place(), prop::option::of(any::<bool>()), rung(), sizes())
            .prop_map(|(place, buys, rung, size)| Step::Trade { place, buys, rung, size }),
        1 => (place(), status).prop_map(|(place, status)| Step::Status { place, status }),
        2 => select(vec!["1ms", "250ms", "300ms", "24h"]).prop_map(Step::Advance),
        16 => request().prop_map(Step::Order),
        4 => (0..8usize).prop_map(Step::Cancel),
        3 => (0..8usize).prop_map(Step::Again),
        4 => (place(), any::<bool>(), amount())
            .prop_map(|(place, base, amount)| Step::Seed { place, base, amount }),
        1 => (place(), amount()).prop_map(|(place, amount)| Step::Replace { place, amount }),
        1 => amount().prop_map(Step::Reset),
    ]
}

/// Short sequences: many of them find more than long ones, and shrink in seconds.
pub(crate) fn sequences() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..40)
}
