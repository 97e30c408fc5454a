//! What exists: assets, symbols and markets, each with a dense id.
//!
//! A symbol is what an order names (`BTC-USD`, an event market); a market is that symbol at one
//! venue, with the venue's tick, lot, minimums, fees and settlement asset. Text is looked up once,
//! at the edge; inside the engine everything is an index.
#![expect(
    clippy::indexing_slicing,
    reason = "tables are indexed by the ids they gave out, and never shrink; no slice is indexed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ids::{AssetId, AssetKind, InstrumentKind, MarketId, Outcome, SymbolId, VenueId};
use crate::number::Quantity;
use crate::sim::fees::FeeSchedule;
use crate::table::Table;
use crate::venue::{Grid, PriceGrid, Terms, is_fiat};

/// One asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Kind.
    pub kind: AssetKind,
    /// Code, as on the wire.
    pub code: Arc<str>,
    /// Valued at exactly 1 USD.
    pub pegged: bool,
    /// Symbols whose mid says what a unit is worth, the best first.
    pub valued_by: Vec<Valuation>,
}

/// A symbol that says what an asset is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Valuation {
    /// The symbol.
    pub symbol: SymbolId,
    /// The outcome, of event contracts.
    pub outcome: Option<Outcome>,
    /// The asset is what the pair is quoted in.
    pub inverse: bool,
    /// What the other side of the pair is worth.
    pub other: Worth,
}

/// What one side of a pair is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// A dollar, or what is pegged to it.
    OneDollar,
    /// Whatever this asset is.
    Of(AssetId),
}

/// One symbol.
#[derive(Debug, Clone)]
pub struct SymbolEntry {
    /// Text of the book: `BTC-USD`, a Kalshi ticker, a Polymarket slug or token id.
    pub text: Arc<str>,
    /// Kind.
    pub kind: InstrumentKind,
    /// Base asset code of pairs.
    pub base: Arc<str>,
    /// Quote asset code of pairs.
    pub quote: Arc<str>,
    /// Canonical order symbols of YES and NO, on event markets.
    pub outcomes: Option<[Arc<str>; 2]>,
    /// Outcome token ids, where the venue has them.
    pub tokens: Option<[Arc<str>; 2]>,
    /// Fee category of event markets.
    pub category: Arc<str>,
    /// Venues that list it, by venue id.
    pub markets: Vec<MarketId>,
}

impl SymbolEntry {
    /// Canonical text of an order's symbol.
    pub fn canonical(&self, outcome: Option<Outcome>) -> &Arc<str> {
        match (&self.outcomes, outcome) {
            (Some([yes, _]), Some(Outcome::Yes)) => yes,
            (Some([_, no]), Some(Outcome::No)) => no,
            _ => &self.text,
        }
    }
}

/// The trading terms of one symbol at one venue: small, and copied where it is used.
#[derive(Debug, Clone, Copy)]
pub struct MarketSpec {
    /// Venue.
    pub venue: VenueId,
    /// Symbol.
    pub symbol: SymbolId,
    /// Kind.
    pub kind: InstrumentKind,
    /// What is bought and sold: base asset; the YES outcome on event markets; the position row of perps.
    pub base: AssetId,
    /// The NO outcome on event markets, else `base`.
    pub no: AssetId,
    /// What is paid with.
    pub settle: AssetId,
    /// Prices, lots and minimums it takes.
    pub grid: Grid,
    /// Initial margin fraction of perps (1e-8).
    pub initial_margin_1e8: i64,
    /// Fees.
    pub fees: FeeSchedule,
    /// Post-only orders are offered.
    pub post_only: bool,
    /// How long the venue holds orders that would take, ns; a dated rule of the market.
    pub taker_delay_ns: i64,
}

impl MarketSpec {
    /// The grid that orders of this outcome meet.
    pub fn grid_of(&self, outcome: Option<Outcome>) -> Grid {
        self.grid.of(outcome)
    }

    /// The asset a position of this outcome is held in.
    pub fn held(&self, outcome: Option<Outcome>) -> AssetId {
        if outcome == Some(Outcome::No) { self.no } else { self.base }
    }
}

/// A symbol text resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// Symbol.
    pub symbol: SymbolId,
    /// Outcome, on event markets.
    pub outcome: Option<Outcome>,
}

/// All assets, symbols and markets.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    assets: Table<AssetId, Asset>,
    asset_ids: BTreeMap<(AssetKind, Arc<str>), AssetId>,
    symbols: Table<SymbolId, SymbolEntry>,
    names: BTreeMap<Arc<str>, Resolved>,
    /// What says the worth of an asset, by its code in pairs.
    pairs: BTreeMap<Arc<str>, Vec<Valuation>>,
    markets: Table<MarketId, MarketSpec>,
    venue_symbols: Table<MarketId, Arc<str>>,
    /// Markets whose steps became others, since somebody asked.
    stepped: BTreeSet<MarketId>,
}

