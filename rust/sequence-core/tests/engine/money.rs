//! What balances must be, from nothing but what was seeded and what was filled.

use std::collections::{BTreeMap, BTreeSet};

use sequence_core::engine::{Engine, Fill};
use sequence_core::ids::MarketId;
use sequence_core::ids::{AccountId, AssetId, AssetKind, InstrumentKind, OrderId, Side, VenueId};
use sequence_core::number::{Money, exact_notional};

/// `price × quantity` (1e-17) per unit of money.
const EXACT: i128 = 100_000_000;
/// The same times a rate of 1e-8.
const EXACT_RATE: i128 = EXACT * 100_000_000;

/// Sums of one leg: exact notional, exact fees, fees taken.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    exact: i128,
    due: i128,
    paid: i128,
}

/// Balances by account, venue and asset, where fills alone decide them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    totals: BTreeMap<(AccountId, VenueId, AssetId), i128>,
    legs: BTreeMap<(OrderId, MarketId), Sums>,
}

fn ceil(n: i128, d: i128) -> i128 {
    -(-n).div_euclid(d)
}

impl Books {
    /// A row was written.
    pub(crate) fn write(&mut self, key: (AccountId, VenueId, AssetId), total: i128) {
        self.totals.insert(key, total);
    }

    /// Rows of an account are gone.
    pub(crate) fn clear(&mut self, account: AccountId) {
        self.totals.retain(|(owner, _, _), _| *owner != account);
    }

    /// A fill of a pair or an event contract; says what is wrong with it.
    pub(crate) fn fill(&mut self, engine: &Engine, fill: &Fill) -> Option<String> {
        let (order, terms) = (engine.order(fill.order), engine.registry().market(fill.market));
        let (account, side) = (order.spec.account, order.spec.side);
        let leg = self.legs.entry((fill.order, fill.market)).or_default();
        let before = leg.exact;
        leg.exact += exact_notional(fill.price, fill.quantity);
        let cash = match side {
            Side::Buy => ceil(before, EXACT) - ceil(leg.exact, EXACT),
            Side::Sell => leg.exact.div_euclid(EXACT) - before.div_euclid(EXACT),
        };
        let held = fill.quantity.0 * if side == Side::Buy { 10 } else { -10 };
        let asset = terms.held(order.spec.outcome);
        *self.totals.entry((account, terms.venue, terms.settle)).or_default() += cash - fill.fee.0;
        *self.totals.entry((account, terms.venue, asset)).or_default() += i128::from(held);
        if terms.kind != InstrumentKind::Spot {
            return None;
        }
        let rate = match (terms.venue.as_str(), fill.is_maker) {
            ("kraken", false) => 400_000,
            ("kraken", true) => 250_000,
            _ => 100_000,
        };
        leg.due += exact_notional(fill.price, fill.quantity) * rate;
        let due = ceil(leg.due, EXACT_RATE) - leg.paid;
        let due = if side == Side::Sell { due.min(cash) } else { due };
        leg.paid += due;
        (due != fill.fee.0).then(|| format!("a fee of {} instead of {due}", fill.fee.0))
    }

    /// One of each outcome is 1 in cash at Kalshi. How many pairs were free is the engine's to say;
    /// that as many of each went as cash came is checked here.
    fn net_pairs(&mut self, engine: &Engine, account: AccountId) {
        let registry = engine.registry();
        let kalshi = VenueId::parse("kalshi").unwrap();
        let asset = |kind, code| registry.find_asset(kind, code);
        let outcome = |code| asset(AssetKind::EventContract, code);
        let (yes, no) = (outcome("KXTEST-A:YES"), outcome("KXTEST-A:NO"));
        let (Some(yes), Some(no), Some(cash)) = (yes, no, asset(AssetKind::Fiat, "USD")) else {
            return;
        };
        let ledger = engine.ledger();
        let left = ledger.find(account, kalshi, yes).map_or(0, |id| ledger.balance(id).total().0);
        let held = self.totals.get(&(account, kalshi, yes)).copied().unwrap_or_default();
        let pairs = held - left;
        if pairs > 0 {
            for (asset, change) in [(yes, -pairs), (no, -pairs), (cash, pairs)] {
                *self.totals.entry((account, kalshi, asset)).or_default() += change;
            }
        }
    }

    /// The first balance that is not what it must be. Margin accounts are left out.
    pub(crate) fn differ(&mut self, engine: &Engine) -> Option<String> {
        let kept: BTreeSet<AccountId> =
            self.totals.keys().map(|(account, _, _)| *account).collect();
        for account in kept {
            self.net_pairs(engine, account);
            for (_, key, balance) in engine.ledger().balances(account) {
                if key.venue.as_str() == "hyperliquid" {
                    continue;
                }
                let expected = self.totals.get(&(account, key.venue, key.asset)).copied();
                let (found, expected) = (balance.total(), Money(expected.unwrap_or_default()));
                if found != expected {
                    let code = &engine.registry().asset_row(key.asset).code;
                    let venue = key.venue.as_str();
                    return Some(format!("{venue} {code} is {found} instead of {expected}"));
                }
            }
        }
        None
    }
}

/// The asset a `seed` line names.
pub(crate) fn seeded(engine: &Engine, words: &[&str]) -> Option<(VenueId, AssetId)> {
    let kind = AssetKind::parse(words[1]).unwrap();
    let venue = VenueId::parse(words[0]).unwrap();
    engine.registry().find_asset(kind, words[2]).map(|asset| (venue, asset))
}
