//! What is held, in USD: at which mark, and with which profit or loss.

use crate::engine::facts::Facts;
use crate::engine::portfolio::Portfolio;
use crate::ids::{AccountId, AssetId, SymbolId, VenueId};
use crate::number::{PRICE_ONE, Price, Quantity};
use crate::position::Position;

/// The mark of what is a dollar by rule.
pub(in crate::engine) const PEG: Price = Price(PRICE_ONE);

/// A sum in USD at 1e-9; `None` once a part of it has no value in USD.
pub(in crate::engine) type Sum = Option<i128>;

/// What a mark comes from.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Marked {
    /// `None`, as its source: nothing ever valued it.
    pub(in crate::engine) price: Option<Price>,
    pub(in crate::engine) source: Option<&'static str>,
    /// Whose books say so.
    pub(in crate::engine) symbol: Option<SymbolId>,
    pub(in crate::engine) age_ms: i64,
}

impl Facts<'_> {
    /// What a row is marked at: by its settlement, its peg, its books, else what it was bought for.
    pub(in crate::engine) fn mark_for(
        self,
        venue: VenueId,
        asset: AssetId,
        position: &Position,
    ) -> Marked {
        let by_rule = |price, source| Marked {
            price: Some(price),
            source: Some(source),
            symbol: None,
            age_ms: 0,
        };
        if let Some(price) = position.settled_mark() {
            return by_rule(price, "settlement");
        }
        if self.registry.asset_row(asset).pegged {
            return by_rule(PEG, "peg");
        }
        match self.mark_at(venue, asset) {
            None if position.is_priced() && position.entry_price().0 > 0 => {
                by_rule(position.entry_price(), "entry")
            }
            None => Marked { price: None, source: None, symbol: None, age_ms: 0 },
            Some(mark) => Marked {
                price: Some(mark.price),
                source: Some(if mark.live { "book" } else { "last" }),
                symbol: Some(mark.symbol),
                age_ms: self.now_ns.saturating_sub(mark.as_of_ns) / 1_000_000,
            },
        }
    }
}

impl Portfolio {
    /// Realised plus unrealised less fees of an account since its epoch began.
    pub(in crate::engine) fn profit(&self, facts: Facts<'_>, account: AccountId) -> Sum {
        let rows = self.rows_of(account).iter();
        let parts = rows.map(|((venue, asset), row)| {
            let position = self.position(*row);
            let mark = facts.mark_for(*venue, *asset, position);
            let open = unrealized(position, self.held(account, *venue, *asset), mark.price)?;
            Some(realized(position)? + open - fees(position)?)
        });
        parts.sum()
    }
}

/// What nothing is held of has neither won nor lost.
pub(in crate::engine) fn unrealized(
    position: &Position,
    quantity: Quantity,
    mark: Option<Price>,
) -> Sum {
    if quantity.0 == 0 {
        return Some(0);
    }
    let price = mark.filter(|_| position.is_priced())?;
    Some(position.unrealized(quantity, price).unwrap_or_default().0)
}

/// What closing has won so far.
pub(in crate::engine) fn realized(position: &Position) -> Sum {
    position.is_summed().then(|| position.realized().0)
}

/// What trading has cost so far.
pub(in crate::engine) fn fees(position: &Position) -> Sum {
    position.is_summed().then(|| position.fees().0)
}
