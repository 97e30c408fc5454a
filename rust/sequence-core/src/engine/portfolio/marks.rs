//! What things are worth now: the mid of a live book with two sides, else the last there was.

use crate::engine::exchange::mark::{BookMark, mid};
use crate::engine::facts::Facts;
use crate::ids::{AssetId, InstrumentKind, MarketId, Outcome, SymbolId, VenueId};
use crate::market::{Market, Nbbo};
use crate::number::{NumberError, PRICE_ONE, Price, mul_div_floor};
use crate::order::book_price;
use crate::registry::{Valuation, Worth};

/// Price of something and where it is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Mark {
    /// USD per unit; for a symbol, its quote per unit.
    pub price: Price,
    /// From live books.
    pub live: bool,
    /// Receipt time of the newest depth behind it, ns.
    pub as_of_ns: i64,
    /// Whose books it is from.
    pub symbol: SymbolId,
}

impl<'a> Facts<'a> {
    /// Markets of a symbol with their venues, in venue order.
    pub(in crate::engine) fn books_of(
        self,
        symbol: SymbolId,
    ) -> impl Iterator<Item = (VenueId, &'a Market)> + Clone {
        let markets = &self.registry.symbol(symbol).markets;
        markets
            .iter()
            .map(move |id| (self.registry.market(*id).venue, &self.exchange.market(*id).market))
    }

    /// Best bid and offer over the venues of a symbol.
    pub(in crate::engine) fn nbbo(self, symbol: SymbolId) -> Nbbo {
        Nbbo::of(self.books_of(symbol), self.now_ns)
    }

    /// What a unit of an asset is worth in USD: by a pair with a dollar or what is pegged to one,
    /// else through another asset that has such a pair. `None` when nothing ever valued it.
    pub(in crate::engine) fn mark_of(self, asset: AssetId) -> Option<Mark> {
        let ways = &self.registry.asset_row(asset).valued_by;
        let direct = ways.iter().filter(|way| !matches!(way.other, Worth::Of(_)));
        self.best_mark(direct).or_else(|| {
            let crosses = ways.iter().filter(|way| matches!(way.other, Worth::Of(_)));
            self.best_mark(crosses)
        })
    }

    /// The first live one; without any, the newest.
    fn best_mark(self, ways: impl Iterator<Item = &'a Valuation>) -> Option<Mark> {
        let mut last: Option<Mark> = None;
        for mark in ways.filter_map(|way| self.mark_by(way)) {
            if mark.live {
                return Some(mark);
            }
            last = last.filter(|known| known.as_of_ns >= mark.as_of_ns).or(Some(mark));
        }
        last
    }

    fn mark_by(self, way: &Valuation) -> Option<Mark> {
        let mark = self.mark_of_symbol(way.symbol, way.outcome)?;
        let other = match way.other {
            Worth::OneDollar => Mark { price: Price(PRICE_ONE), ..mark },
            Worth::Of(asset) => {
                let ways = self.registry.asset_row(asset).valued_by.iter();
                self.best_mark(ways.filter(|way| !matches!(way.other, Worth::Of(_))))?
            }
        };
        let (from, to, by) = if way.inverse {
            (other.price, PRICE_ONE, mark.price)
        } else {
            (mark.price, other.price.0, Price(PRICE_ONE))
        };
        let price = scaled(from, to, by).ok()?;
        let as_of_ns = mark.as_of_ns.min(other.as_of_ns);
        Some(Mark { price, live: mark.live && other.live, as_of_ns, symbol: way.symbol })
    }

    /// The mark of a symbol over its venues, in its own quote.
    pub(in crate::engine) fn mark_of_symbol(
        self,
        symbol: SymbolId,
        outcome: Option<Outcome>,
    ) -> Option<Mark> {
        let markets = self.registry.symbol(symbol).markets.iter();
        let sims = markets.map(|id| self.exchange.market(*id));
        let mut best: Option<(Price, Price, i64)> = None;
        let mut last: Option<BookMark> = None;
        for sim in sims {
            if let Some((bid, ask)) = sim.two_sides(self.now_ns) {
                let at_ns = sim.market.last_update_ns().unwrap_or_default();
                let (b, a, newest) = best.unwrap_or((bid, ask, at_ns));
                best = Some((b.max(bid), a.min(ask), newest.max(at_ns)));
            } else if let Some(mark) = sim.last_mark() {
                last = last.filter(|known| known.as_of_ns >= mark.as_of_ns).or(Some(mark));
            }
        }
        let found = best
            .map(|(bid, ask, as_of_ns)| BookMark { price: mid(bid, ask), live: true, as_of_ns })
            .or(last)?;
        let BookMark { price, live, as_of_ns } = found;
        Some(Mark { price: book_price(price, outcome), live, as_of_ns, symbol })
    }

    /// What a position in an asset at a venue is marked at, in USD: a perpetual by the book it
    /// trades in, everything else by the mark of its asset.
    pub(in crate::engine) fn mark_at(self, venue: VenueId, asset: AssetId) -> Option<Mark> {
        let Some(market) = self.perp_market(venue, asset) else { return self.mark_of(asset) };
        let spec = self.registry.market(market);
        let BookMark { price, live, as_of_ns } = self.exchange.market(market).mark(self.now_ns)?;
        let price = scaled(price, self.usd_rate(spec.settle)?.0, Price(PRICE_ONE)).ok()?;
        Some(Mark { price, live, as_of_ns, symbol: spec.symbol })
    }

    /// Value of one unit of an asset in USD: 1 when pegged, else its mark. `None`: it has none.
    pub(in crate::engine) fn usd_rate(self, asset: AssetId) -> Option<Price> {
        if self.registry.asset_row(asset).pegged {
            return Some(Price(PRICE_ONE));
        }
        self.mark_of(asset).map(|mark| mark.price).filter(|price| price.0 > 0)
    }

    /// What a unit of the quote of a symbol is worth in USD.
    pub(in crate::engine) fn quote_rate(self, symbol: SymbolId) -> Option<Price> {
        let market = self.registry.symbol(symbol).markets.first()?;
        self.usd_rate(self.registry.market(*market).settle)
    }

    /// The market at a venue of a perpetual's row.
    pub(in crate::engine) fn perp_market(self, venue: VenueId, asset: AssetId) -> Option<MarketId> {
        let known = self.registry.asset_row(asset);
        let way = known.valued_by.first().filter(|_| known.kind == crate::ids::AssetKind::Perp)?;
        debug_assert_eq!(self.registry.symbol(way.symbol).kind, InstrumentKind::Perp);
        self.registry.market_at(way.symbol, venue)
    }
}

/// `price × by / per`, rounded down.
fn scaled(price: Price, by: i64, per: Price) -> Result<Price, NumberError> {
    if by == per.0 {
        return Ok(price);
    }
    if per.0 == 0 {
        return Err(NumberError::Range);
    }
    let value = mul_div_floor(i128::from(price.0), i128::from(by), i128::from(per.0))?;
    i64::try_from(value).map(Price).or(Err(NumberError::Range))
}
