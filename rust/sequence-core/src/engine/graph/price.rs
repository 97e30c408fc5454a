//! Prices that edges, pegs and conditions look at: live books only.

use super::Work;
use crate::graph::PriceReference;
use crate::ids::{Outcome, SymbolId, VenueId};
use crate::market::Nbbo;
use crate::number::{PRICE_ONE, Price};
use crate::order::book_price;

/// What is looked at, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) symbol: SymbolId,
    pub(super) outcome: Option<Outcome>,
    /// `None`: over all venues.
    pub(super) venue: Option<VenueId>,
}

impl Work<'_> {
    /// Where the symbol of a node is looked at.
    pub(super) fn look_of(&self, at: usize) -> Look {
        let node = &self.run.nodes[at];
        Look { symbol: node.symbol, outcome: node.outcome, venue: None }
    }

    /// Best bid and ask of live books, in the outcome's own terms; `None` while a side is missing.
    pub(super) fn live_sides(&self, look: Look) -> Option<(Price, Price)> {
        let here = |venue: VenueId| look.venue.is_none_or(|only| only == venue);
        let books = self.engine.books_of(look.symbol).filter(|(venue, _)| here(*venue));
        let nbbo = Nbbo::of(books, self.engine.agenda.now_ns());
        if !nbbo.live || nbbo.bid.0 <= 0 || nbbo.ask.0 <= 0 {
            return None;
        }
        Some(match look.outcome {
            Some(Outcome::No) => (Price(PRICE_ONE - nbbo.ask.0), Price(PRICE_ONE - nbbo.bid.0)),
            _ => (nbbo.bid, nbbo.ask),
        })
    }

    /// Half way between them, rounded down.
    pub(super) fn live_mid(&self, look: Look) -> Option<Price> {
        self.live_sides(look).map(|(bid, ask)| Price(bid.0.midpoint(ask.0)))
    }

    /// A price that a trigger looks at; `None` while no live book says it.
    pub(super) fn reference(&self, look: Look, reference: PriceReference) -> Option<Price> {
        match reference {
            PriceReference::Mid => self.live_mid(look),
            PriceReference::Bid => self.live_sides(look).map(|(bid, _)| bid),
            PriceReference::Ask => self.live_sides(look).map(|(_, ask)| ask),
            PriceReference::Last => self.live_last(look),
            PriceReference::Mark => self.live_mark(look),
        }
    }

    /// The newest trade at a venue whose book is live.
    fn live_last(&self, look: Look) -> Option<Price> {
        let now = self.engine.agenda.now_ns();
        let live = self.engine.books_of(look.symbol).filter(|(venue, market)| {
            look.venue.is_none_or(|only| only == *venue) && market.is_live(now)
        });
        let trades = live.filter_map(|(_, market)| market.last_trade());
        let newest = trades
            .reduce(|best, next| if next.received_ns > best.received_ns { next } else { best });
        newest.map(|trade| book_price(trade.price, look.outcome))
    }

    /// What positions are valued at, while it is from a live book.
    fn live_mark(&self, look: Look) -> Option<Price> {
        let Some(venue) = look.venue else {
            let mark = self.engine.facts().mark_of_symbol(look.symbol, look.outcome)?;
            return mark.live.then_some(mark.price);
        };
        let market = self.engine.registry.market_at(look.symbol, venue)?;
        let mark = self.engine.exchange.market(market).mark(self.engine.agenda.now_ns())?;
        mark.live.then(|| book_price(mark.price, look.outcome))
    }
}
