//! The end of an event market: orders end, no new ones come, every holding gets its outcome.
//!
//! A settlement belongs to a market and a resolution number. The same outcome again pays nobody
//! twice; another outcome is the next number and takes back what the last one paid.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::Settlement;
use crate::engine::portfolio::settled::{Paid, Settled};
use crate::engine::seam::LegEnd;
use crate::engine::{Engine, Reply};
use crate::event::{EventKind, PUBLIC};
use crate::hash::fnv1a64;
use crate::ids::{
    AccountId, AssetId, AssetKind, InstrumentKind, MarketId, OrderId, Outcome, RowIx, VenueId,
};
use crate::listing::unknown_event_market;
use crate::market::TradingPhase;
use crate::number::{Money, PRICE_ONE, Price};
use crate::order::LegState;
use crate::position::Resolution;
use crate::reject::{DoneReason, Refusal};
use crate::symbol::parse_event_contract;

/// One event market, listed or only held.
pub(in crate::engine) struct EventMarket {
    pub(in crate::engine) venue: VenueId,
    /// Name of the market without outcome.
    pub(in crate::engine) name: Arc<str>,
    market: Option<MarketId>,
    /// Outcome the text named.
    named: Outcome,
    /// Every asset that is an outcome of it.
    outcomes: BTreeMap<AssetId, Outcome>,
    /// What it pays in.
    pub(in crate::engine) cash: AssetId,
}

/// A row that holds an outcome.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Holder {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) asset: AssetId,
    pub(in crate::engine) outcome: Outcome,
    pub(in crate::engine) row: RowIx,
}

impl Engine {
    /// Settles a whole event market.
    pub(in crate::engine) fn settle(
        &mut self,
        venue: VenueId,
        slug: &str,
        outcome: Settlement,
    ) -> Result<Reply, Refusal> {
        if let Settlement::Value(Price(value)) = outcome
            && !(0..=PRICE_ONE).contains(&value)
        {
            return Err(Refusal::invalid("value", "must lie between 0 and 1"));
        }
        let event = self.event_market(venue, slug)?;
        let outcome = in_yes(outcome, event.named);
        let key = (venue, event.name.clone());
        if let Some(market) = event.market {
            self.close_for_good(market);
        }
        let (mut settled, reversed) = match self.portfolio.take_settled(&key) {
            Some(last) if last.outcome == outcome => (last, Vec::new()),
            last => self.next_resolution(&event, outcome, last),
        };
        self.apply_resolution(&event, &mut settled);
        // Old payouts go back after the new ones came: a correction in an account's favour never
        // needs cash that it has spent.
        for paid in reversed {
            self.take_back(&event, &paid, settled.number);
        }
        let (positions, payout) = (settled.positions, settled.payout);
        self.portfolio.put_settled(key, settled);
        Ok(Reply::Settled { positions, payout })
    }

    /// Pays an account what its resolved holdings of a market are worth; nothing when there are
    /// none.
    pub(in crate::engine) fn redeem(
        &mut self,
        account: AccountId,
        venue: VenueId,
        slug: &str,
    ) -> Result<Reply, Refusal> {
        let event = self.event_market(venue, slug)?;
        let key = (venue, event.name.clone());
        let Some(mut settled) = self.portfolio.take_settled(&key) else {
            return Ok(Reply::Settled { positions: 0, payout: Money::ZERO });
        };
        if let Some(market) = event.market {
            // An order on its way to a market that ended would be refused there; what it holds
            // back is paid out with the rest.
            self.end_orders_in(account, market);
        }
        let (positions, payout) = self.pay_holdings(&event, account, &mut settled);
        self.portfolio.put_settled(key, settled);
        Ok(Reply::Settled { positions, payout })
    }

    /// The event market a text names at a venue: a listed one, or one that somebody holds.
    pub(in crate::engine) fn event_market(
        &mut self,
        venue: VenueId,
        slug: &str,
    ) -> Result<EventMarket, Refusal> {
        let row = venue.venue();
        if !row.trades(InstrumentKind::Prediction) {
            let text = format!("{} has no event markets", venue.as_str());
            return Err(Refusal::invalid("venue", text));
        }
        let listed = self.facts().resolve_text(slug).and_then(|found| {
            let market = self.registry.market_at(found.symbol, venue)?;
            Some((found.symbol, market, found.outcome))
        });
        let mut event = match listed {
            Some((symbol, market, outcome)) => EventMarket {
                venue,
                name: self.registry.symbol(symbol).text.clone(),
                market: Some(market),
                named: outcome.unwrap_or(Outcome::Yes),
                outcomes: BTreeMap::new(),
                cash: self.registry.market(market).settle,
            },
            None => self.unlisted(venue, slug)?,
        };
        event.outcomes = self.outcomes_of(&event);
        let known = self.portfolio.settled(&(venue, event.name.clone())).is_some();
        if event.market.is_none() && !known && !self.is_held(&event) {
            let text = unknown_event_market(&self.registry, venue, slug);
            return Err(Refusal::invalid("market_slug", text));
        }
        Ok(event)
    }

    fn unlisted(&mut self, venue: VenueId, slug: &str) -> Result<EventMarket, Refusal> {
        let parsed = parse_event_contract(slug)
            .map_err(|error| Refusal::invalid("market_slug", error.to_string()))?;
        let Some(cash) = venue.venue().cash.first() else {
            return Err(Refusal::invalid("venue", "settles in no asset"));
        };
        Ok(EventMarket {
            venue,
            name: parsed.market_slug.into(),
            market: None,
            named: parsed.outcome,
            outcomes: BTreeMap::new(),
            cash: self.registry.asset(cash.kind, cash.code),
        })
    }

