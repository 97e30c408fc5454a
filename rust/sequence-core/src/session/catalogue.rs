//! What venues list, whether or not it is subscribed: rows of their lists of instruments, in a
//! registry of their own, so that what nobody trades costs the engine nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue_text::{self, CatalogueRow};
use crate::engine::view::{Value, listing_row};
use crate::feed::{FeedVenue, InstrumentList, Listed};
use crate::ids::{InstrumentKind, MarketId, SymbolId, VenueId};
use crate::listing::{Source, enlist};
use crate::registry::Registry;
use crate::symbol::Symbol;
use crate::tape::FeedStatus;

/// Instruments a catalogue holds of one venue; a hostile sender cannot make us remember more.
const MOST_ROWS: usize = 20_000;

/// The rows of all venues.
#[derive(Debug, Default)]
pub struct Catalogue {
    registry: Registry,
    venues: BTreeMap<VenueId, BTreeMap<(bool, String), Entry>>,
}

/// A market with its row, and whether it stands in the list of futures.
type Found<'a> = (MarketId, &'a Entry, bool);

#[derive(Debug)]
struct Entry {
    listed: Listed,
    /// None for what is no symbol here: nothing of it can be traded.
    market: Option<MarketId>,
}

impl Catalogue {
    /// Takes a list of a venue. A whole list names all there are: what it leaves out is listed no
    /// longer.
    pub fn take(&mut self, list: &InstrumentList, futures: bool, whole: bool) {
        let venue = list.venue();
        if whole && !list.rows().is_empty() {
            self.forget(venue, futures);
        }
        for (name, listed) in list.rows() {
            self.put(venue, CatalogueRow { venue_symbol: name.clone(), futures, listed: *listed });
        }
    }

    /// Takes rows that [`Catalogue::text`] wrote; returns how many there were.
    pub fn read_text(&mut self, venue: FeedVenue, futures: bool, text: &str) -> usize {
        let rows = text.lines().filter_map(|line| catalogue_text::parse(line, futures));
        rows.map(|row| self.put(venue, row)).count()
    }

    /// The rows of one list as lines, ordered by name: the same rows give the same text.
    pub fn text(&self, venue: FeedVenue, futures: bool) -> String {
        let rows = self.venues.get(&venue.venue_id()).into_iter().flatten();
        let listed = rows.filter(|((of_futures, _), _)| *of_futures == futures);
        listed.map(|((_, name), entry)| catalogue_text::line(name, &entry.listed)).collect()
    }

    fn forget(&mut self, venue: FeedVenue, futures: bool) {
        if let Some(rows) = self.venues.get_mut(&venue.venue_id()) {
            rows.retain(|(of_futures, _), _| *of_futures != futures);
        }
    }