impl Registry {
    /// The id of an asset, made on first use.
    pub fn asset(&mut self, kind: AssetKind, code: &str) -> AssetId {
        if let Some(id) = self.find_asset(kind, code) {
            return id;
        }
        let code: Arc<str> = code.into();
        let pegged = is_usd_pegged(kind, &code);
        let valued_by = self.valuations(kind, &code);
        let id = self.assets.push(Asset { kind, code: code.clone(), pegged, valued_by });
        self.asset_ids.insert((kind, code), id);
        id
    }

    /// The id of an asset that exists.
    pub fn find_asset(&self, kind: AssetKind, code: &str) -> Option<AssetId> {
        self.asset_ids.get(&(kind, Arc::from(code))).copied()
    }

    /// What says the worth of an asset, among the symbols there are.
    fn valuations(&self, kind: AssetKind, code: &str) -> Vec<Valuation> {
        match kind {
            AssetKind::Crypto | AssetKind::Fiat => {
                self.pairs.get(code).cloned().unwrap_or_default()
            }
            AssetKind::EventContract | AssetKind::Perp => {
                let found = self.names.get(code).copied();
                let way = |Resolved { symbol, outcome }| Valuation {
                    symbol,
                    outcome,
                    inverse: false,
                    other: Worth::OneDollar,
                };
                found.map(way).into_iter().collect()
            }
        }
    }

    /// All assets, in order of first use.
    pub fn assets(&self) -> impl Iterator<Item = (AssetId, &Asset)> {
        self.assets.iter()
    }

    /// An asset.
    pub fn asset_row(&self, id: AssetId) -> &Asset {
        &self.assets[id]
    }

    /// Number of assets.
    pub fn asset_count(&self) -> usize {
        self.assets.len()
    }

    /// Adds a symbol, or returns the one of that name.
    pub fn add_symbol(&mut self, entry: SymbolEntry) -> SymbolId {
        if let Some(found) = self.names.get(&entry.text) {
            return found.symbol;
        }
        let symbol = self.symbols.next_id();
        for (name, outcome) in names_of(&entry) {
            self.names.entry(name).or_insert(Resolved { symbol, outcome });
        }
        self.symbols.push(entry);
        symbol
    }

    /// Assets of a symbol that is listed for the first time learn that it says what they are worth.
    fn value_by(&mut self, symbol: SymbolId) {
        let entry = self.symbols[symbol].clone();
        match entry.kind {
            InstrumentKind::Spot => {
                self.value_pair(symbol, (&entry.base, &entry.quote), false);
                self.value_pair(symbol, (&entry.quote, &entry.base), true);
            }
            InstrumentKind::Perp => self.renew(AssetKind::Perp, &entry.text),
            InstrumentKind::Prediction => {
                for (name, _) in names_of(&entry) {
                    self.renew(AssetKind::EventContract, &name);
                }
            }
        }
    }

    /// One side of a pair is worth what the other says. Dollars come first, then what is pegged to
    /// them, then pairs that quote the asset itself, and only then other assets.
    fn value_pair(&mut self, symbol: SymbolId, (code, by): (&Arc<str>, &Arc<str>), inverse: bool) {
        let kind = if is_fiat(by) { AssetKind::Fiat } else { AssetKind::Crypto };
        let other = match self.find_asset(kind, by) {
            _ if is_usd_pegged(kind, by) => Worth::OneDollar,
            Some(asset) => Worth::Of(asset),
            None => return,
        };
        let rank = |way: &Valuation, quote: &str| (way.other, way.inverse, quote != "USD");
        let new = Valuation { symbol, outcome: None, inverse, other };
        let mut ways = self.pairs.remove(code).unwrap_or_default();
        let at = ways.partition_point(|way| {
            let entry = &self.symbols[way.symbol];
            let quote = if way.inverse { &entry.base } else { &entry.quote };
            rank(way, quote) <= rank(&new, by)
        });
        ways.insert(at, new);
        self.pairs.insert(code.clone(), ways);
        for kind in [AssetKind::Crypto, AssetKind::Fiat] {
            self.renew(kind, code);
        }
    }

    fn renew(&mut self, kind: AssetKind, code: &str) {
        if let Some(id) = self.find_asset(kind, code) {
            self.assets[id].valued_by = self.valuations(kind, code);
        }
    }

    /// Adds a market to its symbol, keeping the symbol's markets in venue order.
    pub fn add_market(&mut self, spec: MarketSpec, venue_symbol: Arc<str>) -> MarketId {
        let id = self.markets.push(spec);
        self.venue_symbols.push(venue_symbol);
        let markets = &self.markets;
        let entry = &mut self.symbols[spec.symbol];
        let at = entry.markets.partition_point(|other| markets[*other].venue < spec.venue);
        entry.markets.insert(at, id);
        if entry.markets.len() == 1 {
            self.value_by(spec.symbol);
        }
        id
    }

