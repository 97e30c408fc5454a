//! Everything at once: several clients, every preset, a market that breaks and heals. All laws are
//! asked after every command. `SEQUENCE_STEPS` sets how long it goes on, `SEQUENCE_SEED` where the
//! seeds begin.

use sequence_core::command::{Command, Settlement};
use sequence_core::ids::{AccountId, InstrumentKind, OrderId, VenueId};
use sequence_core::number::{Price, Quantity};
use sequence_core::rng::{Draws, Stream};
use sequence_core::sim::fees::FeeSchedule;
use sequence_core::sim::preset::{AmendMode, Params, QueueChoice, SelfTrade};
use sequence_core::tape::{FeedStatus, MarketEvent};

use crate::evidence::any_order;
use crate::lab::{Lab, MS, ONE, SECOND};

/// Seeds that found something once, kept so that it stays found: an expiry that overtook its
/// order, a reduce-only fill that was cut when booked, size taken twice within one message.
const KEPT: [u64; 3] = [1, 20_000, 21_000];
/// Commands of one crowd: every law is asked over the whole history after each, so the cost of a
/// crowd grows with the square of its length. Many short ones reach more states in the same time;
/// what only shows late in one long history is not looked for here.
const CROWD_STEPS: u64 = 1_500;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Rules that no preset has, from a stream of their own: the draws of the kept seeds stay theirs.
fn vary(seed: u64, params: &mut Params) {
    let mut draws = Draws::new(Stream::new(seed, 0, "rules"));
    if KEPT.contains(&seed) || draws.chance(40) {
        return;
    }
    let rules = QueueChoice::ALL;
    let at = draws.roll(rules.len() as u64);
    params.queue_model = rules[usize::try_from(at).unwrap()];
    params.power_k = draws.between(1, 17);
    params.envelope = draws.chance(80);
    params.rebates = draws.chance(50);
    if draws.chance(30) {
        params.amend_mode = AmendMode::Native;
    }
}

/// Where rebates are credited every venue without a formula of its own pays one.
fn pay_makers(seed: u64, lab: &mut Lab) {
    if KEPT.contains(&seed) || !lab.engine().simulation().1.rebates {
        return;
    }
    let listed: Vec<_> =
        lab.engine().registry().markets().map(|(id, row)| (id, row.kind)).collect();
    for (id, kind) in listed {
        if kind != InstrumentKind::Prediction {
            lab.session.engine.set_fees(id, FeeSchedule::bps(-30_000, 50_000)).unwrap();
        }
    }
}

struct Crowd {
    lab: Lab,
    draws: Draws,
    clients: Vec<AccountId>,
    placed: Vec<(AccountId, OrderId)>,
    markets: Vec<sequence_core::ids::MarketId>,
}

impl Crowd {
    fn new(seed: u64, preset: &str) -> Self {
        let mut draws = Draws::new(Stream::new(seed, 0, "crowd"));
        let policies = [SelfTrade::CancelNewest, SelfTrade::CancelOldest, SelfTrade::CancelBoth];
        let stp = policies[usize::try_from(draws.roll(3)).unwrap()];
        let mut lab = Lab::seeded(seed, preset, |params| {
            params.stp = stp;
            vary(seed, params);
        });
        lab.session.start_demo(seed, lab.now_ns).unwrap();
        pay_makers(seed, &mut lab);
        lab.pass(SECOND);
        let clients = ["a", "b", "c"].map(|name| lab.account(name)).into();
        let markets = lab.engine().registry().markets().map(|(id, _)| id).collect();
        Self { lab, draws, clients, placed: Vec::new(), markets }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = self.draws.roll(from.len() as u64);
        from[usize::try_from(at).unwrap()]
    }

    fn step(&mut self) {
        let who = self.pick(&self.clients.clone());
        match self.draws.roll(100) {
            0..55 => {
                let mut sent = any_order(&self.lab, &mut self.draws);
                if self.draws.chance(10) {
                    sent.venue = "";
                }
                if self.draws.chance(10) {
                    sent.horizon_ms = Some(50 + self.draws.roll(2_000));
                }
                if self.draws.chance(3) {
                    sent.qty *= 500;
                }
                if sent.kind == InstrumentKind::Perp {
                    sent.reduce_only = self.draws.chance(20);
                }
                if sent.limit.is_none() && self.draws.chance(20) {
                    sent.policy = sequence_core::order::Policy::AggressiveChase;
                    sent.horizon_ms = Some(1_500);
                }
                let sent = self.lab.try_place(who, sent);
                self.placed.extend(sent.map(|order| (who, order)));
            }
            55..64 if !self.placed.is_empty() => {
                let (owner, order) = self.pick(&self.placed.clone());
                self.lab.cancel(owner, order);
            }
            64..70 if !self.placed.is_empty() => self.amend(),
            70..90 => {
                let ns = self.draws.between(1, 120) * MS;
                self.lab.pass(ns);
            }
            90..94 => self.disturb(),
            94..96 => self.fund(),
            96 => {
                self.lab.apply(Command::Reset { account: who, initial: Quantity(50_000 * ONE) });
                self.placed.retain(|(owner, _)| *owner != who);
            }
            97 => self.settle(),
            _ => {
                let ns = self.draws.between(1, 20) * SECOND / 10;
                self.lab.pass(ns);
            }
        }
        self.lab.lawful();
    }