    /// What a symbol is at a venue now: `trading`, `post_only`, `halted` or `closed`; `None` where it
    /// is not listed.
    pub fn status(&self, venue: FeedVenue, symbol: &str, now_ns: i64) -> Option<&'static str> {
        let resolved = self.registry.resolve(symbol)?;
        let market = self.registry.market_at(resolved.symbol, venue.venue_id())?;
        let rows = self.venues.get(&venue.venue_id())?;
        let entry = rows.values().find(|entry| entry.market == Some(market))?;
        Some(status_text(entry.listed.standing.status_at(now_ns)))
    }

    /// Symbol rows like those of the engine, ordered by symbol, with what each venue says beside.
    pub fn symbols_view(
        &self,
        venue: Option<VenueId>,
        kind: Option<InstrumentKind>,
        now_ns: i64,
    ) -> Value {
        let mut by_symbol: BTreeMap<SymbolId, Vec<Found<'_>>> = BTreeMap::new();
        for found in self.listed(venue) {
            by_symbol.entry(self.registry.market(found.0).symbol).or_default().push(found);
        }
        let mut found: Vec<_> = by_symbol.into_iter().collect();
        found.retain(|(id, _)| kind.is_none_or(|kind| self.registry.symbol(*id).kind == kind));
        found.sort_by(|(a, _), (b, _)| {
            self.registry.symbol(*a).text.cmp(&self.registry.symbol(*b).text)
        });
        let rows = found.into_iter().map(|(id, markets)| self.symbol_row(id, &markets, now_ns));
        Value::List(rows.collect())
    }

    /// The row of one symbol by any of its names; `None` where nobody lists it.
    pub fn symbol_view(&self, symbol: &str, now_ns: i64) -> Option<Value> {
        let id = self.registry.resolve(symbol)?.symbol;
        let markets: Vec<_> =
            self.listed(None).filter(|found| self.registry.market(found.0).symbol == id).collect();
        (!markets.is_empty()).then(|| self.symbol_row(id, &markets, now_ns))
    }

    /// The symbols of all venues or one, ordered.
    pub fn names(&self, venue: Option<VenueId>) -> BTreeSet<&str> {
        let symbol = |found: Found<'_>| self.registry.market(found.0).symbol;
        self.listed(venue).map(|found| &*self.registry.symbol(symbol(found)).text).collect()
    }

    /// Every market that venues list, in their order.
    fn listed(&self, venue: Option<VenueId>) -> impl Iterator<Item = Found<'_>> {
        let rows = self.venues.iter().filter(move |(id, _)| venue.is_none_or(|only| only == **id));
        rows.flat_map(|(_, rows)| rows)
            .filter_map(|((futures, _), entry)| Some((entry.market?, entry, *futures)))
    }

    fn symbol_row(&self, id: SymbolId, markets: &[Found<'_>], now_ns: i64) -> Value {
        let row = self.registry.symbol(id);
        let pair = |code: &std::sync::Arc<str>| {
            if code.is_empty() { Value::Null } else { code.clone().into() }
        };
        let statuses: Vec<_> =
            markets.iter().map(|(_, entry, _)| entry.listed.standing.status_at(now_ns)).collect();
        let all = |status| statuses.iter().all(|found| *found == status);
        let status = match () {
            () if all(FeedStatus::Closed) => "closed",
            () if statuses.iter().all(|found| status_text(*found) == "halted") => "halted",
            () => "trading",
        };
        Value::Map(vec![
            ("symbol", row.text.clone().into()),
            ("instrument_type", row.kind.as_str().into()),
            ("base", pair(&row.base)),
            ("quote", pair(&row.quote)),
            ("status", status.into()),
            ("market", self.event_market(id, markets)),
            (
                "venues",
                Value::List(markets.iter().map(|found| self.listing(*found, now_ns)).collect()),
            ),
        ])
    }

    fn listing(&self, (market, entry, futures): Found<'_>, now_ns: i64) -> Value {
        let mut row = listing_row(&self.registry, market, None);
        if let Value::Map(members) = &mut row {
            let standing = &entry.listed.standing;
            let (maker, taker) = standing.fees_1e8.unzip();
            let told = Value::Map(vec![
                ("status", status_text(standing.status_at(now_ns)).into()),
                ("ends_ns", Value::option(standing.ends_ns)),
                ("maker_rate_1e8", Value::option(maker)),
                ("taker_rate_1e8", Value::option(taker)),
                ("futures", futures.into()),
            ]);
            members.push(("listed", told));
        }
        row
    }

    fn event_market(&self, id: SymbolId, markets: &[Found<'_>]) -> Value {
        let row = self.registry.symbol(id);
        if row.kind != InstrumentKind::Prediction {
            return Value::Null;
        }
        let token = |at: usize| {
            Value::option(row.tokens.as_ref().and_then(|tokens| tokens.get(at)).cloned())
        };
        let first = markets.first();
        let grid =
            first.map_or("linear_cent", |(id, ..)| self.registry.market(*id).grid.prices.as_str());
        Value::Map(vec![
            ("market_slug", row.text.clone().into()),
            ("outcomes", Value::List(vec!["YES".into(), "NO".into()])),
            ("yes_token_id", token(0)),
            ("no_token_id", token(1)),
            ("category", row.category.clone().into()),
            (
                "close_ns",
                Value::option(first.and_then(|(_, entry, _)| entry.listed.standing.ends_ns)),
            ),
            ("grid", grid.into()),
        ])
    }

    fn put(&mut self, venue: FeedVenue, row: CatalogueRow) {
        let rows = self.venues.entry(venue.venue_id()).or_default();
        let key = (row.futures, row.venue_symbol);
        if rows.len() >= MOST_ROWS && !rows.contains_key(&key) {
            return;
        }
        let (_, symbol) = venue.canonical(&key.1, row.futures);
        let market = is_tradable(venue, &symbol)
            .then(|| {
                enlist(&mut self.registry, venue.venue_id(), &symbol, Source::Venue, true).ok()
            })
            .flatten();
        if let Some(market) = market {
            self.registry.set_terms(market, &row.listed.terms);
        }
        rows.insert(key, Entry { listed: row.listed, market });
    }
}

/// A name whose text is a symbol here, of the kind that it has at this venue.
fn is_tradable(venue: FeedVenue, symbol: &str) -> bool {
    Symbol::parse_at(venue.venue_id(), symbol).is_ok_and(|parsed| {
        parsed.kind() == InstrumentKind::Prediction || parsed.canonical() == symbol
    })
}

const fn status_text(status: FeedStatus) -> &'static str {
    match status {
        FeedStatus::Open => "trading",
        FeedStatus::PostOnly => "post_only",
        FeedStatus::Closed => "closed",
        FeedStatus::Halted | FeedStatus::Resync | FeedStatus::Down | FeedStatus::Unfit => "halted",
    }
}
