//! Funding of perpetuals: at each boundary of a venue every open position pays or gets its share.

use crate::engine::Reply;
use crate::engine::agenda::Due;
use crate::engine::desk::bench::{Bench, Papers};
use crate::event::{EventKind, PUBLIC};
use crate::ids::{AccountId, InstrumentKind, MarketId, RowIx, VenueId};
use crate::ledger::LedgerError;
use crate::listing::find;
use crate::mutant;
use crate::number::{Money, div_ceil};
use crate::position::funding;
use crate::reject::Refusal;
use crate::venue;

const HOUR_NS: i64 = 3_600_000_000_000;
/// A rate beyond the whole notional is a mistake.
const MAX_RATE_1E9: u64 = 1_000_000_000;

/// How often a venue's perpetuals pay.
struct FundingRow {
    venue: VenueId,
    /// First instant the row holds, ns.
    effective_ns: i64,
    interval_ns: i64,
}

/// Intervals that differ from eight hours, as published by the venue; boundaries count from
/// midnight UTC. Source: hyperliquid.gitbook.io/hyperliquid-docs/trading/funding.
const FUNDING_ROWS: &[FundingRow] =
    &[FundingRow { venue: venue::HYPERLIQUID, effective_ns: 0, interval_ns: HOUR_NS }];

/// Interval in force at a venue.
pub(in crate::engine) fn interval_ns(venue: VenueId, now_ns: i64) -> i64 {
    FUNDING_ROWS
        .iter()
        .filter(|row| row.venue == venue && row.effective_ns <= now_ns)
        .max_by_key(|row| row.effective_ns)
        .map_or(8 * HOUR_NS, |row| row.interval_ns)
}

/// The first boundary of a venue that is not before an instant.
fn boundary_from(venue: VenueId, at_ns: i64) -> i64 {
    let interval = interval_ns(venue, at_ns);
    let next = div_ceil(i128::from(at_ns), i128::from(interval));
    i64::try_from(next).unwrap_or(i64::MAX).saturating_mul(interval)
}

/// One payment at a boundary.
struct Payment {
    account: AccountId,
    row: RowIx,
    market: MarketId,
    amount: Money,
}

impl Bench<'_> {
    /// A position is open: the venue's next boundary gets its timer. It fires just after the
    /// boundary, because what is filled at the boundary itself still counts.
    pub(in crate::engine) fn arm_funding(&mut self, venue: VenueId) {
        if self.facts.rules.params().margin && self.portfolio.arm_funding(venue) {
            // A position opened at the boundary itself is held there.
            let late = i64::from(mutant!("funding_after_its_boundary"));
            let next = boundary_from(venue, self.facts.now_ns + late);
            self.agenda.add(next.saturating_add(1), Due::Funding(venue));
        }
    }

    /// Sets what a perpetual pays at each boundary from now on.
    pub(in crate::engine) fn set_funding_rate(
        &mut self,
        venue: VenueId,
        symbol: &str,
        rate_1e9: i64,
    ) -> Result<Reply, Refusal> {
        let market = find(self.facts.registry, venue, symbol).ok_or_else(|| {
            Refusal::invalid("symbol", format!("{} does not list {symbol:?}", venue.as_str()))
        })?;
        if self.facts.registry.market(market).kind != InstrumentKind::Perp {
            return Err(Refusal::invalid("symbol", "has no funding: it is not a perpetual"));
        }
        if rate_1e9.unsigned_abs() > MAX_RATE_1E9 {
            return Err(Refusal::invalid("rate_1e9", "must lie between -1e9 and 1e9"));
        }
        if !self.portfolio.set_rate(market, rate_1e9) {
            // A source that starts again says what is known.
            return Ok(Reply::Done);
        }
        self.journal.tell(
            self.facts.now_ns,
            PUBLIC,
            EventKind::FundingRateSet { market, rate_1e9 },
        );
        Ok(Reply::Done)
    }

    /// Boundaries of a venue have passed, the first at `since_ns` or later: one entry for each open
    /// position and boundary, at the rate and mark of now.
    pub(in crate::engine) fn pay_funding(&mut self, venue: VenueId, since_ns: i64) {
        self.portfolio.disarm_funding(venue);
        let mut boundary_ns = boundary_from(venue, since_ns);
        let mut any_open = true;
        while any_open && boundary_ns < self.facts.now_ns {
            let due = self.papers().funding_due(venue);
            any_open = due.1;
            for payment in due.0 {
                if let Err(error) = self.pay(&payment, boundary_ns) {
                    self.report(format!("funding of row {}", payment.row.0), &error);
                }
            }
            boundary_ns = boundary_from(venue, boundary_ns.saturating_add(1));
        }
        if any_open {
            self.arm_funding(venue);
        }
    }

    fn pay(&mut self, payment: &Payment, boundary_ns: i64) -> Result<(), LedgerError> {
        let Payment { account, row, market, amount } = *payment;
        let terms = *self.facts.registry.market(market);
        let cash = self.portfolio.open_row(self.facts, account, terms.venue, terms.settle);
        if amount.0 < 0 {
            self.collect(account, cash, Money(-amount.0))?;
        } else {
            self.portfolio.pay(self.facts, cash, amount)?;
        }
        let paid_usd = self.facts.money_in_usd(Money(-amount.0), terms.settle)?;
        let now = self.facts.now_ns;
        self.portfolio.charge(row, paid_usd, now)?;
        let kind = EventKind::FundingPaid { row, boundary_ns, amount };
        self.journal.tell(now, account, kind);
        self.watch_day(account);
        Ok(())
    }
}

impl Papers<'_> {
    /// What each position gets, and whether any is open. Positions without a rate or a mark get
    /// nothing.
    fn funding_due(&self, venue: VenueId) -> (Vec<Payment>, bool) {
        let (mut payments, mut any_open) = (Vec::new(), false);
        for (account, _) in self.desk.sandboxes() {
            for ((at, asset), row) in self.portfolio.rows_of(account).iter() {
                let quantity = self.portfolio.position(*row).perp.unwrap_or_default().quantity;
                if *at != venue || quantity.0 == 0 {
                    continue;
                }
                any_open = true;
                let Some(market) = self.facts.perp_market(venue, *asset) else { continue };
                let Some(mark) = self.facts.exchange.market(market).mark(self.facts.now_ns) else {
                    continue;
                };
                let rate = self.portfolio.rate(market);
                let amount = funding(quantity, mark.price, rate).unwrap_or_default();
                if amount != Money::ZERO {
                    payments.push(Payment { account, row: *row, market, amount });
                }
            }
        }
        (payments, any_open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyperliquid_pays_each_hour_and_the_others_every_eight() {
        assert_eq!(interval_ns(venue::HYPERLIQUID, 1), HOUR_NS);
        assert_eq!(interval_ns(venue::BINANCE, 1), 8 * HOUR_NS);
    }
}
