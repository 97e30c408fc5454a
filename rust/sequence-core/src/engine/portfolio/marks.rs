//! What things are worth now: marks of assets, consolidated quotes of symbols.

use crate::engine::Engine;
use crate::ids::{AssetId, BookSide, Outcome, SymbolId, VenueId};
use crate::market::{Market, Nbbo};
use crate::number::Price;
use crate::order::book_price;

/// Price of an asset and how old it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// USD per unit.
    pub price: Price,
    /// From live books.
    pub live: bool,
    /// Receipt time of the newest depth behind it, ns.
    pub as_of_ns: i64,
}

impl Engine {
    /// The canonical text of a symbol in any form.
    pub fn canonical_symbol(&self, text: &str) -> Option<String> {
        let found = self.resolve_text(text)?;
        Some(self.registry.symbol(found.symbol).canonical(found.outcome).as_ref().to_owned())
    }

    /// Markets of a symbol with their venues, in venue order.
    pub fn books_of(
        &self,
        symbol: SymbolId,
    ) -> impl Iterator<Item = (VenueId, &Market)> + Clone + '_ {
        let markets = &self.registry.symbol(symbol).markets;
        markets
            .iter()
            .map(|id| (self.registry.market(*id).venue, &self.exchange.markets[*id].market))
    }

    /// Best bid and offer over the venues of a symbol.
    pub fn nbbo(&self, symbol: SymbolId) -> Nbbo {
        Nbbo::of(self.books_of(symbol), self.agenda.now_ns)
    }

    /// Mid of the symbol that values an asset; one side alone when the other is empty.
    pub fn mark_of(&self, asset: AssetId) -> Option<Mark> {
        let (symbol, outcome) = self.registry.asset_row(asset).valued_by?;
        self.mark_of_symbol(symbol, outcome)
    }

    /// The mark of a symbol; before the first book after a restart, the last one from before it.
    pub(in crate::engine) fn mark_of_symbol(
        &self,
        symbol: SymbolId,
        outcome: Option<Outcome>,
    ) -> Option<Mark> {
        let nbbo = self.nbbo(symbol);
        let one_sided = [BookSide::Bid, BookSide::Ask].into_iter().find_map(|side| nbbo.best(side));
        let Some(mid) = nbbo.mid().or(one_sided.map(|level| level.price)) else {
            let (mid, as_of_ns) = *self.portfolio.last_marks.get(&symbol)?;
            return Some(Mark { price: book_price(mid, outcome), live: false, as_of_ns });
        };
        let price = book_price(mid, outcome);
        Some(Mark { price, live: nbbo.live, as_of_ns: nbbo.last_update_ns })
    }
}
