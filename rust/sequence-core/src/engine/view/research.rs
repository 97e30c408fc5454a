//! What markets offer, pay and became: depth by venue, funding, resolutions.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Value;
use super::quotes::{seen, sides};
use crate::book::Level;
use crate::command::Settlement;
use crate::engine::Engine;
use crate::engine::exchange::mark::mid;
use crate::engine::life::funding::interval_ns;
use crate::event::EventKind;
use crate::ids::{BookSide, InstrumentKind, MarketId, Outcome, SymbolId, VenueId};
use crate::listing::{unknown_event_market, unknown_symbol};
use crate::market::Trade;
use crate::number::Price;
use crate::order::book_price;
use crate::reject::Refusal;

/// What a list of rates or trades is cut to.
#[derive(Debug, Clone, Copy)]
pub struct TimeRange {
    /// First time, ns.
    pub since_ns: i64,
    /// Last time, ns.
    pub until_ns: i64,
    /// Most rows; the newest are kept.
    pub limit: usize,
}

impl Engine {
    /// Levels of every live book of a symbol, best first and by venue, at most `limit` a side.
    pub fn depth_view(&self, text: &str, limit: usize) -> Result<Value, Refusal> {
        let found = self.named(text)?;
        let (bids, asks) = sides(found.1);
        let symbol = self.registry.symbol(found.0).canonical(found.1).clone();
        Ok(Value::Map(vec![
            ("symbol", symbol.into()),
            ("bids", self.side_view(found, bids, BookSide::Bid, limit)),
            ("asks", self.side_view(found, asks, BookSide::Ask, limit)),
            ("ts_ns", self.nbbo(found.0).last_update_ns.into()),
        ]))
    }

    fn side_view(
        &self,
        (symbol, outcome): (SymbolId, Option<Outcome>),
        side: BookSide,
        shown: BookSide,
        limit: usize,
    ) -> Value {
        let now_ns = self.agenda.now_ns();
        let mut levels: Vec<(Price, &str, Level)> = self
            .books_of(symbol)
            .filter(|(_, market)| market.is_live(now_ns))
            .flat_map(|(venue, market)| {
                let levels = market.book.levels(side).take(limit);
                levels.map(move |level| (seen(level.price, outcome), VenueId::as_str(venue), level))
            })
            .collect();
        match shown {
            BookSide::Bid => levels.sort_by_key(|(price, venue, _)| (Reverse(*price), *venue)),
            BookSide::Ask => levels.sort_by_key(|(price, venue, _)| (*price, *venue)),
        }
        let row = |(price, venue, level): (Price, &str, Level)| {
            Value::Map(vec![
                ("price_1e9", price.into()),
                ("qty_1e8", level.quantity.into()),
                ("venue", venue.to_owned().into()),
            ])
        };
        Value::List(levels.into_iter().take(limit).map(row).collect())
    }

    /// Trades of a symbol that are kept, at one venue or all, oldest first; `limit` is of the newest.
    pub fn trades_view(
        &self,
        text: &str,
        venue: Option<VenueId>,
        range: TimeRange,
    ) -> Result<Value, Refusal> {
        let (symbol, outcome) = self.named(text)?;
        let wanted = |at: &VenueId| venue.is_none_or(|only| only == *at);
        let inside = range.since_ns..=range.until_ns;
        let mut rows: Vec<(i64, VenueId, Trade)> = self
            .books_of(symbol)
            .filter(|(at, _)| wanted(at))
            .flat_map(|(at, market)| market.trades().newest_first().map(move |row| (at, *row)))
            .map(|(at, trade)| (trade.received_ns, at, trade))
            .filter(|(ts_ns, ..)| inside.contains(ts_ns))
            .collect();
        // Trades of one moment at one venue keep their order.
        rows.reverse();
        rows.sort_by_key(|(ts_ns, at, _)| (*ts_ns, *at));
        rows.drain(..rows.len().saturating_sub(range.limit));
        let row = |(ts_ns, at, trade): (i64, VenueId, Trade)| {
            let hit = trade.side.map(|hit| seen_side(hit, outcome));
            Value::Map(vec![
                ("ts_ns", ts_ns.into()),
                ("price_1e9", book_price(trade.price, outcome).into()),
                ("qty_1e8", trade.quantity.into()),
                ("side", Value::option(hit.map(taker_of))),
                ("venue_id", at.as_str().into()),
            ])
        };
        Ok(Value::List(rows.into_iter().map(row).collect()))
    }

    /// The middle of best bid and offer of a symbol; `None` without both.
    pub fn symbol_mid(&self, text: &str) -> Option<Price> {
        let found = self.facts().resolve_text(text)?;
        self.nbbo(found.symbol).mid().map(|mid| book_price(mid, found.outcome))
    }