    /// One of the newest orders gets another size or price.
    fn amend(&mut self) {
        let newest = self.placed.len().saturating_sub(12);
        let (_, order) = self.pick(&self.placed.clone()[newest..]);
        let row = self.lab.order(order);
        let (qty, limit) = (row.qty.0, row.limit.map(|price| price.0));
        let part = self.draws.between(1, 20);
        let size = self.draws.chance(70).then(|| (qty / 10 * part).max(1));
        let moved = limit
            .filter(|_| self.draws.chance(50))
            .map(|price| price + price / 500 * (part - 10) / 10);
        let lot = ONE / 100;
        let tick = crate::lab::CENT;
        self.lab.amend(
            order,
            size.map(|size| size / lot * lot),
            moved.map(|price| price / tick * tick),
        );
    }

    /// A feed that breaks, halts, comes back or sends a wild print.
    fn disturb(&mut self) {
        let market = self.pick(&self.markets.clone());
        let kinds = [FeedStatus::Open, FeedStatus::Open, FeedStatus::Halted, FeedStatus::PostOnly];
        let status = self.pick(&kinds);
        if self.draws.chance(50) {
            let best =
                self.lab.engine().market(market).market.best(sequence_core::ids::BookSide::Bid);
            let Some(best) = best else { return };
            let shift = self.draws.between(-30, 61);
            let price = Price((best.price.0 + best.price.0 / 1_000 * shift).max(1));
            let now = self.lab.now_ns;
            let size = Quantity(self.draws.between(1, 50) * ONE / 10);
            let hit = self.pick(&[
                None,
                Some(sequence_core::ids::BookSide::Bid),
                Some(sequence_core::ids::BookSide::Ask),
            ]);
            self.lab.send(market, &[MarketEvent::print(hit, price, size, now, now).last()]);
        } else {
            self.lab.status(market, status);
        }
    }

    fn fund(&mut self) {
        let rate_1e9 = self.draws.between(-20_000_000, 40_000_001);
        let venue = VenueId::parse("hyperliquid").unwrap();
        self.lab.apply(Command::SetFundingRate { venue, symbol: "BTC-USD-PERP", rate_1e9 });
    }

    fn settle(&mut self) {
        if !self.draws.chance(5) {
            return;
        }
        let venue = VenueId::parse("kalshi").unwrap();
        let pays = self.pick(&[0, 500_000_000, 1_000_000_000]);
        let outcome =
            if self.draws.chance(20) { Settlement::Void } else { Settlement::Value(Price(pays)) };
        let market_slug = "KXBTCZ-26DEC31-T99000";
        let command = Command::Settle { venue, market_slug, outcome };
        let settled = self.lab.session.engine.apply(command, self.lab.now_ns);
        assert!(settled.is_ok());
    }
}

#[test]
fn the_laws_hold_after_every_command_whatever_happens() {
    let crowds = number("SEQUENCE_STEPS", 15_000).div_ceil(CROWD_STEPS);
    let first = number("SEQUENCE_SEED", 100);
    let seeds = KEPT.into_iter().chain(first..).take(usize::try_from(crowds).unwrap());
    let presets = ["optimistic", "realistic", "adversarial", "instant"];
    let (mut fills, mut rebates) = (0, 0);
    for (seed, preset) in seeds.zip(presets.into_iter().cycle()) {
        let mut crowd = Crowd::new(seed, preset);
        for _ in 0..CROWD_STEPS {
            crowd.step();
        }
        for who in crowd.clients.clone() {
            fills += crowd.lab.proven(who);
            let booked = crowd.lab.fills(who);
            rebates += booked.iter().filter(|fill| fill.fee.0 < 0).count();
        }
        crowd.lab.pass(60 * SECOND);
    }
    assert!(fills > 100 && rebates > 0, "only {fills} fills, {rebates} rebates");
}
