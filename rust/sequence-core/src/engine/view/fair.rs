//! Consolidated reference prices.

use super::{Value, count};
use crate::book::Level;
use crate::engine::Engine;
use crate::ids::{BookSide, SymbolId};
use crate::market::consolidated;
use crate::number::Price;

/// Consolidated levels a side that make a fair price.
const FAIR_LEVELS: usize = 10;

impl Engine {
    /// Fair prices of the USD pairs, by underlying; those without a two-sided book are left out.
    pub fn fair_prices_view(&self, underlying: Option<&str>) -> Value {
        let pairs = self.registry.symbols().filter_map(|(id, row)| {
            let base = row.text.strip_suffix("-USD")?;
            (base == &*row.base && underlying.is_none_or(|wanted| wanted == base))
                .then(|| (base.to_owned(), id))
        });
        let mut rows: Vec<(String, Value)> = pairs
            .filter_map(|(base, id)| Some((base.clone(), self.fair_price_view(base, id)?)))
            .collect();
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        Value::List(rows.into_iter().map(|(_, row)| row).collect())
    }

    fn fair_price_view(&self, underlying: String, symbol: SymbolId) -> Option<Value> {
        let fair = self.fair_price(symbol)?;
        let live = self.books_of(symbol).filter(|(_, market)| market.is_live(self.agenda.now_ns()));
        let venues = live.map(|(venue, _)| venue.as_str().into()).collect();
        Some(Value::Map(vec![
            ("underlying", underlying.into()),
            ("fair_1e9", fair.into()),
            ("fair", super::shown_price(fair)),
            ("depth_levels", count(FAIR_LEVELS)),
            ("venues", Value::List(venues)),
            ("ts_ns", self.agenda.now_ns().into()),
        ]))
    }

    /// Mean of the volume-weighted bid and ask over the best consolidated levels.
    pub fn fair_price(&self, symbol: SymbolId) -> Option<Price> {
        let average = |side| {
            let books = self.books_of(symbol).map(|(_, market)| market);
            volume_weighted(&consolidated(books, side, FAIR_LEVELS, self.agenda.now_ns()))
        };
        let (bid, ask) = (average(BookSide::Bid)?, average(BookSide::Ask)?);
        Some(Price(bid.midpoint(ask)))
    }
}

fn volume_weighted(levels: &[Level]) -> Option<i64> {
    let size: i128 = levels.iter().map(|level| i128::from(level.quantity.0)).sum();
    let value =
        levels.iter().map(|level| crate::number::exact_notional(level.price, level.quantity));
    if size <= 0 {
        return None;
    }
    i64::try_from(value.sum::<i128>() / size).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Quantity;

    #[test]
    fn large_levels_weigh_more() {
        let level = |price, size| Level { price: Price(price), quantity: Quantity(size) };
        assert_eq!(volume_weighted(&[level(100, 3), level(104, 1)]), Some(101));
        assert_eq!(volume_weighted(&[]), None);
    }
}
