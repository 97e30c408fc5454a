//! Pairs of YES and NO of one Kalshi market are worth exactly 1 and become cash after each fill.

use crate::engine::Engine;
use crate::ids::{AccountId, AssetId, AssetKind, InstrumentKind, OrderId, RowIx, Side};
use crate::ledger::{BalanceId, Contra, LedgerError};
use crate::number::{Money, PRICE_ONE, Price, Quantity, exact_notional};
use crate::position::Position;
use crate::registry::MarketSpec;
use crate::venue;

impl Engine {
    /// Nets what the account holds free of both outcomes (simulation, 9.3): the row of YES, and how
    /// many pairs became cash.
    pub(in crate::engine) fn net_pairs(
        &mut self,
        order: OrderId,
        terms: &MarketSpec,
    ) -> Result<Option<(RowIx, Quantity)>, LedgerError> {
        if terms.kind != InstrumentKind::Prediction || terms.venue != venue::KALSHI {
            return Ok(None);
        }
        let spec = &self.desk.orders[order].spec;
        let account = spec.account;
        // What came last leaves at its cost: the gain belongs to what was held before.
        let latest = match spec.side {
            Side::Buy => terms.held(spec.outcome),
            Side::Sell => terms.no,
        };
        let earlier = if latest == terms.no { terms.base } else { terms.no };
        let (Some(latest), Some(earlier)) =
            (self.outcome_row(account, terms, latest), self.outcome_row(account, terms, earlier))
        else {
            return Ok(None);
        };
        let free = |side: &Holding| self.portfolio.ledger.balance(side.balance).available;
        let pairs = free(&latest).min(free(&earlier)).to_quantity_floor()?;
        if pairs.0 <= 0 {
            return Ok(None);
        }
        let row = self.book_pairs(account, terms, (latest, earlier), pairs)?;
        Ok(Some((row, pairs)))
    }

    fn outcome_row(
        &self,
        account: AccountId,
        terms: &MarketSpec,
        asset: AssetId,
    ) -> Option<Holding> {
        debug_assert_eq!(self.registry.asset_row(asset).kind, AssetKind::EventContract);
        let row = self.portfolio.held.find(account, terms.venue, asset)?;
        let balance = self.portfolio.ledger.find(account, terms.venue, asset)?;
        Some(Holding { row, balance, held: self.held(account, terms.venue, asset) })
    }

    fn book_pairs(
        &mut self,
        account: AccountId,
        terms: &MarketSpec,
        (latest, earlier): (Holding, Holding),
        pairs: Quantity,
    ) -> Result<RowIx, LedgerError> {
        let now = self.agenda.now_ns();
        let (mut last, mut first): (Position, Position) =
            (self.portfolio.rows[latest.row], self.portfolio.rows[earlier.row]);
        let at_cost = last.cost_of_part(latest.held, pairs)?;
        let rest = exact_notional(Price(PRICE_ONE), pairs) - at_cost;
        last.close_for(latest.held, pairs, at_cost, now)?;
        first.close_for(earlier.held, pairs, rest, now)?;
        let cash = self.portfolio.ledger.open(account, terms.venue, terms.settle);
        let gone = Money(-pairs.to_money().0);
        self.portfolio.ledger.post(latest.balance, Contra::Venue, gone)?;
        self.portfolio.ledger.post(earlier.balance, Contra::Venue, gone)?;
        self.portfolio.ledger.post(cash, Contra::Venue, pairs.to_money())?;
        self.portfolio.rows[latest.row] = last;
        self.portfolio.rows[earlier.row] = first;
        self.touch_cash(account, terms.venue, terms.settle);
        Ok(self.row(account, terms.venue, terms.base))
    }
}

/// One outcome an account holds.
#[derive(Clone, Copy)]
struct Holding {
    row: RowIx,
    balance: BalanceId,
    held: Quantity,
}
