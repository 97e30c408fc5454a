//! What a margin account has, and what of it can be used: the only place that says it.
//!
//! A margin account is what one account has at one venue in one settlement asset. Its cash and the
//! gains of its positions back all of them together. Admission, amends, spot spending, fills and
//! liquidation ask here, and what is shown as available is the number they use. Positions that were
//! only written by hand stand outside until an order changes them.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::ids::{AccountId, AssetId, MarketId, VenueId};
use crate::ledger::LedgerError;
use crate::mutant;
use crate::number::{
    EXACT_PER_MONEY, Money, Price, Quantity, exact_notional, mul_div_ceil, mul_div_floor,
};
use crate::position::Position;

/// Cash, margin and positions of one account that are counted together.
pub(in crate::engine) type MarginKey = (AccountId, VenueId, AssetId);

/// What a margin account's positions are worth now, at 1e-17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) struct Standing {
    /// Unrealised gain of all positions, negative for a loss.
    pub(in crate::engine) gain: i128,
    /// What equity must not fall below.
    pub(in crate::engine) maintenance: i128,
}

/// One open position of a margin account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Stake {
    pub(in crate::engine) market: MarketId,
    pub(in crate::engine) quantity: Quantity,
    /// What it counts at.
    pub(in crate::engine) price: Price,
    /// What it costs now, at 1e-17; negative for a short.
    pub(in crate::engine) cost: i128,
    /// It counts at what was paid for it, of which `price` is a rounding: no gain, and no loss.
    pub(in crate::engine) is_at_entry: bool,
}

impl Stake {
    /// Unrealised gain at what it counts at, at 1e-17.
    fn gain(&self) -> i128 {
        if self.is_at_entry {
            return 0;
        }
        exact_notional(self.price, self.quantity).saturating_sub(self.cost)
    }

    /// Size in the settlement asset, at 1e-17.
    pub(in crate::engine) fn notional(&self) -> i128 {
        exact_notional(self.price, self.quantity).saturating_abs()
    }

    /// The same where a gain does not count: at what was paid, unless the price is worse.
    pub(in crate::engine) fn without_gain(self, entry: Price) -> Self {
        if self.is_worse(self.price, entry) {
            return self;
        }
        Self { price: entry, is_at_entry: true, ..self }
    }

    /// Whether a price is worse for the account than what was paid.
    fn is_worse(&self, price: Price, entry: Price) -> bool {
        if self.quantity.0 > 0 { price < entry } else { price > entry }
    }
}

impl Standing {
    /// What an account with this cash and these positions has.
    pub(in crate::engine) fn of(stakes: &[Stake], maintenance_1e8: i64) -> Self {
        let fraction = i128::from(maintenance_1e8);
        stakes.iter().fold(Self::default(), |sum, stake| {
            // A sum beyond 128 bits is as good as endless.
            let share = mul_div_ceil(stake.notional(), fraction, 100_000_000).unwrap_or(i128::MAX);
            Self {
                gain: sum.gain.saturating_add(stake.gain()),
                maintenance: sum.maintenance.saturating_add(share),
            }
        })
    }

    /// Cash and gains less what must stay, at 1e-17.
    pub(in crate::engine) fn surplus(&self, cash: Money) -> i128 {
        self.equity(cash).saturating_sub(self.maintenance)
    }

    /// Cash and gains, at 1e-17.
    pub(in crate::engine) fn equity(&self, cash: Money) -> i128 {
        cash.0.saturating_mul(EXACT_PER_MONEY).saturating_add(self.gain)
    }

    /// What of free cash backs a loss, rounded up. A gain frees nothing: it is cash once realised.
    pub(in crate::engine) fn loss(&self) -> Money {
        Money(crate::number::div_ceil(self.gain.saturating_neg().max(0), EXACT_PER_MONEY))
    }
}