    /// Resolves a symbol text of any form, without its venue URL prefix.
    pub fn resolve(&self, text: &str) -> Option<Resolved> {
        if let Some(found) = self.names.get(text) {
            return Some(*found);
        }
        let (slug, suffix) = text.rsplit_once(':')?;
        let outcome = match suffix {
            s if s.eq_ignore_ascii_case("yes") => Outcome::Yes,
            s if s.eq_ignore_ascii_case("no") => Outcome::No,
            _ => return None,
        };
        let found = self.names.get(slug)?;
        self.symbols[found.symbol].outcomes.as_ref()?;
        Some(Resolved { symbol: found.symbol, outcome: Some(outcome) })
    }

    /// A symbol.
    pub fn symbol(&self, id: SymbolId) -> &SymbolEntry {
        &self.symbols[id]
    }

    /// All symbols, in order of listing.
    pub fn symbols(&self) -> impl Iterator<Item = (SymbolId, &SymbolEntry)> {
        self.symbols.iter()
    }

    /// A market.
    pub fn market(&self, id: MarketId) -> &MarketSpec {
        &self.markets[id]
    }

    /// Takes what a source says of a market; true when a part of its grid is another one now.
    pub fn set_terms(&mut self, id: MarketId, said: &Terms) -> bool {
        let stepped = self.markets[id].grid.set(said);
        self.stepped.extend(stepped.then_some(id));
        stepped
    }

    /// Puts back the grid that a market had in an earlier process.
    pub fn put_grid(&mut self, id: MarketId, grid: Grid) {
        self.markets[id].grid = grid;
    }

    /// Takes finer steps that a level has shown; true when the grid is another one now.
    pub fn refine(
        &mut self,
        id: MarketId,
        prices: Option<PriceGrid>,
        lot: Option<Quantity>,
    ) -> bool {
        let stepped = self.markets[id].grid.refine(prices, lot);
        self.stepped.extend(stepped.then_some(id));
        stepped
    }

    /// True when some market has other steps than when they were last taken.
    pub(crate) fn has_stepped(&self) -> bool {
        !self.stepped.is_empty()
    }

    /// Markets whose steps became others since the last call.
    pub(crate) fn take_stepped(&mut self) -> BTreeSet<MarketId> {
        std::mem::take(&mut self.stepped)
    }

    /// How long a market holds orders that would take, ns.
    pub fn set_taker_delay(&mut self, id: MarketId, delay_ns: i64) {
        self.markets[id].taker_delay_ns = delay_ns;
    }

    /// Replaces the fees of a market.
    pub fn set_fees(&mut self, id: MarketId, fees: FeeSchedule) {
        self.markets[id].fees = fees;
    }

    /// The venue's own spelling of a market's symbol.
    pub fn venue_symbol(&self, id: MarketId) -> &Arc<str> {
        &self.venue_symbols[id]
    }

    /// Number of markets.
    pub fn market_count(&self) -> usize {
        self.markets.len()
    }

    /// All markets, in order of listing.
    pub fn markets(&self) -> impl Iterator<Item = (MarketId, &MarketSpec)> {
        self.markets.iter()
    }

    /// The market of a symbol at a venue.
    pub fn market_at(&self, symbol: SymbolId, venue: VenueId) -> Option<MarketId> {
        self.markets_at(symbol, venue).first().copied()
    }

    /// The same as a list of one market or none.
    pub fn markets_at(&self, symbol: SymbolId, venue: VenueId) -> &[MarketId] {
        let mut markets = self.symbols[symbol].markets.iter();
        let found = markets.find(|id| self.markets[**id].venue == venue);
        found.map_or(&[], std::slice::from_ref)
    }
}

/// Every name a symbol goes by, with the outcome it means. The book's own name means YES.
fn names_of(entry: &SymbolEntry) -> Vec<(Arc<str>, Option<Outcome>)> {
    let Some(outcomes) = &entry.outcomes else { return vec![(entry.text.clone(), None)] };
    let mut names = vec![(entry.text.clone(), Some(Outcome::Yes))];
    for (at, outcome) in [Outcome::Yes, Outcome::No].into_iter().enumerate() {
        names.push((format!("{}:{}", entry.text, outcome.as_str()).into(), Some(outcome)));
        for texts in [Some(outcomes), entry.tokens.as_ref()].into_iter().flatten() {
            names.extend(texts.get(at).map(|text| (text.clone(), Some(outcome))));
        }
    }
    names
}

/// Assets valued at exactly 1.0.
pub fn is_usd_pegged(kind: AssetKind, code: &str) -> bool {
    const STABLECOINS: [&str; 8] =
        ["USDC", "USDT", "DAI", "PYUSD", "FDUSD", "TUSD", "USDP", "USDS"];
    match kind {
        AssetKind::Fiat => code == "USD",
        AssetKind::Crypto => STABLECOINS.contains(&code),
        AssetKind::Perp | AssetKind::EventContract => false,
    }
}
