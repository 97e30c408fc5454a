//! What can happen to two clients, four event markets and three perpetuals.

use proptest::prelude::*;

pub(crate) const ONE: i64 = 100_000_000;
pub(crate) const CENT: i64 = 10_000_000;

/// Venue, symbol, middle price, step of prices, step of sizes.
pub(crate) const MARKETS: [(&str, &str, i64, i64, i64); 7] = [
    ("kalshi", "KXLIFE-A", 45 * CENT, CENT, ONE),
    ("kalshi", "KXLIFE-B", 60 * CENT, CENT, ONE),
    ("polymarket", "life-a", 45 * CENT, CENT, 5 * ONE),
    ("polymarket", "life-b", 30 * CENT, CENT, 5 * ONE),
    ("hyperliquid", "ABC-USD-PERP", 10_000 * CENT, 100 * CENT, ONE),
    ("hyperliquid", "XYZ-USD-PERP", 500 * CENT, 10 * CENT, 10 * ONE),
    ("binance", "ABC-USDT-PERP", 10_000 * CENT, 100 * CENT, ONE),
];
pub(crate) const EVENTS: usize = 4;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Book {
        market: usize,
        shift: i64,
        sizes: [i64; 4],
    },
    Trade {
        market: usize,
        shift: i64,
        size: i64,
        buys: bool,
    },
    Order {
        who: usize,
        market: usize,
        no: bool,
        buys: bool,
        size: i64,
        shift: Option<i64>,
        reduces: bool,
    },
    Cancel {
        who: usize,
        which: usize,
    },
    Cash {
        who: usize,
        market: usize,
        amount: i64,
    },
    Hold {
        who: usize,
        market: usize,
        no: bool,
        size: i64,
        odd: i64,
    },
    Settle {
        market: usize,
        no: bool,
        value: Option<i64>,
    },
    Redeem {
        who: usize,
        market: usize,
    },
    Rate {
        market: usize,
        rate: i64,
    },
    Advance {
        ns: i64,
    },
    Reset {
        who: usize,
        usd: i64,
    },
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 10..45)
}

fn step() -> impl Strategy<Value = Step> {
    let (who, all, events) = (0..2usize, 0..MARKETS.len(), 0..EVENTS);
    let perps = EVENTS..MARKETS.len();
    let shift = prop_oneof![6 => -4..5i64, 2 => -15..16i64];
    let limit = prop::option::weighted(0.7, -4..5i64);
    let order = (who.clone(), all.clone(), any::<[bool; 3]>(), 1..9i64, limit).prop_map(
        |(who, market, [no, buys, reduces], size, shift)| Step::Order {
            who,
            market,
            no,
            buys,
            size,
            shift,
            reduces,
        },
    );
    let value = prop_oneof![
        1 => Just(None),
        4 => prop::sample::select(vec![0, 100 * CENT]).prop_map(Some),
        2 => prop::sample::select(vec![50 * CENT, 333_333_333, 333_333_333]).prop_map(Some),
    ];
    prop_oneof![
        8 => (all.clone(), shift, prop::array::uniform4(0..20i64))
            .prop_map(|(market, shift, sizes)| Step::Book { market, shift, sizes }),
        3 => (all.clone(), -4..5i64, 1..12i64, any::<bool>())
            .prop_map(|(market, shift, size, buys)| Step::Trade { market, shift, size, buys }),
        14 => order,
        2 => (who.clone(), 0..9usize).prop_map(|(who, which)| Step::Cancel { who, which }),
        2 => (who.clone(), all.clone(), prop::sample::select(vec![0, 3, 40, 900]))
            .prop_map(|(who, market, amount)| Step::Cash { who, market, amount }),
        5 => (who.clone(), all.clone(), any::<bool>(), -9..10i64, 0..9i64)
            .prop_map(|(who, market, no, size, odd)| Step::Hold { who, market, no, size, odd }),
        2 => (events.clone(), any::<bool>(), value)
            .prop_map(|(market, no, value)| Step::Settle { market, no, value }),
        1 => (who.clone(), events).prop_map(|(who, market)| Step::Redeem { who, market }),
        1 => (perps, -3_000_000..3_000_001i64).prop_map(|(market, rate)| Step::Rate { market, rate }),
        3 => prop::sample::select(vec![1, 50_000_000, 2_000_000_000, 3_600_000_000_000])
            .prop_map(|ns| Step::Advance { ns }),
        1 => (who, prop::sample::select(vec![20, 60, 200]))
            .prop_map(|(who, usd)| Step::Reset { who, usd }),
    ]
}