impl Portfolio {
    /// What an account can spend or lock of an asset at a venue: its free cash, less what backs
    /// losses of positions that settle in it, and less what these should hold as margin and do not.
    pub(in crate::engine) fn spendable(
        &self,
        facts: Facts<'_>,
        account: AccountId,
        venue: VenueId,
        asset: AssetId,
    ) -> Money {
        let balance = self.ledger.find(account, venue, asset);
        let available = balance.map_or(Money::ZERO, |id| self.ledger.balance(id).available);
        let loss =
            self.standing(facts, (account, venue, asset)).map_or(Money::ZERO, |now| now.loss());
        let loss = if mutant!("losses_are_spent") { Money::ZERO } else { loss };
        let eaten = self.eaten_margin(facts, (account, venue, asset));
        let eaten = if mutant!("eaten_margin_is_spent") { Money::ZERO } else { eaten };
        Money((available.0 - loss.0 - eaten.0).max(0))
    }

    /// Initial margin that positions do not hold any more, since losses, fees or funding took it.
    /// Cash that comes later backs them before anything else.
    fn eaten_margin(&self, facts: Facts<'_>, key: MarginKey) -> Money {
        let eaten = self.holdings(key).filter_map(|(market, row)| {
            let position = &self.rows[*row];
            let quantity = position.perp.filter(|perp| perp.is_traded)?.quantity;
            let cost = position.cost(quantity).ok()?.saturating_abs();
            let fraction = i128::from(facts.registry.market(*market).initial_margin_1e8);
            let needed = mul_div_floor(cost, fraction, 100_000_000 * EXACT_PER_MONEY).ok()?;
            Some((needed - self.margin_of(*row).0).max(0))
        });
        Money(eaten.fold(0, i128::saturating_add))
    }

    /// An error when more is asked for than can be spent. Nothing can always be had.
    pub(in crate::engine) fn check_spendable(
        &self,
        facts: Facts<'_>,
        (account, venue, asset): MarginKey,
        needed: Money,
    ) -> Result<(), LedgerError> {
        let available = self.spendable(facts, account, venue, asset);
        if needed.0 > 0 && needed > available {
            return Err(LedgerError::Insufficient { available, needed });
        }
        Ok(())
    }

    /// What a margin account's positions are worth; `None` when it holds none.
    pub(in crate::engine) fn standing(&self, facts: Facts<'_>, key: MarginKey) -> Option<Standing> {
        let stakes = self.stakes(facts, key);
        let fraction = key.1.venue().maintenance_margin_1e8.unwrap_or_default();
        (!stakes.is_empty()).then(|| Standing::of(&stakes, fraction))
    }

    /// Cash of a margin account, held back or not.
    pub(in crate::engine) fn cash_of(&self, (account, venue, asset): MarginKey) -> Money {
        let cash = self.ledger.find(account, venue, asset);
        cash.map_or(Money::ZERO, |id| self.ledger.balance(id).total())
    }

    /// Open positions of a margin account, at what they count.
    pub(in crate::engine) fn stakes(&self, facts: Facts<'_>, key: MarginKey) -> Vec<Stake> {
        let held = self.holdings(key);
        held.filter_map(|(market, row)| stake(facts, *market, &self.rows[*row])).collect()
    }
}

/// A position as its margin account counts it; `None` when nothing is open.
fn stake(facts: Facts<'_>, market: MarketId, position: &Position) -> Option<Stake> {
    let quantity = position.perp.filter(|perp| perp.is_traded)?.quantity;
    let cost = position.cost(quantity).ok().filter(|_| quantity.0 != 0)?;
    let entry = position.entry_price();
    let at_entry = Stake { market, quantity, price: entry, cost, is_at_entry: true };
    let marked = counted_mark(facts, &at_entry);
    Some(marked.map_or(at_entry, |price| Stake { price, is_at_entry: false, ..at_entry }))
}

/// The mark that a position counts at. While its book is not live the last one, unless what was
/// paid is worse; before the first book of this process the last one there was.
fn counted_mark(facts: Facts<'_>, stake: &Stake) -> Option<Price> {
    let sim = facts.exchange.market(stake.market);
    let now = facts.now_ns;
    let mark = sim.mark(now)?;
    let current = mark.live || !sim.has_marked() || sim.market.is_live(now);
    (current || stake.is_worse(mark.price, stake.price)).then_some(mark.price)
}
