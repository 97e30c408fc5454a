//! Quotes.

use super::{Value, shown_price, shown_quantity};
use crate::book::Level;
use crate::engine::Engine;
use crate::ids::{BookSide, Outcome, SymbolId, VenueId};
use crate::listing::unknown_symbol;
use crate::market::{Market, Nbbo, consolidated};
use crate::number::{Price, Quantity};
use crate::registry::Resolved;
use crate::reject::Refusal;

/// The sides of a book as one outcome sees them: bids and asks of NO are asks and bids of YES.
pub(super) fn sides(outcome: Option<Outcome>) -> (BookSide, BookSide) {
    match outcome {
        Some(Outcome::No) => (BookSide::Ask, BookSide::Bid),
        _ => (BookSide::Bid, BookSide::Ask),
    }
}

/// A price as one outcome sees it; a missing one stays 0.
pub(super) fn seen(price: Price, outcome: Option<Outcome>) -> Price {
    if price.0 == 0 { price } else { crate::order::book_price(price, outcome) }
}

impl Engine {
    /// Markets of a symbol with their venues, in venue order.
    pub fn books_of(
        &self,
        symbol: SymbolId,
    ) -> impl Iterator<Item = (VenueId, &Market)> + Clone + '_ {
        self.facts().books_of(symbol)
    }

    /// Best bid and offer over the venues of a symbol.
    pub fn nbbo(&self, symbol: SymbolId) -> Nbbo {
        self.facts().nbbo(symbol)
    }

    /// The symbol a reader names.
    pub(super) fn resolved(&self, text: &str) -> Result<Resolved, Refusal> {
        self.facts()
            .resolve_text(text)
            .ok_or_else(|| Refusal::not_found(unknown_symbol(&self.registry, text)))
    }

    /// A quote with depth.
    pub fn quote_view(&self, text: &str, depth: usize) -> Result<Value, Refusal> {
        let found = self.resolved(text)?;
        let nbbo = self.nbbo(found.symbol);
        let source = if nbbo.last_update_ns == 0 { "unavailable" } else { "edge_nbbo" };
        let book = if nbbo.last_update_ns == 0 {
            Value::Null
        } else {
            self.book_view(found.symbol, found.outcome, depth)
        };
        Ok(Value::Map(vec![
            ("symbol", self.registry.symbol(found.symbol).canonical(found.outcome).clone().into()),
            ("nbbo", nbbo_view(&nbbo, found.outcome, false)),
            ("venues", self.venues_view(found.symbol, found.outcome)),
            ("book", book),
            ("source", source.into()),
        ]))
    }

    /// Quotes of symbols whose newest depth is at most `max_age_ns` old; unknown ones are left out.
    pub fn quotes_view(&self, texts: Option<&[String]>, max_age_ns: i64) -> Value {
        let wanted: Vec<(SymbolId, Option<Outcome>)> = match texts {
            None => self
                .registry
                .symbols()
                .map(|(id, row)| (id, row.outcomes.as_ref().map(|_| Outcome::Yes)))
                .collect(),
            Some(texts) => texts
                .iter()
                .filter_map(|text| self.facts().resolve_text(text))
                .map(|found| (found.symbol, found.outcome))
                .collect(),
        };
        let rows = wanted.into_iter().filter_map(|(symbol, outcome)| {
            let nbbo = self.nbbo(symbol);
            let age = self.agenda.now_ns().saturating_sub(nbbo.last_update_ns);
            let fresh = nbbo.last_update_ns != 0 && age < max_age_ns;
            fresh.then(|| {
                let name = self.registry.symbol(symbol).canonical(outcome).clone();
                Value::Map(vec![
                    ("symbol", name.into()),
                    ("nbbo", nbbo_view(&nbbo, outcome, true)),
                    ("venues", self.venues_view(symbol, outcome)),
                ])
            })
        });
        Value::List(rows.collect())
    }

    pub(super) fn venues_view(&self, symbol: SymbolId, outcome: Option<Outcome>) -> Value {
        let rows = self.books_of(symbol).map(|(venue, market)| {
            (VenueId::as_str(venue).to_owned(), self.venue_quote(market, outcome))
        });
        Value::Named(rows.collect())
    }

    fn venue_quote(&self, market: &Market, outcome: Option<Outcome>) -> Value {
        let (bids, asks) = sides(outcome);
        let side = |side| market.best(side).unwrap_or_default();
        let (bid, ask): (Level, Level) = (side(bids), side(asks));
        let age_ms = match market.last_update_ns() {
            None => 0,
            Some(_) => market.age_ns(self.agenda.now_ns()) / 1_000_000,
        };
        Value::Map(vec![
            ("bid", shown_price(seen(bid.price, outcome))),
            ("ask", shown_price(seen(ask.price, outcome))),
            ("bid_size", shown_quantity(bid.quantity)),
            ("ask_size", shown_quantity(ask.quantity)),
            ("age_ms", age_ms.into()),
            ("status", market.status(self.agenda.now_ns()).as_str().into()),
            ("reason", Value::option(market.reason(self.agenda.now_ns()))),
            ("since_ns", Value::option(market.status_since_ns(self.agenda.now_ns()))),
            ("last_update_ns", Value::option(market.last_update_ns())),
            ("stale_after_ms", Value::option(market.config().max_age_ns.map(|ns| ns / 1_000_000))),
            ("gaps", market.counters().gaps.into()),
        ])
    }

    /// Books that were heard of and cannot be used, and why; markets that are over left out.
    pub fn unusable_view(&self) -> Value {
        let now = self.agenda.now_ns();
        let rows = self.registry.symbols().flat_map(|(id, symbol)| {
            self.books_of(id).filter_map(move |(venue, market)| {
                let status = market.status(now);
                let reason = market.reason(now).filter(|_| market.was_heard() && !status.is_over());
                reason.map(|reason| {
                    Value::Map(vec![
                        ("venue", VenueId::as_str(venue).into()),
                        ("symbol", symbol.text.clone().into()),
                        ("status", status.as_str().into()),
                        ("reason", reason.into()),
                        ("since_ns", Value::option(market.status_since_ns(now))),
                    ])
                })
            })
        });
        Value::List(rows.collect())
    }

    pub(super) fn book_view(
        &self,
        symbol: SymbolId,
        outcome: Option<Outcome>,
        depth: usize,
    ) -> Value {
        let (bids, asks) = sides(outcome);
        let ladder = |side| {
            let books = self.books_of(symbol).map(|(_, market)| market);
            let levels = consolidated(books, side, depth, self.agenda.now_ns());
            let level = |level: Level| {
                Value::List(vec![
                    shown_price(seen(level.price, outcome)),
                    shown_quantity(level.quantity),
                ])
            };
            Value::List(levels.into_iter().map(level).collect())
        };
        Value::Map(vec![("bids", ladder(bids)), ("asks", ladder(asks))])
    }
}