    /// Its assets: those of the listing, and rows written by hand under its name.
    fn outcomes_of(&self, event: &EventMarket) -> BTreeMap<AssetId, Outcome> {
        let mut found = BTreeMap::new();
        for (id, asset) in self.registry.assets() {
            if asset.kind != AssetKind::EventContract {
                continue;
            }
            if let Ok(parsed) = parse_event_contract(&asset.code)
                && *parsed.market_slug == *event.name
            {
                found.insert(id, parsed.outcome);
            }
        }
        if let Some(market) = event.market {
            let terms = self.registry.market(market);
            found.insert(terms.base, Outcome::Yes);
            found.insert(terms.no, Outcome::No);
        }
        found
    }

    /// Rows of the market in one account, by asset.
    pub(in crate::engine) fn holders(
        &self,
        event: &EventMarket,
        account: AccountId,
    ) -> Vec<Holder> {
        let rows = self.portfolio.rows_of(account);
        let held = event.outcomes.iter().filter_map(|(asset, outcome)| {
            let row = *rows.get(&(event.venue, *asset))?;
            Some(Holder { account, asset: *asset, outcome: *outcome, row })
        });
        held.collect()
    }

    fn is_held(&self, event: &EventMarket) -> bool {
        self.desk.sandboxes().any(|(account, _)| !self.holders(event, account).is_empty())
    }

    /// Every order ends in this command, resting or travelling, and none comes any more.
    fn close_for_good(&mut self, market: MarketId) {
        let accounts: Vec<AccountId> = self.desk.sandboxes().map(|(id, _)| id).collect();
        for account in accounts {
            self.end_orders_in(account, market);
        }
        self.exchange.set_phase(market, TradingPhase::Resolved, self.agenda.now_ns());
    }

    fn end_orders_in(&mut self, account: AccountId, market: MarketId) {
        let mut legs: Vec<(OrderId, usize)> = Vec::new();
        for order in self.desk.open_orders(account) {
            let all = self.desk.order(order).legs.iter().enumerate();
            let here = all.filter(|(_, leg)| leg.market == market && leg.state != LegState::Done);
            legs.extend(here.map(|(at, _)| (order, at)));
        }
        if !legs.is_empty() {
            self.bench().end_legs(&legs, LegEnd::Cancelled(DoneReason::MarketClosed));
        }
    }

    /// A first resolution, or one that corrects the last: then with the payouts to take back,
    /// whose holdings are there again.
    fn next_resolution(
        &mut self,
        event: &EventMarket,
        outcome: Settlement,
        last: Option<Settled>,
    ) -> (Settled, Vec<Paid>) {
        let (number, paid) = last.map_or((0, Vec::new()), |last| (last.number, last.paid));
        let number = number.saturating_add(1);
        let kind = EventKind::MarketSettled {
            venue: event.venue,
            market: fnv1a64(event.name.as_bytes()),
            number,
            value_1e9: match outcome {
                Settlement::Value(value) => value.0,
                Settlement::Void => -1,
            },
        };
        self.journal.tell(self.agenda.now_ns(), PUBLIC, kind);
        // A payout that was claimed is final: only a venue that pays by itself takes money back.
        let (reversed, paid): (Vec<_>, Vec<_>) = paid
            .into_iter()
            .partition(|paid| pays_by_itself(event.venue) && self.is_as_paid(event, paid));
        for paid in &reversed {
            if let Err(error) = self.restore_holding(event, paid) {
                self.bench().report(format!("correction of row {}", paid.row.0), &error);
            }
        }
        (Settled { number, outcome, positions: 0, payout: Money::ZERO, paid }, reversed)
    }

    /// Gives holdings without this outcome their outcome, and pays where the venue pays by itself.
    fn apply_resolution(&mut self, event: &EventMarket, settled: &mut Settled) {
        let accounts: Vec<AccountId> = self.desk.sandboxes().map(|(id, _)| id).collect();
        for account in accounts {
            for holder in self.holders(event, account) {
                self.resolve_row(event, &holder, settled);
            }
            if pays_by_itself(event.venue) {
                self.pay_holdings(event, account, settled);
            }
        }
    }
}

/// The venue pays winners without being asked.
fn pays_by_itself(venue: VenueId) -> bool {
    venue.venue().redeem_mode == Some(crate::venue::RedeemMode::AutoSettled)
}

/// What an outcome of a market pays.
pub(in crate::engine) const fn resolution_of(
    settlement: Settlement,
    outcome: Outcome,
) -> Resolution {
    match (settlement, outcome) {
        (Settlement::Void, _) => Resolution::Void,
        (Settlement::Value(value), Outcome::Yes) => Resolution::Pays(value),
        (Settlement::Value(value), Outcome::No) => Resolution::Pays(Price(PRICE_ONE - value.0)),
    }
}

/// A settlement in terms of YES, given the outcome it was told in.
const fn in_yes(settlement: Settlement, named: Outcome) -> Settlement {
    match (settlement, named) {
        (Settlement::Value(value), Outcome::No) => Settlement::Value(Price(PRICE_ONE - value.0)),
        (other, _) => other,
    }
}
