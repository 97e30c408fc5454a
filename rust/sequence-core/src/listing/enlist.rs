//! What listing a symbol at a venue adds to the registry.

use super::{
    DemoListing, demo_listing, hand_fed_grid, recorded_grid, settlement_asset, venue_symbol,
};
use crate::ids::{AssetKind, InstrumentKind, MarketId, Outcome, SymbolId, VenueId};
use crate::registry::{MarketSpec, Registry, Resolved, SymbolEntry};
use crate::reject::Refusal;
use crate::sim::fees::FeeSchedule;
use crate::symbol::Symbol;
use crate::venue;

/// Whether a market's levels come from the venue itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Made up: by hand, or by the demo market.
    Made,
    /// Recorded: its steps are the venue's own.
    Venue,
}

/// Lists a symbol at a venue, or finds it listed. The symbol may have any known form. Everything
/// that counts on a fee reads it from the market, so without `rebates` none is listed.
pub fn enlist(
    registry: &mut Registry,
    venue: VenueId,
    text: &str,
    source: Source,
    rebates: bool,
) -> Result<MarketId, Refusal> {
    let symbol = Symbol::parse_at(venue, text)
        .map_err(|error| Refusal::invalid("symbol", error.to_string()))?;
    let id = registry.add_symbol(symbol_entry(venue, &symbol));
    if let Some(found) = registry.market_at(id, venue) {
        return Ok(found);
    }
    let mut spec = market_spec(registry, id, venue, &symbol, rebates);
    if source == Source::Venue {
        spec.grid = recorded_grid(venue, &symbol);
    }
    Ok(registry.add_market(spec, venue_symbol(venue, &symbol).into()))
}

/// What a symbol text of any form names, when it is listed anywhere.
pub fn resolve(registry: &Registry, text: &str) -> Option<Resolved> {
    registry.resolve(text).or_else(|| registry.resolve(&Symbol::parse(text).ok()?.canonical()))
}

/// The market of a symbol text at a venue, when it is listed there.
pub fn find(registry: &Registry, venue: VenueId, text: &str) -> Option<MarketId> {
    registry.market_at(resolve(registry, text)?.symbol, venue)
}

fn market_spec(
    registry: &mut Registry,
    id: SymbolId,
    venue: VenueId,
    symbol: &Symbol<'_>,
    rebates: bool,
) -> MarketSpec {
    let cash = settlement_asset(venue, symbol);
    let settle = registry.asset(cash.kind, cash.code);
    let entry = registry.symbol(id).clone();
    let (base, no) = match (&entry.outcomes, entry.kind) {
        (Some([yes, no]), _) => (
            registry.asset(AssetKind::EventContract, yes),
            registry.asset(AssetKind::EventContract, no),
        ),
        (None, InstrumentKind::Perp) => {
            let row = registry.asset(AssetKind::Perp, &entry.text);
            (row, row)
        }
        (None, _) => {
            let kind =
                if venue::is_fiat(&entry.base) { AssetKind::Fiat } else { AssetKind::Crypto };
            let base = registry.asset(kind, &entry.base);
            (base, base)
        }
    };
    let fees = demo_listing(symbol).map_or_else(
        || FeeSchedule::of(venue, entry.kind, &entry.category),
        |row| row.fee_schedule(venue),
    );
    MarketSpec {
        venue,
        symbol: id,
        kind: entry.kind,
        base,
        no,
        settle,
        grid: hand_fed_grid(venue, symbol),
        initial_margin_1e8: venue.venue().initial_margin_1e8.unwrap_or(10_000_000),
        fees: if rebates { fees } else { fees.without_rebates() },
        post_only: venue.venue().post_only,
        taker_delay_ns: 0,
    }
}

/// A symbol as it is listed first; the demo catalogue knows slugs' tokens and categories.
fn symbol_entry(venue: VenueId, symbol: &Symbol<'_>) -> SymbolEntry {
    let demo = demo_listing(symbol);
    let kind = symbol.kind();
    let text = book_text(symbol, demo);
    let tokens = demo.and_then(|row| row.tokens).map(|(yes, no)| [yes.into(), no.into()]);
    let outcomes = (kind == InstrumentKind::Prediction).then(|| match &tokens {
        Some(tokens) if venue == venue::POLYMARKET => tokens.clone(),
        _ if matches!(symbol, Symbol::Token { .. }) => {
            [text.clone().into(), format!("{text}:NO").into()]
        }
        _ => [Outcome::Yes, Outcome::No].map(|o| format!("{text}:{}", o.as_str()).into()),
    });
    SymbolEntry {
        text: text.into(),
        kind,
        base: symbol.base().unwrap_or_default().into(),
        quote: symbol.quote().unwrap_or_default().into(),
        outcomes,
        tokens,
        category: demo.map_or("", |row| row.category).into(),
        markets: Vec::new(),
    }
}

/// Name of the book: without an outcome, and the slug rather than one of its tokens.
fn book_text(symbol: &Symbol<'_>, demo: Option<&DemoListing>) -> String {
    match (symbol, demo) {
        (_, Some(row)) => row.symbol.to_owned(),
        (Symbol::Ticker { ticker: market, .. } | Symbol::Slug { slug: market, .. }, None) => {
            (*market).to_owned()
        }
        (other, None) => other.canonical(),
    }
}
