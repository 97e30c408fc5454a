//! Pairs of YES and NO of one Kalshi market are worth exactly 1 and become cash after each fill.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::ids::{AccountId, AssetId, AssetKind, InstrumentKind, RowIx, Side};
use crate::ledger::{BalanceId, Contra, LedgerError};
use crate::number::{Money, PRICE_ONE, Price, Quantity, exact_notional};
use crate::order::OrderSpec;
use crate::position::Position;
use crate::registry::MarketSpec;
use crate::venue;

impl Portfolio {
    /// Nets what the account holds free of both outcomes: the row of YES, and how
    /// many pairs became cash.
    pub(in crate::engine) fn net_pairs(
        &mut self,
        facts: Facts<'_>,
        spec: &OrderSpec,
        terms: &MarketSpec,
    ) -> Result<Option<(RowIx, Quantity)>, LedgerError> {
        if terms.kind != InstrumentKind::Prediction || terms.venue != venue::KALSHI {
            return Ok(None);
        }
        let account = spec.account;
        // What came last leaves at its cost: the gain belongs to what was held before.
        let latest = match spec.side {
            Side::Buy => terms.held(spec.outcome),
            Side::Sell => terms.no,
        };
        let earlier = if latest == terms.no { terms.base } else { terms.no };
        let (Some(latest), Some(earlier)) = (
            self.outcome_row(facts, account, terms, latest),
            self.outcome_row(facts, account, terms, earlier),
        ) else {
            return Ok(None);
        };
        let free = |side: &Holding| self.ledger.balance(side.balance).available;
        let pairs = free(&latest).min(free(&earlier)).to_quantity_floor()?;
        if pairs.0 <= 0 {
            return Ok(None);
        }
        let row = self.book_pairs(facts, account, terms, (latest, earlier), pairs)?;
        Ok(Some((row, pairs)))
    }

    fn outcome_row(
        &self,
        facts: Facts<'_>,
        account: AccountId,
        terms: &MarketSpec,
        asset: AssetId,
    ) -> Option<Holding> {
        debug_assert_eq!(facts.registry.asset_row(asset).kind, AssetKind::EventContract);
        let row = self.held.find(account, terms.venue, asset)?;
        let balance = self.ledger.find(account, terms.venue, asset)?;
        Some(Holding { row, balance, held: self.held(account, terms.venue, asset) })
    }

    fn book_pairs(
        &mut self,
        facts: Facts<'_>,
        account: AccountId,
        terms: &MarketSpec,
        (latest, earlier): (Holding, Holding),
        pairs: Quantity,
    ) -> Result<RowIx, LedgerError> {
        let now = facts.now_ns;
        let (mut last, mut first): (Position, Position) =
            (self.rows[latest.row], self.rows[earlier.row]);
        let at_cost = last.cost_of_part(latest.held, pairs)?;
        let rest = exact_notional(Price(PRICE_ONE), pairs) - at_cost;
        last.close_for(latest.held, pairs, at_cost, now)?;
        first.close_for(earlier.held, pairs, rest, now)?;
        let cash = self.open_row(facts, account, terms.venue, terms.settle);
        let gone = Money(-pairs.to_money().0);
        self.ledger.post(latest.balance, Contra::Venue, gone)?;
        self.ledger.post(earlier.balance, Contra::Venue, gone)?;
        self.pay(facts, cash, pairs.to_money())?;
        self.rows[latest.row] = last;
        self.rows[earlier.row] = first;
        Ok(self.open_row(facts, account, terms.venue, terms.base))
    }
}

/// One outcome an account holds.
#[derive(Clone, Copy)]
struct Holding {
    row: RowIx,
    balance: BalanceId,
    held: Quantity,
}
