//! Does it pay? Many runs of one strategy, judged at the 95 % level after fees.

use sequence_core::engine::FeedKind;
use sequence_core::ids::{AccountId, BookSide, MarketId, OrderId, Side, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::order::TimeInForce;
use sequence_core::sim::preset::{ImpactSides, Params};
use sequence_core::tape::{EventKind, MarketEvent};

use crate::lab::{Ask, CENT, Lab, MS, ONE, SECOND, ask};

/// Cash and inventory at the mid, in units of money.
fn wealth(lab: &Lab, account: AccountId, venue: &str, symbol: &str, base: &str) -> i128 {
    let quote = lab.engine().quote_view(symbol, 1).unwrap();
    let nbbo = quote.get("nbbo").unwrap().clone();
    let price =
        |key: &str| nbbo.get(key).and_then(sequence_core::engine::view::Value::int).unwrap();
    let mid = price("bid_1e9").midpoint(price("ask_1e9"));
    lab.held(account, venue, "USD").0 + lab.held(account, venue, base).0 * mid / 1_000_000_000
}

/// True when the mean lies above zero at the 95 % level (one-sided, normal quantile 1.645).
fn gains(results: &[i128]) -> bool {
    let n = i128::try_from(results.len()).unwrap();
    let sum: i128 = results.iter().sum();
    let spread: i128 = results.iter().map(|x| (x * n - sum).pow(2) / (n * n)).sum();
    // mean > 1.645·√(spread/(n−1)/n), squared; scaled so that everything stays an integer.
    sum > 0 && sum * sum * (n - 1) * 1_000_000 > 2_706_025 * spread * n
}

#[test]
fn the_judge_knows_a_gain_from_noise() {
    assert!(gains(&[5, 6, 7, 5, 6]));
    assert!(!gains(&[-50, 60, -70, 80, -10]));
    assert!(!gains(&[-5, -6, -7, -5]));
    assert!(!gains(&[0, 0, 0]));
}

/// P&L before fees and after them of a scalper who rests at both sides of a generated market and,
/// when `flees`, leaves as soon as the queue before it grows. The last number counts fills.
fn scalp(seed: u64, preset: &str, flees: bool) -> (i128, i128, usize) {
    let mut lab = Lab::seeded(seed, preset, |_| {});
    lab.session.start_demo(seed, lab.now_ns).unwrap();
    lab.pass(SECOND);
    let (symbol, venue) = ("BTC-USD", "kraken");
    lab.give(lab.me, venue, sequence_core::ids::AssetKind::Crypto, "BTC", 10 * ONE);
    let before = wealth(&lab, lab.me, venue, symbol, "BTC");
    let market = lab.engine().find_market(VenueId::parse(venue).unwrap(), symbol).unwrap();
    let mut open: [Option<(OrderId, i64)>; 2] = [None, None];
    for _ in 0..240 {
        let sides = [(Side::Buy, BookSide::Bid), (Side::Sell, BookSide::Ask)];
        for (slot, (side, rests)) in sides.into_iter().enumerate() {
            let best = lab.engine().market(market).market.best(rests).unwrap();
            if let Some((id, price)) = open[slot] {
                let moved = price != best.price.0;
                let grew = flees
                    && lab.why(id).get("v_now_1e8").is_some_and(|now| {
                        now.int()
                            > lab
                                .why(id)
                                .get("v_entry_1e8")
                                .and_then(sequence_core::engine::view::Value::int)
                    });
                let shown =
                    lab.engine().market(market).market.book.quantity_at(rests, Price(price));
                let crowded = flees && shown.0 > 3 * ONE;
                if lab.order(id).status.is_terminal() {
                    open[slot] = None;
                } else if moved || grew || crowded {
                    lab.cancel(lab.me, id);
                    open[slot] = None;
                }
            }
            if open[slot].is_none() {
                let post =
                    ask(symbol, side, ONE / 100, Some(best.price.0)).tif(TimeInForce::PostOnly);
                open[slot] = lab.try_place(lab.me, post).map(|id| (id, best.price.0));
            }
        }
        lab.pass(250 * MS);
    }
    let fees: i128 = lab.fills(lab.me).iter().map(|fill| fill.fee.0).sum();
    let after = wealth(&lab, lab.me, venue, symbol, "BTC") - before;
    (after + fees, after, lab.proven(lab.me))
}

#[test]
fn g1_scalping_both_touches_does_not_pay() {
    let runs = |preset: &str, flees: bool| -> Vec<(i128, i128, usize)> {
        (0..24).map(|seed| scalp(seed, preset, flees)).collect()
    };
    let harsh = runs("adversarial", true);
    let net: Vec<i128> = harsh.iter().map(|(_, net, _)| *net).collect();
    assert!(!gains(&net), "{net:?}");
    let (with, without) = (runs("realistic", true), runs("realistic", false));
    assert!(with.iter().chain(&without).map(|(_, _, fills)| fills).sum::<usize>() > 80);
    let exploit: Vec<i128> = with.iter().zip(&without).map(|(a, b)| a.0 - b.0).collect();
    assert!(!gains(&exploit), "{exploit:?}");
}

/// A book of a recording, with what the venue stamped.
fn stamped(lab: &mut Lab, market: MarketId, stamp_ns: i64, mid: i64) {
    let now = lab.now_ns;
    let begin = MarketEvent::new(EventKind::SnapshotBegin, stamp_ns, now);
    let end = MarketEvent::new(EventKind::SnapshotEnd, stamp_ns, now).last();
    let level =
        |side, price| MarketEvent::level(side, Price(price), Quantity(5 * ONE), stamp_ns, now);
    let (bid, ask) = (level(BookSide::Bid, mid - CENT), level(BookSide::Ask, mid + CENT));
    lab.send(market, &[begin, bid, ask, end]);
    lab.send(market, &[level(BookSide::Ask, mid + 50 * CENT).last()]);
}

/// P&L of a sniper: a fast venue moves, and the slow venue's old quote is still on the screen.
fn snipe(seed: u64, preset: &str, live_hold: bool) -> i128 {
    let mut lab = Lab::seeded(seed, preset, |params: &mut Params| {
        params.live_hold = live_hold;
        params.impact_ppm = 0;
    });
    lab.give(lab.me, "kraken", sequence_core::ids::AssetKind::Crypto, "LAB", 100 * ONE);
    let slow = lab.list("kraken", "LAB-USD", FeedKind::Recorded);
    let lag = 400 * MS;
    let mut mid = 10_000 * CENT;
    let start = lab.now_ns;
    stamped(&mut lab, slow, start, mid);
    lab.pass(SECOND);
    stamped(&mut lab, slow, start + SECOND - lag, mid);
    let (mut earned, mut seen) = (0, 0);
    let mut draws =
        sequence_core::rng::Draws::new(sequence_core::rng::Stream::new(seed, 0, "moves"));
    for _ in 0..12 {
        let up = draws.chance(50);
        let step = 500 * CENT;
        // The fast venue moved now. What the slow one did now is seen `lag` later.
        let stale = if up { mid + CENT } else { mid - CENT };
        let side = if up { Side::Buy } else { Side::Sell };
        let moved_ns = lab.now_ns;
        mid += if up { step } else { -step };
        lab.place(ask("LAB-USD", side, ONE, Some(stale)).tif(TimeInForce::Ioc));
        lab.pass(lag);
        stamped(&mut lab, slow, moved_ns, mid);
        lab.pass(10 * SECOND);
        let stamp_ns = lab.now_ns - lag;
        stamped(&mut lab, slow, stamp_ns, mid);
        lab.pass(SECOND);
        for fill in lab.fills(lab.me).iter().skip(seen) {
            seen += 1;
            let edge = if up { mid - fill.price.0 } else { fill.price.0 - mid };
            earned += i128::from(edge) * i128::from(fill.quantity.0) / i128::from(ONE) - fill.fee.0;
        }
    }
    earned
}

#[test]
fn g3_quotes_that_are_old_by_the_feed_cannot_be_sniped() {
    for preset in ["realistic", "adversarial"] {
        let held: Vec<i128> = (0..60).map(|seed| snipe(seed, preset, true)).collect();
        assert!(!gains(&held), "{preset} {held:?}");
    }
    let early: Vec<i128> = (0..60).map(|seed| snipe(seed, "realistic", false)).collect();
    assert!(gains(&early), "without the feed leg the exploit works: {early:?}");
}

/// P&L of buying in pieces and selling in one block, with `wash` small sells before the block.
fn pump(sides: ImpactSides, wash: bool, pieces: i64) -> i128 {
    let mut lab = Lab::with("instant", |params: &mut Params| {
        params.impact_sides = sides;
        params.impact_ppm = 4_000_000_000;
        params.overlay_tau_ns = MS;
    });
    let (bid, offer) = (9_999 * CENT, 10_000 * CENT);
    let id = lab.market("kraken", "LAB-USD", &[(bid, 10_000 * ONE)], &[(offer, 10_000 * ONE)]);
    let before = wealth(&lab, lab.me, "kraken", "LAB-USD", "LAB");
    let send = |lab: &mut Lab, side, qty| {
        lab.place(Ask { slippage: Some(5_000), ..ask("LAB-USD", side, qty, None) });
        lab.pass(50 * MS);
        lab.print(id, Some(BookSide::Ask), offer, ONE);
    };
    for _ in 0..pieces {
        send(&mut lab, Side::Buy, 10 * ONE);
    }
    let mut left = pieces * 10 * ONE;
    if wash {
        for _ in 0..5 {
            send(&mut lab, Side::Sell, ONE / 10);
            left -= ONE / 10;
        }
    }
    send(&mut lab, Side::Sell, left);
    assert_eq!(lab.held(lab.me, "kraken", "LAB").0, 0);
    lab.proven(lab.me);
    wealth(&lab, lab.me, "kraken", "LAB-USD", "LAB") - before
}

#[test]
fn g15_nobody_earns_from_own_impact_unless_it_pays_both_ways() {
    for pieces in [1, 3, 10, 30] {
        for wash in [false, true] {
            assert!(pump(ImpactSides::AdverseOnly, wash, pieces) < 0);
            let off = pump(ImpactSides::Off, wash, pieces);
            assert!(pump(ImpactSides::AdverseOnly, wash, pieces) <= off);
        }
    }
    let two_sided = pump(ImpactSides::TwoSided, false, 10);
    assert!(two_sided > 0, "the research reading lets the exploit work: {two_sided}");
}

#[test]
fn b12_no_fill_is_better_with_impact_than_without() {
    let mut draws =
        sequence_core::rng::Draws::new(sequence_core::rng::Stream::new(3, 0, "schedules"));
    for _ in 0..300 {
        let plan: Vec<(Side, i64, i64)> = (0..6)
            .map(|_| {
                let side = if draws.chance(50) { Side::Buy } else { Side::Sell };
                (side, draws.between(1, 40) * ONE / 10, draws.between(0, 2_000) * MS)
            })
            .collect();
        let prices = |ppm: i64| -> Vec<Vec<i64>> {
            let mut lab = Lab::with("instant", |params: &mut Params| {
                params.impact_ppm = ppm;
                params.impact_sides = ImpactSides::AdverseOnly;
                params.overlay_tau_ns = 1;
            });
            lab.give(lab.me, "kraken", sequence_core::ids::AssetKind::Crypto, "LAB", 1_000 * ONE);
            let (bid, offer) = (9_998 * CENT, 10_000 * CENT);
            lab.market("kraken", "LAB-USD", &[(bid, 100 * ONE)], &[(offer, 100 * ONE)]);
            for (side, qty, wait) in &plan {
                lab.place(ask("LAB-USD", *side, *qty, None));
                lab.pass(*wait);
            }
            let fills = lab.fills(lab.me);
            fills
                .iter()
                .map(|fill| vec![lab.order(fill.order).spec.side as i64, fill.price.0])
                .collect()
        };
        let (with, without) = (prices(2_000_000), prices(0));
        assert_eq!(with.len(), without.len());
        for (a, b) in with.iter().zip(&without) {
            assert_eq!(a[0], b[0]);
            let worse = if a[0] == Side::Buy as i64 { a[1] >= b[1] } else { a[1] <= b[1] };
            assert!(worse, "{a:?} {b:?}");
        }
    }
}