    /// Funding of every perpetual, by symbol and venue.
    pub fn funding_view(&self) -> Value {
        let mut rows: Vec<(Arc<str>, VenueId, MarketId)> = self
            .registry
            .symbols()
            .filter(|(_, row)| row.kind == InstrumentKind::Perp)
            .flat_map(|(_, row)| {
                let markets = row.markets.iter();
                markets.map(|id| (row.text.clone(), self.registry.market(*id).venue, *id))
            })
            .collect();
        rows.sort_by(|a, b| (&a.0, a.1.as_str()).cmp(&(&b.0, b.1.as_str())));
        Value::List(
            rows.into_iter().map(|(name, venue, id)| self.rate_view(&name, venue, id)).collect(),
        )
    }

    fn rate_view(&self, symbol: &str, venue: VenueId, id: MarketId) -> Value {
        let now_ns = self.agenda.now_ns();
        let interval = interval_ns(venue, now_ns);
        let sim = self.exchange.market(id);
        let live = sim.two_sides(now_ns).map(|(bid, ask)| mid(bid, ask));
        let mark = live.or_else(|| sim.last_mark().map(|mark| mark.price));
        let updated = sim.market.last_update_ns();
        Value::Map(vec![
            ("venue", venue.as_str().into()),
            ("symbol", symbol.to_owned().into()),
            ("rate_1e9", self.funding_rate(id).into()),
            ("interval_ns", interval.into()),
            ("next_ns", (now_ns.div_euclid(interval) + 1).saturating_mul(interval).into()),
            ("mark_1e9", Value::option(mark)),
            ("age_ns", Value::option(updated.map(|_| sim.market.age_ns(now_ns)))),
        ])
    }

    /// Rates that a perpetual was given, oldest first.
    pub fn funding_history_view(
        &self,
        text: &str,
        venue: VenueId,
        range: TimeRange,
    ) -> Result<Value, Refusal> {
        let (symbol, _) = self.named(text)?;
        let market = self
            .registry
            .market_at(symbol, venue)
            .filter(|id| self.registry.market(*id).kind == InstrumentKind::Perp);
        let market = market.ok_or_else(|| {
            let text = format!("{} has no perpetual {text:?}", venue.as_str());
            Refusal::invalid("venue", text)
        })?;
        let set = |kind: &EventKind| match kind {
            EventKind::FundingRateSet { market: id, rate_1e9 } if *id == market => Some(*rate_1e9),
            _ => None,
        };
        let mut rows: Vec<Value> = self
            .log()
            .since(0)
            .filter(|event| (range.since_ns..=range.until_ns).contains(&event.ts_ns))
            .filter_map(|event| Some((event.ts_ns, set(&event.kind)?)))
            .map(|(ts_ns, rate)| {
                Value::Map(vec![("ts_ns", ts_ns.into()), ("rate_1e9", rate.into())])
            })
            .collect();
        rows.drain(..rows.len().saturating_sub(range.limit));
        Ok(Value::Map(vec![
            ("symbol", self.registry.symbol(symbol).text.clone().into()),
            ("points", Value::List(rows)),
        ]))
    }

    /// What an event market of a venue became: what YES pays (1e-9), null while it is open or void.
    pub fn settlement_view(&self, venue: VenueId, text: &str) -> Result<Value, Refusal> {
        let listed = self.facts().resolve_text(text).filter(|found| {
            self.registry.symbol(found.symbol).kind == InstrumentKind::Prediction
                && self.registry.market_at(found.symbol, venue).is_some()
        });
        let name: Arc<str> = listed
            .as_ref()
            .map_or_else(|| text.into(), |found| self.registry.symbol(found.symbol).text.clone());
        let settled = self.portfolio.settled(&(venue, name.clone()));
        if listed.is_none() && settled.is_none() {
            let text = unknown_event_market(&self.registry, venue, text);
            return Err(Refusal::not_found(text));
        }
        let value = match settled.map(|settled| settled.outcome) {
            Some(Settlement::Value(value)) => Some(value),
            _ => None,
        };
        Ok(Value::Map(vec![
            ("slug", name.into()),
            ("resolved", settled.is_some().into()),
            ("value_1e9", Value::option(value)),
        ]))
    }

    fn named(&self, text: &str) -> Result<(SymbolId, Option<Outcome>), Refusal> {
        self.facts()
            .resolve_text(text)
            .map(|found| (found.symbol, found.outcome))
            .ok_or_else(|| Refusal::not_found(unknown_symbol(&self.registry, text)))
    }
}

/// The side of the outcome's own book: what buys NO sells YES.
const fn seen_side(hit: BookSide, outcome: Option<Outcome>) -> BookSide {
    match (hit, outcome) {
        (BookSide::Bid, Some(Outcome::No)) => BookSide::Ask,
        (BookSide::Ask, Some(Outcome::No)) => BookSide::Bid,
        (side, _) => side,
    }
}

/// Who took: a buyer hits offers.
const fn taker_of(hit: BookSide) -> &'static str {
    match hit {
        BookSide::Ask => "buy",
        BookSide::Bid => "sell",
    }
}