/// The consolidated quote. `zero_crossed`: a crossed one shows no mid and no spread.
fn nbbo_view(nbbo: &Nbbo, outcome: Option<Outcome>, zero_crossed: bool) -> Value {
    let (bids, asks) = sides(outcome);
    let side = |side| nbbo.best(side).unwrap_or_default();
    let (bid, ask): (Level, Level) = (side(bids), side(asks));
    let (bid_price, ask_price) = (seen(bid.price, outcome), seen(ask.price, outcome));
    let hidden = (zero_crossed && nbbo.crossed) || bid_price.0 == 0 || ask_price.0 == 0;
    // Half a unit of 1e-9 can be in a mid: it is shown at 1e-10.
    let doubled = if hidden { 0 } else { i128::from(bid_price.0) + i128::from(ask_price.0) };
    Value::Map(vec![
        ("bid", shown_price(bid_price)),
        ("ask", shown_price(ask_price)),
        ("mid", Value::Decimal(doubled * 5, 10)),
        ("spread_bps", spread_bps(bid_price, ask_price, doubled)),
        ("bid_size", shown_quantity(bid.quantity)),
        ("ask_size", shown_quantity(ask.quantity)),
        ("bid_1e9", bid_price.into()),
        ("ask_1e9", ask_price.into()),
        ("crossed", nbbo.crossed.into()),
        ("live", nbbo.live.into()),
        ("last_update_ns", nbbo.last_update_ns.into()),
    ])
}

/// (ask − bid) ÷ mid × 10 000, to three decimals, half away from zero.
fn spread_bps(bid: Price, ask: Price, doubled_mid: i128) -> Value {
    if doubled_mid <= 0 {
        return Value::Decimal(0, 3);
    }
    let scaled = (i128::from(ask.0) - i128::from(bid.0)) * 2 * 10_000 * 1_000;
    let half = doubled_mid / 2;
    let rounded = (scaled.abs() + half) / doubled_mid;
    Value::Decimal(if scaled < 0 { -rounded } else { rounded }, 3)
}

/// Value of a quantity at a price, toward zero.
pub(super) fn value_of(quantity: Quantity, price: Price) -> i128 {
    i128::from(quantity.0) * i128::from(price.0) / 100_000_000
}
