//! Best bid and offer, and consolidated depth, over the venues that list one symbol.

use super::Market;
use crate::book::Level;
use crate::ids::{BookSide, VenueId};
use crate::number::{Price, Quantity};

/// Best bid and offer over venues. A missing side is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nbbo {
    /// Highest bid.
    pub bid: Price,
    /// Lowest ask.
    pub ask: Price,
    /// Size at the best bid, summed over the venues that show it.
    pub bid_size: Quantity,
    /// Size at the best ask, summed over the venues that show it.
    pub ask_size: Quantity,
    /// The venue that shows the best bid; the first in the order given when several do.
    pub bid_venue: Option<VenueId>,
    /// The venue that shows the best ask; the first in the order given when several do.
    pub ask_venue: Option<VenueId>,
    /// The best bid of one venue is above the best ask of another.
    pub crossed: bool,
    /// At least one live book stands behind it. When false, it repeats the last known one.
    pub live: bool,
    /// Receipt time of the newest depth behind it, ns; 0 when there is none.
    pub last_update_ns: i64,
}

impl Nbbo {
    /// The best over the live books; with none live, the last known one, marked as not live.
    ///
    /// The last known one is that of the newest update: the books that were live then. When even
    /// those are none, every book that is not crossed counts.
    pub fn of<'a, I>(markets: I, now_ns: i64) -> Self
    where
        I: IntoIterator<Item = (VenueId, &'a Market)>,
        I::IntoIter: Clone,
    {
        let markets = markets.into_iter();
        let live = Self::over(markets.clone(), |market| market.is_live(now_ns));
        if let Some(live) = live {
            return Self { live: true, ..live };
        }
        let newest = markets.clone().filter_map(|(_, market)| market.last_update_ns()).max();
        let then = newest.unwrap_or(now_ns);
        Self::over(markets.clone(), |market| market.is_live(then))
            .or_else(|| Self::over(markets, |market| !market.book.is_crossed()))
            .unwrap_or_default()
    }

    /// Half way between bid and ask, rounded down; `None` without two sides.
    pub const fn mid(&self) -> Option<Price> {
        if self.bid.0 > 0 && self.ask.0 > 0 {
            Some(Price(self.bid.0.midpoint(self.ask.0)))
        } else {
            None
        }
    }

    /// Best price and size of a side; `None` when the side is missing.
    pub fn best(&self, side: BookSide) -> Option<Level> {
        let level = match side {
            BookSide::Bid => Level { price: self.bid, quantity: self.bid_size },
            BookSide::Ask => Level { price: self.ask, quantity: self.ask_size },
        };
        (level.price.0 > 0).then_some(level)
    }

    fn over<'a>(
        markets: impl Iterator<Item = (VenueId, &'a Market)>,
        use_it: impl Fn(&Market) -> bool,
    ) -> Option<Self> {
        let mut best = Self::default();
        let mut found = false;
        for (venue, market) in markets.filter(|(_, market)| use_it(market)) {
            found = true;
            best.last_update_ns = best.last_update_ns.max(market.last_update_ns().unwrap_or(0));
            if let Some(bid) = market.best(BookSide::Bid) {
                best.join_bid(venue, bid);
            }
            if let Some(ask) = market.best(BookSide::Ask) {
                best.join_ask(venue, ask);
            }
        }
        best.crossed = best.ask.0 > 0 && best.bid > best.ask;
        found.then_some(best)
    }

    fn join_bid(&mut self, venue: VenueId, level: Level) {
        if self.bid_venue.is_none() || level.price > self.bid {
            (self.bid, self.bid_size, self.bid_venue) = (level.price, level.quantity, Some(venue));
        } else if level.price == self.bid {
            self.bid_size = Quantity(self.bid_size.0.saturating_add(level.quantity.0));
        }
    }

    fn join_ask(&mut self, venue: VenueId, level: Level) {
        if self.ask_venue.is_none() || level.price < self.ask {
            (self.ask, self.ask_size, self.ask_venue) = (level.price, level.quantity, Some(venue));
        } else if level.price == self.ask {
            self.ask_size = Quantity(self.ask_size.0.saturating_add(level.quantity.0));
        }
    }
}

/// Depth of one side over the live books: best first, equal prices summed, at most `limit` levels.
pub fn consolidated<'a>(
    markets: impl IntoIterator<Item = &'a Market>,
    side: BookSide,
    limit: usize,
    now_ns: i64,
) -> Vec<Level> {
    let mut depth = Vec::new();
    let unnamed = markets.into_iter().map(|market| ((), market));
    merged(unnamed, side, (limit, now_ns), |price, shares| {
        let mut quantity = Quantity::ZERO;
        for ((), part) in shares {
            quantity = Quantity(quantity.0.saturating_add(part.0));
        }
        depth.push(Level { price, quantity });
    });
    depth
}

/// The same with what each venue shows at a price, in the order given.
pub fn consolidated_by_venue<'a>(
    markets: impl IntoIterator<Item = (VenueId, &'a Market)>,
    side: BookSide,
    limit: usize,
    now_ns: i64,
) -> Vec<(Price, Vec<(VenueId, Quantity)>)> {
    let mut depth = Vec::new();
    merged(markets, side, (limit, now_ns), |price, shares| depth.push((price, shares.collect())));
    depth
}

/// Gives each price of the live books, best first, with what each of them shows there.
fn merged<'a, K: Copy>(
    markets: impl IntoIterator<Item = (K, &'a Market)>,
    side: BookSide,
    (limit, now_ns): (usize, i64),
    mut level_of: impl FnMut(Price, &mut dyn Iterator<Item = (K, Quantity)>),
) {
    let mut books: Vec<_> = markets
        .into_iter()
        .filter(|(_, market)| market.is_live(now_ns))
        .map(|(key, market)| (key, market.book.levels(side).peekable()))
        .collect();
    for _ in 0..limit {
        let heads =
            books.iter_mut().filter_map(|(_, levels)| levels.peek().map(|level| level.price));
        let best = match side {
            BookSide::Bid => heads.max(),
            BookSide::Ask => heads.min(),
        };
        let Some(price) = best else { break };
        let mut shares = books.iter_mut().filter_map(|(key, levels)| {
            Some((*key, levels.next_if(|level| level.price == price)?.quantity))
        });
        level_of(price, &mut shares);
    }
}
