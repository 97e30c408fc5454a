//! The end of an event market: orders end, no new ones come, every holding gets its outcome.
//!
//! A settlement belongs to a market and a resolution number. The same outcome again pays nobody
//! twice; another outcome is the next number and takes back what the last one paid.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::Settlement;
use crate::engine::Reply;
use crate::engine::desk::bench::{Bench, Papers};
use crate::engine::portfolio::settled::{Paid, Settled};
use crate::engine::seam::LegEnd;

use crate::event::{EventKind, PUBLIC};
use crate::hash::fnv1a64;
use crate::ids::{
    AccountId, AssetId, AssetKind, InstrumentKind, MarketId, OrderId, Outcome, RowIx, VenueId,
};
use crate::listing::unknown_event_market;
use crate::number::{Money, PRICE_ONE, Price};
use crate::order::LegState;
use crate::position::Resolution;
use crate::registry::Resolved;
use crate::reject::{DoneReason, Refusal};
use crate::symbol::parse_event_contract;

/// One event market, listed or only held.
pub(in crate::engine) struct EventMarket {
    pub(in crate::engine) venue: VenueId,
    /// Name of the market without outcome.
    pub(in crate::engine) name: Arc<str>,
    pub(in crate::engine) market: Option<MarketId>,
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

impl Bench<'_> {
    /// A whole event market ends so. No order comes to it any more.
    pub(in crate::engine) fn settle_event(
        &mut self,
        event: &EventMarket,
        outcome: Settlement,
    ) -> Reply {
        let outcome = in_yes(outcome, event.named);
        let key = (event.venue, event.name.clone());
        let (mut settled, reversed) = match self.portfolio.take_settled(&key) {
            Some(last) if last.outcome == outcome => (last, Vec::new()),
            last => self.next_resolution(event, outcome, last),
        };
        self.apply_resolution(event, &mut settled);
        // Old payouts go back after the new ones came: a correction in an account's favour never
        // needs cash that it has spent.
        for paid in reversed {
            self.take_back(event, &paid, settled.number);
        }
        let (positions, payout) = (settled.positions, settled.payout);
        self.portfolio.put_settled(key, settled);
        Reply::Settled { positions, payout }
    }

    /// Pays an account what its resolved holdings of a market are worth; nothing when there are
    /// none.
    pub(in crate::engine) fn redeem_event(
        &mut self,
        account: AccountId,
        event: &EventMarket,
    ) -> Reply {
        let key = (event.venue, event.name.clone());
        let Some(mut settled) = self.portfolio.take_settled(&key) else {
            return Reply::Settled { positions: 0, payout: Money::ZERO };
        };
        if let Some(market) = event.market {
            // An order on its way to a market that ended would be refused there; what it holds
            // back is paid out with the rest.
            self.end_orders_in(&[account], market);
        }
        let (positions, payout) = self.pay_holdings(event, account, &mut settled);
        self.portfolio.put_settled(key, settled);
        Reply::Settled { positions, payout }
    }

    /// Orders of these accounts in a market end in this command, resting or travelling.
    pub(in crate::engine) fn end_orders_in(&mut self, accounts: &[AccountId], market: MarketId) {
        for account in accounts {
            let mut legs: Vec<(OrderId, usize)> = Vec::new();
            for order in self.desk.open_orders(*account) {
                let all = self.desk.order(order).legs.iter().enumerate();
                let here =
                    all.filter(|(_, leg)| leg.market == market && leg.state != LegState::Done);
                legs.extend(here.map(|(at, _)| (order, at)));
            }
            if !legs.is_empty() {
                self.end_legs(&legs, LegEnd::Cancelled(DoneReason::MarketClosed));
            }
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
        self.journal.tell(self.facts.now_ns, PUBLIC, kind);
        // A payout that was claimed is final: only a venue that pays by itself takes money back.
        let (reversed, paid): (Vec<_>, Vec<_>) = paid
            .into_iter()
            .partition(|paid| pays_by_itself(event.venue) && self.papers().is_as_paid(event, paid));
        for paid in &reversed {
            if let Err(error) = self.restore_holding(event, paid) {
                self.report(format!("correction of row {}", paid.row.0), &error);
            }
        }
        (Settled { number, outcome, positions: 0, payout: Money::ZERO, paid }, reversed)
    }

    /// Gives holdings without this outcome their outcome, and pays where the venue pays by itself.
    fn apply_resolution(&mut self, event: &EventMarket, settled: &mut Settled) {
        let accounts: Vec<AccountId> = self.desk.sandboxes().map(|(id, _)| id).collect();
        for account in accounts {
            for holder in self.papers().holders(event, account) {
                self.resolve_row(event, &holder, settled);
            }
            if pays_by_itself(event.venue) {
                self.pay_holdings(event, account, settled);
            }
        }
    }
}

impl Papers<'_> {
    /// What an event market that is not listed pays in; `None` for a listed one.
    pub(in crate::engine) fn unlisted_cash(
        &self,
        venue: VenueId,
        slug: &str,
    ) -> Result<Option<(AssetKind, &'static str)>, Refusal> {
        if !venue.venue().trades(InstrumentKind::Prediction) {
            let text = format!("{} has no event markets", venue.as_str());
            return Err(Refusal::invalid("venue", text));
        }
        if self.listed_event(venue, slug).is_some() {
            return Ok(None);
        }
        parse_event_contract(slug)
            .map_err(|error| Refusal::invalid("market_slug", error.to_string()))?;
        let none = || Refusal::invalid("venue", "settles in no asset");
        let cash = venue.venue().cash.first().ok_or_else(none)?;
        Ok(Some((cash.kind, cash.code)))
    }

    fn listed_event(&self, venue: VenueId, slug: &str) -> Option<(Resolved, MarketId)> {
        let found = self.facts.resolve_text(slug)?;
        Some((found, self.facts.registry.market_at(found.symbol, venue)?))
    }

    /// The event market a text names at a venue: a listed one, or one that somebody holds, which
    /// pays in `cash`.
    pub(in crate::engine) fn event_market(
        &self,
        venue: VenueId,
        slug: &str,
        cash: Option<AssetId>,
    ) -> Result<EventMarket, Refusal> {
        let registry = self.facts.registry;
        let unknown =
            || Refusal::invalid("market_slug", unknown_event_market(registry, venue, slug));
        let (name, market, named, cash) = match (self.listed_event(venue, slug), cash) {
            (Some((found, market)), _) => {
                let name = registry.symbol(found.symbol).text.clone();
                let named = found.outcome.unwrap_or(Outcome::Yes);
                (name, Some(market), named, registry.market(market).settle)
            }
            (None, Some(cash)) => {
                let parsed = parse_event_contract(slug)
                    .map_err(|error| Refusal::invalid("market_slug", error.to_string()))?;
                (parsed.market_slug.into(), None, parsed.outcome, cash)
            }
            (None, None) => return Err(unknown()),
        };
        let mut event = EventMarket { venue, name, market, named, outcomes: BTreeMap::new(), cash };
        event.outcomes = self.outcomes_of(&event);
        let known = self.portfolio.settled(&(venue, event.name.clone())).is_some();
        if event.market.is_none() && !known && !self.is_held(&event) {
            return Err(unknown());
        }
        Ok(event)
    }

    /// Its assets: those of the listing, and rows written by hand under its name.
    fn outcomes_of(&self, event: &EventMarket) -> BTreeMap<AssetId, Outcome> {
        let mut found = BTreeMap::new();
        for (id, asset) in self.facts.registry.assets() {
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
            let terms = self.facts.registry.market(market);
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
